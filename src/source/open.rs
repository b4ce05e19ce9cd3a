//! Opening what a source string names.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use semver::Version;

use super::ci;
use super::ci::CiError;
use super::directory;
use super::error::{Problem, SourceError};
use super::legal::is_legal;
use super::locate::{Located, locate};
use super::name::Name;
use super::published;
use super::spec::{ImagePlace, Rev, SourceSpec};
use super::tree::{Display, Origin, Place, Scope, Tree, is_proto, is_wanted};
use crate::compile::image::Format as ImageFormat;
use crate::config::{self, ConfigError, below, normalize};
use crate::deps::archive;
use crate::git::{GitError, Repo, Revision, RevisionKind, SkippedWhy, TagPattern};
use crate::machine::{Host, PATIENCE, Packed, inflate};
use crate::oci::Client;

/// The largest compiled input, in bytes, after decompression: what a protobuf message may have at most.
const MAX_IMAGE_BYTES: u64 = i32::MAX as u64;

/// What opening needs to know besides the source itself.
pub struct Context<'a> {
    /// The working directory, absolute.
    pub cwd: &'a Path,
    /// Where the other side is on disk, for revisions that name no folder of their own.
    pub counterpart: Option<Counterpart>,
    /// The shape of version tags.
    pub tag: TagPattern,
    /// Standard input, when it may be read.
    pub stdin: Option<&'a mut dyn Read>,
    /// The machine: pipelines and git's hooks are told by its environment.
    pub host: Option<&'a Host>,
    /// Whether what a clone lacks is fetched.
    pub fetch: bool,
}

impl<'a> Context<'a> {
    /// A context with nothing but the working directory.
    #[must_use]
    pub fn new(cwd: &'a Path) -> Context<'a> {
        Context { cwd, counterpart: None, tag: TagPattern::default(), stdin: None, host: None, fetch: false }
    }
}

/// The place of a source on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The root of its tree.
    pub root: PathBuf,
    /// The part of it that was named.
    pub scope: Scope,
}

/// A compiled input: bytes for `compile::image`.
#[derive(Clone, Debug)]
pub struct Image {
    /// The bytes, decompressed.
    pub bytes: Bytes,
    /// How they are encoded.
    pub format: ImageFormat,
    /// What it is.
    pub name: Name,
}

/// An opened source.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are two of them in a run")]
pub enum Loaded {
    /// Source files.
    Tree(Tree),
    /// Compiled files.
    Image(Image),
}

impl Loaded {
    /// What it is.
    #[must_use]
    pub fn name(&self) -> &Name {
        match self {
            Loaded::Tree(tree) => tree.name(),
            Loaded::Image(image) => &image.name,
        }
    }

    /// The tree, unless it is a compiled input.
    #[must_use]
    pub fn tree(&self) -> Option<&Tree> {
        match self {
            Loaded::Tree(tree) => Some(tree),
            Loaded::Image(_) => None,
        }
    }

    /// Where it is on disk, for [`Context::counterpart`] of the other side.
    #[must_use]
    pub fn root(&self) -> Option<Counterpart> {
        let tree = self.tree()?;
        Some(Counterpart { root: tree.root()?.to_path_buf(), scope: tree.scope().clone() })
    }
}

/// How often a clone is asked for more of its history.
const MAX_FETCHES: usize = 12;

/// Opens a source. Directories and git objects are read. Nothing is written, and no network is used but for a source that is
/// a server, and for what a clone lacks where that is to be fetched.
///
/// # Errors
///
/// It does not exist, cannot be read, or a configuration file on the way is wrong.
pub fn open(spec: &SourceSpec, mut context: Context<'_>) -> Result<Loaded, SourceError> {
    let mut fetched: Vec<String> = Vec::new();
    loop {
        let opened = open_once(spec, &mut context);
        let lacking = match &opened {
            Err(error) => {
                let deepened = fetched.iter().filter(|command| command.contains(" --deepen="));
                error.fetch().map(|fetch| fetch.step(deepened.count()))
            }
            Ok(loaded) => loaded.tree().filter(|_| context.fetch).and_then(Tree::lacking),
        };
        let asked = context.host.filter(|_| context.fetch && fetched.len() < MAX_FETCHES).zip(lacking);
        // What did not help will not help a second time.
        match asked.filter(|(_, fetch)| !fetched.contains(&fetch.to_string())) {
            None => {
                return opened.map(|mut loaded| {
                    if let Loaded::Tree(tree) = &mut loaded {
                        tree.notes.extend(fetched.iter().map(|command| format!("ran `{command}`")));
                    }
                    loaded
                });
            }
            Some((host, fetch)) => {
                fetch
                    .run(host, &repository(spec, &context))
                    .map_err(|e| SourceError::Fetch { source: e.into() })?;
                fetched.push(fetch.to_string());
            }
        }
    }
}

