//! Settings of statements: entries between brackets, option statements, what says that something is deprecated.

use std::ops::Range;

use super::draft::{Draft, Lifted, Slot, Text};
use super::sides::At;
use super::tree::{Node, What};

/// What sets an entry in the brackets of a field or a value, in its own text.
pub(super) fn set_entry(node: &Node, name: &str, value: &str) -> (Range<usize>, String) {
    if let Some(entry) = node.setting(name) {
        return (entry.value, value.to_owned());
    }
    match node.brackets() {
        Some((at, entries)) => match entries.last() {
            Some(last) => (last.at.end..last.at.end, format!(", {name} = {value}")),
            None => (at.start + 1..at.start + 1, format!("{name} = {value}")),
        },
        None => {
            let at = node.number_at().map_or(node.at.end, |at| at.end);
            (at..at, format!(" [{name} = {value}]"))
        }
    }
}

/// What takes entries out of the brackets of a field or a value, in its own text.
pub(super) fn drop_entries(
    text: &Text,
    node: &Node,
    gone: &dyn Fn(&str) -> bool,
) -> Vec<(Range<usize>, String)> {
    let Some((at, entries)) = node.brackets() else { return Vec::new() };
    let kept: Vec<bool> = entries.iter().map(|entry| !gone(&entry.name)).collect();
    if kept.iter().all(|kept| *kept) {
        return Vec::new();
    }
    if kept.iter().all(|kept| !*kept) {
        let start = text.text[..at.start].trim_end_matches([' ', '\t']).len();
        return vec![(start..at.end, String::new())];
    }
    // Each goes with the comma behind it, the last ones with the comma in front.
    let last = kept.iter().rposition(|kept| *kept).unwrap_or(0);
    let mut out: Vec<(Range<usize>, String)> = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(index, _)| !kept[*index]) {
        if index < last {
            out.push((entry.at.start..entries[index + 1].at.start, String::new()));
        } else if index == last + 1 {
            let end = entries.last().map_or(entry.at.end, |e| e.at.end);
            out.push((entries[last].at.end..end, String::new()));
        }
    }
    out
}

/// What marks a statement as deprecated, in its own text.
pub(super) fn deprecated(at: At<'_>) -> Vec<(Range<usize>, String)> {
    let (text, node) = (at.text, at.node);
    match node.what {
        What::Field | What::Value => vec![set_entry(node, "deprecated", "true")],
        _ => {
            if let Some(value) = node.find(What::Option, "deprecated").and_then(Node::value_at) {
                return vec![(value, "true".to_owned())];
            }
            let option = "option deprecated = true;";
            let Some(body) = &node.body else {
                // A method without a block.
                let end = node.at.end - usize::from(text.of(&node.at).ends_with(';'));
                let (newline, indent) = (text.newline(), text.indent(node.at.start).unwrap_or_default());
                let unit = if indent.is_empty() { "  " } else { indent };
                let block = format!(" {{{newline}{indent}{unit}{option}{newline}{indent}}}");
                return vec![(end..node.at.end, block)];
            };
            let mut draft = Draft::default();
            draft.insert(std::slice::from_ref(text), 0, node, Slot::First, &[Lifted::new(option)]);
            draft
                .splices
                .into_iter()
                .map(|s| (s.at, s.with))
                .filter(|(at, _)| at.start >= body.start)
                .collect()
        }
    }
}

/// The entries that are about the type or the cardinality of a field, and make no sense with another one.
pub(super) fn is_of_type(name: &str) -> bool {
    matches!(name, "default" | "packed" | "ctype" | "jstype" | "lazy" | "unverified_lazy")
        || name == "features"
        || name.starts_with("features.")
}

/// Gives entries of the old statement to the new one, and takes those away that it did not have.
pub(super) fn sync_entries(draft: &mut Draft, old: At<'_>, new: At<'_>, which: &dyn Fn(&str) -> bool) {
    let olds = old.node.brackets().map(|(_, entries)| entries).unwrap_or_default();
    let olds: Vec<_> = olds.into_iter().filter(|entry| which(&entry.name)).collect();
    let missing = |name: &str| which(name) && !olds.iter().any(|entry| entry.name == name);
    let mut dropped = drop_entries(new.text, new.node, &missing);
    let added: Vec<_> = olds.iter().filter(|entry| new.node.setting(&entry.name).is_none()).collect();
    let written: Vec<&str> = added.iter().map(|entry| old.of(&entry.at)).collect();
    let written = written.join(", ");
    for entry in &olds {
        if let Some(there) = new.node.setting(&entry.name)
            && new.of(&there.value) != old.of(&entry.value)
        {
            draft.replace(new.file, there.value, old.of(&entry.value));
        }
    }
    if added.is_empty() {
        for (at, with) in dropped {
            draft.replace(new.file, at, with);
        }
        return;
    }
    let kept = new.node.brackets().is_some_and(|(_, entries)| entries.iter().any(|e| !missing(&e.name)));
    match new.node.brackets() {
        Some((at, _)) if !kept => draft.replace(new.file, at, format!("[{written}]")),
        Some(_) => {
            let last = new.node.brackets().and_then(|(_, e)| e.into_iter().rfind(|e| !missing(&e.name)));
            let end = last.map_or(new.node.at.end, |entry| entry.at.end);
            // What goes behind the last one that stays is replaced by what comes.
            match dropped.iter().position(|(at, _)| at.start == end) {
                Some(index) => {
                    let (at, _) = dropped.remove(index);
                    draft.replace(new.file, at, format!(", {written}"));
                }
                None => draft.replace(new.file, end..end, format!(", {written}")),
            }
            for (at, with) in dropped {
                draft.replace(new.file, at, with);
            }
        }
        None => {
            let end = new.node.number_at().map_or(new.node.at.end, |at| at.end);
            draft.replace(new.file, end..end, format!(" [{written}]"));
        }
    }
}

/// Gives option statements of an old block to the new one, and takes those away that it did not have.
pub(super) fn sync_options(
    draft: &mut Draft,
    texts: &[Text],
    old: At<'_>,
    new: At<'_>,
    which: &dyn Fn(&str) -> bool,
) {
    let options = |inner: &[Node]| -> Vec<Node> {
        inner.iter().filter(|n| n.what == What::Option && which(&n.name)).cloned().collect()
    };
    let (olds, news) = (options(&old.node.inner), options(&new.node.inner));
    if let ([was], [now]) = (&*olds, &*news)
        && was.name == now.name
        && let (Some(from), Some(to)) = (was.value_at(), now.value_at())
    {
        return draft.replace(new.file, to, old.of(&from));
    }
    news.iter().for_each(|option| draft.remove(texts, new.file, option, false));
    let lifted: Vec<Lifted> = olds.iter().map(|option| Lifted::new(old.of(&option.at))).collect();
    if lifted.is_empty() {
        return;
    }
    if new.node.body.is_some() {
        draft.insert(texts, new.file, new.node, Slot::First, &lifted);
        return;
    }
    let (newline, indent) = (new.text.newline(), new.text.indent(new.node.at.start).unwrap_or_default());
    let unit = if indent.is_empty() { "  " } else { indent };
    let lines: String =
        lifted.iter().map(|l| format!("{newline}{indent}{unit}{}", l.at("", newline))).collect();
    let end = new.node.at.end - usize::from(new.of(&new.node.at).ends_with(';'));
    draft.replace(new.file, end..new.node.at.end, format!(" {{{lines}{newline}{indent}}}"));
}
