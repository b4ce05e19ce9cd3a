//! One line for each call and for each connection that is turned away.
//!
//! Lines go into a bounded channel that somebody else writes out, so that a slow terminal never holds up a call:
//! when it is full, lines are counted and left out, and the next line says how many. Everything that came from the
//! wire is escaped.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;
use tonic::Code;

use super::trace::TraceContext;
use crate::text::escape;

/// The most characters of a text from the wire in one line.
const MOST: usize = 200;

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Human,
    /// One JSON object a line
    Json,
    /// No lines
    Off,
}

/// Where lines go.
#[derive(Debug)]
pub struct Log {
    format: LogFormat,
    lines: mpsc::Sender<String>,
    dropped: AtomicU64,
}

impl Log {
    /// A log, and the end its lines come out of, without a newline. `room` lines wait there before some are left
    /// out.
    pub fn new(format: LogFormat, room: usize) -> (Log, mpsc::Receiver<String>) {
        let (lines, receiver) = mpsc::channel(room.max(1));
        (Log { format, lines, dropped: AtomicU64::new(0) }, receiver)
    }

    pub(super) fn is_on(&self) -> bool {
        self.format != LogFormat::Off
    }

    pub(super) fn call(&self, call: &CallLine<'_>) {
        match self.format {
            LogFormat::Human => self.say(human(call)),
            LogFormat::Json => self.say(json(call)),
            LogFormat::Off => {}
        }
    }

    /// A connection that was turned away, with the reason.
    pub(super) fn refused(&self, peer: SocketAddr, reason: &str) {
        self.connection("refused", peer, reason);
    }

    /// A connection with something odd about it, which is served all the same.
    pub(super) fn odd(&self, peer: SocketAddr, what: &str) {
        self.connection("odd", peer, what);
    }

    fn connection(&self, event: &str, peer: SocketAddr, reason: &str) {
        let reason = safe(reason);
        match self.format {
            LogFormat::Human => self.say(format!("{event:<7}  {peer}  {reason}")),
            LogFormat::Json => {
                let peer = peer.to_string();
                self.say(
                    serde_json::json!({ "time": now(), "event": event, "peer": peer, "reason": reason })
                        .to_string(),
                );
            }
            LogFormat::Off => {}
        }
    }

    fn say(&self, mut line: String) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            line = match self.format {
                LogFormat::Json => format!("{{\"event\":\"dropped\",\"lines\":{dropped}}}\n{line}"),
                _ => format!("({dropped} lines left out)\n{line}"),
            };
        }
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(dropped + 1, Ordering::Relaxed);
        }
    }
}

/// What there is to say about a finished call.
pub(super) struct CallLine<'a> {
    /// The path, from the wire.
    pub(super) path: &'a str,
    pub(super) peer: SocketAddr,
    pub(super) code: Code,
    /// The status message, which may hold text from the wire.
    pub(super) message: &'a str,
    pub(super) duration: Duration,
    /// Messages in.
    pub(super) received: u64,
    /// Messages out.
    pub(super) sent: u64,
    pub(super) trace: &'a TraceContext,
}

fn human(call: &CallLine<'_>) -> String {
    let mut line = format!(
        "{:<18} {:>9.3}ms  {}  {}  in {} out {}  trace {}",
        code_name(call.code),
        call.duration.as_secs_f64() * 1e3,
        safe(call.path),
        call.peer,
        call.received,
        call.sent,
        call.trace.trace_id,
    );
    if !call.message.is_empty() {
        let _ = write!(line, "  {}", safe(call.message));
    }
    line
}

fn json(call: &CallLine<'_>) -> String {
    serde_json::json!({
        "time": now(),
        "event": "call",
        "method": safe(call.path),
        "peer": call.peer.to_string(),
        "code": code_name(call.code),
        "message": safe(call.message),
        "duration_ms": call.duration.as_secs_f64() * 1e3,
        "received": call.received,
        "sent": call.sent,
        "trace_id": call.trace.trace_id,
        "span_id": call.trace.span_id,
        "parent_id": call.trace.parent_id,
    })
    .to_string()
}

/// Text from the wire as it may be shown.
fn safe(text: &str) -> String {
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escape(&short).into_owned()
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| (d.as_secs_f64() * 1e3).round() / 1e3)
}

/// The name of a code as Prometheus metrics and other languages' logs spell it.
pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "Canceled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> TraceContext {
        TraceContext {
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            parent_id: None,
            span_id: "00f067aa0ba902b7".to_owned(),
            flags: 1,
            state: None,
        }
    }

    fn line<'a>(path: &'a str, message: &'a str, trace: &'a TraceContext) -> CallLine<'a> {
        CallLine {
            path,
            peer: ([127, 0, 0, 1], 5).into(),
            code: Code::Cancelled,
            message,
            duration: Duration::from_micros(1500),
            received: 2,
            sent: 3,
            trace,
        }
    }

    #[test]
    fn nothing_from_the_wire_gets_out_as_it_is() {
        let trace = trace();
        let hostile = "/a\u{1b}[2J\n\"b\u{202e}";
        let call = line(hostile, hostile, &trace);
        insta::assert_snapshot!(human(&call), @r#"Canceled               1.500ms  /a\u{1b}[2J\n"b\u{202e}  127.0.0.1:5  in 2 out 3  trace 4bf92f3577b34da6a3ce929d0e0e4736  /a\u{1b}[2J\n"b\u{202e}"#);
        let text = json(&call);
        assert!(text.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["method"], r#"/a\u{1b}[2J\n"b\u{202e}"#);
        let long = "x".repeat(10_000);
        assert!(human(&line(&long, &long, &trace)).len() < 3 * MOST);
    }

    #[test]
    fn lines_that_nobody_takes_are_counted() {
        let (log, mut lines) = Log::new(LogFormat::Human, 1);
        let peer = ([127, 0, 0, 1], 5).into();
        for reason in ["a", "b", "c"] {
            log.refused(peer, reason);
        }
        assert_eq!(lines.try_recv().unwrap(), "refused  127.0.0.1:5  a");
        log.refused(peer, "d");
        assert_eq!(lines.try_recv().unwrap(), "(2 lines left out)\nrefused  127.0.0.1:5  d");
    }
}
