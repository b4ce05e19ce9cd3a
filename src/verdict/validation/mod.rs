//! Validation rules as sets of accepted values: what one side may send and the other refuses.
//!
//! Protovalidate (`buf.validate`) and its predecessor protoc-gen-validate (`validate`) write the rules of a
//! message into options. Numbers, lengths and counts are compared exactly, lists of texts one by one, patterns,
//! formats and expressions by name. What is then said to be refused is shown by a value that keeps to all the rules
//! of its writer, patterns and expressions among them, and what is left open is decided by such values, where it can
//! be. Who validates is not in a contract: servers do validate requests, whether clients validate answers, or readers
//! what was stored, nobody knows.

mod absorb;
mod candidates;
mod cel;
mod datum;
mod evidence;
mod examples;
mod formats;
mod judge;
#[cfg(test)]
mod laws;
mod numbers;
mod pattern;
mod rules;
mod set;
mod text;
mod whole;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use datum::Shape;
use evidence::settle;
use numbers::Type as Number;
use rules::{Holds, Library, Presence, Rules, expressions, unclear_expression, undecided};
use whole::Whole;

use super::facts::Facts;
use super::raw::Raw;
use super::{Cells, Loss};
use crate::diff::{Change, Cx, Kind, beside};
use crate::schema::{
    Cardinality, Element, EnumId, Field, FieldId, Kind as Type, Meaning, MessageId, OneofId, Role, Schema,
    Use,
};
use crate::words::Lens;

/// What one set of rules accepts and another does not.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Narrowing {
    /// Nothing.
    None,
    /// Not found out, for this reason.
    Unclear(String),
    /// This, for example.
    Refused(String),
}

impl Narrowing {
    /// The worse of two; the first one where they are equal.
    fn or_worse(self, other: Narrowing) -> Narrowing {
        match (&self, &other) {
            (Narrowing::Refused(_), _) | (_, Narrowing::None) => self,
            (Narrowing::Unclear(_), Narrowing::Unclear(_)) => self,
            _ => other,
        }
    }

    /// The same where an expression of the writer's own may keep the example from being sent at all.
    fn unless_forbidden(self, forbids: bool) -> Narrowing {
        match self {
            Narrowing::Refused(what) if forbids => Narrowing::Unclear(format!(
                "an expression that is not understood decides whether {what} was accepted"
            )),
            narrowing => narrowing,
        }
    }

    /// The same, said of a field by name.
    fn of_field(self, name: &str) -> Narrowing {
        let named = |what: String| match what.strip_suffix("without it") {
            Some(what) => format!("{what}without `{name}`"),
            None => format!("{what} in `{name}`"),
        };
        match self {
            Narrowing::None => Narrowing::None,
            Narrowing::Unclear(why) => Narrowing::Unclear(named(why)),
            Narrowing::Refused(what) => Narrowing::Refused(named(what)),
        }
    }

    /// The same, said of a part.
    fn within(self, part: &str) -> Narrowing {
        match self {
            Narrowing::None => Narrowing::None,
            Narrowing::Unclear(why) => Narrowing::Unclear(format!("{why}{part}")),
            Narrowing::Refused(what) => Narrowing::Refused(format!("{what}{part}")),
        }
    }
}

