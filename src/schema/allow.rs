//! Comments that accept a break at the declaration it concerns: `// protopact:allow RULE reason`.
//!
//! Between the rule and the reason there may be `owner=NAME` and `until=END`. What a comment accepts is for `policy`.

use buffa::DecodeOptions;
use buffa_descriptor::generated::descriptor::SourceCodeInfo;
use memchr::memmem;

use super::model::FileId;
use super::tables::Schema;
use crate::compile::ALLOW as MARK;

/// The path of a `syntax`, `edition` or `package` statement: comments there are about the file.
const OF_FILE: [i32; 3] = [12, 14, 2];

/// One such comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The rule, as written.
    pub rule: Box<str>,
    /// `owner=`.
    pub owner: Option<Box<str>>,
    /// `until=`.
    pub until: Option<Box<str>>,
    /// The rest of the line.
    pub reason: Box<str>,
    /// The line of the declaration, from one.
    pub line: u32,
}

impl Allowance {
    fn read(line: &str, at: u32) -> Option<Allowance> {
        let (_, text) = line.split_once(MARK)?;
        let mut words = text.split_whitespace().peekable();
        let rule = words.next()?.to_ascii_uppercase().into();
        let (mut owner, mut until) = (None, None);
        while let Some(word) = words.peek() {
            match word.split_once('=') {
                Some(("owner", name)) => owner = Some(name.into()),
                Some(("until", end)) => until = Some(end.into()),
                _ => break,
            }
            words.next();
        }
        let reason: Vec<&str> = words.collect();
        Some(Allowance { rule, owner, until, reason: reason.join(" ").into(), line: at })
    }
}

impl Schema {
    /// Every comment that accepts something in the contract's own files, with the path of the declaration that it
    /// stands before or behind; the path of a file is empty.
    pub fn allowances(&self) -> Vec<(FileId, Vec<i32>, Allowance)> {
        let mut found = Vec::new();
        for (id, file) in self.files().filter(|(_, file)| file.target) {
            // Decoding costs more than everything else together, and almost no file has one.
            if memmem::find(&file.source_info, MARK.as_bytes()).is_none() {
                continue;
            }
            let options = DecodeOptions::new()
                .with_element_memory_limit(usize::MAX)
                .with_unknown_field_limit(usize::MAX);
            let Ok(info) = options.decode_from_slice::<SourceCodeInfo>(&file.source_info) else { continue };
            for location in info.location {
                let line = location.span.first().map_or(1, |line| line.max(&0) + 1) as u32;
                let comments = [&location.leading_comments, &location.trailing_comments];
                for text in comments.into_iter().flatten().flat_map(|comment| comment.lines()) {
                    if let Some(allowance) = Allowance::read(text, line) {
                        let of_file = matches!(*location.path, [first] if OF_FILE.contains(&first));
                        let path = if of_file { Vec::new() } else { location.path.clone() };
                        found.push((id, path, allowance));
                    }
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_word_by_word() {
        let read = |line: &str| {
            let a = Allowance::read(line, 3)?;
            Some(format!("{}|{:?}|{:?}|{}", a.rule, a.owner, a.until, a.reason))
        };
        for (line, want) in [
            (
                " protopact:allow FIELD_NO_DELETE never  shipped",
                Some("FIELD_NO_DELETE|None|None|never shipped"),
            ),
            (
                "protopact:allow field_no_delete owner=pay until=2.0.0 a = b",
                Some("FIELD_NO_DELETE|Some(\"pay\")|Some(\"2.0.0\")|a = b"),
            ),
            ("protopact:allow FIELD_NO_DELETE", Some("FIELD_NO_DELETE|None|None|")),
            ("protopact:allow", None),
            ("nothing to allow", None),
        ] {
            assert_eq!(read(line).as_deref(), want, "{line}");
        }
    }
}
