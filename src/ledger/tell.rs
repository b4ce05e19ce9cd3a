//! How a chronicle is told: to people, and to programs.

use std::io;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::json as object;

use super::{Chronicle, Deprecated, NameSpan, NameStory, NameWas, NumberStory, Removable, Span, Story, What};
use crate::config::Terms;
use crate::text::{Line, Style, View, plural, pretty_json, write_pretty_json};

/// When something was so, in words.
fn when(chronicle: &Chronicle, from: usize, to: usize) -> String {
    let name = |at: usize| chronicle.versions.get(at).map_or("", |name| name);
    let last = chronicle.versions.len().saturating_sub(1);
    match (from == to, to == last) {
        (true, true) => format!("in the {}", name(to)),
        (true, false) => format!("in {}", name(from)),
        (false, true) => format!("since {}", name(from)),
        (false, false) => format!("{} to {}", name(from), name(to)),
    }
}

/// Writes a chronicle for people.
///
/// # Errors
///
/// Those of `out`, nothing else.
pub fn text(chronicle: &Chronicle, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for (n, story) in chronicle.of.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        let noun = if story.is_enum { "enum" } else { "message" };
        let there: Vec<String> = story.there.iter().map(|(from, to)| when(chronicle, *from, *to)).collect();
        let there = if story.own { there.join(", again ") } else { "extended by the contract".to_owned() };
        let head = Line::new().plain(format!("{noun} ")).styled(Style::Strong, &story.full_name);
        head.styled(Style::Faint, format!("  {there}")).hang(2).write(view, out)?;
        let numbers: Vec<String> =
            story.numbers.iter().map(|number| run(number.first, number.last)).collect();
        let width = numbers.iter().map(String::len).max().unwrap_or(0);
        for (number, shown) in story.numbers.iter().zip(&numbers) {
            let line = Line::new().plain(format!("  {shown:>width$}  ")).hang(width + 6);
            number_line(line, chronicle, number, story).write(view, out)?;
        }
        for name in story.names.iter().filter(|name| is_told(name)) {
            let spans =
                name.spans.iter().map(|span| name_words(chronicle, span)).collect::<Vec<_>>().join(", ");
            let line = Line::new().plain(format!("  name `{}`: {spans}", name.name));
            line.hang(6).write(view, out)?;
        }
    }
    if !chronicle.of.is_empty() {
        writeln!(out)?;
    }
    let of = plural(chronicle.of.len(), "message or enum");
    let of = if chronicle.of.len() == 1 { of } else { of.replace("message or enums", "messages and enums") };
    let versions = plural(chronicle.versions.len().saturating_sub(1), "version");
    let line = format!("{of} over {versions} and the {}", chronicle.versions.last().map_or("", |name| name));
    Line::new().styled(Style::Faint, line).write(view, out)
}

fn number_line(mut line: Line, chronicle: &Chronicle, number: &NumberStory, story: &Story) -> Line {
    for (n, span) in number.spans.iter().enumerate() {
        let when = when(chronicle, span.from, span.to);
        if n > 0 {
            line = line.plain(", ");
        }
        let (style, word, named) = match &span.what {
            What::Used(named) => (Style::Plain, "", Some(named)),
            What::Changed(named) => (Style::Warn, "then ", Some(named)),
            What::Again(named) => (Style::Warn, "again ", Some(named)),
            What::Deleted | What::Free => (Style::Error, "deleted", None),
            What::Reserved => (Style::Good, "reserved", None),
            What::Extensions => (Style::Plain, "for extensions", None),
            What::Nothing if story.is_enum => (Style::Error, "gone with the enum", None),
            What::Nothing => (Style::Error, "gone with the message", None),
        };
        line = line.styled(style, word);
        if let Some(named) = named {
            line = line.styled(Style::Strong, &named.name);
            if !named.type_text.is_empty() {
                line = line.plain(format!(" {}", named.type_text));
            }
        }
        line = line.styled(Style::Faint, format!(" {when}"));
    }
    line
}

/// Whether the lines of the numbers do not say everything about a name.
fn is_told(name: &NameStory) -> bool {
    let mut numbers = name.spans.iter().filter_map(|span| match span.what {
        NameWas::Used(number) => Some(number),
        _ => None,
    });
    let first = numbers.next();
    numbers.any(|number| Some(number) != first)
        || name.spans.iter().any(|span| span.what == NameWas::Reserved)
}

