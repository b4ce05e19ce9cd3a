//! Where the files of a version come from: an in-toto statement with a predicate of SLSA
//! (<https://slsa.dev/spec/v1.0/provenance>). It is not signed here; whoever publishes signs it with the keys they have.

use serde_json::{Value, json};

use super::Material;
use super::packed::rfc_3339;
use crate::machine::{FileTree, sha256};

/// The statement about files.
pub(super) fn statement(material: &Material<'_>, files: &FileTree) -> Value {
    let subject: Vec<Value> = files
        .iter()
        .map(|(path, content)| json!({"name": path, "digest": {"sha256": sha256(content)}}))
        .collect();
    let algorithm = if material.commit.len() > 40 { "sha256" } else { "gitCommit" };
    let mut source = json!({"digest": {algorithm: material.commit}});
    if let Some(repository) = material.repository {
        source["uri"] = json!(format!("git+{repository}"));
    }
    let parts = material.parts.iter().map(|part| {
        let mut found = json!({"name": part.name, "annotations": {"version": part.version}});
        if let Some(sum) = &part.sha256 {
            found["digest"] = json!({"sha256": sum});
        }
        found
    });
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:protopact:release:v1",
                "externalParameters": {
                    "contract": material.contract,
                    "version": material.version.to_string(),
                },
                "resolvedDependencies": std::iter::once(source).chain(parts).collect::<Vec<_>>(),
            },
            "runDetails": {
                "builder": {
                    "id": "urn:protopact",
                    "version": {"protopact": env!("CARGO_PKG_VERSION")},
                },
                "metadata": {"finishedOn": rfc_3339(material.time)},
            },
        },
    })
}
