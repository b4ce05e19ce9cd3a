//! The rules of one field, and which values they leave.
//!
//! Field numbers: buf/validate/validate.proto (<https://buf.build/bufbuild/protovalidate>) and
//! validate/validate.proto (<https://github.com/bufbuild/protoc-gen-validate>). The second is the older one; the
//! first took most of its numbers over.

use super::Narrowing;
use super::cel::Expression;
use super::datum::Shape;
use super::numbers::{Numbers, Type, nanos};
use super::set::Set;
use super::text::{Text, Written, all, show};
use crate::verdict::raw::Raw;

/// Whose rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Library {
    /// `buf.validate`.
    Protovalidate,
    /// `validate`, of protoc-gen-validate.
    Pgv,
}

/// When rules are not applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ignore {
    #[default]
    Unset,
    /// A field without presence that holds zero, or is empty.
    Zero,
    /// Zero, even where it is told apart from absence.
    ZeroAlways,
    Always,
}

/// Whether absence is a state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Explicit,
    /// Absent is zero, or empty.
    Implicit,
    /// Never absent.
    Required,
    /// A member of a list or map: never absent, and zero counts as ignored where zero is.
    Element,
}

/// The rules of a field, or of the members of a list or map.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) required: bool,
    pub(super) ignore: Ignore,
    /// The rules inside of the message are not applied.
    skips_inside: bool,
    pub(super) value: Value,
    pub(super) clauses: Vec<Clause>,
    /// What they are about, where that is known.
    pub(super) shape: Option<Shape>,
}

/// A condition that is compared by name.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) name: String,
    /// An expression, for sentences.
    expression: bool,
    /// The expression, where it can be asked.
    pub(super) read: Option<Expression>,
    /// Another clause of this name is stronger when its limit is lower; without a limit only an equal one is.
    pub(super) limit: Option<i128>,
    /// What values it refuses, for a sentence; `None` where nobody looked into that.
    pub(super) refuses: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Value {
    #[default]
    Free,
    Numbers(Numbers),
    Text(Box<Text>),
    /// How many, all different, each of them.
    List(Set, bool, Box<Rules>),
    /// How many, none of them empty, each key, each value.
    Map(Set, bool, Box<Rules>, Box<Rules>),
}

/// What rules need to know of the values they are for: those of the field, or of its list or map.
#[derive(Clone, Debug, Default)]
pub(super) struct Holds {
    /// The numbers of the enum.
    pub(super) defined: Option<Vec<i32>>,
    /// Messages, with rules of their own.
    pub(super) messages: bool,
    /// How many different values there are, where they are few: booleans, closed enums.
    pub(super) kinds: Option<i128>,
    /// What the field holds; for the rules of items, keys and values, what these are.
    pub(super) shape: Option<Shape>,
}

impl Holds {
    /// The same of the items of a list, the keys or the values of a map.
    fn inner(&self, key: bool) -> Holds {
        let shape = match &self.shape {
            Some(Shape::List(of)) => Some((**of).clone()),
            Some(Shape::Map(of, _)) if key => Some((**of).clone()),
            Some(Shape::Map(_, of)) => Some((**of).clone()),
            _ => None,
        };
        if key { Holds { shape, ..Holds::default() } } else { Holds { shape, ..self.clone() } }
    }
}

impl Rules {
    /// No rules, for values of this shape.
    pub(super) fn free(shape: Option<Shape>) -> Rules {
        Rules { shape, ..Rules::default() }
    }