pub(super) fn judge(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let narrowings = match &change.kind {
        Kind::OptionChanged { .. } => option_changed(change, cx),
        // Rules that stay may refuse other values when the field changes around them.
        Kind::FieldTypeChanged(_) | Kind::FieldCardinalityChanged => {
            change.fields().map(|(a, b)| fields(cx, a, b))
        }
        // The other side never sends it.
        Kind::FieldAdded { .. } => match change.new {
            Some(Element::Field(id)) => Some([never_sent(cx.new, id), Narrowing::None]),
            _ => None,
        },
        Kind::FieldRemoved { .. } => match change.old {
            Some(Element::Field(id)) => Some([Narrowing::None, never_sent(cx.old, id)]),
            _ => None,
        },
        Kind::OneofAdded => match change.new {
            Some(Element::Oneof(id)) => {
                let refused = one_set([false, oneof_required(cx.new, id)]);
                Some([without_fields_of(refused, cx.old, (cx.new, id)), Narrowing::None])
            }
            _ => None,
        },
        Kind::OneofRemoved { renamed, .. } => match change.old {
            Some(Element::Oneof(id)) => {
                let now = renamed.is_some_and(|id| oneof_required(cx.new, id));
                let [backward, forward] = both([oneof_required(cx.old, id), now], one_set);
                Some([without_oneof(backward, cx.old, id), without_fields_of(forward, cx.new, (cx.old, id))])
            }
            _ => None,
        },
        // A rule may say that only the values of the enum are accepted: it follows the enum.
        Kind::EnumValueRemoved { .. } => match change.old {
            Some(Element::EnumValue(id)) => {
                let name = &cx.old.enum_(cx.old.value(id).parent).full_name;
                let refused = facts.new_defined_only.refuse((cx.old, cx.new), name, cx.old.value(id).number);
                Some([refused, Narrowing::None])
            }
            _ => None,
        },
        Kind::EnumValueAdded { alias, .. } => match change.new {
            Some(Element::EnumValue(id)) if !alias => {
                let name = &cx.new.enum_(cx.new.value(id).parent).full_name;
                let refused = facts.old_defined_only.refuse((cx.new, cx.old), name, cx.new.value(id).number);
                Some([Narrowing::None, refused])
            }
            _ => None,
        },
        beside!(validation) => None,
    };
    let Some([backward, forward]) = narrowings else { return };
    let uses = |schema: &Schema, element: Option<Element>, reach: &crate::schema::Reach| {
        element.map(|e| reach.uses(schema, e)).unwrap_or_default()
    };
    let old_uses = uses(cx.old, change.old, &facts.old_reach);
    let new_uses = uses(cx.new, change.new, &facts.new_reach);
    let or = |a: &[Use], b: &[Use]| if a.is_empty() { b.to_vec() } else { a.to_vec() };
    cells.backward(Lens::Validation, loss(backward, &or(&old_uses, &new_uses), "old", "new"));
    cells.forward(Lens::Validation, loss(forward, &or(&new_uses, &old_uses), "new", "old"));
}

/// Rules that are other ones now.
fn option_changed(change: &Change, cx: &Cx<'_>) -> Option<[Narrowing; 2]> {
    if change.meaning() != Some(Meaning::Validation) {
        return None;
    }
    Some(match (change.old?, change.new?) {
        (Element::Field(a), Element::Field(b)) => fields(cx, a, b),
        (Element::Oneof(a), Element::Oneof(b)) => {
            let [backward, forward] = both([oneof_required(cx.old, a), oneof_required(cx.new, b)], one_set);
            [without_oneof(backward, cx.old, a), without_oneof(forward, cx.new, b)]
        }
        (Element::Message(a), Element::Message(b)) => {
            let whole = both([(cx.old, a), (cx.new, b)], messages);
            chosen_fields(cx, a, b).into_iter().fold(whole, |[backward, forward], (old, new)| {
                let name = &cx.new.field(new).name;
                let [there, back] = fields(cx, old, new).map(|narrowing| narrowing.of_field(name));
                [backward.or_worse(there), forward.or_worse(back)]
            })
        }
        _ => return None,
    })
}

/// The fields of a message whose rules are about what is set on one side and about everything on the other.
fn chosen_fields(cx: &Cx<'_>, old: MessageId, new: MessageId) -> Vec<(FieldId, FieldId)> {
    let pair = |id: &FieldId| Some((*id, cx.new.field_by_number(new, cx.old.field(*id).number)?));
    let pairs = cx.old.message(old).fields.iter().filter_map(pair);
    pairs.filter(|(a, b)| is_chosen(cx.old, *a) != is_chosen(cx.new, *b)).collect()
}

/// Whether a rule of its message has a field as one of several: such a field is not looked at where it is not set,
/// unless it says itself when it is not (<https://protovalidate.com/schemas/oneof-rules/>).
fn is_chosen(schema: &Schema, id: FieldId) -> bool {
    let field = schema.field(id);
    let Some(parent) = field.parent.filter(|m| !field.is_extension() && schema.message(*m).options.is_some())
    else {
        return false;
    };
    let oneofs = OfMessage::read(schema, parent).oneofs;
    oneofs.iter().any(|(names, _)| names.iter().any(|name| **name == *field.name))
}

