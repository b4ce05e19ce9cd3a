//! Option values in braces: the protobuf text format
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/>).

use super::options::{Failed, Interpreter, bounds, float, integer, message_name};
use super::resolve::{Ref, missing};
use super::symbols::{Id, Symbol};
use super::value::{Shape, Tree, Val};
use crate::compile::parse::ast::{Syntax, Type};
use crate::compile::parse::lex::{self, Kind, Lexer};
use crate::compile::parse::{Problem, Span};

/// How deep messages may be nested in a value: what protobuf's own decoders accept.
pub(super) const MAX_DEPTH: u32 = 100;

type Result<T> = std::result::Result<T, Failed>;

/// Parses the text between two braces as a message of a type.
pub(super) fn parse(it: &mut Interpreter<'_, '_, '_>, message: Id, inner: Span) -> Result<Tree> {
    let text = it.context.units[it.file as usize].text;
    let mut lex = Lexer::range(text, inner);
    lex.next();
    let mut reader = Reader { it, lex, depth: 0 };
    let tree = reader.body(message, "")?;
    if reader.lex.current.kind != Kind::End {
        return reader.expected("a field");
    }
    Ok(tree)
}

struct Reader<'r, 'a, 's, 'p, 't> {
    it: &'r mut Interpreter<'a, 's, 'p>,
    lex: Lexer<'t>,
    depth: u32,
}

