//! From what was asked to sides that can be compiled: which sources, whose configuration, which files.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::places::MovedDep;
use super::same::{Known, Same};
use super::scans::Scans;
use super::{
    Affected, Around, ConfigSource, ContentId, Context, Counterpart, Image, Layout, LayoutError, LegalText,
    Loaded, Name, Origin, PathSelection, Places, Plan, Side, SourceError, SourceSpec, SpecError, Text,
    layout, legal, load_settings, names_versions, near, open,
};
use crate::compile::Input;
use crate::config::generate::Generate;
use crate::config::{Baseline, ConfigError, Modules, Overrides, Place, Settings};
use crate::deps::Lock;
use crate::git::TagPattern;
use crate::machine::{Cache, Host};
use crate::text::few;

/// The way out where an old version cannot be read as it was configured, or as its roots were found.
pub const OLD_HINT: &str =
    "what is published cannot be edited: `--config FILE` says how to read every version";

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The working directory, absolute.
    pub cwd: &'a Path,
    /// The new side, as typed.
    pub new: &'a str,
    /// What flags say; the old side is in it.
    pub overrides: &'a Overrides,
    /// The configuration that a flag names, for both sides.
    pub config: Option<&'a str>,
    /// Another one for the old side.
    pub old_config: Option<&'a str>,
    /// Only these, as typed.
    pub path: &'a [String],
    /// Never these, as typed.
    pub exclude_path: &'a [String],
    /// Whether packages are made: they have paths of their own in the configuration.
    pub packages: bool,
    /// The machine: pipelines and git's hooks are told by its environment.
    pub host: &'a Host,
    /// Whether what a clone lacks is fetched.
    pub fetch: bool,
    /// Where the files of dependencies are.
    pub cache: Option<&'a Cache>,
    /// A lock to take instead of the one that is found.
    pub lock: Option<&'a Lock>,
    /// What was opened for another state already.
    pub shared: Option<&'a Shared>,
    /// Holds the sections of languages against the keys that these have, which are not known here.
    pub languages: fn(&Generate) -> Result<(), ConfigError>,
}

/// Why there are no sides.
#[derive(Debug, Error)]
pub enum RequestError {
    /// Nobody said what the old side is.
    #[error("there is nothing to compare with")]
    NoOldSide,
    /// Both sides are standard input.
    #[error("both sides are standard input, which can be read only once")]
    StdinTwice,
    /// There are several old sides, and one is needed.
    #[error("there are several states to compare with: {}", told(.0))]
    Several(Vec<Baseline>),
    /// One of them is standard input, and the other is several states.
    #[error("standard input can be read only once, and is to be compared with several states")]
    StdinAgain,
    /// A path leads out of the contract.
    #[error("path `{0}` is outside the contract")]
    Outside(String),
    /// A path leads to nothing.
    #[error("path `{path}` names no file of the contract")]
    Unmatched {
        /// The path.
        path: String,
        /// What excludes it, where something does.
        excluded: Option<Place>,
    },
    /// The old side cannot be opened, or is no contract.
    #[error(transparent)]
    Old(Box<RequestError>),
    /// A source string means nothing.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A source cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A source is no contract.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl RequestError {
    /// What to do, in the imperative.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let own: &[&str] = match self {
            RequestError::NoOldSide => &[
                "name it: `--against main`, `--against latest`, `--against ../other`",
                "in a pipeline of GitHub, GitLab or Jenkins: `--against ci`",
                "or say it once, in protopact.toml: `against = \"latest\"` under `[check]`",
            ],
            RequestError::StdinTwice => &["write one of them to a file"],
            RequestError::Several(_) => &["name one of them: `--against latest`"],
            RequestError::StdinAgain => &["write it to a file"],
            RequestError::Outside(_) => &["paths are relative to the working directory"],
            RequestError::Unmatched { excluded: Some(place), .. } => {
                return vec![format!("{place} excludes it")];
            }
            RequestError::Old(error) => {
                let mut hints = error.hints();
                hints.push(OLD_HINT.to_owned());
                return hints;
            }
            RequestError::Unmatched { .. } => {
                &["paths are relative to the working directory, or import paths"]
            }
            RequestError::Spec(error) => return error.hint.iter().cloned().collect(),
            RequestError::Source(error) => return error.hint().into_iter().collect(),
            RequestError::Layout(error) => return error.hint().into_iter().collect(),
        };
        own.iter().map(|hint| (*hint).to_owned()).collect()
    }
}

