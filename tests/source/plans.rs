//! What a side consists of before it is read, and what is known of files that are not compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use protopact::compile::{self, CompileError, Compiled, LeftOut, Look, Options};
use protopact::config::Overrides;
use protopact::diff::{self, Cx, Kind};
use protopact::machine::Host;
use protopact::schema::Schema;
use protopact::source::{
    ConfigSource, Layout, Loaded, PathSelection, Places, Plan, Request, Side, Tree, layout, load_settings,
};
use protopact::verdict::Judge;
use protopact::words::{Effect, Lens};

use crate::lab::Lab;

const MONEY: &str = "syntax = \"proto3\";\npackage acme.money.v1;\nmessage Money { int64 units = 1; enum Unit { UNIT_UNKNOWN = 0; } }\n";
const PAY: &str = "syntax = \"proto3\";\npackage acme.pay.v1;\nimport public \"money.proto\";\n\
    message Pay { acme.money.v1.Money money = 1; }\nmessage Gone { string id = 1; }\n";
const ANY: &str = "syntax = \"proto3\";\npackage acme.any.v1;\nimport \"google/protobuf/any.proto\";\n\
    import \"google/protobuf/descriptor.proto\";\nmessage Holder { google.protobuf.Any any = 1; }\nextend google.protobuf.FileOptions { string note = 50000; }\n";
const MORE: &str = "syntax = \"proto3\";\npackage acme.pay.v1;\nmessage More { string id = 1; }\n";

fn tree(files: &[(&str, &str)]) -> Loaded {
    let configuration = ("protopact.toml", "[contract]\nroots = [\".\"]\n");
    let files = files.iter().copied().chain([configuration]);
    Loaded::Tree(Tree::from_memory("memory", files.map(|(path, text)| (path, text.to_string().into()))))
}

static PLACES: std::sync::LazyLock<Places> = std::sync::LazyLock::new(Places::default);

fn plan(loaded: &Loaded) -> Plan<'_> {
    let source = ConfigSource { cwd: Path::new("/"), flag: None };
    let settings = load_settings(loaded, source, &Overrides::default()).unwrap();
    let tree = loaded.tree().unwrap();
    layout::plan(tree, &settings, &PathSelection::default(), Side::New, None, &PLACES).unwrap()
}

/// The schema of a side of which only some files are compiled.
fn part(tree: &Loaded, compiled: &[&str]) -> Result<Compiled, CompileError> {
    let taken: BTreeSet<&str> = compiled.iter().copied().collect();
    let input = plan(tree).input_of(&|import| taken.contains(import)).unwrap();
    assert_eq!(input.files.iter().map(|f| &*f.name).collect::<BTreeSet<_>>(), taken);
    compile::compile(&input, &Options::default())
}

fn schema(tree: &Loaded, compiled: &[&str]) -> Schema {
    Schema::build(&part(tree, compiled).unwrap()).unwrap()
}

#[test]
fn something_is_known_of_what_is_not_compiled() {
    let tree = tree(&[("any.proto", ANY), ("money.proto", MONEY), ("pay.proto", PAY)]);
    let compiled = part(&tree, &["money.proto"]).unwrap();
    assert_eq!(compiled.files.len(), 1);
    let LeftOut { files, packages, any } = &*compiled.left_out;
    let names: Vec<&str> = files.iter().map(|(name, _)| &**name).collect();
    let built_in = ["google/protobuf/any.proto", "google/protobuf/descriptor.proto"];
    assert_eq!(names, ["any.proto", built_in[0], built_in[1], "pay.proto"], "what is built in belongs to it");
    let Look { package, types, declares, any: of_pay } = &*files[3].1;
    assert_eq!((package.as_deref(), *of_pay), (Some("acme.pay.v1"), false));
    assert_eq!(*types, ["Pay", "Gone"]);
    assert!(declares.messages && !declares.enums && !declares.extensions);
    assert!(files[0].1.any && files[0].1.declares.extensions && *any);
    let names: BTreeSet<&str> = packages.keys().map(|package| &**package).collect();
    assert_eq!(names, ["acme.any.v1", "acme.pay.v1", "google.protobuf"].into());
    assert_eq!(packages["acme.pay.v1"], *declares);
    let without = part(&tree, &["any.proto", "money.proto"]).unwrap();
    assert!(!without.left_out.any, "only files that the contract owns are asked");
    // All files are compiled where nobody chooses.
    let input = plan(&tree).input().unwrap();
    assert_eq!((input.files.len(), input.left_out.files.len()), (3, 0));
}

/// What changes, and what it does to a reader of packed messages, between a contract and the same without `Gone`.
fn changes(taken: &[&str]) -> Vec<(String, Effect)> {
    let shorter = PAY.replace("message Gone { string id = 1; }\n", "");
    let files =
        |pay| tree(&[("any.proto", ANY), ("money.proto", MONEY), ("more.proto", MORE), ("pay.proto", pay)]);
    let (old, new) = (files(PAY), files(&shorter));
    let (old, new) = (schema(&old, taken), schema(&new, taken));
    let cx = Cx { old: &old, new: &new };
    let judge = Judge::new(&cx);
    let changes = diff::changes(&cx);
    let told = |change: &diff::Change| match &change.kind {
        Kind::TypeRemoved(gone) => format!("type, left package: {}", gone.left_package),
        kind => format!("{kind:?}"),
    };
    let wire = |change: &diff::Change| {
        let cells = judge.judge(change).cells;
        cells.iter().filter(|c| c.lens == Lens::Wire).map(|c| c.effect).max().unwrap()
    };
    changes.iter().map(|change| (told(change), wire(change))).collect()
}

