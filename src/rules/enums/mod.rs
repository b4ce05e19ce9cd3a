//! Rules about enums and their values.

pub(super) mod enum_no_delete;
pub(super) mod enum_no_move;
pub(super) mod enum_no_rename;
pub(super) mod enum_same_json_format;
pub(super) mod enum_same_type;
pub(super) mod enum_value_no_add;
pub(super) mod enum_value_no_add_closed;
pub(super) mod enum_value_no_add_reserved;
pub(super) mod enum_value_no_delete;
pub(super) mod enum_value_no_delete_unless_name_reserved;
pub(super) mod enum_value_no_delete_unless_number_reserved;
pub(super) mod enum_value_no_reuse;
pub(super) mod enum_value_no_swap;
pub(super) mod enum_value_same_name;
