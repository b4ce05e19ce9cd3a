//! Rules about packages.

mod left;
pub(super) mod package_enum_no_delete;
pub(super) mod package_extension_no_delete;
pub(super) mod package_message_no_delete;
pub(super) mod package_no_delete;
pub(super) mod package_service_no_delete;
