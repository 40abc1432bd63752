//! Passwords: which are accepted, and how they are hashed. None is stored or logged otherwise.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use argon2::password_hash::phc::{self, Output, ParamsString, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash};
use tokio::sync::oneshot;

use crate::error::Error;

/// In bytes: beyond it there is no more safety, only work for us.
pub const MAX_BYTES: usize = 1_024;

/// The 27,000 most common passwords of at least six characters, from zxcvbn's list (MIT).
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Says what is wrong with a new password, if anything is. No rule asks for kinds of characters.
pub fn problem(password: &str, min_length: u32) -> Option<(&'static str, String)> {
    if password.chars().count() < min_length as usize {
        return Some((
            "too_short",
            format!("must have at least {min_length} characters"),
        ));
    }
    if password.len() > MAX_BYTES {
        return Some(("too_long", format!("must have at most {MAX_BYTES} bytes")));
    }
    if COMMON.contains(password.to_lowercase().as_str()) {
        return Some((
            "too_common",
            "is among the most common passwords".to_owned(),
        ));
    }
    None
}

type Salt = [u8; 16];

enum Job {
    Hash {
        password: String,
        salt: Salt,
        reply: oneshot::Sender<Result<String, String>>,
    },
    Verify {
        password: String,
        hash: String,
        reply: oneshot::Sender<bool>,
    },
}

impl Job {
    fn run(self, memory: &mut Memory) {
        match self {
            // Nobody waits any more: a client that has gone away costs nothing.
            Job::Hash { reply, .. } if reply.is_closed() => {}
            Job::Verify { reply, .. } if reply.is_closed() => {}
            Job::Hash {
                password,
                salt,
                reply,
            } => {
                let hash = memory
                    .hash(&password, &salt)
                    .map_err(|error| error.to_string());
                let _ = reply.send(hash);
            }
            Job::Verify {
                password,
                hash,
                reply,
            } => {
                let _ = reply.send(memory.verify(&password, &hash).unwrap_or(false));
            }
        }
    }
}

/// The memory of one thread, kept from one password to the next: to be given 19 MiB anew takes a tenth of the time.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    fn hash(&mut self, password: &str, salt: &[u8]) -> password_hash::Result<String> {
        let argon2 = Argon2::default();
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        self.fill(&argon2, password, salt, &mut output)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(argon2.params())?,
            salt: Some(phc::Salt::new(salt)?),
            hash: Some(Output::new(&output)?),
        };
        Ok(hash.to_string())
    }

    fn verify(&mut self, password: &str, hash: &str) -> password_hash::Result<bool> {
        let hash = PasswordHash::new(hash)?;
        let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
            return Ok(false);
        };
        let params = Params::try_from(&hash)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::default(), params);
        let mut output = vec![0; expected.len()];
        self.fill(&argon2, password, salt, &mut output)?;
        // Compared in constant time.
        Ok(Output::new(&output)? == *expected)
    }

    fn fill(
        &mut self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        output: &mut [u8],
    ) -> password_hash::Result<()> {
        let blocks = argon2.params().block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::default());
        }
        let memory = &mut self.0[..blocks];
        Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, memory)?)
    }
}

/// The hash of no password, with the parameters of all others: verified where there is none, for the time that it takes.
const NO_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes with Argon2id (19 MiB, two passes, one lane) on threads of its own, as many as there are cores, at the lowest
/// priority: calls that read are not to wait for those that hash. What waits is bounded, and so is the memory.
pub struct HashingPool(SyncSender<Job>);

impl HashingPool {
    /// The threads end when the pool is dropped. `queue_size`: passwords that wait, beyond those being hashed.
    ///
    /// # Panics
    ///
    /// When the operating system gives no thread.
    pub fn start(threads: usize, queue_size: usize) -> Self {
        let (queue, jobs) = sync_channel(queue_size);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads.max(1) {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(format!("hashing-{number}"))
                .spawn(move || run(&jobs))
                .expect("the operating system gives the hashing pool its threads");
        }
        HashingPool(queue)
    }

    /// A PHC string: `$argon2id$…`.
    ///
    /// # Errors
    ///
    /// 503 when too many passwords wait already.
    pub async fn hash(&self, password: String, salt: Salt) -> Result<String, Error> {
        let (reply, answer) = oneshot::channel();
        self.queue(Job::Hash {
            password,
            salt,
            reply,
        })?;
        answer
            .await
            .map_err(|_| no_answer())?
            .map_err(Error::internal)
    }

    /// Whether the password is the one of the hash. Without a hash it is not, and that takes the same time.
    ///
    /// # Errors
    ///
    /// As [`HashingPool::hash`].
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Error> {
        // A longer one was never accepted, and costs no more than another.
        let (password, possible) = match password.len() {
            0..=MAX_BYTES => (password, hash.is_some()),
            _ => (String::new(), false),
        };
        let hash = hash.unwrap_or_else(|| NO_HASH.to_owned());
        let (reply, answer) = oneshot::channel();
        self.queue(Job::Verify {
            password,
            hash,
            reply,
        })?;
        let verified = answer.await.map_err(|_| no_answer())?;
        Ok(verified && possible)
    }

    fn queue(&self, job: Job) -> Result<(), Error> {
        let full = |_| Error::unavailable("too many passwords wait to be hashed");
        self.0.try_send(job).map_err(full)
    }
}

/// Gives this thread the lowest priority.
fn go_last() {
    // Linux counts a thread as a process here; where that fails, the thread is merely less polite.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19);
}

fn run(jobs: &Mutex<Receiver<Job>>) {
    go_last();
    let mut memory = Memory::default();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        job.run(&mut memory);
    }
}

fn no_answer() -> Error {
    Error::internal("the hashing pool gave no answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_common_passwords_is_long_and_in_lower_case() {
        assert!(COMMON.len() >= 20_000);
        assert!(
            COMMON
                .iter()
                .all(|password| *password == password.to_lowercase())
        );
    }

    #[test]
    fn a_password_is_verified_and_without_a_hash_none_is() {
        actix_web::rt::System::new().block_on(async {
            let pool = HashingPool::start(1, 8);
            let hash = pool
                .hash("correct horse".to_owned(), [7; 16])
                .await
                .unwrap();
            let verify = |password: &str, hash: Option<&str>| {
                pool.verify(password.to_owned(), hash.map(str::to_owned))
            };
            assert!(verify("correct horse", Some(&hash)).await.unwrap());
            assert!(!verify("wrong horse", Some(&hash)).await.unwrap());
            assert!(!verify("correct horse", None).await.unwrap());
            assert!(!verify(&"x".repeat(2_000), Some(&hash)).await.unwrap());
            // It costs what others cost only when its parameters are theirs.
            let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
            assert_eq!(parameters(&hash), parameters(NO_HASH));
        });
    }

    #[test]
    fn says_what_is_wrong() {
        let code = |password: &str, min| problem(password, min).map(|(code, _)| code);
        assert_eq!(code("short", 8), Some("too_short"));
        assert_eq!(code("ääääää", 6), None);
        assert_eq!(code("Password1", 8), Some("too_common"));
        assert_eq!(code(&"x".repeat(1_025), 8), Some("too_long"));
        assert_eq!(code("correct horse battery", 8), None);
    }
}
