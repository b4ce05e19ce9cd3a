//! Rules about messages.

mod message_no_add;
mod message_no_delete;
mod message_no_move;
mod message_no_remove_standard_descriptor_accessor;
mod message_no_rename;
mod message_same_field_order;
mod message_same_json_format;
mod message_same_message_set_wire_format;
mod message_same_required_fields;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &message_no_add::RULE,
    &message_no_delete::RULE,
    &message_no_move::RULE,
    &message_no_remove_standard_descriptor_accessor::RULE,
    &message_no_rename::RULE,
    &message_same_field_order::RULE,
    &message_same_json_format::RULE,
    &message_same_message_set_wire_format::RULE,
    &message_same_required_fields::RULE,
];
