//! The server's certificate, made for the test.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, version};

/// How the connection may be protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    #[default]
    None,
    /// `STARTTLS` is offered, and required before a mail.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// A certificate for 127.0.0.1 and localhost that no public authority knows.
pub(super) struct Tls {
    pub(super) acceptor: TlsAcceptor,
    pub(super) root_pem: String,
}

impl Tls {
    pub(super) fn fresh() -> Self {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a private key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .expect("versions that ring knows")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate with its key");
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), root_pem: cert.pem() }
    }
}
