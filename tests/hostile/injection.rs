//! What sources say is data: it neither moves a cursor nor ends a string of a format.

use crate::lab::{Lab, is_unsafe};

/// Text that does something where it is printed or parsed without thought.
const NASTY: [&str; 11] = [
    "\u{1b}[2J\u{1b}]8;;http://evil.example\u{7}",
    "\u{9b}31m",
    "\u{202e}txt.exe\u{2066}",
    "\u{200b}\u{feff}\u{2028}",
    "\r\nerror: nothing is wrong",
    "\u{8}\u{8}\u{8}",
    "::error file=a::b%0A",
    "]]><script>alert(1)</script>&amp;\"'`|*_~",
    "\u{0}",
    "\u{e0041}\u{e007f}\u{61c}\u{2066}",
    "\u{3164}\u{180e}\u{fe0f}\u{34f}\u{ad}\u{2800}\u{ffff}",
];

/// What the two lists of the program once differed in, and one they had in common.
const HIDDEN: [&str; 4] = ["\u{e0041}", "\u{61c}", "\u{2066}", "\u{3164}"];

#[test]
fn hidden_characters_everywhere_a_name_can_stand() {
    let lab = Lab::new();
    for c in HIDDEN {
        let name = format!("a{c}b");
        // Beside an identifier, in a file of such a name.
        lab.write(format!("bad/{name}.proto"), format!("syntax = \"proto3\";\nmessage M{c} {{}} // {c}\n"));
        lab.refused("bad", 3, &[]);
        std::fs::remove_dir_all(lab.path("bad")).unwrap();
        // On the command line: flags, values, commands, revisions.
        let flag = format!("--{name}");
        for args in [
            &["check", "good", "--against", &format!("good#ref={name}")][..],
            &["check", "good", "--against", &name],
            &["check", "good", &flag],
            &["check", "good", "--against", "good", "--use", &name],
            &["check", "good", "--format", &name],
            &["generate", &flag],
            &["verify", &name],
            &["serve", &name],
            &["doctor", &flag],
            &["plugins", &name],
            &["rules", &name],
            &[&name],
        ] {
            let ran = lab.run(args);
            assert!(matches!(ran.code, Some(2..=4)), "{}: {:?}", ran.what, ran.code);
        }
        // In keys and values of the configuration.
        for config in
            [format!("\"{name}\" = 1\n"), format!("[check]\nuse = [\"{name}\"]\n"), format!("# {c}\n{c}\n")]
        {
            lab.write("protopact.toml", config);
            lab.run(&["check", "good", "--against", "good"]).ends(2);
        }
        std::fs::remove_file(lab.path("protopact.toml")).unwrap();
    }
}

/// The text as a string literal of a .proto file; a NUL and what ends a line are written as escapes.
fn literal(text: &str) -> String {
    text.bytes().map(|b| format!("\\x{b:02x}")).collect()
}

/// A comment may hold anything but what ends it.
fn comment(text: &str) -> String {
    text.replace(['\n', '\r', '\0'], " ")
}

/// A contract in which every string is nasty; `kind` is the type of its field.
fn source(text: &str, kind: &str) -> String {
    let (text, said) = (literal(text), comment(text));
    format!(
        "// {said}\nsyntax = \"proto2\";\n\n/* {said} */\npackage nasty.v1;\n\nimport \"google/protobuf/descriptor.proto\";\n\n\
         option java_package = \"{text}{kind}\";\noption go_package = \"{text}{kind}\";\n\n\
         extend google.protobuf.FieldOptions {{\n  optional string note = 50001;\n  optional bytes raw = 50002;\n}}\n\n\
         // {said}\nmessage Nasty {{\n  // {said}\n  optional {kind} f = 1 [json_name = \"{text}{kind}\", (note) = \"{text}{kind}\", (raw) = \"{text}{kind}\"]; // {said}\n\
         \x20 optional string s = 2 [default = \"{text}{kind}\"];\n  optional bytes b = 3 [default = \"{text}{kind}\"];\n}}\n"
    )
}

#[test]
fn strings_and_comments_in_every_format() {
    for text in NASTY {
        let lab = Lab::new();
        lab.write("old/a.proto", source(text, "int32"));
        lab.write("new/a.proto", source(text, "string"));
        for format in ["text", "json", "buf-json", "buf-text"] {
            for with in [["--deny", "wire,json,rpc,source"], ["--use", "FILE"]] {
                let ran =
                    lab.run(&["check", "new", "--against", "old", "--format", format, with[0], with[1]]);
                assert!(matches!(ran.code, Some(0 | 1 | 3)), "{:?}: {}", ran.code, ran.err);
                well_formed(ran.text(), format);
            }
        }
        lab.run(&["diff", "old", "new"]).is_decent();
        // A diff in a pipe is for `patch`: the bytes of the files as they are.
        let args = ["diff", "old", "new", "--text"];
        let ran = lab.raw(lab.command(&args), &args);
        ran.ends(0);
        let ran = lab.run(&["build", "new", "-o", "out.json"]);
        if ran.code == Some(0) {
            let json = std::fs::read_to_string(lab.path("out.json")).unwrap();
            serde_json::from_str::<serde_json::Value>(&json).unwrap();
        }
    }
}

