//! The wheel and the source distribution of a package, made without a tool of Python, so that they are the same bytes
//! everywhere (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::machine::{FileTree, TreeError};
use crate::release::artefacts::tar_gz;
use crate::release::target::TargetError;
use crate::release::target::package::{Names, text, zip};

/// The time in source distributions, in seconds since 1970: 1980, where the time of archives begins.
const TIME: u64 = 315_532_800;

/// What is sent to an index.
#[derive(Debug)]
pub(super) struct Distributions {
    /// The name of the project as the index writes it.
    pub(super) project: String,
    /// The files by name.
    pub(super) files: FileTree,
    /// Whether the package says that no index may have it.
    pub(super) private: bool,
}

#[derive(Deserialize)]
struct PyProject {
    project: Project,
}

/// <https://packaging.python.org/en/latest/specifications/pyproject-toml/>
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    name: String,
    version: String,
    #[serde(default)]
    description: String,
    readme: Option<String>,
    license: Option<String>,
    #[serde(default)]
    license_files: Vec<String>,
    requires_python: Option<String>,
    #[serde(default)]
    authors: Vec<Author>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    classifiers: Vec<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    urls: toml::Table,
}

#[derive(Deserialize)]
struct Author {
    name: Option<String>,
    email: Option<String>,
}

/// The file of a project.
pub(super) const MANIFEST: &str = "pyproject.toml";

fn broken(why: String) -> TargetError {
    TargetError::Unusable { what: MANIFEST.to_owned(), why }
}

fn read(package: &FileTree) -> Result<Project, TargetError> {
    let said: PyProject = toml::from_str(text(package, MANIFEST)?).map_err(|e| broken(e.to_string()))?;
    Ok(said.project)
}

/// What a package is called, and what it asks for, both as an index writes them.
///
/// # Errors
///
/// The package is not one of Python.
pub(super) fn names(package: &FileTree) -> Result<Names, TargetError> {
    let project = read(package)?;
    let named = |asked: &String| {
        let end = asked.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        normalized(&asked[..end.unwrap_or(asked.len())])
    };
    Ok((normalized(&project.name), project.dependencies.iter().map(named).collect()))
}

/// Makes the distributions of a package.
///
/// # Errors
///
/// The package is not one of Python.
pub(super) fn distributions(package: &FileTree) -> Result<Distributions, TargetError> {
    let project = read(package)?;
    let metadata = metadata(&project, package)?;
    let name = normalized(&project.name);
    let stem = format!("{}-{}", name.replace('-', "_"), project.version);
    let wheel = wheel(package, &project, &stem, &metadata).map_err(|e| broken(e.to_string()))?;
    let info = ("PKG-INFO", metadata.as_bytes());
    let mut parts: Vec<(&str, &[u8])> = package.iter().map(|(path, content)| (path, &content[..])).collect();
    parts.push(info);
    parts.sort_unstable();
    let sources = tar_gz(&stem, TIME, &mut parts.into_iter()).map_err(|e| broken(e.to_string()))?;
    let mut files = FileTree::new();
    let added: Result<(), TreeError> = files
        .add(&format!("{stem}-py3-none-any.whl"), wheel)
        .and_then(|()| files.add(&format!("{stem}.tar.gz"), sources));
    added.map_err(|e| broken(e.to_string()))?;
    let private = project.classifiers.iter().any(|c| c.starts_with("Private ::"));
    Ok(Distributions { project: name, files, private })
}

/// A name as an index writes it.
fn normalized(name: &str) -> String {
    let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_lowercase()
}

/// What installers read of a package (<https://packaging.python.org/en/latest/specifications/core-metadata/>).
fn metadata(project: &Project, package: &FileTree) -> Result<String, TargetError> {
    let mut out = format!("Metadata-Version: 2.4\nName: {}\nVersion: {}\n", project.name, project.version);
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut field = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            let _ = writeln!(out, "{name}: {}", line(value));
        }
    };
    field("Summary", &project.description);
    for (label, url) in &project.urls {
        field("Project-URL", &format!("{label}, {}", url.as_str().unwrap_or_default()));
    }
    for Author { name, email } in &project.authors {
        match (name, email) {
            (Some(name), Some(email)) => {
                field("Author-email", &format!("\"{}\" <{email}>", name.replace(['"', '\\'], "")))
            }
            (Some(name), None) => field("Author", name),
            (None, Some(email)) => field("Author-email", email),
            (None, None) => {}
        }
    }
    field("License-Expression", project.license.as_deref().unwrap_or_default());
    for file in &project.license_files {
        field("License-File", file);
    }
    field("Keywords", &project.keywords.join(","));
    for classifier in &project.classifiers {
        field("Classifier", classifier);
    }
    field("Requires-Python", project.requires_python.as_deref().unwrap_or_default());
    for dependency in &project.dependencies {
        field("Requires-Dist", dependency);
    }
    if let Some(readme) = &project.readme {
        field("Description-Content-Type", "text/markdown");
        let _ = write!(out, "\n{}", text(package, readme)?);
    }
    Ok(out)
}

