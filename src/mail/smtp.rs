//! A mail server, and the connections to it that are kept for the next message.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};

use super::exchange::{self, Failure};
use super::target::{SmtpServer, Tls};
use super::transport::{Refused, SendError};

/// A connection that has rested longer is asked whether it still works.
const FRESH: Duration = Duration::from_secs(1);
/// Servers close connections that rest for long; so do we, before they do.
const MAX_REST: Duration = Duration::from_secs(20);
/// Servers have a limit as well, often of 100.
const MESSAGES_PER_CONNECTION: u32 = 100;

pub struct Smtp {
    server: SmtpServer,
    client: ClientId,
    /// Made when it is first needed: it reads the system's certificates.
    tls: OnceLock<TlsParameters>,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    conn: AsyncSmtpConnection,
    pipelining: bool,
    messages: u32,
    since: Instant,
}

impl Smtp {
    pub fn new(server: SmtpServer) -> Self {
        Smtp {
            server,
            client: ClientId::default(),
            tls: OnceLock::new(),
            idle: Mutex::default(),
        }
    }

    /// Sends one message, over a connection that is there or a new one. Returns the recipients whom the server refused.
    ///
    /// # Errors
    ///
    /// What the server said, or why it said nothing.
    pub async fn send(&self, message: &Message, to: &[Address]) -> Result<Vec<Refused>, SendError> {
        // A connection belongs to the future: when time is up, both are dropped.
        match tokio::time::timeout(self.server.timeout, self.send_somehow(message, to)).await {
            Ok(Ok(refused)) => Ok(refused),
            Ok(Err(failure)) => Err(failure.into_send_error()),
            Err(_) => {
                let seconds = self.server.timeout.as_secs();
                let reason = format!("the server took longer than {seconds} s");
                Err(SendError::Temporary(reason))
            }
        }
    }

    async fn send_somehow(
        &self,
        message: &Message,
        to: &[Address],
    ) -> Result<Vec<Refused>, Failure> {
        if let Some(idle) = self.take_idle().await {
            match self.send_over(idle, message, to).await {
                // The server was done with this connection: no fault of the message.
                Err(failure) if failure.is_of_the_connection() => {}
                result => return result,
            }
        }
        let fresh = self.connect().await.map_err(Failure::Connecting)?;
        self.send_over(fresh, message, to).await
    }

    async fn send_over(
        &self,
        mut idle: Idle,
        message: &Message,
        to: &[Address],
    ) -> Result<Vec<Refused>, Failure> {
        let (conn, pipelining) = (&mut idle.conn, idle.pipelining);
        let refused = match exchange::send(conn, pipelining, message, to).await {
            Ok(refused) => refused,
            Err(failure) => {
                idle.conn.abort().await;
                return Err(failure);
            }
        };
        idle.messages += 1;
        idle.since = Instant::now();
        if idle.messages < MESSAGES_PER_CONNECTION && !idle.conn.has_broken() {
            self.idle().push(idle);
        }
        Ok(refused)
    }

    async fn take_idle(&self) -> Option<Idle> {
        loop {
            let mut idle = self.idle().pop()?;
            let rested = idle.since.elapsed();
            if rested < FRESH || (rested < MAX_REST && idle.conn.test_connected().await) {
                return Some(idle);
            }
        }
    }

    async fn connect(&self) -> Result<Idle, Error> {
        let SmtpServer {
            host, port, tls, ..
        } = &self.server;
        let implicit = match tls {
            Tls::Implicit => Some(self.tls()?),
            _ => None,
        };
        let address = (host.as_str(), *port);
        let timeout = Some(self.server.timeout);
        let mut conn =
            AsyncSmtpConnection::connect_tokio1(address, timeout, &self.client, implicit, None)
                .await?;
        if *tls == Tls::Required || (*tls == Tls::Opportunistic && conn.can_starttls()) {
            conn.starttls(self.tls()?, &self.client).await?;
        }
        let pipelining = exchange::is_pipelining(&mut conn, &self.client).await;
        if let Some((user, password)) = &self.server.credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            conn.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .await?;
        }
        Ok(Idle {
            conn,
            pipelining,
            messages: 0,
            since: Instant::now(),
        })
    }

    fn tls(&self) -> Result<TlsParameters, Error> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let made = TlsParameters::new(self.server.host.clone())?;
        Ok(self.tls.get_or_init(|| made).clone())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        // A poisoned lock still holds whole connections.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections that have rested for long.
    pub fn close_rested(&self) {
        self.idle().retain(|idle| idle.since.elapsed() < MAX_REST);
    }
}
