//! What a change is called: one line for each, in one voice.

use crate::diff::{Change, Cx};

pub(super) use crate::diff::wording::{few_names as names, fields, in_map_entry, map_of, text};

/// One line about a change, harmless ones included.
pub fn describe(change: &Change, cx: &Cx<'_>) -> String {
    (change.kind.facts().says)(change, cx)
}