/// A folder of the repository that a source is in.
fn repository(spec: &SourceSpec, context: &Context<'_>) -> PathBuf {
    match (spec, &context.counterpart) {
        (SourceSpec::Repository { path, .. }, _) => context.cwd.join(path),
        (_, Some(beside)) if Repo::discover(&beside.root).is_ok() => beside.root.clone(),
        _ => context.cwd.to_owned(),
    }
}

fn open_once(spec: &SourceSpec, context: &mut Context<'_>) -> Result<Loaded, SourceError> {
    match spec {
        SourceSpec::Directory(path) => directory(path, context.cwd),
        SourceSpec::File { path, package_files } => {
            file_tree(path, *package_files, context.cwd).map(Loaded::Tree)
        }
        SourceSpec::Archive { path, strip, subdir } => {
            archive_tree(path, *strip, subdir, context.cwd).map(Loaded::Tree)
        }
        SourceSpec::Staged(path) => staged_tree(path, context).map(Loaded::Tree),
        SourceSpec::Image { place, format, packed } => {
            image(place, *format, *packed, context).map(Loaded::Image)
        }
        SourceSpec::Server(server) => {
            let scheme = if server.tls.is_some() { "grpcs" } else { "grpc" };
            let text = format!("{scheme}://{}", server.authority);
            let found = server.descriptors(context.cwd);
            let bytes = found.map_err(|source| SourceError::Server { text: text.clone(), source })?;
            Ok(Loaded::Image(Image { bytes, format: ImageFormat::Binary, name: Name::Server(text) }))
        }
        SourceSpec::Artefact(place) => {
            let failed = |source| SourceError::Artefact { source: Box::new(source) };
            let tag = place.tag.as_deref().unwrap_or_default();
            let process = Host::of_process();
            let client = Client::new(context.host.unwrap_or(&process), place, PATIENCE).map_err(failed)?;
            let bytes = client.read(tag, "descriptors.binpb").map_err(failed)?;
            let name = Name::Artefact { place: place.to_string(), version: Version::parse(tag).ok() };
            Ok(Loaded::Image(Image { bytes, format: ImageFormat::Binary, name }))
        }
        SourceSpec::Repository { path, rev, subdir } => {
            let fail = |e| git_error(format!("{rev} of `{}`", path.display()), e);
            let repo = Repo::discover(&context.cwd.join(path)).map_err(fail)?;
            let resolved = resolve(&repo, rev, context)?.map_err(fail)?;
            git_tree(&repo, resolved, &context.tag, subdir, None).map(Loaded::Tree)
        }
        SourceSpec::Revision { rev, subdir, namesake } => {
            let opened = revision_tree(rev, subdir.as_deref(), context);
            match (opened, namesake) {
                (Err(Unopened::Unknown(_)), Some(directory)) => self::directory(directory, context.cwd),
                (Err(Unopened::Unknown(source)), None)
                    if matches!(rev, Rev::Named(_)) && subdir.is_none() =>
                {
                    let text = rev.to_string();
                    Err(SourceError::Neither { text, source: Box::new(source) })
                }
                (Err(Unopened::Unknown(source)), _) => Err(git_error(format!("`{rev}`"), source)),
                (Err(Unopened::Failed(error)), _) => Err(error),
                (Ok(tree), _) => Ok(Loaded::Tree(tree)),
            }
        }
    }
}