fn name_words(chronicle: &Chronicle, span: &NameSpan) -> String {
    let when = when(chronicle, span.from, span.to);
    match span.what {
        NameWas::Used(number) => format!("{number} {when}"),
        NameWas::Free => format!("free {when}"),
        NameWas::Reserved => format!("reserved {when}"),
    }
}

fn run(first: i32, last: i32) -> String {
    match last {
        _ if first == last => first.to_string(),
        536_870_911 | i32::MAX => format!("{first} to max"),
        _ => format!("{first} to {last}"),
    }
}

/// How many messages and enums a processor writes at one time, …
const AT_ONCE: usize = 64;
/// … and how many of these are held before they are told.
const PIECES: usize = 64;
/// What one of them mostly takes, in bytes.
const TEXT: usize = 4 << 10;

/// A message or enum, as docs/history.md has it; all keys in their order.
#[derive(Serialize)]
struct StoryDoc<'a> {
    declared: Vec<RunDoc<'a>>,
    kind: &'static str,
    names: Vec<NameDoc<'a>>,
    numbers: Vec<NumberDoc<'a>>,
    own: bool,
    symbol: &'a str,
}

#[derive(Serialize)]
struct RunDoc<'a> {
    from: &'a str,
    to: &'a str,
}

#[derive(Serialize)]
struct NumberDoc<'a> {
    first: i32,
    history: Vec<NumberSpanDoc<'a>>,
    last: i32,
}

#[derive(Serialize)]
struct NumberSpanDoc<'a> {
    from: &'a str,
    name: Option<&'a str>,
    to: &'a str,
    #[serde(rename = "type")]
    type_text: Option<&'a str>,
    what: &'static str,
}

#[derive(Serialize)]
struct NameDoc<'a> {
    history: Vec<NameSpanDoc<'a>>,
    name: &'a str,
}

#[derive(Serialize)]
struct NameSpanDoc<'a> {
    from: &'a str,
    number: Option<i32>,
    to: &'a str,
    what: &'static str,
}

impl<'a> StoryDoc<'a> {
    fn of(story: &'a Story, chronicle: &'a Chronicle) -> StoryDoc<'a> {
        let version = |at: usize| chronicle.versions.get(at).map_or("", |name| name);
        let number_span = |span: &'a Span| {
            let (what, named) = match &span.what {
                What::Used(named) => ("used", Some(named)),
                What::Changed(named) => ("changed", Some(named)),
                What::Again(named) => ("again", Some(named)),
                What::Deleted | What::Free => ("deleted", None),
                What::Reserved => ("reserved", None),
                What::Extensions => ("extensions", None),
                What::Nothing => ("gone", None),
            };
            let name = named.map(|named| &*named.name);
            let type_text = named.map(|named| &*named.type_text).filter(|text| !text.is_empty());
            NumberSpanDoc { from: version(span.from), name, to: version(span.to), type_text, what }
        };
        let name_span = |span: &NameSpan| {
            let (what, number) = match span.what {
                NameWas::Used(number) => ("used", Some(number)),
                NameWas::Free => ("free", None),
                NameWas::Reserved => ("reserved", None),
            };
            NameSpanDoc { from: version(span.from), number, to: version(span.to), what }
        };
        let run = |(from, to): &(usize, usize)| RunDoc { from: version(*from), to: version(*to) };
        let number = |number: &'a NumberStory| NumberDoc {
            first: number.first,
            history: number.spans.iter().map(number_span).collect(),
            last: number.last,
        };
        let name = |name: &'a NameStory| NameDoc {
            history: name.spans.iter().map(name_span).collect(),
            name: &name.name,
        };
        StoryDoc {
            declared: story.there.iter().map(run).collect(),
            kind: if story.is_enum { "enum" } else { "message" },
            names: story.names.iter().map(name).collect(),
            numbers: story.numbers.iter().map(number).collect(),
            own: story.own,
            symbol: &story.full_name,
        }
    }
}