/// States, as written.
fn told(states: &[Baseline]) -> String {
    let named: Vec<String> = states.iter().map(|state| format!("`{}`", state.source)).collect();
    few(&named, ", ")
}

/// What the comparisons of one new side with several old ones have in common: the new side is opened once, and what both
/// sides have is looked into once.
#[derive(Debug, Default)]
pub struct Shared {
    pub(super) new: OnceLock<Arc<Loaded>>,
    pub(super) scans: OnceLock<Scans>,
    /// The bytes of the last old side: the next one is likely to have most of them too.
    texts: Mutex<FxHashMap<ContentId, Bytes>>,
    /// Whether something was read that is not in the imprint of the check.
    doubt: Arc<AtomicBool>,
}

impl Shared {
    /// What to set where something is read that is not in the imprint of the check.
    pub(super) fn doubt(&self) -> Arc<AtomicBool> {
        self.doubt.clone()
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.doubt.load(Ordering::Relaxed)
    }

    fn texts(&self) -> MutexGuard<'_, FxHashMap<ContentId, Bytes>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The new side with what was decided about it.
#[derive(Debug)]
pub struct NewSide {
    /// The source.
    pub loaded: Arc<Loaded>,
    /// What counts as a break.
    pub settings: Settings,
    /// Which of its files were asked for.
    pub selection: PathSelection,
}

/// One side before it is compiled.
#[derive(Debug)]
pub struct Opened {
    /// What it is.
    pub name: Name,
    /// Its files by import path.
    pub layout: Layout,
    /// What the compiler gets.
    pub content: Content,
    /// The texts of its licence; of a side that is only compared, none.
    pub legal: Vec<LegalText>,
}

/// What a side is made of.
#[derive(Debug)]
pub enum Content {
    /// Source files.
    Sources(Input),
    /// Compiled files, and which of them were asked for.
    Image(Image, PathSelection),
}

/// Both sides before they are compiled.
#[derive(Debug)]
pub struct Sides {
    /// The settings of the new side, which judges.
    pub settings: Settings,
    /// The old side.
    pub old: Opened,
    /// The new side.
    pub new: Opened,
    /// Sentences for people.
    pub notes: Vec<String>,
    /// The files of dependencies that are not the same on both sides, by import path, with what happened to the dependency.
    pub moved: BTreeMap<Box<str>, Arc<str>>,
    /// Where in git the old side is, if it is there.
    pub origin: Option<Origin>,
    /// What the change can reach, where nothing else was read.
    pub affected: Option<Affected>,
}

impl Sides {
    /// How much text there is to compile on both sides, in bytes; of descriptors, their size.
    #[must_use]
    pub fn text(&self) -> usize {
        let of = |content: &Content| match content {
            Content::Sources(input) => input.files.iter().map(|file| file.content.len()).sum(),
            Content::Image(image, _) => image.bytes.len(),
        };
        of(&self.old.content) + of(&self.new.content)
    }
}

impl Request<'_> {
    /// Opens the new side.
    ///
    /// # Errors
    ///
    /// It cannot be opened, its configuration is wrong, or a path leads out of it.
    pub fn new_side(&self, stdin: &mut dyn Read) -> Result<NewSide, RequestError> {
        let mut open = || self.open(self.new, Side::New, None, None, stdin);
        let loaded = match self.shared.map(|shared| &shared.new) {
            None => Arc::new(open()?),
            Some(new) => match new.get() {
                Some(known) => known.clone(),
                None => {
                    let mut opened = open()?;
                    if let Loaded::Tree(tree) = &mut opened {
                        tree.keeps = true;
                        // Whatever cannot be read is told where it is needed.
                        let _ = tree.pin();
                    }
                    new.get_or_init(|| Arc::new(opened)).clone()
                }
            },
        };
        let settings = self.settings(&loaded, None)?;
        let configured = match &settings.generate {
            Some(generate) if self.packages => (&*generate.path, &*generate.exclude_path),
            None if self.packages => (&[][..], &[][..]),
            _ => (&*settings.check.path, &*settings.check.exclude_path),
        };
        let selection = PathSelection::new(&loaded, configured, self.cwd, self.path, self.exclude_path);
        match selection.outside.first() {
            Some(outside) => Err(RequestError::Outside(outside.clone())),
            None => Ok(NewSide { loaded, settings, selection }),
        }
    }

