//! Who is there: sources of instances, followed as they change.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::file::{self, Lists, ListsError};
use super::{Access, Dns, Failed, Lookup, Place, Product, back_off, consul, etcd, nacos};
use crate::text::{escape, plural};

/// How often a file is looked at.
const FILE: Duration = Duration::from_millis(250);

/// Whether an instance takes calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It does.
    #[default]
    Healthy,
    /// It is about to end, and takes no new ones.
    Draining,
    /// It is ill.
    Unhealthy,
}

/// An instance as its source has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Where its clients find it.
    pub address: SocketAddr,
    /// Whether it takes calls.
    pub health: Health,
    /// The version of its contract, where it is known.
    pub version: Option<String>,
    /// The zone that it is in; empty where that is not known.
    pub zone: String,
    /// Those of a higher number are for when none of the lower ones is healthy.
    pub priority: u8,
}

impl Found {
    /// A healthy instance at `IP:PORT`. The error is the reason why there can be none.
    pub(super) fn of(address: &str) -> Result<Found, String> {
        let address: SocketAddr = address.parse().map_err(|_| {
            format!("`{}` is no IP:PORT, and clients of gRPC look no names up", escape(address))
        })?;
        if address.port() == 0 || address.ip().is_unspecified() {
            return Err(format!("`{address}` is where nobody can be called"));
        }
        Ok(Found { address, health: Health::Healthy, version: None, zone: String::new(), priority: 0 })
    }

    /// The same of a host and the number of a port.
    pub(super) fn at(host: &str, port: &Value) -> Result<Found, String> {
        let address = match host.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]:{port}"),
            _ => format!("{host}:{port}"),
        };
        Found::of(&address)
    }
}

/// The services that are known by their names, each with its instances in the order of their addresses; `None` is for
/// those whose registry has not answered yet.
pub type Services = BTreeMap<String, Option<Vec<Found>>>;

/// Takes what there is to tell: the source, and what happened there.
pub type Say = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Where instances are found.
#[derive(Clone, Debug)]
pub enum Source {
    /// Those of one name in a registry.
    Registry(Place),
    /// The addresses that a DNS server answers for a name, all with one port.
    Dns {
        /// The server and the name.
        dns: Dns,
        /// The port.
        port: u16,
    },
    /// Those in a file that was read already.
    File {
        /// As it was typed.
        name: String,
        /// Where it is.
        path: PathBuf,
        /// What it said.
        lists: Lists,
    },
}

