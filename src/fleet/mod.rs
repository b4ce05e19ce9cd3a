//! Instances of a service that come and go under the clients of a contract: who loses calls, and how long it takes until a
//! client has noticed.
//!
//! [`run`] starts [instances](instances) of the reference service, which serve the earlier version, and a program of each
//! language on the earlier version's package ([`clients`]) that calls them without pause. It finds them by xDS, or in Rust
//! over the balanced channel of its library; who is there is known from a registry, or from this program itself. Then one
//! instance leaves as its host asks it to, one is killed, and one joins that serves the later version: the steps of a
//! rollout. What came out is a [`Rollout`], told by [`tell`].

mod clients;
mod hosts;
mod instances;
mod seats;
pub mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use serde_json::json;
use thiserror::Error;

use self::clients::{Client, LIMIT, Stay, Way};
use self::instances::{Instances, Number};
use crate::compile::output::{SetOptions, descriptor_set};
use crate::discovery::{Access, Dns, Failed, Place, Say};
use crate::machine::Scratch;
use crate::verify::build::{self, Builder};
use crate::verify::part::{Lack, PartError, Skip, parts};
use crate::verify::process::{ProcessError, Program};
use crate::verify::sdk::Sdk;
use crate::verify::side::Side;
use crate::wire::sample::tame;
use crate::words::{CallKind, Language};
use crate::xds::{XdsError, XdsServer, bootstrap};

/// How many callers each program has at the same time.
pub const CALLERS: u64 = 24;
/// What the service is called where no registry has a name for it.
const NAME: &str = "instances";
/// How long an instance that was killed stays in the list of this program: what a health check takes to see it.
const CHECK: Duration = Duration::from_secs(3);

/// What a run is to do.
#[derive(Debug)]
pub struct Plan<'a> {
    /// How packages are made.
    pub sdk: Sdk<'a>,
    /// The earlier version, whose clients call and which the instances serve, and the later one, which the one serves that
    /// joins.
    pub sides: &'a [Side; 2],
    /// The languages that take part, in the order of output.
    pub languages: Vec<Language>,
    /// Languages of those that must.
    pub required: Vec<Language>,
    /// How many instances there are at first; three at least, for two go.
    pub count: usize,
    /// The registry in which they enter themselves, as it was typed and as it is meant; without one this program tells
    /// who is there.
    pub registry: Option<(String, Place)>,
    /// How clients find them by DNS; without it they do so by xDS.
    pub dns: Option<ByDns>,
    /// What registries want to know.
    pub access: Access,
    /// How long clients may take to notice that an instance is about to go, before it refuses calls.
    pub drain_delay: Duration,
    /// The program whose `serve` an instance is.
    pub server: PathBuf,
    /// Never use the network to build.
    pub offline: bool,
    /// The folder in which programs are built and kept.
    pub programs: &'a Path,
}

/// How clients find instances by DNS.
#[derive(Clone, Debug)]
pub struct ByDns {
    /// The server that they ask, and for what.
    pub dns: Dns,
    /// The file that the server reads, in which this program says who is there; without one a registry has to.
    pub hosts: Option<PathBuf>,
}

/// What happens, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// All are there.
    Steady,
    /// One leaves as its host asks it to.
    Leaves,
    /// One is killed.
    Killed,
    /// One joins.
    Joins,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 4] = [Event::Steady, Event::Leaves, Event::Killed, Event::Joins];

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Steady => "steady",
            Event::Leaves => "leaves",
            Event::Killed => "killed",
            Event::Joins => "joins",
        }
    }

    /// Whether no call may fail: only what is killed can lose some.
    #[must_use]
    pub fn loses_nothing(self) -> bool {
        self != Event::Killed
    }

    /// Whether clients have to notice: by DNS they ask when a connection ends, and none does so because somebody joins.
    #[must_use]
    pub fn is_noticed(self, by_dns: bool) -> bool {
        !(by_dns && self == Event::Joins)
    }
}

