//! `products` `create_category`: adds a category to a project. The next call can use it.

use super::Call;
use super::making::{Place, Reader, see};
use super::reply::{Body, Reply};
use crate::db::config::ItemKind;
use crate::error::Error;
use crate::project::check::products::MAX_REMARK_LENGTH;
use crate::project::file::Category;

const KEYS: [&str; 6] = [
    "category_name",
    "category_top_remark",
    "category_bottom_remark",
    "category_quota_ordered",
    "interchange_category",
    "mandatory_category",
];

pub(super) async fn run(call: &Call<'_>) -> Result<Body, Error> {
    call.envelope.check_doc_keys(&KEYS)?;
    let mut category = Category::default();
    let mut reader = Reader::new(&call.envelope.doc);
    category.name = reader.name("category_name");
    set(&mut category, &mut reader);
    reader.finish()?;
    let place = Place::of(call);
    let body = call
        .write(move |conn| {
            let id = place
                .begin(conn)?
                .insert(conn, ItemKind::Category, |id| Category {
                    id,
                    ..category.clone()
                })?;
            Ok(reply("Category created successfully.", id))
        })
        .await?;
    see(call).await;
    Ok(body)
}

/// Takes over what a document says beside the name; everything else stays.
pub(super) fn set(category: &mut Category, reader: &mut Reader<'_>) {
    for (key, remark) in [
        ("category_top_remark", &mut category.top_remark),
        ("category_bottom_remark", &mut category.bottom_remark),
    ] {
        if reader.has(key) {
            *remark = reader.text(key);
        }
        if remark.chars().count() > MAX_REMARK_LENGTH {
            let rule = format!("must have at most {MAX_REMARK_LENGTH} characters");
            reader.fail(key, "too_long", rule);
        }
    }
    if reader.has("category_quota_ordered") {
        category.quota_ordered = reader.quota("category_quota_ordered");
    }
    category.interchange = reader.boolean("interchange_category", category.interchange);
    category.mandatory = reader.boolean("mandatory_category", category.mandatory);
}

pub(super) fn reply(msg: &str, id: i64) -> Reply {
    Reply::plain()
        .with("msg", msg)
        .with("msg_type", "info")
        .with("category_id", id)
}
