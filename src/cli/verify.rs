//! `protopact verify`.

use std::io::Write as _;
use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

use super::pipeline::{self, Version};
use super::plugins::{Machine, tell_program};
use super::{CliError, Ctx, ErrorKind, Exit, files};
use crate::codegen::generate::GenerateError;
use crate::machine::Space;
use crate::report::View;
use crate::verify::build::{self, BuildError, Builder};
use crate::verify::bytes::Stage;
use crate::verify::driver::Driver;
use crate::verify::matrix::{self, CellId, Matrix, Peer, Skip, Subject};
use crate::verify::predict::Predictions;
use crate::verify::sdk::{Sdk, Unready};
use crate::verify::side::{self, Side};
use crate::verify::tell;
use crate::verify::{bytes, calls};
use crate::wire::sample::{SampleOptions, Size};
use crate::words::{Language, Lens};

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
  protopact verify --from v1.4.0 --compact           fewer ways of securing and compressing calls
  protopact verify --from v1.4.0 --report html=matrix.html
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

    /// Calls between versions only, plain and with mutual TLS and gzip
    #[arg(long, conflicts_with = "full")]
    compact: bool,

    /// Every client, every server, every way of securing and compressing calls; the default
    #[arg(long)]
    full: bool,

    /// Only bytes or only calls
    #[arg(long, value_name = "PART", value_enum)]
    only: Option<Part>,

    /// Repeat one cell: `go@OLD:java@NEW:bytes`, `go@OLD:java@NEW:unary:tls:gzip`
    #[arg(long, value_name = "CELL", conflicts_with_all = ["lang", "only", "compact", "full"])]
    cell: Option<String>,

    /// How to print the matrix
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: VerifyFormat,

    /// Write the matrix to a file as well; may be repeated
    #[arg(long, value_name = "FORMAT=PATH", value_parser = report_target)]
    report: Vec<(VerifyFormat, PathBuf)>,

    /// How many programs work at the same time; the number of cores when it is left out
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

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Messages that are written and read
    Bytes,
    /// Clients that call servers
    Calls,
}

/// Forms of the matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum VerifyFormat {
    /// Tables for people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// JUnit XML, a test for each cell
    Junit,
    /// One page for a browser
    Html,
}

impl VerifyFormat {
    fn write(self, matrix: &Matrix, view: &View, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        match self {
            VerifyFormat::Text => tell::text::write(matrix, view, out),
            VerifyFormat::Json => tell::json::write(matrix, out),
            VerifyFormat::Junit => tell::junit::write(matrix, out),
            VerifyFormat::Html => tell::html::write(matrix, out),
        }
    }
}

fn report_target(text: &str) -> Result<(VerifyFormat, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH, such as html=matrix.html")?;
    let format = <VerifyFormat as clap::ValueEnum>::from_str(format, false)?;
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok((format, path.into()))
}

/// The versions of packages that have none, old and new.
const UNPUBLISHED: [&str; 2] = ["0.0.1-dev", "0.0.2-dev"];

