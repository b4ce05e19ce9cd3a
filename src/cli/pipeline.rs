//! From sources to a report: the parts below, in their order.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use super::exit::ExitCodeStyle;
use super::seen::{Known, Seen};
use super::warnings::Counted;
use super::{CliError, Ctx, ErrorKind, excerpts, lines, owners, repairs, since, warnings};
use crate::codegen::sdk;
use crate::compare::{Background, Comparison, Moved};
use crate::compile::image::ImageError;
use crate::compile::{self, Backend, CompileError, Compiled, Diagnostic, Input, Options};
use crate::config::{Baseline, ConfigError, ImportPlace, Overrides, Place, Root, Settings, is_under};
use crate::deps::Lock;
use crate::findings::{Finding, Report, WaiverStatus};
use crate::fix::{Bench, suggest};
use crate::ledger::{self, History, Kept, KeptError, Records, Timelines};
use crate::machine::{Cache, Host};
use crate::policy::{self, Decided, Policies, PolicyError};
use crate::report;
use crate::schema::Schema;
use crate::source::{
    self, Around, Content, Layout, LayoutError, LegalText, Loaded, Name, NewSide, Opened, Places, Request,
    RequestError, Scope, Shared, Side, Sides, SourceError,
};
use crate::text::{Date, plural};
use crate::wire::{Reader, runtimes};
use crate::words::{Level, Mode, Pinned, Registry};

/// What a command asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Job {
    /// The new side, as typed.
    pub(super) new: String,
    /// What flags say; the old side is in it.
    pub(super) overrides: Overrides,
    /// Configuration for the old side.
    pub(super) old_config: Option<String>,
    /// Only these.
    pub(super) path: Vec<String>,
    /// Never these.
    pub(super) exclude_path: Vec<String>,
    /// Leave out old files that the new side does not have.
    pub(super) limit_to_input_files: bool,
    /// Whether packages are made: they have paths of their own in the configuration.
    pub(super) packages: bool,
    /// Find a witness for every finding.
    pub(super) witness: bool,
    /// What a file remembers.
    pub(super) kept: Option<Kept>,
    /// Which schema registry is asked, and what it keeps.
    pub(super) registry: Option<(Registry, Mode)>,
    /// Findings that this state of the contract has as well do not count.
    pub(super) new_since: Option<String>,
    /// Show the sources of both sides beside each finding.
    pub(super) excerpts: bool,
    /// Say which edits would repair each finding.
    pub(super) repairs: bool,
    /// Compile only what the change can reach, where that gives the same report.
    pub(super) affected: bool,
    /// What was opened for other states, where there are several.
    pub(super) shared: Option<Arc<Shared>>,
}

impl Job {
    /// A job over one side, with nothing else said.
    pub(super) fn new(new: &str) -> Job {
        Job { new: new.to_owned(), ..Job::default() }
    }
}

/// One .proto file, for a text diff.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// The import path.
    pub(super) name: Box<str>,
    /// Where a person finds it.
    pub(super) display: Box<str>,
    /// The bytes.
    pub(super) content: bytes::Bytes,
}

/// A compiled contract.
#[derive(Debug)]
pub(super) struct Built {
    /// What it is.
    pub(super) name: Name,
    /// The descriptors.
    pub(super) compiled: Compiled,
    /// Things worth knowing about the run.
    pub(super) notes: Vec<String>,
    /// Whether somebody else compiled it.
    pub(super) from_image: bool,
}

/// What the global flags say.
pub(super) fn overrides(ctx: &Ctx<'_>) -> Overrides {
    let backend = ctx.global.compiler.and_then(|b| clap::ValueEnum::to_possible_value(&b));
    let imports = ctx
        .global
        .imports
        .iter()
        .map(|written| ImportPlace { written: written.clone(), path: ctx.io.cwd.join(written) });
    Overrides {
        imports: imports.collect(),
        backend: backend.map(|v| v.get_name().to_owned()),
        protoc: ctx.global.protoc.as_ref().map(|p| ctx.io.cwd.join(p)),
        buf_defaults: ctx.global.exit_code_style == ExitCodeStyle::Buf,
        ..Overrides::default()
    }
}

