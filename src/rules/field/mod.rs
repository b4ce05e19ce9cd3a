//! Rules about fields.

mod cardinality;
mod field_no_add;
mod field_no_add_reserved;
mod field_no_delete;
mod field_no_delete_unless_name_reserved;
mod field_no_delete_unless_number_reserved;
mod field_no_reuse;
mod field_no_swap;
mod field_same_cardinality;
mod field_same_cpp_string_type;
mod field_same_default;
mod field_same_java_enum_type;
mod field_same_java_utf8_validation;
mod field_same_json_name;
mod field_same_jstype;
mod field_same_name;
mod field_same_number;
mod field_same_oneof;
mod field_same_packed;
mod field_same_type;
mod field_same_utf8_validation;
mod field_wire_compatible_cardinality;
mod field_wire_compatible_type;
mod field_wire_json_compatible_cardinality;
mod field_wire_json_compatible_type;
mod types;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &field_no_add::RULE,
    &field_no_add_reserved::RULE,
    &field_no_delete::RULE,
    &field_no_delete_unless_name_reserved::RULE,
    &field_no_delete_unless_number_reserved::RULE,
    &field_no_reuse::RULE,
    &field_no_swap::RULE,
    &field_same_cardinality::RULE,
    &field_same_cpp_string_type::RULE,
    &field_same_default::RULE,
    &field_same_java_enum_type::RULE,
    &field_same_java_utf8_validation::RULE,
    &field_same_json_name::RULE,
    &field_same_jstype::RULE,
    &field_same_name::RULE,
    &field_same_number::RULE,
    &field_same_oneof::RULE,
    &field_same_packed::RULE,
    &field_same_type::RULE,
    &field_same_utf8_validation::RULE,
    &field_wire_compatible_cardinality::RULE,
    &field_wire_compatible_type::RULE,
    &field_wire_json_compatible_cardinality::RULE,
    &field_wire_json_compatible_type::RULE,
];