/// Runs the command.
pub(super) fn exec(args: VerifyArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
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
    let sides = [side(old, 0)?, side(new, 1)?];
    let sides = distinct(sides);
    let labels = [sides[0].label.as_str(), sides[1].label.as_str()];
    let cell = args.cell.as_deref().map(|text| matrix::parse(text, labels)).transpose();
    let cell = cell.map_err(|e| {
        CliError::new(ErrorKind::Usage, e).hint("copy the command that the report of the matrix shows")
    })?;
    let languages = languages(&args, cell, &sdk);
    let required = |l: Language| args.require.contains(&l) || cell.is_some();

    let mut skips = Vec::new();
    let mut drivers: Vec<(Language, Vec<Driver>)> = Vec::new();
    progress.say("generating packages");
    for language in languages {
        let made = match build::missing_tool(&machine.host, language) {
            Some(tool) => Err(Unready::Skip(format!("`{tool}` is not there"))),
            None => sdk.drivers(language, &sides),
        };
        match made {
            Ok(made) => drivers.push((language, made)),
            Err(Unready::Failed(error)) => {
                if let GenerateError::Run { source, .. } = &error {
                    tell_program(source.messages(), ctx)?;
                }
                return Err(CliError::new(ErrorKind::Outside, error));
            }
            Err(Unready::Skip(reason)) if required(language) => {
                return Err(missing(language, &reason));
            }
            Err(Unready::Skip(reason)) => skips.push(Skip { language, reason }),
        }
    }

    let Some(cache) = &machine.cache else {
        return Err(CliError::usage("there is no folder for what is built")
            .hint("set `PROTOPACT_CACHE` to one, or `HOME`"));
    };
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let root = cache.space(Space::Verify);
    let builder = Builder { host: &machine.host, root: &root, offline: args.offline };
    let built = built(builder, &drivers, &|step| progress.say(step));
    let mut programs = std::collections::BTreeMap::new();
    for (language, result) in built {
        match result {
            Ok(made) => {
                for (version, program) in crate::verify::Version::BOTH.into_iter().zip(made) {
                    programs.insert(Peer { language, version }, program);
                }
            }
            Err(BuildError::Missing(tool)) if !required(language) => {
                skips.push(Skip { language, reason: format!("`{tool}` is not there") });
            }
            Err(BuildError::Missing(tool)) => {
                return Err(missing(language, &format!("`{tool}` is not there")));
            }
            Err(error) => {
                tell_program(error.messages(), ctx)?;
                return Err(CliError::new(ErrorKind::Outside, error));
            }
        }
    }
    skips.sort_by_key(|s| s.language);
    if programs.is_empty() {
        let reasons: Vec<String> =
            skips.iter().map(|s| format!("{}: {}", s.language.as_str(), s.reason)).collect();
        return Err(CliError::new(
            ErrorKind::Outside,
            format!("no language could take part: {}", reasons.join("; ")),
        ));
    }

    let predictions = Predictions::new(&sides[0], &sides[1]);
    let size = if args.exhaustive { Size::Exhaustive } else { Size::Small };
    let stage = Stage {
        host: &machine.host,
        sides: [&sides[0], &sides[1]],
        programs,
        predictions: &predictions,
        samples: SampleOptions { seed: args.seed, size },
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool = pool.map_err(|e| CliError::outside("cannot start threads", e))?;
    let wants = |part| args.only.is_none_or(|only| only == part);
    let say = |text: &str| progress.say(text);
    let is_call = cell.map(|c| matches!(c.subject, Subject::Call(..)));
    let mut cells = Vec::new();
    if wants(Part::Bytes) && is_call != Some(true) {
        cells.extend(pool.install(|| bytes::run(&stage, cell, &say)));
    }
    if wants(Part::Calls) && is_call != Some(false) {
        let made = pool.install(|| calls::run(&stage, cell, args.compact, &say));
        cells.extend(made.map_err(|e| CliError::new(ErrorKind::Outside, e))?);
    }
    cells.sort_by_key(|c| c.id);
    if let (Some(_), Some(name), true) = (cell, &args.cell, cells.is_empty()) {
        return Err(
            CliError::usage(format!("there is no cell `{name}`")).hint("the contract has no services")
        );
    }
    // One cell, or one part, does not show what the rest would.
    let lenses: Vec<Lens> = if cell.is_some() {
        Vec::new()
    } else {
        let has = |wanted: fn(&Subject) -> bool| cells.iter().any(|c| wanted(&c.id.subject));
        let lenses = [
            (has(|s| *s == Subject::Bytes), Lens::Wire),
            (has(|s| *s == Subject::Json), Lens::Json),
            (has(|s| matches!(s, Subject::Call(..))), Lens::Rpc),
        ];
        lenses.into_iter().filter(|(tried, _)| *tried).map(|(_, lens)| lens).collect()
    };
    let matrix = Matrix {
        contract: name.clone(),
        labels: labels.map(str::to_owned),
        typed: [args.from.clone(), args.to.clone().unwrap_or_else(|| ".".to_owned())],
        skips,
        cells,
        unseen: predictions.unseen(&lenses),
    };
    drop(progress);
    for (format, path) in &args.report {
        let view = View { colour: false, width: None };
        let name = path.display().to_string();
        files::write_whole(&ctx.io.cwd.join(path), &name, |out| format.write(&matrix, &view, out))?;
    }
    let view = ctx.view();
    args.format.write(&matrix, &view, &mut ctx.io.out)?;
    ctx.io.out.flush()?;
    Ok(if matrix.counts().red() > 0 { Exit::Findings } else { Exit::Clean })
}

fn missing(language: Language, reason: &str) -> CliError {
    let message = format!("{} cannot take part: {reason}", language.as_str());
    CliError::new(ErrorKind::Outside, message).hint("install it, or leave the language out")
}

/// The languages that are asked for, in the order of output.
fn languages(args: &VerifyArgs, cell: Option<CellId>, sdk: &Sdk<'_>) -> Vec<Language> {
    let configured = sdk.configured();
    let wanted = |l: &Language| match (cell, &args.lang) {
        (Some(cell), _) => cell.from.language == *l || cell.to.language == *l,
        (None, Some(lang)) => lang.contains(l),
        (None, None) => configured.is_empty() || configured.contains(l) || args.require.contains(l),
    };
    Language::ALL.into_iter().filter(wanted).collect()
}

/// Takes a compiled version in.
fn side(version: Version, place: usize) -> Result<Side, CliError> {
    let schema = pipeline::schema(&version.compiled)?;
    let number = version.name.version().map_or_else(|| UNPUBLISHED[place].to_owned(), ToString::to_string);
    Side::new(side::label(&version.name), number, version.compiled, schema)
        .map_err(|e| CliError::new(ErrorKind::Sources, e))
}

/// Versions and labels have to differ: a Maven build takes each only once, and a cell is known by them.
fn distinct([mut old, mut new]: [Side; 2]) -> [Side; 2] {
    if old.version == new.version {
        (old.version, new.version) = (UNPUBLISHED[0].to_owned(), UNPUBLISHED[1].to_owned());
    }
    if old.label == new.label {
        old.label.push_str("-old");
        new.label.push_str("-new");
    }
    [old, new]
}

type Built = Vec<(Language, Result<Vec<crate::verify::process::Program>, BuildError>)>;

/// Builds all languages at the same time: each mostly waits for one thing or another.
fn built(builder: Builder<'_>, drivers: &[(Language, Vec<Driver>)], say: &(dyn Fn(&str) + Sync)) -> Built {
    std::thread::scope(|scope| {
        let threads: Vec<_> = drivers
            .iter()
            .map(|(language, drivers)| {
                (*language, scope.spawn(move || build::build(builder, *language, drivers, say)))
            })
            .collect();
        let join = |(language, thread): (Language, std::thread::ScopedJoinHandle<'_, _>)| {
            (language, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        };
        threads.into_iter().map(join).collect()
    })
}
