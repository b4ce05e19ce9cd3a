//! Writer × reader: what one program writes, every other one reads and writes again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::fault::{self, Ends};
use super::idle::Idle;
use super::json;
use super::matrix::{Cell, CellId, Labels, Peer, Subject, Tally};
use super::memo::Memo;
use super::oracle::{self, Difference, Way};
use super::predict::{Miss, Predictions};
use super::process::{Process, ProcessError, Program};
use super::reach::Reach;
use super::shown::parting;
use super::side::Side;
use super::{Version, runtime};
use crate::machine::Host;
use crate::wire::sample::{Sample, SampleOptions, samples};
use crate::words::Lens;

/// How long one answer may take; the first one waits for the program's start.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a program that ends is started again in one run.
const RESTARTS: usize = 5;

/// What a run works with.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The machine.
    pub host: &'a Host,
    /// The two versions.
    pub sides: [&'a Side; 2],
    /// The programs.
    pub programs: BTreeMap<Peer, Program>,
    /// What the verdict says.
    pub predictions: &'a Predictions,
    /// Which samples are written.
    pub samples: SampleOptions,
    /// Programs that did not do their part.
    pub failures: Failures,
    /// What need not be tried, because no change reaches it.
    pub reach: Reach,
    /// Programs that run already.
    pub idle: Idle,
}

/// Programs that did not do their part, each with the first that happened.
#[derive(Debug, Default)]
pub struct Failures(Mutex<BTreeMap<Peer, String>>);

impl Failures {
    /// A program did not do its part.
    pub fn add(&self, peer: Peer, what: &impl ToString) {
        if let Ok(mut all) = self.0.lock() {
            all.entry(peer).or_insert_with(|| what.to_string());
        }
    }

    /// All of them by name.
    #[must_use]
    pub fn told(&self, labels: Labels<'_>) -> Vec<String> {
        let all = self.0.lock().map(|all| all.clone()).unwrap_or_default();
        all.into_iter().map(|(peer, what)| format!("{}: {what}", peer.name(labels))).collect()
    }
}

/// What a program made of bytes.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// What it wrote of it in binary.
    pub again: Vec<u8>,
    /// What it printed, when it has JSON.
    pub json: Option<String>,
}

pub(super) type Answer = Result<Read, Refusal>;

/// Why a program made nothing of a request.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// In one sentence.
    what: String,
    /// Whether the program came to an end over it: that says nothing about the contract.
    ended: bool,
}

impl Refusal {
    /// The same as a difference, with whom it concerns in front: `the reader refuses it`.
    pub(super) fn told(&self, who: &str) -> Difference {
        if self.ended { Difference::outside(&self.what) } else { format!("{who}: {}", self.what).into() }
    }
}

/// A message and its bytes.
type Request<'a> = (&'a str, &'a [u8]);

/// What a program made of each request.
type Answers<'a> = FxHashMap<Request<'a>, Answer>;

impl<'a> Stage<'a> {
    /// The version of a peer.
    #[must_use]
    pub fn side(&self, peer: Peer) -> &'a Side {
        self.sides[peer.version.index()]
    }

    /// The program of a peer, with room for so many bytes of samples.
    pub(super) fn program(&self, peer: Peer, bytes: u64) -> Program {
        let mut program = self.programs[&peer].clone();
        program.arguments.splice(0..0, runtime::of(peer.language).room(bytes));
        program
    }

    /// The program of a peer, to be asked: one that runs already, or another.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub(super) fn running(&self, peer: Peer) -> Result<Process, ProcessError> {
        match self.idle.take(peer) {
            Some(process) => Ok(process),
            None => Process::start(self.host, &self.program(peer, 0), &[]),
        }
    }

    /// Asks one program about messages and bytes. One that ends is started again for what is left.
    fn codec(&self, peer: Peer, requests: &[Request<'_>]) -> Vec<Answer> {
        let line = |(id, (message, bytes)): (usize, &Request<'_>)| json!({"id": id, "op": "codec", "message": message, "hex": HEXLOWER.encode(bytes)});
        self.ask(peer, &requests.iter().enumerate().map(line).collect::<Vec<_>>())
    }

    /// The same about messages and JSON.
    pub(super) fn parse(&self, peer: Peer, requests: &[(String, String)], lenient: bool) -> Vec<Answer> {
        let line = |(id, (message, text)): (usize, &(String, String))| json!({"id": id, "op": "json", "message": message, "json": text, "lenient": lenient});
        self.ask(peer, &requests.iter().enumerate().map(line).collect::<Vec<_>>())
    }

    fn ask(&self, peer: Peer, lines: &[Value]) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::with_capacity(lines.len());
        let mut restarts = 0;
        while answers.len() < lines.len() {
            let error = match self.some(peer, &lines[answers.len()..], &mut answers) {
                Ok(()) => continue,
                Err(error) => Refusal { what: error.to_string(), ended: true },
            };
            self.failures.add(peer, &error.what);
            restarts += 1;
            if restarts > RESTARTS {
                answers.resize(lines.len(), Err(error));
            } else {
                answers.push(Err(error));
            }
        }
        answers
    }

    fn some(&self, peer: Peer, lines: &[Value], answers: &mut Vec<Answer>) -> Result<(), ProcessError> {
        let mut process = self.running(peer)?;
        for line in lines {
            process.send(line);
        }
        for _ in lines {
            let answer = process.read(PATIENCE)?;
            answers.push(read(&answer));
        }
        self.idle.give(peer, process);
        Ok(())
    }
}

