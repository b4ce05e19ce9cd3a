//! Two texts as a patch.

/// A unified diff between two texts of one file, as `git apply` takes it; a file that was not there has no text before.
/// The path is relative to where it is applied. Where nothing differs it is empty.
#[must_use]
pub fn unified(path: &str, before: Option<&str>, after: &str) -> String {
    if before == Some(after) {
        return String::new();
    }
    let (a, b) = (quoted(&format!("a/{path}")), quoted(&format!("b/{path}")));
    let diff = similar::TextDiff::from_lines(before.unwrap_or_default(), after);
    let mut unified = diff.unified_diff();
    match before {
        Some(_) => format!("diff --git {a} {b}\n{}", unified.header(&a, &b)),
        None => format!("diff --git {a} {b}\nnew file mode 100644\n{}", unified.header("/dev/null", &b)),
    }
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
