//! Random edits of messages that are asked with, answered with, and both, as calls in four languages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::blame::with_services;
use crate::matrix::{cells, install, matrix};
use crate::pairs;
use crate::support::truth;

/// The message that a case of a call is about: each has a service of its own.
fn called(case: &Value) -> Option<String> {
    let (service, _) = case.as_str()?.split_once('/')?;
    Some(service.replacen(".SM", ".M", 1))
}

/// Whether a change is in this message.
fn is_of(change: &str, message: &str) -> bool {
    let symbol = change.split_once(' ').map_or("", |(_, symbol)| symbol);
    symbol.strip_prefix(message).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[test]
#[ignore = "calls three methods for each edit, in four languages: ci/matrix --edits"]
fn calls_with_random_edits_differ_only_where_it_is_foretold() {
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let count = usize::try_from(number("PROTOPACT_CALLED_EDITS", 300)).unwrap();
    let truth = truth::contracts(number("PROTOPACT_TRUTH_SEED", 1), count, true);
    let side = |files| with_services(files, &truth.cases);
    let env = pairs::repository(&side(&truth.old), &side(&truth.new));
    install(&env);
    let (code, text, matrix) = matrix(&env, "calls.json", &["--compact"]);
    assert_eq!(code, 1, "{text}");
    let mut wrong = Vec::new();
    let mut tried: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for cell in cells(&matrix) {
        let red = u64::from(cell["state"] == "red");
        // Calls are secured and compressed in more than one way: `unary:mtls:gzip`.
        let part = cell["subject"].as_str().unwrap().split(':').next().unwrap();
        let [all, differ] = tried.entry(part).or_default();
        (*all, *differ) = (*all + 1, *differ + red);
        let differences = cell["differences"].as_array().into_iter().flatten();
        for difference in differences {
            let (case, what, predicted) =
                (&difference["case"], &difference["what"], &difference["predicted"]);
            if predicted.is_null() {
                wrong.push(format!("{} {case}: {what}", cell["cell"]));
            } else if let Some(message) = called(case)
                && !predicted.as_str().is_some_and(|change| is_of(change, &message))
            {
                wrong.push(format!("{} {case}: {what}, laid to {predicted}", cell["cell"]));
            }
        }
    }
    eprintln!("{count} edits; cells by what is tried, and how many of them differ: {tried:?}");
    assert!(wrong.is_empty(), "{} that no verdict named\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(matrix["counts"]["red_unpredicted"], 0, "{text}");
    assert!(
        ["bytes", "json", "unary"].iter().all(|part| tried.get(part).is_some_and(|[_, red]| *red > 0)),
        "{tried:?}"
    );
}
