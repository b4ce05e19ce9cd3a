//! Two texts as a patch.

use std::ops::Range;

use similar::{DiffOp, TextDiff};

/// A unified diff between two texts of one file, as `git apply` takes it; a file that was not there has no text before.
/// The path is relative to where it is applied. Where nothing differs it is empty.
#[must_use]
pub fn unified(path: &str, before: Option<&str>, after: &str) -> String {
    if before == Some(after) {
        return String::new();
    }
    let (a, b) = (quoted(&format!("a/{path}")), quoted(&format!("b/{path}")));
    let (head, from) = match before {
        Some(_) => ("", &*a),
        None => ("new file mode 100644\n", "/dev/null"),
    };
    let mut patch = format!("diff --git {a} {b}\n{head}--- {from}\n+++ {b}\n");
    let (skipped, before, after) = window(before.unwrap_or_default(), after);
    let diff = TextDiff::from_lines(before, after);
    for hunk in diff.unified_diff().iter_hunks() {
        let text = hunk.to_string();
        let (_, lines) = text.split_once('\n').unwrap_or_default();
        let ops = hunk.ops();
        let span = |range: fn(&DiffOp) -> Range<usize>| {
            let start = ops.first().map_or(0, |op| range(op).start);
            let end = ops.last().map_or(start, |op| range(op).end);
            place(skipped + start..skipped + end)
        };
        let (old, new) = (span(DiffOp::old_range), span(DiffOp::new_range));
        patch.push_str(&format!("@@ -{old} +{new} @@\n{lines}"));
    }
    patch
}

/// Lines as the head of a hunk has them: the first one, counted from one, and how many; where there is none, the line
/// after which they would be.
fn place(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// What differs of two texts, with some lines around it, and how many lines come before: there may be thousands of edits
/// of one large file, and each is a small part of it.
fn window<'t>(before: &'t str, after: &'t str) -> (usize, &'t str, &'t str) {
    /// More than a patch shows, so that equal lines around an edit are seen as such.
    const AROUND: usize = 16;
    let lines = |text: &'t str| text.split_inclusive('\n');
    let equal = lines(before).zip(lines(after)).take_while(|(a, b)| a == b).count();
    let skipped = equal.saturating_sub(AROUND);
    let start: usize = lines(before).take(skipped).map(str::len).sum();
    let (before, after) = (&before[start..], &after[start..]);
    let equal = lines(before).rev().zip(lines(after).rev()).take_while(|(a, b)| a == b).count();
    let rest: usize = lines(before).rev().take(equal.saturating_sub(AROUND)).map(str::len).sum();
    (skipped, &before[..before.len() - rest], &after[..after.len() - rest])
}

/// A path as git writes it: in quotes where something in it would not be read back otherwise.
fn quoted(path: &str) -> String {
    let plain = |c: char| !c.is_control() && c != '"' && c != '\\' && !crate::text::is_unsafe(c);
    if path.chars().all(plain) {
        return path.to_owned();
    }
    let mut out = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', byte as char]),
            0x20..0x7f => out.push(byte as char),
            byte => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A window on two texts says of them what the whole says.
        #[test]
        fn a_patch_of_a_large_file_is_that_of_the_whole(
            lines in prop::collection::vec("[abc]{1,2}", 0..120),
            edits in prop::collection::vec((0usize..120, "[a-d]{0,2}", 0u8..3), 0..3),
            ends in any::<bool>(),
        ) {
            let text = |lines: &[String]| lines.join("\n") + if ends { "\n" } else { "" };
            let before = text(&lines);
            let mut edited = lines.clone();
            for (at, line, how) in edits {
                let at = at.min(edited.len());
                match how {
                    0 => edited.insert(at, line),
                    1 if at < edited.len() => edited[at] = line,
                    _ if at < edited.len() => drop(edited.remove(at)),
                    _ => edited.push(line),
                }
            }
            let after = text(&edited);
            let patch = unified("a.proto", Some(&before), &after);
            let whole = TextDiff::from_lines(&*before, &*after).unified_diff().to_string();
            let hunks = patch.split_once("+++ b/a.proto\n").map_or("", |(_, hunks)| hunks);
            prop_assert_eq!(hunks, whole);
        }
    }
}