    /// Reads `FieldRules`.
    pub(super) fn read(raw: &Raw, library: Library, holds: &Holds) -> Rules {
        let mut rules = Rules { shape: holds.shape.clone(), ..Rules::default() };
        let expression = |text: String| expression(text, holds.shape.as_ref());
        for number in raw.numbers() {
            match (number, library) {
                (17, Library::Pgv) => {
                    let message = raw.message(17).unwrap_or_default();
                    rules.skips_inside = message.flag(1);
                    rules.required = message.flag(2);
                }
                (23, Library::Protovalidate) => {
                    rules.clauses.extend(expressions(&raw.messages(23)).map(expression));
                }
                (29, Library::Protovalidate) => {
                    let texts = raw.blobs(29).map(|b| String::from_utf8_lossy(b).into_owned());
                    rules.clauses.extend(texts.map(expression));
                }
                (25, Library::Protovalidate) => rules.required |= raw.flag(25),
                (27, Library::Protovalidate) => {
                    rules.ignore = match raw.varint(27) {
                        Some(1) => Ignore::Zero,
                        Some(2) => Ignore::ZeroAlways,
                        Some(3) => Ignore::Always,
                        _ => Ignore::Unset,
                    }
                }
                _ => {}
            }
        }
        for number in raw.numbers() {
            let Some(of) = raw.message(number) else { continue };
            let known = match number {
                14 | 15 => rules.read_text(&of, number == 15, library),
                18 => rules.read_list(&of, library, holds),
                19 => rules.read_map(&of, library, holds),
                20 => rules.read_any(&of, library),
                28 if library == Library::Protovalidate => &[4],
                number => match Type::ALL.iter().find(|(n, _)| *n == number) {
                    Some((_, kind)) => rules.read_numbers(*kind, &of, library, holds),
                    None if matches!(
                        (number, library),
                        (17, Library::Pgv) | (23 | 29, Library::Protovalidate)
                    ) =>
                    {
                        continue;
                    }
                    None => &[],
                },
            };
            rules.rest(&of, number, known);
        }
        if rules.ignore == Ignore::Always {
            return Rules { skips_inside: holds.messages, shape: rules.shape, ..Rules::default() };
        }
        rules.absorb();
        rules
    }

    /// The same for a field that is one of several: it is looked at where it is set.
    pub(super) fn of_chosen(mut self) -> Rules {
        if self.ignore == Ignore::Unset {
            self.ignore = Ignore::Zero;
        }
        self
    }

    /// What is left after the fields that were understood (or are examples): compared by their bytes.
    fn rest(&mut self, of: &Raw, number: u32, known: &[u32]) {
        for rule in of.numbers().into_iter().filter(|n| !known.contains(n)) {
            self.clauses.push(Clause {
                name: format!("rule {number}.{rule} {:?}", of.encoded(rule)),
                expression: false,
                read: None,
                limit: None,
                refuses: None,
            });
        }
    }

    fn ignore_empty(&mut self, of: &Raw, number: u32) {
        if of.flag(number) {
            self.ignore = Ignore::Zero;
        }
    }

