//! What a policy makes of changes: ignores, packages, echoes, levels, bumps and fingerprints.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use protopact::compare::Comparison;
use protopact::config::{PackagePolicy, Policy, Selection};
use protopact::findings::Finding;
use protopact::policy::{LensPolicy, Policies, PolicySet, RuleConfig, decide};
use protopact::schema::Schema;
use protopact::words::{Bump, LensSelector, Level};

fn one(text: &str) -> Schema {
    support::schema(&support::split(text)).unwrap()
}

fn lenses(words: &[&str]) -> PolicySet {
    let deny = words.iter().flat_map(|w| LensSelector::parse(w).unwrap()).collect();
    LensPolicy { deny }.into()
}

fn rules_of(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|f| f.rule).collect()
}

const OLD: &str = r#"syntax = "proto3";
package shop.v1;
message Order { string id = 1; int64 amount = 2; }
service Orders { rpc Get(Order) returns (Order); }
"#;
const NEW: &str = r#"syntax = "proto3";
package shop.v1;
message Order { string id = 1; }
service Orders { rpc Get(Order) returns (Order); }
"#;

/// buf's default, with some of it left alone.
fn file_rules(change: impl FnOnce(&mut Policy)) -> Policy {
    let selection = Selection { use_rules: support::refs(&["FILE"]), ..Selection::default() };
    let mut policy = Policy { selection, ..Policy::default() };
    change(&mut policy);
    policy
}

fn rule_findings(change: impl FnOnce(&mut Policy)) -> (Vec<&'static str>, Option<Bump>) {
    let decided = support::decided(&one(OLD), &one(NEW), &file_rules(change), &[]);
    (decided.findings.iter().map(|f| f.rule).collect(), decided.bump)
}

#[test]
fn ignored_files_are_left_alone_for_all_rules_or_for_some() {
    let found = (vec!["FIELD_NO_DELETE"], Some(Bump::Major));
    let nothing = (Vec::new(), Some(Bump::Patch));
    assert_eq!(rule_findings(|_| {}), found);
    assert_eq!(rule_findings(|p| p.ignore = support::patterns(&["example.proto"])), nothing);
    assert_eq!(rule_findings(|p| p.ignore = support::patterns(&["*.proto"])), nothing);
    let only = |rule: &str, path: &str| {
        let (rule, paths) = (support::refs(&[rule]).remove(0), support::patterns(&[path]));
        rule_findings(|p| p.ignore_only = vec![(rule, paths)])
    };
    assert_eq!(only("FIELD_NO_DELETE", "example.proto"), nothing);
    assert_eq!(only("FILE", "."), nothing);
    assert_eq!(only("FIELD_SAME_TYPE", "example.proto"), found);
}

#[test]
fn a_file_that_is_gone_is_ignored_by_its_old_path() {
    let old = one("// file: a/x.proto\nsyntax = \"proto3\";\n// file: b/x.proto\nsyntax = \"proto3\";\n");
    let new = one("// file: c.proto\nsyntax = \"proto3\";\n");
    let policy = file_rules(|p| p.ignore = support::patterns(&["a"]));
    let findings = support::decided(&old, &new, &policy, &[]).findings;
    assert_eq!(rules_of(&findings), ["FILE_NO_DELETE"]);
    assert_eq!(findings[0].new, None);
    assert_eq!(findings[0].old.as_ref().unwrap().path, "b/x.proto");
}

#[test]
fn unstable_packages_are_left_alone_when_asked() {
    let unstable = |text: &str| one(&text.replace("shop.v1", "shop.v1alpha1"));
    let findings = |ignore| {
        let policy = file_rules(|p| p.ignore_unstable_packages = ignore);
        support::decided(&unstable(OLD), &unstable(NEW), &policy, &[]).findings.len()
    };
    assert_eq!((findings(false), findings(true)), (1, 0));
}

