//! Whether one value keeps to rules, and what is wrong with one that does not.

use super::datum::{Datum, Shape};
use super::numbers::Type;
use super::rules::{Clause, Ignore, Presence, Rules, Value};
use super::set::Set;
use super::text::all;

/// 1970, and a time that no run of this program will see, in nanoseconds since 1970.
const PAST: i128 = 0;
const FUTURE: i128 = 7_258_118_400_000_000_000;
/// Fifty years: what was in 1970 is farther away.
const LONG: i128 = 1_577_000_000_000_000_000;

impl Rules {
    /// Whether the rules let a field through that holds this, or is absent; `None` where that is not known.
    pub(super) fn judge(&self, value: Option<&Datum>, presence: Presence) -> Option<bool> {
        let Some(value) = value else { return self.accepts_absent(presence) };
        if presence == Presence::Implicit && value.is_zero() {
            return self.accepts_absent(presence);
        }
        if value.is_zero() && self.ignores_zero(presence) {
            return Some(true);
        }
        let clauses = self.clauses.iter().map(|clause| clause.judge(value));
        all([self.value.judge(value)].into_iter().chain(clauses))
    }

    pub(super) fn ignores_zero(&self, presence: Presence) -> bool {
        match self.ignore {
            Ignore::Zero => presence != Presence::Explicit,
            Ignore::ZeroAlways | Ignore::Always => true,
            Ignore::Unset => false,
        }
    }

    /// What a refused value is an example of, for a sentence.
    pub(super) fn why_refused(&self, value: Option<&Datum>, presence: Presence) -> String {
        let absent = "a message without it";
        let Some(value) = value else { return absent.to_owned() };
        if presence == Presence::Implicit && value.is_zero() {
            return absent.to_owned();
        }
        let refused = |rules: &Rules, of: &Datum| rules.judge(Some(of), Presence::Element) == Some(false);
        let why = |rules: &Rules, of: &Datum, part: &str| {
            format!("{}{part}", rules.why_refused(Some(of), Presence::Element))
        };
        match (&self.value, value) {
            (Value::Text(rules), Datum::Text(text, _)) if rules.accepts(text) == Some(false) => {
                return rules.why_refused(text);
            }
            (Value::List(counts, unique, rules), Datum::List(items)) => {
                if !counts.contains(items.len() as i128) {
                    return counted(items.len(), "item");
                }
                if let Some(item) = items.iter().find(|item| refused(rules, item)) {
                    return why(rules, item, " in a list");
                }
                if *unique && different(items) == Some(false) {
                    return "a list with two equal items".to_owned();
                }
            }
            (Value::Map(counts, _, keys, values), Datum::Map(pairs)) => {
                if !counts.contains(pairs.len() as i128) {
                    return counted(pairs.len(), "pair");
                }
                if let Some((key, _)) = pairs.iter().find(|(key, _)| refused(keys, key)) {
                    return why(keys, key, " as a key");
                }
                if let Some((_, value)) = pairs.iter().find(|(_, value)| refused(values, value)) {
                    return why(values, value, " as a value of a map");
                }
            }
            _ => {}
        }
        let clause = self.clauses.iter().find(|clause| clause.judge(value) == Some(false));
        match clause.and_then(|clause| clause.refuses) {
            Some(what) => what.to_owned(),
            None => value.show(),
        }
    }

