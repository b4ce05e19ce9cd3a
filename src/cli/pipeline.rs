//! From sources to a report: the parts below, in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::exit::ExitCodeStyle;
use super::{CliError, Ctx, ErrorKind};
use crate::compare::Comparison;
use crate::compile::image::ImageError;
use crate::compile::{self, CompileError, Compiled, Diagnostic, Input, Options};
use crate::config::generate::Generate;
use crate::config::{ConfigError, Overrides, Settings};
use crate::findings::Report;
use crate::git::TagPattern;
use crate::ledger::{History, Memory};
use crate::policy::{self, Decided, Policies, PolicyError};
use crate::report::plural;
use crate::schema::Schema;
use crate::source::{
    self, ConfigSource, Context, Counterpart, Image, ImageFormat, Layout, LayoutError, Loaded, Name,
    PathSelection, Scope, Side, SourceError, SourceSpec,
};
use crate::words::Level;

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
    Overrides {
        backend: backend.map(|v| v.get_name().to_owned()),
        protoc: ctx.global.protoc.as_ref().map(|p| ctx.io.cwd.join(p)),
        buf_defaults: ctx.global.exit_code_style == ExitCodeStyle::Buf,
        ..Overrides::default()
    }
}

/// One side before it is compiled.
struct Opened {
    name: Name,
    layout: Layout,
    content: Content,
}

enum Content {
    Sources(Input),
    Image(Image, PathSelection),
}

/// The new side with what was decided about it.
struct NewSide {
    loaded: Loaded,
    settings: Settings,
    selection: PathSelection,
}

/// Both sides before they are compiled.
struct Pair {
    settings: Settings,
    old: Opened,
    new: Opened,
    notes: Vec<String>,
    /// Where earlier versions of the old side are, if it is one of several.
    history: Option<History>,
}

/// Compares and decides. The level is the lowest that fails.
pub(super) fn check(job: &Job, ctx: &mut Ctx<'_>) -> Result<(Report, Level), CliError> {
    let progress = ctx.progress("reading");
    let mut pair = open_pair(job, ctx)?;
    let options = options(&pair.settings);
    let fail_on = pair.settings.check.fail_on;
    progress.say("compiling both sides");
    let tabbed = with_tabs(&pair.new.content);
    let (old, new) = compile_pair(&mut pair, job, &options)?;
    progress.say("comparing");
    let policies = Policies::new(&pair.settings.packages, &pair.old.layout, &pair.new.layout)?;
    let memory = pair.history.as_ref().map(|history| history as &dyn Memory);
    let mut comparison = Comparison::remembering(&old, &new, memory);
    if job.witness {
        comparison = comparison.proving();
    }
    let Decided { findings, changes, bump } = policy::decide(&comparison, &policies);
    let mut notes = pair.notes;
    notes.extend_from_slice(comparison.notes());
    notes.extend_from_slice(policies.warnings());
    if !pair.settings.waivers.is_empty() {
        // Better told than found out.
        let count = plural(pair.settings.waivers.len(), "waiver");
        notes.push(format!("{count} in the configuration: waivers are not applied yet"));
    }
    let report = Report {
        old: pair.old.name,
        new: pair.new.name,
        findings,
        changes,
        notes,
        bump,
        tabbed: BTreeMap::new(),
    };
    let report = Report { tabbed: tabbed_lines(&tabbed, &report), ..report };
    // Taking millions of small things apart at the end of the process helps nobody.
    std::mem::forget(comparison);
    std::mem::forget((old, new));
    Ok((report, fail_on))
}

/// The files that have a tab somewhere, by the path people find them by.
fn with_tabs(content: &Content) -> BTreeMap<String, bytes::Bytes> {
    let Content::Sources(input) = content else { return BTreeMap::new() };
    let files = input.files.iter().filter(|f| f.target && f.content.contains(&b'\t'));
    files.map(|f| (f.display.to_string(), f.content.clone())).collect()
}

/// The lines with a tab that findings point at.
fn tabbed_lines(files: &BTreeMap<String, bytes::Bytes>, report: &Report) -> BTreeMap<(String, u32), String> {
    let mut lines = BTreeMap::new();
    for location in report.findings.iter().filter_map(|f| f.new.as_ref()) {
        let (Some(span), Some(content)) = (location.span, files.get(&location.path)) else { continue };
        let text = String::from_utf8_lossy(content);
        for line in [span.start_line, span.end_line] {
            let found = text.lines().nth(line.saturating_sub(1) as usize).filter(|l| l.contains('\t'));
            if let Some(found) = found {
                lines.insert((location.path.clone(), line), found.to_owned());
            }
        }
    }
    lines
}

