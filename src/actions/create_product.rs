//! `products` `create`: adds a product to a project. The next call can use it.

mod document;

use super::Call;
use super::making::{Place, see};
use super::reply::{Body, Reply};
use crate::db::carts;
use crate::db::config::{self, ItemKind};
use crate::db::connection::Conn;
use crate::error::{Error, ErrorCode};
use crate::project::file::Product;

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&document::KEYS)?;
    let product = document::read(&call.project, &call.envelope.doc)?;
    let place = Place::of(call);
    let body = call
        .write(move |conn| {
            let id = place.insert(conn, ItemKind::Product, |id| Product {
                id,
                ..product.clone()
            })?;
            check_references(conn, place, &product)?;
            // Nobody has it in a cart yet, so that nothing is sold.
            carts::set_quota(conn, place.organization, id, product.quota.map(i64::from))?;
            Ok(Reply::plain()
                .with("msg", "Product created successfully.")
                .with("msg_type", "info")
                .with("p_id", id))
        })
        .await?;
    see(call).await;
    Ok(body)
}

/// What it names is there still: no other change of the configuration comes between.
fn check_references(conn: &mut Conn, place: Place, product: &Product) -> Result<(), Error> {
    let category = product.category.into_iter();
    let products = product.holder.into_iter().chain(product.discounted.clone());
    let references = category
        .map(|id| (ItemKind::Category, id))
        .chain(products.map(|id| (ItemKind::Product, id)));
    for (kind, id) in references {
        let found = config::item(conn, place.organization, place.group, kind, id)?;
        if found.is_none() {
            let code = match kind {
                ItemKind::Category => ErrorCode::CategoryNotFound,
                _ => ErrorCode::ProductNotFound,
            };
            let msg = format!("The project has the {} {id} no more.", kind.name());
            return Err(Error::new(code, msg));
        }
    }
    Ok(())
}
