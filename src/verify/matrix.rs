//! What came out: cells with names that can be typed, and what is in them.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::Version;
use super::facts::Facts;
use crate::text::{plural, shell_word};
use crate::words::{Age, CallKind, Effect, Language, Pinned, PinnedError};

/// A program of one language with the package of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// The language.
    pub language: Language,
    /// The release of its runtime; `None` is the one that the package asks for.
    pub age: Option<Age>,
    /// The version.
    pub version: Version,
}

/// How a call is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Security {
    /// Not at all.
    Plain,
    /// The server shows a certificate.
    Tls,
    /// Both show one.
    Mtls,
}

impl Security {
    /// Every way in the order of output.
    pub const ALL: [Security; 3] = [Security::Plain, Security::Tls, Security::Mtls];

    /// The name in cells.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Security::Plain => "plain",
            Security::Tls => "tls",
            Security::Mtls => "mtls",
        }
    }
}

/// How messages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// With gzip, both ways.
    Gzip,
}

impl Encoding {
    /// Every way in the order of output.
    pub const ALL: [Encoding; 2] = [Encoding::Identity, Encoding::Gzip];

    /// The name in cells.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
        }
    }
}

/// What a cell is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The first peer writes, the second reads.
    Bytes,
    /// The first peer writes, the second reads and writes again, the first reads.
    Middle,
    /// The first peer prints JSON, the second parses it.
    Json,
    /// The first peer calls the second.
    Call(CallKind, Security, Encoding),
}

/// The name of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId {
    /// What it is about; the order of output.
    pub subject: Subject,
    /// Writer or client.
    pub from: Peer,
    /// Reader, middleman or server.
    pub to: Peer,
}

/// The two labels, old first.
pub type Labels<'a> = [&'a str; 2];

impl Peer {
    /// `go@v1.0.0`, `python=4.25.8@v1.0.0`.
    #[must_use]
    pub fn name(self, labels: Labels<'_>) -> String {
        format!("{}@{}", self.kind(), labels[self.version.index()])
    }

    /// The language with its release: `go`, `python=4.25.8`.
    #[must_use]
    pub fn kind(self) -> String {
        kind(self.language, self.age)
    }
}

/// A language with its release, as it is typed.
#[must_use]
pub fn kind(language: Language, age: Option<Age>) -> String {
    age.map_or_else(|| language.as_str().to_owned(), |age| Pinned { language, age }.to_string())
}

impl CellId {
    /// `go@v1.0.0:java@v2.0.0:unary:tls:gzip`, `go@v1.0.0:java@v2.0.0:bytes`.
    #[must_use]
    pub fn name(&self, labels: Labels<'_>) -> String {
        format!("{}:{}:{}", self.from.name(labels), self.to.name(labels), self.subject)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Bytes => f.write_str("bytes"),
            Subject::Middle => f.write_str("middle"),
            Subject::Json => f.write_str("json"),
            Subject::Call(kind, security, encoding) => {
                write!(f, "{}:{}:{}", kind.as_str(), security.as_str(), encoding.as_str())
            }
        }
    }
}

/// A cell's name that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{text}` is no cell: {what}")]
pub struct CellError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub what: String,
}

