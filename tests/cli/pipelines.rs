//! `--against ci` and `--fetch` in clones as pipelines make them: shallow, partial, HEAD on no branch.

use crate::env::{Output, TestEnv};
use crate::git::git;

const OLD: &str = "syntax = \"proto3\";\npackage a;\nmessage Item {\n  int32 stock = 1;\n}\n";
const BROKEN: &str = "syntax = \"proto3\";\npackage a;\nmessage Item {\n  string stock = 1;\n}\n";
const COUPON: &str = "syntax = \"proto3\";\npackage a;\nmessage Coupon {}\n";

/// How many commits the main line has before the branch leaves it: more than the first fetch brings.
const LONG: usize = 40;

/// What a team has: a branch that breaks a field, a main line that went on since, and the merge of both that a
/// pull request is judged as.
struct Origin {
    env: TestEnv,
    base: String,
    feature: String,
    main: String,
    merged: String,
}

fn origin() -> Origin {
    let env = TestEnv::new();
    env.write("a.proto", OLD);
    for n in 0..LONG {
        env.write("log", &n.to_string());
        env.commit("work");
    }
    let base = env.head();
    let work = env.work();
    git(&work, &["checkout", "--quiet", "-b", "feature"]);
    env.write("a.proto", BROKEN);
    env.commit("break");
    let feature = env.head();
    git(&work, &["checkout", "--quiet", "main"]);
    env.write("b.proto", COUPON);
    env.commit("coupons");
    let main = env.head();
    git(&work, &["checkout", "--quiet", "--detach"]);
    git(&work, &["merge", "--quiet", "--no-ff", "-m", "merge", "feature"]);
    let merged = env.head();
    git(&work, &["update-ref", "refs/pull/7/merge", "HEAD"]);
    git(&work, &["checkout", "--quiet", "main"]);
    git(&work, &["config", "uploadpack.allowFilter", "true"]);
    Origin { env, base, feature, main, merged }
}

impl Origin {
    fn url(&self) -> String {
        format!("file://{}", self.env.work().display())
    }

    /// A clone of one commit, as checkouts in pipelines are.
    fn shallow(&self, reference: &str) -> TestEnv {
        let clone = TestEnv::new();
        let work = clone.work();
        git(&work, &["init", "--quiet"]);
        git(&work, &["remote", "add", "origin", &self.url()]);
        git(&work, &["fetch", "--quiet", "--no-tags", "--depth=1", "origin", reference]);
        git(&work, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
        clone
    }

    fn cloned(&self, arguments: &[&str]) -> TestEnv {
        let clone = TestEnv::new();
        let url = self.url();
        git(&clone.work(), &[&["clone", "--quiet"], arguments, &[&url, "."]].concat());
        clone
    }
}

/// Runs with an environment.
#[expect(clippy::disallowed_methods, reason = "git is looked up as always")]
fn run(env: &TestEnv, arguments: &[&str], set: &[(&str, &str)]) -> Output {
    env.run_with(arguments, |io| {
        io.env.extend(std::env::var_os("PATH").map(|path| ("PATH".into(), path)));
        io.env.insert("GIT_CONFIG_GLOBAL".into(), "/dev/null".into());
        io.env.extend(set.iter().map(|(name, value)| (name.into(), value.into())));
    })
}

const CHECK: [&str; 5] = ["check", "--against", "ci", "--use", "FILE"];
const FETCH: [&str; 6] = ["check", "--against", "ci", "--use", "FILE", "--fetch"];

/// Exactly the break of the branch, and nothing of what main did since.
fn assert_judged(output: &Output) {
    assert_eq!(output.code, 1, "{output}");
    assert!(output.out.contains("error[FIELD_SAME_TYPE]"), "{output}");
    assert!(output.out.contains("\n1 error, 0 warnings, 0 notes"), "{output}");
}

#[test]
fn a_pull_request_on_github_in_a_shallow_clone() {
    let origin = origin();
    let clone = origin.shallow("refs/pull/7/merge");
    let (main, feature) = (&origin.main, &origin.feature);
    clone.write(
        "../event.json",
        &format!(
            r#"{{"pull_request":{{"base":{{"ref":"main","sha":"{main}"}},"head":{{"sha":"{feature}"}}}}}}"#
        ),
    );
    let set = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_PATH", "../event.json"),
        ("GITHUB_BASE_REF", "main"),
        ("GITHUB_REF_NAME", "7/merge"),
        ("GITHUB_REF_TYPE", "branch"),
    ];
    insta::assert_snapshot!(run(&clone, &CHECK, &set), @"
    --- stderr
    error: cannot read `ci`
      caused by: revision `origin/main` does not exist in the repository at
        `[work]` (a shallow clone)
    hint: get it with `git fetch --depth=1 origin +main:refs/remotes/origin/main` or with `--fetch`
    --- exit 2
    ");
    let judged = run(&clone, &FETCH, &set);
    assert_judged(&judged);
    assert!(judged.err.contains("GitHub Actions, a pull request into `main`"), "{judged}");
    assert!(clone.work().join(".git/shallow").is_file(), "more was fetched than needed");
    // What was fetched is there: the next run needs no network.
    assert_judged(&run(&clone, &CHECK, &set));
}

#[test]
fn the_command_that_the_error_names_gets_it() {
    let origin = origin();
    let clone = origin.shallow("refs/pull/7/merge");
    let check = ["check", "--against", "merge-base:origin/main", "--use", "FILE"];
    let mut refused = run(&clone, &check, &[]);
    for _ in 0..2 {
        assert_ne!(refused.code, 1, "{refused}");
        let unwrapped = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
        let command = unwrapped.split('`').find(|part| part.starts_with("git fetch ")).unwrap().to_owned();
        git(&clone.work(), &command.split(' ').skip(1).collect::<Vec<_>>());
        refused = run(&clone, &check, &[]);
    }
    assert_judged(&refused);
}

#[test]
fn a_merge_request_on_gitlab_in_a_shallow_clone() {
    let origin = origin();
    let clone = origin.shallow("refs/heads/feature");
    let set = |sha: &'static str| {
        [
            ("GITLAB_CI", "true"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", sha),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", origin.base.as_str()),
        ]
    };
    assert_eq!(run(&clone, &CHECK, &set("")).code, 2);
    assert_judged(&run(&clone, &FETCH, &set("")));
    // The base is here and the branch is not, as in a fork.
    git(&clone.work(), &["update-ref", "-d", "refs/remotes/origin/main"]);
    assert_judged(&run(&clone, &CHECK, &set("")));
}

