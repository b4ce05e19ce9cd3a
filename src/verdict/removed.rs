//! Types that are gone: who says so, and what it means to data.
//!
//! A message that a field or a call held is judged where that field or call changed, since what took its place may read
//! the same bytes. One that nothing held was written as itself: into files, queues, an `Any`. Nobody can read that any
//! more, and the removal is all there is to say so.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Loss;
use crate::diff::{Change, Cx, Kind, gone_whole};
use crate::schema::{Element, EnumId, FileId, MessageId};
use crate::text::few;

/// What is gone from the old side, and nothing took over.
#[derive(Debug)]
pub(super) struct Removed {
    /// Messages that nobody else speaks for.
    alone: FxHashSet<MessageId>,
    /// Enums that no field held.
    unheld: FxHashSet<EnumId>,
    /// Files that went with everything in them.
    files: FxHashSet<FileId>,
}

impl Removed {
    pub(super) fn new(changes: &[Change], cx: &Cx<'_>) -> Removed {
        let (mut messages, mut enums) = (FxHashSet::default(), FxHashSet::default());
        // What a file in another package still declares is compared with what it is now.
        let lost = |c: &&Change| matches!(c.kind, Kind::TypeRemoved(_)) && cx.successor(c).is_none();
        for change in changes.iter().filter(lost) {
            match change.old {
                Some(Element::Message(id)) if !cx.old.message(id).map_entry => {
                    messages.insert(id);
                }
                Some(Element::Enum(id)) => {
                    enums.insert(id);
                }
                _ => {}
            }
        }
        if messages.is_empty() && enums.is_empty() {
            return Removed { alone: messages, unheld: enums, files: FxHashSet::default() };
        }
        for (_, field) in cx.old.fields() {
            if let Some(held) = cx.old.field_enum(field) {
                enums.remove(&held);
            }
        }
        let alone = alone(&messages, cx);
        Removed { alone, unheld: enums, files: gone_whole(changes, cx) }
    }

    /// What the removal of one message does, if that is not told elsewhere.
    pub(super) fn message(&self, id: MessageId) -> Option<Loss> {
        self.alone.contains(&id).then(|| {
            Loss::rejects("what was written as it can no longer be read: nothing declares the type any more")
        })
    }

    /// The same for an enum.
    pub(super) fn enum_(&self, id: EnumId) -> Option<Loss> {
        self.unheld.contains(&id).then(|| {
            Loss::unknown("no field of the contract held it; whoever kept its numbers or names elsewhere has lost what they mean")
        })
    }

    /// What the removal of a file with everything in it does.
    pub(super) fn file(&self, cx: &Cx<'_>, id: FileId) -> Loss {
        if self.files.contains(&id) { self.of_files(cx, &[id]) } else { Loss::none() }
    }

    /// What the removal of all that some files held does.
    pub(super) fn of_files(&self, cx: &Cx<'_>, files: &[FileId]) -> Loss {
        let own = |file: FileId| files.contains(&file) && cx.old.file(file).target;
        let messages = self.alone.iter().filter(|m| own(cx.old.message(**m).file));
        let mut names: Vec<&str> = messages.map(|m| &*cx.old.message(*m).full_name).collect();
        names.sort_unstable();
        if !names.is_empty() {
            return Loss::rejects(format!(
                "what was written as `{}` can no longer be read: nothing declares the type any more",
                few(&names, "`, `")
            ));
        }
        let enum_ = self.unheld.iter().find(|e| own(cx.old.enum_(**e).file));
        enum_.and_then(|id| self.enum_(*id)).unwrap_or_else(Loss::none)
    }
}

/// Of messages that are gone those that neither a field or a call of what stayed, nor another of them held.
fn alone(gone: &FxHashSet<MessageId>, cx: &Cx<'_>) -> FxHashSet<MessageId> {
    let mut holds: FxHashMap<MessageId, Vec<MessageId>> = FxHashMap::default();
    let mut told: Vec<MessageId> = Vec::new();
    let mut held: FxHashSet<MessageId> = FxHashSet::default();
    let fields = cx.old.fields().filter_map(|(_, field)| {
        let held = cx.old.field_message(field)?;
        let by = match &field.extendee {
            Some(extendee) => cx.old.message_by_name(extendee)?,
            None => field.parent?,
        };
        // The entry of a map is its field.
        let message = cx.old.message(by);
        Some((if message.map_entry { message.parent? } else { by }, held))
    });
    let nested = gone.iter().filter_map(|id| Some((cx.old.message(*id).parent?, *id)));
    for (by, inner) in fields.chain(nested.filter(|(outer, _)| gone.contains(outer))) {
        let entry = cx.old.message(inner).map_entry;
        if by == inner || entry || !gone.contains(&inner) {
            continue;
        }
        if gone.contains(&by) {
            holds.entry(by).or_default().push(inner);
            held.insert(inner);
        } else {
            told.push(inner);
        }
    }
    for (_, method) in cx.old.methods() {
        let carried = [&method.input, &method.output].into_iter().filter_map(|n| cx.old.message_by_name(n));
        told.extend(carried.filter(|m| gone.contains(m)));
    }
    let mut seen: FxHashSet<MessageId> = FxHashSet::default();
    for id in told {
        follow(id, &holds, &mut seen);
    }
    // Those that nobody holds first; what is left then hold each other in circles.
    let mut rest: Vec<MessageId> = gone.iter().copied().collect();
    rest.sort_by_key(|id| (held.contains(id), cx.old.message(*id).full_name.clone()));
    let mut alone = FxHashSet::default();
    for id in rest {
        if !seen.contains(&id) {
            alone.insert(id);
            follow(id, &holds, &mut seen);
        }
    }
    alone
}

/// Adds a message and all that it holds to what was seen.
fn follow(from: MessageId, holds: &FxHashMap<MessageId, Vec<MessageId>>, seen: &mut FxHashSet<MessageId>) {
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(holds.get(&id).into_iter().flatten());
        }
    }
}