    /// All that a writer may send, where that is little: `None` where it is much, or is not known.
    pub(super) fn all_values(&self) -> Option<Vec<Option<Datum>>> {
        let shape = self.shape.as_ref()?;
        let empty = || vec![None, shape.zero()];
        match (&self.value, shape) {
            (Value::List(counts, ..) | Value::Map(counts, ..), Shape::List(_) | Shape::Map(..))
                if counts.max().is_none_or(|n| n == 0) =>
            {
                Some(empty())
            }
            (Value::Text(text), Shape::Text { binary }) => {
                let listed = text.only.as_ref()?.iter().map(|t| Some(Datum::Text(t.clone(), *binary)));
                Some(empty().into_iter().chain(listed).collect())
            }
            (Value::Numbers(numbers), Shape::Number(of)) if numbers.of == *of => {
                let points = numbers.accepted.intersect(&of.valid());
                listed(&points, *of).map(|values| empty().into_iter().chain(values).collect())
            }
            (_, Shape::Number(Type::Bool)) => {
                listed(&Set::range(0, 1), Type::Bool).map(|values| [None].into_iter().chain(values).collect())
            }
            (_, Shape::Enum(numbers, true)) => {
                let all = Set::points(numbers.iter().map(|n| i128::from(*n)));
                listed(&all, Type::Enum).map(|values| [None].into_iter().chain(values).collect())
            }
            (Value::Numbers(numbers), Shape::Enum(..)) if numbers.of == Type::Enum => {
                listed(&numbers.accepted, Type::Enum)
                    .map(|values| empty().into_iter().chain(values).collect())
            }
            _ => None,
        }
    }
}

/// So many values are gone through one by one.
const FEW: i128 = 1000;

fn listed(points: &Set, of: Type) -> Option<Vec<Option<Datum>>> {
    (points.count() <= FEW).then(|| points.members().map(|point| Some(Datum::Number(of, point))).collect())
}

fn counted(count: usize, unit: &str) -> String {
    if count == 1 { format!("one {unit}") } else { format!("{count} {unit}s") }
}

/// Whether no two of them are equal; not known where there is one that is not equal to itself.
fn different(items: &[Datum]) -> Option<bool> {
    let is_nan =
        |item: &Datum| matches!(item, Datum::Number(of, n) if of.is_float() && of.float(*n).is_nan());
    if items.iter().any(is_nan) {
        return None;
    }
    Some(items.iter().enumerate().all(|(at, item)| !items.iter().take(at).any(|other| other == item)))
}

impl Value {
    fn judge(&self, value: &Datum) -> Option<bool> {
        match (self, value) {
            (Value::Free, _) => Some(true),
            (Value::Numbers(rules), Datum::Number(of, point)) if rules.of == *of => {
                Some(rules.accepted.contains(*point))
            }
            (Value::Text(rules), Datum::Text(text, binary)) if rules.binary == *binary => rules.accepts(text),
            (Value::List(counts, unique, rules), Datum::List(items)) => {
                let count = Some(counts.contains(items.len() as i128));
                let unique = if *unique { different(items) } else { Some(true) };
                let items = items.iter().map(|item| rules.judge(Some(item), Presence::Element));
                all([count, unique].into_iter().chain(items))
            }
            (Value::Map(counts, full, keys, values), Datum::Map(pairs)) => {
                let count = Some(counts.contains(pairs.len() as i128));
                // Values that may be missing are messages, of which nothing is known here.
                let full = if *full && !pairs.is_empty() { None } else { Some(true) };
                let pairs = pairs.iter().flat_map(|(key, value)| {
                    [keys.judge(Some(key), Presence::Element), values.judge(Some(value), Presence::Element)]
                });
                all([count, full].into_iter().chain(pairs))
            }
            _ => None,
        }
    }
}

impl Clause {
    /// Whether a condition holds of a value; `None` where it is not understood.
    pub(super) fn judge(&self, value: &Datum) -> Option<bool> {
        if let Some(read) = &self.read {
            return read.holds(value);
        }
        let Datum::Number(Type::Timestamp, time) = value else { return None };
        match (self.name.as_str(), self.limit) {
            ("lt_now", _) if *time <= PAST => Some(true),
            ("lt_now", _) if *time >= FUTURE => Some(false),
            ("gt_now", _) if *time <= PAST => Some(false),
            ("gt_now", _) if *time >= FUTURE => Some(true),
            ("within", Some(limit)) if *time <= PAST && limit < LONG => Some(false),
            _ => None,
        }
    }
}
