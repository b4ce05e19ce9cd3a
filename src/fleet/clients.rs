//! The programs that call, and what is made of what they count.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::hosts::HostsFile;
use super::instances::{Instances, Number};
use super::{FleetError, Phase};
use crate::discovery::Dns;
use crate::machine::Host;
use crate::verify::process::{Process, Program};
use crate::words::Language;

/// How often clients are asked.
pub(super) const TICK: Duration = Duration::from_millis(50);
/// How long a client may take to answer; the first time it has to start.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long its first call may take, for which it has to find somebody.
pub(super) const FIRST: Duration = Duration::from_secs(45);
/// How long nothing may be wrong before calls are where they should be.
const QUIET: Duration = Duration::from_secs(1);
/// How many calls are looked at before it is said how they are spread.
const ENOUGH: u64 = 500;
/// How long it may take until calls are where they should be.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// How clients find those that they call.
pub(super) enum Way<'a> {
    /// By an xDS server.
    Xds {
        /// What they call.
        name: String,
        /// The file by which they find the server.
        bootstrap: PathBuf,
    },
    /// By the addresses of a name.
    Dns {
        /// The server that they ask, and for what.
        dns: &'a Dns,
        /// What no address says.
        port: u16,
        /// A file for what the server answers, read by who cannot ask.
        answers: PathBuf,
    },
}

/// How one is told who is there.
enum Told {
    /// It asks.
    Asks,
    /// By these addresses, which it was told.
    Addresses(Vec<SocketAddr>),
    /// By a file, which stands in for the DNS of the machine.
    File(HostsFile),
}

/// A program that calls.
pub(super) struct Client {
    /// Its language.
    pub(super) language: Language,
    process: Process,
    told: Told,
}

/// What came of calls since it was asked for the last time.
pub(super) struct Tally {
    answers: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
}

impl Client {
    /// Starts one, and has it call as it is asked to. `listed` are those that are there.
    pub(super) fn start(
        host: &Host,
        language: Language,
        program: Program,
        way: &Way<'_>,
        listed: &[SocketAddr],
        mut asked: Value,
    ) -> Result<Client, FleetError> {
        let mut program = program;
        let (target, told) = match (way, language) {
            (Way::Xds { name, bootstrap }, _) => {
                program.set.push(("GRPC_XDS_BOOTSTRAP".to_owned(), bootstrap.as_os_str().to_owned()));
                (format!("xds:///{name}"), Told::Asks)
            }
            // grpc-java asks whom the machine asks, and no other server (grpc-java#1140). The JDK takes a file in place of
            // that one; when the client asks, and how long it keeps what it has heard, stays as it is.
            (Way::Dns { dns, port, answers }, Language::Java) => {
                let mut file = HostsFile::new(answers, &dns.name)?;
                file.write(listed)?;
                let mut option = OsString::from("-Djdk.net.hosts.file=");
                option.push(answers);
                program.arguments.insert(0, option);
                (format!("dns:///{}:{port}", dns.name), Told::File(file))
            }
            (Way::Dns { dns, port, .. }, _) => {
                (format!("dns://{}/{}:{port}", dns.server, dns.name), Told::Asks)
            }
        };
        // tonic has neither: its balanced channel is told who is there.
        let told = if language == Language::Rust { Told::Addresses(Vec::new()) } else { told };
        asked["target"] = target.into();
        if matches!(way, Way::Dns { .. }) {
            // What an xDS server tells clients, and DNS does not.
            asked["balance"] = "round_robin".into();
        }
        let process = Process::start(host, &program, &[]).map_err(|e| FleetError::of_client(language, &e))?;
        let mut client = Client { language, process, told };
        client.ask(&asked)?;
        Ok(client)
    }

    fn ask(&mut self, asked: &Value) -> Result<Value, FleetError> {
        let answers = self.process.ask(std::slice::from_ref(asked), PATIENCE);
        let answers = answers.map_err(|e| FleetError::of_client(self.language, &e))?;
        let answer = answers.into_iter().next().unwrap_or_default();
        if answer["ok"] == true {
            return Ok(answer);
        }
        let what = answer["error"].as_str().unwrap_or("it said nothing").to_owned();
        Err(FleetError::Client { language: self.language, what })
    }

    /// Tells it who is there, where it does not find that out by itself.
    pub(super) fn there(&mut self, listed: &[SocketAddr]) -> Result<(), FleetError> {
        match &mut self.told {
            Told::File(file) => file.write(listed)?,
            Told::Addresses(told) if told != listed => {
                *told = listed.to_vec();
                self.ask(&json!({"id": 2, "op": "there", "addresses": listed}))?;
            }
            Told::Addresses(_) | Told::Asks => {}
        }
        Ok(())
    }

