//! What a contract costs, as one page that needs nothing else: for each message pictures of its sizes and times, the same as a
//! table, and what would help.

use std::io;

use minijinja::{Value, context};

use super::super::calls::CallTiming;
use super::super::stats::{megabytes_per_second, time};
use super::super::subject::Sizes;
use super::super::{Costs, MessageCosts, Op, Timing};
use super::{grown, percent};
use crate::present::{Format, page};
use crate::text::{View, plural};
use crate::words::{CallKind, Language};

/// The format.
pub(super) const FORMAT: Format<Costs> =
    Format { name: "html", help: "One page with charts for a browser", hidden: false, write };

/// Where bars begin and how long the longest is, in the units of the picture, which is [`WIDTH`] wide.
const LEFT: f64 = 66.0;
const LONGEST: f64 = 220.0;
const WIDTH: f64 = 420.0;
/// How high a bar is with the room around it.
const ROW: f64 = 22.0;

fn write(costs: &Costs, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let facts = &costs.facts;
    let commits = costs.labels.iter().zip(&facts.commits);
    let commits: Vec<String> =
        commits.filter_map(|(label, commit)| Some(format!("`{label}` is {}", commit.as_ref()?))).collect();
    let with = facts.libraries.iter().map(|(language, asked)| format!("{}: {asked}", language.title()));
    let about = [
        ("made by", format!("{} on {}", facts.tool, facts.day)),
        ("on", plural(facts.processors, "processor")),
        ("with", with.collect::<Vec<_>>().join("; ")),
        ("commits", commits.join(", ")),
    ];
    let about: Vec<_> = about.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    let advice = costs.advice.iter().map(|advice| {
        let saves =
            (advice.saves > 0).then(|| format!("{} of `{}`", plural(advice.saves, "byte"), advice.message));
        context! {
            code => advice.code.as_str(), symbol => advice.symbol.clone(), what => advice.what.clone(), place => advice.place.clone(),
            fix => advice.code.fix(), saves,
        }
    });
    let skips = costs.skips.iter().map(|skip| (skip.language.title(), skip.reason.clone()));
    let values = context! {
        contract => costs.contract.clone(),
        versions => costs.labels.clone(),
        newest => costs.labels.last().cloned(),
        about,
        messages => costs.messages.iter().enumerate().map(|(n, m)| message(costs, n + 1, m)).collect::<Vec<_>>(),
        calls => Some(calls(costs)).filter(|charts| !charts.is_empty()).map(figures),
        advice => advice.collect::<Vec<_>>(),
        notes => costs.notes.iter().chain(&costs.failures).cloned().collect::<Vec<_>>(),
        skips => skips.collect::<Vec<_>>(),
    };
    out.write_all(page::render(include_str!("page.html.j2"), values).as_bytes())
}

fn message(costs: &Costs, number: usize, message: &MessageCosts) -> Value {
    let times = Op::ALL.into_iter().filter_map(|op| times(costs, message, op));
    let charts: Vec<Value> = std::iter::once(sizes(costs, message)).chain(times).collect();
    context! {
        number, name => message.message.clone(), sample => message.sample.clone(),
        charts => figures(charts),
        table => table(costs, message),
    }
}

/// One bar with what stands at its end.
struct Bar {
    /// What it is of; empty where the bar above it says so.
    label: String,
    /// How it is painted.
    class: &'static str,
    /// How long it is.
    length: f64,
    /// How far it is to be trusted, to either side.
    off: f64,
    /// What it says.
    text: String,
}

/// A picture of bars, the longest as long as there is room.
fn picture(title: &str, bars: &[Bar]) -> Value {
    let most = bars.iter().map(|bar| bar.length + bar.off).fold(f64::MIN_POSITIVE, f64::max);
    let place = |length: f64| LEFT + length / most * LONGEST;
    let shown = bars.iter().enumerate().map(|(at, bar)| {
        let y = at as f64 * ROW;
        let end = place(bar.length + bar.off);
        context! {
            label => bar.label.clone(), class => bar.class, text => bar.text.clone(), y => point(y + 4.0), middle => point(y + 11.0),
            base => point(y + 15.5), width => point((place(bar.length) - LEFT).max(1.0)), at => point(end + 6.0),
            whisker => (bar.off > 0.0).then(|| (point(place((bar.length - bar.off).max(0.0))), point(end))),
        }
    });
    let told: Vec<String> =
        bars.iter().map(|bar| format!("{} {}", bar.label, bar.text).trim().to_owned()).collect();
    context! {
        title, bars => shown.collect::<Vec<_>>(), width => WIDTH as u32, height => (bars.len() as f64 * ROW) as u32,
        left => point(LEFT), told => told.join(", "),
    }
}

/// Pictures beside each other, as markup.
fn figures(charts: Vec<Value>) -> Value {
    Value::from_safe_string(page::render(include_str!("charts.html.j2"), context! { charts }))
}

/// A place in a picture: a tenth of a unit is less than anybody sees.
fn point(number: f64) -> String {
    format!("{number:.1}")
}

fn times(costs: &Costs, message: &MessageCosts, op: Op) -> Option<Value> {
    let newest = costs.labels.len().saturating_sub(1);
    let mut bars = Vec::new();
    for language in Language::ALL {
        for version in 0..costs.labels.len() {
            let Some(timing) = message.timing(language, op, version) else { continue };
            let earlier = version.checked_sub(1).and_then(|at| message.timing(language, op, at));
            let text = match earlier.map(|earlier| timing.time.change(&earlier.time)) {
                Some(Some(change)) => format!("{} ({})", time(timing.time.median), percent(change)),
                Some(None) => format!("{} (as before)", time(timing.time.median)),
                None => format!("{} ±{:.0} %", time(timing.time.median), timing.time.spread()),
            };
            bars.push(Bar {
                label: if earlier.is_none() { language.as_str().to_owned() } else { String::new() },
                class: if version == newest { language.as_str() } else { "was-bar" },
                length: timing.time.median,
                off: timing.time.deviation,
                text,
            });
        }
    }
    (!bars.is_empty()).then(|| picture(op.as_str(), &bars))
}