    /// Opens the new side, and lays it out.
    ///
    /// # Errors
    ///
    /// As [`Request::new_side`], it is no contract, or a path leads to nothing.
    pub fn one(&self, stdin: &mut dyn Read) -> Result<(Settings, Opened), RequestError> {
        let NewSide { loaded, settings, selection } = self.new_side(stdin)?;
        let places = self.places(&loaded, &settings, None)?;
        let opened = Opened::plan(&loaded, &settings, &selection, (Side::New, None), &places)?;
        opened.all_matched()?;
        Ok((settings, opened))
    }

    /// Opens another version of the contract of the new side, as typed, and lays it out. Where it is not said, it is
    /// the new side itself.
    ///
    /// # Errors
    ///
    /// As [`Request::one`].
    pub fn version(
        &self,
        new: &NewSide,
        typed: Option<&str>,
        stdin: &mut dyn Read,
    ) -> Result<Opened, RequestError> {
        let opened = self.laid(new, typed, stdin, |loaded, laid| {
            // Only packages need them.
            let legal = legal(loaded).or_else(|e| if self.packages { Err(e) } else { Ok(Vec::new()) })?;
            Ok(Opened { legal, ..laid.read(None)? })
        })?;
        opened.all_matched()?;
        Ok(opened)
    }

    /// The contract's own files of a version, which is opened as by [`Request::version`], in the order of their import
    /// paths: what tells the bytes of each from others, and the bytes themselves where nobody has seen them. A version
    /// that is no source has none.
    ///
    /// # Errors
    ///
    /// As [`Request::version`].
    pub fn texts(
        &self,
        new: &NewSide,
        typed: Option<&str>,
        seen: &dyn Fn(ContentId) -> bool,
        stdin: &mut dyn Read,
    ) -> Result<(Name, Vec<Text>), RequestError> {
        self.laid(new, typed, stdin, |loaded, laid| {
            let texts = match &laid {
                Laid::Tree(_, plan) => plan.own(seen)?,
                Laid::Image(..) => Vec::new(),
            };
            all_matched(laid.layout())?;
            Ok((loaded.name().clone(), texts))
        })
    }

