//! The commands: one file each, arguments first, then resolve, do, report. This file only says which there are.

mod against;
mod answers;
mod args;
mod bench;
mod build;
mod cache;
mod check;
mod completions;
mod deps;
mod diff;
mod discover;
mod doctor;
mod error;
mod excerpts;
mod exit;
mod facts;
mod files;
mod fix;
mod generate;
mod given;
mod history;
mod imports;
mod init;
mod io;
mod kit;
mod lines;
mod man;
mod owners;
mod panic;
mod pipeline;
mod plugins;
mod progress;
mod register;
mod release;
mod remade;
mod repairs;
mod rules;
mod seen;
mod serve;
mod signals;
mod since;
mod site;
mod toolchain;
mod verify;
mod versions;
mod waive;
mod warnings;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use error::{CliError, ErrorKind};
pub use exit::{Exit, ExitCodeStyle};
pub use io::{ColourWhen, Io};
pub use panic::catch_panics;

use crate::compile::Backend;
use crate::text::{Line, Style, View, escape_lines, typed_without_secrets, without_secrets};

/// Check what a change to Protocol Buffers contracts breaks, for whom and why.
///
/// protopact compiles a contract twice, as it was and as it is, and says what every difference does to
/// everybody who already uses it: on the wire, in JSON, to gRPC calls and to generated Go, Java, Python and
/// Rust code.
#[derive(Debug, Parser)]
#[command(name = "protopact", version, propagate_version = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 clean, 1 findings, 2 usage or configuration, 3 sources do not compile, \
                        4 an outside program or a file failed, 70 a bug in protopact."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// Run as if started in DIR
    #[arg(short = 'C', long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    directory: Option<PathBuf>,

    /// Configuration to use instead of the one that is found: a file, or the text itself
    ///
    /// A path to a protopact.toml or buf.yaml, or TOML, YAML or JSON as text.
    #[arg(long, global = true, value_name = "FILE|TEXT")]
    config: Option<String>,

    /// Folder or descriptor set whose files are only there to be imported; can be given several times
    ///
    /// Added to `imports` under `[contract]`. Serves both sides, and is never judged.
    #[arg(long, global = true, value_name = "PLACE", value_hint = clap::ValueHint::AnyPath)]
    imports: Vec<String>,

    /// Compiler to use; `auto` takes the built-in one, and protoc where a file declares an edition
    #[arg(long, global = true, value_name = "COMPILER", value_enum)]
    compiler: Option<Backend>,

    /// The protoc to run instead of the one that comes with protopact
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::ExecutablePath)]
    protoc: Option<PathBuf>,

    /// Fetch what a shallow or partial clone lacks, with git
    #[arg(long, global = true)]
    fetch: bool,

    /// Neither use nor keep what runs note of files they have read, and of what checks came to
    #[arg(long, global = true)]
    no_cache: bool,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    color: ColourWhen,

    /// Print findings and errors only, no notes
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Show what is odd in the sources without being wrong: unused imports, JSON names that clash
    #[arg(long, global = true)]
    warnings: bool,

    /// Never draw progress on the terminal
    #[arg(long, global = true)]
    no_progress: bool,

    /// Which numbers to exit with
    #[arg(long, global = true, value_name = "STYLE", value_enum, default_value_t)]
    exit_code_style: ExitCodeStyle,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(alias = "breaking")]
    Check(Box<check::CheckArgs>),
    Diff(diff::DiffArgs),
    Fix(Box<fix::FixArgs>),
    Waive(waive::WaiveArgs),
    Rules(rules::RulesArgs),
    Init(init::InitArgs),
    Build(build::BuildArgs),
    Generate(generate::GenerateArgs),
    Serve(Box<serve::ServeArgs>),
    Discover(discover::DiscoverArgs),
    History(history::HistoryArgs),
    Release(release::ReleaseArgs),
    Site(site::SiteArgs),
    Kit(kit::KitArgs),
    Versions(versions::VersionsArgs),
    Deps(deps::DepsArgs),
    Plugins(plugins::PluginsArgs),
    Verify(Box<verify::VerifyArgs>),
    Bench(bench::BenchArgs),
    Cache(cache::CacheArgs),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// What a command gets besides its arguments.
struct Ctx<'a> {
    io: &'a mut Io,
    global: Global,
}

impl Ctx<'_> {
    /// How to show things on standard output.
    fn view(&self) -> View {
        let colour = self.io.colour(self.global.color, self.io.out_is_terminal);
        View { colour, width: self.io.width }
    }

    /// How to show things on standard error.
    fn err_view(&self) -> View {
        let colour = self.io.colour(self.global.color, self.io.err_is_terminal);
        View { colour, width: self.io.width }
    }

    /// Says something worth knowing that is not part of the output.
    fn note(&mut self, text: &str) -> Result<(), CliError> {
        if self.global.quiet {
            return Ok(());
        }
        let view = self.err_view();
        let line = Line::new().styled(Style::Note, "note").plain(": ").plain(text).hang(2);
        Ok(line.write(&view, &mut self.io.err)?)
    }

    /// Starts a progress line.
    fn progress(&self, what: &str) -> progress::Progress {
        progress::Progress::start(self.io.progress && !self.global.no_progress && !self.global.quiet, what)
    }
}

