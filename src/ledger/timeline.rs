//! What became of the numbers of a message or enum, version by version.
//!
//! Of every version the same is read as for [`recall`](super::Memory::recall), of the two sides the schema. Versions
//! between which nothing happened stand in one column, and numbers that were the same all along in one row, so that
//! what is left is what happened.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::history::History;
use super::{Query, Sort, Use, type_of};
use crate::diff::{Change, Cx, Kind};
use crate::schema::{Cardinality, Element, EnumId, FieldId, Label, MessageId, Range, Schema};

/// The most numbers of one message or enum that have a row of their own: more is no picture.
const MAX_ROWS: usize = 200;

/// What the numbers of some messages and enums were used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timelines {
    /// The tags of the versions that were published before the old side, oldest first.
    pub versions: Vec<Box<str>>,
    /// One for each message or enum, by full name.
    pub of: Vec<Timeline>,
}

/// The numbers of one message or enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Full name without a leading dot, of the new side where that has it.
    pub full_name: Box<str>,
    /// Whether it is an enum.
    pub is_enum: bool,
    /// Which of [`Timelines::versions`] stand in each column, first and last. Two columns for the sides follow.
    pub columns: Vec<(usize, usize)>,
    /// Numbers to which something happened, in their order.
    pub rows: Vec<Row>,
    /// Numbers that were used for the same in every version and on both sides, first and last of each run.
    pub same: Vec<(i32, i32)>,
    /// How many rows there are besides.
    pub more: usize,
    /// The changes that it belongs to, by their index.
    pub changes: Vec<usize>,
}

/// One number, or several that share their story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The first number.
    pub first: i32,
    /// The last number.
    pub last: i32,
    /// What it was, from the first column to the last.
    pub bars: Vec<Bar>,
    /// The changes that concern the number, by their index.
    pub changes: Vec<usize>,
}

/// What a number was for some columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// How many columns.
    pub columns: usize,
    /// What it was.
    pub what: What,
}

/// What a number is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The name; of a number with several names all of them.
    pub name: String,
    /// The type as a person writes it; empty for an enum value.
    pub type_text: String,
}

/// What a number is in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// There is no such message or enum.
    Nothing,
    /// Nobody has used it.
    Free,
    /// It is used, for the first time.
    Used(Named),
    /// It is used for something else than in the version before: another name, type or label.
    Changed(Named),
    /// It is used after a version in which it was not.
    Again(Named),
    /// It was used and is not any more; nothing keeps it from being used again.
    Deleted,
    /// It is reserved.
    Reserved,
    /// It is kept for extensions.
    Extensions,
}

/// What one version says of the numbers of a message or enum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) uses: Vec<Use>,
    pub(super) reserved: Vec<Range>,
    pub(super) extensions: Vec<Range>,
}

/// The timelines of the messages and enums that some changes are about, which are known by their index. Where the
/// history cannot be read they have the two sides only.
pub fn timelines<'a>(
    cx: &Cx<'_>,
    changes: impl Iterator<Item = (usize, &'a Change)>,
    history: Option<&History>,
) -> Timelines {
    let touched = touched(cx, changes);
    let queries: Vec<Query> = touched.iter().filter_map(|one| one.query(cx)).collect();
    let read = history.filter(|_| !queries.is_empty()).and_then(|history| history.numbers(&queries).ok());
    let (versions, mut earlier): (Vec<Box<str>>, Vec<_>) = read.unwrap_or_default().into_iter().unzip();
    let mut asked = 0;
    let of = touched.into_iter().map(|one| {
        // Of what others declare only our own use is looked at, and is none before the first.
        let foreign = !one.is_own(cx);
        let mut columns: Vec<Option<Numbers>> = match one.query(cx) {
            Some(_) => {
                asked += 1;
                earlier
                    .iter_mut()
                    .map(|version: &mut Vec<Option<Numbers>>| version[asked - 1].take())
                    .collect()
            }
            None => vec![None; versions.len()],
        };
        columns.push(one.old.map(|holder| holder.numbers(cx.old)));
        columns.push(one.new.map(|holder| holder.numbers(cx.new)));
        if foreign {
            columns.iter_mut().for_each(|column| *column = Some(column.take().unwrap_or_default()));
        }
        timeline(&one, matches!(one.old.or(one.new), Some(Holder::Enum(_))), &columns)
    });
    let of = of.collect();
    Timelines { versions, of }
}

