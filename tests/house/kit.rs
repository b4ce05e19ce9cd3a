//! The scripts of `ci/kit/`, run against a fixture repository in the environment that each system gives them, and the
//! files that call them.

#![allow(clippy::disallowed_methods, reason = "scripts are run as a pipeline runs them")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::git::git;
use crate::history;

/// A team's repository with a branch that breaks, and a clone of it as a pipeline makes it.
struct Lab {
    dir: tempfile::TempDir,
}

/// What a script said, and how it ended.
struct Said {
    out: String,
    err: String,
    code: i32,
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n-- standard error --\n{}\n-- code {}", self.out, self.err, self.code)
    }
}

impl Lab {
    /// `refs/pull/7/merge` is the merge of the branch `feature` and main, as GitHub makes it.
    fn new() -> Lab {
        let lab = Lab { dir: tempfile::tempdir().unwrap() };
        history::lay("breaking", &lab.path("origin"));
        let origin = lab.path("origin");
        git(&origin, &["checkout", "--quiet", "-B", "feature"]);
        git(&origin, &["branch", "--quiet", "-f", "main", "v1.0.0"]);
        let tree = "feature^{tree}";
        let merged = git(&origin, &["commit-tree", tree, "-p", "main", "-p", "feature", "-m", "merge"]);
        git(&origin, &["update-ref", "refs/pull/7/merge", &merged]);
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Checks out one commit, as the checkouts of pipelines do.
    fn clone(&self, reference: &str) {
        let work = self.path("work");
        fs::create_dir(&work).unwrap();
        git(&work, &["init", "--quiet"]);
        let url = format!("file://{}", self.path("origin").display());
        git(&work, &["remote", "add", "origin", &url]);
        git(&work, &["fetch", "--quiet", "--no-tags", "--depth=1", "origin", reference]);
        git(&work, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    }

    fn run(&self, script: &str, arguments: &[&str], set: &[(&str, &str)]) -> Said {
        let mut command = Command::new(history::project().join(script));
        command.args(arguments).current_dir(self.path("work")).env_clear();
        command.env("PATH", self.search_path()).env("HOME", self.path("home"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("PROTOPACT", env!("CARGO_BIN_EXE_protopact"));
        let output = command.envs(set.iter().copied()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code().unwrap() }
    }

    /// Programs of the test come before those of the machine.
    fn search_path(&self) -> String {
        format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap_or_default())
    }

    /// A pull request on GitHub.
    fn github(&self, more: &[(&str, &str)]) -> Said {
        let event = self.path("event.json");
        let main = git(&self.path("origin"), &["rev-parse", "main"]);
        let text = format!(r#"{{"pull_request":{{"base":{{"ref":"main","sha":"{main}"}}}}}}"#);
        fs::write(&event, text).unwrap();
        let (event, summary, output) = (self.text(&event), self.file("summary"), self.file("output"));
        let set = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_PATH", &*event),
            ("GITHUB_BASE_REF", "main"),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_REF_NAME", "7/merge"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_STEP_SUMMARY", &*summary),
            ("GITHUB_OUTPUT", &*output),
        ];
        self.run("ci/kit/protopact-ci", &[], &[&set[..], more].concat())
    }

    fn text(&self, path: &Path) -> String {
        path.display().to_string()
    }

    fn file(&self, name: &str) -> String {
        self.text(&self.path(name))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    fn report(&self, name: &str) -> String {
        self.read(&format!("work/protopact-reports/{name}"))
    }

    /// Puts a `gh` on the path that writes down what it is asked, and what it is sent.
    fn gh(&self, script: &str) {
        let bin = self.path("bin");
        fs::create_dir_all(&bin).unwrap();
        let log = self.file("gh.log");
        let body = self.file("gh.body");
        let keep = format!(
            "#!/bin/sh\necho \"$*\" >> '{log}'\nfor a; do case $a in body=@*) cat \"${{a#body=@}}\" > '{body}';; esac; done\n{script}\n"
        );
        let path = bin.join("gh");
        fs::write(&path, keep).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
}

const BREAKS: [&str; 2] = ["RPC_NO_DELETE", "FIELD_SAME_TYPE"];

fn assert_told(text: &str) {
    for rule in BREAKS {
        assert!(text.contains(rule), "`{rule}` is not told:\n{text}");
    }
}

#[test]
fn a_pull_request_on_github_leaves_annotations_reports_and_a_summary() {
    let lab = Lab::new();
    lab.clone("refs/pull/7/merge");
    let said = lab.github(&[]);
    assert_eq!(said.code, 1, "{said}");
    let annotations: Vec<&str> = said.out.lines().filter(|line| line.starts_with("::error file=")).collect();
    assert_eq!(annotations.len(), 2, "{said}");
    assert_told(&annotations.concat());
    // The text stands between two lines that no contract can know.
    let stop = said.out.lines().next().unwrap();
    let token = stop.strip_prefix("::stop-commands::").unwrap();
    let (text, rest) = said.out.split_once(&format!("\n::{token}::\n")).unwrap();
    assert_told(text);
    assert!(rest.starts_with("::error file=proto/shop/v1/shop.proto,"), "{said}");
    assert!(said.err.contains("a pull request into `main`"), "{said}");
    // A fork has no token: the summary needs none.
    assert_told(&lab.read("summary"));
    assert_eq!(lab.read("summary"), lab.report("report.md"));
    let output = lab.read("output");
    assert_eq!(output, "code=1\nreports=protopact-reports\nsarif=protopact-reports/report.sarif\n");
    let sarif: Value = serde_json::from_str(&lab.report("report.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);
    for report in ["junit.xml", "report.html"] {
        assert_told(&lab.report(report));
    }
}

#[test]
fn a_fork_whose_token_may_not_write_gets_the_summary() {
    let lab = Lab::new();
    lab.clone("refs/pull/7/merge");
    lab.gh("exit 1");
    let without = lab.github(&[("PROTOPACT_COMMENT", "true")]);
    assert!(!lab.path("gh.log").exists(), "{without}");
    let refused = lab.github(&[("PROTOPACT_COMMENT", "true"), ("GH_TOKEN", "read-only")]);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.out.contains("::notice::protopact could not comment"), "{refused}");
    assert_told(&lab.read("summary"));
}

#[test]
fn one_comment_is_written_and_rewritten() {
    let lab = Lab::new();
    lab.clone("refs/pull/7/merge");
    let set = [("PROTOPACT_COMMENT", "true"), ("GH_TOKEN", "t")];
    lab.gh("");
    assert_eq!(lab.github(&set).code, 1);
    let asked = lab.read("gh.log");
    assert!(asked.contains("--method POST repos/acme/shop/issues/7/comments"), "{asked}");
    assert!(lab.read("gh.body").starts_with("<!-- protopact -->\n"));
    assert_told(&lab.read("gh.body"));
    // The next run finds it.
    lab.gh("case $* in *--paginate*) echo 42;; esac");
    assert_eq!(lab.github(&set).code, 1);
    assert!(lab.read("gh.log").contains("--method PATCH repos/acme/shop/issues/comments/42"));
}

#[test]
fn sources_that_do_not_compile_are_told_and_fail_whatever_is_tolerated() {
    let lab = Lab::new();
    lab.clone("refs/pull/7/merge");
    let tolerant = [("PROTOPACT_FAIL", "false")];
    assert_eq!(lab.github(&tolerant).code, 0);
    fs::write(lab.path("work/proto/shop/v1/shop.proto"), "message {").unwrap();
    let said = lab.github(&tolerant);
    assert_eq!(said.code, 3, "{said}");
    let summary = lab.read("summary");
    assert!(summary.contains("protopact ended with 3") && summary.contains("shop.proto:1:"), "{summary}");
    // Nothing of the first run is left to be taken for the second.
    assert!(!lab.path("work/protopact-reports/report.sarif").exists());
    assert!(lab.read("output").ends_with("code=3\nreports=protopact-reports\n"), "{}", lab.read("output"));
}

#[test]
fn a_merge_request_on_gitlab_leaves_code_quality_and_tests() {
    let lab = Lab::new();
    lab.clone("refs/heads/feature");
    let base = git(&lab.path("origin"), &["merge-base", "main", "feature"]);
    let set = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*base),
    ];
    let said = lab.run("ci/kit/protopact-ci", &[], &set);
    assert_eq!(said.code, 1, "{said}");
    assert!(!said.out.contains("::error"), "{said}");
    assert_told(&said.out);
    let quality: Value = serde_json::from_str(&lab.report("gitlab.json")).unwrap();
    assert_eq!(quality.as_array().unwrap().len(), 2);
    assert_told(&lab.report("junit.xml"));
}

#[test]
fn a_change_on_jenkins_and_what_to_compare_with_instead() {
    let lab = Lab::new();
    lab.clone("refs/heads/feature");
    let change = [("JENKINS_URL", "https://ci.example.com/"), ("CHANGE_TARGET", "main")];
    let said = lab.run("ci/kit/protopact-ci", &["--deny", "rpc"], &change);
    assert!(said.code == 1 && said.out.contains("1 error"), "{said}");
    let run = |arguments: &[&str], set: &[(&str, &str)]| lab.run("ci/kit/protopact-ci", arguments, set).code;
    assert_eq!(run(&["--against", "HEAD"], &change), 0);
    assert_eq!(run(&["--against=HEAD"], &change), 0);
    assert_eq!(run(&[], &[&change[..], &[("PROTOPACT_AGAINST", "HEAD")]].concat()), 0);
    // The configuration says it, or nothing does.
    let configured = [("PROTOPACT_AGAINST", "")];
    assert_eq!(run(&[], &configured), 2);
    fs::write(lab.path("work/protopact.toml"), "[check]\nagainst = \"HEAD\"\n").unwrap();
    assert_eq!(run(&[], &configured), 0);
}

#[test]
fn a_commit_that_breaks_is_refused_by_what_is_staged() {
    let lab = Lab::new();
    lab.clone("refs/heads/main");
    let work = lab.path("work");
    let hook = work.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::copy(history::project().join("ci/kit/pre-commit"), &hook).unwrap();
    let commit = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-m", "x"])
            .args(arguments)
            .current_dir(&work)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("PROTOPACT", env!("CARGO_BIN_EXE_protopact"))
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout),
        )
    };
    let file = "proto/shop/v1/shop.proto";
    let old = fs::read_to_string(work.join(file)).unwrap();
    let new = git(&lab.path("origin"), &["show", &format!("feature:{file}")]);
    // Staged, and mended in the working tree only.
    fs::write(work.join(file), &new).unwrap();
    git(&work, &["add", file]);
    fs::write(work.join(file), &old).unwrap();
    let (done, said) = commit(&[]);
    assert!(!done, "{said}");
    assert_told(&said);
    // Broken in the working tree only: what is committed is fine.
    git(&work, &["add", file]);
    fs::write(work.join(file), &new).unwrap();
    fs::write(work.join("notes"), "something else").unwrap();
    git(&work, &["add", "notes"]);
    let (done, said) = commit(&[]);
    assert!(done, "{said}");
    // Files named for the commit are in an index that only the hook is told of.
    let (done, said) = commit(&[file]);
    assert!(!done, "{said}");
    assert_told(&said);
}

