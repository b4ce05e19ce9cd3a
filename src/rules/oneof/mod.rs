//! Rules about oneofs.

mod oneof_no_add;
mod oneof_no_delete;
mod oneof_no_rename;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[&oneof_no_add::RULE, &oneof_no_delete::RULE, &oneof_no_rename::RULE];
