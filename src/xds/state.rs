//! One stream's account of what its client asked for, was told and took: state of the world
//! (<https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol>).

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::Any;
use sha2::{Digest as _, Sha256};

use super::messages::{DiscoveryRequest, DiscoveryResponse};
use super::resources::Kind;
use crate::discovery::Services;

/// What a request leads to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Taken {
    /// What is to be sent.
    pub(super) answer: Option<DiscoveryResponse>,
    /// What the client does not take: of which kind, in which version, and why.
    pub(super) refused: Option<Refused>,
}

/// An answer that the client does not take.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) kind: Kind,
    pub(super) version: String,
    pub(super) why: String,
}

/// What a client asked for and was told, by the kind of resource.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    kinds: BTreeMap<Kind, Subscription>,
    /// How many answers there were: what answers are called by.
    answers: u64,
}

#[derive(Debug, Default)]
struct Subscription {
    names: BTreeSet<String>,
    /// Everything is wanted: no name was ever said.
    all: bool,
    sent: Option<Sent>,
}

/// The last answer.
#[derive(Debug)]
struct Sent {
    nonce: String,
    version: String,
    resources: BTreeMap<String, Any>,
    /// The client has said that it does not take it.
    refused: bool,
}

impl Subscription {
    /// Sets what is asked for; says whether there is anything in it that was not asked for before.
    fn ask(&mut self, names: &[String], whole: bool) -> bool {
        let first = self.sent.is_none() && self.names.is_empty();
        let before = (self.all, std::mem::take(&mut self.names));
        self.names = names.iter().filter(|name| *name != "*").cloned().collect();
        // Without a name it is everything, but for those who have asked for names before and do so no more.
        let none_ever = names.is_empty() && (before.0 || first);
        self.all = whole && (none_ever || names.iter().any(|name| name == "*"));
        (self.all && !before.0) || !self.names.is_subset(&before.1)
    }

    fn resources(&self, kind: Kind, services: &Services) -> BTreeMap<String, Any> {
        let all = services.keys().filter(|_| self.all);
        let names: BTreeSet<&String> = self.names.iter().chain(all).collect();
        names.into_iter().filter_map(|name| Some((name.clone(), kind.resource(name, services)?))).collect()
    }
}

impl Subscriptions {
    /// Takes a request: the first of its kind, a change of what is asked for, or what the client thinks of an answer.
    pub(super) fn take(&mut self, request: &DiscoveryRequest, services: &Services) -> Taken {
        // Kinds that nobody here knows have no resources, and to say so would be an answer without a type.
        let Some(kind) = Kind::of(&request.type_url) else { return Taken::default() };
        let subscription = self.kinds.entry(kind).or_default();
        let mut refused = None;
        if let Some(sent) = subscription.sent.as_mut().filter(|_| !request.response_nonce.is_empty()) {
            if request.response_nonce != sent.nonce {
                // It was sent before the client saw the last answer; what it asks for comes again with its answer to that.
                return Taken::default();
            }
            if let Some(error) = request.error_detail.as_ref().filter(|_| !sent.refused) {
                sent.refused = true;
                let (version, why) = (sent.version.clone(), error.message.clone());
                refused = Some(Refused { kind, version, why });
            }
        }
        let more = subscription.ask(&request.resource_names, kind.whole());
        let Subscription { names, all, sent } = subscription;
        let first = sent.is_none();
        // What it no longer asks for is gone without a word, also where there is nothing to say of what it asks for now.
        if let Some(sent) = sent {
            sent.resources.retain(|name, _| *all || names.contains(name));
        }
        let answer = if more || first { self.answer(kind, services, true) } else { None };
        Taken { answer, refused }
    }

    /// What is to be sent after a change of the services.
    pub(super) fn change(&mut self, services: &Services) -> Vec<DiscoveryResponse> {
        let kinds: Vec<Kind> = self.kinds.keys().copied().collect();
        kinds.into_iter().filter_map(|kind| self.answer(kind, services, false)).collect()
    }

    /// An answer, where there is something to say: something else than was said last, or `anew` the same.
    fn answer(&mut self, kind: Kind, services: &Services, anew: bool) -> Option<DiscoveryResponse> {
        let subscription = self.kinds.get_mut(&kind)?;
        let resources = subscription.resources(kind, services);
        // Of these kinds nothing is gone because it is not in an answer, so an empty one says nothing.
        if resources.is_empty() && !kind.whole() {
            return None;
        }
        if !anew && subscription.sent.as_ref().is_some_and(|sent| sent.resources == resources) {
            return None;
        }
        self.answers += 1;
        let nonce = self.answers.to_string();
        let version = version(&resources);
        let listed = resources.values().cloned().collect();
        subscription.sent =
            Some(Sent { nonce: nonce.clone(), version: version.clone(), resources, refused: false });
        Some(DiscoveryResponse { version_info: version, resources: listed, type_url: kind.url(), nonce })
    }
}

/// The version of a set of resources: the same for the same set, whenever and by whichever server it is sent.
fn version(resources: &BTreeMap<String, Any>) -> String {
    let mut hash = Sha256::new();
    for resource in resources.values() {
        hash.update(resource.encode_length_delimited_to_vec());
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests;
