//! Text from sources, file names and other programs, made safe to show.

use std::borrow::Cow;

/// Whether a character must not reach a terminal as it is: it moves the cursor, changes colours, reorders the
/// text around it or cannot be seen at all.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'                         // soft hyphen
            | '\u{61c}'                      // Arabic letter mark
            | '\u{200b}'..='\u{200f}'        // zero width, directional marks
            | '\u{2028}'..='\u{202e}'        // line and paragraph separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}'        // invisible operators, isolates
            | '\u{fe00}'..='\u{fe0f}'        // variation selectors
            | '\u{feff}'                     // byte order mark
            | '\u{fff9}'..='\u{fffb}'        // interlinear annotations
            | '\u{e0000}'..='\u{e0fff}') // tags
}

/// The text with every unsafe character written out: `\n`, `\t`, `\r`, `\u{1b}`.
///
/// Text without any is returned as it is. A backslash stays one backslash: the result is for reading, not for
/// parsing back.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
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
    fn unsafe_characters_are_written_out() {
        assert_eq!(escape("a\nb\tc\r"), r"a\nb\tc\r");
        assert_eq!(escape("\u{1b}[31mred"), r"\u{1b}[31mred");
        assert_eq!(escape("\u{9b}31m\u{7f}"), r"\u{9b}31m\u{7f}");
        assert_eq!(escape("user\u{202e}resu"), r"user\u{202e}resu");
        assert_eq!(escape("\u{2066}\u{2028}\u{feff}\0"), r"\u{2066}\u{2028}\u{feff}\u{0}");
    }
}
