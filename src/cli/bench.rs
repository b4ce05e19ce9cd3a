//! `protopact bench`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::num::NonZero;
use std::time::Duration;

use clap::Args;

use super::pipeline::{self, Version};
use super::plugins::{Machine, tell_program};
use super::verify::{distinct, side};
use super::{CliError, Ctx, ErrorKind, Exit, files};
use crate::bench::measure::Effort;
use crate::bench::subject::Subject;
use crate::bench::tell::OfBench;
use crate::bench::{self, BenchError, Facts, Measured, Plan};
use crate::machine::Space;
use crate::present::{Choice, Target};
use crate::text::{Date, View, near};
use crate::verify::part::PartError;
use crate::verify::sdk::Sdk;
use crate::verify::side::Side;
use crate::words::Language;

/// Measure what the messages of the contract cost in each language: bytes, time, allocations
///
/// Makes the packages of a version, builds a small program with each as programs in service are built, and times how long
/// each language takes to build, serialise, parse and copy every message. Sizes and advice come from the contract and the
/// messages alone, also where no language can take part. The programs are built with go, mvn, pip and cargo, which fetch
/// what the packages depend on, and are kept in the cache.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact bench                                    every message of the working tree
  protopact bench --from v1.4.0 --lang go,rust
  protopact bench --message shop.v1.Order            one message
  protopact bench --data shop.v1.Order=order.json    with data of your own, JSON or bytes
  protopact bench --calls                            calls as well, plain and with TLS
  protopact bench --against v1.4.0                   what the change since then costs
  protopact bench --report html=costs.html           a page with charts")]
pub(super) struct BenchArgs {
    /// The version to measure: a tag, any git revision, a folder; the working tree when it is left out
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,

    /// An earlier version to measure beside it, in turns: what the change between them costs
    #[arg(long, value_name = "VERSION")]
    against: Option<String>,

    /// Only these languages; those that are configured, or all four when none is
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    lang: Option<Vec<Language>>,

    /// Languages that must take part: one whose tools are missing is an error, not a skip
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    require: Vec<Language>,

    /// Only these messages, by their full names; those with `--data`, or all when nothing is said
    #[arg(long, value_name = "MESSAGE", value_delimiter = ',')]
    message: Vec<String>,

    /// What is in a message, from a file with its JSON or its bytes: `shop.v1.Order=order.json`; may be repeated
    #[arg(long, value_name = "MESSAGE=FILE")]
    data: Vec<String>,

    /// Time calls as well: latency and calls in a second of each kind, plain and with TLS
    #[arg(long)]
    calls: bool,

    /// Only messages or only calls
    #[arg(long, value_name = "PART", value_enum)]
    only: Option<Part>,

    /// How to print the costs
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfBench>,

    /// Write the costs to a file as well; may be repeated
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<Target<OfBench>>,

    /// How many milliseconds one measurement takes
    #[arg(long, value_name = "MS", default_value = "20")]
    time: NonZero<u32>,

    /// How many measurements there are after each start of a program
    #[arg(long, value_name = "N", default_value = "10")]
    batches: NonZero<u32>,

    /// How often a program is started for each message; as often as usual for the language when it is left out
    #[arg(long, value_name = "N")]
    runs: Option<NonZero<u32>>,

    /// Chooses among sample values that are as good as each other
    #[arg(long, value_name = "N", default_value_t)]
    seed: u64,

    /// Never use the network: build with what is there
    #[arg(long)]
    offline: bool,
}

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Messages that are built, written, read and copied
    Messages,
    /// Clients that call servers
    Calls,
}

/// The version of packages that have none; an earlier one has a lower one.
const UNPUBLISHED: usize = 1;

/// Runs the command.
pub(super) fn exec(args: BenchArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    if let Some(lang) = &args.lang
        && let Some(left) = args.require.iter().find(|language| !lang.contains(language))
    {
        let name = left.as_str();
        let message = format!("`--require {name}` asks for a language that `--lang` leaves out");
        return Err(
            CliError::usage(message).hint(format!("add `{name}` to `--lang`, or leave `--lang` away"))
        );
    }
    let data = data(&args.data, ctx)?;
    let progress = ctx.progress("compiling");
    let earlier =
        args.against.as_deref().map(|typed| pipeline::version(Some(typed), &[], &[], ctx)).transpose()?;
    let newest = pipeline::version(args.from.as_deref(), &[], &[], ctx)?;
    let machine = Machine::of(ctx, &newest.settings, &newest.folder);
    let lock = machine.read_lock()?;
    let settings = newest.settings.generate.clone().unwrap_or_default();
    let name = newest.settings.name.clone().unwrap_or_else(|| "contract".to_owned());
    let root = newest.folder.clone();
    let sdk =
        Sdk { name: &name, root: &root, settings: &settings, lock: lock.as_ref(), around: machine.around() };
    let versions = earlier.into_iter().chain([newest]);
    let (sides, commits) = sides(versions)?;
    let Some(cache) = &machine.cache else {
        return Err(CliError::usage("there is no folder for what is built")
            .hint("set `PROTOPACT_CACHE` to one, or `HOME`"));
    };
    let languages = languages(&args, &sdk);
    let mut measured = Vec::new();
    for (place, side) in sides.iter().enumerate() {
        let newest = place + 1 == sides.len();
        measured.push(Measured { side, subjects: subjects(&args, side, &data, newest)? });
    }
    let number = |n: NonZero<u32>| usize::try_from(n.get()).unwrap_or(usize::MAX);
    let plan = Plan {
        sdk,
        versions: measured,
        languages,
        required: args.require.clone(),
        effort: Effort {
            runs: args.runs.map(number),
            batches: number(args.batches),
            batch: Duration::from_millis(u64::from(args.time.get())),
        },
        messages: args.only != Some(Part::Calls),
        calls: args.only.map_or(args.calls, |only| only == Part::Calls),
        offline: args.offline,
        programs: &cache.space(Space::Verify),
        facts: Facts {
            tool: format!("protopact {}", env!("CARGO_PKG_VERSION")),
            day: Date::of(ctx.io.now).to_string(),
            commits,
            processors: std::thread::available_parallelism().map_or(1, NonZero::get),
            libraries: Vec::new(),
        },
    };
    let costs = match bench::run(&plan, &|step| progress.say(step)) {
        Ok(costs) => costs,
        Err(error) => {
            tell_program(error.messages(), ctx)?;
            return Err(error.into());
        }
    };
    drop(progress);
    for Target { format, path } in &args.report {
        let view = View { colour: false, width: None };
        let name = path.display().to_string();
        files::write_whole(&ctx.io.cwd.join(path), &name, |out| format.write(&costs, &view, out))?;
    }
    let view = ctx.view();
    args.format.write(&costs, &view, &mut ctx.io.out)?;
    ctx.io.out.flush()?;
    for skip in &costs.skips {
        tell_program(skip.failed.as_deref().unwrap_or_default(), ctx)?;
    }
    if !costs.failures.is_empty() {
        return Err(BenchError::Unwhole(costs.failures).into());
    }
    Ok(Exit::Clean)
}

