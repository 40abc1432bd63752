//! What is said between us and a mail server about one message.

use std::fmt::{self, Display, Formatter};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::{Address, Message};

use super::transport::{Refused, SendError};

/// To more recipients than that commands are said one by one: both sides could wait until the other one reads. Servers take
/// as many at least (RFC 5321, 4.5.3.1.8).
const MAX_AT_ONCE: usize = 100;
/// What DATA is answered with.
const GO_ON: u16 = 354;
const ASCII_ONLY: &str = "the server takes no addresses with letters beyond ASCII";

/// Why a message did not go out.
#[derive(Debug)]
pub enum Failure {
    /// Nothing was said of the message: whatever the code is, another attempt can succeed.
    Connecting(Error),
    /// Before any of the message was sent: the server cannot have it.
    Before(Error),
    /// With the message: the server may have it.
    With(Error),
    /// The server does not keep to the protocol.
    Nonsense(&'static str),
}

impl Failure {
    /// Whether the connection was gone, and no message with it: 421, or no answer at all.
    pub fn is_of_the_connection(&self) -> bool {
        let Failure::Before(error) = self else {
            return false;
        };
        match error.status() {
            Some(code) => u16::from(code) == 421,
            None => !error.is_client(),
        }
    }

    pub fn into_send_error(self) -> SendError {
        match self {
            Failure::Before(error) | Failure::With(error)
                if error.is_permanent() && !is_about_us(&error) =>
            {
                SendError::Permanent(error.to_string())
            }
            Failure::Connecting(error) | Failure::Before(error) | Failure::With(error) => {
                SendError::Temporary(error.to_string())
            }
            Failure::Nonsense(reason) => SendError::Temporary(reason.to_owned()),
        }
    }
}

/// Asks whether the server takes several commands before it has answered the first (RFC 2920): lettre does not know of it.
pub async fn is_pipelining(conn: &mut AsyncSmtpConnection, client: &ClientId) -> bool {
    let answer = conn.command(Ehlo::new(client.clone())).await;
    // The first line is its name.
    let has = |line: &str| line.trim().eq_ignore_ascii_case("PIPELINING");
    answer.is_ok_and(|answer| answer.message().skip(1).any(has))
}

/// What is said of one message.
struct Dialogue<'a> {
    conn: &'a mut AsyncSmtpConnection,
    /// All commands are said with the first one.
    at_once: bool,
}

impl Dialogue<'_> {
    /// Says a command, unless it has been said, and waits for the answer.
    async fn ask(&mut self, command: impl Display) -> Result<Response, Error> {
        if self.at_once {
            self.conn.read_response().await
        } else {
            self.conn.command(command).await
        }
    }
}

/// Sends a message over an open connection, to those of the recipients whom the server takes. Returns the others: when
/// that is all of them, the message was not sent.
///
/// # Errors
///
/// What was said of the message as a whole, or that nothing was.
pub async fn send(
    conn: &mut AsyncSmtpConnection,
    pipelining: bool,
    message: &Message,
    to: &[Address],
) -> Result<Vec<Refused>, Failure> {
    let bytes = message.formatted();
    let at_once = pipelining && to.len() <= MAX_AT_ONCE;
    let mut dialogue = Dialogue { conn, at_once };
    let refused = announce(&mut dialogue, message, &bytes, to)
        .await
        .map_err(Failure::Before)?;
    if refused.len() == to.len() {
        take_back(dialogue).await;
        return Ok(refused);
    }
    let answer = dialogue.ask(Data).await.map_err(Failure::Before)?;
    if !goes_on(&answer) {
        return Err(Failure::Nonsense("the server did not answer 354 to DATA"));
    }
    let sent = dialogue.conn.command(Content(&bytes)).await;
    sent.map_err(Failure::With)?;
    Ok(refused)
}

