//! A repository of Maven that is a server: a version is laid in a folder here, and Maven sends its files in an order in which
//! nobody finds a part of it.
//!
//! Who resolves a version needs its description and its classes. Maven that finds classes without a description goes on
//! without all that they depend on, and says so in a warning; that finds a description without classes, it ends as if there
//! was nothing. So the description goes before the classes, and before both what neither needs (sources, signatures).
//! Ranges and `LATEST` choose from the list of versions, which Maven sends last.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::TargetError;
use super::SUMS;
use crate::machine::{fail, files_below};

/// What sends files, whatever version of it Maven would take.
const SEND: &str = "org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy-file";

/// A file of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Artefact {
    /// Where it is here.
    path: PathBuf,
    /// What its name begins with after the version; empty where there is nothing.
    classifier: String,
    /// The end of its name.
    kind: String,
}

impl Artefact {
    /// Its place: before the files without which nobody can use a version come all others.
    fn rank(&self) -> usize {
        match (&*self.classifier, &*self.kind) {
            ("", "pom") => 1,
            ("", "jar") => 2,
            _ => 0,
        }
    }

    /// What its name is, where `stem` is the one of the version.
    pub(super) fn name(&self, stem: &str) -> String {
        let dash = if self.classifier.is_empty() { "" } else { "-" };
        format!("{stem}{dash}{}.{}", self.classifier, self.kind)
    }
}

/// The files of a version in the order in which they are sent, without the sums that Maven makes anew. Their names begin
/// with `stem`.
pub(super) fn artefacts(folder: &Path, stem: &str) -> Result<Vec<Artefact>, TargetError> {
    let files = files_below(folder)?.into_iter().filter_map(|(name, path)| {
        let rest = name.strip_prefix(stem).filter(|_| !SUMS.iter().any(|end| name.ends_with(end)))?;
        let (classifier, kind) = rest.split_once('.')?;
        let classifier = classifier.strip_prefix('-').unwrap_or_default().to_owned();
        Some(Artefact { path, classifier, kind: kind.to_owned() })
    });
    let mut files: Vec<Artefact> = files.collect();
    files.sort_by(|a, b| (a.rank(), &a.path).cmp(&(b.rank(), &b.path)));
    Ok(files)
}

/// That a version was laid there which somebody can use: with every kind of file that it needs.
pub(super) fn is_whole(folder: &Path, stem: &str, needed: &[&str]) -> Result<(), TargetError> {
    let all = artefacts(folder, stem)?;
    let has = |kind: &str| all.iter().any(|file| file.classifier.is_empty() && file.kind == kind);
    match needed.iter().find(|kind| !has(kind)) {
        None => Ok(()),
        Some(kind) => Err(TargetError::Unusable {
            what: "what Maven has built".to_owned(),
            why: format!("it has no `{stem}.{kind}`"),
        }),
    }
}

/// What the name of a note is, the first or a later one.
pub(super) fn note_name(stem: &str, number: u32) -> String {
    format!("{stem}-listed-{number}.txt")
}

/// A file that nobody needs: it is sent where all others are there.
pub(super) fn note(folder: &Path, stem: &str, number: u32) -> Result<Artefact, TargetError> {
    let path = folder.join(note_name(stem, number));
    std::fs::write(&path, "The list of versions was written with this file.\n")
        .map_err(fail("write", &path))?;
    Ok(Artefact { path, classifier: format!("listed-{number}"), kind: "txt".to_owned() })
}

/// What Maven is asked for to send these, one after the other: never several at a time, and with no description of its own.
/// The plugin takes the one that Maven lays into an archive for a file to send as well, also beside another one, and a
/// server that keeps what it has refuses the second; then the list is never sent. It does not where the packaging is `pom`.
pub(super) fn goals(files: &[&Artefact], set: &[(&str, &str)]) -> Vec<OsString> {
    let [first, rest @ ..] = files else { return Vec::new() };
    let mut goals: Vec<OsString> = vec![SEND.into()];
    let mut say = |name: &str, value: OsString| {
        let mut goal = OsString::from(format!("-D{name}="));
        goal.push(value);
        goals.push(goal);
    };
    say("generatePom", "false".into());
    say("aether.connector.basic.parallelPut", "false".into());
    set.iter().for_each(|(name, value)| say(name, value.into()));
    say("file", first.path.clone().into());
    say("packaging", "pom".into());
    say("extension", first.kind.clone().into());
    if !first.classifier.is_empty() {
        say("classifier", first.classifier.clone().into());
    }
    if !rest.is_empty() {
        let list = |of: &dyn Fn(&Artefact) -> OsString| {
            rest.iter().map(|file| of(file)).collect::<Vec<_>>().join(&OsString::from(","))
        };
        say("files", list(&|file| file.path.clone().into()));
        say("types", list(&|file| file.kind.clone().into()));
        say("classifiers", list(&|file| file.classifier.clone().into()));
    }
    goals
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn laid(names: &[&str]) -> (tempfile::TempDir, Vec<Artefact>) {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let files = artefacts(dir.path(), "pay-1.0.0").unwrap();
        (dir, files)
    }

    #[test]
    fn what_a_version_cannot_do_without_comes_last() {
        let names = [
            "pay-1.0.0.jar",
            "pay-1.0.0.jar.asc",
            "pay-1.0.0.jar.sha1",
            "pay-1.0.0.pom",
            "pay-1.0.0.pom.md5",
            "pay-1.0.0-sources.jar",
            "pay-1.0.0-sources.jar.asc",
            "maven-metadata.xml",
        ];
        let (_dir, files) = laid(&names);
        let order: Vec<String> = files.iter().map(|file| file.name("pay-1.0.0")).collect();
        let expected = [
            "pay-1.0.0-sources.jar",
            "pay-1.0.0-sources.jar.asc",
            "pay-1.0.0.jar.asc",
            "pay-1.0.0.pom",
            "pay-1.0.0.jar",
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn maven_is_told_the_order_and_what_each_file_is() {
        let (dir, files) = laid(&["pay-1.0.0.jar", "pay-1.0.0.pom", "pay-1.0.0-sources.jar"]);
        let at = dir.path().to_str().unwrap();
        let told = |files: &[&Artefact]| -> Vec<String> {
            let goals = goals(files, &[("url", "http://h/m2")]).into_iter();
            goals.map(|goal| goal.into_string().unwrap().replace(at, "AT")).collect()
        };
        let all: Vec<&Artefact> = files.iter().collect();
        let said = told(&all);
        for expected in [
            "-Durl=http://h/m2",
            "-Dfile=AT/pay-1.0.0-sources.jar",
            "-Dclassifier=sources",
            "-Dpackaging=pom",
            "-Dextension=jar",
            "-Dfiles=AT/pay-1.0.0.pom,AT/pay-1.0.0.jar",
            "-Dtypes=pom,jar",
            "-Dclassifiers=,",
        ] {
            assert!(said.iter().any(|goal| goal == expected), "{expected}: {said:#?}");
        }
        let last = told(&all[2..]);
        assert!(
            ["-Dpackaging=pom", "-Dextension=jar"].iter().all(|g| last.iter().any(|l| l == g)),
            "{last:#?}"
        );
        assert!(!last.iter().any(|g| g.starts_with("-Dfiles") || g.starts_with("-Dclassifier")), "{last:#?}");
        assert!(told(&all[1..]).contains(&"-Dclassifiers=".to_owned()));
        assert_eq!(told(&[]), <Vec<String>>::new());
    }
}
