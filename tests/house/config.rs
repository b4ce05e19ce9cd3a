//! Sample configurations: the valid ones read, each invalid one gives the error written at its end.
//!
//! `# error:` and `# hint:` lines close an invalid sample; as comments they are part of what is read, so that
//! line numbers are those of the file.

use std::fs;
use std::path::{Path, PathBuf};

use protopact::config::{ConfigError, DEFAULT_TOML, Found, Modules, Overrides, buf, file, merge};

fn samples(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config").join(kind);
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    assert!(all.len() > 5, "{all:?}");
    all
}

fn read(path: &Path) -> Result<(), ConfigError> {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    match name {
        n if n.ends_with(".protopact.toml") => file::parse(&text, "f").map(drop),
        n if n.ends_with(".buf.work.yaml") => buf::parse_work(&text, "f").map(drop),
        n if n.ends_with(".buf.yaml") => buf::parse(&text, "f").map(drop),
        _ => panic!("nobody reads `{name}`"),
    }
}

#[test]
fn valid_samples_read() {
    for path in samples("valid") {
        if let Err(error) = read(&path) {
            panic!("{}: {error}", path.display());
        }
    }
}

#[test]
fn invalid_samples_give_the_error_written_in_them() {
    let mut wrong = Vec::new();
    for path in samples("invalid") {
        let text = fs::read_to_string(&path).unwrap();
        let expected =
            |mark: &str| text.lines().find_map(|l| l.strip_prefix(mark)).map(|l| l.trim().to_owned());
        let got = read(&path).expect_err(&path.display().to_string());
        let shown = got.to_string();
        let shown = shown.strip_prefix("f:").unwrap_or(&shown).trim();
        if expected("# error:").as_deref() != Some(shown) || expected("# hint:") != got.hint {
            wrong.push(format!("{}\n  # error: {shown}\n  # hint: {:?}", path.display(), got.hint));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The reference page, with every commented key taken in, is a valid configuration that sets nothing unusual.
#[test]
fn the_reference_page_reads_with_every_key_uncommented() {
    let is_key = |line: &str| line.contains(" = ") || line.starts_with('[');
    let uncommented: Vec<&str> = DEFAULT_TOML
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line))
        .collect();
    let file = file::parse(&uncommented.join("\n"), "default.toml").unwrap();
    assert_eq!(file.packages.len(), 1);
    assert_eq!(file.waivers.len(), 1);
    assert_eq!(file.release.tag.as_deref(), Some("v{version}"));
    assert_eq!(file.runtimes.len(), 2);
    assert_eq!((file.release.to.len(), file.release.changelog.as_deref()), (2, Some("CHANGELOG.md")));
    assert_eq!(file.release.notify[0].secret.as_deref(), Some("CONTRACTS_HOOK_SECRET"));
    assert_eq!(file::parse(DEFAULT_TOML, "default.toml").unwrap(), file::File::default());
}

fn workspace(yaml: &str) -> buf::Workspace {
    buf::parse(yaml, "buf.yaml").unwrap()
}

fn found(toml: Option<&str>, yaml: Option<&str>) -> Found {
    Found {
        notes: Vec::new(),
        protopact: toml.map(|t| ("protopact.toml".to_owned(), file::parse(t, "protopact.toml").unwrap())),
        buf: yaml.map(|y| (vec!["buf.yaml".to_owned()], workspace(y))),
    }
}

fn ids(rules: &[protopact::config::RuleRef]) -> Vec<&str> {
    rules.iter().map(|r| r.id.as_str()).collect()
}

#[test]
fn ignore_paths_share_one_base_whatever_the_version() {
    let v1beta1 = workspace("version: v1beta1\nbuild: {roots: [r, s]}\nbreaking: {ignore: [a/b]}\n");
    let policy = &v1beta1.modules[0].policy;
    assert!(policy.ignores("r", "a/b/x.proto") && policy.ignores("s", "a/b/x.proto"));
    assert!(!policy.ignores("r", "b/x.proto"));

    let v1 = buf::assemble(vec![("m".into(), Some(workspace("version: v1\nbreaking: {ignore: [a]}\n")))]);
    assert!(v1.modules[0].policy.ignores("m", "a/x.proto"));
    assert!(!v1.modules[0].policy.ignores("m", "m/a/x.proto"));

    let v2 = workspace("version: v2\nmodules: [{path: m}]\nbreaking: {ignore: [m/a]}\n");
    assert!(v2.modules[0].policy.ignores("m", "a/x.proto"));
    assert!(!v2.modules[0].policy.ignores("m", "b/x.proto"));
}

#[test]
fn a_modules_breaking_section_replaces_the_one_at_the_top() {
    let yaml =
        "version: v2\nmodules: [{path: a, breaking: {ignore: [a/x]}}, {path: b}]\nbreaking: {use: [WIRE]}\n";
    let workspace = workspace(yaml);
    assert_eq!(
        ids(&workspace.modules[0].policy.selection.use_rules),
        ["FILE"],
        "buf's default, not the top's"
    );
    assert_eq!(ids(&workspace.modules[1].policy.selection.use_rules), ["WIRE"]);
}

#[test]
fn who_decides_flags_then_protopact_then_buf_then_the_default() {
    let yaml = Some("version: v1\nbreaking: {use: [WIRE], ignore: [a]}\n");
    let toml = Some("[check]\nuse = [\"PACKAGE\"]\nignore = [\"b\"]\n");
    let flags = Overrides { use_rules: Some(vec!["FILE".into()]), ..Overrides::default() };
    let decide = |found, overrides: &Overrides| {
        let settings = merge(found, overrides).unwrap();
        let module = match &settings.modules {
            Modules::Buf(workspace) => workspace.modules[0].policy.clone(),
            _ => settings.policy.clone(),
        };
        let used: Vec<String> = ids(&module.selection.use_rules).iter().map(|s| (*s).to_owned()).collect();
        let ignored = ["a", "b"].map(|f| module.ignores("", f));
        (used.join(","), module.selection.deny.len(), ignored)
    };
    assert_eq!(decide(found(None, None), &Overrides::default()), (String::new(), 3, [false, false]));
    assert_eq!(decide(found(None, yaml), &Overrides::default()), ("WIRE".into(), 0, [true, false]));
    assert_eq!(decide(found(toml, yaml), &Overrides::default()), ("PACKAGE".into(), 0, [true, true]));
    assert_eq!(decide(found(toml, yaml), &flags), ("FILE".into(), 0, [true, true]));
}

#[test]
fn a_wrong_flag_is_named() {
    let overrides = Overrides { deny: Some(vec!["wires".into()]), ..Overrides::default() };
    let error = merge(Found::default(), &overrides).unwrap_err();
    assert_eq!(error.to_string(), "--deny: unknown lens `wires`");
    assert_eq!(error.hint.as_deref(), Some("did you mean `wire`?"));
}

#[test]
fn a_mode_narrows_what_is_denied_wherever_it_was_said() {
    let denied = |toml, yaml, mode| {
        let overrides = Overrides { mode: protopact::words::Mode::of(mode), ..Overrides::default() };
        let selection = merge(found(toml, yaml), &overrides).map(|settings| settings.policy.selection);
        selection.map(|s| {
            (s.deny.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "), s.use_rules.len())
        })
    };
    let is = |toml, yaml, mode, expected: &str| {
        assert_eq!(denied(toml, yaml, mode).unwrap(), (expected.to_owned(), 0), "{toml:?} {yaml:?} {mode}");
    };
    is(None, None, "backward", "wire.backward rpc.backward json.backward");
    is(Some("[check]\ndeny = [\"wire\"]\n"), None, "full", "wire.backward wire.forward");
    is(Some("[check]\ndeny = []\n"), None, "full", "");
    is(
        None,
        Some("version: v1\nbreaking: {use: [WIRE]}\n"),
        "forward",
        "wire.forward rpc.forward json.forward",
    );
    let error = denied(Some("[check]\ndeny = [\"source.go\"]\n"), None, "forward").unwrap_err();
    assert_eq!(error.to_string(), "--mode: `forward` leaves nothing of what is denied, `source.go` for one");
}

/// Pieces of configurations in any order: every text reads or is refused with a place, and nothing panics.
fn soup(pieces: &'static [&'static str]) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    proptest::collection::vec(
        prop_oneof![4 => proptest::sample::select(pieces).prop_map(str::to_owned), 1 => "\\PC{0,6}"],
        0..14,
    )
    .prop_map(|parts| parts.concat())
}

