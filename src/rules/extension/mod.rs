//! Rules about extensions and extension numbers.

mod extension_message_no_delete;
mod extension_no_add;
mod extension_no_delete;
mod extension_no_move;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &extension_message_no_delete::RULE,
    &extension_no_add::RULE,
    &extension_no_delete::RULE,
    &extension_no_move::RULE,
];
