use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use prost::Message as _;

use super::super::messages::{ClusterLoadAssignment, Listener, Status};
use super::*;
use crate::discovery::{Found, Health};

fn found(port: u16) -> Found {
    let address = ([127, 0, 0, 1], port).into();
    Found { address, health: Health::Healthy, version: None, zone: String::new(), priority: 0 }
}

fn services(all: &[(&str, Option<&[u16]>)]) -> Services {
    let found = |ports: &[u16]| ports.iter().copied().map(found).collect();
    all.iter().map(|(name, ports)| ((*name).to_owned(), ports.map(found))).collect()
}

fn ask(kind: Kind, names: &[&str], nonce: &str) -> DiscoveryRequest {
    DiscoveryRequest {
        type_url: kind.url(),
        resource_names: names.iter().map(|name| (*name).to_owned()).collect(),
        response_nonce: nonce.to_owned(),
        ..DiscoveryRequest::default()
    }
}

fn refuse(kind: Kind, names: &[&str], nonce: &str) -> DiscoveryRequest {
    let error = Status { code: 3, message: "no".to_owned() };
    DiscoveryRequest { error_detail: Some(error), ..ask(kind, names, nonce) }
}

/// The names in an answer of listeners or endpoints.
fn names(answer: &DiscoveryResponse) -> Vec<String> {
    let name = |any: &Any| match Kind::of(&any.type_url).unwrap() {
        Kind::Listener => Listener::decode(&*any.value).unwrap().name,
        Kind::Endpoints => ClusterLoadAssignment::decode(&*any.value).unwrap().cluster_name,
        other => panic!("{other:?}"),
    };
    answer.resources.iter().map(name).collect()
}

#[test]
fn only_what_is_asked_for_is_told_and_once() {
    let mut stream = Subscriptions::default();
    let now = services(&[("pay", Some(&[1])), ("shop", Some(&[2]))]);
    let first = stream.take(&ask(Kind::Endpoints, &["pay"], ""), &now).answer.unwrap();
    assert_eq!(names(&first), ["pay"]);
    assert_eq!(stream.take(&ask(Kind::Endpoints, &["pay"], &first.nonce), &now), Taken::default());
    // Another service changes.
    assert_eq!(stream.change(&services(&[("pay", Some(&[1])), ("shop", Some(&[3]))])), []);
    let next = stream.change(&services(&[("pay", Some(&[1, 4])), ("shop", Some(&[3]))]));
    assert_eq!(next.len(), 1);
    assert_ne!((&next[0].nonce, &next[0].version_info), (&first.nonce, &first.version_info));
    // What it was before has the version that it had.
    let back = stream.change(&now);
    assert_eq!((back[0].version_info == first.version_info, back[0].nonce == first.nonce), (true, false));
}

#[test]
fn a_name_that_is_asked_for_anew_is_told_anew() {
    let mut stream = Subscriptions::default();
    let now = services(&[("pay", Some(&[1])), ("shop", Some(&[2]))]);
    let first = stream.take(&ask(Kind::Listener, &["pay"], ""), &now).answer.unwrap();
    let both = stream.take(&ask(Kind::Listener, &["pay", "shop"], &first.nonce), &now).answer.unwrap();
    assert_eq!(names(&both), ["pay", "shop"]);
    assert_eq!(stream.take(&ask(Kind::Listener, &["pay"], &both.nonce), &now).answer, None);
    let again = stream.take(&ask(Kind::Listener, &["pay", "shop"], &both.nonce), &now).answer.unwrap();
    assert_eq!(names(&again), ["pay", "shop"]);
    // That there is none of a name is told as well, for such an answer holds all that there is.
    let none = stream.take(&ask(Kind::Listener, &["gone"], &again.nonce), &now).answer.unwrap();
    assert_eq!(names(&none), Vec::<String>::new());
    // Nothing more is wanted, which is not the same as everything.
    assert_eq!(stream.take(&ask(Kind::Listener, &[], &none.nonce), &now).answer, None);
    assert_eq!(stream.change(&services(&[("gone", Some(&[2]))])), []);
}

#[test]
fn a_refusal_is_told_once_and_not_answered_with_the_same() {
    let mut stream = Subscriptions::default();
    let now = services(&[("pay", Some(&[1]))]);
    let first = stream.take(&ask(Kind::Endpoints, &["pay"], ""), &now).answer.unwrap();
    let taken = stream.take(&refuse(Kind::Endpoints, &["pay"], &first.nonce), &now);
    let refused = Refused { kind: Kind::Endpoints, version: first.version_info, why: "no".to_owned() };
    assert_eq!(taken, Taken { answer: None, refused: Some(refused) });
    assert_eq!(stream.take(&refuse(Kind::Endpoints, &["pay"], &first.nonce), &now), Taken::default());
    assert_eq!(stream.change(&now), []);
    let next = stream.change(&services(&[("pay", Some(&[2]))]));
    assert_eq!(next.len(), 1);
    assert!(stream.take(&refuse(Kind::Endpoints, &["pay"], &next[0].nonce), &now).refused.is_some());
}