fn git_error(wanted: String, source: GitError) -> SourceError {
    SourceError::Git { wanted, source: Box::new(source) }
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SourceError {
    move |source| SourceError::Io { doing, path: path.to_path_buf(), source }
}

/// The named folder's parts below the outermost folder that may hold a governing configuration, and that
/// folder: the root of the repository, or of the file system.
fn ancestry(folder: &Path) -> (PathBuf, Vec<String>) {
    let mut outermost = folder;
    for ancestor in folder.ancestors() {
        outermost = ancestor;
        if ancestor.join(".git").exists() {
            break;
        }
    }
    let below = folder.strip_prefix(outermost).expect("an ancestor");
    let parts = below.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    (outermost.to_path_buf(), parts)
}

pub(super) fn locate_on_disk(folder: &Path) -> Result<Located, SourceError> {
    let (_, parts) = ancestry(folder);
    let up = |levels: usize| folder.ancestors().nth(levels).expect("no more levels than ancestors");
    let shown = |levels: usize, name: &str| up(levels).join(name).display().to_string();
    let read = |levels: usize, name: &str| -> Result<Option<String>, ConfigError> {
        let path = up(levels).join(name);
        // A special file of that name is none.
        let Some(there) = fs::metadata(&path).ok().filter(fs::Metadata::is_file) else { return Ok(None) };
        config::fits(&shown(levels, name), there.len())?;
        Ok(fs::read(&path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    Ok(locate(&parts, &read, &shown)?)
}

/// A folder: that of a published version, or one with files.
fn directory(typed: &Path, cwd: &Path) -> Result<Loaded, SourceError> {
    match published::image(typed, cwd)? {
        Some(image) => Ok(Loaded::Image(image)),
        None => directory_tree(typed, cwd, None).map(Loaded::Tree),
    }
}

fn directory_tree(typed: &Path, cwd: &Path, file: Option<(&str, bool)>) -> Result<Tree, SourceError> {
    let text = typed.display().to_string();
    let path = cwd.join(typed);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(SourceError::NotFound { what: "directory", text });
        }
        Err(e) => return Err(io("open", &path)(e)),
    };
    if !metadata.is_dir() {
        return Err(SourceError::WrongKind { what: "directory", text });
    }
    let folder = fs::canonicalize(&path).map_err(io("open", &path))?;
    let located = locate_on_disk(&folder)?;
    let root = folder.ancestors().nth(located.up).expect("located among the ancestors").to_path_buf();
    let at = folder.strip_prefix(&root).expect("an ancestor").to_string_lossy().replace('\\', "/");
    let scope = match file {
        Some((name, package_files)) => {
            let path = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
            Scope::File { path, package_files }
        }
        None if at.is_empty() => Scope::All,
        None => Scope::Folder(at.clone()),
    };
    let name = if text == "." { Name::WorkingTree } else { Name::Folder(text.clone()) };
    let mut tree = Tree { name, scope, display: Display { typed: text, at }, ..Tree::default() };
    // Without a configuration nothing says where the contract is; what git ignores (dependencies, build
    // output) is no part of it then.
    let repo = if located.configured { None } else { Repo::discover(&root).ok() };
    let workdir = repo.as_ref().and_then(|r| fs::canonicalize(r.workdir()?).ok());
    // What git knows it does not ignore, whatever rule there is. And to ask for the rules takes longer than to list a folder.
    let tracked = repo.as_ref().map(Repo::tracked).unwrap_or_default();
    let skip = |relative: &Path| match (&repo, &workdir) {
        (Some(repo), Some(workdir)) => root.strip_prefix(workdir).is_ok_and(|prefix| {
            let folder = prefix.join(relative);
            !tracked.holds(&folder) && repo.is_ignored(&folder.join(""))
        }),
        _ => false,
    };
    // A root that is itself ignored was named on purpose.
    let named_ignored = match (&repo, &workdir) {
        (Some(repo), Some(workdir)) => {
            root.strip_prefix(workdir).is_ok_and(|p| !p.as_os_str().is_empty() && repo.is_ignored(p))
        }
        _ => false,
    };
    directory::fill(&mut tree, &root, &|relative: &Path| !named_ignored && skip(relative))?;
    let repo = repo.or_else(|| Repo::discover(&root).ok());
    if let Some(unchanged) = repo.and_then(|repo| repo.unchanged()) {
        tree.know(&unchanged, &root);
    }
    tree.root = Some(root);
    Ok(tree)
}

/// The tree of a folder on disk whose configuration plays no part.
pub(super) fn folder_tree(folder: &Path) -> Result<Tree, SourceError> {
    let root = fs::canonicalize(folder).map_err(io("open", folder))?;
    let mut tree = Tree { name: Name::WorkingTree, ..Tree::default() };
    directory::fill(&mut tree, &root, &|_| false)?;
    tree.root = Some(root);
    Ok(tree)
}

fn file_tree(typed: &Path, package_files: bool, cwd: &Path) -> Result<Tree, SourceError> {
    let text = typed.display().to_string();
    let path = cwd.join(typed);
    let metadata = fs::metadata(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => SourceError::NotFound { what: "file", text: text.clone() },
        _ => io("open", &path)(e),
    })?;
    if !metadata.is_file() {
        return Err(SourceError::WrongKind { what: "regular file", text });
    }
    let name = typed.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    let parent = typed.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut tree = directory_tree(parent, cwd, Some((&name, package_files)))?;
    tree.name = Name::File(text);
    Ok(tree)
}

/// The largest archive that is read, in bytes, as it lies on disk.
const MAX_ARCHIVE: u64 = 1 << 30;

/// The tree of an archive. Paths are shown as they are in it.
fn archive_tree(typed: &Path, strip: usize, subdir: &str, cwd: &Path) -> Result<Tree, SourceError> {
    let text = typed.display().to_string();
    let path = cwd.join(typed);
    let file = fs::File::open(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => SourceError::NotFound { what: "archive", text: text.clone() },
        _ => io("open", &path)(e),
    })?;
    let mut bytes = Vec::new();
    file.take(MAX_ARCHIVE + 1).read_to_end(&mut bytes).map_err(io("read", &path))?;
    if bytes.len() as u64 > MAX_ARCHIVE {
        return Err(SourceError::ImageTooLarge { text, limit: MAX_ARCHIVE });
    }
    let wanted = |path: &str| {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        is_wanted(name) || is_legal(name)
    };
    let files = archive::read(&bytes, &wanted);
    let files = files.map_err(|source| SourceError::Archive { text: text.clone(), source })?;
    // The sources of a published version lie in one folder that is called after it.
    let version = if strip == 0 && subdir.is_empty() { published::sources(typed, &files) } else { None };
    let strip = if version.is_some() { 1 } else { strip };
    let inside = files.into_iter().filter_map(|(path, content)| {
        let mut stripped = path.as_str();
        for _ in 0..strip {
            stripped = stripped.split_once('/')?.1;
        }
        Some((below(stripped, subdir).filter(|p| !p.is_empty())?.to_owned(), content))
    });
    let tree = Tree::from_memory("", inside);
    let display = Display { typed: subdir.to_owned(), at: String::new() };
    let name = match version {
        Some(version) => Name::Artefact { place: text, version: Some(version) },
        None => Name::File(text),
    };
    Ok(Tree { name, display, ..tree })
}