#[test]
fn a_test_of_bazel_compares_descriptor_sets() {
    let lab = Lab::new();
    lab.clone("refs/heads/feature");
    let build = |reference: &str, file: &str| {
        let status = Command::new(env!("CARGO_BIN_EXE_protopact"))
            .args(["build", "--quiet", reference, "-o", file])
            .current_dir(lab.path("origin"))
            .status();
        assert!(status.unwrap().success());
    };
    let (old, new) = (lab.file("old.binpb"), lab.file("new.binpb"));
    build("main", &old);
    build("feature", &new);
    let (xml, outputs) = (lab.file("test.xml"), lab.file("outputs"));
    fs::create_dir(&outputs).unwrap();
    let set = [("XML_OUTPUT_FILE", &*xml), ("TEST_UNDECLARED_OUTPUTS_DIR", &*outputs)];
    let program = env!("CARGO_BIN_EXE_protopact");
    let said = lab.run("ci/kit/bazel/protopact-test", &[program, &new, &old], &set);
    assert_eq!(said.code, 1, "{said}");
    assert_told(&lab.read("test.xml"));
    assert_told(&lab.read("outputs/report.html"));
    assert_eq!(lab.run("ci/kit/bazel/protopact-test", &[program, &old, &old], &[]).code, 0);
}

