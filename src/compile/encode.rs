//! The wire format, as far as writing descriptors needs it.

/// Appends a tag; wire type 0 is a varint, 1 eight bytes, 2 length-delimited, 3 and 4 a group, 5 four bytes.
pub(crate) fn tag(out: &mut Vec<u8>, number: u32, wire_type: u8) {
    varint(out, u64::from(number) << 3 | u64::from(wire_type));
}

pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// An `int32` without tag.
pub(crate) fn int(out: &mut Vec<u8>, value: i32) {
    varint(out, i64::from(value) as u64);
}

pub(crate) fn int_len(value: i32) -> usize {
    varint_len(i64::from(value) as u64)
}

pub(crate) fn int_field(out: &mut Vec<u8>, number: u32, value: i32) {
    tag(out, number, 0);
    int(out, value);
}

pub(crate) fn bool_field(out: &mut Vec<u8>, number: u32, value: bool) {
    tag(out, number, 0);
    out.push(u8::from(value));
}

pub(crate) fn bytes(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    tag(out, number, 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// A packed `repeated int32`; nothing for an empty one.
pub(crate) fn packed(out: &mut Vec<u8>, number: u32, values: &[i32]) {
    if values.is_empty() {
        return;
    }
    tag(out, number, 2);
    varint(out, values.iter().map(|&n| int_len(n) as u64).sum());
    for &value in values {
        int(out, value);
    }
}

/// A length-delimited field whose content is written in place; its length is moved in afterwards.
pub(crate) fn nested<T>(out: &mut Vec<u8>, number: u32, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    tag(out, number, 2);
    // Most elements are shorter than 128 bytes: one byte is kept for the length, more are inserted if needed.
    let at = out.len();
    out.push(0);
    let result = write(out);
    let len = out.len() - at - 1;
    let need = varint_len(len as u64);
    if need > 1 {
        let old = out.len();
        out.resize(old + need - 1, 0);
        out.copy_within(at + 1..old, at + need);
    }
    let mut rest = len as u64;
    for slot in &mut out[at..at + need] {
        *slot = rest as u8 | 0x80;
        rest >>= 7;
    }
    out[at + need - 1] &= 0x7f;
    result
}
