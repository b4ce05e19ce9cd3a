//! A table for each message, and what would help.

use std::io;

use super::super::calls::CLIENTS;
use super::super::stats::{megabytes_per_second, time};
use super::super::subject::Sizes;
use super::super::{Costs, MessageCosts, Op, Timing};
use super::{grown, percent};
use crate::present::Format;
use crate::text::{Line, Style, View, plural};
use crate::words::Language;

/// The format.
pub(super) const FORMAT: Format<Costs> =
    Format { name: "text", help: "A table for each message, for people", hidden: false, write };

fn write(costs: &Costs, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for message in &costs.messages {
        sizes(costs, message, view, out)?;
        if !message.timings.is_empty() {
            table(message, &wide(view), out)?;
        }
        writeln!(out)?;
    }
    calls(costs, &wide(view), out)?;
    for advice in &costs.advice {
        let saves = match advice.saves {
            0 => String::new(),
            saves => format!(" ({} of `{}`)", plural(saves, "byte"), advice.message),
        };
        Line::new()
            .styled(Style::Warn, advice.code.as_str())
            .plain(format!("  `{}`: {}{saves}", advice.symbol, advice.what))
            .hang(8)
            .write(view, out)?;
        if let Some(place) = &advice.place {
            Line::labelled("at").plain(place).write(view, out)?;
        }
        Line::labelled("fix").plain(advice.code.fix()).write(view, out)?;
    }
    for note in &costs.notes {
        Line::new().styled(Style::Note, "note").plain(format!("  {note}")).hang(6).write(view, out)?;
    }
    let broken = costs.skips.iter().filter(|s| s.failed.is_some()).count();
    for failure in costs.failures.iter().skip(broken) {
        Line::new().styled(Style::Error, "failed").plain(format!("  {failure}")).hang(8).write(view, out)?;
    }
    for skip in &costs.skips {
        Line::new()
            .styled(if skip.failed.is_some() { Style::Error } else { Style::Warn }, "skipped")
            .plain(format!("  {}: {}", skip.language.as_str(), skip.reason))
            .hang(9)
            .write(view, out)?;
    }
    let with =
        costs.facts.libraries.iter().map(|(language, asked)| format!("{}: {asked}", language.as_str()));
    let with = with.collect::<Vec<_>>().join("; ");
    if !with.is_empty() {
        Line::new().styled(Style::Faint, "with").plain(format!("  {with}")).hang(6).write(view, out)?;
    }
    let (messages, advice) = (costs.messages.len(), costs.advice.len());
    let told = match advice {
        0 => "no advice".to_owned(),
        1 => "1 piece of advice".to_owned(),
        n => format!("{n} pieces of advice"),
    };
    Line::new().plain(format!("{} measured · {told}", plural(messages, "message"))).write(view, out)
}

/// The name of a message, and its sizes.
fn sizes(costs: &Costs, message: &MessageCosts, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let mut heading =
        Line::new().styled(Style::Strong, &message.message).plain(format!(" ({})", message.sample));
    if let Some(Some(sizes)) = message.sizes.last() {
        let earlier = message.sizes.len().checked_sub(2).and_then(|at| message.sizes[at]);
        let one = |of: fn(&Sizes) -> Option<usize>| {
            let new = of(sizes)?;
            let change = earlier.as_ref().and_then(of).and_then(|old| grown(new, old));
            Some(plural(new, "byte") + &change.map(|change| format!(" ({change})")).unwrap_or_default())
        };
        let wire = one(|s| Some(s.wire)).unwrap_or_default();
        let gzip = one(|s| Some(s.wire_gzip)).unwrap_or_default();
        heading = heading.plain(format!(": {wire}, with gzip {gzip}"));
        if let (Some(json), Some(gzip)) = (one(|s| s.json), one(|s| s.json_gzip)) {
            heading = heading.plain(format!(" · JSON {json}, with gzip {gzip}"));
        }
        if message.sizes.len() > 1 && earlier.is_none() {
            heading = heading.plain(format!(" · {} does not have it", costs.labels[0]));
        }
    }
    heading.hang(2).write(view, out)
}

