//! For those who run the service: is it up, is its database there.

use actix_web::{HttpRequest, HttpResponse, Resource, web};

use super::action_api;
use crate::app::App;

pub fn healthz_resource() -> Resource {
    let resource = web::resource(["/healthz", "/healthz/"]);
    resource
        .route(web::get().to(healthz))
        .route(web::head().to(healthz))
        .default_service(web::to(method_not_allowed))
}

pub fn readyz_resource() -> Resource {
    let resource = web::resource(["/readyz", "/readyz/"]);
    resource
        .route(web::get().to(readyz))
        .route(web::head().to(readyz))
        .default_service(web::to(method_not_allowed))
}

async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
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
