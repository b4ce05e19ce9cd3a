//! A published version, brought to another place after the plugins have changed.

use crate::publish::{Repo, one_line};

const RUST: &str = "[contract]
name = \"acme/pay\"
roots = [\"proto\"]

[release]
to = [\"git:origin\", \"dir:../published\"]

[generate.rust]
crate = \"acme-pay\"
";

#[test]
fn packages_of_other_plugins_are_not_published_under_the_same_version() {
    let repo = Repo::new();
    repo.env.write("protopact.toml", RUST);
    repo.lock();
    let lock = repo.env.read("protopact.lock");
    let older = lock.replace("\"0.5.0\"", "\"0.4.9\"");
    assert_ne!(lock, older);
    repo.env.write("protopact.lock", &older);
    repo.push("made by an earlier protopact");
    repo.git(&["tag", "v1.0.0"]);
    repo.git(&["push", "-q", "origin", "v1.0.0"]);
    repo.env.write("protopact.lock", &lock);
    repo.push("newer plugins");
    let bring = ["release", "--from", "v1.0.0", "--to", "dir:../published", "--quiet"];
    let output = repo.run(&bring);
    let said = one_line(&output.err);
    assert_eq!(output.code, 2, "{output}");
    assert!(said.contains("version 1.0.0 is published") && said.contains("was 0.4.9, is 0.5.0"), "{said}");
    assert!(repo.folder().is_empty(), "nothing is published");
    // With the lock of its commit it is what it was.
    repo.git(&["tag", "v1.0.1"]);
    repo.git(&["push", "-q", "origin", "v1.0.1"]);
    let output = repo.run(&bring.map(|word| if word == "v1.0.0" { "v1.0.1" } else { word }));
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(repo.folder(), ["1.0.1"]);
}
