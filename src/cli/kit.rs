//! `protopact kit`.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::generate::{UNPUBLISHED, contract_name};
use super::{CliError, Ctx, ErrorKind, Exit, pipeline};
use crate::codegen::legal::terms;
use crate::codegen::plan;
use crate::codegen::write::{Out, WriteError};
use crate::kit::certs::{self, CertsError};
use crate::kit::{self, Found, Kit, KitError, State, Wish};
use crate::text::{escape, plural};
use crate::words::Language;

/// Write what a contract's services need to run
///
/// Files to begin with, which are the team's own from then on: what was changed is never written over without being told
/// to.
#[derive(Debug, Args)]
pub(super) struct KitArgs {
    #[command(subcommand)]
    command: KitCommand,
}

#[derive(Debug, Subcommand)]
enum KitCommand {
    Containers(ContainersArgs),
}

/// Write a service in each language, and what runs them in containers
///
/// For each language that packages are made for: a server on the package that answers UNIMPLEMENTED until calls are
/// written, with health checking, reflection, TLS and an orderly end, and its Dockerfile. Around them a file for Compose
/// with `protopact serve`, Consul, a collector and Jaeger, manifests for Kubernetes, and one file that names every image.
/// The same contract gives the same files; what was changed by hand stays, or nothing is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact kit containers -o deploy                the services of the working tree
  protopact kit containers -o deploy --from v1.4.0  those of a published version
  protopact kit containers -o deploy --certs        and certificates for TLS between them
  protopact kit containers -o deploy --check        is what is there what would be written?")]
struct ContainersArgs {
    /// Where the files go; files there that are not of the kit stay
    #[arg(short, long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,

    /// The version of the contract: a tag or any git revision; the working tree when it is left out
    #[arg(long, value_name = "REV")]
    from: Option<String>,

    /// Only these languages
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    lang: Option<Vec<Language>>,

    /// Where `protopact generate` puts packages; `generate.out` in the configuration, or `sdk`, when it is left out
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    sdk: Option<PathBuf>,

    /// Make certificates for TLS between the services as well, in `certs/`, unless they are there
    #[arg(long, conflicts_with = "check")]
    certs: bool,

    /// Write nothing; show what differs, and exit with 1 when something does
    #[arg(long)]
    check: bool,

    /// Write over files that were changed by hand, or that no kit has written
    #[arg(long, conflicts_with = "check")]
    force: bool,
}

/// How long to wait for another run into the same folder.
const WAIT: Duration = Duration::from_secs(30);

/// Runs the command.
pub(super) fn exec(args: KitArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let KitCommand::Containers(args) = args.command;
    let version = pipeline::version(args.from.as_deref(), &[], &[], ctx)?;
    let schema = pipeline::schema(&version.compiled)?;
    for note in &version.notes {
        ctx.note(note)?;
    }
    let settings = version.settings.generate.clone().unwrap_or_default();
    let name = contract_name(&version, &settings)?;
    let mut targets = plan::targets(&settings, name);
    if targets.is_empty() {
        return Err(CliError::usage("the configuration names no language that packages are made for")
            .hint("add sections such as `[generate.go]` with `module = \"github.com/acme/contracts-go\"`"));
    }
    let absent = |language: &&Language| !targets.iter().any(|target| target.language() == **language);
    if let Some(language) = args.lang.iter().flatten().find(absent) {
        return Err(plan::PlanError::NoSection(language.as_str()).into());
    }
    if args.lang.is_none() {
        for language in Language::ALL.iter().filter(absent) {
            let (title, key) = (language.title(), language.as_str());
            ctx.note(&format!("{title} is left out: there is no `[generate.{key}]` in the configuration"))?;
        }
    }
    targets.retain(|target| args.lang.as_ref().is_none_or(|only| only.contains(&target.language())));
    let number = version.name.version().map_or_else(|| UNPUBLISHED.to_owned(), ToString::to_string);
    let terms = terms(&settings, &version.legal);
    let contract = version.contract(name, &number, None, &terms, &schema);
    let folder = ctx.io.cwd.join(&args.out);
    let sdk = match &args.sdk {
        Some(sdk) => ctx.io.cwd.join(sdk),
        None => version.folder.join(settings.out.as_deref().unwrap_or("sdk")),
    };
    let sdk = seen_from(&real(&folder), &real(&sdk));
    let versioned = settings.versioned.then_some(&*number);
    let wish = Wish { contract: &contract, targets: &targets, sdk: &sdk, versioned };
    let kit = kit::make(&wish).map_err(|e| {
        let hint = matches!(e, KitError::NoLanguage(_)).then_some("`protopact generate --dry-run` says more");
        CliError::new(ErrorKind::Usage, e).hint_opt(hint)
    })?;
    for (language, why) in &kit.left {
        ctx.note(&format!("{} is left out: {why}", language.title()))?;
    }
    if args.check {
        let found = kit::look(&folder, &kit.files).map_err(failed)?;
        return check(&found, ctx);
    }
    let mut out = Out::take(&folder, WAIT).map_err(failed)?;
    let found = kit::look(out.path(), &kit.files).map_err(failed)?;
    write(&args, &kit, &mut out, found, (name, &number), ctx)
}

