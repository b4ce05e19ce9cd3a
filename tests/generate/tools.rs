//! `generate --build`, with scripts as the languages' tools.

use protopact::codegen::build::{self, Outcome, Workshop};
use protopact::codegen::{FileTree, Package};
use protopact::machine::{Host, Limits};
use protopact::words::Language;

use crate::env::Output;
use crate::lab::Lab;

/// A contract with a crate, and a search path of which the tests decide what is on it.
fn lab() -> Lab {
    let lab = Lab::new("[generate.rust]\ncrate = \"acme\"\n");
    lab.lock();
    std::fs::create_dir_all(lab.env.work().join("../tools")).unwrap();
    lab
}

fn built(lab: &Lab, args: &[&str]) -> Output {
    let path = lab.env.work().join("../tools");
    lab.env.run_with(args, |io| {
        io.env.insert("PATH".into(), path.into());
        io.env.insert("RUSTFLAGS".into(), "--cfg nonsense".into());
        io.width = None;
    })
}

#[test]
fn a_package_that_builds_is_said_to() {
    let lab = lab();
    let log = lab.env.work().join("../log");
    // What it is told, where it runs, and what is in the way of a build by itself.
    let script = "echo \"$1 $2 $3 ${RUSTFLAGS-none} $(test -f Cargo.toml && echo here)\" >>";
    lab.script("../tools/cargo", &format!("PATH=/usr/bin:/bin; {script} '{}'", log.display()));
    let output = built(&lab, &["generate", "--build"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("1 package built, 0 failed, 0 skipped"), "{output}");
    assert!(output.out.contains("acme@0.0.0-dev"), "{output}");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "check -q --lib none here\n");
}

#[test]
fn the_flag_has_its_first_name_too() {
    let lab = lab();
    lab.script("../tools/cargo", "exit 0");
    let output = built(&lab, &["generate", "--verify"]);
    assert!(output.out.contains("1 package built, 0 failed, 0 skipped"), "{output}");
}

#[test]
fn a_package_that_does_not_build_is_shown_with_what_the_tool_said() {
    let lab = lab();
    lab.script("../tools/cargo", "echo 'error: no such \u{1b}[31mcrate'; echo 'and more' >&2; exit 101");
    let output = built(&lab, &["generate", "--build"]);
    assert_eq!(output.code, 4, "{output}");
    for said in
        ["failed: cargo check -q --lib --examples --no-default-features", "error: no such ", "    and more"]
    {
        assert!(output.out.contains(said), "{said}: {output}");
    }
    assert!(!output.out.contains('\u{1b}'), "{output}");
    assert!(output.out.contains("0 packages built, 1 failed, 0 skipped"), "{output}");
    // What was made is there all the same.
    assert!(lab.env.work().join("sdk/rust/Cargo.toml").exists());
}