/// A file of the kit as YAML.
fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(history::project().join(path)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn the_action_uses_the_inputs_that_it_has() {
    let action = yaml("ci/kit/action.yml");
    let text = fs::read_to_string(history::project().join("ci/kit/action.yml")).unwrap();
    for input in action["inputs"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("inputs.{input}")), "`{input}` is not used");
    }
    for used in text.split("inputs.").skip(1) {
        let name: String = used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        assert!(action["inputs"].get(&name).is_some(), "there is no input `{name}`");
    }
    assert_eq!(action["runs"]["using"], "composite");
    let version = action["inputs"]["version"]["default"].as_str().unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    for step in action["runs"]["steps"].as_array().unwrap() {
        // What somebody writes into a pull request is never part of a script.
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
        assert!(step["uses"].is_string() || step["shell"].is_string(), "{step}");
    }
}

#[test]
fn the_templates_name_what_the_script_writes() {
    let job = &yaml("ci/kit/gitlab.yml")["protopact"];
    assert_eq!(job["variables"]["PROTOPACT_VERSION"].as_str().unwrap(), env!("CARGO_PKG_VERSION"));
    assert_eq!(job["script"][0], "protopact-ci");
    let script = fs::read_to_string(history::project().join("ci/kit/protopact-ci")).unwrap();
    let jenkins = fs::read_to_string(history::project().join("ci/kit/Jenkinsfile")).unwrap();
    let reports =
        job["artifacts"]["reports"].as_object().unwrap().values().map(|path| path.as_str().unwrap());
    let quoted =
        jenkins.split('\'').filter(|text| text.starts_with("protopact-reports/") && !text.ends_with('*'));
    let named: Vec<&str> = reports.chain(quoted).collect();
    assert_eq!(named.len(), 4, "{named:?}");
    for path in named {
        let file = path.strip_prefix("protopact-reports/").unwrap();
        assert!(script.contains(&format!("=$reports/{file}\"")), "nothing writes `{path}`");
    }
    let hooks = yaml(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().unwrap() {
        assert_eq!(hook["entry"], "protopact check --quiet --staged");
        assert_eq!(hook["pass_filenames"], false);
    }
}

#[test]
fn every_script_is_a_program_that_says_what_it_is() {
    for script in ["ci/kit/protopact-ci", "ci/kit/pre-commit", "ci/kit/bazel/protopact-test", "ci/dist"] {
        let path = history::project().join(script);
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o111, 0o111, "{script}");
    }
    let lab = Lab::new();
    fs::create_dir(lab.path("work")).unwrap();
    let help = lab.run("ci/kit/protopact-ci", &["--help"], &[]);
    assert!(help.code == 0 && help.out.starts_with("Checks a change in a pipeline"), "{help}");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "packs what Linux runs")]
