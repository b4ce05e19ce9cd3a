//! The lenses `source.*` and the tables of generated names: no name goes without a finding that speaks for it, and no
//! finding is there where every name stays. Tried on random messages whose members have names that generators keep
//! apart, and on random edits of them, their order among these.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use protopact::compare::Comparison;
use protopact::schema::{Element, Schema};
use protopact::surface;
use protopact::words::{Direction, Effect, Language, Lens};

use crate::build;

/// Names of fields, such as meet in one generator or another.
const FIELDS: [&str; 16] = [
    "name",
    "get_name",
    "item",
    "item_count",
    "text",
    "text_bytes",
    "stage",
    "stage_value",
    "list",
    "items_list",
    "reset",
    "kind",
    "has_name",
    "card",
    "Name",
    "string",
];
/// Names of types inside of a message, and beside it.
const TYPES: [&str; 8] = ["Card", "Text", "Kind", "KindCase", "PayOrBuilder", "Pay_Card", "Stage", "Billing"];
const KINDS: [&str; 7] = ["int32", "string", "bytes", "double", "Base", "Choice", "int64"];

#[derive(Clone, Debug)]
struct Member {
    name: usize,
    number: u8,
    kind: usize,
    /// Zero: alone, one: `optional`, two: `repeated`, three: in the oneof.
    label: u8,
}

#[derive(Clone, Debug)]
struct Sketch {
    members: Vec<Member>,
    inner: Vec<(bool, usize)>,
    top: Vec<(bool, usize)>,
    oneof: usize,
    multiple: bool,
}

#[derive(Clone, Debug)]
enum Edit {
    Add { at: usize, name: usize, kind: usize, label: u8 },
    Remove(usize),
    Rename(usize, usize),
    Kind(usize, usize),
    Label(usize, u8),
    Number(usize),
    Order(usize),
    Inner(bool, usize),
    Top(bool, usize),
    Multiple,
    Oneof(usize),
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let member = (0..FIELDS.len(), 0..KINDS.len(), 0..4u8);
    let types = || prop::collection::btree_map(0..TYPES.len(), any::<bool>(), 0..2);
    (prop::collection::vec(member, 1..6), types(), types(), 0..3usize, any::<bool>()).prop_map(
        |(members, inner, top, oneof, multiple)| {
            let members = members.into_iter().enumerate();
            let members =
                members.map(|(i, (name, kind, label))| Member { name, number: i as u8 + 1, kind, label });
            let turn = |map: BTreeMap<usize, bool>| map.into_iter().map(|(t, m)| (m, t)).collect();
            Sketch { members: members.collect(), inner: turn(inner), top: turn(top), oneof, multiple }
        },
    )
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (0..6usize, 0..FIELDS.len(), 0..KINDS.len(), 0..4u8)
            .prop_map(|(at, name, kind, label)| Edit::Add { at, name, kind, label }),
        1 => (0..6usize).prop_map(Edit::Remove),
        2 => (0..6usize, 0..FIELDS.len()).prop_map(|(m, n)| Edit::Rename(m, n)),
        1 => (0..6usize, 0..KINDS.len()).prop_map(|(m, k)| Edit::Kind(m, k)),
        2 => (0..6usize, 0..4u8).prop_map(|(m, l)| Edit::Label(m, l)),
        1 => (0..6usize).prop_map(Edit::Number),
        3 => (0..6usize).prop_map(Edit::Order),
        2 => (any::<bool>(), 0..TYPES.len()).prop_map(|(m, t)| Edit::Inner(m, t)),
        2 => (any::<bool>(), 0..TYPES.len()).prop_map(|(m, t)| Edit::Top(m, t)),
        1 => Just(Edit::Multiple),
        1 => (0..3usize).prop_map(Edit::Oneof),
    ]
}

