//! One side of a conversation between two versions of a contract.
//!
//! docs/design/verify.md of protopact says what is spoken on standard input and output; this program holds no
//! knowledge of what ought to come out.

#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "bench")]
mod builders;
#[cfg(feature = "callers")]
mod callers;
mod client;
#[cfg(any(feature = "bench", feature = "callers"))]
mod load;
mod server;
mod contract;

use std::io::{BufRead as _, Write as _};

use serde_json::{json, Value};

/// What every generated message is; `String`, `()` and the like stand for some of `google.protobuf`.
pub trait Generated: prost::Message + Default + Clone + 'static {}

impl<M: prost::Message + Default + Clone + 'static> Generated for M {}

/// Decodes and encodes with a generated type.
pub fn again<M: Generated>(bytes: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    Ok(M::decode(bytes)?.encode_to_vec())
}

/// The control metadata of calls starts with this.
pub const PREFIX: &str = "x-protopact-";

/// This program is not optimized: what has to write a mebibyte calls nothing for a byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = vec![0; bytes.len() * 2];
    let mut at = 0;
    while at < bytes.len() {
        out[2 * at] = DIGITS[(bytes[at] >> 4) as usize];
        out[2 * at + 1] = DIGITS[(bytes[at] & 15) as usize];
        at += 1;
    }
    String::from_utf8(out).expect("digits are text")
}

pub fn unhex(text: &str) -> Vec<u8> {
    const VALUES: [u8; 256] = values();
    let text = text.as_bytes();
    let mut out = vec![0; text.len() / 2];
    let mut at = 0;
    while at < out.len() {
        out[at] = VALUES[text[2 * at] as usize] << 4 | VALUES[text[2 * at + 1] as usize];
        at += 1;
    }
    out
}

/// What a character is worth as a digit; nothing if it is none.
const fn values() -> [u8; 256] {
    let mut out = [0; 256];
    let mut digit = 0;
    while digit < 10 {
        out[b'0' as usize + digit] = digit as u8;
        digit += 1;
    }
    while digit < 16 {
        out[b'a' as usize + digit - 10] = digit as u8;
        out[b'A' as usize + digit - 10] = digit as u8;
        digit += 1;
    }
    out
}

/// Says one thing; lines of several threads do not mix.
pub fn say(what: &Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{what}");
    let _ = out.flush();
}

fn codec(request: &Value) -> Value {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    if text("op") == "json" {
        return json!({"id": request["id"], "ok": false, "unsupported": true, "error": "prost has no JSON"});
    }
    let failed = |error: String| json!({"id": request["id"], "ok": false, "error": error});
    match contract::transcode(text("message"), &unhex(text("hex"))) {
        Some(Ok(bytes)) => json!({"id": request["id"], "ok": true, "hex": hex(&bytes)}),
        Some(Err(error)) => failed(error.to_string()),
        None => failed(format!("no message {}", text("message"))),
    }
}

/// Metadata of ours with the keys that are wanted, binary values in hexadecimal.
pub fn pairs(map: &tonic::metadata::MetadataMap, wanted: impl Fn(&str) -> bool) -> Value {
    use tonic::metadata::KeyAndValueRef;
    let mut found: Vec<(String, String)> = map
        .iter()
        .filter_map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => Some((key.to_string(), value.to_str().ok()?.to_owned())),
            KeyAndValueRef::Binary(key, value) => Some((key.to_string(), hex(&value.to_bytes().ok()?))),
        })
        .filter(|(key, _)| key.starts_with(PREFIX) && wanted(key))
        .collect();
    found.sort();
    json!(found)
}

/// The lines of standard input, read as they come, whatever the request at hand does. Once they end nobody waits: what
/// was read has as much time as any call, and the program ends with it.
fn lines() -> std::sync::mpsc::Receiver<String> {
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let _ = send.send(line.expect("standard input is text"));
        }
        drop(send);
        std::thread::sleep(std::time::Duration::from_millis(client::PATIENCE));
        std::process::exit(1);
    });
    lines
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, settings] = &*arguments {
        if mode == "server" {
            let settings: Value = serde_json::from_str(settings).expect("settings are JSON");
            runtime.block_on(server::serve(&settings));
            return;
        }
    }
    let mut client = client::Client::default();
    for line in lines() {
        let request: Value = serde_json::from_str(&line).expect("a request is JSON");
        say(&match request["op"].as_str() {
            Some("call") => runtime.block_on(client.call(&request)),
            #[cfg(feature = "bench")]
            Some("bench") => bench::bench(&request),
            #[cfg(feature = "bench")]
            Some("load") => load::load(&runtime, &mut client, &request),
            #[cfg(feature = "callers")]
            Some("callers") => load::load(&runtime, &mut client, &request),
            #[cfg(feature = "callers")]
            Some("there") => callers::there(&runtime, &request),
            #[cfg(feature = "callers")]
            Some("tally") => callers::tally(&request),
            _ => codec(&request),
        });
    }
}
