//! What a contract imports from outside of itself, at today's state and at its versions.

use std::collections::BTreeMap;
use std::path::Path;

use super::pipeline::{Job, asked_with};
use super::{CliError, Ctx, pipeline};
use crate::compile::InputFile;
use crate::deps::Lock;
use crate::git::{Repo, TagPattern};
use crate::source::{self, Content, Loaded, Missing, Opened};
use crate::text::plural;

/// How many versions are looked at, the newest first.
const MOST_VERSIONS: usize = 30;

/// A file that is imported and not there.
#[derive(Clone, Debug)]
pub(super) struct Lack {
    /// Its import path.
    pub(super) import: String,
    /// Who wants it, and what may explain it.
    pub(super) missing: Missing,
    /// The version where that is so; none for today's state.
    pub(super) version: Option<String>,
}

impl Lack {
    /// One line for people.
    pub(super) fn told(&self) -> String {
        let by = plural(self.missing.wanted_by.len(), "file");
        let at = self.version.as_ref().map(|v| format!(" in `{v}`")).unwrap_or_default();
        let why: String = self.missing.why.iter().map(|w| format!("; {w}")).collect();
        format!(
            "import `{}` is not found, which {by}{at} import{}{why}",
            self.import,
            if by.starts_with("1 ") { "s" } else { "" }
        )
    }
}

fn job(ctx: &Ctx<'_>) -> Job {
    Job { overrides: pipeline::overrides(ctx), ..Job::new(".") }
}

/// What is missing with a lock: today, and in the versions that were published. Each file is told once.
pub(super) fn missing(lock: Option<&Lock>, versions: bool, ctx: &mut Ctx<'_>) -> Result<Vec<Lack>, CliError> {
    let (job, cwd) = (job(ctx), ctx.io.cwd.clone());
    let mut found: BTreeMap<String, Lack> = BTreeMap::new();
    let sides = asked_with(&job, lock, ctx, |request, stdin| {
        let new = request.new_side(stdin)?;
        let tags = if versions { tags(&new.settings.release.tag, &cwd) } else { Vec::new() };
        let mut sides = vec![(None, request.version(&new, None, stdin)?.layout.missing)];
        for tag in tags {
            // A version that cannot be read is no reason to get nothing.
            if let Ok(opened) = request.version(&new, Some(&tag), stdin) {
                sides.push((Some(tag), opened.layout.missing));
            }
        }
        Ok(sides)
    })?;
    for (version, missing) in sides {
        for (import, missing) in missing {
            let import = import.into_string();
            let lack = Lack { import: import.clone(), missing, version: version.clone() };
            found.entry(import).or_insert(lack);
        }
    }
    Ok(found.into_values().collect())
}

/// The published versions, newest first.
fn tags(shape: &TagPattern, folder: &Path) -> Vec<String> {
    let versions = Repo::discover(folder).and_then(|repo| repo.versions(shape)).unwrap_or_default();
    let tags = versions.into_iter().rev().take(MOST_VERSIONS);
    tags.map(|(_, tag)| format!("refs/tags/{tag}")).collect()
}

/// The names on buf's registry that buf's files give.
pub(super) fn registry_names(ctx: &mut Ctx<'_>) -> Result<Vec<String>, CliError> {
    let job = job(ctx);
    asked_with(&job, None, ctx, |request, stdin| {
        let new = request.new_side(stdin)?;
        Ok(match &*new.loaded {
            Loaded::Tree(tree) => source::registry_names(tree),
            Loaded::Image(_) => Vec::new(),
        })
    })
}

fn opened(ctx: &mut Ctx<'_>) -> Result<Opened, CliError> {
    let job = job(ctx);
    Ok(asked_with(&job, None, ctx, |request, stdin| request.one(stdin))?.1)
}

fn files(opened: &Opened) -> &[InputFile] {
    match &opened.content {
        Content::Sources(input) => &input.files,
        Content::Image(..) => &[],
    }
}

/// The files of dependencies that imports reach.
pub(super) fn from_deps(lock: &Lock, ctx: &mut Ctx<'_>) -> Result<Vec<InputFile>, CliError> {
    let opened = opened(ctx)?;
    let marks: Vec<String> = lock.iter().map(|(name, entry)| entry.mark(name)).collect();
    let theirs = files(&opened).iter().filter(|f| !f.target);
    let theirs = theirs.filter(|f| marks.iter().any(|mark| f.display.starts_with(mark.as_str())));
    Ok(theirs.cloned().collect())
}

/// Where an import comes from, and who wants it; `None` when nothing imports it.
pub(super) fn why(import: &str, ctx: &mut Ctx<'_>) -> Result<Option<Vec<String>>, CliError> {
    let opened = opened(ctx)?;
    let layout = &opened.layout;
    let known = layout.aliases.get(import).map_or(import, |known| &**known);
    let mut told = Vec::new();
    match (layout.files.get(known), layout.missing.get(import)) {
        (Some(file), _) => told.push(format!("{import} is {}", file.display)),
        (None, Some(missing)) => {
            let lack = Lack { import: import.to_owned(), missing: missing.clone(), version: None };
            told.push(lack.told());
        }
        (None, None) if crate::compile::is_well_known(import) => told.push(format!("{import} is built in")),
        (None, None) => return Ok(None),
    }
    let importers =
        files(&opened).iter().filter(|f| source::scan(&f.content).imports.iter().any(|i| i == import));
    let importers: Vec<String> = importers.map(|f| format!("  imported by {}", f.display)).collect();
    if importers.is_empty() && !layout.files.contains_key(known) {
        return Ok(None);
    }
    told.extend(importers);
    Ok(Some(told))
}