impl<'t> Reader<'_, '_, '_, '_, 't> {
    fn text(&self) -> &'t str {
        self.lex.text(self.lex.current)
    }

    fn span(&self) -> Span {
        self.lex.current.span
    }

    fn at(&self, symbol: &str) -> bool {
        self.lex.current.kind == Kind::Symbol && self.text() == symbol
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.at(symbol);
        if found {
            self.lex.next();
        }
        found
    }

    fn consume(&mut self, symbol: &str) -> Result<()> {
        if self.accept(symbol) { Ok(()) } else { self.expected(&format!("`{symbol}`")) }
    }

    fn fail<T>(&mut self, span: Span, message: impl Into<String>) -> Result<T> {
        self.it.fail(Problem::new(span, message))
    }

    fn expected<T>(&mut self, what: &str) -> Result<T> {
        let found = match self.lex.current.kind {
            Kind::End => "the end of the value".to_owned(),
            _ => format!("`{}`", self.text()),
        };
        self.fail(self.span(), format!("expected {what} in this option value, found {found}"))
    }

    /// Reads fields up to a closing symbol or, if there is none, to the end.
    fn body(&mut self, message: Id, close: &str) -> Result<Tree> {
        if self.depth >= MAX_DEPTH {
            return self.fail(
                self.span(),
                format!("option values are nested too deeply here: {MAX_DEPTH} levels at most"),
            );
        }
        self.depth += 1;
        let opened = self.span();
        let mut tree = Tree::default();
        while self.lex.current.kind != Kind::End && (close.is_empty() || !self.at(close)) {
            self.field(message, &mut tree)?;
            if !self.accept(";") {
                self.accept(",");
            }
        }
        if !close.is_empty() {
            self.consume(close)?;
        }
        self.depth -= 1;
        self.complete(message, &mut tree, opened)?;
        Ok(tree)
    }

    /// Required fields must be there; map entries always have both of theirs.
    fn complete(&mut self, message: Id, tree: &mut Tree, span: Span) -> Result<()> {
        let context = self.it.context;
        let ast = &context.units[message.file as usize].ast;
        let declared = &ast.messages[message.index as usize];
        if declared.map_entry {
            for &index in &declared.fields {
                let id = Id { file: message.file, index };
                let number = ast.fields[index as usize].number;
                if tree.has(number) {
                    continue;
                }
                let shape = Shape::of(context, id);
                let value = match shape.ty {
                    Type::String | Type::Bytes => Val::Bytes(Vec::new()),
                    Type::Message | Type::Group => Val::Message(Tree::default()),
                    Type::Float | Type::Double => float(shape.ty, 0.0),
                    Type::Enum => match context.types.field(id) {
                        Ref::Enum(of) => {
                            let values = &context.units[of.file as usize].ast.enums[of.index as usize].values;
                            Val::Varint(values.first().map_or(0, |v| i64::from(v.number) as u64))
                        }
                        _ => Val::Varint(0),
                    },
                    ty => integer(ty, 0).expect("zero fits every integer type"),
                };
                tree.push(number, shape.explicit(), value);
            }
            return Ok(());
        }
        self.it.required(message, tree, span)
    }

    fn field(&mut self, message: Id, tree: &mut Tree) -> Result<()> {
        let span = self.span();
        let id = if self.accept("[") {
            let (name, name_span) = self.bracketed()?;
            if name.contains('/') {
                return self.any(message, tree, &name, name_span);
            }
            self.extension(message, &name, name_span)?
        } else if self.lex.current.kind == Kind::Ident {
            let name = self.text();
            let id = self.named(message, name);
            match id {
                Some(id) => id,
                None if self.reserved(message, name) => return self.skip_value(),
                None => {
                    let problem = self.it.no_such_field(message, name, span, false);
                    return self.it.fail(problem);
                }
            }
        } else {
            return self.expected("the name of a field");
        };
        if self.lex.current.kind == Kind::Ident && self.span() == span {
            self.lex.next();
        }
        let context = self.it.context;
        let field = &context.units[id.file as usize].ast.fields[id.index as usize];
        let shape = Shape::of(context, id);
        if !shape.repeated && tree.has(field.number) {
            return self.fail(span, format!("`{}` is set twice", field.name));
        }
        if tree.has_sibling(field.number, shape) {
            return self
                .fail(span, format!("`{}` is in a oneof with a field that is already set", field.name));
        }
        self.it.check_target(id, span)?;
        let colon = self.accept(":");
        let message_type = match context.types.field(id) {
            Ref::Message(of) => Some(of),
            Ref::Missing => return Err(Failed),
            Ref::Scalar | Ref::Enum(_) => None,
        };
        if !colon && message_type.is_none() {
            return self.expected("`:`");
        }
        if shape.repeated && self.accept("[") {
            if self.accept("]") {
                return Ok(());
            }
            loop {
                let value = self.value(id, shape, message_type)?;
                tree.push(field.number, shape, value);
                if !self.accept(",") {
                    return self.consume("]");
                }
            }
        }
        let value = self.value(id, shape, message_type)?;
        tree.push(field.number, shape, value);
        Ok(())
    }

    /// Whether a message reserves a name: values for fields that are gone are passed over.
    fn reserved(&self, message: Id, name: &str) -> bool {
        let ast = &self.it.context.units[message.file as usize].ast;
        ast.messages[message.index as usize].reserved_names.iter().any(|(reserved, _)| reserved == name)
    }

    /// Goes over a name and whatever value it has.
    fn skip_value(&mut self) -> Result<()> {
        self.lex.next();
        self.accept(":");
        let mut open = 0_usize;
        loop {
            match self.text() {
                "{" | "<" | "[" => open += 1,
                "}" | ">" | "]" if open > 0 => open -= 1,
                _ if self.lex.current.kind == Kind::End => return self.expected("a value"),
                "-" => {
                    self.lex.next();
                    continue;
                }
                _ => {}
            }
            let string = self.lex.current.kind == Kind::Str;
            self.lex.next();
            if open == 0 && !(string && self.lex.current.kind == Kind::Str) {
                return Ok(());
            }
        }
    }

    /// A field by its name; a group goes by the name of its message.
    fn named(&mut self, message: Id, name: &str) -> Option<Id> {
        let group = |it: &Interpreter<'_, '_, '_>, id: Id| {
            it.context.units[id.file as usize].ast.fields[id.index as usize].ty == Some(Type::Group)
        };
        if let Some(id) = self.it.field(message, name) {
            return Some(id);
        }
        let lower = name.to_ascii_lowercase();
        self.it.field(message, &lower).filter(|&id| {
            let fields = &self.it.context.units[id.file as usize].ast.fields;
            group(self.it, id) && fields[id.index as usize].type_name == name
        })
    }

    /// Reads a name in brackets, the opening one already gone.
    fn bracketed(&mut self) -> Result<(String, Span)> {
        let first = self.span();
        let mut name = String::new();
        while !self.at("]") {
            let fits = self.lex.current.kind == Kind::Ident
                || self.lex.current.kind == Kind::Int
                || (self.lex.current.kind == Kind::Symbol
                    && matches!(self.text(), "." | "/" | "-" | "_" | "%"));
            if !fits {
                return self.expected("`]`");
            }
            name += self.text();
            self.lex.next();
        }
        let span = first.to(self.lex.previous.span);
        self.lex.next();
        Ok((name, span))
    }

    fn extension(&mut self, message: Id, name: &str, span: Span) -> Result<Id> {
        let context = self.it.context;
        // Names in a value are seen from the message they are in, not from the file that sets the option.
        let scope = context.symbols.parent(context.symbols.message_scope(message));
        match context.symbols.resolve(self.it.file, scope, name, false) {
            Ok(Symbol::Extension(id))
                if context.types.files[id.file as usize].extendees.get(&id.index) == Some(&message) =>
            {
                self.it.uses(id);
                Ok(id)
            }
            Ok(Symbol::Message(of)) => {
                // The items of a message set may go by the message that declares them.
                let ast = &context.units[of.file as usize].ast;
                let inside = ast.messages[of.index as usize].extensions.iter().copied().find(|&index| {
                    let extendees = &context.types.files[of.file as usize].extendees;
                    extendees.get(&index) == Some(&message)
                        && context.types.field(Id { file: of.file, index }) == Ref::Message(of)
                });
                match inside {
                    Some(index) => {
                        self.it.uses(of);
                        Ok(Id { file: of.file, index })
                    }
                    None => self.fail(span, format!("`{name}` is a message, not an extension")),
                }
            }
            Ok(_) => {
                let full = message_name(context, message);
                self.fail(span, format!("`{name}` is not an extension of `{full}`"))
            }
            Err(miss) => {
                let problem = missing(context.units, name, span, &miss, "extension");
                self.it.fail(problem)
            }
        }
    }

    /// `[type.googleapis.com/name] { … }` in a `google.protobuf.Any`.
    fn any(&mut self, message: Id, tree: &mut Tree, url: &str, span: Span) -> Result<()> {
        let context = self.it.context;
        if message_name(context, message) != "google.protobuf.Any" {
            return self.fail(span, "a type URL can only be written in a `google.protobuf.Any`");
        }
        let (prefix, name) = url.rsplit_once('/').expect("the caller saw a slash");
        if !matches!(prefix, "type.googleapis.com" | "type.googleprod.com") {
            return self.fail(span, format!("`{prefix}` is unknown: use `type.googleapis.com/{name}`"));
        }
        let scope = context.symbols.parent(context.symbols.message_scope(message));
        let of = match context.symbols.resolve(self.it.file, scope, name, true) {
            Ok(Symbol::Message(id)) => {
                self.it.uses(id);
                id
            }
            Ok(other) => return self.fail(span, format!("`{name}` is {}, not a message", other.word())),
            Err(miss) => {
                let problem = missing(context.units, name, span, &miss, "type");
                return self.it.fail(problem);
            }
        };
        let (Some(url_field), Some(value_field)) =
            (self.it.field(message, "type_url"), self.it.field(message, "value"))
        else {
            return self.fail(span, "this `google.protobuf.Any` lacks `type_url` or `value`");
        };
        self.accept(":");
        let Val::Message(mut inner) = self.message(of)? else { return Err(Failed) };
        let mut bytes = Vec::new();
        inner.encode(&mut bytes);
        for (id, number, value) in
            [(url_field, 1, Val::Bytes(url.as_bytes().to_vec())), (value_field, 2, Val::Bytes(bytes))]
        {
            if tree.has(number) {
                return self.fail(span, "this `google.protobuf.Any` is set twice");
            }
            tree.push(number, Shape::of(context, id), value);
        }
        Ok(())
    }

    fn message(&mut self, of: Id) -> Result<Val> {
        let close = if self.accept("{") {
            "}"
        } else if self.accept("<") {
            ">"
        } else {
            return self.expected("`{`");
        };
        self.body(of, close).map(Val::Message)
    }

    fn value(&mut self, id: Id, shape: Shape, message_type: Option<Id>) -> Result<Val> {
        if let Some(of) = message_type {
            return self.message(of);
        }
        let span = self.span();
        match shape.ty {
            Type::String | Type::Bytes => {
                if self.lex.current.kind != Kind::Str {
                    return self.expected("a string in quotes");
                }
                let mut bytes = Vec::new();
                while self.lex.current.kind == Kind::Str {
                    lex::unescape(self.text(), &mut bytes);
                    self.lex.next();
                }
                if shape.ty == Type::String && std::str::from_utf8(&bytes).is_err() {
                    return self.fail(span, "this string is not valid UTF-8");
                }
                Ok(Val::Bytes(bytes))
            }
            Type::Bool => {
                let value = match self.text() {
                    "true" | "True" | "t" | "1" => true,
                    "false" | "False" | "f" | "0" => false,
                    _ => return self.expected("`true` or `false`"),
                };
                self.lex.next();
                Ok(Val::Varint(u64::from(value)))
            }
            Type::Enum => self.enum_value(id),
            Type::Float | Type::Double => {
                let negative = self.accept("-");
                let text = self.text();
                let number = match self.lex.current.kind {
                    Kind::Float => lex::float(text),
                    // Only whole numbers can be hexadecimal or octal.
                    Kind::Int if text.len() > 1 && text.starts_with('0') => {
                        return self.expected("a decimal number");
                    }
                    Kind::Int => lex::float(text),
                    Kind::Ident => match text.to_ascii_lowercase().as_str() {
                        "inf" | "infinity" => f64::INFINITY,
                        "nan" => f64::NAN,
                        _ => return self.expected("a number"),
                    },
                    _ => return self.expected("a number"),
                };
                self.lex.next();
                Ok(float(shape.ty, if negative { -number } else { number }))
            }
            ty => {
                let number = self.whole()?;
                match integer(ty, number) {
                    Some(value) => Ok(value),
                    None => {
                        let (min, max) = bounds(ty);
                        self.fail(span, format!("the value must be between {min} and {max} ({})", ty.word()))
                    }
                }
            }
        }
    }

    fn whole(&mut self) -> Result<i128> {
        let negative = self.accept("-");
        let value = match self.lex.current.kind {
            Kind::Int => lex::integer(self.text(), u64::MAX),
            _ => None,
        };
        let Some(value) = value else { return self.expected("a whole number") };
        self.lex.next();
        Ok(if negative { -i128::from(value) } else { value.into() })
    }

    /// The name of an enum value, or its number.
    fn enum_value(&mut self, id: Id) -> Result<Val> {
        let Ref::Enum(of) = self.it.context.types.field(id) else { return Err(Failed) };
        let span = self.span();
        if self.lex.current.kind == Kind::Ident {
            let name = self.text();
            let Some(number) = self.it.enum_value(of, name) else {
                let problem = self.it.no_such_value(of, name, span);
                return self.it.fail(problem);
            };
            self.lex.next();
            return Ok(Val::Varint(i64::from(number) as u64));
        }
        let number = self.whole()?;
        let ast = &self.it.context.units[of.file as usize].ast;
        let known = ast.enums[of.index as usize].values.iter().any(|v| i128::from(v.number) == number);
        // An open enum takes any number.
        if known || (ast.syntax == Syntax::Proto3 && i32::try_from(number).is_ok()) {
            return Ok(Val::Varint(number as i64 as u64));
        }
        self.fail(span, format!("the enum has no value with the number {number}"))
    }
}