/// What came of comparing with one state.
pub(super) struct Checked {
    pub(super) report: Report,
    /// The lowest level that fails.
    pub(super) fail_on: Level,
    /// What is to be said of the memory: of one state, where there are several.
    pub(super) memory: Vec<String>,
    /// The warnings of its sources that nobody was told of, where there are several states.
    pub(super) warnings: Counted,
}

impl Checked {
    /// The whole report, and the level.
    pub(super) fn told(mut self) -> (Report, Level) {
        self.report.notes.append(&mut self.memory);
        (self.report, self.fail_on)
    }
}

/// Compares and decides. The level is the lowest that fails.
pub(super) fn check(job: &Job, ctx: &mut Ctx<'_>) -> Result<(Report, Level), CliError> {
    Ok(check_one(job, &mut Seen::default(), ctx)?.map_err(several)?.told())
}

/// Why several states are an error.
pub(super) fn several(states: Vec<Baseline>) -> CliError {
    RequestError::Several(states).into()
}

/// The same of one state among several; where several are named, those.
pub(super) fn check_one(
    job: &Job,
    seen: &mut Seen,
    ctx: &mut Ctx<'_>,
) -> Result<Result<Checked, Vec<Baseline>>, CliError> {
    let one = |opened: Result<Sides, RequestError>| match opened {
        Err(RequestError::Several(states)) => Ok(Err(states)),
        opened => opened.map(Ok),
    };
    // What these ask for is about files that no change reaches.
    let whole = job.limit_to_input_files || job.new_since.is_some() || ctx.global.warnings;
    if job.affected && !whole {
        let part = match asked(job, ctx, |request, stdin| one(request.affected(stdin)))? {
            Ok(part) => part,
            Err(several) => return Ok(Err(several)),
        };
        if let Some(checked) = check_sides(part, job, seen, ctx)? {
            return Ok(Ok(checked));
        }
    }
    let whole = match asked(job, ctx, |request, stdin| one(request.both(stdin)))? {
        Ok(whole) => whole,
        Err(several) => return Ok(Err(several)),
    };
    let checked = check_sides(whole, job, seen, ctx)?;
    Ok(Ok(checked.expect("nothing is missing where everything is compiled")))
}

