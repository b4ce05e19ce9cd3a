//! Random edits of messages that are asked with, answered with, and both, as calls of all kinds in four languages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::blame::with_services;
use crate::matrix::{cells, install, matrix};
use crate::pairs;
use crate::support::truth;

/// Whether a change is of what a call is about: of the method, where it is gone, else of the message of its service.
fn is_of(change: &str, (service, method): (&str, &str)) -> bool {
    let symbol = change.split_once(' ').map_or("", |(_, symbol)| symbol);
    if method == "Gone" {
        return symbol == format!("{service}.Gone");
    }
    let message = service.replacen(".SM", ".M", 1);
    symbol.strip_prefix(&message).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The service and the method of a case of a call: `truth.two.SM3/In samples#0`.
fn called(case: &Value) -> Option<(&str, &str)> {
    let (path, _) = case.as_str()?.split_once(' ')?;
    path.split_once('/')
}

#[test]
#[ignore = "calls three methods for each edit, in four languages: ci/matrix --edits"]
fn calls_with_random_edits_differ_only_where_it_is_foretold() {
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let count = usize::try_from(number("PROTOPACT_CALLED_EDITS", 300)).unwrap();
    let truth = truth::contracts(number("PROTOPACT_TRUTH_SEED", 1), count, true);
    let [old, new] = with_services(&truth);
    let env = pairs::repository(&old, &new);
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
            } else if let Some(call) = called(case)
                && !predicted.as_str().is_some_and(|change| is_of(change, call))
            {
                wrong.push(format!("{} {case}: {what}, laid to {predicted}", cell["cell"]));
            }
        }
    }
    eprintln!("{count} edits; cells by what is tried, and how many of them differ: {tried:?}");
    assert!(wrong.is_empty(), "{} that no verdict named\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(matrix["counts"]["red_unpredicted"], 0, "{text}");
    for part in ["bytes", "json", "unary", "server", "client", "bidi"] {
        assert!(tried.get(part).is_some_and(|[_, red]| *red > 0), "{part}: {tried:?}");
    }
}
