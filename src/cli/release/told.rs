//! What is told of a release: for people, and for programs.

use std::io;

use semver::Version;
use serde_json::json;

use crate::present::{Format, Formats};
use crate::release::{Delivery, Outcome, Plan, Reason};
use crate::text::{Line, Style, View, escape, plural, pretty_json, shell_word};

/// How many reasons people are shown.
const SHOWN: usize = 10;

/// A release, or none.
#[derive(Default)]
pub(super) struct Told {
    /// What follows; `None` where nothing does, or where it was decided before.
    pub(super) plan: Option<Plan>,
    /// What it would follow.
    pub(super) last: Option<Version>,
    /// The tag.
    pub(super) tag: Option<String>,
    /// Whether it breaks, and nobody declared it.
    pub(super) undeclared: bool,
    /// What would be written.
    pub(super) writes: Vec<String>,
    /// The files of the version, by name.
    pub(super) files: Vec<String>,
    /// The notes.
    pub(super) notes: Option<String>,
    /// What was published.
    pub(super) done: Option<Done>,
}

/// What was published, and how it came to that.
pub(super) struct Done {
    /// What was published where.
    pub(super) outcome: Outcome,
    /// Whether an earlier run had begun it.
    pub(super) finished: bool,
    /// Whether it was a version before.
    pub(super) again: bool,
    /// Who was told.
    pub(super) told: Vec<Delivery>,
    /// Places that it was begun for and did not go to, as flags name them.
    pub(super) left: Vec<String>,
}

impl Done {
    /// What this run has released.
    pub(super) fn of(outcome: Outcome) -> Done {
        Done { outcome, finished: false, again: false, told: Vec::new(), left: Vec::new() }
    }
}

/// The formats of a release.
#[derive(Debug)]
pub(super) struct OfRelease;

impl Formats for OfRelease {
    type Document = Told;

    const ALL: &'static [Format<Told>] = &[
        Format { name: "text", help: "For people", hidden: false, write: text },
        Format { name: "json", help: "For programs", hidden: false, write: as_json },
    ];
}

/// Writes the changes that ask for a version, of many the first ones.
pub(super) fn write_reasons(reasons: &[Reason], view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for reason in reasons.iter().take(SHOWN) {
        let line = Line::labelled(reason.bump.as_str()).styled(Style::Strong, &reason.symbol);
        line.plain(format!(": {}", reason.message)).write(view, out)?;
    }
    match reasons.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => Line::labelled("").plain(format!("and {} more", plural(more, "change"))).write(view, out),
    }
}

fn text(told: &Told, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    match (&told.done, &told.plan) {
        (Some(done), plan) => published(done, plan.as_ref(), told, view, out),
        (None, Some(plan)) => planned(plan, told, view, out),
        (None, None) => {
            let since = told.last.as_ref().map(|last| format!(" since {last}")).unwrap_or_default();
            Line::new().plain(format!("nothing changed{since}: no release")).write(view, out)
        }
    }
}

fn planned(plan: &Plan, told: &Told, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    plan.headline().write(view, out)?;
    write_reasons(&plan.reasons, view, out)?;
    let spelt = &plan.spelling;
    let go = format!("{}{}", spelt.go, if spelt.go_path.is_empty() { "" } else { ", module path " });
    for (label, value) in [
        ("tag", told.tag.as_deref().unwrap_or_default()),
        ("cargo", &spelt.semver),
        ("go", &format!("{go}{}", spelt.go_path)),
        ("maven", &spelt.maven),
        ("python", &spelt.python),
        ("oci", &spelt.oci),
    ] {
        Line::labelled(label).plain(value).write(view, out)?;
    }
    for what in &told.writes {
        Line::labelled("writes").plain(what).write(view, out)?;
    }
    if !told.files.is_empty() {
        Line::labelled("files").plain(told.files.join(", ")).write(view, out)?;
    }
    if told.undeclared {
        let hint = format!("it breaks, and has to be declared: `--declare {}`", plan.version);
        Line::labelled("note").plain(hint).write(view, out)?;
    }
    let Some(notes) = &told.notes else { return Ok(()) };
    writeln!(out)?;
    for line in notes.trim_end().lines() {
        writeln!(out, "{}", escape(line).trim_end())?;
    }
    Ok(())
}

