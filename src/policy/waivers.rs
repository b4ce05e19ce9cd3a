//! Breaks that somebody accepted: entries of the configuration by fingerprint, and comments at declarations by rule.
//!
//! A waiver takes nothing away: what it accepts is still told, and still counts for the next version. It only does not
//! fail the run. One that has no effect is told as well, with the reason, so that the list does not grow for ever.

use std::collections::BTreeSet;

use semver::Version;

use crate::config::{Waiver, WaiverPolicy};
use crate::findings::{Finding, Standing, Waived, WaiverState, WaiverStatus};
use crate::rules::Anchor;
use crate::schema::{Allowance, Schema};
use crate::text::Date;

/// What is accepted, and what is needed to say whether it still is.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    /// What the configuration accepts.
    pub entries: Vec<Waiver>,
    /// What it asks of whoever accepts something.
    pub policy: WaiverPolicy,
    /// The day of the run; without it no day has come.
    pub today: Option<Date>,
    /// The version of the old side; a waiver that ends with it has ended.
    pub baseline: Option<Version>,
}

/// A waiver that may be used, wherever it is written.
struct Candidate {
    of: String,
    waived: Waived,
    comment: bool,
    /// Why it accepts nothing, whatever there is.
    void: Option<(WaiverStatus, String)>,
    /// The findings that it is for.
    hits: BTreeSet<String>,
}

/// What there is to accept findings of one comparison.
pub(super) struct Acceptance<'w> {
    waivers: &'w Waivers,
    candidates: Vec<Candidate>,
    /// Comments of the new side: their candidates are made when they are met.
    comments: Vec<Comment>,
}

struct Comment {
    allowance: Allowance,
    declaration: (crate::schema::FileId, Vec<i32>),
    candidate: usize,
}

impl Waivers {
    /// Why a waiver accepts nothing, whatever there is.
    #[must_use]
    pub fn objection(&self, waived: &Waived) -> Option<String> {
        self.void(waived).map(|(_, why)| why)
    }

    /// Makes them ready for one comparison, whose new side is `new`.
    pub(super) fn acceptance(&self, new: &Schema) -> Acceptance<'_> {
        let mut candidates: Vec<Candidate> = self.entries.iter().map(|entry| self.entry(entry)).collect();
        let mut comments = Vec::new();
        for (file, declaration, allowance) in new.allowances() {
            let candidate = candidates.len();
            candidates.push(self.comment(new, file, &allowance));
            comments.push(Comment { allowance, declaration: (file, declaration), candidate });
        }
        Acceptance { waivers: self, candidates, comments }
    }

    fn entry(&self, entry: &Waiver) -> Candidate {
        let waived = Waived {
            reason: entry.reason.clone(),
            owner: entry.owner.clone(),
            until: entry.until.clone(),
            place: entry.place.to_string(),
        };
        Candidate {
            of: entry.finding.clone(),
            void: self.void(&waived),
            waived,
            comment: false,
            hits: BTreeSet::new(),
        }
    }

    fn comment(&self, new: &Schema, file: crate::schema::FileId, allowance: &Allowance) -> Candidate {
        let place = format!("{}:{}", new.file(file).display, allowance.line);
        let waived = Waived {
            reason: allowance.reason.to_string(),
            owner: allowance.owner.as_deref().map(str::to_owned),
            until: allowance.until.as_deref().map(str::to_owned),
            place,
        };
        let void = if crate::rules::find(&allowance.rule).is_none() {
            Some((WaiverStatus::Refused, format!("there is no rule `{}`", allowance.rule)))
        } else {
            self.void(&waived)
        };
        Candidate { of: allowance.rule.to_string(), waived, comment: true, void, hits: BTreeSet::new() }
    }

    /// Why a waiver accepts nothing, whatever there is.
    fn void(&self, waived: &Waived) -> Option<(WaiverStatus, String)> {
        let refused = |why: String| Some((WaiverStatus::Refused, why));
        if waived.reason.trim().is_empty() {
            return refused("it says no reason".to_owned());
        }
        if self.policy.require_owner && waived.owner.as_deref().is_none_or(|owner| owner.trim().is_empty()) {
            return refused("it names no owner, and `require-owner` asks for one".to_owned());
        }
        let Some(until) = &waived.until else {
            return match self.policy.max_days {
                _ if self.policy.require_until => {
                    refused("it has no end, and `require-until` asks for one".to_owned())
                }
                Some(days) => refused(format!("it has no end, and `max-days` allows {days} days")),
                None => None,
            };
        };
        if let Some(day) = Date::parse(until) {
            let left = self.today?.days_until(day);
            if left < 0 {
                return Some((WaiverStatus::Expired, format!("it ended on {day}")));
            }
            return match self.policy.max_days {
                Some(days) if left > i64::from(days) => {
                    refused(format!("it ends in {left} days, and `max-days` allows {days}"))
                }
                _ => None,
            };
        }
        let Ok(version) = Version::parse(until.trim_start_matches('v')) else {
            return refused(format!("its end `{until}` is neither a day nor a version"));
        };
        if let Some(days) = self.policy.max_days {
            return refused(format!("it ends with a version, and `max-days` allows {days} days"));
        }
        match &self.baseline {
            Some(baseline) if *baseline >= version => {
                Some((WaiverStatus::Expired, format!("it ended with {version}, and {baseline} is published")))
            }
            _ => None,
        }
    }
}