#[test]
fn answers_are_the_same_whether_all_is_compiled_or_a_part() {
    let all = changes(&["any.proto", "money.proto", "more.proto", "pay.proto"]);
    assert_eq!(all, [("type, left package: true".to_owned(), Effect::Rejects)], "what was written as it");
    assert_eq!(changes(&["money.proto", "pay.proto"]), all);
}

#[test]
fn a_package_is_left_when_no_file_of_it_is_left() {
    let removed = |files: &[(&str, &str)], taken: &[&str]| {
        let old = tree(&[("money.proto", MONEY), ("more.proto", MORE), ("pay.proto", PAY)]);
        let new = tree(files);
        let old = schema(&old, &["money.proto", "pay.proto"]);
        let new = schema(&new, taken);
        let changes = diff::changes(&Cx { old: &old, new: &new });
        changes.iter().filter(|c| matches!(c.kind, Kind::PackageRemoved { .. })).count()
    };
    assert_eq!(removed(&[("money.proto", MONEY), ("more.proto", MORE)], &["money.proto"]), 0);
    assert_eq!(removed(&[("money.proto", MONEY)], &["money.proto"]), 1);
}

#[test]
fn a_missing_import_is_named_though_its_file_is_not_read() {
    let forgot = PAY.replace("import public \"money.proto\";\n", "");
    let tree = tree(&[("money.proto", MONEY), ("pay.proto", &forgot)]);
    for taken in [&["pay.proto"][..], &["money.proto", "pay.proto"]] {
        let Err(CompileError::Sources(errors)) = part(&tree, taken) else { panic!("it compiles") };
        let hints: Vec<&String> = errors.iter().flat_map(|e| &e.hints).collect();
        assert_eq!(hints, ["add `import \"money.proto\";`"], "{taken:?}");
    }
}

#[test]
fn import_paths_begin_with_the_prefix_of_their_mount() {
    let tree = tree(&[("vendor/money.proto", MONEY)]);
    let plan = plan(&tree);
    let mut mount = plan.mounts[0].clone();
    assert_eq!(mount.import("vendor/money.proto"), "vendor/money.proto");
    mount.root = "vendor".to_owned();
    assert_eq!(mount.import("vendor/money.proto"), "money.proto");
    mount.prefix = "acme/v1".to_owned();
    assert_eq!(mount.import("vendor/money.proto"), "acme/v1/money.proto");
    assert!(mount.holds("vendor/money.proto") && !mount.holds("vendors/money.proto"));
}

/// How the old side is laid out, where a part is asked for and where all is.
fn old_layouts(lab: &Lab) -> [Layout; 2] {
    let overrides = Overrides { against: vec!["HEAD".to_owned()], ..Overrides::default() };
    let host = Host { env: BTreeMap::new(), cwd: lab.path().to_owned() };
    let request = Request {
        cwd: lab.path(),
        new: ".",
        overrides: &overrides,
        config: None,
        old_config: None,
        path: &[],
        exclude_path: &[],
        packages: false,
        host: &host,
        fetch: false,
        cache: None,
        lock: None,
        shared: None,
        languages: |_| Ok(()),
    };
    let stdin = &mut std::io::empty();
    [request.affected(stdin).unwrap().old.layout, request.both(stdin).unwrap().old.layout]
}

#[test]
fn an_old_side_that_is_laid_out_as_the_new_one_is_laid_out_as_by_itself() {
    let import = "import \"google/protobuf/any.proto\";\n";
    for configuration in
        [None, Some("[contract]\nroots = [\"proto\"]\n"), Some("[check]\ndeny = [\"wire\"]\n")]
    {
        let edits: [&[(&str, &str)]; 8] = [
            &[("proto/pay.proto", &PAY.replace("message Gone", "message Left"))],
            &[("proto/pay.proto", &PAY.replace("public ", ""))],
            &[("proto/any.proto", &ANY.replace(import, ""))],
            &[("proto/more.proto", MORE)],
            &[("more.proto", MORE)],
            &[("proto/money.proto", &format!("// protopact:allow wire\n{MONEY}"))],
            &[("protopact.toml", "[contract]\nroots = [\"proto\"]\n[check]\ndeny = [\"json\"]\n")],
            &[("go.mod", "module acme.com/proto\n"), ("proto/money.proto", &MONEY.replace("units", "all"))],
        ];
        for edit in edits {
            let lab = Lab::new();
            let first = [
                ("proto/any.proto", ANY),
                ("proto/money.proto", MONEY),
                ("proto/pay.proto", PAY),
                ("go.mod", "module acme.com/contracts\n"),
            ];
            let configured = configuration.map(|text| ("protopact.toml", text));
            lab.commit(&first.into_iter().chain(configured).collect::<Vec<_>>());
            lab.write(edit);
            let [part, whole] = old_layouts(&lab);
            assert_eq!(part, whole, "{configuration:?} {edit:?}");
            assert!(part.files.len() >= 3 && !part.modules.is_empty(), "{part:?}");
        }
    }
}
