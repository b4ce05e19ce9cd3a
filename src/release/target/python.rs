//! An index of Python packages: asked by its simple index (<https://packaging.python.org/en/latest/specifications/simple-repository-api/>),
//! written to by `twine` or `uv`.
//!
//! The wheel and the source distribution are made here: they are the same bytes wherever they are made, so that the index
//! can be asked for their hashes.

mod distribution;
mod index;

use std::ffi::OsString;
use std::path::PathBuf;

use semver::Version;
use tempfile::TempDir;

use self::distribution::{Distributions, MANIFEST, distributions, names};
use self::index::{File, files_of, is_of};
use super::package::{InOrder, Tool, basic, laid_out, package, projects, together};
use super::{Prepared, State, Target, TargetError};
use crate::config::{Patience, PythonIndex};
use crate::machine::{FileTree, Host, Web, sha256};
use crate::text::pep_440;
use crate::words::Language;

/// The index of everybody, where its files are sent to and where they are read.
const PYPI: [(&str, &str); 2] = [
    ("https://upload.pypi.org/legacy/", "https://pypi.org/simple/"),
    ("https://test.pypi.org/legacy/", "https://test.pypi.org/simple/"),
];

/// An index of Python packages.
#[derive(Clone, Debug)]
pub struct Python {
    place: PythonIndex,
    host: Host,
    version: String,
    patience: Patience,
}

/// What the configuration of twine knows of an index.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    name: String,
    repository: Option<String>,
    user: Option<String>,
    password: Option<String>,
}

impl Python {
    /// An index.
    #[must_use]
    pub fn new(place: &PythonIndex, host: &Host, version: &Version, patience: Patience) -> Python {
        let version = pep_440(version).unwrap_or_else(|| version.to_string());
        Python { place: place.clone(), host: host.clone(), version, patience }
    }

    fn index(&self) -> String {
        let PythonIndex { upload, index } = &self.place;
        let known = PYPI.iter().find(|(at, _)| at.trim_end_matches('/') == upload.trim_end_matches('/'));
        let index = match (index, known) {
            (Some(index), _) => index.clone(),
            (None, Some((_, index))) => (*index).to_owned(),
            (None, None) => format!("{}/simple", upload.trim_end_matches('/')),
        };
        index.trim_end_matches('/').to_owned()
    }

    /// The section of `.pypirc` for this index.
    fn section(&self) -> Option<Section> {
        let path = PathBuf::from(self.host.var("HOME")?).join(".pypirc");
        let sections = pypirc(&std::fs::read_to_string(path).ok()?);
        let at = self.place.upload.trim_end_matches('/');
        sections.into_iter().find(|section| match (&section.repository, &*section.name) {
            (Some(repository), _) => repository.trim_end_matches('/') == at,
            (None, "pypi") => at == PYPI[0].0.trim_end_matches('/'),
            (None, "testpypi") => at == PYPI[1].0.trim_end_matches('/'),
            (None, _) => false,
        })
    }

    /// What the index is asked with, where it is the server that is written to.
    fn authorization(&self) -> Option<String> {
        let server = |url: &str| url.split('/').nth(2).map(str::to_owned);
        if server(&self.index()) != server(&self.place.upload) {
            return None;
        }
        let env = |name: &str| self.host.var(name).map(str::to_owned);
        for tool in ["TWINE", "UV_PUBLISH"] {
            let user = env(&format!("{tool}_USERNAME"));
            if let Some(password) = env(&format!("{tool}_PASSWORD")) {
                return Some(basic(user.as_deref().unwrap_or("__token__"), &password));
            }
        }
        if let Some(token) = env("UV_PUBLISH_TOKEN") {
            return Some(basic("__token__", &token));
        }
        let section = self.section()?;
        Some(basic(section.user.as_deref()?, section.password.as_deref()?))
    }

    /// What the index has of the version, and whether it has all that is made here, and only that.
    fn compare(&self, made: &Distributions) -> Result<(State, Vec<String>), TargetError> {
        let silent = |error| self.silent(error);
        let web = Web::new(self.patience.answer).map_err(silent)?;
        let authorization = self.authorization();
        let url = format!("{}/{}/", self.index(), made.project);
        let accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1";
        let Some(page) = web.get(&url, accept, authorization.as_deref()).map_err(silent)? else {
            return Ok((State::Absent, Vec::new()));
        };
        let mut there = Vec::new();
        for File { name, sha256: sum, url } in files_of(&page, &url) {
            if !is_of(&name, &made.project, &self.version) {
                continue;
            }
            let Some(ours) = made.files.get(&name) else { return Ok((State::Other, there)) };
            let sum = match sum {
                Some(sum) => sum,
                None => match web.get(&url, "*/*", authorization.as_deref()).map_err(silent)? {
                    Some(content) => sha256(&content),
                    None => continue,
                },
            };
            if sum != sha256(ours) {
                return Ok((State::Other, there));
            }
            there.push(name);
        }
        Ok((if there.len() == made.files.len() { State::Same } else { State::Absent }, there))
    }

    /// The distributions of each package of the version, each after those that it needs.
    fn made(files: &FileTree) -> Result<Vec<Distributions>, TargetError> {
        let all = package(files, Language::Python)?;
        let projects = projects(&all, MANIFEST, &names)?;
        projects.iter().map(|project| distributions(&project.files)).collect()
    }
}

