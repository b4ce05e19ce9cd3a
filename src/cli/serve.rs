//! `protopact serve`.

use std::io::{self, BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::sync::mpsc;

use super::pipeline::{self, Job};
use super::register::{Entries, Known, RegisterArgs};
use super::signals::Signals;
use super::{CliError, Ctx, ErrorKind, Exit, files};
use crate::machine::Host;
use crate::present::{Choice, Format, Formats};
use crate::service::{
    Contract, Ended, Given, GivenError, Gzip, Limits, Log, LogFormat, Options, Received, Running, SelfSigned,
    Server, ServiceError, Tls, TlsError, interop_contract, write_all,
};
use crate::source::Name;
use crate::telemetry::{Settings, Telemetry, TelemetryError};
use crate::text::likest;

/// Answer calls to a contract, from its descriptors alone
///
/// A gRPC server for any version of a contract: methods that answer with the type they take give back what they got,
/// others answer with samples. Reflection and health checking are there, TLS, gzip, metrics and a log on request. When
/// it is ready it prints one line, `listening on ADDRESS`; SIGTERM and SIGINT end it when the calls in flight are done.
/// Where the environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT), it gets spans and measurements of the calls.
/// INPUT is as in `protopact check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact serve                              the working tree, on a free port
  protopact serve --from v1.2.0                a published version
  protopact serve contract.binpb --listen 127.0.0.1:50051
  protopact serve --tls-self-signed certs --mutual-tls
  protopact serve --metrics 127.0.0.1:9464 --log json
  protopact serve --record calls.jsonl         keep what clients send
  protopact serve --answers answers            answer with answers/acme.v1.Shop/Buy.json
  protopact serve --replay calls.jsonl         answer with what clients sent then
  protopact serve --register consul://127.0.0.1:8500/pay
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 protopact serve")]
pub(super) struct ServeArgs {
    /// The contract
    #[arg(value_name = "INPUT", default_value = ".", conflicts_with_all = ["from", "interop"])]
    input: String,

    /// The version of the contract: a tag or any git revision
    #[arg(long, value_name = "REV", conflicts_with = "interop")]
    from: Option<String>,

    /// Be the test service of gRPC's interoperability tests instead
    #[arg(long)]
    interop: bool,

    /// Where to listen; port 0 is any that is free
    #[arg(short, long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// How to say that the server is ready
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfServe>,

    /// How many messages a server stream answers with
    #[arg(long, value_name = "N", default_value_t = 3)]
    stream_messages: u64,

    /// Answer with what is in DIR, in files package.Service/Method.json
    ///
    /// Each holds the message that its method answers with, as JSON; Method.jsonl has one on each line, which a stream
    /// gives one after the other. Other methods answer as they do without it.
    #[arg(long, value_name = "DIR", conflicts_with = "interop", value_hint = clap::ValueHint::DirPath)]
    answers: Option<PathBuf>,

    /// Answer with what clients sent before: FILE is what --record wrote
    ///
    /// A method that does not give back what it takes answers with the messages of its type that were recorded, in the
    /// order in which they came. What --answers has goes first.
    #[arg(long, value_name = "FILE", conflicts_with = "interop", value_hint = clap::ValueHint::FilePath)]
    replay: Option<PathBuf>,

    /// Append the messages that arrive to FILE, as lines of JSON
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    record: Option<PathBuf>,

    /// When to compress answers
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    gzip: Gzip,

    #[command(flatten)]
    watching: Watching,

    #[command(flatten)]
    register: RegisterArgs,

    #[command(flatten)]
    tls: TlsArgs,

    #[command(flatten)]
    limits: LimitArgs,
}

/// What the server tells about itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "Observation")]
struct Watching {
    /// How to log calls, on standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    log: LogFormat,

    /// Where Prometheus reads metrics, at /metrics
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
}

/// Certificates.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
struct TlsArgs {
    /// The server's certificate with its chain, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", value_hint = clap::ValueHint::FilePath)]
    tls_cert: Option<PathBuf>,

    /// The key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = clap::ValueHint::FilePath)]
    tls_key: Option<PathBuf>,

    /// Ask clients for a certificate under one of these roots, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = clap::ValueHint::FilePath)]
    tls_client_ca: Option<PathBuf>,

    /// Make a CA, a server and a client certificate for tests, and write them into DIR
    #[arg(long, value_name = "DIR", conflicts_with = "tls_cert", value_hint = clap::ValueHint::DirPath)]
    tls_self_signed: Option<PathBuf>,

    /// Ask clients for a certificate under the CA of --tls-self-signed
    #[arg(long, requires = "tls_self_signed")]
    mutual_tls: bool,
}

impl TlsArgs {
    fn wanted(&self) -> bool {
        self.tls_cert.is_some() || self.tls_self_signed.is_some()
    }
}

/// What is refused.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// The largest message that is taken, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().receive)]
    max_receive: usize,

    /// The largest message that is sent, in bytes; no limit when it is left out
    #[arg(long, value_name = "BYTES")]
    max_send: Option<usize>,

    /// The largest list of request headers, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().headers)]
    max_headers: u32,

    /// The most connections
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    max_connections: usize,

    /// The most calls at a time on one connection
    #[arg(long, value_name = "N", default_value_t = Limits::default().streams)]
    max_streams: u32,

    /// The longest a call may take; as long as the client waits when it is left out
    #[arg(long, value_name = "SECONDS")]
    call_timeout: Option<u64>,

    /// How long a connection may take to get going
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().handshake.as_secs())]
    handshake_timeout: u64,

    /// Ping silent connections after this time; 0 never does
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    keepalive: u64,

    /// How long a ping may stay unanswered
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().keepalive_timeout.as_secs())]
    keepalive_timeout: u64,

    /// End connections whose client pings more often than servers in production allow
    ///
    /// As servers in Go, Java and on the C core do when nobody configures anything: a ping is due 5 minutes after the last
    /// one, or 2 hours where no call is open; the third that comes earlier ends the connection with GOAWAY
    /// (ENHANCE_YOUR_CALM, `too_many_pings`).
    #[arg(long)]
    strict_keepalive: bool,

    /// How long calls in flight may go on once the server was asked to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u64,

    /// Threads that answer calls; one for each processor when it is left out
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
}

