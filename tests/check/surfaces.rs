//! The lenses `source.*` as comparisons of generated names: one edit a case, with the change that each lost name is
//! laid to.

use protopact::compare::Comparison;
use protopact::diff::Change;
use protopact::surface;
use protopact::words::{Direction, Effect, Language, Lens};

use crate::support;

const GO_FEATURES: &str = include_str!("../generate/readers/go_features.proto");

/// What a language says of every change: `kind symbol: effect: reason`, in the order of changes; what is fine is left
/// out.
fn says(old: &str, new: &str, language: Language) -> Vec<String> {
    let side = |text: &str| {
        let mut files = support::split(text);
        files.iter_mut().filter(|(name, _)| name == "example.proto").for_each(|(name, _)| {
            *name = "billing.proto".to_owned();
        });
        if text.contains("go_features") {
            files.push(("google/protobuf/go_features.proto".to_owned(), GO_FEATURES.to_owned()));
        }
        support::schema(&files).unwrap_or_else(|e| panic!("{e}\n{text}"))
    };
    let (old, new) = (side(old), side(new));
    let comparison = Comparison::new(&old, &new);
    let cx = comparison.cx();
    let all = comparison.changes().iter().zip(comparison.verdicts());
    all.filter_map(|(change, verdict)| {
        let cell = verdict.cell(Lens::Source(language), Direction::Backward)?;
        let (id, symbol) = (change.id(&cx), change.symbol(&cx));
        Some(format!("{id} {symbol}: {}: {}", cell.effect.as_str(), cell.reason))
    })
    .collect()
}

fn compared<T>(old: &str, new: &str, look: impl Fn(&Comparison<'_>) -> T) -> T {
    let side = |text: &str| support::schema(&support::split(text)).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (old, new) = (side(old), side(new));
    look(&Comparison::new(&old, &new))
}

/// The edit is a break for users of a language, laid to one change, with a reason that holds `reason`.
#[track_caller]
fn breaks(language: Language, old: &str, new: &str, change: &str, reason: &str) {
    let found = says(old, new, language);
    let wanted = format!("{change}: rejects: ");
    assert!(
        found.iter().any(|line| line.starts_with(&wanted) && line.contains(reason)),
        "wanted `{change}` with `{reason}`, found {found:#?}"
    );
    let others = found.iter().filter(|line| line.contains(": rejects: ") && !line.starts_with(&wanted));
    assert_eq!(others.count(), 0, "{found:#?}");
}

/// Code of a language still builds.
#[track_caller]
fn builds(language: Language, old: &str, new: &str) {
    let found = says(old, new, language);
    let bad = |line: &&String| line.contains(&format!(": {}: ", Effect::Rejects.as_str()));
    assert_eq!(found.iter().filter(bad).count(), 0, "{found:#?}");
}

fn proto3(body: &str) -> String {
    format!("syntax = \"proto3\";\npackage pay.v1;\n{body}")
}

use Language::{Go, Java, Python, Rust};

#[test]
fn a_new_field_takes_the_accessors_of_another_in_java() {
    breaks(
        Java,
        &proto3("enum Stage { NONE = 0; } message Pay { Stage stage = 1; repeated string item = 3; }"),
        &proto3(
            "enum Stage { NONE = 0; } message Pay { Stage stage = 1; repeated string item = 3; int32 stage_value = 2; }",
        ),
        "field-added pay.v1.Pay.stage_value",
        "`Pay.getStage()` is now called `Pay.getStage1()`",
    );
    breaks(
        Java,
        &proto3("message Pay { repeated string item = 3; }"),
        &proto3("message Pay { repeated string item = 3; int32 item_count = 4; }"),
        "field-added pay.v1.Pay.item_count",
        "`Pay.getItemCount()` is now called `Pay.getItem3Count()`",
    );
    breaks(
        Java,
        &proto3("message Pay { string text = 1; }"),
        &proto3("message Pay { string text = 1; bytes text_bytes = 2; }"),
        "field-added pay.v1.Pay.text_bytes",
        "does not compile",
    );
    // Closed enums have no number accessors, and other beginnings are other names.
    builds(
        Java,
        &proto3("enum Stage { NONE = 0; } message Pay { Stage stage = 1; string text = 3; }"),
        &proto3(
            "enum Stage { NONE = 0; } message Pay { Stage stage = 1; string text = 3; int32 stages_value = 2; int32 text_count = 4; }",
        ),
    );
    builds(
        Java,
        "enum Stage { NONE = 0; } message Pay { optional Stage stage = 1; }",
        "enum Stage { NONE = 0; } message Pay { optional Stage stage = 1; optional int32 stage_value = 2; }",
    );
}

#[test]
fn a_field_that_becomes_a_list_takes_accessors_in_java() {
    let found = says(
        &proto3("message Pay { string item = 1; int32 item_count = 2; }"),
        &proto3("message Pay { repeated string item = 1; int32 item_count = 2; }"),
        Java,
    );
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("field-cardinality-changed pay.v1.Pay.item: rejects"), "{found:#?}");
}

