//! The description of every surface as OpenAPI 3.1, made from the tables of URLs and actions and from the types of the
//! answers: `/openapi.json`, and `/docs/`, a page to read it and to try it out.

mod action_api;
mod answers;
mod calls;
mod client_users;
mod operation;
mod ops;
mod page;
mod platform;
mod values;

use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use self::operation::Operation;
use super::{Surface, Url, client_users as client, ops as get, platform as platform_users};
use crate::triggers::trace::{Look, QueuedEmail};
use crate::users::person::{MetaInfo, UserInfo};
use crate::users::views::{ClientUser, PlatformUser};

const PATH: &str = "/openapi.json";

pub(super) const SURFACE: Surface = Surface {
    urls: || {
        [PATH, page::PATH, page::FILES]
            .map(|path| Url::new(path, [Method::GET]))
            .into()
    },
    serve: |service| {
        service.service(
            web::resource([PATH.to_owned(), format!("{PATH}/")])
                .route(web::get().to(described))
                .route(web::head().to(described))
                .default_service(web::to(get::get_only)),
        );
        page::serve(service);
    },
};

/// Made once: it depends on the program alone.
static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

async fn described() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(super::action_api::JSON)
        .body(TEXT.as_str())
}

const ABOUT: &str = "Accounts and registration for teams whose project front ends send JSON.\n\n\
Every answer has the header `X-Request-Id`: the caller's, when it is 1 to 64 of `A-Za-z0-9._-`, else one that was made. \
A call that fails changes nothing. The slash at the end of a URL is optional, and every URL that takes GET takes HEAD too.";

/// The types of the answers.
#[derive(OpenApi)]
#[openapi(
    info(title = "clogin", description = ABOUT),
    servers((url = "/")),
    components(schemas(
        UserInfo,
        MetaInfo,
        Look,
        QueuedEmail,
        super::action_api::Failure,
        ClientUser,
        client::answers::Listed,
        PlatformUser,
        platform_users::errors::Failure,
    ))
)]
struct Types;

/// An operation, and where it is.
struct Described {
    path: String,
    method: Method,
    operation: Operation,
}

/// The whole description.
pub fn document() -> Value {
    let described = [
        action_api::operations(),
        client_users::operations(),
        platform::operations(),
        ops::operations(),
    ];
    let mut paths: Map<String, Value> = Map::new();
    for described in described.into_iter().flatten() {
        let method = described.method.as_str().to_lowercase();
        let path = paths.entry(described.path).or_insert_with(|| json!({}));
        path[method] = described.operation.render();
    }
    // What cannot be written as JSON is in no type.
    let mut document = serde_json::to_value(Types::openapi()).unwrap_or_default();
    document["paths"] = Value::Object(paths);
    let components = &mut document["components"];
    for (name, schema) in [
        values::components(),
        calls::components(),
        answers::components(),
        client_users::components(),
        platform::components(),
    ]
    .into_iter()
    .flatten()
    {
        components["schemas"][name] = schema;
    }
    components["headers"] = headers();
    components["securitySchemes"] = security_schemes();
    document
}

fn headers() -> Value {
    let header = |description: &str, schema: Value| json!({ "description": description, "required": true, "schema": schema });
    let text = || json!({ "type": "string" });
    json!({
        "X-Request-Id": header("The id of the request, as the log and the events have it.", text()),
        "Allow": header("The methods that the URL takes.", text()),
        "Retry-After": header("Seconds after which to try again.", json!({ "type": "integer" })),
        "WWW-Authenticate": header("How to authenticate.", text()),
        "Idempotent-Replayed": {
            "description": "true: the stored answer to the same call.",
            "schema": { "type": "string", "enum": ["true"] },
        },
    })
}

fn security_schemes() -> Value {
    let header = |name: &str, description: &str| json!({ "type": "apiKey", "in": "header", "name": name, "description": description });
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The Api-token of an API admin, or an access token of /oauth/token.",
        },
        "apiId": header("Api-id", "The id of the API admin."),
        "apiUser": header("Api-user", "Its e-mail address."),
        "apiToken": header("Api-token", "Its secret."),
    })
}