/// The same of sides that were opened; `None` where a part of them does not tell all.
fn check_sides(
    mut pair: Sides,
    job: &Job,
    seen: &mut Seen,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Checked>, CliError> {
    let options = options(&pair.settings);
    let fail_on = pair.settings.check.fail_on;
    let part = pair.affected.take();
    // protoc checks a side as a whole.
    if part.is_some() && !matches!(options.backend, Backend::Auto | Backend::Builtin) {
        return Ok(None);
    }
    let progress = ctx.progress("compiling both sides");
    let _room = seen.room(pair.text());
    let kept = lines::kept(&pair.new.content);
    let texts =
        job.excerpts.then(|| [excerpts::texts(&pair.old.content), excerpts::texts(&pair.new.content)]);
    // Images give no texts here: their old side is decoded for `fix` alone.
    let edited = match (&pair.old.content, &pair.new.content) {
        (Content::Sources(old), Content::Sources(new)) if job.repairs => Some((old.clone(), new.clone())),
        _ => None,
    };
    let (old, new, mut warned) = match compile_pair(&mut pair, job, &options, seen) {
        // Whoever has to mend something is told of everything that is wrong.
        Err(_) if part.is_some() => return Ok(None),
        compiled => compiled?,
    };
    if let Some(part) = &part {
        if [&*old, &*new].into_iter().any(Schema::clashes_elsewhere) {
            return Ok(None);
        }
        // What an Any holds by way of example is a message of any file.
        let holds_any = |schema: &Schema| schema.message_by_name("google.protobuf.Any").is_some();
        if job.witness && [&*old, &*new].into_iter().any(holds_any) {
            return Ok(None);
        }
        let sides = [(&mut warned.0, &pair.old.layout), (&mut warned.1, &pair.new.layout)];
        sides.into_iter().for_each(|(warnings, layout)| part.keep_warnings(warnings, layout));
    }
    let mut sides: Vec<(&Name, &[Diagnostic])> =
        vec![(&pair.new.name, &warned.1), (&pair.old.name, &warned.0)];
    sides.retain(|(name, _)| !seen.warned.contains(name));
    let mut warned = warnings::tell(&sides, ctx)?;
    seen.warned.extend(sides.into_iter().map(|(name, _)| name.clone()));
    progress.say("comparing");
    let (today, baseline) = (Date::of(ctx.io.now), pair.old.name.version());
    let policies = Policies::of(&pair.settings, [&pair.old.layout, &pair.new.layout], baseline, today)?;
    let records =
        Records::of(pair.origin.as_ref(), &pair.settings, job.kept.clone(), today, seen.looked.clone())?;
    let (moved, ages) = (std::mem::take(&mut pair.moved), ages(&pair.settings)?);
    let background = background(&records, &moved, &ages);
    let mut comparison = Comparison::knowing(&old, &new, &background);
    if job.witness {
        comparison = comparison.proving();
    }
    if part.as_ref().is_some_and(|part| !comparison.is_of(&part.changed)) {
        return Ok(None);
    }
    let Decided { mut findings, changes, bump, mut waivers } = policy::decide(&comparison, &policies);
    if let Some(since) = &job.new_since {
        let (name, before) = since::findings(since, job, &pair, &old, &background, ctx)?;
        policy::known(&mut findings, &before);
        pair.notes.push(format!("findings that {} has as well do not count", name.told()));
    }
    if waivers.iter().any(|w| w.status == WaiverStatus::Unused && !w.comment)
        && let Some(history) = records.history()
    {
        if part.is_some() {
            return Ok(None);
        }
        let earlier = since::earlier(history, job, &old, ctx);
        match earlier {
            Some(earlier) => policy::published(&mut waivers, &earlier),
            None => seen.lacks = true,
        }
    }
    let timelines = if job.excerpts {
        timelines(&comparison, &findings, records.history())
    } else {
        Timelines::default()
    };
    let mut notes = pair.notes;
    if !seen.several {
        notes.extend(std::mem::take(&mut warned).note());
    }
    notes.extend_from_slice(policies.warnings());
    let memory_notes = comparison.notes().to_vec();
    let mut report = Report {
        old: pair.old.name,
        new: pair.new.name,
        findings,
        changes,
        waivers,
        notes,
        bump,
        timelines,
        registry: job.registry.map(|(registry, mode)| policy::registry(&comparison, registry, mode)),
        ..Report::default()
    };
    lines::fill(&kept, &mut report);
    if let Some([old, new]) = &texts {
        report.excerpts = excerpts::of([old, new], &report);
        report.owners = owners::of(&ctx.io.cwd, &report);
    }
    if let Some((was, is)) = edited.filter(|_| !report.findings.is_empty()) {
        let texts = repairs::sources(&was);
        let bench =
            Bench { old: &old, texts: &texts, new: &is, options: &options, policies: &policies, background };
        report.repairs = suggest(&bench, &comparison, &report.findings);
    }
    // Taking millions of small things apart at the end of the process helps nobody; before the next state it does.
    if !seen.several {
        std::mem::forget(comparison);
        std::mem::forget((old, new));
    }
    Ok(Some(Checked { report, fail_on, memory: memory_notes, warnings: warned }))
}

/// What became of the numbers that findings are about, of those that are shown whole.
fn timelines(comparison: &Comparison<'_>, findings: &[Finding], history: Option<&History>) -> Timelines {
    let of: BTreeSet<usize> = findings.iter().take(report::SHOWN_WHOLE).map(|finding| finding.of).collect();
    let changes = of.into_iter().map(|index| (index, &comparison.changes()[index]));
    ledger::timelines(&comparison.cx(), changes, history)
}

/// Compares; nobody minds anything.
pub(super) fn changes(job: &Job, ctx: &mut Ctx<'_>) -> Result<Report, CliError> {
    let (report, _) = check(job, ctx)?;
    Ok(Report { findings: Vec::new(), waivers: Vec::new(), ..report })
}

/// The .proto files of both sides, sorted by import path.
pub(super) fn texts(job: &Job, ctx: &mut Ctx<'_>) -> Result<(Vec<Text>, Vec<Text>), CliError> {
    let pair = asked(job, ctx, |request, stdin| request.both(stdin))?;
    let texts = |side: Opened| match side.content {
        Content::Sources(input) => Ok(own_texts(input)),
        Content::Image(..) => Err(CliError::usage(format!("{} holds no text", side.name))
            .hint("compare what it means with `protopact diff` without `--text`")),
    };
    Ok((texts(pair.old)?, texts(pair.new)?))
}

/// The contract's own files, sorted by import path.
fn own_texts(input: Input) -> Vec<Text> {
    let own = input.files.into_iter().filter(|f| f.target);
    let mut texts: Vec<_> =
        own.map(|f| Text { name: f.name, display: f.display, content: f.content }).collect();
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    texts
}

/// The new side as it stands, without compiling it: its settings, its import roots, and the folders in them that are only
/// there to be imported, relative to the working directory. Roots that cannot be found are the working directory.
pub(super) fn survey(ctx: &mut Ctx<'_>) -> Result<(Settings, Vec<Root>, Vec<String>), CliError> {
    let new = asked(&Job::new("."), ctx, |request, stdin| request.new_side(stdin))?;
    let NewSide { loaded, settings, selection } = new;
    let here = || (vec![Root::plain("")], Vec::new());
    let (roots, imports) = match &*loaded {
        // A configuration further up has roots that are relative to it.
        Loaded::Tree(tree) if *tree.scope() == Scope::All => {
            let cache = cache(&Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() }, ctx);
            let around = Around { cwd: &ctx.io.cwd, cache: cache.as_ref(), lock: None, shared: None };
            let places = Places::open(&loaded, &settings, around, None).unwrap_or_default();
            let layout = source::layout::plan(tree, &settings, &selection, Side::New, None, &places);
            let root = |m: source::Module| Root { path: m.root, prefix: m.prefix };
            layout.map_or_else(
                |_| here(),
                |p| {
                    let own = |folder: &String| p.layout.modules.iter().any(|m| is_under(folder, &m.root));
                    let imports = p.layout.hidden.iter().filter(|f| own(f)).cloned().collect();
                    (p.layout.modules.into_iter().map(root).collect(), imports)
                },
            )
        }
        _ => here(),
    };
    Ok((settings, roots, imports))
}

