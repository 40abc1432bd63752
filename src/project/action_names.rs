//! The names of actions, as an admin lists them in `actions`.

/// Those of the users' endpoint by their name, those of the others with the endpoint in front. An action that is added
/// to the API is added here: until then no admin can be limited to it.
pub const ACTION_NAMES: [&str; 20] = [
    "create",
    "create_child",
    "login",
    "update",
    "add_product",
    "add_email",
    "get_info",
    "set_status",
    "get_user_list",
    "authenticate",
    "verify_token",
    "add_payment",
    "remove_product",
    "move_child",
    "delete",
    "statuses/create",
    "triggers/create",
    "products/create",
    "products/create_category",
    "products/edit_category",
];

/// What a publishable admin may do, and does where its `actions` are left out.
pub const PUBLISHABLE_ACTIONS: [&str; 3] = ["create", "authenticate", "verify_token"];
