//! What is tried in a call, and what has to come of it: the same for every language.
//!
//! Each case is a request to the client's driver, together with what to look at in the answer. Control metadata
//! (`x-protopact-…`) tells the server's driver what to do; docs/design/verify.md lists it.

use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::words::CallKind;

/// The cases by name, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// Every method with samples of its request; the server answers with the same or with samples.
    Samples,
    /// A method that the server does not have.
    Unimplemented,
    /// Messages of a mebibyte, there and back, where the types have a string or bytes field.
    Large,
    /// A large message there and back, asked to be compressed: what is on the wire is looked at.
    Compressed,
    /// The server fails the call with a code and a message.
    Status,
    /// Text and binary metadata, there and back: with the headers, with the trailers.
    Metadata,
    /// The server does not answer in time, and notices that nobody waits any more.
    Deadline,
    /// The client goes away in the middle, and the server notices.
    Cancel,
    /// A client without a certificate where one is asked for.
    NoCertificate,
}

impl Case {
    /// Every case.
    pub const ALL: [Case; 9] = [
        Case::Samples,
        Case::Unimplemented,
        Case::Large,
        Case::Compressed,
        Case::Status,
        Case::Metadata,
        Case::Deadline,
        Case::Cancel,
        Case::NoCertificate,
    ];

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Case::Samples => "samples",
            Case::Unimplemented => "unimplemented",
            Case::Large => "large",
            Case::Compressed => "compressed",
            Case::Status => "status",
            Case::Metadata => "metadata",
            Case::Deadline => "deadline",
            Case::Cancel => "cancel",
            Case::NoCertificate => "no-certificate",
        }
    }
}

/// How many answers a server's stream to one request has; the drivers know it too.
pub const REPLIES: usize = 3;

/// How long the caller of [`Case::Deadline`] waits, in milliseconds. The server never answers, so that a slow machine
/// changes nothing about what the caller is told.
pub const DEADLINE: u64 = 250;

/// The same when nobody noticed at first: a server that is busy may not have begun with a call that is over so soon.
pub const LATER_DEADLINE: u64 = 5_000;

/// How long any other call may take, in milliseconds.
pub const LIMIT: u64 = 10_000;

/// The same when it took all of that at first: programs that start take most of a small machine.
pub const LATER_LIMIT: u64 = 45_000;

/// The deadline of [`Case::Cancel`], in milliseconds: so far off that a server which notices in time has noticed that
/// the caller has gone, and not that its own clock ran out.
pub const FAR: u64 = 60_000;

/// The size of [`Case::Large`] and [`Case::Compressed`], in bytes.
pub const LARGE: usize = 1 << 20;

/// Status codes of gRPC (grpc/doc/statuscodes.md) that cases look for.
pub mod code {
    /// All went well.
    pub const OK: i64 = 0;
    /// The caller has gone.
    pub const CANCELLED: i64 = 1;
    /// Too late.
    pub const DEADLINE_EXCEEDED: i64 = 4;
    /// What [`super::Case::Status`] asks for.
    pub const FAILED_PRECONDITION: i64 = 9;
    /// Nobody is there.
    pub const UNAVAILABLE: i64 = 14;
    /// No such method.
    pub const UNIMPLEMENTED: i64 = 12;
}

/// What [`Case::Status`] asks the server to say; `%` has to be escaped on the wire.
pub const MESSAGE: &str = "told to fail: 50% \"sure\"";
/// What [`Case::Metadata`] sends as text.
pub const ECHO: &str = "some words, and more";
/// What [`Case::Metadata`] sends as bytes, in hexadecimal.
pub const ECHO_BIN: &str = "00ff10ab";

/// A call before it is made.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The method.
    pub path: &'a str,
    /// The requests: one, unless the client streams.
    pub requests: Vec<Vec<u8>>,
    /// Which sample the server answers with first.
    pub sample: usize,
    /// Tells this call from others of the run.
    pub name: String,
    /// Whether it is made again because there was not enough time for it.
    pub again: bool,
}

