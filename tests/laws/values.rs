//! Random messages, and whether they survive being read under another schema.

use prost::Message as _;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor,
    ReflectMessage as _, Value,
};

use crate::files::{compiled, input};

pub(crate) fn pool(text: &str) -> DescriptorPool {
    let mut pool = DescriptorPool::new();
    for file in compiled(&input("", &[("a.proto", text)])).files {
        pool.decode_file_descriptor_proto(&*file.descriptor).unwrap();
    }
    pool
}

/// splitmix64: enough for picking values, and the same everywhere.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[(self.next() % from.len() as u64) as usize].clone()
    }
}

/// Writes a few random messages of `w` and reads them as `r`.
///
/// # Errors
///
/// What was lost or changed.
pub(crate) fn survives(
    w: &MessageDescriptor,
    r: &MessageDescriptor,
    seed: u64,
    additions: bool,
) -> Result<(), String> {
    let mut rng = Rng(seed);
    for _ in 0..12 {
        let written = message(w, &mut rng, 0);
        let bytes = written.encode_to_vec();
        let read = DynamicMessage::decode(r.clone(), bytes.as_slice())
            .map_err(|e| format!("{e} on {bytes:02x?}"))?;
        same(&written, &read, additions)
            .map_err(|why| format!("{why} on {bytes:02x?}: {written} read as {read}"))?;
    }
    Ok(())
}

fn message(descriptor: &MessageDescriptor, rng: &mut Rng, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        // Nobody sends what was announced to go away.
        if deprecated(&field)
            || rng.next().is_multiple_of(3)
            || (depth > 2 && matches!(field.kind(), Kind::Message(_)))
        {
            continue;
        }
        let value = if field.is_map() {
            let Kind::Message(entry) = field.kind() else { unreachable!() };
            let value_field = entry.map_entry_value_field();
            if depth > 2 && matches!(value_field.kind(), Kind::Message(_)) {
                continue;
            }
            let keys = ["", "k", "é"];
            Value::Map(
                keys.iter()
                    .take((rng.next() % 4) as usize)
                    .map(|k| (MapKey::String((*k).to_owned()), scalar(&value_field, rng, depth)))
                    .collect(),
            )
        } else if field.is_list() {
            Value::List((0..rng.next() % 4).map(|_| scalar(&field, rng, depth)).collect())
        } else {
            scalar(&field, rng, depth)
        };
        message.set_field(&field, value);
    }
    message
}

fn deprecated(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().options.as_ref().is_some_and(|o| o.deprecated == Some(true))
}

fn scalar(field: &FieldDescriptor, rng: &mut Rng, depth: u32) -> Value {
    match field.kind() {
        Kind::Double => Value::F64(rng.pick(&[0.0, -0.5, 1e300, f64::INFINITY])),
        Kind::Float => Value::F32(rng.pick(&[0.0, -0.5, 1e30, f32::NEG_INFINITY])),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            Value::I32(rng.pick(&[0, 1, -1, i32::MIN, i32::MAX, 300]))
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            Value::I64(rng.pick(&[0, 1, -1, i64::MIN, i64::MAX, i64::from(i32::MAX) + 1]))
        }
        Kind::Uint32 | Kind::Fixed32 => Value::U32(rng.pick(&[0, 1, u32::MAX, 1 << 31])),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(rng.pick(&[0, 1, u64::MAX, 1 << 63, 1 << 32])),
        Kind::Bool => Value::Bool(rng.next().is_multiple_of(2)),
        Kind::String => Value::String(rng.pick(&["", "a", "日本語 🦀", "\0"]).to_owned()),
        Kind::Bytes => {
            Value::Bytes(rng.pick(&[&b""[..], b"\xff\xfe", b"\x08\x01", b"plain"]).to_vec().into())
        }
        Kind::Enum(e) => {
            let listed: Vec<i32> = e.values().map(|v| v.number()).collect();
            Value::EnumNumber(rng.pick(&listed))
        }
        Kind::Message(m) => Value::Message(message(&m, rng, depth + 1)),
    }
}

