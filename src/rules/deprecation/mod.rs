//! Rules about how something comes to be deprecated, and goes. `[deprecation]` in the configuration asks for all of them.

mod deprecation_before_delete;
mod deprecation_no_add;
mod deprecation_no_delete;

use super::Rule;

/// The rules, sorted by id.
pub(crate) const RULES: &[&Rule] =
    &[&deprecation_before_delete::RULE, &deprecation_no_add::RULE, &deprecation_no_delete::RULE];