fn image(
    place: &ImagePlace,
    format: ImageFormat,
    packed: Option<Packed>,
    context: &mut Context<'_>,
) -> Result<Image, SourceError> {
    let (text, raw) = match place {
        ImagePlace::Stdin => {
            let stdin = context.stdin.as_mut().ok_or(SourceError::NoStdin)?;
            let mut bytes = Vec::new();
            let read = stdin.take(MAX_IMAGE_BYTES + 1).read_to_end(&mut bytes);
            read.map_err(io("read", Path::new("-")))?;
            ("-".to_owned(), bytes)
        }
        ImagePlace::File(typed) => {
            let path = context.cwd.join(typed);
            let text = typed.display().to_string();
            let file = fs::File::open(&path).map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => SourceError::NotFound { what: "image", text: text.clone() },
                _ => io("open", &path)(e),
            })?;
            let mut bytes = Vec::new();
            file.take(MAX_IMAGE_BYTES + 1).read_to_end(&mut bytes).map_err(io("read", &path))?;
            (text, bytes)
        }
    };
    // How the bytes begin decides too: a compressed image under a plain name is no descriptor set anyhow.
    let bytes = inflate(raw, packed, MAX_IMAGE_BYTES).map_err(io("decompress", Path::new(&text)))?;
    if bytes.len() as u64 > MAX_IMAGE_BYTES {
        return Err(SourceError::ImageTooLarge { text, limit: MAX_IMAGE_BYTES });
    }
    let name = if text == "-" { Name::StandardInput } else { Name::Image(text) };
    Ok(Image { bytes: bytes.into(), format, name })
}

