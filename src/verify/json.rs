//! Writer × reader in JSON: what one program prints, every other one parses.
//!
//! Rust takes no part: prost has no JSON. What a writer means is what its text says under its own schema; what the
//! reader saw is what it writes in binary afterwards. Keys find each other by name, numbers count for nothing. What was
//! given [`Notice`] is taken out before: nobody writes it any more.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::Version;
use super::bytes::{Answer, Case, Stage};
use super::fault::{Ends, model};
use super::matrix::{Cell, CellId, Peer, Tally};
use super::oracle;
use super::predict::Miss;
use super::retired::Notice;
use super::side::Side;
use crate::codegen::Language;
use crate::verdict::{Direction, Effect, Lens};
use crate::wire::compare::{By, Comparison};
use crate::wire::json::{self, Json};
use crate::wire::{Reader, Tree, decode};

/// Whether the programs of a language have JSON.
#[must_use]
pub fn speaks(language: Language) -> bool {
    language != Language::Rust
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

/// The cells of writers and readers in JSON.
pub(super) fn run(
    stage: &Stage<'_>,
    cells: &[CellId],
    cases: &[Vec<Case>; 2],
    written: &BTreeMap<Peer, Vec<Answer>>,
) -> Vec<Cell> {
    let printed = |(peer, answers): (&Peer, &Vec<Answer>)| (*peer, answers.iter().map(printed).collect());
    let texts: BTreeMap<Peer, Vec<Option<Json>>> = written.iter().map(printed).collect();
    let told = |from: Peer, to: Peer, name: &str, text: &Json| {
        let (writer, reader) = (stage.side(from), stage.side(to));
        let notice = Notice { write: &writer.schema, read: &reader.schema, lens: Lens::Json };
        let message = writer.schema.message_by_name(name).filter(|_| reader.has(name))?;
        Some(if from.version == to.version { text.clone() } else { notice.strip(message, text) })
    };
    let readers: BTreeSet<Peer> = cells.iter().map(|c| c.to).collect();
    let parsed: BTreeMap<Peer, Parsed> = readers
        .par_iter()
        .map(|reader| {
            let mut requests: BTreeSet<(Version, Text)> = BTreeSet::new();
            for writer in cells.iter().filter(|c| c.to == *reader).map(|c| c.from) {
                let pairs = cases[writer.version.index()].iter().zip(&texts[&writer]);
                requests.extend(pairs.filter_map(|((name, _), text)| {
                    let text = told(writer, *reader, name, text.as_ref()?)?;
                    Some((writer.version, (name.clone(), text.to_string())))
                }));
            }
            let all: BTreeSet<Text> = requests.iter().map(|(_, text)| text.clone()).collect();
            let strict = parse(stage, *reader, all, false);
            let later = requests.into_iter().filter(|(version, _)| *version > reader.version);
            let refused = later.map(|(_, text)| text).filter(|text| strict[text].is_err()).collect();
            let lenient = parse(stage, *reader, refused, true);
            (*reader, Parsed { strict, lenient })
        })
        .collect();
    cells
        .par_iter()
        .map(|id| {
            let mut tally = Tally::default();
            let version = id.from.version.index();
            let java = [id.from, id.to].iter().any(|peer| peer.language == Language::Java);
            for (((name, sample), answer), text) in
                cases[version].iter().zip(&written[&id.from]).zip(&texts[&id.from])
            {
                let Some(text) = text.as_ref().and_then(|text| told(id.from, id.to, name, text)) else {
                    continue;
                };
                let case = format!("{name} {}", sample.name);
                if java && has_extensions(stage.side(id.from), name, answer) {
                    tally.noted(&case, "JsonFormat of Java has no extensions");
                    continue;
                }
                let one = Try { stage, id: *id, name, text: &text, parsed: &parsed[&id.to] };
                one.judge(&case, &mut tally);
            }
            tally.cell(*id)
        })
        .collect()
}

/// Java prints an extension under a key that no parser takes, and takes none itself.
fn has_extensions(side: &Side, name: &str, answer: &Answer) -> bool {
    let json = answer.as_ref().ok().and_then(|read| oracle::json(side, name, &read.again));
    json.is_some_and(|json| oracle::has_extensions(&json))
}

/// What a writer printed; without the spaces that Python puts in.
fn printed(answer: &Answer) -> Option<Json> {
    Json::parse(answer.as_ref().ok()?.json.as_deref()?).ok()
}

fn parse(stage: &Stage<'_>, reader: Peer, texts: BTreeSet<Text>, lenient: bool) -> BTreeMap<Text, Answer> {
    let texts = Vec::from_iter(texts);
    let answers = stage.parse(reader, &texts, lenient);
    texts.into_iter().zip(answers).collect()
}

/// One text for one reader.
struct Try<'a> {
    stage: &'a Stage<'a>,
    id: CellId,
    name: &'a str,
    text: &'a Json,
    parsed: &'a Parsed,
}

