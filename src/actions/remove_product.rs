//! `remove_product`: takes lines out of a user's cart, all or nothing.

use serde_json::{Map, Value, json};

use super::Call;
use super::add_product::describe;
use super::reply::Body;
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
        Ok(Map::from_iter([
            ("msg".to_owned(), json!("Products removed")),
            ("products".to_owned(), products),
        ]))
    })
    .await
}
