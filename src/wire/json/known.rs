//! The well-known types that have a JSON form of their own.

use std::collections::BTreeMap;

use super::read::Parser;
use super::write::{self, double, members, value};
use super::{Json, JsonError};
use crate::compile::json_name;
pub(crate) use crate::schema::Known;
use crate::schema::{MessageId, Schema};
use crate::wire::decode::{decode, get};
use crate::wire::encode::encode;
use crate::wire::reader::{EmptyInAny, JsonStyle, Reader};
use crate::wire::value::{Key, Slot, Tree, Value, is_zero};

/// The years 1 to 9999.
pub(crate) const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years either way.
pub(crate) const DURATION_SECONDS: std::ops::RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;
const NANOS: i32 = 1_000_000_000;
/// It has no JSON form of its own, but to Go for long.
const EMPTY: &str = "google.protobuf.Empty";

fn bytes_of(tree: &Tree, number: i32) -> Vec<u8> {
    match tree.one(number) {
        Some(Value::String(b) | Value::Bytes(b)) => b.clone(),
        _ => Vec::new(),
    }
}

fn seconds_and_nanos(tree: &Tree) -> (i64, i32) {
    let seconds = match tree.one(1) {
        Some(Value::Int64(n)) => *n,
        _ => 0,
    };
    let nanos = match tree.one(2) {
        Some(Value::Int32(n)) => *n,
        _ => 0,
    };
    (seconds, nanos)
}

/// The type an Any names and the fields of what is in it.
fn write_any(schema: &Schema, tree: &Tree) -> Result<Json, JsonError> {
    let url = String::from_utf8_lossy(&bytes_of(tree, 1)).into_owned();
    if tree.fields.is_empty() {
        return Ok(Json::Object(Vec::new()));
    }
    let name = url.rsplit('/').next().unwrap_or_default();
    let Some(inner) = schema.message_by_name(name) else {
        return Err(JsonError::new(format!("the type `{url}` of an Any is not part of the contract")));
    };
    let packed = decode(schema, inner, &bytes_of(tree, 2), Reader::SPEC)
        .map_err(|e| JsonError::new(format!("the value of an Any is not a `{name}`: {e}")))?;
    let mut object = vec![("@type".to_owned(), Json::String(url.clone()))];
    if Known::of(name).is_some() {
        object.push(("value".to_owned(), write::write(schema, &packed)?));
    } else {
        object.extend(members(schema, &packed)?);
    }
    Ok(Json::Object(object))
}

