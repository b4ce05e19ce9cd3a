//! What the environment of a pipeline says that a change is to be compared with.
//!
//! In a pull request it is where the change left its target branch; on a branch, where that left the main branch; on
//! the main branch itself, what was there before the push. What is checked out is the change.

use serde_json::Value;
use thiserror::Error;

use super::spec::Rev;
use crate::machine::Host;

/// The largest description of an event that is read, in bytes. GitHub's have at most 25 MB.
const MAX_EVENT: u64 = 32 << 20;

/// Why the environment says nothing.
#[derive(Debug, Error)]
pub enum CiError {
    /// It is no pipeline's.
    #[error("the environment is that of no pipeline that is known: GitHub Actions, GitLab CI or Jenkins")]
    Nowhere,
    /// The run is not about a change.
    #[error("{told} has nothing to be compared with")]
    NoBase {
        /// The run, in words.
        told: String,
    },
    /// The event cannot be read.
    #[error("cannot read what started this run from `{path}` (GITHUB_EVENT_PATH): {why}")]
    Event {
        /// The file.
        path: String,
        /// Why not.
        why: String,
    },
}

impl CiError {
    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            CiError::Nowhere => "name what to compare with: `--against merge-base:origin/main`".into(),
            CiError::NoBase { .. } => {
                "name it: `--against latest` for the last version, or a revision".into()
            }
            CiError::Event { .. } => "name what to compare with: `--against merge-base:origin/main`".into(),
        }
    }
}

/// What to compare with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// The run, in words: ``GitHub Actions, a pull request into `main` ``.
    pub(super) told: String,
    /// Revisions that say it. Not all of them need to be here; the newest of those that are is meant.
    pub(super) points: Vec<Rev>,
    /// Whether the run is about a change that is not part of its target yet.
    pub(super) proposed: bool,
}

/// A run of a pipeline, as far as it was told about.
#[derive(Default)]
struct Run<'a> {
    system: &'static str,
    /// The branch that a pull request is for.
    target: Option<&'a str>,
    /// Commits in the target's history, the newest of which the change is based on.
    bases: Vec<&'a str>,
    /// The tag that it is about.
    tag: Option<&'a str>,
    /// The branch that it is about.
    branch: Option<&'a str>,
    /// The main branch.
    main: Option<&'a str>,
    /// The commit before the push.
    before: Option<&'a str>,
}

/// What the environment of this run names.
///
/// # Errors
///
/// It is no pipeline's, or the run is not about a change.
pub(super) fn base(host: &Host) -> Result<Base, CiError> {
    if host.var("GITHUB_ACTIONS").is_some() {
        let event = event(host)?;
        return github(host, &event).base();
    }
    if host.var("GITLAB_CI").is_some() {
        return gitlab(host).base();
    }
    if host.var("JENKINS_URL").is_some() {
        return jenkins(host).base();
    }
    Err(CiError::Nowhere)
}

/// What started the run; nothing where GitHub does not say.
fn event(host: &Host) -> Result<Value, CiError> {
    let Some(path) = host.var("GITHUB_EVENT_PATH") else { return Ok(Value::Null) };
    let fail = |why: String| CiError::Event { path: path.to_owned(), why };
    let full = host.cwd.join(path);
    let about = std::fs::metadata(&full).map_err(|e| fail(e.to_string()))?;
    if !about.is_file() || about.len() > MAX_EVENT {
        return Err(fail("it is no file of a size that an event has".into()));
    }
    let text = std::fs::read(&full).map_err(|e| fail(e.to_string()))?;
    serde_json::from_slice(&text).map_err(|e| fail(e.to_string()))
}

fn github<'a>(host: &'a Host, event: &'a Value) -> Run<'a> {
    let said = |place: &str| event.pointer(place).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (tag, branch) = match host.var("GITHUB_REF_TYPE") {
        Some("tag") => (host.var("GITHUB_REF_NAME"), None),
        _ => (None, host.var("GITHUB_REF_NAME")),
    };
    let queue = said("/merge_group/base_ref").map(|name| name.trim_start_matches("refs/heads/"));
    Run {
        system: "GitHub Actions",
        target: host.var("GITHUB_BASE_REF").or(said("/pull_request/base/ref")).or(queue),
        bases: ["/pull_request/base/sha", "/merge_group/base_sha"].into_iter().filter_map(said).collect(),
        tag,
        branch,
        main: said("/repository/default_branch"),
        before: said("/before"),
    }
}

fn gitlab(host: &Host) -> Run<'_> {
    // The first is set where the target was merged into the change for this run.
    let bases = ["CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"];
    Run {
        system: "GitLab CI",
        target: host.var("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        bases: bases.into_iter().filter_map(|name| host.var(name)).collect(),
        tag: host.var("CI_COMMIT_TAG"),
        branch: host.var("CI_COMMIT_BRANCH"),
        main: host.var("CI_DEFAULT_BRANCH"),
        before: host.var("CI_COMMIT_BEFORE_SHA"),
    }
}

fn jenkins(host: &Host) -> Run<'_> {
    let branch = host.var("BRANCH_NAME");
    Run {
        system: "Jenkins",
        target: host.var("CHANGE_TARGET"),
        bases: Vec::new(),
        tag: host.var("TAG_NAME"),
        branch,
        main: branch.filter(|_| host.var("BRANCH_IS_PRIMARY") == Some("true")),
        before: host.var("GIT_PREVIOUS_SUCCESSFUL_COMMIT").or(host.var("GIT_PREVIOUS_COMMIT")),
    }
}