/// The command tree, for completions and manual pages.
fn command() -> clap::Command {
    Cli::command()
}

/// Runs one command line and gives the exit code. `args` starts with the name of the program.
pub fn run(args: impl IntoIterator<Item = OsString>, io: &mut Io) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let early = Early::look(&args);
    let mut tree = command();
    if let Some(width) = io.width {
        tree = tree.term_width(width);
    }
    let cli = match tree.try_get_matches_from_mut(&args).and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => return early.tell(&error, io),
    };
    let Cli { global, command } = cli;
    let style = global.exit_code_style;
    if let Some(dir) = &global.directory {
        io.cwd.push(dir);
    }
    let mut ctx = Ctx { io, global };
    let result = panic::guard(|| match command {
        Command::Check(args) => check::exec(*args, &mut ctx),
        Command::Diff(args) => diff::exec(args, &mut ctx),
        Command::Fix(args) => fix::exec(*args, &mut ctx),
        Command::Waive(args) => waive::exec(args, &mut ctx),
        Command::Rules(args) => rules::exec(args, &mut ctx),
        Command::Init(args) => init::exec(args, &mut ctx),
        Command::Build(args) => build::exec(args, &mut ctx),
        Command::Generate(args) => generate::exec(args, &mut ctx),
        Command::Serve(args) => serve::exec(*args, &mut ctx),
        Command::Discover(args) => discover::exec(args, &mut ctx),
        Command::History(args) => history::exec(args, &mut ctx),
        Command::Release(args) => release::exec(args, &mut ctx),
        Command::Site(args) => site::exec(args, &mut ctx),
        Command::Kit(args) => kit::exec(args, &mut ctx),
        Command::Versions(args) => versions::exec(args, &mut ctx),
        Command::Deps(args) => deps::exec(args, &mut ctx),
        Command::Plugins(args) => plugins::exec(args, &mut ctx),
        Command::Verify(args) => verify::exec(*args, &mut ctx),
        Command::Bench(args) => bench::exec(args, &mut ctx),
        Command::Cache(args) => cache::exec(args, &mut ctx),
        Command::Doctor(args) => doctor::exec(args, &mut ctx),
        Command::Completions(args) => completions::exec(args, &mut ctx),
        Command::Man(args) => man::exec(args, &mut ctx),
    });
    let result = result.and_then(|exit| Ok(ctx.io.out.flush().map(|()| exit)?));
    let exit = result.unwrap_or_else(|error| {
        // What was written before the error belongs before it; nobody is left to tell when this fails too.
        let _ = ctx.io.out.flush();
        let view = ctx.err_view();
        let _ = error.write(&view, &mut ctx.io.err);
        error.exit()
    });
    let _ = ctx.io.err.flush();
    exit.code(style)
}

/// What has to be known when the command line cannot be read: how to say so.
#[derive(Debug, Default)]
struct Early {
    colour: ColourWhen,
    style: ExitCodeStyle,
}

impl Early {
    fn look(args: &[OsString]) -> Early {
        let mut early = Early::default();
        let mut args = args.iter().filter_map(|a| a.to_str()).peekable();
        while let Some(arg) = args.next() {
            let (flag, value) = match arg.split_once('=') {
                Some((flag, value)) => (flag, value),
                None => (arg, args.peek().copied().unwrap_or_default()),
            };
            match flag {
                "--color" => early.colour = clap::ValueEnum::from_str(value, true).unwrap_or_default(),
                "--exit-code-style" => {
                    early.style = clap::ValueEnum::from_str(value, true).unwrap_or_default()
                }
                "--" => break,
                _ => {}
            }
        }
        early
    }

    /// Prints help, the version or what is wrong with the command line.
    fn tell(&self, error: &clap::Error, io: &mut Io) -> u8 {
        let to_err = error.use_stderr();
        let terminal = if to_err { io.err_is_terminal } else { io.out_is_terminal };
        let colour = io.colour(self.colour, terminal);
        let text = error.render();
        let text = if colour { text.ansi().to_string() } else { text.to_string() };
        // What was typed is quoted; a script may have typed what somebody else wrote.
        let text = if to_err { shown(&text, error) } else { text };
        let text = escape_lines(&text);
        let out = if to_err { &mut io.err } else { &mut io.out };
        // There is nobody else to tell.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        if to_err { Exit::Usage } else { Exit::Clean }.code(self.style)
    }
}

/// What a command line that cannot be read is told of, without what may be secret in the value that is no good.
fn shown(text: &str, error: &clap::Error) -> String {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if error.kind() == clap::error::ErrorKind::ValueValidation => value,
        _ => return without_secrets(text),
    };
    let shown = typed_without_secrets(value);
    without_secrets(&text.replace(value.as_str(), &shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_flag_is_explained() {
        let mut tree = command();
        tree.build();
        let mut commands = vec![&tree];
        while let Some(command) = commands.pop() {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "{} {} says nothing", command.get_name(), arg.get_id());
                assert!(!help.ends_with('.'), "{} {}: {help}", command.get_name(), arg.get_id());
            }
            commands.extend(command.get_subcommands());
        }
    }
}
