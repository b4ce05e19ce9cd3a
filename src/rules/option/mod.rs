//! Rules about options that no other rule speaks of.

mod option_same_validation;
mod option_same_value;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[&option_same_validation::RULE, &option_same_value::RULE];
