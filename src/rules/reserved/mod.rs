//! Rules about reserved numbers and names.

mod reserved_enum_no_delete;
mod reserved_message_no_delete;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[&reserved_enum_no_delete::RULE, &reserved_message_no_delete::RULE];
