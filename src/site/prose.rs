//! Comments as markup: paragraphs, lists and examples, with the names in them as links.

use minijinja::HtmlEscape;

use crate::text::escape;

/// A comment as markup. Nothing in it is markup of its own: of Markdown only what people write into comments has a
/// meaning, blank lines, lists, indented or fenced examples, headings, code between backticks, and a name in brackets
/// (`[Topic][pay.v1.Topic]`), which leads to where `link` says it is.
pub(super) fn prose(comment: &str, link: &dyn Fn(&str) -> Option<String>) -> String {
    let lines: Vec<&str> =
        comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    let mut out = String::new();
    let mut open = Open::None;
    let mut fenced = false;
    for line in lines {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            open.close(&mut out);
            fenced = !fenced;
        } else if fenced {
            open.example(line, &mut out);
        } else if bare.is_empty() {
            match &mut open {
                Open::Example(text) => text.push('\n'),
                other => other.close(&mut out),
            }
        } else if let Some(item) = item(bare) {
            if !matches!(open, Open::List(_)) {
                open.close(&mut out);
            }
            let items = match open {
                Open::List(mut items) => {
                    items.push(item.to_owned());
                    items
                }
                _ => vec![item.to_owned()],
            };
            open = Open::List(items);
        } else if let (Open::List(items), true) = (&mut open, indent > 0) {
            join(items.last_mut(), bare);
        } else if indent >= 4 && !matches!(open, Open::Paragraph(_)) {
            open.example(&line[4..], &mut out);
        } else {
            let heading = bare.trim_start_matches('#');
            if heading.len() < bare.len() && heading.starts_with(' ') {
                open.close(&mut out);
                open = Open::Paragraph(heading.trim().to_owned());
                open.close(&mut out);
                continue;
            }
            match &mut open {
                Open::Paragraph(text) => join(Some(text), bare),
                other => {
                    other.close(&mut out);
                    open = Open::Paragraph(bare.to_owned());
                }
            }
        }
    }
    open.close(&mut out);
    linked(&out, link)
}

/// What has begun and not ended.
enum Open {
    None,
    Paragraph(String),
    List(Vec<String>),
    Example(String),
}

impl Open {
    fn close(&mut self, out: &mut String) {
        match std::mem::replace(self, Open::None) {
            Open::None => {}
            Open::Paragraph(text) => *out += &format!("<p>{}</p>\n", marked(&text)),
            Open::List(items) => {
                *out += "<ul>\n";
                for item in items {
                    *out += &format!("<li>{}</li>\n", marked(&item));
                }
                *out += "</ul>\n";
            }
            Open::Example(text) => *out += &format!("<pre>{}</pre>\n", shown(text.trim_matches('\n'))),
        }
    }

    fn example(&mut self, line: &str, out: &mut String) {
        if let Open::Example(text) = self {
            text.push('\n');
            text.push_str(line);
            return;
        }
        self.close(out);
        *self = Open::Example(line.to_owned());
    }
}

fn join(text: Option<&mut String>, more: &str) {
    if let Some(text) = text {
        text.push(' ');
        text.push_str(more);
    }
}

/// The words of a list's item: `- …`, `* …`, `1. …`.
fn item(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['-', '*', '+', '•']).or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        if (1..=3).contains(&(line.len() - rest.len())) { rest.strip_prefix(['.', ')']) } else { None }
    })?;
    let words = rest.trim_start();
    (words.len() < rest.len() && !words.is_empty()).then_some(words)
}

fn shown(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(escape).collect();
    HtmlEscape(&lines.join("\n")).to_string()
}

/// Text with what stands between backticks as code.
fn marked(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return shown(text);
    }
    let part = |(n, part): (usize, &&str)| match (n % 2, *part) {
        (_, "") => String::new(),
        (0, text) => shown(text),
        (_, code) => format!("<code>{}</code>", shown(code)),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Makes links of `[text][name]`. The text is markup already; a name holds nothing that was written another way there.
fn linked(markup: &str, link: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = markup;
    while let Some(at) = rest.find("][") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        let end = after.find(|c| !is_name(c)).filter(|end| after[*end..].starts_with(']'));
        // What is in brackets is on one line and is no tag.
        let start = before.rfind('[').filter(|start| !before[start + 1..].contains(['\n', '<']));
        match (start, end) {
            (Some(start), Some(end)) => {
                out += &before[..start];
                let (text, name) = (&before[start + 1..], &after[..end]);
                match link(name) {
                    Some(href) => out += &format!("<a href=\"{}\">{text}</a>", HtmlEscape(&href)),
                    None => out += text,
                }
                rest = &after[end + 1..];
            }
            _ => {
                out += &rest[..at + 1];
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(comment: &str) -> String {
        prose(comment, &|name| (name == "a.v1.B").then(|| "b.html#a.v1.B".to_owned()))
    }

    #[test]
    fn paragraphs_lists_and_examples() {
        let comment = " First line\n second `code`.\n\n # Head\n - one\n   more\n - two\n\n     let x;\n\n     let y;\n\n ```\n <b>\n ```\n 1. a\n";
        assert_eq!(
            told(comment),
            "<p>First line second <code>code</code>.</p>\n<p>Head</p>\n<ul>\n<li>one more</li>\n<li>two</li>\n</ul>\n\
             <pre>let x;\n\nlet y;</pre>\n<pre>&lt;b&gt;</pre>\n<ul>\n<li>a</li>\n</ul>\n"
        );
    }

    #[test]
    fn names_are_links_where_they_are_known() {
        assert_eq!(
            told(" A [b][a.v1.B], [c][a.v1.C] and x[0][1]."),
            "<p>A <a href=\"b.html#a.v1.B\">b</a>, c and x0.</p>\n"
        );
        assert_eq!(
            told("[a](javascript:alert(1)) [b][<i>]"),
            "<p>[a](javascript:alert(1)) [b][&lt;i&gt;]</p>\n"
        );
        assert_eq!(told("`[x][a.v1.B]`"), "<p><code><a href=\"b.html#a.v1.B\">x</a></code></p>\n");
    }

    #[test]
    fn nothing_is_markup() {
        let text = told(" <script>alert(1)</script> \u{202e}\"'&\u{1b}[2J\n\n     <b>\u{7}");
        assert_eq!(
            text,
            "<p>&lt;script&gt;alert(1)&lt;&#x2f;script&gt; \\u{202e}&quot;&#x27;&amp;\\u{1b}[2J</p>\n<pre>&lt;b&gt;\\u{7}</pre>\n"
        );
    }
}
