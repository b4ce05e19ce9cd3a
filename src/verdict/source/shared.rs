//! Names that more than one element has.

use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::schema::{Element, Schema};
use crate::surface::kin::Kin;
use crate::surface::{self, Name, View};
use crate::words::Language;

/// The names that more than one element has, in one scope.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Those of an element, in the order of the table.
    pub(super) of: FxHashMap<Element, Vec<Name>>,
    /// Who has a name.
    pub(super) claims: FxHashMap<String, Vec<Element>>,
}

impl Shared {
    pub(super) fn of(language: Language, names: Vec<Name>) -> Shared {
        let hash = |name: &Name| {
            BuildHasherDefault::<FxHasher>::default().hash_one(surface::key(language, &name.path))
        };
        let mut first: FxHashMap<u64, Element> = FxHashMap::default();
        let mut again: FxHashSet<u64> = FxHashSet::default();
        for name in &names {
            let hash = hash(name);
            if *first.entry(hash).or_insert(name.of) != name.of {
                again.insert(hash);
            }
        }
        let mut shared = Shared::default();
        // As a rule there are none.
        if again.is_empty() {
            return shared;
        }
        let mut alone: FxHashMap<String, Name> = FxHashMap::default();
        for name in names.into_iter().filter(|name| again.contains(&hash(name))) {
            match alone.entry(surface::key(language, &name.path).to_owned()) {
                Entry::Vacant(entry) => {
                    entry.insert(name);
                }
                Entry::Occupied(entry) if entry.get().of == name.of => {}
                Entry::Occupied(entry) => {
                    let first = entry.get();
                    let claims = shared.claims.entry(entry.key().clone()).or_insert_with(|| {
                        shared.of.entry(first.of).or_default().push(first.clone());
                        vec![first.of]
                    });
                    claims.push(name.of);
                    shared.of.entry(name.of).or_default().push(name);
                }
            }
        }
        shared
    }

    /// Those of a message that some of its parts, or types right inside, have.
    pub(super) fn about(
        language: Language,
        schema: &Schema,
        message: Element,
        kin: &Kin,
        parts: &[Element],
    ) -> Shared {
        let view = kin.view(schema, parts.iter().copied().collect());
        let theirs = within(language, schema, message, Some(&view));
        let mut wanted: FxHashSet<Element> = parts.iter().copied().collect();
        theirs.iter().for_each(|name| kin.named_in(&name.path, &mut wanted));
        Shared::of(language, within(language, schema, message, Some(&kin.view(schema, wanted))))
    }
}

/// The names of a message, and of the types inside as far as they stand beside those; or of some of its parts and of the
/// types inside that are wanted too.
pub(super) fn within(
    language: Language,
    schema: &Schema,
    message: Element,
    parts: Option<&View>,
) -> Vec<Name> {
    let mut all = surface::names_of(language, schema, message, parts);
    if let Element::Message(id) = message {
        let message = schema.message(id);
        let types = message.messages.iter().map(|m| Element::Message(*m));
        let types = types.chain(message.enums.iter().map(|e| Element::Enum(*e)));
        for inner in types.filter(|inner| parts.is_none_or(|view| view.wanted.contains(inner))) {
            let theirs = surface::names(language, schema, inner).into_iter();
            all.extend(theirs.filter(|name| name.of == inner || matches!(name.of, Element::EnumValue(_))));
        }
    }
    all
}
