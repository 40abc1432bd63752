//! Carts and payments: what may be added to them, and what a change of one means for stock and sums.

pub mod add;
mod availability;
pub mod cart;
pub mod discount;
mod entries;
mod lines;
mod locks;
pub mod offer;
pub mod payments;
pub mod product_list;
mod seats;
pub mod terms;

pub use self::availability::{Audience, not_offered};
pub use self::locks::{indispensable, locked};
