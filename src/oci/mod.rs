//! Registries of OCI artefacts: a version of a contract as one artefact, whose layers are its files.
//!
//! The manifest is made here, byte for byte the same for the same files, so that its digest says whether a registry has the
//! very version (<https://github.com/opencontainers/image-spec/blob/main/manifest.md>). Tags of a registry can be moved, and
//! nothing stops two writers; so a tag is only ever written when it is not there, and read back afterwards.

mod client;
mod credentials;
mod place;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::machine::{FileTree, sha256};

pub use client::{Client, OciError};
pub use place::{Place, PlaceError};

/// What such artefacts are.
pub const ARTEFACT: &str = "application/vnd.protopact.contract.v1";
/// What their files are, where nothing more is known.
const FILE: &str = "application/vnd.protopact.file.v1";
/// The descriptor set among them.
const DESCRIPTORS: &str = "application/vnd.protopact.descriptors.v1+protobuf";
/// The configuration of an artefact without one (<https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidance-for-an-empty-descriptor>).
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const EMPTY_CONTENT: &[u8] = b"{}";
/// What a manifest is.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Where other tools look for the name of a file.
const TITLE: &str = "org.opencontainers.image.title";

/// What a manifest says of one blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// A manifest as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

fn digest(content: &[u8]) -> String {
    format!("sha256:{}", sha256(content))
}

/// The manifest of files, with what is said of all of them.
#[must_use]
pub fn manifest(files: &FileTree, annotations: &BTreeMap<String, String>) -> Vec<u8> {
    let of = |media_type: &str, content: &[u8], name: Option<&str>| Descriptor {
        media_type: media_type.to_owned(),
        digest: digest(content),
        size: content.len() as u64,
        annotations: name.map(|name| (TITLE.to_owned(), name.to_owned())).into_iter().collect(),
    };
    let kind = |name: &str| match name {
        "descriptors.binpb" => DESCRIPTORS,
        name if name.ends_with(".tar.gz") => "application/gzip",
        name if name.ends_with(".json") => "application/json",
        name if name.ends_with(".md") => "text/markdown",
        _ => FILE,
    };
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        artifact_type: Some(ARTEFACT.to_owned()),
        config: of(EMPTY, EMPTY_CONTENT, None),
        layers: files.iter().map(|(name, content)| of(kind(name), content, Some(name))).collect(),
        annotations: annotations.clone(),
    };
    serde_json::to_vec(&manifest).expect("strings, numbers and maps of strings")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_have_the_same_manifest() {
        let files = |content: &str| {
            let mut files = FileTree::new();
            files.add("descriptors.binpb", content.to_owned()).unwrap();
            files.add("release.json", "{}").unwrap();
            files
        };
        let of = |content| digest(&manifest(&files(content), &BTreeMap::new()));
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        let read: Manifest = serde_json::from_slice(&manifest(&files("a"), &BTreeMap::new())).unwrap();
        assert_eq!(read.layers[1].annotations[TITLE], "release.json");
        assert_eq!(
            read.config.digest,
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }
}
