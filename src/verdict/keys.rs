//! Two fields with one JSON name: what proto2 lets a compiler pass with a warning.
//!
//! Parsers do not agree on whose the key is, writers give it twice, and Python's runtime refuses the file as a whole
//! (`duplicate json_name`), so that no module of it can be imported.

use super::{Cells, Loss};
use crate::diff::{Change, Cx, Kind};
use crate::schema::Element;
use crate::words::{Direction, Language, Lens};

pub(super) fn judge(change: &Change, cx: &Cx<'_>, cells: &mut Cells) {
    if !matches!(
        change.kind,
        Kind::FieldAdded { .. } | Kind::FieldNameChanged(_) | Kind::FieldJsonNameChanged
    ) {
        return;
    }
    let Some(Element::Field(new)) = change.new else { return };
    let Some(other) = cx.new.json_namesake(new) else { return };
    if let Some(Element::Field(old)) = change.old
        && cx.old.json_namesake(old).is_some()
    {
        return;
    }
    let (field, other) = (cx.new.field(new), cx.new.field(other));
    let key = &field.json_name;
    cells.both(
        Lens::Json,
        Loss::corrupt(format!(
            "`{}` and `{}` have the key `{key}`: a parser reads either as the other",
            other.name, field.name
        )),
    );
    let reason = format!(
        "the generated module cannot be imported: `{}` and `{}` have the JSON name `{key}`",
        other.name, field.name
    );
    cells.add(Lens::Source(Language::Python), Direction::Backward, Loss::rejects(reason));
}
