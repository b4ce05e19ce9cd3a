//! A report in a file: `FORMAT=PATH`.

use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

use super::format::{Choice, Formats};

/// A format and the file that the report goes to in that format.
#[derive(Debug)]
pub struct Target<F: Formats> {
    /// The format.
    pub format: Choice<F>,
    /// The file, as typed.
    pub path: PathBuf,
}

impl<F: Formats> Clone for Target<F> {
    fn clone(&self) -> Target<F> {
        Target { format: self.format, path: self.path.clone() }
    }
}

/// Why a text names no report.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// There is no `=` in it.
    #[error("it has to be FORMAT=PATH, such as `json=report.json`")]
    Shape,
    /// The format is not known.
    #[error("there is no format `{name}`; there are {known}")]
    Format {
        /// As typed.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Nothing stands behind the `=`.
    #[error("the path is missing")]
    Path,
}

impl<F: Formats> FromStr for Target<F> {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Target<F>, TargetError> {
        let (name, path) = text.split_once('=').ok_or(TargetError::Shape)?;
        let format = Choice::of(name)
            .ok_or_else(|| TargetError::Format { name: name.to_owned(), known: known::<F>().join(", ") })?;
        if path.is_empty() {
            return Err(TargetError::Path);
        }
        Ok(Target { format, path: path.into() })
    }
}

/// The formats that help names.
fn known<F: Formats>() -> Vec<String> {
    F::ALL.iter().filter(|f| !f.hidden).map(|f| format!("`{}`", f.name)).collect()
}