/// Compiles one side.
pub(super) fn build(job: &Job, ctx: &mut Ctx<'_>) -> Result<Built, CliError> {
    let progress = ctx.progress("reading");
    let (settings, opened) = asked(job, ctx, |request, stdin| request.one(stdin))?;
    let options = options(&settings);
    progress.say("compiling");
    let compiled = compile_side(&opened.content, &options);
    let compiled = compiled.and_then(|compiled| match opened.content {
        // Nobody has looked into the files of an image so far.
        Content::Image(..) => Schema::build(&compiled).map(|_| compiled).map_err(Failure::Schema),
        Content::Sources(_) => Ok(compiled),
    });
    let compiled = compiled.map_err(|e| refuse(vec![(opened.name.clone(), e)]))?;
    let from_image = matches!(opened.content, Content::Image(..));
    let mut notes = opened.layout.notes;
    notes.extend(warnings::tell(&[(&opened.name, &compiled.warnings)], ctx)?.note());
    Ok(Built { name: opened.name, compiled, notes, from_image })
}

/// One version of the contract around the working directory, for making packages of it.
#[derive(Debug)]
pub(super) struct Version {
    /// The settings of the working directory, whatever version was asked for.
    pub(super) settings: Settings,
    /// The folder of the configuration.
    pub(super) folder: PathBuf,
    /// The descriptors.
    pub(super) compiled: Compiled,
    /// The texts of its licence.
    pub(super) legal: Vec<LegalText>,
    /// What it is.
    pub(super) name: Name,
    /// The text of its own files.
    pub(super) texts: Vec<Text>,
    /// Things worth knowing about the run.
    pub(super) notes: Vec<String>,
    /// Its files by import path.
    pub(super) layout: Layout,
}

/// The settings of the contract around the working directory, and the folder of its configuration.
pub(super) fn here(ctx: &mut Ctx<'_>) -> Result<(Settings, PathBuf), CliError> {
    settings_here(&overrides(ctx), ctx)
}

