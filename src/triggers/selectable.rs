//! Which products a user may select itself: what the project shows, changed by triggers.

use super::memory::{Entry, Memory};
use crate::project::file::Product;
use crate::project::snapshot::Project;
use crate::project::trigger::Effect;

/// Whether a product is not in a user's list, so that the user may not select it.
///
/// A product that some trigger adds without showing it cannot be selected; one that some trigger shows can be while one
/// has done so; one that a trigger removes from the list cannot be until that is undone. What was done for the user
/// counts as it was done, while the trigger is there. Who hides a session holder hides its sessions.
pub fn is_hidden(project: &Project, memory: &Memory, product: &Product) -> bool {
    let holder = project.holder_of(product);
    is_hidden_itself(project, memory, product)
        || holder.is_some_and(|holder| is_hidden_itself(project, memory, holder))
}

fn is_hidden_itself(project: &Project, memory: &Memory, product: &Product) -> bool {
    let is_in_force = |of: fn(&Entry) -> &Vec<i64>| {
        memory
            .entries()
            .any(|(id, entry)| of(entry).contains(&product.id) && project.has_trigger(id))
    };
    let has = |wanted: fn(&Effect) -> bool| {
        let mut triggers = project.triggers_of_product(product.id);
        triggers.any(|trigger| wanted(&trigger.action))
    };
    if has(|effect| matches!(effect, Effect::AddProductNoShow { .. }))
        || is_in_force(|entry| &entry.hidden)
    {
        return true;
    }
    if is_in_force(|entry| &entry.shown) {
        return false;
    }
    !product.visible || has(|effect| matches!(effect, Effect::ShowProdInList { .. }))
}
