//! The text format of protobuf as a tree: what is written, before anybody knows the fields.
//!
//! Source: <https://protobuf.dev/reference/protobuf/textformat-spec/>.

use thiserror::Error;

/// How deep messages may lie in each other.
const MAX_DEPTH: usize = 100;

/// Text that is no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {message}")]
pub struct TextError {
    /// The line, from one.
    pub line: usize,
    /// The column, from one, in bytes.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// One `name: value`. A list has several values.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) name: Name<'t>,
    pub(super) values: Vec<Value<'t>>,
    /// Where it begins, in bytes.
    pub(super) at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'t> {
    Field(&'t str),
    /// In brackets: the name of an extension, or the type of an `Any`.
    Bracketed(&'t str),
}

#[derive(Debug)]
pub(super) enum Value<'t> {
    Message(Vec<Node<'t>>),
    Text(Vec<u8>),
    /// A number or a name, with the sign that stands before it.
    Word {
        negative: bool,
        word: &'t str,
    },
}

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Vec<Node<'_>>, TextError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let nodes = parser.fields(None)?;
    Ok(nodes)
}

/// An error at a place in a text.
pub(super) fn error(text: &str, at: usize, message: impl Into<String>) -> TextError {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    TextError {
        line: before.iter().filter(|b| **b == b'\n').count() + 1,
        column: before.len() - line_start + 1,
        message: message.into(),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, TextError> {
        Err(error(self.text, self.at, message))
    }

    /// The next byte that counts.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'#' => {
                    let rest = &bytes[self.at..];
                    self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                other => return Some(*other),
            }
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn fields(&mut self, end: Option<u8>) -> Result<Vec<Node<'t>>, TextError> {
        let mut nodes = Vec::new();
        loop {
            match (self.peek(), end) {
                (None, None) => return Ok(nodes),
                (None, Some(_)) => return self.fail("the text ends inside a message"),
                (Some(found), Some(end)) if found == end => {
                    self.at += 1;
                    return Ok(nodes);
                }
                _ => nodes.push(self.field()?),
            }
            let _ = self.take(b',') || self.take(b';');
        }
    }

    fn field(&mut self) -> Result<Node<'t>, TextError> {
        let at = self.at;
        let name = if self.take(b'[') {
            self.peek();
            let start = self.at;
            let rest = &self.text.as_bytes()[start..];
            let Some(len) = rest.iter().position(|b| *b == b']' || b.is_ascii_whitespace()) else {
                return self.fail("a name in brackets has no end");
            };
            self.at += len;
            if !self.take(b']') {
                return self.fail("a name in brackets has no end");
            }
            Name::Bracketed(&self.text[start..start + len])
        } else {
            match self.word() {
                Some(word) if !word.starts_with(|c: char| c.is_ascii_digit()) => Name::Field(word),
                Some(word) => {
                    self.at = at;
                    return self
                        .fail(format!("field `{word}` has only its number here, and its name is needed"));
                }
                None => return self.fail("the name of a field is expected"),
            }
        };
        let colon = self.take(b':');
        let mut values = Vec::new();
        if self.peek() == Some(b'[') {
            self.at += 1;
            while !self.take(b']') {
                values.push(self.value(true)?);
                if !self.take(b',') && self.peek() != Some(b']') {
                    return self.fail("`,` or `]` is expected in a list");
                }
            }
        } else {
            values.push(self.value(colon)?);
        }
        Ok(Node { name, values, at })
    }

    /// A value; without a colon before it, it is a message.
    fn value(&mut self, colon: bool) -> Result<Value<'t>, TextError> {
        match self.peek() {
            Some(open @ (b'{' | b'<')) => {
                self.at += 1;
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return self.fail(format!("messages lie in each other more than {MAX_DEPTH} deep"));
                }
                let nodes = self.fields(Some(if open == b'{' { b'}' } else { b'>' }))?;
                self.depth -= 1;
                Ok(Value::Message(nodes))
            }
            _ if !colon => self.fail("`:` or a message is expected after the name of a field"),
            Some(b'"' | b'\'') => self.text().map(Value::Text),
            _ => {
                let negative = self.take(b'-');
                self.peek();
                match self.word() {
                    Some(word) => Ok(Value::Word { negative, word }),
                    None => self.fail("a value is expected"),
                }
            }
        }
    }

    /// Letters, digits and what numbers consist of.
    fn word(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        let mut before = '\0';
        let number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let hex = rest.starts_with("0x") || rest.starts_with("0X");
        let end = rest.find(|c: char| {
            let exponent = number && !hex && matches!(before, 'e' | 'E') && matches!(c, '+' | '-');
            let inside = c.is_ascii_alphanumeric() || c == '_' || number && c == '.' || exponent;
            before = c;
            !inside
        });
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        (!word.is_empty()).then_some(word)
    }

    /// String literals that stand side by side are one.
    fn text(&mut self) -> Result<Vec<u8>, TextError> {
        let mut out = Vec::new();
        while let Some(quote @ (b'"' | b'\'')) = self.peek() {
            self.at += 1;
            loop {
                let Some(byte) = self.text.as_bytes().get(self.at).copied() else {
                    return self.fail("the text ends inside a string");
                };
                self.at += 1;
                match byte {
                    byte if byte == quote => break,
                    b'\n' => return self.fail("a string has no end in its line"),
                    b'\\' => self.escape(&mut out)?,
                    other => out.push(other),
                }
            }
        }
        Ok(out)
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), TextError> {
        let bytes = self.text.as_bytes();
        let Some(kind) = bytes.get(self.at).copied() else {
            return self.fail("the text ends inside a string");
        };
        self.at += 1;
        let here = self.at;
        let mut digits = |most: usize, radix: u32, from: usize| -> Option<u32> {
            let rest = bytes.get(from..)?;
            let len = rest.iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count();
            self.at = from + len;
            u32::from_str_radix(std::str::from_utf8(&rest[..len]).ok()?, radix).ok()
        };
        let value = match kind {
            b'a' => Some(7),
            b'b' => Some(8),
            b't' => Some(9),
            b'n' => Some(10),
            b'v' => Some(11),
            b'f' => Some(12),
            b'r' => Some(13),
            b'\\' | b'\'' | b'"' | b'?' => Some(u32::from(kind)),
            b'0'..=b'7' => digits(3, 8, here - 1),
            b'x' | b'X' => digits(2, 16, here),
            b'u' | b'U' => {
                let most = if kind == b'u' { 4 } else { 8 };
                let code = digits(most, 16, here);
                let Some(char) = code.filter(|_| self.at == here + most).and_then(char::from_u32) else {
                    return self.fail("an escape names no character");
                };
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => None,
        };
        match value.and_then(|value| u8::try_from(value).ok()) {
            Some(byte) => {
                out.push(byte);
                Ok(())
            }
            None => self.fail("an escape that means nothing"),
        }
    }
}
