//! Rules about names, whatever has them.

mod name_no_reuse;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[&name_no_reuse::RULE];
