//! Carts and payments: what may be added to them, and what a change of one means for stock and sums.

pub mod cart;
pub mod payments;
pub mod product_list;