/// The same where flags say more.
pub(super) fn settings_here(
    overrides: &Overrides,
    ctx: &mut Ctx<'_>,
) -> Result<(Settings, PathBuf), CliError> {
    let job = Job { overrides: overrides.clone(), ..Job::new(".") };
    let new = asked(&job, ctx, |request, stdin| request.new_side(stdin))?;
    let folder = new.loaded.root().map_or_else(|| ctx.io.cwd.clone(), |c| c.root);
    Ok((new.settings, folder))
}

/// Compiles the working tree, or another version of the same contract, to make packages of it.
/// `path` and `exclude` say which files they are made of, as typed.
pub(super) fn version(
    from: Option<&str>,
    path: &[String],
    exclude: &[String],
    ctx: &mut Ctx<'_>,
) -> Result<Version, CliError> {
    let job = Job {
        overrides: overrides(ctx),
        path: path.to_vec(),
        exclude_path: exclude.to_vec(),
        packages: true,
        ..Job::new(".")
    };
    version_for(&job, from, ctx)
}

/// Compiles a published version of the contract around the working directory, all of it. `shape` is that of its tag.
pub(super) fn published(tag: &str, shape: &str, ctx: &mut Ctx<'_>) -> Result<Version, CliError> {
    let overrides = Overrides { tag: Some(shape.to_owned()), ..overrides(ctx) };
    version_for(&Job { overrides, ..Job::new(".") }, Some(&format!("refs/tags/{tag}")), ctx)
}

/// Compiles the working tree, or another version of the same contract.
pub(super) fn version_for(job: &Job, from: Option<&str>, ctx: &mut Ctx<'_>) -> Result<Version, CliError> {
    let (new, mut opened) = asked(job, ctx, |request, stdin| {
        let new = request.new_side(stdin)?;
        let opened = request.version(&new, from, stdin)?;
        Ok((new, opened))
    })?;
    let folder = new.loaded.root().map_or_else(|| ctx.io.cwd.clone(), |c| c.root);
    let options = options(&new.settings);
    let compiled = compile_side(&opened.content, &options);
    let guessed = from.is_some() && opened.layout.found_roots;
    let compiled = compiled.map_err(|e| {
        refuse(vec![(opened.name.clone(), e)]).hint_opt(guessed.then(|| source::OLD_HINT.to_owned()))
    })?;
    let mut notes = std::mem::take(&mut opened.layout.notes);
    notes.extend(warnings::tell(&[(&opened.name, &compiled.warnings)], ctx)?.note());
    let texts = match opened.content {
        Content::Sources(input) => own_texts(input),
        Content::Image(..) => Vec::new(),
    };
    Ok(Version {
        name: opened.name,
        settings: new.settings,
        folder,
        compiled,
        texts,
        notes,
        legal: opened.legal,
        layout: opened.layout,
    })
}

/// The model of compiled files.
pub(super) fn schema(compiled: &Compiled) -> Result<Schema, CliError> {
    Schema::build(compiled).map_err(|e| no_descriptors(e, "cannot read the descriptors".to_owned()))
}

/// What to do about descriptors that cannot be read: those of a compiler here always can.
fn no_descriptors(error: impl std::error::Error + Send + Sync + 'static, doing: String) -> CliError {
    CliError::new(ErrorKind::Sources, error).while_(doing).hint(
        "make the descriptor set again, with everything that it imports: \
         `protopact build -o FILE`, or protoc with `--include_imports`",
    )
}

pub(super) fn options(settings: &Settings) -> Options {
    let protoc = settings.compile.protoc.clone();
    Options { backend: settings.compile.backend, protoc, ..Options::default() }
}

