//! TLS: certificates that are good, wrong, too old, or missing.

use std::sync::Arc;

use protopact::service::{LogFormat, Options, Running, SelfSigned, Tls};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::Code;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::drive::{
    Client, ITEM, Lines, PATIENCE, Plain, client_of, framed, head, line, logged, options, start,
};

async fn secure(running: &Running, tls: ClientTlsConfig) -> Result<Client, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(format!("https://{}", running.address)).unwrap();
    Ok(client_of(endpoint.tls_config(tls.domain_name("localhost")).unwrap().connect().await?))
}

fn trusting(made: &SelfSigned) -> ClientTlsConfig {
    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&made.ca))
}

fn identity(made: &SelfSigned) -> Identity {
    Identity::from_pem(&made.client, &made.client_key)
}

async fn server(tls: Tls) -> (Running, Lines) {
    let (options, lines) = logged(LogFormat::Human);
    (start(Options { tls: Some(tls), ..options }).await, lines)
}

/// What TLS says at the end of a connection with these protocols and this identity.
async fn refusal(running: &Running, ca: &str, protocols: &[&str], identity: Option<(&str, &str)>) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(running.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let talk = async {
        let mut stream = match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
            Ok(stream) => stream,
            Err(error) => return error.to_string(),
        };
        // With TLS 1.3 the client is done before the server has looked at its certificate.
        let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        match stream.read_u8().await {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        }
    };
    tokio::time::timeout(PATIENCE, talk).await.expect("the server neither talks nor refuses")
}

#[tokio::test]
async fn certificates_made_on_the_spot_work() {
    let made = SelfSigned::make(&[]).unwrap();
    let (running, _lines) = server(made.server_side(false)).await;
    let client = secure(&running, trusting(&made)).await.unwrap();
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
    let (running, _lines) = server(made.server_side(true)).await;
    let client = secure(&running, trusting(&made).identity(identity(&made))).await.unwrap();
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
}

#[tokio::test]
async fn a_server_of_a_stranger_is_not_trusted() {
    let (made, stranger) = (SelfSigned::make(&[]).unwrap(), SelfSigned::make(&[]).unwrap());
    let (running, mut lines) = server(made.server_side(false)).await;
    assert!(secure(&running, trusting(&stranger)).await.is_err());
    assert!(line(&mut lines).await.starts_with("refused"));
    let client = secure(&running, trusting(&made)).await.unwrap();
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
}

/// A root with certificates of clients: a good one and one that is too old.
struct Authority {
    ca: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority { ca: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn client(&self, until: i32, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let mut params = CertificateParams::new(vec!["client".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.ca).unwrap().pem(), key.serialize_pem())
    }
}

#[tokio::test]
async fn mutual_tls_takes_good_certificates_only() {
    let made = SelfSigned::make(&[]).unwrap();
    let stranger = SelfSigned::make(&[]).unwrap();
    let authority = Authority::new();
    let good = authority.client(2090, ExtendedKeyUsagePurpose::ClientAuth);
    let expired = authority.client(2001, ExtendedKeyUsagePurpose::ClientAuth);
    let server_only = authority.client(2090, ExtendedKeyUsagePurpose::ServerAuth);
    let tls = Tls { client_ca: Some(authority.ca.pem().into_bytes()), ..made.server_side(false) };
    let (running, mut lines) = server(tls).await;
    let cases = [
        ("none", None, "CertificateRequired"),
        ("of a stranger", Some((&*stranger.client, &*stranger.client_key)), "UnknownCA"),
        ("expired", Some((&*expired.0, &*expired.1)), "CertificateExpired"),
        ("not for clients", Some((&*server_only.0, &*server_only.1)), "BadCertificate"),
    ];
    for (what, identity, alert) in cases {
        let said = refusal(&running, &made.ca, &["h2"], identity).await;
        assert!(said.contains(alert) || said.contains("UnsupportedCertificate"), "{what}: {said}");
        let line = line(&mut lines).await;
        assert!(line.starts_with("refused") && line.contains("TLS"), "{line}");
        let tls = trusting(&made).identity(Identity::from_pem(&good.0, &good.1));
        let client = secure(&running, tls).await.unwrap();
        assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM, "after {what}");
        crate::drive::line(&mut lines).await;
    }
    // And through gRPC's own eyes.
    let client = secure(&running, trusting(&made)).await;
    let status = match client {
        Err(_) => Code::Unavailable,
        Ok(client) => client.unary("Same", ITEM).await.unwrap_err().code(),
    };
    assert!(matches!(status, Code::Unavailable | Code::Unknown), "{status:?}");
}

#[tokio::test]
async fn only_http2_is_agreed_on() {
    let made = SelfSigned::make(&[]).unwrap();
    let (running, mut lines) = server(made.server_side(false)).await;
    let said = refusal(&running, &made.ca, &["http/1.1"], None).await;
    assert!(said.contains("NoApplicationProtocol"), "{said}");
    assert!(line(&mut lines).await.contains("TLS"));
    assert_eq!(refusal(&running, &made.ca, &["h2", "http/1.1"], None).await, "accepted");
}

#[tokio::test]
async fn plain_clients_and_garbage_get_nowhere() {
    let made = SelfSigned::make(&[]).unwrap();
    let (running, mut lines) = server(made.server_side(false)).await;
    for garbage in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        &[0x16, 3, 1, 0, 5, 9, 9, 9, 9, 9],
    ] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut said = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
        let _ = read.expect("the server keeps the connection");
        // An alert of TLS at most.
        assert!(said.is_empty() || said[0] == 0x15, "{said:?}");
        let line = line(&mut lines).await;
        assert!(line.starts_with("refused") && line.contains("TLS"), "{line}");
    }
    let client = secure(&running, trusting(&made)).await.unwrap();
    assert_eq!(client.unary("Same", ITEM).await.unwrap(), ITEM);
}

#[tokio::test]
async fn what_is_no_certificate_is_told_before_the_server_starts() {
    let made = SelfSigned::make(&[]).unwrap();
    let good = made.server_side(true);
    let broken = [
        Tls { certificate: b"nothing".to_vec(), ..good.clone() },
        Tls { key: made.server.clone().into_bytes(), ..good.clone() },
        Tls { key: made.client_key.clone().into_bytes(), ..good.clone() },
        Tls { client_ca: Some(Vec::new()), ..good.clone() },
        Tls { certificate: b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n".to_vec(), ..good },
    ];
    for tls in broken {
        let error =
            protopact::service::Server::bind(Options { tls: Some(tls), ..options() }).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot set TLS up");
    }
}

#[tokio::test]
async fn frames_cross_tls_unharmed() {
    let made = SelfSigned::make(&[]).unwrap();
    let (running, _lines) = server(made.server_side(false)).await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(made.ca.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    // Without ALPN, by prior knowledge.
    let connector = TlsConnector::from(Arc::new(builder.with_no_client_auth()));
    let stream = TcpStream::connect(running.address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut plain = Plain::over(connector.connect(name, stream).await.unwrap()).await;
    let reply = plain.call(head("Same", &[]), framed(ITEM), true).await.unwrap();
    assert_eq!((reply.code(), reply.body), (Some(Code::Ok), framed(ITEM).to_vec()));
}
