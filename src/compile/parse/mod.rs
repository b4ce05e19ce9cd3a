//! From text to a syntax tree and source positions, one file at a time.
//!
//! What is accepted, how a file goes on after an error and which positions come out follow protoc's parser. The
//! parser of `protox` was turned down: its `SourceCodeInfo` orders locations and hands out comments differently
//! from protoc's, and it stops at the first error inside a message.

pub(crate) mod ast;
pub(crate) mod lex;
mod locations;
mod message;
mod option;

use std::borrow::Cow;

use ast::{Enum, EnumValue, File, Import, Method, Range, Service, Syntax};
use lex::{Comments, Kind, Lexer, Token};
use locations::{Loc, Locations};

pub(crate) use locations::{Fate, SourceInfo};

/// A part of a text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// From the start of this to the end of another one.
    pub(crate) fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end.max(self.start) }
    }
}

/// Something wrong with a file.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) span: Option<Span>,
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
    /// The problem is that this type is not known.
    pub(crate) missing_type: Option<String>,
}

impl Problem {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Problem {
        Problem { span: Some(span), message: message.into(), hints: Vec::new(), missing_type: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hints.push(hint.into());
        self
    }
}

/// What parsing one file gave.
pub(crate) struct Parsed<'s> {
    pub(crate) file: File<'s>,
    pub(crate) source_info: SourceInfo,
    pub(crate) problems: Vec<Problem>,
    /// The file declares this edition: only its imports were read, unless declarations were asked for.
    pub(crate) edition: Option<String>,
}

/// The statement cannot be read further; why is already reported.
pub(super) struct Failed;

type Result<T = ()> = std::result::Result<T, Failed>;

/// How deep messages may be nested, the outermost counted: protoc's limit.
const MAX_MESSAGE_DEPTH: u32 = 31;

/// How many parts the name of a package may have. Every name in the file is looked up in all of them.
pub(super) const MAX_PACKAGE_PARTS: usize = 100;

struct Parser<'s> {
    lex: Lexer<'s>,
    file: File<'s>,
    locations: Locations,
    /// Comments before the coming declaration.
    upcoming: Comments,
    depth: u32,
    /// Files that declare an edition are read on, with the grammar of proto3.
    editions: bool,
}

/// Parses one file.
pub(crate) fn parse(text: &str) -> Parsed<'_> {
    parse_with(text, false)
}

/// Parses one file for what it declares, whatever dialect it is written in. What an edition has beyond proto3 is
/// a problem, and what stands around it is read all the same.
pub(crate) fn parse_declarations(text: &str) -> Parsed<'_> {
    parse_with(text, true)
}

/// The number of `features.default_symbol_visibility` of a file as descriptor.proto has it, zero where it is not set.
pub(crate) fn default_visibility(text: &str) -> i32 {
    const NAME: &str = "default_symbol_visibility";
    if !text.contains(NAME) {
        return 0;
    }
    let number = |word: &str| match word {
        "EXPORT_ALL" => 1,
        "EXPORT_TOP_LEVEL" => 2,
        "LOCAL_ALL" => 3,
        "STRICT" => 4,
        _ => 0,
    };
    let parsed = parse_declarations(text);
    let features =
        parsed.file.options.iter().filter(|o| o.name.first().is_some_and(|n| n.name == "features"));
    let mut said = features.filter_map(|option| match (&option.name[1..], &option.value) {
        ([part], ast::Value::Ident(word)) if part.name == NAME => Some(number(word)),
        // `option features = { default_symbol_visibility: STRICT }`
        ([], ast::Value::Aggregate(span)) => {
            let inside = text.get(span.start as usize..span.end as usize).unwrap_or_default();
            let mut words = inside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            words.by_ref().find(|word| *word == NAME)?;
            words.find(|word| !word.is_empty()).map(number)
        }
        _ => None,
    });
    said.next_back().unwrap_or_default()
}

fn parse_with(text: &str, editions: bool) -> Parsed<'_> {
    let mut parser = Parser {
        lex: Lexer::new(text),
        file: File::default(),
        locations: Locations::default(),
        upcoming: Comments::default(),
        depth: 0,
        editions,
    };
    let edition = parser.parse_file();
    // A file with problems gives no descriptor, so nobody will ask for its positions.
    // Nor does anybody who asks for declarations only.
    let located = parser.lex.problems.is_empty() && !editions;
    let source_info = if located { parser.locations.encode() } else { SourceInfo::default() };
    Parsed { file: parser.file, source_info, problems: parser.lex.problems, edition }
}

