//! What became of the calls while instances came and went, told: for people at a terminal, for programs.
//!
//! Every format is a pure function of what came out.

mod json;
mod text;

use super::Rollout;
use crate::present::{Format, Formats};

/// The formats.
#[derive(Debug)]
pub struct OfRollout;

impl Formats for OfRollout {
    type Document = Rollout;

    const ALL: &'static [Format<Rollout>] = &[text::FORMAT, json::FORMAT];
}

#[cfg(test)]
pub(super) mod sample {
    //! What came out of a run in which everything happened.

    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::super::{Caller, Event, Phase, Rollout};
    use crate::verify::part::Skip;
    use crate::words::Language;

    pub(in super::super) fn rollout() -> Rollout {
        let phase = |spread: [(usize, u64); 3], ms: u64| Phase {
            answered: 9_000,
            errors: BTreeMap::new(),
            spread: spread.into(),
            noticed: Some(Duration::from_millis(ms)),
        };
        let steady = phase([(1, 300), (2, 310), (3, 305)], 400);
        let leaves = Phase { spread: [(2, 400), (3, 404)].into(), ..phase([(2, 0); 3], 120) };
        let killed = Phase {
            spread: [(3, 800)].into(),
            errors: BTreeMap::from([("UNAVAILABLE: Socket closed\u{1b}[2J".to_owned(), 3)]),
            ..phase([(3, 0); 3], 60)
        };
        let joins = Phase { spread: [(3, 400), (4, 390)].into(), ..phase([(3, 0); 3], 90) };
        let all = BTreeMap::from([
            (Event::Steady, steady.clone()),
            (Event::Leaves, leaves.clone()),
            (Event::Killed, killed),
            (Event::Joins, joins.clone()),
        ]);
        let mut worse = all.clone();
        let refused = BTreeMap::from([("UNIMPLEMENTED: no such method".to_owned(), 70)]);
        worse.insert(Event::Joins, Phase { noticed: None, errors: refused, ..joins });
        Rollout {
            contract: "acme/shop".to_owned(),
            labels: ["v1.0.0".to_owned(), "worktree".to_owned()],
            method: "/shop.v1.Shop/Get".to_owned(),
            count: 3,
            by: "protopact".to_owned(),
            dns: None,
            drain_delay: Duration::from_secs(5),
            callers: vec![
                Caller { language: Language::Go, by_dns: false, phases: all },
                Caller { language: Language::Python, by_dns: false, phases: worse },
            ],
            skips: vec![Skip {
                language: Language::Java,
                reason: "`mvn` is not there".to_owned(),
                failed: None,
            }],
        }
    }
}
