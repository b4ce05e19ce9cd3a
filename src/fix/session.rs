//! Which drafts hold: edit, compile, judge, and only then believe it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::Bench;
use super::draft::{Draft, Text, Texts};
use super::free::Numbers;
use super::plan::drafts;
use super::sides::Sides;
use crate::compare::{Background, Comparison};
use crate::compile::{CompileError, Input, InputFile, compile};
use crate::diff::Change;
use crate::findings::{Finding, Standing};
use crate::ledger::{Had, Memory, Query, Recalled, Use};
use crate::policy::decide;
use crate::schema::{BuildError, Schema};

/// What became of one finding.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The finding, as it was before anything was edited.
    pub finding: Finding,
    /// What was done.
    pub result: Result,
}

/// Whether a finding is repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Result {
    /// It is gone.
    Repaired,
    /// It went away with the repair of others.
    GoneWithOthers,
    /// There is no repair that holds, and why.
    Refused(String),
    /// There is one, but not beside the repairs that were made: those of these findings, by fingerprint.
    Conflict(Vec<String>),
}

/// Why nothing can be repaired: the new side does not compile as it is.
#[derive(Debug, Error)]
pub enum RepairError {
    /// The text.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The descriptors.
    #[error(transparent)]
    Schema(#[from] BuildError),
}

/// What there is after a run.
#[derive(Clone, Debug, Default)]
pub struct Repaired {
    /// The files that differ, by import path: as they were and as they are.
    pub files: Vec<Changed>,
    /// What became of each finding that was to be repaired, in the order of the findings.
    pub outcomes: Vec<Outcome>,
    /// What is found afterwards.
    pub left: Vec<Finding>,
}

/// One edited file.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The import path.
    pub name: String,
    /// Where a person finds it.
    pub display: String,
    /// The text as it was; a new file has none.
    pub before: Option<String>,
    /// The text as it is.
    pub after: String,
}

/// One state of the new side that compiles.
struct State {
    input: Input,
    schema: Schema,
    found: Vec<Finding>,
}

/// A finding by what and where: fingerprints follow the shape of what is repaired beside it.
type Key = (&'static str, String, String);

fn key(finding: &Finding) -> Key {
    (finding.rule, finding.change.clone(), finding.symbol.clone())
}

/// How many findings there are by what and where, and how many of them count.
fn counted(found: &[Finding]) -> BTreeMap<Key, (usize, usize)> {
    let mut out: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
    for finding in found {
        let entry = out.entry(key(finding)).or_default();
        entry.0 += 1;
        entry.1 += usize::from(finding.standing == Standing::Open);
    }
    out
}

/// One change that is to be repaired, with the rules that object to it.
struct Wanted {
    findings: Vec<Finding>,
}

impl Wanted {
    fn fingerprint(&self) -> &str {
        self.findings.first().map_or("", |finding| &finding.fingerprint)
    }

    /// Whether what came at an element may have come with its repair.
    fn is_about(&self, symbol: &str) -> bool {
        let outer = |name: &str| name.rsplit_once('.').map_or(String::new(), |(outer, _)| outer.to_owned());
        let inside = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
        self.findings.iter().any(|f| {
            inside(&f.symbol, symbol) || inside(symbol, &f.symbol) || outer(&f.symbol) == outer(symbol)
        })
    }

    /// The findings that are left of it.
    fn in_state<'s>(&self, state: &'s State) -> Vec<&'s Finding> {
        let same = |f: &&Finding| {
            self.findings.iter().any(|own| own.rule == f.rule && own.fingerprint == f.fingerprint)
        };
        let exact: Vec<&Finding> = state.found.iter().filter(same).collect();
        if !exact.is_empty() || self.findings.is_empty() {
            return exact;
        }
        // What was repaired beside it may have changed its shape.
        let keys: BTreeSet<Key> = self.findings.iter().map(key).collect();
        let alike: Vec<&Finding> = state.found.iter().filter(|f| keys.contains(&key(f))).collect();
        if alike.len() == self.findings.len() { alike } else { Vec::new() }
    }
}

