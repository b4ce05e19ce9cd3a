//! Extension ranges that declare which extensions may use them
//! (<https://protobuf.dev/programming-guides/extension_declarations/>).

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Check;
use crate::compile::link::Context;
use crate::compile::link::options::message_name;
use crate::compile::link::resolve::{Ref, full_type_name};
use crate::compile::link::symbols::{Id, Symbol};
use crate::compile::link::value::word;
use crate::compile::parse::ast::{Field, Label, Message, Type, Value};
use crate::compile::parse::lex::{self, Kind, Lexer};
use crate::compile::parse::{Problem, Span};

/// One `declaration = { … }` of a range.
#[derive(Debug)]
pub(super) struct Declaration {
    number: i64,
    full_name: Option<String>,
    ty: Option<String>,
    reserved: bool,
    repeated: bool,
    span: Span,
}

/// The declarations of the statement that a range stands in. What is wrong with their syntax is found when the
/// option is interpreted, so anything unexpected is passed over.
fn declarations(text: &str, message: &Message<'_>, range: usize) -> Vec<Declaration> {
    let options = &message.extension_ranges[message.extension_ranges[range].options_of as usize].options;
    options
        .iter()
        .filter_map(|option| match (option.name.as_slice(), &option.value) {
            ([part], Value::Aggregate(inner)) if !part.extension && part.name == "declaration" => {
                Some(declaration(text, *inner, option.value_span))
            }
            _ => None,
        })
        .collect()
}

fn declaration(text: &str, inner: Span, span: Span) -> Declaration {
    let mut out =
        Declaration { number: 0, full_name: None, ty: None, reserved: false, repeated: false, span };
    let mut lex = Lexer::range(text, inner);
    let mut key = "";
    let mut fresh = false;
    while lex.next() {
        let token = lex.text(lex.current);
        match lex.current.kind {
            Kind::Int if key == "number" => out.number = lex::integer(token, u64::MAX).unwrap_or(0) as i64,
            Kind::Ident if matches!((key, token), ("reserved" | "repeated", "true" | "false")) => {
                let value = token == "true";
                if key == "reserved" {
                    out.reserved = value
                } else {
                    out.repeated = value
                }
                key = "";
                continue;
            }
            Kind::Ident => {
                key = token;
                fresh = true;
                continue;
            }
            Kind::Str => {
                let mut bytes = Vec::new();
                lex::unescape(token, &mut bytes);
                let piece = String::from_utf8_lossy(&bytes);
                let slot = match key {
                    "full_name" => &mut out.full_name,
                    "type" => &mut out.ty,
                    _ => continue,
                };
                if fresh {
                    *slot = None;
                }
                slot.get_or_insert_default().push_str(&piece);
                fresh = false;
            }
            _ => {}
        }
    }
    out
}

/// The word of a scalar type, as declarations write it.
fn is_scalar(name: &str) -> bool {
    Type::of_keyword(name).is_some_and(|t| t != Type::Group)
}

impl<'s> Check<'_, 's, '_> {
    /// The declarations of a message make sense.
    pub(super) fn declarations(&mut self, index: u32) {
        let message = &self.ast.messages[index as usize];
        let text = self.context.units[self.file as usize].text;
        let mut names: FxHashMap<String, ()> = FxHashMap::default();
        for (i, range) in message.extension_ranges.iter().enumerate() {
            if range.options_of as usize != i {
                continue;
            }
            let list = declarations(text, message, i);
            let Some(first) = list.first() else { continue };
            if message.extension_ranges.get(i + 1).is_some_and(|r| r.options_of as usize == i) {
                // They would be declared for every range of the statement, and be outside of all but one.
                self.report(first.span, "a range with declarations needs a statement of its own");
            }
            let options = &message.extension_ranges[range.options_of as usize].options;
            if word(options, "verification") == Some("UNVERIFIED") {
                self.report(first.span, "a range with declarations cannot be `UNVERIFIED`");
            }
            let mut numbers: FxHashMap<i64, ()> = FxHashMap::default();
            for declaration in &list {
                let bounds = i64::from(range.range.start)..i64::from(range.range.end);
                if !bounds.contains(&declaration.number) {
                    let message =
                        format!("the declaration is for {}, which is not in the range", declaration.number);
                    self.report(declaration.span, message);
                }
                if numbers.insert(declaration.number, ()).is_some() {
                    self.report(declaration.span, format!("{} is declared twice", declaration.number));
                }
                self.declared_names(declaration, &mut names);
            }
        }
    }

