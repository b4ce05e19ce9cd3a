//! `protopact release --dry-run`: which version follows.

use std::process::Command;

use protopact::findings::Report;
use protopact::release::{Plan, Published, Spelling};
use serde_json::Value;

use crate::env::TestEnv;

const OLD: &str = "syntax = \"proto3\";
package pay.v1;
message Charge {
  string id = 1;
  int32 amount = 2;
}
";

/// A contract whose sources were tagged so, one commit.
fn published(tags: &[&str]) -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    env.write("proto/pay/v1/pay.proto", OLD);
    env.commit("first");
    for tag in tags {
        env.tag(tag);
    }
    env
}

fn edit(env: &TestEnv, from: &str, to: &str) {
    assert!(OLD.contains(from), "{from}");
    env.write("proto/pay/v1/pay.proto", &OLD.replace(from, to));
}

fn adds(env: &TestEnv) {
    edit(env, "amount = 2;\n", "amount = 2;\n  string note = 3;\n");
}

fn breaks(env: &TestEnv) {
    edit(env, "int32 amount", "string amount");
}

fn planned(env: &TestEnv, args: &[&str]) -> Value {
    let output = env.run(&[&["release", "--dry-run", "--format", "json"], args].concat());
    assert_eq!(output.code, 0, "{output}");
    serde_json::from_str(&output.out).unwrap_or_else(|e| panic!("{e}: {output}"))
}