impl<'s> Parser<'s> {
    fn current(&self) -> &'s str {
        self.lex.text(self.lex.current)
    }

    fn at(&self, text: &str) -> bool {
        self.lex.current.kind != Kind::Str && self.current() == text
    }

    fn at_end(&self) -> bool {
        self.lex.current.kind == Kind::End
    }

    fn error<T>(&mut self, message: impl Into<String>) -> Result<T> {
        self.lex.problem(self.lex.current.span, message);
        Err(Failed)
    }

    fn expected<T>(&mut self, what: &str) -> Result<T> {
        let found = if self.at_end() {
            "the end of the file".to_owned()
        } else {
            let text = self.current();
            match text.char_indices().nth(40) {
                Some((cut, _)) => format!("`{}…`", &text[..cut]),
                None => format!("`{text}`"),
            }
        };
        self.error(format!("expected {what}, found {found}"))
    }

    fn consume(&mut self, text: &str) -> Result {
        if self.accept(text) { Ok(()) } else { self.expected(&format!("`{text}`")) }
    }

    fn accept(&mut self, text: &str) -> bool {
        let found = self.at(text);
        if found {
            self.lex.next();
        }
        found
    }

    fn ident(&mut self, what: &str) -> Result<&'s str> {
        if self.lex.current.kind != Kind::Ident {
            return self.expected(what);
        }
        let text = self.current();
        self.lex.next();
        Ok(text)
    }

    /// Consumes a token that ends a declaration or its head, and deals out the comments around it.
    fn accept_end(&mut self, text: &str, loc: Option<Loc>) -> bool {
        if !self.at(text) {
            return false;
        }
        let mut comments = self.lex.next_with_comments();
        let leading = std::mem::replace(&mut self.upcoming.leading, comments.leading.take());
        match loc {
            Some(loc) => {
                let detached = std::mem::replace(&mut self.upcoming.detached, comments.detached);
                self.locations.attach(loc, Comments { trailing: comments.trailing, detached, leading });
            }
            None if text == "}" => self.upcoming.detached = comments.detached,
            None => self.upcoming.detached.append(&mut comments.detached),
        }
        true
    }

    fn consume_end(&mut self, text: &str, loc: Option<Loc>) -> Result {
        if self.accept_end(text, loc) {
            return Ok(());
        }
        let before = self.lex.previous;
        if text == ";" && before.line < self.lex.current.line && !self.at_end() {
            // Forgotten at the end of a line, most likely: what follows can be read as if it were there.
            self.lex.problem(Span { start: before.span.end, end: before.span.end }, "expected `;`");
            return Ok(());
        }
        self.expected(&format!("`{text}`"))
    }

    fn start(&mut self, parent: Loc, more: &[i32]) -> Loc {
        self.locations.start(Some(parent), more, self.lex.current)
    }

    fn end(&mut self, loc: Loc) {
        self.locations.end(loc, self.lex.previous);
    }

    /// A location around whatever `read` consumes.
    fn within<T>(
        &mut self,
        parent: Loc,
        more: &[i32],
        read: impl FnOnce(&mut Self, Loc) -> Result<T>,
    ) -> Result<T> {
        let loc = self.start(parent, more);
        let value = read(self, loc)?;
        self.end(loc);
        Ok(value)
    }

    /// A location that is exactly one token.
    fn token_location(&mut self, parent: Loc, more: &[i32], token: Token) {
        let loc = self.start(parent, more);
        self.locations.start_at(loc, token);
        self.locations.end(loc, token);
    }

    fn skip_statement(&mut self) {
        loop {
            if self.at_end() || self.at("}") || self.accept_end(";", None) {
                return;
            }
            if self.accept_end("{", None) {
                return self.skip_rest_of_block();
            }
            self.lex.next();
        }
    }

    fn skip_rest_of_block(&mut self) {
        let mut open = 1;
        while !self.at_end() {
            if self.accept_end("}", None) {
                open -= 1;
                if open == 0 {
                    return;
                }
            } else if self.accept_end("{", None) {
                open += 1;
            } else {
                self.lex.next();
            }
        }
    }

    /// Reads the statements of a block, the opening brace included.
    fn block(&mut self, loc: Loc, what: &str, mut statement: impl FnMut(&mut Self) -> Result) -> Result {
        let open = self.lex.current.span;
        self.consume_end("{", Some(loc))?;
        while !self.accept_end("}", None) {
            if self.at_end() {
                self.lex.problem(open, format!("this {what} is not closed: `}}` is missing"));
                return Err(Failed);
            }
            if statement(self).is_err() {
                self.skip_statement();
            }
        }
        Ok(())
    }

    fn parse_file(&mut self) -> Option<String> {
        self.upcoming = self.lex.next_with_comments();
        let root = self.locations.start(None, &[], self.lex.current);
        let mut edition = None;
        if self.at("edition") {
            edition = self.parse_edition();
            if edition.is_some() && !self.editions {
                self.scan_imports();
                return edition;
            }
            if self.editions {
                self.file.syntax = Syntax::Proto3;
            }
        } else if self.at("syntax") && self.parse_syntax(root).is_err() {
            return None;
        }
        while !self.at_end() {
            if self.parse_top_level(root).is_err() {
                self.skip_statement();
                if self.at("}") {
                    self.lex.problem(self.lex.current.span, "this `}` closes nothing");
                    self.lex.next();
                }
            }
        }
        self.end(root);
        edition
    }

    fn parse_edition(&mut self) -> Option<String> {
        self.lex.next();
        self.consume("=").ok()?;
        let edition = self.string("an edition in quotes").ok()?;
        self.consume(";").ok()?;
        Some(String::from_utf8_lossy(&edition).into_owned())
    }

    /// Finds the imports of a file in a dialect that is not understood otherwise.
    fn scan_imports(&mut self) {
        let mut depth = 0_usize;
        let mut statement = true;
        while !self.at_end() {
            if depth == 0 && statement && self.at("import") {
                let start = self.lex.current.span;
                self.lex.next();
                let public = self.at("public");
                if matches!(self.current(), "public" | "weak" | "option") {
                    self.lex.next();
                }
                let span = self.lex.current.span;
                if let Ok(path) = self.utf8("a path") {
                    let span = span.to(self.lex.previous.span);
                    let statement = start.to(span);
                    self.file.imports.push(Import { path, public, weak: false, span, statement });
                }
                continue;
            }
            match self.current() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            statement = matches!(self.current(), ";" | "}");
            self.lex.next();
        }
        // Whatever is wrong with the file is for its compiler to say.
        self.lex.problems.clear();
    }

    fn parse_syntax(&mut self, root: Loc) -> Result {
        self.within(root, &[12], |p, loc| {
            p.consume("syntax")?;
            p.consume("=")?;
            let token = p.lex.current;
            let syntax = p.string("a syntax in quotes")?;
            p.consume_end(";", Some(loc))?;
            p.file.syntax = match syntax.as_slice() {
                b"proto2" => Syntax::Proto2,
                b"proto3" => Syntax::Proto3,
                other => {
                    let message = format!(
                        "syntax `{}` does not exist: it is `proto2` or `proto3`",
                        String::from_utf8_lossy(other)
                    );
                    p.lex.problem(token.span, message);
                    return Err(Failed);
                }
            };
            Ok(())
        })
    }

    /// Skips `export` and `local`, which edition 2024 allows before a type.
    fn skip_visibility(&mut self) {
        if self.editions && matches!(self.current(), "export" | "local") {
            let next = self.lex.rest().trim_start();
            let declares = |word: &str| {
                next.strip_prefix(word).is_some_and(|rest| {
                    let name = rest.trim_start();
                    name.len() < rest.len() && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                })
            };
            if declares("message") || declares("enum") {
                self.lex.next();
            }
        }
    }

    fn parse_top_level(&mut self, root: Loc) -> Result {
        if self.accept_end(";", None) {
            return Ok(());
        }
        self.skip_visibility();
        match self.current() {
            "message" => {
                let index = self.file.messages.len() as u32;
                let more = [4, self.file.top_messages.len() as i32];
                self.file.top_messages.push(index);
                self.within(root, &more, |p, loc| {
                    let result = p.parse_message(loc, None);
                    if p.file.messages.len() as u32 == index {
                        // Not even the name could be read: take the place back.
                        p.file.top_messages.pop();
                    }
                    result
                })
            }
            "enum" => {
                let more = [5, self.file.top_enums.len() as i32];
                let index = self.file.enums.len() as u32;
                let result = self.within(root, &more, |p, loc| p.parse_enum(loc, None));
                if self.file.enums.len() as u32 > index {
                    self.file.top_enums.push(index);
                }
                result
            }
            "service" => {
                let more = [6, self.file.services.len() as i32];
                self.within(root, &more, |p, loc| p.parse_service(loc))
            }
            "extend" => self.within(root, &[7], |p, loc| p.parse_extend(loc, root, None)),
            "import" => self.parse_import(root),
            "package" => self.within(root, &[2], |p, loc| p.parse_package(loc)),
            "option" => {
                let option = self.within(root, &[8], |p, loc| p.parse_option_statement(loc))?;
                self.file.options.push(option);
                Ok(())
            }
            "edition" | "syntax" => {
                let message = format!("`{}` must be the first statement of the file", self.current());
                self.error(message)
            }
            _ => self.expected("`message`, `enum`, `service`, `extend`, `import`, `package` or `option`"),
        }
    }

    fn parse_import(&mut self, root: Loc) -> Result {
        let index = self.file.imports.len() as i32;
        self.within(root, &[3, index], |p, loc| {
            let start = p.lex.current.span;
            p.consume("import")?;
            let (mut public, mut weak) = (false, false);
            if p.at("public") {
                let count = p.file.imports.iter().filter(|i| i.public).count();
                public = true;
                p.within(root, &[10, count as i32], |p, _| p.consume("public"))?;
            } else if p.at("weak") {
                let count = p.file.imports.iter().filter(|i| i.weak).count();
                weak = true;
                p.within(root, &[11, count as i32], |p, _| p.consume("weak"))?;
            }
            let token = p.lex.current;
            let path = p.utf8("the path of the file to import, in quotes")?;
            let span = token.span.to(p.lex.previous.span);
            p.file.imports.push(Import { path, public, weak, span, statement: start.to(span) });
            p.consume_end(";", Some(loc))
        })
    }

    fn parse_package(&mut self, loc: Loc) -> Result {
        if !self.file.package.is_empty() {
            self.lex.problem(self.lex.current.span, "a file has one `package` statement at most");
        }
        self.consume("package")?;
        let first = self.lex.current.span;
        loop {
            self.ident("a package name")?;
            if !self.accept(".") {
                break;
            }
        }
        self.file.package_span = first.to(self.lex.previous.span);
        self.file.package = self.squeezed(self.file.package_span);
        if self.file.package.split('.').count() > MAX_PACKAGE_PARTS {
            let message = format!("the package has too many parts: {MAX_PACKAGE_PARTS} at most");
            self.lex.problem(self.file.package_span, message);
            return Err(Failed);
        }
        self.consume_end(";", Some(loc))
    }

    fn parse_enum(&mut self, loc: Loc, parent: Option<u32>) -> Result {
        self.consume("enum")?;
        let name_span = self.lex.current.span;
        let name = self.within(loc, &[1], |p, _| p.ident("the name of the enum"))?;
        let index = self.file.enums.len();
        self.file.enums.push(Enum {
            name,
            name_span,
            parent,
            values: Vec::new(),
            reserved_ranges: Vec::new(),
            reserved_names: Vec::new(),
            options: Vec::new(),
        });
        self.block(loc, "enum", |p| {
            if p.accept_end(";", None) {
                return Ok(());
            }
            match p.current() {
                "option" => {
                    let option = p.within(loc, &[3], |p, loc| p.parse_option_statement(loc))?;
                    p.file.enums[index].options.push(option);
                    Ok(())
                }
                "reserved" => {
                    let mut enum_ = (Vec::new(), Vec::new());
                    let counts = &p.file.enums[index];
                    let counts = (counts.reserved_ranges.len(), counts.reserved_names.len());
                    p.parse_reserved(loc, [4, 5], counts, true, &mut enum_)?;
                    p.file.enums[index].reserved_ranges.extend(enum_.0);
                    p.file.enums[index].reserved_names.extend(enum_.1);
                    Ok(())
                }
                _ => {
                    let more = [2, p.file.enums[index].values.len() as i32];
                    let value = p.within(loc, &more, |p, loc| p.parse_enum_value(loc))?;
                    p.file.enums[index].values.push(value);
                    Ok(())
                }
            }
        })
    }

    fn parse_enum_value(&mut self, loc: Loc) -> Result<EnumValue<'s>> {
        let name_span = self.lex.current.span;
        let name = self.within(loc, &[1], |p, _| p.ident("the name of an enum value"))?;
        self.consume("=")?;
        let number_span = self.lex.current.span;
        let number = self.within(loc, &[2], |p, _| p.signed("the number of the enum value"))?;
        let number_span = number_span.to(self.lex.previous.span);
        let mut options = Vec::new();
        if self.at("[") {
            options = self.within(loc, &[3], Self::parse_bracketed_options)?;
        }
        self.consume_end(";", Some(loc))?;
        Ok(EnumValue { name, name_span, number, number_span, options })
    }

    fn parse_service(&mut self, loc: Loc) -> Result {
        self.consume("service")?;
        let name_span = self.lex.current.span;
        let name = self.within(loc, &[1], |p, _| p.ident("the name of the service"))?;
        let index = self.file.services.len();
        self.file.services.push(Service { name, name_span, methods: Vec::new(), options: Vec::new() });
        self.block(loc, "service", |p| {
            if p.accept_end(";", None) {
                return Ok(());
            }
            match p.current() {
                "option" => {
                    let option = p.within(loc, &[3], |p, loc| p.parse_option_statement(loc))?;
                    p.file.services[index].options.push(option);
                    Ok(())
                }
                _ => {
                    let more = [2, p.file.services[index].methods.len() as i32];
                    let method = p.within(loc, &more, |p, loc| p.parse_method(loc))?;
                    p.file.services[index].methods.push(method);
                    Ok(())
                }
            }
        })
    }

    fn parse_method(&mut self, loc: Loc) -> Result<Method<'s>> {
        if !self.at("rpc") {
            return self.expected("`rpc`, `option` or `}`");
        }
        self.lex.next();
        let name_span = self.lex.current.span;
        let name = self.within(loc, &[1], |p, _| p.ident("the name of the method"))?;
        let (client_streaming, input) = self.parse_method_type(loc, 5, 2)?;
        self.consume("returns")?;
        let (server_streaming, output) = self.parse_method_type(loc, 6, 3)?;
        let mut options = Vec::new();
        let body = self.at("{");
        if body {
            self.block(loc, "method", |p| {
                if p.accept_end(";", None) {
                    return Ok(());
                }
                options.push(p.within(loc, &[4], |p, loc| p.parse_option_statement(loc))?);
                Ok(())
            })?;
        } else {
            self.consume_end(";", Some(loc))?;
        }
        Ok(Method { name, name_span, input, output, client_streaming, server_streaming, options, body })
    }

    fn parse_method_type(
        &mut self,
        loc: Loc,
        stream_path: i32,
        type_path: i32,
    ) -> Result<(bool, (Cow<'s, str>, Span))> {
        self.consume("(")?;
        let stream = self.at("stream");
        if stream {
            self.within(loc, &[stream_path], |p, _| p.consume("stream"))?;
        }
        let first = self.lex.current.span;
        let name = self.within(loc, &[type_path], |p, _| p.named_type())?;
        let span = first.to(self.lex.previous.span);
        self.consume(")")?;
        Ok((stream, (name, span)))
    }

    /// Reads a `reserved` statement. `paths` are the field numbers of the ranges and the names, `counts` how
    /// many of each there are already.
    fn parse_reserved(
        &mut self,
        parent: Loc,
        paths: [i32; 2],
        counts: (usize, usize),
        in_enum: bool,
        out: &mut (Vec<Range>, Vec<(Cow<'s, str>, Span)>),
    ) -> Result {
        let first = self.lex.current;
        self.consume("reserved")?;
        if self.lex.current.kind == Kind::Str {
            let list = self.start(parent, &[paths[1]]);
            self.locations.start_at(list, first);
            loop {
                let more = [(counts.1 + out.1.len()) as i32];
                let start = self.lex.current.span;
                let name = self.within(list, &more, |p, _| p.utf8("a name in quotes"))?;
                out.1.push((name, start.to(self.lex.previous.span)));
                if !self.accept(",") {
                    break;
                }
            }
            self.consume_end(";", Some(list))?;
            self.end(list);
            return Ok(());
        }
        if self.lex.current.kind == Kind::Ident {
            return self.expected("a name in quotes or a number");
        }
        let list = self.start(parent, &[paths[0]]);
        self.locations.start_at(list, first);
        loop {
            let more = [(counts.0 + out.0.len()) as i32];
            let range = self.within(list, &more, |p, loc| p.parse_range(loc, in_enum))?;
            out.0.push(range);
            if !self.accept(",") {
                break;
            }
        }
        self.consume_end(";", Some(list))?;
        self.end(list);
        Ok(())
    }

    /// Reads `1`, `1 to 2` or `1 to max`.
    fn parse_range(&mut self, loc: Loc, in_enum: bool) -> Result<Range> {
        let first = self.lex.current;
        let number = |p: &mut Self, what| if in_enum { p.signed(what) } else { p.unsigned(what) };
        let start = self.within(loc, &[1], |p, _| number(p, "a number or a range of numbers"))?;
        let last = self.lex.previous;
        let end = if self.accept("to") {
            self.within(loc, &[2], |p, _| {
                if p.accept("max") {
                    return Ok(i32::MAX);
                }
                let last = p.lex.current.span;
                let end = number(p, "the end of the range, or `max`")?;
                if end == i32::MAX && !in_enum {
                    p.lex.problem(last, format!("`{end}` is out of range: write `max`"));
                }
                Ok(end)
            })?
        } else {
            let end = self.start(loc, &[2]);
            self.locations.start_at(end, first);
            self.locations.end(end, last);
            start
        };
        // Behind the end, as descriptors write it. `max` and the largest number are settled by the message.
        let end = if in_enum { end } else { end.saturating_add(1) };
        Ok(Range { start, end, span: first.span.to(self.lex.previous.span) })
    }

    fn unsigned(&mut self, what: &str) -> Result<i32> {
        self.int(what, i32::MAX as u64).map(|n| n as i32)
    }

    fn signed(&mut self, what: &str) -> Result<i32> {
        let negative = self.accept("-");
        let value = self.int(what, i32::MAX as u64 + u64::from(negative))? as i64;
        Ok(if negative { -value } else { value } as i32)
    }

    /// An integer token; one that is too large is reported and read as 1.
    fn int(&mut self, what: &str, max: u64) -> Result<u64> {
        if self.lex.current.kind != Kind::Int {
            return self.expected(what);
        }
        let value = lex::integer(self.current(), max);
        if value.is_none() {
            let message = format!("`{}` is out of range: {max} at most", self.current());
            self.lex.problem(self.lex.current.span, message);
        }
        self.lex.next();
        Ok(value.unwrap_or(1))
    }

    /// String tokens that stand side by side are one string.
    fn string(&mut self, what: &str) -> Result<Vec<u8>> {
        if self.lex.current.kind != Kind::Str {
            return self.expected(what);
        }
        let mut value = Vec::new();
        while self.lex.current.kind == Kind::Str {
            lex::unescape(self.current(), &mut value);
            self.lex.next();
        }
        Ok(value)
    }

    fn utf8(&mut self, what: &str) -> Result<Cow<'s, str>> {
        let span = self.lex.current.span;
        let value = self.string(what)?;
        match String::from_utf8(value) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(_) => {
                self.lex.problem(span.to(self.lex.previous.span), "this string is not valid UTF-8");
                Err(Failed)
            }
        }
    }

    /// A possibly qualified name of a message or enum.
    fn named_type(&mut self) -> Result<Cow<'s, str>> {
        if ast::Type::of_keyword(self.current()).is_some() {
            let message = format!("`{}` cannot stand here: a message type is needed", self.current());
            self.lex.problem(self.lex.current.span, message);
            self.lex.next();
            return Ok(Cow::Borrowed("."));
        }
        let first = self.lex.current.span;
        self.accept(".");
        loop {
            self.ident("the name of a type")?;
            if !self.accept(".") {
                break;
            }
        }
        Ok(self.squeezed(first.to(self.lex.previous.span)))
    }

    /// A dotted name that was just read. Almost always it is the text as it stands, but blanks and comments
    /// between the parts are allowed.
    fn squeezed(&self, span: Span) -> Cow<'s, str> {
        let text = self.lex.source(span);
        if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.') {
            return Cow::Borrowed(text);
        }
        let mut lex = Lexer::range(text, Span { start: 0, end: text.len() as u32 });
        let mut name = String::new();
        while lex.next() {
            name += lex.text(lex.current);
        }
        Cow::Owned(name)
    }
}
