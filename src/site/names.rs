//! What the files of a site are called.

use crate::machine::sha256;

/// The longest name of a file before its ending, in bytes; file systems take 255.
const LONGEST: usize = 180;

/// Names that Windows has taken, with any ending.
const TAKEN: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name for a package or a version, for a file or a folder, and in addresses without another spelling. Two of them
/// never have one name, on file systems that know no capitals neither.
pub(super) fn file_name(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            'A'..='Z' => out.extend(['~', c.to_ascii_lowercase()]),
            'a'..='z' | '0'..='9' | '.' | '_' | '-' => out.push(c),
            c => out += &format!("~~{:x}~", u32::from(c)),
        }
    }
    let first = out.split('.').next().unwrap_or_default();
    let port = first.len() == 4 && (first.starts_with("com") || first.starts_with("lpt"));
    // `index` is the page of the folder.
    if TAKEN.contains(&first) || port || out == "index" || out.is_empty() || out.starts_with('.') {
        out.insert_str(0, "~.");
    }
    if out.ends_with('.') {
        out.push('~');
    }
    if out.len() > LONGEST {
        out.truncate(LONGEST);
        out += &format!("~.{}", &sha256(name.as_bytes())[..16]);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_told_apart_where_capitals_are_not() {
        let names = [
            "pay.v1", "Pay.v1", "pay.V1", "index", "con", "CON", "com1.v1", "", "-p", "P", "a-", "a.", "é",
            "e9", "\u{e9}x", "E9X", "~", "~a",
        ];
        let made: BTreeSet<String> = names.iter().map(|name| file_name(name).to_lowercase()).collect();
        assert_eq!(made.len(), names.len(), "{made:?}");
        assert_eq!((&*file_name("pay.v1"), &*file_name("1.0.0")), ("pay.v1", "1.0.0"));
        assert_eq!(file_name("2.0.0-rc.1"), "2.0.0-rc.1");
        let long = "a".repeat(300);
        assert!(file_name(&long).len() < 220 && file_name(&long) != file_name(&format!("{long}b")));
    }
}
