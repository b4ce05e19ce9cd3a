//! What sort of edit a change is.

/// What sort of edit a change is, whatever it is made to: what a changelog sorts by, and what additions are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// Something to use is there that was not.
    Added,
    /// Something is gone.
    Removed,
    /// Something has another name.
    Renamed,
    /// Something is in another place.
    Moved,
    /// Something is not what it was.
    Changed,
    /// Something should no longer be used.
    Deprecated,
    /// Something may be used again.
    Restored,
    /// Numbers or names are taken out of use for good.
    Reserved,
    /// An option has another value: what that is, only who knows the option can tell.
    Option,
}

impl Nature {
    /// Every nature in the order of output.
    pub const ALL: [Nature; 9] = [
        Nature::Added,
        Nature::Removed,
        Nature::Renamed,
        Nature::Moved,
        Nature::Changed,
        Nature::Deprecated,
        Nature::Restored,
        Nature::Reserved,
        Nature::Option,
    ];

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Nature::Added => "added",
            Nature::Removed => "removed",
            Nature::Renamed => "renamed",
            Nature::Moved => "moved",
            Nature::Changed => "changed",
            Nature::Deprecated => "deprecated",
            Nature::Restored => "restored",
            Nature::Reserved => "reserved",
            Nature::Option => "option",
        }
    }
}