impl Run<'_> {
    fn base(&self) -> Result<Base, CiError> {
        let system = self.system;
        if let Some(target) = self.target {
            let commits = self.bases.iter().filter(|id| is_commit(id)).map(|id| (*id).to_owned());
            // The branch first: it is what gets fetched where none of them is here.
            let points = std::iter::once(format!("origin/{target}")).chain(commits);
            let told = format!("{system}, a pull request into `{target}`");
            return Ok(Base { told, points: points.map(Rev::MergeBase).collect(), proposed: true });
        }
        if let Some(tag) = self.tag {
            return Err(CiError::NoBase { told: format!("{system}, tag `{tag}`:") });
        }
        let told = match self.branch {
            Some(branch) => format!("{system}, a run on `{branch}`"),
            None => system.to_owned(),
        };
        let before = || Some(Rev::Named(self.before.filter(|id| is_commit(id))?.to_owned()));
        let point = match (self.branch, self.main) {
            (Some(branch), Some(main)) if branch != main => Some(Rev::MergeBase(format!("origin/{main}"))),
            _ => before(),
        };
        match point {
            Some(point) => Ok(Base { told, points: vec![point], proposed: false }),
            None => Err(CiError::NoBase { told }),
        }
    }
}

/// Whether a text is a commit's hash. Zeros stand for none.
fn is_commit(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) && text.bytes().any(|b| b != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "0123456789012345678901234567890123456789";
    const ZEROS: &str = "0000000000000000000000000000000000000000";

    fn host(set: &[(&str, &str)]) -> Host {
        let env = set.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Host { env, cwd: std::env::temp_dir() }
    }

    fn points(set: &[(&str, &str)]) -> Vec<String> {
        base(&host(set))
            .unwrap_or_else(|e| panic!("{set:?}: {e}"))
            .points
            .iter()
            .map(Rev::to_string)
            .collect()
    }

    /// The same for an event of GitHub.
    fn on(event: &str, set: &[(&str, &str)]) -> Vec<String> {
        let event: Value = serde_json::from_str(event).unwrap();
        let host = host(set);
        let found = github(&host, &event).base();
        found.unwrap_or_else(|e| panic!("{event}: {e}")).points.iter().map(Rev::to_string).collect()
    }

    #[test]
    fn a_pull_request_is_compared_with_where_it_left_its_target() {
        let event = format!(r#"{{"pull_request":{{"base":{{"ref":"main","sha":"{BASE}"}}}}}}"#);
        let both = ["merge-base:origin/main".to_owned(), format!("merge-base:{BASE}")];
        assert_eq!(on(&event, &[("GITHUB_BASE_REF", "main"), ("GITHUB_REF_NAME", "7/merge")]), both);
        // `pull_request_target` and others do not set the variable everywhere.
        assert_eq!(on(&event, &[]), both);
        let queue = format!(r#"{{"merge_group":{{"base_ref":"refs/heads/main","base_sha":"{BASE}"}}}}"#);
        assert_eq!(on(&queue, &[]), both);
        let gitlab = [
            ("GITLAB_CI", "true"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", BASE),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", ""),
        ];
        assert_eq!(points(&gitlab), both);
        let jenkins = [("JENKINS_URL", "https://ci.example.com/"), ("CHANGE_TARGET", "release/1.x")];
        assert_eq!(points(&jenkins), ["merge-base:origin/release/1.x"]);
    }

    #[test]
    fn a_branch_is_compared_with_the_main_one_and_that_with_what_it_was() {
        let event =
            |before: &str| format!(r#"{{"before":"{before}","repository":{{"default_branch":"main"}}}}"#);
        let named = |name: &'static str| [("GITHUB_REF_NAME", name), ("GITHUB_REF_TYPE", "branch")];
        assert_eq!(on(&event(ZEROS), &named("feature/x")), ["merge-base:origin/main"]);
        assert_eq!(on(&event(BASE), &named("main")), [BASE]);
        let gitlab = |branch| {
            points(&[
                ("GITLAB_CI", "true"),
                ("CI_COMMIT_BRANCH", branch),
                ("CI_DEFAULT_BRANCH", "main"),
                ("CI_COMMIT_BEFORE_SHA", BASE),
            ])
        };
        assert_eq!(gitlab("feature"), ["merge-base:origin/main"]);
        assert_eq!(gitlab("main"), [BASE]);
        let jenkins =
            [("JENKINS_URL", "x"), ("BRANCH_NAME", "main"), ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", BASE)];
        assert_eq!(points(&jenkins), [BASE]);
    }

    #[test]
    fn a_run_that_is_about_no_change_says_so() {
        let refused = |set: &[(&str, &str)]| base(&host(set)).unwrap_err().to_string();
        assert!(refused(&[]).contains("no pipeline that is known"));
        assert!(refused(&[("CI", "true")]).contains("no pipeline that is known"));
        let first = [("GITLAB_CI", "1"), ("CI_COMMIT_BRANCH", "main"), ("CI_DEFAULT_BRANCH", "main")];
        assert_eq!(refused(&first), "GitLab CI, a run on `main` has nothing to be compared with");
        let zeros = [&first[..], &[("CI_COMMIT_BEFORE_SHA", ZEROS)]].concat();
        assert_eq!(refused(&zeros), refused(&first));
        let tag = [("GITLAB_CI", "1"), ("CI_COMMIT_TAG", "v1.0.0"), ("CI_COMMIT_BEFORE_SHA", BASE)];
        assert!(refused(&tag).contains("tag `v1.0.0`"), "{}", refused(&tag));
        // Something else than a hash is no revision to look up, whatever it would name.
        let odd = [&first[..], &[("CI_COMMIT_BEFORE_SHA", "--upload-pack=x")]].concat();
        assert_eq!(refused(&odd), refused(&first));
        let gone = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_PATH", "no/such/event.json")];
        assert!(refused(&gone).contains("`no/such/event.json` (GITHUB_EVENT_PATH)"), "{}", refused(&gone));
    }
}
