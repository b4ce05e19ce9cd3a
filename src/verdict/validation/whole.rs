//! Messages as a whole: whether what is said of one field can be in a message that keeps to all the rules of its
//! writer, and which messages tell two sets of such rules apart.

use super::candidates::{Hints, values};
use super::cel::{Expression, Variable};
use super::datum::{Datum, Shape};
use super::rules::{Presence, Rules};
use super::text::{all, show};
use super::{OfMessage, of_field, oneof_required, presence, shape_of};
use crate::schema::{FieldId, MessageId, OneofId, Schema};

/// So many messages are tried to tell two sets of rules apart.
const MESSAGES: usize = 4096;
/// So many fields of a message are varied at once.
const VARIED: usize = 3;
/// How much may be computed for one answer.
const BUDGET: u64 = 3_000_000;

/// What one side lets through of a message.
pub(super) struct Whole {
    fields: Vec<OfField>,
    oneofs: Vec<(OneofId, bool)>,
    rules: OfMessage,
    /// The expressions with the fields they name; `None` for one that is not understood.
    expressions: Vec<(String, Option<Read>)>,
}

/// An expression, and the fields that it names.
type Read = (Expression, Vec<String>);

struct OfField {
    id: FieldId,
    number: i32,
    name: String,
    shape: Option<Shape>,
    presence: Presence,
    rules: Vec<Rules>,
    oneof: Option<OneofId>,
}

impl OfField {
    fn accepts(&self, value: Option<&Datum>) -> Option<bool> {
        all(self.rules.iter().map(|rules| rules.judge(value, self.presence)))
    }

    fn may_be_absent(&self) -> bool {
        self.presence != Presence::Required && self.accepts(None) == Some(true)
    }

    fn is_set(&self, value: Option<&Datum>) -> bool {
        value.is_some_and(|value| self.presence != Presence::Implicit || !value.is_zero())
    }

    /// A value that is there and keeps to the rules of the field.
    fn example(&self) -> Option<Datum> {
        let shape = self.shape.as_ref()?;
        let free = Rules::default();
        let rules = self.rules.first().unwrap_or(&free);
        let mut all = values(rules, rules, shape, &Hints::default()).into_iter();
        all.find(|value| self.is_set(Some(value)) && self.accepts(Some(value)) == Some(true))
    }
}

/// How the fields are set about which nothing is asked.
#[derive(Clone, Copy)]
enum Fill {
    Least,
    Most,
}

type Values = Vec<Option<Datum>>;

impl Whole {
    pub(super) fn of(schema: &Schema, id: MessageId) -> Whole {
        let message = schema.message(id);
        let fields: Vec<OfField> = message
            .fields
            .iter()
            .map(|id| {
                let field = schema.field(*id);
                OfField {
                    id: *id,
                    number: field.number,
                    name: field.name.to_string(),
                    shape: shape_of(schema, field),
                    presence: presence(schema, *id),
                    rules: of_field(schema, *id).into_iter().map(|(_, rules)| rules).collect(),
                    oneof: field.oneof,
                }
            })
            .collect();
        let rules = OfMessage::read(schema, id);
        // What is absent is a default of its own, or null, in an expression.
        let spoken = |f: &&OfField| {
            let field = schema.field(f.id);
            let wrapped =
                field.kind.is_message() && !matches!(f.shape, Some(Shape::List(_) | Shape::Map(..)));
            field.default.is_none() && !wrapped
        };
        let variables = fields.iter().map(|f| Variable {
            name: f.name.clone(),
            shape: f.shape.clone().filter(|_| spoken(&f)).unwrap_or(Shape::Message),
        });
        let variables: Vec<Variable> = variables.collect();
        let expressions = rules.expressions.iter();
        let expressions =
            expressions.map(|text| (text.clone(), Expression::of_message(text, &variables))).collect();
        let oneofs = message.oneofs.iter().map(|id| (*id, oneof_required(schema, *id))).collect();
        Whole { fields, oneofs, rules, expressions }
    }

    /// Whether nothing but the rules of one field decides about a message that has it.
    pub(super) fn is_plain(&self, but: &[FieldId]) -> bool {
        let others = self.fields.iter().filter(|f| !but.contains(&f.id));
        self.rules.is_empty()
            && !self.oneofs.iter().any(|(_, required)| *required)
            && others.into_iter().all(OfField::may_be_absent)
    }

