//! Lines that cannot be removed: those with a lock, and the last one of a mandatory category.
//!
//! What a user has paid falls on the lines of its cart, the oldest first, on each as much as there is left to pay of it
//! after discounts.

use super::cart::Cart;
use crate::db::carts::CartLine;
use crate::project::snapshot::Project;

/// Why a line of a cart cannot be removed, if it cannot. `paid`: by the user, in minor units. A line that waits for a
/// seat can always be, and one of a product that the project has no more.
pub fn locked(project: &Project, cart: &Cart, paid: i64, line: &CartLine) -> Option<&'static str> {
    let product = project.product(line.product_id?)?;
    if line.waiting {
        return None;
    }
    if product.lock_once_added {
        return Some("is locked since it was added");
    }
    if !product.lock_once_funds_allocated && !product.lock_once_paid {
        return None;
    }
    let mut rest = paid.max(0);
    for (other, left) in cart.with_left() {
        let funds = rest.min(left);
        rest -= funds;
        if other.id == line.id {
            let has_funds = funds > 0;
            return if product.lock_once_funds_allocated && has_funds {
                Some("is locked since funds were allocated to it")
            } else if product.lock_once_paid && has_funds && funds == left {
                Some("is locked since it was paid for")
            } else {
                None
            };
        }
    }
    None
}

/// Why a line of a cart has to stay when others go with it, if it has to. `goes`: which lines go, this one among them.
pub fn indispensable(
    project: &Project,
    cart: &Cart,
    line: &CartLine,
    goes: impl Fn(&CartLine) -> bool,
) -> Option<&'static str> {
    let category = project.category_of(line.product_id?)?;
    let is_last = || cart.of_category(project, category.id).all(goes);
    (category.mandatory && is_last())
        .then_some("is the last one of a category of which a user keeps at least one")
}
