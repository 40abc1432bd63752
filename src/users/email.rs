//! E-mail addresses: their form, and whether their domain takes mail.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{Resolver, TokioResolver};
use validator::ValidateEmail;

/// In characters.
pub const MAX_LENGTH: usize = 254;

/// What is said of an address that is not one.
pub fn rule(address: &str) -> &'static str {
    if is_at_ip_address(address) {
        "must be an e-mail address at a domain, not at an IP address"
    } else {
        "must be an e-mail address of at most 254 characters"
    }
}

/// The HTML form's rule (what browsers accept), and the length that SMTP can carry. Mail goes to domains only.
pub fn is_valid(address: &str) -> bool {
    address.chars().count() <= MAX_LENGTH && address.validate_email() && !is_at_ip_address(address)
}

/// As in `ella@[127.0.0.1]`.
fn is_at_ip_address(address: &str) -> bool {
    address.contains("@[")
}

/// A resolver that takes longer than this does not hold anybody up: the address is accepted.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Answers kept in memory, for as long as each says that it is good.
const CACHED_ANSWERS: u64 = 10_000;

/// Looks up the domains of e-mail addresses. Holds no mail and sends none.
pub struct DnsCheck(TokioResolver);

impl DnsCheck {
    /// `server`: where to ask, else the system's resolvers.
    ///
    /// # Errors
    ///
    /// When the system's configuration cannot be read.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, String> {
        let mut builder = match server {
            Some(address) => {
                let mut name_server = NameServerConfig::udp_and_tcp(address.ip());
                for connection in &mut name_server.connections {
                    connection.port = address.port();
                }
                let config = ResolverConfig::from_name_servers(vec![name_server]);
                Resolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => Resolver::builder_tokio().map_err(|error| error.to_string())?,
        };
        let options = builder.options_mut();
        options.cache_size = CACHED_ANSWERS;
        options.timeout = TIME_LIMIT;
        options.attempts = 1;
        builder
            .build()
            .map(DnsCheck)
            .map_err(|error| error.to_string())
    }

    /// Whether mail can go to the domain. Only a domain that does not exist, or says that it takes no mail (a null MX,
    /// RFC 7505), is refused; a resolver that fails or is slow is not the user's fault.
    pub async fn takes_mail(&self, address: &str) -> bool {
        let Some((_, domain)) = address.rsplit_once('@') else {
            return false;
        };
        // With the dot at its end the name is whole: no search domain is tried.
        let lookup = self.0.mx_lookup(format!("{domain}."));
        match tokio::time::timeout(TIME_LIMIT, lookup).await {
            Ok(Ok(lookup)) => !lookup
                .answers()
                .iter()
                .any(|record| matches!(&record.data, RData::MX(mx) if mx.exchange.is_root())),
            Ok(Err(error)) => !is_unknown_domain(&error),
            Err(_) => true,
        }
    }
}

fn is_unknown_domain(error: &hickory_resolver::net::NetError) -> bool {
    use hickory_resolver::net::{DnsError, NetError};
    matches!(
        error,
        NetError::Dns(DnsError::NoRecordsFound(none)) if none.response_code == ResponseCode::NXDomain
    )
}
