//! Carts: what may be added to one, and what a change of one means for stock and sums.

pub mod cart;
pub mod product_list;
