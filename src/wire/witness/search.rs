//! Trying messages until one shows the effect.

use super::candidates::Trial;
use super::{Prover, Read, Saw, Shown};
use crate::diff::Change;
use crate::schema::{FieldId, MessageId, Schema};
use crate::wire::compare::{By, Comparison, Difference};
use crate::wire::decode::{decode, get};
use crate::wire::encode::encode;
use crate::wire::json;
use crate::wire::parts::parts;
use crate::wire::reader::Reader;
use crate::wire::text::{phrase, value_phrase};
use crate::wire::value::{Slot, Tree, Value, field_at, is_zero};
use crate::words::{Direction, Effect, Lens};

/// Those who have ProtoJSON; prost has none.
const JSON_READERS: [Reader; 3] = [Reader::GO, Reader::JAVA, Reader::PYTHON];

/// What one reader made of a message.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is refused; the number of the outermost field at fault, if it is one of the writer's or the reader's.
    Refused { why: String, field: Option<i32> },
    /// It is read.
    Seen { tree: Tree, differences: Vec<Difference> },
}

/// One written message and what becomes of it.
pub(super) struct Attempt {
    pub(super) bytes: Vec<u8>,
    pub(super) meant: Tree,
    pub(super) json: Option<json::Json>,
}

impl Attempt {
    /// The messages of some trials as they are written, the smallest first. Nothing shows little: zero and empty come
    /// last.
    pub(super) fn all<'t>(write: &Schema, trials: &'t [Trial], lens: Lens) -> Vec<(&'t Trial, Attempt)> {
        let mut attempts: Vec<(bool, usize, &Trial, Attempt)> = Vec::new();
        for trial in trials {
            for tree in &trial.trees {
                let bytes = encode(write, tree);
                let Ok(meant) = decode(write, trial.write, &bytes, Reader::SPEC) else { continue };
                let json = if lens == Lens::Json {
                    match json::write(write, &meant) {
                        Ok(json) => Some(json),
                        Err(_) => continue,
                    }
                } else {
                    None
                };
                let size = json.as_ref().map_or(bytes.len(), |j| j.to_string().len());
                let dull = trial.focus.iter().filter_map(|n| meant.fields.get(n)).any(is_dull);
                attempts.push((dull, size, trial, Attempt { bytes, meant, json }));
            }
        }
        // Of one size the first case: they begin with what a person would try.
        let name = |trial: &Trial| &write.message(trial.write).full_name;
        attempts.sort_by(|a, b| (a.0, a.1, name(a.2)).cmp(&(b.0, b.1, name(b.2))));
        attempts.into_iter().map(|(_, _, trial, attempt)| (trial, attempt)).collect()
    }
}

impl Prover<'_> {
    /// The smallest data that shows an effect.
    pub(super) fn data(
        &self,
        change: &Change,
        lens: Lens,
        direction: Direction,
        effect: Effect,
    ) -> Option<Shown> {
        let trials = self.trials(change, lens, direction);
        self.search(&trials, lens, direction, effect)
    }

    /// The smallest of the messages of some trials that shows an effect.
    pub(super) fn search(
        &self,
        trials: &[Trial],
        lens: Lens,
        direction: Direction,
        effect: Effect,
    ) -> Option<Shown> {
        let (write, _) = self.sides(direction);
        for (trial, attempt) in Attempt::all(write, trials, lens) {
            let outcomes = self.outcomes(trial, &attempt, direction);
            let shows = outcomes.iter().any(|(_, o)| shows(o, &trial.focus, effect));
            if shows {
                return Some(self.shown(trial, &attempt, &outcomes, direction));
            }
        }
        None
    }

    fn outcomes(&self, trial: &Trial, attempt: &Attempt, direction: Direction) -> Vec<(String, Outcome)> {
        let (write, read) = self.sides(direction);
        match &attempt.json {
            None => {
                let run = |reader: Reader| {
                    let outcome = read_bytes(
                        (write, &attempt.meant),
                        (read, trial.read),
                        &attempt.bytes,
                        reader,
                        direction,
                    );
                    (reader.title(), outcome)
                };
                Reader::ALL.into_iter().chain(self.ages.iter().copied()).map(run).collect()
            }
            Some(json) => {
                let run = |reader: Reader| {
                    // What the language makes of it in the writer's own version is not what the change does.
                    let own = json::read(write, trial.write, json, reader);
                    let meant = own.as_ref().unwrap_or(&attempt.meant);
                    (reader.title(), read_json((write, meant), (read, trial.read), json, reader, direction))
                };
                JSON_READERS.into_iter().chain(self.ages.iter().copied()).map(run).collect()
            }
        }
    }

    fn shown(
        &self,
        trial: &Trial,
        attempt: &Attempt,
        outcomes: &[(String, Outcome)],
        direction: Direction,
    ) -> Shown {
        let (write, read) = self.sides(direction);
        let mut reads: Vec<Read> = Vec::new();
        for (name, outcome) in outcomes {
            let saw = match outcome {
                Outcome::Refused { why, .. } => Saw::Error(why.clone()),
                Outcome::Seen { tree, .. } => {
                    let known = Tree { unknown: Vec::new(), ..tree.clone() };
                    let number = trial.absent.map(|id| write.field(id).number);
                    let absent = number.and_then(|n| field_at(read, trial.read, n));
                    Saw::Value(describe(read, &known, absent))
                }
            };
            match reads.iter_mut().find(|r| r.saw == saw) {
                Some(known) => known.readers.push(name.clone()),
                None => reads.push(Read { readers: vec![name.clone()], saw }),
            }
        }
        let message = write.message(trial.write).full_name.to_string();
        let old_wrote = direction == Direction::Backward;
        match &attempt.json {
            Some(json) => Shown::Json { message, json: json.to_string(), reads, old_wrote },
            None => Shown::Bytes {
                message,
                bytes: attempt.bytes.clone(),
                parts: parts((write, Some(trial.write)), (read, Some(trial.read)), &attempt.bytes),
                meant: describe(write, &attempt.meant, trial.absent),
                reads,
                old_wrote,
            },
        }
    }
}

