//! Rules about oneofs.

pub(super) mod oneof_no_add;
pub(super) mod oneof_no_delete;
pub(super) mod oneof_no_rename;
