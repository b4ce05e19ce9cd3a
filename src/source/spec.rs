//! Source strings: what a person types to name a version of the contract.
//!
//! | text | means |
//! | --- | --- |
//! | `.`, `dir`, `/abs/dir` | a directory, as it is now |
//! | `v1.2.0`, `origin/main`, `HEAD~1`, a hash | a git revision of the repository around the working directory |
//! | `merge-base:REV` | the newest common ancestor of HEAD and REV |
//! | `ci` | what the environment of a pipeline says that the change is to be compared with |
//! | `staged:DIR` | what is staged for the next commit; `DIR` from the working directory |
//! | `tag:v1.*` | every version whose tag the glob matches, where several states can be compared with |
//! | `latest`, `latest-pre` | the highest version tag; without or with pre-releases |
//! | `REV:SUBDIR` | a folder of a revision, from the repository's root (`REV:./SUBDIR`: from the working directory) |
//! | `PATH#ref=REV,subdir=DIR` | another repository; also buf's `.git#branch=…`, `tag=`, `commit=`, `depth=` (not needed) |
//! | `PATH#branch=NAME,ref=REV` | a revision on a branch; `HEAD~1` is counted from its newest commit |
//! | `a/b.proto` | one file; with `#include_package_files=true` its package |
//! | `x.binpb`, `x.json`, `x.txtpb`, `x.yaml`, each also `.gz` or `.zst`; `x#format=binpb` | a compiled descriptor set |
//! | `x.tar`, `x.tar.gz`, `x.tgz`, `x.tar.zst`, `x.zip`; `x.tar#strip_components=1,subdir=proto` | the files of an archive |
//! | `grpc://HOST:PORT`, `grpcs://HOST:PORT#tls_ca=ca.pem` | a running server, asked by reflection |
//! | `oci://HOST/NAME:VERSION` | a published version, in a registry |
//! | `-`, `-#format=json` | a descriptor set on standard input |
//!
//! **When a text could be both a path and a revision:** an existing path wins if the text contains a separator or
//! starts with `.`. For a bare word such as `old` it depends on the side: as the thing compared *with* a revision
//! wins, as the thing *checked* an existing directory wins. Write `./old` or `refs/heads/old` to be exact.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Server, ServerTls};
use crate::compile::image::Format as ImageFormat;
use crate::machine::Packed;
use crate::oci::Place;
use crate::text::{near, without_secrets};

/// Which side of a comparison a source is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is checked.
    New,
    /// What it is compared with.
    Old,
}

/// A revision as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rev {
    /// Anything git resolves.
    Named(String),
    /// A revision on a branch. `HEAD` in it is the newest commit of the branch.
    OnBranch {
        /// The branch.
        branch: String,
        /// What git resolves.
        rev: String,
    },
    /// The newest common ancestor of HEAD and this.
    MergeBase(String),
    /// The highest version tag.
    Latest {
        /// Whether pre-releases count.
        pre: bool,
    },
    /// What the environment of a pipeline names.
    Ci,
}

impl std::fmt::Display for Rev {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rev::Named(name) => f.write_str(name),
            Rev::OnBranch { branch, rev } => write!(f, "{rev} on branch {branch}"),
            Rev::MergeBase(name) => write!(f, "merge-base:{name}"),
            Rev::Latest { pre: false } => f.write_str("latest"),
            Rev::Latest { pre: true } => f.write_str("latest-pre"),
            Rev::Ci => f.write_str("ci"),
        }
    }
}

/// Where a compiled input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImagePlace {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// What a source string means. Paths are as typed, relative to the working directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpec {
    /// A directory.
    Directory(PathBuf),
    /// One file.
    File {
        /// The file.
        path: PathBuf,
        /// Whether the other files of its package belong to it.
        package_files: bool,
    },
    /// The files of an archive.
    Archive {
        /// The archive.
        path: PathBuf,
        /// How many folders are taken off the front of its paths.
        strip: usize,
        /// The folder in it, after that; empty for the root.
        subdir: String,
    },
    /// A compiled input.
    Image {
        /// Where it is.
        place: ImagePlace,
        /// How it is encoded.
        format: ImageFormat,
        /// How it is compressed, as far as its name and options say so.
        packed: Option<Packed>,
    },
    /// A running server, asked by reflection.
    Server(Server),
    /// A published version, in a registry.
    Artefact(Place),
    /// What is staged for the next commit, in a folder.
    Staged(PathBuf),
    /// A revision of the repository around the working directory.
    Revision {
        /// The revision.
        rev: Rev,
        /// The folder, as typed; `None` for the counterpart of what it is compared with.
        subdir: Option<String>,
        /// A directory of the same name that could have been meant.
        namesake: Option<PathBuf>,
    },
    /// A revision of another repository.
    Repository {
        /// The repository.
        path: PathBuf,
        /// The revision.
        rev: Rev,
        /// The folder in it; empty for the root.
        subdir: String,
    },
}

