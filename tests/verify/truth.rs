//! Hundreds of random edits at once: what the verdict says of each, and what the languages really do.

use serde_json::Value;

use crate::matrix::cells;
use crate::whole::whole;

#[test]
#[ignore = "builds programs in four languages"]
fn the_verdict_is_what_four_languages_do() {
    let whole = whole();
    let (truth, (text, matrix)) = (&whole.truth, &whole.exhaustive);
    let case = |name: &str| {
        let case = truth.cases.iter().find(|c| {
            name.split(' ').any(|word| word == c.message || word.starts_with(&format!("{}.", c.message)))
        });
        case.map(|c| format!("{}\n{}->\n{}", c.edit, c.old, c.new)).unwrap_or_default()
    };
    let mut wrong = std::collections::BTreeMap::new();
    for cell in cells(matrix) {
        for difference in cell["differences"].as_array().into_iter().flatten() {
            if difference["predicted"].is_null() {
                let name = difference["case"].as_str().unwrap();
                let message = name.split(' ').next().unwrap().to_owned();
                let entry = wrong.entry(message).or_insert_with(Vec::new);
                entry.push(format!("{} {name}: {}", cell["cell"].as_str().unwrap(), difference["what"]));
            }
        }
    }
    let mut report = String::new();
    for (message, what) in &wrong {
        let shown: Vec<&str> = what.iter().take(3).map(String::as_str).collect();
        report += &format!(
            "\n{message}: ok says the verdict, but ({} cases)\n  {}\n{}",
            what.len(),
            shown.join("\n  "),
            case(message)
        );
    }
    for unseen in matrix["unseen_predictions"].as_array().unwrap() {
        let (change, verdict) = (unseen["change"].as_str().unwrap(), unseen["verdict"].as_str().unwrap());
        if !whole.edits.iter().any(|name| change.contains(&format!(" {name}."))) {
            continue;
        }
        // Samples are messages that every language can hold; Python and Rust have no strings that are not UTF-8.
        if change.contains("utf8-validation-changed") {
            continue;
        }
        report += &format!("\n{change}: {verdict} says the verdict, and nobody shows it\n{}", case(change));
    }
    assert!(report.is_empty(), "{report}");
    assert_eq!(matrix["counts"]["red_unpredicted"], 0, "{text}");
    let compared: u64 = cells(matrix).map(|c: &Value| c["cases"].as_u64().unwrap()).sum();
    assert!(compared > 100_000, "{compared} comparisons\n{text}");
}
