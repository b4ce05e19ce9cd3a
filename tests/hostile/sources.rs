//! Folders of .proto files.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use crate::lab::{GOOD, Lab};

/// A contract of one hostile file.
fn one(text: impl AsRef<[u8]>) -> Lab {
    let lab = Lab::new();
    lab.write("bad/bad.proto", text);
    lab
}

#[test]
fn syntax_errors_are_placed() {
    one("syntax = \"proto3\";\nmessage M {\n  string = 1;\n}\n").refused(
        "bad",
        3,
        &["bad/bad.proto:3:10: error:"],
    );
    one("message M {").refused("bad", 3, &["bad/bad.proto:1:"]);
    one("{".repeat(1_000_000)).refused("bad", 3, &["bad/bad.proto:1:1: error:"]);
    one("\"").refused("bad", 3, &["bad/bad.proto:1:1: error:"]);
    one("/*").refused("bad", 3, &["bad/bad.proto:1:1: error:"]);
    one("syntax = \"proto4\";").refused("bad", 3, &["bad/bad.proto:1:", "proto4"]);
    one("edition = \"99999\";").refused("bad", 3, &["bad/bad.proto:1:", "99999"]);
}

#[test]
fn every_error_of_every_file_is_told() {
    let lab = Lab::new();
    for file in ["a", "b", "c"] {
        lab.write(
            format!("bad/{file}.proto"),
            "syntax = \"proto3\";\nmessage M {\n  Gone x = 1;\n  string = 2;\n}\n",
        );
    }
    lab.refused("bad", 3, &["bad/a.proto:4:10", "bad/b.proto:4:10", "bad/c.proto:4:10"]);
}

#[test]
fn imports_in_a_circle() {
    let lab = Lab::new();
    for (file, import) in [("a", "b"), ("b", "c"), ("c", "a")] {
        lab.write(format!("bad/{file}.proto"), format!("syntax = \"proto3\";\nimport \"{import}.proto\";\n"));
    }
    lab.refused("bad", 3, &["c.proto:2:8", "a.proto -> b.proto -> c.proto -> a.proto"]);
    // As long as you like.
    for i in 0..3000 {
        let next = (i + 1) % 3000;
        lab.write(
            format!("long/f{i}.proto"),
            format!("syntax = \"proto3\";\nimport public \"f{next}.proto\";\n"),
        );
    }
    lab.run(&["build", "long"]).ends(3);
}

#[test]
fn a_file_that_imports_itself() {
    one("syntax = \"proto3\";\nimport \"bad.proto\";\n").refused(
        "bad",
        3,
        &["bad/bad.proto:2:8", "imports itself"],
    );
    one("syntax = \"proto3\";\nimport public \"bad.proto\";\nimport \"bad.proto\";\n").refused(
        "bad",
        3,
        &["bad/bad.proto:2:"],
    );
}

#[test]
fn the_same_symbol_twice() {
    one("syntax = \"proto3\";\nmessage M {}\nmessage M {}\n").refused(
        "bad",
        3,
        &["bad/bad.proto:3:9", "`M`", "bad/bad.proto:2:9"],
    );
    let lab = Lab::new();
    lab.write("bad/a.proto", "syntax = \"proto3\";\npackage p;\nmessage M {}\n");
    lab.write("bad/b.proto", "syntax = \"proto3\";\npackage p;\nmessage M {}\n");
    lab.refused("bad", 3, &["bad/b.proto:3:9", "bad/a.proto:3:9"]);
}

