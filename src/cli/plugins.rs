//! `protopact plugins`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{CliError, Ctx, ErrorKind, Exit, files, pipeline};
use crate::codegen::legal::Terms;
use crate::codegen::plan::{self, Wish};
use crate::codegen::plugin::install::{InstallError, Installer, Outcome};
use crate::codegen::plugin::lock::Around;
use crate::codegen::plugin::{Lock, LockError, Pinned, spec};
use crate::codegen::{Contract, Target};
use crate::config::Settings;
use crate::config::generate::{GRPC_PYTHON, Generate, PluginRun};
use crate::lock::FILE_NAME;
use crate::machine::{Cache, Host};
use crate::schema::Schema;
use crate::text::{Line, Style};
use crate::words::Language;

/// Get the protoc plugins that packages are made with
///
/// Each is pinned at one version; protopact.lock, beside protopact.toml, says which bytes that is. Only `install` and
/// `update` ever use the network, through `go`, `mvn`, `pip` and `cargo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact plugins install            get what the configured languages need, and lock it
  protopact plugins update             move the lock to what this protopact works with
  protopact plugins list")]
pub(super) struct PluginsArgs {
    #[command(subcommand)]
    command: PluginsCommand,
}

#[derive(Debug, Subcommand)]
enum PluginsCommand {
    /// Get plugins, and lock those that are not locked yet
    Install(InstallArgs),
    /// Get plugins, whatever is locked, and lock what came
    Update(InstallArgs),
    /// Say which plugins there are, and whether they are here
    List,
}

#[derive(Debug, Args)]
struct InstallArgs {
    /// For these languages; for those that are configured when nothing is said
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    lang: Vec<Language>,

    /// Never use the network: only look at what is there
    #[arg(long)]
    offline: bool,
}

impl pipeline::Version {
    /// It under a name and a number, as packages are made of it.
    pub(super) fn contract<'a>(
        &'a self,
        name: &'a str,
        number: &'a str,
        commit: Option<&'a str>,
        terms: &'a Terms,
        schema: &'a Schema,
    ) -> Contract<'a> {
        Contract {
            name,
            version: number,
            build: None,
            commit,
            licence: &terms.licence,
            legal: &self.legal,
            about: &terms.about,
            compiled: &self.compiled,
            schema,
        }
    }
}

/// What plugins need of the machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) host: Host,
    pub(super) cache: Option<Cache>,
    pub(super) protoc: Option<PathBuf>,
    pub(super) lock_path: PathBuf,
}

impl Machine {
    /// The machine of a run; the lock is in the folder of the configuration.
    pub(super) fn of(ctx: &Ctx<'_>, settings: &Settings, folder: &Path) -> Machine {
        let host = Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() };
        Machine {
            cache: Cache::of(&host),
            host,
            protoc: settings.compile.protoc.clone(),
            lock_path: folder.join(FILE_NAME),
        }
    }

    pub(super) fn around(&self) -> Around<'_> {
        Around { host: &self.host, cache: self.cache.as_ref(), protoc: self.protoc.as_deref() }
    }

    /// A wish for all packages of a contract, in the folders that they always have.
    pub(super) fn wish<'a>(
        &'a self,
        settings: &'a Generate,
        contract: &Contract<'a>,
        root: &'a Path,
        lock: Option<&'a Lock>,
    ) -> Wish<'a> {
        Wish {
            settings,
            contract: contract.name,
            folder: None,
            only: None,
            services: contract.schema.has_services(),
            root,
            lock,
            around: self.around(),
        }
    }

    /// The lock; `None` when there is none.
    pub(super) fn read_lock(&self) -> Result<Option<Lock>, CliError> {
        match std::fs::read_to_string(&self.lock_path) {
            Ok(text) => Ok(Some(Lock::parse(&text)?)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(CliError::outside(format!("cannot read `{}`", FILE_NAME), e)),
        }
    }
}

/// Runs the command.
pub(super) fn exec(args: PluginsArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let (settings, folder) = pipeline::here(ctx)?;
    let machine = Machine::of(ctx, &settings, &folder);
    let old = machine.read_lock()?;
    match args.command {
        PluginsCommand::Install(args) => install(&args, false, &settings, &machine, old, ctx),
        PluginsCommand::Update(args) => install(&args, true, &settings, &machine, old, ctx),
        PluginsCommand::List => list(&settings, &machine, &old.unwrap_or_default(), ctx),
    }
}

