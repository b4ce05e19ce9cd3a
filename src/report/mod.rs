//! The finished report, and one file a format.

mod model;

pub use model::{ChangeRecord, Finding, Location, Report};