/// What the versions of a contract use numbers for, told version by version, oldest first.
#[derive(Debug, Default)]
pub struct Told {
    versions: usize,
    /// By full name, and whether it is an enum.
    of: BTreeMap<(Box<str>, bool), InVersions>,
}

/// What some versions say of one message or enum, by their index.
type InVersions = Vec<(usize, Numbers)>;

impl Told {
    /// Adds the messages and enums of the contract's own files in the next version.
    pub fn add(&mut self, schema: &Schema) {
        let own = |file| schema.file(file).target;
        let messages = schema.messages().filter(|(_, m)| own(m.file) && !m.map_entry);
        let enums = schema.enums().filter(|(_, e)| own(e.file));
        let messages = messages.map(|(id, m)| (&m.full_name, Holder::Message(id)));
        for (full_name, holder) in messages.chain(enums.map(|(id, e)| (&e.full_name, Holder::Enum(id)))) {
            let key = (full_name.clone(), matches!(holder, Holder::Enum(_)));
            self.of.entry(key).or_default().push((self.versions, holder.numbers(schema)));
        }
        self.versions += 1;
    }

    /// The timelines, by full name; the last two versions are the two sides. Of one version there is none, and none where
    /// nothing ever happened.
    #[must_use]
    pub fn timelines(self) -> Vec<Timeline> {
        let versions = self.versions;
        if versions < 2 {
            return Vec::new();
        }
        let timelines = self.of.into_iter().map(|((full_name, is_enum), told)| {
            let mut columns: Vec<Option<Numbers>> = vec![None; versions];
            for (version, numbers) in told {
                columns[version] = Some(numbers);
            }
            let touched = Touched { full_name, ..Touched::default() };
            timeline(&touched, is_enum, &columns)
        });
        timelines.filter(|timeline| timeline.rows.iter().any(|row| row.bars.len() > 1)).collect()
    }
}

/// A message or enum of one side.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Message(MessageId),
    Enum(EnumId),
}

impl Holder {
    /// Whose numbers an element is about: of an extension those of the message that it extends.
    fn of(schema: &Schema, element: Element) -> Option<Holder> {
        Some(match element {
            Element::Message(id) => Holder::Message(id),
            Element::Field(id) => Holder::Message(match &schema.field(id).extendee {
                Some(extendee) => schema.message_by_name(extendee)?,
                None => schema.field(id).parent?,
            }),
            Element::Oneof(id) => Holder::Message(schema.oneof(id).parent),
            Element::Enum(id) => Holder::Enum(id),
            Element::EnumValue(id) => Holder::Enum(schema.value(id).parent),
            Element::File(_) | Element::Service(_) | Element::Method(_) => return None,
        })
    }

    fn full_name(self, schema: &Schema) -> &str {
        match self {
            Holder::Message(id) => &schema.message(id).full_name,
            Holder::Enum(id) => &schema.enum_(id).full_name,
        }
    }

    /// What stands under the same name on the other side.
    fn namesake(self, here: &Schema, there: &Schema) -> Option<Holder> {
        match self {
            Holder::Message(_) => there.message_by_name(self.full_name(here)).map(Holder::Message),
            Holder::Enum(_) => there.enum_by_name(self.full_name(here)).map(Holder::Enum),
        }
    }

