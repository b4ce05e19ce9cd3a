//! Requests over HTTP: bounded in time and size, and made again where a server says that it is busy, or broke down.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use thiserror::Error;
use tokio::runtime::Runtime;

use crate::text::without_secrets;

/// How long a server may take to answer, or to send more.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait before each further try.
pub const PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];
/// How long a server may ask to be left alone before the next try.
const LONGEST: Duration = Duration::from_secs(30);
/// How large an answer may be, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// Why a server gave no answer that can be used.
#[derive(Debug, Error)]
pub enum WebError {
    /// The machine cannot run the client.
    #[error("cannot start a client")]
    Client(#[source] std::io::Error),
    /// It does not answer.
    #[error("`{url}` does not answer: {said}")]
    Silent {
        /// The address, without what is secret.
        url: String,
        /// Why not.
        said: String,
    },
    /// It refuses.
    #[error("`{url}` answers with status {status}")]
    Refused {
        /// The address, without what is secret.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// It sends too much.
    #[error("`{url}` sends more than {MAX_BYTES} bytes")]
    TooMuch {
        /// The address, without what is secret.
        url: String,
    },
}

impl WebError {
    /// The same with another name for the address, which may itself be secret.
    #[must_use]
    pub fn of(self, name: &str) -> WebError {
        let url = name.to_owned();
        match self {
            WebError::Client(_) => self,
            WebError::Silent { said, .. } => WebError::Silent { url, said },
            WebError::Refused { status, .. } => WebError::Refused { url, status },
            WebError::TooMuch { .. } => WebError::TooMuch { url },
        }
    }

    /// What is the trouble.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            WebError::Refused { status, .. } => Trouble::of_status(*status),
            WebError::Silent { .. } => Trouble::Silent,
            WebError::Client(_) | WebError::TooMuch { .. } => Trouble::Other,
        }
    }
}

/// How long somebody with less patience for an answer waits before each further try: less, by as much.
#[must_use]
pub fn pauses(patience: Duration) -> [Duration; 3] {
    let share = (patience.as_secs_f64() / PATIENCE.as_secs_f64()).min(1.0);
    PAUSES.map(|pause| pause.mul_f64(share))
}

/// Why a place for packages gave no answer that can be used, as far as it matters to who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It asks who is there, or does not let them.
    Credentials,
    /// It is busy or broke down, and was asked again.
    Passing,
    /// It cannot be reached, or says nothing.
    Silent,
    /// Anything else.
    Other,
}

impl Trouble {
    /// What a status of HTTP says.
    #[must_use]
    pub fn of_status(status: u16) -> Trouble {
        match status {
            401 | 403 => Trouble::Credentials,
            status if is_passing(status) => Trouble::Passing,
            _ => Trouble::Other,
        }
    }
}

/// Whether a status says that the same may go well a little later.
#[must_use]
pub fn is_passing(status: u16) -> bool {
    status == 429 || status >= 500
}

/// What went wrong, with its causes: a client's words for a request that failed often say only that it did.
#[must_use]
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = next.source();
    }
    without_secrets(&said)
}

/// A client.
#[derive(Debug)]
pub struct Web {
    client: reqwest::Client,
    /// What is sent goes where it was meant to go, or nowhere.
    sender: reqwest::Client,
    runtime: Runtime,
    pauses: Vec<Duration>,
}

/// One try: an answer, or what may be otherwise next time.
enum Tried {
    Answered(Response),
    Later(WebError, Option<Duration>),
}

impl Web {
    /// A client that waits so long for an answer, and before further tries as long as all do.
    ///
    /// # Errors
    ///
    /// The machine cannot run it.
    pub fn new(patience: Duration) -> Result<Web, WebError> {
        Web::with(patience, &pauses(patience))
    }

