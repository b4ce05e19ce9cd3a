//! A cheap look into .proto files: their imports, their package and what they declare, without parsing them.
//!
//! The scan knows comments, strings and braces and nothing else of the language. It never fails: in a file that
//! does not parse it finds what it can, and the compiler reports the error.

use std::sync::Arc;

use memchr::memmem;

use crate::compile::{ALLOW, Look};

/// What the scan finds in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Import paths as written, in order.
    pub imports: Vec<String>,
    /// Those of them that are public.
    pub public: Vec<String>,
    /// What it declares.
    pub look: Arc<Look>,
    /// Whether an import or a package of a language is written in a way that the scan does not spell out: with an
    /// escape, or in pieces.
    pub unclear: bool,
    /// Whether there were no bytes to look at.
    pub unreadable: bool,
    /// Whether the file declares an edition.
    pub edition: bool,
    /// Whether it extends messages that are no options of descriptor.proto. A relative name counts as one.
    pub extends: bool,
    /// Whether it can hold a comment that accepts a break.
    pub allows: bool,
    /// `go_package`, as written.
    pub go_package: Option<String>,
    /// `java_package`, as written.
    pub java_package: Option<String>,
    /// Texts that can be path templates of HTTP calls, a line each; `None` where one of them is not spelled out.
    pub paths: Option<String>,
}