    /// Whether the contract declares it.
    fn is_own(self, schema: &Schema) -> bool {
        schema
            .file(match self {
                Holder::Message(id) => schema.message(id).file,
                Holder::Enum(id) => schema.enum_(id).file,
            })
            .target
    }

    fn numbers(self, schema: &Schema) -> Numbers {
        match self {
            Holder::Message(id) => {
                let message = schema.message(id);
                let ours = |id: &&FieldId| schema.file(schema.field(**id).file).target;
                let extensions = schema.extensions_of(&message.full_name).iter().filter(ours);
                let extensions = extensions.map(|field| used(schema, *field));
                if !self.is_own(schema) {
                    return Numbers { uses: extensions.collect(), ..Numbers::default() };
                }
                let fields = message.fields.iter().map(|field| used(schema, *field));
                Numbers {
                    uses: fields.chain(extensions).collect(),
                    reserved: message.reserved_ranges.clone(),
                    extensions: message.extension_ranges.iter().map(|e| e.range).collect(),
                }
            }
            Holder::Enum(id) => {
                let enum_ = schema.enum_(id);
                let values = enum_.values.iter().map(|id| schema.value(*id));
                let uses = values.map(|value| Use {
                    version: "".into(),
                    number: value.number,
                    name: value.name.clone(),
                    type_text: "".into(),
                    scalar: None,
                    may_be: Vec::new(),
                    label: Label::Optional,
                });
                Numbers {
                    uses: uses.collect(),
                    reserved: enum_.reserved_ranges.clone(),
                    extensions: Vec::new(),
                }
            }
        }
    }
}

fn used(schema: &Schema, id: FieldId) -> Use {
    let field = schema.field(id);
    let spelled = type_of(schema, field);
    let list = field.label == Label::Repeated && field.cardinality != Cardinality::Map;
    Use {
        version: "".into(),
        number: field.number,
        name: if field.is_extension() {
            schema.full_name(Element::Field(id)).into()
        } else {
            field.name.clone()
        },
        type_text: if list { format!("repeated {spelled}").into() } else { spelled.clone() },
        scalar: None,
        may_be: vec![spelled],
        label: field.label,
    }
}

/// A message or enum that changes are about.
#[derive(Default)]
struct Touched {
    old: Option<Holder>,
    new: Option<Holder>,
    changes: Vec<usize>,
    /// By number.
    numbers: BTreeMap<i32, Vec<usize>>,
    /// The same for numbers that are reserved or kept for extensions together.
    ranges: Vec<(Range, usize)>,
    full_name: Box<str>,
}

impl Touched {
    /// Whether the contract declares it.
    fn is_own(&self, cx: &Cx<'_>) -> bool {
        let (old, new) = (self.old.map(|old| old.is_own(cx.old)), self.new.map(|new| new.is_own(cx.new)));
        old.or(new).unwrap_or_default()
    }

    /// The changes that concern the numbers of a row.
    fn changes_of(&self, (first, last): (i32, i32)) -> Vec<usize> {
        let mut changes = self.numbers.get(&first).cloned().unwrap_or_default();
        let within = self.ranges.iter().filter(|(range, _)| range.start <= last && first <= range.end);
        for (_, change) in within {
            if !changes.contains(change) {
                changes.push(*change);
            }
        }
        changes
    }

    /// What to ask about earlier versions: of what the contract's own old side has.
    fn query(&self, cx: &Cx<'_>) -> Option<Query> {
        let old = self.old?;
        let (sort, file) = match old {
            Holder::Message(id) => (Sort::Message, cx.old.message(id).file),
            Holder::Enum(id) => (Sort::Enum, cx.old.enum_(id).file),
        };
        let (full_name, path) = (old.full_name(cx.old).into(), cx.old.file(file).display.clone());
        let own = self.is_own(cx);
        let ours = |id: &FieldId| cx.old.file(cx.old.field(*id).file).target;
        let extended = sort == Sort::Message && cx.old.extensions_of(old.full_name(cx.old)).iter().any(ours);
        (own || extended).then_some(Query { full_name, sort, own, path, fresh: false })
    }
}