/// A revision, and what is worth knowing about how it was found.
struct Found {
    revision: Revision,
    note: Option<String>,
}

fn resolve(repo: &Repo, rev: &Rev, context: &Context<'_>) -> Result<Result<Found, GitError>, SourceError> {
    let tag = &context.tag;
    let plain = |revision| Found { revision, note: None };
    Ok(match rev {
        Rev::Named(name) => repo.resolve(name).and_then(|revision| version_of(repo, revision, tag)),
        Rev::OnBranch { branch, rev } => {
            repo.resolve_on(branch, rev).and_then(|revision| version_of(repo, revision, tag))
        }
        Rev::MergeBase(name) => repo.merge_base(name).map(plain),
        Rev::Latest { pre } => repo.latest(tag, *pre).map(|latest| plain(latest.revision)),
        Rev::Ci => {
            let base = ci::base(context.host.ok_or(CiError::Nowhere)?)?;
            let points = base.points.iter().map(|point| resolve(repo, point, context));
            let points = points.collect::<Result<Vec<_>, _>>()?;
            of_pipeline(repo, &base, points)
        }
    })
}

/// The newest of what a pipeline names, and a sentence about it.
fn of_pipeline(
    repo: &Repo,
    base: &ci::Base,
    points: Vec<Result<Found, GitError>>,
) -> Result<Found, GitError> {
    let (here, gone): (Vec<_>, Vec<_>) = points.into_iter().partition(Result::is_ok);
    let Some(revision) = repo.newest(here.into_iter().flatten().map(|found| found.revision).collect())?
    else {
        return Err(gone.into_iter().find_map(Result::err).expect("a pipeline names at least one"));
    };
    let mut note = format!("{}: compared with {}", base.told, revision.label());
    if base.proposed && revision.commit.is_some_and(|commit| repo.is_head(commit)) {
        note.push_str(
            "; that is what is checked out, so that nothing of the change is seen: check out the change",
        );
    }
    Ok(Found { revision, note: Some(note) })
}

/// The version tag that a hash stands for; the revision itself where it is none.
fn version_of(repo: &Repo, revision: Revision, tag: &TagPattern) -> Result<Found, GitError> {
    let mut versions = repo.versions_at(&revision, tag)?;
    let Some((_, highest)) = versions.pop() else { return Ok(Found { revision, note: None }) };
    let others: Vec<String> = versions.iter().map(|(_, tag)| format!("`{tag}`")).collect();
    let note = (!others.is_empty()).then(|| {
        let others = others.join(", ");
        format!("`{}` is taken as tag `{highest}`, the highest version there; also {others}", revision.name)
    });
    Ok(Found { revision: Revision { name: highest, kind: RevisionKind::Tag, ..revision }, note })
}

enum Unopened {
    /// There is no such revision, or no repository.
    Unknown(GitError),
    Failed(SourceError),
}

impl From<SourceError> for Unopened {
    fn from(error: SourceError) -> Self {
        Unopened::Failed(error)
    }
}