/// A claim that a message without these fields is sent, if its writer's own rules let it be.
fn without(claim: Narrowing, schema: &Schema, parent: Option<MessageId>, fields: &[FieldId]) -> Narrowing {
    let sent = |m| Whole::of(schema, m).admits_without(fields);
    match claim {
        Narrowing::Refused(what) if !parent.is_none_or(sent) => undecided(&what),
        claim => claim,
    }
}

fn without_oneof(claim: Narrowing, schema: &Schema, id: OneofId) -> Narrowing {
    let oneof = schema.oneof(id);
    without(claim, schema, Some(oneof.parent), &oneof.fields)
}

/// The same of the fields that a oneof of the other side has.
fn without_fields_of(claim: Narrowing, write: &Schema, (read, id): (&Schema, OneofId)) -> Narrowing {
    let oneof = read.oneof(id);
    let Some(parent) = write.message_by_name(&read.message(oneof.parent).full_name) else { return claim };
    let own = oneof.fields.iter().filter_map(|f| write.field_by_number(parent, read.field(*f).number));
    without(claim, write, Some(parent), &own.collect::<Vec<_>>())
}

fn both<T: Copy>([old, new]: [T; 2], narrowing: impl Fn([T; 2]) -> Narrowing) -> [Narrowing; 2] {
    [narrowing([old, new]), narrowing([new, old])]
}

/// A server validates requests; whether anybody else validates is not known.
fn loss(narrowing: Narrowing, uses: &[Use], writer: &str, reader: &str) -> Loss {
    let sent = match narrowing {
        Narrowing::None => return Loss::none(),
        Narrowing::Unclear(why) => {
            return Loss::unknown(format!(
                "{why}: the {reader} rules may refuse what the {writer} ones accept"
            ));
        }
        Narrowing::Refused(what) => {
            format!("{writer} writers may send {what}, which the {reader} rules refuse")
        }
    };
    if uses.iter().any(|u| u.role == Role::Request) {
        Loss::rejects(sent)
    } else if uses.is_empty() {
        Loss::unknown(format!(
            "{sent}; no call of the contract carries it, and its readers may validate or not"
        ))
    } else {
        Loss::unknown(format!("{sent}; only responses carry it, and a client may validate or not"))
    }
}

fn presence(schema: &Schema, id: FieldId) -> Presence {
    match schema.field(id).cardinality {
        Cardinality::Explicit => Presence::Explicit,
        Cardinality::Required => Presence::Required,
        Cardinality::Implicit | Cardinality::Repeated | Cardinality::Map => Presence::Implicit,
    }
}

/// The rules of each library that a field has rules of.
fn of_field(schema: &Schema, id: FieldId) -> Vec<(Library, Rules)> {
    let field = schema.field(id);
    if field.options.is_none() {
        return Vec::new();
    }
    let value = held(schema, field);
    let holds = Holds {
        defined: schema
            .field_enum(value)
            .map(|e| schema.enum_(e).values.iter().map(|v| schema.value(*v).number).collect()),
        messages: matches!(value.kind, Type::Message | Type::Group),
        kinds: match schema.field_enum(value).map(|e| schema.enum_(e)) {
            Some(enum_) if enum_.is_closed() => Some(enum_.values.len() as i128),
            _ => (value.kind == Type::Bool).then_some(2),
        },
        shape: shape_of(schema, field),
    };
    let chosen = is_chosen(schema, id);
    of_libraries(schema, id)
        .map(|(library, raw)| {
            let rules = Rules::read(&raw, library, &holds);
            (library, if chosen { rules.of_chosen() } else { rules })
        })
        .collect()
}

