//! What a report of `verify` says beside its matrix: what was run, and what `check` says of the same two versions.

use super::{CliError, Ctx, pipeline};
use crate::compare::Comparison;
use crate::config::Settings;
use crate::policy::{self, Policies, Waivers};
use crate::source::{Layout, Name};
use crate::text::Date;
use crate::verify::facts::{Facts, judged};
use crate::verify::side::Side;

/// One of the two versions, before it is taken in.
pub(super) struct Known {
    /// What it is.
    pub(super) name: Name,
    /// Its files.
    pub(super) layout: Layout,
}

/// Judges two versions as `check` does, without what earlier versions used numbers for.
pub(super) fn facts(
    known: &[Known; 2],
    sides: &[Side; 2],
    settings: &Settings,
    tried: String,
    ctx: &Ctx<'_>,
) -> Result<Facts, CliError> {
    let [old, new] = known;
    let today = Date::of(ctx.io.now);
    let waivers = Waivers {
        entries: settings.waivers.clone(),
        policy: settings.waiver_policy,
        today: Some(today),
        baseline: old.name.version().cloned(),
    };
    let policies = Policies::new(&settings.packages, &old.layout, &new.layout)?.accepting(waivers);
    let ages = pipeline::ages(settings)?;
    let comparison = Comparison::new(&sides[0].schema, &sides[1].schema).reading(&ages);
    let decided = policy::decide(&comparison, &policies);
    Ok(Facts {
        tool: format!("protopact {}", env!("CARGO_PKG_VERSION")),
        day: today.to_string(),
        commits: [old, new].map(|known| known.name.commit().map(|commit| commit.to_string())),
        tried,
        libraries: Vec::new(),
        changes: judged(&comparison, &decided),
    })
}