/// The JSON of a well-known type.
pub(super) fn write(schema: &Schema, tree: &Tree, known: Known) -> Result<Json, JsonError> {
    let field = |number| schema.field_by_number(tree.message, number).map(|id| schema.field(id));
    match known {
        Known::Any => write_any(schema, tree),
        Known::Timestamp => {
            let (seconds, nanos) = seconds_and_nanos(tree);
            if !TIMESTAMP_SECONDS.contains(&seconds) || !(0..NANOS).contains(&nanos) {
                return Err(JsonError::new("the timestamp is out of range"));
            }
            let (year, month, day) = civil(seconds.div_euclid(86_400));
            let second = seconds.rem_euclid(86_400);
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            Ok(Json::String(format!(
                "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}{}Z",
                fraction(nanos)
            )))
        }
        Known::Duration => {
            let (seconds, nanos) = seconds_and_nanos(tree);
            let mixed = (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0);
            if !DURATION_SECONDS.contains(&seconds) || nanos.unsigned_abs() >= NANOS.unsigned_abs() || mixed {
                return Err(JsonError::new("the duration is out of range"));
            }
            let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
            Ok(Json::String(format!("{sign}{}{}s", seconds.abs(), fraction(nanos.abs()))))
        }
        Known::FieldMask => {
            let Some(Slot::List(paths)) = tree.fields.get(&1) else { return Ok(Json::String(String::new())) };
            let mut parts = Vec::new();
            for path in paths {
                let Value::String(path) = path else { continue };
                let path = String::from_utf8_lossy(path).into_owned();
                let camel = json_name(&path);
                if snake(&camel) != path {
                    return Err(JsonError::new(format!("the path `{path}` does not survive in camel case")));
                }
                parts.push(camel);
            }
            Ok(Json::String(parts.join(",")))
        }
        Known::Struct => {
            let Some(Slot::Map(entries)) = tree.fields.get(&1) else { return Ok(Json::Object(Vec::new())) };
            let mut object = Vec::new();
            for (key, inner) in entries {
                let (Key::String(key), Value::Message(inner)) = (key, inner) else { continue };
                object.push((String::from_utf8_lossy(key).into_owned(), write::write(schema, inner)?));
            }
            Ok(Json::Object(object))
        }
        Known::ListValue => {
            let Some(Slot::List(items)) = tree.fields.get(&1) else { return Ok(Json::List(Vec::new())) };
            let items = items.iter().filter_map(|v| match v {
                Value::Message(inner) => Some(write::write(schema, inner)),
                _ => None,
            });
            Ok(Json::List(items.collect::<Result<_, _>>()?))
        }
        Known::Value => match tree.fields.iter().next() {
            Some((1, _)) => Ok(Json::Null),
            Some((2, Slot::One(Value::Double(n)))) if n.is_finite() => Ok(double(*n)),
            Some((number, Slot::One(inner))) if *number > 2 => match field(*number) {
                Some(field) => value(schema, field, inner),
                None => Err(JsonError::new("the value has no kind")),
            },
            Some(_) => Err(JsonError::new("a number that is none has no JSON form here")),
            None => Err(JsonError::new("the value has no kind")),
        },
        Known::Wrapper => match field(1) {
            Some(field) => {
                let inner = get(schema, tree, field);
                inner.map_or(Ok(Json::Null), |inner| value(schema, field, &inner))
            }
            None => Ok(Json::Null),
        },
    }
}

