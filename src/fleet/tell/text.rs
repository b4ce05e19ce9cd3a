//! A table of clients and events, for people.

use std::io;

use super::super::{CALLERS, Event, LIMIT, Phase, Rollout};
use crate::present::Format;
use crate::text::{Line, Style, View, plural};

/// The format.
pub(super) const FORMAT: Format<Rollout> =
    Format { name: "text", help: "A table of clients and events, for people", hidden: false, write };

/// How wide a language and a number of calls are.
const NARROW: usize = 9;
/// How wide what came of an event is.
const WIDE: usize = 26;

fn write(rollout: &Rollout, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let [old, new] = &rollout.labels;
    let delay = rollout.drain_delay.as_secs();
    let found = rollout.dns.as_ref().map(|dns| format!(", found by DNS ({dns})")).unwrap_or_default();
    Line::new().styled(Style::Strong, &rollout.method).write(view, out)?;
    let told = format!(
        "  {} of {old}, {CALLERS} callers in each language, who is there by {}{found}; one leaves and waits {delay} s, \
         one is killed, one joins that serves {new}",
        plural(rollout.count, "instance"),
        rollout.by,
    );
    Line::new().plain(told).hang(2).write(view, out)?;
    writeln!(out)?;
    let wide = View { width: None, ..*view };
    let mut heading = Line::new().styled(Style::Faint, format!("{:NARROW$}{:>NARROW$}", "client", "calls"));
    for event in Event::ALL {
        heading = heading.styled(Style::Faint, format!("  {}", padded(event, event.as_str())));
    }
    heading.write(&wide, out)?;
    for caller in &rollout.callers {
        let name = caller.language.as_str();
        let mut line = Line::new().plain(format!("{name:NARROW$}{:>NARROW$}", caller.calls()));
        for (event, phase) in &caller.phases {
            let style = if caller.is_wrong(*event, phase) { Style::Error } else { Style::Plain };
            line = line.plain("  ").styled(style, padded(*event, &cell(phase)));
        }
        line.write(&wide, out)?;
    }
    writeln!(out)?;
    for caller in &rollout.callers {
        for (event, phase) in &caller.phases {
            for (what, count) in &phase.errors {
                let style = if event.loses_nothing() { Style::Error } else { Style::Note };
                Line::new()
                    .styled(style, event.as_str())
                    .plain(format!("  {}: {count} × {what}", caller.language.as_str()))
                    .hang(8)
                    .write(view, out)?;
            }
        }
    }
    let missed = rollout.callers.iter().filter(|caller| caller.missed_who_joined());
    let missed: Vec<&str> = missed.map(|caller| caller.language.as_str()).collect();
    if !missed.is_empty() {
        let told = format!(
            "  {}: not called within {} s; clients ask DNS again when a connection ends, at most every 30 s",
            missed.join(", "),
            LIMIT.as_secs()
        );
        Line::new().styled(Style::Note, Event::Joins.as_str()).plain(told).hang(7).write(view, out)?;
    }
    for skip in &rollout.skips {
        Line::new()
            .styled(if skip.failed.is_some() { Style::Error } else { Style::Warn }, "skipped")
            .plain(format!("  {}: {}", skip.language.as_str(), skip.reason))
            .hang(9)
            .write(view, out)?;
    }
    let told = if rollout.is_well() {
        "no call was lost where an instance left or joined"
    } else {
        "calls were lost that must not be, or never went where they should"
    };
    Line::new().plain(told).write(view, out)
}

/// As wide as its column; the last one ends where its text does.
fn padded(event: Event, text: &str) -> String {
    if Event::ALL.last() == Some(&event) { text.to_owned() } else { format!("{text:WIDE$}") }
}

/// What came of an event: `0 lost, 0.1 s, 33/34/33 %`.
fn cell(phase: &Phase) -> String {
    let all = phase.spread.values().sum::<u64>().max(1);
    let parts = phase.spread.values().map(|count| format!("{:.0}", *count as f64 * 100.0 / all as f64));
    let lost = phase.lost();
    match phase.noticed {
        Some(time) => {
            let spread = parts.collect::<Vec<_>>().join("/");
            format!("{lost} lost, {:.1} s, {spread} %", time.as_secs_f64())
        }
        None => format!("{lost} lost, not noticed"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::rollout;
    use super::*;

    fn told(rollout: &Rollout, width: Option<usize>) -> String {
        let mut out = Vec::new();
        write(rollout, &View { colour: false, width }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_says_what_was_lost_and_how_long_it_took() {
        insta::assert_snapshot!(told(&rollout(), Some(100)));
    }

    #[test]
    fn by_dns_who_joins_may_go_unnoticed_and_must_cost_no_call() {
        let mut found = rollout();
        found.dns = Some("127.0.0.1:5300/pay.test".to_owned());
        found.callers.iter_mut().for_each(|caller| caller.by_dns = true);
        assert!(!found.is_well(), "calls were lost");
        found.callers[1].phases.get_mut(&Event::Joins).unwrap().errors.clear();
        assert!(found.is_well());
        let text = told(&found, None);
        assert!(text.contains("found by DNS (127.0.0.1:5300/pay.test)"), "{text}");
        assert!(text.contains("joins  python: not called within 60 s"), "{text}");
        found.callers[1].phases.get_mut(&Event::Leaves).unwrap().noticed = None;
        assert!(!found.is_well(), "who leaves is noticed by DNS, too");
    }

    #[test]
    fn nothing_lost_is_said_so() {
        let mut well = rollout();
        well.callers.pop();
        assert!(told(&well, None).ends_with("no call was lost where an instance left or joined\n"));
        assert!(!told(&rollout(), None).contains('\u{1b}'), "what servers say is shown as text");
    }
}
