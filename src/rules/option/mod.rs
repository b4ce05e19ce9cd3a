//! Rules about options that no other rule speaks of.

pub(super) mod option_same_validation;
pub(super) mod option_same_value;
