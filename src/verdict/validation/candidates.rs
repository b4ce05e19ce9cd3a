//! Values that may tell two sets of rules apart: those at which something begins or ends, on either side.

use rustc_hash::FxHashSet;

use super::cel::Literal;
use super::datum::{Datum, Shape};
use super::examples::texts;
use super::formats::SAMPLES;
use super::numbers::{Numbers, Type};
use super::pattern::Pattern;
use super::rules::{Presence, Rules, Value};
use super::set::Set;
use super::text::Text;

/// So many items, keys and values are tried in lists and maps.
const PARTS: usize = 48;
/// Lists and maps are made up to this length.
const LONG: i128 = 1024;

/// What expressions name.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    points: Vec<i128>,
    doubles: Vec<f64>,
    texts: Vec<Vec<u8>>,
}

impl Hints {
    pub(super) fn add(&mut self, literals: Vec<Literal>) {
        for literal in literals {
            match literal {
                Literal::Int(n) => self.points.push(n),
                Literal::Double(n) => self.doubles.push(n),
                Literal::Text(text) => self.texts.push(text),
                Literal::Pattern(pattern) => self.texts.extend(Pattern::rewritten(pattern).examples()),
            }
        }
        // As many as an expression of sense has.
        self.points.truncate(64);
        self.doubles.truncate(64);
        self.texts.truncate(128);
    }

    /// Whether a value is what an expression names, or next to it.
    pub(super) fn are_near(&self, value: &Datum) -> bool {
        match value {
            Datum::Number(of, point) if of.is_float() => {
                self.doubles.iter().any(|n| (of.point(*n) - point).abs() <= 1)
            }
            Datum::Number(_, point) => self.points.iter().any(|n| (n - point).abs() <= 1),
            Datum::Text(text, _) => {
                let long = self.points.iter().any(|n| (n - text.len() as i128).abs() <= 1);
                long || self.texts.iter().any(|near| text.starts_with(near) || text.ends_with(near))
            }
            Datum::List(_) | Datum::Map(_) => true,
        }
    }

    fn of_rules(&mut self, rules: &Rules) {
        for clause in &rules.clauses {
            self.add(clause.read.as_ref().map(|read| read.literals()).unwrap_or_default());
        }
        match &rules.value {
            Value::List(_, _, items) => self.of_rules(items),
            Value::Map(_, _, keys, values) => {
                self.of_rules(keys);
                self.of_rules(values);
            }
            Value::Free | Value::Numbers(_) | Value::Text(_) => {}
        }
    }
}

/// Values of a shape, plain ones first; absence is not among them.
pub(super) fn values(old: &Rules, new: &Rules, shape: &Shape, hints: &Hints) -> Vec<Datum> {
    let mut hints = hints.clone();
    hints.of_rules(old);
    hints.of_rules(new);
    of_shape(old, new, shape, &hints)
}

fn of_shape(old: &Rules, new: &Rules, shape: &Shape, hints: &Hints) -> Vec<Datum> {
    match shape {
        Shape::Number(of) => of_numbers(*of, [&old.value, &new.value], hints, None),
        Shape::Enum(numbers, closed) => {
            of_numbers(Type::Enum, [&old.value, &new.value], hints, Some((numbers, *closed)))
        }
        Shape::Text { binary } => of_texts(*binary, [&old.value, &new.value], hints),
        Shape::List(of) => of_lists(old, new, of, hints),
        Shape::Map(key, value) => of_maps(old, new, (key, value), hints),
        Shape::Message => Vec::new(),
    }
}

