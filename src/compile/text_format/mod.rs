//! Descriptor sets in the text format: `.txtpb`, as `buf build -o` and `protoc --decode` write them.

mod parse;

use buffa_descriptor::{DescriptorPool, FieldDescriptor, FieldKind, MessageIndex, ScalarType, SingularKind};
use rustc_hash::FxHashSet;

use super::{encode, wire};
pub use parse::TextError;
use parse::{Name, Node, Value, error};

/// What buf's images carry in a file, by the name that it has there.
const BUF_EXTENSION: (&str, u32) = ("buf_extension", wire::BUF_EXTENSION);

/// Turns a text into the wire form of a message. Extensions that the pool does not have are left out when `lenient`.
///
/// # Errors
///
/// The text is no such message.
pub(super) fn to_wire(
    text: &str,
    pool: &DescriptorPool,
    message: MessageIndex,
    lenient: bool,
) -> Result<Vec<u8>, TextError> {
    let nodes = parse::parse(text)?;
    let mut out = Vec::with_capacity(text.len() / 4);
    Lowering { text, pool, lenient }.message(&nodes, message, &mut out)?;
    Ok(out)
}

struct Lowering<'a> {
    text: &'a str,
    pool: &'a DescriptorPool,
    lenient: bool,
}

impl Lowering<'_> {
    fn fail<T>(&self, node: &Node<'_>, message: impl Into<String>) -> Result<T, TextError> {
        Err(error(self.text, node.at, message))
    }

    fn message(&self, nodes: &[Node<'_>], message: MessageIndex, out: &mut Vec<u8>) -> Result<(), TextError> {
        let descriptor = self.pool.message(message);
        let mut once: FxHashSet<u32> = FxHashSet::default();
        let mut packed: Vec<(u32, Vec<u8>)> = Vec::new();
        for node in nodes {
            let field = match node.name {
                Name::Field(name) => match self.field(message, name) {
                    Some(field) => field,
                    None if name == BUF_EXTENSION.0 && descriptor.full_name() == FILE => {
                        self.mark(node, out)?;
                        continue;
                    }
                    None => {
                        let of = descriptor.full_name();
                        return self.fail(node, format!("`{of}` has no field `{name}`"));
                    }
                },
                Name::Bracketed(url) if descriptor.full_name() == ANY && url.contains('/') => {
                    self.any(node, url, out)?;
                    continue;
                }
                Name::Bracketed(name) => match self.pool.extension_by_name(name) {
                    Some(extension) if extension.extendee() == message => extension.field(),
                    None if self.lenient => continue,
                    _ => {
                        let of = descriptor.full_name();
                        return self.fail(node, format!("`{of}` has no extension `{name}`"));
                    }
                },
            };
            let single = matches!(field.kind(), FieldKind::Singular(_));
            if single && (node.values.len() != 1 || !once.insert(field.number())) {
                return self.fail(node, format!("`{}` takes one value", field.name()));
            }
            for value in &node.values {
                match field.kind() {
                    FieldKind::List(SingularKind::Scalar(_) | SingularKind::Enum(_)) if field.is_packed() => {
                        let number = field.number();
                        let at = packed.iter().position(|(n, _)| *n == number).unwrap_or_else(|| {
                            packed.push((number, Vec::new()));
                            packed.len() - 1
                        });
                        self.bare(node, value, field, &mut packed[at].1)?;
                    }
                    FieldKind::Singular(kind) | FieldKind::List(kind) => {
                        self.one(node, value, field, kind, out)?;
                    }
                    FieldKind::Map { key, value: kind } => {
                        self.entry(node, value, field, (key, kind), out)?
                    }
                }
            }
        }
        for (number, values) in packed {
            encode::bytes(out, number, &values);
        }
        Ok(())
    }

    /// A field by its name; a group goes by the name of its type.
    fn field(&self, message: MessageIndex, name: &str) -> Option<&FieldDescriptor> {
        let descriptor = self.pool.message(message);
        let group = |field: &&FieldDescriptor| match field.kind() {
            FieldKind::Singular(SingularKind::Message(ty)) | FieldKind::List(SingularKind::Message(ty)) => {
                field.is_delimited() && self.pool.message(ty).full_name().rsplit('.').next() == Some(name)
            }
            _ => false,
        };
        descriptor.field_by_name(name).or_else(|| descriptor.fields().iter().find(group))
    }

    /// One value with its tag.
    fn one(
        &self,
        node: &Node<'_>,
        value: &Value<'_>,
        field: &FieldDescriptor,
        kind: SingularKind,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let number = field.number();
        match (kind, value) {
            (SingularKind::Message(ty), Value::Message(nodes)) if field.is_delimited() => {
                encode::tag(out, number, 3);
                self.message(nodes, ty, out)?;
                encode::tag(out, number, 4);
                Ok(())
            }
            (SingularKind::Message(ty), Value::Message(nodes)) => {
                encode::nested(out, number, |out| self.message(nodes, ty, out))
            }
            (SingularKind::Message(_), _) | (_, Value::Message(_)) => {
                let what = if matches!(value, Value::Message(_)) { "no message" } else { "a message" };
                self.fail(node, format!("`{}` is {what}", field.name()))
            }
            (SingularKind::Scalar(ty), _) => {
                encode::tag(out, number, wire_type(ty));
                self.scalar(node, value, field.name(), ty, out)
            }
            (SingularKind::Enum(ty), _) => {
                encode::tag(out, number, 0);
                self.enum_(node, value, ty, out)
            }
        }
    }

    /// One value of a packed list.
    fn bare(
        &self,
        node: &Node<'_>,
        value: &Value<'_>,
        field: &FieldDescriptor,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        match field.kind() {
            FieldKind::List(SingularKind::Scalar(ty)) => self.scalar(node, value, field.name(), ty, out),
            FieldKind::List(SingularKind::Enum(ty)) => self.enum_(node, value, ty, out),
            _ => self.fail(node, format!("`{}` is no list of numbers", field.name())),
        }
    }

    fn entry(
        &self,
        node: &Node<'_>,
        value: &Value<'_>,
        field: &FieldDescriptor,
        (key, kind): (ScalarType, SingularKind),
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let Value::Message(nodes) = value else {
            return self.fail(node, format!("`{}` takes entries with `key` and `value`", field.name()));
        };
        encode::nested(out, field.number(), |out| {
            for part in nodes {
                match (part.name, &part.values[..]) {
                    (Name::Field("key"), [value]) => {
                        encode::tag(out, 1, wire_type(key));
                        self.scalar(part, value, "key", key, out)?;
                    }
                    (Name::Field("value"), [value]) => match (kind, value) {
                        (SingularKind::Message(ty), Value::Message(nodes)) => {
                            encode::nested(out, 2, |out| self.message(nodes, ty, out))?;
                        }
                        (SingularKind::Message(_), _) => return self.fail(part, "`value` is a message"),
                        (SingularKind::Scalar(ty), _) => {
                            encode::tag(out, 2, wire_type(ty));
                            self.scalar(part, value, "value", ty, out)?;
                        }
                        (SingularKind::Enum(ty), _) => {
                            encode::tag(out, 2, 0);
                            self.enum_(part, value, ty, out)?;
                        }
                    },
                    _ => return self.fail(part, "an entry of a map has one `key` and one `value`"),
                }
            }
            Ok(())
        })
    }

    /// `[type.googleapis.com/acme.T] { … }` in an `Any`.
    fn any(&self, node: &Node<'_>, url: &str, out: &mut Vec<u8>) -> Result<(), TextError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        let ([Value::Message(nodes)], Some(ty)) = (&node.values[..], self.pool.message_index(name)) else {
            return if self.lenient {
                Ok(())
            } else {
                self.fail(node, format!("there is no message `{name}`"))
            };
        };
        encode::bytes(out, 1, url.as_bytes());
        encode::nested(out, 2, |out| self.message(nodes, ty, out))
    }

    /// Whether a file of a buf image is only imported.
    fn mark(&self, node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
        let [Value::Message(nodes)] = &node.values[..] else {
            return self.fail(node, format!("`{}` is a message", BUF_EXTENSION.0));
        };
        let is_import = nodes.iter().any(|n| {
            n.name == Name::Field("is_import") && matches!(n.values[..], [Value::Word { word: "true", .. }])
        });
        encode::nested(out, BUF_EXTENSION.1, |out| encode::bool_field(out, 1, is_import));
        Ok(())
    }

    fn enum_(
        &self,
        node: &Node<'_>,
        value: &Value<'_>,
        ty: buffa_descriptor::EnumIndex,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let descriptor = self.pool.enumeration(ty);
        let number = match value {
            Value::Word { negative: false, word } if descriptor.value_by_name(word).is_some() => {
                descriptor.value_by_name(word).map(|value| value.number())
            }
            Value::Word { negative, word } => {
                integer(*negative, word).and_then(|number| i32::try_from(number).ok())
            }
            _ => None,
        };
        match number {
            Some(number) => {
                encode::int(out, number);
                Ok(())
            }
            None => self.fail(node, format!("a value of `{}` is expected", descriptor.full_name())),
        }
    }

    fn scalar(
        &self,
        node: &Node<'_>,
        value: &Value<'_>,
        name: &str,
        ty: ScalarType,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let wrong = || self.fail(node, format!("`{name}` does not take this value"));
        let (negative, word) = match (ty, value) {
            (ScalarType::String | ScalarType::Bytes, Value::Text(bytes)) => {
                if ty == ScalarType::String && std::str::from_utf8(bytes).is_err() {
                    return self.fail(node, format!("`{name}` is not valid UTF-8"));
                }
                encode::varint(out, bytes.len() as u64);
                out.extend_from_slice(bytes);
                return Ok(());
            }
            (_, Value::Word { negative, word }) => (*negative, *word),
            _ => return wrong(),
        };
        let whole = || integer(negative, word);
        let signed = |bits: u32| whole().filter(|n| (-(1_i128 << (bits - 1))..1 << (bits - 1)).contains(n));
        let unsigned = |bits: u32| whole().filter(|n| (0..1 << bits).contains(n));
        let done = match ty {
            ScalarType::Bool => match word {
                "true" | "True" | "t" | "1" if !negative => {
                    out.push(1);
                    Some(())
                }
                "false" | "False" | "f" | "0" if !negative => {
                    out.push(0);
                    Some(())
                }
                _ => None,
            },
            ScalarType::Int32 => signed(32).map(|n| encode::varint(out, n as i64 as u64)),
            ScalarType::Int64 => signed(64).map(|n| encode::varint(out, n as i64 as u64)),
            ScalarType::Uint32 => unsigned(32).map(|n| encode::varint(out, n as u64)),
            ScalarType::Uint64 => unsigned(64).map(|n| encode::varint(out, n as u64)),
            ScalarType::Sint32 | ScalarType::Sint64 => {
                let bits = if ty == ScalarType::Sint32 { 32 } else { 64 };
                signed(bits).map(|n| encode::varint(out, ((n << 1) ^ (n >> 127)) as u64))
            }
            ScalarType::Fixed32 => unsigned(32).map(|n| out.extend((n as u32).to_le_bytes())),
            ScalarType::Fixed64 => unsigned(64).map(|n| out.extend((n as u64).to_le_bytes())),
            ScalarType::Sfixed32 => signed(32).map(|n| out.extend((n as i32).to_le_bytes())),
            ScalarType::Sfixed64 => signed(64).map(|n| out.extend((n as i64).to_le_bytes())),
            ScalarType::Float => float(negative, word).map(|x: f64| out.extend((x as f32).to_le_bytes())),
            ScalarType::Double => float(negative, word).map(|x: f64| out.extend(x.to_le_bytes())),
            ScalarType::String | ScalarType::Bytes => None,
        };
        done.map_or_else(wrong, Ok)
    }
}

const FILE: &str = "google.protobuf.FileDescriptorProto";
const ANY: &str = "google.protobuf.Any";

fn wire_type(ty: ScalarType) -> u8 {
    match ty {
        ScalarType::Double | ScalarType::Fixed64 | ScalarType::Sfixed64 => 1,
        ScalarType::Float | ScalarType::Fixed32 | ScalarType::Sfixed32 => 5,
        ScalarType::String | ScalarType::Bytes => 2,
        _ => 0,
    }
}

fn integer(negative: bool, word: &str) -> Option<i128> {
    let number = if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        i128::from(u64::from_str_radix(hex, 16).ok()?)
    } else if word.len() > 1 && word.starts_with('0') {
        i128::from(u64::from_str_radix(word, 8).ok()?)
    } else {
        i128::from(word.parse::<u64>().ok()?)
    };
    Some(if negative { -number } else { number })
}

fn float(negative: bool, word: &str) -> Option<f64> {
    let number = match word.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        lower if lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            lower.strip_suffix('f').unwrap_or(lower).parse().ok()?
        }
        _ => return None,
    };
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests;
