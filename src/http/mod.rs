//! The one table of URLs, and the server around it.

mod action_api;
mod auth;
mod cors;
mod middleware;
mod ops;
mod serve;

pub use self::serve::{follow_projects, forget_old, serve};

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App as ActixApp, HttpServer};

use crate::actions::{Endpoint, Worker};
use crate::app::App;
use crate::db::LocalConn;

/// How long calls that run may take to finish once the server is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// Every URL of every surface. The slash at the end is optional.
fn routes(service: &mut ServiceConfig) {
    service
        .service(action_api::resources(Endpoint::Users))
        .service(action_api::resources(Endpoint::Statuses))
        .service(action_api::resources(Endpoint::Triggers))
        .service(ops::healthz_resource())
        .service(ops::readyz_resource())
        .default_service(web::to(action_api::not_found));
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
