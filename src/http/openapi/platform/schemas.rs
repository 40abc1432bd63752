//! What the platform-users API takes and answers.

use serde_json::{Map, Value, json};

use crate::http::openapi::operation::reference;
use crate::http::openapi::values::{TEXT, closed, document};

pub(in crate::http::openapi) fn components() -> Map<String, Value> {
    let page = |item: Value| {
        closed(
            &["data"],
            json!({
                "nextCursor": { "type": "string" },
                "data": { "type": "array", "items": item },
            }),
        )
    };
    let claims = || {
        let mut claims = document(json!({}));
        claims["description"] = "At most 64 KiB, 16 levels and 500 values.".into();
        claims
    };
    let text = |least: i64, most: i64| json!({ "type": "string", "pattern": TEXT, "minLength": least, "maxLength": most });
    let link =
        || json!({ "providerId": text(0, 255), "url": text(0, 2_048), "subjectId": text(1, 255) });
    let fields = |required: &[&str]| {
        let provider = json!({ "type": "object", "properties": link(), "required": ["subjectId"] });
        let mut fields =
            document(json!({ "claims": claims(), "authenticationProvider": provider }));
        fields["required"] = json!(required);
        fields
    };
    let event = closed(
        &[
            "id",
            "type",
            "timestamp",
            "category",
            "requestId",
            "metadata",
            "data",
        ],
        json!({
            "id": { "type": "string", "format": "uuid" },
            "type": { "type": "string" },
            "timestamp": { "type": "string", "format": "date-time" },
            "category": { "type": "string" },
            "requestId": { "type": "string" },
            "metadata": { "type": "object" },
            "data": { "type": ["object", "null"] },
        }),
    );
    let named = |properties: Value| json!({ "type": "object", "properties": properties });
    let components = [
        ("PlatformUserFields", fields(&[])),
        ("ClaimsChange", fields(&["claims"])),
        ("ProviderChange", fields(&["authenticationProvider"])),
        (
            "PlatformUserSearch",
            closed(
                &[],
                json!({
                    "claims": claims(),
                    "authenticationProvider": closed(&[], link()),
                    "limit": limit(),
                    "cursor": cursor(),
                }),
            ),
        ),
        ("PlatformUserPage", page(reference("PlatformUser"))),
        (
            "CredentialMetadata",
            document(json!({ "id": text(1, 255) })),
        ),
        ("Credential", {
            let mut credential = named(json!({ "id": { "type": "string" } }));
            credential["required"] = json!(["id"]);
            credential
        }),
        ("CredentialPage", page(reference("Credential"))),
        ("Event", event),
        ("EventPage", page(reference("Event"))),
        (
            "EventTypes",
            closed(
                &["data"],
                json!({ "data": { "type": "array", "items": closed(
                    &["category", "types"],
                    json!({
                        "category": { "type": "string" },
                        "types": { "type": "array", "items": { "type": "string" } },
                    }),
                ) } }),
            ),
        ),
        ("TokenRequest", {
            let mut asked = named(json!({
                "client_id": { "description": "Api-id", "type": ["string", "integer"] },
                "client_secret": { "description": "Api-token", "type": "string" },
                "audience": {},
                "grant_type": { "type": "string", "enum": ["client_credentials"] },
            }));
            asked["required"] = json!(["client_id", "client_secret", "grant_type"]);
            asked
        }),
        (
            "AccessToken",
            closed(
                &["access_token", "expires_in", "token_type"],
                json!({
                    "access_token": { "type": "string" },
                    "expires_in": { "description": "In seconds.", "type": "integer" },
                    "token_type": { "type": "string", "enum": ["Bearer"] },
                }),
            ),
        ),
        (
            "TokenFailure",
            closed(
                &["error", "error_description"],
                json!({ "error": { "type": "string" }, "error_description": { "type": "string" } }),
            ),
        ),
    ];
    Map::from_iter(components.map(|(name, schema)| (name.to_owned(), schema)))
}

pub(super) fn cursor() -> Value {
    json!({ "type": "string", "format": "cursor" })
}

pub(super) fn limit() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 1_000 })
}
