//! `protopact generate`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use clap::Args;

use super::pipeline::{self, Version};
use super::plugins::{Machine, tell_program};
use super::{CliError, Ctx, ErrorKind, Exit, remade};
use crate::codegen::Contract;
use crate::codegen::buf_gen::{self, Template};
use crate::codegen::build::{self, Outcome, Workshop};
use crate::codegen::generate::{GenerateError, Unit, line};
use crate::codegen::legal::terms;
use crate::codegen::plan::{self, PlanError, Wish};
use crate::codegen::produce::{self, Checked, Output, ProduceError, Produced, Row, Running, State};
use crate::codegen::sdk;
use crate::config::generate::Generate;
use crate::machine::Limits;
use crate::text::{Line, Style, escape, plural, shell_word};
use crate::words::Language;

/// Make SDK packages for Go, Java, Python and Rust
///
/// One package a language with a section under [generate] in protopact.toml, and the files of any other plugin named
/// there. Plugins are those of protopact.lock; get them with `protopact plugins install`. What has not changed since
/// the last run is left alone; the output folder is replaced as a whole, or not at all.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact generate                       the packages of the working tree
  protopact generate --from v1.4.0         those of a published version
  protopact generate --versioned --keep 5  each version in a folder of its own, five of them at most
  protopact generate --lang go,python      only these
  protopact generate --check               is what is there what would be made?
  protopact generate --dry-run             has every language room for the contract?
  protopact generate --build               does it build?")]
pub(super) struct GenerateArgs {
    /// The version of the contract: a tag or any git revision; the working tree when it is left out
    #[arg(long, value_name = "REV")]
    from: Option<String>,

    /// Only these languages
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    lang: Option<Vec<Language>>,

    /// Only these files and folders, and what they import; may be repeated
    ///
    /// Relative to the working directory, whatever --from says; `generate.path` in the configuration when it is left out.
    #[arg(long, value_name = "PATH", value_delimiter = ',', value_hint = clap::ValueHint::AnyPath)]
    path: Vec<String>,

    /// Not these files and folders, unless another imports them; may be repeated
    #[arg(long, value_name = "PATH", value_delimiter = ',', value_hint = clap::ValueHint::AnyPath)]
    exclude_path: Vec<String>,

    /// Where the packages go; `generate.out` in the configuration, or `sdk`, when it is left out
    #[arg(short, long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,

    /// Give each version a folder of its own
    #[arg(long)]
    versioned: bool,

    /// With folders of versions: only so many stay, the highest versions and the one that is made
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,

    /// Which build of a published version this is, where its packages are made again with other plugins
    ///
    /// A published version never changes, so packages that would be others are refused. With a build number they have a
    /// version of their own: build 2 of 1.9.0 is 1.9.0-2 for Maven and 1.9.0.post2 for Python. Versions of Go modules and
    /// of crates have no such part: there it takes another version of the contract.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "template")]
    build_number: Option<u32>,

    /// The version in the packages, instead of that of the tag
    #[arg(long = "as", value_name = "VERSION")]
    published_as: Option<semver::Version>,

    /// A buf.gen.yaml to follow instead of the configuration
    ///
    /// Without it, the buf.gen.yaml beside protopact.toml is followed when the configuration has no [generate]. Its
    /// output folders are relative to that of the contract, or to --out.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with_all = ["lang", "versioned"])]
    template: Option<PathBuf>,

    /// Write nothing; show what differs, and exit with 1 when something does
    #[arg(long)]
    check: bool,

    /// Write nothing and run no plugin; show which languages have room for the contract, and exit with 1 when one has not
    #[arg(long, conflicts_with_all = ["check", "template"])]
    dry_run: bool,

    /// Build what was made with the languages' own tools, and exit with 4 when something does not build
    ///
    /// go build and go vet; mvn package, offline after one resolution; sdist and wheel, the wheel in a fresh
    /// environment, every module imported and checked by mypy; cargo check with and without features. The tools fetch
    /// what the packages depend on. A language whose tools are missing is skipped with its name.
    #[arg(long, alias = "verify", conflicts_with_all = ["check", "dry_run", "template"])]
    build: bool,

