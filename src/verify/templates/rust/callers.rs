//! Calls one method again and again from several callers, wherever its instances are, and counts what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use serde_json::{json, Value};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};
use tonic::Status;

use crate::client::PATIENCE;

/// The metadata in which an instance says which one it is, when it is asked.
const INSTANCE: &str = "protopact-instance";

/// How many changes wait to be taken in.
const ROOM: usize = 64;

/// What has come of calls since it was last asked for.
#[derive(Default)]
struct Counts {
    answers: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
}

static COUNTS: Mutex<Counts> = Mutex::new(Counts { answers: BTreeMap::new(), errors: BTreeMap::new() });

/// Those who are called.
struct There {
    changes: mpsc::Sender<Change<String, Endpoint>>,
    known: Mutex<BTreeSet<String>>,
}

static THERE: OnceLock<There> = OnceLock::new();

fn count(which: fn(&mut Counts) -> &mut BTreeMap<String, u64>, what: String) {
    let mut counts = COUNTS.lock().expect("nobody panics with it");
    *which(&mut counts).entry(what).or_default() += 1;
}

/// Asks an instance which one it is.
pub fn asked(metadata: &mut MetadataMap) {
    metadata.insert(INSTANCE, MetadataValue::from_static("1"));
}

/// Counts an answer.
pub fn answered(metadata: &MetadataMap) {
    let who = metadata.get(INSTANCE).and_then(|who| who.to_str().ok()).unwrap_or_default();
    count(|counts| &mut counts.answers, who.to_owned());
}

/// Has several callers call one after the other, for as long as the program runs.
pub fn begin<F, C>(one: F, channel: Channel, callers: u64)
where
    F: Fn(Channel) -> C + Clone + Send + Sync + 'static,
    C: Future<Output = Result<(), Status>> + Send + 'static,
{
    for _ in 0..callers {
        let (one, channel) = (one.clone(), channel.clone());
        tokio::spawn(async move {
            loop {
                let made = tokio::time::timeout(Duration::from_millis(PATIENCE), one(channel.clone())).await;
                let made = made.unwrap_or_else(|_| Err(Status::deadline_exceeded("given up by the driver")));
                if let Err(status) = made {
                    count(|counts| &mut counts.errors, format!("{:?}: {}", status.code(), status.message()));
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    }
}

/// The channel over all instances, which are told by `there`.
pub fn channel() -> Channel {
    let (channel, changes) = Channel::balance_channel(ROOM);
    let _ = THERE.set(There { changes, known: Mutex::default() });
    channel
}

/// Takes in who is there now.
pub fn there(runtime: &Runtime, request: &Value) -> Value {
    let addresses = request["addresses"].as_array().into_iter().flatten();
    let now: BTreeSet<String> = addresses.filter_map(|one| one.as_str().map(str::to_owned)).collect();
    if let Some(there) = THERE.get() {
        let mut known = there.known.lock().expect("nobody panics with it");
        let gone = known.difference(&now).cloned().map(Change::Remove);
        let new = now.difference(&known).filter_map(|address: &String| {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).ok()?;
            Some(Change::Insert(address.clone(), endpoint))
        });
        for change in gone.chain(new) {
            let _ = runtime.block_on(there.changes.send(change));
        }
        *known = now;
    }
    json!({"id": request["id"], "ok": true})
}

/// What has come of the calls since it was last asked for.
pub fn tally(request: &Value) -> Value {
    let counts = std::mem::take(&mut *COUNTS.lock().expect("nobody panics with it"));
    json!({"id": request["id"], "ok": true, "answers": counts.answers, "errors": counts.errors})
}