/// The message that JSON of a well-known type is.
pub(super) fn read(
    parser: Parser<'_>,
    message: MessageId,
    json: &Json,
    known: Known,
    depth: usize,
) -> Result<Tree, JsonError> {
    let mut tree = Tree::new(message);
    // Java's JSON library reads a number, a boolean and an array of one as the string that they are.
    let java = parser.reader.json == JsonStyle::Java;
    let one = match json {
        Json::List(items) if java => <&[Json; 1]>::try_from(&items[..]).map_or(json, |[one]| one),
        json => json,
    };
    let text = || match one {
        Json::String(text) => Ok(text.as_str()),
        Json::Number(text) if java => Ok(text.as_str()),
        Json::Bool(true) if java => Ok("true"),
        Json::Bool(false) if java => Ok("false"),
        other => Err(JsonError::new(format!("{} is not a string", other.noun()))),
    };
    let inner = |number: i32| {
        let field = parser.schema.field_by_number(message, number).map(|id| parser.schema.field(id));
        field.and_then(|f| match parser.schema.map_entry(f) {
            Some((_, value)) => parser.schema.field_message(parser.schema.field(value)),
            None => parser.schema.field_message(f),
        })
    };
    let put = |tree: &mut Tree, number: i32, value: Value| {
        if !is_zero(&value) {
            tree.fields.insert(number, Slot::One(value));
        }
    };
    match known {
        Known::Any => return read_any(parser, message, json, depth),
        Known::Timestamp => {
            let text = text()?;
            let (seconds, nanos) =
                timestamp(text).ok_or_else(|| JsonError::new(format!("`{text}` is not a timestamp")))?;
            put(&mut tree, 1, Value::Int64(seconds));
            put(&mut tree, 2, Value::Int32(nanos));
        }
        Known::Duration => {
            let text = text()?;
            let (seconds, nanos) =
                duration(text).ok_or_else(|| JsonError::new(format!("`{text}` is not a duration")))?;
            put(&mut tree, 1, Value::Int64(seconds));
            put(&mut tree, 2, Value::Int32(nanos));
        }
        Known::FieldMask => {
            let paths = text()?.split(',').filter(|p| !p.is_empty());
            if let Some(path) = paths.clone().find(|p| !is_path(p, parser.reader.json)) {
                return Err(JsonError::new(format!("`{path}` is not a path of fields")));
            }
            let paths: Vec<Value> = paths.map(|p| Value::String(snake(p).into_bytes())).collect();
            if !paths.is_empty() {
                tree.fields.insert(1, Slot::List(paths));
            }
        }
        Known::Struct => {
            let Json::Object(members) = json else {
                return Err(JsonError::new(format!("{} is not an object", json.noun())));
            };
            let Some(value) = inner(1) else { return Ok(tree) };
            let mut entries = BTreeMap::new();
            for (key, json) in members {
                let read = parser.message(value, json, depth + 1).map_err(|e| e.under(key))?;
                entries.insert(Key::String(key.as_bytes().to_vec()), Value::Message(read));
            }
            if !entries.is_empty() {
                tree.fields.insert(1, Slot::Map(entries));
            }
        }
        Known::ListValue => {
            let Json::List(items) = json else {
                return Err(JsonError::new(format!("{} is not an array", json.noun())));
            };
            let Some(value) = inner(1) else { return Ok(tree) };
            let items = items.iter().map(|j| parser.message(value, j, depth + 1).map(Value::Message));
            let items = items.collect::<Result<Vec<_>, _>>()?;
            if !items.is_empty() {
                tree.fields.insert(1, Slot::List(items));
            }
        }
        Known::Value => {
            let (number, value) = match json {
                Json::Null => (1, Value::Enum(0)),
                Json::Number(text) => {
                    let number: f64 = text.parse().unwrap_or_default();
                    // Python reads what looks like a whole number as one, and those have no -0.
                    let whole = parser.reader.json == JsonStyle::Python && !text.contains(['.', 'e', 'E']);
                    (2, Value::Double(if whole && number == 0.0 { 0.0 } else { number }))
                }
                Json::String(text) => (3, Value::String(text.as_bytes().to_vec())),
                Json::Bool(b) => (4, Value::Bool(*b)),
                Json::Object(_) => match inner(5) {
                    Some(of) => (5, Value::Message(parser.message(of, json, depth + 1)?)),
                    None => return Ok(tree),
                },
                Json::List(_) => match inner(6) {
                    Some(of) => (6, Value::Message(parser.message(of, json, depth + 1)?)),
                    None => return Ok(tree),
                },
            };
            tree.fields.insert(number, Slot::One(value));
        }
        Known::Wrapper => {
            let member = [("value".to_owned(), json.clone())];
            return parser.members(message, &member, depth);
        }
    }
    Ok(tree)
}

fn read_any(parser: Parser<'_>, message: MessageId, json: &Json, depth: usize) -> Result<Tree, JsonError> {
    let Json::Object(members) = json else {
        return Err(JsonError::new(format!("{} is not an object", json.noun())));
    };
    let mut tree = Tree::new(message);
    if members.is_empty() {
        return Ok(tree);
    }
    let url = members.iter().find_map(|(key, json)| match json {
        Json::String(url) if key == "@type" => Some(url),
        _ => None,
    });
    let Some(url) = url else { return Err(JsonError::new("an Any has no `@type`")) };
    let name = url.rsplit('/').next().unwrap_or_default();
    let Some(inner) = parser.schema.message_by_name(name) else {
        return Err(JsonError::new(format!("the type `{url}` of an Any is not known")));
    };
    let rest: Vec<(String, Json)> = members.iter().filter(|(key, _)| key != "@type").cloned().collect();
    let has_value = match (Known::of(name), parser.reader.json_empty) {
        (Some(_), _) => true,
        (None, EmptyInAny::Value) => name == EMPTY,
        (None, EmptyInAny::Either) => name == EMPTY && rest.iter().any(|(key, _)| key == "value"),
        (None, EmptyInAny::Nowhere) => false,
    };
    let packed = match (has_value, rest.as_slice()) {
        (true, [(key, json)]) if key == "value" => parser.message(inner, json, depth + 1)?,
        (true, _) => return Err(JsonError::new("an Any of a well-known type has one `value`")),
        (false, rest) => parser.members(inner, rest, depth + 1)?,
    };
    tree.fields.insert(1, Slot::One(Value::String(url.clone().into_bytes())));
    let bytes = encode(parser.schema, &packed);
    if !bytes.is_empty() {
        tree.fields.insert(2, Slot::One(Value::Bytes(bytes)));
    }
    Ok(tree)
}