/// What kind of values a field has; `None` where that is not known.
fn shape_of(schema: &Schema, field: &Field) -> Option<Shape> {
    if let Some((key, value)) = schema.map_entry(field) {
        let [key, value] = [key, value].map(|id| shape_of(schema, schema.field(id)));
        return Some(Shape::Map(Box::new(key?), Box::new(value?)));
    }
    let number = Shape::Number;
    let one = match field.kind {
        Type::Double => number(Number::Double),
        Type::Float => number(Number::Float),
        Type::Int32 => number(Number::Int32),
        Type::Int64 => number(Number::Int64),
        Type::Uint32 => number(Number::Uint32),
        Type::Uint64 => number(Number::Uint64),
        Type::Sint32 => number(Number::Sint32),
        Type::Sint64 => number(Number::Sint64),
        Type::Fixed32 => number(Number::Fixed32),
        Type::Fixed64 => number(Number::Fixed64),
        Type::Sfixed32 => number(Number::Sfixed32),
        Type::Sfixed64 => number(Number::Sfixed64),
        Type::Bool => number(Number::Bool),
        Type::String => Shape::Text { binary: false },
        Type::Bytes => Shape::Text { binary: true },
        Type::Enum => {
            let enum_ = schema.enum_(schema.field_enum(field)?);
            let numbers = enum_.values.iter().map(|v| schema.value(*v).number).collect();
            Shape::Enum(numbers, enum_.is_closed())
        }
        Type::Group => Shape::Message,
        Type::Message => of_well_known(field.type_name.as_deref()?),
    };
    Some(if field.cardinality == Cardinality::Repeated { Shape::List(Box::new(one)) } else { one })
}

/// Messages whose rules are about the one value that they hold.
fn of_well_known(name: &str) -> Shape {
    let number = Shape::Number;
    match name.strip_prefix("google.protobuf.").unwrap_or_default() {
        "Duration" => number(Number::Duration),
        "Timestamp" => number(Number::Timestamp),
        "DoubleValue" => number(Number::Double),
        "FloatValue" => number(Number::Float),
        "Int64Value" => number(Number::Int64),
        "UInt64Value" => number(Number::Uint64),
        "Int32Value" => number(Number::Int32),
        "UInt32Value" => number(Number::Uint32),
        "BoolValue" => number(Number::Bool),
        "StringValue" => Shape::Text { binary: false },
        "BytesValue" => Shape::Text { binary: true },
        _ => Shape::Message,
    }
}

fn of_libraries(schema: &Schema, id: FieldId) -> impl Iterator<Item = (Library, Raw)> {
    [(Library::Protovalidate, 1159, "buf.validate.field"), (Library::Pgv, 1071, "validate.rules")]
        .into_iter()
        .filter_map(move |(library, number, name)| {
            let raw = Raw::option(schema, Element::Field(id), number, name)?.message(number)?;
            Some((library, raw))
        })
}

/// The field itself, or what stands for the values of a map in its entry.
fn held<'a>(schema: &'a Schema, field: &'a Field) -> &'a Field {
    let entry = schema.field_message(field).filter(|m| schema.message(*m).map_entry);
    entry.and_then(|m| schema.field_by_number(m, 2)).map_or(field, |id| schema.field(id))
}

fn fields(cx: &Cx<'_>, old: FieldId, new: FieldId) -> [Narrowing; 2] {
    let (a, b) = (of_field(cx.old, old), of_field(cx.new, new));
    let presences = [presence(cx.old, old), presence(cx.new, new)];
    // Rules of one library that take the place of another's are compared with those; of two at once, each has to
    // hold.
    let pairs: Vec<[Rules; 2]> = if a.len() <= 1 && b.len() <= 1 {
        let rules = |list: Vec<(Library, Rules)>, schema: &Schema, field: FieldId| {
            let free = || Rules::free(shape_of(schema, schema.field(field)));
            list.into_iter().next().map_or_else(free, |(_, rules)| rules)
        };
        vec![[rules(a, cx.old, old), rules(b, cx.new, new)]]
    } else {
        let of = |list: &[(Library, Rules)], library: Library| {
            list.iter().find(|(l, _)| *l == library).map(|(_, r)| r.clone()).unwrap_or_default()
        };
        [Library::Protovalidate, Library::Pgv].map(|l| [of(&a, l), of(&b, l)]).to_vec()
    };
    let settled = |write: &Schema, field: FieldId, pairs: &[[&Rules; 2]], presences: [Presence; 2]| {
        let claims: Vec<Narrowing> =
            pairs.iter().map(|[own, other]| own.narrowed_by(other, presences)).collect();
        if claims.iter().all(|claim| *claim == Narrowing::None) {
            return Narrowing::None;
        }
        let whole = write.field(field).parent.map(|m| Whole::of(write, m));
        let whole = whole.as_ref();
        match (claims.as_slice(), pairs) {
            ([claim], [pair]) => settle(claim.clone(), *pair, presences, whole.map(|whole| (whole, field))),
            // What both libraries let through together is not looked into.
            _ => {
                let plain = whole.is_none_or(|whole| whole.is_plain(&[field]));
                claims.into_iter().fold(Narrowing::None, Narrowing::or_worse).unless_forbidden(!plain)
            }
        }
    };
    let there: Vec<[&Rules; 2]> = pairs.iter().map(|[old, new]| [old, new]).collect();
    let back: Vec<[&Rules; 2]> = pairs.iter().map(|[old, new]| [new, old]).collect();
    let [written, read] = presences;
    [settled(cx.old, old, &there, presences), settled(cx.new, new, &back, [read, written])]
}

