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
