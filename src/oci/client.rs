//! Asking a registry, and writing to it.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Reference, RegistryOperation};
use thiserror::Error;
use tokio::runtime::Runtime;

use super::credentials::credentials;
use super::{EMPTY_CONTENT, MANIFEST, Manifest, Place, TITLE, digest, manifest};
use crate::machine::{FileTree, Host, Trouble, causes, pauses};

/// How large a manifest, and all files of a version, may be.
const MAX_MANIFEST: usize = 4 << 20;
const MAX_BYTES: u64 = 2 << 30;
/// How many files a version may have.
const MAX_FILES: usize = 10_000;

/// Why a registry does not do something.
#[derive(Debug, Error)]
pub enum OciError {
    /// It does not answer, or refuses.
    #[error("{place} cannot be {what}: {said}")]
    Registry {
        /// Where.
        place: String,
        /// What was being done.
        what: &'static str,
        /// What it says, without what is secret.
        said: String,
        /// What is the trouble.
        trouble: Trouble,
    },
    /// Credentials cannot be had.
    #[error("cannot get the credentials for `{registry}` from Docker's configuration: {said}")]
    Credentials {
        /// The registry.
        registry: String,
        /// Why not.
        said: String,
    },
    /// There is nothing under the tag.
    #[error("{0} is not there")]
    Absent(String),
    /// What is under the tag is no version of a contract, or not what its digests say.
    #[error("{place} is no version of a contract: {why}")]
    Unusable {
        /// Where.
        place: String,
        /// Why.
        why: String,
    },
    /// After it was written, something else is there.
    #[error("{0} was written by somebody else at the same time")]
    Overtaken(String),
    /// The machine cannot run the client.
    #[error("cannot start a client")]
    Client(#[source] std::io::Error),
}

/// A client of one repository.
pub struct Client {
    place: Place,
    auth: RegistryAuth,
    inner: oci_client::Client,
    runtime: Runtime,
    /// How long to wait before each further try.
    pauses: [Duration; 3],
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for a repository, with the credentials that Docker's configuration has for its registry. It waits so long
    /// for an answer.
    ///
    /// # Errors
    ///
    /// The credentials are there and cannot be had.
    pub fn new(host: &Host, place: &Place, patience: Duration) -> Result<Client, OciError> {
        // There can be one for the process, and it may be there already.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let protocol = if place.is_local() { ClientProtocol::Http } else { ClientProtocol::Https };
        let config = ClientConfig {
            protocol,
            read_timeout: Some(patience),
            connect_timeout: Some(patience),
            user_agent: concat!("protopact/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Client {
            place: place.clone(),
            auth: credentials(host, &place.registry)?,
            inner: oci_client::Client::new(config),
            runtime: runtime.map_err(OciError::Client)?,
            pauses: pauses(patience),
        })
    }

    fn reference(&self, tag: &str) -> Reference {
        let (registry, repository) = (self.place.registry.clone(), self.place.repository.clone());
        if tag.starts_with("sha256:") {
            Reference::with_digest(registry, repository, tag.to_owned())
        } else {
            Reference::with_tag(registry, repository, tag.to_owned())
        }
    }

    /// A tag here, as a person knows it.
    #[must_use]
    pub fn shown(&self, tag: &str) -> String {
        Place { tag: Some(tag.to_owned()), ..self.place.clone() }.to_string()
    }

    fn failed(&self, tag: &str, what: &'static str) -> impl FnOnce(OciDistributionError) -> OciError {
        let place = self.shown(tag);
        move |error| OciError::Registry { place, what, said: causes(&error), trouble: trouble(&error) }
    }

    /// Tries again where the registry says that it is busy, or broke down.
    async fn again<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, OciDistributionError>
    where
        F: Future<Output = Result<T, OciDistributionError>>,
    {
        for pause in self.pauses {
            match call().await {
                Err(error) if trouble(&error) == Trouble::Passing => tokio::time::sleep(pause).await,
                done => return done,
            }
        }
        call().await
    }