/// Whether the message of a field has expressions, which may speak of any of its fields.
fn has_expressions(schema: &Schema, id: FieldId) -> bool {
    schema.field(id).parent.is_some_and(|m| speaks_for_itself(schema, m))
}

/// Whether a message has expressions of its own.
fn speaks_for_itself(schema: &Schema, id: MessageId) -> bool {
    schema.message(id).options.is_some() && !OfMessage::read(schema, id).expressions.is_empty()
}

fn never_sent(schema: &Schema, id: FieldId) -> Narrowing {
    let presence = presence(schema, id);
    of_field(schema, id).iter().fold(Narrowing::None, |worst, (_, rules)| {
        worst.or_worse(match rules.accepts_absent(presence) {
            Some(true) => Narrowing::None,
            Some(false) => Narrowing::Refused("a message without it".to_owned()),
            None => Narrowing::Unclear(
                "a pattern, format or expression decides about a message without it".to_owned(),
            ),
        })
    })
}

fn oneof_required(schema: &Schema, id: OneofId) -> bool {
    let option = |number, name| Raw::option(schema, Element::Oneof(id), number, name);
    option(1159, "buf.validate.oneof").and_then(|o| o.message(1159)).is_some_and(|rules| rules.flag(1))
        || option(1071, "validate.required").is_some_and(|o| o.flag(1071))
}

fn one_set([old, new]: [bool; 2]) -> Narrowing {
    if new && !old {
        Narrowing::Refused("a message with none of its fields".to_owned())
    } else {
        Narrowing::None
    }
}

/// The fields that accept only the values that their enum lists, found when first asked for.
#[derive(Debug, Default)]
pub(super) struct DefinedOnly(OnceLock<FxHashMap<EnumId, Vec<FieldId>>>);

impl DefinedOnly {
    /// What becomes of a value of the writer that the reader's enum does not list.
    fn refuse(&self, (write, read): (&Schema, &Schema), enum_: &str, number: i32) -> Narrowing {
        let enums = self.0.get_or_init(|| {
            let mut enums: FxHashMap<EnumId, Vec<FieldId>> = FxHashMap::default();
            for (id, field) in read.fields().filter(|(_, f)| f.options.is_some()) {
                if let Some(enum_) = read.field_enum(held(read, field))
                    && of_libraries(read, id).any(|(_, raw)| is_defined_only(&raw))
                {
                    enums.entry(enum_).or_default().push(id);
                }
            }
            enums
        });
        let fields = read.enum_by_name(enum_).and_then(|id| enums.get(&id));
        fields.into_iter().flatten().fold(Narrowing::None, |worst, field| {
            // A field that the writer does not have is not sent.
            let (number_of, parent) = (read.field(*field).number, read.field(*field).parent);
            let own = parent.and_then(|m| write.message_by_name(&read.message(m).full_name));
            let Some(own) = own.and_then(|m| write.field_by_number(m, number_of)) else { return worst };
            let refused = || Narrowing::Refused(format!("the value {number}"));
            worst.or_worse(
                of_field(write, own)
                    .iter()
                    .fold(refused(), |claim, (_, rules)| match (rules.accepts_value(number), claim) {
                        (Some(true), claim) => claim,
                        (Some(false), _) | (_, Narrowing::None) => Narrowing::None,
                        (None, claim) => claim.unless_forbidden(true),
                    })
                    .unless_forbidden(has_expressions(write, own)),
            )
        })
    }
}

