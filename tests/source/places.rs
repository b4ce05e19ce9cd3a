//! Where files are found that are only there to be imported, and under which names files can be imported.

use std::os::unix::fs::symlink;

use protopact::source::Layout;

use crate::lab::{Lab, Run, directory, shown};

const A: &str = "syntax = \"proto3\";\n";
const DATE: &str = "syntax = \"proto3\";\npackage google.type;\nmessage Date { int32 day = 1; }\n";
const OTHER_DATE: &str = "syntax = \"proto3\";\npackage google.type;\nmessage Date { int64 day = 1; }\n";

fn importing(paths: &[&str]) -> String {
    let lines = paths.iter().map(|path| format!("import \"{path}\";\n"));
    format!("{A}{}", lines.collect::<String>())
}

fn missing(layout: &Layout) -> Vec<&str> {
    layout.missing.keys().map(|import| &**import).collect()
}

#[test]
fn places_that_are_written_down_serve_every_revision_and_are_not_judged() {
    let lab = Lab::new();
    let dated = importing(&["google/type/date.proto"]);
    let first = lab.commit(&[("contracts/proto/a.proto", &dated), ("contracts/vendor/x.proto", A)]);
    lab.tag("v1", first);
    lab.write(&[
        ("contracts/protopact.toml", "[contract]\nroots = [\"proto\"]\nimports = [\"../others\"]\n"),
        ("others/google/type/date.proto", DATE),
        ("others/broken.proto", "nonsense"),
    ]);
    let (new, old) = Run::at(&lab.path().join("contracts")).both(".", "v1");
    assert_eq!(
        shown(&new),
        ["a.proto <- proto/a.proto *", "google/type/date.proto <- ../others/google/type/date.proto"]
    );
    assert_eq!(
        shown(&old),
        [
            "a.proto <- contracts/proto/a.proto *",
            "google/type/date.proto <- ../others/google/type/date.proto"
        ]
    );
    assert_eq!((missing(&new), missing(&old)), (vec![], vec![]));
}

#[test]
fn a_place_inside_a_root_is_not_the_contracts_own_and_a_revision_has_its_own_copy() {
    let lab = Lab::new();
    let dated = importing(&["google/type/date.proto"]);
    let files: [(&str, &str); 3] = [
        ("protopact.toml", "[contract]\nroots = [\".\"]\nimports = [\"protos/theirs\"]\n"),
        ("a.proto", &dated),
        ("protos/theirs/google/type/date.proto", DATE),
    ];
    let first = lab.commit(&files);
    lab.tag("v1", first);
    std::fs::remove_dir_all(lab.path().join("protos")).unwrap();
    lab.write(&[
        ("protos/theirs/google/type/date.proto", OTHER_DATE),
        ("protos/theirs/google/more.proto", A),
    ]);
    let (new, old) = Run::at(lab.path()).both(".", "v1");
    let all = ["a.proto <- a.proto *", "google/type/date.proto <- protos/theirs/google/type/date.proto"];
    assert_eq!(
        (shown(&new), shown(&old)),
        (all.map(str::to_owned).to_vec(), all.map(str::to_owned).to_vec())
    );
}

#[test]
fn two_places_that_disagree_are_refused_with_both() {
    let dated = importing(&["google/type/date.proto"]);
    let dir = directory(&[
        ("protopact.toml", "[contract]\nroots = [\"proto\"]\nimports = [\"x\", \"y\", \"z\"]\n"),
        ("proto/a.proto", &dated),
        ("x/google/type/date.proto", DATE),
        ("y/google/type/date.proto", DATE),
        ("z/google/type/date.proto", OTHER_DATE),
        ("z/google/type/unused.proto", A),
        ("x/google/type/unused.proto", DATE),
    ]);
    let error = Run::at(dir.path()).try_new(".").unwrap_err();
    assert_eq!(
        error.to_string(),
        "import path `google/type/date.proto` names two different files: `x/google/type/date.proto` and `z/google/type/date.proto`"
    );
    assert_eq!(error.hint().as_deref(), Some("take one of the places out of `imports`"));
}

#[test]
fn vendored_folders_serve_imports_and_are_not_judged() {
    for folder in
        ["third_party", "third_party/proto", "third_party/googleapis", "vendor", "tools/third_party"]
    {
        let date = format!("{folder}/google/type/date.proto");
        let stray = format!("{folder}/stray.proto");
        let dated = importing(&["google/type/date.proto", "b.proto"]);
        let dir = directory(&[("a.proto", &dated), ("b.proto", A), (&date, DATE), (&stray, A)]);
        let found = Run::at(dir.path()).new_side(".");
        let date = format!("google/type/date.proto <- {date}");
        assert_eq!(shown(&found.layout), ["a.proto <- a.proto *", "b.proto <- b.proto *", &date]);
        let note = format!("imports of the working tree found outside of its roots: `{folder}` (1 file)");
        assert!(found.layout.notes.contains(&note), "{:?}", found.layout.notes);
    }
    // Where nothing else is there, it is the contract.
    let dir = directory(&[("vendor/a.proto", A)]);
    assert_eq!(shown(&Run::at(dir.path()).new_side(".").layout).len(), 1);
}

