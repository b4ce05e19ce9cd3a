//! The lens for JSON over all ordered pairs of types, held against messages that are written and parsed.

use std::collections::BTreeMap;

use protopact::compare::Comparison;
use protopact::wire::Prover;
use protopact::wire::sample::{SampleOptions, Size, samples};
use protopact::wire::witness::refute;
use protopact::words::{Direction, Effect, Lens};

use crate::support::forms::{TYPES, pairs};
use crate::support::schema;

#[test]
fn every_pair_of_types_is_parsed_as_the_lens_says() {
    let (old, new) = (schema(&pairs(|w, _| w)).unwrap(), schema(&pairs(|_, r| r)).unwrap());
    let comparison = Comparison::new(&old, &new);
    let cx = comparison.cx();
    let mut changes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, change) in comparison.changes().iter().enumerate() {
        let symbol = change.symbol(&cx);
        let message = symbol.split('.').nth(1).unwrap_or_default().to_owned();
        changes.entry(message).or_default().push(index);
    }
    let prover = Prover::new(&cx, comparison.changes());
    let mut wrong = Vec::new();
    for (w, written) in TYPES.iter().enumerate() {
        for (r, read) in TYPES.iter().enumerate() {
            let name = format!("P{w}x{r}");
            let of = changes.get(&name).map_or(&[][..], Vec::as_slice);
            let cells = of.iter().filter_map(|i| {
                comparison.verdicts()[*i].cell(Lens::Json, Direction::Backward).map(|cell| (*i, cell))
            });
            let worst = cells.max_by_key(|(_, cell)| cell.effect);
            let (a, b) = (
                old.message_by_name(&format!("t.{name}")).unwrap(),
                new.message_by_name(&format!("t.{name}")).unwrap(),
            );
            let mut says = |what: String| wrong.push(format!("{written} -> {read}: {what}"));
            let Some((index, cell)) = worst else {
                for sample in samples(&old, a, &SampleOptions { seed: 3, size: Size::Exhaustive }) {
                    if let Some(why) =
                        refute((&old, a), (&new, b), &sample.bytes, Lens::Json, Direction::Backward)
                    {
                        says(format!("is ok, but {}: {why}", sample.name));
                        break;
                    }
                }
                continue;
            };
            if cell.effect == Effect::Unknown {
                says(format!("is unknown: {}", cell.reason));
                continue;
            }
            let proofs = prover.prove(&comparison.changes()[index], &comparison.verdicts()[index]);
            let shown = proofs
                .iter()
                .any(|p| p.lens == Lens::Json && p.direction == Direction::Backward && p.shown.is_some());
            if !shown {
                says(format!("nothing shows {}: {}", cell.effect.as_str(), cell.reason));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
