//! The instances: processes that start, leave and are killed, and where it is known which of them are there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::clients::TICK;
use super::hosts::HostsFile;
use super::seats::Seats;
use super::{FleetError, NAME, Plan};
use crate::discovery::{Dns, Failed, Followed, Found, Health, Say, Services, Source, follow};
use crate::machine::run::Call;
use crate::machine::{NoLine, Talk};

/// Which instance it is, from 1, in the order in which they came.
pub(super) type Number = usize;

/// How long an instance may take to serve.
const START: Duration = Duration::from_secs(60);
/// How long an instance may take to end, beside its delay: its calls in flight may go on.
const END: Duration = Duration::from_secs(60);

/// One that runs.
struct Server {
    talk: Talk,
    address: SocketAddr,
}

/// Where it is known who is there.
enum Who {
    /// Here.
    Ours(watch::Sender<Arc<Services>>),
    /// In a registry.
    Registry(Followed),
    /// In DNS, by a registry, or by a file that is written here.
    Dns { followed: Followed, seats: Seats, file: Option<HostsFile> },
}

/// All instances. Dropping them ends those that run.
pub(super) struct Instances<'a> {
    plan: &'a Plan<'a>,
    contracts: [PathBuf; 2],
    who: Who,
    /// What was said last of who is there, or that it cannot be told.
    said: Arc<Mutex<String>>,
    running: BTreeMap<Number, Server>,
    /// Where those are that everybody is told of, where no registry tells.
    listing: Vec<SocketAddr>,
    /// Where those were that are gone.
    gone: BTreeMap<Number, SocketAddr>,
    /// Who had which process.
    processes: BTreeMap<String, Number>,
    /// The one that was asked to end, and when.
    leaving: Option<(Number, Server, Instant)>,
}

impl<'a> Instances<'a> {
    /// None yet. `contracts` are the files that they serve, by version.
    pub(super) fn new(
        plan: &'a Plan<'a>,
        runtime: &Runtime,
        contracts: [PathBuf; 2],
    ) -> Result<Instances<'a>, FleetError> {
        let said = Arc::new(Mutex::new(String::new()));
        let kept = said.clone();
        let keep: Say = Arc::new(move |_, what| {
            if let Ok(mut said) = kept.lock() {
                what.clone_into(&mut said);
            }
        });
        let _inside = runtime.enter();
        let who = match (&plan.dns, &plan.registry) {
            (Some(by), _) => {
                // One comes on top of those that are there at first.
                let seats = Seats::new(u8::try_from(plan.count + 1).unwrap_or(u8::MAX))?;
                let file = by.hosts.as_deref().map(|path| HostsFile::new(path, &by.dns.name)).transpose()?;
                // A server that is not there, or has nothing to say, need not be waited for; one that does not have the
                // name yet may.
                match runtime.block_on(by.dns.addresses()) {
                    Ok(_) | Err(Failed::Unwell(_)) => {}
                    Err(source) => return Err(FleetError::Dns { dns: by.dns.to_string(), source }),
                }
                let source = Source::Dns { dns: by.dns.clone(), port: seats.port };
                Who::Dns { followed: follow(vec![source], &plan.access, &keep)?, seats, file }
            }
            (None, None) => {
                let nobody = Services::from([(NAME.to_owned(), Some(Vec::new()))]);
                Who::Ours(watch::Sender::new(Arc::new(nobody)))
            }
            (None, Some((_, place))) => {
                Who::Registry(follow(vec![Source::Registry(place.clone())], &plan.access, &keep)?)
            }
        };
        let (running, gone, processes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let listing = Vec::new();
        Ok(Instances { plan, contracts, who, said, running, listing, gone, processes, leaving: None })
    }

    /// The name of the service.
    pub(super) fn name(&self) -> &str {
        match (&self.plan.dns, &self.plan.registry) {
            (Some(by), _) => &by.dns.name,
            (None, Some((_, place))) => &place.name,
            (None, None) => NAME,
        }
    }

    /// What clients ask for them and with which port, where they ask DNS.
    pub(super) fn dns(&self) -> Option<(&'a Dns, u16)> {
        let Who::Dns { seats, .. } = &self.who else { return None };
        self.plan.dns.as_ref().map(|by| (&by.dns, seats.port))
    }

    /// Who is there, as it changes.
    pub(super) fn services(&self) -> watch::Receiver<Arc<Services>> {
        match &self.who {
            Who::Ours(sender) => sender.subscribe(),
            Who::Registry(followed) | Who::Dns { followed, .. } => followed.services.clone(),
        }
    }

    /// The addresses of those that take calls, as everybody is told.
    pub(super) fn listed(&self) -> Vec<SocketAddr> {
        let services = self.services();
        let services = services.borrow();
        let found = services.get(self.name()).and_then(Option::as_ref).into_iter().flatten();
        found.filter(|one| one.health == Health::Healthy).map(|one| one.address).collect()
    }