/// Why an encoded message is not read as what was written: the first thing that is lost, changed or refused, by any
/// language. `None` where all is well, and where the message has no JSON.
///
/// The message is written anew: a writer writes every field once, and in its own way. What a language does not see
/// even under the writer's schema (extensions in prost) it does not lose.
pub fn refute(
    (write, w): (&Schema, MessageId),
    (read, r): (&Schema, MessageId),
    bytes: &[u8],
    lens: Lens,
    direction: Direction,
) -> Option<String> {
    let told = |name: &str, meant: &Tree, outcome: Outcome| match outcome {
        Outcome::Refused { why, .. } => Some(format!("{name} refuses it: {why}")),
        Outcome::Seen { tree, differences } => differences.first().map(|d| {
            let (meant, seen) = (phrase(write, meant), phrase(read, &tree));
            format!("{name} reads `{}` as {}: {meant} is read as {seen}", d.place, d.effect.as_str())
        }),
    };
    if lens == Lens::Json {
        let meant = decode(write, w, bytes, Reader::SPEC).ok()?;
        let json = json::write(write, &meant).ok()?;
        return JSON_READERS.iter().find_map(|reader| {
            let meant = json::read(write, w, &json, *reader).ok()?;
            told(reader.name, &meant, read_json((write, &meant), (read, r), &json, *reader, direction))
        });
    }
    Reader::ALL.iter().find_map(|reader| {
        let meant = decode(write, w, bytes, *reader).ok()?;
        let bytes = encode(write, &meant);
        let outcome = read_bytes((write, &meant), (read, r), &bytes, *reader, direction);
        told(reader.name, &meant, outcome)
    })
}

/// Reads bytes and compares with what they meant.
pub(crate) fn read_bytes(
    (write, meant): (&Schema, &Tree),
    (read, message): (&Schema, MessageId),
    bytes: &[u8],
    reader: Reader,
    direction: Direction,
) -> Outcome {
    match decode(read, message, bytes, reader) {
        Err(error) => Outcome::Refused { why: error.to_string(), field: error.field },
        Ok(tree) => {
            let comparison = Comparison { write, read, direction, by: By::Number };
            let differences = comparison.differences(meant, &tree);
            Outcome::Seen { tree, differences }
        }
    }
}

/// Reads JSON and compares with what it meant.
pub(crate) fn read_json(
    (write, meant): (&Schema, &Tree),
    (read, message): (&Schema, MessageId),
    json: &json::Json,
    reader: Reader,
    direction: Direction,
) -> Outcome {
    match json::read(read, message, json, reader) {
        Err(error) => {
            let key = error.place.as_deref().map(|p| {
                // Keys of extensions hold dots.
                let end = if p.starts_with('[') { p.find(']').map(|n| n + 1) } else { p.find('.') };
                &p[..end.unwrap_or(p.len())]
            });
            let number = |schema: &Schema, message| {
                json::field_of_key(schema, message, key?).map(|id| schema.field(id).number)
            };
            let field = number(write, meant.message).or_else(|| number(read, message));
            Outcome::Refused { why: error.to_string(), field }
        }
        Ok(tree) => {
            let comparison = Comparison { write, read, direction, by: By::Key };
            let differences = comparison.differences(meant, &tree);
            Outcome::Seen { tree, differences }
        }
    }
}

/// Whether what a reader made of a message is the effect.
pub(super) fn shows(outcome: &Outcome, focus: &[i32], effect: Effect) -> bool {
    let inside = |field: i32| focus.is_empty() || focus.contains(&field);
    match (effect, outcome) {
        (Effect::Rejects, Outcome::Refused { field, .. }) => field.is_none_or(inside),
        (Effect::Corrupt, Outcome::Seen { differences, .. }) => {
            differences.iter().any(|d| inside(d.field) && d.effect == Effect::Corrupt)
        }
        (Effect::Lossy, Outcome::Seen { differences, .. }) => {
            let lost = |d: &&Difference| !d.only_name || d.effect == Effect::Lossy;
            differences.iter().filter(lost).any(|d| inside(d.field))
        }
        (Effect::Unknown, Outcome::Seen { differences, .. }) => differences.iter().any(|d| inside(d.field)),
        _ => false,
    }
}

/// Whether a field holds nothing but zeros and empty things.
fn is_dull(slot: &Slot) -> bool {
    let dull = |value: &Value| match value {
        Value::Message(tree) => tree.is_empty(),
        value => is_zero(value),
    };
    match slot {
        Slot::One(value) => dull(value),
        Slot::List(values) => values.iter().all(dull),
        Slot::Map(entries) => entries.values().all(dull),
    }
}

/// A message as a phrase, with the default of a field that is not there.
fn describe(schema: &Schema, tree: &Tree, absent: Option<FieldId>) -> String {
    let absent = absent.map(|id| schema.field(id)).filter(|f| !tree.fields.contains_key(&f.number));
    let default = absent.and_then(|field| Some((field, get(schema, tree, field)?)));
    let Some((field, value)) = default else { return phrase(schema, tree) };
    let said = format!("{} = {} by default", field.name, value_phrase(schema, field, &value));
    if tree.is_empty() { said } else { format!("{}, {said}", phrase(schema, tree)) }
}