#[test]
fn a_new_type_takes_the_class_of_another_in_java() {
    const MULTIPLE: &str = "option java_multiple_files = true;";
    breaks(
        Java,
        &proto3(&format!("{MULTIPLE} message Foo {{}}")),
        &proto3(&format!("{MULTIPLE} message Foo {{}} message FooOrBuilder {{}}")),
        "message-added pay.v1.FooOrBuilder",
        "both called `FooOrBuilder`",
    );
    breaks(
        Java,
        &proto3("message Foo { oneof kind { int32 a = 1; } }"),
        &proto3("message Foo { oneof kind { int32 a = 1; } message KindCase {} }"),
        "message-added pay.v1.Foo.KindCase",
        "both called `Foo.KindCase`",
    );
    for added in ["message Billing {}", "enum Billing { NO = 0; }", "message Other { message Billing {} }"] {
        let symbol = if added.contains("Other") { "pay.v1.Other" } else { "pay.v1.Billing" };
        let noun = if added.starts_with("enum") { "enum" } else { "message" };
        breaks(
            Java,
            &proto3("message Foo {}"),
            &proto3(&format!("message Foo {{}} {added}")),
            &format!("{noun}-added {symbol}"),
            "`Billing` is now called `BillingOuterClass`",
        );
    }
    builds(
        Java,
        &proto3("option java_outer_classname = \"All\"; message Foo {}"),
        &proto3("option java_outer_classname = \"All\"; message Foo {} message Billing {}"),
    );
}

#[test]
fn a_new_name_takes_the_name_of_another_in_go() {
    breaks(
        Go,
        &proto3("message Pay { oneof method { string card = 1; } }"),
        &proto3("message Pay { oneof method { string card = 1; } message Card {} }"),
        "message-added pay.v1.Pay.Card",
        "`Pay_Card` is now called `Pay_Card_`",
    );
    breaks(
        Go,
        &proto3("message Pay { oneof method { string card = 1; } }"),
        &proto3("message Pay { oneof method { string card = 1; } enum Card { NO = 0; } }"),
        "enum-added pay.v1.Pay.Card",
        "`Pay_Card` is now called `Pay_Card_`",
    );
    breaks(
        Go,
        &proto3("message Pay { string name = 1; }"),
        &proto3("message Pay { string get_name = 2; string name = 1; }"),
        "field-added pay.v1.Pay.get_name",
        "`Pay.Name` is now called `Pay.Name_`",
    );
    // Written after it, the new field is the one with another name.
    builds(
        Go,
        &proto3("message Pay { string name = 1; }"),
        &proto3("message Pay { string name = 1; string get_name = 2; }"),
    );
    breaks(
        Go,
        &proto3("message Foo { message Bar {} }"),
        &proto3("message Foo { message Bar {} } message Foo_Bar {}"),
        "message-added pay.v1.Foo_Bar",
        "both called `Foo_Bar`",
    );
    breaks(
        Go,
        &proto3("message Foo {} enum Color { RED = 0; }"),
        &proto3("message Foo {} enum Color { RED = 0; } message Color_RED {}"),
        "message-added pay.v1.Color_RED",
        "both called `Color_RED`",
    );
}

#[test]
fn names_clash_across_the_files_of_a_go_package() {
    let file = |body: &str| format!("// file: a.proto\n{}\n{body}", proto3("message Foo { message Bar {} }"));
    breaks(
        Go,
        &file(""),
        &file("// file: b.proto\nsyntax = \"proto3\"; package pay.v1; message Foo_Bar {}"),
        "message-added pay.v1.Foo_Bar",
        "both called `Foo_Bar`",
    );
}