fn version(env: &TestEnv, args: &[&str]) -> String {
    planned(env, args)["version"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn the_version_follows_what_changed() {
    let (stable, young) = (published(&["v1.4.2"]), published(&["v0.3.1"]));
    assert_eq!((version(&stable, &[]), version(&young, &[])), ("none".into(), "none".into()));
    adds(&stable);
    adds(&young);
    assert_eq!((version(&stable, &[]), version(&young, &[])), ("1.5.0".into(), "0.3.2".into()));
    breaks(&stable);
    breaks(&young);
    assert_eq!((version(&stable, &[]), version(&young, &[])), ("2.0.0".into(), "0.4.0".into()));
    let plan = planned(&young, &[]);
    assert_eq!(
        (&plan["bump"], &plan["part"], &plan["from"]),
        (&"major".into(), &"minor".into(), &"0.3.1".into())
    );
    assert_eq!(plan["reasons"][0]["symbol"], "pay.v1.Charge.amount");
}

#[test]
fn the_first_version_has_nothing_before_it() {
    let env = published(&["unrelated-1.0.0"]);
    // What a command prints has the version of the program taken out, which may be the same.
    let first = |pre: Option<&str>| {
        let plan = Plan::of(&Report::default(), &Published::default(), None, pre).unwrap();
        plan.unwrap().version.to_string()
    };
    assert_eq!((first(None), first(Some("rc"))), ("0.1.0".into(), "0.1.0-rc.1".into()));
    assert!(planned(&env, &[])["from"].is_null());
    assert_eq!(version(&env, &["--declare", "1.0.0"]), "1.0.0");
    env.write("proto/pay/v1/pay.proto", "message {");
    assert_eq!(env.run(&["release", "--dry-run"]).code, 3, "what does not compile is no release");
}

#[test]
fn a_version_that_is_too_small_is_refused_with_its_reasons() {
    let env = published(&["v1.4.2"]);
    breaks(&env);
    for small in ["1.4.3", "1.5.0", "1.4.1", "1.9.0-rc.1"] {
        let output = env.run(&["release", "--dry-run", "--declare", small]);
        assert_eq!((output.code, output.out.as_str()), (1, ""), "{small}: {output}");
        assert!(output.err.contains("major, which is 2.0.0"), "{output}");
        assert!(output.err.contains("pay.v1.Charge.amount"), "{output}");
    }
    for large in ["2.0.0", "2.0.0-rc.1", "3.0.0"] {
        assert_eq!(version(&env, &["--declare", large]), large);
    }
}

#[test]
fn published_versions_stay_and_what_follows_comes_after_them() {
    let env = published(&["v1.4.2", "v2.0.0-rc.1", "v2.0.0-rc.10"]);
    adds(&env);
    // The line that was begun goes on, compared with what was promised last.
    assert_eq!(version(&env, &[]), "2.0.0");
    assert_eq!(version(&env, &["--pre", "rc"]), "2.0.0-rc.11");
    assert_eq!(planned(&env, &[])["from"], "1.4.2");
    assert_eq!(version(&env, &["--declare", "1.5.0"]), "1.5.0");
    for (refused, why) in [
        ("2.0.0-rc.10", "published already"),
        ("2.0.0-rc.2", "comes before 2.0.0-rc.10"),
        ("2.0.0-beta.3", "comes before 2.0.0-rc.10"),
        ("2.0.0-nightly", "cannot be written alike"),
        ("2.0.0+5", "cannot be written alike"),
    ] {
        let output = env.run(&["release", "--dry-run", "--declare", refused]);
        assert_eq!((output.code, output.out.as_str()), (2, ""), "{refused}: {output}");
        assert!(output.err.contains(why), "{refused}: {output}");
    }
    let output = env.run(&["release", "--dry-run", "--pre", "beta"]);
    assert!(output.code == 2 && output.err.contains("comes before 2.0.0-rc.10"), "{output}");
}

#[test]
fn tags_of_another_shape_are_no_versions() {
    let env = published(&["v9.0.0", "pay/v1.0.0"]);
    adds(&env);
    assert_eq!(version(&env, &["--tag", "pay/v{version}"]), "1.1.0");
    assert_eq!(planned(&env, &["--tag", "pay/v{version}"])["tag"], "pay/v1.1.0");
    assert_eq!(env.run(&["release", "--dry-run", "--tag", "pay"]).code, 2);
}

#[test]
fn people_see_the_version_its_reasons_and_its_spellings() {
    let env = published(&["v1.4.2"]);
    breaks(&env);
    let output = env.run(&["release", "--dry-run", "--pre", "rc", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    for line in [
        "version 2.0.0-rc.1 follows 1.4.2: major\n",
        "  major pay.v1.Charge.amount: ",
        "    tag v2.0.0-rc.1\n",
        "     go v2.0.0-rc.1, module path /v2\n",
        " python 2.0.0rc1\n",
    ] {
        assert!(output.out.contains(line), "{line:?}: {output}");
    }
    let nameless = env.run(&["release"]);
    assert!(nameless.code == 2 && nameless.err.contains("the contract has no name"), "{nameless}");
    env.write("proto/pay/v1/pay.proto", OLD);
    let none = env.run(&["release", "--dry-run", "--quiet"]);
    assert_eq!((none.code, none.out.as_str()), (0, "nothing changed since 1.4.2: no release\n"), "{none}");
    // Packages can be others where the contract is the same, and then need a version that nobody has yet.
    let same = env.run(&["release", "--dry-run", "--declare", "1.4.2", "--quiet"]);
    assert_eq!((same.code, same.out), (0, none.out), "it is there");
    let declared = env.run(&["release", "--dry-run", "--declare", "1.4.3"]);
    assert!(
        declared.code == 0 && declared.out.contains("version 1.4.3 follows 1.4.2: patch\n"),
        "{declared}"
    );
    let behind = env.run(&["release", "--dry-run", "--declare", "1.4.1"]);
    assert_eq!(behind.code, 1, "{behind}");
}

#[test]
fn a_pre_release_follows_where_something_changed_since_the_last_one() {
    let env = published(&["v1.0.0"]);
    adds(&env);
    env.commit("adds");
    assert_eq!(version(&env, &["--pre", "rc"]), "1.1.0-rc.1");
    env.tag("v1.1.0-rc.1");
    let none = env.run(&["release", "--dry-run", "--pre", "rc", "--quiet"]);
    assert_eq!(
        (none.code, none.out.as_str()),
        (0, "nothing changed since 1.1.0-rc.1: no release\n"),
        "{none}"
    );
    assert_eq!(planned(&env, &["--pre", "rc"])["from"], "1.1.0-rc.1");
    // It is found good, or meant all the same.
    assert_eq!(version(&env, &[]), "1.1.0");
    assert_eq!(version(&env, &["--declare", "1.1.0-rc.2"]), "1.1.0-rc.2");
    edit(&env, "amount = 2;\n", "amount = 2;\n  string note = 3;\n  string more = 4;\n");
    assert_eq!(version(&env, &["--pre", "rc"]), "1.1.0-rc.2");
    // What breaks is of another line, where nothing is begun.
    breaks(&env);
    assert_eq!(version(&env, &["--pre", "rc"]), "2.0.0-rc.1");
}

#[test]
fn the_only_pre_release_becomes_its_next_stage_and_its_release() {
    let env = published(&["v1.0.0-beta.2"]);
    let none = env.run(&["release", "--dry-run", "--pre", "beta", "--quiet"]);
    assert_eq!(none.out, "nothing changed since 1.0.0-beta.2: no release\n", "{none}");
    assert_eq!(version(&env, &["--pre", "rc"]), "1.0.0-rc.1");
    let back = env.run(&["release", "--dry-run", "--pre", "alpha"]);
    assert!(back.code == 2 && back.err.contains("comes before 1.0.0-beta.2"), "{back}");
    let plan = planned(&env, &[]);
    assert_eq!((&plan["version"], &plan["from"]), (&"1.0.0".into(), &"1.0.0-beta.2".into()));
    adds(&env);
    assert_eq!(
        (version(&env, &[]), version(&env, &["--pre", "beta"])),
        ("1.0.0".into(), "1.0.0-beta.3".into())
    );
}

#[test]
fn no_number_follows_the_largest() {
    let most = u64::MAX;
    let env = published(&[&format!("v{most}.0.0")]);
    breaks(&env);
    let output = env.run(&["release", "--dry-run"]);
    assert!(output.code == 2 && output.err.contains(&format!("no version follows {most}.0.0")), "{output}");
    // The report has no version to name.
    let report = env.run(&["check", "--against", "latest", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(
        (&report["summary"]["bump"], &report["summary"]["next_version"]),
        (&"major".into(), &Value::Null)
    );
    adds(&env);
    assert_eq!(version(&env, &[]), format!("{most}.1.0"));
}

#[test]
fn what_grows_is_told_by_the_numbers() {
    let env = published(&["v1.4.2"]);
    for (declared, part) in [("2.0.0", "major"), ("1.5.0", "minor"), ("1.4.3", "patch")] {
        let plan = planned(&env, &["--declare", declared]);
        assert_eq!((&plan["bump"], &plan["part"]), (&part.into(), &part.into()), "{declared}");
    }
    let output = env.run(&["release", "--dry-run", "--declare", "2.0.0"]);
    assert!(output.out.starts_with("version 2.0.0 follows 1.4.2: major\n"), "{output}");
    // Of what changed it is what the changes ask for, and what was declared on top.
    adds(&env);
    let plan = planned(&env, &["--declare", "2.0.0"]);
    assert_eq!((&plan["bump"], &plan["part"]), (&"minor".into(), &"major".into()));
}

#[test]
fn people_see_the_files_and_the_section_of_the_changelog() {
    let env = published(&["v1.4.2"]);
    env.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- By \u{1b}[31mhand.\n");
    env.commit("changelog");
    adds(&env);
    let output = env.run(&["release", "--dry-run", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    let said = output.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let files = "files CHANGELOG.md, SHA256SUMS, catalogue.json, contents.spdx.json, descriptors.binpb, numbers.json, protopact.toml, \
                 provenance.intoto.json, release.json, sources.tar.gz";
    assert!(said.contains("writes file `CHANGELOG.md`, committed") && said.contains(files), "{output}");
    let (_, notes) = output.out.split_once("\n\n").unwrap();
    assert!(notes.starts_with("## [1.5.0] - "), "{output}");
    assert!(notes.contains("hand.\n") && notes.contains("\n### Added\n"), "{output}");
    assert!(!output.out.contains('\u{1b}'), "{output}");
}

#[test]
fn names_and_shapes_that_no_place_takes_are_mistakes_of_the_configuration() {
    let env = published(&["v1.4.2"]);
    let refused = |config: &str, why: &str| {
        env.write("protopact.toml", config);
        for command in ["check", "release"] {
            let output = env.run(&[command, if command == "check" { "--all" } else { "--dry-run" }]);
            assert!(output.code == 2 && output.out.is_empty(), "{command}: {output}");
            let said = output.err.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains(why) && said.contains("hint: "), "{command}: {output}");
        }
    };
    for name in ["../x", ".", "..", "acme/../../x", "acme/..."] {
        let why = format!("protopact.toml:2:8: contract name `{name}` cannot be a folder of a place");
        refused(&format!("[contract]\nname = \"{name}\"\n"), &why);
    }
    for (shape, why) in [
        ("{version} x", "makes names that git does not take for a tag"),
        ("../{version}", "makes names that git does not take for a tag"),
        ("a..b{version}", "makes names that git does not take for a tag"),
        ("{foo}/v{version}", "has `{foo}`, which stands for nothing"),
        ("v", "must contain `{version}` exactly once"),
    ] {
        refused(
            &format!("[release]\ntag = \"{shape}\"\n"),
            &format!("protopact.toml:2:7: tag shape `{shape}` {why}"),
        );
        env.write("protopact.toml", "");
        let output = env.run(&["release", "--dry-run", "--tag", shape]);
        assert!(output.code == 2 && output.err.contains(why), "{output}");
    }
    refused(
        "[contract]\nname = \"acme/a..b\"\n[release]\ntag = \"{contract}/v{version}\"\n",
        "protopact.toml:4:7: tag shape `{contract}/v{version}` makes names that git does not take for a tag",
    );
}

/// Each before the next.
const ORDERED: [&str; 8] = [
    "1.0.0-alpha.1",
    "1.0.0-alpha.10",
    "1.0.0-beta.2",
    "1.0.0-rc.1",
    "1.0.0-rc.10",
    "1.0.0",
    "1.0.1",
    "1.10.0",
];

/// Builds come after their version and before the next one. What a language of packages writes is what they are asked for.
const BUILDS: [&str; 2] = ["1", "2"];

/// The versions as an ecosystem writes them, with two builds of 1.0.0 behind it.
fn with_builds(pick: impl Fn(Spelling) -> String, part: &str) -> Vec<String> {
    let spell = |version: String| match version.as_str() {
        "1.0.0" => std::iter::once(version.clone())
            .chain(BUILDS.map(|build| format!("{version}{part}{build}")))
            .collect(),
        _ => vec![version],
    };
    spelt(pick).into_iter().flat_map(spell).collect()
}

fn spelt(pick: impl Fn(Spelling) -> String) -> [String; 8] {
    ORDERED.map(|version| pick(Spelling::of(&version.parse().unwrap()).unwrap()))
}

#[test]
fn cargo_orders_versions_so() {
    let versions = spelt(|s| s.semver).map(|v| semver::Version::parse(&v).unwrap());
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
}

#[test]
#[ignore = "needs python3 with pip"]
#[expect(clippy::disallowed_methods, reason = "pip's own comparator")]
fn pip_orders_versions_so() {
    // Its own form of a version has to be the one that was given, too.
    let program = "import sys
from pip._vendor.packaging.version import Version
v = [Version(a) for a in sys.argv[1:]]
assert len(v) == 10 and [str(x) for x in v] == sys.argv[1:], v
assert all(a < b for a, b in zip(v, v[1:])), v";
    let output = Command::new("python3")
        .args(["-c", program])
        .args(with_builds(|s| s.python, ".post"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "needs java, and PROTOPACT_MAVEN_ARTIFACT with the path of maven-artifact.jar"]
#[expect(clippy::disallowed_methods, reason = "Maven's own comparator")]
fn maven_orders_versions_so() {
    let jar = std::env::var("PROTOPACT_MAVEN_ARTIFACT").unwrap();
    let class = "org.apache.maven.artifact.versioning.ComparableVersion";
    let output =
        Command::new("java").args(["-cp", &jar, class]).args(with_builds(|s| s.maven, "-")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let smaller = said.lines().filter(|line| line.contains(" < ")).count();
    assert_eq!(smaller, ORDERED.len() + BUILDS.len() - 1, "{said}");
}