    /// Whether the writer for certain sends messages in which a field is this, or absent.
    pub(super) fn admits(&self, id: FieldId, value: Option<&Datum>) -> bool {
        if self.is_plain(&[id]) {
            return true;
        }
        self.sends(|field| (field.id == id).then(|| value.cloned()))
    }

    /// Whether the writer for certain sends messages in which none of these fields is set.
    pub(super) fn admits_without(&self, fields: &[FieldId]) -> bool {
        self.sends(|field| fields.contains(&field.id).then_some(None))
            && self.fields.iter().filter(|f| fields.contains(&f.id)).all(OfField::may_be_absent)
    }

    fn sends(&self, given: impl Fn(&OfField) -> Option<Option<Datum>>) -> bool {
        [Fill::Least, Fill::Most].into_iter().any(|fill| {
            let values = self.fill(fill, &given);
            values.is_some_and(|values| self.keeps(&values) == Some(true))
        })
    }

    /// The values of all fields: those that are given, the others as their own rules have them.
    fn fill(&self, fill: Fill, given: impl Fn(&OfField) -> Option<Option<Datum>>) -> Option<Values> {
        let mut values: Values = Vec::new();
        let mut taken: Vec<OneofId> = Vec::new();
        let mut open = Vec::new();
        for field in &self.fields {
            let given = given(field);
            open.push(given.is_none());
            let value = given.flatten();
            taken.extend(field.oneof.filter(|_| field.is_set(value.as_ref())));
            values.push(value);
        }
        for ((field, value), open) in self.fields.iter().zip(&mut values).zip(open) {
            if !open {
                continue;
            }
            if field.oneof.is_some_and(|oneof| taken.contains(&oneof)) {
                if !field.may_be_absent() {
                    return None;
                }
                continue;
            }
            let required = self.oneofs.iter().any(|(id, required)| *required && field.oneof == Some(*id));
            let absent = field.may_be_absent() && !required;
            if absent && (matches!(fill, Fill::Least) || field.oneof.is_some()) {
                continue;
            }
            match field.example() {
                Some(example) => {
                    *value = Some(example);
                    taken.extend(field.oneof);
                }
                None if absent || required => {}
                None => return None,
            }
        }
        Some(values)
    }

    /// Whether the rules of the message let these values through.
    fn keeps(&self, values: &Values) -> Option<bool> {
        all((0..self.count()).map(|rule| self.keeps_one(rule, values)))
    }

    /// How many rules the message has as a whole.
    fn count(&self) -> usize {
        self.expressions.len() + self.rules.oneofs.len() + self.oneofs.len() + 1
    }

    fn keeps_one(&self, rule: usize, values: &Values) -> Option<bool> {
        if self.rules.disabled {
            return Some(true);
        }
        let fields = || self.fields.iter().zip(values);
        if let Some((_, read)) = self.expressions.get(rule) {
            let (read, _) = read.as_ref()?;
            let known = fields().map(|(field, value)| {
                let set = field.is_set(value.as_ref());
                (field.name.as_str(), set, value.clone().or_else(|| field.shape.as_ref()?.zero()))
            });
            return read.holds_of_message(&known.collect::<Vec<_>>());
        }
        let rule = rule - self.expressions.len();
        if let Some((names, required)) = self.rules.oneofs.get(rule) {
            let set = fields().filter(|(f, value)| names.contains(&f.name) && f.is_set(value.as_ref()));
            let count = set.count();
            return Some(count == 1 || (count == 0 && !required));
        }
        let rule = rule - self.rules.oneofs.len();
        if let Some((id, required)) = self.oneofs.get(rule) {
            let set = fields().any(|(f, value)| f.oneof == Some(*id) && f.is_set(value.as_ref()));
            return Some(set || !required);
        }
        self.rules.rest.is_empty().then_some(true)
    }

