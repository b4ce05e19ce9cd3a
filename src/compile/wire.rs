//! Taking encoded messages apart without knowing more than the field at hand, so that nothing else is lost.

/// The number of `source_code_info` in `FileDescriptorProto`.
pub(crate) const SOURCE_INFO: u32 = 9;

/// The number of `dependency` in `FileDescriptorProto`.
pub(crate) const DEPENDENCY: u32 = 3;
/// The number of `buf_extension` in `FileDescriptorProto`: buf's images say there which files are only imported
/// (`is_import`, number 1).
pub(crate) const BUF_EXTENSION: u32 = 8042;

/// One field as it stands in the bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'b> {
    pub(crate) number: u32,
    /// The field with its tag.
    pub(crate) whole: &'b [u8],
    value: Value<'b>,
}

#[derive(Clone, Copy, Debug)]
enum Value<'b> {
    Varint(u64),
    Bytes(&'b [u8]),
    Other,
}

impl<'b> Field<'b> {
    /// The content, if the field is length-delimited.
    pub(crate) fn bytes(&self) -> Option<&'b [u8]> {
        match self.value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The number, if the field is a varint.
    pub(crate) fn varint(&self) -> Option<u64> {
        match self.value {
            Value::Varint(n) => Some(n),
            _ => None,
        }
    }
}

/// The fields of a message in order; `None` is the last item if the bytes are broken.
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = Option<Field<'_>>> {
    let mut at = 0;
    let mut broken = false;
    std::iter::from_fn(move || {
        if broken || at >= bytes.len() {
            return None;
        }
        let field = read(bytes, &mut at);
        broken = field.is_none();
        Some(field)
    })
}

fn read<'b>(bytes: &'b [u8], at: &mut usize) -> Option<Field<'b>> {
    let start = *at;
    let (number, value) = read_value(bytes, at)?;
    Some(Field { number, whole: &bytes[start..*at], value })
}

fn read_value<'b>(bytes: &'b [u8], at: &mut usize) -> Option<(u32, Value<'b>)> {
    let tag = varint(bytes, at)?;
    let number = u32::try_from(tag >> 3).ok().filter(|n| *n > 0)?;
    let value = match tag & 7 {
        0 => Value::Varint(varint(bytes, at)?),
        1 => skip(bytes, at, 8)?,
        2 => {
            let len = usize::try_from(varint(bytes, at)?).ok()?;
            let from = *at;
            skip(bytes, at, len)?;
            Value::Bytes(&bytes[from..*at])
        }
        3 => skip_group(bytes, at, number)?,
        5 => skip(bytes, at, 4)?,
        _ => return None,
    };
    Some((number, value))
}

fn skip<'b>(bytes: &[u8], at: &mut usize, len: usize) -> Option<Value<'b>> {
    let end = at.checked_add(len).filter(|end| *end <= bytes.len())?;
    *at = end;
    Some(Value::Other)
}

/// Goes behind the end of a group. Groups in it are counted, not entered: the bytes may be hostile.
fn skip_group<'b>(bytes: &[u8], at: &mut usize, number: u32) -> Option<Value<'b>> {
    let mut open = vec![number];
    while let Some(&innermost) = open.last() {
        let before = *at;
        let tag = varint(bytes, at)?;
        let number = u32::try_from(tag >> 3).ok()?;
        match tag & 7 {
            3 => open.push(number),
            4 if number == innermost => {
                open.pop();
            }
            4 => return None,
            _ => {
                *at = before;
                read_value(bytes, at)?;
            }
        }
    }
    Some(Value::Other)
}

/// Reads a varint of at most ten bytes; bits beyond the 64th are cut off, as C++, Java and Python do. `at` stays where it
/// is when there is none.
#[inline]
pub(crate) fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    // Tags and lengths mostly are single bytes.
    let first = *bytes.get(*at)?;
    if first < 0x80 {
        *at += 1;
        return Some(u64::from(first));
    }
    long_varint(bytes, at)
}

fn long_varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for (index, &byte) in bytes.get(*at..)?.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *at += index + 1;
            return Some(value);
        }
    }
    None
}

/// The `name` of an encoded `FileDescriptorProto`.
pub(crate) fn file_name(descriptor: &[u8]) -> Option<&str> {
    let mut name = None;
    for field in fields(descriptor) {
        let field = field?;
        if field.number == 1 {
            name = std::str::from_utf8(field.bytes()?).ok();
        }
    }
    name
}
