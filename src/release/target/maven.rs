//! A repository of Maven: a folder or a server, asked by its files, written to by Maven's own `deploy`.
//!
//! A compiler of another day makes other classes of the same sources. So a version is the same where its description and
//! its sources are. A version may have several packages and a BOM, which has neither sources nor classes: each goes there
//! after those that it needs, so that what somebody finds is never without them.

mod folder;
mod server;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use quick_xml::events::Event;
use semver::Version;
use tempfile::TempDir;

use self::folder::Laid;
use super::package::{InOrder, Tool, basic, laid_out, package, text, together, unpacked};
use super::{Prepared, State, Target, TargetError};
use crate::codegen::sdk::java::bom;
use crate::codegen::sdk::split;
use crate::config::{MavenRepository, Patience};
use crate::machine::{FileTree, Host, Web, fail};
use crate::words::Language;

/// What deploys, whatever version the description or Maven itself would take.
const DEPLOY: &str = "org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy";

/// What the names of files end with that hold the sum of another one.
const SUMS: [&str; 4] = [".md5", ".sha1", ".sha256", ".sha512"];

/// A repository of Maven.
#[derive(Clone, Debug)]
pub struct Maven {
    place: MavenRepository,
    /// The folder; `None` for a server.
    folder: Option<PathBuf>,
    host: Host,
    version: String,
    patience: Patience,
}

/// What a version is known by.
struct Coordinates {
    group: String,
    artifact: String,
    version: String,
}

impl Maven {
    /// A repository; a folder in its address is relative to `base`.
    #[must_use]
    pub fn new(
        place: &MavenRepository,
        base: &Path,
        host: &Host,
        version: &Version,
        patience: Patience,
    ) -> Maven {
        let folder = place
            .address
            .strip_prefix("file:")
            .map(|path| base.join(path.strip_prefix("//").unwrap_or(path)));
        Maven { place: place.clone(), folder, host: host.clone(), version: version.to_string(), patience }
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TargetError> {
        match &self.folder {
            Some(folder) => folder::read(&folder.join(path)),
            None => {
                let found = self.web()?.get(&self.url(path), "*/*", self.authorization().as_deref());
                found.map_err(|error| self.silent(error))
            }
        }
    }

    fn has(&self, path: &str) -> Result<bool, TargetError> {
        match &self.folder {
            Some(folder) => Ok(folder.join(path).is_file()),
            None => {
                let found = self.web()?.has(&self.url(path), self.authorization().as_deref());
                found.map_err(|error| self.silent(error))
            }
        }
    }

    fn web(&self) -> Result<Web, TargetError> {
        Web::new(self.patience.answer).map_err(|error| self.silent(error))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.place.address.trim_end_matches('/'))
    }

    /// What Maven's own settings have for the server.
    fn authorization(&self) -> Option<String> {
        let settings = PathBuf::from(self.host.var("HOME")?).join(".m2/settings.xml");
        server(&fs::read_to_string(settings).ok()?, &self.place.id, &self.host)
    }

