//! The surfaces, each with the table of its own URLs, and the server around them.

mod action_api;
mod auth;
mod client_users;
mod cors;
mod cursor;
mod frame;
mod middleware;
mod openapi;
mod ops;
mod platform;
mod serve;

pub use self::openapi::document as openapi_document;
pub use self::serve::serve;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App as ActixApp, HttpServer};

use crate::actions::Worker;
use crate::app::App;
use crate::db::LocalConn;

/// How long calls that run may take to finish once the server is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// URLs that belong together, told and served from one table of theirs.
struct Surface {
    urls: fn() -> Vec<Url>,
    serve: fn(&mut ServiceConfig),
}

/// A URL as its documentation writes it; the slash at the end is optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub path: String,
    /// Beside HEAD, which every URL takes that takes GET, and OPTIONS.
    pub methods: Vec<Method>,
}

impl Url {
    fn new(path: impl Into<String>, methods: impl Into<Vec<Method>>) -> Self {
        Url {
            path: path.into(),
            methods: methods.into(),
        }
    }
}

/// Every surface there is.
const SURFACES: [Surface; 6] = [
    action_api::SURFACE,
    client_users::SURFACE,
    platform::OAUTH,
    platform::SURFACE,
    ops::SURFACE,
    openapi::SURFACE,
];

/// Every URL of every surface.
pub fn urls() -> Vec<Url> {
    SURFACES
        .iter()
        .flat_map(|surface| (surface.urls)())
        .collect()
}

fn routes(service: &mut ServiceConfig) {
    for surface in SURFACES {
        (surface.serve)(service);
    }
    service.default_service(web::to(action_api::not_found));
}

/// Answers requests that come to `listener` until the server is told to stop (SIGTERM, SIGINT); those that run then are
/// finished.
///
/// # Errors
///
/// When the listener cannot be used.
pub fn start(app: &Arc<App>, listener: TcpListener) -> std::io::Result<Server> {
    let workers = app.config.workers;
    let app = Arc::clone(app);
    let server = HttpServer::new(move || {
        let worker = Worker {
            app: Arc::clone(&app),
            local: LocalConn::default(),
        };
        ActixApp::new()
            .app_data(web::Data::from(Arc::clone(&app)))
            .app_data(web::Data::new(worker))
            .wrap(actix_web::middleware::from_fn(middleware::around))
            .configure(routes)
    })
    .workers(workers)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .keep_alive(Duration::from_secs(75))
    .listen(listener)?;
    Ok(server.run())
}