#[test]
fn what_comes_late_and_what_is_unknown_is_not_answered() {
    let mut stream = Subscriptions::default();
    let now = services(&[("pay", Some(&[1]))]);
    let first = stream.take(&ask(Kind::Endpoints, &["pay"], ""), &now).answer.unwrap();
    let second = stream.change(&services(&[("pay", Some(&[2]))]));
    assert_eq!(second.len(), 1);
    // The client had not seen the second one yet: neither its names nor its refusal count.
    assert_eq!(stream.take(&ask(Kind::Endpoints, &["pay", "x"], &first.nonce), &now), Taken::default());
    assert_eq!(stream.take(&refuse(Kind::Endpoints, &["pay"], &first.nonce), &now), Taken::default());
    let odd = DiscoveryRequest {
        type_url: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret".to_owned(),
        ..ask(Kind::Endpoints, &["pay"], "")
    };
    assert_eq!(stream.take(&odd, &now), Taken::default());
}

#[test]
fn of_what_is_not_known_yet_nothing_is_told() {
    let mut stream = Subscriptions::default();
    let now = services(&[("pay", None)]);
    let listener = stream.take(&ask(Kind::Listener, &["pay"], ""), &now).answer.unwrap();
    assert_eq!(names(&listener), ["pay"]);
    assert_eq!(stream.take(&ask(Kind::Endpoints, &["pay"], ""), &now), Taken::default());
    // That nobody is there is knowledge.
    let told = stream.change(&services(&[("pay", Some(&[]))]));
    assert_eq!(told.iter().map(names).collect::<Vec<_>>(), [["pay"]]);
}

#[test]
fn who_comes_back_to_a_name_is_told_of_it_again() {
    let mut stream = Subscriptions::default();
    let (there, gone) = (services(&[("pay", Some(&[1]))]), services(&[]));
    let first = stream.take(&ask(Kind::Endpoints, &["pay"], ""), &there).answer.unwrap();
    assert_eq!(stream.change(&gone), []);
    // It asks for something else, of which nothing is known, and forgets what it had.
    assert_eq!(stream.take(&ask(Kind::Endpoints, &["shop"], &first.nonce), &gone).answer, None);
    assert_eq!(stream.take(&ask(Kind::Endpoints, &["pay"], &first.nonce), &gone).answer, None);
    let told = stream.change(&there);
    assert_eq!(told.iter().map(names).collect::<Vec<_>>(), [["pay"]]);
}

#[test]
fn who_names_nothing_wants_everything() {
    let mut stream = Subscriptions::default();
    let now = services(&[("pay", Some(&[1])), ("shop", Some(&[2]))]);
    let all = stream.take(&ask(Kind::Listener, &[], ""), &now).answer.unwrap();
    assert_eq!(names(&all), ["pay", "shop"]);
    assert_eq!(stream.take(&ask(Kind::Listener, &[], &all.nonce), &now).answer, None);
    let less = stream.change(&services(&[("shop", Some(&[2]))]));
    assert_eq!(less.iter().map(names).collect::<Vec<_>>(), [["shop"]]);
    // Endpoints are asked for by name.
    assert_eq!(stream.take(&ask(Kind::Endpoints, &[], ""), &now).answer, None);
}

#[derive(Clone, Debug)]
enum Step {
    /// The client asks for these of three names, and has seen the last answer, or the one before, or refuses the last.
    Ask(u8, u8),
    /// The services become these: a bit a name, and a port for all.
    Change(u8, u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..8, 0_u8..3).prop_map(|(names, how)| Step::Ask(names, how)),
        (0_u8..8, 1_u16..4).prop_map(|(names, port)| Step::Change(names, port)),
    ]
}

const NAMES: [&str; 3] = ["a", "b", "c"];

fn picked(bits: u8) -> Vec<&'static str> {
    NAMES.into_iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0).map(|(_, name)| name).collect()
}

proptest! {
    /// Whatever comes in whatever order: nonces never repeat; answers hold nothing that was not asked for; a client that
    /// has seen all answers knows of each name that it asks for what is so.
    #[test]
    fn clients_end_up_with_what_is_so(steps in prop::collection::vec(step(), 1..40)) {
        let mut stream = Subscriptions::default();
        let mut now = Services::new();
        let (mut asked, mut nonces): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
        let mut known: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for step in steps {
            let late = matches!(step, Step::Ask(_, 1)) && nonces.len() > 1;
            let answers = match step {
                Step::Ask(names, how) => {
                    let names = picked(names);
                    let nonce = nonces.iter().rev().nth(usize::from(late)).cloned().unwrap_or_default();
                    let request = if how == 2 && !nonce.is_empty() {
                        refuse(Kind::Endpoints, &names, &nonce)
                    } else {
                        ask(Kind::Endpoints, &names, &nonce)
                    };
                    if !late {
                        asked = names;
                        known.retain(|name, _| asked.contains(&&**name));
                    }
                    Vec::from_iter(stream.take(&request, &now).answer)
                }
                Step::Change(names, port) => {
                    let names = picked(names);
                    let ports = [port];
                    now = services(&names.iter().map(|name| (*name, Some(&ports[..]))).collect::<Vec<_>>());
                    stream.change(&now)
                }
            };
            prop_assert!(!late || answers.is_empty());
            for answer in answers {
                prop_assert!(!nonces.contains(&answer.nonce));
                nonces.push(answer.nonce.clone());
                for (name, any) in names(&answer).into_iter().zip(&answer.resources) {
                    prop_assert!(asked.contains(&&*name));
                    known.insert(name, any.value.clone());
                }
            }
            for name in &asked {
                if let Some(there) = Kind::Endpoints.resource(name, &now) {
                    prop_assert_eq!(known.get(*name), Some(&there.value));
                }
            }
        }
        prop_assert_eq!(nonces.iter().collect::<BTreeSet<_>>().len(), nonces.len());
    }
}