fn revision_tree(rev: &Rev, subdir: Option<&str>, context: &Context<'_>) -> Result<Tree, Unopened> {
    let beside = context.counterpart.as_ref().and_then(|c| Repo::discover(&c.root).ok());
    let counterpart = context.counterpart.as_ref().filter(|_| beside.is_some());
    let repo = match beside {
        Some(repo) => repo,
        None => Repo::discover(context.cwd).map_err(|e| match e {
            GitError::NotARepository { .. } => Unopened::Unknown(e),
            // Without the repository nobody can tell whether the word is a revision: no guessing.
            e => Unopened::Failed(git_error(format!("`{rev}`"), e)),
        })?,
    };
    let found = resolve(&repo, rev, context)?.map_err(|e| match e {
        GitError::UnknownRevision { .. } | GitError::NoCommits { .. } | GitError::BadRevision { .. } => {
            Unopened::Unknown(e)
        }
        e => Unopened::Failed(git_error(format!("`{rev}`"), e)),
    })?;
    let in_repo = |folder: &Path| -> String {
        let workdir = repo.workdir().and_then(|w| fs::canonicalize(w).ok());
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
        let relative = workdir.and_then(|w| folder.strip_prefix(w).ok().map(Path::to_path_buf));
        relative.unwrap_or_default().to_string_lossy().replace('\\', "/")
    };
    Ok(match subdir {
        Some(typed) => {
            let from_cwd =
                typed.starts_with("./") || typed.starts_with("../") || typed == "." || typed == "..";
            let full = if from_cwd { format!("{}/{typed}", in_repo(context.cwd)) } else { typed.to_owned() };
            let folder = normalize(full.trim_start_matches('/')).or_else(|e| match full.trim_matches('/') {
                "" => Ok(String::new()),
                _ => Err(e),
            });
            let folder = folder.map_err(|_| {
                let near = Vec::new();
                let label = found.revision.label();
                let source = GitError::MissingPath { path: typed.to_owned(), label, near };
                git_error(format!("`{rev}:{typed}`"), source)
            })?;
            git_tree(&repo, found, &context.tag, &folder, None)?
        }
        None => match counterpart {
            Some(counterpart) => {
                git_tree(&repo, found, &context.tag, &in_repo(&counterpart.root), Some(&counterpart.scope))?
            }
            None => git_tree(&repo, found, &context.tag, &in_repo(context.cwd), None)?,
        },
    })
}

/// The tree of what is staged. Its files are those of a folder on disk, as they were when they were staged.
fn staged_tree(typed: &Path, context: &Context<'_>) -> Result<Tree, SourceError> {
    let wanted = || "what is staged".to_owned();
    let repo = Repo::discover(context.cwd).map_err(|e| git_error(wanted(), e))?;
    let workdir = repo.workdir().and_then(|w| fs::canonicalize(w).ok()).unwrap_or_default();
    // Git names another file to its hooks while a part is committed, from the top of the working tree.
    let index = context.host.and_then(|host| host.var("GIT_INDEX_FILE")).map(|file| workdir.join(file));
    let revision = repo.staged(index.as_deref()).map_err(|e| git_error(wanted(), e))?;
    let folder = below_root(&workdir, context.cwd, &typed.to_string_lossy());
    let folder = folder.ok_or_else(|| {
        let (path, near) = (typed.display().to_string(), Vec::new());
        git_error(wanted(), GitError::MissingPath { path, label: revision.label(), near })
    })?;
    let mut tree = git_tree(&repo, Found { revision, note: None }, &context.tag, &folder, None)?;
    let at = match &tree.scope {
        Scope::Folder(at) => at.clone(),
        _ => String::new(),
    };
    let root = std::mem::replace(&mut tree.display, Display { typed: typed.display().to_string(), at }).typed;
    tree.root = Some(if root.is_empty() { workdir } else { workdir.join(root) });
    // Its folders are nowhere that another reader of the repository would find them.
    tree.origin = None;
    Ok(tree)
}

