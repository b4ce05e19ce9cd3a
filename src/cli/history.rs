//! `protopact history`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::pipeline::{self, Job};
use super::release::repository;
use super::{CliError, Ctx, ErrorKind, Exit, files};
use crate::config::{Deprecation, ImportPlace, Overrides};
use crate::git::{Repo, told_other};
use crate::ledger::{Chronicle, Chronicler, Kept, Removable, Story, protolock, tell};
use crate::present::{Choice, Format, Formats};
use crate::source::{Name, Shared, Text};
use crate::text::{Date, Line, View, near, plural};

/// Show every number and name that the versions of a contract ever used
///
/// Of each message and enum: what a number was used for, from which version to which, what was deleted, reserved or used
/// again. Versions are the tags of the repository, and the working tree comes last. Extensions stand among the numbers of
/// what they extend. Only the text of a version is read, so that one which does not compile any more has its place.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact history                          everything
  protopact history shop.v1.Item             one message
  protopact history shop.v1                  a package
  protopact history shop.v1.Item --format json
  protopact history --removable              what is deprecated, and may go
  protopact history --write contract.history for `check --history`, where there are no tags
  protopact history --import proto.lock --write contract.history")]
pub(super) struct HistoryArgs {
    /// A message or enum, or what stands around several: a package, an outer message
    #[arg(value_name = "SYMBOL")]
    symbol: Option<String>,

    /// List what is deprecated in the working tree, and what of it may be removed by now
    #[arg(long)]
    removable: bool,

    /// In how many published versions a field or value has to be deprecated before it may be removed, whatever `[deprecation]` says
    #[arg(long, value_name = "N", requires = "removable")]
    min_versions: Option<u32>,

    /// Keep what every number was used for in a file: its lines, and those of all versions and the working tree; without FILE
    /// the one of the configuration (`[history] file`)
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with_all = ["removable", "symbol", "verify"])]
    write: Option<Option<PathBuf>>,

    /// Whether a file, or the one of the configuration, has what all versions and the working tree say, and nothing else
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with_all = ["removable", "symbol"])]
    verify: Option<Option<PathBuf>>,

    /// Take over what a `proto.lock` of protolock remembers, into the file of `--write` or of the configuration
    #[arg(long, value_name = "LOCK", conflicts_with_all = ["removable", "symbol", "verify"])]
    import: Option<PathBuf>,

    /// The shape of version tags
    #[arg(long, value_name = "SHAPE")]
    tag: Option<String>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfHistory>,
}

/// What is told.
struct Told {
    chronicle: Chronicle,
    /// Only what is deprecated, and what may go.
    removable: Option<Removable>,
}

/// The formats of a history.
#[derive(Debug)]
struct OfHistory;

impl Formats for OfHistory {
    type Document = Told;

    const ALL: &'static [Format<Told>] = &[
        Format { name: "text", help: "For people", hidden: false, write: text },
        Format { name: "json", help: "For programs", hidden: false, write: json },
    ];
}

fn text(told: &Told, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    match &told.removable {
        Some(removable) => tell::removable_text(&told.chronicle, removable, view, out),
        None => tell::text(&told.chronicle, view, out),
    }
}

fn json(told: &Told, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    match &told.removable {
        Some(removable) => tell::removable_json(&told.chronicle, removable, out),
        None => tell::json(&told.chronicle, view, out),
    }
}