/// Compares; nobody minds anything.
pub(super) fn changes(job: &Job, ctx: &mut Ctx<'_>) -> Result<Report, CliError> {
    let (report, _) = check(job, ctx)?;
    Ok(Report { findings: Vec::new(), ..report })
}

/// The .proto files of both sides, sorted by import path.
pub(super) fn texts(job: &Job, ctx: &mut Ctx<'_>) -> Result<(Vec<Text>, Vec<Text>), CliError> {
    let pair = open_pair(job, ctx)?;
    let texts = |side: Opened| match side.content {
        Content::Sources(input) => {
            let own = input.files.into_iter().filter(|f| f.target);
            let mut texts: Vec<_> =
                own.map(|f| Text { name: f.name, display: f.display, content: f.content }).collect();
            texts.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(texts)
        }
        Content::Image(..) => Err(CliError::usage(format!("{} holds no text", side.name))
            .hint("compare what it means with `protopact diff` without `--text`")),
    };
    Ok((texts(pair.old)?, texts(pair.new)?))
}

/// The new side as it stands, without compiling it: its settings and its import roots, relative to the working
/// directory. Roots that cannot be found are the working directory.
pub(super) fn survey(ctx: &mut Ctx<'_>) -> Result<(Settings, Vec<String>), CliError> {
    let NewSide { loaded, settings, selection } = open_new(&Job::new("."), ctx)?;
    let here = || vec![String::new()];
    let roots = match &loaded {
        // A configuration further up has roots that are relative to it.
        Loaded::Tree(tree) if *tree.scope() == Scope::All => {
            let layout = source::layout::plan(tree, &settings, &selection, Side::New, None);
            layout.map_or_else(|_| here(), |p| p.layout.modules.into_iter().map(|m| m.root).collect())
        }
        _ => here(),
    };
    Ok((settings, roots))
}

/// Compiles one side.
pub(super) fn build(job: &Job, ctx: &mut Ctx<'_>) -> Result<Built, CliError> {
    let progress = ctx.progress("reading");
    let new = open_new(job, ctx)?;
    let options = options(&new.settings);
    let opened = plan(&new.loaded, &new.settings, &new.selection, Side::New, None)?;
    unmatched(&opened.layout.unmatched)?;
    progress.say("compiling");
    let compiled = compile_side(&opened.content, &options);
    let compiled = compiled.and_then(|compiled| match opened.content {
        // Nobody has looked into the files of an image so far.
        Content::Image(..) => Schema::build(&compiled).map(|_| compiled).map_err(Failure::Schema),
        Content::Sources(_) => Ok(compiled),
    });
    let compiled = compiled.map_err(|e| refuse(vec![(opened.name.clone(), e)]))?;
    let from_image = matches!(opened.content, Content::Image(..));
    Ok(Built { name: opened.name, compiled, notes: opened.layout.notes, from_image })
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
    /// What it is.
    pub(super) name: Name,
    /// Things worth knowing about the run.
    pub(super) notes: Vec<String>,
}

/// The settings of the contract around the working directory, and the folder of its configuration.
pub(super) fn here(ctx: &mut Ctx<'_>) -> Result<(Settings, PathBuf), CliError> {
    let new = open_new(&Job { overrides: overrides(ctx), ..Job::new(".") }, ctx)?;
    let folder = new.loaded.root().map_or_else(|| ctx.io.cwd.clone(), |c| c.root);
    Ok((new.settings, folder))
}

/// Compiles the working tree, or another version of the same contract.
/// `path` and `exclude` say which files packages are made of, as typed.
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
    let new = open_new(&job, ctx)?;
    let folder = new.loaded.root().map_or_else(|| ctx.io.cwd.clone(), |c| c.root);
    let options = options(&new.settings);
    let opened = match from {
        None => plan(&new.loaded, &new.settings, &new.selection, Side::New, None)?,
        Some(typed) => {
            let old = open(typed, Side::Old, new.loaded.root(), Some(&new.settings.release.tag), ctx)?;
            let cwd = ctx.io.cwd.clone();
            let config = ConfigSource { cwd: &cwd, flag: ctx.global.config.as_deref() };
            let settings = source::load_settings(&old, config, &job.overrides)?;
            plan(&old, &settings, &new.selection, Side::Old, None)?
        }
    };
    unmatched(&opened.layout.unmatched)?;
    let compiled = compile_side(&opened.content, &options);
    let compiled = compiled.map_err(|e| refuse(vec![(opened.name.clone(), e)]))?;
    Ok(Version { name: opened.name, settings: new.settings, folder, compiled, notes: opened.layout.notes })
}