/// Reads a folder of a revision. With a `scope`, the folder is the root of the other side's tree and the scope
/// the part of it that was named; it need not exist here.
fn git_tree(
    repo: &Repo,
    found: Found,
    tag: &TagPattern,
    folder: &str,
    scope: Option<&Scope>,
) -> Result<Tree, SourceError> {
    let Found { revision, note } = found;
    let revision = &revision;
    let fail = |e| git_error(revision.label(), e);
    let parts: Vec<String> = folder.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    let path = |up: usize, name: &str| {
        let mut path = parts[..parts.len() - up].to_vec();
        path.push(name.to_owned());
        path.join("/")
    };
    let shown = |up: usize, name: &str| format!("{} in {}", path(up, name), revision.label());
    let read = |up: usize, name: &str| -> Result<Option<String>, ConfigError> {
        let Some(size) = repo.size_of(revision, &path(up, name)) else { return Ok(None) };
        config::fits(&shown(up, name), size)?;
        let bytes = repo.read_path(revision, &path(up, name)).ok().flatten();
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let located = locate(&parts, &read, &shown)?;
    let root = parts[..parts.len() - located.up].join("/");
    let at = parts[parts.len() - located.up..].join("/");
    if !repo.has_folder(revision, folder) {
        // Let the listing find out what is missing, with its near matches.
        repo.list(revision, folder, &|_| false).map_err(fail)?;
    }
    let listing = repo.list(revision, &root, &is_wanted).map_err(fail)?;
    let below = |path: &str| if at.is_empty() { path.to_owned() } else { format!("{at}/{path}") };
    let scope = match scope {
        Some(Scope::Folder(inner)) => Scope::Folder(below(inner)),
        Some(Scope::File { path, package_files }) => {
            Scope::File { path: below(path), package_files: *package_files }
        }
        Some(Scope::All) | None if at.is_empty() => Scope::All,
        Some(Scope::All) | None => Scope::Folder(at.clone()),
    };
    let origin = Origin { repository: repo.object_dir(), revision: revision.clone(), folder: root.clone() };
    let mut tree = Tree {
        name: Name::of(repo, revision, tag),
        notes: note.into_iter().collect(),
        origin: Some(Box::new(origin)),
        repositories: listing.repositories,
        scope,
        display: Display { typed: root, at: String::new() },
        ..Tree::default()
    };
    for (path, blob) in listing.files {
        tree.insert(path, Place::Blob(blob));
    }
    tree.submodules = listing.submodules;
    tree.linked = listing.linked.into_iter().map(|(path, real)| (path.into(), real)).collect();
    tree.problems = listing.skipped.into_iter().map(|s| problem(s.path, &s.why)).collect();
    tree.problems.sort();
    Ok(tree)
}

fn problem(path: String, why: &SkippedWhy) -> Problem {
    let proto = is_proto(&path);
    let (message, fatal, hint) = match why {
        SkippedWhy::Name => (
            "its name is not plain UTF-8, so that no import can name it".to_owned(),
            proto,
            Some("rename it"),
        ),
        SkippedWhy::Escapes(target) => (
            format!("is a link to `{target}`, out of the repository, and is not followed"),
            proto,
            Some("copy the target into the repository"),
        ),
        SkippedWhy::Dangling(target) => {
            // An old version cannot be mended, and nothing is lost unless something imports the file.
            (format!("is a link to `{target}`, which does not exist"), false, None)
        }
        SkippedWhy::Loop(target) => (format!("is a link to `{target}`, which leads back to it"), proto, None),
        SkippedWhy::Submodule(commit) => {
            let message = format!("is a submodule whose commit {commit} is not here");
            (message, false, Some("run `git submodule update --init --recursive`"))
        }
    };
    Problem { path, message, fatal, hint: hint.map(str::to_owned) }
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Brings a path a person typed into the form of tree paths: relative to `root`. `None` when it is not inside.
pub(super) fn below_root(root: &Path, cwd: &Path, typed: &str) -> Option<String> {
    // As written, so that a folder that a link leads to can be told from the link.
    let here = fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_path_buf());
    if let Ok(below) = plain(&here.join(typed)).strip_prefix(root) {
        return Some(below.to_string_lossy().replace('\\', "/"));
    }
    let path = cwd.join(typed);
    // What was deleted cannot be canonicalised, but what is above it can.
    let mut rest: Vec<std::ffi::OsString> = Vec::new();
    let mut existing = path.as_path();
    let real = loop {
        match fs::canonicalize(existing) {
            Ok(real) => break real,
            Err(_) => {
                match existing.components().next_back()? {
                    Component::Normal(name) => rest.push(name.to_owned()),
                    Component::CurDir => {}
                    _ => return None,
                }
                existing = existing.parent()?;
            }
        }
    };
    let mut full = real;
    full.extend(rest.iter().rev());
    Some(full.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"))
}
