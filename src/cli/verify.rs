//! `protopact verify`.

use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::facts::{self, Known};
use super::given::given;
use super::pipeline::{self, Version};
use super::plugins::{Machine, tell_program};
use super::progress::Progress;
use super::{CliError, Ctx, ErrorKind, Exit, files};
use crate::compile::Compiled;
use crate::config::Declared;
use crate::discovery::{Dns, DnsError, Place};
use crate::fleet::tell::OfRollout;
use crate::fleet::{self, ByDns, FleetError};
use crate::machine::Space;
use crate::present::{Choice, Target};
use crate::source::Name;
use crate::text::View;
use crate::verify::matrix::{self, CellId, Peer};
use crate::verify::part::PartError;
use crate::verify::sdk::Sdk;
use crate::verify::side::{self, Side};
use crate::verify::{self, Plan, Scope, VerifyError, Wanted, Ways, tell};
use crate::wire::sample::{SampleOptions, Size};
use crate::words::{Language, Pinned};

/// Let two versions of the contract talk to each other, in four languages
///
/// Makes the packages of both versions, builds a small program with each, and lets every program read what every
/// other one writes and call every other one. What the static verdict had said is marked as predicted. The programs
/// are built with go, mvn, pip and cargo, which fetch what the packages depend on, and are kept in the cache.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact verify --from v1.4.0                     that version and the working tree
  protopact verify --from v1.4.0 --to v2.0.0         two versions
  protopact verify --from v1.4.0 --compact           only what changed, and fewer ways of calling
  protopact verify --from v1.4.0 --full              also what no change reaches
  protopact verify --from v1.4.0 --report html=matrix.html
  protopact verify --from v1.4.0 --instances 3       a rollout under clients that go on calling
  protopact verify --from v1.4.0 --instances 3 --hosts pay.hosts --dns 127.0.0.1:53/pay.test
  protopact verify --from v1.4.0 --cell go@v1.4.0:java@worktree:unary:tls:gzip")]
pub(super) struct VerifyArgs {
    /// The earlier version: a tag, any git revision, a folder
    #[arg(long, value_name = "OLD")]
    from: String,

    /// The later version; the working tree when it is left out
    #[arg(long, value_name = "NEW")]
    to: Option<String>,

    /// Only these languages; those that are configured, or all four when none is
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    lang: Option<Vec<Language>>,

    /// Languages that must take part: one whose tools are missing is an error, not a skip
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    require: Vec<Language>,

    /// Another release of a language's runtime that writes and reads as well: `python=4.25.8,7.36.2+pure`; may be
    /// repeated, and comes on top of `[verify.runtimes]`
    #[arg(long, value_name = "LANGUAGE=VERSION", value_parser = Pinned::list)]
    runtime: Vec<std::vec::Vec<Pinned>>,

    /// Only messages that a change reaches, and calls between versions only, plain and with mutual TLS and gzip
    #[arg(long)]
    compact: bool,

    /// Try every message and method, also those that no change reaches
    #[arg(long)]
    full: bool,

    /// Only bytes or only calls
    #[arg(long, value_name = "PART", value_enum)]
    only: Option<Part>,

    /// Call so many instances of the reference service without pause, while one leaves, one is killed and one joins
    /// that serves the later version: which calls are lost, and how long it takes until clients have noticed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(3..=50), help_heading = ROLLOUT)]
    #[arg(conflicts_with_all = ["cell", "only", "compact", "full", "exhaustive", "runtime", "report", "jobs"])]
    instances: Option<u16>,

    /// Where instances enter themselves and are looked up: consul://HOST:PORT/NAME, etcd://…, nacos://…; this program
    /// knows them when it is left out
    #[arg(long, value_name = "PLACE", requires = "instances", help_heading = ROLLOUT)]
    discover: Option<String>,

