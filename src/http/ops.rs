//! For those who run the service: is it up, is its database there.

use actix_web::{HttpResponse, web};

use super::action_api;
use crate::app::App;

/// 200 once the service can answer.
pub async fn healthz() -> HttpResponse {
    ok()
}

/// 200 when the database answers too, else 503.
pub async fn readyz(request: actix_web::HttpRequest, app: web::Data<App>) -> HttpResponse {
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
