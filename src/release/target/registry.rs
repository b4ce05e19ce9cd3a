//! A registry of OCI artefacts: the version is the tag, the files are layers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Prepared, State, Target, TargetError};
use crate::config::Patience;
use crate::machine::{FileTree, Host, sha256};
use crate::oci::{Client, Place, manifest};
use crate::release::artefacts::RELEASE;

/// How long a registry that decides is left alone before it is asked who has the tag, at least and at most: many times what lies
/// between asking it and writing to it, by what that took this run, for it may be one of many on a busy machine.
const SETTLES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];
const TIMES: u32 = 8;

/// A repository of a registry for the versions of a contract.
#[derive(Debug)]
pub struct Registry {
    place: Place,
    host: Host,
    version: String,
    patience: Patience,
    /// Whether it has the last word.
    decides: bool,
}

impl Registry {
    /// A repository, for a version as OCI spells it. Nobody else `decides` who publishes it.
    #[must_use]
    pub fn new(place: &Place, host: &Host, version: &str, patience: Patience, decides: bool) -> Registry {
        Registry { place: place.clone(), host: host.clone(), version: version.to_owned(), patience, decides }
    }

    fn client(&self) -> Result<Client, TargetError> {
        Ok(Client::new(&self.host, &self.place, self.patience.answer)?)
    }
}

/// What is said of the artefact as a whole: nothing that another run would say otherwise.
fn about(files: &FileTree) -> BTreeMap<String, String> {
    let said: serde_json::Value =
        files.get(RELEASE).and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default();
    [("created", "time"), ("revision", "commit"), ("title", "contract"), ("version", "version")]
        .iter()
        .filter_map(|(name, key)| {
            let value = said.get(key)?.as_str()?.to_owned();
            Some((format!("org.opencontainers.image.{name}"), value))
        })
        .collect()
}

impl Target for Registry {
    fn name(&self) -> String {
        format!("registry `{}`", self.place)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn decides(&self) -> bool {
        self.decides
    }

    fn state(&self, files: &FileTree) -> Result<State, TargetError> {
        let own = format!("sha256:{}", sha256(&manifest(files, &about(files))));
        Ok(match self.client()?.digest(&self.version)? {
            None => State::Absent,
            Some(there) if there == own => State::Same,
            Some(_) => State::Other,
        })
    }

    fn prepare(&self, files: &FileTree) -> Result<Box<dyn Prepared>, TargetError> {
        let client = self.client()?;
        let content = client.write(files, &about(files))?;
        Ok(Box::new(Written { client, content, version: self.version.clone(), decides: self.decides }))
    }
}

/// An artefact that is there and has no tag yet.
struct Written {
    client: Client,
    content: Bytes,
    version: String,
    decides: bool,
}

impl Prepared for Written {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        let own = format!("sha256:{}", sha256(&self.content));
        let asked = Instant::now();
        match self.client.digest(&self.version)? {
            None => {
                self.client.tag(&self.content, &self.version)?;
                if self.decides {
                    // Who asked before this one wrote may write after it, and has the tag then: a registry compares nothing. Once
                    // everybody has written who found nothing there, all see the same.
                    let [least, most] = SETTLES;
                    std::thread::sleep((TIMES * asked.elapsed()).clamp(least, most));
                    self.client.stands(&self.content, &self.version)?;
                }
                Ok(true)
            }
            Some(there) if there == own => Ok(false),
            Some(_) => Err(crate::oci::OciError::Overtaken(self.client.shown(&self.version)).into()),
        }
    }
}
