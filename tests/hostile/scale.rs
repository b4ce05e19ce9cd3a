//! Very much of one thing. Each run takes seconds; a step that looks through everything for each thing would take
//! hours, which is what the limit on time is for.

use std::fmt::Write as _;

use crate::lab::Lab;

const HEAD: &str = "syntax = \"proto3\";\npackage p.v1;\n";

/// Numbers without those that the implementation keeps for itself.
fn number(i: usize) -> usize {
    if i < 19_000 { i } else { i + 1000 }
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (1..=count).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "{}", line(i));
        text
    })
}

/// Compares two files of one name and gives how many findings there were, by the summary of the JSON report.
fn compared(old: &str, new: &str) -> serde_json::Value {
    let lab = Lab::new();
    lab.write("old/a.proto", old);
    lab.write("new/a.proto", new);
    let ran = lab.run(&["check", "new", "--against", "old", "--format", "json"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{:?}: {}", ran.code, ran.err);
    serde_json::from_slice(&ran.out).unwrap()
}

fn findings(report: &serde_json::Value) -> usize {
    report["findings"].as_array().unwrap().len()
}

fn changes(report: &serde_json::Value) -> usize {
    report["changes"].as_array().unwrap().len()
}

fn message(count: usize, field: impl Fn(usize) -> String) -> String {
    format!("{HEAD}message M {{\n{}}}\n", lines(count, field))
}

#[test]
fn a_hundred_thousand_fields_one_of_them_changed() {
    let old = message(100_000, |i| format!("  string f{i} = {};", number(i)));
    let new = old.replace("  string f777 = 777;", "  int32 f777 = 777;");
    let lab = Lab::new();
    lab.write("old/a.proto", &old);
    lab.write("new/a.proto", &new);
    lab.run(&["check", "old", "--against", "old"]).ends(0);
    let ran = lab.run(&["check", "new", "--against", "old"]);
    ran.ends(1);
    assert!(ran.text().contains("a.proto:780:3"), "{}", ran.text());
    let ran = lab.run(&["check", "new", "--against", "old", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&ran.out).unwrap();
    assert_eq!((findings(&report), changes(&report)), (1, 1));
    let ran = lab.run(&["diff", "old", "new"]);
    ran.ends(0);
    assert!(ran.text().contains("f777"));
    let ran = lab.run(&["check", "new", "--against", "old", "--use", "FILE", "--format", "buf-json"]);
    assert_eq!(ran.text().lines().count(), 1);
}

#[test]
fn thousands_of_fields_all_of_them_changed() {
    const COUNT: usize = 2_500;
    let old = message(COUNT, |i| format!("  string f{i} = {};", number(i)));
    let kinds: [(&str, String); 5] = [
        ("types", message(COUNT, |i| format!("  int32 f{i} = {};", number(i)))),
        ("names", message(COUNT, |i| format!("  string g{i} = {};", number(i)))),
        (
            "names the other way round",
            message(COUNT, |i| format!("  string f{} = {};", COUNT + 1 - i, number(i))),
        ),
        ("retired", message(COUNT, |i| format!("  reserved {}; reserved \"f{i}\";", number(i)))),
        ("gone", format!("{HEAD}message M {{}}\n")),
    ];
    for (kind, new) in kinds {
        let report = compared(&old, &new);
        // Two fields that exchanged their numbers are one finding.
        let least = if kind == "names the other way round" { COUNT / 2 } else { COUNT };
        assert!(findings(&report) >= least, "{kind}: {} findings", findings(&report));
    }
    let one = "message M { oneof o {\n";
    let new = old.replace("message M {\n", one) + "}\n";
    assert!(findings(&compared(&old, &new)) >= COUNT);
}

#[test]
fn enum_values() {
    let values = |count: usize, value: &dyn Fn(usize) -> String| {
        format!("{HEAD}enum E {{\nZERO = 0;\n{}}}\n", lines(count, value))
    };
    let count = 3_000;
    let old = values(count, &|i| format!("V{i} = {i};"));
    assert!(findings(&compared(&old, &values(count, &|i| format!("W{i} = {i};")))) >= count);
    // Two values that exchanged their numbers are one finding.
    let swapped = values(count, &|i| format!("V{} = {i};", count + 1 - i));
    assert!(findings(&compared(&old, &swapped)) >= count / 2);
    assert!(findings(&compared(&old, &values(0, &|_| String::new()))) >= count);
    assert!(
        findings(&compared(&old, &values(count, &|i| format!("reserved {i}; reserved \"V{i}\";")))) >= count
    );
    // Names for one number are compared with each other.
    let alias = |count: usize, name: &str| {
        format!(
            "{HEAD}enum E {{ option allow_alias = true;\n{}}}\n",
            lines(count, |i| format!("{name}{i} = 0;"))
        )
    };
    assert!(findings(&compared(&alias(100, "V"), &alias(100, "W"))) >= 100);
    let lab = Lab::new();
    lab.write("bad/a.proto", alias(20_000, "V"));
    let ran = lab.run(&["check", "bad", "--against", "good"]);
    ran.ends(3);
    ran.says(&["a.proto", "names for the number 0"]);
}

#[test]
fn messages_that_all_take_another_name() {
    const COUNT: usize = 6_000;
    let all = |name: &str, fields: &dyn Fn(usize) -> String| {
        format!("{HEAD}{}", lines(COUNT, |i| format!("message {name}{i} {{ {} }}", fields(i))))
    };
    let apart = |i: usize| format!("string a{} = 1; int32 b = {};", i % 7, 2 + i % 50);
    let alike = |_: usize| "string a = 1;".to_owned();
    assert!(changes(&compared(&all("M", &apart), &all("R", &apart))) >= COUNT);
    assert!(changes(&compared(&all("M", &alike), &all("R", &alike))) >= COUNT);
    // In another package every name but the package stays.
    let old = all("M", &apart);
    assert!(changes(&compared(&old, &old.replace("p.v1", "p.v2"))) >= COUNT);
}

#[test]
fn types_nested_as_deep_as_there_are_types() {
    // Each message holds the next; all are renamed, and what holds them all is compared through them.
    let chain = |name: &str, last: &str| {
        let links = lines(2_000, |i| format!("message {name}{i} {{ {name}{} n = 1; }}", i + 1));
        let fields = lines(1_000, |i| format!("{name}{i} f{i} = {i};"));
        format!("{HEAD}{links}message {name}2001 {{ {last} x = 1; }}\nmessage H {{\n{fields}}}\n")
    };
    let report = compared(&chain("M", "string"), &chain("R", "string"));
    assert!(changes(&report) >= 3_000);
    let report = compared(&chain("M", "string"), &chain("R", "int32"));
    // A thousand fields of another type; too deep to say which is worth what.
    assert!(findings(&report) >= 1_000, "{}", findings(&report));
    // Every message leads to every other.
    let mesh = |name: &str, kind: &str| {
        let messages = lines(1_000, |i| {
            let next = |by: usize| i * by % 1_000 + 1;
            format!(
                "message {name}{i} {{ {name}{} a = 1; {name}{} b = 2; {kind} x = 4; }}",
                next(7),
                next(11)
            )
        });
        let holder = lines(1_000, |i| format!("{name}{i} f{i} = {i};"));
        let calls = lines(1_000, |i| format!("rpc C{i}({name}{i}) returns ({name}{i});"));
        format!("{HEAD}{messages}message H {{\n{holder}}}\nservice S {{\n{calls}}}\n")
    };
    assert!(findings(&compared(&mesh("M", "string"), &mesh("M", "int32"))) >= 1_000);
    assert!(findings(&compared(&mesh("M", "string"), &mesh("R", "int32"))) >= 1_000);
}

#[test]
fn calls() {
    const COUNT: usize = 8_000;
    let service = |name: &str, stream: &str| {
        format!(
            "{HEAD}message Q {{}}\nservice S {{\n{}}}\n",
            lines(COUNT, |i| format!("rpc {name}{i}({stream}Q) returns (Q);"))
        )
    };
    let report = compared(&service("C", ""), &service("D", ""));
    assert!(findings(&report) >= COUNT);
    // A removed method affects nothing but itself, which its name says.
    assert_eq!(report["findings"][0]["affects"].as_array().unwrap().len(), 0);
    assert!(findings(&compared(&service("C", ""), &service("C", "stream "))) >= COUNT);
    // A message that every call carries.
    let carried = |kind: &str| {
        let fields = lines(500, |i| format!("{kind} f{i} = {i};"));
        let calls = lines(10_000, |i| format!("rpc C{i}(Q) returns (Q);"));
        format!("{HEAD}message Q {{\n{fields}}}\nservice S {{\n{calls}}}\n")
    };
    let report = compared(&carried("string"), &carried("int32"));
    assert_eq!(findings(&report), 500);
    assert_eq!(report["findings"][0]["affects"].as_array().unwrap().len(), 1000);
    assert_eq!(report["findings"][0]["affects_more"], 19_000);
}

#[test]
fn extensions_ranges_and_options() {
    const COUNT: usize = 4_000;
    let head = "syntax = \"proto2\";\npackage p.v1;\n";
    let extended = |kind: &str| {
        let fields = lines(COUNT, |i| format!("optional {kind} e{i} = {};", number(i)));
        format!("{head}message M {{ extensions 1 to max; }}\nextend M {{\n{fields}}}\n")
    };
    assert!(findings(&compared(&extended("string"), &extended("int32"))) >= COUNT);
    assert!(
        findings(&compared(&extended("string"), &format!("{head}message M {{ extensions 1 to max; }}\n")))
            >= COUNT
    );
    let ranges = |keep: &dyn Fn(usize) -> bool| {
        let kept = |line: &dyn Fn(usize) -> String| {
            lines(COUNT, |i| if keep(i) { line(number(2 * i + 2000)) } else { String::new() })
        };
        format!(
            "{head}message M {{\n{}}}\nextend M {{\n{}}}\n",
            kept(&|n| format!("extensions {n};")),
            kept(&|n| format!("optional string e{n} = {n};"))
        )
    };
    assert!(findings(&compared(&ranges(&|_| true), &ranges(&|i| i % 2 == 0))) >= COUNT / 2);
    let reserved =
        |by: usize| message(COUNT, |i| format!("reserved {}; reserved \"n{by}_{i}\";", 2 * i + by));
    assert!(changes(&compared(&reserved(0), &reserved(1))) >= COUNT);
    let options = |value: &str| {
        let declared = lines(COUNT, |i| format!("optional string o{i} = {};", 50_000 + i));
        let set = lines(COUNT, |i| format!("option (o{i}) = \"{value}\";"));
        format!(
            "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.MessageOptions {{\n{declared}}}\nmessage M {{\n{set}}}\n"
        )
    };
    assert!(changes(&compared(&options("x"), &options("y"))) >= COUNT);
    let oneofs =
        |name: &str| message(COUNT, |i| format!("oneof {name}{i} {{ string a{i} = {}; }}", number(i)));
    assert!(changes(&compared(&oneofs("o"), &oneofs("q"))) >= COUNT);
}

#[test]
fn files() {
    let lab = Lab::new();
    let chain = |folder: &str, import: &str, last: &str| {
        for i in 0..1_000 {
            let (imports, kind) = match (i, import) {
                (999, _) => (String::new(), last.to_owned()),
                (_, "import public") => (format!("{import} \"f{}.proto\";\n", i + 1), "M999".to_owned()),
                _ => (format!("{import} \"f{}.proto\";\n", i + 1), format!("M{}", i + 1)),
            };
            lab.write(
                format!("{folder}/f{i}.proto"),
                format!("{HEAD}{imports}message M{i} {{ {kind} x = 1; }}\n"),
            );
        }
    };
    for (name, import) in [("plain", "import"), ("public", "import public")] {
        chain(&format!("{name}/old"), import, "string");
        chain(&format!("{name}/new"), import, "int32");
        let ran = lab.run(&["check", &format!("{name}/new"), "--against", &format!("{name}/old")]);
        ran.ends(1);
        assert!(ran.text().contains("f999.proto"), "{}", ran.text());
    }
    let lab = Lab::new();
    for i in 0..400 {
        let imports: String = (0..i).map(|j| format!("import public \"f{j}.proto\";\n")).collect();
        lab.write(format!("all/f{i}.proto"), format!("{HEAD}{imports}message M{i} {{ M0 x = 1; }}\n"));
    }
    lab.run(&["build", "all"]).ends(0);
    // A package each, all of them renamed.
    let lab = Lab::new();
    for i in 0..1_000 {
        for side in ["old", "new"] {
            lab.write(
                format!("{side}/f{i}.proto"),
                format!("syntax = \"proto3\";\npackage {side}{i};\nmessage M{i} {{ string x = 1; }}\n"),
            );
        }
    }
    let ran = lab.run(&["check", "new", "--against", "old", "--use", "FILE,PACKAGE"]);
    ran.ends(1);
}
