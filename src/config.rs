//! Settings of a node: the only reader of the environment. Every variable is also a flag, and all that is wrong is
//! reported at once.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use crate::db::connection::{StatementObserver, Target};
use crate::mail::MailTarget;

/// As given: each is an environment variable, and a flag of the same name.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// The database: sqlite://PATH (serve, apply and admin create make the file when it is missing, not its folder) or
    /// postgres://…
    #[arg(
        long,
        env = "CLOGIN_DATABASE_URL",
        default_value = "sqlite://clogin.db",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: String,

    /// Where to listen: ADDRESS:PORT
    #[arg(
        long,
        env = "CLOGIN_LISTEN",
        default_value = "127.0.0.1:8080",
        global = true,
        value_name = "ADDRESS"
    )]
    listen: String,

    /// What to log: an env_logger filter, such as warn or info,clogin::request=off
    #[arg(
        long,
        env = "CLOGIN_LOG",
        default_value = "info",
        global = true,
        value_name = "FILTER"
    )]
    log: String,

    /// Where e-mails go: dir:PATH (files), smtp://HOST or smtps://HOST, log: (nowhere)
    #[arg(
        long,
        env = "CLOGIN_MAIL_URL",
        default_value = "dir:mail",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    mail_url: String,

    /// Threads that answer requests [default: the number of cores]
    #[arg(long, env = "CLOGIN_WORKERS", global = true, value_name = "COUNT")]
    workers: Option<String>,

    /// Database connections: on SQLite for reads, on PostgreSQL for everything
    #[arg(
        long,
        env = "CLOGIN_POOL_SIZE",
        default_value = "16",
        global = true,
        value_name = "COUNT"
    )]
    pool_size: String,

    /// Calls that may wait for the database; those beyond are answered 503
    #[arg(
        long,
        env = "CLOGIN_QUEUE_SIZE",
        default_value = "4096",
        global = true,
        value_name = "COUNT"
    )]
    queue_size: String,

    /// Threads that hash passwords, at the lowest priority [default: the number of cores]
    #[arg(
        long,
        env = "CLOGIN_HASHING_THREADS",
        global = true,
        value_name = "COUNT"
    )]
    hashing_threads: Option<String>,

    /// Passwords that may wait to be hashed; those beyond are answered 503
    #[arg(
        long,
        env = "CLOGIN_HASHING_QUEUE",
        default_value = "64",
        global = true,
        value_name = "COUNT"
    )]
    hashing_queue: String,

    /// Events of reads and of failed calls that may wait to be written; those beyond are dropped, with 0 all of them
    #[arg(
        long,
        env = "CLOGIN_EVENT_BUFFER",
        default_value = "10000",
        global = true,
        value_name = "COUNT"
    )]
    event_buffer: String,

    /// The DNS server that is asked whether an e-mail domain takes mail: ADDRESS:PORT [default: the system's]
    #[arg(long, env = "CLOGIN_DNS_SERVER", global = true, value_name = "ADDRESS")]
    dns_server: Option<String>,

    /// Refuse calls without a Timestamp header: true or false
    #[arg(
        long,
        env = "CLOGIN_REQUIRE_TIMESTAMP",
        default_value = "false",
        global = true,
        value_name = "BOOLEAN"
    )]
    require_timestamp: String,
}

