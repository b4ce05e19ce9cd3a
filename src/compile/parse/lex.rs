//! Tokens of .proto text, with positions and comments.
//!
//! Positions and the way comments are handed out follow protoc's tokenizer, because `SourceCodeInfo` has to come
//! out the same: lines and columns count from zero, columns are bytes, a tab goes to the next multiple of eight.

use super::{Problem, Span};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing was read yet.
    Start,
    /// The text is over.
    End,
    /// A letter or underscore, then letters, digits and underscores.
    Ident,
    /// Decimal, octal or hexadecimal, without sign.
    Int,
    /// A number with a point or an exponent, without sign.
    Float,
    /// One quoted piece.
    Str,
    /// Any other character.
    Symbol,
}

/// One token; no token spans lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) end_column: u32,
}

/// Comments met between two declarations.
#[derive(Debug, Default)]
pub(crate) struct Comments {
    /// Belongs to the declaration that just ended.
    pub(crate) trailing: Option<String>,
    /// Belongs to nothing.
    pub(crate) detached: Vec<String>,
    /// Belongs to the declaration that follows.
    pub(crate) leading: Option<String>,
}

/// How many problems one file may report; a binary file has one a byte.
pub(crate) const MAX_PROBLEMS: usize = 100;

pub(crate) struct Lexer<'s> {
    text: &'s str,
    src: &'s [u8],
    /// End of the part that is read, which may be less than the whole text.
    end: usize,
    pos: usize,
    line: u32,
    /// `column = pos + shift`.
    shift: i64,
    pub(crate) current: Token,
    pub(crate) previous: Token,
    pub(crate) problems: Vec<Problem>,
}

#[derive(PartialEq, Eq)]
enum CommentStart {
    Line,
    Block,
    /// A slash that starts no comment; it is now the current token.
    Slash,
    No,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(text: &'s str) -> Lexer<'s> {
        Lexer::range(text, Span { start: 0, end: text.len() as u32 })
    }

    /// Reads a part of a text; spans are offsets in the whole text, lines and columns count from the part.
    pub(crate) fn range(text: &'s str, part: Span) -> Lexer<'s> {
        let none = Token {
            kind: Kind::Start,
            span: Span { start: part.start, end: part.start },
            line: 0,
            column: 0,
            end_column: 0,
        };
        Lexer {
            text,
            src: text.as_bytes(),
            end: part.end as usize,
            pos: part.start as usize,
            line: 0,
            shift: -i64::from(part.start),
            current: none,
            previous: none,
            problems: Vec::new(),
        }
    }

    pub(crate) fn text(&self, token: Token) -> &'s str {
        &self.text[token.span.start as usize..token.span.end as usize]
    }

    /// What stands behind the current token.
    pub(crate) fn rest(&self) -> &'s str {
        &self.text[self.current.span.end as usize..self.end]
    }