/// Writes a chronicle for programs, as docs/history.md has it.
///
/// # Errors
///
/// Those of `out`, nothing else.
pub fn json(chronicle: &Chronicle, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    // Of a large contract this is a hundred megabytes: all processors write, and little of it is held.
    let piece = |stories: &[Story]| -> io::Result<Vec<u8>> {
        let mut text = Vec::with_capacity(stories.len() * TEXT);
        for story in stories {
            text.extend_from_slice(b",\n    ");
            write_pretty_json(&StoryDoc::of(story, chronicle), 2, &mut text)?;
        }
        Ok(text)
    };
    write!(out, "{{\n  \"symbols\": [")?;
    for (n, stories) in chronicle.of.chunks(AT_ONCE * PIECES).enumerate() {
        let pieces: Vec<_> = stories.par_chunks(AT_ONCE).map(piece).collect::<io::Result<_>>()?;
        for (m, piece) in pieces.iter().enumerate() {
            let comma = if (n, m) == (0, 0) { 1 } else { 0 };
            out.write_all(&piece[comma..])?;
        }
    }
    let end = if chronicle.of.is_empty() { "" } else { "\n  " };
    let mut versions = Vec::new();
    write_pretty_json(&chronicle.versions, 1, &mut versions)?;
    write!(out, "{end}],\n  \"versions\": ")?;
    out.write_all(&versions)?;
    writeln!(out, "\n}}")
}

/// Whether something that is deprecated may go: as many published versions have told it, for as many days. The last version is
/// what is not published yet. An enum of proto3 begins with zero, so that this value stays.
fn may_go(chronicle: &Chronicle, one: &Deprecated, removable: &Removable) -> bool {
    let Terms { min_versions, min_days } = removable.asked.of(&one.package);
    let day = removable.days.get(one.since).copied().flatten();
    let long_enough =
        min_days == 0 || day.is_some_and(|day| removable.today.days_until(day.after(min_days)) <= 0);
    published(chronicle, one) >= min_versions as usize && long_enough && !(one.is_value && one.number == 0)
}

/// How many published versions have something as deprecated, up to the newest.
fn published(chronicle: &Chronicle, one: &Deprecated) -> usize {
    chronicle.versions.len().saturating_sub(1).saturating_sub(one.since)
}

/// Writes for people what is deprecated: what may be removed, and what not yet.
///
/// # Errors
///
/// Those of `out`, nothing else.
pub fn removable_text(
    chronicle: &Chronicle,
    removable: &Removable,
    view: &View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let (go, stay): (Vec<&Deprecated>, Vec<&Deprecated>) =
        chronicle.deprecated.iter().partition(|one| may_go(chronicle, one, removable));
    for (head, style, all) in [("may be removed", Style::Good, &go), ("not yet", Style::Warn, &stay)] {
        if !all.is_empty() {
            Line::new().styled(style, head).write(view, out)?;
        }
        for one in all {
            let last = chronicle.versions.len().saturating_sub(1);
            let when = when(chronicle, one.since, last);
            let told = plural(published(chronicle, one), "published version");
            let line = Line::new().plain("  ").styled(Style::Strong, &one.symbol);
            let line = line.plain(format!(" = {}", one.number));
            line.styled(Style::Faint, format!("  deprecated {when}, {told}")).hang(4).write(view, out)?;
        }
    }
    let line = format!(
        "{} of {} may be removed",
        go.len(),
        plural(chronicle.deprecated.len(), "deprecated element")
    );
    Line::new().styled(Style::Faint, line).write(view, out)
}

/// The same for programs, as docs/history.md has it.
///
/// # Errors
///
/// Those of `out`, nothing else.
pub fn removable_json(
    chronicle: &Chronicle,
    removable: &Removable,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let all = chronicle.deprecated.iter().map(|one| {
        object!({
            "symbol": one.symbol,
            "number": one.number,
            "since": chronicle.versions.get(one.since),
            "published": published(chronicle, one),
            "removable": may_go(chronicle, one, removable),
        })
    });
    let Terms { min_versions, min_days } = removable.asked.usual();
    let document = object!({
        "versions": chronicle.versions,
        "min_versions": min_versions,
        "min_days": min_days,
        "deprecated": all.collect::<Vec<_>>(),
    });
    writeln!(out, "{}", pretty_json(&document)?)
}
