//! Lines for a terminal: styled pieces of text, wrapped by words, everything escaped.

use std::io;

use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::UnicodeWidthStr;

use super::escape;

/// How something is shown. What is in it does not depend on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// The columns to wrap at; `None` leaves lines as long as they are.
    pub width: Option<usize>,
}

/// What a piece of text is, so that all output uses the same few colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Running text.
    #[default]
    Plain,
    /// Something that fails.
    Error,
    /// Something worth a look.
    Warn,
    /// Something worth knowing.
    Note,
    /// Something that is fine.
    Good,
    /// A heading.
    Strong,
    /// A label or an aside.
    Faint,
}

impl Style {
    fn ansi(self) -> Ansi {
        let fg = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
        match self {
            Style::Plain => Ansi::new(),
            Style::Error => fg(AnsiColor::Red).bold(),
            Style::Warn => fg(AnsiColor::Yellow).bold(),
            Style::Note => fg(AnsiColor::Cyan).bold(),
            Style::Good => fg(AnsiColor::Green).bold(),
            Style::Strong => Ansi::new().bold(),
            Style::Faint => Ansi::new().dimmed(),
        }
    }
}

/// One line of output before it is wrapped.
///
/// Every text that goes in is escaped here, so nothing from a source can break out of its line.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pieces: Vec<(Style, String)>,
    hang: usize,
}

impl Line {
    /// An empty line.
    pub fn new() -> Line {
        Line::default()
    }

    /// A label, right-aligned to seven columns and one space, with the text behind it hanging under itself.
    pub fn labelled(label: &str) -> Line {
        Line::new().styled(Style::Faint, format!("{label:>7}")).plain(" ").hang(8)
    }

    /// The indent of the lines after the first.
    pub fn hang(mut self, columns: usize) -> Line {
        self.hang = columns;
        self
    }

    /// Adds running text.
    pub fn plain(self, text: impl AsRef<str>) -> Line {
        self.styled(Style::Plain, text)
    }

    /// Adds text of a kind.
    pub fn styled(mut self, style: Style, text: impl AsRef<str>) -> Line {
        let text = escape(text.as_ref());
        if !text.is_empty() {
            self.pieces.push((style, text.into_owned()));
        }
        self
    }

    /// Writes the line, wrapped and coloured as `view` says, with a line feed.
    ///
    /// Words longer than the width stay whole: a path or a name that is cut cannot be copied.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
        let mut column = 0;
        // Whether a word stands on this line, so that there is something to break after.
        let mut started = false;
        let mut open: Option<(usize, Ansi)> = None;
        for Word { gap, parts, width } in joined(&self.pieces) {
            let full = view.width.is_some_and(|limit| column + gap + width > limit.max(self.hang + 20));
            let breaks = full && started && gap > 0 && width > 0;
            for (n, (piece, text)) in parts.iter().enumerate() {
                if open.is_none_or(|(index, _)| index != *piece) {
                    if let Some((_, ansi)) = open {
                        write!(out, "{ansi:#}")?;
                    }
                    let ansi = if view.colour { self.pieces[*piece].0.ansi() } else { Ansi::new() };
                    write!(out, "{ansi}")?;
                    open = Some((*piece, ansi));
                }
                match open {
                    // The style is closed before a break: a pager shows lines one by one.
                    Some((_, ansi)) if n == 0 && breaks => {
                        write!(out, "{ansi:#}\n{:1$}{ansi}", "", self.hang)?;
                        column = self.hang;
                    }
                    _ if n == 0 => {
                        write!(out, "{:gap$}", "")?;
                        column += gap;
                    }
                    _ => {}
                }
                out.write_all(text.as_bytes())?;
            }
            column += width;
            started |= width > 0 && column > self.hang;
        }
        if let Some((_, ansi)) = open {
            write!(out, "{ansi:#}")?;
        }
        out.write_all(b"\n")
    }
}

/// What stands together on a line: text without a space in it, whatever pieces it comes from.
struct Word<'a> {
    /// The spaces before it.
    gap: usize,
    /// Its parts, each with the index of its piece.
    parts: Vec<(usize, &'a str)>,
    width: usize,
}

/// The words of some pieces. Where one piece ends and the next begins without a space, a word goes on.
fn joined(pieces: &[(Style, String)]) -> Vec<Word<'_>> {
    let mut all: Vec<Word<'_>> = Vec::new();
    for (index, (_, text)) in pieces.iter().enumerate() {
        for (spaces, word) in words(text) {
            match all.last_mut() {
                Some(last) if spaces.is_empty() => {
                    last.parts.push((index, word));
                    last.width += word.width();
                }
                _ => all.push(Word { gap: spaces.len(), parts: vec![(index, word)], width: word.width() }),
            }
        }
    }
    all
}

/// The words of a text, each with the spaces before it; trailing spaces come with an empty word.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest.find(|c| c != ' ').unwrap_or(rest.len());
        let end = rest[start..].find(' ').map_or(rest.len(), |n| start + n);
        let (head, tail) = rest.split_at(end);
        rest = tail;
        Some(head.split_at(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(line: &Line, colour: bool, width: Option<usize>) -> String {
        let mut out = Vec::new();
        line.write(&View { colour, width }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn wraps_under_the_text_and_never_inside_a_word() {
        let line = Line::labelled("fix")
            .plain("one two three four five six a-word-that-is-longer-than-a-line seven");
        assert_eq!(
            render(&line, false, Some(28)),
            "    fix one two three four\n        five six\n        a-word-that-is-longer-than-a-line\n        seven\n"
        );
        assert_eq!(render(&line, false, None).lines().count(), 1);
    }

    #[test]
    fn a_word_of_several_pieces_stays_whole() {
        let line = Line::labelled("breaks").styled(Style::Error, "wire (backward: rejects)").plain(": why");
        // With its colon the second word is one too long.
        let text = render(&line, false, Some(32));
        assert_eq!(text, " breaks wire (backward:\n        rejects): why\n");
        assert!(render(&line, true, Some(32)).contains("rejects)\u{1b}[0m: why"), "{line:?}");
        assert_eq!(render(&line, false, Some(33)).lines().next().unwrap().len(), 33);
    }

    #[test]
    fn colours_only_when_asked_and_closed_before_a_break() {
        let line = Line::new().styled(Style::Error, "aaaaaaaaaaaa bbbbbbbbbbbbbbbb");
        assert_eq!(
            render(&line, true, Some(20)),
            "\u{1b}[1m\u{1b}[31maaaaaaaaaaaa\u{1b}[0m\n\u{1b}[1m\u{1b}[31mbbbbbbbbbbbbbbbb\u{1b}[0m\n"
        );
        assert_eq!(render(&line, false, None), "aaaaaaaaaaaa bbbbbbbbbbbbbbbb\n");
    }

    #[test]
    fn nothing_breaks_out_of_its_line() {
        let line = Line::new().plain("a\u{1b}[2Jb\nc\u{202e}d");
        assert_eq!(render(&line, true, None), "a\\u{1b}[2Jb\\nc\\u{202e}d\n");
    }
}
