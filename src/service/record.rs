//! What clients sent, kept for somebody who wants to look at it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use tokio::sync::mpsc;

/// One message as it arrived, after decompression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The path of the method: `/package.Service/Method`.
    pub method: Arc<str>,
    /// The address of the client.
    pub peer: SocketAddr,
    /// The call, counted from zero over the life of the server.
    pub call: u64,
    /// The message, counted from zero in its call.
    pub index: u64,
    /// The bytes.
    pub bytes: Bytes,
}

impl Received {
    /// One line of JSON, without a newline.
    pub fn to_json(&self) -> String {
        serde_json::json!({
            "method": &*self.method,
            "peer": self.peer.to_string(),
            "call": self.call,
            "index": self.index,
            "bytes": HEXLOWER.encode(&self.bytes),
        })
        .to_string()
    }
}

/// Writes what arrives as JSON lines until the server is gone. Blocks: give it a thread.
///
/// # Errors
///
/// Those of `out`.
pub fn write_all(mut received: mpsc::Receiver<Received>, mut out: impl Write) -> io::Result<()> {
    while let Some(first) = received.blocking_recv() {
        let mut next = Some(first);
        while let Some(message) = next {
            writeln!(out, "{}", message.to_json())?;
            next = received.try_recv().ok();
        }
        // A reader that follows the file sees every message as soon as nothing more is waiting.
        out.flush()?;
    }
    out.flush()
}