fn read(answer: &Value) -> Answer {
    if answer["ok"] != true {
        let what = answer["error"].as_str().unwrap_or("no reason given").to_owned();
        return Err(Refusal { what, ended: false });
    }
    let again = HEXLOWER_PERMISSIVE.decode(answer["hex"].as_str().unwrap_or_default().as_bytes());
    let again = again
        .map_err(|error| Refusal { what: format!("its bytes are not hexadecimal: {error}"), ended: true })?;
    let json = answer["json"].as_str().map(str::to_owned);
    Ok(Read { again, json })
}

/// A message with a sample of it.
pub(super) type Case = (String, Sample);

/// The cells of all writers and readers, and of middlemen; only `only` when it is one of them.
pub fn run(stage: &Stage<'_>, only: Option<CellId>, progress: &(dyn Fn(&str) + Sync)) -> Vec<Cell> {
    let peers: Vec<Peer> = stage.programs.keys().copied().collect();
    let wanted = |id: &CellId| only.is_none_or(|only| only == *id);
    let id = |subject, from, to| CellId { subject, from, to };
    let middle = |from: &Peer, to: &Peer| from.version == Version::New && to.version == Version::Old;
    let cells: Vec<CellId> = peers
        .iter()
        .flat_map(|from| peers.iter().map(move |to| (from, to)))
        .flat_map(|(from, to)| {
            let json = json::speaks(from.language) && json::speaks(to.language);
            let wanted = [(true, Subject::Bytes), (middle(from, to), Subject::Middle), (json, Subject::Json)];
            wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, subject)| id(subject, *from, *to))
        })
        .filter(wanted)
        .collect();
    let writers: BTreeSet<Peer> = cells.iter().map(|c| c.from).collect();
    let (texts, cells): (Vec<CellId>, Vec<CellId>) =
        cells.into_iter().partition(|c| c.subject == Subject::Json);
    let readers: BTreeSet<Peer> = cells.iter().map(|c| c.to).collect();
    progress("writing samples");
    let cases: [Vec<Case>; 2] = stage.sides.map(|side| {
        let all = side.messages().filter(|id| !stage.reach.leaves(side.name(*id))).flat_map(|id| {
            let made = samples(&side.schema, id, &stage.samples);
            made.into_iter().map(move |sample| (side.name(id).to_owned(), sample))
        });
        all.collect()
    });
    let written: BTreeMap<Peer, Vec<Answer>> = writers
        .par_iter()
        .map(|peer| {
            let cases = &cases[peer.version.index()];
            let requests: Vec<_> =
                cases.iter().map(|(name, s)| (name.as_str(), s.bytes.as_slice())).collect();
            (*peer, stage.codec(*peer, &requests))
        })
        .collect();
    progress("reading them with every other program");
    let seen: BTreeMap<Peer, Answers<'_>> = readers
        .par_iter()
        .map(|peer| {
            let side = stage.side(*peer);
            let mut requests = BTreeSet::new();
            for writer in cells.iter().filter(|c| c.to == *peer).map(|c| c.from) {
                let pairs = cases[writer.version.index()].iter().zip(&written[&writer]);
                requests.extend(pairs.filter_map(|((name, _), answer)| {
                    let read = answer.as_ref().ok().filter(|_| side.has(name))?;
                    Some((name.as_str(), read.again.as_slice()))
                }));
            }
            let requests: Vec<_> = requests.into_iter().collect();
            let answers = stage.codec(*peer, &requests);
            (*peer, requests.into_iter().zip(answers).collect())
        })
        .collect();
    progress("reading what came back from the earlier version");
    let back: BTreeMap<Peer, Answers<'_>> = writers
        .par_iter()
        .map(|peer| {
            let mut requests = BTreeSet::new();
            for cell in cells.iter().filter(|c| c.from == *peer && c.subject == Subject::Middle) {
                for ((name, _), answer) in cases[peer.version.index()].iter().zip(&written[peer]) {
                    let Ok(first) = answer else { continue };
                    if let Some(Ok(read)) = seen[&cell.to].get(&(name.as_str(), first.again.as_slice())) {
                        requests.insert((name.as_str(), read.again.as_slice()));
                    }
                }
            }
            let requests: Vec<_> = requests.into_iter().collect();
            let answers = if requests.is_empty() { Vec::new() } else { stage.codec(*peer, &requests) };
            (*peer, requests.into_iter().zip(answers).collect())
        })
        .collect();
    let told = Told {
        stage,
        cases: &cases,
        written: &written,
        seen: &seen,
        back: &back,
        compared: Memo::default(),
        returned: Memo::default(),
        printed: Memo::default(),
    };
    let mut made: Vec<Cell> = cells.par_iter().map(|id| told.cell(*id)).collect();
    if !texts.is_empty() {
        progress("parsing what others print");
        made.extend(json::run(stage, &texts, &cases, &written));
    }
    made
}

