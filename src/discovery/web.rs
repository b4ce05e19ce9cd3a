//! How registries are spoken to: JSON over HTTP.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Place;
use crate::machine::Host;

/// How long a registry may take to take a connection, and to answer.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(10);

/// How much of an answer that refuses is told.
const SHOWN: usize = 200;

/// What registries want to see before they answer, under the names that their own clients give it.
#[derive(Clone, Default)]
pub struct Access {
    /// Consul's token (`CONSUL_HTTP_TOKEN`).
    pub consul_token: Option<String>,
    /// Name and password in etcd (`ETCDCTL_USER`, as `name:password`).
    pub etcd_user: Option<(String, String)>,
    /// Name and password in Nacos (`NACOS_USERNAME`, `NACOS_PASSWORD`).
    pub nacos_user: Option<(String, String)>,
    /// Certificates to trust beside those of the machine, PEM.
    pub ca: Option<Vec<u8>>,
}

impl Access {
    /// What the environment has.
    #[must_use]
    pub fn of(host: &Host) -> Access {
        let var = |name: &str| host.var(name).filter(|v| !v.is_empty()).map(str::to_owned);
        let etcd = var("ETCDCTL_USER").map(|user| match user.split_once(':') {
            Some((name, password)) => (name.to_owned(), password.to_owned()),
            None => (user, var("ETCDCTL_PASSWORD").unwrap_or_default()),
        });
        Access {
            consul_token: var("CONSUL_HTTP_TOKEN"),
            etcd_user: etcd,
            nacos_user: var("NACOS_USERNAME").map(|name| (name, var("NACOS_PASSWORD").unwrap_or_default())),
            ca: None,
        }
    }
}

/// Secrets are not shown.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

/// Why a registry did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The machine cannot run the client, or the certificates are none.
    #[error("cannot start a client: {0}")]
    Client(String),
    /// There is no answer.
    #[error("no answer: {0}")]
    Silent(String),
    /// The answer is no.
    #[error("it answers {status}{}{said}", if .said.is_empty() { "" } else { ": " })]
    Refused {
        /// The status of HTTP.
        status: StatusCode,
        /// The beginning of what it says.
        said: String,
    },
    /// The answer is none of this registry.
    #[error("what answers there is no such registry: {0}")]
    Odd(String),
    /// A DNS server answers something that is no list of addresses.
    #[error("it answers {0}")]
    Dns(String),
    /// A DNS server cannot tell now, and may later.
    #[error("it answers {0}")]
    Unwell(String),
}

/// A client of one registry.
pub(super) struct Web {
    base: String,
    client: Client,
}

impl Web {
    pub(super) fn new(place: &Place, access: &Access) -> Result<Web, Failed> {
        // There can be one for the process, and it may be there already.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let failed = |e: reqwest::Error| Failed::Client(reason(e));
        // Registries stand beside their services; proxies are for what is outside.
        let mut builder = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .user_agent(concat!("protopact/", env!("CARGO_PKG_VERSION")));
        for certificate in
            Certificate::from_pem_bundle(access.ca.as_deref().unwrap_or_default()).map_err(failed)?
        {
            builder = builder.add_root_certificate(certificate);
        }
        Ok(Web { base: place.base(), client: builder.build().map_err(failed)? })
    }

    /// A request below the address of the registry.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }
}

/// An answer that is no refusal.
pub(super) struct Answer {
    headers: HeaderMap,
    text: String,
}

impl Answer {
    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What the text says as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failed> {
        serde_json::from_str(&self.text).map_err(|_| Failed::Odd(format!("it says `{}`", shown(&self.text))))
    }
}

/// Sends a request, and gives an answer that is no refusal, with its headers.
pub(super) async fn send(request: RequestBuilder) -> Result<Answer, Failed> {
    let answer = request.send().await.map_err(|e| Failed::Silent(reason(e)))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.map_err(|e| Failed::Silent(reason(e)))?;
    if status.is_success() { Ok(Answer { headers, text }) } else { Err(refused(status, &text)) }
}

/// Sends a request, and gives the status and the text of the answer, whatever they are.
pub(super) async fn ask(request: RequestBuilder) -> Result<(StatusCode, String), Failed> {
    let answer = request.send().await.map_err(|e| Failed::Silent(reason(e)))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| Failed::Silent(reason(e)))?;
    Ok((status, text))
}

/// A text as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Sends a request, and gives the text of an answer that is no refusal.
pub(super) async fn done(request: RequestBuilder) -> Result<String, Failed> {
    let (status, text) = ask(request).await?;
    if status.is_success() { Ok(text) } else { Err(refused(status, &text)) }
}

/// Sends a request, and gives the object that answers it.
pub(super) async fn object(request: RequestBuilder) -> Result<Value, Failed> {
    send(request).await?.json()
}

/// A refusal with the beginning of its text.
pub(super) fn refused(status: StatusCode, text: &str) -> Failed {
    Failed::Refused { status, said: shown(text) }
}

fn shown(text: &str) -> String {
    let short: String = text.trim().chars().take(SHOWN).collect();
    crate::text::escape(&short).into_owned()
}

/// Why, without the address, which may hold a token.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut last: &dyn std::error::Error = &error;
    while let Some(source) = last.source() {
        last = source;
    }
    crate::text::escape(&last.to_string()).into_owned()
}