fn well_formed(text: &str, format: &str) {
    match format {
        "json" if !text.is_empty() => {
            serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|e| panic!("{e}: {text}"));
        }
        "buf-json" => {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            }
        }
        _ => {}
    }
}

#[test]
fn the_text_of_a_line_with_an_error() {
    for text in NASTY {
        let lab = Lab::new();
        lab.write(
            "bad/a.proto",
            format!(
                "syntax = \"proto3\";\nmessage M {{ string = 1; }} // {}\n",
                text.replace(['\n', '\r'], " ")
            ),
        );
        for ran in lab.everywhere("bad") {
            ran.ends(3);
            well_formed(ran.text(), if ran.what.contains("buf-json") { "buf-json" } else { "" });
        }
        let lab = Lab::new();
        lab.write("bad/a.proto", format!("syntax = \"proto3\";\nimport \"{}\";\n", literal(text)));
        lab.refused("bad", 3, &["bad/a.proto:2:8"]);
    }
}

#[test]
fn names_of_folders() {
    for text in NASTY.iter().filter(|t| !t.contains('\0') && !t.contains('/')) {
        let lab = Lab::new();
        lab.write(format!("{text}/a.proto"), "syntax = \"proto3\";\nmessage M { string a = 1; }\n");
        lab.write("new/a.proto", "syntax = \"proto3\";\nmessage M { int32 a = 1; }\n");
        for format in ["text", "json", "buf-json", "buf-text"] {
            let ran = lab.run(&["check", "new", "--against", text, "--format", format]);
            well_formed(ran.text(), format);
            let ran = lab.run(&["check", text, "--against", "new", "--format", format]);
            well_formed(ran.text(), format);
        }
        lab.run(&["diff", text, "new", "--text"]).is_decent();
        lab.run(&["diff", "new", text]).is_decent();
        lab.run(&["build", text, "-o", text]).is_decent();
        lab.run(&["-C", text, "build"]).is_decent();
        lab.run(&["-C", text, "init"]).is_decent();
    }
}

#[test]
fn names_of_branches_and_tags() {
    let lab = Lab::new();
    let mut options = git2::RepositoryInitOptions::new();
    options.initial_head("main").external_template(false);
    let repository = git2::Repository::init_opts(lab.path("repo"), &options).unwrap();
    let blob =
        repository.blob(b"syntax = \"proto3\";\npackage good.v1;\nmessage Good { int32 id = 1; }\n").unwrap();
    let mut tree = repository.treebuilder(None).unwrap();
    tree.insert("good.proto", blob, 0o100_644).unwrap();
    let tree = repository.find_tree(tree.write().unwrap()).unwrap();
    let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let commit = repository.commit(Some("HEAD"), &who, &who, "x", &tree, &[]).unwrap();
    let names = [
        "\u{202e}nur",
        "a\u{200b}b",
        "::error::x",
        "<script>",
        "a`b",
        "a\"b",
        "a'b;touch$IFS-gotcha",
        "$(touch)",
        "%0A",
        "\u{9b}31m",
    ];
    let mut made = 0;
    for name in names {
        for kind in ["heads", "tags"] {
            made +=
                usize::from(repository.reference(&format!("refs/{kind}/{name}"), commit, true, "").is_ok());
        }
        for format in ["text", "json", "buf-json"] {
            let ran =
                lab.run(&["check", "good", "--against", &format!("repo#ref={name}"), "--format", format]);
            well_formed(ran.text(), format);
            // Near misses name what is there, and commands to type.
            let ran =
                lab.run(&["check", "good", "--against", &format!("repo#ref={name}x"), "--format", format]);
            assert!(matches!(ran.code, Some(2..=4)), "{:?}: {}", ran.code, ran.err);
        }
    }
    assert!(made > 10, "{made}");
    // All of them as candidates for a version.
    lab.run(&["-C", "repo", "check", "../good", "--against", "latest"]).is_decent();
    for name in ["v1.0.0-\u{202e}", "v\u{1b}1.0.0"] {
        let _ = repository.reference(&format!("refs/tags/{name}"), commit, true, "");
    }
    lab.run(&["-C", "repo", "check", "../good", "--against", "latest"]).is_decent();
}

#[test]
fn colours_are_the_only_escapes() {
    let lab = Lab::new();
    lab.write("old/a.proto", source(NASTY[0], "int32"));
    lab.write("new/a.proto", source(NASTY[0], "string"));
    lab.write("bad/a.proto", "syntax = \"proto3\";\nmessage M { string = 1; } // \u{1b}[2J\n");
    for args in [
        &["check", "new", "--against", "old", "--color", "always"][..],
        &["diff", "new", "old", "--color", "always"],
        &["diff", "new", "old", "--text", "--color", "always"],
        &["build", "bad", "--color", "always"],
        &["rules", "--color", "always"],
    ] {
        let ran = lab.raw(lab.command(args), args);
        for text in [ran.text(), &ran.err] {
            let plain = without_colours(text);
            assert!(!plain.chars().any(is_unsafe), "{}: {plain:?}", ran.what);
        }
    }
}

/// Takes `ESC [ digits and ; m` out.
fn without_colours(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
        if after[end..].starts_with('m') {
            rest = &after[end + 1..];
        } else {
            out.push('\u{1b}');
            rest = after;
        }
    }
    out + rest
}
