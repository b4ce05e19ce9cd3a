//! Rules about services.

pub(super) mod service_no_add;
pub(super) mod service_no_delete;
pub(super) mod service_no_move;
pub(super) mod service_no_rename;