#[test]
fn a_language_without_its_tool_is_skipped_by_name() {
    let lab = lab();
    let output = built(&lab, &["generate", "--build"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("skipped: `cargo` is not there"), "{output}");
    assert!(output.out.contains("0 packages built, 0 failed, 1 skipped"), "{output}");
}

/// Has scripts build a package that nobody generated.
fn tried(language: Language, coordinate: &str, paths: &[&str], tool: &str, script: &str) -> Outcome {
    let lab = lab();
    lab.script(&format!("../tools/{tool}"), &format!("PATH=/usr/bin:/bin; {script}"));
    let mut files = FileTree::new();
    for path in paths {
        files.add(path, format!("module {coordinate}\n")).unwrap();
    }
    let package = Package { language, coordinate: coordinate.to_owned(), files };
    let env = [("PATH".into(), lab.env.work().join("../tools").into())].into();
    let host = Host { env, cwd: "/".into() };
    let workshop = Workshop { host: &host, limits: Limits::default(), cargo_target: None };
    let scratch = tempfile::tempdir().unwrap();
    build::build(&package, scratch.path(), workshop, &|_, _| {}).unwrap().outcome
}

#[track_caller]
fn left_out(outcome: &Outcome, where_: &str, files: &str) {
    let Outcome::Failed { step, output } = outcome else { panic!("{outcome:?}") };
    assert_eq!((&**step, output.split_once(":\n").unwrap().1), (where_, files));
}

#[test]
fn a_file_that_go_does_not_build_is_told() {
    let go = |list: &str| {
        let script = format!("[ $1 != list ] || printf '{list}'");
        tried(Language::Go, "a.b/c", &["go.mod", "a.go", "x/b.go", "x/c.txt"], "go", &script)
    };
    assert_eq!(go("a.b/c/a.go\\na.b/c/x/b.go\\n"), Outcome::Built);
    left_out(&go("a.b/c/a.go\\n"), "go list ./...", "a.b/c/x/b.go");
    left_out(&go(""), "go list ./...", "a.b/c/a.go\na.b/c/x/b.go");
}

#[test]
fn what_is_not_in_the_jar_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let jar = folder.path().join("made.jar");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&jar).unwrap());
    for name in ["com/acme/A.class", "META-INF/LICENSE"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    writer.finish().unwrap();
    let script = format!("mkdir target; cp '{}' target/pay-1.0.0.jar", jar.display());
    let java = |more: &str| {
        let paths = ["pom.xml", "src/main/java/com/acme/A.java", "src/main/resources/META-INF/LICENSE", more];
        tried(Language::Java, "com.acme:pay:1.0.0", &paths, "mvn", &script)
    };
    assert_eq!(java("README.md"), Outcome::Built);
    left_out(&java("src/main/java/com/acme/B.java"), "what is in pay-1.0.0.jar", "com/acme/B.class");
    let Outcome::Failed { output, .. } = tried(Language::Java, "a:b:1", &["pom.xml"], "mvn", "exit 0") else {
        panic!("there is no jar");
    };
    assert_eq!(output, "the build ended well and there is no b-1.jar");
}

#[test]
fn what_is_not_in_the_wheel_is_told_and_every_module_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (wheel, imported) = (folder.path().join("made.whl"), folder.path().join("imported"));
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&wheel).unwrap());
    for name in ["pay/__init__.py", "pay/v1/__init__.py", "pay/v1/a_pb2.py", "pay/py.typed"] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    writer.finish().unwrap();
    // An environment has the same program once more.
    let script = format!(
        "case \"$*\" in\n\
         '-m venv '*) for last; do :; done; mkdir -p \"$last/bin\"; cp \"$0\" \"$last/bin/python\" ;;\n\
         '-m build '*) mkdir -p \"$4\"; cp '{}' \"$4/pay-1-py3-none-any.whl\" ;;\n\
         */imports.py) cat \"$1\" >'{}' ;;\n\
         esac",
        wheel.display(),
        imported.display()
    );
    let python = |more: &[&str], script: &str| {
        let paths = [
            &["pyproject.toml", "README.md", "src/pay/__init__.py", "src/pay/py.typed"][..],
            &["src/pay/v1/__init__.py", "src/pay/v1/a_pb2.py"],
            more,
        ];
        tried(Language::Python, "pay", &paths.concat(), "python3", script)
    };
    assert_eq!(python(&[], &script), Outcome::Built);
    let all = std::fs::read_to_string(&imported).unwrap();
    assert_eq!(all, "import pay\nimport pay.v1\nimport pay.v1.a_pb2\n");
    let more = ["src/pay/v1/a_pb2.pyi", "src/pay/v1/b_pb2.py"];
    let without = "pay/v1/a_pb2.pyi\npay/v1/b_pb2.py";
    left_out(&python(&more, &script), "what is in pay-1-py3-none-any.whl", without);
    let fails = format!("{script}\ncase \"$1\" in */imports.py) echo 'no module a_pb2'; exit 1 ;; esac");
    let Outcome::Failed { step, output } = python(&[], &fails) else { panic!("it cannot be imported") };
    assert!(step.ends_with("imports.py") && output.contains("no module a_pb2"), "{step}: {output}");
    let Outcome::Failed { output, .. } = python(&[], &script.replace("cp '", "true '")) else {
        panic!("there is no wheel");
    };
    assert!(output.contains("no wheel came out of the build"), "{output}");
}

