//! Which calls carry a changed element.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::diff::{Change, Cx};
use crate::findings::Calls;
use crate::schema::{Element, Role, Schema, Use};
use crate::verdict::Judge;

/// The most calls one finding names. Beyond this only their number is of use, and a contract in which everything
/// carries everything would fill the disk with names.
const MAX_NAMED: usize = 1000;

/// Says which calls carry what. Changes of one message share one answer.
pub(super) struct Affects<'a> {
    judge: &'a Judge<'a>,
    /// The full names of all methods of both sides, sorted.
    names: Vec<String>,
    /// For each method of a side where its name is.
    old: Vec<u32>,
    new: Vec<u32>,
    known: FxHashMap<(Option<Element>, Option<Element>), Arc<Calls>>,
}

impl<'a> Affects<'a> {
    pub(super) fn new(cx: &Cx<'a>, judge: &'a Judge<'a>) -> Affects<'a> {
        let of = |schema: &Schema| -> Vec<String> {
            schema.methods().map(|(id, _)| schema.full_name(Element::Method(id))).collect()
        };
        let (old, new) = (of(cx.old), of(cx.new));
        let mut names: Vec<String> = old.iter().chain(&new).cloned().collect();
        names.sort_unstable();
        names.dedup();
        let place = |list: Vec<String>| -> Vec<u32> {
            list.iter().map(|name| names.partition_point(|n| n < name) as u32).collect()
        };
        let (old, new) = (place(old), place(new));
        Affects { judge, names, old, new, known: FxHashMap::default() }
    }

    /// The calls of either side that carry the element: `user.v1.UserService.GetUser (response)`, sorted.
    /// A method is the call itself, and carries nothing else.
    pub(super) fn of(&mut self, change: &Change) -> Arc<Calls> {
        if [change.old, change.new].into_iter().flatten().any(|e| matches!(e, Element::Method(_))) {
            return Arc::new(Calls { named: Vec::new(), more: 0 });
        }
        let old = change.old.map(|e| self.judge.old_carrier(e));
        // What is gone stands beside the place where it was missed: another sort of element, with calls of its own.
        let same_sort = |e: &Element| {
            change.old.is_none_or(|old| std::mem::discriminant(&old) == std::mem::discriminant(e))
        };
        let new = change.new.filter(same_sort).map(|e| self.judge.new_carrier(e));
        if let Some(known) = self.known.get(&(old, new)) {
            return Arc::clone(known);
        }
        let mut calls: Vec<(u32, u8)> = Vec::new();
        if let Some(element) = old {
            let uses = self.judge.old_uses(element);
            calls.extend(uses.into_iter().map(|u| (self.old[u.method.index()], part(element, u))));
        }
        if let Some(element) = new {
            let uses = self.judge.new_uses(element);
            calls.extend(uses.into_iter().map(|u| (self.new[u.method.index()], part(element, u))));
        }
        calls.sort_unstable();
        calls.dedup();
        let text =
            |(name, part): &(u32, u8)| format!("{}{}", self.names[*name as usize], PARTS[*part as usize]);
        let named: Vec<String> = calls.iter().take(MAX_NAMED).map(text).collect();
        let calls = Arc::new(Calls { more: calls.len() - named.len(), named });
        self.known.insert((old, new), Arc::clone(&calls));
        calls
    }
}

const PARTS: [&str; 3] = ["", " (request)", " (response)"];

/// An index into [`PARTS`].
fn part(element: Element, used: Use) -> u8 {
    match (element, used.role) {
        // A service is its calls, whatever they carry.
        (Element::Service(_), _) => 0,
        (_, Role::Request) => 1,
        (_, Role::Response) => 2,
    }
}
