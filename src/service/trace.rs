//! W3C trace context (<https://www.w3.org/TR/trace-context/>): taken in, given back, passed on.
//!
//! OpenTelemetry's propagator reads the same headers, and the tests hold this module to it. It is not used because it
//! takes ids that are too short and gives neither `tracestate` nor the flags on as they came.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The most bytes of `tracestate` that are passed on; the standard asks for at least 512.
const MAX_STATE: usize = 2048;

/// The place of a call in a trace. Handlers find it among the extensions of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace: 16 bytes in lower-case hex.
    pub trace_id: String,
    /// The span of the caller, if there is one: 8 bytes in lower-case hex.
    pub parent_id: Option<String>,
    /// The span of this call: 8 bytes in lower-case hex.
    pub span_id: String,
    /// The flags, as they came.
    pub flags: u8,
    /// What vendors keep in `tracestate`, as it came.
    pub state: Option<HeaderValue>,
}

/// Numbers that do not repeat: the state is as random as the standard library's hash keys.
#[derive(Debug)]
pub(super) struct Ids {
    random: RandomState,
    next: AtomicU64,
}

impl Ids {
    pub(super) fn new() -> Ids {
        Ids { random: RandomState::new(), next: AtomicU64::new(0) }
    }

    fn next(&self) -> u64 {
        // Zero is the one id that the standard forbids.
        self.random.hash_one(self.next.fetch_add(1, Ordering::Relaxed)).max(1)
    }
}

impl TraceContext {
    /// The context of a call: in the trace of its headers, or in a new one if they name none or a broken one.
    pub(super) fn of(headers: &HeaderMap, ids: &Ids) -> TraceContext {
        let span_id = format!("{:016x}", ids.next());
        let mut parents = headers.get_all(TRACEPARENT).iter();
        let parent = parents.next().filter(|_| parents.next().is_none()).and_then(|v| parse(v.as_bytes()));
        match parent {
            Some((trace_id, parent_id, flags)) => {
                TraceContext { trace_id, parent_id: Some(parent_id), span_id, flags, state: state(headers) }
            }
            None => {
                let trace_id = format!("{:016x}{:016x}", ids.next(), ids.next());
                TraceContext { trace_id, parent_id: None, span_id, flags: 0, state: None }
            }
        }
    }

    /// Whether the trace is recorded.
    pub(super) fn is_sampled(&self) -> bool {
        self.flags & 1 != 0
    }

    /// What names this call to others: `traceparent` and, if there is any, `tracestate`.
    pub fn write(&self, headers: &mut HeaderMap) {
        let text = format!("00-{}-{}-{:02x}", self.trace_id, self.span_id, self.flags);
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(TRACEPARENT, value);
        }
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }
}

/// Several headers are one list.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let parts: Vec<&[u8]> = headers.get_all(TRACESTATE).iter().map(HeaderValue::as_bytes).collect();
    let all = parts.join(&b","[..]);
    if all.is_empty() || all.len() > MAX_STATE {
        return None;
    }
    HeaderValue::from_bytes(&all).ok()
}

