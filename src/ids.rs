//! Random identifiers, as a value that comes in through [`crate::app::App`]: tests count instead.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::clock::Timestamp;

/// Lower-case letters and digits without those that people mix up (0/o, 1/l/i).
const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; 320], used: 320 }) };
}

/// What makes ids random that are no secrets, for many at once: a question to the system costs as much as several ids.
struct Pool {
    bytes: [u8; 320],
    used: usize,
}

impl Pool {
    fn next<const N: usize>(&mut self) -> [u8; N] {
        if self.used + N > self.bytes.len() {
            self.bytes = Ids::Random.bytes();
            self.used = 0;
        }
        let next = std::array::from_fn(|place| self.bytes[self.used + place]);
        self.used += N;
        next
    }
}

#[derive(Clone, Debug, Default)]
pub enum Ids {
    #[default]
    Random,
    Counting(Arc<AtomicU64>),
}

impl Ids {
    /// A UUID of version 7: its first 48 bits are `now`, so that new rows stand together in an index.
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.and_utc().timestamp_millis()).unwrap_or(0);
        let random = match self {
            Ids::Random => POOL.with_borrow_mut(Pool::next),
            Ids::Counting(_) => self.bytes(),
        };
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A secret of 122 random bits, written as a UUID of version 4.
    pub fn token(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// `count` characters that can be read out over a telephone.
    pub fn readable(&self, count: usize) -> String {
        if let Ids::Counting(counter) = self {
            return counted(counter.fetch_add(1, Ordering::SeqCst), count);
        }
        let mut text = String::with_capacity(count);
        while text.len() < count {
            // Bytes from 248 on are passed over: 248 is the last multiple of 31.
            // From the end, where counted ones differ.
            let bytes = self.bytes::<16>().into_iter().rev();
            let letters = bytes.filter(|byte| *byte < 248);
            text.extend(
                letters
                    .take(count - text.len())
                    .map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])),
            );
        }
        text
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system"
    )]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match self {
            Ids::Random => {
                getrandom::fill(&mut bytes).expect("the operating system has random numbers");
            }
            Ids::Counting(counter) => {
                let count = counter.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                let length = N.min(8);
                bytes[N - length..].copy_from_slice(&count[8 - length..]);
            }
        }
        bytes
    }
}

/// A number in the digits of [`ALPHABET`], so that no two numbers look alike.
fn counted(mut number: u64, length: usize) -> String {
    let mut digits = Vec::new();
    for _ in 0..length {
        let digit = usize::try_from(number % 31).unwrap_or(0);
        digits.push(char::from(ALPHABET[digit]));
        number /= 31;
    }
    digits.iter().rev().collect()
}

/// The least UUID of version 7 of a moment: those of earlier moments are below it, in bytes and as text.
pub fn first_uuid(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.and_utc().timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

/// An identifier that cannot be mixed up with another kind's. On the wire an integer or a decimal string.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

id!(OrganizationId);
id!(AdminId);
id!(
    /// A project of an organization.
    GroupId
);
id!(
    /// A person's central login, across all projects of its organization.
    CloginId
);
id!(FormId);
id!(StatusId);