/// Has what a job asks for opened.
pub(super) fn asked<T>(
    job: &Job,
    ctx: &mut Ctx<'_>,
    open: impl FnOnce(&Request<'_>, &mut dyn Read) -> Result<T, RequestError>,
) -> Result<T, CliError> {
    asked_with(job, None, ctx, open)
}

/// The same with another lock than the one that is found.
pub(super) fn asked_with<T>(
    job: &Job,
    lock: Option<&Lock>,
    ctx: &mut Ctx<'_>,
    open: impl FnOnce(&Request<'_>, &mut dyn Read) -> Result<T, RequestError>,
) -> Result<T, CliError> {
    let cwd = ctx.io.cwd.clone();
    let host = Host { env: ctx.io.env.clone(), cwd: cwd.clone() };
    let cache = cache(&host, ctx);
    let request = Request {
        host: &host,
        fetch: ctx.global.fetch,
        cache: cache.as_ref(),
        lock,
        shared: job.shared.as_deref(),
        cwd: &cwd,
        new: &job.new,
        overrides: &job.overrides,
        config: ctx.global.config.as_deref(),
        old_config: job.old_config.as_deref(),
        path: &job.path,
        exclude_path: &job.exclude_path,
        packages: job.packages,
        languages: sdk::check,
    };
    Ok(open(&request, &mut ctx.io.input)?)
}

/// The cache of a run.
pub(super) fn cache(host: &Host, ctx: &Ctx<'_>) -> Option<Cache> {
    let cache = Cache::of(host)?;
    Some(if ctx.global.no_cache { cache.forgetting() } else { cache })
}

/// What is known besides the two sides.
pub(super) fn background<'a>(records: &'a Records, moved: &'a Moved, ages: &'a [Reader]) -> Background<'a> {
    let (memory, announcements) = (records.memory(), records.announcements());
    Background { memory, moved: Some(moved), ages, announcements }
}

/// Both sides, and what is odd about the sources of each.
type Pair = (Arc<Schema>, Arc<Schema>, (Vec<Diagnostic>, Vec<Diagnostic>));

/// Compiles both sides at the same time. Bytes of sources and descriptors are dropped as soon as the next form
/// of them is there.
fn compile_pair(pair: &mut Sides, job: &Job, options: &Options, seen: &mut Seen) -> Result<Pair, CliError> {
    let several = seen.several;
    let take = |content: &mut Content| std::mem::replace(content, Content::Sources(Input::default()));
    let (mut old, new) = (take(&mut pair.old.content), take(&mut pair.new.content));
    if job.limit_to_input_files {
        limit(&mut old, &new)?;
    }
    let build = |content: Content, kept: &mut Option<(Input, Known)>| {
        let input = match &content {
            Content::Sources(input) if several => Some(input.clone()),
            _ => None,
        };
        if let (Some(input), Some((known, made))) = (&input, &*kept)
            && input == known
        {
            return Ok(made.clone());
        }
        let mut compiled = compile_side(&content, options)?;
        drop(content);
        let warnings = std::mem::take(&mut compiled.warnings);
        let schema = Arc::new(Schema::build(&compiled).map_err(Failure::Schema)?);
        if let Some(input) = input {
            *kept = Some((input, (schema.clone(), warnings.clone())));
        }
        Ok((schema, warnings))
    };
    let [kept_old, kept_new] = &mut seen.sides;
    let (old, new) = rayon::join(|| build(old, kept_old), || build(new, kept_new));
    match (old, new) {
        (Ok((old, odd)), Ok((new, odd_too))) => Ok((old, new, (odd, odd_too))),
        (old, new) => {
            let guessed = old.is_err() && new.is_ok() && pair.old.layout.found_roots;
            let sides = [(&pair.new.name, new.err()), (&pair.old.name, old.err())];
            let told = refuse(sides.into_iter().filter_map(|(name, e)| Some((name.clone(), e?))).collect());
            Err(told.hint_opt(guessed.then(|| source::OLD_HINT.to_owned())))
        }
    }
}

/// Leaves out the files of the old side that the new side does not have, but for what others import.
fn limit(old: &mut Content, new: &Content) -> Result<(), CliError> {
    let (Content::Sources(old), Content::Sources(new)) = (old, new) else {
        return Err(CliError::usage("`--limit-to-input-files` needs source files on both sides")
            .hint("leave it out, or compare folders, archives or revisions"));
    };
    let names: BTreeSet<&str> = new.files.iter().filter(|f| f.target).map(|f| &*f.name).collect();
    for file in &mut old.files {
        file.target &= names.contains(&*file.name);
    }
    Ok(())
}

/// Why a side has no schema.
pub(super) enum Failure {
    Compile(CompileError),
    Schema(crate::schema::BuildError),
    Image(ImageError),
}

pub(super) fn compile_side(content: &Content, options: &Options) -> Result<Compiled, Failure> {
    match content {
        Content::Sources(input) => compile::compile(input, options).map_err(Failure::Compile),
        Content::Image(image, selection) => {
            let mut compiled = compile::image::read(&image.bytes, image.format).map_err(Failure::Image)?;
            for file in &mut compiled.files {
                file.target &= selection.selects(&file.name, &file.name);
            }
            Ok(compiled)
        }
    }
}

