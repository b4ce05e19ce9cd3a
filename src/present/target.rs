//! A report in a file: `FORMAT=PATH`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use thiserror::Error;

/// A format and the file that the report goes to in that format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<F> {
    /// The format.
    pub format: F,
    /// The file, as typed.
    pub path: PathBuf,
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

impl<F: ValueEnum> FromStr for Target<F> {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Target<F>, TargetError> {
        let (name, path) = text.split_once('=').ok_or(TargetError::Shape)?;
        let format = F::from_str(name, false)
            .map_err(|_| TargetError::Format { name: name.to_owned(), known: known::<F>().join(", ") })?;
        if path.is_empty() {
            return Err(TargetError::Path);
        }
        Ok(Target { format, path: path.into() })
    }
}

/// The formats that help names.
fn known<F: ValueEnum>() -> Vec<String> {
    let values = F::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    values.filter(|v| !v.is_hide_set()).map(|v| format!("`{}`", v.get_name())).collect()
}