/// What all programs said.
struct Told<'a> {
    stage: &'a Stage<'a>,
    cases: &'a [Vec<Case>; 2],
    written: &'a BTreeMap<Peer, Vec<Answer>>,
    seen: &'a BTreeMap<Peer, Answers<'a>>,
    back: &'a BTreeMap<Peer, Answers<'a>>,
    /// What was written and what came of it, laid beside each other: most programs write the same.
    compared: Memo<Pair<'a>, Result<(), Difference>>,
    /// What went through another version, beside what came back.
    returned: Memo<Pair<'a>, Result<(), Difference>>,
    /// What a reader printed, beside what its schema says of the bytes.
    printed: Memo<Print<'a>, Result<(), Difference>>,
}

/// Bytes of a message of one version, those that a reader of another made of them, and whether what prost loses is
/// allowed for.
type Pair<'a> = ([Version; 2], &'a str, [&'a [u8]; 2], bool);

/// Bytes of a message of one version, and what a program in a language printed of them.
type Print<'a> = (Peer, &'a str, &'a [u8], Option<&'a str>);

impl<'a> Told<'a> {
    fn cell(&self, id: CellId) -> Cell {
        let (from, to) = (self.stage.side(id.from), self.stage.side(id.to));
        let mut tally = Tally::default();
        let pairs = self.cases[id.from.version.index()].iter().zip(&self.written[&id.from]);
        for ((name, sample), answer) in pairs.filter(|((name, _), _)| to.has(name)) {
            let case = format!("{name} {}", sample.name);
            tally.about(from.package(name), name);
            let outcome = |tolerant: bool| match answer {
                Ok(first) => match id.subject {
                    Subject::Middle => self.middle(id, name, &first.again, tolerant),
                    _ => self.bytes(id, name, sample, first, tolerant),
                },
                Err(error) => Err(error.told("the writer does not take the sample")),
            };
            let Err(Difference { what, field, outside, .. }) = outcome(false) else {
                tally.good();
                continue;
            };
            if outside {
                tally.failed(&case, what);
                continue;
            }
            // prost takes -0 for nothing, has no extensions and no place for what it does not know.
            let drops = [id.from, id.to].iter().any(|peer| fault::drops(*peer));
            if drops && outcome(true).is_ok() {
                tally.noted(&case, what);
                continue;
            }
            let (from, to) = ((from, id.from.version), (to, id.to.version));
            let ends =
                Ends { writer: from, reader: to, language: id.to.language, age: id.to.age, message: name };
            let fields = match answer {
                Ok(first) if id.subject == Subject::Bytes => ends.related(&ends.of_bytes(&first.again)),
                _ => BTreeSet::new(),
            };
            let predictions = self.stage.predictions;
            let miss = Miss { lens: Lens::Wire, writer: from, reader: to, message: name, fields: &fields };
            let predicted = predictions.message(&miss);
            // Of several fields at fault, the one that is told about comes first.
            let told = field.map(|field| ends.related(&BTreeSet::from([field])));
            let told = told.filter(|told| fields.len() > 1 && told.is_subset(&fields));
            let told = told.map(|told| (predictions.message(&Miss { fields: &told, ..miss }), told));
            let (predicted, place) = match &told {
                Some((Some(change), told)) => (Some(change.clone().beside(predicted)), told),
                _ => (predicted, &fields),
            };
            // A middleman's answer comes back the other way.
            let back = Miss { writer: to, reader: from, ..miss };
            let back = || (id.subject == Subject::Middle).then(|| predictions.message(&back)).flatten();
            let predicted = predicted.or_else(back);
            tally.about(from.0.package(name), &ends.place(place));
            if id.subject == Subject::Middle
                && runtime::of(id.to.language).drops()
                && self.drops(id, name, answer)
            {
                tally.noted(&case, what);
            } else {
                tally.bad(&case, what, predicted);
            }
        }
        tally.cell(id)
    }