/// What there is to say when the server is ready.
#[derive(Debug, Serialize)]
struct Ready {
    address: String,
    event: &'static str,
    metrics: Option<String>,
    tls: bool,
    version: Option<String>,
}

/// The formats of the line that says so.
#[derive(Debug)]
struct OfServe;

impl Formats for OfServe {
    type Document = Ready;

    const ALL: &'static [Format<Ready>] = &[
        Format {
            name: "text",
            help: "`listening on ADDRESS`",
            hidden: false,
            write: |ready, _, out| writeln!(out, "listening on {}", ready.address),
        },
        Format {
            name: "json",
            help: "One JSON object",
            hidden: false,
            write: |ready, _, out| writeln!(out, "{}", serde_json::to_string(ready)?),
        },
    ];
}

/// Log lines that wait for the terminal before some are left out.
pub(super) const LOG_ROOM: usize = 4096;

/// How long a line of the log may take to be written once the server has ended.
pub(super) const LOG_PATIENCE: Duration = Duration::from_secs(2);

/// How long a collector may take for the last spans and measurements.
const EXPORT_PATIENCE: Duration = Duration::from_secs(5);

/// Messages that wait to be recorded before clients have to wait.
const RECORD_ROOM: usize = 256;

/// Runs the command.
pub(super) fn exec(args: ServeArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let (contract, name) = contract(&args, ctx)?;
    if contract.services().is_empty() {
        ctx.note("the contract has no service: only reflection and health checking are answered")?;
    }
    let tls = tls(&args.tls, ctx)?;
    let registering = args.register.prepare(ctx)?;
    let given = match &args.answers {
        Some(folder) => Given::read(&contract, &ctx.io.cwd.join(folder), &folder.display().to_string())?,
        None => Given::default(),
    };
    let given = match &args.replay {
        Some(file) => {
            let name = file.display().to_string();
            let recorded = Given::replay(&contract, &ctx.io.cwd.join(file), &name)?;
            if recorded.is_empty() {
                ctx.note(&format!("no method answers with anything that is in `{name}`"))?;
            }
            given.or(recorded)
        }
        None => given,
    };
    let recorder = args.record.as_ref().map(|path| Recorder::start(path, ctx)).transpose()?;
    let (log, log_end) = Log::new(args.watching.log, LOG_ROOM, log_file());
    let log = (args.watching.log != LogFormat::Off).then(|| Arc::new(log));
    let options = Options {
        address: args.listen,
        metrics: args.watching.metrics,
        given,
        stream_messages: args.stream_messages,
        record: recorder.as_ref().map(|r| r.sender.clone()),
        gzip: args.gzip,
        tls,
        log: log.clone(),
        limits: limits(&args.limits),
        grace: Duration::from_secs(args.limits.grace),
        interop: args.interop,
        ..Options::new(contract)
    };
    raise_file_limit();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = args.limits.threads {
        builder.worker_threads(threads.get());
    }
    let runtime = builder.enable_all().build();
    let runtime = runtime.map_err(|e| CliError::outside("cannot start the threads of the server", e))?;
    let served: Result<_, CliError> = runtime.block_on(async {
        let mut signals = Signals::new().map_err(|e| CliError::outside("cannot wait for signals", e))?;
        let telemetry = telemetry(&name, log.clone(), ctx)?;
        let running = Server::bind(Options { telemetry: telemetry.clone(), ..options }).await?;
        ready(&running, &name, &args, ctx)?;
        let known = Known {
            address: running.address,
            tls: args.tls.wanted(),
            version: name.version().map(ToString::to_string),
        };
        let entries = args.register.enter(&known, &registering, log)?;
        Ok(serve(running, entries, telemetry, &mut signals).await)
    });
    // Whatever is left is dropped, and with it what keeps the recorder waiting.
    runtime.shutdown_timeout(Duration::from_secs(2));
    let recorded = recorder.map_or(Ok(()), Recorder::finish);
    let unread = log_end.flush(LOG_PATIENCE);
    let ended = served?;
    recorded?;
    // Where nobody reads the log, nobody reads the rest either, and waiting for that would be waiting for ever.
    if unread == 0 {
        tell(ended, ctx)?;
    }
    Ok(Exit::Clean)
}