    /// A client that waits so long for an answer, and so long before each further try.
    ///
    /// # Errors
    ///
    /// The machine cannot run it.
    pub fn with(patience: Duration, pauses: &[Duration]) -> Result<Web, WebError> {
        // There can be one for the process, and it may be there already.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let client = |redirects| {
            reqwest::Client::builder()
                .user_agent(concat!("protopact/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(patience)
                .read_timeout(patience)
                .redirect(redirects)
                .build()
                .map_err(|e| WebError::Client(std::io::Error::other(causes(&e))))
        };
        let (client, sender) = (client(Policy::default())?, client(Policy::none())?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Web { client, sender, runtime: runtime.map_err(WebError::Client)?, pauses: pauses.to_vec() })
    }

    /// What is at an address; `None` where nothing is.
    ///
    /// # Errors
    ///
    /// The server does not answer, refuses, or sends too much.
    pub fn get(
        &self,
        url: &str,
        accept: &str,
        authorization: Option<&str>,
    ) -> Result<Option<Vec<u8>>, WebError> {
        self.runtime.block_on(async {
            let Some(mut response) = self.found(url, accept, authorization).await? else { return Ok(None) };
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|e| silent(url, e))? {
                body.extend_from_slice(&chunk);
                if body.len() > MAX_BYTES {
                    return Err(WebError::TooMuch { url: without_secrets(url) });
                }
            }
            Ok(Some(body))
        })
    }

    /// Whether something is at an address; what it is is not read.
    ///
    /// # Errors
    ///
    /// The server does not answer, or refuses.
    pub fn has(&self, url: &str, authorization: Option<&str>) -> Result<bool, WebError> {
        Ok(self.runtime.block_on(self.found(url, "*/*", authorization))?.is_some())
    }

    async fn found(
        &self,
        url: &str,
        accept: &str,
        authorization: Option<&str>,
    ) -> Result<Option<Response>, WebError> {
        let request = || {
            let request = self.client.get(url).header(ACCEPT, accept);
            match authorization {
                Some(said) => request.header(AUTHORIZATION, said),
                None => request,
            }
        };
        let response = self.ask(url, &request, false).await?;
        match response.status().as_u16() {
            404 | 410 => Ok(None),
            200..=299 => Ok(Some(response)),
            status => Err(WebError::Refused { url: without_secrets(url), status }),
        }
    }

    /// Sends something, also again where nobody answers: what is sent twice has to be known by its headers.
    ///
    /// # Errors
    ///
    /// The server does not answer, or does not take it.
    pub fn post(&self, url: &str, body: &[u8], headers: &[(&str, String)]) -> Result<(), WebError> {
        let request = || {
            let request = self.sender.post(url).body(body.to_vec());
            headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
        };
        self.runtime.block_on(async {
            let response = self.ask(url, &request, true).await?;
            match response.status().as_u16() {
                200..=299 => Ok(()),
                status => Err(WebError::Refused { url: without_secrets(url), status }),
            }
        })
    }

    /// Asks, and again where that may help.
    async fn ask(
        &self,
        url: &str,
        request: &dyn Fn() -> RequestBuilder,
        stubborn: bool,
    ) -> Result<Response, WebError> {
        let mut pauses = self.pauses.iter();
        loop {
            let tried = match request().send().await {
                Ok(response) if is_passing(response.status().as_u16()) => {
                    let status = response.status().as_u16();
                    let after = response.headers().get(RETRY_AFTER);
                    let after = after.and_then(|text| text.to_str().ok()?.trim().parse().ok());
                    let refused = WebError::Refused { url: without_secrets(url), status };
                    Tried::Later(refused, after.map(Duration::from_secs))
                }
                Ok(response) => Tried::Answered(response),
                Err(error) if stubborn => Tried::Later(silent(url, error), None),
                Err(error) => return Err(silent(url, error)),
            };
            match (tried, pauses.next()) {
                (Tried::Answered(response), _) => return Ok(response),
                (Tried::Later(_, after), Some(pause)) => {
                    tokio::time::sleep(after.filter(|after| *after <= LONGEST).unwrap_or(*pause)).await;
                }
                (Tried::Later(error, _), None) => return Err(error),
            }
        }
    }
}