#[test]
fn a_change_on_jenkins_and_a_push_everywhere() {
    let origin = origin();
    let clone = origin.cloned(&["--branch", "feature"]);
    let change = [("JENKINS_URL", "https://ci.example.com/"), ("CHANGE_TARGET", "main")];
    assert_judged(&run(&clone, &CHECK, &change));
    git(&clone.work(), &["fetch", "--quiet", "origin", "refs/pull/7/merge"]);
    git(&clone.work(), &["checkout", "--quiet", "--detach", &origin.merged]);
    assert_judged(&run(&clone, &CHECK, &change));
    // The main line itself: what the push brought.
    let push = [
        ("GITLAB_CI", "true"),
        ("CI_COMMIT_BRANCH", "main"),
        ("CI_DEFAULT_BRANCH", "main"),
        ("CI_COMMIT_BEFORE_SHA", &origin.main),
    ];
    assert_judged(&run(&clone, &CHECK, &push));
    // Newer than what a clone knows of its target is the commit that the run names.
    git(&clone.work(), &["update-ref", "refs/remotes/origin/main", &origin.base]);
    let merged = [
        ("GITLAB_CI", "true"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &origin.main),
    ];
    assert_judged(&run(&clone, &CHECK, &merged));
}

#[test]
fn what_is_checked_out_has_to_be_the_change() {
    let origin = origin();
    let clone = origin.cloned(&[]);
    let target = run(&clone, &CHECK, &[("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main")]);
    let told = target.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("nothing of the change is seen"), "{target}");
}

#[test]
fn outside_of_a_pipeline_there_is_no_base() {
    let env = TestEnv::new();
    env.write("a.proto", OLD);
    env.commit("first");
    // Not the folder, which many repositories have.
    env.write("ci/a.proto", OLD);
    insta::assert_snapshot!(env.run(&CHECK), @"
    --- stderr
    error: `ci` names nothing
      caused by: the environment is that of no pipeline that is known: GitHub Actions, GitLab CI or
        Jenkins
    hint: name what to compare with: `--against merge-base:origin/main`
    --- exit 2
    ");
}

#[test]
fn a_partial_clone_gets_the_files_that_it_lacks() {
    let origin = origin();
    for filter in ["blob:none", "tree:0"] {
        let clone = origin.cloned(&["--filter", filter, "--branch", "feature"]);
        let check = ["check", "--against", "merge-base:origin/main"];
        let refused = run(&clone, &check, &[]);
        assert_eq!(refused.code, 4, "{filter}: {refused}");
        assert!(refused.err.contains("`--fetch`"), "{filter}: {refused}");
        assert_judged(&run(&clone, &[&check[..], &["--fetch"]].concat(), &[]));
        assert_judged(&run(&clone, &check, &[]));
    }
}

#[test]
fn a_clone_without_tags_gets_them() {
    let origin = origin();
    git(&origin.env.work(), &["tag", "v1.0.0", &origin.base]);
    git(&origin.env.work(), &["tag", "v1.1.0", &origin.main]);
    let clone = origin.shallow("refs/heads/feature");
    let check = ["check", "--against", "latest", "--deny", "wire"];
    assert_eq!(run(&clone, &check, &[]).code, 4);
    let judged = run(&clone, &[&check[..], &["--fetch"]].concat(), &[]);
    assert!(judged.out.contains("(tag v1.1.0)") && judged.code == 1, "{judged}");
}

#[test]
fn what_git_says_is_told_where_it_cannot_fetch() {
    let origin = origin();
    let clone = origin.shallow("refs/pull/7/merge");
    git(&clone.work(), &["remote", "set-url", "origin", "file:///no/such/repository"]);
    let failed = run(&clone, &["check", "--against", "origin/main", "--fetch"], &[]);
    assert_eq!(failed.code, 4, "{failed}");
    assert!(failed.err.contains("`git fetch --depth=1 origin +main:refs/remotes/origin/main`"), "{failed}");
    // Nor where there is no git.
    let none = clone.run(&["check", "--against", "origin/main", "--fetch"]);
    assert!(none.code == 4 && none.err.contains("`git` is not on the path"), "{none}");
}
