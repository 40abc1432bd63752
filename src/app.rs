//! What every call needs, made once: tests make it with a fixed clock and counted ids.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Db, connection};
use crate::events::EventBuffer;
use crate::ids::Ids;
use crate::mail::Mailer;
use crate::project::snapshot::ProjectCache;
use crate::users::email::DnsCheck;
use crate::users::password::HashingPool;

pub struct App {
    pub config: Config,
    pub db: Db,
    pub projects: ProjectCache,
    pub hashing: HashingPool,
    pub dns: DnsCheck,
    pub mail: Mailer,
    /// What is told of calls outside of their transactions.
    pub events: EventBuffer,
    pub clock: Clock,
    pub ids: Ids,
}

impl App {
    /// Opens and migrates the database, and starts what works in the background.
    ///
    /// # Errors
    ///
    /// A sentence for the person who starts the program.
    pub fn new(config: Config, clock: Clock, ids: Ids) -> Result<Self, String> {
        let options = db::Options {
            pool_size: config.pool_size,
            queue_size: config.queue_size,
            observer: config.observer.clone(),
        };
        let db = Db::open(config.database.clone(), options).map_err(|error| error.to_string())?;
        let dns = DnsCheck::new(config.dns_server)
            .map_err(|error| format!("cannot set up DNS look-ups: {error}"))?;
        let hashing = HashingPool::start(config.hashing_threads, config.hashing_queue);
        let mail = Mailer::new(&config.mail);
        let events = EventBuffer::new(config.event_buffer);
        Ok(App {
            config,
            db,
            projects: ProjectCache::default(),
            hashing,
            dns,
            mail,
            events,
            clock,
            ids,
        })
    }

    /// As [`App::new`], for what only reads: the database has to be there, and up to date.
    ///
    /// # Errors
    ///
    /// A sentence for the person who starts the program.
    pub fn for_reading(config: Config, clock: Clock, ids: Ids) -> Result<Self, String> {
        connection::require_current(&config.database).map_err(|error| error.to_string())?;
        Self::new(config, clock, ids)
    }
}
