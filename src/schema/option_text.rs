//! Options as a person writes them: `(buf.validate.field).int32.gt = 0`.

use buffa::UnknownFieldData;
use buffa::unknown_fields::UnknownFields;

use super::model::{Element, Field, FieldId, MessageId};
use super::options::{self, OptionValue};
use super::tables::Schema;
use super::{Cardinality, Kind};

/// How deep values are followed; deeper ones are shown as numbers.
const MAX_DEPTH: usize = 32;

/// An option with its value. A message of one field is written as the path to it; what the schema does not describe
/// keeps its numbers.
pub fn assignment(schema: &Schema, element: Element, option: &OptionValue) -> String {
    let described = schema.extension(options::message_of(element), option.number as i32).or_else(|| {
        let message = schema.message_by_name(options::message_of(element))?;
        schema.field_by_number(message, option.number as i32)
    });
    let fields = UnknownFields::decode_from_slice(&option.encoded).ok();
    match (described, fields) {
        (Some(id), Some(fields)) => assigned(schema, &option.name, id, &fields, 0),
        _ => format!("{} = {}", option.name, option.text()),
    }
}

/// `name = value`, or `name.part = value` for a message with one field set.
fn assigned(schema: &Schema, name: &str, id: FieldId, fields: &UnknownFields, depth: usize) -> String {
    let field = schema.field(id);
    let values: Vec<&UnknownFieldData> = fields.iter().map(|f| &f.data).collect();
    if let ([one], Some(message)) = (&*values, schema.field_message(field))
        && !matches!(field.cardinality, Cardinality::Repeated | Cardinality::Map)
        && depth < MAX_DEPTH
        && let Some(inner) = inside(one)
        && let Some(first) = inner.iter().next()
        && inner.iter().all(|f| f.number == first.number)
        && let Some(part) = part(schema, message, first.number)
    {
        return assigned(schema, &format!("{name}.{}", part_name(schema, part)), part, &inner, depth + 1);
    }
    let texts: Vec<String> = values.iter().flat_map(|data| value(schema, field, data, depth)).collect();
    match (&*texts, field.cardinality) {
        ([one], cardinality) if cardinality != Cardinality::Repeated => format!("{name} = {one}"),
        _ => format!("{name} = [{}]", texts.join(", ")),
    }
}

/// The field of an option's message, an extension included.
fn part(schema: &Schema, message: MessageId, number: u32) -> Option<FieldId> {
    let number = i32::try_from(number).ok()?;
    let own = schema.field_by_number(message, number);
    own.or_else(|| schema.extension(&schema.message(message).full_name, number))
}

fn part_name(schema: &Schema, id: FieldId) -> String {
    let field = schema.field(id);
    if field.is_extension() {
        format!("({})", schema.full_name(Element::Field(id)))
    } else {
        field.name.to_string()
    }
}

/// The fields of a message value.
fn inside(data: &UnknownFieldData) -> Option<UnknownFields> {
    match data {
        UnknownFieldData::LengthDelimited(bytes) => UnknownFields::decode_from_slice(bytes).ok(),
        UnknownFieldData::Group(fields) => Some(fields.clone()),
        _ => None,
    }
}

/// One value; several where a list is packed.
fn value(schema: &Schema, field: &Field, data: &UnknownFieldData, depth: usize) -> Vec<String> {
    let raw = || vec![options::value(data)];
    match (field.kind, data) {
        (Kind::Message | Kind::Group, _) if depth < MAX_DEPTH => {
            match (schema.field_message(field), inside(data)) {
                (Some(message), Some(fields)) => vec![braces(schema, message, &fields, depth + 1)],
                _ => raw(),
            }
        }
        (Kind::String, UnknownFieldData::LengthDelimited(bytes)) => {
            vec![format!("{:?}", String::from_utf8_lossy(bytes))]
        }
        (Kind::Bytes | Kind::Message | Kind::Group, _) => raw(),
        (kind, UnknownFieldData::LengthDelimited(bytes)) => match unpacked(kind, bytes) {
            Some(list) => list.iter().map(|data| scalar(schema, field, data)).collect(),
            None => raw(),
        },
        _ => vec![scalar(schema, field, data)],
    }
}

fn braces(schema: &Schema, message: MessageId, fields: &UnknownFields, depth: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    for field in fields.iter() {
        match part(schema, message, field.number) {
            Some(id) => {
                let (name, described) = (part_name(schema, id), schema.field(id));
                parts.extend(
                    value(schema, described, &field.data, depth).iter().map(|v| format!("{name}: {v}")),
                );
            }
            None => parts.push(format!("{}: {}", field.number, options::value(&field.data))),
        }
    }
    format!("{{{}}}", parts.join(", "))
}

/// The values of a packed list.
fn unpacked(kind: Kind, bytes: &[u8]) -> Option<Vec<UnknownFieldData>> {
    let mut list = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (data, after) = match kind {
            Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => {
                let (first, after) = rest.split_first_chunk::<4>()?;
                (UnknownFieldData::Fixed32(u32::from_le_bytes(*first)), after)
            }
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => {
                let (first, after) = rest.split_first_chunk::<8>()?;
                (UnknownFieldData::Fixed64(u64::from_le_bytes(*first)), after)
            }
            _ => {
                let length = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
                if length > 10 {
                    return None;
                }
                let number = rest[..length]
                    .iter()
                    .enumerate()
                    .fold(0_u64, |n, (i, byte)| n | u64::from(byte & 0x7f).wrapping_shl(7 * i as u32));
                (UnknownFieldData::Varint(number), &rest[length..])
            }
        };
        list.push(data);
        rest = after;
    }
    Some(list)
}

fn scalar(schema: &Schema, field: &Field, data: &UnknownFieldData) -> String {
    match (field.kind, data) {
        (Kind::Bool, UnknownFieldData::Varint(n)) => (*n != 0).to_string(),
        (Kind::Enum, UnknownFieldData::Varint(n)) => {
            let number = *n as i32;
            let values = schema.field_enum(field).map(|id| &schema.enum_(id).values);
            let named = values.and_then(|v| v.iter().find(|v| schema.value(**v).number == number));
            named.map_or_else(|| number.to_string(), |v| schema.value(*v).name.to_string())
        }
        (Kind::Sint32 | Kind::Sint64, UnknownFieldData::Varint(n)) => {
            ((*n >> 1) as i64 ^ -((*n & 1) as i64)).to_string()
        }
        (Kind::Int32 | Kind::Int64, UnknownFieldData::Varint(n)) => (*n as i64).to_string(),
        (Kind::Float, UnknownFieldData::Fixed32(n)) => f32::from_bits(*n).to_string(),
        (Kind::Double, UnknownFieldData::Fixed64(n)) => f64::from_bits(*n).to_string(),
        (Kind::Sfixed32, UnknownFieldData::Fixed32(n)) => (*n as i32).to_string(),
        (Kind::Sfixed64, UnknownFieldData::Fixed64(n)) => (*n as i64).to_string(),
        _ => options::value(data),
    }
}