/// Repairs findings, those that `wanted` says yes to.
///
/// # Errors
///
/// The new side does not compile as it is.
pub fn repair(
    bench: &Bench<'_>,
    wanted: &dyn Fn(&Finding) -> bool,
) -> std::result::Result<Repaired, RepairError> {
    let cached = Cached::new(bench.background.memory);
    let background = Background { memory: cached.asked(), ..bench.background };
    let shop = Shop { bench, background, old: olds(bench) };
    let first = shop.state(bench.new.clone())?;
    let mut groups: Vec<Wanted> = Vec::new();
    for finding in first.found.iter().filter(|f| wanted(f)) {
        match groups.iter_mut().find(|g| g.fingerprint() == finding.fingerprint) {
            Some(group) => group.findings.push(finding.clone()),
            None => groups.push(Wanted { findings: vec![finding.clone()] }),
        }
    }
    let mut run = Run {
        shop: &shop,
        tries: groups.iter().map(|_| Try::default()).collect(),
        groups,
        limit: usize::MAX,
    };
    let mut edited: Option<State> = None;
    let mut again = false;
    loop {
        let state = edited.as_ref().unwrap_or(&first);
        run.settle(state);
        if run.open().is_empty() {
            if std::mem::take(&mut again) && run.reopen() {
                continue;
            }
            break;
        }
        if let Some(next) = run.step(state) {
            edited = Some(next);
            // What did not hold before may hold beside what was repaired since.
            again = true;
        }
    }
    if edited.is_some() {
        run.conflicts(&first);
    }
    let last = edited.as_ref().unwrap_or(&first);
    Ok(finish(bench, &first, last, &run))
}

/// How many refusals are looked into for a conflict.
const MAX_CONFLICTS: usize = 20;

/// Drafts for one wanted change, in the order they are tried.
type Made = Vec<std::result::Result<Draft, String>>;

struct Shop<'a> {
    bench: &'a Bench<'a>,
    /// That of the bench; what its memory was asked once is known.
    background: Background<'a>,
    old: Texts,
}

/// The texts of the new side, and which of them are not to be edited.
pub(super) fn news(input: &Input) -> Texts {
    let text = |file: &InputFile| {
        let text = String::from_utf8(file.content.to_vec());
        let locked = match &text {
            _ if !file.target => Some("is a file of somebody else"),
            Err(_) => Some("holds bytes that are no UTF-8"),
            Ok(_) => None,
        };
        Text::new(&file.name, text.unwrap_or_default(), locked)
    };
    Texts::new(input.files.iter().map(text).collect())
}

/// The texts of the old side.
pub(super) fn olds(bench: &Bench<'_>) -> Texts {
    Texts::new(bench.texts.iter().map(|(name, text)| Text::new(name, text.clone(), None)).collect())
}