fn silent(url: &str, error: reqwest::Error) -> WebError {
    WebError::Silent { url: without_secrets(url), said: causes(&error.without_url()) }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// A server that answers one connection after the other with the next of these; `None` is silence.
    fn server(answers: Vec<Option<&'static str>>) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let mut got = Vec::new();
            let mut silent = Vec::new();
            for answer in answers {
                let mut stream = BufReader::new(listener.accept().unwrap().0);
                let mut text = String::new();
                while !text.ends_with("\r\n\r\n") {
                    stream.read_line(&mut text).unwrap();
                }
                let length = text.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                stream.read_exact(&mut body).unwrap();
                got.push(text + &String::from_utf8(body).unwrap());
                match answer {
                    Some(answer) => {
                        let head =
                            format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
                        stream.get_mut().write_all(head.as_bytes()).unwrap();
                    }
                    None => silent.push(stream),
                }
            }
            got
        });
        (url, thread)
    }

    fn quick(patience: u64) -> Web {
        Web::with(Duration::from_millis(patience), &[Duration::from_millis(1); 2]).unwrap()
    }

    #[test]
    fn a_server_that_is_busy_or_broke_down_is_asked_again() {
        let busy = Some("429 Too Many Requests\r\nretry-after: 0");
        let (url, thread) = server(vec![busy, Some("500 Oh"), Some("200 OK")]);
        assert_eq!(quick(30_000).get(&url, "*/*", Some("Basic x")).unwrap().unwrap(), b"ok");
        let got = thread.join().unwrap();
        assert!(got.len() == 3 && got.iter().all(|text| text.contains("authorization: Basic x")), "{got:?}");
        let (url, thread) = server(vec![Some("503 Oh"); 3]);
        let error = quick(30_000).get(&url, "*/*", None).unwrap_err();
        assert!(matches!(error, WebError::Refused { status: 503, .. }), "{error}");
        thread.join().unwrap();
    }

    #[test]
    fn who_has_less_patience_waits_less_before_the_next_try() {
        assert_eq!((pauses(PATIENCE), pauses(PATIENCE * 10)), (PAUSES, PAUSES));
        assert_eq!(pauses(PATIENCE / 10), PAUSES.map(|pause| pause / 10));
    }

    #[test]
    fn what_is_not_there_is_no_error_and_what_is_refused_is() {
        let (url, thread) = server(vec![
            Some("404 Not Found"),
            Some("200 OK"),
            Some("404 Not Found"),
            Some("401 Who"),
            Some("403 No"),
        ]);
        let has = || quick(30_000).has(&url, None).unwrap();
        assert_eq!((has(), has()), (false, true));
        assert_eq!(quick(30_000).get(&url, "*/*", None).unwrap(), None);
        let error = quick(30_000).get(&url, "*/*", None).unwrap_err();
        assert_eq!(error.trouble(), Trouble::Credentials, "{error}");
        let error = quick(30_000).post(&url, b"", &[]).unwrap_err();
        assert!(matches!(error, WebError::Refused { status: 403, .. }), "{error}");
        thread.join().unwrap();
    }

    #[test]
    fn what_nobody_answered_is_sent_again() {
        let (url, thread) = server(vec![None, Some("500 Oh"), Some("204 OK")]);
        quick(300).post(&url, b"hello", &[("idempotency-key", "k".to_owned())]).unwrap();
        let got = thread.join().unwrap();
        assert!(got.iter().all(|t| t.contains("idempotency-key: k\r\n") && t.ends_with("hello")), "{got:?}");
    }

    #[test]
    fn nobody_there_is_told_without_secrets() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://me:s3cret@127.0.0.1:{port}/x");
        for error in
            [quick(300).get(&url, "*/*", None).unwrap_err(), quick(300).post(&url, b"", &[]).unwrap_err()]
        {
            let said = error.to_string();
            assert!(
                said.starts_with(&format!("`http://***@127.0.0.1:{port}/x` does not answer: ")),
                "{said}"
            );
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }
}