/// The messages and enums that changes are about, by full name.
fn touched<'a>(cx: &Cx<'_>, changes: impl Iterator<Item = (usize, &'a Change)>) -> Vec<Touched> {
    let mut all: Vec<Touched> = Vec::new();
    let (mut by_old, mut by_new) = (FxHashMap::default(), FxHashMap::default());
    for (index, change) in changes {
        let mut old = change.old.and_then(|element| Holder::of(cx.old, element));
        let mut new = change.new.and_then(|element| Holder::of(cx.new, element));
        // What is gone stands beside the place where it was missed, and what is there again beside another.
        let shape = std::mem::discriminant::<Element>;
        if let (Some(was), Some(is)) = (change.old, change.new)
            && shape(&was) != shape(&is)
        {
            new = None;
        }
        if old.is_none() {
            let known = new.and_then(|new| by_new.get(&new).copied());
            old = known.and_then(|at: usize| all[at].old).or_else(|| new?.namesake(cx.new, cx.old));
        }
        if new.is_none() {
            let known = old.and_then(|old| by_old.get(&old).copied());
            new = known.and_then(|at: usize| all[at].new).or_else(|| old?.namesake(cx.old, cx.new));
        }
        if old.is_none() && new.is_none() {
            continue;
        }
        let known = old.and_then(|old| by_old.get(&old)).or_else(|| new.and_then(|new| by_new.get(&new)));
        let at = known.copied().unwrap_or_else(|| {
            let new_name = new.map(|new| new.full_name(cx.new));
            let full_name = new_name.or_else(|| old.map(|old| old.full_name(cx.old))).unwrap_or_default();
            all.push(Touched {
                old,
                new,
                changes: Vec::new(),
                numbers: BTreeMap::new(),
                ranges: Vec::new(),
                full_name: full_name.into(),
            });
            all.len() - 1
        });
        by_old.extend(old.map(|old| (old, at)));
        by_new.extend(new.map(|new| (new, at)));
        let one = &mut all[at];
        one.changes.push(index);
        let ranges = match &change.kind {
            Kind::ReservedRangeRemoved { missing, .. } | Kind::ExtensionRangeRemoved { missing, .. } => {
                missing
            }
            Kind::ReservedRangeAdded { range } | Kind::ExtensionRangeAdded { range } => {
                std::slice::from_ref(range)
            }
            _ => &[][..],
        };
        one.ranges.extend(ranges.iter().map(|range| (*range, index)));
        let was = change.old.and_then(|element| number(cx.old, element));
        let is = change.new.and_then(|element| number(cx.new, element));
        for number in was.into_iter().chain(is.filter(|is| Some(*is) != was)) {
            one.numbers.entry(number).or_default().push(index);
        }
    }
    all.sort_by(|a, b| a.full_name.cmp(&b.full_name));
    all
}

fn number(schema: &Schema, element: Element) -> Option<i32> {
    match element {
        Element::Field(id) => Some(schema.field(id).number),
        Element::EnumValue(id) => Some(schema.value(id).number),
        _ => None,
    }
}

/// What a number is in one version, before anything is known about the others.
#[derive(Clone, PartialEq)]
pub(super) enum State<'a> {
    Nothing,
    Free,
    Used(Vec<&'a Use>),
    Reserved,
    Extensions,
}

/// One version, for many questions.
struct Column<'a> {
    uses: FxHashMap<i32, Vec<&'a Use>>,
    reserved: Vec<Range>,
    extensions: Vec<Range>,
}

impl Column<'_> {
    fn of(numbers: &Numbers) -> Column<'_> {
        let mut uses: FxHashMap<i32, Vec<&Use>> = FxHashMap::default();
        for one in &numbers.uses {
            uses.entry(one.number).or_default().push(one);
        }
        Column { uses, reserved: apart(&numbers.reserved), extensions: apart(&numbers.extensions) }
    }
}

