//! What a policy makes of changes: ignores, packages, echoes, levels, bumps and fingerprints.

use crate::support;
use protopact::compare::Comparison;
use protopact::config::{PackagePolicy, Policy, Selection};
use protopact::findings::Finding;
use protopact::policy::{LensPolicy, Policies, PolicySet, RuleConfig, decide};
use protopact::schema::Schema;
use protopact::words::{Bump, Direction, Lens, LensSelector, Level};

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
    let fix = "restore `amount = 2` with `[deprecated = true]`; in a later version remove it and add `reserved 2; reserved \"amount\";`";
    assert_eq!(finding.fix.as_ref().unwrap().to_string(), fix);
    // Where a reservation is all that a rule asks for, it is what fixes.
    let config =
        RuleConfig { use_: vec!["FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED".into()], ..RuleConfig::default() };
    let findings_by_rule = support::findings(&one(OLD), &one(NEW), &support::rules(&config));
    let fix = "add `reserved 2; reserved \"amount\";` to `shop.v1.Order`";
    assert_eq!(findings_by_rule[0].fix.as_ref().unwrap().to_string(), fix);
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

/// What the standard policy finds (`level RULE symbol`), and the bump.
fn found(old: &str, new: &str) -> (Vec<String>, Option<Bump>) {
    let (old, new) = (one(old), one(new));
    let comparison = Comparison::new(&old, &new);
    let decided = decide(&comparison, &Policies::uniform(LensPolicy::standard()));
    let told = decided.findings.iter().map(|f| format!("{} {} {}", f.level.as_str(), f.rule, f.symbol));
    (told.collect(), decided.bump)
}

