//! What is known about two states and is in neither of them.

use super::Moved;
use crate::ledger::{Announcements, Memory};
use crate::wire::Reader;

/// What a comparison is judged by, besides its two sides. Nothing of it has to be known.
#[derive(Clone, Copy, Default)]
pub struct Background<'a> {
    /// What earlier versions used numbers for.
    pub memory: Option<&'a dyn Memory>,
    /// The files of dependencies that have changed as well.
    pub moved: Option<&'a Moved>,
    /// The releases of runtimes that the team still has.
    pub ages: &'a [Reader],
    /// What published versions told of removals, where that is asked for.
    pub announcements: Option<Announcements<'a>>,
}

impl std::fmt::Debug for Background<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Background")
            .field("memory", &self.memory.is_some())
            .field("moved", &self.moved)
            .field("ages", &self.ages)
            .field("announcements", &self.announcements)
            .finish()
    }
}
