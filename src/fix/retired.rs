//! What is reserved: more of it, and less.

use std::ops::Range;

use super::draft::{Draft, Lifted, Slot};
use super::sides::{At, Sides};
use super::tree::{Piece, What, unquoted};
use crate::compile::lex::integer;
use crate::diff::wording::range_text;
use crate::schema::{Element, Syntax};

/// The element that a block declares.
fn element(sides: &Sides<'_>, holder: At<'_>) -> Option<Element> {
    let new = sides.cx.new;
    let file = new.file_by_name(&holder.text.name)?;
    // Found by where it stands: the names of blocks are not unique.
    let messages = new.messages().filter(|(_, m)| m.file == file).map(|(id, _)| Element::Message(id));
    let enums = new.enums().filter(|(_, e)| e.file == file).map(|(id, _)| Element::Enum(id));
    messages.chain(enums).find(|e| sides.now(*e).is_ok_and(|at| at.node.at == holder.node.at))
}

/// Reserves numbers and names that are not.
pub(super) fn reserve(
    draft: &mut Draft,
    sides: &Sides<'_>,
    holder: At<'_>,
    numbers: &[crate::schema::Range],
    names: &[String],
) {
    let is_enum = holder.node.what == What::Enum;
    let new = sides.cx.new;
    let known = element(sides, holder);
    let single = |r: &&crate::schema::Range| {
        !(r.start == r.end && known.is_some_and(|e| new.is_number_reserved(e, r.start)))
    };
    let numbers: Vec<String> = numbers.iter().filter(single).map(|r| range_text(is_enum, *r)).collect();
    let edition =
        new.file_by_name(&holder.text.name).is_some_and(|f| matches!(new.file(f).syntax, Syntax::Edition(_)));
    let fresh = |name: &&String| !known.is_some_and(|e| new.is_name_reserved(e, name));
    let names: Vec<String> =
        names.iter().filter(fresh).map(|n| if edition { n.clone() } else { format!("\"{n}\"") }).collect();
    let statements = [numbers, names].into_iter().filter(|list| !list.is_empty());
    let statements: Vec<Lifted> =
        statements.map(|list| Lifted::new(format!("reserved {};", list.join(", ")))).collect();
    let slot = holder.node.inner.iter().rfind(|n| n.what == What::Reserved).map_or(Slot::Last, Slot::After);
    if !statements.is_empty() {
        draft.insert(sides.new, holder.file, holder.node, slot, &statements);
    }
}

/// Takes numbers and names out of what is reserved.
pub(super) fn free(draft: &mut Draft, sides: &Sides<'_>, holder: At<'_>, numbers: &[i32], names: &[String]) {
    for node in holder.node.inner.iter().filter(|n| n.what == What::Reserved) {
        let parts = node.parts();
        let left: Vec<Option<String>> = parts.iter().map(|part| left(part, numbers, names)).collect();
        if left.iter().all(Option::is_none) {
            continue;
        }
        let range =
            |part: &[&Piece]| -> Option<Range<usize>> { Some(part.first()?.at.start..part.last()?.at.end) };
        let ranges: Vec<Range<usize>> = parts.iter().filter_map(|part| range(part)).collect();
        let gone: Vec<bool> = left.iter().map(|l| l.as_ref().is_some_and(String::is_empty)).collect();
        if gone.iter().all(|gone| *gone) {
            draft.remove(sides.new, holder.file, node, false);
            continue;
        }
        let last = gone.iter().rposition(|gone| !*gone).unwrap_or(0);
        for (index, left) in left.iter().enumerate() {
            let Some(left) = left else { continue };
            if !left.is_empty() {
                draft.replace(holder.file, ranges[index].clone(), left.clone());
            } else if index < last {
                draft.replace(holder.file, ranges[index].start..ranges[index + 1].start, "");
            } else if index == last + 1 {
                let end = ranges.last().map_or(ranges[index].end, |r| r.end);
                draft.replace(holder.file, ranges[last].end..end, "");
            }
        }
    }
}

/// What is left of one part; `None` where it stays as it is.
fn left(part: &[&Piece], numbers: &[i32], names: &[String]) -> Option<String> {
    if part.iter().any(|piece| piece.is_string) {
        let name = unquoted(part.iter().copied());
        return names.contains(&name).then(String::new);
    }
    let words: Vec<&str> = part.iter().map(|piece| &*piece.text).collect();
    let mut rest = &words[..];
    let mut number = || -> Option<i32> {
        let (sign, digits) = match rest {
            ["-", digits, ..] => (-1, digits),
            [digits, ..] => (1, digits),
            [] => return None,
        };
        let value = if *digits == "max" { i64::from(i32::MAX) } else { integer(digits, 1 << 31)? as i64 };
        rest = &rest[if sign < 0 { 2 } else { 1 }..];
        i32::try_from(sign * value).ok()
    };
    let Some(first) = number() else {
        return match words[..] {
            [name] => names.iter().any(|n| n == name).then(String::new),
            _ => None,
        };
    };
    let last = if rest.first() == Some(&"to") {
        rest = &rest[1..];
        let rest_number = || -> Option<i32> {
            match rest {
                ["max"] => Some(i32::MAX),
                ["-", digits] => i32::try_from(-(integer(digits, 1 << 31)? as i64)).ok(),
                [digits] => i32::try_from(integer(digits, 1 << 31)?).ok(),
                _ => None,
            }
        };
        rest_number()?
    } else {
        first
    };
    let mut inside: Vec<i32> = numbers.iter().copied().filter(|n| first <= *n && *n <= last).collect();
    if inside.is_empty() {
        return None;
    }
    inside.sort_unstable();
    let shown = |from: i32, to: i32| match (from == to, to == i32::MAX) {
        (true, _) => from.to_string(),
        (_, true) => format!("{from} to max"),
        _ => format!("{from} to {to}"),
    };
    let (mut out, mut from) = (Vec::new(), first);
    for number in inside {
        if from < number {
            out.push(shown(from, number - 1));
        }
        from = number.saturating_add(1);
    }
    if from <= last && from != i32::MIN {
        out.push(shown(from, last));
    }
    Some(out.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn what_is_left_of_a_part() {
        for (text, number, name, expected) in [
            ("reserved 1 to 5;", 3, "", Some("1 to 2, 4 to 5")),
            ("reserved 1 to 5;", 1, "", Some("2 to 5")),
            ("reserved 1 to 5;", 5, "", Some("1 to 4")),
            ("reserved 1 to max;", 7, "", Some("1 to 6, 8 to max")),
            ("reserved -3 to -1;", -2, "", Some("-3, -1")),
            ("reserved 4;", 4, "", Some("")),
            ("reserved 0x10;", 16, "", Some("")),
            ("reserved 4;", 5, "", None),
            ("reserved \"a\" \"b\";", 0, "ab", Some("")),
            ("reserved ab;", 0, "ab", Some("")),
            ("reserved \"a\";", 0, "ab", None),
        ] {
            let whole = format!("enum E {{ {text} }}");
            let tree = Tree::parse(&whole);
            let parts = tree.inner[0].inner[0].parts();
            assert_eq!(left(&parts[0], &[number], &[name.to_owned()]).as_deref(), expected, "{text}");
        }
    }
}
