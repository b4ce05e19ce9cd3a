//! What releases that a team still has make of a change, where it is worse than what the verdict says.
//!
//! The lenses argue about the newest runtimes. A release that is declared is given the messages that may show what a
//! change does; what it does to one of them that no newest runtime does, and that it does not do within the writer's own
//! version, is the change's effect on that team.

use std::borrow::Cow;

use super::candidates::Trial;
use super::search::{Attempt, Outcome, read_bytes, read_json, shows};
use super::{Prover, Saw};
use crate::diff::Change;
use crate::verdict::{Cell, Verdict};
use crate::wire::json;
use crate::wire::reader::Reader;
use crate::wire::text::phrase;
use crate::words::{Direction, Effect, Lens};

/// Effects that data can show, the worst first.
const WORST: [Effect; 3] = [Effect::Rejects, Effect::Corrupt, Effect::Lossy];

impl Prover<'_> {
    /// Makes a verdict as bad as the worst of the declared releases has it. A cell that gets worse says which release it
    /// is, and what it sees.
    pub fn worsen(&self, change: &Change, verdict: &mut Verdict) {
        // What earlier versions wrote is looked at by the lenses alone: its data is of neither side.
        if self.ages.is_empty() || change.reused().is_some() {
            return;
        }
        for lens in [Lens::Wire, Lens::Json] {
            for direction in Direction::ALL {
                self.cell(change, lens, direction, verdict);
            }
        }
        verdict.cells.sort_by_key(|c| (c.lens, c.direction));
    }

    fn cell(&self, change: &Change, lens: Lens, direction: Direction, verdict: &mut Verdict) {
        let trials = self.trials(change, lens, direction);
        if trials.is_empty() {
            return;
        }
        let (write, _) = self.sides(direction);
        let attempts = Attempt::all(write, &trials, lens);
        for reader in &self.ages {
            let is = verdict.effect(lens, direction);
            let found = WORST.into_iter().filter(|effect| *effect > is).find_map(|effect| {
                let shown = |(trial, attempt): &(&Trial, Attempt)| {
                    self.does(*reader, trial, attempt, direction, effect)
                };
                Some((effect, attempts.iter().find_map(shown)?))
            });
            let reason: Cow<'static, str> = match &found {
                Some((_, saw)) => format!("{} {}", reader.title(), told(saw)).into(),
                None => continue,
            };
            let effect = found.map_or(is, |(effect, _)| effect);
            match verdict.cells.iter_mut().find(|c| c.lens == lens && c.direction == direction) {
                Some(cell) => {
                    cell.effect = effect;
                    cell.reason = format!("{}; {reason}", cell.reason).into();
                    cell.grows = false;
                }
                None => {
                    verdict.cells.push(Cell { lens, direction, effect, reason, grows: false, stages: None })
                }
            }
        }
        self.lenient(&attempts, lens, direction, verdict);
    }

    /// Says of a refusal that everybody has which releases refuse even when they are told to pass over what is not known.
    fn lenient(
        &self,
        attempts: &[(&Trial, Attempt)],
        lens: Lens,
        direction: Direction,
        verdict: &mut Verdict,
    ) {
        let cell = verdict.cells.iter_mut().find(|c| c.lens == lens && c.direction == direction);
        let Some(cell) = cell.filter(|c| lens == Lens::Json && c.effect == Effect::Rejects) else { return };
        let (_, read) = self.sides(direction);
        let takes = |reader: Reader, trial: &Trial, text: &json::Json| {
            json::read_lenient(read, trial.read, text, Reader { checks_required: false, ..reader }).is_ok()
        };
        for reader in self.ages.iter().filter(|r| !r.json_skips_enums) {
            let newest = Reader { json_skips_enums: true, ..*reader };
            let stays = |(trial, attempt): &(&Trial, Attempt)| {
                let text = attempt.json.as_ref();
                text.is_some_and(|text| takes(newest, trial, text) && !takes(*reader, trial, text))
            };
            if attempts.iter().any(stays) {
                let also = "refuses it also when it is told to pass over what it does not know";
                cell.reason = format!("{}; {} {also}", cell.reason, reader.title()).into();
            }
        }
    }

    /// What a release makes of a message, where that is the effect, nothing newer shows it, and it is the change that does.
    fn does(
        &self,
        reader: Reader,
        trial: &Trial,
        attempt: &Attempt,
        direction: Direction,
        effect: Effect,
    ) -> Option<Saw> {
        let (write, read) = self.sides(direction);
        let run = |reader: Reader, (schema, message)| match &attempt.json {
            None => read_bytes((write, &attempt.meant), (schema, message), &attempt.bytes, reader, direction),
            Some(text) => read_json((write, &attempt.meant), (schema, message), text, reader, direction),
        };
        let outcome = run(reader, (read, trial.read));
        if !shows(&outcome, &trial.focus, effect) {
            return None;
        }
        let own = run(reader, (write, trial.write));
        if !matches!(own, Outcome::Seen { differences, .. } if differences.is_empty()) {
            return None;
        }
        let newest =
            Reader::ALL.into_iter().filter(|r| attempt.json.is_none() || r.name != Reader::RUST.name);
        let worse = WORST.into_iter().filter(|e| *e >= effect);
        let known = |r: Reader| {
            let outcome = run(r, (read, trial.read));
            worse.clone().any(|effect| shows(&outcome, &trial.focus, effect))
        };
        if newest.into_iter().any(known) {
            return None;
        }
        Some(match outcome {
            Outcome::Refused { why, .. } => Saw::Error(why),
            Outcome::Seen { tree, .. } => {
                Saw::Value(format!("{} as {}", phrase(write, &attempt.meant), phrase(read, &tree)))
            }
        })
    }
}

fn told(saw: &Saw) -> String {
    match saw {
        Saw::Value(what) => format!("reads {what}"),
        Saw::Error(why) => format!("refuses it: {why}"),
    }
}
