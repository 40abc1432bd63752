//! Where e-mails go: the parsed form of `CLOGIN_MAIL_URL`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::db::connection::without_secrets;

const RULE: &str = "must be smtp://HOST, smtps://HOST, dir:PATH, memory: or log:";
/// Of one message, in seconds. The worker's claim has to last longer.
const DEFAULT_TIMEOUT: u64 = 60;
const MAX_TIMEOUT: u64 = 90;

#[derive(Clone, PartialEq, Eq)]
pub enum MailTarget {
    Smtp(SmtpServer),
    /// Files, for looking at them.
    Dir(PathBuf),
    /// For tests.
    Memory,
    /// Nowhere; a log line says that there was one.
    Log,
}

/// A server that takes all messages.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// User and password.
    pub credentials: Option<(String, String)>,
    /// How long one message may take, connecting included.
    pub timeout: Duration,
    /// As given, without the password.
    shown: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    None,
    /// STARTTLS where the server offers it.
    Opportunistic,
    /// STARTTLS, or no mail.
    Required,
    /// From the first byte.
    Implicit,
}

impl FromStr for MailTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("dir", "")) => Err("names no folder: write dir:mail or dir:/var/mail".to_owned()),
            Some(("dir", path)) => Ok(MailTarget::Dir(PathBuf::from(path))),
            Some(("memory", "")) => Ok(MailTarget::Memory),
            Some(("log", "")) => Ok(MailTarget::Log),
            Some(("smtp" | "smtps", _)) => smtp(text).map(MailTarget::Smtp),
            _ => Err(RULE.to_owned()),
        }
    }
}

fn smtp(text: &str) -> Result<SmtpServer, String> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or("names no host: write smtp://mail.example.org")?;
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("must have nothing after the host but :PORT and ?tls= or ?timeout=".to_owned());
    }
    let is_implicit = url.scheme() == "smtps";
    let mut tls = if is_implicit {
        Tls::Implicit
    } else {
        Tls::None
    };
    let mut seconds = DEFAULT_TIMEOUT;
    for (key, value) in url.query_pairs() {
        match (key.as_ref(), value.as_ref()) {
            ("tls", "opportunistic") if !is_implicit => tls = Tls::Opportunistic,
            ("tls", "required") if !is_implicit => tls = Tls::Required,
            ("timeout", value) => seconds = timeout(value)?,
            _ => return Err(
                "takes only ?tls=opportunistic or ?tls=required (smtp://), and ?timeout=SECONDS"
                    .to_owned(),
            ),
        }
    }
    let port = match tls {
        Tls::None => 25,
        Tls::Opportunistic | Tls::Required => 587,
        Tls::Implicit => 465,
    };
    Ok(SmtpServer {
        // Brackets are a URL's way to write an IPv6 address.
        host: host.trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(port),
        tls,
        credentials: credentials(&url)?,
        timeout: Duration::from_secs(seconds),
        shown: without_secrets(text),
    })
}

fn timeout(value: &str) -> Result<u64, String> {
    let seconds = value
        .parse()
        .ok()
        .filter(|seconds| (1..=MAX_TIMEOUT).contains(seconds));
    seconds.ok_or_else(|| format!("must have a timeout from 1 to {MAX_TIMEOUT} seconds"))
}

fn credentials(url: &Url) -> Result<Option<(String, String)>, String> {
    let decoded = |text| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded
            .map(String::from)
            .map_err(|_| "has a user or password that is not UTF-8".to_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => {
            Ok(Some((decoded(user)?, decoded(password)?)))
        }
        _ => Err("must have both a user and a password, or neither".to_owned()),
    }
}

/// The URL without its password.
impl fmt::Display for MailTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MailTarget::Smtp(server) => formatter.write_str(&server.shown),
            MailTarget::Dir(path) => write!(formatter, "dir:{}", path.display()),
            MailTarget::Memory => formatter.write_str("memory:"),
            MailTarget::Log => formatter.write_str("log:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SmtpServer {
        match text.parse() {
            Ok(MailTarget::Smtp(server)) => server,
            Ok(other) => panic!("{other}"),
            Err(rule) => panic!("{text} {rule}"),
        }
    }

    #[test]
    fn each_scheme_is_understood() {
        let plain = server("smtp://mail.example.org");
        assert_eq!(
            (plain.host.as_str(), plain.port, plain.tls),
            ("mail.example.org", 25, Tls::None)
        );
        assert_eq!((plain.credentials, plain.timeout.as_secs()), (None, 60));
        let required = server("smtp://app:p%40ss%2Fword@mail.example.org?tls=required&timeout=5");
        assert_eq!(
            (required.port, required.tls, required.timeout.as_secs()),
            (587, Tls::Required, 5)
        );
        assert_eq!(
            required.credentials,
            Some(("app".to_owned(), "p@ss/word".to_owned()))
        );
        assert_eq!(
            server("smtp://h:2525/?tls=opportunistic").tls,
            Tls::Opportunistic
        );
        let implicit = server("smtps://[::1]");
        assert_eq!(
            (implicit.host.as_str(), implicit.port, implicit.tls),
            ("::1", 465, Tls::Implicit)
        );
        for text in ["dir:mail", "dir:/var/mail", "memory:", "log:"] {
            assert_eq!(text.parse::<MailTarget>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        let shown = |text: &str| text.parse::<MailTarget>().unwrap().to_string();
        assert_eq!(
            shown("smtps://app:s3cret@mail.example.org"),
            "smtps://app:***@mail.example.org"
        );
        assert_eq!(
            shown("smtp://app:s3cret@h?tls=required"),
            "smtp://app:***@h?tls=required"
        );
    }

    #[test]
    fn everything_else_is_refused_with_a_sentence() {
        for text in [
            "",
            "mail",
            "dir:",
            "memory:x",
            "log:x",
            "http://h",
            "smtp:",
            "smtp://",
            "smtp://h/x",
            "smtp://h?tls=no",
            "smtps://h?tls=required",
            "smtp://h?timeout=0",
            "smtp://h?timeout=91",
            "smtp://user@h",
            "smtp://:pass@h",
            "smtp://h:99999",
            "smtp://h?password=x",
        ] {
            let refused = text.parse::<MailTarget>().err();
            assert!(
                refused.is_some_and(|rule| !rule.contains("pass@")),
                "{text}"
            );
        }
    }
}