/// What came of the calls of one language from one event to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    /// How many were answered.
    pub answered: u64,
    /// Those that failed, by status and message.
    pub errors: BTreeMap<String, u64>,
    /// How many each instance answered, once nothing changed any more; instances by their number, from 1.
    pub spread: BTreeMap<usize, u64>,
    /// How long it took until the calls went where they should, all of them; `None` where they never did.
    pub noticed: Option<Duration>,
}

impl Phase {
    /// How many failed.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// What came of the calls of one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The language.
    pub language: Language,
    /// Whether it finds those that it calls by DNS.
    pub by_dns: bool,
    /// By event.
    pub phases: BTreeMap<Event, Phase>,
}

impl Caller {
    /// How many calls it made.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.phases.values().map(|phase| phase.answered + phase.lost()).sum()
    }

    /// The events at which something went wrong that must not: a call failed, or the calls never went where they should.
    pub fn wrong(&self) -> impl Iterator<Item = Event> {
        self.phases.iter().filter(|(event, phase)| self.is_wrong(**event, phase)).map(|(event, _)| *event)
    }

    fn is_wrong(&self, event: Event, phase: &Phase) -> bool {
        phase.noticed.is_none() && event.is_noticed(self.by_dns) || event.loses_nothing() && phase.lost() > 0
    }

    /// Whether it went on to call those that it knew, and never came to call who had joined: no failure by DNS.
    #[must_use]
    pub fn missed_who_joined(&self) -> bool {
        self.phases
            .get(&Event::Joins)
            .is_some_and(|joins| joins.noticed.is_none() && !Event::Joins.is_noticed(self.by_dns))
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// The contract's name.
    pub contract: String,
    /// The versions as people know them.
    pub labels: [String; 2],
    /// The method that was called.
    pub method: String,
    /// How many instances there were at first.
    pub count: usize,
    /// Where it is known who is there.
    pub by: String,
    /// The DNS server that clients ask, and for what; `None` where they ask an xDS server.
    pub dns: Option<String>,
    /// How long an instance that leaves waits.
    pub drain_delay: Duration,
    /// What came of the calls, by language.
    pub callers: Vec<Caller>,
    /// Languages that took no part.
    pub skips: Vec<Skip>,
}

impl Rollout {
    /// Whether nothing was lost that must not be.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.callers.iter().all(|caller| caller.wrong().next().is_none())
    }
}