/// Reads the name of a cell.
///
/// # Errors
///
/// It is not one of this pair of versions.
pub fn parse(text: &str, labels: Labels<'_>) -> Result<CellId, CellError> {
    let wrong = |what: String| CellError { text: text.to_owned(), what };
    let words: Vec<&str> = text.split(':').collect();
    let (from, to, subject) = match &words[..] {
        [from, to, "bytes"] => (from, to, Subject::Bytes),
        [from, to, "middle"] => (from, to, Subject::Middle),
        [from, to, "json"] => (from, to, Subject::Json),
        [from, to, kind, security, encoding] => {
            fn find<T: Copy>(all: &[T], name: &str, of: fn(T) -> &'static str) -> Result<T, String> {
                let names = || all.iter().map(|t| of(*t)).collect::<Vec<_>>().join(", ");
                let found = all.iter().copied().find(|t| of(*t) == name);
                found.ok_or_else(|| format!("`{name}` is none of {}", names()))
            }
            let call = find(&CallKind::ALL, kind, CallKind::as_str).and_then(|kind| {
                let security = find(&Security::ALL, security, Security::as_str)?;
                Ok(Subject::Call(kind, security, find(&Encoding::ALL, encoding, Encoding::as_str)?))
            });
            (from, to, call.map_err(wrong)?)
        }
        _ => {
            let shape = "WRITER:READER:bytes, WRITER:READER:json, WRITER:MIDDLEMAN:middle or CLIENT:SERVER:KIND:SECURITY:ENCODING";
            return Err(wrong(format!("it has the form {shape}")));
        }
    };
    let peer = |text: &str| {
        let (language, label) =
            text.split_once('@').ok_or_else(|| wrong(format!("`{text}` is not LANGUAGE@VERSION")))?;
        let (language, age) = match language.split_once('=') {
            Some((language, age)) => {
                (language, Some(age.parse().map_err(|e: PinnedError| wrong(e.to_string()))?))
            }
            None => (language, None),
        };
        let language = Language::named(language);
        let language = language.ok_or_else(|| wrong(format!("`{text}` names no language")))?;
        let version = Version::BOTH.into_iter().find(|v| labels[v.index()] == label);
        let version = version.ok_or_else(|| {
            wrong(format!("the versions are `{}` and `{}`, not `{label}`", labels[0], labels[1]))
        })?;
        Ok(Peer { language, age, version })
    };
    let (from, to) = (peer(from)?, peer(to)?);
    let middle = from.version == Version::New && to.version == Version::Old;
    match subject {
        Subject::Middle if !middle => {
            Err(wrong("a middleman is of the earlier version, and who writes of the later one".to_owned()))
        }
        Subject::Call(..) if from.age.is_some() || to.age.is_some() => {
            Err(wrong("calls are between the newest releases".to_owned()))
        }
        Subject::Json if !(super::json::speaks(from.language) && super::json::speaks(to.language)) => {
            Err(wrong("rust has no JSON".to_owned()))
        }
        subject => Ok(CellId { subject, from, to }),
    }
}

/// A case that did not come out as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// A message with its sample, a method with its case.
    pub case: String,
    /// What happened, in one sentence.
    pub what: String,
    /// The change that the verdict had named for it; `None` when the verdict saw nothing coming.
    pub predicted: Option<String>,
}

/// What one package of the contract has to do with a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many cases were tried with what the package declares.
    pub cases: usize,
    /// How many of them lost what the language is known to lose.
    pub noted: usize,
    /// Why cases differ, in the order in which they were met.
    pub causes: Vec<Blame>,
}

/// One reason why cases of a cell differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// What is at fault: a message or some of its fields, or the path of a method.
    pub place: String,
    /// What the verdict had said of it; `None` when the verdict saw nothing coming.
    pub foretold: Option<Foretold>,
    /// The first case that differs for this reason.
    pub case: String,
    /// What happened in it, in one sentence.
    pub what: String,
    /// How many cases differ for this reason.
    pub cases: usize,
    /// Other changes that are at fault in some of these cases.
    pub also: BTreeMap<String, Beside>,
}

/// What a change that a case is not told by has to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The first case in which it is at fault too.
    pub case: String,
    /// How many cases those are.
    pub cases: usize,
}

/// What the static verdict had said of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foretold {
    /// The change that explains it: `field-type-changed user.v1.User.age`.
    pub change: String,
    /// The effect that the verdict gives it.
    pub effect: Effect,
    /// Other changes of what differs in the same message: each would show there by itself.
    pub also: Vec<String>,
}

impl Foretold {
    /// The same, with what else is at fault.
    #[must_use]
    pub fn beside(mut self, other: Option<Foretold>) -> Foretold {
        let others = other.into_iter().flat_map(|other| other.also.into_iter().chain([other.change]));
        let others: Vec<String> = others.filter(|change| *change != self.change).collect();
        self.also.extend(others);
        self.also.sort();
        self.also.dedup();
        self
    }
}