    /// The DNS server in which clients look instances up, in place of xDS, and the name that they ask for; for Consul
    /// the name is NAME.service.consul when it is left out
    #[arg(long, value_name = "IP:PORT[/NAME]", requires = "instances", help_heading = ROLLOUT)]
    dns: Option<String>,

    /// The file from which the DNS server learns who is there, written for the run, as CoreDNS's `hosts` reads it
    #[arg(long, value_name = "FILE", requires = "dns", conflicts_with = "discover", help_heading = ROLLOUT)]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    hosts: Option<PathBuf>,

    /// How long clients may take to notice that an instance is about to leave, before it refuses calls
    #[arg(long, value_name = "SECONDS", default_value_t = 5, requires = "instances", help_heading = ROLLOUT)]
    drain_delay: u64,

    /// Repeat one cell: `go@OLD:java@NEW:bytes`, `go@OLD:java@NEW:unary:tls:gzip`
    #[arg(long, value_name = "CELL", conflicts_with_all = ["lang", "only"])]
    cell: Option<String>,

    /// How to print the matrix
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<tell::OfVerify>,

    /// Write the matrix to a file as well; may be repeated
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<Target<tell::OfVerify>>,

    /// How many programs read and write at the same time; the number of cores when it is left out
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,

    /// Write every field by itself with every value that is special, not a handful of messages
    #[arg(long)]
    exhaustive: bool,

    /// Chooses among sample values that are as good as each other
    #[arg(long, value_name = "N", default_value_t)]
    seed: u64,

    /// Never use the network: build with what is there
    #[arg(long)]
    offline: bool,
}

/// What belongs to `--instances`.
const ROLLOUT: &str = "Rollout";

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Messages that are written and read
    Bytes,
    /// Clients that call servers
    Calls,
}

/// The versions of packages that have none, old and new.
const UNPUBLISHED: [&str; 2] = ["0.0.1-dev", "0.0.2-dev"];

