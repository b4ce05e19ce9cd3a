//! What is told before a plugin runs.

use crate::lab::Lab;

const SECTIONS: &str = "[generate.java]\ngroup = \"com.acme\"\n\n[generate.rust]\ncrate = \"acme-contracts\"\n\n\
    [generate.python]\npackage = \"acme-contracts\"\n";

#[test]
fn a_table_of_languages_without_any_plugin() {
    let lab = Lab::new(SECTIONS);
    let output = lab.ok(&["generate", "--dry-run"]);
    insta::assert_snapshot!(output.out, @r"
    acme/contracts 0.0.0-dev
      java    can be made
      python  can be made
      rust    can be made
    ");
    assert!(!lab.env.work().join("sdk").exists());

    lab.env.write(
        "proto/acme/user/v1/odd.proto",
        "syntax = \"proto3\";\npackage acme.user.v1;\nmessage Odd {\n  int32 descriptor = 1;\n  int32 Clear = 2;\n}\n\
         enum E {\n  VALUES = 0;\n}\n",
    );
    let output = lab.run(&["generate", "--dry-run"]);
    assert_eq!(output.code, 1, "{output}");
    insta::assert_snapshot!(output.out);
    let output = lab.run(&["generate", "--dry-run", "--lang", "rust"]);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn refusals_of_all_languages_are_one_list() {
    let lab = Lab::new("[generate.rust]\ncrate = \"acme-contracts\"\n");
    lab.lock();
    lab.env.write(
        "proto/acme/user/v1/odd.proto",
        "syntax = \"proto3\";\npackage acme.user.v1;\nmessage Odd {}\nmessage odd {}\nmessage M {}\n\
         service Arc {\n  rpc Get(M) returns (M);\n}\n",
    );
    let output = lab.run(&["generate"]);
    assert_eq!(output.code, 2, "{output}");
    insta::assert_snapshot!(output.err);
}

#[test]
fn a_tag_that_is_no_version() {
    let lab = Lab::new("[generate.rust]\ncrate = \"acme-contracts\"\n");
    lab.lock();
    lab.env.commit("one");
    lab.env.tag("nightly");
    let output = lab.run(&["generate", "--from", "nightly"]);
    assert_eq!(output.code, 2, "{output}");
    insta::assert_snapshot!(output.err);
    let _ = lab.ok(&["generate", "--from", "nightly", "--as", "1.4.0"]);
}

#[test]
fn files_without_a_folder_are_told_where_a_program_takes_one_of_a_name() {
    let note = |sections: &str, args: &[&str]| {
        let lab = Lab::new(sections);
        lab.env.write("proto/common.proto", "syntax = \"proto3\";\npackage acme.common.v1;\nmessage C {}\n");
        let output = lab.run(&[&["generate", "--dry-run"], args].concat());
        assert_eq!(output.code, 0, "{output}");
        output.err
    };
    let said = note(&format!("{SECTIONS}[generate.go]\nmodule = \"acme.com/c\"\n"), &[]);
    let expected = "`common.proto` has no folder in the import path: no Go program or Python process can use two contracts \
        with a file of that name; put it into a folder, as `acme/common/v1/common.proto`";
    assert!(said.contains(expected), "{said}");
    assert!(note(SECTIONS, &[]).contains("no Python process can use"));
    assert_eq!(note(SECTIONS, &["--lang", "java,rust"]), "");
}

#[test]
fn an_older_line_takes_fewer_editions_and_wants_its_own_generators() {
    let lab = Lab::new("[generate.python]\npackage = \"acme-contracts\"\nruntime = \"5\"\n");
    lab.lock();
    let _ = lab.ok(&["generate", "--dry-run"]);
    let output = lab.run(&["generate"]);
    assert_eq!(output.code, 2, "{output}");
    let wanted = "`protopact.lock` has no entry for `grpcio-tools` (version 1.71.2 is wanted)";
    assert!(output.err.contains(wanted), "{output}");

    let newer = "edition = \"2024\";\npackage acme.user.v1;\nmessage Newer {}\n";
    lab.env.write("proto/acme/user/v1/newer.proto", newer);
    let output = lab.run(&["generate", "--dry-run"]);
    assert_eq!(output.code, 1, "{output}");
    let wayout = "choose a newer line with `runtime` in `[generate.python]`, or keep to what 5 takes";
    assert!(output.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(wayout), "{output}");
    lab.configure("[generate.python]\npackage = \"acme-contracts\"\n");
    let _ = lab.ok(&["generate", "--dry-run"]);

    lab.configure("[generate.go]\nmodule = \"acme.com/c\"\ngo = \"1.20\"\n");
    let output = lab.run(&["generate", "--dry-run"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.err.contains("unknown `go` of Go `1.20`"), "{output}");
    assert!(output.err.contains("packages were tried with: `1.26`, `1.23`"), "{output}");
}

/// Nobody gets plugins first, to be told then.
#[test]
fn what_is_refused_is_told_beside_a_plugin_that_is_missing() {
    let lab =
        Lab::new("[generate.go]\nmodule = \"acme.com/c\"\n[generate.rust]\ncrate = \"acme-contracts\"\n");
    let output = lab.run(&["generate"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.err.starts_with("error: `protopact.lock` has no entry for `protoc-gen-go`"), "{output}");
    lab.env.write(
        "proto/acme/user/v1/odd.proto",
        "syntax = \"proto3\";\npackage acme.user.v1;\nmessage M {}\nservice PingSvc {\n  rpc Ping(M) returns (M);\n}\n",
    );
    let output = lab.run(&["generate"]);
    assert_eq!(output.code, 2, "{output}");
    insta::assert_snapshot!(output.err, @r"
    proto/acme/user/v1/odd.proto:5:3: tonic calls the trait of the service `PingSvc`, and a type for the method `Ping` in it too, in Rust (rename the method or the service)
    error: `protopact.lock` has no entry for `protoc-gen-go` (version v1.36.12 is wanted)
    hint: run `protopact plugins install`
    hint: rename what is named, or leave a language out with `--lang`
    ");
    let output = lab.run(&["generate", "--lang", "go"]);
    assert!(output.err.starts_with("error: "), "{output}");
}