/// One error out of what is wrong with each side.
pub(super) fn refuse(sides: Vec<(Name, Failure)>) -> CliError {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut counts = Vec::new();
    for (name, failure) in sides {
        match failure {
            Failure::Compile(CompileError::Sources(found)) => {
                counts.push(format!("{} in {name}", plural(found.len(), "error")));
                diagnostics.extend(found);
            }
            Failure::Compile(error @ CompileError::Protoc(_)) => {
                return CliError::new(ErrorKind::Outside, error).hint(
                    "name another protoc with `--protoc`; without editions `--compiler builtin` needs none",
                );
            }
            Failure::Image(error) => return no_descriptors(error, format!("cannot read {name}")),
            Failure::Schema(error) => return no_descriptors(error, format!("cannot read {name}")),
        }
    }
    let mut error =
        CliError::new(ErrorKind::Sources, format!("the sources do not compile: {}", counts.join(", ")));
    error.diagnostics = diagnostics;
    error
}

impl From<RequestError> for CliError {
    fn from(error: RequestError) -> CliError {
        let way = matches!(error, RequestError::Old(_)).then(|| error.hints().pop()).flatten();
        match error {
            RequestError::Spec(error) => error.into(),
            RequestError::Source(error) => error.into(),
            RequestError::Layout(error) => error.into(),
            RequestError::Old(error) => {
                let mut told = CliError::from(*error);
                if let Some(way) = way {
                    told = told.hint(way);
                }
                told
            }
            error => {
                let hints = error.hints();
                hints.into_iter().fold(CliError::new(ErrorKind::Usage, error), CliError::hint)
            }
        }
    }
}

/// How the releases read that `[verify.runtimes]` declares.
pub(super) fn ages(settings: &Settings) -> Result<Vec<Reader>, CliError> {
    settings.runtimes.iter().map(|declared| model(declared.pinned, Some(&declared.place))).collect()
}

/// How a release reads.
pub(super) fn model(pinned: Pinned, place: Option<&Place>) -> Result<Reader, CliError> {
    runtimes::reader(pinned).map_err(|error| {
        let hint = error.hint();
        let place = place.cloned().unwrap_or_else(|| Place::whole("--runtime"));
        ConfigError::new(place, error.to_string()).hint(hint).into()
    })
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> CliError {
        let hint = error.hint.clone();
        CliError::new(ErrorKind::Usage, error).hint_opt(hint)
    }
}

impl From<KeptError> for CliError {
    fn from(error: KeptError) -> CliError {
        match error {
            KeptError::Read { .. } => CliError::new(ErrorKind::Outside, error),
            KeptError::Line { .. } => CliError::new(ErrorKind::Usage, error).hint(
                "it is a file of `protopact history --write`, and a merge keeps all lines of both sides",
            ),
        }
    }
}

impl From<PolicyError> for CliError {
    fn from(error: PolicyError) -> CliError {
        let hint = match error.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "list them with `protopact rules`".to_owned(),
        };
        CliError::new(ErrorKind::Usage, error).hint(hint)
    }
}

impl From<source::SpecError> for CliError {
    fn from(error: source::SpecError) -> CliError {
        let hint = error.hint.clone();
        CliError::new(ErrorKind::Usage, error).hint_opt(hint)
    }
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> CliError {
        let hint = error.hint();
        let kind = match &error {
            SourceError::Git { source, .. } if !source.is_not_found() => ErrorKind::Outside,
            SourceError::Io { .. }
            | SourceError::Read { .. }
            | SourceError::Server { .. }
            | SourceError::Artefact { .. }
            | SourceError::Fetch { .. } => ErrorKind::Outside,
            _ => ErrorKind::Usage,
        };
        CliError::new(kind, error).hint_opt(hint)
    }
}

impl From<LayoutError> for CliError {
    fn from(error: LayoutError) -> CliError {
        let hint = error.hint();
        let kind = match &error {
            LayoutError::Problems { .. } => ErrorKind::Outside,
            _ => ErrorKind::Usage,
        };
        CliError::new(kind, error).hint_opt(hint)
    }
}
