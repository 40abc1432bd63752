//! `/docs/`: Swagger UI, out of the program itself.

use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use crate::http::{action_api, ops};

pub(super) const PATH: &str = "/docs/";
pub(super) const FILES: &str = "/docs/{file}";

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("../openapi.json")
        .display_request_duration(true)
        .filter(true)
        .use_base_layout();
    Arc::new(config)
});

pub(super) fn serve(service: &mut ServiceConfig) {
    service
        .service(
            web::resource("/docs")
                .route(web::get().to(to_the_page))
                .route(web::head().to(to_the_page))
                .default_service(web::to(ops::get_only)),
        )
        .service(
            // Without a name it is the page itself.
            web::resource("/docs/{file:[^/]*}")
                .route(web::get().to(file))
                .route(web::head().to(file))
                .default_service(web::to(ops::get_only)),
        );
}

/// Its files are found from there.
async fn to_the_page() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "docs/"))
        .finish()
}

async fn file(request: HttpRequest) -> HttpResponse {
    let name = request.match_info().get("file").unwrap_or_default();
    match utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => {
            let mut response = HttpResponse::Ok();
            response.content_type(file.content_type);
            // They are kept compressed, which is a fifth of their size; every browser takes that.
            if file.gzpipped {
                response.insert_header((header::CONTENT_ENCODING, "gzip"));
                response.insert_header((header::VARY, "Accept-Encoding"));
            }
            response.body(file.bytes.into_owned())
        }
        _ => action_api::not_found(request).await,
    }
}
