//! How loud a finding is, and what it does to the next version: two axes that never meet.

/// How loud a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Worth a look.
    Warn,
    /// Fails the check.
    Error,
}

impl Level {
    /// Every level, the loudest first.
    pub const ALL: [Level; 3] = [Level::Error, Level::Warn, Level::Note];

    /// The name in configuration and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// The level of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// Which part of the version has to grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// The last part.
    Patch,
    /// The middle part.
    Minor,
    /// The first part.
    Major,
}

impl Bump {
    /// From the last part to the first.
    pub const ALL: [Bump; 3] = [Bump::Patch, Bump::Minor, Bump::Major];

    /// The part of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Bump> {
        Bump::ALL.into_iter().find(|bump| bump.as_str() == name)
    }

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }
}