/// What sends spans and measurements, where the environment asks for it.
fn telemetry(
    name: &Name,
    log: Option<Arc<Log>>,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Arc<Telemetry>>, CliError> {
    let host = Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() };
    let version = name.version().map(ToString::to_string);
    let settings = Settings::of(&host, version.as_deref());
    for odd in &settings.odd {
        ctx.note(odd)?;
    }
    if !settings.wanted() {
        return Ok(None);
    }
    let tell = Arc::new(move |place: &str, what: &str| {
        if let Some(log) = &log {
            log.export(place, what);
        }
    });
    Ok(Some(Arc::new(Telemetry::start(&settings, &host, tell)?)))
}

/// Standard error, without its lock: whoever writes the log may wait for a reader for ever, and the rest of the program
/// has to end all the same.
pub(super) fn log_file() -> Box<dyn io::Write + Send> {
    #[cfg(unix)]
    let own = std::os::fd::AsFd::as_fd(&io::stderr()).try_clone_to_owned();
    #[cfg(windows)]
    let own = std::os::windows::io::AsHandle::as_handle(&io::stderr()).try_clone_to_owned();
    match own {
        Ok(own) => Box::new(std::fs::File::from(own)),
        Err(_) => Box::new(io::stderr()),
    }
}

/// The contract, and what it is.
fn contract(args: &ServeArgs, ctx: &mut Ctx<'_>) -> Result<(Contract, Name), CliError> {
    if args.interop {
        return Ok((interop_contract(), Name::Memory("interop".to_owned())));
    }
    let progress = ctx.progress("compiling");
    let (name, compiled, notes) = match &args.from {
        Some(from) => {
            let version = pipeline::version(Some(from), &[], &[], ctx)?;
            (version.name, version.compiled, version.notes)
        }
        None => {
            let job = Job { overrides: pipeline::overrides(ctx), ..Job::new(&args.input) };
            let built = pipeline::build(&job, ctx)?;
            (built.name, built.compiled, built.notes)
        }
    };
    drop(progress);
    for note in &notes {
        ctx.note(note)?;
    }
    let contract = Contract::new(&compiled)
        .map_err(|e| CliError::new(ErrorKind::Sources, e).while_("cannot read the descriptors"))?;
    Ok((contract, name))
}