/// Of a value, of the items of a list, of the values of a map.
fn is_defined_only(rules: &Raw) -> bool {
    let inner = |outer, inner| rules.message(outer).and_then(|r| r.message(inner));
    rules.message(16).is_some_and(|e| e.flag(2))
        || [inner(18, 4), inner(19, 5)].iter().flatten().any(is_defined_only)
}

/// What a message says of itself as a whole.
fn messages(sides: [(&Schema, MessageId); 2]) -> Narrowing {
    let claim = narrowed(sides);
    if claim == Narrowing::None {
        return claim;
    }
    let [old, new] = sides.map(|(schema, id)| Whole::of(schema, id));
    match (old.refused_by(&new), claim) {
        (Some(what), _) => Narrowing::Refused(what),
        (None, Narrowing::Refused(what)) if !old.is_vague() || !old.is_plain(&[]) => undecided(&what),
        (None, claim) => claim,
    }
}

/// What the rules of a message as a whole say by themselves.
fn narrowed([(old_schema, old), (new_schema, new)]: [(&Schema, MessageId); 2]) -> Narrowing {
    let (old, new) = (OfMessage::read(old_schema, old), OfMessage::read(new_schema, new));
    if new.disabled {
        return Narrowing::None;
    }
    if old.disabled {
        return Narrowing::Unclear("the rules of the message apply again".to_owned());
    }
    let mut worst = Narrowing::None;
    for text in new.expressions.iter().filter(|e| !old.expressions.contains(e)) {
        worst = worst.or_worse(unclear_expression(text));
    }
    for (fields, required) in &new.oneofs {
        let named = fields.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", ");
        let within = |part: &[String], whole: &[String]| part.iter().all(|f| whole.contains(f));
        if !old.oneofs.iter().any(|(f, _)| within(fields, f)) {
            worst = worst.or_worse(Narrowing::Refused(format!("a message with more than one of {named}")));
        }
        if *required && !old.oneofs.iter().any(|(f, required)| *required && within(f, fields)) {
            worst = worst.or_worse(Narrowing::Refused(format!("a message with none of {named}")));
        }
    }
    if new.rest.iter().any(|rule| !old.rest.contains(rule)) {
        worst =
            worst.or_worse(Narrowing::Unclear("the rules have one that protopact does not know".to_owned()));
    }
    worst.unless_forbidden(!old.expressions.is_empty())
}

#[derive(Debug, Default)]
struct OfMessage {
    disabled: bool,
    expressions: Vec<String>,
    /// Fields that exclude each other, and whether one has to be set.
    oneofs: Vec<(Vec<String>, bool)>,
    /// What is not understood.
    rest: Vec<Vec<u8>>,
}

impl OfMessage {
    /// Whether the message says nothing as a whole.
    fn is_empty(&self) -> bool {
        self.disabled || (self.expressions.is_empty() && self.oneofs.is_empty() && self.rest.is_empty())
    }

    fn read(schema: &Schema, id: MessageId) -> OfMessage {
        let option = |number, name| Raw::option(schema, Element::Message(id), number, name);
        let flag = |number, name| option(number, name).is_some_and(|o: Raw| o.flag(number));
        let mut of = OfMessage {
            disabled: flag(1071, "validate.disabled") || flag(1072, "validate.ignored"),
            ..OfMessage::default()
        };
        let Some(rules) = option(1159, "buf.validate.message").and_then(|o| o.message(1159)) else {
            return of;
        };
        // `disabled` was a field of the first versions.
        of.disabled |= rules.flag(1);
        of.expressions = expressions(&rules.messages(3)).collect();
        of.expressions.extend(rules.blobs(5).map(|b| String::from_utf8_lossy(b).into_owned()));
        of.oneofs = rules.messages(4).iter().map(|o| (names(o), o.flag(2))).collect();
        of.rest = rules
            .numbers()
            .into_iter()
            .filter(|n| ![1, 3, 4, 5].contains(n))
            .map(|n| rules.encoded(n))
            .collect();
        of
    }
}

/// The order of the fields does not matter.
fn names(oneof: &Raw) -> Vec<String> {
    let mut names: Vec<String> = oneof.blobs(1).map(|b| String::from_utf8_lossy(b).into_owned()).collect();
    names.sort_unstable();
    names
}
