//! Writer × reader in JSON: what one program prints, every other one parses.
//!
//! Rust takes no part: prost has no JSON. What a writer means is what its text says under its own schema; what the
//! reader saw is what it writes in binary afterwards. Keys find each other by name, numbers count for nothing. What was
//! given [`Notice`] is taken out before: nobody writes it any more.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};
use serde_json::{Value, json};

use super::bytes::{Answer, Case, Stage};
use super::fault::{Ends, model_of};
use super::matrix::{Cell, CellId, Peer, Tally};
use super::memo::Memo;
use super::oracle::{self, Difference};
use super::predict::Miss;
use super::retired::Notice;
use super::shown::{parting, short};
use super::{Version, runtime};
use crate::wire::compare::{By, Comparison};
use crate::wire::json::{self, Json};
use crate::wire::value::field_at;
use crate::wire::{Reader, Tree, decode};
use crate::words::{Direction, Effect, Language, Lens};

/// Whether the programs of a language have JSON.
#[must_use]
pub fn speaks(language: Language) -> bool {
    runtime::of(language).has_json()
}

/// What a text means to whoever wrote it: Go prints numbers that a closed enum does not list, and Python digits that it
/// does not take back.
const MEANING: Reader = Reader { checks_required: false, closes_enums: false, ..Reader::SPEC };

/// A message by name, and its text.
type Text = (String, String);

/// What readers make of texts: with the settings that a parser has when nobody changes them, and, for those that were
/// refused by an earlier version, passing over what it does not know.
#[derive(Debug, Default)]
struct Parsed {
    strict: BTreeMap<Text, Answer>,
    lenient: BTreeMap<Text, Answer>,
}

/// What a writer printed of one sample, for the readers of one version.
#[derive(Debug)]
struct Said {
    /// Without what these readers were given notice of.
    json: Json,
    /// The same as it is sent, under the name of its message.
    text: Text,
    /// What it says to whoever wrote it.
    meant: Result<Tree, String>,
    /// Whether the message has extensions.
    extended: bool,
}

/// The most characters of a text that are shown.
const MOST: usize = 120;

/// The cells of writers and readers in JSON.
pub(super) fn run(
    stage: &Stage<'_>,
    cells: &[CellId],
    cases: &[Vec<Case>; 2],
    written: &BTreeMap<Peer, Vec<Answer>>,
) -> Vec<Cell> {
    let pairs: BTreeSet<(Peer, Version)> = cells.iter().map(|c| (c.from, c.to.version)).collect();
    let said: BTreeMap<(Peer, Version), Vec<Option<Said>>> = pairs
        .into_par_iter()
        .map(|(writer, version)| {
            let samples = cases[writer.version.index()].iter().zip(&written[&writer]);
            let all = samples.map(|((name, _), answer)| say(stage, writer, version, name, answer));
            ((writer, version), all.collect())
        })
        .collect();
    let readers: BTreeSet<Peer> = cells.iter().map(|c| c.to).collect();
    let parsed: BTreeMap<Peer, Parsed> = readers
        .par_iter()
        .map(|reader| {
            let writers = cells.iter().filter(|c| c.to == *reader).map(|c| c.from);
            let texts = writers.flat_map(|writer| {
                let all = said[&(writer, reader.version)].iter().flatten();
                all.map(move |said| (writer.version > reader.version, &said.text))
            });
            let texts: BTreeSet<(bool, &Text)> = texts.collect();
            let strict = parse(stage, *reader, texts.iter().map(|(_, text)| *text).collect(), false);
            let refused = |text: &&Text| strict[*text].is_err();
            let later = texts.iter().filter(|(later, _)| *later).map(|(_, text)| *text);
            let lenient = parse(stage, *reader, later.filter(refused).collect(), true);
            (*reader, Parsed { strict, lenient })
        })
        .collect();
    let looked = Memo::default();
    cells
        .par_iter()
        .map(|id| {
            let mut tally = Tally::default();
            let bare = [id.from, id.to].iter().any(|p| !runtime::of(p.language).json_has_extensions());
            let samples = cases[id.from.version.index()].iter().zip(&said[&(id.from, id.to.version)]);
            for ((name, sample), said) in samples {
                let Some(said) = said else { continue };
                let case = format!("{name} {}", sample.name);
                tally.about(stage.side(id.from).package(name), name);
                if bare && said.extended {
                    tally.noted(&case, "JsonFormat of Java has no extensions");
                    continue;
                }
                Try { stage, id: *id, said, parsed: &parsed[&id.to], looked: &looked }
                    .judge(&case, &mut tally);
            }
            tally.cell(*id)
        })
        .collect()
}

