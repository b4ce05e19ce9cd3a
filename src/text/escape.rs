//! Text from sources, file names and other programs, made safe to show.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

/// Whether a character must not reach a terminal or a page as it is: it moves the cursor, changes colours, reorders the
/// text around it or cannot be seen at all.
///
/// Control characters, the separators of lines and paragraphs, the marks of interlinear annotations, and everything that
/// Unicode 16 gives the property `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt), to which all marks of
/// direction belong but those of UAX #9 that are separators. To these come the blank Braille pattern, which looks like a
/// space and is none, and noncharacters, two of which XML forbids. Characters for private use show as boxes and do
/// nothing.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c,
            '\u{ad}'                         // soft hyphen
            | '\u{34f}'                      // combining grapheme joiner
            | '\u{61c}'                      // Arabic letter mark
            | '\u{115f}' | '\u{1160}'        // Hangul fillers
            | '\u{17b4}' | '\u{17b5}'        // Khmer inherent vowels
            | '\u{180b}'..='\u{180f}'        // Mongolian variation selectors and vowel separator
            | '\u{200b}'..='\u{200f}'        // zero width, directional marks
            | '\u{2028}'..='\u{202e}'        // line and paragraph separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}'        // invisible operators, isolates
            | '\u{2800}'                     // blank Braille pattern
            | '\u{3164}' | '\u{ffa0}'        // Hangul fillers
            | '\u{fdd0}'..='\u{fdef}'        // noncharacters
            | '\u{fe00}'..='\u{fe0f}'        // variation selectors
            | '\u{feff}'                     // byte order mark
            | '\u{fff0}'..='\u{fffb}'        // not assigned, interlinear annotations
            | '\u{1bca0}'..='\u{1bca3}'      // shorthand format controls
            | '\u{1d173}'..='\u{1d17a}'      // musical format controls
            | '\u{e0000}'..='\u{e0fff}') // tags, more variation selectors
}

/// The text with every unsafe character written out: `\n`, `\t`, `\r`, `\u{1b}`.
///
/// Text without any is returned as it is. A backslash stays one backslash: the result is for reading, not for
/// parsing back.
pub fn escape(text: &str) -> Cow<'_, str> {
    // Nearly every text, and looked at by bytes at once.
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if plain || !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The same of a text that may have lines and colours of ours: line feeds and sequences `ESC [ … m` stay.
pub(crate) fn escape_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_unsafe) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let colour = rest.strip_prefix("\u{1b}[").and_then(|codes| {
            let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            // Not those that blink or hide.
            let ours = codes[..end]
                .split(';')
                .all(|n| matches!(n, "0" | "1" | "2" | "4") || n.len() == 2 && n.starts_with(['3', '9']));
            (ours && codes[end..].starts_with('m')).then_some(end + 3)
        });
        let c = rest.chars().next().expect("`find` gives the start of a character");
        let kept = colour.unwrap_or(usize::from(c == '\n'));
        out.push_str(&rest[..kept]);
        rest = &rest[kept..];
        if kept == 0 {
            out.extend(c.escape_default());
            rest = &rest[c.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

/// A document of JSON with indented lines, in which nothing acts on a terminal; the decoded text is the same.
pub(crate) fn pretty_json(value: &impl Serialize) -> io::Result<String> {
    let mut out = Vec::with_capacity(128);
    write_pretty_json(value, 0, &mut out)?;
    String::from_utf8(out).map_err(io::Error::other)
}

/// The same of a value that stands in others: its lines, but for the first, are indented by that many of them more.
pub(crate) fn write_pretty_json(value: &impl Serialize, depth: usize, out: &mut Vec<u8>) -> io::Result<()> {
    let mut formatter = PrettyEscapes(PrettyFormatter::new());
    for _ in 0..depth {
        formatter.begin_array(&mut io::sink())?;
    }
    Ok(value.serialize(&mut serde_json::Serializer::with_formatter(out, formatter))?)
}

/// JSON with indented lines in which nothing acts on a terminal.
struct PrettyEscapes(PrettyFormatter<'static>);

impl Formatter for PrettyEscapes {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        write_escaped(out, text, &is_unsafe)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

/// Writes a part of a string of JSON with all that is unsafe escaped.
fn write_escaped<W: ?Sized + io::Write>(
    out: &mut W,
    text: &str,
    is_unsafe: &dyn Fn(char) -> bool,
) -> io::Result<()> {
    // Nearly all of it is names.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ');
    let mut rest = text;
    if text.bytes().all(plain) {
        return out.write_all(text.as_bytes());
    }
    while let Some(at) = rest.find(is_unsafe) {
        out.write_all(&rest.as_bytes()[..at])?;
        let c = rest[at..].chars().next().expect("`find` gives the start of a character");
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.write_all(rest.as_bytes())
}

/// JSON in which nothing acts on a terminal or a web page; the decoded text is the same.
///
/// Go's `encoding/json` writes `<`, `>`, `&` and the line separators this way, which readers of such output may
/// lean on.
pub(crate) struct JsonEscapes;

impl Formatter for JsonEscapes {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        write_escaped(out, text, &|c| matches!(c, '<' | '>' | '&') || is_unsafe(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_untouched() {
        for text in ["", "user.v1.UserInfo", "größer → 5", "emoji 🦀", r"back\slash"] {
            assert!(matches!(escape(text), Cow::Borrowed(t) if t == text));
        }
    }

    #[test]
    fn json_reads_back() {
        let text = "a\u{e0041}\u{61c}\u{9b}\"";
        let json = pretty_json(&[text]).unwrap();
        assert!(!json.contains(|c| c != '\n' && is_unsafe(c)), "{json:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }

    #[test]
    fn lines_and_colours_stay() {
        assert_eq!(
            escape_lines("\u{1b}[1;31ma\u{1b}[0m\nb\u{1b}[2J\u{e0041}"),
            "\u{1b}[1;31ma\u{1b}[0m\nb\\u{1b}[2J\\u{e0041}"
        );
        assert_eq!(escape_lines("\u{1b}[8ma"), "\\u{1b}[8ma");
        assert_eq!(escape_lines("a\u{1b}["), "a\\u{1b}[");
    }

    #[test]
    fn unsafe_characters_are_written_out() {
        assert_eq!(escape("a\nb\tc\r"), r"a\nb\tc\r");
        assert_eq!(escape("\u{1b}[31mred"), r"\u{1b}[31mred");
        assert_eq!(escape("\u{9b}31m\u{7f}"), r"\u{9b}31m\u{7f}");
        assert_eq!(escape("user\u{202e}resu"), r"user\u{202e}resu");
        assert_eq!(escape("\u{e0041}\u{61c}\u{3164}\u{ffff}"), r"\u{e0041}\u{61c}\u{3164}\u{ffff}");
        assert_eq!(escape("\u{2066}\u{2028}\u{feff}\0"), r"\u{2066}\u{2028}\u{feff}\u{0}");
    }
}