#[test]
fn another_order_of_fields_renames_them_in_go() {
    let (straight, turned) = (
        proto3("message Pay { string name = 1; string get_name = 2; }"),
        proto3("message Pay { string get_name = 2; string name = 1; }"),
    );
    breaks(Go, &straight, &turned, "message-fields-reordered pay.v1.Pay", "`Pay.Name` is called `Pay.Name_`");
    breaks(
        Go,
        &turned,
        &straight,
        "message-fields-reordered pay.v1.Pay",
        "`Pay.GetName` is called `Pay.GetName_`",
    );
    // Nobody else keeps names apart by their order, and most orders rename nothing.
    for language in [Java, Python, Rust] {
        builds(language, &straight, &turned);
    }
    let (one, two) = ("string a = 1; string b = 2;", "string b = 2; string a = 1;");
    let (one, two) =
        (proto3(&format!("message Pay {{ {one} }}")), proto3(&format!("message Pay {{ {two} }}")));
    assert_eq!(compared(&one, &two, |comparison| comparison.changes().len()), 0);
    breaks(
        Go,
        &proto3("message Pay { oneof name { string a = 1; } string Name = 2; }"),
        &proto3("message Pay { string Name = 2; oneof name { string a = 1; } }"),
        "message-fields-reordered pay.v1.Pay",
        "",
    );
}

#[test]
fn a_type_that_others_cannot_use_any_more_breaks_their_code() {
    let hides = |old: &str, new: &str, change: &str, name: &str| {
        for language in Language::ALL {
            breaks(language, old, new, change, &format!("uses `{name}` does not compile any more"));
        }
    };
    let file = |body: &str| edition(2024, body);
    hides(
        &file("message Pay { int32 a = 1; }"),
        &file("local message Pay { int32 a = 1; }"),
        "message-visibility-changed pay.v1.Pay",
        "pay.v1.Pay",
    );
    hides(
        &file("export enum Kind { KIND_NO = 0; }"),
        &file("local enum Kind { KIND_NO = 0; }"),
        "enum-visibility-changed pay.v1.Kind",
        "pay.v1.Kind",
    );
    let inner = |word: &str| file(&format!("message Pay {{ {word} message In {{ int32 a = 1; }} }}"));
    hides(&inner("export"), &inner(""), "message-visibility-changed pay.v1.Pay.In", "pay.v1.Pay.In");
    let default = |word: &str| {
        file(&format!("option features.default_symbol_visibility = {word}; message Pay {{ int32 a = 1; }}"))
    };
    hides(
        &file("message Pay { int32 a = 1; }"),
        &default("LOCAL_ALL"),
        "file-visibility-changed billing.proto",
        "pay.v1.Pay",
    );
    hides(&default("EXPORT_ALL"), &default("STRICT"), "file-visibility-changed billing.proto", "pay.v1.Pay");
    hides(
        &file("message Pay { int32 a = 1; } export message Open {}"),
        &edition(2026, "message Pay { int32 a = 1; } export message Open {}"),
        "file-visibility-changed billing.proto",
        "pay.v1.Pay",
    );
    for language in Language::ALL {
        builds(language, &default("LOCAL_ALL"), &default("STRICT"));
        builds(language, &default("LOCAL_ALL"), &default("EXPORT_ALL"));
        builds(language, &inner("local"), &inner(""));
        builds(language, &file("local message Pay {}"), &file("export message Pay {}"));
        builds(language, &file("message Pay {}"), &edition(2026, "export message Pay {}"));
    }
    // `diff` shows what came as well as what went.
    let told = compared(&default("LOCAL_ALL"), &default("EXPORT_TOP_LEVEL"), |comparison| {
        let cx = comparison.cx();
        let told = |change: &Change| format!("{} {:?}", change.id(&cx), change.kind);
        comparison.changes().iter().map(told).collect::<Vec<_>>()
    });
    let wanted = "file-visibility-changed VisibilityChanged { hidden: [], shown: [\"pay.v1.Pay\"] }";
    assert_eq!(told, [wanted]);
}

const GO: &str = "import \"google/protobuf/go_features.proto\";";
const JAVA: &str = "import \"google/protobuf/java_features.proto\";";