/// `version-trace-parent-flags`. Later versions may add to the end.
fn parse(value: &[u8]) -> Option<(String, String, u8)> {
    let text = std::str::from_utf8(value).ok()?;
    let mut parts = text.splitn(5, '-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex =
        |text: &str, len| text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let zero = |text: &str| text.bytes().all(|b| b == b'0');
    if !hex(version, 2) || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    if !hex(trace, 32) || zero(trace) || !hex(parent, 16) || zero(parent) || !hex(flags, 2) {
        return None;
    }
    Some((trace.to_owned(), parent.to_owned(), u8::from_str_radix(flags, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::Context;
    use opentelemetry::propagation::TextMapPropagator as _;
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
    use opentelemetry_sdk::propagation::TraceContextPropagator;

    use super::*;

    fn of(headers: &[(&'static str, &str)]) -> TraceContext {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        TraceContext::of(&map, &Ids::new())
    }

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_goes_on_with_a_span_of_its_own() {
        let trace = of(&[("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")]);
        assert_eq!(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent_id.as_deref(), Some("00f067aa0ba902b7"));
        let mut headers = HeaderMap::new();
        trace.write(&mut headers);
        assert_eq!(headers["tracestate"], "a=1,b=2");
        let given = parse(headers["traceparent"].as_bytes()).unwrap();
        assert_eq!(given, (trace.trace_id.clone(), trace.span_id.clone(), 1));
        assert_ne!(trace.span_id, "00f067aa0ba902b7");
    }

    #[test]
    fn what_is_broken_starts_a_new_trace() {
        let broken = [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ];
        for text in broken {
            let trace = of(&[("traceparent", text), ("tracestate", "a=1")]);
            assert_eq!((trace.parent_id, trace.state), (None, None), "{text}");
        }
        assert_eq!(of(&[("traceparent", PARENT), ("traceparent", PARENT)]).parent_id, None);
        let later = format!("01-{}-x", &PARENT[3..]);
        assert!(of(&[("traceparent", &later)]).parent_id.is_some());
    }

    /// What OpenTelemetry's propagator reads: the trace, the caller's span, whether it is sampled.
    fn otel(parent: &str) -> Option<(String, String, bool)> {
        let headers = HashMap::from([("traceparent".to_owned(), parent.to_owned())]);
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
        let span = context.span().span_context().clone();
        span.is_valid().then(|| (span.trace_id().to_string(), span.span_id().to_string(), span.is_sampled()))
    }

    fn ours(parent: &str) -> Option<(String, String, bool)> {
        parse(parent.as_bytes()).map(|(trace, span, flags)| (trace, span, flags & 1 == 1))
    }

    #[test]
    fn opentelemetry_reads_what_is_written() {
        let trace = of(&[("traceparent", PARENT)]);
        let mut headers = HeaderMap::new();
        trace.write(&mut headers);
        let given = headers["traceparent"].to_str().unwrap();
        assert_eq!(otel(given), Some((trace.trace_id, trace.span_id, true)));
        let fresh = of(&[]);
        fresh.write(&mut headers);
        let given = headers["traceparent"].to_str().unwrap();
        assert_eq!(otel(given), Some((fresh.trace_id, fresh.span_id, false)));
    }

    /// Why it is not OpenTelemetry's propagator that reads here. Each of these is wrong by the standard there (sections
    /// 3.2.2.3 and 3.2.2.4: ids have all their digits); when one of them changes, ask again.
    #[test]
    fn where_opentelemetry_is_different() {
        for parent in ["00-42-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-7-01", "0-1-+2-1"] {
            assert!(otel(parent).is_some() && ours(parent).is_none(), "{parent}");
        }
        let span = SpanContext::new(
            TraceId::from(1),
            SpanId::from(2),
            // Sampled, and a random id: the second is for whoever goes on in the trace to keep.
            TraceFlags::new(3),
            true,
            "a=x,b=y".parse::<TraceState>().unwrap(),
        );
        let mut given = HashMap::new();
        let context = Context::new().with_remote_span_context(span);
        TraceContextPropagator::new().inject_context(&context, &mut given);
        assert!(given["traceparent"].ends_with("-01"), "{given:?}");
        let trace = of(&[("traceparent", &PARENT.replace("-01", "-03")), ("tracestate", "a=x,not a member")]);
        assert_eq!((trace.flags, trace.state.unwrap().as_bytes()), (3, &b"a=x,not a member"[..]));
        assert!("a=x,not a member".parse::<TraceState>().is_err());
    }

    proptest::proptest! {
        /// Apart from that both read the same. The lengths are right here, for the propagator does not look at them.
        #[test]
        fn opentelemetry_reads_the_same(
            parent in "(00|01|0[0-9a-f]|f[ef])-(0{32}|[0-9a-f]{32}|[0-9a-fA-Fx]{32})-(0{16}|[0-9a-f]{16})-(00|01|[0-9a-fA]{2})(-[a-z]{1,3})?",
        ) {
            proptest::prop_assert_eq!(ours(&parent), otel(&parent), "{}", parent);
        }
    }
}