fn of_numbers(of: Type, sides: [&Value; 2], hints: &Hints, listed: Option<(&Vec<i32>, bool)>) -> Vec<Datum> {
    let side = |value: &Value| match value {
        Value::Numbers(numbers) if numbers.of == of => numbers.accepted.clone(),
        _ => Numbers::all(of).accepted,
    };
    let [old, new] = sides.map(side);
    let mut points: Vec<i128> = vec![0, 1, -1, 2, -2, 3, 5, 7, 10, 100, 1000];
    let around = |set: &Set, points: &mut Vec<i128>| {
        points.extend(set.ends().take(256).flat_map(|n| [n.saturating_sub(1), n, n.saturating_add(1)]));
        points.extend(set.minus(&Set::points([0])).example());
    };
    for set in [&old, &new, &old.minus(&new), &new.minus(&old), &of.valid()] {
        around(set, &mut points);
    }
    let doubles = hints.doubles.iter().copied();
    if of.is_float() {
        let whole = hints.points.iter().map(|n| *n as f64);
        let plain = [1.0, -1.0, 0.5, -0.5, 2.0, 10.0, 1e10, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for number in doubles.chain(whole).chain(plain) {
            let point = of.point(number);
            points.extend([point - 1, point, point + 1]);
        }
    } else {
        points.extend(hints.points.iter().flat_map(|n| [n - 1, *n, n + 1, 2 * n, -n]));
    }
    if let Some((numbers, closed)) = listed {
        points.extend(numbers.iter().map(|n| i128::from(*n)));
        points.retain(|n| !closed || numbers.iter().any(|own| i128::from(*own) == *n));
    }
    let valid = of.valid();
    points.retain(|point| valid.contains(*point));
    points.sort_unstable_by_key(|point| (point.unsigned_abs(), *point < 0));
    points.dedup();
    points.into_iter().map(|point| Datum::Number(of, point)).collect()
}

fn of_texts(binary: bool, sides: [&Value; 2], hints: &Hints) -> Vec<Datum> {
    let side = |value: &Value| match value {
        Value::Text(text) if text.binary == binary => (**text).clone(),
        _ => Text::all(binary),
    };
    let [old, new] = sides.map(side);
    let mut all = texts(&old, &new);
    all.push(Vec::new());
    for text in &hints.texts {
        let beside = [&[text.as_slice(), b"x"], &[b"x", text], &[text, text]].map(|parts| parts.concat());
        all.extend(beside);
        all.push(text.clone());
        all.extend(hints.texts.iter().map(|other| [text.as_slice(), other].concat()));
    }
    for count in hints.points.iter().filter_map(|n| usize::try_from(*n).ok()).filter(|n| *n < 4096) {
        for count in [count.saturating_sub(1), count, count + 1] {
            all.extend(["a", "é"].map(|letter| letter.repeat(count).into_bytes()));
        }
    }
    if !binary && !hints.texts.is_empty() {
        all.extend(SAMPLES.iter().map(|text| text.as_bytes().to_vec()));
    }
    all.retain(|text| binary || std::str::from_utf8(text).is_ok());
    all.sort_by_key(Vec::len);
    // Two pairs of a map with one key are one.
    let mut seen = FxHashSet::default();
    all.retain(|text| seen.insert(text.clone()));
    all.into_iter().map(|text| Datum::Text(text, binary)).collect()
}

/// Those first that a side accepts: something has to be in a list that is too long.
fn parts(old: &Rules, new: &Rules, shape: &Shape, hints: &Hints) -> Vec<Datum> {
    let mut all = of_shape(old, new, shape, hints);
    let judge = |rules: &Rules, value: &Datum| rules.judge(Some(value), Presence::Element);
    all.retain(|value| judge(old, value) != Some(false));
    all.sort_by_key(|value| (judge(new, value) != Some(true), value.size() > 64));
    // Of what the other side accepts some, of what it refuses the rest.
    let accepted = all.iter().take_while(|value| judge(new, value) == Some(true)).count();
    let refused = all.split_off(accepted.min(all.len()));
    all.truncate(PARTS);
    all.extend(refused.into_iter().take(PARTS));
    all
}

/// Lengths at which something begins or ends.
fn lengths(sides: [&Value; 2], hints: &Hints) -> Vec<usize> {
    let mut all: Vec<i128> = vec![1, 2, 3, 4];
    for value in sides {
        if let Value::List(counts, ..) | Value::Map(counts, ..) = value {
            all.extend(counts.ends().flat_map(|n| [n.saturating_sub(1), n, n.saturating_add(1)]));
        }
    }
    all.extend(hints.points.iter().flat_map(|n| [n - 1, *n, n + 1]));
    all.retain(|n| (1..=LONG).contains(n));
    all.sort_unstable();
    all.dedup();
    all.into_iter().filter_map(|n| usize::try_from(n).ok()).collect()
}

fn of_lists(old: &Rules, new: &Rules, shape: &Shape, hints: &Hints) -> Vec<Datum> {
    let free = Rules::default();
    let side = |rules: &'_ Rules| match &rules.value {
        Value::List(_, _, of) => (**of).clone(),
        _ => free.clone(),
    };
    let items = parts(&side(old), &side(new), shape, hints);
    let Some(plain) = items.first() else { return vec![Datum::List(Vec::new())] };
    let mut all = vec![Vec::new()];
    all.extend(items.iter().map(|item| vec![item.clone()]));
    for length in lengths([&old.value, &new.value], hints) {
        let different: Vec<Datum> = items.iter().filter(|i| i.size() <= 64).take(length).cloned().collect();
        if different.len() == length {
            all.push(different.clone());
            all.push(different.iter().rev().cloned().collect());
        }
        all.push(vec![plain.clone(); length]);
        if length > 1 && length < 16 {
            // Each item among others, and as often as there is room.
            for item in items.iter().filter(|item| *item != plain) {
                let others = items.iter().filter(|other| *other != item).take(length - 1).cloned();
                all.push(others.chain([item.clone()]).collect());
                if length < 4 {
                    all.push(vec![item.clone(); length]);
                }
            }
        }
    }
    all.into_iter().map(Datum::List).collect()
}

