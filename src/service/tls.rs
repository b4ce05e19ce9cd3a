//! TLS: certificates that are given, or made on the spot.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};

/// What a server shows and what it asks for, as PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The server's certificate and those between it and the root.
    pub certificate: Vec<u8>,
    /// The key of the certificate.
    pub key: Vec<u8>,
    /// The roots that clients' certificates have to lead to; without it, clients show none.
    pub client_ca: Option<Vec<u8>>,
}

/// Certificates or keys that cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// What is given holds no certificate.
    #[error("{0} holds no certificate in PEM")]
    NoCertificate(&'static str),
    /// What is given holds no key.
    #[error("the key is not a private key in PEM")]
    NoKey(#[source] rustls::pki_types::pem::Error),
    /// What is given is not PEM.
    #[error("{what} is not PEM")]
    Pem {
        /// Which of them.
        what: &'static str,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate and the key do not fit together, or are of a kind that is not supported.
    #[error("the certificate cannot be used with the key")]
    Unusable(#[source] rustls::Error),
    /// The roots for clients are of no use.
    #[error("clients cannot be checked against the given roots")]
    Roots(#[source] VerifierBuilderError),
    /// Certificates cannot be made.
    #[error("cannot make certificates")]
    Make(#[from] rcgen::Error),
}

impl Tls {
    /// The settings of the TLS library. HTTP/2 is the only protocol that is agreed on.
    pub(super) fn config(&self) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Unusable)?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(roots) => {
                let mut store = RootCertStore::empty();
                for root in certificates(roots, "the CA of the clients")? {
                    store.add(root).map_err(TlsError::Unusable)?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(TlsError::Roots)?)
            }
        };
        let chain = certificates(&self.certificate, "the certificate")?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(TlsError::NoKey)?;
        let mut config = builder.with_single_cert(chain, key).map_err(TlsError::Unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|source| TlsError::Pem { what, source })?;
    if all.is_empty() { Err(TlsError::NoCertificate(what)) } else { Ok(all) }
}

/// A root and two certificates under it, as PEM, for tests: valid for a century on this machine, worth nothing
/// anywhere else.
#[derive(Clone, Debug)]
pub struct SelfSigned {
    /// The root; its key is gone.
    pub ca: String,
    /// The server's certificate, for `localhost`, 127.0.0.1 and ::1.
    pub server: String,
    /// Its key.
    pub server_key: String,
    /// A client's certificate.
    pub client: String,
    /// Its key.
    pub client_key: String,
}

impl SelfSigned {
    /// Makes certificates; `names` are further names of the server.
    ///
    /// # Errors
    ///
    /// Names that are no host names.
    pub fn make(names: &[String]) -> Result<SelfSigned, TlsError> {
        let ca = root()?;
        let (server, server_key) = leaf(&ca, here(names), "server", &[ExtendedKeyUsagePurpose::ServerAuth])?;
        let (client, client_key) =
            leaf(&ca, vec!["client".to_owned()], "client", &[ExtendedKeyUsagePurpose::ClientAuth])?;
        Ok(SelfSigned { ca: ca.pem(), server, server_key, client, client_key })
    }

    /// What the server shows; `mutual` makes it ask clients for a certificate under the same root.
    pub fn server_side(&self, mutual: bool) -> Tls {
        Tls {
            certificate: self.server.clone().into_bytes(),
            key: self.server_key.clone().into_bytes(),
            client_ca: mutual.then(|| self.ca.clone().into_bytes()),
        }
    }

    /// The files by name: `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`.
    pub fn files(&self) -> [(&'static str, &str); 5] {
        [
            ("ca.pem", &self.ca),
            ("server.pem", &self.server),
            ("server.key", &self.server_key),
            ("client.pem", &self.client),
            ("client.key", &self.client_key),
        ]
    }
}

/// A certificate of one service among others, with its key, as PEM.
#[derive(Clone, Debug)]
pub struct Peer {
    /// What the service is called.
    pub name: String,
    /// The certificate, which is for serving and for calling.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// Certificates for services that call each other, as PEM: a root, whose key is gone, and one under it for each name, which
/// is for this machine and for the host names that come with it. For tests, as [`SelfSigned`].
///
/// # Errors
///
/// Names that are no host names.
pub fn peers(services: &[(String, Vec<String>)]) -> Result<(String, Vec<Peer>), TlsError> {
    let ca = root()?;
    let both = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let all = services.iter().map(|(name, hosts)| {
        let (certificate, key) = leaf(&ca, here(hosts), name, &both)?;
        Ok(Peer { name: name.clone(), certificate, key })
    });
    let all = all.collect::<Result<_, TlsError>>()?;
    Ok((ca.pem(), all))
}

fn root() -> Result<CertifiedIssuer<'static, KeyPair>, TlsError> {
    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "protopact test CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    lasting(&mut ca);
    Ok(CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?)
}

/// The names of this machine, and further ones.
fn here(names: &[String]) -> Vec<String> {
    let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    local.into_iter().chain(names.iter().cloned()).collect()
}

fn leaf(
    ca: &CertifiedIssuer<'_, KeyPair>,
    names: Vec<String>,
    name: &str,
    usages: &[ExtendedKeyUsagePurpose],
) -> Result<(String, String), TlsError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, format!("protopact test {name}"));
    params.extended_key_usages = usages.to_vec();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    lasting(&mut params);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, ca)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Clocks of test machines are wrong in both directions.
fn lasting(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
}