fn same(written: &DynamicMessage, read: &DynamicMessage, additions: bool) -> Result<(), String> {
    for (field, value) in written.fields() {
        let name = format!("{} ({})", field.name(), field.number());
        let Some(other) = read.descriptor().get_field(field.number()) else {
            if additions {
                continue;
            }
            return Err(format!("{name} is dropped"));
        };
        // A default without presence is not sent, so nothing is lost by not reading it.
        let now = read.get_field(&other);
        if flat(value) != flat(&now) && !same_messages(value, &now, additions)? {
            return Err(format!("{name} was {value}, is {now}"));
        }
    }
    for (field, value) in read.fields() {
        let known = written.descriptor().get_field(field.number());
        let was_set =
            known.as_ref().is_some_and(|f| written.has_field(f) || f.cardinality() == Cardinality::Repeated);
        if !was_set && !flat(value).iter().all(is_zero) {
            return Err(format!("{} ({}) appeared as {value}", field.name(), field.number()));
        }
    }
    Ok(())
}

/// Messages within values, compared by the same law.
fn same_messages(written: &Value, read: &Value, additions: bool) -> Result<bool, String> {
    let list = |v: &Value| -> Option<Vec<DynamicMessage>> {
        match v {
            Value::Message(m) => Some(vec![m.clone()]),
            Value::List(l) => l.iter().map(|v| v.as_message().cloned()).collect(),
            _ => None,
        }
    };
    match (written, read) {
        (Value::Message(m), Value::Bytes(b)) => Ok(m.encode_to_vec() == b.as_ref()),
        (Value::List(l), Value::List(bytes)) if bytes.iter().any(|b| matches!(b, Value::Bytes(_))) => {
            Ok(l.len() == bytes.len()
                && l.iter().zip(bytes).all(|(m, b)| match (m, b) {
                    (Value::Message(m), Value::Bytes(b)) => m.encode_to_vec() == b.as_ref(),
                    _ => false,
                }))
        }
        // Map entries are messages of a key and a value; bytes and message lists keep each of them.
        (Value::Map(a), Value::List(l)) => Ok(a.len() == l.len()),
        (Value::Map(a), Value::Map(b)) => {
            let kept = |(key, value): (&MapKey, &Value)| match b.get(key) {
                Some(other) if flat(value) == flat(other) => Ok(true),
                Some(other) => same_messages(value, other, additions),
                None => Ok(false),
            };
            let kept: Result<Vec<bool>, String> = a.iter().map(kept).collect();
            Ok(a.len() == b.len() && kept?.into_iter().all(|k| k))
        }
        _ => match (list(written), list(read)) {
            (Some(a), Some(b)) => {
                for (x, y) in a.iter().zip(&b) {
                    same(x, y, additions)?;
                }
                Ok(a.len() == b.len())
            }
            _ => Ok(false),
        },
    }
}

/// A value with its type taken away: what the number, text or list means.
#[derive(Clone, Debug, PartialEq)]
enum Flat {
    Integer(i128),
    Float(f64),
    Bytes(Vec<u8>),
    Other(String),
}

fn is_zero(value: &Flat) -> bool {
    match value {
        Flat::Integer(n) => *n == 0,
        Flat::Float(n) => *n == 0.0,
        Flat::Bytes(b) => b.is_empty(),
        Flat::Other(_) => false,
    }
}

fn flat(value: &Value) -> Vec<Flat> {
    match value {
        Value::Bool(b) => vec![Flat::Integer((*b).into())],
        Value::I32(n) | Value::EnumNumber(n) => vec![Flat::Integer((*n).into())],
        Value::I64(n) => vec![Flat::Integer((*n).into())],
        Value::U32(n) => vec![Flat::Integer((*n).into())],
        Value::U64(n) => vec![Flat::Integer((*n).into())],
        Value::F32(n) => vec![Flat::Float((*n).into())],
        Value::F64(n) => vec![Flat::Float(*n)],
        Value::String(s) => vec![Flat::Bytes(s.as_bytes().to_vec())],
        Value::Bytes(b) => vec![Flat::Bytes(b.to_vec())],
        Value::List(l) => l.iter().flat_map(flat).collect(),
        Value::Message(m) => vec![Flat::Other(format!("{m}"))],
        Value::Map(m) => {
            let mut entries: Vec<String> = m.iter().map(|(k, v)| format!("{k:?}:{:?}", flat(v))).collect();
            entries.sort();
            entries.into_iter().map(Flat::Other).collect()
        }
    }
}
