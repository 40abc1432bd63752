//! An HTTP client with the credentials of the demo data.

use serde_json::Value;
use ureq::http::{Method, Request};

pub const USERS: &str = "/reg/api2/users/";

/// The secret key of the demo organization.
pub const SERVER: [(&str, &str); 3] = [
    ("Api-id", "501"),
    ("Api-user", "api@riverside.example"),
    ("Api-token", "5b3c1a52-8f0e-4a5e-9a57-0d6f6e1c2b11"),
];

#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    pub base_url: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {:?}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The `code` of a failure, else "".
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub fn new(base_url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(std::time::Duration::from_secs(60)))
            .allow_non_standard_methods(true)
            .build()
            .into();
        Client {
            agent,
            base_url: base_url.trim_end_matches('/').to_owned(),
        }
    }

    /// Posts to the users' endpoint as the demo organization's server.
    pub fn users(&self, body: Value) -> Answer {
        self.users_with(&[], body)
    }

    /// As [`Client::users`], with further headers.
    pub fn users_with(&self, headers: &[(&str, &str)], body: Value) -> Answer {
        let headers: Vec<_> = SERVER.iter().chain(headers).copied().collect();
        self.send("POST", USERS, &headers, body.to_string().as_bytes())
    }

    /// Posts to another endpoint as the demo organization's server.
    pub fn post_to(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &SERVER, body.to_string().as_bytes())
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Client::send`], for servers that may be killed.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("{}{path}", self.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.agent.run(request.body(body)?)?;
        let headers = response.headers().iter().map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        });
        let (status, headers) = (response.status().as_u16(), headers.collect());
        // An answer to a HEAD has no body, though it may say how it would be compressed.
        let text = match method {
            "HEAD" => String::new(),
            _ => response.into_body().read_to_string()?,
        };
        Ok(Answer {
            status,
            headers,
            text,
        })
    }
}
