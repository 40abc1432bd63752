//! Which products somebody may have at all, whatever is in the cart.

use chrono::NaiveDate;

use crate::project::file::{Level, Product, ProductType};
use crate::project::snapshot::Project;
use crate::users::person::Person;

/// Whom products are offered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Parents and individuals.
    Parents,
    Children,
    /// Whatever the level of a product: somebody else says who has it.
    Anybody,
}

impl Audience {
    pub fn of(person: &Person) -> Self {
        if person.is_child() {
            Audience::Children
        } else {
            Audience::Parents
        }
    }

    fn is_within(self, level: Level) -> bool {
        match self {
            Audience::Parents => level.includes(false),
            Audience::Children => level.includes(true),
            Audience::Anybody => true,
        }
    }
}

/// Why a user may not add a product on a day, if it may not.
pub fn unavailable(
    project: &Project,
    product: &Product,
    audience: Audience,
    today: NaiveDate,
) -> Option<&'static str> {
    let is_holder = product.base_product_type == ProductType::SessionHolder;
    let rule = "cannot be added by itself: add one of its sessions";
    not_offered(project, product, audience, today).or(is_holder.then_some(rule))
}

/// Why a product is not offered to a user on a day, if it is not. A session is offered with its session holder.
pub fn not_offered(
    project: &Project,
    product: &Product,
    audience: Audience,
    today: NaiveDate,
) -> Option<&'static str> {
    let holder = project.holder_of(product);
    std::iter::once(product).chain(holder).find_map(|offered| {
        if !audience.is_within(offered.level) {
            Some("is not for users of this level")
        } else if offered.start_date.is_some_and(|start| today < start) {
            Some("is not available yet")
        } else if offered.end_date.is_some_and(|end| end < today) {
            Some("is not available any more")
        } else {
            None
        }
    })
}
