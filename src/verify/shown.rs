//! Values in sentences: short, and with the place in them where two are not the same.

use buffa_descriptor::reflect::{DynamicMessage, MapKey, ReflectMessage as _, Value};
use data_encoding::HEXLOWER;
use serde_json::Value as Json;

use super::oracle::same_json;

/// The most characters of a value that are shown.
const MOST: usize = 60;

/// The most characters of a number that are shown with all its digits: as many as the longest fraction has.
const DIGITS: usize = 24;

/// A value for a sentence.
pub(super) fn shown(value: &Value) -> String {
    let some = |all: Vec<String>| short(&all.join(", "), MOST);
    match value {
        Value::Bool(v) => v.to_string(),
        Value::I32(v) | Value::EnumNumber(v) => v.to_string(),
        Value::I64(v) => v.to_string(),
        Value::U32(v) => v.to_string(),
        Value::U64(v) => v.to_string(),
        Value::F32(v) => number(v),
        Value::F64(v) => number(v),
        Value::String(v) if v.chars().count() > MOST => format!("a string of {} bytes", v.len()),
        Value::String(v) => format!("{v:?}"),
        Value::Bytes(v) if v.len() > MOST / 2 => format!("{} bytes", v.len()),
        Value::Bytes(v) => format!("bytes {}", HEXLOWER.encode(v)),
        Value::Message(v) => format!("a message ({})", some(fields(v))),
        Value::List(v) => {
            format!("a list of {} ({})", v.len(), some(v.iter().take(MOST).map(shown).collect()))
        }
        Value::Map(v) => {
            let entries =
                v.iter().take(MOST).map(|(key, value)| format!("{}: {}", shown_key(key), shown(value)));
            format!("a map of {} ({})", v.len(), some(entries.collect()))
        }
    }
}

/// A number with a point; one that is very large or very small is told by its exponent, and not with all its zeros.
fn number(value: &(impl std::fmt::Display + std::fmt::LowerExp)) -> String {
    let plain = value.to_string();
    if plain.len() > DIGITS { format!("{value:e}") } else { plain }
}

/// The set fields of a message, and how many there are that are not known.
fn fields(message: &DynamicMessage) -> Vec<String> {
    let mut all = Vec::new();
    message.for_each_set(&mut |field, _| {
        if let Some(value) = message.field_by_number(field.number()).filter(|_| all.len() < MOST) {
            all.push(format!("{}: {}", field.name(), shown(value)));
        }
    });
    let unknown = message.unknown_fields().iter().map(|u| format!("unknown field {}", u.number));
    all.extend(unknown.take(MOST));
    if all.is_empty() { vec!["empty".to_owned()] } else { all }
}

pub(super) fn shown_key(key: &MapKey) -> String {
    match key {
        MapKey::Bool(v) => v.to_string(),
        MapKey::I32(v) => v.to_string(),
        MapKey::I64(v) => v.to_string(),
        MapKey::U32(v) => v.to_string(),
        MapKey::U64(v) => v.to_string(),
        MapKey::String(v) => format!("{v:?}"),
    }
}

/// A key, and the keys of a map that does not have it, for a sentence. Of keys that begin alike is told where they part.
pub(super) fn missing<'k>(key: &MapKey, others: impl Iterator<Item = &'k MapKey>) -> [String; 2] {
    let others: Vec<&MapKey> = others.collect();
    if let MapKey::String(text) = key
        && text.chars().count() > MOST
    {
        let text: Vec<char> = text.chars().collect();
        let texts = others.iter().filter_map(|other| match other {
            MapKey::String(other) => Some(other.chars().collect::<Vec<char>>()),
            _ => None,
        });
        if let Some(nearest) = texts.max_by_key(|other| alike(&text, other)) {
            let [key, nearest] =
                around(&text, &nearest, |part| format!("{:?}", part.iter().collect::<String>()));
            let keys = match others.len() {
                1 => format!("only {nearest}"),
                n => format!("{n} others, of which the nearest has {nearest}"),
            };
            return [key, keys];
        }
    }
    let all: Vec<String> = others.into_iter().map(shown_key).collect();
    let keys = match all.len() {
        0 => "no entry".to_owned(),
        1 => format!("only {}", short(&all[0], MOST)),
        n => format!("{n} others ({})", short(&all.join(", "), MOST)),
    };
    [short(&shown_key(key), MOST), keys]
}

/// Two values that are not the same, shown so that they do not look it.
pub(super) fn apart(a: &Value, b: &Value) -> [String; 2] {
    let plain = [shown(a), shown(b)];
    if plain[0] != plain[1] {
        return plain;
    }
    match (a, b) {
        (Value::String(a), Value::String(b)) => {
            around(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), |part| {
                format!("{:?}", part.iter().collect::<String>())
            })
        }
        (Value::Bytes(a), Value::Bytes(b)) => around(a, b, |part| HEXLOWER.encode(part)),
        _ => [(a, &plain[0]), (b, &plain[1])].map(|(value, text)| format!("{text}, {}", kind(value))),
    }
}

/// What both have where they are not the same any more.
fn around<T: PartialEq>(a: &[T], b: &[T], text: impl Fn(&[T]) -> String) -> [String; 2] {
    let at = alike(a, b);
    [a, b].map(|all| match &all[at.min(all.len())..] {
        [] => format!("ending after {at}"),
        rest => format!("{} from {at} on", text(&rest[..rest.len().min(MOST / 3)])),
    })
}

/// How much of two things is the same at their beginning.
fn alike<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "a boolean",
        Value::I32(_) | Value::U32(_) => "a number of 32 bits",
        Value::I64(_) | Value::U64(_) => "a number of 64 bits",
        Value::EnumNumber(_) => "the number of an enum",
        Value::F32(_) => "a float",
        Value::F64(_) => "a double",
        Value::String(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Message(_) => "a message",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    }
}