/// The model of compiled files.
pub(super) fn schema(compiled: &Compiled) -> Result<Schema, CliError> {
    Schema::build(compiled)
        .map_err(|e| CliError::new(ErrorKind::Sources, e).while_("cannot read the descriptors"))
}

fn options(settings: &Settings) -> Options {
    let protoc = settings.compile.protoc.clone();
    Options { backend: settings.compile.backend, protoc, ..Options::default() }
}

fn open_new(job: &Job, ctx: &mut Ctx<'_>) -> Result<NewSide, CliError> {
    let cwd = ctx.io.cwd.clone();
    let loaded = open(&job.new, Side::New, None, None, ctx)?;
    let config = ConfigSource { cwd: &cwd, flag: ctx.global.config.as_deref() };
    let settings = source::load_settings(&loaded, config, &job.overrides)?;
    let none = Generate::default();
    let configured = match settings.generate.as_ref().unwrap_or(&none) {
        generate if job.packages => (&*generate.path, &*generate.exclude_path),
        _ => (&*settings.check.path, &*settings.check.exclude_path),
    };
    let selection = PathSelection::new(&loaded, configured, &cwd, &job.path, &job.exclude_path);
    if let Some(outside) = selection.outside.first() {
        return Err(CliError::usage(format!("path `{outside}` is outside the contract"))
            .hint("paths are relative to the working directory"));
    }
    Ok(NewSide { loaded, settings, selection })
}

fn open_pair(job: &Job, ctx: &mut Ctx<'_>) -> Result<Pair, CliError> {
    let NewSide { loaded: new, settings, selection } = open_new(job, ctx)?;
    let Some(against) = settings.check.against.clone() else {
        return Err(CliError::usage("there is nothing to compare with")
            .hint("name it: `--against main`, `--against latest`, `--against ../other`")
            .hint("or say it once, in protopact.toml: `against = \"latest\"` under `[check]`"));
    };
    let is_stdin = |text: &str, side| SourceSpec::parse(text, &ctx.io.cwd, side).is_ok_and(|s| s.is_stdin());
    if is_stdin(&job.new, Side::New) && is_stdin(&against, Side::Old) {
        return Err(CliError::usage("both sides are standard input, which can be read only once")
            .hint("write one of them to a file"));
    }
    let old = open(&against, Side::Old, new.root(), Some(&settings.release.tag), ctx)?;
    let cwd = ctx.io.cwd.clone();
    // What counts as a break is said by the new side; the old side only says where its files are.
    let old_settings = match (&job.old_config, &old) {
        (None, Loaded::Image(_)) => settings.clone(),
        (flag, _) => {
            let flag = flag.as_deref().or(ctx.global.config.as_deref());
            source::load_settings(&old, ConfigSource { cwd: &cwd, flag }, &job.overrides)?
        }
    };
    let history = history(&old, &settings);
    let new = plan(&new, &settings, &selection, Side::New, None)?;
    let old = plan(&old, &old_settings, &selection, Side::Old, Some(&new.layout))?;
    let nowhere: Vec<_> =
        new.layout.unmatched.iter().filter(|p| old.layout.unmatched.contains(p)).cloned().collect();
    unmatched(&nowhere)?;
    let mut notes = new.layout.notes.clone();
    notes.extend(old.layout.notes.iter().filter(|n| !new.layout.notes.contains(n)).cloned());
    Ok(Pair { settings, old, new, notes, history })
}

/// The versions before a baseline that is a revision; a folder or an image has none.
fn history(old: &Loaded, settings: &Settings) -> Option<History> {
    let origin = old.tree()?.origin()?;
    Some(History {
        repository: origin.repository.clone(),
        baseline: origin.revision.clone(),
        folder: origin.folder.clone(),
        pattern: TagPattern::parse(&settings.release.tag).ok()?,
        most: crate::ledger::MAX_VERSIONS,
    })
}

fn unmatched(paths: &[String]) -> Result<(), CliError> {
    match paths.first() {
        Some(path) => Err(CliError::usage(format!("path `{path}` names no file of the contract"))
            .hint("paths are relative to the working directory, or import paths")),
        None => Ok(()),
    }
}

