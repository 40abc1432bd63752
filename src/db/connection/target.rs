//! The URL of a database: which of the two, and where.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

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

/// Masks `user:password@` and a `password=` parameter.
pub fn without_secrets(url: &str) -> String {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let address = match rest.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            let mask = if name.len() == user.len() { "" } else { ":***" };
            format!("{scheme}://{name}{mask}@{host}")
        }
        None => address.to_owned(),
    };
    let parameters: Vec<_> = parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.contains("password") => format!("{name}=***"),
            _ => parameter.to_owned(),
        })
        .collect();
    if parameters.is_empty() {
        address
    } else {
        format!("{address}?{}", parameters.join("&"))
    }
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
            ("sqlite:///var/lib/clogin.db", "sqlite:///var/lib/clogin.db"),
        ] {
            assert_eq!(url.parse::<Target>().unwrap().to_string(), shown);
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
