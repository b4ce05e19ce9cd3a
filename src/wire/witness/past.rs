//! Witnesses for a number that an earlier published version used for something else.

use super::candidates::Trial;
use super::{Prover, Shown};
use crate::compile::{self, Input, InputFile};
use crate::diff::{Change, Comeback, Cx, Past};
use crate::schema::{Element, Label, Schema};
use crate::wire::sample::Maker;
use crate::words::{Direction, Effect, Lens};

impl Prover<'_> {
    /// Data between the version that used the number before and the new side, with that version as it is tagged.
    /// Only scalars are remembered well enough.
    pub(super) fn past(
        &self,
        change: &Change,
        lens: Lens,
        direction: Direction,
        effect: Effect,
    ) -> Option<(Shown, String)> {
        let past = change.reused()?;
        // JSON does not see the number: under another name it is another key.
        if lens == Lens::Json && past.comeback != Comeback::OtherType {
            return None;
        }
        let Some(Element::Field(id)) = change.new else { return None };
        let (field, parent) = (self.cx.new.field(id), self.cx.new.field(id).parent?);
        let name = self.cx.new.message(parent).name.to_string();
        let then = schema(past, &name, field.number)?;
        let message = then.message_by_name(&name)?;
        let prover = Prover::new(&Cx { old: &then, new: self.cx.new }, &[]);
        let (write, of, to, id) = match direction {
            Direction::Backward => (&then, message, parent, then.field_by_number(message, field.number)?),
            Direction::Forward => (self.cx.new, parent, message, id),
        };
        let maker = Maker::new(write, 0, true);
        let trees = super::candidates::with_cases(&maker, write, of, write.field(id));
        let trial = Trial { write: of, read: to, focus: vec![field.number], trees, absent: None };
        let shown = prover.search(&[trial], lens, direction, effect)?;
        Some((shown, past.version.to_string()))
    }
}

/// The message as far as it is remembered: one field. Whether a list was packed is not, so it is taken to have been.
fn schema(past: &Past, message: &str, number: i32) -> Option<Schema> {
    let kind = past.scalar.filter(|k| !k.is_named())?;
    let (label, options) = match past.label {
        Label::Repeated if kind.is_packable() => ("repeated", " [packed = true]"),
        Label::Repeated => ("repeated", ""),
        Label::Optional | Label::Required => ("optional", ""),
    };
    let (kind, name) = (kind.as_str(), &past.name);
    let text =
        format!("syntax = \"proto2\"; message {message} {{ {label} {kind} {name} = {number}{options}; }}");
    let file = InputFile {
        name: "past.proto".into(),
        display: "past.proto".into(),
        content: text.into_bytes().into(),
        target: true,
    };
    let input = Input { files: vec![file], ..Input::default() };
    let compiled = compile::compile(&input, &compile::Options::default()).ok()?;
    Schema::build(&compiled).ok()
}
