//! The only traversal of two schemas: what changed, as typed [`Change`]s.
//!
//! [`changes`] pairs the elements of an old and a new schema (types by full name, fields and enum values by
//! number, methods by name, files by import path), recognises moves, renames and swaps, and gives one change
//! for each edit, harmless ones included. It judges nothing: what a change does to whom is for `verdict`,
//! whether anybody minds is for `policy`.

mod change;
mod echoes;
mod enums;
mod fields;
mod files;
mod gone;
mod kind;
mod messages;
mod remedy;
mod services;
mod shape;
mod types;

pub use change::{Change, Cx};
pub use echoes::{Echoes, echoes, is_compilers_own};
pub(crate) use fields::default_change;
pub(crate) use gone::gone_whole;
pub use kind::{
    Comeback, Departure, Ever, FileOption, Kind, NameChange, Notice, OneofChange, OptionText, Otherwise,
    Past, Structure, Waits, Was,
};
pub(crate) use kind::{Place, Shown, beside, wording};
pub(crate) use messages::missing;
pub use remedy::{Holder, Remedy};
pub use shape::Shapes;

use crate::schema::{Element, Schema, assignment, options};

/// Every change from the old schema to the new one, in the order of symbols.
pub fn changes(cx: &Cx<'_>) -> Vec<Change> {
    let mut differ = Differ { cx: *cx, shapes: Shapes::new(cx), out: Vec::new() };
    files::diff(&mut differ);
    types::diff(&mut differ);
    let mut out = differ.out;
    // Full names are costly to make: only once a change.
    out.sort_by_cached_key(|change| {
        (
            change.symbol(cx),
            change.id(cx),
            change.new.map(|e| cx.new.full_name(e)),
            format!("{:?}", change.kind_detail(cx)),
        )
    });
    out
}

/// The state of one traversal.
struct Differ<'a> {
    cx: Cx<'a>,
    shapes: Shapes<'a>,
    out: Vec<Change>,
}

impl Differ<'_> {
    fn push(&mut self, kind: Kind, old: Option<Element>, new: Option<Element>) {
        self.out.push(Change { kind, old, new, notice: Notice::default(), otherwise: Vec::new() });
    }

    /// What features tell generators, of two paired elements that stand in `outer`: once, where it is said.
    fn generator_features(&mut self, old: Element, new: Element, outer: Option<(Element, Element)>) {
        if self.cx.old.generator_features(old) == self.cx.new.generator_features(new) {
            return;
        }
        let side = |schema: &Schema, element| schema.generator_features(element).named();
        let of = |old, new| side(self.cx.old, old).into_iter().zip(side(self.cx.new, new));
        let said = outer.map(|(old, new)| of(old, new).collect::<Vec<_>>()).unwrap_or_default();
        let unsaid = |(i, (was, now)): (usize, (_, _))| was != now && said.get(i) != Some(&(was, now));
        if of(old, new).enumerate().any(unsaid) {
            self.push(Kind::GeneratorFeaturesChanged, Some(old), Some(new));
        }
    }

    /// `export` and `local` in front of a type: what they change for files of others.
    fn visibility(&mut self, old: Element, new: Element) {
        let (cx, name) = (self.cx, || self.cx.old.full_name(old).into());
        let (Some(was), Some(now)) = (cx.old.visibility(old), cx.new.visibility(new)) else { return };
        if was.written == now.written || was.exported == now.exported {
            return;
        }
        let (hidden, shown) =
            if was.exported { (vec![name()], Vec::new()) } else { (Vec::new(), vec![name()]) };
        self.push(Kind::VisibilityChanged { hidden, shown }, Some(old), Some(new));
    }

    /// `deprecated` and every option without a kind of its own, of two paired elements.
    fn options(&mut self, old: Element, new: Element) {
        if !options::differ(self.cx.old, old, self.cx.new, new) {
            return;
        }
        let (was, now) = (self.cx.old.is_deprecated(old), self.cx.new.is_deprecated(new));
        if was != now {
            self.push(Kind::DeprecationChanged { now }, Some(old), Some(new));
        }
        let before = options::options(self.cx.old, old);
        let after = options::options(self.cx.new, new);
        let mut numbers: Vec<u32> = before.iter().chain(&after).map(|o| o.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            // Both lists are sorted by number, and each number is there once.
            let find = |list: &[options::OptionValue]| {
                list.binary_search_by_key(&number, |o| o.number).ok().map(|i| list[i].clone())
            };
            let (was, now) = (find(&before), find(&after));
            if was.as_ref().map(|o| &o.encoded) == now.as_ref().map(|o| &o.encoded) {
                continue;
            }
            let Some(name) = now.as_ref().or(was.as_ref()).map(|o| o.name.clone()) else { continue };
            if has_own_kind(old, &name) {
                continue;
            }
            let text = |schema, element, option: Option<options::OptionValue>| {
                let written = |o: &options::OptionValue| assignment(schema, element, o).into();
                option.map(|o| OptionText { written: written(&o), raw: o.text().into() })
            };
            let (was, now) = (text(self.cx.old, old, was), text(self.cx.new, new, now));
            self.push(Kind::OptionChanged { option: name.into(), old: was, new: now }, Some(old), Some(new));
        }
    }
}

/// Options that the traversal compares by meaning elsewhere.
fn has_own_kind(element: Element, option: &str) -> bool {
    match element {
        _ if option == "deprecated" => true,
        Element::File(_) => {
            option == "java_string_check_utf8" || FileOption::ALL.iter().any(|o| o.name() == option)
        }
        Element::Message(_) => {
            matches!(option, "message_set_wire_format" | "no_standard_descriptor_accessor" | "map_entry")
        }
        Element::Field(_) => matches!(option, "ctype" | "jstype" | "packed"),
        Element::Method(_) => option == "idempotency_level",
        Element::EnumValue(_) => matches!(option, "(pb.enumvalue.json)" | "#998"),
        _ => false,
    }
}