    pub(crate) fn source(&self, span: Span) -> &'s str {
        &self.text[span.start as usize..span.end as usize]
    }

    pub(crate) fn problem(&mut self, span: Span, message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem::new(span, message));
        }
    }

    fn peek(&self) -> u8 {
        if self.pos < self.end { self.src[self.pos] } else { 0 }
    }

    fn peek_at(&self, ahead: usize) -> u8 {
        if self.pos + ahead < self.end { self.src[self.pos + ahead] } else { 0 }
    }

    fn column(&self) -> u32 {
        (self.pos as i64 + self.shift) as u32
    }

    fn bump(&mut self) {
        match self.src[self.pos] {
            b'\n' => {
                self.line += 1;
                self.shift = -(self.pos as i64 + 1);
            }
            b'\t' => self.shift += 7 - (self.pos as i64 + self.shift) % 8,
            _ => {}
        }
        self.pos += 1;
    }

    fn skip_blank(&mut self) {
        while self.pos < self.end && matches!(self.src[self.pos], b' ' | b'\t' | b'\r' | 0x0b | 0x0c) {
            self.bump();
        }
    }

    fn try_newline(&mut self) -> bool {
        let newline = self.peek() == b'\n' && self.pos < self.end;
        if newline {
            self.bump();
        }
        newline
    }

    fn comment_start(&mut self) -> CommentStart {
        if self.peek() != b'/' {
            return CommentStart::No;
        }
        match self.peek_at(1) {
            b'/' => {
                self.pos += 2;
                CommentStart::Line
            }
            b'*' => {
                self.pos += 2;
                CommentStart::Block
            }
            _ => {
                self.start_token();
                self.pos += 1;
                self.end_token(Kind::Symbol);
                CommentStart::Slash
            }
        }
    }

    fn line_comment(&mut self, into: Option<&mut String>) {
        let rest = &self.src[self.pos..self.end];
        let len = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |n| n + 1);
        if let Some(into) = into {
            into.push_str(&self.text[self.pos..self.pos + len]);
        }
        let newline = rest.get(len.wrapping_sub(1)) == Some(&b'\n');
        self.pos += len;
        if newline {
            self.line += 1;
            self.shift = -(self.pos as i64);
        }
    }

    /// Reads up to and over `*/`. Each line of the text loses its indentation and one asterisk.
    fn block_comment(&mut self, mut into: Option<&mut String>) {
        let opened = self.pos - 2;
        let mut from = self.pos;
        loop {
            if self.pos >= self.end {
                let span = Span { start: opened as u32, end: opened as u32 + 2 };
                self.problem(span, "this comment is never closed");
                return;
            }
            match self.src[self.pos] {
                b'\n' => {
                    self.bump();
                    if let Some(into) = into.as_deref_mut() {
                        into.push_str(&self.text[from..self.pos]);
                    }
                    self.skip_blank();
                    if self.peek() == b'*' && self.pos < self.end {
                        self.pos += 1;
                        if self.peek() == b'/' && self.pos < self.end {
                            self.pos += 1;
                            return;
                        }
                    }
                    from = self.pos;
                }
                b'*' if self.peek_at(1) == b'/' => {
                    if let Some(into) = into {
                        into.push_str(&self.text[from..self.pos]);
                    }
                    self.pos += 2;
                    return;
                }
                b'/' if self.peek_at(1) == b'*' => {
                    let span = Span { start: self.pos as u32, end: self.pos as u32 + 2 };
                    self.problem(span, "`/*` inside a block comment: they do not nest");
                    // The asterisk stays: with a slash behind it, it closes the comment.
                    self.pos += 1;
                }
                _ => self.bump(),
            }
        }
    }

    fn start_token(&mut self) {
        self.current = Token {
            kind: Kind::Symbol,
            span: Span { start: self.pos as u32, end: self.pos as u32 },
            line: self.line,
            column: self.column(),
            end_column: 0,
        };
    }

    fn end_token(&mut self, kind: Kind) {
        self.current.kind = kind;
        self.current.span.end = self.pos as u32;
        self.current.end_column = self.column();
    }

    /// Goes to the next token and forgets comments on the way. False at the end.
    pub(crate) fn next(&mut self) -> bool {
        self.previous = self.current;
        self.advance()
    }

    fn advance(&mut self) -> bool {
        loop {
            self.skip_blank();
            if self.try_newline() {
                continue;
            }
            match self.comment_start() {
                CommentStart::Line => self.line_comment(None),
                CommentStart::Block => self.block_comment(None),
                CommentStart::Slash => return true,
                CommentStart::No if self.pos >= self.end => {
                    self.start_token();
                    self.end_token(Kind::End);
                    return false;
                }
                CommentStart::No => {
                    if self.token() {
                        return true;
                    }
                }
            }
        }
    }

    /// Reads one token; false if there was only rubbish, which is reported.
    fn token(&mut self) -> bool {
        let first = self.src[self.pos];
        if first < 0x20 || first == 0x7f {
            let start = self.pos as u32;
            while self.pos < self.end && (self.src[self.pos] < 0x20 || self.src[self.pos] == 0x7f) {
                if matches!(self.src[self.pos], b'\n' | b'\t' | b'\r' | 0x0b | 0x0c) {
                    break;
                }
                self.pos += 1;
            }
            self.problem(Span { start, end: self.pos as u32 }, "control characters are not allowed here");
            return false;
        }
        self.start_token();
        let kind = match first {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'_');
                Kind::Ident
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.peek_at(1).is_ascii_digit() => {
                if self.previous.kind == Kind::Ident && self.previous.span.end == self.current.span.start {
                    let at = self.current.span.start;
                    self.problem(
                        Span { start: at, end: at + 1 },
                        "put a space between the name and this number",
                    );
                }
                self.number()
            }
            b'"' | b'\'' => {
                self.pos += 1;
                self.string(first);
                Kind::Str
            }
            0x80.. => {
                let c = self.text[self.pos..].chars().next().unwrap_or(' ');
                self.pos += c.len_utf8();
                let span = Span { start: self.current.span.start, end: self.pos as u32 };
                self.problem(
                    span,
                    format!(
                        "character `{c}` (U+{:04X}) is not allowed outside strings and comments",
                        c as u32
                    ),
                );
                return false;
            }
            _ => {
                self.pos += 1;
                Kind::Symbol
            }
        };
        self.end_token(kind);
        true
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) -> usize {
        let from = self.pos;
        while self.pos < self.end && keep(self.src[self.pos]) {
            self.pos += 1;
        }
        self.pos - from
    }

    fn number(&mut self) -> Kind {
        let from = self.pos as u32;
        let mut float = false;
        let mut message = None;
        if self.peek() == b'0' && matches!(self.peek_at(1), b'x' | b'X') {
            self.pos += 2;
            if self.skip_while(|b| b.is_ascii_hexdigit()) == 0 {
                message = Some("`0x` needs hexadecimal digits behind it");
            }
        } else if self.peek() == b'0' && self.peek_at(1).is_ascii_digit() {
            self.skip_while(|b| (b'0'..=b'7').contains(&b));
            if self.skip_while(|b| b.is_ascii_digit()) > 0 {
                message = Some("a number that starts with zero is octal: only the digits 0 to 7 are allowed");
            }
        } else {
            self.skip_while(|b| b.is_ascii_digit());
            if self.peek() == b'.' && self.pos < self.end {
                float = true;
                self.pos += 1;
                self.skip_while(|b| b.is_ascii_digit());
            }
            if matches!(self.peek(), b'e' | b'E') {
                float = true;
                self.pos += 1;
                if matches!(self.peek(), b'-' | b'+') {
                    self.pos += 1;
                }
                if self.skip_while(|b| b.is_ascii_digit()) == 0 {
                    message = Some("the exponent has no digits");
                }
            }
        }
        if message.is_none() {
            if self.peek().is_ascii_alphabetic() || self.peek() == b'_' {
                message = Some("put a space between this number and the name behind it");
            } else if self.peek() == b'.' && self.pos < self.end {
                message = Some(if float {
                    "a number has one decimal point at most, and none behind the exponent"
                } else {
                    "hexadecimal and octal numbers are whole"
                });
            }
        }
        if let Some(message) = message {
            self.problem(Span { start: from, end: self.pos as u32 }, message);
        }
        if float { Kind::Float } else { Kind::Int }
    }

    fn string(&mut self, quote: u8) {
        let opened = self.pos as u32 - 1;
        loop {
            if self.pos >= self.end || self.src[self.pos] == b'\n' {
                self.problem(
                    Span { start: opened, end: self.pos as u32 },
                    "this string has no closing quote on its line",
                );
                return;
            }
            let byte = self.src[self.pos];
            if byte == b'\\' {
                self.escape();
                continue;
            }
            self.bump();
            if byte == quote {
                return;
            }
        }
    }

    fn escape(&mut self) {
        let from = self.pos as u32;
        self.pos += 1;
        let message = match self.peek() {
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"' | b'0'..=b'7' => {
                self.pos += 1;
                None
            }
            b'x' => {
                self.pos += 1;
                if self.peek().is_ascii_hexdigit() {
                    None
                } else {
                    Some("`\\x` needs hexadecimal digits behind it")
                }
            }
            b'u' => {
                self.pos += 1;
                if (0..4).all(|n| self.peek_at(n).is_ascii_hexdigit()) {
                    self.pos += 4;
                    None
                } else {
                    Some("`\\u` needs four hexadecimal digits behind it")
                }
            }
            b'U' => {
                self.pos += 1;
                let fits = self.peek() == b'0'
                    && self.peek_at(1) == b'0'
                    && matches!(self.peek_at(2), b'0' | b'1')
                    && (3..8).all(|n| self.peek_at(n).is_ascii_hexdigit());
                if fits {
                    self.pos += 8;
                    None
                } else {
                    Some("`\\U` needs eight hexadecimal digits up to 0010ffff behind it")
                }
            }
            _ => Some("this escape does not exist"),
        };
        if let Some(message) = message {
            self.problem(Span { start: from, end: (self.pos as u32).max(from + 1) }, message);
        }
    }

    /// Goes to the next token and hands out the comments on the way.
    pub(crate) fn next_with_comments(&mut self) -> Comments {
        self.previous = self.current;
        let mut collector = Collector { can_attach: true, ..Collector::default() };
        let mut before = Some(self.line);
        let mut trailing_end = None;
        if self.current.kind == Kind::Start {
            if self.src[self.pos..self.end].starts_with("\u{feff}".as_bytes()) {
                // Invisible for people, but columns count its bytes.
                self.pos += 3;
            }
            collector.can_attach = false;
            before = None;
        } else {
            // A comment on the line of the declaration belongs to it.
            self.skip_blank();
            match self.comment_start() {
                CommentStart::Line => {
                    trailing_end = Some(self.line);
                    self.line_comment(Some(collector.line()));
                    collector.flush();
                }
                CommentStart::Block => {
                    self.block_comment(Some(collector.block()));
                    trailing_end = Some(self.line);
                    self.skip_blank();
                    collector.flush();
                }
                CommentStart::Slash => return collector.finish(),
                CommentStart::No => {
                    if !self.try_newline() {
                        self.advance();
                        return collector.finish();
                    }
                }
            }
        }
        loop {
            self.skip_blank();
            match self.comment_start() {
                CommentStart::Line => self.line_comment(Some(collector.line())),
                CommentStart::Block => {
                    self.block_comment(Some(collector.block()));
                    self.skip_blank();
                    self.try_newline();
                }
                CommentStart::Slash => return collector.finish(),
                CommentStart::No => {
                    if self.try_newline() {
                        collector.flush();
                        collector.can_attach = false;
                        continue;
                    }
                    let more = self.advance();
                    if !more || matches!(self.text(self.current), "}" | "]" | ")") {
                        // The end of a scope: nothing follows that the comment could speak of.
                        collector.flush();
                    }
                    if more && (before == Some(self.line) || trailing_end == Some(self.line)) {
                        collector.detach_lonely();
                    }
                    return collector.finish();
                }
            }
        }
    }
}

