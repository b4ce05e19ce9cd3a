//! Every number that published versions ever used: what two schemas alone cannot tell.
//!
//! A number that was deleted without being reserved is gone from the baseline, and taking it again looks like any
//! other new field. [`remember`] asks a [`Memory`] what the numbers of new fields and enum values were used for
//! and writes the answer into the changes; `verdict` judges it, `policy` decides. It asks for nothing else, so
//! that a comparison without additions costs nothing.
//!
//! [`Chronicle`] is everything that the versions of a contract say of their numbers and names, for `history`.
//!
//! [`History`] is the memory that the version tags of a git repository hold. Whatever else can answer a [`Query`]
//! is a memory too.

mod chronicle;
mod deprecation;
mod history;
mod kept;
mod looked;
mod names;
mod protolock;
mod records;
pub mod tell;
mod timeline;

use std::collections::BTreeSet;

use crate::diff::{Change, Comeback, Cx, Ever, Kind, Past};
use crate::schema::{Cardinality, Element, Field, Kind as Type, Label, Schema};

pub use chronicle::{
    Chronicle, Chronicler, Deprecated, NameSpan, NameStory, NameWas, NumberStory, Removable, Story,
};
pub use deprecation::Announcements;
pub use history::{History, MAX_VERSIONS};
pub use kept::{Kept, KeptError, LineError};
pub use looked::Looked;
pub use protolock::{Imported, protolock};
pub use records::Records;
pub use timeline::{Bar, Named, Row, Span, Timeline, Timelines, Told, What, timelines};

/// What declares numbers or methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A message, for its fields and what extends it.
    Message,
    /// An enum, for its values.
    Enum,
    /// A service, for its methods.
    Service,
}

/// A message or enum whose numbers are asked for, or a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// Full name without a leading dot.
    pub full_name: Box<str>,
    /// What it is.
    pub sort: Sort,
    /// Whether the contract declares it. Of a message of others only what the contract extends it with is asked for.
    pub own: bool,
    /// Where the old side declares it, as a path in the repository.
    pub path: Box<str>,
    /// Whether the old side has none of it: files that it has as well do not tell.
    pub fresh: bool,
}

/// One use of a number by a published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The newest version that used the number so, as it is tagged.
    pub version: Box<str>,
    /// The number.
    pub number: i32,
    /// The name of the field or value; of an extension the full name. Of a service its methods stand here, without numbers.
    pub name: Box<str>,
    /// The type as a person writes it; empty for an enum value. Of a method what it takes and returns.
    pub type_text: Box<str>,
    /// The type, if it is a scalar.
    pub scalar: Option<Type>,
    /// The types this can be, spelled with full names: several where a name depends on imports. Groups have
    /// `group ` in front.
    pub may_be: Vec<Box<str>>,
    /// The label; a map is repeated.
    pub label: Label,
}

/// What a memory answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    /// In step with the queries: every use of every number, those of newer versions first.
    pub uses: Vec<Vec<Use>>,
    /// In step with the queries: whether that is everything. It is where every published version was looked at and
    /// declares the message or enum: one that does not may have had it under another name.
    pub whole: Vec<bool>,
    /// In step with the queries: the newest version that declares it.
    pub declared: Vec<Option<Had>>,
    /// How far the memory reaches; for the report.
    pub reach: Option<String>,
    /// What could not be looked at; for the report.
    pub notes: Vec<String>,
}

/// A version that has something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Had {
    /// How many newer versions there are.
    pub age: usize,
    /// The version, as it is tagged.
    pub version: Box<str>,
}

/// Somebody who knows what published versions looked like.
pub trait Memory {
    /// What published versions used the numbers of some messages and enums for.
    fn recall(&self, queries: &[Query]) -> Recalled;
}

/// Writes into additions what published versions used their numbers and names for, and gives notes for the report. Where
/// nothing was added, nobody is asked and nothing is noted.
pub fn remember(changes: &mut [Change], cx: &Cx<'_>, memory: &dyn Memory) -> Vec<String> {
    let numbers: Vec<Option<Query>> = changes.iter().map(|change| query(change, cx)).collect();
    let names: Vec<Vec<Query>> = changes.iter().map(|change| names::queries(change, cx)).collect();
    let asked: BTreeSet<&Query> = numbers.iter().flatten().chain(names.iter().flatten()).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let asked: Vec<Query> = asked.into_iter().cloned().collect();
    let recalled = memory.recall(&asked);
    for (change, number) in changes.iter_mut().zip(&numbers) {
        let Some(at) = number.as_ref().and_then(|query| asked.binary_search(query).ok()) else { continue };
        let Some(uses) = recalled.uses.get(at) else { continue };
        let past = past(change, cx, uses);
        let whole = recalled.whole.get(at).copied().unwrap_or_default();
        let known = whole.then(|| ever_used(change, cx, uses)).flatten();
        if let Kind::FieldAdded { published, ever, .. } | Kind::EnumValueAdded { published, ever, .. } =
            &mut change.kind
        {
            *published = past.map(Box::new);
            *ever = known;
        }
    }
    let known = names::Known { asked: &asked, recalled: &recalled };
    for (change, _) in changes.iter_mut().zip(&names).filter(|(_, names)| !names.is_empty()) {
        change.otherwise = names::otherwise(change, cx, &known);
    }
    let reach = recalled.reach.filter(|_| numbers.iter().any(Option::is_some));
    reach.into_iter().chain(recalled.notes).collect()
}