fn published(
    done: &Done,
    plan: Option<&Plan>,
    told: &Told,
    view: &View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Outcome { entry, targets, files, first, behind } = &done.outcome;
    match plan {
        Some(_) if !first => {
            let line =
                format!("version {} was published by another run meanwhile, the very same", entry.version);
            Line::new().plain(line).write(view, out)?;
        }
        Some(plan) => plan.headline().write(view, out)?,
        None if done.again => Line::new().plain(format!("version {}", entry.version)).write(view, out)?,
        None => {
            let line = format!("version {}, which an earlier run has begun, is finished", entry.version);
            Line::new().plain(line).write(view, out)?;
        }
    }
    let commit = entry.draft.commit.short();
    Line::labelled("tag")
        .plain(format!("{} ({commit})", told.tag.as_deref().unwrap_or_default()))
        .write(view, out)?;
    match &entry.remote {
        Some(remote) => {
            let line = format!("`{remote}`, with branch `{}`", entry.draft.branch);
            Line::labelled("pushed").plain(line).write(view, out)?;
        }
        None if done.again => {}
        None => {
            let line = "to no remote: `--to git:origin` does, or push it with its branch by hand";
            Line::labelled("pushed").plain(line).write(view, out)?;
        }
    }
    for (target, was_there) in targets {
        let line = if *was_there {
            format!("{target} has it already")
        } else {
            format!("{target}, {}", plural(files.len(), "file"))
        };
        Line::labelled("wrote").plain(line).write(view, out)?;
    }
    for place in &done.left {
        let tag = told.tag.as_deref().unwrap_or_default();
        let again = format!("`protopact release --from {} --to {}`", shell_word(tag), shell_word(place));
        Line::labelled("left")
            .plain(format!("{place}, where it was to go: {again} brings it there"))
            .write(view, out)?;
    }
    if *behind {
        let branch = &entry.draft.branch;
        let way = match &entry.remote {
            Some(remote) => format!("git pull {remote} {branch}"),
            None => format!("git merge {}", shell_word(told.tag.as_deref().unwrap_or_default())),
        };
        let line = format!("branch `{branch}` here went on without the commit of the release: `{way}`");
        Line::labelled("note").plain(line).write(view, out)?;
    }
    for Delivery { server, .. } in done.told.iter().filter(|delivery| delivery.error.is_none()) {
        Line::labelled("told").plain(format!("`{server}`")).write(view, out)?;
    }
    Ok(())
}

fn as_json(told: &Told, _: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let mut document = match &told.plan {
        None => json!({ "from": told.last.as_ref().map(Version::to_string), "version": null }),
        Some(plan) => json!({
            "from": plan.from.as_ref().map(Version::to_string),
            "version": plan.version.to_string(),
            "tag": told.tag,
            "bump": plan.bump.map(|bump| bump.as_str()),
            "part": plan.part.map(|part| part.as_str()),
            "breaks": told.undeclared,
            "notes": told.notes,
            "writes": told.writes,
            "files": told.files,
            "spelling": {
                "cargo": plan.spelling.semver,
                "go": plan.spelling.go,
                "go_path": plan.spelling.go_path,
                "maven": plan.spelling.maven,
                "python": plan.spelling.python,
                "oci": plan.spelling.oci,
            },
            "reasons": plan.reasons.iter().map(|reason| json!({
                "symbol": reason.symbol,
                "message": reason.message,
                "bump": reason.bump.as_str(),
                "fingerprint": reason.fingerprint,
            })).collect::<Vec<_>>(),
        }),
    };
    if let Some(Done { outcome, finished, told: notices, left, .. }) = &told.done {
        let Outcome { entry, targets, files, first, behind } = outcome;
        document["from"] = json!(entry.previous.as_ref().map(Version::to_string));
        document["version"] = json!(entry.version.to_string());
        document["tag"] = json!(told.tag);
        document["published"] = json!({
            "commit": entry.draft.commit.to_string(),
            "remote": entry.remote,
            "branch": entry.draft.branch,
            "finished": finished,
            "first": first,
            "behind": behind,
            "left": left,
            "files": files.iter().map(|(path, _)| path).collect::<Vec<_>>(),
            "targets": targets.iter().map(|(target, was_there)| json!({"target": target, "was_there": was_there}))
                .collect::<Vec<_>>(),
            "notices": notices.iter().map(|Delivery { server, error }| json!({
                "server": server,
                "taken": error.is_none(),
                "error": error.as_ref().map(ToString::to_string),
            })).collect::<Vec<_>>(),
        });
    }
    out.write_all(pretty_json(&document)?.as_bytes())
}
