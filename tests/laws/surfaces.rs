//! The lenses `source.*` and the tables of generated names: no name goes without a finding that speaks for it, and no
//! finding is there where every name stays. Tried on random contracts whose parts have names that generators keep
//! apart, and on random edits of them, their order among these.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protopact::compare::Comparison;
use protopact::compile;
use protopact::schema::{Element, Schema};
use protopact::surface;
use protopact::words::{Direction, Effect, Language, Lens};

use crate::files;
use crate::sketch::{Edit, Sketch, edit, sketch};

/// A name that a language makes: its container, path and shape.
type Made = (String, String, String);

/// Everything that has names.
fn elements(schema: &Schema) -> Vec<Element> {
    let files = ["billing.proto", "more.proto"].map(|name| schema.file_by_name(name).unwrap());
    files.into_iter().flat_map(|file| surface::inside(schema, Element::File(file))).collect()
}

/// Every name that a language makes, with the full name of the element that it belongs to.
fn table(schema: &Schema, language: Language) -> BTreeMap<Made, String> {
    elements(schema)
        .into_iter()
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

/// Names that two elements claim, with the full names of what these belong to: what a language does not compile.
fn clashes(schema: &Schema, language: Language) -> BTreeMap<String, [String; 2]> {
    let mut seen = BTreeMap::new();
    let mut twice = BTreeMap::new();
    for element in elements(schema) {
        let container = surface::container(language, schema, element);
        for name in surface::names(language, schema, element) {
            let key = format!("{container}.{}", surface::key(language, &name.path));
            if let Some(of) = seen.insert(key.clone(), name.of).filter(|of| *of != name.of) {
                twice.insert(key, [of, name.of].map(|of| schema.full_name(surface::owner(schema, of))));
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
    fn explains(&self, ((container, path, shape), owner): (&Made, &String)) -> bool {
        let last = container.rsplit(['.', ':']).next().unwrap_or_default();
        let named = [container.as_str(), last, path].iter().any(|c| {
            !c.is_empty()
                && (self.reason.contains(&format!("`{c}`")) || self.reason.contains(&format!("`{c}.")))
        });
        // The class of another file in what a name takes and gives is called as that is.
        let mentions = |name: &str| [path, shape].iter().any(|text| text.contains(&format!(".{name}.")));
        let named = named || self.reason.split('`').skip(1).step_by(2).any(mentions);
        let inside = |name: &String| {
            owner == name || owner.strip_prefix(name.as_str()).is_some_and(|r| r.starts_with('.'))
        };
        // An option of the file is about everything in it.
        named || self.about.iter().any(|name| name.ends_with(".proto") || inside(name))
    }
}

/// One side, where it is a contract.
fn side(files: &[(&'static str, String)]) -> Option<Schema> {
    let compiled = compile::compile(&files::input("", files), &compile::Options::default()).ok()?;
    Some(Schema::build(&compiled).unwrap())
}

fn text(files: &[(&'static str, String)]) -> String {
    files.iter().map(|(name, text)| format!("// {name}\n{text}")).collect()
}

fn check(sketch: &Sketch, edits: &[Edit]) -> Result<(), TestCaseError> {
    let mut edited = sketch.clone();
    edits.iter().for_each(|e| edited.apply(e));
    let (Some(before), Some(after)) = (sketch.render(0), edited.render(0)) else { return Ok(()) };
    let (Some(old), Some(new)) = (side(&before), side(&after)) else { return Ok(()) };
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
            "{language:?}\nlost {lost:#?}\nclashes {clashes:?}\nsaid {all:#?}\n--- old\n{}\n--- new\n{}",
            text(&before),
            text(&after)
        );
        for name in &lost {
            prop_assert!(said.iter().any(|s| s.explains(*name)), "nobody speaks for {name:?}\n{told}");
        }
        for said in &said {
            // A method more is one more to implement.
            if language == Language::Rust && said.told.starts_with("method-added ") {
                continue;
            }
            let has_reason = lost.iter().any(|name| said.explains(*name)) || !clashes.is_empty();
            prop_assert!(has_reason, "nothing is lost for {}\n{told}", said.told);
        }
        // What is new as a whole and does not go with itself is nothing that anybody used.
        let hurt = clashes.values().any(|owners| owners.iter().any(|name| old.by_name(name).is_some()));
        prop_assert!(!hurt || !said.is_empty(), "nobody speaks for what two are called\n{told}");
    }
    Ok(())
}

/// In a large message only the names of what changed are made: what is said is the same as in a small one.
fn alone_and_among_many(sketch: &Sketch, edits: &[Edit]) -> Result<(), TestCaseError> {
    let mut edited = sketch.clone();
    edits.iter().for_each(|e| edited.apply(e));
    let said = |others: usize| {
        let (before, after) = (sketch.render(others)?, edited.render(others)?);
        let (old, new) = (side(&before)?, side(&after)?);
        let comparison = Comparison::new(&old, &new);
        Some(Language::ALL.map(|language| {
            let said = says(&comparison, language).into_iter();
            said.map(|said| said.told).collect::<Vec<_>>()
        }))
    };
    let alone = said(0);
    let many = alone.as_ref().and_then(|_| said(600));
    prop_assert_eq!(&alone, &many, "{}", sketch.render(0).map(|f| text(&f)).unwrap_or_default());
    Ok(())
}

/// `PROPTEST_CASES=5000` tries 20,000.
fn cases() -> u32 {
    ProptestConfig::default().cases * 4
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 8, ..ProptestConfig::default() })]

    #[test]
    fn what_nothing_meets_changes_no_answer(sketch in sketch(), edits in prop::collection::vec(edit(), 1..3)) {
        alone_and_among_many(&sketch, &edits)?;
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn names_are_lost_where_a_finding_says_so_and_nowhere_else(sketch in sketch(), edits in prop::collection::vec(edit(), 1..3)) {
        check(&sketch, &edits)?;
    }
}
