//! The catalogue tests itself: ids, files, pages and fixtures agree, every example does what its page says, and
//! the categories are the ones teams know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support;
use protopact::compare::Comparison;
use protopact::findings::Finding;
use protopact::policy::{LensPolicy, Policies};
use protopact::rules::{Categories, Lookup, REMOVED, RULES, Rule, RulesVersion, find, page, primary};
use protopact::words::Lens;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn ids() -> BTreeSet<String> {
    RULES.iter().map(|r| r.id.to_owned()).collect()
}

#[test]
fn ids_are_sorted_and_found() {
    assert!(RULES.is_sorted_by(|a, b| a.id < b.id));
    for rule in RULES {
        assert!(matches!(find(rule.id), Some(Lookup::Rule(found)) if found.id == rule.id), "{}", rule.id);
    }
    for retired in REMOVED {
        assert!(matches!(find(retired.id), Some(Lookup::Retired(_))), "{}", retired.id);
        assert!(!ids().contains(retired.id), "{} is both in use and retired", retired.id);
        for instead in retired.use_instead() {
            assert!(matches!(find(instead), Some(Lookup::Rule(_))), "{} names {instead}", retired.id);
        }
    }
    assert!(find("NO_SUCH_RULE").is_none());
}

#[test]
fn every_rule_has_a_file_of_its_name_and_every_file_is_a_rule() {
    let mut files = BTreeSet::new();
    for entry in walkdir::WalkDir::new(root().join("src/rules")).min_depth(2) {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        if text.contains("static RULE: Rule") {
            let stem = entry.path().file_stem().unwrap().to_str().unwrap().to_owned();
            let id = stem.to_ascii_uppercase();
            assert!(text.contains(&format!("id: \"{id}\"")), "{stem}.rs holds another id");
            files.insert(id);
        }
    }
    assert_eq!(files, ids());
}

#[test]
fn every_rule_has_a_fixture_and_every_fixture_is_a_rule() {
    let fixtures: BTreeSet<String> =
        names(&root().join("fixtures/rules")).iter().map(|n| n.to_ascii_uppercase()).collect();
    assert_eq!(fixtures, ids());
}

