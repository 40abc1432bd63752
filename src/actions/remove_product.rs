//! `remove_product`: takes lines out of a user's cart, all or nothing.

use serde_json::{Value, json};

use super::add_product::describe;
use super::reply::Body;
use super::{Call, Done};
use crate::error::Error;
use crate::orders::{cart, product_list};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let read = call
        .envelope
        .product_list()
        .and_then(|list| product_list::read_cart_ids(&list));
    let cart_ids = match read {
        Ok(cart_ids) => cart_ids,
        Err(error) => return Err(error.about(person)),
    };
    call.change(person, move |conn, person| {
        let removed = cart::remove(conn, person, &cart_ids)?;
        let products: Value = removed.iter().map(describe).collect();
        Ok(
            Done::new([("msg", json!("Products removed")), ("products", products)])
                .with_products(&removed),
        )
    })
    .await
}
