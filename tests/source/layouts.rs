//! Which files a contract is made of.

use bytes::Bytes;
use protopact::config::Overrides;
use protopact::source::{ConfigSource, Loaded, Tree, load_settings};

use crate::lab::{Lab, Run, directory, shown};

const A: &str = "syntax = \"proto3\";\n";
const IMPORTS_B: &str = "syntax = \"proto3\";\nimport \"acme/b.proto\";\n";

#[test]
fn without_configuration_the_roots_are_found_and_named() {
    let dir = directory(&[("proto/acme/a.proto", IMPORTS_B), ("proto/acme/b.proto", A)]);
    let found = Run::at(dir.path()).new_side(".");
    assert_eq!(
        shown(&found.layout),
        ["acme/a.proto <- proto/acme/a.proto *", "acme/b.proto <- proto/acme/b.proto *"]
    );
    assert_eq!(found.layout.notes, ["import root found from the imports of the working tree: `proto`"]);
    assert_eq!(found.input.roots, ["`proto`"]);
}

#[test]
fn the_old_side_has_the_roots_of_the_new_one_unless_its_imports_say_otherwise() {
    let lab = Lab::new();
    let lonely = lab.commit(&[("proto/acme/a.proto", A)]);
    lab.tag("lonely", lonely);
    lab.repo.index().unwrap().clear().unwrap();
    std::fs::remove_dir_all(lab.path().join("proto")).unwrap();
    let elsewhere = lab.commit(&[("api/acme/a.proto", IMPORTS_B), ("api/acme/b.proto", A)]);
    lab.tag("elsewhere", elsewhere);
    std::fs::remove_dir_all(lab.path().join("api")).unwrap();
    lab.write(&[("proto/acme/a.proto", IMPORTS_B), ("proto/acme/b.proto", A)]);
    let run = Run::at(lab.path());
    let (_, old) = run.both(".", "lonely");
    assert_eq!(
        shown(&old),
        ["acme/a.proto <- proto/acme/a.proto *"],
        "nothing imported says where the root was"
    );
    let (_, old) = run.both(".", "elsewhere");
    assert_eq!(shown(&old), ["acme/a.proto <- api/acme/a.proto *", "acme/b.proto <- api/acme/b.proto *"]);
}

#[test]
fn a_configuration_added_today_also_governs_the_old_side() {
    let lab = Lab::new();
    let first = lab.commit(&[("proto/a.proto", A), ("draft/b.proto", A)]);
    lab.tag("v1", first);
    lab.write(&[("protopact.toml", "[contract]\nroots = [\"proto\"]\n")]);
    let (new, old) = Run::at(lab.path()).both(".", "v1");
    assert_eq!(shown(&new), ["a.proto <- proto/a.proto *"]);
    assert_eq!(shown(&old), shown(&new));
}

#[test]
fn two_files_of_one_import_path_are_refused() {
    let toml = "[contract]\nroots = [\"a\", \"b\"]\n";
    let dir = directory(&[("protopact.toml", toml), ("a/x.proto", A), ("b/x.proto", A)]);
    let error = Run::at(dir.path()).try_new(".").unwrap_err();
    assert_eq!(error.to_string(), "import path `x.proto` names two files: `a/x.proto` and `b/x.proto`");
}

#[test]
fn an_empty_root_is_refused_with_a_near_match() {
    let dir = directory(&[("protopact.toml", "[contract]\nroots = [\"protos\"]\n"), ("proto/x.proto", A)]);
    let error = Run::at(dir.path()).try_new(".").unwrap_err();
    assert_eq!(error.to_string(), "root `protos` holds no .proto files in the working tree");
    assert_eq!(error.hint().as_deref(), Some("did you mean `proto`?"));
}

#[test]
fn the_deepest_root_owns_a_file() {
    let toml = "[contract]\nroots = [\".\", \"proto\"]\n";
    let dir = directory(&[("protopact.toml", toml), ("x.proto", A), ("proto/y.proto", A)]);
    let found = Run::at(dir.path()).new_side(".");
    assert_eq!(shown(&found.layout), ["x.proto <- x.proto *", "y.proto <- proto/y.proto *"]);
}