    /// Make everything anew, also other packages of a published version, and delete files in the packages' folders that protopact has not written
    #[arg(long)]
    force: bool,

    /// For scripts: nothing is fetched here anyway, only `protopact plugins` does that
    #[arg(long, hide_short_help = true)]
    offline: bool,
}

/// How long one step of building a package may take: the first one fetches all that the package depends on.
const BUILD_PATIENCE: Duration = Duration::from_secs(1200);

/// How long to wait for another run into the same folder.
const WAIT: Duration = Duration::from_secs(30);

/// The version of what has none.
pub(super) const UNPUBLISHED: &str = "0.0.0-dev";

/// Runs the command.
pub(super) fn exec(args: GenerateArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let progress = ctx.progress("compiling");
    let version = pipeline::version(args.from.as_deref(), &args.path, &args.exclude_path, ctx)?;
    let schema = pipeline::schema(&version.compiled)?;
    for note in &version.notes {
        ctx.note(note)?;
    }
    let settings = version.settings.generate.clone().unwrap_or_default();
    let machine = Machine::of(ctx, &version.settings, &version.folder);
    let template = template(&args, &version, &machine, ctx)?;
    let name = contract_name(&version, &settings)?;
    if let (Some(tag), None, None) = (version.name.tag(), version.name.version(), &args.published_as)
        && !plan::targets(&settings, "").is_empty()
    {
        return Err(CliError::usage(format!("the tag `{tag}` is no version, which packages need"))
            .hint("say which version they get: `--as 1.4.0`"));
    }
    let number = args
        .published_as
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| version.name.version().map(ToString::to_string));
    let number = number.unwrap_or_else(|| UNPUBLISHED.to_owned());
    if let Some(build) = args.build_number {
        let targets = plan::targets(&settings, name).into_iter().map(|target| target.language());
        remade::check_build(build, &number, &targets.collect::<Vec<_>>(), args.lang.as_deref())?;
    }
    let versioned = args.versioned || settings.versioned;
    if args.keep.is_some() && !versioned {
        return Err(CliError::usage("`--keep` is about folders of versions, and there are none")
            .hint("add `--versioned`, or set `versioned = true` under `[generate]`"));
    }
    let managed = template.as_ref().and_then(|t| Some(t.managed.as_ref()?.apply(&version.compiled)));
    let commit = version.name.commit().map(|c| c.to_string());
    let terms = terms(&settings, &version.legal);
    if let Some(note) = terms.note.as_ref().filter(|_| !plan::targets(&settings, "").is_empty()) {
        ctx.note(note)?;
    }
    let contract = Contract {
        build: args.build_number,
        compiled: managed.as_ref().unwrap_or(&version.compiled),
        ..version.contract(name, &number, commit.as_deref(), &terms, &schema)
    };
    let targets = plan::targets(&settings, name).into_iter().map(|target| target.language());
    let languages: Vec<Language> =
        targets.filter(|l| args.lang.as_ref().is_none_or(|only| only.contains(l))).collect();
    if let Some(note) = sdk::bare_files(&contract, &languages).filter(|_| template.is_none()) {
        ctx.note(&note)?;
    }
    if args.dry_run {
        drop(progress);
        return dry_run(&contract, &settings, args.lang.as_deref(), ctx);
    }
    let lock = machine.read_lock()?;
    let released = args.published_as.is_none().then(|| remade::released(&version)).flatten();
    let folder = match args.build_number {
        Some(build) => format!("{number}+{build}"),
        None => number.clone(),
    };
    let plugins = template.as_ref().map(|t| Generate { plugins: t.plugins.clone(), ..Generate::default() });
    let wanted = plugins.as_ref().unwrap_or(&settings);
    let wish = Wish {
        folder: versioned.then_some(&*folder),
        only: args.lang.as_deref(),
        ..machine.wish(wanted, &contract, &version.folder, lock.as_ref())
    };
    let base = |default: &str| match &args.out {
        Some(out) => ctx.io.cwd.join(out),
        None if default.is_empty() => version.folder.clone(),
        None => version.folder.join(default),
    };
    let folders: Vec<(PathBuf, Vec<Unit>)> = match &template {
        None => {
            let units = match plan::plan(&wish) {
                Ok(units) => units,
                Err(error) => {
                    drop(progress);
                    return Err(unplanned(error, &contract, &settings, args.lang.as_deref(), ctx)?);
                }
            };
            vec![(base(settings.out.as_deref().unwrap_or("sdk")), units)]
        }
        Some(_) => {
            let units = plan::plan_template(&wish)?.into_iter();
            units.map(|(out, unit)| (base("").join(out), vec![unit])).collect()
        }
    };
    if folders.iter().all(|(_, units)| units.is_empty()) {
        return Err(CliError::usage("the configuration names no language and no plugin to generate for")
            .hint("add sections such as `[generate.go]` with `module = \"github.com/acme/contracts-go\"`"));
    }
    let running = Running { host: &machine.host, limits: plan::limits(&settings) };
    progress.say("generating");
    let clean = template.as_ref().is_some_and(|t| t.clean);
    let mut answers = Vec::new();
    for (folder, units) in &folders {
        let output = Output {
            folder,
            units,
            complete: args.lang.is_none(),
            catalogue: template.is_none(),
            keeps_others: template.is_some() && !clean,
            deletes_others: clean,
            force: args.force,
            published: released.as_ref().filter(|_| template.is_none()),
            keep: args.keep.map(usize::from).or(settings.keep),
            patience: WAIT,
        };
        let answer = if args.check {
            produce::check(&contract, &output, running).map(Answer::Checked)
        } else {
            produce::produce(&contract, &output, running).map(Answer::Produced)
        };
        answers.push((shown(folder, ctx), answer.or_else(|e| failed(e, &args, ctx))?));
    }
    drop(progress);
    let mut exit = Exit::Clean;
    for (folder, answer) in &answers {
        match answer {
            Answer::Produced(produced) => tell(produced, folder, ctx)?,
            Answer::Checked(found) => {
                told(found, folder, &args, ctx)?;
                if !found.differences.is_empty() || !found.remade.is_empty() {
                    exit = Exit::Findings;
                }
            }
        }
    }
    if args.build {
        for (folder, units) in &folders {
            exit = build(folder, units, &machine, ctx)?;
        }
    }
    Ok(exit)
}

