//! Enums: numbers, aliases, reserved numbers and names.

use rustc_hash::FxHashMap;

use super::Check;
use super::ranges::RangeSet;
use crate::compile::link::value::flag;
use crate::compile::parse::{Problem, Span};

impl Check<'_, '_, '_> {
    pub(super) fn enum_(&mut self, index: u32) {
        let enum_ = &self.ast.enums[index as usize];
        let Some(first) = enum_.values.first() else {
            let message = format!("enum `{}` has no values: it needs at least one", enum_.name);
            return self.report(enum_.name_span, message);
        };
        if self.proto3() && first.number != 0 {
            self.problems.push(
                Problem::new(first.number_span, "the first value of a proto3 enum must be zero")
                    .hint(format!("start with `{}_UNSPECIFIED = 0;`", upper_snake(enum_.name))),
            );
        }
        let mut numbers: FxHashMap<i32, usize> = FxHashMap::default();
        let mut aliased = false;
        let alias = flag(&enum_.options, "allow_alias");
        for (i, value) in enum_.values.iter().enumerate() {
            if self.full() {
                return;
            }
            let Some(&first) = numbers.get(&value.number) else {
                numbers.insert(value.number, i);
                continue;
            };
            aliased = true;
            if alias != Some(true) {
                let first = &enum_.values[first];
                let problem = Problem::new(
                    value.number_span,
                    format!("number {} is already taken by `{}`", value.number, first.name),
                )
                .hint(format!("`{}` is at {}", first.name, self.place(first.number_span)))
                .hint("if both names are meant, set `option allow_alias = true;` in the enum");
                self.problems.push(problem);
            }
        }
        if let (Some(alias), Some(span)) = (alias, self.alias_span(index)) {
            if !alias {
                self.report(span, "`allow_alias = false` has no effect: remove it");
            } else if !aliased {
                self.report(span, "`allow_alias` is set, but no two values share a number: remove it");
            }
        }
        self.enum_reserved(index);
        self.enum_names(index);
    }

    fn alias_span(&self, index: u32) -> Option<Span> {
        let options = &self.ast.enums[index as usize].options;
        let is_alias = |o: &&crate::compile::parse::ast::Opt<'_>| matches!(o.name.as_slice(), [part] if !part.extension && part.name == "allow_alias");
        options.iter().find(is_alias).map(|o| o.name_span)
    }

    fn enum_reserved(&mut self, index: u32) {
        let enum_ = &self.ast.enums[index as usize];
        for range in &enum_.reserved_ranges {
            if range.end < range.start {
                self.report(range.span, "the end of a range is not before its start");
            }
        }
        let ranges = RangeSet::new(enum_.reserved_ranges.iter(), true);
        for (first, second) in ranges.overlaps() {
            if self.full() {
                return;
            }
            let place = self.place(first.span);
            let problem = Problem::new(second.span, "this range overlaps with another one");
            self.problems.push(problem.hint(format!("the other range is at {place}")));
        }
        self.reserved_names(&enum_.reserved_names);
        let mut names: FxHashMap<&str, Span> = FxHashMap::default();
        for (name, span) in &enum_.reserved_names {
            if names.insert(name, *span).is_some() {
                self.report(*span, format!("`{name}` is reserved twice"));
            }
        }
        for value in &enum_.values {
            if self.full() {
                return;
            }
            if let Some(range) = ranges.find(value.number.into()) {
                let place = self.place(range.span);
                let problem = Problem::new(value.number_span, format!("number {} is reserved", value.number));
                self.problems.push(problem.hint(format!("it is reserved at {place}")));
            }
            if let Some(&span) = names.get(value.name) {
                let place = self.place(span);
                let problem = Problem::new(value.name_span, format!("name `{}` is reserved", value.name));
                self.problems.push(problem.hint(format!("it is reserved at {place}")));
            }
        }
    }

    /// Generators strip the enum's name from its values and change case; the names must survive that.
    fn enum_names(&mut self, index: u32) {
        let enum_ = &self.ast.enums[index as usize];
        if flag(&enum_.options, "deprecated_legacy_json_field_conflicts") == Some(true) {
            return;
        }
        let mut seen: FxHashMap<String, usize> = FxHashMap::default();
        for (i, value) in enum_.values.iter().enumerate() {
            if self.full() {
                return;
            }
            let short = pascal(without_prefix(enum_.name, value.name));
            match seen.get(&short) {
                Some(&first) => {
                    let first = &enum_.values[first];
                    if first.name != value.name && first.number != value.number {
                        let problem = Problem::new(
                            value.name_span,
                            format!(
                                "`{}` and `{}` are the same without the name of the enum and in one case",
                                value.name, first.name
                            ),
                        )
                        .hint(format!(
                            "`{}` is at {}",
                            first.name,
                            self.place(first.name_span)
                        ));
                        self.problems.push(problem);
                    }
                }
                None => {
                    seen.insert(short, i);
                }
            }
        }
    }
}

fn upper_snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.char_indices() {
        if c.is_ascii_uppercase() && i > 0 && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// The name of a value without the name of its enum in front, if that leaves something. Case and underscores
/// do not matter for the comparison.
fn without_prefix<'n>(enum_name: &str, value: &'n str) -> &'n str {
    let mut prefix = enum_name.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase());
    let mut wanted = prefix.next();
    for (i, byte) in value.bytes().enumerate() {
        if wanted.is_none() {
            let rest = value[i..].trim_start_matches('_');
            return if rest.is_empty() { value } else { rest };
        }
        if byte == b'_' {
            continue;
        }
        if wanted != Some(byte.to_ascii_lowercase()) {
            return value;
        }
        wanted = prefix.next();
    }
    value
}

fn pascal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = true;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
            upper = false;
        }
    }
    out
}
