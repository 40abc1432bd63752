//! A row of the outbox as a message of RFC 5322.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::address;
use crate::db::outbox::ClaimedMessage;

/// Makes the message. Whom it goes to beside `To` and `Cc` stands in its envelope only.
///
/// # Errors
///
/// When the row is not a message that can be sent.
pub fn build(row: &ClaimedMessage) -> Result<Message, String> {
    let mut builder = Message::builder()
        .from(sender(row)?)
        .subject(&row.subject)
        .date(date(row))
        .message_id(row.message_id.clone());
    for (list, add) in [
        (
            &row.recipients,
            MessageBuilder::to as fn(MessageBuilder, Mailbox) -> MessageBuilder,
        ),
        (&row.cc, MessageBuilder::cc),
        (&row.bcc, MessageBuilder::bcc),
    ] {
        let mailboxes = address::parse(list)?.into_iter().map(said);
        builder = mailboxes.fold(builder, add);
    }
    // RFC 3834: no holiday answers to it.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let builder = builder.raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
    let text = row.body_text.clone().unwrap_or_default();
    let message = if row.body.is_empty() {
        builder.singlepart(SinglePart::plain(text))
    } else {
        builder.multipart(MultiPart::alternative_plain_html(text, row.body.clone()))
    };
    message.map_err(|error| format!("the message cannot be made: {error}"))
}

/// Whom the message has not reached yet.
pub fn recipients(row: &ClaimedMessage) -> Vec<Address> {
    match &row.undelivered {
        Some(undelivered) => addresses([undelivered]),
        None => all_recipients(row),
    }
}

/// Everybody whom the message is for.
pub fn all_recipients(row: &ClaimedMessage) -> Vec<Address> {
    addresses([&row.recipients, &row.cc, &row.bcc])
}

/// Of a message that could be made.
fn addresses<'a>(lists: impl IntoIterator<Item = &'a String>) -> Vec<Address> {
    let lists = lists
        .into_iter()
        .filter_map(|list| address::parse(list).ok());
    let mut addresses = Vec::new();
    for mailbox in lists.flatten() {
        // A server would give it to somebody who stands there twice once or twice, as it likes.
        let address = address::with_ascii_domain(&mailbox.email);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// The local part of the `Message-ID`: what a file of the message is called.
pub fn file_name(row: &ClaimedMessage) -> String {
    let id = row.message_id.as_deref().unwrap_or_default();
    let local = id.trim_matches('<').split('@').next().unwrap_or_default();
    let safe = |letter: &char| letter.is_ascii_alphanumeric() || ".-".contains(*letter);
    let name: String = local.chars().filter(safe).collect();
    format!("{}-{name}.eml", row.id)
}

fn sender(row: &ClaimedMessage) -> Result<Mailbox, String> {
    let sender = address::single(&row.sender).map(said);
    sender.ok_or_else(|| "the sender is not an address".to_owned())
}

/// As it is said to a server.
fn said(mailbox: Mailbox) -> Mailbox {
    Mailbox::new(mailbox.name, address::with_ascii_domain(&mailbox.email))
}

/// When it was queued: the same at each attempt.
fn date(row: &ClaimedMessage) -> SystemTime {
    let millis = row.created_at.and_utc().timestamp_millis();
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
