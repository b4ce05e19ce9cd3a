//! Files that are gone with everything in them.

use rustc_hash::FxHashSet;

use super::{Change, Cx, Kind};
use crate::schema::{Element, FileId};

/// The files of the old side that are removed and whose messages and enums nothing took over: for a person that is one
/// edit, whatever their number. A file that lost its types to another one leaves that to the types.
pub(crate) fn gone_whole(changes: &[Change], cx: &Cx<'_>) -> FxHashSet<FileId> {
    let mut files = FxHashSet::default();
    let mut types = FxHashSet::default();
    for change in changes {
        match (&change.kind, change.old) {
            (Kind::FileRemoved, Some(Element::File(id))) => {
                files.insert(id);
            }
            (Kind::TypeRemoved(_), Some(element)) => {
                types.insert(element);
            }
            _ => {}
        }
    }
    files.retain(|id| {
        let file = cx.old.file(*id);
        let messages = file.messages.iter().map(|m| Element::Message(*m));
        let enums = file.enums.iter().map(|e| Element::Enum(*e));
        messages.chain(enums).all(|element| types.contains(&element))
    });
    files
}
