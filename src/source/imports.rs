//! A cheap look into .proto files: their imports, their package and what they declare, without parsing them.
//!
//! The scan knows comments, strings and braces and nothing else of the language. It never fails: in a file that
//! does not parse it finds what it can, and the compiler reports the error.

use crate::compile::{Declares, Head, HeadImport};

/// What the scan finds in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Import paths as written, in order.
    pub imports: Vec<String>,
    /// Those of them that are public.
    pub public: Vec<String>,
    /// The package, when there is one.
    pub package: Option<String>,
    /// Whether an import is written in a way that the scan does not spell out: with an escape, or in pieces.
    pub unclear: bool,
    /// The messages and enums of the top level.
    pub types: Vec<String>,
    /// What is declared at any level.
    pub declares: Declares,
    /// Whether `google.protobuf.Any` is named. A type whose name ends like this one counts as well.
    pub any: bool,
}

impl Scan {
    /// The head of the file, but for what the file is called and whose it is.
    #[must_use]
    pub fn head(self) -> Head {
        let import =
            |path: &String| HeadImport { path: path.as_str().into(), public: self.public.contains(path) };
        Head {
            package: self.package.as_deref().unwrap_or_default().into(),
            imports: self.imports.iter().map(import).collect(),
            types: self.types.iter().map(|t| t.as_str().into()).collect(),
            declares: self.declares,
            any: self.any,
            ..Head::default()
        }
    }
}

/// Scans a file.
#[must_use]
pub fn scan(text: &[u8]) -> Scan {
    let mut found = Scan::default();
    let mut rest = Tokens { text, at: 0 };
    let mut depth = 0_usize;
    let mut at_start = true;
    let (mut names_type, mut any) = (false, false);
    let mut name: Vec<u8> = Vec::new();
    while let Some(token) = rest.next() {
        match token {
            Token::Word(word) if depth == 0 && at_start && word == b"import" => {
                let mut next = rest.next();
                let public = matches!(next, Some(Token::Word(b"public")));
                // `public`, `weak`, and `option` of edition 2024.
                if matches!(next, Some(Token::Word(_))) {
                    next = rest.next();
                }
                match next {
                    Some(Token::Text(path)) => {
                        let text = String::from_utf8_lossy(path).into_owned();
                        found.public.extend(public.then(|| text.clone()));
                        found.imports.push(text);
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
            Token::Word(word) if at_start && is_declaration(word) => {
                match word {
                    b"message" => found.declares.messages = true,
                    b"enum" => found.declares.enums = true,
                    _ => found.declares.extensions = true,
                }
                names_type = depth == 0 && word != b"extend";
                at_start = false;
            }
            Token::Word(word) => {
                if std::mem::take(&mut names_type) {
                    found.types.push(String::from_utf8_lossy(word).into_owned());
                }
                // A name may be written in pieces.
                if !name.ends_with(b".") && !word.starts_with(b".") {
                    name.clear();
                }
                name.extend_from_slice(word);
                any |= is_any(&name, found.package.as_deref());
                at_start = false;
            }
            Token::Symbol(symbol @ (b'{' | b'}' | b';')) => {
                match symbol {
                    b'{' => depth += 1,
                    b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                name.clear();
                at_start = true;
            }
            Token::Text(_) | Token::Symbol(_) => {
                name.clear();
                at_start = false;
            }
        }
    }
    found.any = any;
    found
}

fn is_declaration(word: &[u8]) -> bool {
    [&b"message"[..], b"enum", b"extend"].contains(&word)
}

/// Whether a name, as written in a package, can be that of `google.protobuf.Any`.
fn is_any(name: &[u8], package: Option<&str>) -> bool {
    let inside = |outer: &str| {
        package.is_some_and(|p| {
            p.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    match name {
        b"google.protobuf.Any" => true,
        name if name.ends_with(b".google.protobuf.Any") => true,
        b"protobuf.Any" => inside("google"),
        b"Any" => inside("google.protobuf"),
        _ => false,
    }
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
        assert_eq!(found.public, ["b/b.proto"]);
        assert_eq!((found.package.as_deref(), found.unclear), (Some("acme.pay"), false));
        for unclear in ["import \"a\" \"b\";", "import 'a\\x2fb';", "import a b;", "import {}"] {
            assert!(scan(unclear.as_bytes()).unclear, "{unclear}");
        }
    }

    #[test]
    fn what_is_declared_is_found() {
        let text = br#"
            syntax = "proto2"; package acme;
            message Outer { message message1 {} enum Inner { A = 0; } optional int32 message = 1; }
            /* enum No {} */ enum Colour { RED = 0; } service S { rpc Get(Outer) returns (Outer); }
        "#;
        let found = scan(text);
        assert_eq!(found.types, ["Outer", "Colour"]);
        assert_eq!(found.declares, Declares { messages: true, enums: true, extensions: false });
        let found = scan(b"package acme; message M { extend acme.N { optional int32 x = 9; } }");
        assert_eq!(found.declares, Declares { messages: true, enums: false, extensions: true });
        assert_eq!(
            scan(b"option message = 1; enum").declares,
            Declares { enums: true, ..Declares::default() }
        );
    }

    #[test]
    fn an_any_is_seen_however_it_is_written() {
        let in_package = |package: &str, name: &str| {
            scan(
                format!("package {package}; message M {{ {name} x = 1; map<string, string> y = 2; }}")
                    .as_bytes(),
            )
            .any
        };
        for (package, name, is) in [
            ("acme", "google.protobuf.Any", true),
            ("acme", ".google.protobuf.Any", true),
            ("acme", "repeated google . protobuf /* so */ .Any", true),
            ("acme", "google.\n protobuf.Any", true),
            ("google.type", "protobuf.Any", true),
            ("google.protobuf.x", "Any", true),
            ("acme", "Any", false),
            ("acme", "protobuf.Any", false),
            ("googles", "protobuf.Any", false),
            ("acme", "repeated .google.protobuf.Any", true),
            ("acme", "repeated . google.protobuf.Any", true),
            ("acme", "acme.google.protobuf.Any", true),
            ("acme", "google.protobuf.Anything", false),
        ] {
            assert_eq!(in_package(package, name), is, "{package}: {name}");
        }
        assert!(scan(b"message M { map<string, google.protobuf.Any> all = 1; }").any);
        assert!(!scan(b"// google.protobuf.Any\noption x = \"google.protobuf.Any\";").any);
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
