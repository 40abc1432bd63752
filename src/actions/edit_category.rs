//! `products` `edit_category`: what is sent is set, everything else stays. The next call goes by it.

use serde_json::{Map, Value};

use super::Call;
use super::create_category::{reply, set};
use super::making::{Place, Reader, see};
use super::reply::Body;
use crate::db::config::{self, ItemKind, ItemRow};
use crate::error::{Error, ErrorCode, FieldError};
use crate::project::definition::{parse, to_json};
use crate::project::file::Category;

const KEYS: [&str; 7] = [
    "category_name",
    "category_id",
    "category_top_remark",
    "category_bottom_remark",
    "category_quota_ordered",
    "interchange_category",
    "mandatory_category",
];

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&KEYS)?;
    let id = read_edit(&mut Category::default(), &call.envelope.doc)?;
    let place = Place::of(call);
    let doc = call.envelope.doc.clone();
    let body = call
        .write(move |conn| {
            let version = config::next_version(conn)?;
            let row = config::item(
                conn,
                place.organization,
                place.group,
                ItemKind::Category,
                id,
            )?;
            let row = row.ok_or_else(unknown)?;
            let mut category: Category = parse(&row.definition)?;
            read_edit(&mut category, &doc)?;
            let changed = ItemRow {
                definition: to_json(&category)?,
                version,
                ..row
            };
            config::update_item(conn, &changed)?;
            config::touch_organization(conn, place.organization, version)?;
            Ok(reply("Category edited successfully.", id))
        })
        .await?;
    see(call).await;
    Ok(body)
}

/// Sets what is sent, and says which category it is about.
fn read_edit(category: &mut Category, doc: &Map<String, Value>) -> Result<i64, Error> {
    let mut reader = Reader::new(doc);
    let id = reader.id("category_id");
    if id.is_none() && !reader.has_failed("category_id") {
        reader.fail("category_id", "required", "is required");
    }
    if reader.has("category_name") {
        category.name = reader.name("category_name");
    }
    set(category, &mut reader);
    reader.finish()?;
    id.ok_or_else(|| Error::internal("a category without an id was read"))
}

fn unknown() -> Error {
    let rule = "is not a category of this project";
    let error = FieldError::new("doc.category_id", "category_not_found", rule);
    let msg = "The project has no such category.";
    Error::new(ErrorCode::CategoryNotFound, msg).with_errors(vec![error])
}
