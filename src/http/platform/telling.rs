//! What the events of a call say: gathered on its way, told when its outcome is known.

use crate::app::App;
use crate::error::Error;
use crate::events::{CallEvents, Details};
use crate::ids::CloginId;

/// What is told of a call, as far as it is known.
pub(super) struct Telling {
    pub(super) events: CallEvents,
    pub(super) start: Details,
    /// Of a read: that of a change is told in its transaction.
    success: Option<(Details, Option<CloginId>)>,
}

impl Telling {
    pub(super) fn begin(events: CallEvents) -> Self {
        Telling {
            start: events.details(),
            events,
            success: None,
        }
    }

    /// Says more at the START.
    pub(super) fn start(&mut self, say: impl FnOnce(Details) -> Details) {
        self.start = say(self.start.clone());
    }

    /// What a read that succeeds says, and of whom it is alone.
    pub(super) fn success(
        &mut self,
        about: Option<CloginId>,
        say: impl FnOnce(Details) -> Details,
    ) {
        self.success = Some((say(self.events.details()), about));
    }

    pub(super) fn finish<T>(self, app: &App, result: &Result<T, Error>) {
        let Telling {
            events,
            start,
            success,
        } = self;
        match (result, success) {
            (Err(error), _) => app.events.push(|| events.failed(app, start, error)),
            (Ok(_), Some((success, about))) => app
                .events
                .push(|| events.succeeded(app, start, success).about(about)),
            (Ok(_), None) => {}
        }
    }
}