fn edition(year: u32, body: &str) -> String {
    format!("edition = \"{year}\";\npackage pay.v1;\n{body}")
}

#[test]
fn features_of_the_go_generator_are_changes() {
    let api = |level: &str| {
        edition(
            2023,
            &format!("{GO} option features.(pb.go).api_level = API_{level}; message Pay {{ int32 a = 1; }}"),
        )
    };
    breaks(Go, &api("OPEN"), &api("OPAQUE"), "file-features-changed billing.proto", "`Pay.A`");
    builds(Go, &api("OPEN"), &api("HYBRID"));
    builds(Java, &api("OPEN"), &api("OPAQUE"));
    let one = |level: &str| {
        edition(
            2023,
            &format!(
                "{GO} message Pay {{ option features.(pb.go).api_level = API_{level}; int32 a = 1; message In {{ int32 b = 1; }} }}"
            ),
        )
    };
    breaks(Go, &one("HYBRID"), &one("OPAQUE"), "message-features-changed pay.v1.Pay", "`Pay.A`");
    let prefix = |how: &str| {
        edition(
            2024,
            &format!(
                "{GO} enum Color {{ option features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_{how}; COLOR_NONE = 0; COLOR_RED = 1; }}"
            ),
        )
    };
    breaks(Go, &prefix("KEEP"), &prefix("STRIP"), "enum-features-changed pay.v1.Color", "`Color_COLOR_NONE`");
    builds(Go, &prefix("KEEP"), &prefix("GENERATE_BOTH"));
    breaks(
        Go,
        &prefix("GENERATE_BOTH"),
        &prefix("KEEP"),
        "enum-features-changed pay.v1.Color",
        "`Color_NONE`",
    );
}

#[test]
fn features_of_the_java_generator_are_changes() {
    let nest = |how: &str| {
        edition(
            2024,
            &format!("{JAVA} message Pay {{ option features.(pb.java).nest_in_file_class = {how}; }}"),
        )
    };
    breaks(Java, &nest("YES"), &nest("NO"), "message-features-changed pay.v1.Pay", "BillingProto.Pay");
    let large = |how: &str| {
        edition(
            2024,
            &format!("{JAVA} enum Pay {{ option features.(pb.java).large_enum = {how}; PAY_NO = 0; }}"),
        )
    };
    breaks(Java, &large("false"), &large("true"), "enum-features-changed pay.v1.Pay", "`Pay`");
    builds(Go, &large("false"), &large("true"));
}

#[test]
fn a_newer_edition_has_other_defaults() {
    let body = "message Pay { int32 a = 1; }";
    breaks(Go, &edition(2023, body), &edition(2024, body), "file-syntax-changed billing.proto", "`Pay.A`");
    breaks(Java, &edition(2023, body), &edition(2024, body), "file-syntax-changed billing.proto", "Billing");
    builds(Python, &edition(2023, body), &edition(2024, body));
    let held = format!("{GO} option features.(pb.go).api_level = API_OPEN; {body}");
    builds(Go, &edition(2023, body), &edition(2024, &held));
}

#[test]
fn options_written_out_with_the_value_they_had_break_nothing() {
    let with = |option: &str| proto3(&format!("{option} message Pay {{}}"));
    builds(Java, &with(""), &with("option java_outer_classname = \"Billing\";"));
    builds(Java, &with("option java_package = \"pay.v1\";"), &with(""));
    builds(Go, &with("option go_package = \"x/pay\";"), &with("option go_package = \"x/pay;pay\";"));
    builds(Java, &with(""), &with("option java_multiple_files = false;"));
    breaks(
        Java,
        &with(""),
        &with("option java_outer_classname = \"All\";"),
        "file-option-changed billing.proto",
        "",
    );
    breaks(
        Go,
        &with("option go_package = \"x/pay\";"),
        &with("option go_package = \"x/pay;paypb\";"),
        "file-option-changed billing.proto",
        "",
    );
}

#[test]
fn numbers_are_nothing_to_code() {
    for language in Language::ALL {
        builds(
            language,
            &proto3("message Pay { string a = 1; int32 b = 2; }"),
            &proto3("message Pay { string a = 2; int32 b = 1; }"),
        );
        builds(language, &proto3("message Pay { string a = 1; }"), &proto3("message Pay { string a = 5; }"));
        breaks(
            language,
            &proto3("message Pay { string a = 1; }"),
            &proto3("message Pay { int32 a = 5; }"),
            "field-removed pay.v1.Pay.a",
            "",
        );
    }
}

