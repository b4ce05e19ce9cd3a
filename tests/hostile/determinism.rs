//! The same input gives the same bytes, whatever the number of threads, the language, the time zone.

use std::fmt::Write as _;

use crate::lab::Lab;

/// Two contracts with something of everything, over many files.
fn contracts(lab: &Lab) {
    for i in 0..60 {
        let mut old = format!("syntax = \"proto3\";\npackage p{}.v1;\n", i % 7);
        let mut new = old.clone();
        for import in (0..i).step_by(9) {
            let _ = writeln!(old, "import public \"f{import}.proto\";");
            if import % 2 == 0 {
                let _ = writeln!(new, "import \"f{import}.proto\";");
            }
        }
        let _ = writeln!(
            old,
            "option go_package = \"x/{i}\";\nmessage M{i} {{\n  string a = 1;\n  int32 b = 2;\n  map<string, int32> c = 3;\n  oneof o {{ string d = 4; int64 e = 5; }}\n  reserved 9 to 12;\n}}"
        );
        let _ = writeln!(
            new,
            "message M{i} {{\n  int32 a = 1;\n  int32 bb = 2;\n  map<string, string> c = 3;\n  string d = 4;\n  string f = 6;\n}}"
        );
        let _ = writeln!(
            old,
            "enum E{i} {{ Z{i} = 0; A{i} = 1; B{i} = 2; }}\nservice S{i} {{ rpc Get(M{i}) returns (M{i}); rpc Put(M{i}) returns (stream M{i}); }}"
        );
        let _ = writeln!(
            new,
            "enum E{i} {{ Z{i} = 0; B{i} = 1; A{i} = 2; }}\nservice S{i} {{ rpc Get(M{i}) returns (stream M{i}); }}"
        );
        lab.write(format!("old/f{i}.proto"), &old);
        if i % 11 != 10 {
            lab.write(
                format!("new/{}f{i}.proto", if i % 5 == 4 && i % 9 != 0 { "moved/" } else { "" }),
                &new,
            );
        }
        lab.write(format!("broken/f{i}.proto"), format!("{new}message M{i} {{ Gone x = 1; string = 2; }}\n"));
    }
}

#[test]
fn nothing_around_a_run_shows_in_it() {
    let lab = Lab::new();
    contracts(&lab);
    let runs: [&[&str]; 12] = [
        &["check", "new", "--against", "old"],
        &["check", "new", "--against", "old", "--format", "json"],
        &[
            "check",
            "new",
            "--against",
            "old",
            "--format",
            "buf-json",
            "--use",
            "FILE,PACKAGE,WIRE_JSON,WIRE,CSR",
        ],
        &["check", "new", "--against", "old", "--format", "buf-text", "--use", "FILE"],
        &["check", "new", "--against", "old", "--deny", "wire,json,rpc,source"],
        &["diff", "old", "new"],
        &["diff", "old", "new", "--text"],
        &["build", "old", "-o", "-"],
        &["build", "broken"],
        &["check", "broken", "--against", "old", "--format", "buf-json"],
        &["check", "old", "--against", "broken"],
        &["rules", "--format", "json"],
    ];
    let around: [&[(&str, &str)]; 5] = [
        &[("RAYON_NUM_THREADS", "1")],
        &[("RAYON_NUM_THREADS", "4")],
        &[
            ("RAYON_NUM_THREADS", "4"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("LANG", "tr_TR.UTF-8"),
            ("TZ", "Pacific/Kiritimati"),
        ],
        &[
            ("RAYON_NUM_THREADS", "2"),
            ("LC_ALL", "C"),
            ("TZ", "America/St_Johns"),
            ("NO_COLOR", "1"),
            ("TERM", "dumb"),
        ],
        &[
            ("RAYON_NUM_THREADS", "3"),
            ("LC_ALL", "de_DE.ISO-8859-1"),
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("TERM", "xterm-256color"),
        ],
    ];
    for args in runs {
        let mut first = None;
        for env in around {
            let ran = lab.raw(lab.command_with(args, env), args);
            assert!(matches!(ran.code, Some(0 | 1 | 3)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
            let said = (ran.code, ran.out, ran.err);
            match &first {
                None => first = Some(said),
                Some(first) => assert!(*first == said, "{}: another answer with {env:?}", ran.what),
            }
        }
    }
}

#[test]
fn descriptor_sets_too() {
    let lab = Lab::new();
    contracts(&lab);
    for extension in ["binpb", "json"] {
        let mut sets = Vec::new();
        for threads in ["1", "4"] {
            let file = format!("out{threads}.{extension}");
            let args = ["build", "old", "-o", &file];
            let ran = lab.raw(lab.command_with(&args, &[("RAYON_NUM_THREADS", threads)]), &args);
            ran.ends(0);
            sets.push(std::fs::read(lab.path(&file)).unwrap());
        }
        assert!(!sets[0].is_empty());
        assert!(sets[0] == sets[1], "the {extension} set depends on the number of threads");
    }
    // Made from each other they say the same.
    lab.run(&["check", "out1.binpb", "--against", "out4.json", "--use", "FILE"]).ends(0);
    lab.run(&["check", "old", "--against", "out4.json", "--use", "FILE"]).ends(0);
}