fn of_maps(old: &Rules, new: &Rules, (key, value): (&Shape, &Shape), hints: &Hints) -> Vec<Datum> {
    let free = Rules::default();
    let side = |rules: &'_ Rules| match &rules.value {
        Value::Map(_, _, keys, values) => ((**keys).clone(), (**values).clone()),
        _ => (free.clone(), free.clone()),
    };
    let ((old_keys, old_values), (new_keys, new_values)) = (side(old), side(new));
    let keys = parts(&old_keys, &new_keys, key, hints);
    let values = parts(&old_values, &new_values, value, hints);
    let (Some(first), Some(plain)) = (keys.first(), values.first()) else {
        return vec![Datum::Map(Vec::new())];
    };
    let mut all = vec![Vec::new()];
    all.extend(keys.iter().map(|key| vec![(key.clone(), plain.clone())]));
    all.extend(values.iter().map(|value| vec![(first.clone(), value.clone())]));
    for length in lengths([&old.value, &new.value], hints).into_iter().filter(|n| *n > 1) {
        let keys: Vec<&Datum> = keys.iter().filter(|k| k.size() <= 64).take(length).collect();
        if keys.len() == length {
            all.push(keys.iter().map(|key| ((*key).clone(), plain.clone())).collect());
            let cycled = keys.iter().zip(values.iter().cycle());
            all.push(cycled.map(|(key, value)| ((*key).clone(), value.clone())).collect());
        }
    }
    // Every value beside enough others.
    let least = lengths([&old.value, &new.value], hints).into_iter().filter(|n| (2..16).contains(n));
    for length in least {
        let others: Vec<&Datum> = keys.iter().take(length).collect();
        if let ([last, rest @ ..], true) = (others.as_slice(), others.len() == length) {
            for value in &values {
                let rest = rest.iter().map(|key| ((*key).clone(), plain.clone()));
                all.push(rest.chain([((*last).clone(), value.clone())]).collect());
            }
            for key in keys.iter().skip(length) {
                let rest = rest.iter().map(|key| ((*key).clone(), plain.clone()));
                all.push(rest.chain([(key.clone(), plain.clone())]).collect());
            }
        }
    }
    all.into_iter().map(Datum::Map).collect()
}