fn workspace() -> tempfile::TempDir {
    directory(&[
        ("w/buf.work.yaml", "version: v1\ndirectories: [a, b/proto]\n"),
        ("w/a/buf.yaml", "version: v1\nbuild: {excludes: [draft]}\nbreaking: {use: [WIRE]}\n"),
        ("w/a/x.proto", "syntax = \"proto3\";\npackage p;\nimport \"y.proto\";\n"),
        ("w/a/draft/z.proto", A),
        ("w/b/proto/y.proto", "syntax = \"proto3\";\npackage p;\n"),
        ("w/b/proto/sub/q.proto", A),
        ("w/stray.proto", A),
    ])
}

#[test]
fn a_workspace_from_outside_from_inside_and_from_a_module() {
    let dir = workspace();
    let outside = Run::at(dir.path()).new_side("w");
    let all = [
        "sub/q.proto <- w/b/proto/sub/q.proto *",
        "x.proto <- w/a/x.proto *",
        "y.proto <- w/b/proto/y.proto *",
    ];
    assert_eq!(shown(&outside.layout), all);
    assert_eq!(outside.layout.policy_of("x.proto", None).0.selection.use_rules[0].id, "WIRE");
    assert_eq!(outside.layout.policy_of("y.proto", None).0.selection.use_rules[0].id, "FILE");

    let module = Run::at(&dir.path().join("w/b/proto")).new_side(".");
    let restricted = ["sub/q.proto <- sub/q.proto *", "x.proto <- ../../a/x.proto", "y.proto <- y.proto *"];
    assert_eq!(shown(&module.layout), restricted);

    let folder = Run::at(dir.path()).new_side("w/b/proto/sub");
    assert_eq!(shown(&folder.layout)[0], "sub/q.proto <- w/b/proto/sub/q.proto *");
    assert_eq!(folder.layout.files.values().filter(|f| f.target).count(), 1);
}

#[test]
fn one_file_alone_or_with_its_package() {
    let dir = workspace();
    let targets = |source: &str| -> Vec<String> {
        let found = Run::at(dir.path()).new_side(source);
        found.layout.files.iter().filter(|(_, f)| f.target).map(|(import, _)| import.to_string()).collect()
    };
    assert_eq!(targets("w/a/x.proto"), ["x.proto"]);
    assert_eq!(targets("w/a/x.proto#include_package_files=true"), ["x.proto", "y.proto"]);
    let error = Run::at(dir.path()).try_new("w/a/draft/z.proto").unwrap_err();
    assert_eq!(error.to_string(), "file `w/a/draft/z.proto` does not belong to the contract");
}

#[test]
fn paths_select_on_both_sides() {
    let lab = Lab::new();
    let files = [
        ("buf.yaml", "version: v2\nmodules: [{path: m}]\n"),
        ("m/a/x.proto", A),
        ("m/a/y.proto", A),
        ("m/b/z.proto", A),
    ];
    let first = lab.commit(&files);
    lab.tag("v1", first);
    std::fs::remove_file(lab.path().join("m/a/y.proto")).unwrap();
    let targets = |layout: &protopact::source::Layout| -> Vec<String> {
        layout.files.iter().filter(|(_, f)| f.target).map(|(import, _)| import.to_string()).collect()
    };
    let run = Run {
        paths: vec!["a".into(), "../m/nope".into()],
        exclude: vec!["./a/x.proto".into()],
        ..Run::at(&lab.path().join("m"))
    };
    let (new, old) = run.both(".", "v1");
    assert_eq!((targets(&new), targets(&old)), (vec![], vec!["a/y.proto".to_owned()]));
    assert_eq!(new.unmatched, ["m/nope"]);
}

#[test]
fn a_revision_means_the_same_folder_there() {
    let lab = Lab::new();
    let first =
        lab.commit(&[("contracts/protopact.toml", ""), ("contracts/a.proto", A), ("other/b.proto", A)]);
    lab.tag("v1", first);
    for (cwd, new) in [("", "contracts"), ("contracts", "."), ("other", "../contracts")] {
        let (_, old) = Run::at(&lab.path().join(cwd)).both(new, "v1");
        assert_eq!(shown(&old), ["a.proto <- contracts/a.proto *"], "{cwd}");
    }
    // A folder that is new today is simply not there in the old version.
    lab.write(&[("contracts/fresh/c.proto", A)]);
    let (new, old) = Run::at(lab.path()).both("contracts/fresh", "v1");
    assert_eq!(new.files.values().filter(|f| f.target).count(), 1);
    assert_eq!(old.files.values().filter(|f| f.target).count(), 0);
}