/// Writes the kit, and says what became of its files.
fn write(
    args: &ContainersArgs,
    kit: &Kit,
    out: &mut Out,
    found: Found,
    version: (&str, &str),
    ctx: &mut Ctx<'_>,
) -> Result<Exit, CliError> {
    let shown = args.out.display();
    let kept: Vec<String> = found.that_are(State::Kept).map(|path| format!("`{}`", escape(path))).collect();
    let same = found.files.values().all(|state| [State::Same, State::Kept].contains(state));
    if !kept.is_empty() && !args.force {
        ctx.note(&format!(
            "{} as you have changed it: {}",
            if kept.len() == 1 { "stays" } else { "stay" },
            kept.join(", ")
        ))?;
    }
    if same && (kept.is_empty() || !args.force) && !found.files.is_empty() {
        if !ctx.global.quiet {
            writeln!(ctx.io.out, "nothing to do: `{shown}` is up to date")?;
        }
    } else {
        kit::write(out, &found, &kit.files, version, args.force).map_err(failed)?;
        if !ctx.global.quiet {
            writeln!(ctx.io.out, "wrote `{shown}`, {}", plural(kit.files.len(), "file"))?;
        }
    }
    if args.certs {
        let made = certs::make(out.path(), &kit.hosts).map_err(|e| match e {
            CertsError::File(e) => CliError::new(ErrorKind::Outside, e),
            CertsError::Make(e) => CliError::new(ErrorKind::Usage, e),
        })?;
        let place = args.out.join(certs::FOLDER);
        if made {
            ctx.note(&format!(
                "certificates for tests are in `{}`, keys for their owner alone",
                place.display()
            ))?;
        } else {
            ctx.note(&format!(
                "`{}` is there and stays; without it, certificates are made anew",
                place.display()
            ))?;
        }
    }
    Ok(Exit::Clean)
}

/// Says what would be written.
fn check(found: &Found, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let mut differs = false;
    for (path, state) in &found.files {
        let what = match state {
            State::Same | State::Kept => continue,
            State::Missing => "missing",
            State::Old => "out of date",
            State::Gone => "of no use any more",
            State::Theirs => "changed by hand, and out of date",
        };
        differs = true;
        writeln!(ctx.io.out, "{}: {what}", escape(path))?;
    }
    Ok(if differs { Exit::Findings } else { Exit::Clean })
}

fn failed(error: WriteError) -> CliError {
    let (kind, hint) = match &error {
        WriteError::Io(_) | WriteError::Busy { .. } => (ErrorKind::Outside, error.hint()),
        WriteError::Unsuitable { .. } => (ErrorKind::Usage, Some("name a folder of its own with `-o`")),
        WriteError::Foreign { .. } => (
            ErrorKind::Usage,
            Some("move what you have changed into other files, or write over it with `--force`"),
        ),
        _ => (ErrorKind::Usage, error.hint()),
    };
    if let WriteError::Foreign { files, .. } = &error {
        let files: Vec<String> = files.iter().map(|path| format!("`{path}`")).collect();
        let verb = if files.len() == 1 { "has" } else { "have" };
        let message =
            format!("{} {verb} been changed by hand, and the kit has something new for it", files.join(", "));
        return CliError::new(kind, message).while_("cannot write the kit").hint_opt(hint);
    }
    CliError::new(kind, error).while_("cannot write the kit").hint_opt(hint)
}

/// A path without links, as far as it is there, and without `.` and `..`.
fn real(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
        if let Ok(found) = std::fs::canonicalize(&plain) {
            plain = found;
        }
    }
    plain
}

/// A path as it is seen from a folder, with `/`; both without links.
fn seen_from(folder: &Path, path: &Path) -> String {
    let shared = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let all: Vec<String> = up.chain(down).collect();
    if all.is_empty() { ".".to_owned() } else { all.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_from_another_one() {
        for (folder, path, seen) in [
            ("/a/deploy", "/a/sdk", "../sdk"),
            ("/a", "/a/sdk", "sdk"),
            ("/a/b/c", "/a", "../.."),
            ("/a", "/a", "."),
        ] {
            assert_eq!(seen_from(Path::new(folder), Path::new(path)), seen);
        }
    }
}