/// Runs the command.
pub(super) fn exec(args: HistoryArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let file = match (&args.write, &args.verify) {
        (Some(named), _) => Some(place(named.as_deref(), "--write", ctx)?),
        (None, Some(named)) => Some(place(named.as_deref(), "--verify", ctx)?),
        (None, None) if args.import.is_some() => Some(place(None, "--write", ctx)?),
        (None, None) => None,
    };
    let imported = args.import.as_deref().map(|lock| import(lock, ctx)).transpose()?;
    let (chronicler, notes) = read(args.tag.as_deref(), ctx)?;
    for note in &notes {
        ctx.note(note)?;
    }
    if let Some(file) = &file {
        let told = chronicler.kept();
        return match (imported, args.verify.is_some()) {
            (_, true) => verify(file, &told, ctx),
            (Some(imported), false) => write(file, &told.and(imported), ctx),
            (None, false) => write(file, &told, ctx),
        };
    }
    let chronicle = chronicler.finish();
    let chronicle = match &args.symbol {
        Some(symbol) => about(chronicle, symbol.trim_start_matches('.'))?,
        None => chronicle,
    };
    let view = ctx.view();
    let removable = match args.removable {
        true => Some(removable(args.min_versions, &chronicle, ctx)?),
        false => None,
    };
    let told = Told { chronicle, removable };
    args.format.write(&told, &view, &mut ctx.io.out)?;
    // Nobody waits until a million small pieces are given back.
    rayon::spawn(move || drop(told));
    Ok(Exit::Clean)
}

/// What a flag asks of what is deprecated, or else the configuration, or else one version.
fn removable(
    min_versions: Option<u32>,
    chronicle: &Chronicle,
    ctx: &mut Ctx<'_>,
) -> Result<Removable, CliError> {
    let asked = match min_versions {
        Some(versions) => Deprecation::versions(versions),
        None => pipeline::here(ctx)?.0.deprecation.unwrap_or_else(|| Deprecation::versions(1)),
    };
    let repo = Repo::discover(&ctx.io.cwd).ok();
    let day = |tag: &str| Some(Date::of_seconds(repo.as_ref()?.tagged_at(tag)?));
    let days = chronicle.versions.iter().map(|version| day(version)).collect();
    Ok(Removable { asked, today: Date::of(ctx.io.now), days })
}

/// Every version and the working tree, and what is to be said about them.
fn read(tag: Option<&str>, ctx: &mut Ctx<'_>) -> Result<(Chronicler, Vec<String>), CliError> {
    let progress = ctx.progress("reading");
    let repo = repository(&ctx.io.cwd)?;
    let overrides = Overrides { tag: tag.map(str::to_owned), ..pipeline::overrides(ctx) };
    let shape = pipeline::settings_here(&overrides, ctx)?.0.release.tag;
    let failed = |e| CliError::outside("cannot look for published versions", e);
    let versions = repo.versions(&shape).map_err(failed)?;
    let mut notes = Vec::new();
    if versions.is_empty() {
        let others = repo.others(&shape).map_err(failed)?;
        let other =
            others.first_key_value().map(|(tag, contract)| format!("; {}", told_other(tag, contract)));
        notes.push(format!(
            "no version was published, that is no tag like `{shape}`{}",
            other.unwrap_or_default()
        ));
    }
    if repo.is_shallow() {
        let hint = "`git fetch --unshallow --tags` gets them";
        notes.push(format!("the clone is shallow and may lack published versions: {hint}"));
    }
    let mut chronicler = Chronicler::default();
    let shared = Some(Arc::new(Shared::default()));
    let job = Job { overrides, shared, ..Job::new(".") };
    pipeline::asked(&job, ctx, |request, stdin| {
        let new = request.new_side(stdin)?;
        for (_, tag) in &versions {
            progress.say(tag);
            let seen = |id| chronicler.knows(&id);
            match request.texts(&new, Some(&format!("refs/tags/{tag}")), &seen, stdin) {
                Ok((_, texts)) => take(&mut chronicler, tag, &texts),
                Err(error) => notes.push(format!("{tag} is left out: {error}")),
            }
        }
        let (name, texts) = request.texts(&new, None, &|id| chronicler.knows(&id), stdin)?;
        let name = if name == Name::WorkingTree { "working tree".to_owned() } else { name.aside() };
        take(&mut chronicler, &name, &texts);
        Ok(())
    })?;
    Ok((chronicler, notes))
}

/// The file that a flag names, or else the configuration.
fn place(named: Option<&Path>, flag: &str, ctx: &mut Ctx<'_>) -> Result<ImportPlace, CliError> {
    if let Some(path) = named {
        return Ok(ImportPlace { written: path.display().to_string(), path: ctx.io.cwd.join(path) });
    }
    pipeline::here(ctx)?.0.history.ok_or_else(|| {
        CliError::usage(format!("`{flag}` names no file, and no configuration does"))
            .hint(format!("`{flag} contract.history`, or `file = \"contract.history\"` under `[history]`"))
    })
}

