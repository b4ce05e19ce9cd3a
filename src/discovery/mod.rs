//! Registries of running services: Consul, etcd, Nacos; and DNS, which is asked only.
//!
//! [`Place`] says which registry and under which name; [`Instance`] what is there; [`enter`] keeps the instance
//! registered until [`Entry::leave`], [`follow`] keeps an account of who is registered. A registry that is down is no
//! reason to stop serving, nor to forget who was there: it is asked again, less and less often, and that is told once, as
//! is when it works again.

mod consul;
mod dns;
mod etcd;
mod file;
mod follow;
mod nacos;
mod place;
mod web;

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use dns::{Dns, DnsError};
pub use file::{Lists, ListsError, read as read_lists};
pub use follow::{Followed, Found, Health, Say, Services, Source, follow};
pub use place::{Place, PlaceError, Product};
pub use web::{Access, Failed};

/// How soon a registry is asked again that did not answer, and how late at most.
const FIRST: Duration = Duration::from_millis(500);
const LAST: Duration = Duration::from_secs(15);

/// How long a registry may take to let an instance go.
const PARTING: Duration = Duration::from_secs(5);

/// A service that runs somewhere.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Where its clients find it.
    pub address: SocketAddr,
    /// Whether they have to use TLS.
    pub tls: bool,
    /// What is known about it: the version of its contract and the like, in the words of the registry's readers.
    pub facts: BTreeMap<String, String>,
}

/// Takes what there is to tell: the place, and what happened there.
pub type Tell = Arc<dyn Fn(&Place, &str) + Send + Sync>;

/// One kind of registry.
trait Registry: Lookup {
    /// Registers the instance, or says that it is still there. Gives how soon that has to be said again.
    fn hold(&mut self, instance: &Instance) -> impl Future<Output = Result<Duration, Failed>> + Send;

    /// Takes the instance out.
    fn part(&mut self, instance: &Instance) -> impl Future<Output = Result<(), Failed>> + Send;
}

/// What knows who is there under one name.
trait Lookup: Send {
    /// Says who is there. What can wait for a change does so the second time.
    fn look(&mut self) -> impl Future<Output = Result<Look, Failed>> + Send;
}

/// Who is registered under a name.
struct Look {
    found: Vec<Found>,
    /// Entries that are none for clients of gRPC, each with the reason.
    odd: Vec<String>,
    /// How soon to look again.
    next: Duration,
}

/// How often registries are looked at that do not wait for a change.
const LOOK: Duration = Duration::from_secs(1);

/// An instance in a registry.
#[derive(Debug)]
pub struct Entry {
    leaving: CancellationToken,
    task: JoinHandle<()>,
}

impl Entry {
    /// Takes the instance out of the registry. Waits until the registry has said that it did so, some seconds at most.
    pub async fn leave(self) {
        self.leaving.cancel();
        let _ = self.task.await;
    }
}

/// Enters an instance into a registry and keeps it there. Needs a tokio runtime around it.
///
/// # Errors
///
/// The machine cannot run the client, or the certificates in `access` are none.
pub fn enter(place: &Place, instance: Instance, access: &Access, tell: Tell) -> Result<Entry, Failed> {
    let leaving = CancellationToken::new();
    let (place, token) = (place.clone(), leaving.clone());
    let task = match place.product {
        Product::Consul => {
            tokio::spawn(keep(consul::Consul::new(&place, access)?, place, instance, tell, token))
        }
        Product::Etcd => tokio::spawn(keep(etcd::Etcd::new(&place, access)?, place, instance, tell, token)),
        Product::Nacos => {
            tokio::spawn(keep(nacos::Nacos::new(&place, access)?, place, instance, tell, token))
        }
    };
    Ok(Entry { leaving, task })
}

async fn keep(
    mut registry: impl Registry,
    place: Place,
    instance: Instance,
    tell: Tell,
    leaving: CancellationToken,
) {
    let (mut there, mut failures) = (false, 0_u32);
    loop {
        let held = tokio::select! {
            held = registry.hold(&instance) => held,
            () = leaving.cancelled() => break,
        };
        let pause = match held {
            Ok(pause) => {
                if !there {
                    tell(&place, &format!("{} is registered", instance.address));
                }
                (there, failures) = (true, 0);
                pause
            }
            Err(why) => {
                if failures == 0 {
                    tell(&place, &format!("cannot register {}: {why}; it is tried again", instance.address));
                }
                (there, failures) = (false, failures.saturating_add(1));
                back_off(failures)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = leaving.cancelled() => break,
        }
    }
    // What was asked for last may have been done without an answer.
    match tokio::time::timeout(PARTING, registry.part(&instance)).await {
        Ok(Ok(())) => tell(&place, &format!("{} is taken out", instance.address)),
        Ok(Err(why)) if there => tell(&place, &format!("cannot take {} out: {why}", instance.address)),
        Err(_) if there => tell(&place, &format!("cannot take {} out: no answer", instance.address)),
        Ok(Err(_)) | Err(_) => {}
    }
}

/// How long to wait after so many failures: twice as long each time, and not all instances at one moment.
fn back_off(failures: u32) -> Duration {
    let most = FIRST.saturating_mul(1 << (failures.saturating_sub(1)).min(10)).min(LAST);
    let part = u32::try_from(RandomState::new().hash_one(failures) % 1000).unwrap_or_default();
    most / 2 + most / 2 * part / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_asked_less_and_less_often() {
        for (failures, least, most) in
            [(1, 250, 500), (2, 500, 1000), (5, 4000, 8000), (6, 7500, 15_000), (90, 7500, 15_000)]
        {
            let pause = back_off(failures);
            assert!(
                (Duration::from_millis(least)..=Duration::from_millis(most)).contains(&pause),
                "{failures}: {pause:?}"
            );
        }
    }
}
