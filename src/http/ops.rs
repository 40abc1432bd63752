//! For those who run the service: is it up, is its database there.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, Resource, Route, web};

use super::{Surface, Url, action_api};
use crate::app::App;

const HEALTHZ: &str = "/healthz";
const READYZ: &str = "/readyz";

pub(super) const SURFACE: Surface = Surface {
    urls: || {
        [HEALTHZ, READYZ]
            .map(|path| Url::new(path, [Method::GET]))
            .into()
    },
    serve: |service| {
        service.service(resource(
            HEALTHZ,
            web::get().to(healthz),
            web::head().to(healthz),
        ));
        service.service(resource(
            READYZ,
            web::get().to(readyz),
            web::head().to(readyz),
        ));
    },
};

fn resource(path: &str, get: Route, head: Route) -> Resource {
    web::resource([path.to_owned(), format!("{path}/")])
        .route(get)
        .route(head)
        .default_service(web::to(get_only))
}

/// What a URL answers that is only read.
pub(super) async fn get_only(request: HttpRequest) -> HttpResponse {
    action_api::method_not_allowed(&request, "GET, HEAD")
}

/// 200 once the service can answer.
async fn healthz() -> HttpResponse {
    ok()
}

/// 200 when the database answers too, else 503.
async fn readyz(request: HttpRequest, app: web::Data<App>) -> HttpResponse {
    match app.db.ping().await {
        Ok(()) => ok(),
        Err(error) => action_api::failure(&request, &error),
    }
}

fn ok() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json; charset=utf-8")
        .body(r#"{"status":"ok"}"#)
}