fn what_is_published_is_packed_twice_alike() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("program");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    let out = dir.path().join("out");
    let dist = |arguments: &[&str]| {
        let mut command = Command::new(history::project().join("ci/dist"));
        command.args(arguments).arg("--out").arg(&out).env("SOURCE_DATE_EPOCH", "1700000000");
        let output = command.output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    };
    let given = |target: &str| format!("{target}={}", program.display());
    let (linux, windows) = (given("x86_64-unknown-linux-musl"), given("x86_64-pc-windows-gnu"));
    let (done, said) = dist(&["--binary", &linux, "--binary", &windows, "--twice"]);
    assert!(done && said.contains("twice the same bytes"), "{said}");
    assert!(said.contains("skipped aarch64-apple-darwin: no program was given"), "{said}");
    let sums = fs::read_to_string(out.join("SHA256SUMS")).unwrap();
    let files = fs::read_dir(&out).unwrap().count();
    assert_eq!(sums.lines().count(), files - 1, "{sums}");
    assert!(sums.contains("-py3-none-win_amd64.whl") && sums.contains("-image.tar"), "{sums}");
    let (done, said) = dist(&["--binary", "no-such-platform=x"]);
    assert!(!done && said.contains("no platform is called no-such-platform"), "{said}");
}

#[test]
fn the_step_of_the_action_runs_the_script() {
    let lab = Lab::new();
    lab.clone("refs/pull/7/merge");
    let action = yaml("ci/kit/action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "check").unwrap();
    let script = lab.path("step.sh");
    fs::write(&script, format!("#!/bin/bash\nset -eo pipefail\n{}", step["run"].as_str().unwrap())).unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let kit = history::project().join("ci/kit").display().to_string();
    let reports = lab.file("reports");
    let set = |arguments: &'static str| {
        [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_BASE_REF", "main"),
            ("GITHUB_ACTION_PATH", &*kit),
            ("PROGRAM", env!("CARGO_BIN_EXE_protopact")),
            ("PROTOPACT_REPORTS", &*reports),
            ("PROTOPACT_AGAINST", "ci"),
            ("ARGUMENTS", arguments),
        ]
    };
    let script = script.display().to_string();
    let whole = lab.run(&script, &[], &set(""));
    assert!(whole.code == 1 && whole.out.contains("\n2 errors"), "{whole}");
    let part = lab.run(&script, &[], &set("--deny rpc --witness"));
    assert!(part.code == 1 && part.out.contains("\n1 error,") && part.out.contains("\nwitness "), "{part}");
    // Every variable that the step sets is one that the script knows.
    for name in step["env"].as_object().unwrap().keys() {
        let known = ["PROGRAM", "ARGUMENTS"].contains(&&**name)
            || fs::read_to_string(history::project().join("ci/kit/protopact-ci")).unwrap().contains(&**name);
        assert!(known, "`{name}` is not known to the script");
    }
}