impl Call<'_> {
    /// How long it may take.
    #[must_use]
    pub fn limit(&self, case: Case) -> Duration {
        Duration::from_millis(match (case, self.again) {
            (Case::Deadline, false) => DEADLINE,
            (Case::Deadline, true) => LATER_DEADLINE,
            (Case::Cancel, _) => FAR,
            (_, false) => LIMIT,
            (_, true) => LATER_LIMIT,
        })
    }

    /// The request to the client's driver.
    #[must_use]
    pub fn request(&self, case: Case, address: &str, tls: Value, gzip: bool) -> Value {
        let mut metadata = vec![
            ["x-protopact-call".to_owned(), self.name.clone()],
            ["x-protopact-sample".to_owned(), self.sample.to_string()],
        ];
        let mut tell =
            |key: &str, value: &str| metadata.push([format!("x-protopact-{key}"), value.to_owned()]);
        if gzip {
            tell("gzip", "1");
        }
        match case {
            Case::Status => {
                tell("status", &code::FAILED_PRECONDITION.to_string());
                tell("message", MESSAGE);
            }
            Case::Metadata => {
                tell("echo", ECHO);
                tell("echo-bin", ECHO_BIN);
            }
            Case::Deadline => tell("hold", "1"),
            Case::Cancel => tell("hold", "headers"),
            Case::Samples | Case::Unimplemented | Case::Large | Case::Compressed | Case::NoCertificate => {}
        }
        json!({
            "id": 0, "op": "call", "address": address, "tls": tls, "gzip": gzip, "method": self.path,
            "requests": self.requests.iter().map(|bytes| HEXLOWER.encode(bytes)).collect::<Vec<_>>(), "metadata": metadata,
            "deadline": self.limit(case).as_millis() as u64, "cancel": case == Case::Cancel,
        })
    }
}

/// How many answers a call of a kind gets.
#[must_use]
pub fn replies(kind: CallKind, requests: usize) -> usize {
    match kind {
        CallKind::Unary | CallKind::Client => 1,
        CallKind::Server => REPLIES,
        CallKind::Bidi => requests,
    }
}

/// The requests as the server wrote them again in its trailers: `LENGTH:BYTES`, one after the other.
#[must_use]
pub fn seen(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let colon = rest.iter().position(|b| *b == b':')?;
        let length: usize = std::str::from_utf8(&rest[..colon]).ok()?.parse().ok()?;
        let after = &rest[colon + 1..];
        found.push(after.get(..length)?.to_vec());
        rest = &after[length..];
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_trailers_are_told_apart() {
        assert_eq!(seen(b"2:ab0:1::"), Some(vec![b"ab".to_vec(), Vec::new(), b":".to_vec()]));
        assert_eq!(seen(b""), Some(Vec::new()));
        for wrong in [&b"3:ab"[..], b"ab", b"x:ab", b"99999999999999999999999:a"] {
            assert_eq!(seen(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_call_that_is_made_again_has_more_time() {
        let first =
            Call { path: "/a.B/C", requests: Vec::new(), sample: 0, name: "1".to_owned(), again: false };
        let again = Call { again: true, ..first.clone() };
        for case in Case::ALL.into_iter().filter(|case| *case != Case::Cancel) {
            assert!(again.limit(case) >= 4 * first.limit(case), "{case:?}");
            let asked = again.request(case, "127.0.0.1:1", Value::Null, false);
            assert_eq!(asked["deadline"].as_u64(), Some(again.limit(case).as_millis() as u64));
        }
        assert!(first.limit(Case::Cancel) >= 4 * first.limit(Case::Samples));
    }

    #[test]
    fn cases_have_names_of_their_own() {
        let mut names = Case::ALL.map(Case::as_str).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Case::ALL.len());
    }
}