impl Sketch {
    fn apply(&mut self, edit: &Edit) {
        let count = self.members.len().max(1);
        match *edit {
            Edit::Add { at, name, kind, label } => {
                let number = self.members.iter().map(|m| m.number).max().unwrap_or_default() + 1;
                self.members.insert(
                    at % (count + 1).min(self.members.len() + 1),
                    Member { name, number, kind, label },
                );
            }
            Edit::Remove(at) if self.members.len() > 1 => {
                self.members.remove(at % count);
            }
            Edit::Rename(at, name) => self.members[at % count].name = name,
            Edit::Kind(at, kind) => self.members[at % count].kind = kind,
            Edit::Label(at, label) => self.members[at % count].label = label,
            Edit::Number(at) => {
                let number = self.members.iter().map(|m| m.number).max().unwrap_or_default() + 1;
                self.members[at % count].number = number;
            }
            Edit::Order(at) => self.members.rotate_left(at % count),
            Edit::Inner(message, name) if self.inner.iter().all(|(_, n)| *n != name) => {
                self.inner.push((message, name));
            }
            Edit::Top(message, name) if self.top.iter().all(|(_, n)| *n != name) => {
                self.top.push((message, name))
            }
            Edit::Multiple => self.multiple = !self.multiple,
            Edit::Oneof(name) => self.oneof = name,
            Edit::Remove(_) | Edit::Inner(..) | Edit::Top(..) => {}
        }
    }

    /// `None` for what is no contract: two members of one name.
    fn render(&self) -> Option<String> {
        let names: BTreeSet<&str> = self.members.iter().map(|m| FIELDS[m.name]).collect();
        let oneof = ["method", "kind_of", "name_is"][self.oneof];
        if names.len() != self.members.len() || names.len() != json_names(&names) {
            return None;
        }
        let mut out = "syntax = \"proto3\";\npackage pay.v1;\n".to_owned();
        if self.multiple {
            out.push_str("option java_multiple_files = true;\n");
        }
        out.push_str("message Base { int32 a = 1; }\nenum Choice { CHOICE_NONE = 0; }\nmessage Pay {\n");
        let field = |m: &Member| format!("{} {} = {};\n", KINDS[m.kind], FIELDS[m.name], m.number);
        let mut members = self.members.iter().peekable();
        let mut opened = false;
        while let Some(member) = members.next() {
            match member.label {
                3 if opened => return None,
                3 => {
                    opened = true;
                    let _ = write!(out, "oneof {oneof} {{ {}", field(member));
                    while let Some(next) = members.next_if(|m| m.label == 3) {
                        out.push_str(&field(next));
                    }
                    out.push_str("}\n");
                }
                1 => out.push_str(&format!("optional {}", field(member))),
                2 => out.push_str(&format!("repeated {}", field(member))),
                _ => out.push_str(&field(member)),
            }
        }
        let type_of = |(message, name): &(bool, usize), scope: &str| {
            let name = TYPES[*name];
            if *message {
                format!("message {name} {{ int32 x = 1; }}\n")
            } else {
                format!("enum {name} {{ {scope}{}_NO = 0; }}\n", name.to_uppercase())
            }
        };
        self.inner.iter().for_each(|t| out.push_str(&type_of(t, "IN_")));
        out.push_str("}\n");
        self.top.iter().for_each(|t| out.push_str(&type_of(t, "")));
        Some(out)
    }
}

/// How many keys names have in JSON.
fn json_names(names: &BTreeSet<&str>) -> usize {
    let keys = names.iter().map(|n| n.replace('_', "").to_lowercase());
    keys.collect::<BTreeSet<_>>().len()
}

/// A name that a language makes: its container, path and shape.
type Made = (String, String, String);

/// Every name that a language makes, with the full name of the element that it belongs to.
fn table(schema: &Schema, language: Language) -> BTreeMap<Made, String> {
    let file = schema.file_by_name("billing.proto").unwrap();
    let elements = surface::inside(schema, Element::File(file)).into_iter();
    elements
        .flat_map(|element| {
            let container = surface::container(language, schema, element);
            let names = surface::names(language, schema, element).into_iter();
            names.map(move |name| {
                let owner = schema.full_name(surface::owner(schema, name.of));
                // A class of the file is not that of a message, whatever both are called.
                let shape = format!("{} of a {}", name.shape, schema.noun(name.of));
                ((container.clone(), name.path, shape), owner)
            })
        })
        .collect()
}

/// Names that two elements claim: what a language does not compile.
fn clashes(schema: &Schema, language: Language) -> BTreeSet<String> {
    let file = schema.file_by_name("billing.proto").unwrap();
    let mut seen = BTreeMap::new();
    let mut twice = BTreeSet::new();
    for element in surface::inside(schema, Element::File(file)) {
        let container = surface::container(language, schema, element);
        for name in surface::names(language, schema, element) {
            let key = format!("{container}.{}", surface::key(language, &name.path));
            if seen.insert(key.clone(), name.of).is_some_and(|of| of != name.of) {
                twice.insert(key);
            }
        }
    }
    twice
}

