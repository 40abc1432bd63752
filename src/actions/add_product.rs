//! `add_product`: puts products into a user's cart, all or nothing.

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::Body;
use crate::db::carts::CartLine;
use crate::error::{Error, ErrorCode};
use crate::money::Money;
use crate::orders::cart;
use crate::orders::product_list::{self, NewLine};

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let lines = match read(call).await {
        Ok(lines) => lines,
        Err(error) => return Err(error.about(person)),
    };
    let now = call.app.clock.now();
    call.change(person, move |conn, person| {
        let added = cart::add(conn, person, &lines, now)?;
        let products: Value = added.iter().map(describe).collect();
        Ok(Map::from_iter([
            ("msg".to_owned(), json!("Products added")),
            ("products".to_owned(), products),
        ]))
    })
    .await
}

async fn read(call: &Call<'_>) -> Result<Vec<NewLine>, Error> {
    let list = call.envelope.product_list()?;
    match product_list::read_new_lines(&call.project, &list) {
        // It may have been made a moment ago, through another node.
        Err(error) if error.code() == ErrorCode::ProductNotFound => {
            let fresh = call.fresh_project().await?;
            product_list::read_new_lines(&fresh, &list)
        }
        result => result,
    }
}

pub(super) fn describe(line: &CartLine) -> Value {
    json!({
        "p_id": line.product_id,
        "cart_id": line.id,
        "name": line.name,
        "q": line.quantity,
        "price": Money(line.price),
        "total": Money(line.price * line.quantity),
    })
}
