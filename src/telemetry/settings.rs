//! What the environment says about telemetry, in the variables that OpenTelemetry gives to every program
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
//!
//! Two things are stricter here than there. Nothing is sent unless a variable names an exporter or a collector: a program
//! uses the network when it is asked to. And a value that means nothing is told, before what it stands for is left as it is
//! without it.

use std::path::PathBuf;
use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;
use percent_encoding::percent_decode_str;

use crate::machine::Host;
use crate::text::escape;

/// How telemetry travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// OTLP as gRPC.
    Grpc,
    /// OTLP as protobuf in HTTP/1.
    Http,
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Spans,
    Measurements,
}

impl Signal {
    /// How the variables call it.
    fn upper(self) -> &'static str {
        match self {
            Signal::Spans => "TRACES",
            Signal::Measurements => "METRICS",
        }
    }

    /// Where a collector takes it in HTTP, below its address.
    fn path(self) -> &'static str {
        match self {
            Signal::Spans => "v1/traces",
            Signal::Measurements => "v1/metrics",
        }
    }

    /// How it is called in front of people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Signal::Spans => "spans",
            Signal::Measurements => "measurements",
        }
    }
}

/// The way to a collector.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) protocol: Protocol,
    pub(super) endpoint: String,
    pub(super) headers: Vec<(String, String)>,
    /// How long one batch may take, with all that is tried again.
    pub(super) timeout: Duration,
    pub(super) gzip: bool,
    pub(super) ca: Option<PathBuf>,
    /// The certificate that is shown to the collector, and its key.
    pub(super) own: Option<(PathBuf, PathBuf)>,
}

/// When spans leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    pub(super) queue: usize,
    pub(super) size: usize,
    pub(super) delay: Duration,
}

/// Which new traces are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Root {
    Always,
    Never,
    /// This share of them.
    Share(f64),
}

/// What is asked for.
#[derive(Clone)]
pub struct Settings {
    pub(super) spans: Option<Way>,
    pub(super) measurements: Option<Way>,
    /// What is known about the service, in OpenTelemetry's words.
    pub(super) resource: Vec<(String, String)>,
    pub(super) batch: Batch,
    /// How often measurements leave.
    pub(super) interval: Duration,
    pub(super) temporality: Temporality,
    pub(super) root: Root,
    /// Whether a caller that has decided is followed.
    pub(super) follow: bool,
    /// Values that mean nothing, each with what was made of it.
    pub odd: Vec<String>,
}

/// Headers are secrets.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("resource", &self.resource).finish_non_exhaustive()
    }
}

/// What programs call themselves that nobody has given a name.
const NAME: &str = "protopact";

impl Settings {
    /// What the environment asks for; `version` is that of the contract that is served.
    #[must_use]
    pub fn of(host: &Host, version: Option<&str>) -> Settings {
        let mut env = Env { host, odd: Vec::new() };
        let off = env.var("OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let (root, follow) = env.sampler();
        let queue = env.number("OTEL_BSP_MAX_QUEUE_SIZE", 2048).max(1);
        Settings {
            spans: if off { None } else { env.way(Signal::Spans) },
            measurements: if off { None } else { env.way(Signal::Measurements) },
            resource: env.resource(version),
            batch: Batch {
                queue,
                size: env.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512).clamp(1, queue),
                delay: env.milliseconds("OTEL_BSP_SCHEDULE_DELAY", 5_000),
            },
            interval: env.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
            temporality: env.temporality(),
            root,
            follow,
            odd: if off { Vec::new() } else { env.odd },
        }
    }

    /// Whether anything is sent at all.
    #[must_use]
    pub fn wanted(&self) -> bool {
        self.spans.is_some() || self.measurements.is_some()
    }
}

struct Env<'a> {
    host: &'a Host,
    odd: Vec<String>,
}