#[test]
fn imports_that_lead_nowhere_or_out() {
    let import = |path: &str| one(format!("syntax = \"proto3\";\nimport \"{path}\";\n"));
    import("gone.proto").refused("bad", 3, &["bad/bad.proto:2:8", "`gone.proto`", "hint"]);
    import("../good/good.proto").refused("bad", 3, &["bad/bad.proto:2:8", "`..`", "hint"]);
    import("x/../../good/good.proto").refused("bad", 3, &["bad/bad.proto:2:8", "`..`"]);
    import("./bad.proto").refused("bad", 3, &["bad/bad.proto:2:8"]);
    import("/etc/passwd").refused("bad", 3, &["bad/bad.proto:2:8", "absolute"]);
    import("C:/x.proto").refused("bad", 3, &["bad/bad.proto:2:8", "absolute"]);
    import("..\\\\good\\\\good.proto").refused("bad", 3, &["bad/bad.proto:2:8", "backslash"]);
    import("").refused("bad", 3, &["bad/bad.proto:2:8", "empty"]);
    import("a\\nb.proto").refused("bad", 3, &["bad/bad.proto:2:8", "control"]);
    import(&"x/".repeat(100_000)).refused("bad", 3, &["bad/bad.proto:2:8"]);
    let lab = import("folder");
    lab.folder("bad/folder");
    lab.refused("bad", 3, &["bad/bad.proto:2:8", "`folder`"]);
}

#[test]
fn protoc_is_given_nothing_from_outside_the_roots() {
    // Editions are for protoc, which opens files by itself.
    for path in ["../good/good.proto", "/etc/passwd", "x/../../good/good.proto", "good.proto"] {
        let lab = one(format!("edition = \"2023\";\nimport \"{path}\";\n"));
        lab.refused("bad", 3, &["bad/bad.proto:2:"]);
    }
}

#[test]
fn text_that_is_none() {
    one(b"syntax = \"proto3\";\nmessage M\xff {}\n").refused("bad", 3, &["bad/bad.proto:2:10", "UTF-8"]);
    one(b"\xff\xfes\0y\0n\0").refused("bad", 3, &["bad/bad.proto:1:1", "UTF-8"]);
    one(b"syntax = \"proto3\";\n\0message M {}\n").refused("bad", 3, &["bad/bad.proto:2:1", "NUL"]);
    one(vec![0; 1 << 20]).refused("bad", 3, &["bad/bad.proto:1:1", "NUL"]);
    one("\u{feff}".repeat(1000)).refused("bad", 3, &["bad/bad.proto:1:"]);
    // Carriage returns and what turns text around in comments and strings is for nobody's terminal.
    let text = "syntax = \"proto3\";\r\n// \u{202e}\u{1b}[2J\r\nmessage M { string a = 1 [json_name = \"\u{202e}\"; }\r\n";
    one(text).refused("bad", 3, &["bad/bad.proto:3:"]);
}

#[test]
fn a_file_of_nothing_and_files_of_little() {
    one("").taken("bad");
    one("\u{feff}syntax = \"proto3\";").taken("bad");
    one(";".repeat(100_000)).taken("bad");
    one("// only this").taken("bad");
}

#[test]
fn two_hundred_megabytes() {
    let lab = Lab::new();
    lab.folder("bad");
    // No block of the disk is used.
    fs::File::create(lab.path("bad/bad.proto")).unwrap().set_len(200 << 20).unwrap();
    for ran in [
        lab.run(&["build", "bad"]),
        lab.run(&["check", "bad", "--against", "good"]),
        lab.run(&["check", "good", "--against", "bad"]),
        lab.run(&["diff", "bad", "good", "--text"]),
    ] {
        assert!(matches!(ran.code, Some(3 | 4)), "{}: {:?}", ran.what, ran.code);
        ran.says(&["bad/bad.proto", "large"]);
    }
}

#[test]
fn something_else_by_the_name_of_a_proto() {
    let lab = Lab::new();
    lab.write("bad/a.proto", GOOD);
    lab.write("bad/x.proto/inside.proto", "syntax = \"proto3\";\n");
    lab.taken("bad");

    // Opening a pipe would wait for somebody to write.
    let lab = Lab::new();
    lab.write("bad/a.proto", GOOD);
    make_pipe(&lab, "bad/x.proto");
    lab.refused("bad", 4, &["x.proto", "not a regular file"]);

    let lab = Lab::new();
    lab.write("bad/a.proto", GOOD);
    let _socket = UnixListener::bind(lab.path("bad/x.proto")).unwrap();
    lab.refused("bad", 4, &["x.proto", "not a regular file"]);

    // As a configuration or as an image it must not be waited for either.
    for name in ["protopact.toml", "buf.yaml", "buf.work.yaml"] {
        let lab = Lab::new();
        lab.write("bad/a.proto", GOOD);
        make_pipe(&lab, &format!("bad/{name}"));
        for ran in lab.everywhere("bad") {
            assert_ne!(ran.code, Some(1), "{}", ran.what);
        }
    }
    let lab = Lab::new();
    make_pipe(&lab, "pipe.proto");
    lab.refused("pipe.proto", 2, &["pipe.proto", "not a regular file"]);
}