    fn read_numbers(&mut self, kind: Type, of: &Raw, library: Library, holds: &Holds) -> &'static [u32] {
        let pgv = library == Library::Pgv;
        match kind {
            Type::Bool => {
                self.value = Value::Numbers(Numbers::read(kind, &only(of, &[1]), 1));
                return &[1, 2];
            }
            Type::Enum => {
                let listed = if of.flag(2) { holds.defined.clone() } else { None };
                let understood = !of.flag(2) || listed.is_some();
                self.value = Value::Numbers(Numbers::read_enum(of, listed));
                return if understood { &[1, 2, 3, 4, 5] } else { &[1, 3, 4, 5] };
            }
            Type::Duration => {
                self.value = Value::Numbers(Numbers::read(kind, of, 2));
                self.required |= pgv && of.flag(1);
                return &[1, 2, 3, 4, 5, 6, 7, 8, 9];
            }
            Type::Timestamp => {
                self.value = Value::Numbers(Numbers::read(kind, &only(of, &[2, 3, 4, 5, 6]), 2));
                self.required |= pgv && of.flag(1);
                for (number, name, refuses) in
                    [(7, "lt_now", "a time to come"), (8, "gt_now", "a time that is past")]
                {
                    if of.flag(number) {
                        self.clauses.push(Clause {
                            name: name.to_owned(),
                            expression: false,
                            read: None,
                            limit: None,
                            refuses: Some(refuses),
                        });
                    }
                }
                if let Some(within) = of.message(9) {
                    self.clauses.push(Clause {
                        name: "within".to_owned(),
                        expression: false,
                        read: None,
                        limit: Some(nanos(&within)),
                        refuses: Some("a time farther from now"),
                    });
                }
                return &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
            }
            _ => {}
        }
        let mut numbers = Numbers::read(kind, of, 1);
        if pgv {
            self.ignore_empty(of, 8);
        } else if kind.is_float() && of.flag(8) {
            numbers = numbers.finite();
        }
        self.value = Value::Numbers(numbers);
        match (kind, pgv) {
            (Type::Int64, false) => &[1, 2, 3, 4, 5, 6, 7, 9],
            (Type::Float | Type::Double, false) => &[1, 2, 3, 4, 5, 6, 7, 8, 9],
            _ => &[1, 2, 3, 4, 5, 6, 7, 8],
        }
    }

    fn read_text(&mut self, of: &Raw, binary: bool, library: Library) -> &'static [u32] {
        let mut text = Text::all(binary);
        let range = |exact: u32, least: u32, most: u32| {
            let limit = |n: u32| of.varint(n).map(i128::from);
            let (low, high) = match limit(exact) {
                Some(exact) => (exact, exact),
                None => (0, i128::from(u64::MAX)),
            };
            Set::range(low.max(limit(least).unwrap_or(low)), high.min(limit(most).unwrap_or(high)))
        };
        let part = |n: u32| of.blob(n).map(<[u8]>::to_vec);
        let list = |n: u32| of.blobs(n).map(<[u8]>::to_vec).collect::<Vec<_>>();
        // The numbers of both messages, in the same order.
        let [pattern, prefix, suffix, contains, within, without] =
            if binary { [4, 5, 6, 7, 8, 9] } else { [6, 7, 8, 9, 10, 11] };
        if binary {
            text.bytes = range(13, 2, 3);
        } else {
            text.chars = range(19, 2, 3);
            text.bytes = range(20, 4, 5);
            text.contains_not = part(23);
        }
        text.patterns = of.text(pattern).into_iter().map(Written::of).collect();
        (text.prefix, text.suffix, text.contains) = (part(prefix), part(suffix), part(contains));
        text.not = list(without);
        text.only = Some(list(within)).filter(|l| !l.is_empty());
        if let Some(value) = part(1) {
            let kept = text.only.is_none_or(|l| l.contains(&value));
            text.only = Some(if kept { vec![value] } else { Vec::new() });
        }
        let pgv = library == Library::Pgv;
        let flags: &[(u32, &str)] = match (binary, pgv) {
            (true, false) => &[(10, "ip"), (11, "ipv4"), (12, "ipv6"), (15, "uuid")],
            (true, true) => &[(10, "ip"), (11, "ipv4"), (12, "ipv6")],
            (false, true) => &FORMATS[..9],
            (false, false) => &FORMATS,
        };
        text.formats =
            flags.iter().filter(|(n, _)| of.flag(*n)).map(|(_, name)| (*name).to_owned()).collect();
        if !binary && let Some(n) = of.varint(24).filter(|n| *n != 0) {
            let strict = of.varint(25).is_none_or(|s| s != 0);
            text.formats.push(format!("well_known_regex {n}{}", if strict { "" } else { " (not strict)" }));
        }
        // Two libraries do not agree on what an address is.
        if pgv {
            for format in &mut text.formats {
                format.push_str(" of protoc-gen-validate");
            }
            self.ignore_empty(of, if binary { 14 } else { 26 });
        }
        self.value = Value::Text(Box::new(text));
        match (binary, pgv) {
            (true, true) => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
            (true, false) => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
            (false, _) => &[
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 38,
            ],
        }
    }

    fn read_list(&mut self, of: &Raw, library: Library, holds: &Holds) -> &'static [u32] {
        let inner = holds.inner(false);
        let items = Rules::read(&of.message(4).unwrap_or_default(), library, &inner);
        let (mut counts, unique) = (counts(of), of.flag(3));
        if unique {
            // Where all are different there are no more than there are different ones.
            let most = [holds.kinds, items.at_most().filter(|n| *n <= FEW)].into_iter().flatten().min();
            counts = counts.intersect(&Set::range(0, most.unwrap_or(i128::MAX)));
        }
        self.value = Value::List(counts, unique, Box::new(items));
        if library == Library::Pgv {
            self.ignore_empty(of, 5);
            return &[1, 2, 3, 4, 5];
        }
        &[1, 2, 3, 4]
    }

    fn read_map(&mut self, of: &Raw, library: Library, holds: &Holds) -> &'static [u32] {
        let part = |n: u32, key: bool| {
            Box::new(Rules::read(&of.message(n).unwrap_or_default(), library, &holds.inner(key)))
        };
        let pgv = library == Library::Pgv;
        self.value = Value::Map(counts(of), pgv && of.flag(3), part(4, true), part(5, false));
        if pgv {
            self.ignore_empty(of, 6);
            return &[1, 2, 3, 4, 5, 6];
        }
        &[1, 2, 4, 5]
    }

    /// The URL of the type is a text.
    fn read_any(&mut self, of: &Raw, library: Library) -> &'static [u32] {
        let mut text = Text::all(false);
        let list = |n: u32| of.blobs(n).map(<[u8]>::to_vec).collect::<Vec<_>>();
        text.only = Some(list(2)).filter(|l| !l.is_empty());
        text.not = list(3);
        self.value = Value::Text(Box::new(text));
        if library == Library::Pgv {
            self.required |= of.flag(1);
            return &[1, 2, 3];
        }
        &[2, 3]
    }

    /// Whether a field that holds zero, or is empty, is accepted.
    fn accepts_zero(&self, presence: Presence) -> Option<bool> {
        if self.ignores_zero(presence) {
            return Some(true);
        }
        let zero = match &self.value {
            Value::Free => Some(true),
            Value::Numbers(numbers) => Some(numbers.accepts_zero()),
            Value::Text(text) => text.accepts(b""),
            Value::List(counts, ..) | Value::Map(counts, ..) => Some(counts.contains(0)),
        };
        let clauses = self.clauses.iter().map(|clause| clause.judge(self.shape.as_ref()?.zero().as_ref()?));
        all(clauses.chain([zero]))
    }

    /// Whether a value of an enum is accepted, as the field, an item of its list or a value of its map; `None` where
    /// something decides that is not looked into.
    pub(super) fn accepts_value(&self, number: i32) -> Option<bool> {
        if number == 0 && self.ignore != Ignore::Unset {
            return Some(true);
        }
        let accepts = match &self.value {
            Value::Numbers(numbers) => Some(numbers.accepted.contains(i128::from(number))),
            Value::List(counts, _, of) | Value::Map(counts, _, _, of)
                if counts.max().is_some_and(|n| n > 0) =>
            {
                of.accepts_value(number)
            }
            Value::List(..) | Value::Map(..) => Some(false),
            Value::Free => Some(true),
            Value::Text(_) => None,
        };
        if self.clauses.is_empty() { accepts } else { accepts.filter(|accepts| !accepts) }
    }

    /// How many different values are accepted at most, where that is known.
    fn at_most(&self) -> Option<i128> {
        match &self.value {
            Value::Numbers(numbers) => Some(self.count(numbers)),
            Value::Text(text) => text.only.as_ref().map(|list| list.len() as i128 + 1),
            _ => None,
        }
    }

    fn count(&self, numbers: &Numbers) -> i128 {
        let ignored = matches!(self.ignore, Ignore::Zero | Ignore::ZeroAlways) && !numbers.accepts_zero();
        numbers.accepted.count().saturating_add(i128::from(ignored))
    }

    /// How many different values are accepted at least, as far as that is found out.
    fn at_least(&self) -> i128 {
        if !self.clauses.is_empty() {
            return 0;
        }
        match &self.value {
            Value::Free => i128::MAX,
            Value::Numbers(numbers) => self.count(numbers),
            Value::Text(text) => text.at_least(),
            Value::List(..) | Value::Map(..) => 0,
        }
    }

    /// Whether a message without the field is accepted.
    pub(super) fn accepts_absent(&self, presence: Presence) -> Option<bool> {
        match presence {
            Presence::Explicit => Some(!self.required),
            Presence::Implicit if self.required => Some(false),
            Presence::Implicit => self.accepts_zero(presence),
            Presence::Required | Presence::Element => Some(true),
        }
    }

    /// What a writer that keeps to these rules may send and the other rules refuse.
    pub(super) fn narrowed_by(&self, new: &Rules, presence: [Presence; 2]) -> Narrowing {
        let [written, read] = presence;
        let mut worst = self.value.narrowed_by(&new.value).or_worse(self.clauses_narrowed_by(new));
        if self.skips_inside && !new.skips_inside {
            worst =
                worst.or_worse(Narrowing::Unclear("the rules inside of the message apply again".to_owned()));
        }
        if matches!(written, Presence::Explicit | Presence::Implicit) {
            let states = [self.accepts_absent(written), new.accepts_absent(read)];
            worst = worst.or_worse(state(states, "a message without it"));
        }
        if written != Presence::Implicit {
            let zero = |rules: &Rules, presence: Presence| {
                if presence == Presence::Implicit {
                    rules.accepts_absent(presence)
                } else {
                    rules.accepts_zero(presence)
                }
            };
            let what = match (&self.value, &new.value) {
                (Value::Text(_), _) | (_, Value::Text(_)) => "an empty value",
                _ => "the value 0",
            };
            worst = worst.or_worse(state([zero(self, written), zero(new, read)], what));
        }
        worst.unless_forbidden(!self.clauses.is_empty())
    }

    fn clauses_narrowed_by(&self, new: &Rules) -> Narrowing {
        let mut worst = Narrowing::None;
        for clause in &new.clauses {
            let implied = |old: &Clause| {
                old.name == clause.name
                    && match (old.limit, clause.limit) {
                        (Some(old), Some(new)) => old <= new,
                        _ => true,
                    }
            };
            if !self.clauses.iter().any(implied) {
                worst = worst.or_worse(match clause.refuses {
                    Some(what) => Narrowing::Refused(what.to_owned()),
                    None if clause.expression => unclear_expression(&clause.name),
                    None => Narrowing::Unclear("the rules have one that protopact does not know".to_owned()),
                });
            }
        }
        worst
    }
}

