//! `protopact versions`.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use semver::Version;
use serde_json::json;

use super::release::{Places, repository, tagged, to_ask};
use super::{CliError, Ctx, Exit, pipeline};
use crate::config::Destination;
use crate::machine::Host;
use crate::present::{Choice, Format, Formats};
use crate::release::ReleaseError;
use crate::release::target::State;
use crate::text::{Date, Line, Style, View, pretty_json};
use crate::words::Bump;

/// List the published versions: when, how far from the one before, and where
///
/// Versions are the tags of the shape that the configuration gives. Whether one breaks is told of those that `protopact
/// release` made, which wrote it into the tag. The network is asked only with --places.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact versions
  protopact versions --places             and who has each: the remote, folders, registries
  protopact versions --format json")]
pub(super) struct VersionsArgs {
    /// Ask the places of releases which versions they have
    ///
    /// The remote, folders and OCI registries are asked whether it is there. For registries of languages the packages of each
    /// version are made again, and one that has another package under the number is told apart.
    #[arg(long)]
    places: bool,

    /// The places to ask, as `release --to` names them; `release.to` in the configuration when it is left out
    #[arg(long, value_name = "PLACE", value_parser = Destination::parse, requires = "places")]
    to: Vec<Destination>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfVersions>,
}

/// A published version.
struct Row {
    version: Version,
    tag: String,
    commit: String,
    date: Date,
    previous: Option<Version>,
    breaks: Option<bool>,
    places: Option<Have>,
}

/// Who has a version.
#[derive(Default)]
struct Have {
    /// Places that have it.
    same: Vec<String>,
    /// Places that have something else under its number.
    other: Vec<String>,
}

impl Row {
    /// The part of the number that grew.
    fn bump(&self) -> Option<Bump> {
        let before = self.previous.as_ref()?;
        Some(match &self.version {
            v if v.major != before.major => Bump::Major,
            v if v.minor != before.minor => Bump::Minor,
            _ => Bump::Patch,
        })
    }
}

impl Have {
    /// Adds a place that has it, has something else, or has nothing.
    fn add(&mut self, place: String, same: Option<bool>) {
        match same {
            Some(true) => self.same.push(place),
            Some(false) => self.other.push(place),
            None => {}
        }
    }
}

/// The formats of the list.
#[derive(Debug)]
struct OfVersions;

impl Formats for OfVersions {
    type Document = Vec<Row>;

    const ALL: &'static [Format<Vec<Row>>] = &[
        Format { name: "text", help: "For people", hidden: false, write: text },
        Format { name: "json", help: "For programs", hidden: false, write: as_json },
    ];
}

/// Runs the command.
pub(super) fn exec(args: VersionsArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let (settings, folder) = pipeline::here(ctx)?;
    let repo = repository(&folder)?;
    let places = Places::of(&args.to, &settings.release, &ctx.io.cwd, &folder)?;
    let host = Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() };
    let asked = match places.remote.as_deref().filter(|_| args.places) {
        Some(remote) => Some((remote, repo.ask_remote(&host, remote).map_err(ReleaseError::from)?.tags)),
        None => None,
    };
    let objects = repo.tag_objects().map_err(ReleaseError::from)?;
    let versions = repo.versions(&settings.release.tag).map_err(ReleaseError::from)?;
    let mut rows: Vec<Row> = Vec::new();
    for (version, tag) in versions {
        let revision = repo.resolve(&format!("refs/tags/{tag}")).map_err(ReleaseError::from)?;
        let Some(commit) = revision.commit else { continue };
        let time = repo.time_of(commit).map_err(ReleaseError::from)?;
        let said = repo.said(&tag);
        // A release comes after the release before it, whatever pre-releases there were.
        let before =
            |row: &&Row| row.version < version && (!version.pre.is_empty() || row.version.pre.is_empty());
        let before = rows.iter().rfind(before).map(|row| row.version.clone());
        let mut have = None;
        if args.places {
            let have = have.insert(Have::default());
            if let Some((name, tags)) = &asked {
                let there = tags.get(&tag).map(|there| Some(there) == objects.get(&tag));
                have.add(format!("git:{name}"), there);
            }
            let folders = settings.name.iter().flat_map(|name| places.folders_with(name, &version));
            have.same.extend(folders);
            have.same.extend(places.registries_with(&version, &host).map_err(ReleaseError::Target)?);
            if let Some(contract) = &settings.name {
                let mut files = || {
                    let (entry, notes) = tagged(&repo, contract, &tag, (&version, commit))?;
                    to_ask(&repo, &entry, &notes, ctx)
                };
                for (name, state) in places.packages_of(&version, &host, &mut files)? {
                    have.add(name, (state != State::Absent).then_some(state == State::Same));
                }
            }
        }
        rows.push(Row {
            tag,
            commit: commit.to_string(),
            date: Date::of(UNIX_EPOCH + Duration::from_secs(time)),
            previous: said.as_ref().and_then(|said| said.previous.clone()).or(before),
            breaks: said.and_then(|said| said.breaks),
            places: have,
            version,
        });
    }
    rows.reverse();
    let view = ctx.view();
    args.format.write(&rows, &view, &mut ctx.io.out)?;
    Ok(Exit::Clean)
}

fn text(rows: &Vec<Row>, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    if rows.is_empty() {
        return Line::new().plain("no version is published").write(view, out);
    }
    let width = rows.iter().map(|row| row.version.to_string().len()).max().unwrap_or(0);
    for row in rows {
        let bump = row.bump().map_or("first", Bump::as_str);
        let line = Line::new().styled(Style::Strong, format!("{:width$}", row.version.to_string()));
        let mut line = line.plain(format!("  {}  {bump:5}", row.date));
        line = match row.breaks {
            Some(true) => line.styled(Style::Warn, "  breaks"),
            Some(false) => line.plain("  compatible"),
            None => line,
        };
        line = line.plain(format!("  tag {}", row.tag));
        if let Some(places) = &row.places {
            let same = if places.same.is_empty() { "nowhere".to_owned() } else { places.same.join(", ") };
            line = line.plain(format!("  {same}"));
            if !places.other.is_empty() {
                line = line.styled(Style::Warn, format!("  another one in {}", places.other.join(", ")));
            }
        }
        line.hang(width + 2).write(view, out)?;
    }
    Ok(())
}

#[expect(clippy::ptr_arg, reason = "what a format is given is what the command makes")]
fn as_json(rows: &Vec<Row>, _: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "version": row.version.to_string(),
                "tag": row.tag,
                "commit": row.commit,
                "date": row.date.to_string(),
                "previous": row.previous.as_ref().map(Version::to_string),
                "bump": row.bump().map(Bump::as_str),
                "breaks": row.breaks,
                "places": row.places.as_ref().map(|places| &places.same),
                "other": row.places.as_ref().map(|places| &places.other),
            })
        })
        .collect();
    out.write_all(pretty_json(&json!({"format": 1, "versions": rows}))?.as_bytes())
}