/// What to ask about a change: additions to the contract's own messages and enums, under numbers that the old side
/// does not use.
fn query(change: &Change, cx: &Cx<'_>) -> Option<Query> {
    let (full_name, sort, file) = match (&change.kind, change.new?) {
        (Kind::FieldAdded { .. }, Element::Field(id)) => {
            let holder = cx.new.message(cx.new.field(id).parent?);
            let old = cx.old.message(cx.old.message_by_name(&holder.full_name)?);
            // The old side itself uses the number: what became of an extension is no question of memory.
            if cx.old.extension(&holder.full_name, cx.new.field(id).number).is_some() {
                return None;
            }
            (&holder.full_name, Sort::Message, old.file)
        }
        (Kind::EnumValueAdded { alias: false, .. }, Element::EnumValue(id)) => {
            let holder = cx.new.enum_(cx.new.value(id).parent);
            let old = cx.old.enum_(cx.old.enum_by_name(&holder.full_name)?);
            (&holder.full_name, Sort::Enum, old.file)
        }
        _ => return None,
    };
    let file = cx.old.file(file);
    let (full_name, path) = (full_name.clone(), file.display.clone());
    file.target.then_some(Query { full_name, sort, own: true, path, fresh: false })
}

/// The number and the name of an addition.
fn added<'a>(change: &Change, cx: &Cx<'a>) -> Option<(i32, &'a str)> {
    match change.new? {
        Element::Field(id) => Some((cx.new.field(id).number, &cx.new.field(id).name)),
        Element::EnumValue(id) => Some((cx.new.value(id).number, &cx.new.value(id).name)),
        _ => None,
    }
}

/// Whether number and name of an addition are among the uses.
fn ever_used(change: &Change, cx: &Cx<'_>, uses: &[Use]) -> Option<Ever> {
    let (number, name) = added(change, cx)?;
    Some(Ever {
        number: uses.iter().any(|u| u.number == number),
        name: uses.iter().any(|u| *u.name == *name),
    })
}

/// What the number of an addition was last used for.
fn past(change: &Change, cx: &Cx<'_>, uses: &[Use]) -> Option<Past> {
    last_use(change.new?, added(change, cx)?.0, cx, uses)
}

/// What the number of an element was last used for.
fn last_use(now: Element, number: i32, cx: &Cx<'_>, uses: &[Use]) -> Option<Past> {
    // What came before the last use was judged when that was new.
    let version = &*uses.iter().find(|u| u.number == number)?.version;
    let last = uses.iter().filter(|u| u.number == number && *u.version == *version);
    let judged = last.map(|u| (u, comeback(now, cx, u)));
    let (found, comeback) = match version == kept::VERSION {
        // Without an order every use may be the last.
        true => judged.max_by_key(|(_, comeback)| *comeback),
        false => judged.min_by_key(|(_, comeback)| *comeback),
    }?;
    if comeback == Comeback::OtherName && shares_number(now, cx, number, uses) {
        return None;
    }
    Some(Past {
        version: found.version.clone(),
        name: found.name.clone(),
        type_text: found.type_text.clone(),
        scalar: found.scalar,
        label: found.label,
        comeback,
        highest: uses.iter().map(|u| u.number).max().unwrap_or(number),
    })
}

fn comeback(now: Element, cx: &Cx<'_>, was: &Use) -> Comeback {
    match now {
        Element::Field(id) => {
            let field = cx.new.field(id);
            // Extensions are known by their full names.
            let same_name = match field.is_extension() {
                true => cx.new.full_name(now) == *was.name,
                false => field.name == was.name,
            };
            if !same_name {
                return Comeback::OtherName;
            }
            let list = field.label == Label::Repeated;
            let same = list == (was.label == Label::Repeated) && was.may_be.contains(&type_of(cx.new, field));
            if same { Comeback::Same } else { Comeback::OtherType }
        }
        Element::EnumValue(id) if cx.new.value(id).name == was.name => Comeback::Same,
        _ => Comeback::OtherName,
    }
}

/// Whether another name that an enum gives the number now is the one it had: then this one is an alias of it.
fn shares_number(now: Element, cx: &Cx<'_>, number: i32, uses: &[Use]) -> bool {
    let Element::EnumValue(id) = now else { return false };
    let Some(last) = uses.iter().find(|u| u.number == number) else { return false };
    let values = cx.new.enum_(cx.new.value(id).parent).values.iter().map(|v| cx.new.value(*v));
    let mut names = values.filter(|v| v.number == number).map(|v| &v.name);
    names.any(|n| uses.iter().any(|u| u.number == number && u.version == last.version && u.name == *n))
}

/// The type of a field, spelled as in [`Use::may_be`].
fn type_of(schema: &Schema, field: &Field) -> Box<str> {
    if field.cardinality == Cardinality::Map
        && let Some((key, value)) = schema.map_entry(field)
    {
        let part = |id| schema.field(id).type_text();
        return format!("map<{}, {}>", part(key), part(value)).into();
    }
    match field.kind {
        Type::Group => format!("group {}", field.type_text()).into(),
        _ => field.type_text().into(),
    }
}