#[test]
fn a_deleted_file_is_judged_by_the_module_that_took_its_module_over() {
    let lab = Lab::new();
    let v2 = |path: &str| {
        format!(
            "version: v2\nmodules: [{{path: {path}, name: r/o/m, breaking: {{use: [WIRE]}}}}, {{path: z}}]\n"
        )
    };
    let first = lab.commit(&[
        ("buf.yaml", &v2("before")),
        ("before/a.proto", A),
        ("before/b.proto", A),
        ("z/z.proto", A),
    ]);
    lab.tag("v1", first);
    std::fs::remove_dir_all(lab.path().join("before")).unwrap();
    lab.write(&[("buf.yaml", &v2("after")), ("after/a.proto", A)]);
    let (new, old) = Run::at(lab.path()).both(".", "v1");
    let (policy, root) = new.policy_of("b.proto", Some(&old));
    assert_eq!((policy.selection.use_rules[0].id.as_str(), root), ("WIRE", "after"));
}

#[test]
fn nested_buf_modules_are_found_when_they_cover_everything() {
    let dir = directory(&[
        ("x/buf.yaml", "version: v1\nname: r/o/x\n"),
        ("x/p/a.proto", A),
        ("y/buf.yaml", "version: v1\n"),
        ("y/b.proto", A),
    ]);
    let found = Run::at(dir.path()).new_side(".");
    assert_eq!(shown(&found.layout), ["b.proto <- y/b.proto *", "p/a.proto <- x/p/a.proto *"]);
    assert_eq!(found.layout.modules[0].name.as_deref(), Some("r/o/x"));
}

#[test]
fn a_wrong_configuration_names_its_place() {
    let tree = |path: &str, text: &'static str| {
        let files = [(path.to_owned(), Bytes::from(text)), ("a.proto".to_owned(), Bytes::new())];
        Loaded::Tree(Tree::from_memory("memory", files))
    };
    let cwd = std::path::Path::new("/");
    let load =
        |loaded: &Loaded| load_settings(loaded, ConfigSource { cwd, flag: None }, &Overrides::default());
    let error = load(&tree("protopact.toml", "[chek]\n")).unwrap_err();
    assert_eq!(error.to_string(), "protopact.toml in memory:1:2: unknown key `chek`");
    let error = load(&tree("buf.yaml", "\u{feff}version: v9\n")).unwrap_err();
    assert!(error.to_string().contains("unknown version `v9`"), "{error}");
}

#[test]
fn trees_in_memory_refuse_paths_that_lead_out() {
    let files = [("../x.proto", Bytes::new()), ("/y.proto", Bytes::new()), ("./ok.proto", Bytes::new())];
    let found = Tree::from_memory("archive", files);
    assert_eq!(found.protos().collect::<Vec<_>>(), ["ok.proto"]);
    assert_eq!(found.problems().len(), 2);
}

#[test]
fn what_a_named_file_imports_can_be_judged_too() {
    let dir = directory(&[
        ("a.proto", "syntax = \"proto3\";\nimport \"b.proto\";\nimport \"google/protobuf/any.proto\";\n"),
        ("b.proto", "syntax = \"proto3\";\nimport public \"c.proto\";\n"),
        ("c.proto", "syntax = \"proto3\";\nimport \"a.proto\";\n"),
        ("d.proto", A),
    ]);
    let mut found = Run::at(dir.path()).new_side("a.proto");
    found.layout.judge_imports(&mut found.input);
    assert_eq!(
        shown(&found.layout),
        ["a.proto <- a.proto *", "b.proto <- b.proto *", "c.proto <- c.proto *", "d.proto <- d.proto"]
    );
    // What nothing needs is not read.
    let files: Vec<(&str, bool)> = found.input.files.iter().map(|f| (&*f.name, f.target)).collect();
    assert_eq!(files, [("a.proto", true), ("b.proto", true), ("c.proto", true)]);
}

#[test]
fn a_configuration_further_down_is_pointed_out() {
    let dir = directory(&[("contracts/protopact.toml", ""), ("contracts/a.proto", A), ("b.proto", A)]);
    let found = Run::at(dir.path()).new_side(".");
    let note = "`contracts/protopact.toml` is not used here; name `contracts` to check that contract";
    assert_eq!(found.layout.notes.last().map(String::as_str), Some(note));
}