    fn declared_names(&mut self, declaration: &Declaration, names: &mut FxHashMap<String, ()>) {
        let both = declaration.full_name.is_some() && declaration.ty.is_some();
        let none = declaration.full_name.is_none() && declaration.ty.is_none();
        if !(both || declaration.reserved && none) {
            return self.report(declaration.span, "a declaration has both `full_name` and `type`");
        }
        if let Some(name) = &declaration.full_name {
            if !name.starts_with('.') {
                self.report(declaration.span, format!("`{name}` must be a full name, with a leading dot"));
            }
            if names.insert(name.clone(), ()).is_some() {
                self.report(declaration.span, format!("`{name}` is declared twice"));
            }
        }
        if let Some(ty) = &declaration.ty
            && !is_scalar(ty)
            && !ty.starts_with('.')
        {
            self.report(declaration.span, format!("`{ty}` must be a full name, with a leading dot"));
        }
    }

    /// Which extension range of a message a number is in.
    pub(super) fn extension_range(&mut self, of: Id, number: i32) -> Option<usize> {
        let ranges = self.extension_ranges.entry(of).or_insert_with(|| {
            let message = &self.context.units[of.file as usize].ast.messages[of.index as usize];
            let ranges = message.extension_ranges.iter().enumerate();
            let mut ranges: Vec<_> = ranges.map(|(i, r)| (r.range.start, r.range.end, i as u32)).collect();
            ranges.sort_unstable();
            ranges
        });
        let upto = ranges.partition_point(|(start, ..)| *start <= number);
        // Ranges that overlap are an error of their own.
        let (_, end, index) = *ranges[..upto].last()?;
        (number < end).then_some(index as usize)
    }

    /// An extension is what its range declares.
    pub(super) fn declared(&mut self, field: &Field<'s>, index: u32, extendee: Id) {
        let unit = &self.context.units[extendee.file as usize];
        let message = &unit.ast.messages[extendee.index as usize];
        let Some(range) = self.extension_range(extendee, field.number) else { return };
        let statement = message.extension_ranges[range].options_of;
        let list = match self.declarations.get(&(extendee, statement)) {
            Some(list) => Rc::clone(list),
            None => {
                let mut list = declarations(unit.text, message, range);
                list.sort_by_key(|d| d.number);
                let list: Rc<[Declaration]> = list.into();
                self.declarations.insert((extendee, statement), Rc::clone(&list));
                list
            }
        };
        let options = &message.extension_ranges[statement as usize].options;
        if list.is_empty() && word(options, "verification") != Some("DECLARATION") {
            return;
        }
        let full = message_name(self.context, extendee);
        let Ok(found) = list.binary_search_by_key(&i64::from(field.number), |d| d.number) else {
            self.problems.push(
                Problem::new(
                    field.number_span,
                    format!("`{full}` does not declare extension {}", field.number),
                )
                .hint("its range says that every extension is declared: add a `declaration`"),
            );
            return;
        };
        let declaration = &list[found];
        if declaration.reserved {
            return self.report(field.number_span, format!("`{full}` reserves extension {}", field.number));
        }
        let reference = self.context.types.files[self.file as usize].fields[index as usize];
        let ty = match reference {
            Ref::Message(id) => format!(".{}", full_type_name(self.context.units, Symbol::Message(id))),
            Ref::Enum(id) => format!(".{}", full_type_name(self.context.units, Symbol::Enum(id))),
            Ref::Missing => return,
            Ref::Scalar => field.ty.map_or("", Type::word).to_owned(),
        };
        if let Some(expected) = declaration.ty.as_ref().filter(|expected| **expected != ty) {
            self.report(
                field.type_span,
                format!("`{full}` declares extension {} as `{expected}`, not `{ty}`", field.number),
            );
        }
        let name = self.extension_name(self.context, field);
        if let Some(expected) = declaration.full_name.as_ref().filter(|expected| **expected != name) {
            self.report(
                field.name_span,
                format!("`{full}` declares extension {} as `{expected}`, not `{name}`", field.number),
            );
        }
        if declaration.repeated != (field.label == Label::Repeated) {
            let expected = if declaration.repeated { "repeated" } else { "optional" };
            self.report(
                field.type_span,
                format!("`{full}` declares extension {} as {expected}", field.number),
            );
        }
    }

    /// The full name of an extension, with a leading dot.
    fn extension_name(&self, context: &Context<'_, '_>, field: &Field<'s>) -> String {
        let around = match field.parent {
            Some(index) => message_name(context, Id { file: self.file, index }),
            None => self.ast.package.to_string(),
        };
        if around.is_empty() { format!(".{}", field.name) } else { format!(".{around}.{}", field.name) }
    }
}