impl Try<'_> {
    fn judge(&self, case: &str, tally: &mut Tally) {
        let Try { stage, id, name, .. } = *self;
        let (writer, reader) = (stage.side(id.from), stage.side(id.to));
        let Some(message) = writer.schema.message_by_name(name) else { return };
        let meant = match json::read(&writer.schema, message, self.text, MEANING) {
            Ok(meant) => meant,
            Err(error) => {
                return tally.bad(case, format!("the writer's own JSON cannot be read: {error}"), None);
            }
        };
        let key = (name.to_owned(), self.text.to_string());
        let wrong = match self.look(&meant, &self.parsed.strict[&key], Effect::Lossy) {
            Ok(()) => return tally.good(),
            Err(wrong) => wrong,
        };
        let same = Ends {
            writer: (writer, id.from.version),
            reader: (writer, id.from.version),
            language: id.to.language,
            message: name,
        };
        // What this language makes of the text in the writer's own version is no matter of versions.
        let own = same.of_json(&meant, self.text);
        let ends = Ends { reader: (reader, id.to.version), ..same };
        let fields = &ends.of_json(&meant, self.text) - &own;
        let miss = Miss {
            lens: Lens::Json,
            writer: ends.writer,
            reader: ends.reader,
            message: name,
            fields: &fields,
        };
        let versions = own.is_empty() || !fields.is_empty();
        let predicted = if versions { stage.predictions.message(&miss) } else { None };
        // An earlier parser refuses what it does not know yet, and the verdict says so; one that has to live beside
        // later writers is told to pass over it, and then it has to read the rest as it was meant.
        let rest = self.parsed.lenient.get(&key).filter(|_| predicted.is_some());
        match rest.map(|answer| self.look(&meant, answer, Effect::Corrupt)) {
            Some(Ok(())) => tally.good(),
            _ if !own.is_empty() => tally.noted(case, wrong),
            Some(Err(still)) => {
                tally.bad(
                    case,
                    format!("{wrong}; told to pass over what it does not know, {still}"),
                    predicted,
                );
            }
            None => tally.bad(case, wrong, predicted),
        }
    }

    /// The first difference between what was meant and what the reader saw that is as bad as `least`, or worse.
    fn look(&self, meant: &Tree, answer: &Answer, least: Effect) -> Result<(), String> {
        let (from, to) = (self.stage.side(self.id.from), self.stage.side(self.id.to));
        let read =
            answer.as_ref().map_err(|error| format!("the reader refuses `{}`: {error}", self.short()))?;
        let message = to.schema.message_by_name(self.name);
        let message = message.ok_or_else(|| "the reader has no such message".to_owned())?;
        let seen = decode(&to.schema, message, &read.again, model(self.id.to.language));
        let seen = seen.map_err(|error| format!("what the reader writes cannot be read: {error}"))?;
        let backward = self.id.from.version <= self.id.to.version;
        let direction = if backward { Direction::Backward } else { Direction::Forward };
        let comparison = Comparison { write: &from.schema, read: &to.schema, direction, by: By::Key };
        let differences = comparison.differences(meant, &seen);
        let Some(worst) = differences.iter().find(|d| d.effect >= least) else { return Ok(()) };
        let how = if worst.effect == Effect::Lossy { "is lost" } else { "means something else" };
        let seen = read.json.as_deref().and_then(|text| Json::parse(text).ok());
        let seen = seen.map_or_else(String::new, |json| {
            format!(": the reader sees `{}`", super::bytes::short(&json.to_string()))
        });
        Err(format!("`{}` of `{}` {how}{seen}", worst.place, self.short()))
    }

    fn short(&self) -> String {
        super::bytes::short(&self.text.to_string())
    }
}