    /// Lays a version out, as [`Request::version`] does.
    fn laid<T>(
        &self,
        new: &NewSide,
        typed: Option<&str>,
        stdin: &mut dyn Read,
        read: impl FnOnce(&Loaded, Laid<'_>) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        let NewSide { loaded, settings, selection } = new;
        let places = self.places(loaded, settings, None)?;
        let Some(typed) = typed else {
            return read(loaded, Laid::plan(loaded, settings, selection, (Side::New, None), &places)?);
        };
        let tag = Some(&settings.release.tag);
        let mut old = self.open(typed, Side::Old, loaded.root(), tag, stdin)?;
        if let (Some(shared), Loaded::Tree(tree)) = (self.shared, &mut old) {
            tree.take_over(&shared.texts());
        }
        let mut old_settings = self.settings(&old, None).map_err(|e| self.of_old(e.into(), None))?;
        let like = loaded.tree().and_then(|tree| layout::configured(tree, settings));
        prefer(&like, &mut old_settings);
        let places = self.places(&old, settings, Some(&places))?;
        let like = (Side::Old, like.as_ref());
        let laid = Laid::plan(&old, &old_settings, selection, like, &places);
        let told = read(&old, laid.map_err(|e| self.of_old(e.into(), None))?).map_err(|e| match e {
            RequestError::Layout(_) => self.of_old(e, None),
            other => other,
        });
        if let (Some(shared), Loaded::Tree(tree)) = (self.shared, &old) {
            *shared.texts() = tree.kept();
        }
        told
    }

    /// Opens both sides, and lays them out.
    ///
    /// # Errors
    ///
    /// As [`Request::one`] for either side, or nobody said what the old side is. A path has to lead to something on
    /// one side.
    pub fn both(&self, stdin: &mut dyn Read) -> Result<Sides, RequestError> {
        self.sides(stdin, false)
    }

    /// The same, where only what the change can reach is read: see [`Sides::affected`].
    ///
    /// # Errors
    ///
    /// As [`Request::both`].
    pub fn affected(&self, stdin: &mut dyn Read) -> Result<Sides, RequestError> {
        self.sides(stdin, true)
    }

    fn sides(&self, stdin: &mut dyn Read, part: bool) -> Result<Sides, RequestError> {
        let NewSide { loaded: new, settings, selection } = self.new_side(stdin)?;
        let against = match &settings.check.against[..] {
            [] => return Err(RequestError::NoOldSide),
            [one] if one.is_plain() && !names_versions(&one.source) => one.source.clone(),
            several => return Err(RequestError::Several(several.to_vec())),
        };
        let is_stdin = |text: &str, side| SourceSpec::parse(text, self.cwd, side).is_ok_and(|s| s.is_stdin());
        let from_stdin = [is_stdin(self.new, Side::New), is_stdin(&against, Side::Old)];
        if from_stdin == [true; 2] {
            return Err(RequestError::StdinTwice);
        }
        let mut old = self.open(&against, Side::Old, new.root(), Some(&settings.release.tag), stdin)?;
        if let (Some(shared), Loaded::Tree(tree)) = (self.shared, &mut old) {
            tree.take_over(&shared.texts());
        }
        // What counts as a break is said by the new side; the old side only says where its files are.
        let told = |e: RequestError| self.of_old(e, self.old_config);
        let mut old_settings = match (self.old_config, &old) {
            (None, Loaded::Image(_)) => settings.clone(),
            (flag, _) => self.settings(&old, flag).map_err(|e| told(e.into()))?,
        };
        prefer(&new.tree().and_then(|tree| layout::configured(tree, &settings)), &mut old_settings);
        let old_tree = old.tree();
        let origin = old_tree.and_then(|tree| tree.origin().cloned());
        let places = self.places(&new, &settings, None)?;
        // The places of the new side serve the old one as well, which may have a lock of its own.
        let older = self.places(&old, &settings, Some(&places))?;
        let known = |loaded, settings, places| Known { loaded, settings, places };
        let sides = [known(&old, &old_settings, &older), known(&new, &settings, &places)];
        let same = (part && from_stdin == [false; 2]).then(|| Same::of(sides, &selection)).flatten();
        let kept = same.as_ref().map(Same::kept).transpose()?.flatten();
        let opened = [&old, &new].map(|loaded| loaded.name().clone());
        if let Some(layouts) = kept {
            return Ok(unread(settings, opened, layouts, origin));
        }
        let new = Laid::plan(&new, &settings, &selection, (Side::New, None), &places)?;
        if let (Some(same), Laid::Tree(_, plan)) = (&same, &new)
            && let Some(layouts) = same.learned(plan)?
        {
            return Ok(unread(settings, opened, layouts, origin));
        }
        let near = match &new {
            Laid::Tree(_, plan) if part && from_stdin == [false; 2] => near::plan(sides, plan, &selection),
            _ => Ok(None),
        };
        let near = near.map_err(|e| told(e.into()))?.map(|plan| Laid::Tree(old.name().clone(), plan));
        let like = (Side::Old, Some(new.layout()));
        let old = match near {
            Some(near) => near,
            None => Laid::plan(&old, &old_settings, &selection, like, &older).map_err(|e| told(e.into()))?,
        };
        // What can be read once cannot be read again, whole.
        let affected = match (&old, &new) {
            (Laid::Tree(_, old), Laid::Tree(_, new)) if part && from_stdin == [false; 2] => old.affected(new),
            _ => None,
        };
        let (new, old) = rayon::join(|| new.read(affected.as_ref()), || old.read(affected.as_ref()));
        let (new, old) = (new?, old?);
        let nowhere = new.layout.unmatched.iter().find(|p| old.layout.unmatched.contains(p));
        if let Some(path) = nowhere {
            let excluded = new.layout.excluded(path).or_else(|| old.layout.excluded(path)).cloned();
            return Err(RequestError::Unmatched { path: path.clone(), excluded });
        }
        let mut notes = new.layout.notes.clone();
        let moved = places.changed_since(&older);
        notes.extend(moved.iter().map(|dep| dep.told.to_string()));
        notes.extend(old.layout.notes.iter().filter(|n| !new.layout.notes.contains(n)).cloned());
        let mut files = BTreeMap::new();
        for (side, layout) in [&old.layout, &new.layout].into_iter().enumerate() {
            for (import, file) in layout.files.iter().filter(|(_, file)| !file.target) {
                let of =
                    |dep: &&MovedDep| dep.marks[side].as_ref().is_some_and(|m| file.display.starts_with(m));
                if let Some(dep) = moved.iter().find(of) {
                    files.insert(import.clone(), dep.told.clone());
                }
            }
        }
        let moved = files;
        if let (Some(shared), Some(tree)) = (self.shared, old_tree) {
            *shared.texts() = tree.kept();
        }
        // To give back what was found in thousands of files takes as long as to compile a few: it is done beside that.
        let scans = [places.scans.clone(), older.scans.clone()];
        drop((places, older));
        rayon::spawn(move || drop(scans));
        Ok(Sides { settings, old, new, notes, moved, origin, affected })
    }

    /// Where a side finds what it imports from others.
    ///
    /// # Errors
    ///
    /// As [`Places::open`].
    pub fn places(
        &self,
        loaded: &Loaded,
        settings: &Settings,
        other: Option<&Places>,
    ) -> Result<Places, SourceError> {
        let around = Around { cwd: self.cwd, cache: self.cache, lock: self.lock, shared: self.shared };
        Places::open(loaded, settings, around, other)
    }

    /// What is wrong with the configuration of an old side, or with what it says, unless a flag said it.
    fn of_old(&self, error: RequestError, flag: Option<&str>) -> RequestError {
        let configured =
            matches!(error, RequestError::Layout(_) | RequestError::Source(SourceError::Config(_)));
        if configured && flag.or(self.config).is_none() { RequestError::Old(Box::new(error)) } else { error }
    }

    fn settings(&self, loaded: &Loaded, flag: Option<&str>) -> Result<Settings, SourceError> {
        let config = ConfigSource { cwd: self.cwd, flag: flag.or(self.config) };
        let settings = load_settings(loaded, config, self.overrides)?;
        settings.generate.as_ref().map_or(Ok(()), self.languages)?;
        Ok(settings)
    }

    fn open(
        &self,
        typed: &str,
        side: Side,
        counterpart: Option<Counterpart>,
        tag: Option<&TagPattern>,
        stdin: &mut dyn Read,
    ) -> Result<Loaded, RequestError> {
        let spec = SourceSpec::parse(typed, self.cwd, side)?;
        let plain = Context::new(self.cwd);
        let tag = tag.cloned().unwrap_or_default();
        let (host, fetch) = (Some(self.host), self.fetch);
        Ok(open(&spec, Context { counterpart, stdin: Some(stdin), tag, host, fetch, ..plain })?)
    }
}

/// Sides with the same files, of which nothing has to be read.
fn unread(
    settings: Settings,
    [was, is]: [Name; 2],
    [old, new]: [Layout; 2],
    origin: Option<Origin>,
) -> Sides {
    let mut notes = new.notes.clone();
    notes.extend(old.notes.iter().filter(|n| !new.notes.contains(n)).cloned());
    let opened = |name, layout| {
        let content = Content::Sources(Input::default());
        Opened { name, layout, content, legal: Vec::new() }
    };
    let (old, new) = (opened(was, old), opened(is, new));
    let (moved, affected) = (BTreeMap::new(), Some(Affected::default()));
    Sides { settings, old, new, notes, moved, origin, affected }
}

/// One side laid out, before its files are read for the compiler.
enum Laid<'t> {
    Tree(Name, Plan<'t>),
    Image(Name, Layout, Content),
}

impl<'t> Laid<'t> {
    fn plan(
        loaded: &'t Loaded,
        settings: &Settings,
        selection: &PathSelection,
        (side, like): (Side, Option<&Layout>),
        places: &'t Places,
    ) -> Result<Laid<'t>, LayoutError> {
        let name = loaded.name().clone();
        Ok(match loaded {
            Loaded::Tree(tree) => {
                Laid::Tree(name, layout::plan(tree, settings, selection, side, like, places)?)
            }
            Loaded::Image(image) => {
                let content = Content::Image(image.clone(), selection.clone());
                Laid::Image(name, Layout::of_image(settings), content)
            }
        })
    }