#[test]
fn what_excludes_hide_can_be_imported() {
    let dated = importing(&["google/type/date.proto"]);
    let dir = directory(&[
        ("buf.yaml", "version: v1\nbuild: {excludes: [lib]}\n"),
        ("a.proto", &dated),
        ("lib/google/type/date.proto", DATE),
    ]);
    let found = Run::at(dir.path()).new_side(".");
    assert_eq!(
        shown(&found.layout),
        ["a.proto <- a.proto *", "google/type/date.proto <- lib/google/type/date.proto"]
    );
}

#[test]
fn an_old_version_imports_what_the_newest_one_has() {
    let lab = Lab::new();
    let dated = importing(&["google/type/date.proto"]);
    let first = lab.commit(&[("a.proto", &dated)]);
    lab.tag("v1", first);
    lab.write(&[("third_party/google/type/date.proto", DATE)]);
    let (new, old) = Run::at(lab.path()).both(".", "v1");
    assert_eq!(shown(&new), shown(&old));
    assert_eq!(shown(&old).len(), 2);
    // Alone, too.
    let found = Run::at(lab.path()).new_side("v1");
    assert_eq!(missing(&found.layout), [""; 0]);
}

#[test]
fn a_submodule_serves_imports_where_it_is_checked_out() {
    let inner = Lab::new();
    inner.commit(&[("google/type/date.proto", DATE), ("google/unused.proto", A)]);
    let lab = Lab::new();
    let dated = importing(&["google/type/date.proto"]);
    let first = lab.commit(&[("a.proto", &dated)]);
    lab.tag("v1", first);
    assert_eq!(missing(&Run::at(lab.path()).new_side(".").layout), ["google/type/date.proto"]);
    let url = inner.path().to_str().unwrap();
    git2::Repository::clone(url, lab.path().join("schema/common")).unwrap();
    let found = Run::at(lab.path()).new_side(".");
    assert_eq!(
        shown(&found.layout),
        ["a.proto <- a.proto *", "google/type/date.proto <- schema/common/google/type/date.proto"]
    );
}

#[test]
fn a_missing_file_is_known_with_those_who_want_it() {
    let (a, b) = (importing(&["x.proto", "y.proto"]), importing(&["x.proto", "google/protobuf/any.proto"]));
    let dir = directory(&[("a.proto", &a), ("b.proto", &b)]);
    let layout = Run::at(dir.path()).new_side(".").layout;
    assert_eq!(missing(&layout), ["x.proto", "y.proto"]);
    assert_eq!(layout.missing["x.proto"].wanted_by, ["a.proto", "b.proto"]);
}

#[test]
fn a_root_can_have_a_prefix() {
    let core = importing(&["k8s.io/api/meta/v1/b.proto"]);
    let files: [(&str, &str); 2] = [("core/v1/a.proto", &core), ("meta/v1/b.proto", A)];
    let want = [
        "k8s.io/api/core/v1/a.proto <- core/v1/a.proto *",
        "k8s.io/api/meta/v1/b.proto <- meta/v1/b.proto *",
    ];
    let toml = ("protopact.toml", "[contract]\nroots = [{ path = \".\", as = \"k8s.io/api\" }]\n");
    let dir = directory(&[files[0], files[1], toml]);
    assert_eq!(shown(&Run::at(dir.path()).new_side(".").layout), want);
    // And it is found, at an old version too.
    let lab = Lab::new();
    let first = lab.commit(&files);
    lab.tag("v1", first);
    let (new, old) = Run::at(lab.path()).both(".", "v1");
    assert_eq!(
        (shown(&new), shown(&old)),
        (want.map(str::to_owned).to_vec(), want.map(str::to_owned).to_vec())
    );
    assert!(new.notes[0].ends_with("`.` as `k8s.io/api`"), "{:?}", new.notes);
    // The name of the Go module is the first guess, and one name is enough then.
    let top = importing(&["example.com/top/b.proto"]);
    let dir =
        directory(&[("go.mod", "module example.com/top // the top\n"), ("a.proto", &top), ("b.proto", A)]);
    assert_eq!(
        shown(&Run::at(dir.path()).new_side(".").layout),
        ["example.com/top/a.proto <- a.proto *", "example.com/top/b.proto <- b.proto *"]
    );
}

#[test]
fn a_prefix_that_explains_only_some_imports_is_none() {
    let text = importing(&["google/api/http.proto", "google/api/client.proto"]);
    let dir = directory(&[("a.proto", &text), ("api/http.proto", A)]);
    let layout = Run::at(dir.path()).new_side(".").layout;
    assert_eq!(missing(&layout), ["google/api/client.proto", "google/api/http.proto"]);
}

