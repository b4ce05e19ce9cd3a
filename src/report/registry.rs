//! The answer of a schema registry, as sentences.

use super::Report;
use crate::findings::RegistryCase;
use crate::text::plural;
use crate::words::Effect;

/// How many edits that were not tried are named.
const NAMED: usize = 3;

/// What a registry takes and refuses, one sentence each, the answer first; nothing where none was named.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let Some(answer) = &report.registry else { return Vec::new() };
    let (name, mode) = (answer.registry.title(), answer.mode.as_str());
    let verdict = if answer.takes() { "takes it" } else { "refuses it" };
    let mut out = vec![format!("{name} ({mode}) {verdict}")];
    let against = |case: &RegistryCase| match report.baselines.is_empty() {
        true => String::new(),
        false => format!(" against {}", report.range(&case.against)),
    };
    for case in &answer.refused {
        let readers = match case.readers {
            Effect::Ok => "readers can read it".to_owned(),
            effect => format!("readers: {}", effect.as_str()),
        };
        let direction = case.direction.as_str();
        out.push(format!("{name} refuses ({direction}{}): {}; {readers}", against(case), case.message));
    }
    for case in &answer.unread {
        let (direction, effect) = (case.direction.as_str(), case.readers.as_str());
        out.push(format!(
            "{name} takes ({direction}{}) what readers cannot read ({effect}): {}",
            against(case),
            case.message
        ));
    }
    if !answer.untried.is_empty() {
        let count = plural(answer.untried.len(), "edit");
        let named: Vec<&str> = answer.untried.iter().take(NAMED).map(|case| case.message.as_str()).collect();
        let more = if answer.untried.len() > NAMED { "; …" } else { "" };
        out.push(format!("nobody has tried {count} of these on {name}: {}{more}", named.join("; ")));
    }
    out
}
