//! No claim without a witness: what a lens says of bytes, JSON and calls is shown by a message or a call that the
//! readers' models take as claimed, but for the list in `docs/design/wire.md`, which is read here.
//!
//! Over fixtures, histories, contracts of hundreds of edits, random edits, and three versions of the corpus that
//! `PROTOPACT_CORPUS` names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use protopact::compare::Comparison;
use protopact::diff::{Change, Cx, Kind};
use protopact::schema::{Cardinality, Element, EnumId, Field, MessageId, Schema};
use protopact::wire::{Prover, Shown};
use protopact::words::{Direction, Effect, Lens};

use crate::history;
use crate::spec;
use crate::support;

/// Whether a claim about a change may be without a witness.
type Excuse = fn(&Cx<'_>, &[Change], &Change) -> bool;

/// The claims that nothing shows, as the table of `docs/design/wire.md` has them, and how a change is known for one.
const BEYOND: [(&str, Excuse); 5] = [
    // Neither version wrote what was there before the reservation.
    ("a number or name that was reserved is in use again", |_, _, change| match change.kind {
        Kind::FieldAdded { number_was_reserved, name_was_reserved, .. } => {
            number_was_reserved || name_was_reserved
        }
        Kind::EnumValueAdded { was_reserved, .. } => was_reserved,
        _ => false,
    }),
    ("`message_set_wire_format` changed", |_, _, change| matches!(change.kind, Kind::MessageSetChanged)),
    ("a list of an enum whose only value is zero became a map", |cx, _, change| {
        let only_zero = |schema: &Schema, element: Option<Element>| match element {
            Some(Element::Field(id)) => is_only_zero(schema, schema.field(id)),
            Some(Element::Method(_)) => {
                let carried = carried(schema, element);
                let mut fields = carried.into_iter().flat_map(|m| &schema.message(m).fields);
                fields.any(|f| is_only_zero(schema, schema.field(*f)))
            }
            _ => false,
        };
        only_zero(cx.old, change.old) || only_zero(cx.new, change.new)
    }),
    ("it is about a message that requires itself", |cx, _, change| {
        let sides = [(cx.old, change.old), (cx.new, change.new)];
        sides.into_iter().any(|(schema, element)| element.is_some_and(|e| is_about_endless(schema, e)))
    }),
    ("a required field of the message changed too", |cx, all, change| {
        let required = |schema: &Schema, element: Option<Element>| match element {
            Some(Element::Field(id)) => schema.field(id).cardinality == Cardinality::Required,
            _ => false,
        };
        let holder = |schema: &Schema, element: Option<Element>| match element {
            Some(Element::Field(id)) => {
                schema.field(id).parent.map(|m| schema.message(m).full_name.to_string())
            }
            _ => None,
        };
        let of = |c: &Change| holder(cx.new, c.new).or(holder(cx.old, c.old));
        let about = of(change);
        let mut others = all.iter().filter(|c| (c.old, c.new) != (change.old, change.new));
        about.is_some()
            && others.any(|c| of(c) == about && (required(cx.old, c.old) || required(cx.new, c.new)))
    }),
];

fn is_only_zero(schema: &Schema, field: &Field) -> bool {
    schema.field_enum(field).is_some_and(|e| schema.enum_(e).values.len() == 1)
}

/// What a call carries.
fn carried(schema: &Schema, element: Option<Element>) -> Vec<MessageId> {
    let Some(Element::Method(id)) = element else { return Vec::new() };
    let method = schema.method(id);
    [&method.input, &method.output].into_iter().filter_map(|name| schema.message_by_name(name)).collect()
}

/// The messages that nobody can write, for each needs another one inside.
fn endless(schema: &Schema) -> BTreeSet<MessageId> {
    let mut all: BTreeSet<MessageId> = schema.messages().map(|(id, _)| id).collect();
    loop {
        let needs = |id: &MessageId| {
            let fields = schema.message(*id).fields.iter().map(|f| schema.field(*f));
            let mut required = fields.filter(|f| f.cardinality == Cardinality::Required);
            required.any(|f| schema.field_message(f).is_some_and(|inner| all.contains(&inner)))
        };
        let left: BTreeSet<MessageId> = all.iter().copied().filter(needs).collect();
        if left.len() == all.len() {
            return all;
        }
        all = left;
    }
}

/// Whether an element can only be seen in such messages.
fn is_about_endless(schema: &Schema, element: Element) -> bool {
    let endless = endless(schema);
    let holds = |f: &Field| {
        let of = match schema.map_entry(f) {
            Some((_, value)) => schema.field_message(schema.field(value)),
            None => schema.field_message(f),
        };
        f.parent.is_some_and(|m| endless.contains(&m)) || of.is_some_and(|m| endless.contains(&m))
    };
    let held = |id: EnumId| {
        let mut carriers = schema.fields().filter(|(_, f)| schema.field_enum(f) == Some(id));
        carriers.all(|(_, f)| holds(f))
    };
    match element {
        Element::Message(id) => endless.contains(&id),
        Element::Field(id) => holds(schema.field(id)),
        Element::Enum(id) => held(id),
        Element::EnumValue(id) => held(schema.value(id).parent),
        Element::Method(_) => carried(schema, Some(element)).iter().any(|m| endless.contains(m)),
        _ => false,
    }
}

/// What was looked at.
#[derive(Default)]
struct Looked {
    claims: usize,
    /// Claims that nothing shows and the list has.
    listed: usize,
    /// Claims that nothing shows and the list does not have.
    missing: Vec<String>,
    /// The entries of the list that something needed, with the first claim that did.
    needed: BTreeMap<&'static str, String>,
}

impl Looked {
    fn at(&mut self, name: &str, comparison: &Comparison<'_>) {
        let cx = comparison.cx();
        let prover = Prover::new(&cx, comparison.changes());
        for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
            for proof in prover.prove(change, verdict) {
                self.claims += 1;
                let cell = verdict.cell(proof.lens, proof.direction).unwrap();
                assert_eq!(cell.effect, proof.effect);
                if let Some(shown) = &proof.shown {
                    assert!(
                        !matches!(shown, Shown::Bytes { reads, .. } | Shown::Json { reads, .. } if reads.is_empty())
                    );
                    continue;
                }
                let (lens, direction) = (cell.lens.as_str(), cell.direction.as_str());
                let (id, symbol, effect) = (change.id(&cx), change.symbol(&cx), cell.effect.as_str());
                let claim = format!("{name}: {id} {symbol} {lens} {direction} {effect}: {}", cell.reason);
                match BEYOND.iter().find(|(_, excuse)| excuse(&cx, comparison.changes(), change)) {
                    Some((entry, _)) => {
                        self.listed += 1;
                        self.needed.entry(entry).or_insert(claim);
                    }
                    None => self.missing.push(claim),
                }
            }
        }
    }

    /// Ends the look: nothing may be missing.
    #[track_caller]
    fn holds(&self, least: usize) {
        assert!(self.claims > least, "{} claims", self.claims);
        let missing = &self.missing;
        assert!(
            missing.is_empty(),
            "{} of {} unconfirmed\n{}",
            missing.len(),
            self.claims,
            missing[..missing.len().min(40)].join("\n")
        );
    }
}