fn open(
    typed: &str,
    side: Side,
    counterpart: Option<Counterpart>,
    tag: Option<&str>,
    ctx: &mut Ctx<'_>,
) -> Result<Loaded, CliError> {
    let cwd: PathBuf = ctx.io.cwd.clone();
    let spec = SourceSpec::parse(typed, &cwd, side)?;
    let context = Context { counterpart, stdin: Some(&mut ctx.io.input), ..Context::new(&cwd) };
    let context = match tag {
        Some(tag) => Context { tag, ..context },
        None => context,
    };
    Ok(source::open(&spec, context)?)
}

fn plan(
    loaded: &Loaded,
    settings: &Settings,
    selection: &PathSelection,
    side: Side,
    like: Option<&Layout>,
) -> Result<Opened, CliError> {
    let name = loaded.name().clone();
    Ok(match loaded {
        Loaded::Tree(tree) => {
            let resolved = source::layout::resolve(tree, settings, selection, side, like)?;
            Opened { name, layout: resolved.layout, content: Content::Sources(resolved.input) }
        }
        Loaded::Image(image) => {
            let content = Content::Image(image.clone(), selection.clone());
            Opened { name, layout: Layout::of_image(settings), content }
        }
    })
}

/// Compiles both sides at the same time. Bytes of sources and descriptors are dropped as soon as the next form
/// of them is there.
fn compile_pair(pair: &mut Pair, job: &Job, options: &Options) -> Result<(Schema, Schema), CliError> {
    let take = |content: &mut Content| std::mem::replace(content, Content::Sources(Input::default()));
    let (mut old, new) = (take(&mut pair.old.content), take(&mut pair.new.content));
    if job.limit_to_input_files {
        limit(&mut old, &new)?;
    }
    let build = |content: Content| {
        let compiled = compile_side(&content, options)?;
        drop(content);
        Schema::build(&compiled).map_err(Failure::Schema)
    };
    let (old, new) = rayon::join(|| build(old), || build(new));
    match (old, new) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (old, new) => {
            let sides = [(&pair.new.name, new.err()), (&pair.old.name, old.err())];
            Err(refuse(sides.into_iter().filter_map(|(name, e)| Some((name.clone(), e?))).collect()))
        }
    }
}

/// Leaves out the files of the old side that the new side does not have, but for what others import.
fn limit(old: &mut Content, new: &Content) -> Result<(), CliError> {
    let (Content::Sources(old), Content::Sources(new)) = (old, new) else {
        return Err(CliError::usage("`--limit-to-input-files` needs source files on both sides"));
    };
    let names: BTreeSet<&str> = new.files.iter().filter(|f| f.target).map(|f| &*f.name).collect();
    for file in &mut old.files {
        file.target &= names.contains(&*file.name);
    }
    Ok(())
}

/// Why a side has no schema.
enum Failure {
    Compile(CompileError),
    Schema(crate::schema::BuildError),
    Image(ImageError),
}

fn compile_side(content: &Content, options: &Options) -> Result<Compiled, Failure> {
    match content {
        Content::Sources(input) => compile::compile(input, options).map_err(Failure::Compile),
        Content::Image(image, selection) => {
            let format = match image.format {
                ImageFormat::Binary => compile::image::Format::Binary,
                ImageFormat::Json => compile::image::Format::Json,
            };
            let mut compiled = compile::image::read(&image.bytes, format).map_err(Failure::Image)?;
            for file in &mut compiled.files {
                file.target &= selection.selects(&file.name, &file.name);
            }
            Ok(compiled)
        }
    }
}

/// One error out of what is wrong with each side.
fn refuse(sides: Vec<(Name, Failure)>) -> CliError {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut counts = Vec::new();
    for (name, failure) in sides {
        match failure {
            Failure::Compile(CompileError::Sources(found)) => {
                counts.push(format!("{} in {name}", plural(found.len(), "error")));
                diagnostics.extend(found);
            }
            Failure::Compile(error @ CompileError::Protoc(_)) => {
                return CliError::new(ErrorKind::Outside, error);
            }
            Failure::Image(error) => {
                return CliError::new(ErrorKind::Sources, error).while_(format!("cannot read {name}"));
            }
            Failure::Schema(error) => {
                return CliError::new(ErrorKind::Sources, error).while_(format!("cannot read {name}"));
            }
        }
    }
    let mut error =
        CliError::new(ErrorKind::Sources, format!("the sources do not compile: {}", counts.join(", ")));
    error.diagnostics = diagnostics;
    error
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> CliError {
        let hint = error.hint.clone();
        CliError::new(ErrorKind::Usage, error).hint_opt(hint)
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
            SourceError::Io { .. } | SourceError::Read { .. } => ErrorKind::Outside,
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
