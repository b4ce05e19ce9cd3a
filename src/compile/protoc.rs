//! The other compiler: protoc, for files that declare an edition.
//!
//! The files go to a private folder under their import paths, one run compiles them all. protoc stops at the
//! first input that fails, so the rest is run again until all errors of all files are out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustc_hash::{FxHashMap, FxHashSet};
use thiserror::Error;

use super::diagnostic::Diagnostic;
use super::load::Loaded;
use super::parse::{self, Span};
use super::{CompileError, CompiledFile, Input, Options, builtin, graph, link, wire};
use crate::machine::run::{self, Call};
use crate::machine::{Host, Limits, RunError, Scratch, tools};

/// Why protoc gave no answer.
#[derive(Debug, Error)]
pub enum ProtocError {
    /// The program is not there, or not a program.
    #[error("cannot start `{}`", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No protoc is configured, and none comes with this platform.
    #[error("no protoc is configured, and protopact brings none for this platform")]
    Missing,
    /// The private folder could not be used.
    #[error("cannot {what}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It took too long and was ended.
    #[error("`{}` did not finish within {} seconds", .program.display(), .limit.as_secs())]
    TimedOut {
        /// The program.
        program: PathBuf,
        /// The time it had.
        limit: Duration,
    },
    /// It failed without naming a source file.
    #[error("`{}` failed ({status}): {output}", .program.display())]
    Failed {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: String,
        /// The end of what it wrote, escaped.
        output: String,
    },
    /// It said it succeeded, but its output is not what it should be.
    #[error("`{}` wrote no usable descriptors: {reason}", .program.display())]
    Output {
        /// The program.
        program: PathBuf,
        /// What is wrong with them.
        reason: String,
    },
}

/// How often the rest is run again after an input failed.
const MAX_RUNS: usize = 40;

/// How much of protoc's messages is kept, and how much it may write otherwise.
const MAX_MESSAGES: usize = 8 << 20;

pub(super) fn compile(
    loaded: Loaded<'_>,
    input: &Input,
    options: &Options,
) -> Result<(Vec<CompiledFile>, Vec<Diagnostic>), CompileError> {
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(builtin::diagnose_all(&loaded.units, loaded.imports, input));
    let mut names: FxHashMap<&str, u32> = FxHashMap::default();
    for (file, unit) in loaded.units.iter().enumerate() {
        match graph::malformed(unit.name) {
            // The name decides where the file is written.
            Some(reason) => diagnostics
                .push(Diagnostic::of_file(unit.display, format!("the path `{}` {reason}", unit.name))),
            None => {
                names.insert(unit.name, file as u32);
            }
        }
    }
    let targets: Vec<&str> = loaded
        .units
        .iter()
        .zip(&loaded.targets)
        .filter(|(unit, target)| **target && names.contains_key(unit.name))
        .map(|(unit, _)| unit.name)
        .collect();
    if targets.is_empty() {
        return if diagnostics.is_empty() {
            Ok(<_>::default())
        } else {
            Err(CompileError::sources(diagnostics))
        };
    }
    let folder = Folder::new()?;
    for unit in loaded.units.iter().filter(|u| names.contains_key(u.name)) {
        folder.write(unit.name, renamed(unit.text, input).as_bytes())?;
    }
    let size: usize = loaded.units.iter().map(|u| u.text.len()).sum();
    let limit = options.protoc_timeout.unwrap_or(Duration::from_secs(60 + (size >> 20) as u64));
    // A call of the library names no environment: protoc gets that of the process.
    let host = Host::of_process();
    let program = tools::protoc(options.protoc.as_deref(), &host).ok_or(ProtocError::Missing)?;
    let runner = Runner { host, program, folder: &folder, deadline: Instant::now() + limit, limit };

    let tainted = link::tainted(&loaded.units);
    let mut consequences = Vec::new();
    let mut rest: &[&str] = &targets;
    let mut set = None;
    let mut warnings = Vec::new();
    for _ in 0..MAX_RUNS {
        let (status, messages) = runner.run(rest)?;
        let Some(status) = status else {
            set = Some(folder.read_output()?);
            let said = messages.lines().filter_map(|line| Message::parse(line, &folder.root));
            for message in said.filter(|message| message.warning) {
                let file = names.get(message.file.as_str()).filter(|file| loaded.targets[**file as usize]);
                let Some(unit) = file.map(|file| &loaded.units[*file as usize]) else { continue };
                warnings.push(message.diagnostic(unit.display, unit.text).warning());
            }
            break;
        };
        let mut failed: FxHashSet<&str> = FxHashSet::default();
        let mut last = None;
        let found =
            messages.lines().filter_map(|line| Message::parse(line, &folder.root)).filter(|m| !m.warning);
        let mut any = false;
        for message in found {
            let Some((&name, &file)) = names.get_key_value(message.file.as_str()) else { continue };
            any = true;
            failed.insert(name);
            last = Some(name);
            // The import graph was checked before, with more to say.
            if message.text.starts_with("Import \"") && message.text.ends_with("was not found or had errors.")
            {
                continue;
            }
            let unit = &loaded.units[file as usize];
            let follows = tainted.contains(&file) && message.misses_a_name();
            let kept = if follows { &mut consequences } else { &mut diagnostics };
            kept.push(message.diagnostic(unit.display, unit.text));
        }
        if !any {
            return Err(runner.failed(status, &messages).into());
        }
        // Inputs come in order, and the one that failed has the last word.
        let at =
            rest.iter().rposition(|name| Some(*name) == last || (last.is_none() && failed.contains(name)));
        match at {
            Some(at) if at + 1 < rest.len() => rest = &rest[at + 1..],
            _ => break,
        }
    }
    if diagnostics.is_empty() {
        diagnostics = consequences;
    }
    if !diagnostics.is_empty() {
        return Err(CompileError::sources(diagnostics));
    }
    let Some(set) = set else {
        let reason = "it failed without saying why".to_owned();
        return Err(ProtocError::Output { program: runner.program, reason }.into());
    };
    let files = split(&set).ok_or_else(|| ProtocError::Output {
        program: runner.program.clone(),
        reason: "the descriptor set is cut off".to_owned(),
    })?;
    let mut compiled = Vec::new();
    for &file in &loaded.order {
        let unit = &loaded.units[file as usize];
        let Some(descriptor) = files.get(unit.name) else {
            let reason = format!("`{}` is missing", unit.name);
            return Err(ProtocError::Output { program: runner.program, reason }.into());
        };
        compiled.push(CompiledFile {
            name: unit.name.into(),
            display: unit.display.into(),
            descriptor: descriptor.clone(),
            target: loaded.targets[file as usize],
            default_visibility: Some(parse::default_visibility(unit.text)),
        });
    }
    Ok((compiled, warnings))
}

