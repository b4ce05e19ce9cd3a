//! What is said of rules is shown by a value, or proven: a claim that one side refuses what the other sends stands
//! only with a value that keeps to all the rules of its writer.

use super::Narrowing;
use super::candidates::{Hints, values};
use super::datum::{Datum, Shape};
use super::numbers::Type;
use super::rules::{Presence, Rules, Value, undecided};
use super::whole::Whole;
use crate::schema::FieldId;

/// How much may be computed for one answer: evaluations, weighed by what they cost.
const BUDGET: u64 = 4_000_000;

/// A claim about two sets of rules for one field, settled by examples.
pub(super) fn settle(
    claim: Narrowing,
    [old, new]: [&Rules; 2],
    [written, read]: [Presence; 2],
    whole: Option<(&Whole, FieldId)>,
) -> Narrowing {
    // Whether a message with such a field is for certain sent, whatever else its rules are.
    let sent = |value: Option<&Datum>| whole.is_none_or(|(whole, field)| whole.admits(field, value));
    let plain = whole.is_none_or(|(whole, field)| whole.is_plain(&[field]));
    if claim == Narrowing::None {
        return claim;
    }
    let known = match (&old.shape, &new.shape) {
        (Some(a), Some(b)) if a == b => Some(a),
        // An enum may list other numbers, and is read as it is on each side.
        (Some(a @ Shape::Enum(..)), Some(Shape::Enum(..))) => Some(a),
        _ => None,
    };
    let Some(shape) = known else { return claim.unless_forbidden(!plain) };
    let refused = |value: Option<&Datum>| {
        old.judge(value, written) == Some(true) && new.judge(value, read) == Some(false) && sent(value)
    };
    let absent = matches!(written, Presence::Explicit | Presence::Implicit);
    if absent && refused(None) {
        return Narrowing::Refused(new.why_refused(None, read));
    }
    let cost = steps(old) + steps(new);
    let mut budget = BUDGET;
    let mut unsent = false;
    for value in values(old, new, shape, &Hints::default()) {
        let Some(left) = budget.checked_sub(1 + cost.saturating_mul(value.items().max(1) as u64)) else {
            break;
        };
        budget = left;
        if old.judge(Some(&value), written) != Some(true) || new.judge(Some(&value), read) != Some(false) {
            continue;
        }
        if sent(Some(&value)) {
            return Narrowing::Refused(new.why_refused(Some(&value), read));
        }
        unsent = true;
    }
    let held = |value: &Option<Datum>| {
        let value = value.as_ref();
        old.judge(value, written) == Some(false) || new.judge(value, read) == Some(true)
    };
    if old.all_values().is_some_and(|all| all.iter().filter(|v| absent || v.is_some()).all(held)) {
        return Narrowing::None;
    }
    match claim {
        // Of what is too large to be made up, sizes and counts are compared exactly.
        Narrowing::Refused(what) if !unsent && is_beyond(shape) && plain => Narrowing::Refused(what),
        Narrowing::Refused(what) => undecided(&what),
        claim => claim,
    }
}

/// Whether there are values of a shape that nobody makes up here.
fn is_beyond(shape: &Shape) -> bool {
    match shape {
        Shape::Number(_) | Shape::Enum(..) => false,
        // Of few different values there are no long lists of different ones.
        Shape::List(of) | Shape::Map(_, of) => {
            !matches!(**of, Shape::Enum(_, true) | Shape::Number(Type::Bool))
        }
        Shape::Text { .. } | Shape::Message => true,
    }
}

/// What an evaluation of all expressions costs.
fn steps(rules: &Rules) -> u64 {
    let own: u64 = rules.clauses.iter().filter_map(|c| c.read.as_ref()).map(|read| read.steps).sum();
    own + match &rules.value {
        Value::List(_, _, items) => steps(items),
        Value::Map(_, _, keys, values) => steps(keys) + steps(values),
        Value::Free | Value::Numbers(_) | Value::Text(_) => 1,
    }
}
