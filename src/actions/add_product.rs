//! `add_product`: puts products into a user's cart, all or nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use super::reply::Body;
use super::{Call, Done};
use crate::db::carts::CartLine;
use crate::error::Error;
use crate::money::Money;
use crate::orders::product_list;
use crate::orders::{Audience, add};
use crate::project::file::Product;
use crate::triggers::selectable::is_hidden;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    let person = call.person().await?;
    let list = call.envelope.product_list();
    let lines = list.and_then(|list| product_list::read_new_lines(&call.project, &list));
    let lines = match lines {
        Ok(lines) => lines,
        Err(error) => return Err(error.about(person)),
    };
    let now = call.app.clock.now();
    call.change(person, move |conn, person| {
        let memory = person.trigger_memory()?;
        let project = Arc::clone(&person.project);
        let is_hidden = |product: &Product| is_hidden(&project, &memory, product);
        let audience = Audience::of(person);
        let added = add::add(conn, person, &lines, is_hidden, audience, now)?;
        let products: Value = added.lines.iter().map(describe).collect();
        let mut own = vec![("msg", json!("Products added")), ("products", products)];
        if !added.replaced.is_empty() {
            let replaced = added.replaced.iter().map(describe).collect();
            own.push(("replaced", replaced));
        }
        Ok(Done::new(own).with_products(added.all()))
    })
    .await
}

pub(super) fn describe(line: &CartLine) -> Value {
    let mut described = json!({
        "p_id": line.product_id,
        "cart_id": line.id,
        "name": line.name,
        "q": line.quantity,
        "price": Money(line.price),
        "total": Money(line.total()),
    });
    // Only there: the documented answer has no such key.
    if line.waiting {
        described["waiting"] = json!(true);
    }
    described
}
