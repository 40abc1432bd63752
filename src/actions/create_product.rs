//! `products` `create`: adds a product to a project. The next call can use it.

mod document;

use super::Call;
use super::making::{Place, see};
use super::reply::{Body, Reply};
use crate::db::carts;
use crate::db::config::ItemKind;
use crate::error::Error;
use crate::project::file::Product;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&document::KEYS)?;
    document::read(&call.project, &call.envelope.doc)?;
    let (place, doc) = (Place::of(call), call.envelope.doc.clone());
    let body = call
        .write(move |conn| {
            let change = place.begin(conn)?;
            let product = document::read(&change.project(conn)?, &doc)?;
            let quota = product.quota.map(i64::from);
            let id = change.insert(conn, ItemKind::Product, |id| Product { id, ..product })?;
            // Nobody has it in a cart yet, so that nothing is sold.
            carts::set_quota(conn, place.organization, id, quota)?;
            Ok(Reply::plain()
                .with("msg", "Product created successfully.")
                .with("msg_type", "info")
                .with("p_id", id))
        })
        .await?;
    see(call).await;
    Ok(body)
}
