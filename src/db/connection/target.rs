//! The URL of a database: which of the two, and where.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Of databases and of mail servers: none of them is a secret.
const SHOWN_PARAMETERS: [&str; 14] = [
    "application_name",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "port",
    "sslcert",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "timeout",
    "tls",
    "user",
];

/// How libpq begins what it says of a server, and not of the URL.
const OF_THE_SERVER: [&str; 2] = ["connection to server", "could not translate host name"];

/// Which database, and where: the parsed form of `CLOGIN_DATABASE_URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Sqlite(PathBuf),
    /// The URL as given: libpq reads it.
    Postgres(String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let (_, rest) = url.split_once("://").unwrap_or_default();
            if is_ambiguous(rest) {
                return Err(
                    "has an @ or a / in its user or its password: write %40 or %2F".to_owned(),
                );
            }
            return Ok(Target::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite://") {
            Some("") => Err("names no file: write sqlite://clogin.db or sqlite:///var/lib/clogin.db".to_owned()),
            Some(path) if path.contains(":memory:") || path.contains('?') => Err(
                "must name a file, such as sqlite://clogin.db: what is in memory only would be lost, and there are no options".to_owned(),
            ),
            Some(path) => Ok(Target::Sqlite(PathBuf::from(path))),
            None => Err("must begin with sqlite:// or postgres://".to_owned()),
        }
    }
}

/// The URL without its password.
impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Sqlite(path) => write!(formatter, "sqlite://{}", path.display()),
            Target::Postgres(url) => formatter.write_str(&without_secrets(url)),
        }
    }
}

/// Where the server's certificate is to be verified and the URL names no authorities, those of the system are taken: the
/// OpenSSL that is built in does not know where they are.
pub(super) fn with_system_certificates(url: &str) -> String {
    let asks = url.contains("sslmode=verify-") && !url.contains("sslrootcert=");
    match openssl_probe::probe().cert_file.filter(|_| asks) {
        Some(file) => format!("{url}&sslrootcert={}", file.display()),
        None => url.to_owned(),
    }
}

/// Why a connection failed. What libpq says of a URL that it does not understand quotes the URL, password or not.
pub(super) fn reason(error: &diesel::ConnectionError) -> String {
    let said = error.to_string().trim().replace('\n', " ");
    if OF_THE_SERVER.iter().any(|known| said.starts_with(known)) {
        return said;
    }
    "the URL is not understood: in a user, a password or a name everything but letters and digits is written as in %40"
        .to_owned()
}

/// Masks the password, and every parameter that is not known to hold no secret.
pub fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (address, parameters) = rest.split_at(address_end(rest));
    // The last one: of a password that has an @ in it nothing is shown either.
    let address = match address.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            let mask = if name.len() == user.len() { "" } else { ":***" };
            format!("{name}{mask}@{host}")
        }
        // A user and a password without a host look like a host and a port.
        None if has_ports(address) => address.to_owned(),
        None => format!("{}:***", address.split(':').next().unwrap_or_default()),
    };
    let parameters: Vec<_> = parameters
        .split(['?', '&'])
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if SHOWN_PARAMETERS.contains(&name) => parameter.to_owned(),
            Some((name, _)) if name.bytes().all(is_of_a_name) => format!("{name}=***"),
            _ => "***".to_owned(),
        })
        .collect();
    if parameters.is_empty() {
        format!("{scheme}://{address}")
    } else {
        format!("{scheme}://{address}?{}", parameters.join("&"))
    }
}

/// Whether what stands where ports stand are ports.
fn has_ports(address: &str) -> bool {
    let hosts = address.split('/').next().unwrap_or_default();
    hosts.split(',').all(|host| {
        // An IPv6 address has colons of its own, in brackets.
        let end = host.rsplit(']').next().unwrap_or_default();
        let port = end.split_once(':').map_or("", |(_, port)| port);
        port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}

/// Where the user ends, as libpq reads a URL: at the first @, unless a / comes before it.
fn user_end(rest: &str) -> Option<usize> {
    let end = rest.find(['@', '/'])?;
    rest[end..].starts_with('@').then_some(end)
}

/// Where the parameters begin. A ? before the user's end is one of its password.
fn address_end(rest: &str) -> usize {
    let user_end = user_end(rest).unwrap_or(0);
    let found = rest[user_end..].find('?');
    found.map_or(rest.len(), |found| user_end + found)
}

/// libpq would take the rest of the password for the host, and name it when it does not find it.
fn is_ambiguous(rest: &str) -> bool {
    let last = rest[..address_end(rest)].rfind('@');
    last.is_some() && last != user_end(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_added_only_where_they_are_asked_for_and_not_named() {
        for url in [
            "postgres://db/clogin",
            "postgres://db/clogin?sslmode=require",
            "postgres://db/clogin?sslmode=verify-full&sslrootcert=/ca.pem",
        ] {
            assert_eq!(with_system_certificates(url), url);
        }
        let url = "postgres://db/clogin?sslmode=verify-full";
        let expected = openssl_probe::probe()
            .cert_file
            .map_or(url.to_owned(), |file| {
                format!("{url}&sslrootcert={}", file.display())
            });
        assert_eq!(with_system_certificates(url), expected);
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            (
                "postgres://app:s3cret@db/clogin",
                "postgres://app:***@db/clogin",
            ),
            ("postgres://app@db/clogin", "postgres://app@db/clogin"),
            (
                "postgres://db/clogin?user=app&password=s3cret&sslmode=require",
                "postgres://db/clogin?user=app&password=***&sslmode=require",
            ),
            (
                "postgres://app:s3c?ret@db/clogin?sslmode=require",
                "postgres://app:***@db/clogin?sslmode=require",
            ),
            (
                "postgres://app:s3c?password=ret@db/clogin",
                "postgres://app:***@db/clogin",
            ),
            (
                "postgres://db/clogin?p%61ssword=s3cret&sslpassword=s3cret&host=a@b",
                "postgres://db/clogin?***&sslpassword=***&host=a@b",
            ),
            ("postgres://app:s3cret", "postgres://app:***"),
            ("postgres://db:5432/clogin", "postgres://db:5432/clogin"),
            (
                "postgres://[::1]:5432,db:5433/clogin",
                "postgres://[::1]:5432,db:5433/clogin",
            ),
            ("sqlite:///var/lib/clogin.db", "sqlite:///var/lib/clogin.db"),
        ] {
            assert_eq!(url.parse::<Target>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_libpq_would_misread_is_refused_and_not_shown_either() {
        for url in [
            "postgres://app:s3c@ret@db/clogin",
            "postgres://app:s3c/ret@db/clogin",
            "postgres://app:s3c@r?et@db/clogin",
        ] {
            let shown = without_secrets(url);
            assert!(!shown.contains("s3c") && !shown.contains("et@"), "{shown}");
        }
        for url in [
            "postgres://app:s3c@ret@db/clogin",
            "postgres://app:s3c/ret@db/clogin",
        ] {
            let rule = url.parse::<Target>().unwrap_err();
            assert!(rule.contains("%40") && !rule.contains("s3c"), "{rule}");
        }
    }

    #[test]
    fn other_urls_are_refused_with_a_sentence() {
        for url in [
            "",
            "clogin.db",
            "mysql://db/x",
            "sqlite:",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://x?mode=rw",
        ] {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
    }
}