impl Value {
    /// Without zero and emptiness, which depend on more than the value.
    fn narrowed_by(&self, new: &Value) -> Narrowing {
        match (self, new) {
            (_, Value::Free) => Narrowing::None,
            (Value::Free, Value::Numbers(new)) => Numbers::all(new.of).narrowed_by(new),
            (Value::Numbers(old), Value::Numbers(new)) => old.narrowed_by(new),
            (Value::Free, Value::Text(new)) => Text::all(new.binary).narrowed_by(new),
            (Value::Text(old), Value::Text(new)) => old.narrowed_by(new),
            (Value::Free, Value::List(..)) => {
                Value::List(all_counts(), false, Box::default()).narrowed_by(new)
            }
            (Value::List(old, old_unique, old_items), Value::List(new, unique, items)) => {
                let unique = if *unique && !old_unique && old.max().is_some_and(|n| n > 1) {
                    Narrowing::Refused("a list with two equal items".to_owned())
                } else {
                    Narrowing::None
                };
                let inside = old.max().is_some_and(|n| n > 0);
                let items = if inside { old_items.narrowed_by(items, ELEMENTS) } else { Narrowing::None };
                let members = Members { counts: old, different: *old_unique, of: old_items.at_least() };
                fewer(new, "item", &members)
                    .or_worse(members.prove(unique))
                    .or_worse(members.prove(items.within(" in a list")))
            }
            (Value::Free, Value::Map(..)) => {
                Value::Map(all_counts(), false, Box::default(), Box::default()).narrowed_by(new)
            }
            (Value::Map(old, old_full, old_keys, old_values), Value::Map(new, full, keys, values)) => {
                let full = if *full && !old_full {
                    Narrowing::Refused("a map with a key without a value".to_owned())
                } else {
                    Narrowing::None
                };
                if old.max().is_none_or(|n| n == 0) {
                    return Narrowing::None;
                }
                let of = if old_values.at_least() == 0 { 0 } else { old_keys.at_least() };
                let members = Members { counts: old, different: true, of };
                let inside = old_keys.narrowed_by(keys, ELEMENTS).within(" as a key");
                let inside =
                    inside.or_worse(old_values.narrowed_by(values, ELEMENTS).within(" as a value of a map"));
                fewer(new, "pair", &members).or_worse(full).or_worse(members.prove(inside))
            }
            _ => Narrowing::Unclear("the rules are those of another type".to_owned()),
        }
    }
}

