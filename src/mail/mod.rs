//! E-mails: templates are filled in and put into the outbox with the change that caused them; a worker sends what is
//! in it.

pub mod address;
mod attempt;
mod check;
mod exchange;
mod message;
mod queue;
mod smtp;
mod target;
mod template;
mod text;
mod transport;
mod variables;
mod worker;

use tokio::sync::Notify;

pub use self::check::{Problem, check};
pub use self::queue::{MailIds, Queued, QueuedEmail, fill_again, is_unfilled, queue, suppress};
pub use self::target::{MailTarget, SmtpServer, Tls};
pub use self::template::{Rendered, render};
use self::transport::Transport;
pub use self::transport::{SendError, SentMessage};
pub use self::worker::start;

/// The way that messages go from this node, and the bell that wakes its worker.
pub struct Mailer {
    transport: Transport,
    bell: Notify,
}

impl Mailer {
    pub fn new(target: &MailTarget) -> Self {
        Mailer {
            transport: Transport::new(target),
            bell: Notify::new(),
        }
    }

    /// To be called after a commit that queued something: else it waits for the worker's next look.
    pub fn nudge(&self) {
        self.bell.notify_one();
    }

    async fn nudged(&self) {
        self.bell.notified().await;
    }

    /// What was sent to `memory:`, for tests.
    pub fn sent(&self) -> Vec<SentMessage> {
        self.transport.sent()
    }
}