/// Something that did not come out as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Red {
    /// The first case that differs; one that nobody predicted comes before those that were.
    pub case: String,
    /// What happened, in one sentence.
    pub what: String,
    /// The change that the verdict had named for it; `None` when the verdict saw nothing coming.
    pub predicted: Option<String>,
    /// How many cases differ.
    pub count: usize,
    /// All of them in the order in which they were tried, the first [`MOST`].
    pub all: Vec<Bad>,
}

/// How many differing cases of a cell are kept.
pub const MOST: usize = 500;

/// What is in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// All went as it should.
    Green,
    /// All went as it has to in this language, which loses something: an old middleman in Rust.
    Noted(String),
    /// Something differs.
    Red(Red),
    /// It could not be tried.
    Skipped(String),
    /// There is nothing to try.
    Empty,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its name.
    pub id: CellId,
    /// How many cases were tried.
    pub cases: usize,
    /// What came out.
    pub state: State,
    /// The same by package; what belongs to none, as a server that does not start, is under the empty name.
    pub packages: BTreeMap<String, Share>,
}

/// A language that took no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The language.
    pub language: Language,
    /// The release, where it is not the one that the package asks for.
    pub age: Option<Age>,
    /// Why.
    pub reason: String,
    /// What a tool said that failed; `None` where something is not there, which is nobody's failure.
    pub failed: Option<String>,
}

/// Something that the verdict says and no case has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The change: `field-removed user.v1.User.name`.
    pub change: String,
    /// The cell of the verdict: `wire backward lossy`.
    pub verdict: String,
}

/// What was not tried, because no change reaches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Equal {
    /// Methods that were not called.
    pub methods: usize,
    /// Messages that were neither written nor read.
    pub messages: usize,
}

impl Equal {
    /// As people read it: `3 methods and 1 message that no change reaches`; nothing where there is nothing.
    #[must_use]
    pub fn told(self) -> Option<String> {
        let parts = [(self.methods, "method"), (self.messages, "message")];
        let parts =
            parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| plural(count, what));
        let all = parts.collect::<Vec<_>>().join(" and ");
        (!all.is_empty()).then(|| format!("{all} that no change reaches"))
    }
}

/// Everything that came out of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The contract's name.
    pub contract: String,
    /// The versions as people know them, old first.
    pub labels: [String; 2],
    /// The versions as typed, for commands that repeat a cell.
    pub typed: [String; 2],
    /// Options as they were given that decide what a cell is, for the same commands.
    pub options: Vec<String>,
    /// Languages that were left out.
    pub skips: Vec<Skip>,
    /// The cells in the order of their names.
    pub cells: Vec<Cell>,
    /// What was not tried, because no change reaches it.
    pub equal: Equal,
    /// Programs that did not do their part, each with what happened; where there is one, the matrix is not whole.
    pub failures: Vec<String>,
    /// Predictions that nothing confirmed.
    pub unseen: Vec<Unseen>,
    /// What the run was.
    pub facts: Facts,
}

/// How many cells there are of each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All well.
    pub green: usize,
    /// Well with a loss that the language is known for.
    pub noted: usize,
    /// Different, as the verdict had said.
    pub predicted: usize,
    /// Different, and the verdict had not said so.
    pub surprising: usize,
    /// Not tried.
    pub skipped: usize,
    /// Cases over all cells.
    pub cases: usize,
}

impl Counts {
    /// Cells with a difference.
    #[must_use]
    pub fn red(&self) -> usize {
        self.predicted + self.surprising
    }
}