#[expect(clippy::disallowed_methods, reason = "nothing in the standard library makes a pipe with a name")]
fn make_pipe(lab: &Lab, path: &str) {
    let status = std::process::Command::new("mkfifo").arg(lab.path(path)).status().unwrap();
    assert!(status.success());
}

#[test]
fn files_nobody_may_read() {
    let lab = one(GOOD);
    fs::set_permissions(lab.path("bad/bad.proto"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads everything.
    if fs::read(lab.path("bad/bad.proto")).is_err() {
        lab.refused("bad", 4, &["bad/bad.proto", "ermission denied"]);
    } else {
        lab.taken("bad");
    }
    fs::set_permissions(lab.path("bad"), fs::Permissions::from_mode(0o000)).unwrap();
    for ran in lab.everywhere("bad") {
        assert_ne!(ran.code, Some(2), "{}", ran.what);
    }
    fs::set_permissions(lab.path("bad"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn links_out_of_the_root_are_not_followed() {
    let lab = Lab::new();
    lab.write("secret/s.proto", "syntax = \"proto3\";\nmessage Secret {}\n");
    lab.write("bad/a.proto", "syntax = \"proto3\";\nimport \"s.proto\";\nmessage A { Secret s = 1; }\n");
    symlink("../secret/s.proto", lab.path("bad/s.proto")).unwrap();
    lab.refused("bad", 4, &["s.proto", "leads out of"]);
    // A folder that leads out holds nothing of the contract.
    let lab = Lab::new();
    lab.write("secret/s.proto", "syntax = \"proto3\";\nmessage Secret {}\n");
    lab.write("bad/a.proto", "syntax = \"proto3\";\nimport \"dir/s.proto\";\n");
    symlink("../secret", lab.path("bad/dir")).unwrap();
    lab.refused("bad", 3, &["bad/a.proto:2:8", "dir/s.proto"]);
    for target in ["/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/mem", "/proc/self/fd/0"] {
        let lab = Lab::new();
        lab.write("bad/a.proto", GOOD);
        symlink(target, lab.path("bad/x.proto")).unwrap();
        lab.refused("bad", 4, &["x.proto"]);
    }
}

#[test]
fn links_to_nowhere_and_in_circles() {
    let lab = Lab::new();
    lab.write("bad/a.proto", GOOD);
    symlink("gone.proto", lab.path("bad/x.proto")).unwrap();
    lab.refused("bad", 4, &["x.proto", "leads nowhere"]);

    let lab = Lab::new();
    lab.write("bad/a.proto", GOOD);
    symlink("y.proto", lab.path("bad/x.proto")).unwrap();
    symlink("x.proto", lab.path("bad/y.proto")).unwrap();
    lab.refused("bad", 4, &["x.proto", "y.proto"]);

    let lab = Lab::new();
    lab.write("bad/d/a.proto", GOOD);
    symlink("..", lab.path("bad/d/up")).unwrap();
    symlink(".", lab.path("bad/d/here")).unwrap();
    symlink("../d", lab.path("bad/d/again")).unwrap();
    lab.taken("bad");

    // Each folder holds two links to the next: 2^30 paths.
    let lab = Lab::new();
    for i in 0..30 {
        lab.folder(&format!("bad/d{i}"));
        for name in ["l", "r"] {
            symlink(format!("../d{}", i + 1), lab.path(format!("bad/d{i}/{name}"))).unwrap();
        }
    }
    lab.write("bad/d30/a.proto", GOOD);
    let ran = lab.run(&["build", "bad"]);
    ran.ends(2);
    ran.says(&["links to folders"]);
}

#[test]
fn names_that_are_not_for_terminals() {
    let names: [&[u8]; 7] = [
        b"\x1b[2Jx.proto",
        b"a\nerror: all is lost\n.proto",
        "\u{202e}otorp.x.proto".as_bytes(),
        b"\xff\xfe.proto",
        b"tab\t.proto",
        b"back\\slash.proto",
        "\u{200b}.proto".as_bytes(),
    ];
    for name in names {
        let lab = Lab::new();
        lab.write("bad/a.proto", GOOD);
        // Something to say about it in any case.
        lab.write(
            std::path::Path::new("bad").join(std::ffi::OsStr::from_bytes(name)),
            "syntax = \"proto3\";\nmessage {}\n",
        );
        for ran in lab.everywhere("bad") {
            assert!(matches!(ran.code, Some(3 | 4)), "{}: {:?}", ran.what, ran.code);
        }
        // And as the one thing that was named.
        let typed = std::path::Path::new("bad").join(std::ffi::OsStr::from_bytes(name));
        let ran = lab.run(&[std::ffi::OsStr::new("build"), typed.as_os_str()]);
        assert!(matches!(ran.code, Some(2..=4)), "{}: {:?}", ran.what, ran.code);
    }
}

#[test]
fn names_that_differ_in_case_only() {
    let lab = Lab::new();
    lab.write(
        "bad/a.proto",
        "syntax = \"proto3\";\npackage a;\nimport \"A.proto\";\nmessage M { b.M m = 1; }\n",
    );
    lab.write("bad/A.proto", "syntax = \"proto3\";\npackage b;\nmessage M {}\n");
    if fs::read_dir(lab.path("bad")).unwrap().count() == 2 {
        lab.taken("bad");
        let lab = Lab::new();
        lab.write(
            "bad/a.proto",
            "edition = \"2023\";\npackage a;\nimport \"A.proto\";\nmessage M { b.M m = 1; }\n",
        );
        lab.write("bad/A.proto", "edition = \"2023\";\npackage b;\nmessage M {}\n");
        lab.taken("bad");
    }
}

#[test]
fn folders_without_a_contract() {
    let lab = Lab::new();
    lab.folder("empty");
    for ran in lab.everywhere("empty") {
        // A revision may be from before there was a contract; a folder that somebody names is a wrong one.
        ran.ends(2);
        ran.says(&["empty", "hint"]);
    }
    for ran in lab.everywhere("gone") {
        assert!(matches!(ran.code, Some(2 | 4)), "{}: {:?}", ran.what, ran.code);
        ran.says(&["gone"]);
    }
    let mut deep = String::from("deep");
    for _ in 0..300 {
        deep.push_str("/d");
    }
    lab.write(format!("{deep}/a.proto"), GOOD);
    for ran in lab.everywhere("deep") {
        assert!(ran.code.is_some(), "{}", ran.what);
    }
}

#[test]
fn a_working_directory_that_is_gone() {
    let lab = Lab::new();
    lab.write("here/a.proto", GOOD);
    #[expect(clippy::disallowed_methods, reason = "the program under test")]
    let mut command = std::process::Command::new("/bin/sh");
    let script = "rm -r ../here && exec \"$0\" build";
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_protopact")])
        .current_dir(lab.path("here"))
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let ran = lab.raw(command, &["build"]);
    ran.is_decent();
    assert!(matches!(ran.code, Some(2..=4)), "{:?}: {}", ran.code, ran.err);
}

#[test]
fn nesting_without_end() {
    let nested = |n: usize| {
        let open: String = (0..n).map(|i| format!("message M{i} {{")).collect();
        format!("syntax = \"proto3\";\n{open}{}", "}".repeat(n))
    };
    one(nested(10_000)).refused("bad", 3, &["bad/bad.proto:2:", "nested too deeply"]);
    let group: String = (0..10_000).map(|i| format!("optional group G{i} = 1 {{")).collect();
    one(format!("message M {{ {group}")).refused("bad", 3, &["bad/bad.proto:1:"]);
    let option = "{a ".repeat(100_000) + &"}".repeat(100_000);
    one(format!("syntax = \"proto3\";\noption (o) = {option};\n")).refused("bad", 3, &["bad/bad.proto:2:"]);
    let package = vec!["p"; 30_000].join(".");
    one(format!("syntax = \"proto3\";\npackage {package};\n")).refused("bad", 3, &["bad/bad.proto:2:"]);
    let name = ".a".repeat(200_000);
    one(format!("syntax = \"proto3\";\nmessage M {{ {name} x = 1; }}\n")).refused(
        "bad",
        3,
        &["bad/bad.proto:2:"],
    );
    one(format!("syntax = \"proto3\";\noption (a{name}) = 1;\n")).refused("bad", 3, &["bad/bad.proto:2:"]);
}

#[test]
fn numbers_without_end() {
    let number = "9".repeat(100_000);
    one(format!("syntax = \"proto3\";\nmessage M {{ string a = {number}; }}\n")).refused(
        "bad",
        3,
        &["bad/bad.proto:2:"],
    );
    one(format!("message M {{ optional double a = 1 [default = {number}.{number}e{number}]; }}\n"))
        .everything();
    one("syntax = \"proto3\";\nmessage M { reserved 1 to 99999999999; }\n").refused(
        "bad",
        3,
        &["bad/bad.proto:2:"],
    );
    one("syntax = \"proto3\";\nenum E { A = -9223372036854775809; }\n").refused(
        "bad",
        3,
        &["bad/bad.proto:2:"],
    );
    one("syntax = \"proto3\";\nmessage M { string a = 0; string b = -1; string c = 19000; }\n").refused(
        "bad",
        3,
        &["bad/bad.proto:2:"],
    );
}

impl Lab {
    /// Whatever comes of it.
    fn everything(&self) {
        for ran in self.everywhere("bad") {
            assert!(ran.code.is_some());
        }
    }
}

#[test]
fn one_error_a_thousand_times_is_told_a_few_times() {
    let lab = one(format!("syntax = \"proto3\";\n{}", "message M { Gone g = 1; }\n".repeat(20_000)));
    let ran = lab.run(&["build", "bad"]);
    ran.ends(3);
    assert!(ran.err.len() < 1 << 20, "{} bytes", ran.err.len());
    let imports: String = (0..20_000).map(|i| format!("import \"gone{i}.proto\";\n")).collect();
    let lab = one(format!("syntax = \"proto3\";\n{imports}"));
    let ran = lab.run(&["build", "bad"]);
    ran.ends(3);
    assert!(ran.err.len() < 1 << 20, "{} bytes", ran.err.len());
    // One line of ten megabytes is not shown whole.
    let lab = one(format!(
        "syntax = \"proto3\"; message M {{ Gone g = 1; }} /*{}*/ message M {{ string = 2; }}",
        "x".repeat(10 << 20)
    ));
    let ran = lab.run(&["build", "bad"]);
    ran.ends(3);
    assert!(ran.err.len() < 1 << 16, "{} bytes", ran.err.len());
}

#[test]
fn paths_on_the_command_line() {
    let lab = one(GOOD);
    for path in ["gone", "", "\u{1b}[2J", "\u{202e}", "*", "[", &"x/".repeat(5000)] {
        let ran = lab.run(&["check", "bad", "--against", "good", "--path", path]);
        assert!(ran.code.is_some_and(|c| c != 1), "{}: {:?}", ran.what, ran.code);
        let ran = lab.run(&["build", "bad", "--exclude-path", path]);
        assert!(ran.code.is_some(), "{}", ran.what);
        let ran = lab.run(&["check", "bad", "--against", "good", "--use", "FILE", "--ignore", path]);
        assert!(ran.code.is_some(), "{}", ran.what);
        let ran = lab.run(&["build", path]);
        assert!(ran.code.is_some_and(|c| c != 1), "{}: {:?}", ran.what, ran.code);
    }
    let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe\x1b[2J");
    for flag in ["--path", "--config", "--against", "--report", "-o", "--protoc", "--deny"] {
        let ran = lab.run(&[std::ffi::OsStr::new("check"), "bad".as_ref(), flag.as_ref(), bytes]);
        ran.ends(2);
    }
}