/// Says whom the message is from and for; with pipelining also that it comes, and all of it at once. Returns the recipients
/// whom the server does not take.
async fn announce(
    dialogue: &mut Dialogue<'_>,
    message: &Message,
    bytes: &[u8],
    to: &[Address],
) -> Result<Vec<Refused>, Error> {
    let sender = message.envelope().from().cloned();
    let (parameters, takes_all) = parameters(dialogue.conn, to, bytes);
    let can_be_said = |address: &Address| takes_all || is_ascii(address);
    let mut first = Mail::new(sender, parameters).to_string();
    if dialogue.at_once {
        for address in to.iter().filter(|address| can_be_said(address)) {
            first += &recipient(address).to_string();
        }
        first += &Data.to_string();
    }
    dialogue.conn.command(first).await?;
    let mut refused = Vec::new();
    for address in to {
        let error = if can_be_said(address) {
            match dialogue.ask(recipient(address)).await {
                Ok(_) => continue,
                Err(error) if is_of_recipient(&error) => of_recipient(&error),
                Err(error) => return Err(error),
            }
        } else {
            SendError::Permanent(ASCII_ONLY.to_owned())
        };
        refused.push(Refused {
            address: address.clone(),
            error,
        });
    }
    Ok(refused)
}

fn recipient(address: &Address) -> Rcpt {
    Rcpt::new(address.clone(), vec![])
}

/// Takes back what was said of a message that nobody gets. A server that does not even take that is left alone: what it said
/// of the recipients stands.
async fn take_back(Dialogue { conn, at_once }: Dialogue<'_>) {
    if at_once {
        let answer = conn.read_response().await;
        if answer.is_ok_and(|answer| goes_on(&answer)) {
            // It waits for a message that nobody gets: an empty one. Whatever it says of that is of no interest.
            let _ = conn.command(Content(b"")).await;
        }
    }
    if conn.command(Rset).await.is_err() {
        conn.abort().await;
    }
}

fn goes_on(answer: &Response) -> bool {
    u16::from(answer.code()) == GO_ON
}

/// The message and its end in one piece. In two, as lettre's own `message` has them, the second would wait until the
/// server has confirmed the first, which servers put off for 40 ms.
struct Content<'a>(&'a [u8]);

impl Display for Content<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // Made of text and in UTF-8: nothing is replaced.
        let text = String::from_utf8_lossy(self.0);
        // RFC 5321, 4.5.2: a line that begins with a dot gets another one.
        if text.starts_with('.') {
            f.write_str(".")?;
        }
        f.write_str(&text.replace("\r\n.", "\r\n.."))?;
        let line_end = if text.ends_with("\r\n") { "" } else { "\r\n" };
        write!(f, "{line_end}.\r\n")
    }
}

/// What the message needs beyond RFC 5321, as far as the server can do it, and whether every address can be said to it.
fn parameters(
    conn: &AsyncSmtpConnection,
    to: &[Address],
    bytes: &[u8],
) -> (Vec<MailParameter>, bool) {
    let can = |extension| conn.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    let takes_all = can(Extension::SmtpUtfEight);
    if takes_all && !to.iter().all(is_ascii) {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if can(Extension::EightBitMime) && !bytes.is_ascii() {
        let body = MailParameter::Body(MailBodyParameter::EightBitMime);
        parameters.push(body);
    }
    (parameters, takes_all)
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}

/// Whether an answer to RCPT is about the recipient, and not about the connection or us.
fn is_of_recipient(error: &Error) -> bool {
    let code = error.status().map(u16::from);
    code.is_some_and(|code| code != 421 && !is_about_us(error))
}

fn of_recipient(error: &Error) -> SendError {
    let reason = error.to_string();
    if error.is_permanent() {
        SendError::Permanent(reason)
    } else {
        SendError::Temporary(reason)
    }
}

/// 530, 535, 538: the server wants us to log in, or in another way. Somebody can set that right.
fn is_about_us(error: &Error) -> bool {
    error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 530 | 535 | 538))
}

#[cfg(test)]
mod tests {
    use super::Content;

    #[test]
    fn dots_are_doubled_and_the_end_is_a_dot_alone() {
        let said = |text: &str| Content(text.as_bytes()).to_string();
        assert_eq!(said(""), "\r\n.\r\n");
        assert_eq!(said("a\r\n"), "a\r\n.\r\n");
        assert_eq!(said("a.b"), "a.b\r\n.\r\n");
        assert_eq!(said(".\r\n..\r\n"), "..\r\n...\r\n.\r\n");
        assert_eq!(said("é\r\n.\r\n"), "é\r\n..\r\n.\r\n");
    }
}