#[test]
fn the_list_is_the_one_of_the_docs() {
    let page = support::project().join("docs/design/wire.md");
    let page = std::fs::read_to_string(page).unwrap();
    let table = page.split_once("| claim | why nothing shows it |").unwrap().1;
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| "));
    let rows: Vec<&str> = rows.map(|row| row.split(" |").next().unwrap()).collect();
    assert_eq!(rows, BEYOND.map(|(entry, _)| entry));
}

pub(crate) fn pairs() -> Vec<(String, PathBuf)> {
    let mut pairs: Vec<_> = support::pairs().into_iter().map(|(_, name, folder)| (name, folder)).collect();
    pairs.sort();
    pairs
}

pub(crate) fn with_pair<T>(folder: &Path, then: impl FnOnce(&Comparison<'_>) -> T) -> T {
    let side = |name: &str| support::schema(&support::read(&folder.join(name))).unwrap();
    let (old, new) = (side("old"), side("new"));
    then(&Comparison::new(&old, &new))
}

/// The .proto files of a revision, below the first folder of their paths where `below` says so.
fn revision(repo: &git2::Repository, id: git2::Oid, below: bool) -> support::Files {
    let mut files = support::Files::new();
    let tree = repo.find_commit(id).unwrap().tree().unwrap();
    tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
        let path = format!("{folder}{}", entry.name().unwrap());
        let name = if below { path.split_once('/').map(|(_, rest)| rest) } else { Some(path.as_str()) };
        if let Some(name) = name.filter(|p| p.ends_with(".proto")) {
            let blob = repo.find_blob(entry.id()).unwrap();
            files.push((name.to_owned(), String::from_utf8(blob.content().to_vec()).unwrap()));
        }
        git2::TreeWalkResult::Ok
    })
    .unwrap();
    files
}