/// Runs the command.
pub(super) fn exec(args: VerifyArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    if let Some(lang) = &args.lang
        && let Some(left) = args.require.iter().find(|language| !lang.contains(language))
    {
        let name = left.as_str();
        return Err(CliError::usage(format!(
            "`--require {name}` asks for a language that `--lang` leaves out"
        ))
        .hint(format!("add `{name}` to `--lang`, or leave `--lang` away")));
    }
    let progress = ctx.progress("compiling");
    let versions = [Some(args.from.as_str()), args.to.as_deref()];
    let [old, new] = versions.map(|typed| pipeline::version(typed, &[], &[], ctx));
    let (old, new) = (old?, new?);
    let machine = Machine::of(ctx, &new.settings, &new.folder);
    let lock = machine.read_lock()?;
    let settings = new.settings.generate.clone().unwrap_or_default();
    let name = new.settings.name.clone().unwrap_or_else(|| "contract".to_owned());
    let root = new.folder.clone();
    let around = machine.around();
    let sdk = Sdk { name: &name, root: &root, settings: &settings, lock: lock.as_ref(), around };
    let new_settings = new.settings.clone();
    let ([old, new], known) = apart([old, new]);
    let sides = distinct([side(old, &known[0].name, 0)?, side(new, &known[1].name, 1)?]);
    let labels = [sides[0].label.as_str(), sides[1].label.as_str()];
    let cell = args.cell.as_deref().map(|text| matrix::parse(text, labels)).transpose();
    let cell = cell.map_err(|e| {
        CliError::new(ErrorKind::Usage, e).hint("copy the command that the report of the matrix shows")
    })?;
    let languages = languages(&args, cell, &sdk);
    if let Some(count) = args.instances {
        let programs = programs(&machine)?;
        let registry = args
            .discover
            .as_deref()
            .map(|typed| Place::parse_to_look(typed).map(|place| (typed.to_owned(), place)));
        let registry = registry.transpose()?;
        let dns = args.dns.as_deref().map(|typed| by_dns(typed, registry.as_ref(), &args, ctx));
        let plan = fleet::Plan {
            sdk,
            sides: &sides,
            languages,
            required: args.require.clone(),
            count: count.into(),
            registry,
            dns: dns.transpose()?,
            access: super::register::access(None, ctx)?,
            drain_delay: Duration::from_secs(args.drain_delay),
            server: server()?,
            offline: args.offline,
            programs: &programs,
        };
        return rollout(&plan, &args, progress, ctx);
    }
    let runtimes = runtimes(&args, cell, &languages, &new_settings.runtimes)?;
    let programs = programs(&machine)?;
    let wants = |part| args.only.is_none_or(|only| only == part);
    let ways = if args.compact { Ways::Compact } else { Ways::Full };
    let wanted = match cell {
        Some(cell) => Wanted::Cell(cell),
        None => Wanted::All { bytes: wants(Part::Bytes), calls: wants(Part::Calls).then_some(ways) },
    };
    let facts = facts::facts(&known, &sides, &new_settings, tried(wanted), ctx)?;
    let size = if args.exhaustive { Size::Exhaustive } else { Size::Small };
    let plan = Plan {
        sdk,
        sides: &sides,
        typed: [args.from.clone(), args.to.clone().unwrap_or_else(|| ".".to_owned())],
        options: options(&args, ctx),
        required: if cell.is_some() { languages.clone() } else { args.require.clone() },
        languages,
        runtimes,
        wanted,
        samples: SampleOptions { seed: args.seed, size },
        scope: match (args.full, args.compact) {
            (true, _) => Scope::Everything,
            (false, true) => Scope::Controls,
            (false, false) => Scope::Messages,
        },
        jobs: args.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get),
        offline: args.offline,
        programs: &programs,
        facts,
    };
    let matrix = match verify::run(&plan, &|step| progress.say(step)) {
        Ok(matrix) => matrix,
        Err(error) => {
            tell_program(error.messages(), ctx)?;
            return Err(error.into());
        }
    };
    drop(progress);
    for Target { format, path } in &args.report {
        let view = View { colour: false, width: None };
        let name = path.display().to_string();
        files::write_whole(&ctx.io.cwd.join(path), &name, |out| format.write(&matrix, &view, out))?;
    }
    let view = ctx.view();
    args.format.write(&matrix, &view, &mut ctx.io.out)?;
    ctx.io.out.flush()?;
    for skip in &matrix.skips {
        tell_program(skip.failed.as_deref().unwrap_or_default(), ctx)?;
    }
    if !matrix.failures.is_empty() {
        return Err(VerifyError::Unwhole(matrix.failures).into());
    }
    Ok(if matrix.counts().red() > 0 { Exit::Findings } else { Exit::Clean })
}

/// Where programs are built and kept.
fn programs(machine: &Machine) -> Result<PathBuf, CliError> {
    let cache = machine.cache.as_ref().ok_or_else(|| {
        CliError::usage("there is no folder for what is built")
            .hint("set `PROTOPACT_CACHE` to one, or `HOME`")
    })?;
    Ok(cache.space(Space::Verify))
}

/// This program, which an instance is.
fn server() -> Result<PathBuf, CliError> {
    std::env::current_exe().map_err(|e| CliError::outside("cannot find this program, which serves", e))
}

/// How clients find instances by the DNS server that is named.
fn by_dns(
    typed: &str,
    registry: Option<&(String, Place)>,
    args: &VerifyArgs,
    ctx: &Ctx<'_>,
) -> Result<ByDns, CliError> {
    let (server, name) = Dns::parse(typed)?;
    let hosts = args.hosts.as_ref().map(|path| ctx.io.cwd.join(path));
    if registry.is_none() && hosts.is_none() {
        return Err(CliError::usage("nobody tells the DNS server of `--dns` who is there").hint(
            "name the registry that it belongs to with `--discover`, or the file that it reads with `--hosts`",
        ));
    }
    let name = name.or_else(|| registry.and_then(|(_, place)| place.dns_name())).ok_or_else(|| {
        CliError::usage(format!("`--dns {typed}` does not say what clients ask the server for"))
            .hint(format!("write the name behind the address: `--dns {server}/pay.example`"))
    })?;
    Ok(ByDns { dns: Dns { server, name }, hosts })
}

