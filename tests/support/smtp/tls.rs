//! Certificates made for a test, and connections that are encrypted with them.

use std::io::{Read, Write};
use std::net::TcpStream;

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod, SslStream};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

/// Somebody who signs certificates.
pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

/// A server's certificate, and its key.
pub struct Identity(SslAcceptor);

pub enum Wire {
    Plain(TcpStream),
    Encrypted(Box<SslStream<TcpStream>>),
}

impl Authority {
    pub fn new() -> Self {
        let key = new_key();
        let mut builder = builder("Test authority", &key);
        let issuer = name_of("Test authority");
        builder.set_issuer_name(&issuer).unwrap();
        let is_authority = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(is_authority).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Authority {
            certificate: builder.build(),
            key,
        }
    }

    /// What a client has to have to trust it.
    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    /// A certificate of a host.
    pub fn identify(&self, host: &str) -> Identity {
        let key = new_key();
        let mut builder = builder(host, &key);
        let issuer = self.certificate.subject_name();
        builder.set_issuer_name(issuer).unwrap();
        let mut names = SubjectAlternativeName::new();
        if host.parse::<std::net::IpAddr>().is_ok() {
            names.ip(host);
        } else {
            names.dns(host);
        }
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let names = names.build(&context).unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        acceptor.set_certificate(&builder.build()).unwrap();
        acceptor.set_private_key(&key).unwrap();
        Identity(acceptor.build())
    }
}

impl Identity {
    /// None: the client does not want to go on, as when it does not trust it.
    pub fn accept(&self, tcp: TcpStream) -> Option<Wire> {
        let stream = self.0.accept(tcp).ok()?;
        Some(Wire::Encrypted(Box::new(stream)))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Encrypted(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.write(bytes),
            Wire::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.flush(),
            Wire::Encrypted(stream) => stream.flush(),
        }
    }
}

fn new_key() -> PKey<Private> {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap()
}

/// Good from now on for a month, and not signed yet.
fn builder(subject: &str, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(127, MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&name_of(subject)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(30).unwrap())
        .unwrap();
    builder
}

fn name_of(common: &str) -> openssl::x509::X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", common).unwrap();
    name.build()
}
