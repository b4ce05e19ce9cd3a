//! One line for each call and for each connection that is turned away.
//!
//! What happened is an event of `tracing`; `tracing-subscriber` has it formatted here, and a thread of
//! `tracing-appender` writes the lines out, so that a slow terminal never holds up a call. Lines wait in a bounded
//! channel: when it is full, they are counted and left out, and what is written next says how many. Everything that
//! came from the wire is escaped.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tonic::Code;
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Subscriber, dispatcher};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

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
    events: Dispatch,
    tally: Arc<Tally>,
}

impl Log {
    /// A log that is written to `to`, line by line, and the end of it. `room` lines wait to be written before some are
    /// left out.
    pub fn new(format: LogFormat, room: usize, to: impl Write + Send + 'static) -> (Log, LogEnd) {
        let tally = Arc::new(Tally::default());
        if format == LogFormat::Off {
            return (
                Log { format, events: Dispatch::none(), tally: tally.clone() },
                LogEnd { tally, guard: None },
            );
        }
        let out = Out { to, format, told: 0, tally: tally.clone() };
        let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(room.max(1));
        let (lines, guard) = builder.thread_name("log").finish(out);
        tally.dropped.get_or_init(|| lines.error_counter());
        let subscriber = tracing_subscriber::fmt().event_format(Form(format)).with_writer(lines).finish();
        let log = Log { format, events: Dispatch::new(subscriber), tally: tally.clone() };
        (log, LogEnd { tally, guard: Some(guard) })
    }

    pub(super) fn is_on(&self) -> bool {
        self.format != LogFormat::Off
    }

    pub(super) fn call(&self, call: &CallLine<'_>) {
        self.say(|| {
            tracing::info!(
                event = "call",
                method = call.path,
                peer = %call.peer,
                code = code_name(call.code),
                message = call.message,
                duration_ms = call.duration.as_secs_f64() * 1e3,
                received = call.received,
                sent = call.sent,
                trace_id = call.trace.trace_id,
                span_id = call.trace.span_id,
                parent_id = call.trace.parent_id,
            );
        });
    }

    /// A connection that was turned away, with the reason.
    pub(super) fn refused(&self, peer: SocketAddr, reason: &str) {
        self.say(|| tracing::info!(event = "refused", peer = %peer, reason));
    }

    /// A connection with something odd about it, which is served all the same.
    pub(super) fn odd(&self, peer: SocketAddr, what: &str) {
        self.say(|| tracing::info!(event = "odd", peer = %peer, reason = what));
    }

    /// Something about a registry of services, `place`.
    pub fn registry(&self, place: &str, what: &str) {
        self.say(|| tracing::info!(event = "registry", place, reason = what));
    }

    /// Something about a client that was told who is there, `peer`.
    pub fn client(&self, peer: &str, what: &str) {
        self.say(|| tracing::info!(event = "client", peer, reason = what));
    }

    /// Something about a collector of telemetry, `place`.
    pub fn export(&self, place: &str, what: &str) {
        self.say(|| tracing::info!(event = "export", place, reason = what));
    }

    /// The subscriber is this log's own: several servers in one process have a log each, and whoever else logs there
    /// has another.
    fn say(&self, event: impl FnOnce()) {
        if self.is_on() {
            self.tally.taken.fetch_add(1, Ordering::Relaxed);
            dispatcher::with_default(&self.events, event);
        }
    }
}

/// What has become of the lines.
#[derive(Debug, Default)]
struct Tally {
    taken: AtomicUsize,
    dropped: OnceLock<ErrorCounter>,
    /// Lines that somebody tried to write.
    written: Mutex<usize>,
    changed: Condvar,
}

impl Tally {
    fn dropped(&self) -> usize {
        self.dropped.get().map_or(0, ErrorCounter::dropped_lines)
    }

    /// How many lines wait to be written, if so many are written.
    fn waiting(&self, written: usize) -> usize {
        self.taken.load(Ordering::Relaxed).saturating_sub(self.dropped() + written)
    }
}

/// The end of a log: the lines that are still to be written when nothing more happens.
#[derive(Debug)]
pub struct LogEnd {
    tally: Arc<Tally>,
    guard: Option<WorkerGuard>,
}