/// Up to this many different values limit how long a list of different ones is.
const FEW: i128 = 1000;

const ELEMENTS: [Presence; 2] = [Presence::Element, Presence::Element];

/// The flags of `StringRules`; protoc-gen-validate has the first nine.
const FORMATS: [(u32, &str); 20] = [
    (12, "email"),
    (13, "hostname"),
    (14, "ip"),
    (15, "ipv4"),
    (16, "ipv6"),
    (17, "uri"),
    (18, "uri_ref"),
    (21, "address"),
    (22, "uuid"),
    (26, "ip_with_prefixlen"),
    (27, "ipv4_with_prefixlen"),
    (28, "ipv6_with_prefixlen"),
    (29, "ip_prefix"),
    (30, "ipv4_prefix"),
    (31, "ipv6_prefix"),
    (32, "host_and_port"),
    (33, "tuuid"),
    (35, "ulid"),
    (37, "protobuf_fqn"),
    (38, "protobuf_dot_fqn"),
];

fn all_counts() -> Set {
    Set::range(0, u64::MAX.into())
}

fn counts(of: &Raw) -> Set {
    let limit = |n: u32| of.varint(n).map(i128::from);
    Set::range(limit(1).unwrap_or(0), limit(2).unwrap_or(u64::MAX.into()))
}