    /// What there is of a project under its version.
    fn has_project(&self, project: &Project) -> Result<State, TargetError> {
        let Project { files, at, is_bom, .. } = project;
        let (all, Coordinates { artifact, version, .. }) = (at.folder(), at);
        let stem = format!("{all}/{version}/{artifact}-{version}");
        let pom = self.read(&format!("{stem}.pom"))?;
        if pom.as_ref().is_some_and(|pom| files.get("pom.xml").is_none_or(|ours| ours != pom)) {
            return Ok(State::Other);
        }
        let whole = *is_bom || {
            let archive = self.read(&format!("{stem}-sources.jar"))?;
            if archive.as_ref().is_some_and(|archive| !are_sources(archive, files)) {
                return Ok(State::Other);
            }
            archive.is_some() && self.has(&format!("{stem}.jar"))?
        };
        if pom.is_none() || !whole {
            return Ok(State::Absent);
        }
        // It is written last, but servers that write it by themselves do so with the first file.
        let listed = self.read(&format!("{all}/maven-metadata.xml"))?.unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed).contains(&format!("<version>{version}</version>"));
        Ok(if listed { State::Same } else { State::Absent })
    }

    /// Has a project of a version, which is in a folder, built and laid where nobody sees it yet.
    fn prepared(&self, project: Project, folder: &Rc<TempDir>) -> Result<Box<dyn Prepared>, TargetError> {
        let (target, folder) = (self.clone(), Rc::clone(folder));
        if let Some(repository) = &self.folder {
            let laid = self.lay(repository, folder.path(), &project)?;
            return Ok(Box::new(Beside { target, repository: repository.clone(), project, folder, laid }));
        }
        let laid = tempfile::Builder::new().prefix("protopact-").tempdir();
        let laid = laid.map_err(|e| fail("make a folder in", &std::env::temp_dir())(e.kind().into()))?;
        self.deploy(folder.path(), &project, &format!("file://{}", laid.path().display()))?;
        let at = &project.at;
        let below = laid.path().join(at.folder()).join(&at.version);
        server::is_whole(&below, &format!("{}-{}", at.artifact, at.version), project.needed())?;
        Ok(Box::new(Built { target, project, laid }))
    }

    fn call(&self, folder: &Path, goals: Vec<OsString>) -> Result<(), TargetError> {
        let shown = self.name();
        let tool = Tool { host: &self.host, name: "mvn", target: &shown, folder, patience: self.patience };
        let quiet = ["-B", "-q", "-DskipTests"].map(OsString::from);
        tool.run(quiet.into_iter().chain(goals).collect()).map(drop)
    }

    /// Builds a project and puts it into the repository with this address, with those that it needs.
    fn deploy(&self, version: &Path, project: &Project, address: &str) -> Result<(), TargetError> {
        let to = format!("-DaltDeploymentRepository={}::{address}", self.place.id);
        let which = project.which.iter().map(OsString::from);
        self.call(version, which.chain(["verify".into(), DEPLOY.into(), to.into()]).collect())
    }

    /// Builds a project and lays it beside a repository that is a folder.
    fn lay(&self, repository: &Path, version: &Path, project: &Project) -> Result<Laid, TargetError> {
        let deploy = |beside: &Path| self.deploy(version, project, &format!("file://{}", beside.display()));
        Laid::new(repository, &project.at.folder(), &project.at.version, &deploy)
    }

    /// Sends a version to a server, without what is there. Maven writes the list of versions together with a file: where only
    /// the list lacks the version, a note is that file, for servers refuse what they have.
    fn send(&self, laid: &Path, at: &Coordinates) -> Result<(), TargetError> {
        let stem = format!("{}-{}", at.artifact, at.version);
        let below = format!("{}/{}", at.folder(), at.version);
        let all = server::artefacts(&laid.join(&below), &stem)?;
        let mut missing = Vec::new();
        for file in &all {
            if !self.has(&format!("{below}/{}", file.name(&stem)))? {
                missing.push(file);
            }
        }
        let note;
        if missing.is_empty() {
            let mut number = 1;
            while self.has(&format!("{below}/{}", server::note_name(&stem, number)))? {
                number += 1;
            }
            note = server::note(laid, &stem, number)?;
            missing.push(&note);
        }
        let set = [
            ("repositoryId", &*self.place.id),
            ("url", &self.place.address),
            ("groupId", &at.group),
            ("artifactId", &at.artifact),
            ("version", &at.version),
        ];
        self.call(laid, server::goals(&missing, &set))
    }
}

/// A project of Maven that goes into a repository.
struct Project {
    files: FileTree,
    at: Coordinates,
    /// Whether it is a BOM, which is a description alone.
    is_bom: bool,
    /// What tells Maven which of the projects of the version it is.
    which: Vec<String>,
}

impl Project {
    /// The kinds of files without which nobody can use it.
    fn needed(&self) -> &'static [&'static str] {
        if self.is_bom { &["pom"] } else { &["pom", "jar"] }
    }
}