/// Why there is nothing to tell.
#[derive(Debug, Error)]
pub enum FleetError {
    /// A language that has to take part cannot, or its programs are not made.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Nobody takes part.
    #[error("no language could take part: {0}")]
    Nobody(String),
    /// There is nothing to call.
    #[error("{0} has no method with one request and one answer to call")]
    NoMethod(String),
    /// A folder cannot be made or written.
    #[error("cannot {what}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// An instance does not do its part.
    #[error("instance {number} {what}")]
    Instance {
        /// Which one, from 1.
        number: usize,
        /// What it did, with what it said.
        what: String,
    },
    /// A client does not do its part.
    #[error("{}: {what}", language.as_str())]
    Client {
        /// In which language.
        language: Language,
        /// What it did.
        what: String,
    },
    /// The registry cannot be asked.
    #[error("cannot look up who is there")]
    Registry(#[from] Failed),
    /// The DNS server cannot be asked.
    #[error("cannot look up who is there at the DNS server `{dns}`")]
    Dns {
        /// The server and the name.
        dns: String,
        /// Why not.
        #[source]
        source: Failed,
    },
    /// The file that the DNS server reads cannot be written.
    #[error("cannot write `{}`, which is to say who is there", path.display())]
    Hosts {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The machine has too few addresses.
    #[error(
        "no instance can listen at {ip}: behind one name each has its own address, and all have one port"
    )]
    Address {
        /// The first that is missing.
        ip: Ipv4Addr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The xDS server does not start.
    #[error(transparent)]
    Xds(#[from] XdsError),
}

fn io(what: &'static str) -> impl FnOnce(io::Error) -> FleetError {
    move |source| FleetError::Io { what, source }
}

/// Has instances come and go, and says what clients made of it. `say` hears of every step.
///
/// # Errors
///
/// As said of [`FleetError`]. Calls that are lost are no error.
pub fn run(plan: &Plan<'_>, say: &(dyn Fn(&str) + Sync)) -> Result<Rollout, FleetError> {
    let old = &plan.sides[0];
    let (method, request) = request(old)?;
    let (host, languages) = (plan.sdk.around.host, &plan.languages);
    let (programs, skips) =
        parts(host, languages, &plan.required, &mut |language| program(plan, language, say))?;
    if programs.is_empty() {
        let why = skips.iter().map(|skip| format!("{}: {}", skip.language.as_str(), skip.reason));
        return Err(FleetError::Nobody(why.collect::<Vec<_>>().join("; ")));
    }
    let scratch = Scratch::new("protopact-fleet-").map_err(io("make a private folder"))?;
    let contracts = contracts(plan.sides, scratch.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(io("start the threads of the xDS server"))?;
    let mut instances = Instances::new(plan, &runtime, contracts)?;
    say("starting instances");
    let mut there = BTreeSet::new();
    for _ in 0..plan.count {
        there.insert(instances.join(0)?);
    }
    // A client that is told of nobody gives its calls up at once.
    instances.wait_until_listed()?;
    let mut xds = None;
    let way = match instances.dns() {
        Some((dns, port)) => Way::Dns { dns, port, answers: scratch.path().join("answers") },
        None => {
            let quiet: Say = Arc::new(|_, _| {});
            let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
            let server = runtime.block_on(XdsServer::bind(listen, instances.services(), quiet))?;
            let found = scratch.path().join("xds.json");
            let text = bootstrap(&server.address.to_string());
            std::fs::write(&found, text).map_err(io("write the bootstrap file"))?;
            xds = Some(server);
            Way::Xds { name: instances.name().to_owned(), bootstrap: found }
        }
    };
    let mut clients = Vec::new();
    for (language, program) in programs {
        let asked = json!({
            "id": 1, "op": "callers", "method": method, "hex": HEXLOWER.encode(&request), "callers": CALLERS,
            "start": clients::FIRST.as_millis() as u64,
        });
        clients.push(Client::start(host, language, program, &way, &instances.listed(), asked)?);
    }
    let by_dns = plan.dns.is_some();
    let mut callers: Vec<Caller> =
        clients.iter().map(|c| Caller { language: c.language, by_dns, phases: BTreeMap::new() }).collect();
    for event in Event::ALL {
        say(&format!("{}: {} instances", event.as_str(), there.len()));
        let begun = Instant::now();
        let until = begin(event, plan, &mut instances, &mut there)?;
        let mut stays: Vec<Stay> = clients.iter().map(|_| Stay::new(begun)).collect();
        poll(event, &mut instances, &mut clients, &mut stays, &there, until)?;
        for (caller, stay) in callers.iter_mut().zip(stays) {
            caller.phases.insert(event, stay.told(&there));
        }
    }
    drop(clients);
    drop(instances);
    if let Some(xds) = xds {
        runtime.block_on(xds.shutdown());
    }
    Ok(Rollout {
        contract: plan.sdk.name.to_owned(),
        labels: plan.sides.each_ref().map(|side| side.label.clone()),
        method,
        count: plan.count,
        by: by(plan),
        dns: plan.dns.as_ref().map(|by| by.dns.to_string()),
        drain_delay: plan.drain_delay,
        callers,
        skips,
    })
}

/// Where it is known who is there, in words.
fn by(plan: &Plan<'_>) -> String {
    let file = plan.dns.as_ref().and_then(|by| by.hosts.as_ref());
    match (&plan.registry, file) {
        (Some((_, place)), _) => place.to_string(),
        (None, Some(path)) => path.display().to_string(),
        (None, None) => "protopact".to_owned(),
    }
}

/// What is still to be done in an event, and when.
struct Later {
    at: Instant,
    number: Number,
    what: Step,
}

/// What is done with an instance that goes.
enum Step {
    /// It is asked to end.
    End,
    /// It is taken out of the list.
    Unlist,
}

/// Begins an event, and says what is to follow in it.
fn begin(
    event: Event,
    plan: &Plan<'_>,
    instances: &mut Instances<'_>,
    there: &mut BTreeSet<Number>,
) -> Result<Option<Later>, FleetError> {
    let now = Instant::now();
    match event {
        Event::Steady => Ok(None),
        Event::Joins => {
            there.insert(instances.join(1)?);
            Ok(None)
        }
        Event::Leaves | Event::Killed => {
            let Some(number) = there.pop_first() else { return Ok(None) };
            if event == Event::Killed {
                instances.kill(number);
                let later = Later { at: now + CHECK, number, what: Step::Unlist };
                return Ok(plan.registry.is_none().then_some(later));
            }
            if plan.registry.is_some() {
                // It tells the registry by itself, and waits.
                instances.ask_to_end(number)?;
                return Ok(None);
            }
            instances.unlist(number)?;
            Ok(Some(Later { at: now + plan.drain_delay, number, what: Step::End }))
        }
    }
}

/// Asks all clients again and again what came of their calls, until each calls those that are there and nobody else.
fn poll(
    event: Event,
    instances: &mut Instances<'_>,
    clients: &mut [Client],
    stays: &mut [Stay],
    there: &BTreeSet<Number>,
    mut later: Option<Later>,
) -> Result<(), FleetError> {
    loop {
        if let Some(due) = later.take_if(|later| later.at <= Instant::now()) {
            match due.what {
                Step::End => instances.ask_to_end(due.number)?,
                Step::Unlist => instances.unlist(due.number)?,
            }
        }
        let listed = instances.listed();
        for (client, stay) in clients.iter_mut().zip(&mut *stays) {
            client.there(&listed)?;
            let tally = client.tally()?;
            stay.take(tally, instances, there);
        }
        let gone = event != Event::Leaves || later.is_none() && instances.has_ended()?;
        let done = stays.iter().all(|stay| stay.is_settled(there) || stay.is_given_up());
        if done && later.is_none() && gone {
            return Ok(());
        }
        // The clients count by themselves: how often they are asked is how exactly a moment is known.
        std::thread::sleep(clients::TICK);
    }
}

/// The program of a language.
fn program(plan: &Plan<'_>, language: Language, say: &(dyn Fn(&str) + Sync)) -> Result<Program, Lack> {
    say(&format!("{}: making the package", language.as_str()));
    let builder = Builder { host: plan.sdk.around.host, root: plan.programs, offline: plan.offline };
    let driver = plan.sdk.calling(language, &plan.sides[0])?;
    let made = build::build(builder, language, &[driver], say)?;
    made.into_iter().next().ok_or_else(|| Lack::Absent("it has no program".to_owned()))
}

/// The first method that has one request and one answer, and a request for it.
fn request(side: &Side) -> Result<(String, Vec<u8>), FleetError> {
    let schema = &side.schema;
    let found = side.methods().find_map(|(path, id)| {
        let method = schema.method(id);
        let known = schema.message_by_name(&method.output).is_some();
        let input = schema.message_by_name(&method.input)?;
        (method.call_kind() == CallKind::Unary && known).then_some((path, input))
    });
    let (path, input) = found.ok_or_else(|| FleetError::NoMethod(side.label.clone()))?;
    Ok((path, tame(schema, input)))
}

/// The descriptors of both versions, as files for `serve`.
fn contracts(sides: &[Side; 2], folder: &Path) -> Result<[PathBuf; 2], FleetError> {
    let paths = ["old.binpb", "new.binpb"].map(|name| folder.join(name));
    for (side, path) in sides.iter().zip(&paths) {
        let content = SetOptions { include_imports: true, include_source_info: false };
        std::fs::write(path, descriptor_set(&side.compiled, content)).map_err(io("write descriptors"))?;
    }
    Ok(paths)
}

impl FleetError {
    /// What a program that failed said itself.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            FleetError::Part(error) => error.messages(),
            _ => "",
        }
    }

    fn of_client(language: Language, error: &ProcessError) -> FleetError {
        FleetError::Client { language, what: error.to_string() }
    }
}