impl Env<'_> {
    fn var(&self, name: &str) -> Option<String> {
        self.host.var(name).map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned)
    }

    /// A variable of the exporter: that of the signal goes before that of all.
    fn exporter(&self, signal: Signal, name: &str) -> Option<String> {
        let own = self.var(&format!("OTEL_EXPORTER_OTLP_{}_{name}", signal.upper()));
        own.or_else(|| self.var(&format!("OTEL_EXPORTER_OTLP_{name}")))
    }

    fn odd(&mut self, name: &str, value: &str, instead: &str) {
        // Values of these variables are shown nowhere else, and what is no number may be anything.
        let value: String = value.chars().take(40).collect();
        self.odd.push(format!("`{name}` is `{}`, which means nothing here: {instead}", escape(&value)));
    }

    fn number(&mut self, name: &str, otherwise: usize) -> usize {
        match self.var(name).map(|v| (v.parse::<usize>(), v)) {
            None => otherwise,
            Some((Ok(number), _)) => number,
            Some((Err(_), value)) => {
                self.odd(name, &value, &format!("{otherwise} is taken"));
                otherwise
            }
        }
    }

    fn milliseconds(&mut self, name: &str, otherwise: usize) -> Duration {
        Duration::from_millis(self.number(name, otherwise).max(1) as u64)
    }

    /// Where one signal goes, if it goes anywhere.
    fn way(&mut self, signal: Signal) -> Option<Way> {
        let name = format!("OTEL_{}_EXPORTER", signal.upper());
        let endpoint = self.exporter(signal, "ENDPOINT");
        let named = self.var(&name);
        // A list in some languages.
        let names: Vec<&str> = named.iter().flat_map(|v| v.split(',')).map(str::trim).collect();
        for other in names.iter().filter(|n| !matches!(**n, "otlp" | "none")) {
            self.odd(&name, other, "only `otlp` and `none` are known");
        }
        let wanted = if named.is_some() { names.contains(&"otlp") } else { endpoint.is_some() };
        if !wanted {
            return None;
        }
        let protocol = match self.exporter(signal, "PROTOCOL").as_deref() {
            None | Some("http/protobuf") => Protocol::Http,
            Some("grpc") => Protocol::Grpc,
            Some(other) => {
                self.odd(
                    "OTEL_EXPORTER_OTLP_PROTOCOL",
                    other,
                    "`http/protobuf` is taken; `grpc` is the other one",
                );
                Protocol::Http
            }
        };
        let gzip = match self.exporter(signal, "COMPRESSION").as_deref() {
            None | Some("none") => false,
            Some("gzip") => true,
            Some(other) => {
                self.odd("OTEL_EXPORTER_OTLP_COMPRESSION", other, "nothing is compressed; `gzip` would be");
                false
            }
        };
        let timeout = match self.exporter(signal, "TIMEOUT") {
            None => 10_000,
            Some(value) => value.parse().unwrap_or_else(|_| {
                self.odd("OTEL_EXPORTER_OTLP_TIMEOUT", &value, "10000 is taken");
                10_000
            }),
        };
        let certificate = self.exporter(signal, "CLIENT_CERTIFICATE").map(PathBuf::from);
        let key = self.exporter(signal, "CLIENT_KEY").map(PathBuf::from);
        Some(Way {
            protocol,
            endpoint: self.endpoint(signal, protocol),
            headers: self.headers(signal),
            timeout: Duration::from_millis(timeout).max(Duration::from_millis(1)),
            gzip,
            ca: self.exporter(signal, "CERTIFICATE").map(PathBuf::from),
            own: certificate.zip(key),
        })
    }

    /// In HTTP the signal has its path below the address of all, and the address of its own is taken as it is.
    fn endpoint(&self, signal: Signal, protocol: Protocol) -> String {
        let own = self.var(&format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.upper()));
        let all = self.var("OTEL_EXPORTER_OTLP_ENDPOINT");
        if protocol == Protocol::Http {
            return own.unwrap_or_else(|| {
                let all = all.unwrap_or_else(|| "http://localhost:4318".to_owned());
                format!("{}/{}", all.trim_end_matches('/'), signal.path())
            });
        }
        let address = own.or(all).unwrap_or_else(|| "http://localhost:4317".to_owned());
        if address.contains("://") {
            return address;
        }
        let plain = self.exporter(signal, "INSECURE").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        format!("{}://{address}", if plain { "http" } else { "https" })
    }

    /// `name=value,…`, the values with percent-encoding.
    fn headers(&mut self, signal: Signal) -> Vec<(String, String)> {
        let (given, broken) = pairs(&self.exporter(signal, "HEADERS").unwrap_or_default());
        if broken > 0 {
            // What is broken may be a secret all the same.
            self.odd.push(format!(
                "`OTEL_EXPORTER_OTLP_HEADERS` has {} without `=`, which {} left out",
                crate::text::plural(broken, "header"),
                if broken == 1 { "is" } else { "are" }
            ));
        }
        given
    }

    fn resource(&mut self, version: Option<&str>) -> Vec<(String, String)> {
        let text = self.var("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let (mut all, broken) = pairs(&text);
        if broken > 0 {
            // All or nothing, by OpenTelemetry's rules.
            self.odd("OTEL_RESOURCE_ATTRIBUTES", &text, "`name=value` with commas between is");
            all.clear();
        }
        if let Some(name) = self.var("OTEL_SERVICE_NAME") {
            all.retain(|(key, _)| key != "service.name");
            all.push(("service.name".to_owned(), name));
        }
        let known = [
            ("service.name", Some(NAME.to_owned())),
            ("service.version", version.map(str::to_owned)),
            ("service.instance.id", Some(instance())),
        ];
        for (key, value) in known {
            if let Some(value) = value
                && !all.iter().any(|(k, _)| k == key)
            {
                all.push((key.to_owned(), value));
            }
        }
        all
    }

    fn temporality(&mut self) -> Temporality {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        let value = self.var(name);
        match value.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("cumulative") => Temporality::Cumulative,
            Some("delta") => Temporality::Delta,
            Some("lowmemory") => Temporality::LowMemory,
            Some(_) => {
                self.odd(name, &value.unwrap_or_default(), "`cumulative` is taken");
                Temporality::Cumulative
            }
        }
    }

    fn sampler(&mut self) -> (Root, bool) {
        let name = "OTEL_TRACES_SAMPLER";
        let value = self.var(name);
        let text = value.as_deref().unwrap_or("parentbased_always_on");
        let (follow, root) = match text.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, text),
        };
        let root = match root {
            "always_on" => Root::Always,
            "always_off" => Root::Never,
            "traceidratio" => Root::Share(self.share()),
            _ => {
                self.odd(name, text, "`parentbased_always_on` is taken");
                return (Root::Always, true);
            }
        };
        (root, follow)
    }

    fn share(&mut self) -> f64 {
        let name = "OTEL_TRACES_SAMPLER_ARG";
        let Some(value) = self.var(name) else { return 1.0 };
        match value.parse() {
            Ok(share) if (0.0..=1.0).contains(&share) => share,
            _ => {
                self.odd(name, &value, "1 is taken");
                1.0
            }
        }
    }
}