impl From<DnsError> for CliError {
    fn from(error: DnsError) -> CliError {
        CliError::new(ErrorKind::Usage, error)
    }
}

/// Has instances come and go under clients.
fn rollout(
    plan: &fleet::Plan<'_>,
    args: &VerifyArgs,
    progress: Progress,
    ctx: &mut Ctx<'_>,
) -> Result<Exit, CliError> {
    let format: Choice<OfRollout> = Choice::of(args.format.name()).ok_or_else(|| {
        CliError::usage(format!("`--instances` is not told as `{}`", args.format))
            .hint("`--format text` and `--format json` are there")
    })?;
    let told = match fleet::run(plan, &|step| progress.say(step)) {
        Ok(told) => told,
        Err(error) => {
            tell_program(error.messages(), ctx)?;
            return Err(error.into());
        }
    };
    drop(progress);
    let view = ctx.view();
    format.write(&told, &view, &mut ctx.io.out)?;
    ctx.io.out.flush()?;
    for skip in &told.skips {
        tell_program(skip.failed.as_deref().unwrap_or_default(), ctx)?;
    }
    Ok(if told.is_well() { Exit::Clean } else { Exit::Findings })
}

impl From<FleetError> for CliError {
    fn from(error: FleetError) -> CliError {
        let (kind, hint) = match &error {
            FleetError::Part(PartError::Required { .. }) => {
                (ErrorKind::Outside, Some("install it, or leave the language out"))
            }
            FleetError::NoMethod(_) => {
                (ErrorKind::Usage, Some("a rollout is looked at by the first unary method of the contract"))
            }
            FleetError::Address { source, .. } if source.kind() == io::ErrorKind::AddrNotAvailable => {
                let hint = "Linux has all of 127.0.0.0/8; elsewhere give the machine these addresses first: on macOS \
                            `sudo ifconfig lo0 alias 127.0.0.2` and so on, one more than there are instances";
                (ErrorKind::Outside, Some(hint))
            }
            FleetError::Hosts { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                (ErrorKind::Usage, Some("name a file that is not there yet, and have the DNS server read it"))
            }
            _ => (ErrorKind::Outside, None),
        };
        CliError::new(kind, error).hint_opt(hint.map(str::to_owned))
    }
}

impl From<VerifyError> for CliError {
    fn from(error: VerifyError) -> CliError {
        let (kind, hint) = match &error {
            VerifyError::NoCell(_) => (ErrorKind::Usage, Some("the contract has no services")),
            VerifyError::Part(PartError::Required { .. }) => {
                (ErrorKind::Outside, Some("install it, or leave the language out"))
            }
            VerifyError::Unwhole(_) => {
                let hint = "the rest is told above; leave a language that does not build out with `--lang`, and \
                            where memory is short, run it again with fewer `--jobs`";
                (ErrorKind::Outside, Some(hint))
            }
            _ => (ErrorKind::Outside, None),
        };
        CliError::new(kind, error).hint_opt(hint.map(str::to_owned))
    }
}

/// What was given that decides what a cell is, as it has to be given again.
fn options(args: &VerifyArgs, ctx: &Ctx<'_>) -> Vec<String> {
    let mut given = given(&ctx.global);
    if args.seed != 0 {
        given.extend(["--seed".to_owned(), args.seed.to_string()]);
    }
    let flags = [
        ("--exhaustive", args.exhaustive),
        ("--compact", args.compact),
        ("--full", args.full),
        ("--offline", args.offline),
    ];
    given.extend(flags.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).to_owned()));
    given
}