#[test]
fn a_field_takes_traits_away_in_rust() {
    breaks(
        Rust,
        &proto3("message Pay { int32 a = 1; }"),
        &proto3("message Pay { int32 a = 1; string b = 2; }"),
        "field-added pay.v1.Pay.b",
        "`Pay` no longer derives `Copy`",
    );
    breaks(
        Rust,
        &proto3("message Pay { string a = 1; }"),
        &proto3("message Pay { string a = 1; double b = 2; }"),
        "field-added pay.v1.Pay.b",
        "`Pay` no longer derives `Eq` and `Hash`",
    );
    breaks(
        Rust,
        &proto3("message Pay { oneof how { int32 a = 1; } string c = 3; }"),
        &proto3("message Pay { oneof how { int32 a = 1; string b = 2; } string c = 3; }"),
        "field-added pay.v1.Pay.b",
        "`pay::How` no longer derives `Copy`",
    );
    // What stands in a message or a oneof, however deep, takes it away as well.
    let deep =
        "message Sum { int64 n = 1; } message Note { Words words = 1; } message Words { string s = 1; }";
    for (from, to, lost) in [
        ("int32 a = 1;", "int32 a = 1; Note b = 2;", "`Pay` no longer derives `Copy`"),
        ("int32 a = 1;", "int32 a = 1; Pay b = 2;", "`Pay` no longer derives `Copy`"),
        (
            "oneof how { Sum c = 3; }",
            "oneof how { Sum c = 3; Note b = 2; } string s = 9;",
            "`pay::How` no longer derives `Copy`",
        ),
    ] {
        let all = "message Pay { int32 a = 1; oneof how { Sum c = 3; } }";
        let string = if to.ends_with("s = 9;") { format!("{from} string s = 9;") } else { from.to_owned() };
        breaks(
            Rust,
            &proto3(&format!("{} {deep}", all.replace(from, &string))),
            &proto3(&format!("{} {deep}", all.replace(from, to))),
            "field-added pay.v1.Pay.b",
            lost,
        );
    }
    // And what holds it loses the trait with it: one edit, at the field that is there now.
    breaks(
        Rust,
        &proto3("message Pay { Sum sum = 1; oneof how { Sum c = 3; } } message Sum { int64 n = 1; }"),
        &proto3(
            "message Pay { Sum sum = 1; oneof how { Sum c = 3; } } message Sum { int64 n = 1; string s = 3; }",
        ),
        "field-added pay.v1.Sum.s",
        "`Sum` no longer derives `Copy`",
    );
    builds(
        Rust,
        &proto3("message Pay { int32 a = 1; } message Sum { int64 n = 1; }"),
        &proto3("message Pay { int32 a = 1; Sum b = 2; } message Sum { int64 n = 1; }"),
    );
}

#[test]
fn one_json_name_for_two_fields_is_no_module_in_python() {
    let one = "package pay.v1; message Pay { optional int32 camId = 1; }";
    let two = "package pay.v1; message Pay { optional int32 camId = 1; optional int32 cam_id = 2; }";
    breaks(Python, one, two, "field-added pay.v1.Pay.cam_id", "cannot be imported");
    let json = compared(one, two, |comparison| {
        [Direction::Backward, Direction::Forward].map(|d| comparison.verdicts()[0].effect(Lens::Json, d))
    });
    assert_eq!(json, [Effect::Corrupt; 2]);
    // What was so before is nobody's change, and other names are other keys.
    builds(Python, two, &two.replace("= 2; }", "= 2; optional int32 other = 3; }"));
    builds(Python, one, &two.replace("cam_id", "cam_no"));
}

#[test]
fn a_stream_of_what_was_asked_with_keeps_its_type_in_java() {
    let text = proto3("message Q {} service S { rpc Watch(Q) returns (stream Q); }");
    let schema = support::schema(&support::split(&text)).unwrap();
    let names = surface::names(Java, &schema, schema.by_name("pay.v1.S").unwrap());
    let call = names.iter().find(|name| name.path.contains("BlockingV2Stub.watch(")).unwrap();
    assert!(call.shape.contains("BlockingClientCall<?, ") && call.shape.ends_with("Q>"), "{}", call.shape);
}

