//! What a contract costs, told: for people at a terminal, for programs, for a browser.
//!
//! Every format is a pure function of the costs.

mod html;
mod json;
mod text;

use super::Costs;
use crate::present::{Format, Formats};

/// The formats of costs.
#[derive(Debug)]
pub struct OfBench;

impl Formats for OfBench {
    type Document = Costs;

    const ALL: &'static [Format<Costs>] = &[text::FORMAT, json::FORMAT, html::FORMAT];
}

/// A part of a hundred, with its sign: `+4 %`, `-12 %`.
fn percent(change: f64) -> String {
    format!("{change:+.0} %")
}

/// How a size changed.
fn grown(new: usize, old: usize) -> Option<String> {
    (new != old && old > 0).then(|| percent((new as f64 / old as f64 - 1.0) * 100.0))
}

#[cfg(test)]
pub(super) mod sample {
    //! Costs with everything in them.

    use super::super::advice::{Advice, Code};
    use super::super::calls::CallTiming;
    use super::super::stats::Stat;
    use super::super::subject::Sizes;
    use super::super::{Costs, Facts, MessageCosts, Op, Timing};
    use crate::verify::part::Skip;
    use crate::words::{CallKind, Language};

    pub(in super::super) fn costs() -> Costs {
        let sizes = |wire: usize| Sizes {
            wire,
            wire_gzip: wire + 20,
            json: Some(wire * 2),
            json_gzip: Some(wire * 2 - 5),
        };
        let timing = |language: Language, version: usize, op: Op, median: f64| Timing {
            language,
            version,
            op,
            time: Stat { median, deviation: median / 50.0, least: median * 0.9, count: 10 },
            allocations: (language == Language::Go).then_some(3.0),
            allocated: (language != Language::Python).then_some(96.0),
        };
        let mut timings = Vec::new();
        for (language, factor) in [(Language::Go, 1.0), (Language::Python, 7.5)] {
            for (op, time) in Op::ALL.into_iter().zip([90.0, 120.0, 240.0, 150.0]) {
                timings.push(timing(language, 0, op, time * factor));
                timings.push(timing(
                    language,
                    1,
                    op,
                    time * factor * if op == Op::Parse { 1.4 } else { 1.01 },
                ));
            }
        }
        Costs {
            contract: "acme/shop".to_owned(),
            labels: vec!["v1.0.0".to_owned(), "worktree".to_owned()],
            facts: Facts {
                tool: "protopact 0.1.0".to_owned(),
                day: "2026-01-31".to_owned(),
                commits: vec![Some("1234abcd".to_owned()), None],
                processors: 4,
                libraries: vec![(Language::Go, "protobuf 1.36".to_owned())],
            },
            messages: vec![MessageCosts {
                message: "shop.v1.Item".to_owned(),
                sample: "full".to_owned(),
                sizes: vec![Some(sizes(100)), Some(sizes(130))],
                timings,
            }],
            calls: [(false, 80_000.0, 21_000.0), (true, 110_000.0, 17_000.0)]
                .map(|(tls, latency, per_second)| CallTiming {
                    language: Language::Go,
                    version: 1,
                    kind: CallKind::Unary,
                    method: "/shop.v1.Shop/Get".to_owned(),
                    tls,
                    latency: Stat { median: latency, deviation: 4000.0, least: latency / 2.0, count: 1000 },
                    slow: latency * 3.0,
                    per_second,
                })
                .into(),
            advice: vec![Advice {
                code: Code::UnpackedList,
                symbol: "shop.v1.Item.numbers".to_owned(),
                place: Some("shop/v1/shop.proto:3:5".to_owned()),
                what: "a list of `int32` with a tag before each number".to_owned(),
                saves: 12,
                message: "shop.v1.Item".to_owned(),
            }],
            skips: vec![Skip {
                language: Language::Java,
                reason: "`mvn` is not there".to_owned(),
                failed: None,
            }],
            notes: vec!["go@worktree: a note".to_owned()],
            failures: Vec::new(),
        }
    }
}