/// One of the sizes.
type Of = fn(&Sizes) -> Option<usize>;

fn sizes(costs: &Costs, message: &MessageCosts) -> Value {
    let of: [(&str, Of); 4] = [
        ("wire", |s| Some(s.wire)),
        ("gzip", |s| Some(s.wire_gzip)),
        ("JSON", |s| s.json),
        ("gzip", |s| s.json_gzip),
    ];
    let newest = costs.labels.len().saturating_sub(1);
    let mut bars = Vec::new();
    for (label, of) in of {
        for (version, sizes) in message.sizes.iter().enumerate() {
            let Some(bytes) = sizes.as_ref().and_then(of) else { continue };
            let earlier = version.checked_sub(1).and_then(|at| message.sizes[at].as_ref().and_then(of));
            let change = earlier.and_then(|old| grown(bytes, old)).map(|change| format!(" ({change})"));
            bars.push(Bar {
                label: if earlier.is_none() { label.to_owned() } else { String::new() },
                class: if version == newest { "bytes" } else { "was-bar" },
                length: bytes as f64,
                off: 0.0,
                text: plural(bytes, "byte") + &change.unwrap_or_default(),
            });
        }
    }
    picture("bytes", &bars)
}

/// Pictures of latencies and of calls in a second, one for each kind of call.
fn calls(costs: &Costs) -> Vec<Value> {
    let newest = costs.labels.len().saturating_sub(1);
    let mut charts = Vec::new();
    for kind in CallKind::ALL {
        let of: Vec<&CallTiming> = costs.calls.iter().filter(|c| c.kind == kind).collect();
        let bar = |call: &&CallTiming, length: f64, off: f64, text: String| Bar {
            label: if call.tls { String::new() } else { call.language.as_str().to_owned() },
            class: if call.version == newest { call.language.as_str() } else { "was-bar" },
            length,
            off,
            text: if call.tls { format!("{text} TLS") } else { text },
        };
        let latencies = of
            .iter()
            .map(|call| bar(call, call.latency.median, call.latency.deviation, time(call.latency.median)));
        let latencies: Vec<Bar> = latencies.collect();
        if latencies.is_empty() {
            continue;
        }
        let counted =
            of.iter().map(|call| bar(call, call.per_second, 0.0, format!("{:.0}/s", call.per_second)));
        charts.push(picture(&format!("{}: latency", kind.as_str()), &latencies));
        charts.push(picture(&format!("{}: calls in a second", kind.as_str()), &counted.collect::<Vec<_>>()));
    }
    charts
}

/// The same as a table, with what the pictures leave out.
fn table(costs: &Costs, message: &MessageCosts) -> Vec<Value> {
    let row = |timing: &Timing| {
        let wire = message.sizes.get(timing.version).copied().flatten().map_or(0, |sizes| sizes.wire);
        let rate = megabytes_per_second(wire, timing.time.median);
        context! {
            language => timing.language.title(),
            version => costs.labels.get(timing.version).cloned(),
            op => timing.op.as_str(),
            time => time(timing.time.median),
            spread => format!("±{:.1} %", timing.time.spread()),
            least => time(timing.time.least),
            count => timing.time.count,
            rate => if timing.op.moves_bytes() && wire > 0 { format!("{rate:.0} MB/s") } else { String::new() },
            allocations => timing.allocations.map(|n| format!("{n:.0}")),
            allocated => timing.allocated.map(|n| format!("{n:.0}")),
        }
    };
    message.timings.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn page(costs: &Costs) -> String {
        let mut out = Vec::new();
        write(costs, &View { colour: false, width: None }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_time_has_a_bar_and_a_row() {
        let costs = sample::costs();
        let html = page(&costs);
        let timings: usize = costs.messages.iter().map(|m| m.timings.len()).sum();
        assert_eq!(html.matches("<tr><th scope=\"row\">").count(), timings);
        // Beside them those of the sizes, four for each version, and two for each way of calling.
        assert_eq!(html.matches("<rect").count(), timings + 8 + 2 * costs.calls.len());
        insta::assert_snapshot!(html);
    }

    #[test]
    fn text_of_others_is_never_markup() {
        let mut costs = sample::costs();
        costs.contract = "<b>\u{202e}".to_owned();
        costs.labels[0] = "<i>".to_owned();
        costs.messages[0].message = "<script>alert(1)</script>".to_owned();
        costs.notes.push("<img src=x>".to_owned());
        let html = page(&costs);
        for wrong in ["<b>", "<i>", "<script", "<img", "\u{202e}"] {
            assert!(!html.contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn bars_stay_in_the_picture() {
        let bar =
            |length: f64| Bar { label: "a".to_owned(), class: "go", length, off: 0.0, text: String::new() };
        let shown = picture("x", &[bar(0.0), bar(10.0), bar(5.0)]);
        let width = |at: usize| {
            shown.get_attr("bars").unwrap().get_item(&at.into()).unwrap().get_attr("width").unwrap()
        };
        let widths: Vec<String> = (0..3).map(|at| width(at).to_string()).collect();
        assert_eq!(widths, ["1.0", "220.0", "110.0"]);
    }
}
