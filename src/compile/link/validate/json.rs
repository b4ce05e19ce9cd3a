//! JSON names of fields are unique in their message.

use rustc_hash::FxHashMap;

use super::Check;
use crate::compile::link::value::flag;
use crate::compile::names::json_name;
use crate::compile::parse::Problem;
use crate::compile::parse::ast::Field;
use crate::compile::parse::lex::MAX_PROBLEMS;

impl Check<'_, '_, '_> {
    pub(super) fn json_names(&mut self, index: u32) {
        let message = &self.ast.messages[index as usize];
        if message.map_entry || flag(&message.options, "deprecated_legacy_json_field_conflicts") == Some(true)
        {
            return;
        }
        // Field masks use the derived names even where `json_name` is set, so these must be unique as well.
        self.json_pass(index, false);
        if message.fields.iter().any(|&f| self.ast.fields[f as usize].json_name().is_some()) {
            self.json_pass(index, true);
        }
    }

    fn json_pass(&mut self, index: u32, use_custom: bool) {
        let message = &self.ast.messages[index as usize];
        let name_of = |field: &Field<'_>| {
            let derived = json_name(&field.name);
            match field.json_name() {
                Some((name, _)) if use_custom && *name != derived => (name.clone(), true),
                _ => (derived, false),
            }
        };
        let mut seen: FxHashMap<String, (u32, bool)> = FxHashMap::default();
        seen.reserve(message.fields.len());
        for &id in &message.fields {
            if self.full() {
                return;
            }
            let field = &self.ast.fields[id as usize];
            let (name, custom) = name_of(field);
            let Some(&(first, first_custom)) = seen.get(&name) else {
                seen.insert(name, (id, custom));
                continue;
            };
            let first = &self.ast.fields[first as usize];
            // Same names are reported as such, and clashes of derived names by the other pass.
            if first.name == field.name || (use_custom && !custom && !first_custom) {
                continue;
            }
            // proto2 only promises what the user spelled out.
            let spelled_out = custom && first_custom;
            if !self.proto3() && !spelled_out {
                let word = |custom: bool| if custom { "custom" } else { "default" };
                let message = format!(
                    "The {} JSON name of field \"{}\" (\"{name}\") conflicts with the {} JSON name of field \"{}\"",
                    word(custom),
                    field.name,
                    word(first_custom),
                    first.name
                );
                if self.warnings.len() < MAX_PROBLEMS {
                    self.warnings.push(Problem::new(field.name_span, message));
                }
                continue;
            }
            let problem = Problem::new(
                field.name_span,
                format!("`{}` and `{}` have the same JSON name `{name}`", field.name, first.name),
            )
            .hint(format!("`{}` is at {}", first.name, self.place(first.name_span)))
            .hint("rename one of them, or set `json_name`");
            self.problems.push(problem);
        }
    }
}
