//! A cheap look into .proto files: their imports and package, without parsing them.
//!
//! The scan knows comments, strings and braces and nothing else of the language. It never fails: in a file that
//! does not parse it finds what it can, and the compiler reports the error.

/// What the scan finds in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Import paths as written, in order.
    pub imports: Vec<String>,
    /// The package, when there is one.
    pub package: Option<String>,
    /// Whether an import is written in a way that the scan does not spell out: with an escape, or in pieces.
    pub unclear: bool,
}

/// Scans a file.
#[must_use]
pub fn scan(text: &[u8]) -> Scan {
    let mut found = Scan::default();
    let mut rest = Tokens { text, at: 0 };
    let mut depth = 0_usize;
    let mut at_start = true;
    while let Some(token) = rest.next() {
        match token {
            Token::Word(word) if depth == 0 && at_start && word == b"import" => {
                let mut next = rest.next();
                // `public`, `weak`, and `option` of edition 2024.
                if matches!(next, Some(Token::Word(_))) {
                    next = rest.next();
                }
                match next {
                    Some(Token::Text(path)) => {
                        found.imports.push(String::from_utf8_lossy(path).into_owned());
                        found.unclear |= path.contains(&b'\\');
                    }
                    _ => found.unclear = true,
                }
                // A second literal would be a part of the same path.
                let then = rest.next();
                found.unclear |= !matches!(then, Some(Token::Symbol(b';')));
                at_start = matches!(then, Some(Token::Symbol(b';')));
            }
            Token::Word(word) if depth == 0 && at_start && word == b"package" => {
                if let Some(Token::Word(name)) = rest.next() {
                    let name: String = String::from_utf8_lossy(name).into_owned();
                    found.package.get_or_insert(name);
                }
                at_start = false;
            }
            Token::Symbol(b'{') => {
                depth += 1;
                at_start = true;
            }
            Token::Symbol(b'}') => {
                depth = depth.saturating_sub(1);
                at_start = true;
            }
            Token::Symbol(b';') => at_start = true,
            Token::Word(_) | Token::Text(_) | Token::Symbol(_) => at_start = false,
        }
    }
    found
}

enum Token<'a> {
    /// Letters, digits, `_` and `.`: dotted names come as one.
    Word(&'a [u8]),
    /// The inside of a string literal.
    Text(&'a [u8]),
    Symbol(u8),
}

struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|b| keep(*b)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let first = *self.text.get(self.at)?;
            match first {
                b'/' if self.text.get(self.at + 1) == Some(&b'/') => {
                    self.skip_while(|b| b != b'\n');
                }
                b'/' if self.text.get(self.at + 1) == Some(&b'*') => {
                    self.at += 2;
                    while self.at < self.text.len() && !self.text[self.at..].starts_with(b"*/") {
                        self.at += 1;
                    }
                    self.at = (self.at + 2).min(self.text.len());
                }
                b'"' | b'\'' => {
                    self.at += 1;
                    let start = self.at;
                    while let Some(b) = self.text.get(self.at) {
                        match b {
                            b'\\' => self.at += 1,
                            b'\n' => break,
                            b if *b == first => break,
                            _ => {}
                        }
                        self.at += 1;
                    }
                    let end = self.at.min(self.text.len());
                    self.at = end + 1;
                    return Some(Token::Text(&self.text[start..end]));
                }
                b if is_word(b) => return Some(Token::Word(self.skip_while(is_word))),
                b if b.is_ascii_whitespace() || b >= 0x80 => self.at += 1,
                b => {
                    self.at += 1;
                    return Some(Token::Symbol(b));
                }
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn imports_and_package_are_found_where_they_count() {
        let text = br#"
            // import "comment.proto";
            syntax = "proto3"; /* package no; import "block.proto"; */
            package acme.pay . v1;
            import "a.proto"; import public 'b/b.proto';
            option x = "import \"string.proto\";";
            message import { string package = 1; } import weak "c.proto";
        "#;
        let found = scan(text);
        assert_eq!(found.imports, ["a.proto", "b/b.proto", "c.proto"]);
        assert_eq!((found.package.as_deref(), found.unclear), (Some("acme.pay"), false));
        for unclear in ["import \"a\" \"b\";", "import 'a\\x2fb';", "import a b;", "import {}"] {
            assert!(scan(unclear.as_bytes()).unclear, "{unclear}");
        }
    }

    #[test]
    fn unfinished_files_end_the_scan() {
        for text in ["import \"a", "import", "/*", "import \"a\\", "package", "\"", "import \"x.proto\""] {
            let _ = scan(text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_scan(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = scan(&bytes);
        }
    }
}
