//! What is in a version: a document of SPDX 2.3 (<https://spdx.github.io/spdx-spec/v2.3/>).

use serde_json::{Value, json};

use super::Material;
use super::packed::rfc_3339;

/// The document.
pub(super) fn spdx(material: &Material<'_>, descriptors: &str) -> Value {
    let version = material.version.to_string();
    let package = |id: &str, name: &str, version: &str, licence: &str| {
        json!({
            "SPDXID": format!("SPDXRef-{id}"),
            "name": name,
            "versionInfo": version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": false,
            "licenseDeclared": licence,
        })
    };
    let relation = |from: &str, kind: &str, to: &str| {
        json!({
            "spdxElementId": format!("SPDXRef-{from}"),
            "relationshipType": kind,
            "relatedSpdxElement": format!("SPDXRef-{to}"),
        })
    };
    let licence = material.licence;
    let mut packages = vec![package("contract", material.contract, &version, licence)];
    let mut relations = vec![relation("DOCUMENT", "DESCRIBES", "contract")];
    for (language, coordinate, _) in material.packages {
        let id = format!("sdk-{language}");
        packages.push(package(&id, coordinate, &version, licence));
        relations.push(relation(&id, "GENERATED_FROM", "contract"));
    }
    for (index, part) in material.parts.iter().enumerate() {
        let id = format!("part-{index}");
        let mut found = package(&id, &part.name, &part.version, "NOASSERTION");
        if let Some(sum) = &part.sha256 {
            found["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": sum}]);
        }
        packages.push(found);
        relations.push(if part.tool {
            relation(&id, "BUILD_TOOL_OF", "contract")
        } else {
            relation("contract", "DEPENDS_ON", &id)
        });
    }
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": format!("{} {version}", material.contract),
        // Another content is another document.
        "documentNamespace": format!("urn:protopact:contents:{descriptors}:{}", material.commit),
        "creationInfo": {
            "created": rfc_3339(material.time),
            "creators": [concat!("Tool: protopact-", env!("CARGO_PKG_VERSION"))],
        },
        "packages": packages,
        "relationships": relations,
    });
    if let Some(name) = licence.strip_prefix("LicenseRef-") {
        document["hasExtractedLicensingInfos"] = json!([{
            "licenseId": licence,
            "name": name,
            "extractedText": "All rights reserved: the contract says no licence.",
        }]);
    }
    document
}
