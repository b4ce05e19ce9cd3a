//! Dependencies in the configuration: one more, one less.

use std::fs;
use std::path::Path;

use super::update::Run;
use super::{AddArgs, RemoveArgs};
use crate::cli::{CliError, Ctx, Exit, files};
use crate::config;
use crate::config::deps::{Dep, DepSource, is_version};
use crate::deps;

/// Adds a dependency to the configuration, and locks it.
pub(super) fn add(args: &AddArgs, run: &Run, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let kinds = || DepSource::KEYS.map(|k| format!("`{k}=…`")).join(", ");
    let wrong = |message: String| CliError::usage(message).hint(format!("one of {}", kinds()));
    let (key, value) = args.package.split_once('=').unwrap_or((&args.package, ""));
    let source = DepSource::of(key, value).filter(|_| !value.is_empty());
    let source = source.ok_or_else(|| wrong(format!("`{}` is no package", args.package)))?;
    if let Some(reason) = source.refused() {
        return Err(CliError::usage(format!("`{}` is no package", args.package)).hint(reason));
    }
    if let Some(version) = args.at.as_ref().filter(|v| !is_version(v)) {
        return Err(CliError::usage(format!("`{version}` is no version")));
    }
    let last = |text: &str| {
        let parts = text.trim_end_matches(".git").rsplit(['/', ':']);
        let mut plain = parts.filter(|p| !(p.starts_with('v') && p[1..].parse::<u32>().is_ok()));
        plain.next().unwrap_or(text).replace('.', "-")
    };
    let name = args.name.clone().unwrap_or_else(|| last(value));
    if run.settings.deps.iter().any(|d| d.name == name) {
        return Err(
            CliError::usage(format!("there is a dependency `{name}` already")).hint("give it a `--name`")
        );
    }
    let dep = Dep { name, source, version: args.at.clone(), roots: Vec::new(), include: Vec::new() };
    let mut lock = run.old.clone();
    if !matches!(dep.source, DepSource::Path(_)) {
        run.get(&dep, &mut lock, ctx)?;
    }
    let path = run.folder.join(config::FILE_NAME);
    let old = read_config(&path)?;
    let text = with_line(&old, &deps::line(&dep));
    config::file::parse(&text, config::FILE_NAME)?;
    files::write_whole(&path, config::FILE_NAME, |out| out.write_all(text.as_bytes()))?;
    run.save(&lock)?;
    Ok(Exit::Clean)
}

/// Takes a dependency out of the configuration and the lock.
pub(super) fn remove(args: &RemoveArgs, run: &Run) -> Result<Exit, CliError> {
    let mut lock = run.old.clone();
    let was_locked = lock.remove(&args.name).is_some();
    let written = run.settings.deps.iter().any(|d| d.name == args.name);
    if !was_locked && !written {
        return Err(CliError::usage(format!("there is no dependency `{}`", args.name))
            .hint("`protopact deps graph` lists them"));
    }
    if written {
        let path = run.folder.join(config::FILE_NAME);
        let text = without_line(&read_config(&path)?, &args.name);
        let left = config::file::parse(&text, config::FILE_NAME)?;
        if left.deps.iter().any(|d| d.name == args.name) {
            return Err(CliError::usage(format!(
                "`{}` is written in a way that cannot be changed",
                args.name
            ))
            .hint(format!("take it out of {} by hand", config::FILE_NAME)));
        }
        files::write_whole(&path, config::FILE_NAME, |out| out.write_all(text.as_bytes()))?;
    }
    run.save(&lock)?;
    Ok(Exit::Clean)
}

fn read_config(path: &Path) -> Result<String, CliError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(CliError::outside(format!("cannot read `{}`", config::FILE_NAME), e)),
    }
}

/// The configuration with one more line under `[deps]`.
fn with_line(text: &str, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter().position(|l| l.trim() == "[deps]") {
        Some(at) => lines.insert(at + 1, line),
        None => {
            if !lines.is_empty() {
                lines.push("");
            }
            lines.extend(["[deps]", line]);
        }
    }
    lines.join("\n") + "\n"
}

/// The configuration without the line of a dependency.
fn without_line(text: &str, name: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            inside = trimmed == "[deps]";
        }
        let key = trimmed.split('=').next().unwrap_or_default().trim().trim_matches('"');
        !(inside && key == name)
    });
    kept.collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_configuration_come_and_go() {
        let line = "x = { go = \"example.com/x\" }";
        assert_eq!(with_line("", line), format!("[deps]\n{line}\n"));
        let some = "# mine\n[contract]\nroots = [\".\"]\n";
        let with = with_line(some, line);
        assert_eq!(with, format!("{some}\n[deps]\n{line}\n"));
        let more = with_line(&with, "\"a.b\" = { npm = \"a\" }");
        assert_eq!(without_line(&more, "a.b"), with);
        assert_eq!(without_line(&with, "roots"), with, "only in its section");
    }
}
