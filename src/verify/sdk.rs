//! The packages of the two versions, and the programs that use them.

use std::path::Path;

use super::driver::{Driver, Subject, aged, calling, driver, measuring};
use super::side::Side;
use crate::codegen::generate::{self, GenerateError, Unit, Work};
use crate::codegen::legal::terms;
use crate::codegen::plan::{self, Wish};
use crate::codegen::plugin::Lock;
use crate::codegen::plugin::lock::Around;
use crate::codegen::sdk;
use crate::codegen::{Contract, FileTree, Target};
use crate::config::generate::{Generate, Value};
use crate::words::{Language, Pinned};

/// How packages are made: as `protopact generate` makes them, and under a name that is nobody's where a language is not
/// configured.
#[derive(Debug)]
pub struct Sdk<'a> {
    /// The contract's name.
    pub name: &'a str,
    /// The folder of the configuration.
    pub root: &'a Path,
    /// `[generate]`.
    pub settings: &'a Generate,
    /// The lock.
    pub lock: Option<&'a Lock>,
    /// What the lock is held against.
    pub around: Around<'a>,
}

/// Why a language has no programs.
#[derive(Debug)]
pub enum Unready {
    /// It cannot take part, which is nobody's failure.
    Skip(String),
    /// A plugin did not do its work.
    Failed(GenerateError),
}

impl Sdk<'_> {
    /// The languages that the configuration has.
    #[must_use]
    pub fn configured(&self) -> Vec<Language> {
        plan::targets(self.settings, self.name).iter().map(Target::language).collect()
    }

    /// The program of one language for each version.
    ///
    /// # Errors
    ///
    /// Plugins are missing or fail, or the language has no words for the contract.
    pub fn drivers(&self, language: Language, sides: &[Side; 2]) -> Result<Vec<Driver>, Unready> {
        sides.iter().map(|side| self.driver(language, side)).collect()
    }

    /// The program of another release for each version.
    ///
    /// # Errors
    ///
    /// The release has no words for the contract.
    pub fn aged(pinned: Pinned, sides: &[Side; 2]) -> Result<Vec<Driver>, Unready> {
        sides.iter().map(|side| aged(side, pinned).map_err(|e| Unready::Skip(e.to_string()))).collect()
    }

    /// The program of one language for one version that times messages.
    ///
    /// # Errors
    ///
    /// As of [`Sdk::drivers`].
    pub fn measuring(
        &self,
        language: Language,
        side: &Side,
        subjects: &[Subject],
    ) -> Result<Driver, Unready> {
        let (target, files) = self.package(language, side)?;
        measuring(side, &target, &files, subjects).map_err(|e| Unready::Skip(e.to_string()))
    }

    /// The program of one language for one version that calls instances which come and go.
    ///
    /// # Errors
    ///
    /// As of [`Sdk::drivers`].
    pub fn calling(&self, language: Language, side: &Side) -> Result<Driver, Unready> {
        let (target, files) = self.package(language, side)?;
        calling(side, &target, &files).map_err(|e| Unready::Skip(e.to_string()))
    }

    fn driver(&self, language: Language, side: &Side) -> Result<Driver, Unready> {
        let (target, files) = self.package(language, side)?;
        driver(side, &target, &files).map_err(|e| Unready::Skip(e.to_string()))
    }

    /// The package of one language for one version.
    fn package(&self, language: Language, side: &Side) -> Result<(Target, FileTree), Unready> {
        let skip = |e: &dyn std::fmt::Display| Unready::Skip(e.to_string());
        let settings = settings(self.settings, language);
        let only = [language];
        let wish = Wish {
            settings: &settings,
            contract: self.name,
            folder: None,
            only: Some(&only),
            services: side.schema.has_services(),
            root: self.root,
            lock: self.lock,
            around: self.around,
        };
        let units = plan::plan(&wish)
            .map_err(|e| Unready::Skip(format!("{e}; get the plugins with `protopact plugins install`")))?;
        let terms = terms(&settings, &[]);
        let contract = Contract {
            name: self.name,
            version: &side.version,
            build: None,
            commit: None,
            licence: &terms.licence,
            legal: &[],
            about: &terms.about,
            compiled: &side.compiled,
            schema: &side.schema,
        };
        let all: Vec<&Unit> = units.iter().collect();
        let made = generate::make(&contract, &all, self.around.host, plan::limits(&settings));
        let made = made.map_err(|e| match e {
            // A contract that the language has no words for is no failure of anybody's.
            GenerateError::Package { source, .. } => skip(&source),
            GenerateError::Refused { all } => match all.first() {
                Some(first) => skip(first),
                None => Unready::Failed(GenerateError::Refused { all }),
            },
            e => Unready::Failed(e),
        })?;
        let target = units.iter().find_map(|unit| match &unit.work {
            Work::Package(target) => Some(target),
            Work::Files => None,
        });
        let target = target.ok_or_else(|| Unready::Skip("it is not configured".to_owned()))?;
        let files = made.into_iter().next().map(|m| m.files).unwrap_or_else(FileTree::new);
        Ok((target.clone(), files))
    }
}

/// Where a language's package goes: as configured, or under a name that is nobody's.
fn settings(configured: &Generate, language: Language) -> Generate {
    let mut settings = Generate { plugins: Vec::new(), ..configured.clone() };
    let section = settings.languages.entry(language).or_insert_with(|| sdk::stand_in(language));
    // Options say what is in a package beside what goes over the wire, and programs are written for one without any.
    section.keys.retain(|key| matches!(key.value, Value::Text(_)));
    settings
}
