//! Rules about extensions and extension numbers.

pub(super) mod extension_message_no_delete;
pub(super) mod extension_no_add;
pub(super) mod extension_no_delete;
pub(super) mod extension_no_move;
