//! The toolchains of the languages as they are found: there or not, and new enough or not.

use std::path::Path;
use std::time::Duration;

use super::doctor::Finding;
use super::plugins::Machine;
use crate::codegen::buf_gen::{self, Template};
use crate::codegen::plugin::Pinned;
use crate::codegen::sdk::versions;
use crate::config::generate::PluginRun;
use crate::config::{ConfigError, Settings};
use crate::machine::Limits;
use crate::machine::run::{self, Call};
use crate::machine::tools::{TOOLS, Tool};
use crate::verify::build;
use crate::words::Language;

/// The tools that some languages build packages with, and those that get their plugins and others that are wanted.
pub(super) fn look(
    languages: &[Language],
    plugins: &[&'static Pinned],
    machine: &Machine,
    folder: &Path,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for tool in &TOOLS {
        let builds = languages.iter().filter(|l| build::tools(**l).contains(&tool.program));
        let mut needed_for: Vec<&str> = builds.map(|l| l.as_str()).collect();
        if needed_for.is_empty() {
            let gets = plugins.iter().filter(|p| p.source.installer() == Some(tool.program));
            needed_for.extend(gets.map(|p| p.name));
        }
        // A part of a program that is not there is not there either.
        let whole = |f: &Finding| f.name == tool.program && (f.path.is_none() || f.version.is_none());
        if !needed_for.is_empty() && !findings.iter().any(whole) {
            findings.push(one(tool, needed_for, machine, folder));
        }
    }
    findings
}

/// A `buf.gen.yaml` that `generate` would follow, or why it cannot.
pub(super) fn template(
    settings: &Settings,
    machine: &Machine,
    folder: &Path,
) -> Option<Result<Template, ConfigError>> {
    if settings.generate.is_some() {
        return None;
    }
    let text = std::fs::read_to_string(folder.join(buf_gen::FILE_NAME)).ok()?;
    Some(buf_gen::parse(&text, buf_gen::FILE_NAME, &|program| machine.host.find(program).is_some()))
}

/// The plugins that the user names, in the configuration or in a template: programs that nobody installs for them.
pub(super) fn named(
    settings: &Settings,
    template: Option<Result<Template, ConfigError>>,
    machine: &Machine,
    folder: &Path,
) -> Vec<Finding> {
    let finding = |name: &str, path: Option<String>, problem: Option<String>, fix: Option<String>| Finding {
        name: name.to_owned(),
        kind: "plugin",
        ok: problem.is_none(),
        version: None,
        floor: None,
        path,
        problem,
        fix,
        needed_for: vec!["generate"],
    };
    let entries = match template {
        Some(Err(error)) => {
            let problem = Some(error.to_string());
            return vec![finding(buf_gen::FILE_NAME, None, problem, error.hint.clone())];
        }
        Some(Ok(template)) => template.plugins,
        None => settings.generate.as_ref().map(|g| g.plugins.clone()).unwrap_or_default(),
    };
    let mut findings: Vec<Finding> = Vec::new();
    for entry in entries {
        // What is built into protoc is as much there as protoc, which is told as a compiler.
        let PluginRun::Local(command) = &entry.run else { continue };
        let Some(program) = command.first() else { continue };
        if findings.iter().any(|f| f.name == *program) {
            continue;
        }
        let found = if program.contains('/') {
            Some(folder.join(program)).filter(|path| path.is_file())
        } else {
            machine.host.find(program)
        };
        let missing = found.is_none();
        let problem = missing.then(|| format!("{} names it, and it is not there", entry.place));
        let fix = missing.then(|| "put it on the path, or name it by where it is".to_owned());
        findings.push(finding(program, found.map(|p| p.display().to_string()), problem, fix));
    }
    findings
}

/// What a plugin is for, of these languages; all that it serves where others want it.
pub(super) fn users(plugin: &'static Pinned, languages: &[Language]) -> Vec<&'static str> {
    let mut users: Vec<Language> = plugin.languages().filter(|l| languages.contains(l)).collect();
    if users.is_empty() {
        users.extend(plugin.languages());
    }
    users.into_iter().map(Language::as_str).collect()
}

fn one(tool: &'static Tool, needed_for: Vec<&'static str>, machine: &Machine, folder: &Path) -> Finding {
    let floor = versions::floor(tool.name);
    let found = machine.host.find(tool.program);
    let (version, problem) = ask(tool.name, found.as_deref(), tool.version, machine, folder);
    let problem = problem.or_else(|| {
        let floor = floor.filter(|floor| version.as_deref().is_some_and(|v| numbers(v) < numbers(floor)))?;
        Some(format!("packages need {floor} or later"))
    });
    let fix = problem.as_ref().map(|_| match floor {
        Some(floor) => format!("{}, {floor} or later", tool.hint),
        None => tool.hint.to_owned(),
    });
    Finding {
        name: tool.name.to_owned(),
        kind: "toolchain",
        ok: problem.is_none(),
        version,
        floor,
        path: found.map(|p| p.display().to_string()),
        fix,
        problem,
        needed_for,
    }
}

/// The version of a program that was looked for, and what is wrong with it.
pub(super) fn ask(
    name: &'static str,
    program: Option<&Path>,
    arguments: &[&str],
    machine: &Machine,
    folder: &Path,
) -> (Option<String>, Option<String>) {
    let Some(program) = program else { return (None, Some("not on the path".to_owned())) };
    let arguments = arguments.iter().map(Into::into).collect();
    let call = Call { name, program, arguments, folder, input: b"", set: Vec::new() };
    let limits = Limits { time: Duration::from_secs(20), output: 1 << 16, ..Limits::default() };
    match run::run(&machine.host, &call, limits) {
        // Some say it on standard error.
        Ok(done) => (version(&String::from_utf8_lossy(&done.output)).or(version(&done.messages)), None),
        // A launcher without its program behind it, such as that of pyenv.
        Err(error) => {
            let last = error.messages().lines().rev().map(str::trim).find(|line| !line.is_empty());
            let said = last.map(|line| format!(": {line}")).unwrap_or_default();
            (None, Some(format!("{error}{said}")))
        }
    }
}

/// The first word that looks like a version in the first line of what a program says.
fn version(said: &str) -> Option<String> {
    let plain = strip(said);
    let line = plain.lines().find(|l| !l.trim().is_empty())?;
    let bare = |word: &'_ str| {
        let word = word.trim_matches('"');
        word.strip_prefix("go").unwrap_or(word).to_owned()
    };
    line.split_whitespace().map(bare).find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// The numbers that a version begins with: `[1, 8, 0]` of `1.8.0_292`, `[3, 14, 0]` of `3.14.0rc1`.
fn numbers(version: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    for part in version.split('.') {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        numbers.extend(part[..digits].parse::<u64>());
        if digits < part.len() {
            break;
        }
    }
    // `1.26` is `1.26.0`.
    numbers.resize(numbers.len().max(3), 0);
    numbers
}

/// Text without the colours that some programs write even into pipes.
fn strip(said: &str) -> String {
    anstream::adapter::strip_str(said).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (said, expected) in [
            ("go version go1.26.8 linux/amd64\n", Some("1.26.8")),
            ("\u{1b}[1mApache Maven 3.8.7\u{1b}[m\nMaven home: /x\n", Some("3.8.7")),
            ("javac 17.0.15\n", Some("17.0.15")),
            ("javac 21\n", Some("21")),
            ("openjdk version \"1.8.0_292\"\nOpenJDK Runtime\n", Some("1.8.0_292")),
            ("pip 23.2.1 from /x/pip (python 3.11)\n", Some("23.2.1")),
            ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n", Some("1.95.0")),
            ("libprotoc 36.2\n", Some("36.2")),
            ("hello\n", None),
        ] {
            assert_eq!(version(said).as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        for (older, newer) in [
            ("1.8.0_292", "11"),
            ("1.9.9", "1.26.0"),
            ("3.9.18", "3.10"),
            ("1.87.0-nightly", "1.88"),
            ("9", "11"),
        ] {
            assert!(numbers(older) < numbers(newer), "{older} {newer}");
        }
        for (one, other) in [("1.26", "1.26.0"), ("1.88.0-beta.2", "1.88"), ("3.14.0rc1", "3.14.0")] {
            assert_eq!(numbers(one), numbers(other));
        }
    }
}
