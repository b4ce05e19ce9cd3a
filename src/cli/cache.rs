//! `protopact cache`.

use std::io;
use std::time::SystemTime;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{CliError, Ctx, Exit};
use crate::machine::{Cache, Host, Room, Space};
use crate::present::{Choice, Format, Formats};
use crate::text::{Date, Line, Style, View, plural, pretty_json, size};

/// Say what is in the cache, or remove it
///
/// All of it can be got or made again. It is where PROTOPACT_CACHE says, or `protopact` in the platform's folder for
/// caches.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact cache                     what is there, how large, how old
  protopact cache clear               remove all of it
  protopact cache clear scans         remove what runs noted of files they have read")]
pub(super) struct CacheArgs {
    #[command(subcommand)]
    command: Option<CacheCommand>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfCache>,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Remove what is there
    ///
    /// Not while another run makes packages or verifies: what it has taken from the cache would be gone.
    Clear(ClearArgs),
}

#[derive(Debug, Args)]
struct ClearArgs {
    /// Only these; all when nothing is named
    #[arg(value_name = "KIND")]
    kinds: Vec<Kind>,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Installed plugins
    Plugins,
    /// Files of dependencies
    Deps,
    /// What is built to try packages and to verify
    Verify,
    /// What runs noted of files they have read
    Scans,
    /// Files of versions that were made here, which places are asked with
    Releases,
    /// What checks against several states came to
    Answers,
}

impl Kind {
    fn space(self) -> Space {
        match self {
            Kind::Plugins => Space::Plugins,
            Kind::Deps => Space::Deps,
            Kind::Verify => Space::Verify,
            Kind::Scans => Space::Scans,
            Kind::Releases => Space::Releases,
            Kind::Answers => Space::Answers,
        }
    }
}

/// What is there.
struct Found {
    path: String,
    rooms: Vec<Room>,
}

/// The formats of what is there.
#[derive(Debug)]
struct OfCache;

impl Formats for OfCache {
    type Document = Found;

    const ALL: &'static [Format<Found>] = &[
        Format { name: "text", help: "For people", hidden: false, write: text },
        Format { name: "json", help: "For programs", hidden: false, write: as_json },
    ];
}

/// Runs the command.
pub(super) fn exec(args: CacheArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let host = Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() };
    let cache = Cache::of(&host).ok_or_else(|| {
        CliError::usage("nothing says where the cache is").hint("set PROTOPACT_CACHE, or HOME")
    })?;
    let path = cache.root().display().to_string();
    let view = ctx.view();
    let Some(CacheCommand::Clear(clear)) = args.command else {
        let rooms = Space::ALL.map(|space| cache.room(space)).into();
        args.format.write(&Found { path, rooms }, &view, &mut ctx.io.out)?;
        return Ok(Exit::Clean);
    };
    let (mut files, mut bytes) = (0, 0);
    for space in Space::ALL {
        if !clear.kinds.is_empty() && !clear.kinds.iter().any(|kind| kind.space() == space) {
            continue;
        }
        let room = cache.room(space);
        let failed = |e| CliError::outside(format!("cannot remove `{}`", cache.space(space).display()), e);
        cache.clear(space).map_err(failed)?;
        files += room.files;
        bytes += room.bytes;
    }
    let told = format!("removed {}, {} from ", plural(files, "file"), size(bytes));
    Line::new().plain(told).plain(&path).write(&view, &mut ctx.io.out)?;
    Ok(Exit::Clean)
}

fn text(found: &Found, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    Line::new().styled(Style::Strong, &found.path).write(view, out)?;
    for room in &found.rooms {
        let mut told =
            format!("  {:8} {}, {}", room.space.name(), plural(room.files, "file"), size(room.bytes));
        if let Some((oldest, newest)) = room.written {
            let (oldest, newest) = (Date::of(oldest), Date::of(newest));
            told.push_str(&match oldest == newest {
                true => format!(", of {oldest}"),
                false => format!(", of {oldest} to {newest}"),
            });
        }
        Line::new().plain(told).write(view, out)?;
    }
    Ok(())
}

fn as_json(found: &Found, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let date = |time: Option<SystemTime>| time.map(|time| Date::of(time).to_string());
    let rooms = found.rooms.iter().map(|room| {
        json!({
            "kind": room.space.name(),
            "files": room.files,
            "bytes": room.bytes,
            "oldest": date(room.written.map(|(oldest, _)| oldest)),
            "newest": date(room.written.map(|(_, newest)| newest)),
        })
    });
    let document = json!({ "path": found.path, "kinds": rooms.collect::<Vec<_>>() });
    writeln!(out, "{}", pretty_json(&document)?)
}