/// What a lock file of protolock remembers.
fn import(lock: &Path, ctx: &mut Ctx<'_>) -> Result<Kept, CliError> {
    let name = lock.display().to_string();
    let text = std::fs::read_to_string(ctx.io.cwd.join(lock))
        .map_err(|e| CliError::outside(format!("cannot read `{name}`"), e))?;
    let imported = protolock(&text).map_err(|e| {
        CliError::new(ErrorKind::Usage, e)
            .while_(format!("cannot read `{name}`"))
            .hint("it is the file that `protolock commit` writes: JSON with `definitions`")
    })?;
    for note in &imported.notes {
        ctx.note(note)?;
    }
    Ok(imported.kept)
}

/// Adds to a file, or makes it.
fn write(place: &ImportPlace, told: &Kept, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let ImportPlace { written: name, path } = place;
    let before = match path.exists() {
        true => Kept::read(path, name)?,
        false => Kept::default(),
    };
    let fresh = told.beyond(&before).len();
    let all = told.clone().and(before);
    files::write_whole(path, name, |out| out.write_all(all.text().as_bytes()))?;
    ctx.note(&format!("`{name}` has {}, {fresh} of them new", plural(all.len(), "use")))?;
    Ok(Exit::Clean)
}

/// Tells where a file and the versions differ.
fn verify(place: &ImportPlace, told: &Kept, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let ImportPlace { written: name, path } = place;
    let file = Kept::read(path, name)?;
    let (missing, beyond) = (told.beyond(&file), file.beyond(told));
    let lines = missing
        .iter()
        .map(|line| ("missing ", line))
        .chain(beyond.iter().map(|line| ("in no version ", line)));
    for (what, line) in lines {
        let line = Line::new().plain(what).plain(line).hang(2);
        line.write(&ctx.view(), &mut ctx.io.out)?;
    }
    let same = missing.is_empty() && beyond.is_empty();
    let uses = plural(told.len(), "use");
    if same {
        Line::new()
            .plain(format!("`{name}` has what the versions have: {uses}"))
            .write(&ctx.view(), &mut ctx.io.out)?;
    }
    Ok(if same { Exit::Clean } else { Exit::Findings })
}

/// Reads a history file that a flag names.
pub(super) fn kept_at(path: &Path, ctx: &Ctx<'_>) -> Result<Kept, CliError> {
    Ok(Kept::read(&ctx.io.cwd.join(path), &path.display().to_string())?)
}

fn take(chronicler: &mut Chronicler, name: &str, texts: &[Text]) {
    let texts = texts.iter().map(|text| (text.id, text.content.as_deref()));
    chronicler.add(name, &texts.collect::<Vec<_>>());
}

/// What a name stands for, or stands around.
fn about(mut chronicle: Chronicle, symbol: &str) -> Result<Chronicle, CliError> {
    let within = |name: &str, outer: &str| {
        name.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    // Of a field the message.
    let holder = symbol.rsplit_once('.').map(|(holder, _)| holder);
    let has = |story: &&Story| {
        holder == Some(&*story.full_name)
            && story.names.iter().any(|n| within(symbol, &format!("{}.{}", story.full_name, n.name)))
    };
    let outer = match holder.filter(|_| chronicle.of.iter().any(|story| has(&story))) {
        Some(holder) => holder,
        None => symbol,
    };
    if !chronicle.of.iter().any(|story| within(&story.full_name, outer)) {
        let names = near(symbol, chronicle.of.iter().map(|story| &*story.full_name));
        let error = CliError::usage(format!("no version declares `{symbol}`"));
        return Err(match &names[..] {
            [] => error.hint("`protopact history` lists every message and enum"),
            [first, ..] => error.hint(format!("did you mean `{first}`?")),
        });
    }
    chronicle.of.retain(|story| within(&story.full_name, outer));
    chronicle.deprecated.retain(|one| within(&one.symbol, outer));
    Ok(chronicle)
}