    fn layout(&self) -> &Layout {
        match self {
            Laid::Tree(_, plan) => &plan.layout,
            Laid::Image(_, layout, _) => layout,
        }
    }

    /// Reads what the compiler gets: all that can be needed, or a part of it.
    fn read(self, part: Option<&Affected>) -> Result<Opened, LayoutError> {
        Ok(match self {
            Laid::Tree(name, plan) => {
                let input = match part {
                    Some(part) => plan.input_of(&|import| part.files.contains(import))?,
                    None => plan.input()?,
                };
                Opened { name, layout: plan.layout, content: Content::Sources(input), legal: Vec::new() }
            }
            Laid::Image(name, layout, content) => Opened { name, layout, content, legal: Vec::new() },
        })
    }
}

/// Where the newest configuration gives roots, those are tried rather than what an old file without a version says.
fn prefer(like: &Option<Layout>, old: &mut Settings) {
    if like.is_some() && !old.notes.is_empty() {
        old.modules = Modules::Detect;
        old.notes.clear();
    }
}

impl Opened {
    /// Lays a side out, and reads what the compiler gets.
    ///
    /// # Errors
    ///
    /// As [`layout::resolve`].
    fn plan(
        loaded: &Loaded,
        settings: &Settings,
        selection: &PathSelection,
        sides: (Side, Option<&Layout>),
        places: &Places,
    ) -> Result<Opened, LayoutError> {
        Laid::plan(loaded, settings, selection, sides, places)?.read(None)
    }

    fn all_matched(&self) -> Result<(), RequestError> {
        all_matched(&self.layout)
    }
}

/// Whether every path that was asked for leads to something.
fn all_matched(layout: &Layout) -> Result<(), RequestError> {
    layout.unmatched.first().map_or(Ok(()), |path| {
        let excluded = layout.excluded(path).cloned();
        Err(RequestError::Unmatched { path: path.clone(), excluded })
    })
}