fn limits(args: &LimitArgs) -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        receive: args.max_receive,
        send: args.max_send.unwrap_or(usize::MAX),
        headers: args.max_headers,
        connections: args.max_connections,
        streams: args.max_streams,
        handshake: seconds(args.handshake_timeout),
        keepalive: (args.keepalive > 0).then(|| seconds(args.keepalive)),
        keepalive_timeout: seconds(args.keepalive_timeout),
        strict_keepalive: args.strict_keepalive,
        call: args.call_timeout.map(seconds),
        ..Limits::default()
    }
}

fn tls(args: &TlsArgs, ctx: &mut Ctx<'_>) -> Result<Option<Tls>, CliError> {
    let read = |path: &PathBuf| {
        let typed = path.display().to_string();
        std::fs::read(ctx.io.cwd.join(path))
            .map_err(|e| CliError::outside(format!("cannot read `{typed}`"), e))
    };
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        let client_ca = args.tls_client_ca.as_ref().map(read).transpose()?;
        return Ok(Some(Tls { certificate: read(certificate)?, key: read(key)?, client_ca }));
    }
    let Some(folder) = &args.tls_self_signed else { return Ok(None) };
    let made = SelfSigned::make(&[]).map_err(ServiceError::from)?;
    let at = ctx.io.cwd.join(folder);
    let fail = |e| CliError::outside(format!("cannot make the folder `{}`", folder.display()), e);
    std::fs::create_dir_all(&at).map_err(fail)?;
    for (name, text) in made.files() {
        let typed = folder.join(name).display().to_string();
        let path = at.join(name);
        if name.ends_with(".key") {
            write_secret(&path, text).map_err(|e| CliError::outside(format!("cannot write `{typed}`"), e))?;
        } else {
            files::write_whole(&path, &typed, |out| out.write_all(text.as_bytes()))?;
        }
    }
    ctx.note(&format!("certificates for tests are in `{}`", folder.display()))?;
    Ok(Some(made.server_side(args.mutual_tls)))
}

/// Writes a file that nobody else may read, not even while it is written.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    // Temporary files are for their owner only, and stay so under another name.
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Says that the server is there.
fn ready(running: &Running, name: &Name, args: &ServeArgs, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    let ready = Ready {
        address: running.address.to_string(),
        event: "listening",
        metrics: running.metrics.map(|m| m.to_string()),
        tls: args.tls.wanted(),
        version: name.version().map(ToString::to_string),
    };
    // The object has it.
    if let (Some(metrics), "text") = (&ready.metrics, args.format.name()) {
        ctx.note(&format!("metrics are at http://{metrics}/metrics"))?;
    }
    let view = ctx.view();
    args.format.write(&ready, &view, &mut ctx.io.out)?;
    Ok(ctx.io.out.flush()?)
}

/// Waits for a signal, and ends the server then: first it leaves its registries, so that nobody comes any more. A second
/// signal ends it at once, and nothing is said about how.
async fn serve(
    running: Running,
    entries: Entries,
    telemetry: Option<Arc<Telemetry>>,
    signals: &mut Signals,
) -> Option<Ended> {
    signals.next().await;
    let end = async {
        entries.leave().await;
        let ended = running.shutdown().await;
        // The calls that were cut are in it.
        if let Some(telemetry) = &telemetry {
            telemetry.clone().flush(EXPORT_PATIENCE).await;
        }
        ended
    };
    tokio::select! {
        ended = end => Some(ended),
        () = signals.next() => {
            if let Some(telemetry) = telemetry {
                telemetry.stop();
            }
            None
        }
    }
}

