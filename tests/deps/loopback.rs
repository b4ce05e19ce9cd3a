//! A server on this machine that answers as a test wants it to.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What it does when it is asked for a path.
#[derive(Clone)]
pub(crate) enum Answer {
    Whole(Vec<u8>),
    /// Half of what it announces.
    Cut(Vec<u8>),
    /// It takes the request and keeps the connection.
    Silence,
}

/// The server: it ends with the process.
pub(crate) struct Loopback {
    pub(crate) url: String,
}

impl Loopback {
    /// Starts it; `answers` gets its address.
    pub(crate) fn start(answers: impl FnOnce(&str) -> BTreeMap<String, Answer>) -> Loopback {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(answers(&url));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answers = answers.clone();
                std::thread::spawn(move || answer(stream, &answers));
            }
        });
        Loopback { url }
    }
}

/// One request a connection. A client that goes away ends it.
fn answer(mut stream: TcpStream, answers: &BTreeMap<String, Answer>) -> Option<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1)?.split('?').next()?.trim_start_matches('/').to_owned();
    let head = |status: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    match answers.get(&path) {
        None => stream.write_all(head("404 Not Found", 0).as_bytes()).ok(),
        Some(Answer::Whole(bytes)) => {
            stream.write_all(head("200 OK", bytes.len()).as_bytes()).ok()?;
            stream.write_all(bytes).ok()
        }
        Some(Answer::Cut(bytes)) => {
            stream.write_all(head("200 OK", bytes.len()).as_bytes()).ok()?;
            stream.write_all(&bytes[..bytes.len() / 2]).ok()
        }
        // Until the client gives up.
        Some(Answer::Silence) => stream.read_exact(&mut byte).ok(),
    }
}