impl Shop<'_> {
    /// Compiles and judges.
    fn state(&self, input: Input) -> std::result::Result<State, RepairError> {
        let compiled = compile(&input, self.bench.options)?;
        let schema = Schema::build(&compiled)?;
        let comparison = Comparison::knowing(self.bench.old, &schema, &self.background);
        let found = decide(&comparison, self.bench.policies).findings;
        drop(comparison);
        Ok(State { input, schema, found })
    }

    /// What may repair each of some changes.
    fn drafts<'w>(&self, state: &State, wanted: impl Iterator<Item = &'w Wanted>) -> (Vec<Made>, Texts) {
        let new = news(&state.input);
        let comparison = Comparison::knowing(self.bench.old, &state.schema, &self.background);
        let cx = comparison.cx();
        let sides =
            Sides { cx, old: &self.old, new: &new, numbers: Numbers::new(cx, self.background.memory) };
        let made = wanted.map(|wanted| {
            let mut out: Made = Vec::new();
            for finding in wanted.in_state(state) {
                let change: &Change = &comparison.changes()[finding.of];
                for draft in drafts(&sides, change, finding.fix.as_ref()) {
                    if !out.contains(&draft) {
                        out.push(draft);
                    }
                }
                if out.is_empty() {
                    let advice = finding.fix.as_ref();
                    let advice = advice.map_or("what to do is yours to decide".to_owned(), |r| r.to_string());
                    out.push(Err(format!("no edit does it: {advice}")));
                }
            }
            out
        });
        let made = made.collect();
        drop(sides);
        (made, new)
    }

    /// The state with a draft in it, if everything wanted is gone and nothing came.
    fn holds(
        &self,
        state: &State,
        texts: &Texts,
        draft: &Draft,
        wanted: &[&Wanted],
    ) -> std::result::Result<State, Miss> {
        let edits = draft.applied(texts).ok_or_else(|| Miss::because("its parts are in each other's way"))?;
        let mut input = state.input.clone();
        for (file, text) in edits {
            input.files[file].content = text.into();
        }
        for (name, text) in &draft.files {
            let display = displayed(&input, name);
            let display = display.ok_or_else(|| Miss::because("there is no place for a new file"))?;
            let (name, display) = (name.as_str().into(), display.into());
            input.files.push(InputFile { name, display, content: text.clone().into(), target: true });
        }
        let next = self.state(input).map_err(|e| Miss::because(&said(&e)))?;
        let (before, after) = (counted(&state.found), counted(&next.found));
        let mut miss = Miss::default();
        for (key, (all, open)) in &after {
            let (was, was_open) = before.get(key).copied().unwrap_or_default();
            if *all > was || *open > was_open {
                let (rule, _, symbol) = key;
                miss.add(&format!("{rule} would come, at `{symbol}`"));
                miss.blamed.extend((0..wanted.len()).filter(|i| wanted[*i].is_about(symbol)));
            }
        }
        let mut gone: BTreeMap<Key, usize> = BTreeMap::new();
        for (index, wanted) in wanted.iter().enumerate() {
            let there = wanted.in_state(state);
            let prints: BTreeSet<&str> = there.iter().map(|f| &*f.fingerprint).collect();
            for finding in there {
                let count = gone.entry(key(finding)).or_default();
                *count += 1;
                let left =
                    |key: &Key| (before.get(key).map_or(0, |c| c.0), after.get(key).map_or(0, |c| c.0));
                let (was, is) = left(&key(finding));
                let same = |f: &Finding| f.rule == finding.rule && prints.contains(&*f.fingerprint);
                if is + *count > was || next.found.iter().any(same) {
                    miss.add(&format!("{} is still there afterwards", finding.rule));
                    miss.blamed.insert(index);
                }
            }
        }
        if miss.why.is_empty() { Ok(next) } else { Err(miss) }
    }
}

/// Why a draft is no repair.
#[derive(Default)]
struct Miss {
    /// The first reason.
    why: String,
    /// Those of the wanted that it is about, by place, where that is known.
    blamed: BTreeSet<usize>,
}

impl Miss {
    fn because(why: &str) -> Miss {
        Miss { why: why.to_owned(), ..Miss::default() }
    }

    fn add(&mut self, why: &str) {
        if self.why.is_empty() {
            why.clone_into(&mut self.why);
        }
    }
}

/// How far somebody got with one wanted change.
#[derive(Default)]
struct Try {
    result: Option<Result>,
    /// How many drafts did not hold.
    passed: usize,
    /// Why the first of them did not.
    why: Option<String>,
    /// Some did not hold beside others, who may have been to blame.
    shared: bool,
    /// It is tried by itself.
    alone: bool,
    /// In the state as it is; made when it is needed.
    drafts: Option<Made>,
}

impl Try {
    fn pass(&mut self, why: &str) {
        self.passed += 1;
        self.why.get_or_insert_with(|| why.to_owned());
    }

    /// The draft that comes next.
    fn draft(&self) -> Option<&Draft> {
        self.drafts.iter().flatten().flatten().nth(self.passed)
    }
}

/// A run over everything wanted.
struct Run<'a> {
    shop: &'a Shop<'a>,
    groups: Vec<Wanted>,
    /// In step with the groups.
    tries: Vec<Try>,
    /// How many are tried at once.
    limit: usize,
}

