//! Text from sources and configuration inside Markdown.

use std::fmt::Write as _;

use super::escape;

/// A sentence of ours for an element of HTML: what it puts in backticks is code.
pub(crate) fn message(text: &str) -> String {
    marked(text, |code| format!("<code>{}</code>", safe(code)))
}

/// The same for a paragraph or a list that people also read as it is, with backticks where they can stay.
pub(crate) fn sentence(text: &str) -> String {
    marked(text, code)
}

fn marked(text: &str, code: impl Fn(&str) -> String) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A name with a backtick in it leaves an odd one: then none is a mark.
    if parts.len().is_multiple_of(2) {
        return safe(text);
    }
    let part = |(n, part): (usize, &&str)| if n % 2 == 1 { code(part) } else { safe(part) };
    parts.iter().enumerate().map(part).collect()
}

/// A name as code. Between backticks nothing has a meaning but a backtick (CommonMark 0.31, section 6.1), and in a table
/// a `|`; spaces at the ends are taken off there, and nothing at all is no code.
pub(crate) fn code(text: &str) -> String {
    let text = escape(text);
    if text.is_empty() || text.contains(['`', '|']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("<code>{}</code>", safe(&text));
    }
    format!("`{text}`")
}

/// Text that is nothing but text: no markup, no link, and nobody is called by name.
///
/// Every mark that CommonMark or GitHub's dialect gives a meaning becomes a character reference, which no mark can come
/// out of (CommonMark 0.31, section 2.5). An `@` stands alone in an element, so that no name follows it.
pub(crate) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = escape(text);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '@' => out.push_str("<span>&#64;</span>"),
            // No mark by itself: an image needs a bracket, a list a line of its own.
            '.' | '-' | '(' | ')' | ',' | '/' | '=' | ';' | '+' | '\'' | '"' | '?' | '!' | '%' => out.push(c),
            // Emoji and links have more behind it.
            ':' if chars.peek() == Some(&' ') => out.push(c),
            c if c.is_ascii_punctuation() => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.replace("www.", "www<span>.</span>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_and_nothing_is_a_link() {
        assert_eq!(
            safe("@team #1 [a](b) `c` *d* http://x"),
            "<span>&#64;</span>team &#35;1 &#91;a&#93;(b) &#96;c&#96; &#42;d&#42; http&#58;//x"
        );
        assert_eq!(message("a `b` c"), "a <code>b</code> c");
        assert_eq!(message("a ` c"), "a &#96; c");
    }

    #[test]
    fn backticks_stay_where_nothing_in_them_ends_them() {
        assert_eq!(sentence("a `b_<i>` *c*"), "a `b_<i>` &#42;c&#42;");
        assert_eq!(sentence("`a|b` and `"), "&#96;a&#124;b&#96; and &#96;");
        assert_eq!(
            (&*code("a|b"), &*code(" a"), &*code("")),
            ("<code>a&#124;b</code>", "<code> a</code>", "<code></code>",)
        );
        assert_eq!(code("a\n## b"), "`a\\n## b`");
    }
}
