//! What the user decided: `protopact.toml` and buf's files, as written and as used.
//!
//! [`mod@file`] is the configuration as written, [`Settings`] as used; [`Overrides`] are the flags. buf's `buf.yaml`
//! and `buf.work.yaml` of every version become one shape, [`buf::Workspace`]. This part reads texts it is given;
//! it does not look for files (that is `source`).

mod against;
pub mod buf;
mod deprecation;
pub mod deps;
mod error;
pub mod file;
pub mod generate;
pub mod init;
mod merge;
pub mod package;
mod path;
mod policy;
pub mod protofetch;
mod release;
mod settings;
pub mod waive;

pub use against::Baseline;
pub use deprecation::{Deprecation, Terms};
pub(crate) use error::read_yaml;
pub use error::{ConfigError, Place, fits};
pub use merge::{Found, Overrides, merge};
pub use path::{PathPattern, PatternError, normalize};
pub(crate) use path::{below, is_under, join};
pub use policy::{PackagePolicy, Policy, RuleRef, Selection};
pub use release::{
    Destination, Hook, HookPlace, MavenRepository, Patience, PythonIndex, ReleaseSettings, server_of,
    takes_notices,
};
pub use settings::{
    CheckSettings, CompileSettings, Declared, ImportPlace, Modules, Root, Settings, Waiver, WaiverPolicy,
};

/// The reference page: every key with its default, commented out.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// The name of protopact's own configuration file.
pub const FILE_NAME: &str = "protopact.toml";