/// One edit a line: the message around it, and what is found.
#[test]
fn one_edit_is_one_finding_with_its_true_reason() {
    const NONE: &[&str] = &[];
    let with = "enum Kind { KIND_ZERO = 0; KIND_ONE = 1; } message In { int32 a = 1; } \
                message Wide { int32 a = 1; string b = 2; } message Entry { string key = 1; int32 value = 2; }";
    let cases: &[(&str, &str, &[&str])] = &[
        // One key in JSON, another spelling.
        ("string maxWeight = 1;", "string max_weight = 1;", NONE),
        // A superset is what an addition to the type itself is.
        ("In a = 1;", "Wide a = 1;", NONE),
        ("Wide a = 1;", "In a = 1;", &["error FIELD_SAME_TYPE t.M.a"]),
        // A list and a map, with their types.
        ("repeated Entry a = 1;", "map<string, int32> a = 1;", &["error FIELD_SAME_CARDINALITY t.M.a"]),
        ("map<string, int32> a = 1;", "repeated Entry a = 1;", &["error FIELD_SAME_CARDINALITY t.M.a"]),
        ("repeated int32 a = 1;", "string a = 1;", &["error FIELD_SAME_CARDINALITY t.M.a"]),
        ("int32 a = 1;", "optional string a = 1;", &["error FIELD_SAME_TYPE t.M.a"]),
        // A swap.
        ("int32 a = 1; int32 b = 2;", "int32 b = 1; int32 a = 2;", &["error FIELD_NO_SWAP t.M.a"]),
        ("int32 a = 1; string b = 2;", "string b = 1; int32 a = 2;", &["error FIELD_NO_SWAP t.M.a"]),
        // A number taken out of a reserved range.
        (
            "int32 a = 1; reserved 2 to 9;",
            "int32 a = 1; int32 b = 2; reserved 3 to 9;",
            &["error FIELD_NO_ADD_RESERVED t.M.b"],
        ),
        ("int32 a = 1; reserved \"b\";", "int32 a = 1; int32 b = 2;", &["error FIELD_NO_ADD_RESERVED t.M.b"]),
        (
            "int32 a = 1; reserved 2 to 4;",
            "int32 a = 1; reserved 4;",
            &["warn RESERVED_MESSAGE_NO_DELETE t.M"],
        ),
        // A key of JSON with another type.
        ("int32 a = 1;", "string a = 2;", &["error FIELD_SAME_NUMBER t.M.a"]),
        (
            "int32 a = 1; int32 b = 2;",
            "int32 a = 2;",
            &["error FIELD_NO_REUSE t.M.b", "error FIELD_SAME_NUMBER t.M.a"],
        ),
    ];
    let mut wrong = Vec::new();
    for (old, new, wanted) in cases {
        let text = |fields: &str| {
            format!(
                "syntax = \"proto3\";\npackage t;\n{with}\nmessage M {{\n{}\n}}\n",
                fields.replace("; ", ";\n")
            )
        };
        let mut got = found(&text(old), &text(new)).0;
        got.sort();
        if got != *wanted {
            wrong.push(format!("{old} -> {new}: {got:?}, expected {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What becomes of data is the same whether a type is edited or another one takes its place.
#[test]
fn a_type_in_the_place_of_another_is_judged_as_the_edit_between_them() {
    let edits = [
        ("optional int32 a = 1;", "optional int32 a = 1; optional int32 b = 2;"),
        ("optional int32 a = 1;", "optional string a = 1;"),
        ("optional int32 a = 1;", "repeated int32 a = 1;"),
        ("optional int32 a = 1;", "required int32 a = 1;"),
        ("optional int32 a = 1;", "optional int32 a = 1; required int32 b = 2;"),
        ("optional int32 a = 1;", "optional int32 a = 1 [default = 5];"),
        ("optional string a = 1 [default = \"x\"];", "optional string a = 1 [default = \"y\"];"),
        ("required int32 a = 1 [default = 1];", "required int32 a = 1 [default = 2];"),
        ("optional int32 a = 1; optional int32 b = 2;", "oneof c { int32 a = 1; int32 b = 2; }"),
        ("oneof c { int32 a = 1; } optional int32 b = 3;", "oneof c { int32 a = 1; int32 b = 3; }"),
        ("oneof c { int32 a = 1; } oneof d { int32 b = 2; }", "oneof c { int32 a = 1; int32 b = 2; }"),
        ("oneof c { int32 a = 1; int32 b = 2; }", "oneof e { int32 a = 1; int32 b = 2; }"),
    ];
    let side = |fields: &str| one(&format!("syntax = \"proto2\";\npackage t;\n{fields}\n"));
    let cells = [Lens::Wire, Lens::Json].map(|lens| Direction::ALL.map(|direction| (lens, direction)));
    let judged = |old: &str, new: &str| {
        let (old, new) = (side(old), side(new));
        let comparison = Comparison::new(&old, &new);
        let worst = |(lens, direction)| comparison.verdicts().iter().map(|v| v.effect(lens, direction)).max();
        cells.as_flattened().iter().copied().map(worst).collect::<Vec<_>>()
    };
    for (before, after) in edits.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
        let holder = |of: &str| format!("message M {{ optional {of} m = 1; }}");
        let edited = judged(
            &format!("message In {{ {before} }} {}", holder("In")),
            &format!("message In {{ {after} }} {}", holder("In")),
        );
        let both = format!("message In {{ {before} }} message Other {{ {after} }} ");
        let replaced = judged(&(both.clone() + &holder("In")), &(both + &holder("Other")));
        assert_eq!(replaced, edited, "{before} -> {after}, cells {cells:?}");
    }
}

/// What the lens of bytes says of each finding, backward and forward.
#[test]
fn a_number_that_is_another_field_is_read_as_it_where_the_types_let_it() {
    let told = |old: &str, new: &str| {
        let side =
            |fields: &str| one(&format!("syntax = \"proto3\";\npackage t;\nmessage M {{ {fields} }}\n"));
        let findings = support::findings(&side(old), &side(new), &lenses(&["wire"]));
        let cell = |f: &protopact::findings::Finding, direction| {
            let cell = f.verdict.cell(Lens::Wire, direction);
            cell.map(|c| format!("{} {}", c.effect.as_str(), c.reason)).unwrap_or_default()
        };
        let told = findings.iter().map(|f| {
            let (b, a) = (cell(f, Direction::Backward), cell(f, Direction::Forward));
            format!("{} {}: {b} | {a}", f.rule, f.symbol)
        });
        told.collect::<Vec<_>>()
    };
    let two_numbers = "int32 a = 1; int32 b = 2;";
    let text_and_number = "int32 a = 1; string b = 2;";
    let misread = "corrupt the number now means another field: the value is read under the wrong name";
    let other_wire = "rejects int32 and string have different wire types: Go, Java and Python drop the value as an \
                      unknown field, prost refuses the message";
    let swapped = "corrupt two fields exchanged their numbers: each is read as the other";
    let dropped = "lossy old writers send it as 1, the new side looks for it at 2: the value is dropped";
    let cases = [
        (
            two_numbers,
            "int32 a = 2;",
            vec![
                format!(
                    "FIELD_SAME_NUMBER t.M.a: {dropped} | corrupt new writers send it as 2, `b` to old readers: the value is read under the wrong name"
                ),
                format!("FIELD_NO_REUSE t.M.b: {misread} | {misread}"),
            ],
        ),
        (
            text_and_number,
            "int32 a = 2;",
            vec![
                format!(
                    "FIELD_SAME_NUMBER t.M.a: {dropped} | {}",
                    other_wire.replace("rejects ", "rejects new writers send it as 2, `b` to old readers: ")
                ),
                format!("FIELD_NO_REUSE t.M.b: {other_wire} | {other_wire}"),
            ],
        ),
        (
            "int32 a = 1;",
            "int32 a = 2;",
            vec![format!(
                "FIELD_SAME_NUMBER t.M.a: {dropped} | lossy new writers send it as 2, which old readers do not know"
            )],
        ),
        (
            two_numbers,
            "int32 b = 1; int32 a = 2;",
            vec![format!("FIELD_NO_SWAP t.M.a: {swapped} | {swapped}")],
        ),
        (
            text_and_number,
            "string b = 1; int32 a = 2;",
            vec![format!("FIELD_NO_SWAP t.M.a: {other_wire} | {other_wire}")],
        ),
        (
            "int32 a = 1;",
            "int32 z = 1; int32 a = 2;",
            vec![format!("FIELD_NO_REUSE t.M.a: {misread} | {misread}")],
        ),
        (
            "int32 a = 1;",
            "string z = 1; int32 a = 2;",
            vec![format!("FIELD_NO_REUSE t.M.a: {other_wire} | {other_wire}")],
        ),
    ];
    for (old, new, wanted) in cases {
        assert_eq!(told(old, new), wanted, "{old} -> {new}");
    }
}

/// Options are told by their names, whatever their messages hold.
#[test]
fn options_are_told_by_their_names() {
    let (_, _, folder) =
        support::pairs().into_iter().find(|(_, name, _)| name == "21-validation-tightened").unwrap();
    let side = |name: &str, to: &str| {
        let mut files = support::read(&folder.join(name));
        for (name, text) in files.iter_mut().filter(|(name, _)| !name.starts_with("buf/")) {
            let rule = format!(
                "syntax = \"proto3\";\npackage t;\nimport \"buf/validate/validate.proto\";\nmessage M {{ int32 a = 1 [(buf.validate.field).int32.gt = {to}]; }}\n"
            );
            name.clear();
            name.push_str("m.proto");
            *text = rule;
        }
        files.sort();
        files.dedup();
        support::schema(&files).unwrap()
    };
    let (old, new) = (side("old", "0"), side("new", "1"));
    let findings = support::findings(&old, &new, &support::all_rules());
    let told: Vec<&str> = findings.iter().map(|f| &*f.message).filter(|m| m.contains("option")).collect();
    assert!(!told.is_empty(), "{findings:?}");
    for told in told {
        assert!(told.contains("`(buf.validate.field).int32.gt = 0`"), "{told}");
        assert!(told.contains("`(buf.validate.field).int32.gt = 1`"), "{told}");
    }
}

#[test]
fn what_nobody_calls_is_missed_where_it_is_read() {
    let file = |name: &str, package: &str, body: &str| {
        format!("// file: {name}.proto\nsyntax = \"proto3\";\npackage {package};\n{body}\n")
    };
    let keep = file("keep", "t", "message Keep { string id = 1; }");
    let event = "message Event { Part part = 1; enum Kind { ZERO = 0; } message In {} }\nmessage Part { Event event = 1; }\n";
    let error =
        |list: &[&str]| (list.iter().map(|s| format!("error {s}")).collect::<Vec<_>>(), Some(Bump::Major));
    // Of types that hold each other one speaks.
    let one_of_two = format!("{keep}{}", file("more", "t", event));
    let none_left = format!("{keep}{}", file("more", "t", "message Other { bool b = 1; }"));
    assert_eq!(found(&one_of_two, &none_left), error(&["MESSAGE_NO_DELETE t.Event"]));
    // A file with all that is in it, a package with all its files.
    assert_eq!(found(&one_of_two, &keep), error(&["FILE_NO_DELETE more.proto"]));
    let two_files = format!(
        "{}{}",
        file("a", "gone", "message A {}"),
        file("b", "gone", "message B {} enum E { Z = 0; }")
    );
    assert_eq!(found(&format!("{keep}{two_files}"), &keep), error(&["PACKAGE_NO_DELETE gone"]));
    // What moved is not missed.
    let moved = format!("{keep}{}", file("other", "t", event));
    assert_eq!(found(&one_of_two, &moved).0, Vec::<String>::new());
    // An enum that nothing holds is on no wire, and in code all the same.
    let with_enum = format!("{keep}{}", file("e", "t", "enum E { Z = 0; }\nmessage M { int32 a = 1; }"));
    let without = format!("{keep}{}", file("e", "t", "message M { int32 a = 1; }"));
    assert_eq!(found(&with_enum, &without), (vec!["warn ENUM_NO_DELETE t.E".to_owned()], Some(Bump::Major)));
}

/// What takes the place of a message may read the same bytes: the call or the field that changed says so.
#[test]
fn a_message_that_another_takes_the_place_of_is_not_missed() {
    let side = |of: &str, more: &str| {
        format!(
            "syntax = \"proto3\";\npackage t;\nmessage {of} {{ int32 a = 1; string b = 2;{more} }}\n\
             message Holder {{ {of} of = 1; }}\nservice S {{ rpc Call({of}) returns ({of}); }}\n"
        )
    };
    // The same bytes and the same JSON under another name: code only.
    let (old, new) = (one(&side("Old", "")), one(&side("New", " bytes more = 3;")));
    let denied = lenses(&["wire", "json", "rpc"]);
    assert!(rules_of(&support::findings(&old, &new, &denied)).is_empty());
    // Other bytes: whoever carries them.
    let new = side("New", "").replace("string b = 2", "int32 b = 2");
    let (findings, _) = found(&side("Old", ""), &new);
    let mut rules: Vec<&str> = findings.iter().map(|f| f.split(' ').nth(1).unwrap()).collect();
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(rules, ["FIELD_SAME_TYPE", "RPC_SAME_REQUEST_TYPE", "RPC_SAME_RESPONSE_TYPE"]);
}

#[test]
fn the_bump_looks_at_all_lenses() {
    let renamed = "syntax = \"proto3\";\npackage t;\nmessage M { string max_weight = 1; }\n";
    let (findings, bump) = found(&renamed.replace("max_weight", "maxWeight"), renamed);
    // Code that uses the field does not build any more, though nobody denied that.
    assert_eq!((findings.len(), bump), (0, Some(Bump::Major)));
}

#[test]
fn an_alias_before_the_old_name_changes_what_is_written() {
    let enum_ = |values: &str| {
        format!(
            "syntax = \"proto3\";\npackage t;\nenum E {{ option allow_alias = true; ZERO = 0; NIL = 0; {values} }}\nmessage M {{ E e = 1; }}\n"
        )
    };
    let old = enum_("A = 1;");
    let (findings, bump) = found(&old, &enum_("B = 1; A = 1;"));
    assert_eq!((findings, bump), (vec!["error ENUM_VALUE_NO_ADD t.E.B".to_owned()], Some(Bump::Major)));
    assert_eq!(found(&old, &enum_("A = 1; B = 1;")), (Vec::new(), Some(Bump::Minor)));
}

#[test]
fn names_that_are_gone_are_never_the_place_to_write_others() {
    // More of them than are named; the one that stood first comes last in the order of names.
    let many: String = (10..40).map(|i| format!("N{i} = 1; ")).collect();
    let enum_ = |values: &str| {
        one(&format!(
            "syntax = \"proto3\";\npackage t;\nenum E {{ option allow_alias = true; A = 0; B = 0; {values} }}\n"
        ))
    };
    for (now, place) in [("NEW = 1;", "in front of the new name"), ("ZED = 1;", "behind `ZED`")] {
        let (old, new) = (enum_(&format!("ZED = 1; {many}")), enum_(now));
        let findings = support::findings(&old, &new, &PolicySet::from(LensPolicy::standard()));
        let fixes: Vec<String> =
            findings.iter().filter_map(|f| f.fix.as_ref()).map(ToString::to_string).collect();
        assert!(fixes.iter().any(|fix| fix.contains(place)), "{fixes:?}");
        assert!(!fixes.iter().any(|fix| fix.contains("behind `N")), "{fixes:?}");
    }
}

#[test]
fn an_extension_that_becomes_a_field_is_the_same_on_the_wire() {
    let old = "syntax = \"proto2\";\npackage t;\nmessage M { extensions 10 to 20; }\nextend M { optional int32 x = 10; }\n";
    let new = "syntax = \"proto2\";\npackage t;\nmessage M { optional int32 x = 10; extensions 11 to 20; }\n";
    for (old, new, rule) in [(old, new, "EXTENSION_NO_DELETE"), (new, old, "FIELD_NO_DELETE")] {
        let (a, b) = (one(old), one(new));
        let findings = support::findings(&a, &b, &PolicySet::from(LensPolicy::standard()));
        assert_eq!(rules_of(&findings), [rule]);
        let worst =
            |lens| findings[0].verdict.cells.iter().filter(|c| c.lens == lens).map(|c| c.effect).max();
        use protopact::words::{Effect, Lens};
        assert_eq!((worst(Lens::Wire), worst(Lens::Json)), (None, Some(Effect::Rejects)));
    }
}