/// The projects of a version, each after those that it needs: the package, its parts, and the BOM that is made with them.
fn projects(files: &FileTree) -> Result<Vec<Project>, TargetError> {
    let all = package(files, Language::Java)?;
    let together = format!("{}pom.xml", split::FOLDER);
    let project = |folder: &str, is_bom: bool| {
        let files = if folder.is_empty() { all.clone() } else { all.below(folder) };
        let at = coordinates(&files)?;
        let which = match (all.get(&together).is_some(), folder) {
            // Maven finds what a project needs among those that it builds with it.
            (true, _) => {
                vec!["-f".into(), together.clone(), "-pl".into(), format!(":{}", at.artifact), "-am".into()]
            }
            (false, "") => Vec::new(),
            (false, folder) => vec!["-f".into(), format!("{folder}/pom.xml")],
        };
        Ok(Project { files, at, is_bom, which })
    };
    let bom = bom::FOLDER.trim_end_matches('/');
    if all.get(&together).is_none() {
        let bom = all.get(&format!("{bom}/pom.xml")).map(|_| (bom, true));
        return [("", false)]
            .into_iter()
            .chain(bom)
            .map(|(folder, is_bom)| project(folder, is_bom))
            .collect();
    }
    let modules = elements(text(&all, &together)?, "module");
    let folders = modules.map(|module| match module.strip_prefix("..") {
        Some("") => (String::new(), false),
        Some(other) => (other.trim_start_matches('/').to_owned(), other.trim_start_matches('/') == bom),
        None => (format!("{}{module}", split::FOLDER), false),
    });
    folders.map(|(folder, is_bom)| project(&folder, is_bom)).collect()
}

/// What the elements of a name hold in a description that we wrote.
fn elements<'a>(pom: &'a str, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    pom.match_indices(&open)
        .map(|(at, open)| at + open.len())
        .collect::<Vec<_>>()
        .into_iter()
        .filter_map(move |at| Some(pom.get(at..)?.split_once(&close)?.0))
}

impl Coordinates {
    /// The folder of all versions in a repository.
    fn folder(&self) -> String {
        format!("{}/{}", self.group.replace('.', "/"), self.artifact)
    }
}

fn coordinates(package: &FileTree) -> Result<Coordinates, TargetError> {
    let pom = text(package, "pom.xml")?;
    let element = |name: &str| -> Result<String, TargetError> {
        let found = elements(pom, name).next();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let found =
            found.filter(|text| !text.is_empty() && text.chars().all(plain) && !text.starts_with('.'));
        found.map(str::to_owned).ok_or_else(|| TargetError::Unusable {
            what: "pom.xml".to_owned(),
            why: format!("it has no `{name}` that can be a part of a path"),
        })
    };
    Ok(Coordinates {
        group: element("groupId")?,
        artifact: element("artifactId")?,
        version: element("version")?,
    })
}

/// What goes into the archive of the sources.
fn sources(package: &FileTree) -> Vec<(&str, &[u8])> {
    let roots = ["src/main/java/", "src/main/resources/"];
    let files = package.iter().filter_map(|(path, content)| {
        let path = roots.iter().find_map(|root| path.strip_prefix(root))?;
        Some((path, &content[..]))
    });
    let mut files: Vec<_> = files.collect();
    files.sort_unstable();
    files
}

/// Whether an archive has the sources of a package and no others.
fn are_sources(archive: &[u8], package: &FileTree) -> bool {
    // What Maven adds by itself.
    let wanted = |path: &str| path != "META-INF/MANIFEST.MF" && !path.starts_with("META-INF/maven/");
    let Some(there) = unpacked(archive, "", &wanted) else { return false };
    let ours = sources(package);
    let ours: Vec<_> = ours.into_iter().filter(|(path, _)| wanted(path)).collect();
    there.len() == ours.len()
        && ours.iter().all(|(path, content)| there.get(*path).is_some_and(|t| t == content))
}

impl Target for Maven {
    fn name(&self) -> String {
        format!("Maven repository `{}`", self.place.address)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn state(&self, files: &FileTree) -> Result<State, TargetError> {
        let all = projects(files)?;
        let states = all.iter().map(|project| self.has_project(project)).collect::<Result<Vec<_>, _>>()?;
        Ok(together(&states))
    }

    fn prepare(&self, files: &FileTree) -> Result<Box<dyn Prepared>, TargetError> {
        let all = projects(files)?;
        for project in &all {
            if text(&project.files, "pom.xml")?.contains("<maven.deploy.skip>true") {
                return Err(TargetError::Private { target: self.name() });
            }
        }
        let folder = Rc::new(laid_out(&package(files, Language::Java)?)?);
        let ready = all.into_iter().map(|project| self.prepared(project, &folder));
        let ready = ready.collect::<Result<_, _>>()?;
        Ok(Box::new(InOrder(ready)))
    }
}

/// A project that is beside a repository that is a folder, and not in it yet.
struct Beside {
    target: Maven,
    repository: PathBuf,
    project: Project,
    /// All projects of the version.
    folder: Rc<TempDir>,
    laid: Laid,
}

impl Prepared for Beside {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        let Beside { target, repository, project, folder, laid } = *self;
        let _held = laid.lock()?;
        match target.has_project(&project)? {
            State::Same => return Ok(false),
            State::Other => return Err(target.other()),
            State::Absent => {}
        }
        // Another version may have come to the list meanwhile.
        let late = laid.is_late()?;
        let laid = if late { target.lay(&repository, folder.path(), &project)? } else { laid };
        laid.show().map(|()| true)
    }
}