/// What keeps a run from its plan. Where that is a plugin, what languages have no room for is told beside it, so that
/// nobody gets plugins first to be told of it.
fn unplanned(
    error: PlanError,
    contract: &Contract<'_>,
    settings: &Generate,
    only: Option<&[Language]>,
    ctx: &mut Ctx<'_>,
) -> Result<CliError, CliError> {
    if !matches!(error, PlanError::Lock(_)) {
        return Ok(error.into());
    }
    let targets = plan::targets(settings, contract.name).into_iter();
    let wanted = targets.filter(|target| only.is_none_or(|only| only.contains(&target.language())));
    let refused: Vec<_> = wanted.flat_map(|target| sdk::check_contract(contract, &target)).collect();
    for refused in &refused {
        writeln!(ctx.io.err, "{}", escape(&line(refused)))?;
    }
    let hint = (!refused.is_empty()).then_some(RENAME);
    Ok(CliError::from(error).hint_opt(hint))
}

/// What to do about refusals.
const RENAME: &str = "rename what is named, or leave a language out with `--lang`";

/// Says which languages have room for the contract: a row a language, then what is refused.
fn dry_run(
    contract: &Contract<'_>,
    settings: &Generate,
    only: Option<&[Language]>,
    ctx: &mut Ctx<'_>,
) -> Result<Exit, CliError> {
    let targets = plan::targets(settings, contract.name).into_iter();
    let wanted = targets.filter(|target| only.is_none_or(|only| only.contains(&target.language())));
    let all: Vec<_> =
        wanted.map(|target| (target.language(), sdk::check_contract(contract, &target))).collect();
    if all.is_empty() {
        return Err(CliError::usage("the configuration names no language to generate for"));
    }
    let view = ctx.view();
    let out = &mut ctx.io.out;
    writeln!(out, "{} {}", escape(contract.name), escape(contract.version))?;
    for (language, refused) in &all {
        let (style, word) = match refused.len() {
            0 => (Style::Good, "can be made".to_owned()),
            n => (Style::Warn, format!("{} refused", plural(n, "thing"))),
        };
        Line::new().plain(format!("  {:8}", language.as_str())).styled(style, word).write(&view, out)?;
    }
    let refused: Vec<_> = all.into_iter().flat_map(|(_, refused)| refused).collect();
    if !refused.is_empty() {
        writeln!(out)?;
        for error in &refused {
            writeln!(out, "{}", escape(&line(error)))?;
        }
    }
    Ok(if refused.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Builds the packages in an output folder and says what came of it.
fn build(folder: &Path, units: &[Unit], machine: &Machine, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let packages = produce::packages(folder, units).map_err(ProduceError::from)?;
    let scratch = tempfile::tempdir().map_err(|e| CliError::outside("cannot make a temporary folder", e))?;
    let target = machine.cache.as_ref().map(build::cargo_target);
    let limits = Limits { time: BUILD_PATIENCE, ..Limits::default() };
    let workshop = Workshop { host: &machine.host, limits, cargo_target: target.as_deref() };
    let progress = ctx.progress("building");
    let said = Mutex::new(&progress);
    let say = |language: Language, step: &str| {
        if let Ok(progress) = said.lock() {
            progress.say(&format!("{}: {step}", language.as_str()));
        }
    };
    let results = build::build_all(&packages, scratch.path(), workshop, &say)
        .map_err(|e| CliError::new(ErrorKind::Outside, e))?;
    drop(progress);
    let built = results.iter().filter(|r| r.outcome == Outcome::Built).count();
    let failed = results.iter().filter(|r| matches!(r.outcome, Outcome::Failed { .. })).count();
    let skipped = results.len() - built - failed;
    write!(ctx.io.out, "{}", build::table(&results))?;
    if !ctx.global.quiet {
        writeln!(ctx.io.out, "{} built, {failed} failed, {skipped} skipped", plural(built, "package"))?;
    }
    Ok(if failed > 0 { Exit::Outside } else { Exit::Clean })
}

/// What became of one output folder.
enum Answer {
    Produced(Produced),
    Checked(Checked),
}

/// The buf.gen.yaml to follow, when there is one to follow.
fn template(
    args: &GenerateArgs,
    version: &Version,
    machine: &Machine,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Template>, CliError> {
    let (path, name) = match &args.template {
        Some(typed) => (ctx.io.cwd.join(typed), typed.display().to_string()),
        None if version.settings.generate.is_some() => return Ok(None),
        None => (version.folder.join(buf_gen::FILE_NAME), buf_gen::FILE_NAME.to_owned()),
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && args.template.is_none() => return Ok(None),
        Err(e) => return Err(CliError::outside(format!("cannot read `{name}`"), e)),
    };
    let template = buf_gen::parse(&text, &name, &|program| machine.host.find(program).is_some())?;
    for note in &template.notes {
        ctx.note(note)?;
    }
    Ok(Some(template))
}

pub(super) fn contract_name<'a>(version: &'a Version, settings: &Generate) -> Result<&'a str, CliError> {
    let packages = !plan::targets(settings, "").is_empty();
    match &version.settings.name {
        Some(name) => Ok(name),
        None if !packages => Ok("contract"),
        None => Err(CliError::usage("the contract has no name, which its packages need")
            .hint("set `name = \"acme/contracts\"` under `[contract]`")),
    }
}

/// The folder as a person knows it.
fn shown(folder: &std::path::Path, ctx: &Ctx<'_>) -> String {
    let cwd = std::fs::canonicalize(&ctx.io.cwd).unwrap_or_else(|_| ctx.io.cwd.clone());
    let short = folder.strip_prefix(&cwd).or_else(|_| folder.strip_prefix(&ctx.io.cwd)).unwrap_or(folder);
    short.display().to_string()
}

/// Shows what a plugin said, and what is refused, before the error is told.
fn failed<T>(error: ProduceError, args: &GenerateArgs, ctx: &mut Ctx<'_>) -> Result<T, CliError> {
    if let ProduceError::Remade { all, .. } = &error {
        let way = remade::way_out(all, &|languages, build| again(args, Some((languages, build)), ctx));
        return Err(CliError::new(ErrorKind::Usage, error).hint(way));
    }
    if let ProduceError::Generate(error) = &error {
        tell_program(error.messages(), ctx)?;
        if let GenerateError::Refused { all } = error {
            for refused in all {
                writeln!(ctx.io.err, "{}", escape(&line(refused)))?;
            }
        }
    }
    Err(error.into())
}

/// Says what became of each unit.
fn tell(produced: &Produced, folder: &str, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    for (plugin, text) in &produced.messages {
        for line in text.lines().take(40) {
            ctx.note(&format!("{plugin}: {line}"))?;
        }
    }
    if !produced.restored.is_empty() {
        let first = &produced.restored[0];
        let more = plural(produced.restored.len(), "file");
        ctx.note(&format!(
            "{more} had been changed or deleted by hand and is as generated again: `{first}`"
        ))?;
    }
    if ctx.global.quiet {
        return Ok(());
    }
    let view = ctx.view();
    // A unit that is the whole folder has no path of its own.
    let name = |row: &Row| if row.path.is_empty() { folder.to_owned() } else { row.path.clone() };
    let width = produced.rows.iter().map(|r| name(r).len()).max().unwrap_or(0);
    let out = &mut ctx.io.out;
    for row in &produced.rows {
        let (style, word) = match row.state {
            State::Unchanged => (Style::Faint, "unchanged"),
            State::Made => (Style::Good, "made"),
            State::Removed => (Style::Warn, "removed"),
        };
        let mut line = Line::new().plain(format!("{:width$}  ", name(row))).styled(style, word);
        if row.state != State::Removed {
            line = line.plain(format!("  {}", plural(row.files, "file")));
        }
        if let Some(coordinate) = &row.coordinate {
            line = line.plain(format!("  {coordinate}"));
        }
        line.hang(width + 2).write(&view, out)?;
    }
    let made = produced.rows.iter().filter(|r| r.state != State::Unchanged).count();
    if made == 0 {
        writeln!(out, "nothing to do: `{}` is up to date", escape(folder))?;
    } else {
        writeln!(out, "wrote `{}`", escape(folder))?;
    }
    Ok(())
}

/// The command that brings up to date what `--check` looked at.
fn again(args: &GenerateArgs, rebuilt: Option<(&[Language], u32)>, ctx: &Ctx<'_>) -> String {
    let GenerateArgs {
        from,
        lang,
        keep,
        build_number,
        path,
        exclude_path,
        out,
        versioned,
        published_as,
        template,
        check: _,
        dry_run: _,
        build: _,
        force: _,
        offline: _,
    } = args;
    let global = &ctx.global;
    let mut words = vec!["protopact".to_owned(), "generate".to_owned()];
    let mut say = |flag: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), shell_word(&value)]));
    };
    let list = |all: &[String]| (!all.is_empty()).then(|| all.join(","));
    let shown = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let asked = lang.as_deref().unwrap_or_default();
    let languages = rebuilt.map_or(asked, |(languages, _)| languages);
    let languages = languages.iter().map(|l| l.as_str().to_owned()).collect::<Vec<_>>();
    say("--from", from.clone());
    say("--lang", list(&languages));
    say("--path", list(path));
    say("--exclude-path", list(exclude_path));
    say("--out", shown(out));
    say("--as", published_as.as_ref().map(ToString::to_string));
    say("--keep", keep.as_ref().map(ToString::to_string));
    let build = rebuilt.map(|(_, build)| build).or(*build_number);
    say("--build-number", build.as_ref().map(ToString::to_string));
    say("--template", shown(template));
    say("--config", global.config.clone());
    global.imports.iter().for_each(|place| say("--imports", Some(place.clone())));
    let compiler = global.compiler.and_then(|c| clap::ValueEnum::to_possible_value(&c));
    say("--compiler", compiler.map(|c| c.get_name().to_owned()));
    say("--protoc", shown(&global.protoc));
    words.extend(versioned.then(|| "--versioned".to_owned()));
    words.join(" ")
}

