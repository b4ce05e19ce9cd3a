//! Calls that are spread over the instances of a service, as the file says that `protopact discover` takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How many changes wait to be taken in.
const ROOM: usize = 64;

/// A channel to the healthy instances of the service `name` in a file of JSON. It follows the file until the program ends;
/// calls wait while nobody is there.
pub fn balanced(file: PathBuf, name: String) -> Channel {
    let (channel, changes) = Channel::balance_channel(ROOM);
    tokio::spawn(async move {
        let mut known = BTreeSet::new();
        loop {
            // A file that cannot be read leaves everybody where they are.
            if let Some(now) = read(&file, &name) {
                let gone = known.difference(&now).cloned().map(Change::Remove);
                let new = now.difference(&known).filter_map(|address: &String| {
                    let endpoint = Endpoint::from_shared(format!("http://{address}")).ok()?;
                    Some(Change::Insert(address.clone(), endpoint))
                });
                for change in gone.chain(new) {
                    if changes.send(change).await.is_err() {
                        return;
                    }
                }
                known = now;
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    channel
}

/// The addresses of those that take calls.
fn read(file: &Path, name: &str) -> Option<BTreeSet<String>> {
    let text = std::fs::read(file).ok()?;
    let lists: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let instances = lists.get("services")?.get(name)?.as_array()?;
    let healthy = instances.iter().filter(|one| one.get("health").is_none_or(|health| health == "healthy"));
    Some(healthy.filter_map(|one| one.get("address").unwrap_or(one).as_str()).map(str::to_owned).collect())
}