/// Keeps the newest comment until it is clear where it belongs.
#[derive(Default)]
struct Collector {
    out: Comments,
    buffer: Option<String>,
    buffer_is_line: bool,
    can_attach: bool,
    count: usize,
    has_trailing: bool,
}

impl Collector {
    /// Line comments on consecutive lines are one comment.
    fn line(&mut self) -> &mut String {
        if !self.buffer_is_line {
            self.flush();
        }
        self.buffer_is_line = true;
        self.buffer.get_or_insert_default()
    }

    fn block(&mut self) -> &mut String {
        self.flush();
        self.buffer_is_line = false;
        self.buffer.get_or_insert_default()
    }

    fn flush(&mut self) {
        let Some(text) = self.buffer.take() else { return };
        if self.can_attach {
            self.out.trailing = Some(text);
            self.has_trailing = true;
            self.can_attach = false;
        } else {
            self.out.detached.push(text);
        }
        self.count += 1;
    }

    /// A single comment between two declarations on one line could belong to either, so it belongs to none.
    fn detach_lonely(&mut self) {
        if self.count + usize::from(self.buffer.is_some()) == 1 {
            if self.has_trailing
                && let Some(text) = self.out.trailing.take()
            {
                self.out.detached.insert(0, text);
            }
            self.flush();
        }
    }

