//! Rules about reserved numbers and names.

pub(super) mod reserved_enum_no_delete;
pub(super) mod reserved_message_no_delete;
