//! One pair of versions with everything in it, and what comes of it in four languages.
//!
//! The contracts that break nobody, every probe and hundreds of random edits are packages that do not touch. Programs
//! are built once for all of them, everybody calls everybody once, and each test looks at its own packages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use crate::env::TestEnv;
use crate::matrix::{install, matrix};
use crate::pairs;
use crate::support::Files;
use crate::support::truth::{self, Truth};

/// How many messages are edited.
const COUNT: usize = 300;

/// What came out.
pub(crate) struct Whole {
    /// The repository, with the tags `v1.0.0` and `v1.1.0`.
    pub(crate) env: TestEnv,
    /// The packages that nobody is broken by.
    pub(crate) compatible: BTreeSet<String>,
    /// The packages of the probes.
    pub(crate) probes: BTreeSet<String>,
    /// The packages of the random edits.
    pub(crate) edits: BTreeSet<String>,
    /// The random edits.
    pub(crate) truth: Truth,
    /// Bytes, JSON and calls, and what was printed beside.
    pub(crate) all: (String, Value),
    /// Bytes and JSON of every field by itself.
    pub(crate) exhaustive: (String, Value),
}

/// `PROTOPACT_TRUTH_SEED` asks for other edits.
#[expect(clippy::disallowed_methods, reason = "the environment says which edits")]
fn seed() -> u64 {
    std::env::var("PROTOPACT_TRUTH_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1)
}

#[expect(clippy::disallowed_methods, reason = "ci/matrix says in the environment what to run")]
fn ways() -> &'static [&'static str] {
    if std::env::var_os("PROTOPACT_MATRIX_FULL").is_some() { &["--full"] } else { &["--compact"] }
}

/// The packages of files.
fn packages(files: &Files) -> BTreeSet<String> {
    let line = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("package "))?;
        Some(line.trim_end().trim_end_matches(';').to_owned())
    };
    files.iter().filter_map(|(_, text)| line(text)).collect()
}

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let (mut compatible, probes) = (pairs::compatible(), pairs::probes());
    let editions = pairs::editions();
    compatible.0.extend(editions.0);
    compatible.1.extend(editions.1);
    let truth = truth::contracts(seed(), COUNT, true);
    let side = |all: [&Files; 3]| all.into_iter().flatten().cloned().collect::<Files>();
    let old = side([&compatible.0, &probes.0, &truth.old]);
    let new = side([&compatible.1, &probes.1, &truth.new]);
    let names = |pair: &(Files, Files)| packages(&pair.0).union(&packages(&pair.1)).cloned().collect();
    let (compatible, probes): (BTreeSet<_>, BTreeSet<_>) = (names(&compatible), names(&probes));
    let edits = packages(&truth.old);
    for (one, other) in [(&compatible, &probes), (&compatible, &edits), (&probes, &edits)] {
        assert!(one.is_disjoint(other), "{one:?} and {other:?}");
    }
    let env = pairs::repository(&old, &new);
    install(&env);
    let run = |report: &str, args: &[&str]| {
        let (code, text, matrix) = matrix(&env, report, args);
        // Probes and edits differ, and nothing else may have failed.
        assert_eq!(code, 1, "{text}");
        (text, matrix)
    };
    // Calls wait and bytes compute: side by side they take hardly longer than one of them.
    let (all, exhaustive) = std::thread::scope(|scope| {
        let all = scope.spawn(|| run("all.json", ways()));
        let exhaustive = run("exhaustive.json", &["--only", "bytes", "--exhaustive"]);
        (all.join().unwrap(), exhaustive)
    });
    Whole { env, compatible, probes, edits, truth, all, exhaustive }
});

/// What came out; made by the first who asks.
pub(crate) fn whole() -> &'static Whole {
    &WHOLE
}

/// The packages of a report that are among some.
pub(crate) fn among<'a>(
    matrix: &'a Value,
    names: &'a BTreeSet<String>,
) -> impl Iterator<Item = &'a Value> + 'a {
    let all = matrix["packages"].as_array().unwrap();
    all.iter().filter(|package| names.contains(package["package"].as_str().unwrap()))
}
