//! A comment is never code: what generators copy into comments and docstrings without a look at it is made harmless in
//! the request that they are given.
//!
//! protoc and its like escape what ends a comment in Java; protoc-gen-go writes each line behind `//`, prost behind
//! `///`, and the gRPC plugin of Python writes the text between `"""` as it is. What a reader sees stays the same, but
//! for characters that cannot be seen, which are written out (`U+202E`).

use std::borrow::Cow;
use std::fmt::Write as _;

use buffa_descriptor::generated::descriptor as pb;
use prost::Message as _;

use crate::words::Language;

/// Just the comments of a file.
#[derive(Clone, PartialEq, prost::Message)]
struct File {
    #[prost(message, optional, tag = "9")]
    info: Option<Info>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Info {
    #[prost(message, repeated, tag = "1")]
    location: Vec<Location>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Location {
    #[prost(string, optional, tag = "3")]
    leading: Option<String>,
    #[prost(string, optional, tag = "4")]
    trailing: Option<String>,
    #[prost(string, repeated, tag = "6")]
    detached: Vec<String>,
}

/// Whether a comment of an encoded file has to be changed. Bytes that are no file have none.
pub(super) fn harmful(language: Language, descriptor: &[u8]) -> bool {
    let Ok(File { info: Some(info) }) = File::decode(descriptor) else { return false };
    let changes = |text: &String| matches!(harmless(language, text), Cow::Owned(_));
    info.location.iter().any(|l| l.leading.iter().chain(&l.trailing).chain(&l.detached).any(changes))
}

/// Makes all comments of a file harmless.
pub(super) fn tame(language: Language, proto: &mut pb::FileDescriptorProto) {
    let Some(info) = proto.source_code_info.as_option_mut() else { return };
    for location in &mut info.location {
        let comments = location.leading_comments.iter_mut().chain(&mut location.trailing_comments);
        for text in comments.chain(&mut location.leading_detached_comments) {
            if let Cow::Owned(new) = harmless(language, text) {
                *text = new;
            }
        }
    }
}

/// A comment as generators of a language may copy it; borrowed where it can stay as it is.
fn harmless(language: Language, text: &str) -> Cow<'_, str> {
    let seen = text.chars().any(is_hidden).then(|| written_out(text));
    let text = seen.map_or(Cow::Borrowed(text), Cow::Owned);
    let new = match language {
        Language::Go => go(&text),
        Language::Python => python(&text),
        // Their generators escape what ends a comment, and Java's `\u` too.
        Language::Java | Language::Rust => None,
    };
    new.map_or(text, Cow::Owned)
}

/// What acts on a compiler or a reader without being seen: control characters but for tabs and ends of lines, marks of
/// direction (which rustc refuses), separators of lines, marks of byte order.
fn is_hidden(c: char) -> bool {
    let plain = matches!(c, '\n' | '\t');
    c.is_control() && !plain
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn written_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            // rustc refuses one that stands alone.
            '\r' => out.push(' '),
            c if is_hidden(c) => {
                let _ = write!(out, "U+{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Directives, which are comments without a space behind `//`, get one; build constraints of the old form, which may
/// have one, a space too: `go vet` takes them for malformed wherever they stand.
/// <https://pkg.go.dev/cmd/compile#hdr-Compiler_Directives>, <https://pkg.go.dev/cmd/go#hdr-Build_constraints>
fn go(text: &str) -> Option<String> {
    let directive = |line: &str| {
        let word = line.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit())).unwrap_or(line.len());
        let (word, rest) = line.split_at(word);
        let after = rest.strip_prefix(':').and_then(|rest| rest.chars().next());
        !word.is_empty() && after.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            || matches!(word, "line" | "export" | "extern") && rest.starts_with([' ', '\t'])
    };
    let constraint = |line: &str| line.contains("+build");
    if !text.lines().any(|line| directive(line) || constraint(line)) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        if directive(line) {
            out.push(' ');
            out.push_str(line);
        } else if constraint(line) {
            out.push_str(&line.replace("+build", "+ build"));
        } else {
            out.push_str(line);
        }
    }
    Some(out)
}

/// In a docstring a backslash begins an escape, and three quotes end it.
fn python(text: &str) -> Option<String> {
    if !text.contains('\\') && !text.contains("\"\"") {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' || c == '"' && (before == '"' || chars.peek() == Some(&'"')) {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_what_it_is() {
        for language in Language::ALL {
            for text in
                ["", " plain\n two lines\n", "\ttab, \"quoted\", it's, */ @see <b> &amp; {@code x}", " a: b"]
            {
                assert!(matches!(harmless(language, text), Cow::Borrowed(_)), "{language:?} {text:?}");
            }
        }
    }

    #[test]
    fn what_would_act_does_not() {
        for (language, text, harmless_text) in [
            (Language::Go, "go:build ignore\n", " go:build ignore\n"),
            (Language::Go, " go:build ignore\n", " go:build ignore\n"),
            (Language::Go, "x\ngo:embed secret\n", "x\n go:embed secret\n"),
            (Language::Go, "line /etc/x:1", " line /etc/x:1"),
            (Language::Go, " +build ignore\n", " + build ignore\n"),
            (Language::Go, "export X", " export X"),
            (Language::Go, "C:\\Users \"\"\"", "C:\\Users \"\"\""),
            (Language::Python, " C:\\Users\\N{x}\\", " C:\\\\Users\\\\N{x}\\\\"),
            (Language::Python, " \"\"\" + x() \"\"\"\"", " \\\"\\\"\\\" + x() \\\"\\\"\\\"\\\""),
            (Language::Rust, "a\rb\r\nc", "a b\nc"),
            (Language::Rust, "a\u{202e}b\u{0}", "aU+202EbU+0000"),
            (Language::Java, "\u{feff}\\u002a/", "U+FEFF\\u002a/"),
        ] {
            assert_eq!(harmless(language, text), harmless_text, "{language:?} {text:?}");
            // A second time there is nothing to do, but for a backslash that is one of its own.
            if language != Language::Python {
                assert!(matches!(harmless(language, harmless_text), Cow::Borrowed(_)), "{harmless_text:?}");
            }
        }
    }
}