/// The languages that are asked for, in the order of output.
fn languages(args: &VerifyArgs, cell: Option<CellId>, sdk: &Sdk<'_>) -> Vec<Language> {
    let configured = sdk.configured();
    let wanted = |l: &Language| match (cell, &args.lang) {
        (Some(cell), _) => [cell.from, cell.to].iter().any(|peer| peer.language == *l && peer.age.is_none()),
        (None, Some(lang)) => lang.contains(l),
        (None, None) => configured.is_empty() || configured.contains(l) || args.require.contains(l),
    };
    Language::ALL.into_iter().filter(wanted).collect()
}

/// The other releases that take part: those that are declared, and those that are asked for.
fn runtimes(
    args: &VerifyArgs,
    cell: Option<CellId>,
    languages: &[Language],
    declared: &[Declared],
) -> Result<Vec<Pinned>, CliError> {
    if let Some(cell) = cell {
        let peers = [cell.from, cell.to];
        let of = |peer: &Peer| Some(Pinned { language: peer.language, age: peer.age? });
        let mut all: Vec<Pinned> = peers.iter().filter_map(of).collect();
        all.dedup();
        all.iter().try_for_each(|pinned| pipeline::model(*pinned, None).map(|_| ()))?;
        return Ok(all);
    }
    let mut all = Vec::new();
    for Declared { pinned, place } in declared.iter().filter(|d| languages.contains(&d.pinned.language)) {
        pipeline::model(*pinned, Some(place))?;
        all.push(*pinned);
    }
    for pinned in args.runtime.iter().flatten() {
        if !languages.contains(&pinned.language) {
            let name = pinned.language.as_str();
            let message = format!("`--runtime {pinned}` asks for a language that takes no part");
            return Err(CliError::usage(message).hint(format!("add `{name}` to `--lang`")));
        }
        pipeline::model(*pinned, None)?;
        if !all.contains(pinned) {
            all.push(*pinned);
        }
    }
    Ok(all)
}

/// Two versions as what is compiled, and what is known of them.
fn apart(versions: [Version; 2]) -> ([Compiled; 2], [Known; 2]) {
    let [old, new] =
        versions.map(|Version { compiled, name, layout, .. }| (compiled, Known { name, layout }));
    ([old.0, new.0], [old.1, new.1])
}

/// Takes a compiled version in.
pub(super) fn side(compiled: Compiled, name: &Name, place: usize) -> Result<Side, CliError> {
    let schema = pipeline::schema(&compiled)?;
    let number = name.version().map_or_else(|| UNPUBLISHED[place].to_owned(), ToString::to_string);
    Side::new(side::label(name), number, compiled, schema).map_err(|e| CliError::new(ErrorKind::Sources, e))
}

/// What is tried, in words.
fn tried(wanted: Wanted) -> String {
    let calls = |ways| match ways {
        Ways::Compact => "calls between the versions, plain and with mutual TLS and gzip (compact)",
        Ways::Full => "calls in every way of securing and compressing them",
    };
    match wanted {
        Wanted::Cell(_) => "one cell".to_owned(),
        Wanted::All { bytes: true, calls: None } => "bytes and JSON, no calls".to_owned(),
        Wanted::All { bytes: true, calls: Some(ways) } => format!("bytes, JSON, {}", calls(ways)),
        Wanted::All { calls: Some(ways), .. } => format!("no bytes, {}", calls(ways)),
        Wanted::All { bytes: false, calls: None } => "nothing".to_owned(),
    }
}

/// Versions and labels have to differ: a Maven build takes each only once, and a cell is known by them.
pub(super) fn distinct([mut old, mut new]: [Side; 2]) -> [Side; 2] {
    if old.version == new.version {
        (old.version, new.version) = (UNPUBLISHED[0].to_owned(), UNPUBLISHED[1].to_owned());
    }
    if old.label == new.label {
        old.label.push_str("-old");
        new.label.push_str("-new");
    }
    [old, new]
}