impl Run<'_> {
    fn open(&self) -> Vec<usize> {
        (0..self.tries.len()).filter(|i| self.tries[*i].result.is_none()).collect()
    }

    /// Notes what went away.
    fn settle(&mut self, state: &State) {
        for (group, tried) in self.groups.iter().zip(&mut self.tries) {
            if tried.result.is_none() && group.in_state(state).is_empty() {
                tried.result = Some(Result::GoneWithOthers);
            }
        }
    }

    /// Takes up again what was refused; whether there is anything.
    fn reopen(&mut self) -> bool {
        let refused = self.tries.iter_mut().filter(|t| matches!(t.result, Some(Result::Refused(_))));
        let mut any = false;
        for tried in refused {
            *tried = Try::default();
            any = true;
        }
        self.limit = usize::MAX;
        any
    }

    /// Tries as many as go together. Where they do not hold, those that are to blame have another draft the next time; where
    /// nobody is, fewer are tried.
    fn step(&mut self, state: &State) -> Option<State> {
        let open = self.open();
        let texts = self.make(state, &open);
        let mut joint = Draft::default();
        let mut batch = Vec::new();
        for index in open {
            let tried = &mut self.tries[index];
            if tried.draft().is_none() && std::mem::take(&mut tried.shared) {
                (tried.passed, tried.alone) = (0, true);
            }
            let Some(draft) = tried.draft() else {
                self.refuse(index);
                continue;
            };
            let room = if tried.alone { batch.is_empty() } else { batch.len() < self.limit };
            if room && !joint.conflicts(draft) {
                joint.join(draft);
                batch.push(index);
            }
            if self.tries[index].alone && batch == [index] {
                break;
            }
        }
        if batch.is_empty() {
            return None;
        }
        let wanted: Vec<&Wanted> = batch.iter().map(|index| &self.groups[*index]).collect();
        match self.shop.holds(state, &texts, &joint, &wanted) {
            Ok(next) => {
                self.limit = self.limit.saturating_mul(2);
                batch.into_iter().for_each(|index| self.tries[index].result = Some(Result::Repaired));
                // Places are others now.
                self.tries.iter_mut().for_each(|tried| tried.drafts = None);
                return Some(next);
            }
            Err(miss) if batch.len() == 1 => self.tries[batch[0]].pass(&miss.why),
            Err(miss) if !miss.blamed.is_empty() && miss.blamed.len() < batch.len() => {
                for place in &miss.blamed {
                    self.tries[batch[*place]].pass(&miss.why);
                    self.tries[batch[*place]].shared = true;
                }
            }
            Err(_) => self.limit = batch.len() / 2,
        }
        None
    }

    /// Has drafts made where there are none, and gives the texts they are for.
    fn make(&mut self, state: &State, open: &[usize]) -> Texts {
        let missing: Vec<usize> = open.iter().copied().filter(|i| self.tries[*i].drafts.is_none()).collect();
        if missing.is_empty() {
            return news(&state.input);
        }
        let (made, texts) = self.shop.drafts(state, missing.iter().map(|i| &self.groups[*i]));
        missing.into_iter().zip(made).for_each(|(index, made)| self.tries[index].drafts = Some(made));
        texts
    }

    /// Nothing is left to try.
    fn refuse(&mut self, index: usize) {
        let tried = &mut self.tries[index];
        let said = tried.drafts.iter().flatten().find_map(|made| made.as_ref().err()).cloned();
        let why = tried.why.take().or(said).unwrap_or_default();
        // Rules that cannot all be content may be one by one.
        if self.groups[index].findings.len() > 1 {
            tried.result = Some(Result::GoneWithOthers);
            for finding in std::mem::take(&mut self.groups[index].findings) {
                self.groups.push(Wanted { findings: vec![finding] });
                self.tries.push(Try::default());
            }
        } else {
            tried.result = Some(Result::Refused(why));
        }
        self.limit = self.limit.max(2);
    }

    /// Looks for repairs that hold alone, where they did not beside others.
    fn conflicts(&mut self, first: &State) {
        let refused = |t: &Try| matches!(t.result, Some(Result::Refused(_)));
        let looked = (0..self.tries.len()).filter(|i| refused(&self.tries[*i]));
        let looked: Vec<usize> = looked.take(MAX_CONFLICTS).collect();
        if looked.is_empty() {
            return;
        }
        let (made, texts) = self.shop.drafts(first, self.groups.iter());
        for index in looked {
            let wanted = [&self.groups[index]];
            let holds = |draft: &&Draft| self.shop.holds(first, &texts, draft, &wanted).is_ok();
            let Some(alone) = made[index].iter().flatten().find(holds) else { continue };
            let done = (0..self.tries.len()).filter(|i| self.tries[*i].result == Some(Result::Repaired));
            let others: Vec<usize> = done.collect();
            let near = |i: &&usize| made[**i].iter().flatten().any(|d| d.conflicts(alone));
            let mut named: Vec<usize> = others.iter().filter(near).copied().collect();
            if named.is_empty() {
                named = others;
            }
            let named = named.into_iter().map(|i| self.groups[i].fingerprint().to_owned()).collect();
            self.tries[index].result = Some(Result::Conflict(named));
        }
    }
}

