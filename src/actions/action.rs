//! The table of actions: which there are, at which URL, and what each needs.

/// A URL that takes actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Users,
    Statuses,
    Triggers,
    Products,
}

impl Endpoint {
    pub const ALL: [Endpoint; 4] = [
        Endpoint::Users,
        Endpoint::Statuses,
        Endpoint::Triggers,
        Endpoint::Products,
    ];

    /// Without the slash that may follow.
    pub fn path(self) -> &'static str {
        match self {
            Endpoint::Users => "/reg/api2/users",
            Endpoint::Statuses => "/reg/api2/statuses",
            Endpoint::Triggers => "/reg/api2/triggers",
            Endpoint::Products => "/reg/api2/products",
        }
    }
}

/// The table of contents: an endpoint and a name each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Create,
    CreateChild,
    Login,
    Authenticate,
    VerifyToken,
    Update,
    AddProduct,
    RemoveProduct,
    AddPayment,
    AddEmail,
    GetInfo,
    SetStatus,
    GetUserList,
    MoveChild,
    Delete,
    CreateStatus,
    CreateTrigger,
    CreateProduct,
    CreateCategory,
    EditCategory,
}

impl Action {
    pub const ALL: [Action; 20] = [
        Action::Create,
        Action::CreateChild,
        Action::Login,
        Action::Authenticate,
        Action::VerifyToken,
        Action::Update,
        Action::AddProduct,
        Action::RemoveProduct,
        Action::AddPayment,
        Action::AddEmail,
        Action::GetInfo,
        Action::SetStatus,
        Action::GetUserList,
        Action::MoveChild,
        Action::Delete,
        Action::CreateStatus,
        Action::CreateTrigger,
        Action::CreateProduct,
        Action::CreateCategory,
        Action::EditCategory,
    ];

    pub fn endpoint(self) -> Endpoint {
        match self {
            Action::CreateStatus => Endpoint::Statuses,
            Action::CreateTrigger => Endpoint::Triggers,
            Action::CreateProduct | Action::CreateCategory | Action::EditCategory => {
                Endpoint::Products
            }
            _ => Endpoint::Users,
        }
    }

    /// As `action` in the envelope has it.
    pub fn name(self) -> &'static str {
        match self {
            Action::Create
            | Action::CreateStatus
            | Action::CreateTrigger
            | Action::CreateProduct => "create",
            Action::CreateCategory => "create_category",
            Action::EditCategory => "edit_category",
            Action::CreateChild => "create_child",
            Action::Login => "login",
            Action::Authenticate => "authenticate",
            Action::VerifyToken => "verify_token",
            Action::Update => "update",
            Action::AddProduct => "add_product",
            Action::RemoveProduct => "remove_product",
            Action::AddPayment => "add_payment",
            Action::AddEmail => "add_email",
            Action::GetInfo => "get_info",
            Action::SetStatus => "set_status",
            Action::GetUserList => "get_user_list",
            Action::MoveChild => "move_child",
            Action::Delete => "delete",
        }
    }

    /// As an admin's list of actions has it: see [`crate::project::action_names`].
    pub fn permission(self) -> &'static str {
        match self {
            Action::CreateStatus => "statuses/create",
            Action::CreateTrigger => "triggers/create",
            Action::CreateProduct => "products/create",
            Action::CreateCategory => "products/create_category",
            Action::EditCategory => "products/edit_category",
            _ => self.name(),
        }
    }

    pub(super) fn find(endpoint: Endpoint, name: &str) -> Option<Action> {
        Action::ALL
            .into_iter()
            .find(|action| action.endpoint() == endpoint && action.name() == name)
    }

    /// Whether a call must say whom it is about.
    pub fn needs_clogin_id(self) -> bool {
        match self {
            Action::Create
            | Action::CreateChild
            | Action::Authenticate
            | Action::VerifyToken
            | Action::GetUserList
            | Action::CreateStatus
            | Action::CreateTrigger
            | Action::CreateProduct
            | Action::CreateCategory
            | Action::EditCategory => false,
            Action::Login
            | Action::Update
            | Action::AddProduct
            | Action::RemoveProduct
            | Action::AddPayment
            | Action::AddEmail
            | Action::GetInfo
            | Action::SetStatus
            | Action::MoveChild
            | Action::Delete => true,
        }
    }

    /// Whether an answer may be stored for an idempotency key: not one with a token in it.
    pub(super) fn is_replayable(self) -> bool {
        !matches!(self, Action::Login | Action::Authenticate)
    }
}