    /// What came of its calls since it was asked for the last time.
    pub(super) fn tally(&mut self) -> Result<Tally, FleetError> {
        let answer = self.ask(&json!({"id": 3, "op": "tally"}))?;
        let counts = |key: &str| {
            let all = answer[key].as_object().into_iter().flatten();
            all.filter_map(|(what, count)| Some((what.clone(), count.as_u64()?))).collect()
        };
        Ok(Tally { answers: counts("answers"), errors: counts("errors") })
    }
}

/// How calls go from one event on, until they are where they should be.
pub(super) struct Stay {
    begun: Instant,
    phase: Phase,
    /// When it was seen the last time that calls are not where they should be, or come there: an answer of somebody who
    /// should not be called, an error, the first answer of somebody who should.
    changed: Option<Instant>,
    /// Those that should be called and have answered.
    called: BTreeSet<Number>,
}

impl Stay {
    /// From this moment on.
    pub(super) fn new(begun: Instant) -> Stay {
        Stay { begun, phase: Phase::default(), changed: None, called: BTreeSet::new() }
    }

    /// Takes in what a client counted.
    pub(super) fn take(&mut self, tally: Tally, instances: &Instances<'_>, there: &BTreeSet<Number>) {
        let answers = tally.answers.into_iter().map(|(process, count)| (instances.number(&process), count));
        self.count(Instant::now(), &answers.collect::<Vec<_>>(), tally.errors, there);
    }

    fn count(
        &mut self,
        now: Instant,
        answers: &[(Number, u64)],
        errors: BTreeMap<String, u64>,
        there: &BTreeSet<Number>,
    ) {
        let wrong = !errors.is_empty() || answers.iter().any(|(number, _)| !there.contains(number));
        for (what, count) in errors {
            *self.phase.errors.entry(what).or_default() += count;
        }
        let right = || answers.iter().filter(|(number, _)| there.contains(number));
        let known = self.called.len();
        self.called.extend(right().map(|(number, _)| number));
        if wrong || self.called.len() > known {
            self.changed = Some(now);
            self.phase.spread.clear();
        } else {
            for (number, count) in right() {
                *self.phase.spread.entry(*number).or_default() += count;
            }
        }
        self.phase.answered += answers.iter().map(|(_, count)| count).sum::<u64>();
    }

    /// Whether the calls have been where they should be for long enough.
    pub(super) fn is_settled(&self, there: &BTreeSet<Number>) -> bool {
        let since = self.changed.unwrap_or(self.begun);
        since.elapsed() >= QUIET
            && self.phase.spread.values().sum::<u64>() >= ENOUGH
            && self.phase.spread.keys().eq(there)
    }

    /// Whether nobody waits any longer.
    pub(super) fn is_given_up(&self) -> bool {
        self.begun.elapsed() > LIMIT
    }

    /// What came of the calls.
    pub(super) fn told(self, there: &BTreeSet<Number>) -> Phase {
        let settled = self.is_settled(there);
        let last = self.changed.unwrap_or(self.begun);
        let noticed = settled.then(|| last.saturating_duration_since(self.begun));
        Phase { noticed, ..self.phase }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_where_they_should_be_once_nothing_was_wrong_for_a_while() {
        let begun = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
        let there = BTreeSet::from([2, 3]);
        let at = |ms: u64| begun + Duration::from_millis(ms);
        let mut stay = Stay::new(begun);
        stay.count(at(50), &[(1, 10), (2, 10), (3, 10)], BTreeMap::new(), &there);
        stay.count(
            at(100),
            &[(2, 10), (3, 10)],
            BTreeMap::from([("UNAVAILABLE: gone".to_owned(), 2)]),
            &there,
        );
        assert!(!stay.is_settled(&there), "too few calls since something was wrong");
        stay.count(at(150), &[(2, 300), (3, 310)], BTreeMap::new(), &there);
        assert!(stay.is_settled(&there));
        assert!(!stay.is_settled(&BTreeSet::from([2, 3, 4])), "one of them is not called yet");
        let phase = stay.told(&there);
        assert_eq!((phase.answered, phase.lost()), (660, 2));
        assert_eq!(phase.spread, BTreeMap::from([(2, 300), (3, 310)]));
        assert_eq!(phase.noticed, Some(Duration::from_millis(100)));
    }

    #[test]
    fn who_never_comes_to_call_the_right_ones_has_noticed_nothing() {
        let there = BTreeSet::from([2, 3]);
        let mut stay = Stay::new(Instant::now());
        stay.count(Instant::now(), &[(1, 1000), (2, 1000)], BTreeMap::new(), &there);
        assert_eq!(stay.told(&there).noticed, None);
    }
}
