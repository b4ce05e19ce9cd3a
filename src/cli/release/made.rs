//! The files of a version, out of its commit.

use std::collections::BTreeMap;

use super::kept::Kept;
use crate::cli::pipeline::{self, Job, Version};
use crate::cli::plugins::Machine;
use crate::cli::remade::makers_at;
use crate::cli::{CliError, Ctx};
use crate::codegen::generate;
use crate::codegen::legal::terms;
use crate::codegen::plan;
use crate::codegen::plugin::Lock;
use crate::codegen::produce::ProduceError;
use crate::codegen::remade::{Makers, since_release};
use crate::config::{FILE_NAME as CONFIG_NAME, buf};
use crate::deps;
use crate::git::{Id, Repo};
use crate::lock::FILE_NAME as LOCK_NAME;
use crate::machine::FileTree;
use crate::release::Entry;
use crate::release::ReleaseError;
use crate::release::artefacts::{self, Material, Part};
use crate::schema::Schema;

/// Names of files that go along where they are: what is asked of a change and what is imported, and buf's files, which say
/// so where no other configuration does.
pub(super) const PAPERS: [&str; 5] =
    [CONFIG_NAME, LOCK_NAME, buf::FILE_NAME, buf::WORK_FILE_NAME, "buf.lock"];

/// Packages of languages: language, coordinate, files.
type Packages = Vec<(String, String, FileTree)>;

/// Makes the files of a version to publish them, and keeps them for asking. Packages of other plugins than those that the
/// commit has in its lock are other packages, and refused.
pub(super) fn files(
    repo: &Repo,
    entry: &Entry,
    notes: &str,
    ctx: &mut Ctx<'_>,
) -> Result<FileTree, CliError> {
    made(repo, entry, notes, true, ctx)
}

fn made(
    repo: &Repo,
    entry: &Entry,
    notes: &str,
    publish: bool,
    ctx: &mut Ctx<'_>,
) -> Result<FileTree, CliError> {
    let files = make(repo, entry, notes, publish, ctx)?;
    if let Some(kept) = Kept::of(entry, notes, ctx)? {
        kept.keep(&files);
    }
    Ok(files)
}

/// The files of a version to ask places with: as they were made here before, or made now.
pub(in crate::cli) fn to_ask(
    repo: &Repo,
    entry: &Entry,
    notes: &str,
    ctx: &mut Ctx<'_>,
) -> Result<FileTree, CliError> {
    match Kept::of(entry, notes, ctx)?.and_then(|kept| kept.read()) {
        Some(files) => Ok(files),
        None => made(repo, entry, notes, false, ctx),
    }
}

fn make(
    repo: &Repo,
    entry: &Entry,
    notes: &str,
    publish: bool,
    ctx: &mut Ctx<'_>,
) -> Result<FileTree, CliError> {
    let commit = entry.draft.commit;
    let job = Job { overrides: pipeline::overrides(ctx), ..Job::new(".") };
    let whole = pipeline::version_for(&job, Some(&commit.to_string()), ctx)?;
    let schema = pipeline::schema(&whole.compiled)?;
    let generate = whole.settings.generate.clone().unwrap_or_default();
    let papers = papers(repo, &whole, commit)?;
    let then = publish
        .then(|| makers_at(repo, commit, &super::inside(repo, &whole.folder, LOCK_NAME)))
        .flatten()
        .unwrap_or_default();
    let part = !generate.path.is_empty() || !generate.exclude_path.is_empty();
    let (packages, mut parts) = if plan::targets(&generate, &entry.contract).is_empty() {
        (Vec::new(), Vec::new())
    } else if part {
        let some = pipeline::version(Some(&commit.to_string()), &[], &[], ctx)?;
        let schema = pipeline::schema(&some.compiled)?;
        packages(entry, &some, &schema, &then, ctx)?
    } else {
        packages(entry, &whole, &schema, &then, ctx)?
    };
    parts.extend(imported(&papers));
    parts.sort();
    let sources = whole.texts.iter().map(|text| (text.name.to_string(), text.content.to_vec())).collect();
    let terms = terms(&generate, &whole.legal);
    let material = Material {
        contract: &entry.contract,
        version: &entry.version,
        previous: entry.previous.as_ref(),
        commit: &commit.to_string(),
        time: repo.time_of(commit).map_err(ReleaseError::from)?,
        repository: generate.about.repository.as_deref(),
        licence: &terms.licence,
        compiled: &whole.compiled,
        schema: &schema,
        sources: &sources,
        papers: &papers,
        notes,
        packages: &packages,
        parts: &parts,
    };
    artefacts::artefacts(&material).map_err(|e| CliError::usage(e.to_string()))
}