/// The beginning of a text.
pub(super) fn short(text: &str, most: usize) -> String {
    let cut: String = text.chars().take(most).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

/// Where two JSON documents part.
#[derive(Debug)]
pub(super) struct Parting<'a> {
    /// The place: `a.b[0]`; empty for the whole.
    pub place: String,
    /// What there is in the first and in the second.
    pub values: [Option<&'a Json>; 2],
}

impl Parting<'_> {
    /// What there is, for a sentence.
    pub(super) fn shown(&self) -> [String; 2] {
        let text = |value: &Option<&Json>| match value {
            Some(value) => format!("`{}`", short(&value.to_string(), MOST)),
            None => "nothing".to_owned(),
        };
        let both = [text(&self.values[0]), text(&self.values[1])];
        match self.values {
            [Some(Json::String(a)), Some(Json::String(b))] if both[0] == both[1] => {
                around(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), |part| {
                    format!("{:?}", part.iter().collect::<String>())
                })
            }
            _ => both,
        }
    }
}

/// Where two JSON documents part first; `None` where they say the same.
pub(super) fn parting<'a>(a: &'a Json, b: &'a Json) -> Option<Parting<'a>> {
    part(Some(a), Some(b), String::new())
}

fn part<'a>(a: Option<&'a Json>, b: Option<&'a Json>, place: String) -> Option<Parting<'a>> {
    match (a, b) {
        (None, None) => None,
        (Some(a), Some(b)) if same_json(a, b) => None,
        (Some(Json::Object(x)), Some(Json::Object(y))) => {
            let more = y.keys().filter(|key| !x.contains_key(*key));
            x.keys().chain(more).find_map(|key| {
                let inner = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                part(x.get(key), y.get(key), inner)
            })
        }
        (Some(Json::Array(x)), Some(Json::Array(y))) => {
            (0..x.len().max(y.len())).find_map(|i| part(x.get(i), y.get(i), format!("{place}[{i}]")))
        }
        _ => Some(Parting { place, values: [a, b] }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(a: &Json, b: &Json) -> String {
        let parting = parting(a, b).unwrap();
        let [a, b] = parting.shown();
        format!("{}: {a} / {b}", parting.place)
    }

    #[test]
    fn numbers_are_told_in_a_few_digits() {
        for (value, expected) in [
            (Value::F64(1.5), "1.5"),
            (Value::F64(-0.1 - 0.2), "-0.30000000000000004"),
            (Value::F64(f64::MIN), "-1.7976931348623157e308"),
            (Value::F64(5e-324), "5e-324"),
            (Value::F32(f32::MAX), "3.4028235e38"),
            (Value::F32(f32::NAN), "NaN"),
        ] {
            assert_eq!(shown(&value), expected);
        }
    }

    #[test]
    fn documents_part_where_they_are_not_the_same() {
        let long = "x".repeat(300);
        for (a, b, expected) in [
            (json!({"a": {"b": [1, 2]}}), json!({"a": {"b": [1, 3]}}), "a.b[1]: `2` / `3`"),
            (json!({"a": long, "b": 1}), json!({"a": long}), "b: `1` / nothing"),
            (json!({"a": 1.0}), json!({"a": 1, "z": null}), "z: nothing / `null`"),
            (json!([1]), json!([1, 2]), "[1]: nothing / `2`"),
            (json!("1"), json!(1), ": `\"1\"` / `1`"),
            (
                json!({"a": format!("{long}one")}),
                json!({"a": format!("{long}two")}),
                "a: \"one\" from 300 on / \"two\" from 300 on",
            ),
        ] {
            assert_eq!(told(&a, &b), expected);
        }
        assert!(parting(&json!({"a": 1.0}), &json!({"a": 1})).is_none());
    }

    #[test]
    fn values_that_are_not_the_same_do_not_look_it() {
        let text = |s: String| Value::String(s);
        let long = "y".repeat(100);
        for (a, b, expected) in [
            (Value::I32(1), Value::F32(1.0), ["1, a number of 32 bits", "1, a float"]),
            (text(format!("{long}a")), text(format!("{long}b")), ["\"a\" from 100 on", "\"b\" from 100 on"]),
            (
                Value::Bytes([vec![0; 40], vec![1]].concat()),
                Value::Bytes([vec![0; 40], vec![2]].concat()),
                ["01 from 40 on", "02 from 40 on"],
            ),
            (
                Value::List(vec![Value::I32(1), Value::I32(2)]),
                Value::List(vec![Value::I32(2)]),
                ["a list of 2 (1, 2)", "a list of 1 (2)"],
            ),
        ] {
            assert_eq!(apart(&a, &b), expected);
        }
    }

    #[test]
    fn keys_that_begin_alike_are_told_apart() {
        let key = |text: &str| MapKey::String(text.to_owned());
        let long = "k".repeat(70);
        let [one, two, three] = ["one", "two", "otter"].map(|end| key(&format!("{long}{end}")));
        for (others, expected) in [
            (vec![&two], ["\"one\" from 70 on", "only \"two\" from 70 on"]),
            (
                vec![&two, &three],
                ["\"ne\" from 71 on", "2 others, of which the nearest has \"tter\" from 71 on"],
            ),
        ] {
            assert_eq!(missing(&one, others.into_iter()), expected);
        }
        assert_eq!(missing(&MapKey::I32(1), [MapKey::I32(2)].iter()), ["1", "only 2"]);
        assert_eq!(missing(&key("a"), [].iter()), ["\"a\"", "no entry"]);
    }
}
