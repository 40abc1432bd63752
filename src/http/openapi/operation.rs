//! An operation of the document: what it takes, and every answer that it can give.

use serde_json::{Map, Value, json};

pub(super) const JSON: &str = "application/json";

pub(super) struct Operation {
    /// Unique in the document: generated clients name a function by it.
    pub(super) id: String,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) parameters: Vec<Value>,
    pub(super) body: Option<Value>,
    pub(super) answers: Vec<Answer>,
    /// Which of the schemes have to be met: one of these objects.
    pub(super) security: Value,
}

pub(super) struct Answer {
    status: u16,
    description: String,
    /// (Media type, schema); none: there is no body.
    content: Vec<(&'static str, Value)>,
    headers: Vec<&'static str>,
    links: Value,
}

impl Answer {
    pub(super) fn new(status: u16, description: impl Into<String>, schema: Value) -> Self {
        Answer {
            content: vec![(JSON, schema)],
            ..Answer::empty(status, description)
        }
    }

    pub(super) fn empty(status: u16, description: impl Into<String>) -> Self {
        Answer {
            status,
            description: description.into(),
            content: Vec::new(),
            headers: match status {
                405 => vec!["Allow"],
                503 => vec!["Retry-After"],
                _ => Vec::new(),
            },
            links: json!({}),
        }
    }

    pub(super) fn with_content(mut self, content: Vec<(&'static str, Value)>) -> Self {
        self.content = content;
        self
    }

    pub(super) fn with_header(mut self, name: &'static str) -> Self {
        self.headers.push(name);
        self
    }

    /// What can be done with what was answered: operations that take its `id`.
    pub(super) fn with_links(mut self, operations: &[&str]) -> Self {
        let link = |id: &&str| {
            let parameters = json!({ "id": "$response.body#/id" });
            let link = json!({ "operationId": id, "parameters": parameters });
            ((*id).to_owned(), link)
        };
        self.links = Value::Object(operations.iter().map(link).collect());
        self
    }

    fn render(self) -> (String, Value) {
        let headers = ["X-Request-Id"].into_iter().chain(self.headers);
        let headers = headers.map(|name| {
            let header = json!({ "$ref": format!("#/components/headers/{name}") });
            (name.to_owned(), header)
        });
        let mut answer = json!({
            "description": self.description,
            "headers": headers.collect::<Map<_, _>>(),
        });
        if !self.content.is_empty() {
            answer["content"] = content(self.content);
        }
        if self.links != json!({}) {
            answer["links"] = self.links;
        }
        (self.status.to_string(), answer)
    }
}

impl Operation {
    pub(super) fn render(self) -> Value {
        let answers: Map<_, _> = self.answers.into_iter().map(Answer::render).collect();
        let mut operation = json!({
            "tags": [self.tag],
            "operationId": self.id,
            "summary": self.summary,
            "description": self.description,
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.into();
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation["responses"] = answers.into();
        operation["security"] = self.security;
        operation
    }
}

fn content(content: Vec<(&'static str, Value)>) -> Value {
    content
        .into_iter()
        .map(|(media_type, schema)| (media_type.to_owned(), json!({ "schema": schema })))
        .collect::<Map<_, _>>()
        .into()
}

/// A body of JSON that has to be there.
pub(super) fn body(schema: Value) -> Value {
    json!({ "required": true, "content": content(vec![(JSON, schema)]) })
}

/// A parameter of the query that may be left out.
pub(super) fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
