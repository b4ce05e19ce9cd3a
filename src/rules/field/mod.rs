//! Rules about fields.

mod cardinality;
pub(super) mod field_no_add;
pub(super) mod field_no_add_reserved;
pub(super) mod field_no_delete;
pub(super) mod field_no_delete_unless_name_reserved;
pub(super) mod field_no_delete_unless_number_reserved;
pub(super) mod field_no_reuse;
pub(super) mod field_no_swap;
pub(super) mod field_same_cardinality;
pub(super) mod field_same_cpp_string_type;
pub(super) mod field_same_default;
pub(super) mod field_same_java_utf8_validation;
pub(super) mod field_same_json_name;
pub(super) mod field_same_jstype;
pub(super) mod field_same_name;
pub(super) mod field_same_number;
pub(super) mod field_same_oneof;
pub(super) mod field_same_packed;
pub(super) mod field_same_type;
pub(super) mod field_same_utf8_validation;
pub(super) mod field_wire_compatible_cardinality;
pub(super) mod field_wire_compatible_type;
pub(super) mod field_wire_json_compatible_cardinality;
pub(super) mod field_wire_json_compatible_type;
mod types;
