//! Repairs as a report tells them.

/// What would repair a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// The edits, by file and place. None overlaps with another.
    pub edits: Vec<Edit>,
    /// The same as a patch that `git apply` takes where paths are relative to.
    pub patch: String,
}

/// One part of a text that becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The path as a person types it.
    pub path: String,
    /// Where the part begins: line and column, from one; columns are characters.
    pub start: (u32, u32),
    /// Where the text behind it begins.
    pub end: (u32, u32),
    /// What stands there afterwards.
    pub text: String,
}
