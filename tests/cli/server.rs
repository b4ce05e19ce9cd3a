//! A small server of HTTP on a free port.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What somebody asked.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Nothing is ever said.
    silent: bool,
}

impl Answer {
    pub(crate) fn ok(body: Vec<u8>) -> Answer {
        Answer::said(200, body)
    }

    pub(crate) fn said(status: u16, body: Vec<u8>) -> Answer {
        Answer { body, ..Answer::status(status) }
    }

    pub(crate) fn status(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new(), silent: false }
    }

    /// None: who asked waits until they give up.
    pub(crate) fn none() -> Answer {
        Answer { silent: true, ..Answer::status(200) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

type Answers = dyn Fn(&Request) -> Answer + Send + Sync;

/// A server, until it is dropped.
pub(crate) struct Server {
    at: SocketAddr,
    answer: Arc<Answers>,
    listening: Mutex<Option<Listening>>,
    /// Nobody else gets the port while the server is closed.
    #[cfg(target_os = "linux")]
    _held: tokio::net::TcpSocket,
}

/// What takes the connections.
struct Listening {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        #[cfg(target_os = "linux")]
        let (at, _held) = {
            // Of two that share a port at most one may listen, and it comes second. The port is never free between them.
            let held = tokio::net::TcpSocket::new_v4().unwrap();
            held.set_reuseaddr(true).unwrap();
            held.bind(any).unwrap();
            (held.local_addr().unwrap(), held)
        };
        #[cfg(not(target_os = "linux"))]
        let at = TcpListener::bind(any).and_then(|listener| listener.local_addr()).unwrap();
        let server = Server {
            at,
            answer: Arc::new(answer),
            listening: Mutex::default(),
            #[cfg(target_os = "linux")]
            _held,
        };
        server.open();
        server
    }

    /// Listens, again where it has been closed.
    pub(crate) fn open(&self) {
        let mut listening = self.listening.lock().unwrap();
        if listening.is_some() {
            return;
        }
        let listener = TcpListener::bind(self.at).unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let (stop, answer) = (Arc::clone(&ended), Arc::clone(&self.answer));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let answer = Arc::clone(&answer);
                // A client that goes away is its own affair.
                std::thread::spawn(move || drop(serve(stream.unwrap(), &*answer)));
            }
        });
        *listening = Some(Listening { ended, thread });
    }

    /// From now on nobody listens at its address.
    pub(crate) fn close(&self) {
        let Some(Listening { ended, thread }) = self.listening.lock().unwrap().take() else { return };
        ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.at);
        let _ = thread.join();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

/// One request a connection.
fn serve(stream: TcpStream, answer: &dyn Fn(&Request) -> Answer) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first)?;
    let method = first.split(' ').next().unwrap_or_default().to_owned();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    request.body = vec![0; length];
    stream.read_exact(&mut request.body)?;
    let Answer { status, headers, body, silent } = answer(&request);
    if silent {
        // Ends when they do.
        return stream.read(&mut [0]).map(drop);
    }
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let stream = stream.get_mut();
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&body)
}