/// The plugins of some languages, or of those that are configured; protoc where a generator of it is named.
pub(super) fn needed(settings: &Settings, languages: &[Language]) -> Vec<&'static Pinned> {
    let generate = settings.generate.clone().unwrap_or_default();
    let configured = plan::targets(&generate, "");
    let mut targets = configured.clone();
    if !languages.is_empty() {
        // A language that is not configured is one of the newest line.
        let target = |language: &Language| {
            let known = configured.iter().find(|target| target.language() == *language);
            known.cloned().unwrap_or_else(|| Target::new(*language, &[]))
        };
        targets = languages.iter().map(target).collect();
    }
    let mut plugins: Vec<&'static Pinned> = spec::needed_for(&targets, true);
    for entry in &generate.plugins {
        let plugin = match &entry.run {
            PluginRun::ProtocBuiltin(name) if name == GRPC_PYTHON => {
                spec::chosen(&spec::GRPC_PYTHON, &configured)
            }
            PluginRun::ProtocBuiltin(_) if entry.protoc.is_none() => &spec::PROTOC,
            _ => continue,
        };
        if !plugins.contains(&plugin) {
            plugins.push(plugin);
        }
    }
    plugins
}

fn install(
    args: &InstallArgs,
    update: bool,
    settings: &Settings,
    machine: &Machine,
    old: Option<Lock>,
    ctx: &mut Ctx<'_>,
) -> Result<Exit, CliError> {
    let plugins = needed(settings, &args.lang);
    if plugins.is_empty() {
        return Err(CliError::usage("no language is configured")
            .hint("name some: `protopact plugins install --lang go,java`")
            .hint("or add sections such as `[generate.go]` to protopact.toml"));
    }
    let mut lock = old.clone().unwrap_or_default();
    let installer = Installer { around: machine.around(), offline: args.offline, update };
    let view = ctx.view();
    for plugin in plugins {
        let progress = ctx.progress(&format!("getting {} {}", plugin.name, plugin.version));
        let outcome = installer.install(plugin, &mut lock);
        drop(progress);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                tell_program(error.messages(), ctx)?;
                // What was got before is kept.
                save(&old, &lock, machine)?;
                return Err(error.into());
            }
        };
        if !ctx.global.quiet {
            let (style, word) = match outcome {
                Outcome::Present => (Style::Faint, "present"),
                Outcome::Installed => (Style::Good, "installed"),
            };
            let line = Line::new().styled(style, word).plain(format!(" {} {}", plugin.name, plugin.version));
            line.write(&view, &mut ctx.io.out)?;
            ctx.io.out.flush()?;
        }
    }
    save(&old, &lock, machine)?;
    Ok(Exit::Clean)
}

fn save(old: &Option<Lock>, new: &Lock, machine: &Machine) -> Result<(), CliError> {
    if old.as_ref() == Some(new) || new.plugin.is_empty() {
        return Ok(());
    }
    let text = new.render();
    files::write_whole(&machine.lock_path, FILE_NAME, |out| out.write_all(text.as_bytes()))
}

fn list(settings: &Settings, machine: &Machine, lock: &Lock, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let view = ctx.view();
    for plugin in needed(settings, &Language::ALL) {
        let (style, word) = match lock.ready(plugin, machine.around()).and_then(|ready| ready.verify()) {
            Ok(()) => (Style::Good, "ready"),
            Err(LockError::Missing { .. }) => (Style::Faint, "not locked"),
            Err(LockError::NotInstalled { .. } | LockError::Platform { .. }) => {
                (Style::Warn, "not installed")
            }
            Err(LockError::Version { .. }) => (Style::Warn, "locked at another version"),
            Err(_) => (Style::Error, "not what is locked"),
        };
        let languages: Vec<&str> = plugin.languages().map(Language::as_str).collect();
        Line::new()
            .plain(format!("{:22}{:10}{:10}", plugin.name, plugin.version, plugin.source.as_str()))
            .styled(style, word)
            .plain(format!("  for {}", languages.join(", ")))
            .write(&view, &mut ctx.io.out)?;
    }
    Ok(Exit::Clean)
}

/// Shows what an outside program said, line by line.
pub(super) fn tell_program(text: &str, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    /// The most lines that are shown: the last ones.
    const MOST: usize = 60;
    let view = ctx.err_view();
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    for line in &lines[lines.len().saturating_sub(MOST)..] {
        Line::new().styled(Style::Faint, "  | ").plain(line).hang(4).write(&view, &mut ctx.io.err)?;
    }
    Ok(())
}

impl From<LockError> for CliError {
    fn from(error: LockError) -> CliError {
        let kind = match error {
            LockError::File(_) | LockError::Missing { .. } | LockError::Version { .. } => ErrorKind::Usage,
            _ => ErrorKind::Outside,
        };
        let hint = error.hint();
        CliError::new(kind, error).hint(hint)
    }
}

impl From<InstallError> for CliError {
    fn from(error: InstallError) -> CliError {
        let hint = error.hint();
        match error {
            InstallError::Lock(error) => error.into(),
            error => CliError::new(ErrorKind::Outside, error).hint_opt(hint),
        }
    }
}
