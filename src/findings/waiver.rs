//! What is accepted, and how that stands.

/// Whether a finding counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    #[default]
    Open,
    /// Somebody accepted it.
    Waived(Waived),
    /// It was there before the work that is looked at (`check --new-since`).
    Known,
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Waived(_) => "waived",
            Standing::Known => "known",
        }
    }
}

/// Who accepted a finding, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waived {
    /// Why.
    pub reason: String,
    /// Who.
    pub owner: Option<String>,
    /// The day or the version from which it counts again.
    pub until: Option<String>,
    /// Where that is written.
    pub place: String,
}

/// How a waiver stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverStatus {
    /// It holds, and there is something that it accepts.
    Used,
    /// Its day or version has come.
    Expired,
    /// What it accepts is in the baseline already.
    Published,
    /// There is nothing that it accepts.
    Unused,
    /// Another one accepts the same.
    Doubled,
    /// It does not say what it has to.
    Refused,
}

impl WaiverStatus {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WaiverStatus::Used => "used",
            WaiverStatus::Expired => "expired",
            WaiverStatus::Published => "published",
            WaiverStatus::Unused => "unused",
            WaiverStatus::Doubled => "doubled",
            WaiverStatus::Refused => "refused",
        }
    }
}

/// A waiver, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverState {
    /// How it stands.
    pub status: WaiverStatus,
    /// What it is for: a fingerprint, or a rule.
    pub of: String,
    /// What it says.
    pub waived: Waived,
    /// Whether it is a comment at a declaration, and no entry of the configuration.
    pub comment: bool,
    /// The status in words.
    pub why: String,
}
