//! Where contracts come from.
//!
//! A [`SourceSpec`] is what a person typed. [`open`] turns it into a [`Tree`] (paths with content ids, bytes on
//! demand) or, for compiled inputs, an [`Image`]. [`load_settings`] reads the configuration a tree holds, and
//! [`layout::resolve`] says which files the contract is made of, under which import paths and whose policy. A
//! [`Request`] does all of it for what a command was asked.
//!
//! ```no_run
//! # use protopact::{source::{self, SourceSpec, Side}, config::Overrides};
//! # fn f(cwd: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
//! let new = source::open(&SourceSpec::parse(".", cwd, Side::New)?, source::Context::new(cwd))?;
//! let settings = source::load_settings(&new, source::ConfigSource { cwd, flag: None }, &Overrides::default())?;
//! let mut context = source::Context::new(cwd);
//! context.counterpart = new.root();
//! let old = source::open(&SourceSpec::parse("v1.2.0", cwd, Side::Old)?, context)?;
//! # Ok(()) }
//! ```

mod affected;
mod answers;
mod baselines;
mod ci;
mod directory;
mod elsewhere;
mod error;
mod imports;
mod imprint;
pub mod layout;
mod legal;
mod locate;
mod mount;
mod name;
mod near;
mod open;
mod owners;
mod places;
mod published;
mod reach;
mod request;
mod roots;
mod same;
mod scans;
mod selection;
mod server;
mod settings;
mod shelf;
mod spec;
mod tree;
mod why;

pub use crate::git::Id as ContentId;
pub use affected::Affected;
pub use answers::{Answer, Answers};
pub use baselines::{Baselines, names_versions};
pub use ci::CiError;
pub use error::{Problem, SourceError};
pub use imports::{Scan, scan};
pub use layout::{Layout, LayoutError, Missing, Module, Resolved};
pub use legal::{LegalText, legal};
pub use mount::{Mount, Plan, Text};
pub use name::Name;
pub use open::{Context, Counterpart, Image, Loaded, open};
pub use owners::Owners;
pub use places::{Around, Places};
pub use request::{Content, NewSide, OLD_HINT, Opened, Request, RequestError, Shared, Sides};
pub use selection::PathSelection;
pub use server::{Server, ServerError, ServerTls};
pub use settings::{ConfigSource, load_settings};
pub use spec::{ImagePlace, Rev, Side, SourceSpec, SpecError};
pub use tree::{Entry, Origin, ReadError, Scope, Tree};
pub use why::registry_names;
