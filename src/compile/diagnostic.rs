//! What is wrong with sources, for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use super::parse::Span;
use crate::text::escape;

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Severity {
    /// The file does not compile.
    #[default]
    Error,
    /// It compiles, and somebody may want to know.
    Warning,
}

/// One error or warning about a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The file, as a person finds it.
    pub file: String,
    /// Line and column, from one; columns count characters.
    pub position: Option<(u32, u32)>,
    /// What is wrong.
    pub message: String,
    /// What helps.
    pub hints: Vec<String>,
    /// The line of source.
    pub excerpt: Option<Excerpt>,
}

/// A line of source, or a piece of a very long one, with a part marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, as it stands in the file.
    pub text: String,
    /// Characters before the marked part.
    pub start: u32,
    /// Characters of the marked part, at least one.
    pub width: u32,
}

/// The longest piece of a source line that is shown.
const MAX_SHOWN: usize = 120;

/// How many bytes of a line are kept on each side of the place.
const MAX_KEPT: usize = 1000;

impl Diagnostic {
    /// A problem of a whole file.
    pub(crate) fn of_file(file: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            file: file.to_owned(),
            position: None,
            message: message.into(),
            hints: Vec::new(),
            excerpt: None,
        }
    }

    /// A problem of a part of a text.
    pub(crate) fn at(file: &str, text: &str, span: Span, message: impl Into<String>) -> Diagnostic {
        let (from, upto) = line_around(text, span.start);
        let at = (span.start as usize).min(text.len());
        let end = (span.end as usize).clamp(at, upto.max(at));
        let chars = |from: usize, upto: usize| text.get(from..upto).map_or(0, |s| s.chars().count()) as u32;
        Diagnostic {
            excerpt: Some(Excerpt {
                text: text[from..upto].to_owned(),
                start: chars(from, at),
                width: chars(at, end).max(1),
            }),
            position: Some(position(text, span.start)),
            ..Diagnostic::of_file(file, message)
        }
    }

    /// The same as a warning.
    #[must_use]
    pub(crate) fn warning(self) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self }
    }

    /// The error as text, several lines, with a final newline. Everything that comes from sources is escaped.
    pub fn render(&self, colour: bool) -> String {
        let style = |s: anstyle::Style| if colour { s } else { anstyle::Style::new() };
        let (word, mark) = match self.severity {
            Severity::Error => ("error", anstyle::AnsiColor::Red),
            Severity::Warning => ("warning", anstyle::AnsiColor::Yellow),
        };
        let mark = style(mark.on_default().bold());
        let bold = style(anstyle::Style::new().bold());
        let blue = style(anstyle::AnsiColor::Blue.on_default());
        let cyan = style(anstyle::AnsiColor::Cyan.on_default());
        let mut out = String::new();
        let mut place = escape(&self.file).into_owned();
        if let Some((line, column)) = self.position {
            let _ = write!(place, ":{line}:{column}");
        }
        let _ = writeln!(
            out,
            "{bold}{place}:{bold:#} {mark}{word}:{mark:#} {}",
            escape(&shortened(self.message.clone()))
        );
        if let (Some(excerpt), Some((line, _))) = (&self.excerpt, self.position) {
            let (shown, before, under) = excerpt.layout();
            let number = line.to_string();
            let _ = writeln!(out, "{blue}{number} |{blue:#} {shown}");
            let _ = writeln!(
                out,
                "{blue}{:gap$} |{blue:#} {:before$}{mark}{}{mark:#}",
                "",
                "",
                "^".repeat(under),
                gap = number.len()
            );
        }
        for hint in &self.hints {
            let _ = writeln!(out, "  {cyan}hint:{cyan:#} {}", escape(&shortened(hint.clone())));
        }
        out
    }
}

impl Excerpt {
    /// The part of the line to show, the columns before the mark in it, and the columns to mark.
    fn layout(&self) -> (String, usize, usize) {
        let (start, width) = (self.start as usize, self.width as usize);
        let chars: Vec<char> = self.text.chars().collect();
        // A long line is shown from a little before the place.
        let from = if chars.len() > MAX_SHOWN { start.saturating_sub(MAX_SHOWN / 3) } else { 0 };
        let upto = chars.len().min(from + MAX_SHOWN);
        let mut shown = String::new();
        let (mut before, mut under) = (0, 0);
        if from > 0 {
            shown.push('…');
            before += 1;
        }
        for (i, &c) in chars.iter().enumerate().take(upto).skip(from) {
            let at = shown.len();
            if c == '\t' {
                shown += "    ";
            } else {
                shown += &escape(c.encode_utf8(&mut [0; 4]));
            }
            let columns: usize = shown[at..].chars().map(|c| c.width().unwrap_or(0)).sum();
            if i < start {
                before += columns;
            } else if i < start + width {
                under += columns;
            }
        }
        if upto < chars.len() {
            shown.push('…');
        }
        (shown, before, under.max(1))
    }
}

/// A message that quotes what it is about; of a very long one the beginning.
pub(crate) fn shortened(mut text: String) -> String {
    const MOST: usize = 4000;
    if let Some((at, _)) = text.char_indices().nth(MOST) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// Line and column of a byte, from one; columns count characters.
pub(crate) fn position(text: &str, at: u32) -> (u32, u32) {
    let at = (at as usize).min(text.len());
    let before = &text.as_bytes()[..at];
    let line = before.iter().filter(|&&b| b == b'\n').count();
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    // Bytes that do not start a character are not counted.
    let column = before[start..].iter().filter(|&&b| b & 0xc0 != 0x80).count();
    (line as u32 + 1, column as u32 + 1)
}

/// The line around a byte, without its end; of a very long line the piece around the byte.
fn line_around(text: &str, at: u32) -> (usize, usize) {
    let at = (at as usize).min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
    let end = bytes[at..].iter().position(|&b| b == b'\n').map_or(text.len(), |n| at + n);
    let end = if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end };
    // A file can be one line.
    let mut start = start.max(at.saturating_sub(MAX_KEPT));
    let mut end = end.min(at + MAX_KEPT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (start, end)
}