/// Says what was cut at the end.
fn tell(ended: Option<Ended>, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    let text = match ended {
        Some(Ended::Finished) => return Ok(()),
        Some(Ended::Cut(left)) => {
            format!("{} did not finish in time", crate::text::plural(left, "connection"))
        }
        None => "stopped at once, by a second signal".to_owned(),
    };
    ctx.note(&text)
}

/// Writes received messages to a file, on a thread of its own.
struct Recorder {
    sender: mpsc::Sender<Received>,
    thread: JoinHandle<io::Result<()>>,
    name: String,
}

impl Recorder {
    fn start(path: &PathBuf, ctx: &Ctx<'_>) -> Result<Recorder, CliError> {
        let name = path.display().to_string();
        let at = ctx.io.cwd.join(path);
        let file = std::fs::OpenOptions::new().create(true).append(true).open(at);
        let file = file.map_err(|e| CliError::outside(format!("cannot write `{name}`"), e))?;
        let (sender, receiver) = mpsc::channel(RECORD_ROOM);
        let thread = std::thread::Builder::new().name("record".to_owned());
        let thread = thread.spawn(move || write_all(receiver, BufWriter::new(file)));
        let thread = thread.map_err(|e| CliError::outside("cannot start a thread", e))?;
        Ok(Recorder { sender, thread, name })
    }

    fn finish(self) -> Result<(), CliError> {
        drop(self.sender);
        match self.thread.join() {
            Ok(written) => written.map_err(|e| CliError::outside(format!("cannot write `{}`", self.name), e)),
            Err(_) => Err(CliError::new(ErrorKind::Bug, "the recorder failed")),
        }
    }
}

/// Ten thousand connections need as many file descriptors, which is more than shells allow by default.
fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // Where it is not allowed, fewer connections fit; that is told when they are refused.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}

impl From<GivenError> for CliError {
    fn from(error: GivenError) -> CliError {
        let hint = match &error {
            GivenError::Read { .. } => return CliError::new(ErrorKind::Outside, error),
            GivenError::Method { method, known, .. } => likest(method, known.iter().map(String::as_str))
                .map_or_else(
                    || "files are called `package.Service/Method.json` below the folder".to_owned(),
                    |known| format!("did you mean `{known}`?"),
                ),
            GivenError::Twice { .. } => "keep `.json`, or `.jsonl` for several answers".to_owned(),
            GivenError::Empty { .. } => "write a message of JSON on each line, or delete the file".to_owned(),
            GivenError::Record { .. } => {
                "serve the version that it was recorded with, or take the line out".to_owned()
            }
            GivenError::Json { .. } => {
                "write it as ProtoJSON, without keys that the type does not have".to_owned()
            }
        };
        CliError::new(ErrorKind::Usage, error).hint(hint)
    }
}

impl From<TelemetryError> for CliError {
    fn from(error: TelemetryError) -> CliError {
        let hint = match &error {
            TelemetryError::Read { .. } => return CliError::new(ErrorKind::Outside, error),
            TelemetryError::Endpoint { .. } => "write it so in `OTEL_EXPORTER_OTLP_ENDPOINT`",
            TelemetryError::Header { .. } => "see what `OTEL_EXPORTER_OTLP_HEADERS` has: `name=value,…`",
            TelemetryError::Client(_) => "see the variables that begin with `OTEL_EXPORTER_OTLP_`",
        };
        CliError::new(ErrorKind::Usage, error).hint(hint)
    }
}

impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> CliError {
        match error {
            ServiceError::Bind { .. } => CliError::new(ErrorKind::Outside, error)
                .hint("name another address with `--listen` or `--metrics`; port 0 takes a free one"),
            ServiceError::Tls(TlsError::Make(_)) => CliError::new(ErrorKind::Bug, error),
            ServiceError::Tls(_) => CliError::new(ErrorKind::Usage, error)
                .hint("give PEM files; `--tls-self-signed DIR` makes some for tests"),
        }
    }
}