impl From<BenchError> for CliError {
    fn from(error: BenchError) -> CliError {
        let hint = match &error {
            BenchError::Part(PartError::Required { .. }) => Some("install it, or leave the language out"),
            BenchError::Unwhole(_) => {
                Some("the rest is told above; leave a language that does not build out with `--lang`")
            }
            _ => None,
        };
        CliError::new(ErrorKind::Outside, error).hint_opt(hint.map(str::to_owned))
    }
}

/// What was given for messages: by name, the file and what is in it.
type Data = BTreeMap<String, (String, Vec<u8>)>;

fn data(given: &[String], ctx: &Ctx<'_>) -> Result<Data, CliError> {
    let mut all = Data::new();
    for typed in given {
        let Some((message, path)) = typed.split_once('=').filter(|(m, p)| !m.is_empty() && !p.is_empty())
        else {
            return Err(CliError::usage(format!("`--data {typed}` names no message or no file"))
                .hint("write it as `--data MESSAGE=FILE`"));
        };
        let content = std::fs::read(ctx.io.cwd.join(path))
            .map_err(|e| CliError::outside(format!("cannot read `{path}` for `{message}`"), e))?;
        if all.insert(message.to_owned(), (path.to_owned(), content)).is_some() {
            return Err(CliError::usage(format!("`--data` is given twice for `{message}`"))
                .hint("leave one of them away"));
        }
    }
    Ok(all)
}

/// The versions as they are measured, with their commits.
fn sides(versions: impl Iterator<Item = Version>) -> Result<(Vec<Side>, Vec<Option<String>>), CliError> {
    let (mut sides, mut commits) = (Vec::new(), Vec::new());
    let versions: Vec<Version> = versions.collect();
    let first = UNPUBLISHED + 1 - versions.len();
    for (place, Version { compiled, name, .. }) in versions.into_iter().enumerate() {
        commits.push(name.commit().map(|commit| commit.to_string()));
        sides.push(side(compiled, &name, first + place)?);
    }
    Ok(match <[Side; 2]>::try_from(sides) {
        Ok(both) => (distinct(both).into(), commits),
        Err(one) => (one, commits),
    })
}

/// The languages that are asked for, in the order of output.
fn languages(args: &BenchArgs, sdk: &Sdk<'_>) -> Vec<Language> {
    let configured = sdk.configured();
    let wanted = |l: &Language| match &args.lang {
        Some(lang) => lang.contains(l),
        None => configured.is_empty() || configured.contains(l) || args.require.contains(l),
    };
    Language::ALL.into_iter().filter(wanted).collect()
}

/// What is measured of a version. A message that is asked for has to be in the newest one; data of it may have more than
/// an earlier one knows.
fn subjects(args: &BenchArgs, side: &Side, data: &Data, newest: bool) -> Result<Vec<Subject>, CliError> {
    let mut wanted: Vec<&str> = args.message.iter().map(String::as_str).collect();
    wanted.extend(data.keys().map(String::as_str));
    if let Some(missing) = wanted.iter().find(|name| newest && !side.has(name)) {
        let names: Vec<&str> = side.messages().map(|id| side.name(id)).collect();
        let near = near(missing, names.iter().copied()).into_iter().next();
        return Err(CliError::usage(format!("{} has no message `{missing}`", side.label))
            .hint_opt(near.map(|near| format!("there is `{near}`"))));
    }
    let messages = side.messages().filter(|id| wanted.is_empty() || wanted.contains(&side.name(*id)));
    messages
        .map(|id| match data.get(side.name(id)) {
            Some((name, content)) => Subject::data(side, id, name, content, !newest).map_err(|e| {
                CliError::new(ErrorKind::Usage, e).hint("give the message as JSON, or as its bytes")
            }),
            None => Ok(Subject::sample(side, id, args.seed)),
        })
        .collect()
}
