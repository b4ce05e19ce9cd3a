//! A contract whose names some language keeps for itself: generated code is called by the names it really has.

use crate::matrix::{cells, install, matrix};
use crate::pairs;

#[test]
#[ignore = "builds programs in two languages"]
fn odd_names_are_called_and_served() {
    let (old, new) = pairs::odd();
    let env = pairs::repository(&old, &new);
    install(&env);
    let (code, text, matrix) =
        matrix(&env, "matrix.json", &["--lang", "rust,go", "--only", "calls", "--compact", "--full"]);
    assert_eq!(code, 0, "{text}");
    let mut kinds = std::collections::BTreeSet::new();
    for cell in cells(&matrix) {
        assert_eq!(cell["state"], "green", "{cell}");
        assert!(cell["cases"].as_u64().unwrap() > 0, "{cell}");
        kinds.insert(cell["subject"].as_str().unwrap().split(':').next().unwrap().to_owned());
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}
