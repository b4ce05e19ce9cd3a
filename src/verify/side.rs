//! One of the two versions, with everything that is asked of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use buffa_descriptor::DescriptorPool;
use thiserror::Error;

use crate::codegen::sdk::is_in_every_runtime;
use crate::compile::Compiled;
use crate::compile::output::{SetOptions, descriptor_set};
use crate::schema::{Element, MessageId, Method, MethodId, Schema};
use crate::source::Name;
use crate::wire::value::{all_fields, field_at};

/// Descriptors that no message can be read with.
#[derive(Debug, Error)]
#[error("cannot use the descriptors of {label}: {what}")]
pub struct SideError {
    /// The version as people know it.
    pub label: String,
    /// What is wrong with them.
    pub what: String,
}

/// One version of the contract.
#[derive(Debug)]
pub struct Side {
    /// The version as people know it: `v1.4.0`, `HEAD~1`, a folder. No `:`, `@` or whitespace in it.
    pub label: String,
    /// The version that its packages carry.
    pub version: String,
    /// The descriptors.
    pub compiled: Compiled,
    /// The model of them.
    pub schema: Schema,
    /// The same for reading messages.
    pub pool: Arc<DescriptorPool>,
    /// For each message of the contract: itself and every message and enum that it can hold.
    holds: BTreeMap<String, BTreeSet<String>>,
    /// The methods of the contract by path.
    paths: BTreeMap<String, MethodId>,
}

/// A label that fits between the `@` and the `:` of a cell.
#[must_use]
pub fn label(name: &Name) -> String {
    let text = match name {
        Name::WorkingTree => "worktree",
        Name::Staged => "staged",
        Name::StandardInput => "stdin",
        Name::Folder(text)
        | Name::File(text)
        | Name::Image(text)
        | Name::Server(text)
        | Name::Memory(text) => text,
        Name::Artefact { place, .. } => place,
        Name::Tag { tag, .. } => tag,
        Name::Branch { branch, .. } => branch,
        Name::Commit { written, .. } => written,
        Name::MergeBase { with, .. } => with,
    };
    let label = text.trim_end_matches('/').rsplit('/').next().unwrap_or(text);
    let fits = |c: char| if c == ':' || c == '@' || c.is_whitespace() || c.is_control() { '_' } else { c };
    let label: String = label.chars().map(fits).collect();
    if label.is_empty() || label == "." { "worktree".to_owned() } else { label }
}

impl Side {
    /// Takes a version in.
    ///
    /// # Errors
    ///
    /// Descriptors that do not hold together.
    pub fn new(
        label: String,
        version: String,
        compiled: Compiled,
        schema: Schema,
    ) -> Result<Side, SideError> {
        let content = SetOptions { include_imports: true, include_source_info: false };
        let pool = DescriptorPool::decode(&descriptor_set(&compiled, content))
            .map_err(|e| SideError { label: label.clone(), what: e.to_string() })?;
        let (holds, paths) = (BTreeMap::new(), BTreeMap::new());
        let mut side = Side { label, version, compiled, schema, pool: Arc::new(pool), holds, paths };
        side.holds = side.messages().map(|id| (side.name(id).to_owned(), side.reach(id))).collect();
        side.paths = side.methods().collect();
        Ok(side)
    }

    /// The messages that the contract owns, map entries left out, in the order of the files. What the runtimes of the
    /// languages bring is no part of a package, also where the contract has a copy of it.
    pub fn messages(&self) -> impl Iterator<Item = MessageId> {
        let own = |m: &crate::schema::Message| {
            let file = self.schema.file(m.file);
            !m.map_entry && file.target && !is_in_every_runtime(&file.name)
        };
        self.schema.messages().filter(move |(_, m)| own(m)).map(|(id, _)| id)
    }

    /// The full name of a message.
    #[must_use]
    pub fn name(&self, id: MessageId) -> &str {
        &self.schema.message(id).full_name
    }

    /// Whether the contract has a message of this name.
    #[must_use]
    pub fn has(&self, message: &str) -> bool {
        self.holds.contains_key(message)
    }

    /// The package of a message; the empty name for one that is not there.
    #[must_use]
    pub fn package(&self, message: &str) -> &str {
        let found = self.schema.message_by_name(message);
        found.map_or("", |id| self.schema.package_of(Element::Message(id)))
    }

    /// The methods that the contract owns, with their paths (`/user.v1.UserService/Get`).
    pub fn methods(&self) -> impl Iterator<Item = (String, MethodId)> {
        let own = |m: &Method| self.schema.file(self.schema.service(m.parent).file).target;
        let found = self.schema.methods().filter(move |(_, m)| own(m));
        found.map(|(id, _)| (self.schema.call_path(id), id))
    }

    /// The method at a path.
    #[must_use]
    pub fn method(&self, path: &str) -> Option<&Method> {
        self.paths.get(path).map(|id| self.schema.method(*id))
    }

    /// Whether a message is, or can hold, another message or an enum.
    #[must_use]
    pub fn holds(&self, message: &str, part: &str) -> bool {
        self.holds.get(message).is_some_and(|parts| parts.contains(part))
    }

    /// Whether a field of a message, or an extension, is or can hold another message or an enum.
    #[must_use]
    pub fn field_holds(&self, message: &str, number: i32, part: &str) -> bool {
        let schema = &self.schema;
        let field = schema.message_by_name(message).and_then(|id| field_at(schema, id, number));
        let Some(field) = field.map(|id| schema.field(id)) else { return false };
        // Of a map the entry counts, and the value.
        let value = schema.map_entry(field).map(|(_, value)| schema.field(value));
        [Some(field), value].into_iter().flatten().any(|field| {
            let inner = schema.field_message(field).map(|id| self.name(id));
            inner.is_some_and(|inner| inner == part || self.holds(inner, part))
                || schema.field_enum(field).is_some_and(|id| &*schema.enum_(id).full_name == part)
        })
    }

    /// A message, of the contract or imported, and every message and enum that it can hold, by name.
    #[must_use]
    pub fn parts(&self, message: &str) -> BTreeSet<String> {
        let known = self.holds.get(message).cloned();
        known.or_else(|| Some(self.reach(self.schema.message_by_name(message)?))).unwrap_or_default()
    }

    fn reach(&self, root: MessageId) -> BTreeSet<String> {
        let schema = &self.schema;
        let mut names = BTreeSet::from([self.name(root).to_owned()]);
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            for field in all_fields(schema, id).into_iter().map(|f| schema.field(f)) {
                if let Some(inner) = schema.field_message(field)
                    && names.insert(self.name(inner).to_owned())
                {
                    open.push(inner);
                }
                if let Some(inner) = schema.field_enum(field) {
                    names.insert(schema.enum_(inner).full_name.to_string());
                }
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_fit_into_cells() {
        let folder = |typed: &str| label(&Name::Folder(typed.into()));
        assert_eq!(label(&Name::WorkingTree), "worktree");
        assert_eq!(folder("../old contracts/"), "old_contracts");
        assert_eq!(folder("./."), "worktree");
        assert_eq!(folder(""), "worktree");
        let tag = Name::Tag { tag: "acme/pay/v1.4.0".into(), version: None, commit: None };
        assert_eq!(label(&tag), "v1.4.0");
        let commit = Name::Commit { written: "main@{1 day ago}".into(), commit: None };
        assert_eq!(label(&commit), "main_{1_day_ago}");
    }
}