impl Matrix {
    /// The labels, old first.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        [&self.labels[0], &self.labels[1]]
    }

    /// How many cells there are of each state.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for cell in &self.cells {
            counts.cases += cell.cases;
            match &cell.state {
                State::Green => counts.green += 1,
                State::Noted(_) => counts.noted += 1,
                State::Red(Red { predicted: Some(_), .. }) => counts.predicted += 1,
                State::Red(_) => counts.surprising += 1,
                State::Skipped(_) => counts.skipped += 1,
                State::Empty => {}
            }
        }
        counts
    }

    /// The command that repeats one cell.
    #[must_use]
    pub fn repeat(&self, id: &CellId) -> String {
        let [old, new] = [shell_word(&self.typed[0]), shell_word(&self.typed[1])];
        let cell = shell_word(&id.name(self.labels()));
        let options: String = self.options.iter().map(|option| format!(" {}", shell_word(option))).collect();
        format!("protopact verify --from {old} --to {new}{options} --cell {cell}")
    }
}

/// Collects what differs in one cell.
#[derive(Debug, Default)]
pub struct Tally {
    cases: usize,
    count: usize,
    first: Option<Bad>,
    all: Vec<Bad>,
    note: Option<String>,
    failed: Option<String>,
    packages: BTreeMap<String, Share>,
    package: String,
    place: String,
}

impl Tally {
    /// Says what the cases that follow are about: a package, and what of it is at fault where one differs.
    pub fn about(&mut self, package: &str, place: &str) {
        package.clone_into(&mut self.package);
        place.clone_into(&mut self.place);
    }

    fn share(&mut self) -> &mut Share {
        self.cases += 1;
        if !self.packages.contains_key(&self.package) {
            self.packages.insert(self.package.clone(), Share::default());
        }
        let share = self.packages.get_mut(&self.package).expect("it is there now");
        share.cases += 1;
        share
    }

    /// A case that came out as it should.
    pub fn good(&mut self) {
        self.share();
    }

    /// A case that differs. What nobody predicted is shown before what was.
    pub fn bad(&mut self, case: &str, what: impl Into<String>, foretold: Option<Foretold>) {
        let what = what.into();
        self.count += 1;
        let predicted = foretold.as_ref().map(|f| f.change.clone());
        let bad = Bad { case: case.to_owned(), what: what.clone(), predicted };
        let place = self.place.clone();
        let share = self.share();
        // What else is at fault tells cases apart, and no causes.
        let mut foretold = foretold;
        let others = foretold.as_mut().map(|foretold| std::mem::take(&mut foretold.also)).unwrap_or_default();
        let same = |cause: &&mut Blame| cause.foretold == foretold && cause.place == place;
        let also = match share.causes.iter_mut().find(same) {
            Some(known) => {
                known.cases += 1;
                &mut known.also
            }
            None => {
                let (case, also) = (case.to_owned(), BTreeMap::new());
                share.causes.push(Blame { place, foretold, case, what, cases: 1, also });
                &mut share.causes.last_mut().expect("it is there now").also
            }
        };
        for change in others {
            also.entry(change).or_insert_with(|| Beside { case: case.to_owned(), cases: 0 }).cases += 1;
        }
        if self.first.as_ref().is_none_or(|f| f.predicted.is_some() && bad.predicted.is_none()) {
            self.first = Some(bad.clone());
        }
        // What nobody predicted is not crowded out by what was.
        if self.all.len() < MOST || bad.predicted.is_none() && self.all.len() < 2 * MOST {
            self.all.push(bad);
        }
    }

    /// A case in which a language lost what it is known to lose.
    pub fn noted(&mut self, case: &str, what: impl Into<String>) {
        self.share().noted += 1;
        self.note.get_or_insert_with(|| format!("{case}: {}", what.into()));
    }

    /// A case that could not be tried: a program did not do its part. It says nothing about the contract.
    pub fn failed(&mut self, case: &str, what: impl Into<String>) {
        self.failed.get_or_insert_with(|| format!("{case}: {}", what.into()));
    }

