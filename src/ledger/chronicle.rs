//! Every number and name that the versions of a contract ever used.
//!
//! Of every version the contract's own files are read, as its own configuration has them, and only their syntax: nothing is
//! linked, so that a version which does not compile any more is read as far as its text goes. A text is read once, however
//! many versions have it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::history::used;
use super::kept::Kept;
use super::timeline::{Numbers, Span, What, spans, stretches};
use crate::compile::{Declared, Holds, declared};
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
    files: Vec<Vec<Arc<[Declared]>>>,
    known: FxHashMap<Id, Arc<[Declared]>>,
}

/// What one version says of a message or enum.
#[derive(Clone, Default)]
struct Page {
    numbers: Numbers,
    names: Vec<(Box<str>, NameWas)>,
    /// Whether it is declared, and not only extended.
    declared: bool,
}

impl Chronicler {
    /// Takes in the next version: its name, and the texts of the contract's own files.
    pub fn add(&mut self, version: &str, texts: &[&[u8]]) {
        let ids: Vec<Id> = texts.par_iter().map(|text| Id::of(text)).collect();
        let mut asked = FxHashSet::default();
        let fresh: Vec<usize> = (0..ids.len())
            .filter(|at| !self.known.contains_key(&ids[*at]) && asked.insert(ids[*at]))
            .collect();
        let read: Vec<(Id, Arc<[Declared]>)> = fresh
            .into_par_iter()
            .map(|at| (ids[at], declared(&String::from_utf8_lossy(texts[at])).into()))
            .collect();
        self.known.extend(read);
        self.versions.push(version.into());
        self.files.push(ids.iter().filter_map(|id| self.known.get(id).cloned()).collect());
    }

    /// What became of everything.
    #[must_use]
    pub fn finish(self) -> Chronicle {
        let all = self.files.iter().flatten().flat_map(|file| file.iter());
        let own: FxHashSet<&str> =
            all.filter(|d| d.what == Holds::Message).map(|d| d.full_name.as_str()).collect();
        let count = self.versions.len();
        let mut pages: BTreeMap<(&str, bool), Vec<Option<Page>>> = BTreeMap::new();
        for (at, files) in self.files.iter().enumerate() {
            for file in files {
                for (full_name, found) in told(file, &own) {
                    let key = (full_name, found.what == Holds::Enum);
                    let of = pages.entry(key).or_insert_with(|| vec![None; count]);
                    of[at].get_or_insert_default().take(&self.versions[at], &found);
                }
            }
        }
        let of = pages.into_iter().map(|((full_name, is_enum), pages)| {
            story(full_name, is_enum, is_enum || own.contains(full_name), pages)
        });
        Chronicle { of: of.collect(), versions: self.versions.clone(), deprecated: self.deprecated(&own) }
    }
}

impl Chronicler {
    /// Every use of every number, for a file.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let all = self.files.iter().flatten().flat_map(|file| file.iter());
        let own: FxHashSet<&str> =
            all.filter(|d| d.what == Holds::Message).map(|d| d.full_name.as_str()).collect();
        let mut kept = Kept::default();
        for file in self.files.iter().flatten() {
            told(file, &own).iter().for_each(|(full_name, found)| kept.keep(full_name, found));
            let services = file.iter().filter(|one| one.what == Holds::Service);
            services.for_each(|service| kept.keep(&service.full_name, service));
        }
        kept
    }

    /// What the last version has as deprecated.
    fn deprecated(&self, own: &FxHashSet<&str>) -> Vec<Deprecated> {
        let mut left: Vec<Deprecated> = Vec::new();
        for (at, files) in self.files.iter().enumerate().rev() {
            let here: FxHashSet<(Box<str>, bool, i32)> =
                files.iter().flat_map(|file| marked(file, own)).collect();
            let known = |one: &Deprecated| here.contains(&(one.symbol.clone(), one.is_value, one.number));
            if at + 1 == self.files.len() {
                let types: FxHashSet<&str> =
                    files.iter().flat_map(|f| f.iter()).map(|d| &*d.full_name).collect();
                let new = |(symbol, is_value, number): (Box<str>, bool, i32)| Deprecated {
                    package: package(&symbol, &types).into(),
                    symbol,
                    is_value,
                    number,
                    since: at,
                };
                left.extend(here.into_iter().map(new));
                continue;
            }
            left.iter_mut().filter(|one| one.since == at + 1 && known(one)).for_each(|one| one.since = at);
        }
        left.sort();
        left
    }
}