const TOML: &[&str] = &[
    "[check]\n",
    "[contract]\n",
    "[[waiver]]\n",
    "[policy.\"a.**\"]\n",
    "roots = ",
    "deny = ",
    "ignore = ",
    "tag = ",
    "until = ",
    "finding = ",
    "[\"a\"]",
    "\"..\"",
    "\"{version}\"",
    "2026-01-01",
    "\n",
    "{ A = [\"**\"] }",
    "ignore-only = ",
    "[",
    "é",
];
const YAML: &[&str] = &[
    "version: v1\n",
    "version: v2\n",
    "version: v1beta1\n",
    "breaking:\n",
    "  ignore: ",
    "  ignore_only: ",
    "  use: ",
    "modules:\n",
    "  - path: ",
    "[a, ../b]",
    "{X: [c]}",
    "build:\n",
    "  roots: ",
    "\n",
    "&a ",
    "*a",
    "null",
    "- ",
    ": ",
    "é",
    "directories: ",
];

proptest::proptest! {
    #[test]
    fn any_toml_reads_or_is_refused(text in soup(TOML)) {
        let _ = file::parse(&text, "f");
    }

    #[test]
    fn any_yaml_reads_or_is_refused(text in soup(YAML)) {
        let _ = buf::parse(&text, "f");
        let _ = buf::parse_work(&text, "f");
    }
}