/// A list `name=value,…` with percent-encoding in the values, and how many of its entries are none.
fn pairs(text: &str) -> (Vec<(String, String)>, usize) {
    let mut broken = 0;
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let all = entries.filter_map(|entry| match entry.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            let value = percent_decode_str(value.trim()).decode_utf8_lossy().into_owned();
            Some((key.trim().to_owned(), value))
        }
        _ => {
            broken += 1;
            None
        }
    });
    (all.collect(), broken)
}

/// What tells this instance from others of its name: a random UUID (RFC 9562, section 5.4).
fn instance() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let (high, low) = (RandomState::new().hash_one(0), RandomState::new().hash_one(1));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(env: &[(&str, &str)]) -> Settings {
        let host = Host {
            env: env.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            cwd: PathBuf::from("."),
        };
        Settings::of(&host, Some("1.4.0"))
    }

    fn known<'a>(settings: &'a Settings, key: &str) -> Vec<&'a str> {
        settings.resource.iter().filter(|(k, _)| k == key).map(|(_, v)| v.as_str()).collect()
    }

    #[test]
    fn nothing_is_sent_unless_somebody_asks() {
        assert!(!of(&[]).wanted());
        assert!(!of(&[("OTEL_SERVICE_NAME", "pay"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).wanted());
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1/");
        assert!(!of(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]).wanted());
        let spans = of(&[endpoint, ("OTEL_METRICS_EXPORTER", "none")]);
        assert!(spans.spans.is_some() && spans.measurements.is_none());
        let named = of(&[("OTEL_METRICS_EXPORTER", "otlp")]);
        assert_eq!(named.measurements.unwrap().endpoint, "http://localhost:4318/v1/metrics");
        assert!(named.spans.is_none());
    }

    #[test]
    fn addresses_and_headers_are_those_of_the_signal() {
        let env = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1/base/"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m:2/as/it/is"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc, x-team = pay"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x=y"),
        ];
        let http = of(&env);
        let (spans, measurements) = (http.spans.unwrap(), http.measurements.unwrap());
        assert_eq!(spans.endpoint, "http://c:1/base/v1/traces");
        assert_eq!(measurements.endpoint, "http://m:2/as/it/is");
        let header = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        assert_eq!(spans.headers, [header("authorization", "Bearer abc"), header("x-team", "pay")]);
        assert_eq!(measurements.headers, [header("x", "y")]);
        let grpc = |env: &[(&str, &str)]| {
            of(&[env, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]].concat()).spans.unwrap().endpoint
        };
        assert_eq!(grpc(&env), "http://c:1/base/");
        let bare = ("OTEL_EXPORTER_OTLP_ENDPOINT", "c:4317");
        assert_eq!(grpc(&[bare]), "https://c:4317");
        assert_eq!(grpc(&[bare, ("OTEL_EXPORTER_OTLP_INSECURE", "true")]), "http://c:4317");
    }

    #[test]
    fn the_service_has_the_version_of_the_contract_unless_somebody_says_otherwise() {
        let plain = of(&[]);
        assert_eq!(
            (known(&plain, "service.name"), known(&plain, "service.version")),
            (vec!["protopact"], vec!["1.4.0"])
        );
        assert_eq!(known(&plain, "service.instance.id")[0].len(), 36);
        let said = of(&[
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.name=a,service.version=9,deployment.environment.name=a%2Cb",
            ),
            ("OTEL_SERVICE_NAME", "pay"),
        ]);
        assert_eq!((known(&said, "service.name"), known(&said, "service.version")), (vec!["pay"], vec!["9"]));
        assert_eq!(known(&said, "deployment.environment.name"), ["a,b"]);
    }

    #[test]
    fn what_means_nothing_is_told_and_secrets_are_not() {
        let settings = of(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier/pigeon"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "t0p-s3cret"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "many"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=b,c"),
        ]);
        let told = settings.odd.join("\n");
        for name in ["PROTOCOL", "HEADERS", "QUEUE_SIZE", "SAMPLER_ARG", "RESOURCE_ATTRIBUTES"] {
            assert!(told.contains(name), "{name}: {told}");
        }
        assert!(!told.contains("s3cret") && !format!("{settings:?}").contains("s3cret"), "{told}");
        assert_eq!((settings.batch.queue, settings.root, settings.follow), (2048, Root::Share(1.0), false));
        assert!(known(&settings, "a").is_empty());
    }

    #[test]
    fn batches_fit_into_the_queue() {
        let small = of(&[("OTEL_BSP_MAX_QUEUE_SIZE", "8"), ("OTEL_BSP_SCHEDULE_DELAY", "20")]);
        assert_eq!((small.batch.queue, small.batch.size), (8, 8));
        assert_eq!(small.batch.delay, Duration::from_millis(20));
    }
}