/// The text with imports by the names that files are known by.
fn renamed<'t>(text: &'t str, input: &Input) -> std::borrow::Cow<'t, str> {
    let names = |line: &str| line.trim_start().starts_with("import");
    let applies = |alias: &str| text.lines().any(|line| names(line) && line.contains(alias));
    let used: Vec<_> = input.aliases.iter().filter(|(alias, _)| applies(alias)).collect();
    if used.is_empty() {
        return text.into();
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let mut line = line.to_owned();
        for (alias, known) in used.iter().filter(|_| names(&line)).collect::<Vec<_>>() {
            for quote in ['"', '\''] {
                line = line.replace(&format!("{quote}{alias}{quote}"), &format!("{quote}{known}{quote}"));
            }
        }
        line
    });
    lines.collect::<String>().into()
}

/// The descriptors in a set, by file name.
fn split(set: &Bytes) -> Option<FxHashMap<String, Bytes>> {
    let mut files = FxHashMap::default();
    for field in wire::fields(set) {
        let field = field?;
        if field.number == 1 {
            let descriptor = set.slice_ref(field.bytes()?);
            let name = wire::file_name(&descriptor)?.to_owned();
            files.insert(name, descriptor);
        }
    }
    Some(files)
}

/// The private folder: `src/` for the files, beside it what goes in and out.
struct Folder {
    dir: Scratch,
    root: PathBuf,
}

impl Folder {
    fn new() -> Result<Folder, ProtocError> {
        let failed =
            |source| ProtocError::Io { what: "make a temporary folder for protoc".to_owned(), source };
        let dir = Scratch::new("protopact-").map_err(failed)?;
        let root = dir.path().join("src");
        fs::create_dir(&root).map_err(failed)?;
        Ok(Folder { dir, root })
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), ProtocError> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, content))
            .map_err(|source| ProtocError::Io { what: format!("write `{name}` for protoc"), source })
    }

    fn output(&self) -> PathBuf {
        self.dir.path().join("set.binpb")
    }

    fn read_output(&self) -> Result<Bytes, ProtocError> {
        fs::read(self.output())
            .map(Bytes::from)
            .map_err(|source| ProtocError::Io { what: "read what protoc wrote".to_owned(), source })
    }
}

struct Runner<'f> {
    host: Host,
    program: PathBuf,
    folder: &'f Folder,
    deadline: Instant,
    limit: Duration,
}

