//! Every number and name that the versions of a contract ever used.
//!
//! Of every version the contract's own files are read, as its own configuration has them, and only their syntax: nothing is
//! linked, so that a version which does not compile any more is read as far as its text goes. A text is read once, however
//! many versions have it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::history::used;
use super::kept::Kept;
use super::timeline::{Numbers, Span, What, spans, stretches};
use crate::compile::{Declared, Holds, Number, declared};
use crate::config::Deprecation;
use crate::git::Id;
use crate::schema::Range;
use crate::text::Date;

/// What became of all messages and enums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chronicle {
    /// The versions, oldest first.
    pub versions: Vec<Box<str>>,
    /// One for each message or enum, by full name.
    pub of: Vec<Story>,
    /// What the last of the versions has as deprecated, by full name.
    pub deprecated: Vec<Deprecated>,
}

/// A field, extension or enum value that is deprecated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deprecated {
    /// Full name without a leading dot; of a value under its enum.
    pub symbol: Box<str>,
    /// The package that it is in.
    pub package: Box<str>,
    /// Whether it is an enum value.
    pub is_value: bool,
    /// Its number.
    pub number: i32,
    /// The version that it is deprecated since without a break, by its index.
    pub since: usize,
}

/// What is asked before something deprecated may go.
#[derive(Clone, Debug, PartialEq)]
pub struct Removable {
    /// For how long it has to be deprecated.
    pub asked: Deprecation,
    /// Until when days count.
    pub today: Date,
    /// When each of the versions was published, where that is known; in step with them.
    pub days: Vec<Option<Date>>,
}

/// What became of one message or enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Full name without a leading dot.
    pub full_name: Box<str>,
    /// Whether it is an enum.
    pub is_enum: bool,
    /// Whether the contract declares it in some version. Of a message of others only the contract's own extensions are
    /// known.
    pub own: bool,
    /// The versions that declare it: first and last of each run, by their index.
    pub there: Vec<(usize, usize)>,
    /// Every number, in their order.
    pub numbers: Vec<NumberStory>,
    /// Every name, in their order.
    pub names: Vec<NameStory>,
}

/// What became of a number, or of several that share their story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberStory {
    /// The first number.
    pub first: i32,
    /// The last number.
    pub last: i32,
    /// From its first use on, version by version.
    pub spans: Vec<Span>,
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameStory {
    /// The name of a field or value; of an extension the full name.
    pub name: Box<str>,
    /// From its first use on, version by version.
    pub spans: Vec<NameSpan>,
}

/// What a name was for some versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSpan {
    /// What it was.
    pub what: NameWas,
    /// The first of the versions, by its index.
    pub from: usize,
    /// The last of them.
    pub to: usize,
}

/// What a name is in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameWas {
    /// The name of this number.
    Used(i32),
    /// Nobody uses it, and nothing keeps it from being used.
    Free,
    /// It is reserved.
    Reserved,
}

/// Takes in the versions of a contract, one after the other.
#[derive(Debug, Default)]
pub struct Chronicler {
    versions: Vec<Box<str>>,
    /// What every text declares; a text is here once.
    texts: Vec<Arc<[Declared]>>,
    known: FxHashMap<Id, usize>,
    /// In step with the versions: the texts of their files, by index.
    files: Vec<Vec<usize>>,
}

/// What a message or enum is found in: what a text declares of it, and the versions that have the text, with its place
/// among the files of each.
struct Found<'a> {
    declared: &'a Declared,
    at: &'a [(usize, usize)],
}

/// What versions say of a message or enum that say the same of it.
#[derive(Clone, Default)]
struct Page {
    numbers: Numbers,
    names: Vec<(Box<str>, NameWas)>,
    /// Whether it is declared, and not only extended.
    declared: bool,
}

impl Chronicler {
    /// Whether a version had this text already.
    #[must_use]
    pub fn knows(&self, text: &Id) -> bool {
        self.known.contains_key(text)
    }