/// The packages of the configured languages, and the plugins that made them.
fn packages(
    entry: &Entry,
    version: &Version,
    schema: &Schema,
    then: &Makers,
    ctx: &mut Ctx<'_>,
) -> Result<(Packages, Vec<Part>), CliError> {
    let settings = version.settings.generate.clone().unwrap_or_default();
    let machine = Machine::of(ctx, &version.settings, &version.folder);
    let lock = machine.read_lock()?;
    let (number, commit) = (entry.version.to_string(), entry.draft.commit.to_string());
    let terms = terms(&settings, &version.legal);
    let contract = version.contract(&entry.contract, &number, Some(&commit), &terms, schema);
    let units = plan::plan(&machine.wish(&settings, &contract, &version.folder, lock.as_ref()))?;
    let others: Vec<_> = units.iter().filter_map(|unit| since_release(then, unit)).collect();
    if !others.is_empty() {
        return Err(CliError::from(ProduceError::Remade { version: number, all: others }).hint(
            "bring what was published from a place that has it, or with the protopact and the lock of its commit",
        ));
    }
    let wanted: Vec<_> = units.iter().collect();
    let made = generate::make(&contract, &wanted, &machine.host, plan::limits(&settings))
        .map_err(ProduceError::from)?;
    let parts = units.iter().flat_map(|unit| &unit.steps).map(|step| tool(&step.plugin.name, lock.as_ref()));
    let parts: std::collections::BTreeSet<Part> = parts.collect();
    let packages = made.into_iter().filter_map(|made| {
        Some((made.language?.as_str().to_owned(), made.coordinate.unwrap_or_default(), made.files))
    });
    Ok((packages.collect(), parts.into_iter().collect()))
}

/// A plugin; what is not locked is a part of this program, or one that the configuration names.
fn tool(name: &str, lock: Option<&Lock>) -> Part {
    let locked = lock.and_then(|lock| lock.plugin.get(name));
    let version = locked.map_or_else(|| "NOASSERTION".to_owned(), |entry| entry.version.clone());
    // Its bytes are others on another machine.
    Part { name: name.to_owned(), version, sha256: None, tool: true }
}

/// What the lock has of others' contracts.
fn imported(papers: &BTreeMap<String, Vec<u8>>) -> Vec<Part> {
    let text = papers.get(LOCK_NAME).map(|text| String::from_utf8_lossy(text));
    let lock = text.and_then(|text| deps::locked::parse(&text).ok()).unwrap_or_default();
    let part = |(name, locked): (String, deps::Locked)| Part {
        name,
        version: locked.version,
        sha256: Some(locked.sha256),
        tool: false,
    };
    lock.into_iter().map(part).collect()
}

/// Configuration, lock and licence as they are in the commit.
fn papers(repo: &Repo, version: &Version, commit: Id) -> Result<BTreeMap<String, Vec<u8>>, CliError> {
    let mut papers = BTreeMap::new();
    let folder = super::inside(repo, &version.folder, "");
    for name in PAPERS {
        let found = repo.file_of(commit, &format!("{folder}{name}")).map_err(ReleaseError::from)?;
        papers.extend(found.map(|content| (name.to_owned(), content)));
    }
    papers.extend(version.legal.iter().map(|text| (text.name.clone(), text.content.to_vec())));
    Ok(papers)
}
