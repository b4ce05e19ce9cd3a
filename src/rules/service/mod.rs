//! Rules about services.

mod service_no_add;
mod service_no_delete;
mod service_no_move;
mod service_no_rename;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] =
    &[&service_no_add::RULE, &service_no_delete::RULE, &service_no_move::RULE, &service_no_rename::RULE];
