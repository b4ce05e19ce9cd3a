//! Which languages take part in a run, and why others do not.

use thiserror::Error;

use super::build::{self, BuildError};
use super::sdk::Unready;
use crate::codegen::generate::GenerateError;
use crate::machine::Host;
use crate::words::Language;

/// Why a language has no programs.
#[derive(Debug, Error)]
pub enum PartError {
    /// A plugin did not do its work.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// A program does not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A language that has to take part cannot.
    #[error("{} cannot take part: {reason}", language.as_str())]
    Required {
        /// The language.
        language: Language,
        /// Why.
        reason: String,
    },
}

impl PartError {
    /// What a program that failed said itself.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            PartError::Generate(GenerateError::Run { source, .. }) => source.messages(),
            PartError::Build(error) => error.messages(),
            PartError::Generate(_) | PartError::Required { .. } => "",
        }
    }

    /// It in one line, with the first error that the program told.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            PartError::Build(error) => error.told(),
            other => build::with_first_error(other, self.messages()),
        }
    }
}

/// Why a language takes no part.
#[derive(Debug)]
pub enum Lack {
    /// Something is missing, which is nobody's failure.
    Absent(String),
    /// Something failed.
    Failed(PartError),
}

impl Lack {
    /// The error that it is where the language has to take part.
    #[must_use]
    pub fn error(self, language: Language) -> PartError {
        match self {
            Lack::Absent(reason) => PartError::Required { language, reason },
            Lack::Failed(error) => error,
        }
    }

    /// The reason that is told where the language is left out, and what a tool said that failed.
    #[must_use]
    pub fn told(self) -> (String, Option<String>) {
        match self {
            Lack::Absent(reason) => (reason, None),
            Lack::Failed(error) => (error.told(), Some(error.messages().to_owned())),
        }
    }
}

impl From<Unready> for Lack {
    fn from(unready: Unready) -> Lack {
        match unready {
            Unready::Skip(reason) => Lack::Absent(reason),
            Unready::Failed(error) => Lack::Failed(error.into()),
        }
    }
}

impl From<BuildError> for Lack {
    fn from(error: BuildError) -> Lack {
        match error {
            BuildError::Missing(_) => Lack::Absent(error.to_string()),
            error => Lack::Failed(error.into()),
        }
    }
}

/// A language that takes no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The language.
    pub language: Language,
    /// Why.
    pub reason: String,
    /// What a tool said that failed; `None` where something is only missing.
    pub failed: Option<String>,
}

/// What there is for each language that takes part, and the others.
pub type Parts<T> = (Vec<(Language, T)>, Vec<Skip>);

/// What `of` makes for each language that has its tools, in their order: one language after the other, for some of their
/// tools fill the machine.
///
/// # Errors
///
/// A language of `required` takes no part.
pub fn parts<T>(
    host: &Host,
    languages: &[Language],
    required: &[Language],
    of: &mut dyn FnMut(Language) -> Result<T, Lack>,
) -> Result<Parts<T>, PartError> {
    let (mut all, mut skips) = (Vec::new(), Vec::new());
    for language in languages.iter().copied() {
        let made = match build::missing_tool(host, language) {
            Some(tool) => Err(Lack::from(BuildError::Missing(tool.to_owned()))),
            None => of(language),
        };
        match made {
            Ok(made) => all.push((language, made)),
            Err(lack) if required.contains(&language) => return Err(lack.error(language)),
            Err(lack) => {
                let (reason, failed) = lack.told();
                skips.push(Skip { language, reason, failed });
            }
        }
    }
    Ok((all, skips))
}