/// Languages by what is timed; below each time what follows from it.
fn table(message: &MessageCosts, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let newest = message.sizes.len().saturating_sub(1);
    let mut rows: Vec<(Style, Vec<String>)> = Vec::new();
    let heads = Op::ALL.map(|op| op.as_str().to_owned());
    rows.push((Style::Faint, [vec![String::new()], heads.to_vec()].concat()));
    for language in Language::ALL {
        let of = |op: Op| message.timing(language, op, newest);
        if Op::ALL.iter().all(|op| of(*op).is_none()) {
            continue;
        }
        let wire = message.sizes.last().copied().flatten().map_or(0, |sizes| sizes.wire);
        let row = |name: &str, cell: &dyn Fn(&Timing) -> Option<String>| {
            let cells = Op::ALL.map(|op| of(op).and_then(cell).unwrap_or_else(|| "-".to_owned()));
            [vec![name.to_owned()], cells.to_vec()].concat()
        };
        let spread = |t: &Timing| Some(format!("{} ±{:.0} %", time(t.time.median), t.time.spread()));
        rows.push((Style::Plain, row(language.as_str(), &spread)));
        let mut more = vec![row("", &|t: &Timing| {
            let rate = megabytes_per_second(wire, t.time.median);
            (t.op.moves_bytes() && wire > 0).then(|| format!("{rate:.0} MB/s"))
        })];
        more.push(row("", &allocations));
        more.push(row("", &|t: &Timing| {
            let earlier = newest.checked_sub(1).and_then(|at| message.timing(t.language, t.op, at))?;
            Some(t.time.change(&earlier.time).map_or_else(|| "as before".to_owned(), percent))
        }));
        more.retain(|row| row.iter().any(|cell| !cell.is_empty() && cell != "-"));
        rows.extend(more.into_iter().map(|row| (Style::Faint, row)));
    }
    let columns = Op::ALL.len() + 1;
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|(_, row)| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for (style, row) in &rows {
        let mut text = String::from("  ");
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        Line::new().styled(*style, text.trim_end()).write(view, out)?;
    }
    Ok(())
}

/// A table of kinds of calls for each version and language.
fn calls(costs: &Costs, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    if costs.calls.is_empty() {
        return Ok(());
    }
    let clients = plural(CLIENTS, "client");
    let title =
        format!("calls: latency of one by one (slowest of 100), and calls in a second with {clients}");
    Line::new().styled(Style::Strong, title).write(view, out)?;
    let rows = costs.calls.iter().map(|call| {
        let version = costs.labels.get(call.version).map_or("", String::as_str);
        [
            format!("{}@{version}", call.language.as_str()),
            call.kind.as_str().to_owned(),
            if call.tls { "TLS" } else { "plain" }.to_owned(),
            format!("{} ({})", time(call.latency.median), time(call.slow)),
            format!("{:.0}/s", call.per_second),
            call.method.clone(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let widths: Vec<usize> =
        (0..6).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0)).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let text = cells.collect::<Vec<_>>().join("  ");
        Line::new().plain(format!("  {}", text.trim_end())).write(view, out)?;
    }
    writeln!(out)
}

/// What is allocated, as far as the language tells.
fn allocations(timing: &Timing) -> Option<String> {
    let bytes = timing.allocated.map(|bytes| format!("{bytes:.0} B"));
    match (timing.allocations, bytes) {
        (Some(times), Some(bytes)) => Some(format!("{}, {bytes}", plural(times.round() as usize, "alloc"))),
        (Some(times), None) => Some(plural(times.round() as usize, "alloc")),
        (None, bytes) => bytes.map(|bytes| format!("{bytes} allocated")),
    }
}

/// A table is not folded.
fn wide(view: &View) -> View {
    View { width: None, ..*view }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn everything_is_there() {
        let mut out = Vec::new();
        write(&sample::costs(), &View { colour: false, width: Some(100) }, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        shop.v1.Item (full): 130 bytes (+30 %), with gzip 150 bytes (+25 %) · JSON 260 bytes (+30 %), with
          gzip 255 bytes (+31 %)
                  build           serialise       parse           copy
          go      90.9 ns ±2 %    121 ns ±2 %     336 ns ±2 %     152 ns ±2 %
                  -               1073 MB/s       387 MB/s        -
                  3 allocs, 96 B  3 allocs, 96 B  3 allocs, 96 B  3 allocs, 96 B
                  as before       as before       +40 %           as before
          python  682 ns ±2 %     909 ns ±2 %     2.52 µs ±2 %    1.14 µs ±2 %
                  -               143 MB/s        52 MB/s         -
                  as before       as before       +40 %           as before

        calls: latency of one by one (slowest of 100), and calls in a second with 8 clients
          go@worktree  unary  plain  80.0 µs (240 µs)  21000/s  /shop.v1.Shop/Get
          go@worktree  unary  TLS    110 µs (330 µs)   17000/s  /shop.v1.Shop/Get

        unpacked-list  `shop.v1.Item.numbers`: a list of `int32` with a tag before each number (12 bytes of
                `shop.v1.Item`)
             at shop/v1/shop.proto:3:5
            fix declare it packed (`[packed = true]`; in editions `features.repeated_field_encoding =
                PACKED`): parsers read both forms
        note  go@worktree: a note
        skipped  java: `mvn` is not there
        with  go: protobuf 1.36
        1 message measured · 1 piece of advice
        ");
    }
}