/// Says what differs.
fn told(found: &Checked, folder: &str, args: &GenerateArgs, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    /// The most lines of differences that are shown in all.
    const MOST: usize = 400;
    let view = ctx.view();
    let quiet = ctx.global.quiet;
    let out = &mut ctx.io.out;
    let mut left = MOST;
    let Checked { differences, remade } = found;
    for difference in differences {
        Line::new()
            .styled(Style::Error, difference.kind.as_str())
            .plain(format!(" {folder}/{}", difference.path))
            .write(&view, out)?;
        for line in difference.lines.iter().take(left) {
            Line::new().plain("    ").plain(line).write(&view, out)?;
        }
        left = left.saturating_sub(difference.lines.len());
    }
    for package in remade {
        Line::new()
            .styled(Style::Error, "another package")
            .plain(format!(" {folder}/{}: {}", package.path, package.why))
            .write(&view, out)?;
    }
    let differs = (!differences.is_empty())
        .then(|| format!("{} in `{}`", plural(differences.len(), "difference"), escape(folder)));
    let way = match (&differs, remade.is_empty()) {
        (None, true) => {
            if !quiet {
                writeln!(ctx.io.out, "`{}` is what would be generated", escape(folder))?;
            }
            return Ok(());
        }
        (_, true) => format!("bring it up to date with `{}`", escape(&again(args, None, ctx))),
        (_, false) => {
            let command = |languages: &[Language], build| again(args, Some((languages, build)), ctx);
            format!("a published version never changes: {}", escape(&remade::way_out(remade, &command)))
        }
    };
    let parts: Vec<String> = differs.into_iter().chain([way]).collect();
    writeln!(ctx.io.out, "{}", parts.join("; "))?;
    Ok(())
}

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> CliError {
        match error {
            PlanError::Lock(error) => error.into(),
            PlanError::Read { .. } => CliError::new(ErrorKind::Outside, error),
            PlanError::NoProgram { .. } => CliError::new(ErrorKind::Usage, error)
                .hint("names with a `/` are relative to the configuration, others are looked up on the path"),
            PlanError::NoSection(language) => {
                CliError::new(ErrorKind::Usage, error).hint(format!("add a section `[generate.{language}]`"))
            }
            PlanError::Taken { .. } => {
                CliError::new(ErrorKind::Usage, error).hint("name another folder with `out`")
            }
        }
    }
}

impl From<ProduceError> for CliError {
    fn from(error: ProduceError) -> CliError {
        use crate::codegen::write::WriteError;
        match error {
            ProduceError::Generate(GenerateError::Package { unit, source }) => {
                let hint = source.hint().map(str::to_owned);
                CliError::new(ErrorKind::Usage, GenerateError::Package { unit, source }).hint_opt(hint)
            }
            ProduceError::Generate(error @ GenerateError::Refused { .. }) => {
                CliError::new(ErrorKind::Usage, error).hint(RENAME)
            }
            ProduceError::Generate(GenerateError::Lock(error)) => error.into(),
            ProduceError::Generate(error) => CliError::new(ErrorKind::Outside, error),
            error @ ProduceError::Remade { .. } => CliError::new(ErrorKind::Usage, error),
            ProduceError::Write(error) => {
                let kind = match error {
                    WriteError::Unsuitable { .. }
                    | WriteError::Versions { .. }
                    | WriteError::Foreign { .. } => ErrorKind::Usage,
                    WriteError::Io(_) | WriteError::Path(_) | WriteError::Busy { .. } => ErrorKind::Outside,
                };
                let hint = error.hint();
                CliError::new(kind, error).hint_opt(hint)
            }
        }
    }
}