/// A wheel: what is below `src/`, with what is said about it.
fn wheel(package: &FileTree, project: &Project, stem: &str, metadata: &str) -> std::io::Result<Vec<u8>> {
    let about = format!("{stem}.dist-info");
    let mut entries: Vec<(String, &[u8])> = package
        .iter()
        .filter_map(|(path, content)| Some((path.strip_prefix("src/")?.to_owned(), &content[..])))
        .collect();
    let tag = concat!(
        "Wheel-Version: 1.0\nGenerator: protopact ",
        env!("CARGO_PKG_VERSION"),
        "\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    );
    for name in &project.license_files {
        if let Some(content) = package.get(name) {
            entries.push((format!("{about}/licenses/{name}"), content));
        }
    }
    entries.push((format!("{about}/METADATA"), metadata.as_bytes()));
    entries.push((format!("{about}/WHEEL"), tag.as_bytes()));
    let mut record = String::new();
    for (path, content) in &entries {
        let sum = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
        let _ = writeln!(record, "{},sha256={sum},{}", quoted(path), content.len());
    }
    let path = format!("{about}/RECORD");
    let _ = writeln!(record, "{},,", quoted(&path));
    entries.push((path, record.as_bytes()));
    zip(entries)
}

/// A field of a CSV file.
fn quoted(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::target::package::unpacked;

    const PROJECT: &str = "[build-system]\nrequires = [\"hatchling==1.27.0\"]\n[project]\nname = \"Acme.Pay_x\"\nversion = \"1.0.0rc1\"\n\
        description = \"What\\nis paid\"\nreadme = \"README.md\"\nlicense = \"MIT\"\nlicense-files = [\"LICENSE\"]\n\
        requires-python = \">=3.10\"\nauthors = [{ name = \"A \\\"B\\\"\", email = \"a@b.example\" }, { name = \"C\" }]\n\
        keywords = [\"x\", \"y\"]\ndependencies = [\"protobuf>=6\"]\n[project.urls]\nHomepage = \"https://a.example\"\n";

    fn package(project: &str) -> FileTree {
        let mut files = FileTree::new();
        for (path, content) in [
            ("pyproject.toml", project),
            ("README.md", "# Pay\n"),
            ("LICENSE", "terms\n"),
            ("src/acme_pay/__init__.py", ""),
            ("src/acme_pay/py.typed", ""),
        ] {
            files.add(path, content.to_owned()).unwrap();
        }
        files
    }

    #[test]
    fn a_wheel_and_its_sources_are_the_same_bytes_every_time() {
        let made = distributions(&package(PROJECT)).unwrap();
        assert_eq!((&*made.project, made.private), ("acme-pay-x", false));
        let names: Vec<_> = made.files.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["acme_pay_x-1.0.0rc1-py3-none-any.whl", "acme_pay_x-1.0.0rc1.tar.gz"]);
        assert_eq!(distributions(&package(PROJECT)).unwrap().files, made.files);
        let all = |_: &str| true;
        let wheel = unpacked(made.files.get(names[0]).unwrap(), "", &all).unwrap();
        let paths: Vec<_> = wheel.keys().map(String::as_str).collect();
        let about = "acme_pay_x-1.0.0rc1.dist-info";
        assert_eq!(
            paths,
            [
                "acme_pay/__init__.py",
                "acme_pay/py.typed",
                &format!("{about}/METADATA"),
                &format!("{about}/RECORD"),
                &format!("{about}/WHEEL"),
                &format!("{about}/licenses/LICENSE"),
            ]
        );
        let metadata = std::str::from_utf8(&wheel[&format!("{about}/METADATA")]).unwrap();
        for line in [
            "Name: Acme.Pay_x\n",
            "Summary: What is paid\n",
            "Author-email: \"A B\" <a@b.example>\nAuthor: C\n",
            "License-Expression: MIT\nLicense-File: LICENSE\nKeywords: x,y\nRequires-Python: >=3.10\nRequires-Dist: protobuf>=6\n",
            "Project-URL: Homepage, https://a.example\n",
        ] {
            assert!(metadata.contains(line), "{line}: {metadata}");
        }
        assert!(metadata.ends_with("\n\n# Pay\n"), "{metadata}");
        let record = std::str::from_utf8(&wheel[&format!("{about}/RECORD")]).unwrap();
        // The hash of nothing.
        assert!(
            record.starts_with("acme_pay/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"),
            "{record}"
        );
        assert_eq!(record.lines().count(), wheel.len());
        let sources = unpacked(made.files.get(names[1]).unwrap(), "acme_pay_x-1.0.0rc1/", &all).unwrap();
        assert!(sources.contains_key("PKG-INFO") && sources.contains_key("pyproject.toml"), "{sources:?}");
    }

    #[test]
    fn what_is_not_licensed_is_private() {
        let private = PROJECT.replace("keywords", "classifiers = [\"Private :: Do Not Upload\"]\nkeywords");
        assert!(distributions(&package(&private)).unwrap().private);
        assert!(distributions(&package("no toml")).unwrap_err().to_string().contains("pyproject.toml"));
    }
}