/// Scans a file.
#[must_use]
pub fn scan(text: &[u8]) -> Scan {
    let allows = memmem::find(text, ALLOW.as_bytes()).is_some();
    let mut found = Scan { allows, paths: Some(String::new()), ..Scan::default() };
    let mut look = Look::default();
    let mut rest = Tokens { text, at: 0 };
    let mut depth = 0_usize;
    let mut at_start = true;
    // In a block that extends a message, at the top level.
    let mut extending = false;
    let (mut names_type, mut any) = (false, false);
    let mut name: Vec<u8> = Vec::new();
    let mut before_path = BeforePath::Nothing;
    while let Some(token) = rest.next() {
        if let (Token::Text(path), BeforePath::Sign) = (&token, before_path) {
            rest.path(path, &mut found.paths);
        }
        before_path = before_path.then(&token);
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
                let name = String::from_utf8_lossy(&rest.joined()).into_owned();
                if !name.is_empty() {
                    look.package.get_or_insert(name);
                }
                at_start = false;
            }
            Token::Word(b"edition") if depth == 0 && at_start => {
                found.edition = true;
                at_start = false;
            }
            Token::Word(b"option") if depth == 0 && at_start => {
                found.unclear |= rest.package_of(&mut found.go_package, &mut found.java_package).is_none();
                at_start = false;
            }
            Token::Word(word) if at_start && is_declaration(word) && rest.names_follow() => {
                match word {
                    b"message" => look.declares.messages = true,
                    b"enum" => look.declares.enums = true,
                    _ => {
                        look.declares.extensions = true;
                        found.extends |= !rest.options_follow();
                        extending |= depth == 0;
                    }
                }
                names_type = depth == 0 && word != b"extend";
                at_start = false;
            }
            // Of edition 2024, in front of a declaration.
            Token::Word(b"export" | b"local") if at_start => name.clear(),
            // A group is a message beside its field.
            Token::Word(b"group") if rest.group_follows() => {
                look.declares.messages = true;
                names_type = extending && depth == 1;
                at_start = false;
            }
            Token::Word(word) => {
                if std::mem::take(&mut names_type) {
                    look.types.push(String::from_utf8_lossy(word).into_owned());
                }
                // A name may be written in pieces.
                if !name.ends_with(b".") && !word.starts_with(b".") {
                    name.clear();
                }
                name.extend_from_slice(word);
                any |= is_any(&name, look.package.as_deref());
                at_start = false;
            }
            Token::Symbol(symbol @ (b'{' | b'}' | b';')) => {
                match symbol {
                    b'{' => depth += 1,
                    b'}' => {
                        depth = depth.saturating_sub(1);
                        extending &= depth > 0;
                    }
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
    look.any = any;
    found.look = look.into();
    found
}

/// How much there is of what stands before the path of an HTTP call: `get:`, `custom { kind: "HEAD" path:`,
/// `option (google.api.http).get =`.
#[derive(Clone, Copy, Debug)]
enum BeforePath {
    Nothing,
    Word,
    Sign,
}

impl BeforePath {
    fn then(self, token: &Token<'_>) -> BeforePath {
        const WORDS: [&[u8]; 6] = [b"get", b"put", b"post", b"delete", b"patch", b"path"];
        match (self, token) {
            (_, Token::Word(word))
                if word.rsplit(|b| *b == b'.').next().is_some_and(|w| WORDS.contains(&w)) =>
            {
                BeforePath::Word
            }
            (BeforePath::Word, Token::Symbol(b':' | b'=')) => BeforePath::Sign,
            _ => BeforePath::Nothing,
        }
    }
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
    /// Takes a name, written in pieces as it may be.
    fn joined(&mut self) -> Vec<u8> {
        let mut name = Vec::new();
        while let Some(Token::Word(word)) = self.ahead().next() {
            name.extend_from_slice(word);
            self.next();
        }
        name
    }

    /// Whether a word comes next: a declaration has a name, a value of an enum that is called `message` has a number.
    fn names_follow(&self) -> bool {
        matches!(self.ahead().next(), Some(Token::Word(_)))
    }

    /// Whether a name and a number come next, as behind `group`.
    fn group_follows(&self) -> bool {
        let mut ahead = self.ahead();
        matches!((ahead.next(), ahead.next()), (Some(Token::Word(_)), Some(Token::Symbol(b'='))))
    }

    /// Whether the name that comes next is that of options: `google.protobuf.FieldOptions` and the like.
    fn options_follow(&self) -> bool {
        let name = self.ahead().joined();
        let name = name.strip_prefix(b".").unwrap_or(&name);
        let options = name.strip_prefix(b"google.protobuf.").and_then(|name| name.strip_suffix(b"Options"));
        options.is_some_and(|kind| !kind.contains(&b'.'))
    }

    /// Takes the value of an option that says where generated code goes. `None` where it is not spelled out.
    fn package_of(&self, go: &mut Option<String>, java: &mut Option<String>) -> Option<()> {
        let mut ahead = self.ahead();
        let wanted = match ahead.next() {
            Some(Token::Word(b"go_package")) => go,
            Some(Token::Word(b"java_package")) => java,
            _ => return Some(()),
        };
        let (Some(Token::Symbol(b'=')), Some(Token::Text(text)), Some(Token::Symbol(b';'))) =
            (ahead.next(), ahead.next(), ahead.next())
        else {
            return None;
        };
        *wanted = Some(String::from_utf8_lossy(text).into_owned());
        (!text.contains(&b'\\')).then_some(())
    }

    /// Keeps a text that can be the path of an HTTP call.
    fn path(&self, text: &[u8], paths: &mut Option<String>) {
        let spelled = !text.contains(&b'\\') && !matches!(self.ahead().next(), Some(Token::Text(_)));
        match (paths.as_mut(), std::str::from_utf8(text)) {
            (Some(known), Ok(text)) if spelled => {
                known.push_str(text);
                known.push('\n');
            }
            _ => *paths = None,
        }
    }

    fn ahead(&self) -> Tokens<'a> {
        Tokens { text: self.text, at: self.at }
    }

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
    use crate::compile::Declares;
    use crate::compile::{Value, parse_declarations};
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
        assert_eq!((found.look.package.as_deref(), found.unclear), (Some("acme.pay.v1"), false));
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
        assert_eq!(found.look.types, ["Outer", "Colour"]);
        assert_eq!(found.look.declares, Declares { messages: true, enums: true, extensions: false });
        let found = scan(b"package acme; message M { extend acme.N { optional int32 x = 9; } }");
        assert_eq!(found.look.declares, Declares { messages: true, enums: false, extensions: true });
        assert_eq!(
            scan(b"option message = 1; enum E").look.declares,
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
            .look
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
        assert!(scan(b"message M { map<string, google.protobuf.Any> all = 1; }").look.any);
        assert!(!scan(b"// google.protobuf.Any\noption x = \"google.protobuf.Any\";").look.any);
    }

    #[test]
    fn what_other_files_can_depend_on_is_found() {
        let text = br#"
            syntax = "proto2"; package acme; option go_package = "a.b/c;d"; option java_package='x.y' ;
            option (edition) = { extend: 1; message { a: 1 } };
            extend google.protobuf.FieldOptions { optional int32 x = 9; }
            enum E { message = 0; enum = 1; extend = 2; edition = 3; }
        "#;
        let found = scan(text);
        assert_eq!(found.go_package.as_deref(), Some("a.b/c;d"));
        assert_eq!(found.java_package.as_deref(), Some("x.y"));
        assert_eq!(found.look.declares, Declares { messages: false, enums: true, extensions: true });
        assert_eq!((found.extends, found.edition, found.allows, found.unclear), (false, false, false, false));
        for (name, is) in [
            ("google.protobuf.FieldOptions", false),
            (". google /**/ . protobuf\n.EnumOptions", false),
            ("FieldOptions", true),
            ("google.protobuf.x.Options", true),
            ("acme.google.protobuf.FieldOptions", true),
            ("Outer", true),
        ] {
            let text = format!("message M {{ extend {name} {{ optional int32 x = 9; }} }}");
            assert_eq!(scan(text.as_bytes()).extends, is, "{name}");
        }
        assert!(scan(b"/* */ edition = '2023';").edition);
        assert!(scan(b"// protopact:allow FIELD_NO_DELETE because").allows);
        for unclear in ["option go_package = 'a' 'b';", "option java_package = '\\x41';", "option go_package"]
        {
            assert!(scan(unclear.as_bytes()).unclear, "{unclear}");
        }
    }

    /// Whatever the parser takes without a problem, the scan sees as the parser does.
    #[test]
    fn the_scan_agrees_with_the_parser() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut open: Vec<_> = ["fixtures", "contracts", "src"].iter().map(|d| root.join(d)).collect();
        let mut seen = 0;
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            if path.extension().is_none_or(|e| e != "proto") {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let parsed = parse_declarations(&text);
            let found = scan(text.as_bytes());
            if !parsed.problems.is_empty() || found.unclear {
                continue;
            }
            seen += 1;
            let shown = path.display();
            let file = &parsed.file;
            let imports: Vec<String> = file.imports.iter().map(|i| i.path.to_string()).collect();
            let public = file.imports.iter().filter(|i| i.public).map(|i| i.path.to_string());
            let public: Vec<String> = public.collect();
            assert_eq!((&found.imports, &found.public), (&imports, &public), "{shown}");
            assert_eq!(found.look.package.as_deref().unwrap_or_default(), file.package, "{shown}");
            assert_eq!(found.edition, parsed.edition.is_some(), "{shown}");
            let messages = file.messages.iter().filter(|m| m.parent.is_none()).map(|m| &*m.name);
            let enums = file.enums.iter().filter(|e| e.parent.is_none()).map(|e| e.name);
            let mut types: Vec<&str> = messages.chain(enums).collect();
            let mut scanned: Vec<&str> = found.look.types.iter().map(String::as_str).collect();
            types.sort_unstable();
            scanned.sort_unstable();
            assert_eq!(scanned, types, "{shown}");
            let nested = file.messages.iter().any(|m| !m.extensions.is_empty());
            let declares = Declares {
                messages: file.messages.iter().any(|m| !m.map_entry),
                enums: !file.enums.is_empty(),
                extensions: nested || !file.top_extensions.is_empty(),
            };
            assert_eq!(found.look.declares, declares, "{shown}");
            for (name, scanned) in [("go_package", &found.go_package), ("java_package", &found.java_package)]
            {
                let option = file.options.iter().find(|o| matches!(&o.name[..], [part] if part.name == name));
                let said = option.map(|o| match &o.value {
                    Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    other => format!("{other:?}"),
                });
                assert_eq!(*scanned, said, "{shown}: {name}");
            }
        }
        assert!(seen > 400, "only {seen} files were compared");
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