impl LogEnd {
    /// Waits until all lines are written, but not longer than `patience` for any of them: whoever should read them may
    /// have stopped reading. Gives the number of lines that are not written.
    pub fn flush(mut self, patience: Duration) -> usize {
        let mut written = self.tally.written.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let waiting = self.tally.waiting(*written);
            if waiting == 0 {
                return 0;
            }
            let before = *written;
            let waited = self.tally.changed.wait_timeout_while(written, patience, |now| *now == before);
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            written = now;
            if timeout.timed_out() {
                // The guard would complain on standard output, which is not for that.
                std::mem::forget(self.guard.take());
                return self.tally.waiting(*written);
            }
        }
    }
}

/// What writes the lines, on its own thread.
struct Out<W> {
    to: W,
    format: LogFormat,
    /// How many lines are known to have been left out.
    told: usize,
    tally: Arc<Tally>,
}

impl<W: Write> Out<W> {
    fn tell_dropped(&mut self) -> io::Result<()> {
        let dropped = self.tally.dropped();
        let lines = dropped.saturating_sub(std::mem::replace(&mut self.told, dropped));
        match self.format {
            _ if lines == 0 => Ok(()),
            LogFormat::Json => writeln!(self.to, "{{\"event\":\"dropped\",\"lines\":{lines}}}"),
            _ => writeln!(self.to, "({lines} lines left out)"),
        }
    }
}

impl<W: Write> Write for Out<W> {
    /// Takes one line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let done = self.tell_dropped().and_then(|()| self.to.write_all(line));
        *self.tally.written.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.tally.changed.notify_all();
        done.map(|()| line.len())
    }

    /// Is called whenever there is nothing left to write.
    fn flush(&mut self) -> io::Result<()> {
        self.tell_dropped()?;
        self.to.flush()
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

/// Makes lines of events.
struct Form(LogFormat);

impl<S, N> FormatEvent<S, N> for Form
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        if self.0 == LogFormat::Json {
            // What has no value is there all the same.
            for field in event.fields() {
                said.0.entry(field.name()).or_insert(Value::Null);
            }
            said.0.insert("time".to_owned(), now().into());
            writeln!(to, "{}", Value::Object(said.0))
        } else {
            said.human(&mut to)
        }
    }
}

/// The fields of an event, as they may be shown.
#[derive(Default)]
struct Said(Map<String, Value>);