    /// The digest of what is under a tag.
    ///
    /// # Errors
    ///
    /// The registry does not answer, or refuses.
    pub fn digest(&self, tag: &str) -> Result<Option<String>, OciError> {
        let reference = self.reference(tag);
        // The manifest itself, for not every registry tells a digest that can be trusted in a header.
        let found = self.runtime.block_on(
            self.again(|| async { self.inner.pull_manifest_raw(&reference, &self.auth, &[MANIFEST]).await }),
        );
        match found {
            Ok((content, _)) => Ok(Some(digest(&content))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.failed(tag, "asked")(error)),
        }
    }

    /// Writes files, which nothing leads to yet, and gives their manifest.
    ///
    /// # Errors
    ///
    /// The registry does not answer, or refuses.
    pub fn write(&self, files: &FileTree, about: &BTreeMap<String, String>) -> Result<Bytes, OciError> {
        let content: Bytes = manifest(files, about).into();
        let name = digest(&content);
        let reference = self.reference(&name);
        let done: Result<(), OciDistributionError> = self.runtime.block_on(async {
            self.inner.auth(&reference, &self.auth, RegistryOperation::Push).await?;
            let empty = Bytes::from_static(EMPTY_CONTENT);
            for blob in std::iter::once(&empty).chain(files.iter().map(|(_, content)| content)) {
                let sum = digest(blob);
                if self.again(|| self.inner.blob_exists(&reference, &sum)).await? {
                    continue;
                }
                match self.again(|| self.inner.push_blob(&reference, blob.clone(), &sum)).await {
                    // go-containerregistry takes a blob and does not say where it is.
                    Err(OciDistributionError::RegistryNoLocationError)
                        if self.again(|| self.inner.blob_exists(&reference, &sum)).await? => {}
                    done => drop(done?),
                }
            }
            Ok(())
        });
        done.map(|()| content).map_err(self.failed(&name, "written"))
    }

    async fn put(&self, reference: &Reference, content: &Bytes) -> Result<(), OciDistributionError> {
        let kind = http::HeaderValue::from_static(MANIFEST);
        self.inner.push_manifest_raw(reference, content.clone(), kind).await.map(drop)
    }

    /// Writes the manifest of files that are there under a tag, and looks whether it stands there. It is never written by
    /// its digest, which oci-client 0.18.0 cannot do with every registry.
    ///
    /// # Errors
    ///
    /// The registry does not answer, or refuses; or somebody else has put it on something else.
    pub fn tag(&self, content: &Bytes, tag: &str) -> Result<(), OciError> {
        let reference = self.reference(tag);
        let auth = self.inner.auth(&reference, &self.auth, RegistryOperation::Push);
        self.runtime.block_on(auth).map_err(self.failed(tag, "written"))?;
        for pause in self.pauses.into_iter().map(Some).chain([None]) {
            match (self.runtime.block_on(self.put(&reference, content)), pause) {
                (Err(error), Some(pause)) if trouble(&error) == Trouble::Passing => {
                    std::thread::sleep(pause);
                    // What somebody else wrote meanwhile is not written over.
                    if self.digest(tag)?.is_some() {
                        break;
                    }
                }
                (done, _) => {
                    done.map_err(self.failed(tag, "written"))?;
                    break;
                }
            }
        }
        self.stands(content, tag)
    }

    /// Whether a manifest stands under a tag.
    ///
    /// # Errors
    ///
    /// Something else does, or the registry does not answer.
    pub fn stands(&self, content: &[u8], tag: &str) -> Result<(), OciError> {
        match self.digest(tag)? {
            Some(there) if there == digest(content) => Ok(()),
            _ => Err(OciError::Overtaken(self.shown(tag))),
        }
    }

