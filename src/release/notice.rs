//! Notices to others that a version was published.
//!
//! What is sent is made with the version and kept in the repository's own folder until it was taken, so that a run that
//! dies, or a server that is down, delays a notice and does not lose it.

use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::artefacts::RELEASE;
use super::{Entry, Plan, upgrades};
use crate::config::{Hook, server_of};
use crate::findings::ChangeRecord;
use crate::machine::{FileTree, PAUSES, Web, WebError, sha256};
use crate::words::Language;

/// The header with what the body is signed with.
pub const SIGNATURE: &str = "x-protopact-signature";
/// The header with what two sendings of one notice have in common.
pub const KEY: &str = "idempotency-key";
/// How long a server may take over a notice.
const PATIENCE: Duration = Duration::from_secs(10);

/// A notice to one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Where it goes; a variable that holds it stays one, `$NAME`.
    pub url: String,
    /// What all sendings of it have in common, and no other notice.
    pub key: String,
    /// What is sent, byte for byte.
    pub body: String,
}

/// What became of a notice.
#[derive(Debug)]
pub struct Delivery {
    /// The server, without the rest of its address, which may be secret.
    pub server: String,
    /// Why it was not taken; it is kept then.
    pub error: Option<WebError>,
}

/// What is told of a version.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// How it was decided.
    pub plan: &'a Plan,
    /// What changed.
    pub changes: &'a [ChangeRecord],
    /// Whether it breaks.
    pub breaks: bool,
    /// Its tag.
    pub tag: &'a str,
    /// Its section of the changelog.
    pub notes: &'a str,
    /// The languages that the contract has packages in.
    pub languages: &'a [Language],
}

impl Told<'_> {
    /// The notices to servers.
    #[must_use]
    pub fn notices(&self, hooks: &[Hook], entry: &Entry, files: &FileTree) -> Vec<Notice> {
        let Told { plan, changes, breaks, tag, notes, languages } = *self;
        let about: Value =
            files.get(RELEASE).and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default();
        let commit = entry.draft.commit.to_string();
        let rows = upgrades(entry.previous.as_ref(), &entry.version, languages).into_iter().map(|row| {
            json!({
                "language": row.language.as_str(),
                "from": row.from,
                "to": row.to,
                "package": about["packages"][row.language.as_str()],
            })
        });
        let changes = changes.iter().filter(|change| !change.echo).map(|change| {
            json!({
                "symbol": change.symbol,
                "message": change.message,
                "bump": change.bump.as_str(),
                "fingerprint": change.fingerprint,
            })
        });
        let body = json!({
            "format": 1,
            "event": "release.published",
            "contract": entry.contract,
            "version": entry.version.to_string(),
            "previous": entry.previous.as_ref().map(ToString::to_string),
            "tag": tag,
            "commit": commit,
            "bump": plan.bump.map(|bump| bump.as_str()),
            "breaks": breaks,
            "changes": changes.collect::<Vec<_>>(),
            "upgrade": rows.collect::<Vec<_>>(),
            "notes": notes,
        });
        let key = sha256(format!("{}\n{}\n{commit}", entry.contract, entry.version).as_bytes());
        let notice =
            |hook: &Hook| Notice { url: hook.place.written(), key: key.clone(), body: body.to_string() };
        hooks.iter().map(notice).collect()
    }
}

/// What became of all notices.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// Those that were not taken.
    pub kept: Vec<Notice>,
    /// What each server did.
    pub told: Vec<Delivery>,
    /// The servers of those that go nowhere any more: no hook has their address.
    pub dropped: Vec<String>,
}

/// Sends notices. `secret` gives the value of a variable.
///
/// # Errors
///
/// The machine cannot run a client.
pub fn deliver(
    notices: Vec<Notice>,
    hooks: &[Hook],
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<Deliveries, WebError> {
    let mut all = Deliveries::default();
    if notices.is_empty() {
        return Ok(all);
    }
    let web = Web::with(PATIENCE, &PAUSES)?;
    for notice in notices {
        let hook = hooks.iter().find(|hook| hook.place.written() == notice.url);
        let Some((hook, url)) = hook.and_then(|hook| Some((hook, hook.place.address(secret)?))) else {
            // Nobody wants to hear of it there any more.
            all.dropped.push(server_of(&notice.url));
            continue;
        };
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            (KEY, notice.key.clone()),
            ("x-protopact-event", "release.published".to_owned()),
        ];
        if let Some(secret) = hook.secret.as_deref().and_then(secret) {
            let sum = hmac(secret.as_bytes(), notice.body.as_bytes());
            headers.push((SIGNATURE, format!("sha256={}", HEXLOWER.encode(&sum))));
        }
        let error = web.post(&url, notice.body.as_bytes(), &headers).err();
        let error = error.map(|error| error.of(&hook.server()));
        if error.is_some() {
            all.kept.push(notice);
        }
        all.told.push(Delivery { server: hook.server(), error });
    }
    Ok(all)
}

/// HMAC with SHA-256 (<https://www.rfc-editor.org/rfc/rfc2104>).
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    match key.len() {
        0..=BLOCK => block[..key.len()].copy_from_slice(key),
        _ => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_signed_as_everybody_does() {
        // https://www.rfc-editor.org/rfc/rfc4231: a short key, a key of a few bytes, one that is larger than a block.
        for (key, text, sum) in [
            (vec![0x0b; 20], "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(HEXLOWER.encode(&hmac(&key, text.as_bytes())), sum);
        }
    }
}