    /// What is wrong with a message that does not keep a rule, for a sentence.
    fn why_refused(&self, rule: usize) -> String {
        if let Some((text, _)) = self.expressions.get(rule) {
            return format!("a message of which {} does not hold", show(text.as_bytes()));
        }
        match self.rules.oneofs.get(rule - self.expressions.len()) {
            Some((names, required)) => {
                let named = names.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", ");
                format!(
                    "a message with {} of {named}",
                    if *required { "none or several" } else { "more than one" }
                )
            }
            None => "a message with none of its fields".to_owned(),
        }
    }

    fn steps(&self) -> u64 {
        let read = self.expressions.iter().filter_map(|(_, read)| read.as_ref());
        read.map(|(read, _)| read.steps).sum::<u64>() + self.fields.len() as u64 + 1
    }

    /// A message that this side sends and the other one refuses as a whole, said in words.
    pub(super) fn refused_by(&self, new: &Whole) -> Option<String> {
        if new.rules.disabled {
            return None;
        }
        let mut hints = Hints::default();
        for (read, _) in self.expressions.iter().chain(&new.expressions).filter_map(|(_, read)| read.as_ref())
        {
            hints.add(read.literals());
        }
        let varied = self.varied(new);
        let each = match varied.len() {
            0 => return None,
            1 => MESSAGES,
            2 => 64,
            _ => 16,
        };
        let choices: Vec<(FieldId, Values)> =
            varied.into_iter().map(|f| (f.id, choices(f, &hints, each))).collect();
        let total = choices.iter().map(|(_, values)| values.len()).product::<usize>().min(MESSAGES);
        let tries = usize::try_from(BUDGET / (self.steps() + new.steps())).unwrap_or_default();
        for at in 0..total.min(tries) {
            let mut rest = at;
            let chosen: Vec<(FieldId, &Option<Datum>)> = choices
                .iter()
                .filter_map(|(id, values)| {
                    let value = values.get(rest % values.len().max(1))?;
                    rest /= values.len().max(1);
                    Some((*id, value))
                })
                .collect();
            let given =
                |f: &OfField| chosen.iter().find(|(id, _)| *id == f.id).map(|(_, value)| (*value).clone());
            for fill in [Fill::Least, Fill::Most] {
                let Some(values) = self.fill(fill, given) else { continue };
                if self.keeps(&values) == Some(true)
                    && let Some(rule) = new.refuses(self, &values)
                {
                    return Some(new.why_refused(rule));
                }
            }
        }
        None
    }

    /// The fields that decide: those that expressions and rules of the message name.
    fn varied(&self, new: &Whole) -> Vec<&OfField> {
        let named = |whole: &Whole, field: &OfField| {
            let by_rules = whole.rules.oneofs.iter().any(|(names, _)| names.contains(&field.name));
            let read = whole.expressions.iter().filter_map(|(_, read)| read.as_ref());
            by_rules || read.into_iter().any(|(_, names)| names.contains(&field.name))
        };
        let known = |number: i32| new.fields.iter().find(|f| f.number == number);
        let decides = |f: &&OfField| named(self, f) || known(f.number).is_some_and(|f| named(new, f));
        self.fields.iter().filter(decides).filter(|f| f.shape.is_some()).take(VARIED).collect()
    }

    /// The rule that a message of the other side does not keep.
    fn refuses(&self, writer: &Whole, values: &Values) -> Option<usize> {
        let value = |number: i32, shape: &Option<Shape>| {
            let at = writer.fields.iter().position(|f| f.number == number && f.shape == *shape)?;
            values.get(at).cloned().flatten()
        };
        // A field that means something else here is not understood.
        let same = |field: &OfField| {
            let own = writer.fields.iter().find(|f| f.number == field.number);
            own.is_none_or(|own| own.shape == field.shape)
        };
        if !self.fields.iter().all(same) {
            return None;
        }
        let values = self.fields.iter().map(|f| value(f.number, &f.shape)).collect();
        (0..self.count()).find(|rule| self.keeps_one(*rule, &values) == Some(false))
    }

    /// Whether there is a field among them whose values nobody can think of.
    pub(super) fn is_vague(&self) -> bool {
        self.fields.iter().any(|f| !f.shape.as_ref().is_some_and(|shape| *shape != Shape::Message))
    }
}

/// Absent, and values that the field's own rules let through.
fn choices(field: &OfField, hints: &Hints, most: usize) -> Values {
    let mut all: Values = Vec::new();
    if field.may_be_absent() {
        all.push(None);
    }
    let free = Rules::default();
    let rules = field.rules.first().unwrap_or(&free);
    let Some(shape) = &field.shape else { return all };
    let mut known = values(rules, rules, shape, hints);
    known.retain(|value| field.is_set(Some(value)) && field.accepts(Some(value)) == Some(true));
    known.sort_by_key(|value| !hints.are_near(value));
    all.extend(known.into_iter().map(Some).take(most));
    all
}
