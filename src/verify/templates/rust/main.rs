//! One side of a conversation between two versions of a contract.
//!
//! docs/design/verify.md of protopact says what is spoken on standard input and output; this program holds no
//! knowledge of what ought to come out.

mod client;
mod server;
mod contract;

use std::io::{BufRead as _, Write as _};

use serde_json::{json, Value};

/// Decodes and encodes with a generated type.
pub fn again<M: prost::Message + Default>(bytes: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    Ok(M::decode(bytes)?.encode_to_vec())
}

/// [`contract::transcode`] with every failure as a sentence.
pub fn transcode(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    match contract::transcode(name, bytes) {
        Some(result) => result.map_err(|e| e.to_string()),
        None => Err(format!("no message {name}")),
    }
}

/// The control metadata of calls starts with this.
pub const PREFIX: &str = "x-protopact-";

pub fn method(path: &str) -> Option<contract::Method> {
    contract::METHODS.iter().copied().find(|m| m.0 == path)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digit = |c: u8| (c as char).to_digit(16).unwrap_or_default() as u8;
    text.as_bytes().chunks_exact(2).map(|c| digit(c[0]) << 4 | digit(c[1])).collect()
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
    match transcode(text("message"), &unhex(text("hex"))) {
        Ok(bytes) => json!({"id": request["id"], "ok": true, "hex": hex(&bytes)}),
        Err(error) => json!({"id": request["id"], "ok": false, "error": error}),
    }
}

/// Metadata of ours, binary values in hexadecimal.
pub fn pairs(map: &tonic::metadata::MetadataMap) -> Value {
    use tonic::metadata::KeyAndValueRef;
    let mut found: Vec<(String, String)> = map
        .iter()
        .filter_map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => Some((key.to_string(), value.to_str().ok()?.to_owned())),
            KeyAndValueRef::Binary(key, value) => Some((key.to_string(), hex(&value.to_bytes().ok()?))),
        })
        .filter(|(key, _)| key.starts_with(PREFIX))
        .collect();
    found.sort();
    json!(found)
}

/// Messages as they are: the generated types work on them one layer above.
#[derive(Clone, Default)]
pub struct Raw;

impl tonic::codec::Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;
    fn encoder(&mut self) -> Raw {
        Raw
    }
    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl tonic::codec::Encoder for Raw {
    type Item = Vec<u8>;
    type Error = tonic::Status;
    fn encode(&mut self, item: Vec<u8>, out: &mut tonic::codec::EncodeBuf<'_>) -> Result<(), tonic::Status> {
        prost::bytes::BufMut::put_slice(out, &item);
        Ok(())
    }
}

impl tonic::codec::Decoder for Raw {
    type Item = Vec<u8>;
    type Error = tonic::Status;
    fn decode(&mut self, input: &mut tonic::codec::DecodeBuf<'_>) -> Result<Option<Vec<u8>>, tonic::Status> {
        let length = prost::bytes::Buf::remaining(input);
        Ok(Some(prost::bytes::Buf::copy_to_bytes(input, length).to_vec()))
    }
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
            _ => codec(&request),
        });
    }
}