    /// Waits until everybody is told of all that run.
    ///
    /// # Errors
    ///
    /// The registry never lists one of them.
    pub(super) fn wait_until_listed(&self) -> Result<(), FleetError> {
        let begun = Instant::now();
        loop {
            let listed = self.listed();
            let missing = self.running.iter().find(|(_, one)| !listed.contains(&one.address));
            let Some((number, one)) = missing else { return Ok(()) };
            if begun.elapsed() > START {
                let who = match &self.plan.dns {
                    Some(by) => format!("the DNS server {} does not answer it", by.dns.server),
                    None => "the registry does not list it".to_owned(),
                };
                let said = self.said.lock().map(|said| said.clone()).unwrap_or_default();
                let what = format!("is at {}, and {who}: {said}", one.address);
                return Err(FleetError::Instance { number: *number, what });
            }
            std::thread::sleep(TICK);
        }
    }

    /// Which instance a process was; 0 for what was none of them.
    pub(super) fn number(&self, process: &str) -> Number {
        self.processes.get(process).copied().unwrap_or_default()
    }

    /// Starts one more, which serves the earlier version (0) or the later one (1), and lets everybody know.
    pub(super) fn join(&mut self, version: usize) -> Result<Number, FleetError> {
        let number = self.processes.len() + 1;
        let contract = &self.contracts[version];
        let folder = contract.parent().unwrap_or(contract);
        let mut arguments: Vec<OsString> = vec!["--quiet".into(), "serve".into(), contract.into()];
        arguments.extend(["--log".into(), "off".into()]);
        if let Who::Dns { seats, .. } = &mut self.who {
            let seat = seats
                .take()
                .ok_or(FleetError::Instance { number, what: "has no address left".to_owned() })?;
            arguments.extend(["--listen".into(), seat.to_string().into()]);
        }
        if let Some((typed, _)) = &self.plan.registry {
            let delay = self.plan.drain_delay.as_secs().to_string();
            arguments.extend(["--register".into(), typed.into(), "--drain-delay".into(), delay.into()]);
        }
        let failed = |what: String| FleetError::Instance { number, what };
        let program = &self.plan.server;
        let call = Call { name: "protopact serve", program, arguments, folder, input: b"", set: Vec::new() };
        let talk = Talk::start(self.plan.sdk.around.host, &call);
        let mut talk =
            talk.map_err(|e| failed(format!("cannot be started from `{}`: {e}", program.display())))?;
        let line = talk.read(START).map_err(|_| failed(format!("does not serve: {}", talk.said())))?;
        let address = line.strip_prefix("listening on ").and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| failed(format!("says `{line}`, and not where it listens")))?;
        self.processes.insert(talk.id().to_string(), number);
        self.running.insert(number, Server { talk, address });
        self.listing.push(address);
        self.list()?;
        Ok(number)
    }

    /// Lets everybody know that one takes no more calls.
    pub(super) fn unlist(&mut self, number: Number) -> Result<(), FleetError> {
        let running = self.running.get(&number).map(|server| server.address);
        let gone = running.or_else(|| self.gone.get(&number).copied());
        self.listing.retain(|address| Some(*address) != gone);
        self.list()
    }

    /// Tells who is there, where no registry does.
    fn list(&mut self) -> Result<(), FleetError> {
        match &mut self.who {
            Who::Ours(sender) => {
                let found = |address: &SocketAddr| Found {
                    address: *address,
                    health: Health::Healthy,
                    version: None,
                    zone: String::new(),
                    priority: 0,
                };
                let found = self.listing.iter().map(found).collect();
                sender.send_replace(Arc::new(Services::from([(NAME.to_owned(), Some(found))])));
                Ok(())
            }
            Who::Dns { file: Some(file), .. } => file.write(&self.listing),
            Who::Registry(_) | Who::Dns { file: None, .. } => Ok(()),
        }
    }

    /// Ends one at once, without a word to anybody.
    pub(super) fn kill(&mut self, number: Number) {
        if let Some(server) = self.running.remove(&number) {
            self.gone.insert(number, server.address);
        }
    }

    /// Asks one to end, as its host does.
    pub(super) fn ask_to_end(&mut self, number: Number) -> Result<(), FleetError> {
        if let Some(server) = self.running.remove(&number) {
            let asked = server.talk.ask_to_end();
            asked
                .map_err(|e| FleetError::Instance { number, what: format!("cannot be asked to end: {e}") })?;
            self.leaving = Some((number, server, Instant::now()));
        }
        Ok(())
    }

    /// Whether the one that was asked to end has.
    ///
    /// # Errors
    ///
    /// It does not.
    pub(super) fn has_ended(&mut self) -> Result<bool, FleetError> {
        let Some((number, server, asked)) = &mut self.leaving else { return Ok(true) };
        match server.talk.read(Duration::ZERO) {
            Err(NoLine::Ended) => {
                self.leaving = None;
                Ok(true)
            }
            _ if asked.elapsed() > END + self.plan.drain_delay => {
                let (number, what) = (*number, "was asked to end, and does not".to_owned());
                Err(FleetError::Instance { number, what })
            }
            _ => Ok(false),
        }
    }
}
