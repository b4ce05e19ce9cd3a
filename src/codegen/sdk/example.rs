//! The call that a README shows: a real method of the contract, with a real field of its request.

use crate::codegen::Contract;
use crate::schema::{Cardinality, Field, FileId, Kind, Message, MessageId, Method, Service, Syntax};

/// A method to show.
pub(super) struct Example<'a> {
    /// The service.
    pub(super) service: &'a Service,
    /// The method; unary where the contract has one that is.
    pub(super) method: &'a Method,
    /// The request.
    pub(super) request: &'a Message,
    /// A text of the request that every language can set in a line.
    pub(super) field: Option<&'a Field>,
}

impl Example<'_> {
    pub(super) fn unary(&self) -> bool {
        !self.method.client_streaming && !self.method.server_streaming
    }
}

/// The first unary method of the contract whose request has a text, or else the first method.
pub(super) fn pick<'a>(contract: &Contract<'a>, files: &[FileId]) -> Option<Example<'a>> {
    let schema = contract.schema;
    let mut all = Vec::new();
    for file in files.iter().map(|f| schema.file(*f)).filter(|f| f.target) {
        for service in file.services.iter().map(|s| schema.service(*s)) {
            for method in service.methods.iter().map(|m| schema.method(*m)) {
                let Some(id) = schema.message_by_name(&method.input) else { continue };
                all.push(Example { service, method, request: schema.message(id), field: text(contract, id) });
            }
        }
    }
    // Stable: of equals, the first in the order of files stays the first.
    all.sort_by_key(|e| (!e.unary(), e.method.client_streaming, e.field.is_none()));
    all.into_iter().next()
}

/// A name that nothing else has: with `suffix`, and a number after it where that is not enough.
pub(super) fn free(name: &str, suffix: &str, taken: &[String]) -> String {
    let numbers = (2..).map(|n| format!("{name}{suffix}{n}"));
    let mut names = [name.to_owned(), format!("{name}{suffix}")].into_iter().chain(numbers);
    names.find(|name| !taken.contains(name)).expect("there are more numbers than names")
}

fn text<'a>(contract: &Contract<'a>, message: MessageId) -> Option<&'a Field> {
    let schema = contract.schema;
    let message = schema.message(message);
    // From edition 2024 on, Go hides the fields behind methods.
    let hidden = matches!(schema.file(message.file).syntax, Syntax::Edition(n) if n > 1000);
    message.fields.iter().map(|f| schema.field(*f)).find(|f| {
        f.kind == Kind::String
            && f.cardinality == Cardinality::Implicit
            && !hidden
            && f.name.contains('_') | (f.name.len() > 3 && !KEYWORDS.contains(&&*f.name))
            && f.name.starts_with(|c: char| c.is_ascii_lowercase())
            && f.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

/// Longer names that some language escapes.
const KEYWORDS: [&str; 28] = [
    "abstract", "async", "await", "become", "break", "class", "const", "continue", "crate", "else", "enum",
    "extern", "final", "from", "global", "lambda", "loop", "macro", "match", "move", "pass", "self",
    "static", "super", "trait", "type", "where", "yield",
];
