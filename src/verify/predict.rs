//! What the static verdict has to say about what programs are about to do.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::Version;
use super::matrix::Unseen;
use super::side::Side;
use crate::diff::{self, Cx};
use crate::schema::{Element, Schema};
use crate::verdict::{Direction, Effect, Judge, Lens};

/// One cell of a verdict that is not `ok`, with whom it concerns.
#[derive(Debug)]
struct Prediction {
    change: String,
    lens: Lens,
    direction: Direction,
    effect: Effect,
    /// The messages and enums that are read differently.
    types: BTreeSet<String>,
    /// The methods, by path; every method of a service that is gone.
    methods: BTreeSet<String>,
}

/// Everything the verdict says about two versions on the wire and in calls.
#[derive(Debug)]
pub struct Predictions {
    all: Vec<Prediction>,
    seen: Mutex<BTreeSet<usize>>,
}

/// The message or enum an element is part of.
fn holder(schema: &Schema, element: Element) -> Option<String> {
    let message = |id| schema.message(id).full_name.to_string();
    match element {
        Element::Message(id) => Some(message(id)),
        Element::Enum(id) => Some(schema.enum_(id).full_name.to_string()),
        Element::EnumValue(id) => Some(schema.enum_(schema.value(id).parent).full_name.to_string()),
        Element::Oneof(id) => Some(message(schema.oneof(id).parent)),
        Element::Field(id) => {
            let field = schema.field(id);
            field.extendee.as_ref().map(ToString::to_string).or_else(|| field.parent.map(message))
        }
        Element::File(_) | Element::Service(_) | Element::Method(_) => None,
    }
}

fn methods(schema: &Schema, element: Element) -> Vec<String> {
    match element {
        Element::Method(id) => vec![schema.call_path(id)],
        Element::Service(id) => schema.service(id).methods.iter().map(|m| schema.call_path(*m)).collect(),
        Element::File(id) => {
            let services = schema.file(id).services.iter().flat_map(|s| &schema.service(*s).methods);
            services.map(|m| schema.call_path(*m)).collect()
        }
        _ => Vec::new(),
    }
}

impl Predictions {
    /// Compares and judges two versions.
    #[must_use]
    pub fn new(old: &Side, new: &Side) -> Predictions {
        let cx = Cx { old: &old.schema, new: &new.schema };
        let judge = Judge::new(&cx);
        let mut all = Vec::new();
        for change in diff::changes(&cx) {
            let sides = [(change.old, &old.schema), (change.new, &new.schema)];
            let elements = || sides.iter().filter_map(|(e, schema)| Some(((*e)?, *schema)));
            for cell in judge.judge(&change).cells {
                if !matches!(cell.lens, Lens::Wire | Lens::Rpc) {
                    continue;
                }
                all.push(Prediction {
                    change: format!("{} {}", change.id(&cx), change.symbol(&cx)),
                    lens: cell.lens,
                    direction: cell.direction,
                    effect: cell.effect,
                    types: elements().filter_map(|(e, schema)| holder(schema, e)).collect(),
                    methods: elements().flat_map(|(e, schema)| methods(schema, e)).collect(),
                });
            }
        }
        Predictions { all, seen: Mutex::default() }
    }

    fn found(&self, wanted: impl Fn(&Prediction) -> bool) -> Option<String> {
        let hits: Vec<usize> = (0..self.all.len()).filter(|i| wanted(&self.all[*i])).collect();
        if let Ok(mut seen) = self.seen.lock() {
            seen.extend(&hits);
        }
        hits.first().map(|i| self.all[*i].change.clone())
    }

    /// The change that explains why a message of `writer` is not what `reader` sees. Asked only about what was seen
    /// to differ.
    #[must_use]
    pub fn message(&self, writer: (&Side, Version), reader: (&Side, Version), name: &str) -> Option<String> {
        let direction = direction(writer.1, reader.1)?;
        self.found(|p| {
            p.lens == Lens::Wire
                && p.direction == direction
                && p.types.iter().any(|t| writer.0.holds(name, t) || reader.0.holds(name, t))
        })
    }

    /// The change that explains why a call does not go through. Asked only about what was seen to differ.
    #[must_use]
    pub fn call(&self, client: Version, server: Version, path: &str) -> Option<String> {
        let direction = direction(client, server)?;
        self.found(|p| p.lens == Lens::Rpc && p.direction == direction && p.methods.contains(path))
    }

    /// What the verdict is sure of, through one of these lenses, and nobody has asked about.
    #[must_use]
    pub fn unseen(&self, lenses: &[Lens]) -> Vec<Unseen> {
        let seen = self.seen.lock().map(|s| s.clone()).unwrap_or_default();
        let sure = |p: &Prediction| p.effect != Effect::Unknown && lenses.contains(&p.lens);
        let left = self.all.iter().enumerate().filter(|(i, p)| !seen.contains(i) && sure(p));
        left.map(|(_, p)| Unseen {
            change: p.change.clone(),
            verdict: format!("{} {} {}", p.lens.as_str(), p.direction.as_str(), p.effect.as_str()),
        })
        .collect()
    }
}

/// `None` within one version, where nothing has changed.
fn direction(from: Version, to: Version) -> Option<Direction> {
    match (from, to) {
        (Version::Old, Version::New) => Some(Direction::Backward),
        (Version::New, Version::Old) => Some(Direction::Forward),
        _ => None,
    }
}