    /// The cell.
    #[must_use]
    pub fn cell(self, id: CellId) -> Cell {
        let state = match (self.first, self.note) {
            _ if self.failed.is_some() && self.count == 0 => State::Skipped(self.failed.unwrap_or_default()),
            (Some(Bad { case, what, predicted }), _) => {
                State::Red(Red { case, what, predicted, count: self.count, all: self.all })
            }
            (None, Some(note)) => State::Noted(note),
            (None, None) if self.cases == 0 => State::Empty,
            (None, None) => State::Green,
        };
        Cell { id, cases: self.cases, state, packages: self.packages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: Labels<'static> = ["v1.0.0", "v2.0.0"];

    #[test]
    fn names_of_cells_are_read_back() {
        for name in [
            "go@v1.0.0:java@v2.0.0:unary:tls:gzip",
            "rust@v2.0.0:rust@v2.0.0:bidi:mtls:identity",
            "python@v1.0.0:go@v2.0.0:bytes",
            "python@v2.0.0:rust@v1.0.0:middle",
            "python@v1.0.0:java@v2.0.0:json",
            "python=4.25.8@v1.0.0:python=7.36.2+pure@v2.0.0:bytes",
        ] {
            assert_eq!(parse(name, LABELS).unwrap().name(LABELS), name);
        }
    }

    #[test]
    fn what_is_no_cell_is_told() {
        let wrong = |text: &str| parse(text, LABELS).unwrap_err().to_string();
        assert_eq!(
            wrong("go@v1.0.0:java@v3:bytes"),
            "`go@v1.0.0:java@v3:bytes` is no cell: the versions are `v1.0.0` and `v2.0.0`, not `v3`"
        );
        assert!(wrong("go@v1.0.0:java@v2.0.0:unary:ssl:gzip").ends_with("`ssl` is none of plain, tls, mtls"));
        assert!(wrong("perl@v1.0.0:java@v2.0.0:bytes").ends_with("`perl@v1.0.0` names no language"));
        assert!(wrong("go@v1.0.0:go@v2.0.0:middle").contains("of the earlier version"));
        assert!(wrong("rust@v1.0.0:go@v2.0.0:json").ends_with("rust has no JSON"));
        assert!(wrong("go:java@v2.0.0:bytes").ends_with("`go` is not LANGUAGE@VERSION"));
        assert!(wrong("python=4@v1.0.0:go@v2.0.0:bytes").contains("`4` is no version"));
        assert!(
            wrong("python=4.25.8@v1.0.0:go@v2.0.0:unary:tls:gzip")
                .ends_with("calls are between the newest releases")
        );
        assert!(wrong("").contains("it has the form"));
    }

    #[test]
    fn what_nobody_predicted_is_shown_first() {
        let mut tally = Tally::default();
        tally.good();
        tally.about("t.v1", "t.v1.M");
        let foretold = Foretold { change: "change".to_owned(), effect: Effect::Lossy, also: Vec::new() };
        tally.bad("a", "expected", Some(foretold));
        tally.bad("b", "not expected", None);
        tally.bad("c", "not expected either", None);
        let cell = tally.cell(parse("go@v1.0.0:java@v2.0.0:bytes", LABELS).unwrap());
        let State::Red(red) = cell.state else { panic!("{cell:?}") };
        assert_eq!((cell.cases, red.count, red.case.as_str(), red.predicted), (4, 3, "b", None));
        let share = &cell.packages["t.v1"];
        let causes: Vec<_> = share.causes.iter().map(|c| (c.case.as_str(), c.cases)).collect();
        assert_eq!((share.cases, causes), (3, vec![("a", 1), ("b", 2)]));
    }

    #[test]
    fn a_cell_is_repeated_with_what_was_given() {
        let mut matrix = crate::verify::tell::sample::matrix();
        let id = parse("go@v1.0.0:java@v2.0.0:bytes", LABELS).unwrap();
        matrix.typed = ["v1.0.0".to_owned(), ".".to_owned()];
        matrix.options = ["-C", "a b", "--compiler", "protox", "--seed", "7"].map(str::to_owned).to_vec();
        assert_eq!(
            matrix.repeat(&id),
            "protopact verify --from v1.0.0 --to . -C 'a b' --compiler protox --seed 7 --cell go@v1.0.0:java@v2.0.0:bytes"
        );
    }
}
