//! Registries that refuse a release, fall silent, are down, or do so in the middle of it: a clear error, and nothing half.

use std::fs;
use std::sync::{Arc, Mutex};

use crate::busy;
use crate::env::Output;
use crate::publish::{Repo, one_line};
use crate::registries::Registries;
use crate::server::{Answer, Server};

/// How a server does not do what it should.
#[derive(Clone, Copy, Debug)]
enum Unwell {
    /// It answers with this status, each time.
    Status(u16),
    /// It takes what is asked and never answers.
    Silent,
    /// Nobody listens at its address.
    Down,
}

const WAYS: [Unwell; 6] = [
    Unwell::Status(401),
    Unwell::Status(403),
    Unwell::Status(429),
    Unwell::Status(500),
    Unwell::Silent,
    Unwell::Down,
];

impl Unwell {
    fn answer(self) -> Answer {
        match self {
            Unwell::Status(status) => Answer::status(status),
            // A connection that comes all the same gets no more than from a silent one.
            Unwell::Silent | Unwell::Down => Answer::none(),
        }
    }

    /// What the system says of it, where that is known.
    fn reason(self) -> &'static str {
        if matches!(self, Unwell::Down) { "Connection refused" } else { "" }
    }

    /// What to do about it; `sign_in` where the server wants to know who is there.
    fn way_out(self, sign_in: &'static str) -> &'static str {
        match self {
            Unwell::Status(401 | 403) => sign_in,
            Unwell::Status(_) => "it was asked four times: try again when it is well",
            Unwell::Silent => "`timeout` under `[release]` gives a slow one more time",
            Unwell::Down => "see whether it is there",
        }
    }
}

/// How a server is: changed between releases.
type State = Arc<Mutex<Option<Unwell>>>;

/// From now on a server is so, and well for `None`.
fn becomes(state: &State, server: &Server, way: Option<Unwell>) {
    *state.lock().unwrap() = way;
    if matches!(way, Some(Unwell::Down)) { server.close() } else { server.open() }
}

/// What a server answers that is as the state says.
fn answers(state: &State) -> impl Fn() -> Option<Answer> + Send + Sync + 'static {
    let state = Arc::clone(state);
    move || state.lock().unwrap().map(Unwell::answer)
}

/// Long enough for a server that answers, also on a machine that does much else.
const LITTLE_PATIENCE: &str = "timeout = 3";

/// Less patience than anybody has, and packages of one language alone.
fn impatient(repo: &Repo, language: &str, patience: &str) {
    let text = repo.env.read("protopact.toml");
    let of_another = |block: &&str| {
        block.starts_with("[generate.") && !block.starts_with(&format!("[generate.{language}]"))
    };
    let text = text.split("\n\n").filter(|block| !of_another(block)).collect::<Vec<_>>().join("\n\n");
    let more = format!("[release]\n{patience}");
    repo.env.write("protopact.toml", &text.replace("[release]", &more));
    repo.push("little patience");
}

/// An error that says what the place is, what it was asked, what it did, and what to do.
#[track_caller]
fn told(output: &Output, all: &[&str]) {
    assert_eq!((output.code, &*output.out), (4, ""), "{output}");
    let said = one_line(&output.err);
    for part in all {
        assert!(said.contains(part), "no `{part}`: {output}");
    }
}

/// A registry of a language: how it is named, what of it is asked first, and how it is told.
struct Place {
    language: &'static str,
    to: fn(&str) -> String,
    asked: &'static str,
    name: &'static str,
    /// The files that it has of a version in the end.
    files: usize,
}

const PYTHON: Place = Place {
    language: "python",
    to: |url| format!("pypi+{url}/"),
    asked: "/simple/acme-pay/",
    name: "Python index `http://",
    files: 2,
};
const CRATES: Place = Place {
    language: "rust",
    to: |_| "cargo:ours".to_owned(),
    asked: "/index/ac/me/acme-pay",
    name: "registry `ours` of cargo",
    files: 1,
};
const MAVEN: Place = Place {
    language: "java",
    to: |url| format!("maven+{url}/m2#local"),
    asked: "/m2/com/acme/pay/acme-pay/1.0.0/acme-pay-1.0.0.pom",
    name: "Maven repository `http://",
    files: 0,
};