/// A project that is built and not sent to a server yet.
struct Built {
    target: Maven,
    project: Project,
    /// What Maven would have put into a repository.
    laid: TempDir,
}

impl Prepared for Built {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        let Built { target, project, laid } = &*self;
        match target.has_project(project)? {
            State::Same => return Ok(false),
            State::Other => return Err(target.other()),
            State::Absent => {}
        }
        let sent = target.send(laid.path(), &project.at);
        let Err(error) = sent else { return Ok(true) };
        // Of two that send the same, one is told that it is there.
        match target.has_project(project)? {
            State::Same => Ok(false),
            State::Other => Err(target.other()),
            State::Absent => Err(error),
        }
    }
}

/// The name and the password of a server in Maven's settings, where they are not encrypted
/// (<https://maven.apache.org/settings.html#servers>).
fn server(settings: &str, id: &str, host: &Host) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(settings);
    let (mut path, mut found): (Vec<String>, [String; 3]) = (Vec::new(), Default::default());
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                path.push(String::from_utf8_lossy(tag.local_name().as_ref()).into_owned());
                if path == ["settings", "servers", "server"] {
                    found = Default::default();
                }
            }
            Event::Text(text) => {
                let [.., parent, last] = &path[..] else { continue };
                let at = ["id", "username", "password"].iter().position(|name| name == last);
                if let Some(at) = at.filter(|_| parent == "server") {
                    found[at].push_str(text.decode().ok()?.trim());
                }
            }
            Event::GeneralRef(name) => {
                let name = name.decode().ok()?;
                let text = quick_xml::escape::unescape(&format!("&{name};")).ok()?.into_owned();
                let at =
                    ["id", "username", "password"].iter().position(|n| path.last().is_some_and(|l| l == n));
                if let Some(at) = at {
                    found[at].push_str(&text);
                }
            }
            Event::End(_) => {
                if path == ["settings", "servers", "server"] && found[0] == id {
                    let [_, user, password] = found.map(|text| from_environment(text, host));
                    // Only Maven can read what it has encrypted.
                    return (!password.starts_with('{')).then(|| basic(&user, &password));
                }
                path.pop();
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// A text of Maven's settings, which may be that of a variable: `${env.NAME}`.
fn from_environment(text: String, host: &Host) -> String {
    let name = text.strip_prefix("${env.").and_then(|rest| rest.strip_suffix('}'));
    match name {
        Some(name) => host.var(name).unwrap_or_default().to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::package::{sample, zip};
    use super::*;

    const POM: &str = "<project>\n  <groupId>com.acme.pay</groupId>\n  <artifactId>acme-pay</artifactId>\n  <version>1.0.0</version>\n</project>\n";

    fn files(source: &str) -> FileTree {
        let package = [
            ("pom.xml", POM),
            ("src/main/java/com/acme/Pay.java", source),
            ("src/main/resources/META-INF/contract.properties", "name=pay\n"),
        ];
        sample::version(Language::Java, &package)
    }

    fn target(folder: &Path) -> Maven {
        let place = MavenRepository { address: "file:m2".into(), id: "m2".into() };
        let host = Host { env: std::collections::BTreeMap::new(), cwd: folder.to_owned() };
        Maven::new(&place, folder, &host, &Version::new(1, 0, 0), Patience::default())
    }

    #[test]
    fn a_version_is_the_same_where_its_description_and_sources_are() {
        let dir = tempfile::tempdir().unwrap();
        let target = target(dir.path());
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent);
        let all = dir.path().join("m2/com/acme/pay/acme-pay");
        fs::create_dir_all(all.join("1.0.0")).unwrap();
        fs::write(all.join("1.0.0/acme-pay-1.0.0.pom"), POM).unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent, "a run died");
        let jar = [
            ("META-INF/MANIFEST.MF", "Created-By: Maven\n"),
            ("META-INF/contract.properties", "name=pay\n"),
            ("com/acme/Pay.java", "one"),
        ];
        let jar = zip(jar.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes()))).unwrap();
        fs::write(all.join("1.0.0/acme-pay-1.0.0-sources.jar"), jar).unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent, "it has no classes");
        fs::write(all.join("1.0.0/acme-pay-1.0.0.jar"), "classes").unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent, "it is in no list");
        fs::write(all.join("maven-metadata.xml"), "<versions><version>1.0.0</version></versions>").unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Same);
        assert_eq!(target.state(&files("two")).unwrap(), State::Other);
        fs::write(all.join("1.0.0/acme-pay-1.0.0.pom"), "<project/>").unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Other);
    }

    #[test]
    fn a_bom_is_a_description_alone_and_belongs_to_the_version() {
        let dir = tempfile::tempdir().unwrap();
        let target = target(dir.path());
        let bom = POM.replace("acme-pay", "acme-bom");
        let package = [("pom.xml", POM), ("bom/pom.xml", &*bom), ("src/main/java/com/acme/Pay.java", "one")];
        let files = sample::version(Language::Java, &package);
        let all = dir.path().join("m2/com/acme/pay");
        let put = |artifact: &str, kind: &str, content: &[u8]| {
            let folder = all.join(artifact).join("1.0.0");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{artifact}-1.0.0{kind}")), content).unwrap();
            let list = all.join(artifact).join("maven-metadata.xml");
            fs::write(list, "<versions><version>1.0.0</version></versions>").unwrap();
        };
        let jar = zip([("com/acme/Pay.java".to_owned(), &b"one"[..])]).unwrap();
        for (kind, content) in [(".pom", POM.as_bytes()), ("-sources.jar", &jar), (".jar", b"classes")] {
            put("acme-pay", kind, content);
        }
        assert_eq!(target.state(&files).unwrap(), State::Absent, "the BOM is not there");
        put("acme-bom", ".pom", bom.as_bytes());
        assert_eq!(target.state(&files).unwrap(), State::Same);
        put("acme-bom", ".pom", b"<project/>");
        assert_eq!(target.state(&files).unwrap(), State::Other);
    }

    #[test]
    fn a_private_package_is_not_deployed() {
        let dir = tempfile::tempdir().unwrap();
        let pom = POM.replace("</project>", "<maven.deploy.skip>true</maven.deploy.skip></project>");
        let files = sample::version(Language::Java, &[("pom.xml", &pom)]);
        let error = target(dir.path()).prepare(&files).err().unwrap();
        assert!(matches!(error, TargetError::Private { .. }), "{error}");
    }

    #[test]
    fn coordinates_are_parts_of_paths() {
        for wrong in ["../x", "a/b", "", "$x"] {
            let pom = POM.replace("acme-pay", wrong);
            let package =
                package(&sample::version(Language::Java, &[("pom.xml", &pom)]), Language::Java).unwrap();
            assert!(coordinates(&package).is_err(), "{wrong}");
        }
    }

    #[test]
    fn credentials_are_those_of_maven() {
        let settings = "<settings><servers>\n<server><id>a</id><username>x</username><password>y</password></server>\n\
            <server>\n<id>ours</id>\n<username>me</username><password>${env.MVN_PASSWORD}</password></server>\n\
            <server><id>amp</id><username>u</username><password>a&amp;b</password></server>\n\
            <server><id>secret</id><username>u</username><password>{COQLCE6DU6GtcS5P=}</password></server>\n</servers></settings>";
        let env = [("MVN_PASSWORD".into(), "s3cret".into())].into();
        let host = Host { env, cwd: PathBuf::new() };
        let server = |id: &str| server(settings, id, &host);
        assert_eq!(server("a"), Some(basic("x", "y")));
        assert_eq!(server("ours"), Some(basic("me", "s3cret")));
        assert_eq!(server("amp"), Some(basic("u", "a&b")));
        assert_eq!((server("secret"), server("none")), (None, None));
    }
}