    /// One file of what is under a tag.
    ///
    /// # Errors
    ///
    /// There is nothing, the registry does not answer or refuses, or it is no version of a contract.
    pub fn read(&self, tag: &str, name: &str) -> Result<Bytes, OciError> {
        let reference = self.reference(tag);
        let unusable = |why: String| OciError::Unusable { place: self.shown(tag), why };
        let found = self.runtime.block_on(
            self.again(|| async { self.inner.pull_manifest_raw(&reference, &self.auth, &[MANIFEST]).await }),
        );
        let content = match found {
            Ok((content, _)) => content,
            Err(error) if is_absent(&error) => return Err(OciError::Absent(self.shown(tag))),
            Err(error) => return Err(self.failed(tag, "read")(error)),
        };
        if content.len() > MAX_MANIFEST {
            return Err(unusable(format!("its manifest has more than {MAX_MANIFEST} bytes")));
        }
        let found: Manifest = serde_json::from_slice(&content).map_err(|e| unusable(e.to_string()))?;
        if found.layers.len() > MAX_FILES {
            return Err(unusable(format!("it has more than {MAX_FILES} files")));
        }
        let titled = |layer: &&super::Descriptor| layer.annotations.get(TITLE).is_some_and(|t| t == name);
        let layer =
            found.layers.iter().find(titled).ok_or_else(|| unusable(format!("it has no `{name}`")))?;
        if layer.size > MAX_BYTES {
            return Err(unusable(format!("`{name}` has more than {MAX_BYTES} bytes")));
        }
        let mut out = Vec::new();
        let got = self.runtime.block_on(async {
            // What does not have the digest that the manifest says is an error of the client.
            self.inner.pull_blob(&reference, layer.digest.as_str(), Limited::new(&mut out, layer.size)).await
        });
        got.map_err(self.failed(tag, "read"))?;
        Ok(out.into())
    }
}

/// What takes only so many bytes: a registry may send more than its manifest says.
struct Limited<'a> {
    out: &'a mut Vec<u8>,
    left: u64,
}

impl<'a> Limited<'a> {
    fn new(out: &'a mut Vec<u8>, size: u64) -> Limited<'a> {
        Limited { out, left: size }
    }
}

impl tokio::io::AsyncWrite for Limited<'_> {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            let error = std::io::Error::other("it sends more than its manifest says");
            return std::task::Poll::Ready(Err(error));
        };
        self.left = left;
        self.out.extend_from_slice(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

/// What is the trouble with a registry.
fn trouble(error: &OciDistributionError) -> Trouble {
    match error {
        // Its files were written before: where many write the same ones at once, some registry loses sight of them for a moment.
        OciDistributionError::ServerError { message, .. } if message.contains("MANIFEST_BLOB_UNKNOWN") => {
            Trouble::Passing
        }
        OciDistributionError::ServerError { code, .. } => Trouble::of_status(*code),
        OciDistributionError::RegistryError { envelope, .. } => {
            let is = |codes: &[OciErrorCode]| envelope.errors.iter().any(|e| codes.contains(&e.code));
            if is(&[OciErrorCode::Toomanyrequests, OciErrorCode::ManifestBlobUnknown]) {
                Trouble::Passing
            } else if is(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
                Trouble::Credentials
            } else {
                Trouble::Other
            }
        }
        OciDistributionError::RequestError(error) => {
            error.status().map_or(Trouble::Silent, |status| Trouble::of_status(status.as_u16()))
        }
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            Trouble::Credentials
        }
        _ => Trouble::Other,
    }
}

fn is_absent(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ImageManifestNotFoundError(_)
        | OciDistributionError::ServerError { code: 404, .. } => true,
        OciDistributionError::RegistryError { envelope, .. } => envelope.errors.iter().any(|e| {
            matches!(
                e.code,
                OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown | OciErrorCode::NotFound
            )
        }),
        OciDistributionError::RequestError(error) => error.status().is_some_and(|s| s.as_u16() == 404),
        _ => false,
    }
}
