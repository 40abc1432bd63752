//! The frame around every answer: a panic is an error like others, and the log line has what became known on the way.

use std::panic::AssertUnwindSafe;

use actix_web::HttpResponse;
use futures_util::FutureExt;

use crate::actions::Trail;
use crate::error::{Error, ErrorCode};
use crate::ids::AdminId;

/// What the log line of a request says beyond its status.
#[derive(Clone, Copy, Default)]
pub(super) struct LogFields {
    pub(super) admin: Option<AdminId>,
    pub(super) trail: Trail,
    pub(super) code: Option<ErrorCode>,
}

impl LogFields {
    /// Of what is no action of the action API.
    pub(super) fn of(name: &'static str) -> Self {
        let mut log = LogFields::default();
        log.trail.action = Some(name);
        log
    }

    /// Renders what a request has come to, as its surface does.
    pub(super) fn respond<T>(
        mut self,
        result: Result<T, Error>,
        render: impl FnOnce(Result<T, Error>) -> HttpResponse,
    ) -> HttpResponse {
        self.code = result.as_ref().err().map(Error::code);
        let mut response = render(result);
        response.extensions_mut().insert(self);
        response
    }
}

/// What an answer comes to, where it panics too.
pub(super) fn guarded<T>(
    answer: impl Future<Output = Result<T, Error>>,
) -> impl Future<Output = Result<T, Error>> {
    // Not an async block: it would keep `answer` twice.
    AssertUnwindSafe(answer)
        .catch_unwind()
        .map(|result| result.unwrap_or_else(|_| Err(Error::internal("a panic while answering"))))
}