/// The versions of each history, the files of each under the paths that importers write.
fn histories() -> Vec<(String, Vec<support::Files>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/history");
    let mut cases: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap())
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    cases.sort();
    let lay = |case: String| {
        let folder = tempfile::tempdir().unwrap();
        let laid = history::lay(&case, folder.path());
        let repo = git2::Repository::open(&laid.dir).unwrap();
        let versions = laid.commits.iter().map(|commit| revision(&repo, commit.id, true)).collect();
        (case, versions)
    };
    cases.into_iter().map(lay).collect()
}

#[test]
fn a_key_of_two_fields_has_a_witness_in_both_directions() {
    let one = "package pay.v1; message Pay { optional int32 camId = 1; }";
    let two = "package pay.v1; message Pay { optional int32 camId = 1; optional int32 cam_id = 2; }";
    let side = |text: &str| support::model("", &[("pay.proto".to_owned(), text.to_owned())]).1;
    let (old, new) = (side(one), side(two));
    let comparison = Comparison::new(&old, &new);
    let prover = Prover::new(&comparison.cx(), comparison.changes());
    let proofs = prover.prove(&comparison.changes()[0], &comparison.verdicts()[0]);
    for direction in [Direction::Backward, Direction::Forward] {
        let proof = proofs.iter().find(|p| p.lens == Lens::Json && p.direction == direction).unwrap();
        let Some(Shown::Json { json, reads, .. }) = &proof.shown else { panic!("{direction:?}: {proof:?}") };
        assert!(json.starts_with("{\"camId\":"), "{json}");
        assert!(!reads.is_empty());
    }
    let mut looked = Looked::default();
    looked.at("pay", &comparison);
    assert_eq!(looked.missing, [""; 0]);
}

#[test]
fn defaults_are_those_of_a_number_in_bytes_and_of_a_key_in_json() {
    let verdict = |old: &str, new: &str| {
        let side = |fields: &str| {
            let text = format!("syntax = \"proto2\"; message M {{ {fields} }}");
            support::schema(&vec![("a.proto".to_owned(), text)]).unwrap()
        };
        let (old, new) = (side(old), side(new));
        let comparison = Comparison::new(&old, &new);
        let worst = |lens| {
            let all = comparison.verdicts().iter().filter_map(|v| v.cell(lens, Direction::Backward));
            all.filter(|c| c.reason.contains("absent")).map(|c| c.effect).max()
        };
        let mut looked = Looked::default();
        looked.at("default", &comparison);
        assert_eq!(looked.missing, [""; 0]);
        (worst(Lens::Wire), worst(Lens::Json))
    };
    let corrupt = Some(Effect::Corrupt);
    let a = "optional int32 a = 1 [default = 7]; optional int32 b = 2;";
    // Each number has another default, each key its own.
    let swapped = "optional int32 a = 2 [default = 7]; optional int32 b = 1;";
    assert_eq!(verdict(a, swapped), (corrupt, None));
    // The other way round.
    let swapped = "optional int32 a = 2; optional int32 b = 1 [default = 7];";
    assert_eq!(verdict(a, swapped), (None, corrupt));
    let renumbered = "optional int32 b = 2; optional int32 a = 3 [default = 8];";
    assert_eq!(verdict(a, renumbered).1, corrupt);
    // What is required is never left out.
    let required = "required int32 a = 1; optional int32 b = 2;";
    assert_eq!(verdict(a, required), (None, None));
    assert_eq!(verdict(required, a), (None, None));
}

