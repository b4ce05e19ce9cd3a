//! What the static verdict has to say about what programs are about to do.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::Version;
use super::matrix::{Foretold, Unseen};
use super::memo::Memo;
use super::side::Side;
use crate::compare::Comparison;
use crate::schema::{Cardinality, Element, Schema};
use crate::wire::Reader;
use crate::words::{Direction, Effect, Lens};

/// One cell of a verdict that is not `ok`, with whom it concerns.
#[derive(Debug)]
struct Prediction {
    change: String,
    lens: Lens,
    direction: Direction,
    effect: Effect,
    places: Vec<Place>,
    /// The methods, by path; every method of a service that is gone.
    methods: BTreeSet<String>,
}

/// What is read differently: a message or an enum, or some fields of a message.
#[derive(Debug)]
struct Place {
    /// The full name of the message or enum.
    name: String,
    /// Only these fields of it; `None` for all there is.
    fields: Option<Vec<i32>>,
}

impl Place {
    fn of(schema: &Schema, element: Element) -> Option<Place> {
        let whole = |name: &str| Place { name: name.to_owned(), fields: None };
        let message = |id| whole(&schema.message(id).full_name);
        Some(match element {
            Element::Message(id) => message(id),
            Element::Enum(id) => whole(&schema.enum_(id).full_name),
            Element::EnumValue(id) => whole(&schema.enum_(schema.value(id).parent).full_name),
            Element::Oneof(id) => {
                let oneof = schema.oneof(id);
                let fields = oneof.fields.iter().map(|f| schema.field(*f).number).collect();
                Place { fields: Some(fields), ..message(oneof.parent) }
            }
            Element::Field(id) => {
                let field = schema.field(id);
                let place = field.extendee.as_deref().map(whole).or_else(|| field.parent.map(message))?;
                // A message without a required field is refused as a whole.
                let fields = (field.cardinality != Cardinality::Required).then(|| vec![field.number]);
                Place { fields, ..place }
            }
            Element::File(_) | Element::Service(_) | Element::Method(_) => return None,
        })
    }
}

/// Everything the verdict says about two versions on the wire, in JSON and in calls.
#[derive(Debug)]
pub struct Predictions {
    all: Vec<Prediction>,
    seen: Mutex<BTreeSet<usize>>,
    /// Which of them are at a place: many programs miss the same.
    at: Memo<Asked, Arc<[usize]>>,
}

/// Where something is missed, as [`Miss`] has it: the fields in their order.
type Asked = (Lens, Direction, String, Vec<i32>);

/// A message that one version wrote and another does not read as it was meant.
#[derive(Clone, Copy, Debug)]
pub struct Miss<'a> {
    /// Bytes or JSON.
    pub lens: Lens,
    /// Who wrote it.
    pub writer: (&'a Side, Version),
    /// Who read it.
    pub reader: (&'a Side, Version),
    /// The full name of the message for the writer.
    pub message: &'a str,
    /// The fields of it that are at fault, by number; none where that is not known.
    pub fields: &'a BTreeSet<i32>,
}

impl Miss<'_> {
    /// Whether what was missed is at this place, or inside a field that can hold it.
    fn is_at(&self, place: &Place) -> bool {
        let sides = [self.writer.0, self.reader.0];
        if self.fields.is_empty() {
            return sides.iter().any(|side| side.holds(self.message, &place.name));
        }
        let here = place.name == self.message
            && place.fields.as_ref().is_none_or(|all| all.iter().any(|n| self.fields.contains(n)));
        let inside =
            |side: &&Side| self.fields.iter().any(|n| side.field_holds(self.message, *n, &place.name));
        here || sides.iter().any(inside)
    }
}

/// The methods that a change is about. A method that is gone is missed in a service of the other side, whose other
/// methods the change says nothing about.
fn concerned(elements: &[(Element, &Schema)]) -> BTreeSet<String> {
    let of_method = elements.iter().any(|(element, _)| matches!(element, Element::Method(_)));
    let own = elements.iter().filter(|(element, _)| !of_method || matches!(element, Element::Method(_)));
    own.flat_map(|(element, schema)| methods(schema, *element)).collect()
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
        Predictions::reading(old, new, &[])
    }

    /// The same where these releases read as well.
    #[must_use]
    pub fn reading(old: &Side, new: &Side, ages: &[Reader]) -> Predictions {
        let comparison = Comparison::new(&old.schema, &new.schema).reading(ages);
        let cx = comparison.cx();
        let mut all = Vec::new();
        for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
            let sides = [(change.old, &old.schema), (change.new, &new.schema)];
            let elements = || sides.iter().filter_map(|(e, schema)| Some(((*e)?, *schema)));
            let methods = concerned(&elements().collect::<Vec<_>>());
            for cell in &verdict.cells {
                if !matches!(cell.lens, Lens::Wire | Lens::Json | Lens::Rpc) {
                    continue;
                }
                all.push(Prediction {
                    change: format!("{} {}", change.id(&cx), change.symbol(&cx)),
                    lens: cell.lens,
                    direction: cell.direction,
                    effect: cell.effect,
                    places: elements().filter_map(|(e, schema)| Place::of(schema, e)).collect(),
                    methods: methods.clone(),
                });
            }
        }
        Predictions { all, seen: Mutex::default(), at: Memo::default() }
    }

    /// The first that fits. What fits is seen, when `exact` or when it is the only one: a difference that several
    /// changes explain shows none of them.
    fn found(&self, exact: bool, hits: &[usize]) -> Option<Foretold> {
        let changes: BTreeSet<&str> = hits.iter().map(|i| self.all[*i].change.as_str()).collect();
        if (exact || changes.len() == 1)
            && let Ok(mut seen) = self.seen.lock()
        {
            seen.extend(hits);
        }
        let first = &self.all[*hits.first()?];
        // Where it is not known what is at fault, all but one of them may have nothing to do with it.
        let others = changes.into_iter().filter(|change| exact && *change != first.change);
        let also = others.map(str::to_owned).collect();
        Some(Foretold { change: first.change.clone(), effect: first.effect, also })
    }

    /// The change that explains why a message is not read as it was meant. Asked only about what was seen to differ.
    #[must_use]
    pub fn message(&self, miss: &Miss<'_>) -> Option<Foretold> {
        let direction = direction(miss.writer.1, miss.reader.1)?;
        let wanted = |p: &Prediction| {
            p.lens == miss.lens && p.direction == direction && p.places.iter().any(|place| miss.is_at(place))
        };
        let asked = (miss.lens, direction, miss.message.to_owned(), miss.fields.iter().copied().collect());
        let hits = self.at.get(asked, || self.hits(wanted).into());
        self.found(!miss.fields.is_empty(), &hits)
    }

    /// The change that explains why a call does not go through. Asked only about what was seen to differ.
    #[must_use]
    pub fn call(&self, client: Version, server: Version, path: &str) -> Option<Foretold> {
        let direction = direction(client, server)?;
        let wanted =
            |p: &Prediction| p.lens == Lens::Rpc && p.direction == direction && p.methods.contains(path);
        self.found(true, &self.hits(wanted))
    }

    /// The places of those that are wanted.
    fn hits(&self, wanted: impl Fn(&Prediction) -> bool) -> Vec<usize> {
        (0..self.all.len()).filter(|i| wanted(&self.all[*i])).collect()
    }

    /// What the verdict is sure of, through one of these lenses, and nothing has shown.
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