impl Visit for Said {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), safe(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Said {
    fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, field: &str) -> u64 {
        self.0.get(field).and_then(Value::as_u64).unwrap_or_default()
    }

    fn human(&self, to: &mut Writer<'_>) -> fmt::Result {
        let (event, peer) = (self.text("event"), self.text("peer"));
        if event != "call" {
            let about = if matches!(event, "registry" | "export") { self.text("place") } else { peer };
            return writeln!(to, "{event:<7}  {about}  {}", self.text("reason"));
        }
        write!(
            to,
            "{:<18} {:>9.3}ms  {}  {peer}  in {} out {}  trace {}",
            self.text("code"),
            self.0.get("duration_ms").and_then(Value::as_f64).unwrap_or_default(),
            self.text("method"),
            self.number("received"),
            self.number("sent"),
            self.text("trace_id"),
        )?;
        match self.text("message") {
            "" => writeln!(to),
            message => writeln!(to, "  {message}"),
        }
    }
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
    use std::sync::mpsc;

    use super::*;

    const PEER: ([u8; 4], u16) = ([127, 0, 0, 1], 5);

    /// What a log says of something that happens.
    fn said(format: LogFormat, happens: impl FnOnce(&Log)) -> String {
        let (to, lines) = mpsc::channel();
        let (log, end) = Log::new(format, 10, Lines(to));
        happens(&log);
        assert_eq!(end.flush(Duration::from_secs(20)), 0);
        lines.into_iter().collect()
    }

    struct Lines<S>(S);

    impl Write for Lines<mpsc::Sender<String>> {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8(line.to_vec()).unwrap()).unwrap();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn call(format: LogFormat, path: &str, message: &str, parent_id: Option<&str>) -> String {
        let trace = TraceContext {
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            parent_id: parent_id.map(str::to_owned),
            span_id: "00f067aa0ba902b7".to_owned(),
            flags: 1,
            state: None,
        };
        let call = CallLine {
            path,
            peer: PEER.into(),
            code: Code::Cancelled,
            message,
            duration: Duration::from_micros(1500),
            received: 2,
            sent: 3,
            trace: &trace,
        };
        said(format, |log| log.call(&call))
    }

    #[test]
    fn nothing_from_the_wire_gets_out_as_it_is() {
        let hostile = "/a\u{1b}[2J\n\"b\u{202e}";
        let human = call(LogFormat::Human, hostile, hostile, None);
        insta::assert_snapshot!(human, @r#"Canceled               1.500ms  /a\u{1b}[2J\n"b\u{202e}  127.0.0.1:5  in 2 out 3  trace 4bf92f3577b34da6a3ce929d0e0e4736  /a\u{1b}[2J\n"b\u{202e}"#);
        let text = call(LogFormat::Json, hostile, hostile, None);
        let line = text.strip_suffix('\n').unwrap();
        assert!(line.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{text}");
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["method"], r#"/a\u{1b}[2J\n"b\u{202e}"#);
        let long = "x".repeat(10_000);
        assert!(call(LogFormat::Human, &long, &long, None).len() < 3 * MOST);
        let refused = said(LogFormat::Human, |log| log.refused(PEER.into(), hostile));
        assert_eq!(refused, "refused  127.0.0.1:5  /a\\u{1b}[2J\\n\"b\\u{202e}\n");
    }

    #[test]
    fn objects_have_every_key_every_time() {
        for parent in [None, Some("00f067aa0ba902b8")] {
            let mut value: Value =
                serde_json::from_str(&call(LogFormat::Json, "/a.B/C", "", parent)).unwrap();
            assert!(value["time"].take().as_f64().unwrap() > 1e9);
            let expected = serde_json::json!({
                "time": null, "event": "call", "method": "/a.B/C", "peer": "127.0.0.1:5", "code": "Canceled",
                "message": "", "duration_ms": 1.5, "received": 2, "sent": 3,
                "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
                "parent_id": parent,
            });
            assert_eq!(value, expected);
        }
        let odd = said(LogFormat::Json, |log| log.odd(PEER.into(), "why"));
        let mut value: Value = serde_json::from_str(&odd).unwrap();
        assert!(value["time"].take().as_f64().unwrap() > 1e9);
        assert_eq!(
            value,
            serde_json::json!({ "time": null, "event": "odd", "peer": "127.0.0.1:5", "reason": "why" })
        );
        assert_eq!(said(LogFormat::Off, |log| log.odd(PEER.into(), "why")), "");
    }

    /// Somebody who takes a line only when they are asked to.
    impl Write for Lines<(mpsc::Receiver<()>, mpsc::Sender<String>)> {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let (go, to) = &self.0;
            let _ = go.recv();
            to.send(String::from_utf8(line.to_vec()).unwrap()).unwrap();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_nobody_takes_are_counted() {
        for (format, mark) in
            [(LogFormat::Human, "("), (LogFormat::Json, "{\"event\":\"dropped\",\"lines\":")]
        {
            let ((go, gone), (to, lines)) = (mpsc::channel(), mpsc::channel());
            let (log, end) = Log::new(format, 1, Lines((gone, to)));
            for _ in 0..10 {
                log.refused(PEER.into(), "why");
            }
            // Nobody waits for it any more: it takes what it gets.
            drop(go);
            assert_eq!(end.flush(Duration::from_secs(20)), 0);
            let text: String = lines.into_iter().collect();
            let (told, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|l| l.starts_with(mark));
            let digits =
                |l: &str| l[mark.len()..].chars().take_while(char::is_ascii_digit).collect::<String>();
            let left_out: usize = told.iter().map(|l| digits(l).parse::<usize>().unwrap()).sum();
            // One line is in its hands, and one waits.
            assert!(rest.len() <= 2 && left_out + rest.len() == 10, "{text}");
        }
    }

    #[test]
    fn a_reader_that_has_stopped_does_not_hold_up_the_end() {
        let ((go, gone), (to, _lines)) = (mpsc::channel(), mpsc::channel());
        let (log, end) = Log::new(LogFormat::Human, 5, Lines((gone, to)));
        for _ in 0..3 {
            log.refused(PEER.into(), "why");
        }
        assert_eq!(end.flush(Duration::from_millis(1)), 3);
        drop(go);
    }
}