/// `None` for what has no JSON, and for what these readers have no message for.
fn say(stage: &Stage<'_>, writer: Peer, version: Version, name: &str, answer: &Answer) -> Option<Said> {
    let (from, to) = (stage.side(writer), stage.sides[version.index()]);
    let message = from.schema.message_by_name(name).filter(|_| to.has(name))?;
    let read = answer.as_ref().ok()?;
    // Without the spaces that Python puts in.
    let mut json = Json::parse(read.json.as_deref()?).ok()?;
    if writer.version != version {
        json = Notice { write: &from.schema, read: &to.schema, lens: Lens::Json }.strip(message, &json);
    }
    let meant = json::read(&from.schema, message, &json, MEANING).map_err(|error| error.to_string());
    let canonical = oracle::json(from, name, &read.again);
    let extended = canonical.is_some_and(|json| oracle::has_extensions(&json));
    Some(Said { text: (name.to_owned(), json.to_string()), json, meant, extended })
}

fn parse(stage: &Stage<'_>, reader: Peer, texts: BTreeSet<&Text>, lenient: bool) -> BTreeMap<Text, Answer> {
    let texts: Vec<Text> = texts.into_iter().cloned().collect();
    let answers = stage.parse(reader, &texts, lenient);
    texts.into_iter().zip(answers).collect()
}

/// One text for one reader.
struct Try<'a> {
    stage: &'a Stage<'a>,
    id: CellId,
    said: &'a Said,
    parsed: &'a Parsed,
    looked: &'a Looked<'a>,
}

/// What came of a text for a reader, by the version of whoever wrote it: most programs print the same.
type Looked<'a> = Memo<(Version, Peer, &'a Text, Effect), Result<(), Difference>>;