impl Place {
    /// Releases 1.0.0 there while its server is unwell in each way; `late` from the moment when the remote has the tag.
    fn refuses(&self, late: bool) {
        let state = State::default();
        let answer = answers(&state);
        let remote = Arc::new(Mutex::new(None::<std::path::PathBuf>));
        let pushed = Arc::clone(&remote);
        let all = Registries::new(move |_| {
            let tag =
                pushed.lock().unwrap().as_ref().is_none_or(|remote| remote.join("refs/tags/v1.0.0").exists());
            if tag { answer() } else { None }
        });
        impatient(&all.repo, self.language, LITTLE_PATIENCE);
        if late {
            *remote.lock().unwrap() = Some(all.repo.around().join("origin.git"));
        }
        let to = (self.to)(&all.url());
        let release = || all.run(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", &to]);
        let is_there = |path: &str| all.repo.around().join("served").join(path).exists();
        let sign_in = "the name and the password of somebody who may";
        for way in WAYS {
            becomes(&state, all.server(), Some(way));
            let output = release();
            let address = format!("`{}{}`", all.url(), self.asked);
            let did = match way {
                Unwell::Status(status) => format!("{address} answers with status {status}"),
                Unwell::Silent | Unwell::Down => format!("{address} does not answer: "),
            };
            let asked = "does not say what it has of the version";
            told(&output, &[self.name, asked, &did, way.reason(), way.way_out(sign_in)]);
            let published = output.err.contains("version 1.0.0 is published, but not in every place yet");
            assert_eq!(published, late, "{way:?}: {output}");
            assert_eq!(all.repo.remote().contains_key("refs/tags/v1.0.0"), late, "{way:?}");
            assert!(all.made().is_empty() && !is_there("m2"), "{way:?}: {:?}", all.made());
        }
        becomes(&state, all.server(), None);
        let output = release();
        assert_eq!(output.code, 0, "{output}");
        assert_eq!(output.out.contains("which an earlier run has begun, is finished"), late, "{output}");
        assert_eq!(all.made().len(), self.files, "{:?}", all.made());
        assert_eq!(is_there("m2/com/acme/pay/acme-pay/1.0.0/acme-pay-1.0.0.jar"), self.name == MAVEN.name);
        assert!(all.repo.remote().contains_key("refs/tags/v1.0.0"));
    }

    /// Releases 1.0.0 there while its tool waits for ever.
    fn waits(&self, tool: &str) {
        let all = Registries::new(|_| None);
        impatient(&all.repo, self.language, "tool-timeout = 2");
        let hangs = all.repo.around().join(format!("{tool}-hangs"));
        fs::write(&hangs, "").unwrap();
        let to = (self.to)(&all.url());
        let release = || all.run(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", &to]);
        let output = release();
        let ended = format!("is not written: `{tool}` did not finish within 2 seconds and was ended");
        told(&output, &[self.name, &ended, "`tool-timeout` under `[release]` gives it more time"]);
        assert!(all.made().is_empty(), "{:?}", all.made());
        let id = fs::read_to_string(all.repo.around().join("hanging")).unwrap();
        assert!(!is_running(id.trim()), "what it started has ended too");
        fs::remove_file(hangs).unwrap();
        assert_eq!(release().code, 0);
        assert_eq!(all.made().len(), self.files, "{:?}", all.made());
    }
}

/// Whether a process is there, and more than what is left of one until somebody asks how it ended.
#[expect(clippy::disallowed_methods, reason = "the system knows")]
fn is_running(id: &str) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    !matches!(said.trim().chars().next(), None | Some('Z'))
}

#[test]
fn a_python_index_that_refuses_is_silent_or_down_gets_nothing() {
    PYTHON.refuses(false);
}

#[test]
fn a_python_index_that_refuses_is_silent_or_down_after_the_push_is_written_by_the_next_run() {
    PYTHON.refuses(true);
}

#[test]
fn a_registry_of_crates_that_refuses_is_silent_or_down_gets_nothing() {
    CRATES.refuses(false);
}

#[test]
fn a_registry_of_crates_that_refuses_is_silent_or_down_after_the_push_is_written_by_the_next_run() {
    CRATES.refuses(true);
}

#[test]
fn a_maven_server_that_refuses_is_silent_or_down_gets_nothing() {
    MAVEN.refuses(false);
}

#[test]
fn a_maven_server_that_refuses_is_silent_or_down_after_the_push_is_written_by_the_next_run() {
    MAVEN.refuses(true);
}

#[test]
fn twine_that_waits_for_ever_is_ended() {
    PYTHON.waits("twine");
}

#[test]
fn cargo_that_waits_for_ever_is_ended() {
    CRATES.waits("cargo");
}

#[test]
fn maven_that_waits_for_ever_is_ended() {
    MAVEN.waits("mvn");
}

/// Releases 1.0.0 into a registry of artefacts that is unwell in each way: whatever it is asked, or when it is to show the
/// version.
fn artefacts(late: bool) {
    let state = State::default();
    let answer = answers(&state);
    let (server, kept) = busy::registry(move |request| {
        let shows = request.method == "PUT" && request.path.contains("/manifests/");
        if shows || !late { answer() } else { None }
    });
    let repo = Repo::new();
    impatient(&repo, "", LITTLE_PATIENCE);
    let at = server.url().trim_start_matches("http://").to_owned();
    let release = || {
        let to = format!("oci://{at}/acme/pay");
        repo.run(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", &to])
    };
    for way in WAYS {
        becomes(&state, &server, Some(way));
        let output = release();
        // One that is down does not even say what it has.
        let what = if late && !matches!(way, Unwell::Down) { "written" } else { "asked" };
        let did = format!("oci://{at}/acme/pay:1.0.0 cannot be {what}: ");
        told(
            &output,
            &[&did, way.reason(), way.way_out("sign in as somebody who may: `docker login 127.0.0.1:")],
        );
        assert_eq!(
            output.err.contains("is published, but not in every place yet"),
            late,
            "{way:?}: {output}"
        );
        assert_eq!(repo.remote().contains_key("refs/tags/v1.0.0"), late, "{way:?}");
        let kept = kept.lock().unwrap();
        assert!(!kept.contains_key("1.0.0") && (late || kept.is_empty()), "{way:?}");
    }
    becomes(&state, &server, None);
    let output = release();
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(output.out.contains("which an earlier run has begun, is finished"), late, "{output}");
    assert!(kept.lock().unwrap().contains_key("1.0.0"));
}

#[test]
fn a_registry_of_artefacts_that_refuses_is_silent_or_down_gets_nothing() {
    artefacts(false);
}

#[test]
fn a_registry_of_artefacts_that_refuses_is_silent_or_down_after_the_push_is_written_by_the_next_run() {
    artefacts(true);
}