#[test]
fn no_claim_of_the_fixtures_is_without_a_witness() {
    let mut looked = Looked::default();
    for (name, folder) in pairs() {
        with_pair(&folder, |comparison| looked.at(&name, comparison));
    }
    for (name, versions) in histories() {
        let versions: Vec<Schema> = versions.iter().map(|files| support::schema(files).unwrap()).collect();
        for pair in versions.windows(2) {
            looked.at(&name, &Comparison::new(&pair[0], &pair[1]));
            looked.at(&name, &Comparison::new(&pair[1], &pair[0]));
        }
    }
    looked.holds(300);
    let side = |field: &str| {
        let text = format!("syntax = \"proto2\";\nenum E {{ ZERO = 0; }}\nmessage M {{ {field} a = 1; }}\n");
        support::schema(&vec![("a.proto".to_owned(), text)]).unwrap()
    };
    looked.at("zero", &Comparison::new(&side("repeated E"), &side("map<string, E>")));
    let side = |field: &str| {
        let text = format!("syntax = \"proto2\"; message M {{ {field} = 1; }}");
        support::schema(&vec![("a.proto".to_owned(), text)]).unwrap()
    };
    looked.at("itself", &Comparison::new(&side("required M a"), &side("required int32 a")));
    let side = |fields: &str| {
        let text =
            format!("syntax = \"proto2\"; message M {{ {fields} }} message N {{ optional string a = 1; }}");
        support::schema(&vec![("a.proto".to_owned(), text)]).unwrap()
    };
    let (old, new) = ("required int32 a = 1; optional fixed32 b = 2;", "required N a = 1; optional N b = 2;");
    looked.at("before", &Comparison::new(&side(old), &side(new)));
    // What nothing needs does not stay on the list.
    let needed: Vec<&str> = looked.needed.keys().copied().collect();
    let mut all = BEYOND.map(|(entry, _)| entry);
    all.sort_unstable();
    assert_eq!(needed, all);
}

#[test]
fn no_claim_about_the_truth_contracts_is_without_a_witness() {
    let truth = support::truth::contracts(5, 400, true);
    let (old, new) = (support::schema(&truth.old).unwrap(), support::schema(&truth.new).unwrap());
    let mut looked = Looked::default();
    looked.at("truth", &Comparison::new(&old, &new));
    looked.holds(400);
}

/// Random schemas, each with one to three random edits, and what is claimed of them.
fn random(seed: u8, count: usize) -> Looked {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut looked = Looked::default();
    for _ in 0..count {
        let spec = spec::spec().new_tree(&mut runner).unwrap().current();
        let edits = spec::edits().new_tree(&mut runner).unwrap().current();
        let mut edited = spec.clone();
        edits.iter().for_each(|e| edited.apply(e));
        let file = |text: String| vec![("a.proto".to_owned(), text)];
        let (before, after) = (spec.render(), edited.render());
        let old = support::schema(&file(before.clone())).unwrap();
        let new = support::schema(&file(after.clone())).unwrap();
        let missing = looked.missing.len();
        looked.at("random", &Comparison::new(&old, &new));
        if let Some(last) = looked.missing[missing..].last_mut() {
            last.push_str(&format!("\n{before}---\n{after}"));
        }
    }
    looked
}

#[test]
fn no_claim_about_random_edits_is_without_a_witness() {
    random(0, 400).holds(500);
}

#[test]
#[ignore = "20,000 random edits take minutes"]
fn no_claim_about_20_000_random_edits_is_without_a_witness() {
    let slices: Vec<Looked> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=4).map(|seed| scope.spawn(move || random(seed, 5_000))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut looked = Looked::default();
    for slice in slices {
        looked.claims += slice.claims;
        looked.listed += slice.listed;
        looked.missing.extend(slice.missing);
    }
    eprintln!(
        "20,000 schemas with random edits: {} claims, {} unconfirmed as listed, {} others",
        looked.claims,
        looked.listed,
        looked.missing.len()
    );
    looked.holds(25_000);
}

#[test]
#[ignore = "compares the versions of the corpus that PROTOPACT_CORPUS names"]
#[expect(clippy::disallowed_methods, reason = "the corpus is named by the environment")]
fn no_claim_about_the_corpus_is_without_a_witness() {
    let root = std::env::var_os("PROTOPACT_CORPUS").expect("PROTOPACT_CORPUS names a repository");
    let repo = git2::Repository::open(root).unwrap();
    let version = |tag: &str| {
        let id = repo.revparse_single(tag).unwrap().peel_to_commit().unwrap().id();
        support::schema(&revision(&repo, id, false)).unwrap()
    };
    let tags = ["v1.0.0", "v1.1.0", "v1.2.0"];
    let versions = tags.map(version);
    let mut looked = Looked::default();
    for (pair, tags) in versions.windows(2).zip(tags.windows(2)) {
        let before = looked.claims;
        looked.at(tags[0], &Comparison::new(&pair[0], &pair[1]));
        eprintln!("{} -> {}: {} claims", tags[0], tags[1], looked.claims - before);
    }
    looked.holds(50);
}