/// A change that breaks code of a language.
struct Said {
    told: String,
    reason: String,
    /// The full names of what its elements belong to, and of what that stands in.
    about: Vec<String>,
}

fn says(comparison: &Comparison<'_>, language: Language) -> Vec<Said> {
    let cx = comparison.cx();
    let all = comparison.changes().iter().zip(comparison.verdicts());
    all.filter_map(|(change, verdict)| {
        let cell = verdict.cell(Lens::Source(language), Direction::Backward)?;
        if cell.effect != Effect::Rejects {
            return None;
        }
        let sides = [(cx.old, change.old), (cx.new, change.new)];
        let owners = sides.into_iter().filter_map(|(schema, element)| {
            element.map(|element| schema.full_name(surface::owner(schema, element)))
        });
        let mut about: Vec<String> = owners.collect();
        let outer = about.iter().filter_map(|name| name.rsplit_once('.')).map(|(outer, _)| outer.to_owned());
        about.extend(outer.collect::<Vec<_>>());
        let told = format!("{} {}: {}", change.id(&cx), change.symbol(&cx), cell.reason);
        Some(Said { told, reason: cell.reason.to_string(), about })
    })
    .collect()
}

impl Said {
    /// Whether a lost name is laid to it: one of what it is about, of what stands in that, or in the class or package
    /// that its reason names.
    fn explains(&self, ((container, path, _), owner): (&Made, &String)) -> bool {
        let last = container.rsplit(['.', ':']).next().unwrap_or_default();
        let named = [container.as_str(), last, path].iter().any(|c| {
            !c.is_empty()
                && (self.reason.contains(&format!("`{c}`")) || self.reason.contains(&format!("`{c}.")))
        });
        let inside = |name: &String| {
            owner == name || owner.strip_prefix(name.as_str()).is_some_and(|r| r.starts_with('.'))
        };
        // An option of the file is about everything in it.
        named || self.about.iter().any(|name| name == "billing.proto" || inside(name))
    }
}

fn check(sketch: &Sketch, edits: &[Edit]) -> Result<(), TestCaseError> {
    let mut edited = sketch.clone();
    edits.iter().for_each(|e| edited.apply(e));
    let (Some(before), Some(after)) = (sketch.render(), edited.render()) else { return Ok(()) };
    let side = |text: &str| build(&[("billing.proto", text.to_owned())]);
    let (old, new) = (side(&before), side(&after));
    let comparison = Comparison::new(&old, &new);
    for language in Language::ALL {
        let (was, now) = (table(&old, language), table(&new, language));
        let lost: Vec<(&Made, &String)> = was.iter().filter(|(made, _)| !now.contains_key(*made)).collect();
        // What never compiled has nothing to lose.
        if !clashes(&old, language).is_empty() {
            continue;
        }
        let clashes = clashes(&new, language);
        let said = says(&comparison, language);
        let all: Vec<&str> = said.iter().map(|s| s.told.as_str()).collect();
        let told = format!(
            "{language:?}\nlost {lost:#?}\nclashes {clashes:?}\nsaid {all:#?}\n--- old\n{before}\n--- new\n{after}"
        );
        for name in &lost {
            prop_assert!(said.iter().any(|s| s.explains(*name)), "nobody speaks for {name:?}\n{told}");
        }
        for said in &said {
            let has_reason = lost.iter().any(|name| said.explains(*name)) || !clashes.is_empty();
            prop_assert!(has_reason, "nothing is lost for {}\n{told}", said.told);
        }
        prop_assert!(clashes.is_empty() || !said.is_empty(), "nobody speaks for what two are called\n{told}");
    }
    Ok(())
}

/// `PROPTEST_CASES=5000` tries 20,000.
fn cases() -> u32 {
    ProptestConfig::default().cases * 4
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn names_are_lost_where_a_finding_says_so_and_nowhere_else(sketch in sketch(), edits in prop::collection::vec(edit(), 1..3)) {
        check(&sketch, &edits)?;
    }
}