/// As understood.
#[derive(Clone)]
pub struct Config {
    pub database: Target,
    pub listen: SocketAddr,
    pub log: String,
    pub mail: MailTarget,
    pub workers: usize,
    pub pool_size: u32,
    pub queue_size: usize,
    pub hashing_threads: usize,
    pub hashing_queue: usize,
    pub event_buffer: usize,
    pub dns_server: Option<SocketAddr>,
    pub require_timestamp: bool,
    /// Is told every SQL statement. No setting: for tests that count them.
    pub observer: Option<StatementObserver>,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Problems(Vec<String>);

impl Settings {
    /// # Errors
    ///
    /// Every setting that cannot be understood, by its variable.
    pub fn understand(&self) -> Result<Config, Problems> {
        let mut problems = Vec::new();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let database = self.database_url.parse::<Target>();
        let listen = listen_address(&self.listen);
        let mail = self.mail_url.parse::<MailTarget>();
        let counts = [
            ("CLOGIN_WORKERS", self.workers.as_deref(), cores, 1..=1_024),
            (
                "CLOGIN_POOL_SIZE",
                Some(self.pool_size.as_str()),
                16,
                1..=1_024,
            ),
            (
                "CLOGIN_QUEUE_SIZE",
                Some(self.queue_size.as_str()),
                4_096,
                1..=1_000_000,
            ),
            (
                "CLOGIN_HASHING_THREADS",
                self.hashing_threads.as_deref(),
                cores,
                1..=1_024,
            ),
            (
                "CLOGIN_HASHING_QUEUE",
                Some(self.hashing_queue.as_str()),
                64,
                1..=1_000_000,
            ),
            (
                "CLOGIN_EVENT_BUFFER",
                Some(self.event_buffer.as_str()),
                10_000,
                0..=1_000_000,
            ),
        ]
        .map(
            |(name, given, default, range)| match given.map(str::parse::<usize>) {
                None => default,
                Some(Ok(count)) if range.contains(&count) => count,
                Some(_) => {
                    let (least, most) = (range.start(), range.end());
                    problems.push(format!(
                        "{name} must be a whole number from {least} to {most}"
                    ));
                    default
                }
            },
        );
        if let Err(rule) = &database {
            problems.push(format!("CLOGIN_DATABASE_URL {rule}"));
        }
        if let Err(rule) = &listen {
            problems.push(format!("CLOGIN_LISTEN {rule}"));
        }
        if let Err(error) = env_filter::Builder::new().try_parse(&self.log).map(|_| ()) {
            problems.push(format!("CLOGIN_LOG is not an env_logger filter: {error}"));
        }
        if let Err(rule) = &mail {
            problems.push(format!("CLOGIN_MAIL_URL {rule}"));
        }
        let dns_server = self
            .dns_server
            .as_deref()
            .map(SocketAddr::from_str)
            .transpose();
        if dns_server.is_err() {
            problems.push(
                "CLOGIN_DNS_SERVER must be an address and a port, such as 9.9.9.9:53".to_owned(),
            );
        }
        let require_timestamp = self.require_timestamp.parse::<bool>();
        if require_timestamp.is_err() {
            problems.push("CLOGIN_REQUIRE_TIMESTAMP must be true or false".to_owned());
        }
        let [
            workers,
            pool_size,
            queue_size,
            hashing_threads,
            hashing_queue,
            event_buffer,
        ] = counts;
        match (database, listen, mail, dns_server, require_timestamp) {
            (Ok(database), Ok(listen), Ok(mail), Ok(dns_server), Ok(require_timestamp))
                if problems.is_empty() =>
            {
                Ok(Config {
                    database,
                    listen,
                    log: self.log.clone(),
                    mail,
                    workers,
                    pool_size: u32::try_from(pool_size).unwrap_or(u32::MAX),
                    queue_size,
                    hashing_threads,
                    hashing_queue,
                    event_buffer,
                    dns_server,
                    require_timestamp,
                    observer: None,
                })
            }
            _ => Err(Problems(problems)),
        }
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let rule = || "must be an address and a port, such as 127.0.0.1:8080".to_owned();
    text.to_socket_addrs()
        .map_err(|_| rule())?
        .next()
        .ok_or_else(rule)
}

/// What is in force, a variable a line, without secrets.
impl fmt::Display for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dns_server = self
            .dns_server
            .map_or("the system's".to_owned(), |dns| dns.to_string());
        writeln!(formatter, "CLOGIN_DATABASE_URL={}", self.database)?;
        writeln!(formatter, "CLOGIN_LISTEN={}", self.listen)?;
        writeln!(formatter, "CLOGIN_LOG={}", self.log)?;
        writeln!(formatter, "CLOGIN_MAIL_URL={}", self.mail)?;
        writeln!(formatter, "CLOGIN_WORKERS={}", self.workers)?;
        writeln!(formatter, "CLOGIN_POOL_SIZE={}", self.pool_size)?;
        writeln!(formatter, "CLOGIN_QUEUE_SIZE={}", self.queue_size)?;
        writeln!(formatter, "CLOGIN_HASHING_THREADS={}", self.hashing_threads)?;
        writeln!(formatter, "CLOGIN_HASHING_QUEUE={}", self.hashing_queue)?;
        writeln!(formatter, "CLOGIN_EVENT_BUFFER={}", self.event_buffer)?;
        writeln!(formatter, "CLOGIN_DNS_SERVER={dns_server}")?;
        write!(
            formatter,
            "CLOGIN_REQUIRE_TIMESTAMP={}",
            self.require_timestamp
        )
    }
}
