//! The operations of those who run the service, and of those who read about it.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::operation::{Answer, Operation, reference};
use super::{Described, PATH, page};

pub(super) fn operations() -> Vec<Described> {
    let get = |path: &str, id: &str, summary, description, answers| {
        let operation = Operation {
            id: id.to_owned(),
            tag: "Service",
            summary,
            description,
            parameters: Vec::new(),
            body: None,
            answers,
            security: json!([]),
        };
        Described {
            path: path.to_owned(),
            method: Method::GET,
            operation,
        }
    };
    let up = || {
        let status = json!({ "status": { "type": "string", "enum": ["ok"] } });
        let schema = json!({ "type": "object", "properties": status, "required": ["status"] });
        Answer::new(200, "It is.", schema)
    };
    let failure =
        |status, description: &str| Answer::new(status, description, reference("Failure"));
    let other_method = || failure(405, "The URL takes GET and HEAD only.");
    let no_database = failure(503, "The database does not answer.");
    let object = json!({ "type": "object" });
    let mut file = get(
        page::FILES,
        "docs_file",
        "A file of that page",
        "Scripts and styles; nothing comes from elsewhere.",
        vec![
            media(&["text/html", "text/css", "text/javascript", "image/png"]),
            failure(404, "There is no such file."),
            other_method(),
        ],
    );
    file.operation.parameters = vec![json!({
        "name": "file",
        "in": "path",
        "required": true,
        "schema": { "type": "string", "minLength": 1 },
        "example": "swagger-ui.css",
    })];
    vec![
        get(
            "/healthz",
            "healthz",
            "Is the service up?",
            "",
            vec![up(), other_method()],
        ),
        get(
            "/readyz",
            "readyz",
            "Can it answer calls?",
            "It asks the database.",
            vec![up(), other_method(), no_database],
        ),
        get(
            PATH,
            "openapi",
            "This description",
            "",
            vec![Answer::new(200, "OpenAPI 3.1.", object), other_method()],
        ),
        get(
            page::PATH,
            "docs",
            "A page to read it, and to try it out",
            "",
            vec![media(&["text/html"]), other_method()],
        ),
        file,
    ]
}

fn media(types: &[&'static str]) -> Answer {
    let text = |media_type: &&'static str| -> (&'static str, Value) {
        (media_type, json!({ "type": "string" }))
    };
    Answer::empty(200, "The file.").with_content(types.iter().map(text).collect())
}
