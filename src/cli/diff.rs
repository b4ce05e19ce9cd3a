//! `protopact diff`.

use clap::Args;

use super::args::OnlyArgs;
use super::pipeline::{self, Job, Text};
use super::{CliError, Ctx, Exit};
use crate::present::Choice;
use crate::report::OfDiff;
use crate::text::{Line, Style, View, escape};

/// Show every change between two states of a contract, breaking or not
///
/// Changes are grouped by the element they are about, each with what it does to encoded data, JSON, calls and
/// generated code. Nothing fails: the exit code is 0 whatever changed. OLD and NEW are as in `protopact check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact diff main                      what changed in the working tree since main
  protopact diff v1.4.0 v2.0.0             between two versions
  protopact diff v1.4.0 --format json      for programs
  protopact diff v1.4.0 --text             the changed lines of the .proto files")]
pub(super) struct DiffArgs {
    /// The old side: a folder, a revision or whatever else `protopact check` compares with
    #[arg(value_name = "OLD")]
    old: String,

    /// The new side, named likewise
    #[arg(value_name = "NEW", default_value = ".")]
    new: String,

    /// Show the changed lines of the .proto files instead, as a unified diff
    #[arg(long, conflicts_with = "format")]
    text: bool,

    /// How to print the changes
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfDiff>,

    #[command(flatten)]
    only: OnlyArgs,
}

/// Runs the command.
pub(super) fn exec(args: DiffArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let mut overrides = pipeline::overrides(ctx);
    overrides.against = vec![args.old.clone()];
    let job = Job {
        overrides,
        path: args.only.path.clone(),
        exclude_path: args.only.exclude_path.clone(),
        ..Job::new(&args.new)
    };
    if args.text {
        let (old, new) = pipeline::texts(&job, ctx)?;
        return text_diff(&old, &new, ctx);
    }
    let report = pipeline::changes(&job, ctx)?;
    for note in &report.notes {
        ctx.note(note)?;
    }
    let view = ctx.view();
    args.format.write(&report, &view, &mut ctx.io.out)?;
    Ok(Exit::Clean)
}

/// Both sides are sorted by import path.
fn text_diff(old: &[Text], new: &[Text], ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let view = ctx.view();
    // On a terminal nothing in a file may act, nor where colours are asked for, which is for a pager or a log; in
    // any other pipe the diff has to stay one that can be applied.
    let raw = !ctx.io.out_is_terminal && !view.colour;
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(o), Some(n)) => o.name.cmp(&n.name),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return Ok(Exit::Clean),
        };
        let o = if order.is_le() { old.next() } else { None };
        let n = if order.is_ge() { new.next() } else { None };
        let content = |side: Option<&Text>| side.map(|t| t.content.clone()).unwrap_or_default();
        let (o_bytes, n_bytes) = (content(o), content(n));
        if o_bytes == n_bytes && o.is_some() == n.is_some() {
            continue;
        }
        let label = |side: Option<&Text>, prefix| match side {
            Some(text) => format!("{prefix}/{}", escape(&text.display)),
            None => "/dev/null".to_owned(),
        };
        let diff = similar::TextDiff::from_lines(&*o_bytes, &*n_bytes);
        let mut unified = diff.unified_diff();
        unified.header(&label(o, "a"), &label(n, "b"));
        if raw {
            unified.to_writer(&mut ctx.io.out)?;
        } else {
            for line in unified.to_string().lines() {
                diff_line(line).write(&View { width: None, ..view }, &mut ctx.io.out)?;
            }
        }
    }
}

pub(super) fn diff_line(line: &str) -> Line {
    let style = match line.as_bytes() {
        [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Style::Strong,
        [b'-', ..] => Style::Error,
        [b'+', ..] => Style::Good,
        [b'@', ..] => Style::Note,
        _ => Style::Plain,
    };
    // Tabs are what indentation is made of; everything else that is not text is written out.
    Line::new().styled(style, line.replace('\t', "    "))
}