/// Whether a parser takes a path of a mask: Go asks for names in camel case, Python for no underscores, Java for nothing.
fn is_path(path: &str, style: JsonStyle) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    match style {
        JsonStyle::Java => true,
        JsonStyle::Python => !path.contains('_'),
        JsonStyle::Strict => path.split('.').all(is_name),
    }
}

/// Nanoseconds as a fraction of three, six or nine digits, or nothing.
fn fraction(nanos: i32) -> String {
    match nanos {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => format!(".{:06}", n / 1_000),
        n => format!(".{n:09}"),
    }
}

fn unfraction(text: &str) -> Option<i32> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{text:0<9}").parse().ok()
}

/// Seconds with a fraction and an `s`.
fn duration(text: &str) -> Option<(i64, i32)> {
    let number = text.strip_suffix('s')?;
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (whole, part) = number.split_once('.').map_or((number, None), |(w, p)| (w, Some(p)));
    if !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let nanos = part.map_or(Some(0), unfraction)?;
    let (seconds, nanos) = if negative { (-seconds, -nanos) } else { (seconds, nanos) };
    DURATION_SECONDS.contains(&seconds).then_some((seconds, nanos))
}

/// RFC 3339.
fn timestamp(text: &str) -> Option<(i64, i32)> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let zone_at = time.rfind(['Z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone_at);
    let (clock, part) = clock.split_once('.').map_or((clock, None), |(c, p)| (c, Some(p)));
    let mut clock = clock.splitn(3, ':').map(|p| p.parse::<i64>().ok());
    let (h, m, s) = (clock.next()??, clock.next()??, clock.next()??);
    let fits = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || !(0..24).contains(&h) || !(0..60).contains(&m) || !(0..60).contains(&s) {
        return None;
    }
    let offset = match zone {
        "Z" => 0,
        _ => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes * 60 } else { minutes * 60 }
        }
    };
    let seconds = days(year, month, day) * 86_400 + h * 3600 + m * 60 + s - offset;
    let nanos = part.map_or(Some(0), unfraction)?;
    TIMESTAMP_SECONDS.contains(&seconds).then_some((seconds, nanos))
}

/// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar: years begin in March, so that
/// the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The other way round.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

fn snake(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-719_162), (1, 1, 1));
        for day in (-719_162..2_932_897).step_by(97) {
            let (y, m, d) = civil(day);
            assert_eq!(days(y, m, d), day);
        }
    }

    #[test]
    fn timestamps_and_durations_are_read() {
        assert_eq!(timestamp("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(timestamp("1969-12-31T23:59:59.5Z"), Some((-1, 500_000_000)));
        assert_eq!(timestamp("1970-01-01T01:00:00+01:00"), Some((0, 0)));
        assert_eq!(timestamp("1970-13-01T00:00:00Z"), None);
        assert_eq!(timestamp("yesterday"), None);
        assert_eq!(duration("-1.5s"), Some((-1, -500_000_000)));
        assert_eq!(duration("1"), None);
        assert_eq!(fraction(10_000), ".000010");
    }

    #[test]
    fn masks_are_camel_case() {
        assert_eq!(snake("aBc.d"), "a_bc.d");
    }
}