impl Acceptance<'_> {
    /// Whether a finding is accepted. `place` is its place in the new sources.
    pub(super) fn standing(&mut self, rule: &str, fingerprint: &str, place: Option<&Anchor>) -> Standing {
        let mut standing = Standing::Open;
        let by_entry = 0..self.waivers.entries.len();
        let declaration = place.map(|anchor| (anchor.file, declaration(anchor)));
        let by_comment = self.comments.iter().filter(|comment| {
            *comment.allowance.rule == *rule && declaration.as_ref() == Some(&comment.declaration)
        });
        let fits: Vec<usize> = by_entry
            .filter(|index| fingerprint.starts_with(&*self.candidates[*index].of))
            .chain(by_comment.map(|comment| comment.candidate))
            .collect();
        for index in fits {
            let candidate = &mut self.candidates[index];
            candidate.hits.insert(fingerprint.to_owned());
            if candidate.void.is_none() && standing == Standing::Open {
                standing = Standing::Waived(candidate.waived.clone());
            }
        }
        standing
    }

    /// How each waiver stands.
    pub(super) fn states(self) -> Vec<WaiverState> {
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut states = Vec::new();
        for candidate in self.candidates {
            let doubled = !candidate.hits.is_empty() && candidate.hits.iter().all(|hit| taken.contains(hit));
            let (status, why) = match candidate.void {
                Some(void) => void,
                None if candidate.hits.is_empty() => {
                    (WaiverStatus::Unused, "there is nothing that it accepts".to_owned())
                }
                None if doubled => (WaiverStatus::Doubled, "another one accepts the same".to_owned()),
                None => {
                    taken.extend(candidate.hits);
                    (WaiverStatus::Used, "it holds".to_owned())
                }
            };
            let Candidate { of, waived, comment, .. } = candidate;
            states.push(WaiverState { status, of, waived, comment, why });
        }
        states
    }
}

/// The declaration that a place is in: the path of the element, without what stands below it. A file as a whole has
/// none.
fn declaration(anchor: &Anchor) -> Vec<i32> {
    #[derive(Clone, Copy)]
    enum In {
        File,
        Message,
        Enum,
        Service,
        Leaf,
    }
    let Some(path) = anchor.paths.first() else { return Vec::new() };
    let (mut at, mut within) = (0, In::File);
    while let (Some(kind), Some(_)) = (path.get(at), path.get(at + 1)) {
        within = match (within, kind) {
            (In::File, 4) | (In::Message, 3) => In::Message,
            (In::File, 5) | (In::Message, 4) => In::Enum,
            (In::File, 6) => In::Service,
            (In::File, 7) | (In::Message, 2 | 6 | 8) | (In::Enum | In::Service, 2) => In::Leaf,
            _ => break,
        };
        at += 2;
    }
    path[..at].to_vec()
}

/// Findings that are there without the work that is looked at do not count.
pub fn known(findings: &mut [Finding], before: &BTreeSet<String>) {
    for finding in findings {
        if finding.standing == Standing::Open && before.contains(&finding.fingerprint) {
            finding.standing = Standing::Known;
        }
    }
}

/// Waivers that accept nothing because the baseline has it already. `earlier` are the changes from the version before
/// the baseline to the baseline.
pub fn published(states: &mut [WaiverState], earlier: &BTreeSet<String>) {
    for state in states.iter_mut().filter(|s| s.status == WaiverStatus::Unused && !s.comment) {
        if earlier.iter().any(|fingerprint| fingerprint.starts_with(&*state.of)) {
            state.status = WaiverStatus::Published;
            state.why = "the baseline has what it accepts".to_owned();
        }
    }
}