    fn bytes(
        &self,
        id: CellId,
        name: &'a str,
        sample: &Sample,
        first: &'a Read,
        prost: bool,
    ) -> Result<(), Difference> {
        let (from, to) = (self.stage.side(id.from), self.stage.side(id.to));
        if id.from == id.to {
            // A program that does not write what it was given tells nothing about anybody else.
            oracle::same(from, name, &sample.bytes, &first.again, prost)
                .map_err(|d| d.within("the writer"))?;
        }
        let read = match self.seen[&id.to].get(&(name, first.again.as_slice())) {
            Some(Ok(read)) => read,
            Some(Err(error)) => return Err(error.told("the reader refuses it")),
            None => return Err("the reader was not asked".to_owned().into()),
        };
        let reader_is_newer = id.from.version < id.to.version;
        let way = Way { writer: from, reader: to, reader_is_newer, prost };
        let pair = ([id.from.version, id.to.version], name, [&*first.again, &*read.again], prost);
        self.compared.get(pair, || oracle::compare(way, (name, name), &first.again, &read.again))?;
        let print = (id.to, name, &*first.again, read.json.as_deref());
        self.printed.get(print, || self.print(print))
    }

    /// Whether a reader printed what its schema says of the bytes.
    fn print(&self, (reader, name, bytes, text): Print<'_>) -> Result<(), Difference> {
        let side = self.stage.side(reader);
        // Programs of one version have to agree on the JSON too, as far as there is any. JsonFormat of Java leaves
        // extensions out.
        let bare = !runtime::of(reader.language).json_has_extensions();
        let said = text.and_then(|text| serde_json::from_str(text).ok());
        match (said, oracle::json(side, name, bytes)) {
            (_, Some(expected)) if bare && oracle::has_extensions(&expected) => Ok(()),
            (Some(said), Some(expected))
                if !oracle::same_json(&said, &expected)
                    && !oracle::json_of(side, name, bytes, reader)
                        .is_some_and(|modelled| oracle::same_json(&said, &modelled)) =>
            {
                let Some(parting) = parting(&said, &expected) else { return Ok(()) };
                let [said, expected] = parting.shown();
                let place = if parting.place.is_empty() { name } else { &parting.place };
                Err(format!("the reader prints {said} for `{place}`, which means {expected}").into())
            }
            _ => Ok(()),
        }
    }

    /// Whether all that a middleman lost is what it does not know.
    fn drops(&self, id: CellId, name: &str, answer: &Answer) -> bool {
        let Ok(first) = answer else { return false };
        let Some(Ok(read)) = self.seen[&id.to].get(&(name, first.again.as_slice())) else {
            return false;
        };
        let way = Way {
            writer: self.stage.side(id.from),
            reader: self.stage.side(id.to),
            reader_is_newer: false,
            prost: true,
        };
        oracle::compare(way, (name, name), &first.again, &read.again).is_ok()
    }

    fn middle(&self, id: CellId, name: &'a str, first: &'a [u8], prost: bool) -> Result<(), Difference> {
        let side = self.stage.side(id.from);
        let passed = match self.seen[&id.to].get(&(name, first)) {
            Some(Ok(read)) => &read.again,
            Some(Err(error)) => return Err(error.told("the earlier version refuses it")),
            None => return Err("the earlier version was not asked".to_owned().into()),
        };
        match self.back[&id.from].get(&(name, passed.as_slice())) {
            Some(Ok(read)) => {
                let pair = ([id.from.version; 2], name, [first, &*read.again], prost);
                self.returned.get(pair, || oracle::same(side, name, first, &read.again, prost))
            }
            Some(Err(error)) => Err(error.told("what comes back is refused")),
            None => Err("nobody read what came back".to_owned().into()),
        }
    }
}