#[test]
fn one_finding_for_each_change_that_hurts_a_denied_lens() {
    let findings = support::findings(&one(OLD), &one(NEW), &lenses(&["wire", "rpc", "json"]));
    assert_eq!(rules_of(&findings), ["FIELD_NO_DELETE"]);
    let finding = &findings[0];
    assert_eq!((finding.level, finding.bump), (Level::Error, Bump::Major));
    assert_eq!(finding.fix.as_deref(), Some("add `reserved 2; reserved \"amount\";` to `shop.v1.Order`"));
    assert_eq!(finding.affects.named, ["shop.v1.Orders.Get (request)", "shop.v1.Orders.Get (response)"]);
    assert!(support::findings(&one(OLD), &one(NEW), &lenses(&["rpc"])).is_empty());
}

#[test]
fn what_cannot_be_decided_is_a_warning() {
    let renamed = OLD.replace("amount", "total");
    let findings = support::findings(&one(OLD), &one(&renamed), &lenses(&["wire"]));
    assert_eq!(rules_of(&findings), ["FIELD_SAME_NAME"]);
    assert_eq!((findings[0].level, findings[0].bump), (Level::Warn, Bump::Minor));
}

#[test]
fn an_echo_is_quiet_under_lenses_and_heard_by_rules() {
    let renamed = OLD.replace("amount", "total");
    let by_lens = support::findings(&one(OLD), &one(&renamed), &lenses(&["json"]));
    assert_eq!(rules_of(&by_lens), ["FIELD_SAME_NAME"]);
    let by_rule = support::findings(&one(OLD), &one(&renamed), &support::rules(&RuleConfig::default()));
    assert_eq!(rules_of(&by_rule), ["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME"]);
}

#[test]
fn growing_is_no_finding_unless_the_direction_is_named() {
    let standard = PolicySet::from(LensPolicy::standard());
    assert_eq!(support::findings(&one(NEW), &one(OLD), &standard).len(), 0);
    let strict = support::findings(&one(NEW), &one(OLD), &lenses(&["json.forward"]));
    assert_eq!(rules_of(&strict), ["FIELD_NO_ADD"]);
    let (old, new) = (one(NEW), one(OLD));
    let comparison = Comparison::new(&old, &new);
    let decided = decide(&comparison, &Policies::uniform(standard));
    assert_eq!(decided.changes.len(), 1);
    assert_eq!(decided.changes[0].message, "field 2 (`amount`) of `shop.v1.Order` was added");
    assert_eq!((decided.changes[0].bump, decided.bump), (Bump::Minor, Some(Bump::Minor)));
    let strict = decide(&comparison, &Policies::uniform(lenses(&["json.forward"])));
    assert_eq!(strict.changes[0].bump, Bump::Major);
    assert_eq!(comparison.changes()[strict.findings[0].of].id(&comparison.cx()), strict.findings[0].change);
}

#[test]
fn a_package_may_have_a_policy_of_its_own() {
    let packages = [PackagePolicy::new("shop.**", Selection::default()).unwrap()];
    let other = |text: &str| one(&text.replace("shop.v1", "store.v1"));
    let count = |old: &Schema, new: &Schema| {
        support::decided(old, new, &file_rules(|_| {}), &packages).findings.len()
    };
    assert_eq!(count(&one(OLD), &one(NEW)), 0);
    assert_eq!(count(&other(OLD), &other(NEW)), 1);
}

#[test]
fn a_fingerprint_follows_the_change_and_nothing_else() {
    let fingerprint = |old: &str, new: &str| {
        let findings = support::findings(&one(old), &one(new), &lenses(&["wire"]));
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings[0].fingerprint.clone()
    };
    let plain = fingerprint(OLD, NEW);
    assert_eq!(plain.len(), 12);
    assert!(plain.bytes().all(|b| b.is_ascii_hexdigit()));
    let moved = format!("// file: elsewhere/order.proto\n\n\n{OLD}// a comment\n");
    assert_eq!(fingerprint(&moved, &format!("// file: elsewhere/order.proto\n{NEW}")), plain);
    let grown = NEW.replace("string id = 1;", "string id = 1; string note = 9;");
    assert_eq!(fingerprint(OLD, &grown), plain);
    let other_type = OLD.replace("int64 amount", "int32 amount");
    assert_ne!(fingerprint(&other_type, NEW), plain);
    let other_number = OLD.replace("amount = 2", "amount = 3");
    assert_ne!(fingerprint(&other_number, NEW), plain);
}