#[test]
fn what_a_method_is_called_decides_about_it() {
    let service = |methods: &str| proto3(&format!("message Q {{}} service S {{ {methods} }}"));
    let (get, large) = (service("rpc get(Q) returns (Q);"), service("rpc Get(Q) returns (Q);"));
    // Go and Java call both `Get` and `get`.
    builds(Go, &get, &large);
    breaks(Python, &get, &large, "method-removed pay.v1.S.get", "");
    let both = service("rpc get(Q) returns (Q); rpc Get(Q) returns (Q);");
    for language in [Go, Java] {
        breaks(language, &get, &both, "method-added pay.v1.S.Get", "does not compile: method `pay.v1.S.get`");
    }
    builds(Python, &get, &both);
    // A client that sends a stream has one and the same stub in Java, however it is answered.
    let (many, one) =
        (service("rpc W(stream Q) returns (stream Q);"), service("rpc W(stream Q) returns (Q);"));
    builds(Java, &many, &one);
    breaks(Go, &many, &one, "method-server-streaming-changed pay.v1.S.W", "another shape");
}

#[test]
fn an_extension_that_a_language_leaves_out_is_not_missed() {
    let message = "syntax = \"proto2\";\npackage pay.v1;\nmessage M { extensions 5; }\n";
    let extended = format!("{message}extend M {{ optional int32 more = 5; }}");
    builds(Rust, &extended, message);
    for language in [Go, Java, Python] {
        breaks(language, &extended, message, "extension-removed pay.v1.more", "");
    }
}

#[test]
fn the_class_of_a_file_follows_what_is_no_longer_in_it() {
    let old = proto3("message M { enum Billing { NO = 0; } }");
    let new = proto3("message M { }");
    let reason = "is gone; without it `BillingOuterClass` is now called `Billing`";
    breaks(Java, &old, &new, "enum-removed pay.v1.M.Billing", reason);
    let two = |billing: &str, other: &str| {
        format!("// file: billing.proto\n{}\n// file: other.proto\n{}", proto3(billing), proto3(other))
    };
    let old = two("message M {}", "message N {} message Billing {}");
    let new = two("message M {} message Billing {}", "message N {}");
    let found = says(&old, &new, Java);
    let line = found.iter().find(|line| line.starts_with("message-moved pay.v1.Billing")).unwrap();
    assert!(line.contains("; beside it `Billing` is now called `BillingOuterClass`"), "{line}");
}

/// What of Java's programs goes on no more, for each change that breaks some.
fn stages(old: &str, new: &str) -> Vec<String> {
    compared(old, new, |comparison| {
        let cx = comparison.cx();
        let all = comparison.changes().iter().zip(comparison.verdicts());
        let told = all.filter_map(|(change, verdict)| {
            let cell = verdict.cell(Lens::Source(Java), Direction::Backward)?;
            let stages = cell.stages.unwrap().names().join(", ");
            assert_eq!(verdict.cells.iter().filter(|cell| cell.stages.is_some()).count(), 1);
            let says = cell.effect == Effect::Rejects && stages == "compile";
            assert_eq!(
                cell.reason.ends_with("; what was compiled before still links"),
                says,
                "{}",
                cell.reason
            );
            Some(format!("{}: {stages}", change.id(&cx)))
        });
        told.collect()
    })
}