/// The package of a field, extension or value: what is around it and is no type.
fn package<'s>(symbol: &'s str, types: &FxHashSet<&str>) -> &'s str {
    let outer = symbol.rsplit_once('.').map_or("", |(outer, _)| outer);
    if types.contains(outer) { package(outer, types) } else { outer }
}

/// What a file declares as deprecated: full name, whether it is a value, number.
fn marked<'a>(
    file: &'a [Declared],
    own: &FxHashSet<&str>,
) -> impl Iterator<Item = (Box<str>, bool, i32)> + use<'a> {
    let all = told(file, own).into_iter().flat_map(|(full_name, found)| {
        let what = found.what;
        found.numbers.into_iter().filter(|number| number.deprecated).map(move |number| match what {
            Holds::Extensions => (number.name.into(), false, number.number),
            _ => (format!("{full_name}.{}", number.name).into(), what == Holds::Enum, number.number),
        })
    });
    all.collect::<Vec<_>>().into_iter()
}

/// What a file declares, with the messages that its extensions are meant for: of those that the written name can mean the
/// innermost that the contract has, and where it has none the one from the root.
fn told<'a>(file: &'a [Declared], own: &FxHashSet<&str>) -> Vec<(&'a str, Declared)> {
    let mut meant: BTreeMap<(&str, i32), &'a str> = BTreeMap::new();
    let extensions = || file.iter().filter(|d| d.what == Holds::Extensions);
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
    let mut out: Vec<(&str, Declared)> = Vec::new();
    for one in file.iter().filter(|one| one.what != Holds::Service) {
        let mut one_of = one.clone();
        if one.what == Holds::Extensions {
            let is_meant = |name: &str, number| meant.get(&(name, number)) == Some(&one.full_name.as_str());
            one_of.numbers.retain(|n| is_meant(&n.name, n.number));
            if one_of.numbers.is_empty() {
                continue;
            }
        }
        out.push((&one.full_name, one_of));
    }
    out
}

impl Page {
    fn take(&mut self, version: &str, found: &Declared) {
        let range = |(start, end): &(i32, i32)| Range { start: *start, end: *end };
        self.declared |= found.what != Holds::Extensions;
        self.numbers.uses.extend(found.numbers.iter().map(|number| used(version, number)));
        self.numbers.reserved.extend(found.reserved.iter().map(range));
        self.numbers.extensions.extend(found.extensions.iter().map(range));
        self.names.extend(found.numbers.iter().map(|n| (n.name.as_str().into(), NameWas::Used(n.number))));
        self.names.extend(found.reserved_names.iter().map(|name| (name.as_str().into(), NameWas::Reserved)));
    }
}

fn story(full_name: &str, is_enum: bool, own: bool, pages: Vec<Option<Page>>) -> Story {
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
    let names = by_name.into_iter().map(|(name, all)| NameStory { name, spans: name_spans(&all) });
    let columns: Vec<Option<Numbers>> = pages
        .into_iter()
        .map(|page| page.map(|page| page.numbers).or_else(|| (!own).then(Numbers::default)))
        .collect();
    let numbers = stretches(&columns).into_iter().map(|stretch| {
        let mut spans = spans(&stretch.states);
        let before = spans.iter().take_while(|span| matches!(span.what, What::Nothing | What::Free)).count();
        spans.drain(..before);
        NumberStory { first: stretch.first, last: stretch.last, spans }
    });
    Story {
        full_name: full_name.into(),
        is_enum,
        own,
        there,
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