/// Writes the pages when `PROTOPACT_BLESS` is set, and compares them otherwise.
#[test]
#[allow(clippy::disallowed_methods, reason = "a switch for a person at a terminal")]
fn the_pages_are_what_the_rules_say() {
    let folder = root().join("docs/rules");
    let mut pages: BTreeMap<String, String> =
        RULES.iter().map(|r| (format!("{}.md", r.id), page(r))).collect();
    pages.insert("README.md".to_owned(), index());
    if std::env::var_os("PROTOPACT_BLESS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for name in names(&folder) {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
        for (name, text) in &pages {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    assert_eq!(names(&folder), pages.keys().cloned().collect::<Vec<_>>());
    for (name, text) in pages {
        let written = std::fs::read_to_string(folder.join(&name)).unwrap();
        assert_eq!(written, text, "{name}: set PROTOPACT_BLESS to rewrite the pages");
    }
}

fn index() -> String {
    let mut text = String::from(
        "# Rules\n\nGenerated from the catalogue. `protopact rules ID` prints a page.\n\n\
         | id | categories | flags |\n| --- | --- | --- |\n",
    );
    for rule in RULES {
        let categories: Vec<&str> = rule.categories.names().collect();
        text.push_str(&format!(
            "| [{id}]({id}.md) | {} | {} |\n",
            categories.join(", "),
            rule.docs.flags,
            id = rule.id
        ));
    }
    text.push_str("\nRetired ids, which mean what is named instead:\n\n");
    for retired in REMOVED {
        let instead = match retired.use_instead() {
            [] => "nothing".to_owned(),
            list => list.iter().map(|id| format!("[{id}]({id}.md)")).collect::<Vec<_>>().join(", "),
        };
        text.push_str(&format!("- {}: {instead}\n", retired.id));
    }
    text
}

/// The rules of the newest rule set of buf, by the categories they are in.
const KNOWN: &[(&str, &[&str])] = &[
    ("FILE CSR", &["ENUM_NO_DELETE", "FILE_NO_DELETE", "MESSAGE_NO_DELETE"]),
    ("FILE", &["EXTENSION_NO_DELETE", "SERVICE_NO_DELETE"]),
    (
        "FILE PACKAGE",
        &[
            "ENUM_SAME_TYPE",
            "FIELD_SAME_CARDINALITY",
            "FIELD_SAME_CPP_STRING_TYPE",
            "FIELD_SAME_JAVA_UTF8_VALIDATION",
            "FIELD_SAME_JSTYPE",
            "FIELD_SAME_UTF8_VALIDATION",
            "FILE_SAME_CC_ENABLE_ARENAS",
            "FILE_SAME_CC_GENERIC_SERVICES",
            "FILE_SAME_CSHARP_NAMESPACE",
            "FILE_SAME_GO_PACKAGE",
            "FILE_SAME_JAVA_GENERIC_SERVICES",
            "FILE_SAME_JAVA_MULTIPLE_FILES",
            "FILE_SAME_JAVA_OUTER_CLASSNAME",
            "FILE_SAME_JAVA_PACKAGE",
            "FILE_SAME_OBJC_CLASS_PREFIX",
            "FILE_SAME_OPTIMIZE_FOR",
            "FILE_SAME_PHP_CLASS_PREFIX",
            "FILE_SAME_PHP_METADATA_NAMESPACE",
            "FILE_SAME_PHP_NAMESPACE",
            "FILE_SAME_PY_GENERIC_SERVICES",
            "FILE_SAME_RUBY_PACKAGE",
            "FILE_SAME_SWIFT_PREFIX",
            "RPC_NO_DELETE",
        ],
    ),
    (
        "FILE PACKAGE CSR",
        &[
            "ENUM_VALUE_NO_DELETE",
            "EXTENSION_MESSAGE_NO_DELETE",
            "FIELD_NO_DELETE",
            "FIELD_SAME_TYPE",
            "FILE_SAME_SYNTAX",
            "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
            "ONEOF_NO_DELETE",
        ],
    ),
    (
        "FILE PACKAGE WIRE_JSON CSR",
        &[
            "ENUM_SAME_JSON_FORMAT",
            "ENUM_VALUE_SAME_NAME",
            "FIELD_SAME_JSON_NAME",
            "FIELD_SAME_NAME",
            "MESSAGE_SAME_JSON_FORMAT",
        ],
    ),
    (
        "FILE PACKAGE WIRE_JSON WIRE CSR",
        &[
            "FIELD_SAME_DEFAULT",
            "FIELD_SAME_ONEOF",
            "FILE_SAME_PACKAGE",
            "MESSAGE_SAME_REQUIRED_FIELDS",
            "RESERVED_ENUM_NO_DELETE",
            "RESERVED_MESSAGE_NO_DELETE",
            "RPC_SAME_CLIENT_STREAMING",
            "RPC_SAME_IDEMPOTENCY_LEVEL",
            "RPC_SAME_REQUEST_TYPE",
            "RPC_SAME_RESPONSE_TYPE",
            "RPC_SAME_SERVER_STREAMING",
        ],
    ),
    (
        "PACKAGE",
        &[
            "PACKAGE_ENUM_NO_DELETE",
            "PACKAGE_EXTENSION_NO_DELETE",
            "PACKAGE_MESSAGE_NO_DELETE",
            "PACKAGE_NO_DELETE",
            "PACKAGE_SERVICE_NO_DELETE",
        ],
    ),
    (
        "WIRE_JSON CSR",
        &[
            "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        ],
    ),
    (
        "WIRE_JSON WIRE CSR",
        &["ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"],
    ),
    ("WIRE", &["FIELD_WIRE_COMPATIBLE_CARDINALITY", "FIELD_WIRE_COMPATIBLE_TYPE"]),
    ("", &["MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT"]),
];

#[test]
fn the_known_rules_are_in_the_known_categories_and_ours_in_none() {
    let mut known = BTreeMap::new();
    for (categories, rules) in KNOWN {
        for rule in *rules {
            known.insert(*rule, *categories);
        }
    }
    assert_eq!(known.len(), 65);
    for rule in RULES {
        let names: Vec<&str> = rule.categories.names().collect();
        assert_eq!(names.join(" "), known.remove(rule.id).unwrap_or_default(), "{}", rule.id);
    }
    assert!(known.is_empty(), "no such rules: {known:?}");
}

#[test]
fn older_rule_sets_differ_where_they_did() {
    let members = |version: RulesVersion, category: Categories| -> BTreeSet<&str> {
        RULES.iter().filter(|r| version.categories(r).contains(category)).map(|r| r.id).collect()
    };
    let missing = |version, category| -> Vec<&str> {
        let newest = members(RulesVersion::V2, category);
        newest.difference(&members(version, category)).copied().collect()
    };
    let more = |version, category| -> Vec<&str> {
        members(version, category).difference(&members(RulesVersion::V2, category)).copied().collect()
    };
    use RulesVersion::{V1, V1Beta1};
    assert_eq!(missing(V1, Categories::FILE), ["EXTENSION_NO_DELETE", "FIELD_SAME_DEFAULT"]);
    assert_eq!(missing(V1, Categories::PACKAGE), ["FIELD_SAME_DEFAULT", "PACKAGE_EXTENSION_NO_DELETE"]);
    assert_eq!(missing(V1, Categories::WIRE), ["FIELD_SAME_DEFAULT"]);
    assert_eq!(missing(V1, Categories::CSR).len(), members(RulesVersion::V2, Categories::CSR).len());
    assert_eq!(
        missing(V1Beta1, Categories::WIRE),
        ["FIELD_SAME_DEFAULT", "FIELD_WIRE_COMPATIBLE_TYPE", "FILE_SAME_PACKAGE"]
    );
    assert_eq!(more(V1Beta1, Categories::WIRE), ["FIELD_SAME_CARDINALITY", "FIELD_SAME_TYPE"]);
    for category in [Categories::FILE, Categories::PACKAGE, Categories::WIRE_JSON, Categories::WIRE] {
        assert_eq!(more(V1, category), Vec::<&str>::new());
    }
}

/// The findings of every rule on the example of one.
fn example(rule: &Rule) -> Vec<Finding> {
    let side = |text: &str| {
        support::schema(&support::split(text)).unwrap_or_else(|e| panic!("{}: {e}\n{text}", rule.id))
    };
    support::findings(&side(rule.docs.before), &side(rule.docs.after), &support::all_rules())
}

/// Which other rules fire on the example of a rule is in a snapshot, to be read when it changes.
#[test]
fn every_example_fires_its_rule_and_companions_that_somebody_read() {
    let mut companions = String::new();
    for rule in RULES {
        let mut fired: BTreeSet<&str> = example(rule).iter().map(|f| f.rule).collect();
        assert!(fired.remove(rule.id), "{} does not fire on its own example", rule.id);
        if !fired.is_empty() {
            let fired: Vec<&str> = fired.into_iter().collect();
            companions.push_str(&format!("{}: {}\n", rule.id, fired.join(", ")));
        }
    }
    insta::assert_snapshot!("companions", companions);
}

#[test]
fn an_example_compared_with_itself_is_silent() {
    for rule in RULES {
        for side in [rule.docs.before, rule.docs.after] {
            let schema = support::schema(&support::split(side)).unwrap();
            let found = support::findings(&schema, &schema, &support::all_rules());
            assert_eq!(found.len(), 0, "{}: {found:?}", rule.id);
        }
    }
}

#[test]
fn every_change_that_hurts_somebody_has_a_rule_to_its_name() {
    let everything = Lens::ALL.map(|lens| protopact::words::LensSelector { lens, direction: None }).to_vec();
    let policy = Policies::uniform(LensPolicy { deny: everything });
    for rule in RULES {
        let old = support::schema(&support::split(rule.docs.before)).unwrap();
        let new = support::schema(&support::split(rule.docs.after)).unwrap();
        let comparison = Comparison::new(&old, &new);
        for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
            assert!(
                verdict.is_ok() || primary(change, &comparison.cx()).is_some(),
                "{}: {} hurts somebody and has no rule",
                rule.id,
                change.id(&comparison.cx())
            );
        }
        protopact::policy::decide(&comparison, &policy);
    }
}

/// The entries of kinds name rules by id, for they are below the rules.
#[test]
fn every_rule_that_a_kind_names_is_in_the_catalogue() {
    let mut named = BTreeSet::new();
    for entry in walkdir::WalkDir::new(root().join("src/diff/kind")) {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        let strings = text.split('"').skip(1).step_by(2);
        let is_id = |s: &&str| {
            s.contains('_') && s.chars().all(|c| c.is_ascii_uppercase() || "_0123456789".contains(c))
        };
        named.extend(strings.filter(is_id).map(str::to_owned));
    }
    for value in [
        "IDEMPOTENCY_UNKNOWN",
        "NO_SIDE_EFFECTS",
        "JS_NORMAL",
        "JS_STRING",
        "JS_NUMBER",
        "LEGACY_BEST_EFFORT",
        "CODE_SIZE",
        "LITE_RUNTIME",
    ] {
        assert!(named.remove(value), "{value} is no longer a value that is told");
    }
    assert!(named.len() > 60, "{named:?}");
    let unknown: Vec<&String> = named.iter().filter(|id| !ids().contains(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn messages_keep_the_convention() {
    for rule in RULES {
        for finding in example(rule) {
            convention(&finding.message);
            if let Some(fix) = &finding.fix {
                let fix = fix.to_string();
                one_line(&fix);
                assert!(fix.starts_with(char::is_lowercase), "{fix}");
            }
        }
    }
}

fn convention(message: &str) {
    const NOUNS: [&str; 10] = [
        "file `",
        "package `",
        "message `",
        "field ",
        "extension ",
        "oneof `",
        "enum `",
        "enum value ",
        "service `",
        "method `",
    ];
    assert!(NOUNS.iter().any(|n| message.starts_with(n)), "starts with no noun: {message}");
    one_line(message);
}

fn one_line(text: &str) {
    assert!(!text.contains('\n') && !text.ends_with('.') && text.trim() == text, "{text:?}");
    assert_eq!(text.matches('`').count() % 2, 0, "an open backtick: {text}");
}

#[test]
fn pages_are_prose() {
    for rule in RULES {
        let docs = &rule.docs;
        for text in [docs.flags, docs.breaks, docs.fix] {
            assert!(
                text.ends_with('.') && !text.contains('\n') && !text.contains("  "),
                "{}: {text}",
                rule.id
            );
            assert!(text.starts_with(|c: char| c.is_uppercase() || c == '`'), "{}: {text}", rule.id);
        }
        for proto in [docs.before, docs.after] {
            assert!(proto.ends_with('\n') && !proto.contains("\n\n\n"), "{}", rule.id);
        }
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