#[test]
fn a_guessed_root_takes_no_file_from_an_import_that_resolves() {
    let (a, b) = (importing(&["log/options.proto", "log/b.proto"]), importing(&["options.proto"]));
    let dir = directory(&[
        ("proto/a.proto", &a),
        ("proto/log/b.proto", &b),
        ("proto/log/c.proto", &importing(&["log/options.proto"])),
        ("proto/log/options.proto", A),
    ]);
    let layout = Run::at(dir.path()).new_side(".").layout;
    assert_eq!(missing(&layout), [""; 0]);
    assert_eq!(layout.files["log/options.proto"].path, "proto/log/options.proto");
    assert_eq!(&*layout.aliases["options.proto"], "log/options.proto");
}

#[test]
fn with_nested_roots_a_file_has_every_name() {
    let (x, y) = (importing(&["proto/z.proto"]), importing(&["z.proto"]));
    let dir = directory(&[
        ("protopact.toml", "[contract]\nroots = [\".\", \"proto\"]\n"),
        ("x.proto", &x),
        ("proto/y.proto", &y),
        ("proto/z.proto", A),
    ]);
    let found = Run::at(dir.path()).new_side(".");
    assert_eq!(missing(&found.layout), [""; 0]);
    let input = found.input;
    let compiled = protopact::compile::compile(&input, &protopact::compile::Options::default()).unwrap();
    assert_eq!(compiled.files.len(), 3);
}

#[test]
fn two_modules_of_one_folder_share_its_files() {
    let text = importing(&["p/b.proto"]);
    let module = |order: [&str; 2]| format!("version: v2\nmodules: [{}, {}]\n", order[0], order[1]);
    let (one, other) = ("{path: p, includes: [p/p]}", "{path: p, excludes: [p/p]}");
    for order in [[one, other], [other, one]] {
        let dir = directory(&[("buf.yaml", &module(order)), ("p/a.proto", &text), ("p/p/b.proto", A)]);
        assert_eq!(
            shown(&Run::at(dir.path()).new_side(".").layout),
            ["a.proto <- p/a.proto *", "p/b.proto <- p/p/b.proto *"]
        );
    }
}

#[test]
fn a_folder_that_is_reached_twice_is_judged_once() {
    let text = importing(&["again/b.proto"]);
    let lab = Lab::new();
    lab.write(&[("a.proto", &text), ("real/b.proto", A)]);
    symlink("real", lab.path().join("again")).unwrap();
    let first = lab.commit(&[]);
    lab.tag("v1", first);
    for source in [".", "v1"] {
        let layout = Run::at(lab.path()).new_side(source).layout;
        assert_eq!(shown(&layout), ["a.proto <- a.proto *", "again/b.proto <- again/b.proto *"], "{source}");
        assert_eq!(&*layout.aliases["real/b.proto"], "again/b.proto");
        // What is left out is left out as written.
        let run = Run { exclude: vec!["again".into()], ..Run::at(lab.path()) };
        let layout = run.new_side(source).layout;
        let targets: Vec<_> = layout.files.values().filter(|f| f.target).map(|f| f.path.as_str()).collect();
        assert_eq!(targets, ["a.proto", "real/b.proto"], "{source}");
    }
}

#[test]
fn a_link_that_leads_nowhere_does_not_block_an_old_version() {
    let lab = Lab::new();
    lab.write(&[("a.proto", A)]);
    symlink("gone.proto", lab.path().join("link.proto")).unwrap();
    let first = lab.commit(&[]);
    lab.tag("v1", first);
    std::fs::remove_file(lab.path().join("link.proto")).unwrap();
    let (_, old) = Run::at(lab.path()).both(".", "v1");
    assert_eq!(shown(&old), ["a.proto <- a.proto *"]);
    assert!(
        old.notes.iter().any(|n| n.contains("`link.proto` is a link to `gone.proto`")),
        "{:?}",
        old.notes
    );
}

#[test]
fn a_repository_with_protos_in_eight_places_is_one_contract() {
    let service = |n: usize, imports: &[&str]| {
        let path = format!("services/s{n}/proto/acme/s{n}/v1/api.proto");
        (path, importing(imports))
    };
    let mut files: Vec<(String, String)> = (0..6)
        .map(|n| service(n, &["acme/common/v1/money.proto", &format!("acme/s{}/v1/api.proto", n + 1)]))
        .collect();
    files.push(service(6, &[]));
    files.push(("libs/common/proto/acme/common/v1/money.proto".into(), A.into()));
    let shown_files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let lab = Lab::new();
    let first = lab.commit(&shown_files);
    lab.tag("v1", first);
    let (new, old) = Run::at(lab.path()).both(".", "v1");
    assert_eq!((missing(&new), new.files.len()), (vec![], 8));
    assert_eq!(new.files.keys().collect::<Vec<_>>(), old.files.keys().collect::<Vec<_>>());
}
