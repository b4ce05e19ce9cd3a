//! What other states of the contract have, beside the two that are compared.

use std::collections::BTreeSet;

use super::pipeline::{self, Failure, Job};
use super::{CliError, Ctx};
use crate::compare::{Background, Comparison};
use crate::git::Repo;
use crate::ledger::History;
use crate::policy::{self, Policies};
use crate::schema::Schema;
use crate::source::{Name, Opened, Sides};

/// The fingerprints of the findings that a state of the contract has, against the same old side and by the same policy.
pub(super) fn findings(
    typed: &str,
    job: &Job,
    pair: &Sides,
    old: &Schema,
    background: &Background<'_>,
    ctx: &mut Ctx<'_>,
) -> Result<(Name, BTreeSet<String>), CliError> {
    let (opened, schema) = read(typed, job, ctx)?;
    let comparison = Comparison::knowing(old, &schema, background);
    let policies = Policies::new(&pair.settings.packages, &pair.old.layout, &opened.layout)?
        .announcing(pair.settings.deprecation.as_ref());
    let found = policy::decide(&comparison, &policies).findings;
    Ok((opened.name, found.into_iter().map(|finding| finding.fingerprint).collect()))
}

/// The fingerprints of what changed between the version before the baseline and the baseline. Nothing depends on it, so
/// that a version that cannot be read is none.
pub(super) fn earlier(
    history: &History,
    job: &Job,
    baseline: &Schema,
    ctx: &mut Ctx<'_>,
) -> Option<BTreeSet<String>> {
    let repo = Repo::open(&history.repository).ok()?;
    let (versions, _) = repo.published(&history.pattern, &history.baseline, 1).ok()?;
    let (_, before) = read(&format!("refs/tags/{}", versions.first()?.tag), job, ctx).ok()?;
    let comparison = Comparison::new(&before, baseline);
    let cx = comparison.cx();
    Some(comparison.changes().iter().map(|change| policy::fingerprint(change, &cx)).collect())
}

fn read(typed: &str, job: &Job, ctx: &mut Ctx<'_>) -> Result<(Opened, Schema), CliError> {
    let (settings, opened) = pipeline::asked(job, ctx, |request, stdin| {
        let new = request.new_side(stdin)?;
        let opened = request.version(&new, Some(typed), stdin)?;
        Ok((new.settings, opened))
    })?;
    let compiled = pipeline::compile_side(&opened.content, &pipeline::options(&settings));
    let schema = compiled.and_then(|compiled| Schema::build(&compiled).map_err(Failure::Schema));
    match schema {
        Ok(schema) => Ok((opened, schema)),
        Err(failure) => Err(pipeline::refuse(vec![(opened.name, failure)])),
    }
}
