//! The lines of a changelog that has a form of its own: which are headings.

use std::ops::Range;

/// A heading, by where its line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading<'a> {
    /// From 1.
    pub(super) level: usize,
    /// What it says.
    pub(super) title: &'a str,
    /// Its line, the line end included.
    pub(super) line: Range<usize>,
}

/// The headings that begin with `#`. Those in fenced code and in comments are none (CommonMark 0.31, sections 4.2, 4.5
/// and 4.6).
pub(super) fn headings(text: &str) -> Vec<Heading<'_>> {
    let mut out = Vec::new();
    let mut inside = Inside::Text;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        let bare = line.trim_start_matches('\u{feff}').trim_end();
        let indented = bare.len() - bare.trim_start_matches(' ').len() > 3;
        let bare = bare.trim_start_matches(' ');
        inside = match inside {
            Inside::Comment => {
                if bare.contains("-->") {
                    Inside::Text
                } else {
                    inside
                }
            }
            Inside::Fence(mark, length) => {
                let run = run_of(bare, mark);
                let closes = !indented && run >= length && bare[run..].trim().is_empty();
                if closes { Inside::Text } else { inside }
            }
            Inside::Text if indented => inside,
            Inside::Text if bare.starts_with("<!--") => {
                if bare[4..].contains("-->") {
                    inside
                } else {
                    Inside::Comment
                }
            }
            Inside::Text => match fence(bare) {
                Some((mark, length)) => Inside::Fence(mark, length),
                None => {
                    out.extend(heading(bare).map(|(level, title)| Heading { level, title, line: range }));
                    inside
                }
            },
        };
    }
    out
}

/// What a line is in.
#[derive(Clone, Copy)]
enum Inside {
    Text,
    Comment,
    /// The character of the fence, and how many of them.
    Fence(char, usize),
}

fn run_of(line: &str, mark: char) -> usize {
    line.chars().take_while(|c| *c == mark).count()
}

/// A fence that opens.
fn fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let run = run_of(line, mark);
    (run >= 3 && !(mark == '`' && line[run..].contains('`'))).then_some((mark, run))
}

/// The level and the words of a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = run_of(line, '#');
    let title = &line[level..];
    let is_one = (1..=6).contains(&level) && (title.is_empty() || title.starts_with([' ', '\t']));
    // Marks at the end belong to the line and not to the words, where a space is before them.
    let closed = title.trim_end_matches('#');
    let title = if closed.ends_with([' ', '\t']) { closed } else { title };
    is_one.then(|| (level, title.trim()))
}

/// Where the definitions of links at the end begin: only they and blank lines follow.
pub(super) fn links_at_the_end(text: &str) -> usize {
    let mut at = text.len();
    let mut first = text.len();
    for line in text.split_inclusive('\n').rev() {
        at -= line.len();
        let bare = line.trim();
        if bare.starts_with('[') && bare.contains("]:") {
            first = at;
        } else if !bare.is_empty() {
            break;
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_heading() {
        let text = "# A\n\n```text\n## no\n```\n~~~~\n~~~\n## no\n~~~~\n<!-- x\n## no\n-->\n<!-- x -->\n  ## B ##\n    ## no\n##no\n### C#\r\n`` ``` ``\n## D";
        let found: Vec<_> = headings(text).into_iter().map(|h| (h.level, h.title)).collect();
        assert_eq!(found, [(1, "A"), (2, "B"), (3, "C#"), (2, "D")]);
        assert_eq!(&text[headings(text)[2].line.clone()], "### C#\r\n");
    }

    #[test]
    fn links_are_those_that_nothing_follows() {
        let text = "[a]: b\ntext\n\n[c]: d\n\n[e]: f\n";
        assert_eq!(&text[links_at_the_end(text)..], "[c]: d\n\n[e]: f\n");
        assert_eq!(links_at_the_end("text\n"), 5);
    }
}