/// Why a source string is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("source `{text}`: {message}")]
pub struct SpecError {
    /// As typed.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

const OPTIONS: [&str; 15] = [
    "format",
    "compression",
    "branch",
    "tag",
    "commit",
    "ref",
    "depth",
    "subdir",
    "filter",
    "recurse_submodules",
    "strip_components",
    "include_package_files",
    "tls_ca",
    "tls_cert",
    "tls_key",
];

/// The options that say which revision.
const REVS: [&str; 4] = ["branch", "tag", "commit", "ref"];

const FORMATS: [&str; 13] = [
    "dir",
    "git",
    "tar",
    "targz",
    "zip",
    "binpb",
    "bin",
    "bingz",
    "json",
    "jsongz",
    "txtpb",
    "yaml",
    "protofile",
];

/// How the names of archives end that are read.
const ARCHIVES: [&str; 6] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".zip"];

impl SourceSpec {
    /// Reads a source string. Looks at the file system to tell paths from revisions, and at nothing else.
    ///
    /// # Errors
    ///
    /// Unknown or contradictory options, or a kind of source that is not read.
    pub fn parse(text: &str, cwd: &Path, side: Side) -> Result<SourceSpec, SpecError> {
        Parser { text, cwd, side }.parse()
    }

    /// Whether this is the standard input, which can be read only once.
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        matches!(self, SourceSpec::Image { place: ImagePlace::Stdin, .. })
    }

    /// A sentence for people when the text could have meant something else.
    #[must_use]
    pub fn ambiguity(&self) -> Option<String> {
        match self {
            SourceSpec::Revision { rev, namesake: Some(path), .. } => Some(format!(
                "`{rev}` is read as a git revision; for the directory of that name write `./{}`",
                path.display()
            )),
            _ => None,
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    cwd: &'a Path,
    side: Side,
}

#[derive(Default)]
struct Options<'a> {
    format: Option<&'a str>,
    packed: Option<Packed>,
    /// By key: branch, tag, commit and ref.
    revs: [Option<&'a str>; 4],
    subdir: Option<&'a str>,
    git: bool,
    package_files: bool,
    strip: usize,
    /// By key: `tls_ca`, `tls_cert` and `tls_key`.
    tls: [Option<&'a str>; 3],
}

impl<'a> Parser<'a> {
    fn fail<T>(&self, message: impl Into<String>, hint: Option<String>) -> Result<T, SpecError> {
        Err(SpecError { text: without_secrets(self.text), message: message.into(), hint })
    }

    fn exists(&self, path: &str) -> bool {
        self.cwd.join(path).exists()
    }

    fn parse(&self) -> Result<SourceSpec, SpecError> {
        let text = self.text;
        if text.is_empty() || text.contains(char::is_control) {
            return self.fail("is empty or holds control characters", None);
        }
        // A path may hold a `#`; one that exists is meant as it stands.
        match text.split_once('#') {
            Some((path, options)) if !(path_like(text) && self.exists(text)) => {
                self.with_options(path, options)
            }
            _ => self.plain(text),
        }
    }

    fn with_options(&self, path: &str, options: &'a str) -> Result<SourceSpec, SpecError> {
        let options = self.options(options)?;
        if path.is_empty() {
            return self.fail("names no path before `#`", None);
        }
        if let Some(server) = self.server(path, options.tls)? {
            return Ok(SourceSpec::Server(server));
        }
        self.refuse_remote(path)?;
        let named = options.format.or(if options.git { Some("git") } else { None });
        let place = || if path == "-" { ImagePlace::Stdin } else { ImagePlace::File(path.into()) };
        let image = |format, packed| Ok(SourceSpec::Image { place: place(), format, packed });
        let packed = options.packed.or(Packed::of_name(path).0);
        if options.git && !matches!(named, Some("git")) {
            return self.fail("has git options on something that is not a repository", None);
        }
        match named {
            Some("git") => Ok(SourceSpec::Repository {
                path: path.into(),
                rev: self.rev(options.revs)?,
                subdir: self.subdir(options.subdir.unwrap_or("."))?,
            }),
            Some("bingz") => image(ImageFormat::Binary, Some(Packed::Gzip)),
            Some("jsongz") => image(ImageFormat::Json, Some(Packed::Gzip)),
            Some("tar" | "targz" | "zip") => Ok(SourceSpec::Archive {
                path: path.into(),
                strip: options.strip,
                subdir: self.subdir(options.subdir.unwrap_or("."))?,
            }),
            Some("dir") => Ok(SourceSpec::Directory(path.into())),
            Some("protofile") => {
                Ok(SourceSpec::File { path: path.into(), package_files: options.package_files })
            }
            Some(other)
                if let Some(format) = FORMATS.contains(&other).then(|| ImageFormat::of(other)).flatten() =>
            {
                image(format, packed)
            }
            Some(other) => {
                let hint = match near(other, FORMATS).first() {
                    Some(best) => format!("did you mean `{best}`?"),
                    None => format!("formats are {}", FORMATS.map(|f| format!("`{f}`")).join(", ")),
                };
                self.fail(format!("format `{other}` is not read"), Some(hint))
            }
            None => match self.plain(path)? {
                SourceSpec::File { path, .. } => {
                    Ok(SourceSpec::File { path, package_files: options.package_files })
                }
                SourceSpec::Image { place, format, packed } => {
                    Ok(SourceSpec::Image { place, format, packed: options.packed.or(packed) })
                }
                SourceSpec::Repository { path, rev, .. } => Ok(SourceSpec::Repository {
                    path,
                    rev,
                    subdir: self.subdir(options.subdir.unwrap_or("."))?,
                }),
                SourceSpec::Archive { path, .. } => Ok(SourceSpec::Archive {
                    path,
                    strip: options.strip,
                    subdir: self.subdir(options.subdir.unwrap_or("."))?,
                }),
                SourceSpec::Directory(path) if options.subdir.is_some() => {
                    let subdir = self.subdir(options.subdir.unwrap_or("."))?;
                    Ok(SourceSpec::Directory(path.join(subdir)))
                }
                other => Ok(other),
            },
        }
    }

    fn options(&self, text: &'a str) -> Result<Options<'a>, SpecError> {
        let mut options = Options::default();
        let mut seen: Vec<&str> = Vec::new();
        for option in text.split(',') {
            let Some((key, value)) = option.split_once('=') else {
                return self.fail(format!("option `{option}` is not `key=value`"), None);
            };
            if seen.contains(&key) {
                return self.fail(format!("option `{key}` is given twice"), None);
            }
            seen.push(key);
            let truth = || match value {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => self.fail(format!("option `{key}` must be `true` or `false`"), None),
            };
            match key {
                "format" => options.format = Some(value),
                "compression" => match value {
                    "none" => {}
                    "gzip" => options.packed = Some(Packed::Gzip),
                    "zstd" => options.packed = Some(Packed::Zstd),
                    _ => {
                        let hint = Some("use `gzip` or `zstd`".into());
                        return self.fail(format!("compression `{value}` is not read"), hint);
                    }
                },
                "branch" | "tag" | "commit" | "ref" => {
                    options.git = true;
                    let at = REVS.iter().position(|rev| *rev == key).expect("one of them");
                    options.revs[at] = Some(value);
                }
                "tls_ca" => options.tls[0] = Some(value),
                "tls_cert" => options.tls[1] = Some(value),
                "tls_key" => options.tls[2] = Some(value),
                "subdir" => options.subdir = Some(value),
                "include_package_files" => options.package_files = truth()?,
                // How much to fetch: nothing is fetched, everything that is here can be read.
                "depth" | "filter" | "recurse_submodules" => options.git = true,
                "strip_components" => match value.parse() {
                    Ok(strip) => options.strip = strip,
                    Err(_) => return self.fail(format!("option `{key}` is no number"), None),
                },
                _ => {
                    let hint = match near(key, OPTIONS).first() {
                        Some(best) => format!("did you mean `{best}`?"),
                        None => format!("options are {}", OPTIONS.map(|o| format!("`{o}`")).join(", ")),
                    };
                    return self.fail(format!("unknown option `{key}`"), Some(hint));
                }
            }
            if value.is_empty() {
                return self.fail(format!("option `{key}` has no value"), None);
            }
        }
        Ok(options)
    }

    /// The revision that [`REVS`] name. A branch says where to look for a ref or commit; nothing else goes together.
    fn rev(&self, revs: [Option<&str>; 4]) -> Result<Rev, SpecError> {
        match revs {
            [None, None, None, None] => Ok(Rev::Named("HEAD".to_owned())),
            [Some(one), None, None, None]
            | [None, Some(one), None, None]
            | [None, None, Some(one), None]
            | [None, None, None, Some(one)] => Ok(rev(one)),
            [Some(branch), None, Some(rev), None] | [Some(branch), None, None, Some(rev)] => {
                Ok(Rev::OnBranch { branch: branch.to_owned(), rev: rev.to_owned() })
            }
            _ => {
                let given = REVS.iter().zip(revs).filter(|(_, value)| value.is_some());
                let names: Vec<String> = given.map(|(key, _)| format!("`{key}`")).collect();
                let message =
                    format!("names a revision by {}, which contradict each other", names.join(" and "));
                self.fail(message, Some("keep one of them, or `branch` with `ref`".into()))
            }
        }
    }

    fn plain(&self, text: &str) -> Result<SourceSpec, SpecError> {
        if text == "-" {
            let (place, format) = (ImagePlace::Stdin, ImageFormat::Binary);
            return Ok(SourceSpec::Image { place, format, packed: None });
        }
        if let Some(server) = self.server(text, [None; 3])? {
            return Ok(SourceSpec::Server(server));
        }
        if text.starts_with("oci://") {
            let hint = || Some(PUBLISHED.to_owned());
            return match Place::parse(text) {
                Ok(place) if place.tag.is_some() => Ok(SourceSpec::Artefact(place)),
                Ok(_) => self.fail("names no version", hint()),
                Err(_) => self.fail("names no repository of a registry", hint()),
            };
        }
        if let Some(folder) = text.strip_prefix("staged:") {
            return Ok(SourceSpec::Staged(if folder.is_empty() { "." } else { folder }.into()));
        }
        if super::names_versions(text) {
            let hint =
                "`check --against` takes several; a folder of a branch `tag` is `refs/heads/tag:FOLDER`";
            return self.fail("names versions, and one is needed", Some(hint.to_owned()));
        }
        self.refuse_remote(text)?;
        let is_directory = self.cwd.join(text).is_dir();
        if !is_directory {
            let (packed, stem) = Packed::of_name(text);
            if let Some(format) = stem.rsplit_once('.').and_then(|(_, ending)| ImageFormat::of(ending)) {
                return Ok(SourceSpec::Image { place: ImagePlace::File(text.into()), format, packed });
            }
            if text.ends_with(".proto") && split_subdir(text).is_none_or(|(_, s)| s.is_empty()) {
                return Ok(SourceSpec::File { path: text.into(), package_files: false });
            }
            if ARCHIVES.iter().any(|ending| text.ends_with(ending)) {
                return Ok(SourceSpec::Archive { path: text.into(), strip: 0, subdir: String::new() });
            }
        } else if text == ".git"
            || text.ends_with("/.git")
            || (text.ends_with(".git") && is_bare(&self.cwd.join(text)))
        {
            let rev = Rev::Named("HEAD".into());
            return Ok(SourceSpec::Repository { path: text.into(), rev, subdir: String::new() });
        }
        if path_like(text) && (is_directory || self.exists(text)) {
            return Ok(SourceSpec::Directory(text.into()));
        }
        if text.starts_with('.') || Path::new(text).is_absolute() || drive(text) {
            // No revision starts like this: leave it to opening to say that the path does not exist.
            return Ok(SourceSpec::Directory(text.into()));
        }
        if is_directory && self.side == Side::New {
            return Ok(SourceSpec::Directory(text.into()));
        }
        let (revision, subdir) = match text.strip_prefix("merge-base:") {
            Some("") => return self.fail("names no revision", Some("write `merge-base:REVISION`".into())),
            Some(rest) => {
                let (name, subdir) = split_subdir(rest).map_or((rest, None), |(r, s)| (r, Some(s)));
                (Rev::MergeBase(name.to_owned()), subdir)
            }
            None => {
                let (name, subdir) = split_subdir(text).map_or((text, None), |(r, s)| (r, Some(s)));
                (rev(name), subdir)
            }
        };
        // A folder `ci` is in many repositories, and never what a pipeline means.
        let namesake = (is_directory && revision != Rev::Ci).then(|| PathBuf::from(text));
        Ok(SourceSpec::Revision { rev: revision, subdir: subdir.map(str::to_owned), namesake })
    }

    /// A server, if a text names one: `grpc://HOST:PORT`, or `grpcs://HOST:PORT` with TLS.
    fn server(&self, text: &str, tls: [Option<&str>; 3]) -> Result<Option<Server>, SpecError> {
        let (authority, secure) = match (text.strip_prefix("grpc://"), text.strip_prefix("grpcs://")) {
            (Some(authority), _) => (authority, false),
            (_, Some(authority)) => (authority, true),
            (None, None) if tls == [None; 3] => return Ok(None),
            (None, None) => return self.fail("has options for TLS on something that is no server", None),
        };
        let port =
            authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let valid = authority.parse::<http::uri::Authority>().is_ok_and(|_| !authority.contains('@'));
        if !valid || port.is_none_or(|(host, _)| host.is_empty()) {
            let hint = "write `grpc://HOST:PORT`, or `grpcs://HOST:PORT` for TLS".to_owned();
            return self.fail("names no server", Some(hint));
        }
        let [ca, certificate, key] = tls.map(|path| path.map(PathBuf::from));
        let tls = match (secure, certificate, key) {
            (false, None, None) if ca.is_none() => None,
            (false, ..) => return self.fail("has options for TLS", Some("write `grpcs://`".to_owned())),
            (true, None, None) => Some(ServerTls { ca, identity: None }),
            (true, Some(certificate), Some(key)) => {
                Some(ServerTls { ca, identity: Some((certificate, key)) })
            }
            (true, ..) => return self.fail("needs both, `tls_cert` and `tls_key`", None),
        };
        Ok(Some(Server { authority: authority.to_owned(), tls }))
    }

    fn subdir(&self, subdir: &str) -> Result<String, SpecError> {
        match crate::config::normalize(subdir) {
            Ok(path) => Ok(path),
            Err(e) => {
                self.fail(e.to_string(), Some("a sub-directory is relative to the repository's root".into()))
            }
        }
    }

    fn refuse_remote(&self, text: &str) -> Result<(), SpecError> {
        let scheme =
            ["http://", "https://", "ssh://", "git://", "ftp://"].iter().any(|s| text.starts_with(s));
        let scp =
            text.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains(['/', '{']));
        if scheme || (scp && !text.starts_with('@') && !text.contains("@{")) {
            let hint = "clone it, then write `PATH#ref=REVISION`".into();
            return self.fail("is on the network, which is never used here", Some(hint));
        }
        if text.starts_with("oci://") {
            return self
                .fail("is a version in a registry, which takes no options", Some(PUBLISHED.to_owned()));
        }
        if text.strip_prefix("buf.build/").is_some_and(|m| m.contains('/')) && !self.exists(text) {
            let hint = "export it to a directory, or build it into a `.binpb` file, and name that".into();
            return self.fail("is a registry module, and the network is never used here", Some(hint));
        }
        if let Some(file) = text.strip_prefix("file://") {
            return self.fail("is a URL", Some(format!("write the path: `{file}`")));
        }
        Ok(())
    }
}

/// How a published version is named.
const PUBLISHED: &str = "write `oci://HOST/NAME:VERSION`";

fn rev(text: &str) -> Rev {
    match (text, text.strip_prefix("merge-base:")) {
        ("latest", _) => Rev::Latest { pre: false },
        ("latest-pre", _) => Rev::Latest { pre: true },
        ("ci", _) => Rev::Ci,
        (_, Some(name)) => Rev::MergeBase(name.to_owned()),
        _ => Rev::Named(text.to_owned()),
    }
}

fn path_like(text: &str) -> bool {
    text.starts_with('.') || text.contains(['/', std::path::MAIN_SEPARATOR]) || drive(text)
}

fn drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/')
}

fn is_bare(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir()
}

/// Splits `REV:SUBDIR` at the first colon that is not inside braces (`@{12:00}`, `^{/fix: it}`); a leading
/// colon belongs to the revision.
fn split_subdir(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return (index > 0).then(|| (&text[..index], &text[index + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, cwd: &Path, side: Side) -> SourceSpec {
        SourceSpec::parse(text, cwd, side).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    fn revision(rev: Rev, subdir: Option<&str>) -> SourceSpec {
        SourceSpec::Revision { rev, subdir: subdir.map(str::to_owned), namesake: None }
    }

    #[test]
    fn revisions_and_their_folders() {
        let dir = tempfile::tempdir().unwrap();
        let named = |n: &str| Rev::Named(n.into());
        for (text, want) in [
            ("v1.2.0", revision(named("v1.2.0"), None)),
            ("origin/main", revision(named("origin/main"), None)),
            ("HEAD~1", revision(named("HEAD~1"), None)),
            ("@{upstream}", revision(named("@{upstream}"), None)),
            ("main@{2020-01-01 10:00}", revision(named("main@{2020-01-01 10:00}"), None)),
            ("main:proto", revision(named("main"), Some("proto"))),
            ("main:", revision(named("main"), Some(""))),
            ("merge-base:origin/main", revision(Rev::MergeBase("origin/main".into()), None)),
            ("merge-base:main:proto", revision(Rev::MergeBase("main".into()), Some("proto"))),
            ("latest", revision(Rev::Latest { pre: false }, None)),
            ("latest-pre:proto", revision(Rev::Latest { pre: true }, Some("proto"))),
            ("ci", revision(Rev::Ci, None)),
            ("ci:proto", revision(Rev::Ci, Some("proto"))),
            ("refs/heads/ci", revision(named("refs/heads/ci"), None)),
            ("staged:", SourceSpec::Staged(".".into())),
            ("staged:a/proto", SourceSpec::Staged("a/proto".into())),
            ("refs/heads/staged:a", revision(named("refs/heads/staged"), Some("a"))),
        ] {
            assert_eq!(parse(text, dir.path(), Side::Old), want, "{text}");
        }
    }

    #[test]
    fn a_path_with_a_separator_wins_over_a_revision_and_a_bare_word_depends_on_the_side() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("origin/main")).unwrap();
        assert_eq!(parse("origin/main", dir.path(), Side::Old), SourceSpec::Directory("origin/main".into()));
        assert_eq!(parse("origin", dir.path(), Side::New), SourceSpec::Directory("origin".into()));
        let old = parse("origin", dir.path(), Side::Old);
        assert!(matches!(&old, SourceSpec::Revision { namesake: Some(_), .. }), "{old:?}");
        assert!(old.ambiguity().is_some_and(|a| a.contains("`./origin`")));
    }

    #[test]
    fn buf_spellings() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join(".git")).unwrap();
        let repository = |rev: &str, subdir: &str| SourceSpec::Repository {
            path: ".git".into(),
            rev: Rev::Named(rev.into()),
            subdir: subdir.into(),
        };
        let on_main = |rev: &str| SourceSpec::Repository {
            path: ".git".into(),
            rev: Rev::OnBranch { branch: "main".into(), rev: rev.into() },
            subdir: String::new(),
        };
        let binary = |packed| SourceSpec::Image {
            place: ImagePlace::File("x.binpb.gz".into()),
            format: ImageFormat::Binary,
            packed,
        };
        for (text, want) in [
            (".git", repository("HEAD", "")),
            (".git#branch=main", repository("main", "")),
            (".git#tag=v1.0.0,subdir=proto/", repository("v1.0.0", "proto")),
            (".git#ref=HEAD~1,branch=main,depth=20", on_main("HEAD~1")),
            (".git#branch=main,commit=abc123", on_main("abc123")),
            (".git#subdir=proto", repository("HEAD", "proto")),
            ("x.binpb.gz", binary(Some(Packed::Gzip))),
            ("x.tar.gz", SourceSpec::Archive { path: "x.tar.gz".into(), strip: 0, subdir: String::new() }),
            (
                "x#format=zip,strip_components=1,subdir=proto",
                SourceSpec::Archive { path: "x".into(), strip: 1, subdir: "proto".into() },
            ),
            ("dir#format=dir", SourceSpec::Directory("dir".into())),
            ("a/b.proto", SourceSpec::File { path: "a/b.proto".into(), package_files: false }),
            (
                "a/b.proto#include_package_files=true",
                SourceSpec::File { path: "a/b.proto".into(), package_files: true },
            ),
            (
                "-#format=json",
                SourceSpec::Image { place: ImagePlace::Stdin, format: ImageFormat::Json, packed: None },
            ),
            (
                "x#format=bingz",
                SourceSpec::Image {
                    place: ImagePlace::File("x".into()),
                    format: ImageFormat::Binary,
                    packed: Some(Packed::Gzip),
                },
            ),
        ] {
            assert_eq!(parse(text, dir.path(), Side::Old), want, "{text}");
        }
    }

    #[test]
    fn servers_are_named_with_what_tls_needs() {
        let server = |tls| SourceSpec::Server(Server { authority: "localhost:50051".into(), tls });
        let tls = |ca: Option<&str>, identity: Option<(&str, &str)>| ServerTls {
            ca: ca.map(PathBuf::from),
            identity: identity.map(|(certificate, key)| (certificate.into(), key.into())),
        };
        for (text, want) in [
            ("grpc://localhost:50051", None),
            ("grpcs://localhost:50051", Some(tls(None, None))),
            ("grpcs://localhost:50051#tls_ca=a/ca.pem", Some(tls(Some("a/ca.pem"), None))),
            (
                "grpcs://localhost:50051#tls_cert=c.pem,tls_key=c.key,tls_ca=ca.pem",
                Some(tls(Some("ca.pem"), Some(("c.pem", "c.key")))),
            ),
        ] {
            for side in [Side::Old, Side::New] {
                assert_eq!(parse(text, Path::new("/nonexistent"), side), server(want.clone()), "{text}");
            }
        }
        let ipv6 = parse("grpc://[::1]:1", Path::new("/nonexistent"), Side::Old);
        assert!(matches!(ipv6, SourceSpec::Server(s) if s.authority == "[::1]:1"));
        let wrong = |text| SourceSpec::parse(text, Path::new("/nonexistent"), Side::Old).unwrap_err().message;
        assert_eq!(wrong("grpcs://a:1#tls_cert=c.pem"), "needs both, `tls_cert` and `tls_key`");
        assert_eq!(wrong("a#tls_ca=c.pem"), "has options for TLS on something that is no server");
    }

    #[test]
    fn what_is_not_read_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        for (text, hint) in [
            ("https://github.com/acme/contracts.git", "PATH#ref=REVISION"),
            ("git@github.com:acme/contracts.git#branch=main", "PATH#ref=REVISION"),
            ("buf.build/acme/pay", ".binpb"),
            ("oci://ghcr.io/acme/pay", "oci://HOST/NAME:VERSION"),
            ("oci://me:s3cret@ghcr.io/pay:v1", "oci://HOST/NAME:VERSION"),
            ("oci://ghcr.io/acme/pay:v1#subdir=x", "oci://HOST/NAME:VERSION"),
            ("grpc://localhost", "grpc://HOST:PORT"),
            ("grpc://:50051", "grpc://HOST:PORT"),
            ("grpc://a b:1", "grpc://HOST:PORT"),
            ("grpc://user@host:1", "grpc://HOST:PORT"),
            ("grpc://localhost:1#tls_ca=ca.pem", "grpcs://"),
            ("x#compression=xz", "`zstd`"),
            (".git#brunch=main", "`branch`"),
            (".git#branch=main,tag=v1", "keep one"),
            (".git#tag=v1,ref=HEAD~1", "keep one"),
            (".git#commit=abc1234,ref=HEAD~1,branch=main", "keep one"),
            (".git#commit=abc1234,tag=v1", "keep one"),
            ("x#format=bimpb", "`binpb`"),
        ] {
            let error = SourceSpec::parse(text, dir.path(), Side::Old).unwrap_err();
            assert!(error.hint.as_ref().is_some_and(|h| h.contains(hint)), "{text}: {error:?}");
        }
        for text in ["", "a\0b", ".git#branch", ".git#branch=a,branch=b", ".git#subdir=../x", "#format=dir"] {
            assert!(SourceSpec::parse(text, dir.path(), Side::Old).is_err(), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ -~]{0,12}[#:.@{}/=,-]{0,3}[ -~]{0,12}", old: bool) {
            let side = if old { Side::Old } else { Side::New };
            let _ = SourceSpec::parse(&text, Path::new("/nonexistent"), side);
        }
    }
}
