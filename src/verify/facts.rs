//! What a run was, and what `check` says of the same two versions: what a report tells beside the matrix.

use crate::compare::Comparison;
use crate::findings::Standing;
use crate::policy::Decided;
use crate::report::claims;
use crate::rules::describe;
use crate::words::{Bump, Language, Lens, Level};

/// What a run was. It is a record of what programs did on a day, and so the one thing in a report that the versions do
/// not decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The program that made the report, with its version.
    pub tool: String,
    /// The day, in UTC: `2026-01-31`.
    pub day: String,
    /// The commits of the two versions, old first; `None` for what is no commit.
    pub commits: [Option<String>; 2],
    /// What was tried, in words.
    pub tried: String,
    /// The libraries that programs are built with, as the packages ask for them.
    pub libraries: Vec<(Language, String)>,
    /// The changes between the versions, in the order of symbols.
    pub changes: Vec<Judged>,
}

/// One change, as `check` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Kind and symbol, by which predictions name it: `field-type-changed user.v1.User.age`.
    pub change: String,
    /// The change that it is told with, where it is explained by another.
    pub with: Option<String>,
    /// One line: what changed.
    pub message: String,
    /// What is minded about it; `None` where nobody minds.
    pub finding: Option<Minded>,
    /// Whom it breaks and why, each with its label, in the words of `check`: of the lenses that bytes, JSON and calls can
    /// show.
    pub claims: Vec<(&'static str, String, String)>,
}

impl Judged {
    /// Whether the verdict is sure that somebody is hit.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.claims.iter().any(|(label, ..)| *label == "breaks")
    }
}

/// What the policy of a contract makes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minded {
    /// How loud it is; `None` where it is accepted.
    pub level: Option<Level>,
    /// The rule.
    pub rule: &'static str,
    /// What it does to the next version.
    pub bump: Bump,
    /// The fingerprint of the finding.
    pub fingerprint: String,
    /// The way out, in one sentence.
    pub fix: Option<String>,
}

/// What programs can show: bytes, JSON and calls.
const SHOWN: [Lens; 3] = [Lens::Wire, Lens::Json, Lens::Rpc];

/// Every change of a comparison.
#[must_use]
pub fn judged(comparison: &Comparison<'_>, decided: &Decided) -> Vec<Judged> {
    let cx = comparison.cx();
    let named = |index: usize| {
        let change = &comparison.changes()[index];
        format!("{} {}", change.id(&cx), change.symbol(&cx))
    };
    // Echoes are told with the last that speaks for them.
    let whole = |index: usize| {
        let mut at = comparison.echoes().of(index)?;
        while let Some(next) = comparison.echoes().of(at) {
            at = next;
        }
        Some(named(at))
    };
    let one = |(index, verdict): (usize, &crate::verdict::Verdict)| {
        let change = &comparison.changes()[index];
        let mut verdict = verdict.clone();
        verdict.cells.retain(|cell| SHOWN.contains(&cell.lens));
        let claims = claims(&verdict).into_iter();
        let claims = claims.map(|claim| (claim.label, claim.whom, claim.reason.to_owned()));
        let of = decided.findings.iter().filter(|finding| finding.of == index);
        let finding = of.max_by_key(|finding| (finding.standing == Standing::Open, finding.level));
        Judged {
            change: named(index),
            with: whole(index),
            message: finding.map_or_else(|| describe(change, &cx), |finding| finding.message.clone()),
            claims: claims.collect(),
            finding: finding.map(|finding| Minded {
                level: (finding.standing == Standing::Open).then_some(finding.level),
                rule: finding.rule,
                bump: finding.bump,
                fingerprint: finding.fingerprint.clone(),
                fix: finding.fix.as_ref().map(ToString::to_string),
            }),
        }
    };
    comparison.verdicts().iter().enumerate().map(one).collect()
}