    /// Takes in the next version: its name, and the texts of the contract's own files; the bytes of those that it
    /// [knows](Self::knows) are not looked at.
    pub fn add(&mut self, version: &str, texts: &[(Id, Option<&[u8]>)]) {
        let mut asked = FxHashSet::default();
        let fresh: Vec<(Id, &[u8])> = texts
            .iter()
            .filter_map(|(id, text)| Some((*id, (*text)?)))
            .filter(|(id, _)| !self.known.contains_key(id) && asked.insert(*id))
            .collect();
        let read: Vec<(Id, Arc<[Declared]>)> =
            fresh.into_par_iter().map(|(id, text)| (id, declared(&lossy(text)).into())).collect();
        for (id, declared) in read {
            self.known.insert(id, self.texts.len());
            self.texts.push(declared);
        }
        self.versions.push(version.into());
        self.files.push(texts.iter().filter_map(|(id, _)| self.known.get(id).copied()).collect());
    }

    /// What became of everything.
    #[must_use]
    pub fn finish(mut self) -> Chronicle {
        let own = self.own();
        let mut at: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.texts.len()];
        for (version, files) in self.files.iter().enumerate() {
            for (place, text) in files.iter().enumerate() {
                at[*text].push((version, place));
            }
        }
        let told: Vec<Vec<(&str, Cow<'_, Declared>)>> =
            self.texts.par_iter().map(|text| told(text, &own)).collect();
        let mut found: Vec<(&str, bool, Found<'_>)> = told
            .iter()
            .zip(&at)
            .flat_map(|(told, at)| told.iter().map(move |(full_name, declared)| (*full_name, declared, at)))
            .map(|(name, declared, at)| (name, declared.what == Holds::Enum, Found { declared, at }))
            .collect();
        // What one text says stays in its order.
        found.par_sort_by_key(|(full_name, is_enum, _)| (*full_name, *is_enum));
        let of: Vec<&[(&str, bool, Found<'_>)]> = found.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
        let of = of.into_par_iter().map(|found| {
            let (full_name, is_enum) = (found[0].0, found[0].1);
            let found: Vec<&Found<'_>> = found.iter().map(|(.., found)| found).collect();
            story(full_name, is_enum, is_enum || own.contains(full_name), &found, self.versions.len())
        });
        let of = of.collect();
        let deprecated = self.deprecated(&told, &at);
        drop(found);
        drop(told);
        drop(own);
        let versions = std::mem::take(&mut self.versions);
        // To give back a million small pieces takes as long as to write some of what is told: others do it meanwhile.
        rayon::spawn(move || drop(self));
        Chronicle { of, deprecated, versions }
    }

    /// Every use of every number, for a file.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let own = self.own();
        let mut kept = Kept::default();
        for text in &self.texts {
            told(text, &own).iter().for_each(|(full_name, found)| kept.keep(full_name, found));
            let services = text.iter().filter(|one| one.what == Holds::Service);
            services.for_each(|service| kept.keep(&service.full_name, service));
        }
        kept
    }

    /// The messages that the contract declares in some version.
    fn own(&self) -> FxHashSet<&str> {
        let all = self.texts.iter().flat_map(|text| text.iter());
        all.filter(|d| d.what == Holds::Message).map(|d| d.full_name.as_str()).collect()
    }

    /// What the last version has as deprecated.
    fn deprecated(
        &self,
        told: &[Vec<(&str, Cow<'_, Declared>)>],
        at: &[Vec<(usize, usize)>],
    ) -> Vec<Deprecated> {
        let Some(last) = self.versions.len().checked_sub(1) else { return Vec::new() };
        // Since when each text has marked what; a version that has none of it ends the run.
        let mut marks: FxHashMap<(Box<str>, bool, i32), BTreeSet<usize>> = FxHashMap::default();
        for (told, at) in told.iter().zip(at) {
            for mark in marked(told) {
                marks.entry(mark).or_default().extend(at.iter().map(|(version, _)| *version));
            }
        }
        let types: FxHashSet<&str> = self.files[last]
            .iter()
            .flat_map(|text| self.texts[*text].iter())
            .map(|d| &*d.full_name)
            .collect();
        let marks = marks.into_iter().filter(|(_, versions)| versions.contains(&last));
        let since = |versions: &BTreeSet<usize>| {
            (0..=last).rev().take_while(|version| versions.contains(version)).last().unwrap_or(last)
        };
        let mut left: Vec<Deprecated> = marks
            .map(|((symbol, is_value, number), versions)| Deprecated {
                package: package(&symbol, &types).into(),
                symbol,
                is_value,
                number,
                since: since(&versions),
            })
            .collect();
        left.sort();
        left
    }
}

/// A text as far as it is one: nearly all are, which is seen sooner than what is not.
fn lossy(text: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed)
}

/// The package of a field, extension or value: what is around it and is no type.
fn package<'s>(symbol: &'s str, types: &FxHashSet<&str>) -> &'s str {
    let outer = symbol.rsplit_once('.').map_or("", |(outer, _)| outer);
    if types.contains(outer) { package(outer, types) } else { outer }
}

/// What a text declares as deprecated: full name, whether it is a value, number.
fn marked(told: &[(&str, Cow<'_, Declared>)]) -> Vec<(Box<str>, bool, i32)> {
    let mut marks = Vec::new();
    for (full_name, found) in told {
        for Number { name, number, .. } in found.numbers.iter().filter(|number| number.deprecated) {
            let symbol = match found.what {
                Holds::Extensions => name.as_str().into(),
                _ => format!("{full_name}.{name}").into(),
            };
            marks.push((symbol, found.what == Holds::Enum, *number));
        }
    }
    marks
}

/// What a text declares, with the messages that its extensions are meant for: of those that the written name can mean the
/// innermost that the contract has, and where it has none the one from the root.
fn told<'a>(text: &'a [Declared], own: &FxHashSet<&str>) -> Vec<(&'a str, Cow<'a, Declared>)> {
    let mut meant: BTreeMap<(&str, i32), &'a str> = BTreeMap::new();
    let extensions = || text.iter().filter(|d| d.what == Holds::Extensions);
    for (of, number) in extensions().flat_map(|d| d.numbers.iter().map(|n| (d.full_name.as_str(), n))) {
        let better = |known: &str| {
            let (is_own, was_own) = (own.contains(of), own.contains(known));
            if is_own == was_own { (of.len() > known.len()) == is_own } else { is_own }
        };
        let known = meant.entry((&number.name, number.number)).or_insert(of);
        if better(known) {
            *known = of;
        }
    }
    let mut out: Vec<(&str, Cow<'a, Declared>)> = Vec::new();
    for one in text.iter().filter(|one| one.what != Holds::Service) {
        let mut one_of = Cow::Borrowed(one);
        if one.what == Holds::Extensions {
            let is_meant = |name: &str, number| meant.get(&(name, number)) == Some(&one.full_name.as_str());
            if !one.numbers.iter().all(|n| is_meant(&n.name, n.number)) {
                one_of.to_mut().numbers.retain(|n| is_meant(&n.name, n.number));
            }
            if one_of.numbers.is_empty() {
                continue;
            }
        }
        out.push((&one.full_name, one_of));
    }
    out
}

impl Page {
    fn take(&mut self, found: &Declared) {
        let range = |(start, end): &(i32, i32)| Range { start: *start, end: *end };
        self.declared |= found.what != Holds::Extensions;
        self.numbers.uses.extend(found.numbers.iter().map(|number| used("", number)));
        self.numbers.reserved.extend(found.reserved.iter().map(range));
        self.numbers.extensions.extend(found.extensions.iter().map(range));
        self.names.extend(found.numbers.iter().map(|n| (n.name.as_str().into(), NameWas::Used(n.number))));
        self.names.extend(found.reserved_names.iter().map(|name| (name.as_str().into(), NameWas::Reserved)));
    }
}

/// The versions one after the other, those together that say the same of a message or enum: first and last of each run, and
/// what it is found in there.
fn stages<'f>(found: &[&'f Found<'_>], versions: usize) -> Vec<(usize, usize, Vec<&'f Found<'f>>)> {
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    for (index, one) in found.iter().enumerate() {
        places.extend(one.at.iter().map(|(version, place)| (*version, *place, index)));
    }
    places.sort_unstable();
    let mut places = places.into_iter().peekable();
    let mut stages: Vec<(usize, usize, Vec<usize>)> = Vec::new();
    for version in 0..versions {
        let here = std::iter::from_fn(|| places.next_if(|(of, ..)| *of == version).map(|(.., index)| index));
        let here: Vec<usize> = here.collect();
        match stages.last_mut() {
            Some((_, to, before)) if *before == here => *to = version,
            _ => stages.push((version, version, here)),
        }
    }
    let found = |indices: Vec<usize>| indices.into_iter().map(|index| found[index]).collect();
    stages.into_iter().map(|(from, to, indices)| (from, to, found(indices))).collect()
}

fn story(full_name: &str, is_enum: bool, own: bool, found: &[&Found<'_>], versions: usize) -> Story {
    let stages = stages(found, versions);
    let pages: Vec<Option<Page>> = stages
        .iter()
        .map(|(.., found)| {
            let mut page: Option<Page> = None;
            found.iter().for_each(|one| page.get_or_insert_default().take(one.declared));
            page
        })
        .collect();
    // From here on stages are told by their index, and at last the versions that they are.
    let versions = |(from, to): (usize, usize)| (stages[from].0, stages[to].1);
    let there = runs(pages.iter().map(|page| page.as_ref().is_some_and(|page| page.declared || !own)));
    let mut by_name: BTreeMap<Box<str>, Vec<NameWas>> = BTreeMap::new();
    for (at, page) in pages.iter().enumerate() {
        for (name, was) in page.iter().flat_map(|page| &page.names) {
            let all = by_name.entry(name.clone()).or_insert_with(|| vec![NameWas::Free; pages.len()]);
            // A name that is used although it is reserved is used.
            if !matches!(all[at], NameWas::Used(_)) {
                all[at] = *was;
            }
        }
    }
    let names = by_name.into_iter().map(|(name, all)| {
        let mut spans = name_spans(&all);
        spans.iter_mut().for_each(|span| (span.from, span.to) = versions((span.from, span.to)));
        NameStory { name, spans }
    });
    let columns: Vec<Option<Numbers>> = pages
        .into_iter()
        .map(|page| page.map(|page| page.numbers).or_else(|| (!own).then(Numbers::default)))
        .collect();
    let numbers = stretches(&columns).into_iter().map(|stretch| {
        let mut spans = spans(&stretch.states);
        let before = spans.iter().take_while(|span| matches!(span.what, What::Nothing | What::Free)).count();
        spans.drain(..before);
        spans.iter_mut().for_each(|span| (span.from, span.to) = versions((span.from, span.to)));
        NumberStory { first: stretch.first, last: stretch.last, spans }
    });
    Story {
        full_name: full_name.into(),
        is_enum,
        own,
        there: there.into_iter().map(versions).collect(),
        numbers: numbers.collect(),
        names: names.collect(),
    }
}

/// First and last of each run of what holds.
fn runs(holds: impl Iterator<Item = bool>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in holds.enumerate().filter(|(_, holds)| *holds) {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == at => run.1 = at,
            _ => runs.push((at, at)),
        }
    }
    runs
}

fn name_spans(all: &[NameWas]) -> Vec<NameSpan> {
    let mut spans: Vec<NameSpan> = Vec::new();
    for (at, what) in all.iter().enumerate() {
        match spans.last_mut() {
            Some(span) if span.what == *what => span.to = at,
            None if *what == NameWas::Free => {}
            _ => spans.push(NameSpan { what: *what, from: at, to: at }),
        }
    }
    spans
}