impl Try<'_> {
    fn judge(&self, case: &str, tally: &mut Tally) {
        let Try { stage, id, said, parsed, .. } = *self;
        let (name, text) = (said.text.0.as_str(), &said.json);
        let (writer, reader) = (stage.side(id.from), stage.side(id.to));
        let meant = match &said.meant {
            Ok(meant) => meant,
            Err(error) => {
                return tally.bad(case, format!("the writer's own JSON cannot be read: {error}"), None);
            }
        };
        let wrong = match self.look(meant, &parsed.strict[&said.text], Effect::Lossy) {
            Ok(()) => return tally.good(),
            Err(wrong) if wrong.outside => return tally.failed(case, wrong.what),
            Err(wrong) => wrong.what,
        };
        let same = Ends {
            writer: (writer, id.from.version),
            reader: (writer, id.from.version),
            language: id.to.language,
            age: id.to.age,
            message: name,
        };
        // What this language makes of the text in the writer's own version is no matter of versions.
        let own = same.of_json(meant, text);
        let ends = Ends { reader: (reader, id.to.version), ..same };
        let fields = ends.of_json(meant, text);
        let habit = !own.is_empty() && fields == own;
        let fields = ends.related(&fields);
        let (writer, reader) = (ends.writer, ends.reader);
        let miss = Miss { lens: Lens::Json, writer, reader, message: name, fields: &fields };
        let predicted = if habit { None } else { stage.predictions.message(&miss) };
        tally.about(ends.writer.0.package(name), &ends.place(&fields));
        // An earlier parser refuses what it does not know yet, and the verdict says so; one that has to live beside
        // later writers is told to pass over it, and then it has to read the rest as it was meant.
        let rest = parsed.lenient.get(&said.text).filter(|_| predicted.is_some());
        match rest.map(|answer| self.look(meant, answer, Effect::Corrupt)) {
            Some(Ok(())) => tally.good(),
            Some(Err(still)) if still.outside => tally.failed(case, still.what),
            _ if habit || predicted.is_none() && !own.is_empty() => tally.noted(case, wrong),
            Some(Err(still)) => {
                tally.bad(
                    case,
                    format!("{wrong}; told to pass over what it does not know, {}", still.what),
                    predicted,
                );
            }
            None => tally.bad(case, wrong, predicted),
        }
    }

    /// The first difference between what was meant and what the reader saw that is as bad as `least`, or worse.
    fn look(&self, meant: &Tree, answer: &Answer, least: Effect) -> Result<(), Difference> {
        let key = (self.id.from.version, self.id.to, &self.said.text, least);
        self.looked.get(key, || self.look_at(meant, answer, least))
    }

    fn look_at(&self, meant: &Tree, answer: &Answer, least: Effect) -> Result<(), Difference> {
        let (from, to) = (self.stage.side(self.id.from), self.stage.side(self.id.to));
        let read =
            answer.as_ref().map_err(|error| error.told(&format!("the reader refuses `{}`", self.short())))?;
        let message = to.schema.message_by_name(&self.said.text.0);
        let message = message.ok_or_else(|| Difference::from("the reader has no such message".to_owned()))?;
        let seen = decode(&to.schema, message, &read.again, model_of(self.id.to.language, self.id.to.age));
        let seen = seen
            .map_err(|error| Difference::from(format!("what the reader writes cannot be read: {error}")))?;
        let backward = self.id.from.version <= self.id.to.version;
        let direction = if backward { Direction::Backward } else { Direction::Forward };
        let comparison = Comparison { write: &from.schema, read: &to.schema, direction, by: By::Key };
        let differences = comparison.differences(meant, &seen);
        let Some(worst) = differences.iter().find(|d| d.effect >= least) else { return Ok(()) };
        let how = if worst.effect == Effect::Lossy { "is lost" } else { "means something else" };
        let place = &worst.place;
        let key =
            field_at(&from.schema, meant.message, worst.field).map(|id| json::write_key(&from.schema, id));
        let seen = read.json.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Err(match self.parted(key.as_deref(), seen.as_ref().unwrap_or(&Value::Null)) {
            Some([wrote, saw]) => format!("`{place}` {how}: printed as {wrote}, the reader sees {saw}"),
            // Its own parser says the same, and means another thing: a number, or another member of a oneof.
            None => format!("`{place}` of `{}` {how}", self.below(key.as_deref())),
        }
        .into())
    }

    /// What the writer printed below a key, and what the reader prints, where they part.
    fn parted(&self, key: Option<&str>, seen: &Value) -> Option<[String; 2]> {
        let (key, wrote): (&str, Value) = (key?, serde_json::from_str(&self.said.text.1).ok()?);
        let under = |value: &Value| value.get(key).map(|inner| json!({ (key): inner }));
        let nothing = json!({});
        let (wrote, seen) = (under(&wrote)?, under(seen));
        let parting = parting(&wrote, seen.as_ref().unwrap_or(&nothing))?;
        Some(parting.shown())
    }

    /// The text below a key, so that it is not cut off before the place that differs; all of it where there is no such key.
    fn below(&self, key: Option<&str>) -> String {
        let text: Option<Value> = serde_json::from_str(&self.said.text.1).ok();
        let under = key.and_then(|key| Some(json!({ (key): text?.get(key)? })));
        under.map_or_else(|| self.short(), |under| short(&under.to_string(), MOST))
    }

    fn short(&self) -> String {
        short(&self.said.text.1, MOST)
    }
}