impl Runner<'_> {
    /// Compiles some files. Gives what protoc said and, when it has something against them, how it ended.
    fn run(&self, files: &[&str]) -> Result<(Option<ExitStatus>, String), ProtocError> {
        let root = &self.folder.root;
        let mut arguments = format!(
            "--proto_path={}\n--include_imports\n--include_source_info\n--descriptor_set_out={}\n",
            root.display(),
            self.folder.output().display()
        );
        for file in files {
            // As a whole path: a name that starts with a dash is no flag then.
            arguments += &format!("{}\n", root.join(file).display());
        }
        let list = self.folder.dir.path().join("arguments");
        fs::write(&list, arguments)
            .map_err(|source| ProtocError::Io { what: "write the arguments of protoc".to_owned(), source })?;
        let call = Call {
            name: "protoc",
            program: &self.program,
            arguments: vec![format!("@{}", list.display()).into()],
            folder: self.folder.dir.path(),
            input: b"",
            set: Vec::new(),
        };
        let time = self.deadline.saturating_duration_since(Instant::now());
        let limits = Limits { time, output: MAX_MESSAGES, messages: MAX_MESSAGES };
        let program = || self.program.clone();
        match run::run(&self.host, &call, limits) {
            Ok(done) => Ok((None, done.messages)),
            Err(RunError::Failed { status, messages, .. }) => Ok((Some(status), messages)),
            Err(RunError::Start { source, .. }) => Err(ProtocError::Start { program: program(), source }),
            Err(RunError::TimedOut { .. }) => {
                Err(ProtocError::TimedOut { program: program(), limit: self.limit })
            }
            Err(error @ RunError::TooMuch { .. }) => {
                Err(ProtocError::Output { program: program(), reason: error.to_string() })
            }
        }
    }

    fn failed(&self, status: ExitStatus, messages: &str) -> ProtocError {
        let tail: Vec<&str> = messages.lines().rev().take(5).collect();
        let tail: Vec<String> =
            tail.into_iter().rev().map(|line| crate::text::escape(line).into_owned()).collect();
        let output = if tail.is_empty() { "it said nothing".to_owned() } else { tail.join("; ") };
        ProtocError::Failed { program: self.program.clone(), status: status.to_string(), output }
    }
}

/// One line of what protoc says.
#[derive(Debug, PartialEq, Eq)]
struct Message {
    file: String,
    position: Option<(u32, u32)>,
    text: String,
    warning: bool,
}

impl Message {
    /// Reads `file:line:column: text` or `file: text`.
    fn parse(line: &str, root: &Path) -> Option<Message> {
        let (file, position, text) = match located(line) {
            Some((file, position, text)) => (file, Some(position), text),
            None => {
                let (file, text) = line.split_once(": ")?;
                (file, None, text)
            }
        };
        let root = format!("{}/", root.display());
        let file = file.strip_prefix(&root).unwrap_or(file);
        let (warning, text) = match text.strip_prefix("warning: ") {
            Some(text) => (true, text),
            None => (false, text),
        };
        Some(Message { file: file.to_owned(), position, text: text.to_owned(), warning })
    }

    /// It knows no such name: for a file that reaches one which is not there, what is missing has been told.
    fn misses_a_name(&self) -> bool {
        self.text.contains("is not defined")
            || self.text.contains(", which is not imported by ")
            || (self.text.starts_with("Option \"") && self.text.contains("\" unknown."))
    }

    fn diagnostic(&self, display: &str, text: &str) -> Diagnostic {
        let message = self.text.trim_end_matches('.');
        let Some((line, column)) = self.position else { return Diagnostic::of_file(display, message) };
        let at = offset(text, line, column);
        // protoc gives only a start: mark the word there.
        let word =
            text[at as usize..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        Diagnostic::at(display, text, Span { start: at, end: at + word as u32 }, message)
    }
}

fn located(line: &str) -> Option<(&str, (u32, u32), &str)> {
    for (colon, _) in line.match_indices(':') {
        let mut parts = line[colon + 1..].splitn(3, ':');
        let number = |part: Option<&str>| part?.parse::<u32>().ok();
        if let (Some(row), Some(column), Some(text)) =
            (number(parts.next()), number(parts.next()), parts.next())
            && let Some(text) = text.strip_prefix(' ')
        {
            return Some((&line[..colon], (row, column), text));
        }
    }
    None
}

/// The byte that protoc means by a line and a column: columns are bytes, and a tab goes to the next multiple of
/// eight.
fn offset(text: &str, line: u32, column: u32) -> u32 {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let mut at = start;
    let mut reached = 1;
    for c in text[start..].chars() {
        if reached >= column || c == '\n' {
            break;
        }
        reached = if c == '\t' { (reached - 1) / 8 * 8 + 9 } else { reached + c.len_utf8() as u32 };
        at += c.len_utf8();
    }
    at as u32
}