/// The same numbers as ranges that do not overlap, in their order.
fn apart(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut apart: Vec<Range> = Vec::new();
    for range in sorted {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

fn state<'a>(column: Option<&Column<'a>>, number: i32) -> State<'a> {
    let Some(column) = column else { return State::Nothing };
    let within = |ranges: &[Range]| {
        let after = ranges.partition_point(|range| range.start <= number);
        after > 0 && ranges[after - 1].contains(number)
    };
    match column.uses.get(&number) {
        Some(uses) => State::Used(uses.clone()),
        None if within(&column.reserved) => State::Reserved,
        None if within(&column.extensions) => State::Extensions,
        None => State::Free,
    }
}

/// Whether a number is used for the same.
fn same(a: &[&Use], b: &[&Use]) -> bool {
    let names = |uses: &[&Use]| {
        let mut names: Vec<Box<str>> = uses.iter().map(|u| u.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    let list = |uses: &[&Use]| uses.iter().any(|u| u.label == Label::Repeated);
    let alike = |a: &Use, b: &Use| a.may_be.is_empty() || a.may_be.iter().any(|ty| b.may_be.contains(ty));
    names(a) == names(b) && list(a) == list(b) && a.iter().any(|a| b.iter().any(|b| alike(a, b)))
}

fn named(uses: &[&Use]) -> Named {
    let mut names: Vec<&str> = Vec::new();
    let mut types: Vec<&str> = Vec::new();
    for one in uses {
        if !names.contains(&&*one.name) {
            names.push(&one.name);
        }
        if !types.contains(&&*one.type_text) {
            types.push(&one.type_text);
        }
    }
    Named { name: names.join(", "), type_text: types.join(", ") }
}

/// One bar for each column, `None` where the one before goes on.
fn bars(states: &[State<'_>]) -> Vec<Option<What>> {
    let mut last: Option<&[&Use]> = None;
    let mut before: Option<&State<'_>> = None;
    let mut bars: Vec<Option<What>> = Vec::new();
    for state in states {
        let what = match state {
            State::Used(uses) => {
                let what = match (before, last) {
                    (Some(State::Used(before)), _) if same(before, uses) => None,
                    (Some(State::Used(_)), _) => Some(What::Changed(named(uses))),
                    (_, Some(_)) => Some(What::Again(named(uses))),
                    _ => Some(What::Used(named(uses))),
                };
                last = Some(uses);
                what
            }
            same if before == Some(same) => None,
            State::Nothing => Some(What::Nothing),
            State::Free if last.is_some() => Some(What::Deleted),
            State::Free => Some(What::Free),
            State::Reserved => Some(What::Reserved),
            State::Extensions => Some(What::Extensions),
        };
        before = Some(state);
        bars.push(what);
    }
    bars
}

/// Numbers that share their story, and what they are in each version.
pub(super) struct Stretch<'a> {
    pub(super) first: i32,
    pub(super) last: i32,
    pub(super) states: Vec<State<'a>>,
}

/// The numbers that anything is said of in some version, in their order.
pub(super) fn stretches(columns: &[Option<Numbers>]) -> Vec<Stretch<'_>> {
    // Between two of these all numbers share their story.
    let mut edges: Vec<i64> = Vec::new();
    for numbers in columns.iter().flatten() {
        let ranges = numbers.reserved.iter().chain(&numbers.extensions);
        let ranges = ranges.map(|range| (range.start, range.end));
        for (first, last) in ranges.chain(numbers.uses.iter().map(|u| (u.number, u.number))) {
            edges.extend([i64::from(first), i64::from(last) + 1]);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let by_number: Vec<Option<Column<'_>>> = columns.iter().map(|c| c.as_ref().map(Column::of)).collect();
    let mut rows: Vec<Stretch<'_>> = Vec::new();
    for pair in edges.windows(2) {
        let (Ok(first), Ok(last)) = (i32::try_from(pair[0]), i32::try_from(pair[1] - 1)) else { continue };
        let states: Vec<State<'_>> = by_number.iter().map(|column| state(column.as_ref(), first)).collect();
        let is_used = |states: &[State<'_>]| states.iter().any(|s| matches!(s, State::Used(_)));
        match rows.last_mut() {
            _ if states.iter().all(|s| matches!(s, State::Nothing | State::Free)) => {}
            Some(row) if i64::from(row.last) + 1 == pair[0] && row.states == states && !is_used(&states) => {
                row.last = last
            }
            _ => rows.push(Stretch { first, last, states }),
        }
    }
    rows
}

/// What a number was for some versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it was.
    pub what: What,
    /// The first of the versions, by its index.
    pub from: usize,
    /// The last of them.
    pub to: usize,
}

/// What a number was, from the first version to the last.
pub(super) fn spans(states: &[State<'_>]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (at, what) in bars(states).into_iter().enumerate() {
        match (what, spans.last_mut()) {
            (None, Some(span)) => span.to = at,
            (what, _) => spans.push(Span { what: what.unwrap_or(What::Free), from: at, to: at }),
        }
    }
    for span in &mut spans {
        newest(&mut span.what, &states[span.to]);
    }
    spans
}

/// The newest text is the one that people know a number by; of a schema it is resolved.
fn newest(what: &mut What, last: &State<'_>) {
    if let (What::Used(name) | What::Changed(name) | What::Again(name), State::Used(uses)) = (what, last) {
        *name = named(uses);
    }
}

fn timeline(touched: &Touched, is_enum: bool, columns: &[Option<Numbers>]) -> Timeline {
    let rows = stretches(columns);
    let stories: Vec<Vec<Option<What>>> = rows.iter().map(|row| bars(&row.states)).collect();
    // A version in which nothing begins stands in the column of the one before.
    let earlier = columns.len() - 2;
    let mut folded: Vec<(usize, usize)> = Vec::new();
    for column in 0..earlier {
        match folded.last_mut() {
            Some(last) if stories.iter().all(|story| story[column].is_none()) => last.1 = column,
            _ => folded.push((column, column)),
        }
    }
    let starts: Vec<usize> = folded.iter().map(|(first, _)| *first).chain([earlier, earlier + 1]).collect();
    let mut out = Timeline {
        full_name: touched.full_name.clone(),
        is_enum,
        columns: folded,
        rows: Vec::new(),
        same: Vec::new(),
        more: 0,
        changes: touched.changes.clone(),
    };
    for (Stretch { first, last, states }, story) in rows.into_iter().zip(stories) {
        let changes = touched.changes_of((first, last));
        let quiet = story[1..].iter().all(Option::is_none) && matches!(story[0], Some(What::Used(_)));
        if quiet && changes.is_empty() {
            match out.same.last_mut() {
                Some(run) if run.1.checked_add(1) == Some(first) => run.1 = last,
                _ => out.same.push((first, last)),
            }
            continue;
        }
        if out.rows.len() == MAX_ROWS {
            out.more += 1;
            continue;
        }
        let mut bars: Vec<Bar> = Vec::new();
        for start in &starts {
            match (&story[*start], bars.last_mut()) {
                (None, Some(bar)) => bar.columns += 1,
                (what, _) => bars.push(Bar { columns: 1, what: what.clone().unwrap_or(What::Free) }),
            }
        }
        let mut end = 0;
        for bar in &mut bars {
            end += bar.columns;
            let last = starts.get(end).map_or(columns.len(), |next| *next) - 1;
            newest(&mut bar.what, &states[last]);
        }
        out.rows.push(Row { first, last, bars, changes });
    }
    out
}
