//! Rules about enums and their values.

mod enum_no_add;
mod enum_no_delete;
mod enum_no_move;
mod enum_no_rename;
mod enum_same_json_format;
mod enum_same_type;
mod enum_value_no_add;
mod enum_value_no_add_closed;
mod enum_value_no_add_reserved;
mod enum_value_no_delete;
mod enum_value_no_delete_unless_name_reserved;
mod enum_value_no_delete_unless_number_reserved;
mod enum_value_no_reuse;
mod enum_value_no_swap;
mod enum_value_same_first_name;
mod enum_value_same_json_name;
mod enum_value_same_name;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &enum_no_add::RULE,
    &enum_no_delete::RULE,
    &enum_no_move::RULE,
    &enum_no_rename::RULE,
    &enum_same_json_format::RULE,
    &enum_same_type::RULE,
    &enum_value_no_add::RULE,
    &enum_value_no_add_closed::RULE,
    &enum_value_no_add_reserved::RULE,
    &enum_value_no_delete::RULE,
    &enum_value_no_delete_unless_name_reserved::RULE,
    &enum_value_no_delete_unless_number_reserved::RULE,
    &enum_value_no_reuse::RULE,
    &enum_value_no_swap::RULE,
    &enum_value_same_first_name::RULE,
    &enum_value_same_json_name::RULE,
    &enum_value_same_name::RULE,
];