/// Sources that are followed until this is dropped.
#[derive(Debug)]
pub struct Followed {
    /// What they say.
    pub services: watch::Receiver<Arc<Services>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Followed {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Follows sources. Needs a tokio runtime around it. Each name has to be in one of them only; of a file that is changed
/// to hold a name of another source the last good state stays.
///
/// # Errors
///
/// The machine cannot run a client, or the certificates in `access` are none.
pub fn follow(sources: Vec<Source>, access: &Access, say: &Say) -> Result<Followed, Failed> {
    let mut services = Services::new();
    for source in &sources {
        match source {
            Source::Registry(place) => drop(services.insert(place.name.clone(), None)),
            Source::Dns { dns, .. } => drop(services.insert(dns.name.clone(), None)),
            Source::File { lists, .. } => {
                services.extend(lists.iter().map(|(name, found)| (name.clone(), Some(found.clone()))));
            }
        }
    }
    let (sender, services) = watch::channel(Arc::new(services));
    let sender = Arc::new(sender);
    let mut followed = Followed { services, tasks: Vec::new() };
    for source in sources {
        let (sender, say) = (sender.clone(), say.clone());
        followed.tasks.push(match source {
            Source::File { name, path, lists } => tokio::spawn(reread(name, path, lists, sender, say)),
            Source::Dns { dns, port } => {
                let (place, name) = (dns.to_string(), dns.name.clone());
                tokio::spawn(watch_one(dns.at(port), place, name, sender, say))
            }
            Source::Registry(place) => {
                let (text, name) = (place.to_string(), place.name.clone());
                match place.product {
                    Product::Consul => {
                        tokio::spawn(watch_one(consul::Consul::new(&place, access)?, text, name, sender, say))
                    }
                    Product::Etcd => {
                        tokio::spawn(watch_one(etcd::Etcd::new(&place, access)?, text, name, sender, say))
                    }
                    Product::Nacos => {
                        tokio::spawn(watch_one(nacos::Nacos::new(&place, access)?, text, name, sender, say))
                    }
                }
            }
        });
    }
    Ok(followed)
}

type Sender = Arc<watch::Sender<Arc<Services>>>;

/// Looks at one name again and again; `place` is what it is called where something is told.
async fn watch_one(mut lookup: impl Lookup, place: String, name: String, services: Sender, say: Say) {
    let (mut failures, mut odd) = (0_u32, Vec::new());
    loop {
        let pause = match lookup.look().await {
            Ok(look) => {
                if std::mem::take(&mut failures) > 0 {
                    say(&place, "it answers again");
                }
                if look.odd != odd {
                    for why in look.odd.iter().filter(|why| !odd.contains(*why)) {
                        say(&place, &format!("left out: {why}"));
                    }
                    odd = look.odd;
                }
                let found = sorted(look.found);
                // Nobody else writes under this name.
                let same = services.borrow().get(&name).and_then(Option::as_ref) == Some(&found);
                if !same {
                    // First told, then shown: who sees a state has heard of it.
                    say(&place, &told(&found));
                    services.send_modify(|services| {
                        drop(Arc::make_mut(services).insert(name.clone(), Some(found)));
                    });
                }
                look.next
            }
            Err(why) => {
                if failures == 0 {
                    let known = services.borrow().get(&name).is_some_and(Option::is_some);
                    let stays = if known { "; what it said last stays" } else { "" };
                    say(&place, &format!("cannot look up who is there: {why}{stays}; it is tried again"));
                }
                failures = failures.saturating_add(1);
                back_off(failures)
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Looks at a file again and again.
async fn reread(name: String, path: PathBuf, mut lists: Lists, services: Sender, say: Say) {
    let mut problem = None;
    // What was taken in last: a text that is the same says the same, and is not read once more.
    let mut taken = None;
    loop {
        tokio::time::sleep(FILE).await;
        let text = file::text(&path, &name);
        if problem.is_none() && text.as_ref().is_ok_and(|text| taken.as_ref() == Some(text)) {
            continue;
        }
        let read = text.and_then(|text| {
            let new = file::parse(&text, &path, &name)?;
            Ok((free(new, &lists, &services.borrow(), &name)?, text))
        });
        let new = match read {
            Ok((new, text)) => {
                taken = Some(text);
                new
            }
            Err(why) => {
                // A file that is being written is whole the next time, which is not worth a word; what stays is.
                let why = why.to_string();
                match &problem {
                    Some((before, false)) if *before == why => {
                        say(&name, &format!("{why}; what it said last stays"));
                        problem = Some((why, true));
                    }
                    Some((before, true)) if *before == why => {}
                    _ => problem = Some((why, false)),
                }
                continue;
            }
        };
        if let Some((_, true)) = problem.take() {
            say(&name, "it can be read again");
        }
        if new == lists {
            continue;
        }
        for gone in lists.keys().filter(|service| !new.contains_key(*service)) {
            say(&name, &format!("`{gone}` is gone"));
        }
        for (service, found) in new.iter().filter(|(service, found)| lists.get(*service) != Some(*found)) {
            say(&name, &format!("`{service}`: {}", told(found)));
        }
        services.send_modify(|services| {
            let services = Arc::make_mut(services);
            services.retain(|service, _| !lists.contains_key(service));
            services.extend(new.iter().map(|(name, found)| (name.clone(), Some(found.clone()))));
        });
        lists = new;
    }
}

/// The new state of a file, if none of its names is another source's.
fn free(new: Lists, old: &Lists, all: &Services, file: &str) -> Result<Lists, ListsError> {
    match new.keys().find(|name| all.contains_key(*name) && !old.contains_key(*name)) {
        Some(name) => Err(ListsError::Taken { file: file.to_owned(), name: name.clone() }),
        None => Ok(new),
    }
}

/// In the order of addresses, each address once: where one has several entries, the healthiest counts.
pub(super) fn sorted(mut found: Vec<Found>) -> Vec<Found> {
    found.sort();
    found.dedup_by_key(|found| found.address);
    found
}

/// What is told of a list.
fn told(found: &[Found]) -> String {
    let healthy = found.iter().filter(|found| found.health == Health::Healthy).count();
    let versions: BTreeSet<_> = found.iter().filter_map(|found| found.version.as_deref()).collect();
    let mut text = format!("{}, {healthy} healthy", plural(found.len(), "instance"));
    if !versions.is_empty() {
        let versions: Vec<_> = versions.into_iter().map(|version| escape(version).into_owned()).collect();
        text.push_str(&format!(", of {}", versions.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_there_once_and_at_its_healthiest() {
        let ill = Found { health: Health::Unhealthy, ..Found::of("10.0.0.1:1").unwrap() };
        let well = Found::of("10.0.0.1:1").unwrap();
        let other = Found::of("10.0.0.0:9").unwrap();
        assert_eq!(sorted(vec![ill, well.clone(), other.clone()]), [other, well]);
    }

    #[test]
    fn what_is_no_address_is_told() {
        for (host, port) in
            [("host.example", 1), ("10.0.0.1", 99_999), ("10.0.0.1", 0), ("0.0.0.0", 1), ("", 1)]
        {
            assert!(Found::at(host, &port.into()).is_err(), "{host}:{port}");
        }
        assert_eq!(Found::at("::1", &5.into()).unwrap().address, "[::1]:5".parse().unwrap());
    }
}
