//! `/oauth/token`: an API admin's id and secret become an access token, which is a bearer token on every surface.

use actix_web::http::{Method, header};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::errors;
use super::given::Given;
use crate::actions::{AccessToken, Worker, issue_access_token};
use crate::error::{Error, ErrorCode};
use crate::http::action_api::{JSON, read_body};
use crate::http::frame::{LogFields, guarded};
use crate::http::{Surface, Url, auth};
use crate::ids::AdminId;
use crate::json;

const PATH: &str = "/oauth/token";

pub(in crate::http) const SURFACE: Surface = Surface {
    urls: || vec![Url::new(PATH, [Method::POST])],
    serve: |service| {
        for path in [PATH.to_owned(), format!("{PATH}/")] {
            service.service(
                web::resource(path)
                    .route(web::post().to(token))
                    .default_service(web::to(not_post)),
            );
        }
    },
};

async fn not_post(request: HttpRequest) -> HttpResponse {
    errors::method_not_allowed(&request, std::iter::once(&Method::POST))
}

async fn token(request: HttpRequest, payload: Payload, worker: Data<Worker>) -> HttpResponse {
    let mut log = LogFields::of("oauth/token");
    let result = guarded(issue(&request, payload, &worker, &mut log)).await;
    log.respond(result, |result| match result {
        Ok(AccessToken { token, seconds }) => {
            let body =
                json!({ "access_token": token, "expires_in": seconds, "token_type": "Bearer" });
            HttpResponse::Ok().content_type(JSON).body(body.to_string())
        }
        Err(error) if error.code() == ErrorCode::Unauthenticated => denied(),
        Err(error) => errors::failure(&request, &error, &Given::new(&request)),
    })
}

fn denied() -> HttpResponse {
    let body = json!({ "error": "access_denied", "error_description": "Unauthorized" });
    HttpResponse::Unauthorized()
        .content_type(JSON)
        .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
        .body(body.to_string())
}

async fn issue(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    log: &mut LogFields,
) -> Result<AccessToken, Error> {
    let body = read_body(payload).await?;
    let asked = read(request, &body);
    let (id, secret) = asked.ok_or_else(auth::unauthenticated)?;
    let caller = auth::client(worker, id, &secret).await?;
    log.admin = Some(caller.admin_id());
    super::rest_call(worker, &caller)?;
    issue_access_token(&worker.app, &caller, &secret).await
}

/// The id and the secret, where everything else is as it has to be.
fn read(request: &HttpRequest, body: &[u8]) -> Option<(AdminId, String)> {
    let content_type = request.content_type().to_ascii_lowercase();
    let fields: Vec<(String, Value)> = if content_type == "application/x-www-form-urlencoded" {
        let pairs = form_urlencoded::parse(body).into_owned();
        pairs.map(|(name, value)| (name, value.into())).collect()
    } else {
        match json::parse(body).ok()? {
            Value::Object(object) => object.into_iter().collect(),
            _ => return None,
        }
    };
    let field = |name: &str| {
        let mut found = fields.iter().filter(|(known, _)| known == name);
        // Of two nobody knows which was meant.
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    };
    if field("grant_type")?.as_str() != Some("client_credentials") {
        return None;
    }
    let id = match field("client_id")? {
        Value::String(id) => id.trim().parse().ok()?,
        Value::Number(id) => id.as_i64()?,
        _ => return None,
    };
    let secret = field("client_secret")?.as_str()?.trim().to_owned();
    Some((AdminId(id), secret))
}