#[test]
fn every_item_of_a_crate_is_named_by_what_is_checked_with_it() {
    let lab = lab();
    let log = lab.env.work().join("../uses");
    lab.script("../tools/cargo", &format!("PATH=/usr/bin:/bin; cat examples/made.rs > '{}'", log.display()));
    lab.env.write(
        "proto/acme/user/v1/more.proto",
        "syntax = \"proto3\";\npackage acme.user.v1;\nmessage Odd { enum Kind { A = 0; } map<string, Odd> all = 1; }\n\
         service S { rpc Get(Odd) returns (Odd); }\n",
    );
    let _ = built(&lab, &["generate", "--build"]);
    insta::assert_snapshot!(std::fs::read_to_string(log).unwrap());
}

#[test]
fn a_crate_has_serde_where_that_is_asked_for() {
    let lab = lab();
    let rust = |more: &str| lab.configure(&format!("[generate.rust]\ncrate = \"acme\"\n{more}"));
    rust("serde = true\n");
    lab.env.write("proto/acme/none/v1/none.proto", "syntax = \"proto3\";\npackage acme.none.v1;\n");
    lab.env.write("proto/bare.proto", "syntax = \"proto3\";\n");
    let _ = lab.ok(&["plugins", "install"]);
    let _ = lab.ok(&["generate"]);
    let made = lab.tree("sdk/rust");
    let text = |path: &str| String::from_utf8_lossy(&made[path]).into_owned();
    let user = text("src/proto/acme.user.v1.serde.rs");
    assert!(user.contains("impl ::serde::Serialize for User {") && !user.contains("Money {"), "{user}");
    assert!(text("src/proto/acme.money.v1.rs").contains("::pbjson_types::Timestamp"));
    assert!(!made.contains_key("src/proto/acme.none.v1.serde.rs"), "there is nothing in it");
    assert!(text("Cargo.toml").contains("pbjson-types = "), "{}", text("Cargo.toml"));
    lab.env.write("proto/bare.proto", "syntax = \"proto3\";\nenum Bare { A = 0; }\n");
    let output = lab.run(&["generate", "--dry-run"]);
    assert!(output.to_string().contains("proto/bare.proto") && output.code == 1, "{output}");
    lab.env.write("proto/bare.proto", "syntax = \"proto3\";\n");
    // A type `Vec` is what functions name that convert the elements of a list, and no others.
    for (of, code) in [("string", 0), ("bool", 0), ("Vec", 0), ("bytes", 1), ("double", 1), ("Kind", 1)] {
        let text = format!(
            "message Vec {{ repeated {of} a = 1; map<string, bytes> b = 2; }}\nenum Kind {{ A = 0; }}"
        );
        lab.env.write("proto/lists.proto", &format!("syntax = \"proto3\";\npackage lists;\n{text}\n"));
        let output = lab.run(&["generate", "--dry-run"]);
        assert_eq!(
            (output.code, output.to_string().contains("`lists.Vec`")),
            (code, code == 1),
            "{of}\n{output}"
        );
    }
    std::fs::remove_file(lab.env.work().join("proto/lists.proto")).unwrap();
    // An older line has none.
    rust("serde = true\nruntime = \"0.13\"\n");
    let output = lab.run(&["generate", "--dry-run"]);
    assert!(output.code != 0 && output.to_string().contains("is no line with serde"), "{output}");
}

#[test]
fn only_the_chosen_files_and_what_they_import_are_in_a_package() {
    let lab = lab();
    lab.env.write(
        "proto/acme/other/v1/other.proto",
        "syntax = \"proto3\";\npackage acme.other.v1;\nmessage O {}\n",
    );
    let _ = lab.ok(&["generate", "--path", "proto/acme/user"]);
    let files =
        || lab.tree("sdk/rust").into_keys().filter(|p| p.starts_with("src/")).collect::<Vec<_>>().join(" ");
    let chosen = files();
    assert!(chosen.contains("user") && chosen.contains("money") && !chosen.contains("other"), "{chosen}");
    lab.configure("exclude-path = [\"proto/acme/other\"]\n[generate.rust]\ncrate = \"acme\"\n");
    let output = lab.ok(&["generate"]);
    assert!(
        output.out.contains("made"),
        "another choice is another package, although the files are the same: {output}"
    );
    assert_eq!(files(), chosen);
    let output = lab.run(&["generate", "--path", "proto/nowhere"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.err.contains("proto/nowhere"), "{output}");
}
