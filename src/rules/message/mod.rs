//! Rules about messages.

pub(super) mod message_no_delete;
pub(super) mod message_no_move;
pub(super) mod message_no_remove_standard_descriptor_accessor;
pub(super) mod message_no_rename;
pub(super) mod message_same_json_format;
pub(super) mod message_same_message_set_wire_format;
pub(super) mod message_same_required_fields;
