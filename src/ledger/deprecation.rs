//! How long published versions have had as deprecated what is gone.
//!
//! A version tells that something is deprecated if it has the element with `deprecated = true`, or what the element stands in:
//! a message, an enum, a service, the file. Versions count from the newest one back to the first that does not tell it.

use std::collections::BTreeMap;

use semver::Version;

use super::history::Seen;
use super::{History, Query, Sort};
use crate::compile::{Declared, Holds};
use crate::config::{Deprecation, Terms};
use crate::diff::{Change, Cx, Notice, Waits};
use crate::schema::{Element, Schema};
use crate::text::Date;

/// Who knows it, and what is asked.
#[derive(Clone, Copy, Debug)]
pub struct Announcements<'a> {
    /// The versions.
    pub history: &'a History,
    /// Until when days count.
    pub today: Date,
    /// For how long something has to be deprecated.
    pub asked: &'a Deprecation,
}

impl Announcements<'_> {
    /// Writes into removals whether published versions have told them for long enough. Nothing is looked up where nobody asks.
    /// The note says why the versions cannot be looked at.
    pub fn look(&self, changes: &mut [Change], cx: &Cx<'_>) -> Option<String> {
        let mut asked: BTreeMap<Query, Vec<Removal>> = BTreeMap::new();
        for (index, change) in changes.iter().enumerate() {
            let Some(gone) = change.gone(cx) else { continue };
            let file = cx.old.file(cx.old.file_of(gone));
            let terms = self.asked.of(&file.package);
            if !file.target || terms.is_nothing() {
                continue;
            }
            if let Some((query, part)) = question(cx.old, gone) {
                asked.entry(query).or_default().push((index, part, terms));
            }
        }
        if asked.is_empty() {
            return None;
        }
        let (queries, parts): (Vec<Query>, Vec<Vec<Removal>>) = asked.into_iter().unzip();
        let seen = match self.history.see_so_far(&queries) {
            Ok(seen) => seen,
            Err(error) => {
                return Some(format!("for how long something was deprecated cannot be looked up: {error}"));
            }
        };
        for (query, parts) in parts.iter().enumerate() {
            for (index, part, terms) in parts {
                changes[*index].notice = notice(&seen, query, part, *terms, self.today);
            }
        }
        None
    }
}

/// A change by its index, what of the queried element is gone with it, and what is asked.
type Removal = (usize, Part, Terms);

/// What of a message, enum or service is gone.
enum Part {
    Whole,
    /// A field, an extension (by its full name) or an enum value.
    Number(i32, String),
    Method(String),
}

impl Part {
    /// Whether a declaration has it, and has it as deprecated.
    fn is_told_by(&self, found: &Declared) -> bool {
        match self {
            Part::Whole => found.what != Holds::Extensions && found.deprecated,
            Part::Number(number, name) => {
                let has = |n: &&crate::compile::Number| n.number == *number && n.name == *name;
                found.numbers.iter().find(has).is_some_and(|n| n.deprecated || found.deprecated)
            }
            Part::Method(name) => {
                let call = found.calls.iter().find(|call| call.name == *name);
                call.is_some_and(|call| call.deprecated || found.deprecated)
            }
        }
    }
}

/// Where to look for an element, and for what there.
fn question(schema: &Schema, element: Element) -> Option<(Query, Part)> {
    let path = schema.file(schema.file_of(element)).display.clone();
    let of = |full_name: &str, sort: Sort, own: bool, path: Box<str>| Query {
        full_name: full_name.into(),
        sort,
        own,
        path,
        fresh: false,
    };
    Some(match element {
        Element::Message(id) => (of(&schema.message(id).full_name, Sort::Message, true, path), Part::Whole),
        Element::Enum(id) => (of(&schema.enum_(id).full_name, Sort::Enum, true, path), Part::Whole),
        Element::Service(id) => (of(&schema.service(id).full_name, Sort::Service, true, path), Part::Whole),
        Element::Field(id) => {
            let field = schema.field(id);
            let (holder, own, name) = match &field.extendee {
                Some(extendee) => (&**extendee, false, schema.full_name(element)),
                None => (&*schema.message(field.parent?).full_name, true, field.name.to_string()),
            };
            (of(holder, Sort::Message, own, path), Part::Number(field.number, name))
        }
        Element::EnumValue(id) => {
            let value = schema.value(id);
            let holder = &schema.enum_(value.parent).full_name;
            (of(holder, Sort::Enum, true, path), Part::Number(value.number, value.name.to_string()))
        }
        Element::Method(id) => {
            let method = schema.method(id);
            let holder = &schema.service(method.parent).full_name;
            (of(holder, Sort::Service, true, path), Part::Method(method.name.to_string()))
        }
        Element::File(_) | Element::Oneof(_) => return None,
    })
}

fn notice(seen: &Seen<'_>, query: usize, part: &Part, terms: Terms, today: Date) -> Notice {
    let mut told = vec![false; seen.versions.len()];
    seen.each(|version, of, found| told[version] |= of == query && part.is_told_by(found));
    let versions = told.iter().take_while(|told| **told).count();
    let first = versions.checked_sub(1).map(|first| &seen.versions[first]);
    let missing = usize::try_from(terms.min_versions).unwrap_or(usize::MAX).saturating_sub(versions);
    let day = first.and_then(|first| Some(Date::of_seconds(first.time?).after(terms.min_days)));
    let long_enough = terms.min_days == 0 || day.is_some_and(|day| today.days_until(day) <= 0);
    if missing == 0 && long_enough {
        return Notice::Given;
    }
    Notice::Early(Box::new(Waits {
        since: first.map(|first| first.tag.as_str().into()),
        versions,
        needed: versions + missing,
        earliest: seen.versions.first().map(|newest| later(&newest.version, missing + 1)),
        days: (!long_enough).then_some((terms.min_days, day)),
    }))
}

/// The lowest version that can be the one so many versions after another.
fn later(version: &Version, steps: usize) -> Version {
    let steps = u64::try_from(steps).unwrap_or(u64::MAX);
    // A pre-release goes before its own number.
    let steps = if version.pre.is_empty() { steps } else { steps.saturating_sub(1) };
    Version::new(version.major, version.minor, version.patch.saturating_add(steps))
}