#[test]
fn what_only_the_compiler_of_java_sees_still_links() {
    let of = |body: &str| proto3(&format!("message Q {{}} message A {{}} message B {{}} {body}"));
    let service = |method: &str| of(&format!("service S {{ rpc Get{method}; }}"));
    // What a future, an iterator and an observer hold is erased; what the blocking stub gives is not.
    for (old, new, told) in [
        ("(Q) returns (A)", "(Q) returns (B)", "compile, link"),
        ("(Q) returns (stream A)", "(Q) returns (stream B)", "compile"),
        ("(stream Q) returns (A)", "(stream Q) returns (B)", "compile"),
    ] {
        let wanted = format!("method-response-type-changed: {told}");
        assert_eq!(stages(&service(old), &service(new)), [wanted], "{old}");
    }
    let (takes, gives) = (service("(stream Q) returns (A)"), service("(stream B) returns (A)"));
    assert_eq!(stages(&takes, &gives), ["method-request-type-changed: compile"]);

    let extends = |field: &str| {
        format!(
            "syntax = \"proto2\"; package pay.v1; message M {{ extensions 1 to 9; }} extend M {{ {field} = 1; }}"
        )
    };
    let was = extends("optional int32 e");
    assert_eq!(stages(&was, &extends("optional string e")), ["extension-type-changed: compile"]);
    assert_eq!(
        stages(&was, &extends("optional int32 f")),
        ["extension-removed: compile, link", "extension-renamed: compile, link"]
    );

    let field = |field: &str| of(&format!("message M {{ {field} = 1; }}"));
    assert_eq!(stages(&field("int32 a"), &field("string a")), ["field-type-changed: compile, link"]);
    assert_eq!(stages(&field("repeated A a"), &field("repeated B a")), ["field-type-changed: compile, link"]);

    let value = |more: &str| of(&format!("enum E {{ E_NONE = 0; {more} }}"));
    assert_eq!(stages(&value(""), &value("E_ONE = 1;")), ["enum-value-added: compile"]);
    assert_eq!(stages(&value("E_ONE = 1;"), &value("")), ["enum-value-removed: compile, link"]);

    // A oneof that is spelled otherwise has the cases that it had.
    let oneof =
        |name: &str, more: &str| of(&format!("message M {{ oneof {name} {{ int32 a = 1; {more} }} }}"));
    let new = stages(&oneof("choice", ""), &oneof("Choice", "int32 b = 2;"));
    assert_eq!(new, ["field-added: compile"]);

    let size = |how: &str| format!("{} option optimize_for = {how};", field("int32 a"));
    assert_eq!(stages(&size("SPEED"), &size("CODE_SIZE")), ["file-option-changed: link"]);
    assert_eq!(stages(&size("CODE_SIZE"), &size("SPEED")), [""; 0]);
    let empty = |how: &str| proto3(&format!("option optimize_for = {how}; enum E {{ E_NONE = 0; }}"));
    assert_eq!(stages(&empty("SPEED"), &empty("CODE_SIZE")), [""; 0]);
}

#[test]
fn a_type_of_which_java_can_have_no_class_does_not_compile() {
    let with = |more: &str| proto3(&format!("message Pay {{ int32 a = 1; }} {more}"));
    for (more, name, why) in [
        ("message Builder { int32 a = 1; }", "Builder", "has the name of the class `Builder`"),
        ("message Card { message Card { int32 a = 1; } }", "Card", "has the name of a class around it"),
        ("message Card { message In { enum Card { X = 0; } } }", "Card", "has the name of a class around it"),
        ("enum record { X = 0; }", "record", "has a name that no class can have"),
        ("message native { int32 a = 1; }", "native", "has a name that no class can have"),
    ] {
        let kind = if more.starts_with("enum") { "enum" } else { "message" };
        breaks(Java, &with(""), &with(more), &format!("{kind}-added pay.v1.{name}"), why);
        builds(Go, &with(""), &with(more));
        // What was there did not compile before either.
        builds(Java, &with(more), &with(&format!("{more} message Other {{ int32 a = 1; }}")));
    }
    builds(Java, &with(""), &with("enum Builder { X = 0; } message Card { int32 Card = 1; }"));
}

#[test]
fn calls_of_a_service_in_another_package_are_compared() {
    let file = |package: &str, takes: &str, gives: &str| {
        format!(
            "syntax = \"proto3\"; package {package}; option go_package = \"x/pay\"; option java_package = \"pay\";
            message A {{ int32 a = 1; }} message B {{ int32 a = 1; }}
            service Store {{ rpc Get({takes}) returns ({gives}); }}"
        )
    };
    let old = file("pay.v1", "A", "A");
    let renamed = "service-renamed pay.v1.Store";
    for language in [Go, Java, Python] {
        builds(language, &old, &file("pay.v2", "A", "A"));
        breaks(language, &old, &file("pay.v2", "A", "B"), renamed, "is gone, or has another type");
    }
    for language in [Go, Java] {
        breaks(language, &old, &file("pay.v2", "B", "A"), renamed, "is gone, or has another type");
    }
    let said = says(&old, &file("pay.v2", "B", "A"), Python);
    let unknown = "file-package-changed billing.proto: unknown: type checkers refuse what the method took";
    assert!(said.len() == 1 && said[0].starts_with(unknown), "{said:#?}");
}