    fn finish(mut self) -> Comments {
        self.out.leading = self.buffer;
        // An empty comment is none: descriptors do not tell the two apart.
        self.out.leading = self.out.leading.filter(|t| !t.is_empty());
        self.out.trailing = self.out.trailing.filter(|t| !t.is_empty());
        self.out
    }
}

/// The value of an integer token, if it is at most `max`.
pub(crate) fn integer(text: &str, max: u64) -> Option<u64> {
    let value = if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16).ok()?
    } else if text.len() > 1 && text.starts_with('0') {
        u64::from_str_radix(text, 8).ok()?
    } else {
        text.parse().ok()?
    };
    (value <= max).then_some(value)
}

/// The value of a number token.
pub(crate) fn float(text: &str) -> f64 {
    // The lexer lets an exponent without digits pass after reporting it.
    text.parse().unwrap_or_default()
}

/// Appends the value of one string token, quotes and escapes resolved.
pub(crate) fn unescape(token: &str, out: &mut Vec<u8>) {
    let bytes = token.as_bytes();
    let Some((&quote, rest)) = bytes.split_first() else { return };
    let inner = match rest.split_last() {
        Some((&last, inner)) if last == quote => inner,
        _ => rest,
    };
    let mut at = 0;
    while at < inner.len() {
        if inner[at] != b'\\' {
            let run = inner[at..].iter().position(|&b| b == b'\\').unwrap_or(inner.len() - at);
            out.extend_from_slice(&inner[at..at + run]);
            at += run;
            continue;
        }
        at += 1;
        let Some(&escape) = inner.get(at) else { return };
        at += 1;
        match escape {
            b'0'..=b'7' => {
                let mut value = u32::from(escape - b'0');
                for _ in 0..2 {
                    match inner.get(at) {
                        Some(&b @ b'0'..=b'7') => {
                            value = value * 8 + u32::from(b - b'0');
                            at += 1;
                        }
                        _ => break,
                    }
                }
                out.push(value as u8);
            }
            b'x' => {
                let (value, len) = hex(&inner[at..], 2);
                at += len;
                out.push(value as u8);
            }
            b'u' | b'U' => {
                let (mut value, len) = hex(&inner[at..], if escape == b'u' { 4 } else { 8 });
                at += len;
                // A surrogate pair may be written as two escapes.
                if (0xd800..0xdc00).contains(&value) && inner[at..].starts_with(b"\\u") {
                    let (low, len) = hex(&inner[at + 2..], 4);
                    if (0xdc00..0xe000).contains(&low) {
                        at += 2 + len;
                        value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
                    }
                }
                match char::from_u32(value) {
                    Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    // Half of a surrogate pair: no UTF-8, but fine in `bytes`.
                    None if value < 0x1_0000 => out.extend_from_slice(&[
                        0xe0 | (value >> 12) as u8,
                        0x80 | (value >> 6 & 0x3f) as u8,
                        0x80 | (value & 0x3f) as u8,
                    ]),
                    None => out.extend_from_slice(format!("\\U{value:08x}").as_bytes()),
                }
            }
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            other => out.push(other),
        }
    }
}

fn hex(bytes: &[u8], max: usize) -> (u32, usize) {
    let digits = bytes.iter().take(max).map_while(|&b| (b as char).to_digit(16));
    digits.fold((0, 0), |(value, len), digit| (value * 16 + digit, len + 1))
}