fn finish(bench: &Bench<'_>, first: &State, state: &State, run: &Run<'_>) -> Repaired {
    let text = |bytes: &bytes::Bytes| String::from_utf8_lossy(bytes).into_owned();
    let files = state.input.files.iter().enumerate().filter_map(|(index, is)| {
        let was = bench.new.files.get(index);
        if was.is_some_and(|was| was.content == is.content) {
            return None;
        }
        let (name, display) = (is.name.to_string(), is.display.to_string());
        Some(Changed { name, display, before: was.map(|was| text(&was.content)), after: text(&is.content) })
    });
    let of = |finding: &Finding| {
        let own = |g: &Wanted| {
            g.findings.iter().any(|f| f.rule == finding.rule && f.fingerprint == finding.fingerprint)
        };
        run.groups.iter().position(own)
    };
    let outcomes = first.found.iter().filter_map(|finding| {
        let result = run.tries[of(finding)?].result.clone()?;
        Some(Outcome { finding: finding.clone(), result })
    });
    Repaired { files: files.collect(), outcomes: outcomes.collect(), left: state.found.clone() }
}

/// Where a file with an import path is found, as others of the contract are.
fn displayed(input: &Input, name: &str) -> Option<String> {
    if input.files.iter().any(|f| *f.name == *name) {
        return None;
    }
    let root = |f: &InputFile| Some(f.display.strip_suffix(&*f.name)?.to_owned());
    let own = input.files.iter().filter(|f| f.target);
    // Of several roots the one that holds the nearest neighbour.
    let near = |f: &&InputFile| f.name.split('/').zip(name.split('/')).take_while(|(a, b)| a == b).count();
    own.max_by_key(near).and_then(root).map(|root| format!("{root}{name}"))
}

/// The first thing that a compiler says.
fn said(error: &RepairError) -> String {
    match error {
        RepairError::Compile(CompileError::Sources(found)) => {
            let first = found.first().map(|d| match d.position {
                Some((line, _)) => format!("{}:{line}: {}", d.file, d.message),
                None => format!("{}: {}", d.file, d.message),
            });
            format!("the edited text does not compile: {}", first.unwrap_or_default())
        }
        RepairError::Compile(error @ CompileError::Protoc(_)) => error.to_string(),
        RepairError::Schema(error) => format!("the edited text does not compile: {error}"),
    }
}

/// A memory that is asked once for everything.
pub(super) struct Cached<'m> {
    inner: Option<&'m dyn Memory>,
    /// The uses of each, whether they are all there were, and who declares it.
    known: RefCell<BTreeMap<Query, Answer>>,
}

type Answer = (Vec<Use>, bool, Option<Had>);

impl<'m> Cached<'m> {
    pub(super) fn new(inner: Option<&'m dyn Memory>) -> Cached<'m> {
        Cached { inner, known: RefCell::default() }
    }

    /// Itself, where there is anything to ask.
    pub(super) fn asked(&self) -> Option<&dyn Memory> {
        self.inner.map(|_| self as &dyn Memory)
    }
}

impl Memory for Cached<'_> {
    fn recall(&self, queries: &[Query]) -> Recalled {
        let mut known = self.known.borrow_mut();
        let missing: Vec<Query> = queries.iter().filter(|q| !known.contains_key(*q)).cloned().collect();
        let (mut reach, mut notes) = (None, Vec::new());
        if let Some(inner) = self.inner.filter(|_| !missing.is_empty()) {
            let recalled = inner.recall(&missing);
            (reach, notes) = (recalled.reach, recalled.notes);
            let whole = recalled.whole.into_iter().chain(std::iter::repeat(false));
            let declared = recalled.declared.into_iter().chain(std::iter::repeat(None));
            let answers = recalled.uses.into_iter().zip(whole).zip(declared);
            known.extend(missing.into_iter().zip(answers.map(|((uses, whole), had)| (uses, whole, had))));
        }
        let mut recalled = Recalled { reach, notes, ..Recalled::default() };
        for query in queries {
            let (uses, whole, declared) = known.get(query).cloned().unwrap_or_default();
            recalled.uses.push(uses);
            recalled.whole.push(whole);
            recalled.declared.push(declared);
        }
        recalled
    }
}
