//! Where a release goes: what flags and configuration name, as targets.

use std::path::{Path, PathBuf};

use semver::Version;

use crate::cli::CliError;
use crate::config::{Destination, MavenRepository, Patience, PythonIndex, ReleaseSettings};
use crate::machine::{FileTree, Host};
use crate::oci::{Client, Place};
use crate::release::ReleaseError;
use crate::release::target::{
    Crates, Directory, GoProxy, Maven, Python, Registry, State, Target, TargetError,
};

/// The places of a release.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Places {
    /// The remote of git that has the last word.
    pub(in crate::cli) remote: Option<String>,
    /// Repositories of registries.
    registries: Vec<Place>,
    /// Folders: where, and how a person knows them.
    folders: Vec<(PathBuf, String)>,
    /// Where packages of languages go.
    packages: Vec<PackagePlace>,
    /// How long they are waited for.
    patience: Patience,
    /// All of them, as flags name them, wherever they are read.
    pub(super) written: Vec<String>,
}

/// A registry of a language.
#[derive(Clone, Debug)]
enum PackagePlace {
    /// A folder, and how a person knows it.
    Go(PathBuf, String),
    /// A repository, and what a folder in its address is relative to.
    Maven(MavenRepository, PathBuf),
    Python(PythonIndex),
    Crates(String),
}

impl PackagePlace {
    /// As flags and configuration name it.
    fn written(&self) -> String {
        match self {
            PackagePlace::Go(_, shown) => format!("go:{shown}"),
            PackagePlace::Maven(place, _) => format!("maven+{}", place.address),
            PackagePlace::Python(place) => format!("pypi+{}", place.upload),
            PackagePlace::Crates(registry) => format!("cargo:{registry}"),
        }
    }

    fn target(&self, version: &Version, host: &Host, patience: Patience) -> Box<dyn Target> {
        match self {
            PackagePlace::Go(folder, shown) => Box::new(GoProxy::new(folder, shown, version)),
            PackagePlace::Maven(place, base) => Box::new(Maven::new(place, base, host, version, patience)),
            PackagePlace::Python(place) => Box::new(Python::new(place, host, version, patience)),
            PackagePlace::Crates(registry) => Box::new(Crates::new(registry, host, version, patience)),
        }
    }
}

impl Places {
    /// The places that flags name, and where they name none those of the configuration. Folders on the command line are
    /// relative to the working directory, in the configuration to its folder.
    pub(in crate::cli) fn of(
        flags: &[Destination],
        settings: &ReleaseSettings,
        cwd: &Path,
        folder: &Path,
    ) -> Result<Places, CliError> {
        let (all, base) = if flags.is_empty() { (&*settings.to, folder) } else { (flags, cwd) };
        Places::at(all, base, settings.patience)
    }

    /// Those that an earlier run has written down.
    pub(super) fn others(&self, written: &[String]) -> Result<Places, CliError> {
        let read = |text: &String| {
            Destination::parse(text).map_err(|e| {
                CliError::usage(format!(
                    "the journal of the release that died names a place that is none: {e}"
                ))
                .hint("name the places with `--to`")
            })
        };
        let all = written.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Places::at(&all, Path::new(""), self.patience)
    }

    /// Whether a place that was written down is among them.
    pub(super) fn has(&self, written: &str) -> bool {
        // A folder can be named in several ways.
        let folder = |text: &str| {
            let (kind, path) = text.split_once(':')?;
            Some((kind.to_owned(), std::fs::canonicalize(path).ok()?))
        };
        let same = |own: &String| own == written || (folder(own).is_some() && folder(own) == folder(written));
        self.written.iter().any(same)
    }

    fn at(all: &[Destination], base: &Path, patience: Patience) -> Result<Places, CliError> {
        let written = all.iter().map(|place| place.written(base)).collect();
        let mut places = Places { patience, written, ..Places::default() };
        for destination in all {
            match destination {
                Destination::Git(remote) => {
                    if let Some(other) = places.remote.replace(remote.clone()) {
                        let message = format!(
                            "`git:{other}` and `git:{remote}`: only one remote can have the last word"
                        );
                        return Err(CliError::usage(message).hint("mirror one of them"));
                    }
                }
                Destination::Registry(place) => places.registries.push(place.clone()),
                Destination::Directory(path) => places.folders.push((base.join(path), path.clone())),
                Destination::Go(path) => {
                    places.packages.push(PackagePlace::Go(base.join(path), path.clone()));
                }
                Destination::Maven(place) => {
                    places.packages.push(PackagePlace::Maven(place.clone(), base.to_owned()));
                }
                Destination::Python(place) => places.packages.push(PackagePlace::Python(place.clone())),
                Destination::Crates(name) => places.packages.push(PackagePlace::Crates(name.clone())),
            }
        }
        Ok(places)
    }

    /// The targets of a version, in the order in which they show it.
    pub(super) fn targets(&self, contract: &str, version: &Version, host: &Host) -> Vec<Box<dyn Target>> {
        let packages = self.packages.iter().map(|place| place.target(version, host, self.patience));
        let version = version.to_string();
        let folder = |(path, shown): &(PathBuf, String)| {
            Box::new(Directory::new(path, shown, contract, &version)) as Box<dyn Target>
        };
        // Where nobody else has the last word, the first place does.
        let decides = self.remote.is_none() && self.folders.is_empty();
        let registry = |(n, place): (usize, &Place)| {
            let decides = decides && n == 0;
            Box::new(Registry::new(place, host, &version, self.patience, decides)) as Box<dyn Target>
        };
        // People ask for packages by their registries: what those show is in the other places by then.
        let registries = self.registries.iter().enumerate().map(registry);
        self.folders.iter().map(folder).chain(registries).chain(packages).collect()
    }

    /// Which of the registries show a version, each by its name.
    pub(in crate::cli) fn registries_with(
        &self,
        version: &Version,
        host: &Host,
    ) -> Result<Vec<String>, TargetError> {
        let mut found = Vec::new();
        for place in &self.registries {
            if Client::new(host, place, self.patience.answer)?.digest(&version.to_string())?.is_some() {
                found.push(place.to_string());
            }
        }
        Ok(found)
    }

    /// Which of the folders show a version, each by its name.
    pub(in crate::cli) fn folders_with(&self, contract: &str, version: &Version) -> Vec<String> {
        let place = |path: &Path| Directory::new(path, "", contract, &version.to_string()).is_there();
        self.folders.iter().filter(|(path, _)| place(path)).map(|(_, shown)| format!("dir:{shown}")).collect()
    }

    /// What each registry of a language has of a version, whose files are asked for only where there is one.
    pub(in crate::cli) fn packages_of(
        &self,
        version: &Version,
        host: &Host,
        files: &mut dyn FnMut() -> Result<FileTree, CliError>,
    ) -> Result<Vec<(String, State)>, CliError> {
        if self.packages.is_empty() {
            return Ok(Vec::new());
        }
        let files = files()?;
        let ask = |place: &PackagePlace| match place.target(version, host, self.patience).state(&files) {
            // There was none of the language yet.
            Err(TargetError::NoPackage(_)) => Ok((place.written(), State::Absent)),
            state => Ok((place.written(), state.map_err(ReleaseError::Target)?)),
        };
        self.packages.iter().map(ask).collect()
    }

    /// What would be written where.
    pub(super) fn told(&self, contract: &str, version: &Version, host: &Host) -> Vec<String> {
        let remote = self.remote.iter().map(|remote| format!("branch and tag on `{remote}`"));
        remote.chain(self.targets(contract, version, host).iter().map(|target| target.name())).collect()
    }
}
