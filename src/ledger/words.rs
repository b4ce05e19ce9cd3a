//! Whether a text can declare something of a given name: a look that is cheaper than reading the text.

use rustc_hash::FxHashSet;

/// Keywords that a declared or an extended name follows.
const DECLARING: [&[u8]; 5] = [b"enum", b"extend", b"group", b"message", b"service"];

/// Names of messages, enums and services to look for in texts, without what they are in.
#[derive(Debug)]
pub(super) struct Words<'a> {
    names: FxHashSet<&'a str>,
    /// The bytes with which one begins.
    starts: [bool; 256],
    longest: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(names: FxHashSet<&'a str>) -> Words<'a> {
        let mut words = Words { starts: [false; 256], longest: 0, names };
        for name in words.names.iter().filter(|name| !name.is_empty()) {
            words.starts[usize::from(name.as_bytes()[0])] = true;
            words.longest = words.longest.max(name.len());
        }
        words
    }

    /// Whether a text may declare or extend something of one of the names: whether one stands there where a declaration can
    /// have it. It is never `false` of a text that does.
    pub(super) fn may_be_declared_in(&self, text: &[u8]) -> bool {
        let mut at = 0;
        text.split(|byte| !is_part(*byte)).any(|word| {
            let start = at;
            at += word.len() + 1;
            // Most words begin with another letter, and cost one look.
            let likely = word.first().is_some_and(|byte| self.starts[usize::from(*byte)])
                && word.len() <= self.longest;
            likely
                && std::str::from_utf8(word).is_ok_and(|word| self.names.contains(word))
                && may_be_declared(&text[..start])
        })
    }
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

fn trim(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    &text[..end]
}

fn holds(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|part| part == what)
}

/// Whether the name that follows this text may be declared or extended there: behind a keyword, with blanks and comments
/// between them. What would take more than a look at the lines above is taken for one.
fn may_be_declared(before: &[u8]) -> bool {
    // `extend a.b.Name`
    let qualified =
        before.iter().rposition(|byte| !is_part(*byte) && *byte != b'.').map_or(0, |last| last + 1);
    let mut before = &before[..qualified];
    loop {
        before = trim(before);
        let Some(last) = before.last() else { return false };
        let word = before.iter().rposition(|byte| !is_part(*byte)).map_or(0, |at| at + 1);
        if DECLARING.contains(&&before[word..]) || before.ends_with(b"*/") {
            return true;
        }
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (above, line) = before.split_at(line);
        // `extend a. Name`
        let Some(comment) = line.windows(2).position(|part| part == b"//") else { return *last == b'.' };
        // In a string or beside the end of a comment these two may be something else.
        let code = &line[..comment];
        if holds(line, b"*/") || holds(code, b"/*") || code.iter().any(|byte| matches!(byte, b'"' | b'\'')) {
            return true;
        }
        before = if trim(code).is_empty() { above } else { code };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &[&str], text: &str) -> bool {
        Words::new(names.iter().copied().collect()).may_be_declared_in(text.as_bytes())
    }

    #[test]
    fn a_name_is_a_word_of_its_own() {
        let names = ["Item", "Note"];
        assert!(told(&names, "message Item{"));
        assert!(told(&names, "LineItem extend pay.Note {}"));
        assert!(!told(&names, "message LineItem {} message Items {} message Item_2 {}"));
    }

    #[test]
    fn where_no_declaration_can_have_it_it_is_not_looked_for() {
        for text in [
            "Item",
            "message M {\n  Item item = 1;\n}",
            "message M { repeated a.Item item = 1; }",
            "int32 a = 1; // of messages\nItem b = 2;",
            "message M {\n  // Of the message.\n  //\n  // Others\n  Item b = 2;",
            "rpc Get(stream Item) returns (Item);",
            "map<string, Item> a = 1;",
            "oneof Item {}",
        ] {
            assert!(!told(&["Item"], text), "{text}");
        }
    }

    #[test]
    fn where_a_declaration_can_have_it_it_is_looked_for() {
        for keyword in [
            "message",
            "enum",
            "service",
            "extend",
            "extend a.b.",
            "extend .",
            "extend a .",
            "optional group",
        ] {
            for between in [
                " ",
                "\n",
                "\t\x0b\x0c\r\n",
                "/**/",
                " /* an\n enum */ ",
                " // of this\n",
                " // of this; \n\n  // and that }\n  ",
                " // \"\n",
                " // '/*\n",
                "// */\n",
                " /* // */ // \"\n",
            ] {
                for front in
                    ["", "option a = \"x;//\"; ", "/* ; // */ ", "/*\n// */ ", "string a = 1; // 'b\n"]
                {
                    let text = format!("{front}{keyword}{between}Item {{}}");
                    // The text is what it is meant to be.
                    let text =
                        if keyword.contains("group") { format!("message M {{ {text} }}") } else { text };
                    assert!(told(&["Item"], &text), "{text}");
                }
            }
        }
    }

    #[test]
    fn whatever_a_file_declares_is_looked_for() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut count = 0;
        for entry in walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok) {
            if entry.path().extension().is_none_or(|extension| extension != "proto") {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            for found in crate::compile::declared(&text) {
                let name = found.full_name.rsplit('.').next().unwrap_or_default();
                assert!(told(&[name], &text), "{}: {name}", entry.path().display());
                count += 1;
            }
        }
        assert!(count > 1000, "{count}");
    }
}