/// What lists and maps of the writer hold.
struct Members<'a> {
    counts: &'a Set,
    /// Whether none may be there twice.
    different: bool,
    /// How many different ones are known to be accepted.
    of: i128,
}

impl Members<'_> {
    /// Whether there can be so many.
    fn can_be(&self, count: i128) -> bool {
        self.of >= if self.different { count } else { 1 }
    }

    /// The same claim, if there is a list or map at all that has something in it.
    fn prove(&self, claim: Narrowing) -> Narrowing {
        let least = self.counts.minus(&Set::points([0])).min();
        match claim {
            Narrowing::Refused(what) if !least.is_some_and(|n| self.can_be(n)) => undecided(&what),
            claim => claim,
        }
    }
}

/// What single rules let through and all of them together may not.
pub(super) fn undecided(what: &str) -> Narrowing {
    Narrowing::Unclear(format!("the rules together decide whether {what} was accepted"))
}

fn fewer(new: &Set, unit: &str, members: &Members<'_>) -> Narrowing {
    let Some(count) = members.counts.minus(new).minus(&Set::points([0])).example() else {
        return Narrowing::None;
    };
    let what = if count == 1 { format!("one {unit}") } else { format!("{count} {unit}s") };
    if members.can_be(count) { Narrowing::Refused(what) } else { undecided(&what) }
}

fn state([old, new]: [Option<bool>; 2], what: &str) -> Narrowing {
    match (old, new) {
        (_, Some(true)) | (Some(false), _) => Narrowing::None,
        (Some(true), Some(false)) => Narrowing::Refused(what.to_owned()),
        // The same pattern or expression decides on both sides, or its change is told elsewhere.
        (None, None) => Narrowing::None,
        (None, Some(false)) | (Some(true), None) => {
            Narrowing::Unclear(format!("a pattern, format or expression decides about {what}"))
        }
    }
}

/// Some fields of a message.
fn only(of: &Raw, numbers: &[u32]) -> Raw {
    Raw::decode(&numbers.iter().flat_map(|n| of.encoded(*n)).collect::<Vec<u8>>())
}

/// The CEL expressions of a list of rules; their ids and messages refuse nothing.
pub(super) fn expressions(rules: &[Raw]) -> impl Iterator<Item = String> {
    rules.iter().map(|rule| rule.text(3).unwrap_or_default())
}

pub(super) fn unclear_expression(text: &str) -> Narrowing {
    Narrowing::Unclear(format!("what the expression {} accepts is not known in full", show(text.as_bytes())))
}

fn expression(name: String, shape: Option<&Shape>) -> Clause {
    let read = shape.and_then(|shape| Expression::of_value(&name, shape));
    Clause { name, expression: true, read, limit: None, refuses: None }
}
