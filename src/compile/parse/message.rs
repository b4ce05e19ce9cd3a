//! Messages, fields, oneofs and extensions.

use std::borrow::Cow;

use super::ast::{self, Extra, Field, Label, Message, Oneof, Syntax, Type};
use super::lex::{self, Kind};
use super::locations::Loc;
use super::{Failed, MAX_MESSAGE_DEPTH, Parser, Result, Span};
use crate::compile::names::camel_name;

/// Where a field is declared.
#[derive(Clone)]
struct Place<'s> {
    /// The location under which groups and map entries put their message, and the field number they use.
    nested_in: Loc,
    nested_path: i32,
    parent: Option<u32>,
    extendee: Option<(Cow<'s, str>, Span)>,
    oneof: Option<u32>,
}

impl<'s> Parser<'s> {
    fn message(&mut self, index: u32) -> &mut Message<'s> {
        &mut self.file.messages[index as usize]
    }

    fn new_message(&mut self, name: Cow<'s, str>, name_span: Span, parent: Option<u32>) -> u32 {
        let index = self.file.messages.len() as u32;
        self.file.messages.push(Message { name, name_span, parent, ..Message::default() });
        index
    }

    /// Where the next nested message of a parent goes.
    fn nested_count(&self, parent: Option<u32>) -> i32 {
        match parent {
            Some(parent) => self.file.messages[parent as usize].messages.len() as i32,
            None => self.file.top_messages.len() as i32,
        }
    }

    fn add_nested(&mut self, parent: Option<u32>, index: u32) {
        match parent {
            Some(parent) => self.message(parent).messages.push(index),
            None => self.file.top_messages.push(index),
        }
    }

    /// Reads a message whose index in its parent was already taken.
    pub(super) fn parse_message(&mut self, loc: Loc, parent: Option<u32>) -> Result {
        let keyword = self.lex.current.span;
        self.consume("message")?;
        let name_span = self.lex.current.span;
        let name = self.within(loc, &[1], |p, _| p.ident("the name of the message"))?;
        let index = self.new_message(Cow::Borrowed(name), name_span, parent);
        self.parse_message_body(loc, index, keyword.to(name_span))?;
        if self.file.syntax == Syntax::Proto3 {
            self.add_synthetic_oneofs(index);
        }
        Ok(())
    }

    fn parse_message_body(&mut self, loc: Loc, index: u32, head: Span) -> Result {
        if self.depth >= MAX_MESSAGE_DEPTH {
            let message = format!("messages are nested too deeply here: {MAX_MESSAGE_DEPTH} levels at most");
            self.lex.problem(head, message);
            return Err(Failed);
        }
        self.depth += 1;
        let result = self.block(loc, "message", |p| p.parse_message_statement(loc, index));
        self.depth -= 1;
        self.settle_max(index);
        result
    }

    /// `max` is the largest field number, except in a message set, where it is the largest integer.
    fn settle_max(&mut self, index: u32) {
        let message = self.message(index);
        let message_set = message.options.iter().any(|o| {
            matches!(o.name.as_slice(), [part] if !part.extension && part.name == "message_set_wire_format")
                && matches!(o.value, ast::Value::Ident("true"))
        });
        let max = if message_set { i32::MAX } else { 536_870_912 };
        let extensions = message.extension_ranges.iter_mut().map(|r| &mut r.range);
        for range in extensions.chain(message.reserved_ranges.iter_mut()) {
            if range.end == i32::MAX {
                range.end = max;
            }
        }
    }

    /// A proto3 `optional` field is the only member of a oneof of its own.
    fn add_synthetic_oneofs(&mut self, index: u32) {
        let message = &self.file.messages[index as usize];
        let optional: Vec<u32> = message
            .fields
            .iter()
            .copied()
            .filter(|&f| self.file.fields[f as usize].proto3_optional)
            .collect();
        if optional.is_empty() {
            return;
        }
        let fields = message.fields.iter().map(|&f| self.file.fields[f as usize].name.to_string());
        let oneofs = message.oneofs.iter().map(|o| o.name.to_string());
        let mut taken: rustc_hash::FxHashSet<String> = fields.chain(oneofs).collect();
        for id in optional {
            let field = &mut self.file.fields[id as usize];
            let mut name = field.name.to_string();
            if !name.starts_with('_') {
                name.insert(0, '_');
            }
            while taken.contains(&name) {
                name.insert(0, 'X');
            }
            taken.insert(name.clone());
            let message = &mut self.file.messages[index as usize];
            field.oneof = Some(message.oneofs.len() as u32);
            message.oneofs.push(Oneof {
                name: Cow::Owned(name),
                name_span: field.name_span,
                options: Vec::new(),
            });
        }
    }

    fn parse_message_statement(&mut self, loc: Loc, index: u32) -> Result {
        if self.accept_end(";", None) {
            return Ok(());
        }
        self.skip_visibility();
        match self.current() {
            "message" => {
                let more = [3, self.nested_count(Some(index))];
                let nested = self.file.messages.len() as u32;
                self.add_nested(Some(index), nested);
                self.within(loc, &more, |p, loc| {
                    let result = p.parse_message(loc, Some(index));
                    if p.file.messages.len() as u32 == nested {
                        // Not even the name could be read: take the place back.
                        p.message(index).messages.pop();
                    }
                    result
                })
            }
            "enum" => {
                let enums = self.file.enums.len();
                let more = [4, self.file.messages[index as usize].enums.len() as i32];
                let result = self.within(loc, &more, |p, loc| p.parse_enum(loc, Some(index)));
                if self.file.enums.len() > enums {
                    self.message(index).enums.push(enums as u32);
                }
                result
            }
            "extensions" => self.within(loc, &[5], |p, loc| p.parse_extensions(loc, index)),
            "reserved" => {
                let message = &self.file.messages[index as usize];
                let counts = (message.reserved_ranges.len(), message.reserved_names.len());
                let mut read = (Vec::new(), Vec::new());
                self.parse_reserved(loc, [9, 10], counts, false, &mut read)?;
                self.message(index).reserved_ranges.extend(read.0);
                self.message(index).reserved_names.extend(read.1);
                Ok(())
            }
            "extend" => self.within(loc, &[6], |p, inner| p.parse_extend(inner, loc, Some(index))),
            "option" => {
                let option = self.within(loc, &[7], |p, loc| p.parse_option_statement(loc))?;
                self.message(index).options.push(option);
                Ok(())
            }
            "oneof" => {
                let more = [8, self.file.messages[index as usize].oneofs.len() as i32];
                self.within(loc, &more, |p, oneof| p.parse_oneof(oneof, loc, index))
            }
            _ => {
                let place = Place {
                    nested_in: loc,
                    nested_path: 3,
                    parent: Some(index),
                    extendee: None,
                    oneof: None,
                };
                let more = [2, self.file.messages[index as usize].fields.len() as i32];
                let field = self.within(loc, &more, |p, loc| p.parse_field(loc, &place))?;
                self.message(index).fields.push(field);
                Ok(())
            }
        }
    }

    fn parse_oneof(&mut self, loc: Loc, message_loc: Loc, index: u32) -> Result {
        self.consume("oneof")?;
        let name_span = self.lex.current.span;
        let name = self.within(loc, &[1], |p, _| p.ident("the name of the oneof"))?;
        let oneof = self.file.messages[index as usize].oneofs.len() as u32;
        self.message(index).oneofs.push(Oneof { name: Cow::Borrowed(name), name_span, options: Vec::new() });
        let open = self.lex.current.span;
        self.consume_end("{", Some(loc))?;
        let place = Place {
            nested_in: message_loc,
            nested_path: 3,
            parent: Some(index),
            extendee: None,
            oneof: Some(oneof),
        };
        while !self.accept_end("}", None) {
            if self.at_end() {
                self.lex.problem(open, "this oneof is not closed: `}` is missing");
                return Err(Failed);
            }
            if self.at("option") {
                let option = self.within(loc, &[2], |p, loc| p.parse_option_statement(loc))?;
                self.message(index).oneofs[oneof as usize].options.push(option);
                continue;
            }
            if matches!(self.current(), "required" | "optional" | "repeated") {
                let message = format!("`{}` is not allowed in a oneof", self.current());
                self.lex.problem(self.lex.current.span, message);
                self.lex.next();
            }
            let more = [2, self.file.messages[index as usize].fields.len() as i32];
            match self.within(message_loc, &more, |p, loc| p.parse_field(loc, &place)) {
                Ok(field) => self.message(index).fields.push(field),
                Err(Failed) => self.skip_statement(),
            }
        }
        Ok(())
    }

    fn parse_extensions(&mut self, loc: Loc, index: u32) -> Result {
        self.consume("extensions")?;
        let first = self.file.messages[index as usize].extension_ranges.len() as u32;
        loop {
            let more = [self.file.messages[index as usize].extension_ranges.len() as i32];
            let range = self.within(loc, &more, |p, loc| p.parse_range(loc, false))?;
            self.message(index).extension_ranges.push(ast::ExtensionRange {
                range,
                options_of: first,
                options: Vec::new(),
            });
            if !self.accept(",") {
                break;
            }
        }
        if self.at("[") {
            let mark = self.locations.mark();
            let depth = self.locations.path_len(loc);
            let container = self.start(loc, &[0]);
            let options = self.within(container, &[3], Self::parse_bracketed_options)?;
            let count = self.file.messages[index as usize].extension_ranges.len() as u32;
            self.locations.repeat_since(mark, depth, first..count);
            self.message(index).extension_ranges[first as usize].options = options;
        }
        self.consume_end(";", Some(loc))
    }

    /// Reads an `extend` block; `outer` is the location of the message or file it stands in.
    pub(super) fn parse_extend(&mut self, loc: Loc, outer: Loc, parent: Option<u32>) -> Result {
        self.consume("extend")?;
        let first = self.lex.current;
        let name = self.named_type()?;
        let last = self.lex.previous;
        let open = self.lex.current.span;
        self.consume_end("{", Some(loc))?;
        let place = Place {
            nested_in: outer,
            nested_path: if parent.is_some() { 3 } else { 4 },
            parent,
            extendee: Some((name, first.span.to(last.span))),
            oneof: None,
        };
        let mut any = false;
        while !self.accept_end("}", None) {
            if self.at_end() {
                self.lex.problem(open, "this `extend` is not closed: `}` is missing");
                return Err(Failed);
            }
            any = true;
            let count = match parent {
                Some(parent) => self.file.messages[parent as usize].extensions.len(),
                None => self.file.top_extensions.len(),
            };
            let result = self.within(loc, &[count as i32], |p, loc| {
                let extendee = p.start(loc, &[2]);
                p.locations.start_at(extendee, first);
                p.locations.end(extendee, last);
                p.parse_field(loc, &place)
            });
            match (result, parent) {
                (Ok(field), Some(parent)) => self.message(parent).extensions.push(field),
                (Ok(field), None) => self.file.top_extensions.push(field),
                (Err(Failed), _) => self.skip_statement(),
            }
        }
        if !any {
            self.lex.problem(first.span.to(last.span), "an `extend` block needs a field");
        }
        Ok(())
    }

    fn parse_field(&mut self, loc: Loc, place: &Place<'s>) -> Result<u32> {
        let mut label = None;
        if place.oneof.is_some() {
            label = Some(Label::Optional);
        } else {
            let word = match self.current() {
                "optional" => Some(Label::Optional),
                "required" => Some(Label::Required),
                "repeated" => Some(Label::Repeated),
                _ => None,
            };
            if let Some(word) = word {
                label = Some(word);
                let keyword = self.start(loc, &[4]);
                self.lex.next();
                self.end(keyword);
            }
        }
        let proto3_optional =
            self.file.syntax == Syntax::Proto3 && label == Some(Label::Optional) && place.oneof.is_none();

        let type_loc = self.start(loc, &[]);
        let type_first = self.lex.current.span;
        let mut map = None;
        let mut ty = None;
        let mut type_name = Cow::Borrowed("");
        if self.at("map") {
            self.lex.next();
            if self.at("<") {
                let written_label = label.is_some() && place.oneof.is_none();
                map = Some(self.parse_map_type(place, written_label, type_first)?);
                label = Some(Label::Repeated);
            } else {
                type_name = Cow::Borrowed("map");
                while self.accept(".") {
                    self.ident("the name of a type")?;
                    type_name = self.squeezed(type_first.to(self.lex.previous.span));
                }
            }
        } else {
            ty = Type::of_keyword(self.current());
            if ty.is_some() {
                self.lex.next();
            } else {
                type_name = self.named_type()?;
            }
        }
        if label.is_none() {
            if self.file.syntax == Syntax::Proto2 {
                let problem = super::Problem::new(type_first, "the field has no label")
                    .hint("a proto2 field starts with `optional`, `required` or `repeated`");
                if self.lex.problems.len() < lex::MAX_PROBLEMS {
                    self.lex.problems.push(problem);
                }
            }
            label = Some(Label::Optional);
        }
        self.locations.add_path(type_loc, &[if ty.is_some() { 5 } else { 6 }]);
        self.end(type_loc);
        let type_span = type_first.to(self.lex.previous.span);

        let name_token = self.lex.current;
        let name = self.within(loc, &[1], |p, _| p.ident("the name of the field"))?;
        if !self.at("=") {
            return self.expected("`=` and the number of the field");
        }
        self.lex.next();
        let number_span = self.lex.current.span;
        let number = self.within(loc, &[3], |p, _| p.unsigned("the number of the field"))?;

        let mut field = Field {
            name: Cow::Borrowed(name),
            name_span: name_token.span,
            parent: place.parent,
            number,
            number_span,
            label: label.unwrap_or(Label::Optional),
            ty,
            type_name,
            type_span,
            oneof: place.oneof,
            proto3_optional,
            options: Vec::new(),
            extra: place
                .extendee
                .clone()
                .map(|extendee| Box::new(Extra { extendee: Some(extendee), ..Extra::default() })),
        };
        if self.at("[") {
            self.within(loc, &[8], |p, options| p.parse_field_options(options, loc, &mut field))?;
        }

        if ty == Some(Type::Group) {
            let group = self.start(place.nested_in, &[place.nested_path, self.nested_count(place.parent)]);
            self.locations.start_like(group, loc);
            self.token_location(group, &[1], name_token);
            self.token_location(loc, &[6], name_token);
            if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
                self.lex.problem(name_token.span, "the name of a group starts with a capital letter");
            }
            let index = self.new_message(Cow::Borrowed(name), name_token.span, place.parent);
            self.add_nested(place.parent, index);
            field.name = Cow::Owned(name.to_ascii_lowercase());
            field.type_name = Cow::Borrowed(name);
            if !self.at("{") {
                return self.expected("`{` and the fields of the group");
            }
            self.parse_message_body(group, index, name_token.span)?;
            self.end(group);
        } else {
            self.consume_end(";", Some(loc))?;
        }
        if let Some((key, value)) = map {
            field.type_name = Cow::Owned(camel_name(name) + "Entry");
            self.add_map_entry(&field, key, value, place.parent);
        }
        let index = self.file.fields.len() as u32;
        self.file.fields.push(field);
        Ok(index)
    }

    /// Reads `<key, value>`; gives the two as type and name with their place.
    #[expect(clippy::type_complexity, reason = "used once, next door")]
    fn parse_map_type(
        &mut self,
        place: &Place<'s>,
        labelled: bool,
        keyword: Span,
    ) -> Result<((Option<Type>, Cow<'s, str>, Span), (Option<Type>, Cow<'s, str>, Span))> {
        let wrong = if place.oneof.is_some() {
            Some("a map cannot be in a oneof")
        } else if place.extendee.is_some() {
            Some("a map cannot be an extension")
        } else if labelled {
            Some("a map has no label: it is always repeated")
        } else {
            None
        };
        if let Some(message) = wrong {
            self.lex.problem(keyword, message);
        }
        let part = |p: &mut Self| -> Result<(Option<Type>, Cow<'s, str>, Span)> {
            let first = p.lex.current.span;
            let ty = Type::of_keyword(p.current());
            let name = if ty.is_some() {
                p.lex.next();
                Cow::Borrowed("")
            } else {
                p.named_type()?
            };
            Ok((ty, name, first.to(p.lex.previous.span)))
        };
        self.consume("<")?;
        let key = part(self)?;
        self.consume(",")?;
        let value = part(self)?;
        self.consume(">")?;
        Ok((key, value))
    }

    fn add_map_entry(
        &mut self,
        field: &Field<'s>,
        key: (Option<Type>, Cow<'s, str>, Span),
        value: (Option<Type>, Cow<'s, str>, Span),
        parent: Option<u32>,
    ) {
        let entry = self.new_message(field.type_name.clone(), field.name_span, parent);
        self.add_nested(parent, entry);
        for (name, number, (ty, type_name, type_span)) in [("key", 1, key), ("value", 2, value)] {
            let index = self.file.fields.len() as u32;
            self.file.fields.push(Field {
                name: Cow::Borrowed(name),
                name_span: field.name_span,
                parent: Some(entry),
                number,
                number_span: field.number_span,
                label: Label::Optional,
                ty,
                type_name,
                type_span,
                oneof: None,
                proto3_optional: false,
                options: Vec::new(),
                extra: None,
            });
            self.message(entry).fields.push(index);
        }
        self.message(entry).map_entry = true;
    }

    fn parse_field_options(&mut self, loc: Loc, field_loc: Loc, field: &mut Field<'s>) -> Result {
        self.consume("[")?;
        loop {
            match self.current() {
                "default" => {
                    let keyword = self.lex.current.span;
                    self.lex.next();
                    self.consume("=")?;
                    let value = self.within(field_loc, &[7], |p, _| p.parse_default(field.ty))?;
                    let extra = field.extra.get_or_insert_default();
                    if extra.default.is_some() {
                        self.lex.problem(keyword, "`default` is set twice");
                    }
                    extra.default = Some((value, keyword.to(self.lex.previous.span)));
                }
                "json_name" => {
                    let keyword = self.lex.current.span;
                    let name = self.within(field_loc, &[10], |p, name_loc| {
                        p.lex.next();
                        p.consume("=")?;
                        p.within(name_loc, &[], |p, _| p.utf8("the JSON name in quotes"))
                    })?;
                    let extra = field.extra.get_or_insert_default();
                    if extra.json_name.is_some() {
                        self.lex.problem(keyword, "`json_name` is set twice");
                    }
                    extra.json_name = Some((name.into_owned(), keyword.to(self.lex.previous.span)));
                }
                _ => field.options.push(self.parse_option(loc, false)?),
            }
            if !self.accept(",") {
                return self.consume("]");
            }
        }
    }

    fn parse_default(&mut self, ty: Option<Type>) -> Result<ast::Default> {
        let signed = |max: u64, p: &mut Self| -> Result<ast::Default> {
            let negative = p.accept("-");
            let value = p.int("an integer as the default value", max + u64::from(negative))?;
            let value = i128::from(value);
            Ok(ast::Default::Signed(if negative { -value } else { value } as i64))
        };
        let unsigned = |max: u64, p: &mut Self| -> Result<ast::Default> {
            if p.at("-") {
                return p.error("the default value of an unsigned field is not negative");
            }
            p.int("an integer as the default value", max).map(ast::Default::Unsigned)
        };
        match ty {
            None => self.ident("the name of an enum value").map(|n| ast::Default::Name(n.to_owned())),
            Some(Type::Int32 | Type::Sint32 | Type::Sfixed32) => signed(i32::MAX as u64, self),
            Some(Type::Int64 | Type::Sint64 | Type::Sfixed64) => signed(i64::MAX as u64, self),
            Some(Type::Uint32 | Type::Fixed32) => unsigned(u32::MAX.into(), self),
            Some(Type::Uint64 | Type::Fixed64) => unsigned(u64::MAX, self),
            Some(Type::Float | Type::Double) => {
                let negative = self.accept("-");
                let value = match self.lex.current.kind {
                    Kind::Int | Kind::Float => self.number(),
                    Kind::Ident if self.at("inf") => f64::INFINITY,
                    Kind::Ident if self.at("nan") => f64::NAN,
                    _ => return self.expected("a number as the default value"),
                };
                self.lex.next();
                Ok(ast::Default::Float(if negative { -value } else { value }))
            }
            Some(Type::Bool) => match self.current() {
                word @ ("true" | "false") => {
                    self.lex.next();
                    Ok(ast::Default::Bool(word == "true"))
                }
                _ => self.expected("`true` or `false`"),
            },
            Some(Type::String | Type::Bytes) => {
                self.string("a string as the default value").map(ast::Default::Bytes)
            }
            Some(Type::Group | Type::Message | Type::Enum) => self.error("messages have no default value"),
        }
    }
}
