//! Which products a user may select itself: what the project shows, changed by triggers.

use super::memory::Memory;
use crate::project::file::Product;
use crate::project::snapshot::Project;
use crate::project::trigger::Effect;

/// Whether a product is not in a user's list, so that the user may not select it.
///
/// A product that some trigger adds without showing it cannot be selected; one that some trigger shows can be while one
/// of those has done so; one that a trigger removes from the list cannot be until that is undone. Who hides a
/// session holder hides its sessions.
pub fn is_hidden(project: &Project, memory: &Memory, product: &Product) -> bool {
    let holder = project.holder_of(product);
    is_hidden_itself(project, memory, product)
        || holder.is_some_and(|holder| is_hidden_itself(project, memory, holder))
}

fn is_hidden_itself(project: &Project, memory: &Memory, product: &Product) -> bool {
    let mut is_shown = None;
    for trigger in project.triggers_of_product(product.id) {
        match &trigger.action {
            Effect::AddProductNoShow { .. } => return true,
            Effect::RemoveProdFromList { .. } if memory.is_listed(trigger.id) => return true,
            Effect::ShowProdInList { .. } => {
                is_shown = Some(is_shown.unwrap_or(false) || memory.is_listed(trigger.id));
            }
            _ => {}
        }
    }
    !is_shown.unwrap_or(product.visible)
}