impl Target for Python {
    fn name(&self) -> String {
        format!("Python index `{}`", self.place.upload)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn state(&self, files: &FileTree) -> Result<State, TargetError> {
        let made = Python::made(files)?;
        let states =
            made.iter().map(|made| Ok(self.compare(made)?.0)).collect::<Result<Vec<_>, TargetError>>()?;
        Ok(together(&states))
    }

    fn prepare(&self, files: &FileTree) -> Result<Box<dyn Prepared>, TargetError> {
        let made = Python::made(files)?;
        if made.iter().any(|made| made.private) {
            return Err(TargetError::Private { target: self.name() });
        }
        let name = self.name();
        let tool = ["twine", "uv"].into_iter().find(|tool| self.host.find(tool).is_some());
        let tool = tool.ok_or_else(|| TargetError::NoTool {
            target: name.clone(),
            tools: "`twine` or `uv`".to_owned(),
        })?;
        let built = |made: Distributions| -> Result<Box<dyn Prepared>, TargetError> {
            let folder = laid_out(&made.files)?;
            Ok(Box::new(Built { target: self.clone(), made, folder, tool }))
        };
        Ok(Box::new(InOrder(made.into_iter().map(built).collect::<Result<_, _>>()?)))
    }
}

/// Distributions that are made and not sent yet.
struct Built {
    target: Python,
    made: Distributions,
    folder: TempDir,
    tool: &'static str,
}

impl Prepared for Built {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        let Built { target, made, folder, tool: name } = &*self;
        // A run that died may have sent some of them.
        let (state, there) = target.compare(made)?;
        match state {
            State::Same => return Ok(false),
            State::Other => return Err(target.other()),
            State::Absent => {}
        }
        let mut arguments: Vec<OsString> = match *name {
            "twine" => vec!["upload".into(), "--non-interactive".into(), "--disable-progress-bar".into()],
            _ => vec!["publish".into(), "--no-progress".into()],
        };
        match (*name, target.section()) {
            ("twine", Some(section)) => arguments.extend(["--repository".into(), section.name.into()]),
            ("twine", None) => {
                arguments.extend(["--repository-url".into(), target.place.upload.clone().into()])
            }
            _ => arguments.extend(["--publish-url".into(), target.place.upload.clone().into()]),
        }
        let missing = made.files.iter().filter(|(name, _)| !there.contains(&(*name).to_owned()));
        arguments.extend(missing.map(|(name, _)| OsString::from(name)));
        let shown = target.name();
        let tool = Tool {
            host: &target.host,
            name,
            target: &shown,
            folder: folder.path(),
            patience: target.patience,
        };
        let sent = tool.run(arguments);
        // Of two that send the same, one is told that it is there.
        match sent {
            Ok(_) => Ok(true),
            Err(error) => match target.compare(made)?.0 {
                State::Same => Ok(false),
                State::Other => Err(target.other()),
                State::Absent => Err(error),
            },
        }
    }
}

/// The sections of a `.pypirc` (<https://packaging.python.org/en/latest/specifications/pypirc/>).
fn pypirc(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push(Section { name: name.trim().to_owned(), ..Section::default() });
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let (value, Some(section)) = (Some(value.trim().to_owned()), sections.last_mut()) else { continue };
        match key.trim() {
            "repository" => section.repository = value,
            "username" => section.user = value,
            "password" => section.password = value,
            _ => {}
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(upload: &str, index: Option<&str>, env: &[(&str, &str)]) -> Python {
        let place = PythonIndex { upload: upload.to_owned(), index: index.map(str::to_owned) };
        let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let host = Host { env, cwd: PathBuf::new() };
        Python::new(&place, &host, &Version::parse("2.0.0-rc.1").unwrap(), Patience::default())
    }

    #[test]
    fn an_index_is_read_beside_where_it_is_written() {
        let index = |upload, index| python(upload, index, &[]).index();
        assert_eq!(index("https://upload.pypi.org/legacy/", None), "https://pypi.org/simple");
        assert_eq!(index("http://127.0.0.1:8080/", None), "http://127.0.0.1:8080/simple");
        assert_eq!(
            index("https://x.example/a", Some("https://x.example/a/+simple/")),
            "https://x.example/a/+simple"
        );
        assert_eq!(python("http://x", None, &[]).version(), "2.0.0rc1");
    }

    #[test]
    fn credentials_are_those_of_the_tools() {
        let home = tempfile::tempdir().unwrap();
        let text = "[distutils]\nindex-servers = ours\n[ours]\nrepository = http://127.0.0.1:1/\nusername = me\npassword: s3=cret\n";
        std::fs::write(home.path().join(".pypirc"), text).unwrap();
        let at_home = ("HOME", home.path().to_str().unwrap());
        let ours = python("http://127.0.0.1:1", None, &[at_home]);
        assert_eq!(ours.authorization(), Some(basic("me", "s3=cret")));
        assert_eq!(ours.section().unwrap().name, "ours");
        assert_eq!(python("http://127.0.0.1:2", None, &[at_home]).authorization(), None);
        let env = [("TWINE_USERNAME", "u"), ("TWINE_PASSWORD", "p")];
        assert_eq!(python("http://h/x", None, &env).authorization(), Some(basic("u", "p")));
        // Another server is not told them.
        assert_eq!(python("http://h/x", Some("http://other/simple"), &env).authorization(), None);
    }
}