#[test]
fn a_field_called_as_a_keyword_of_python_is_in_no_stub() {
    let file = |body: &str| proto3(&format!("enum E {{ E_NONE = 0; }} message A {{ {body} }}"));
    for (old, new) in [("E", "int32"), ("int64", "E"), ("map<int32, E>", "map<int32, int32>")] {
        let said = |name: &str| {
            says(&file(&format!("{old} {name} = 1;")), &file(&format!("{new} {name} = 1;")), Python).len()
        };
        assert_eq!([said("class"), said("None"), said("classes")], [0, 0, 1], "{old} {new}");
    }
    let said = says(&file("E class = 1;"), &file("string class = 1;"), Python);
    assert!(said.len() == 1 && said[0].contains("rejects"), "{said:#?}");
}

#[test]
fn members_of_oneofs_in_another_package_are_compared() {
    let file = |package: &str, body: &str| {
        format!("syntax = \"proto3\"; package {package}; message A {{ {body} int32 d = 4; }}")
    };
    let old = "oneof one { int32 a = 1; int32 b = 2; } oneof two { int32 c = 3; }";
    let unknown =
        ["file-package-changed billing.proto: unknown: WhichOneof no longer names the field".to_owned()];
    for new in [
        "oneof one { int32 a = 1; } oneof two { int32 c = 3; int32 b = 2; }",
        "oneof one { int32 a = 1; } optional int32 b = 2; oneof two { int32 c = 3; }",
    ] {
        assert_eq!(says(&file("pay.v1", old), &file("pay.v2", new), Python), unknown);
    }
    for new in [old, "oneof one { int32 a = 1; int32 b = 2; int32 e = 5; } oneof two { int32 c = 3; }"] {
        assert_eq!(says(&file("pay.v1", old), &file("pay.v2", new), Python), [""; 0]);
    }
}

#[test]
fn of_the_names_of_a_number_rust_has_the_first_and_java_a_constant() {
    let enum_ = |values: &str| {
        proto3(&format!("enum Kind {{ option allow_alias = true; KIND_NONE = 0; KIND_ZERO = 0; {values} }}"))
    };
    let was = enum_("KIND_BIG = 1;");
    let two = enum_("KIND_BIG = 1; KIND_NEW = 1;");
    let turned = enum_("KIND_NEW = 1; KIND_BIG = 1;");
    for (old, new, symbol) in
        [(&was, &turned, "KIND_BIG"), (&two, &turned, "KIND_BIG"), (&turned, &two, "KIND_NEW")]
    {
        let change = format!("enum-value-first-name-changed pay.v1.Kind.{symbol}");
        breaks(Rust, old, new, &change, "is gone");
        breaks(Java, old, new, &change, "no `case` takes it");
        assert_eq!(stages(old, new), ["enum-value-first-name-changed: compile"]);
        builds(Go, old, new);
        builds(Python, old, new);
    }
    for language in Language::ALL {
        builds(language, &was, &two);
        // The same numbers in another order.
        let later = enum_("KIND_MORE = 2; KIND_BIG = 1;");
        builds(language, &enum_("KIND_BIG = 1; KIND_MORE = 2;"), &later);
    }
    // Rust calls both the same.
    let spelled =
        |values: &str| proto3(&format!("enum Kind {{ option allow_alias = true; KIND_NONE = 0; {values} }}"));
    let (old, new) = (spelled("KIND_BIG = 1; BIG = 1;"), spelled("BIG = 1; KIND_BIG = 1;"));
    builds(Rust, &old, &new);
    // An enum of Java's that is none has fields alone.
    let large = |values: &str| {
        format!(
            "edition = \"2024\"; package pay.v1; import option \"google/protobuf/java_features.proto\";
            enum Kind {{ option allow_alias = true; option features.(pb.java).large_enum = true; K_NONE = 0; {values} }}"
        )
    };
    builds(Java, &large("K_BIG = 1; K_NEW = 1;"), &large("K_NEW = 1; K_BIG = 1;"));
}
