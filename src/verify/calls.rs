//! Client × server: every program calls every other one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use data_encoding::HEXLOWER_PERMISSIVE;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde_json::Value;
use thiserror::Error;

use super::answers::{Answers, whole};
use super::blame::{End, Made};
use super::bytes::Stage;
use super::cases::{self, Call, Case, code};
use super::certs::{CertError, Certs};
use super::frames::Traffic;
use super::matrix::{Cell, CellId, Encoding, Foretold, Peer, Security, Subject, Tally};
use super::oracle::{self, Difference, Part, Way};
use super::running::{Client, Server};
use super::runtime;
use super::side::Side;
use super::tap::{Tap, Taps};
use super::together::together;
use crate::machine::Scratch;
use crate::schema::Method;
use crate::wire::sample::large;
use crate::words::CallKind;

/// Calls that cannot be tried at all.
#[derive(Debug, Error)]
pub enum CallsError {
    /// No certificates.
    #[error(transparent)]
    Certs(#[from] CertError),
    /// No folder for what the servers need.
    #[error("cannot make a private folder")]
    Scratch(#[source] std::io::Error),
    /// No port, or no thread, between clients and servers.
    #[error("cannot listen to what passes between clients and servers")]
    Taps(#[source] std::io::Error),
}

/// The cells that are wanted: all, those of a compact run, or one.
fn wanted(peers: &[Peer], only: Option<CellId>, compact: bool) -> Vec<CellId> {
    let mut cells = Vec::new();
    for from in peers {
        for to in peers {
            for kind in CallKind::ALL {
                for security in Security::ALL {
                    for encoding in Encoding::ALL {
                        let subject = Subject::Call(kind, security, encoding);
                        cells.push(CellId { subject, from: *from, to: *to });
                    }
                }
            }
        }
    }
    let few = [(Security::Plain, Encoding::Identity), (Security::Mtls, Encoding::Gzip)];
    cells.retain(|cell| match (only, cell.subject) {
        (Some(only), _) => only == *cell,
        (None, Subject::Call(_, s, e)) if compact => {
            cell.from.version != cell.to.version && few.contains(&(s, e))
        }
        (None, _) => true,
    });
    cells
}

/// The cells of all clients and servers; only `only` when it is one of them. A compact run has calls between versions
/// only, plain as they are and with mutual TLS and gzip.
///
/// # Errors
///
/// Nothing can be tried. A server that does not start is in its cells.
pub fn run(
    stage: &Stage<'_>,
    only: Option<CellId>,
    compact: bool,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Cell>, CallsError> {
    if stage.sides.iter().all(|side| side.methods().next().is_none()) {
        return Ok(Vec::new());
    }
    let scratch = Scratch::new("protopact-verify-").map_err(CallsError::Scratch)?;
    let certs = Certs::make(scratch.path())?;
    let [old, new] = stage.sides;
    let answers = [Answers::of(old, new), Answers::of(new, old)];
    let mut sizes = [0; 2];
    for (index, answers) in answers.iter().enumerate() {
        let path = scratch.path().join(format!("samples-{index}"));
        let lines = answers.lines();
        sizes[index] = lines.len() as u64;
        std::fs::write(path, lines).map_err(CallsError::Scratch)?;
    }
    let peers: Vec<Peer> = stage.programs.keys().copied().filter(|peer| peer.age.is_none()).collect();
    let cells = wanted(&peers, only, compact);
    let mut needed: BTreeMap<Peer, BTreeMap<Security, Value>> = BTreeMap::new();
    for cell in &cells {
        let Subject::Call(_, security, encoding) = cell.subject else { continue };
        let ways = needed.entry(cell.to).or_default();
        // What is compressed can be seen in plain text only.
        for security in [Some(security), (encoding == Encoding::Gzip).then_some(Security::Plain)] {
            match security {
                Some(Security::Plain) => ways.insert(Security::Plain, Value::Null),
                Some(Security::Tls) => ways.insert(Security::Tls, certs.server(false)),
                Some(Security::Mtls) => ways.insert(Security::Mtls, certs.server(true)),
                None => None,
            };
        }
    }
    progress("starting servers");
    let servers: BTreeMap<Peer, Option<Server>> = needed
        .into_par_iter()
        .map(|(peer, ways)| {
            let side = peer.version.index();
            let samples = scratch.path().join(format!("samples-{side}"));
            let started = Server::start(stage, peer, (&samples, sizes[side]), ways);
            (peer, started.map_err(|error| stage.failures.add(peer, &error)).ok())
        })
        .collect();
    let over = Taps::new().map_err(CallsError::Taps)?;
    let mut taps = BTreeMap::new();
    for cell in &cells {
        // One for each client, so that what passes belongs to the one call that it makes at a time.
        let port = servers.get(&cell.to).and_then(Option::as_ref).and_then(|s| s.port(Security::Plain));
        if let (Some(port), false) = (port, taps.contains_key(&(cell.from, cell.to))) {
            taps.insert((cell.from, cell.to), over.open(port).map_err(CallsError::Taps)?);
        }
    }
    let done = AtomicUsize::new(0);
    let all = cells.len();
    let work = Work { stage, certs: &certs, answers: &answers, servers: &servers, taps: &taps };
    let clients: BTreeSet<Peer> = cells.iter().map(|c| c.from).collect();
    let calls_of = |peer: Peer| -> Vec<Cell> {
        let mut client = Client::of(peer);
        let own = cells.iter().filter(|c| c.from == peer);
        own.map(|id| {
            let cell = work.cell(*id, &mut client);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(&format!("calls: {done} of {all} cells"));
            cell
        })
        .collect()
    };
    // Calls wait for each other more than they compute: every client works by itself.
    Ok(together(clients, calls_of).into_iter().flatten().collect())
}

struct Work<'a> {
    stage: &'a Stage<'a>,
    certs: &'a Certs,
    answers: &'a [Answers; 2],
    servers: &'a BTreeMap<Peer, Option<Server>>,
    /// Before servers of plain text, by client and server.
    taps: &'a BTreeMap<(Peer, Peer), Tap>,
}

/// One call of one cell.
struct Try<'a> {
    id: CellId,
    security: Security,
    encoding: Encoding,
    server: &'a Server,
    path: &'a str,
    /// The method as the client knows it.
    method: &'a Method,
}

impl Try<'_> {
    /// What follows is about this method.
    fn begin(&self, side: &Side, tally: &mut Tally) {
        let service = side.schema.service(self.method.parent);
        tally.about(&side.schema.file(service.file).package, self.path.trim_start_matches('/'));
    }
}

/// What came back.
struct Outcome {
    code: i64,
    status: String,
    responses: Vec<Vec<u8>>,
    initial: Vec<(String, String)>,
    trailing: Vec<(String, String)>,
    /// What was on the wire, where that can be seen.
    traffic: Option<Traffic>,
}

fn outcome(answer: &Value) -> Result<Outcome, Difference> {
    if answer["ok"] != true {
        let reason = answer["error"].as_str().unwrap_or("no reason given");
        return Err(Difference::from(format!("the client cannot call: {reason}")).of(Part::End));
    }
    let pairs = |key: &str| {
        let all = answer[key].as_array().into_iter().flatten();
        all.filter_map(|p| Some((p[0].as_str()?.to_owned(), p[1].as_str()?.to_owned()))).collect()
    };
    let responses = answer["responses"].as_array().into_iter().flatten();
    Ok(Outcome {
        code: answer["code"].as_i64().unwrap_or(-1),
        status: answer["status"].as_str().unwrap_or_default().to_owned(),
        responses: responses
            .filter_map(|r| HEXLOWER_PERMISSIVE.decode(r.as_str()?.as_bytes()).ok())
            .collect(),
        initial: pairs("initial"),
        trailing: pairs("trailing"),
        traffic: None,
    })
}

impl Outcome {
    fn expect(&self, code: i64) -> Result<(), Difference> {
        if self.code == code {
            return Ok(());
        }
        let said = if self.status.is_empty() { String::new() } else { format!(" ({})", self.status) };
        let what = format!("the call ended with code {} instead of {code}{said}", self.code);
        Err(Difference::from(what).of(Part::End))
    }

    fn trailer(&self, key: &str) -> Option<&str> {
        self.trailing
            .iter()
            .find(|(k, _)| k.strip_prefix("x-protopact-") == Some(key))
            .map(|(_, v)| v.as_str())
    }
}

/// A case of a method as reports have it.
fn name(case: Case, attempt: &Try<'_>) -> String {
    format!("{} {}", attempt.path.trim_start_matches('/'), case.as_str())
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

impl Work<'_> {
    fn cell(&self, id: CellId, client: &mut Client) -> Cell {
        let Subject::Call(kind, security, encoding) = id.subject else { return Tally::default().cell(id) };
        let side = self.stage.side(id.from);
        let methods: Vec<(String, &Method)> = side
            .methods()
            .map(|(path, m)| (path, side.schema.method(m)))
            .filter(|(_, m)| m.call_kind() == kind)
            .collect();
        let mut tally = Tally::default();
        if methods.is_empty() {
            return tally.cell(id);
        }
        let Some(server) = &self.servers[&id.to] else {
            tally.failed("server", "it does not start");
            return tally.cell(id);
        };
        let there = |path: &str| self.stage.side(id.to).method(path).is_some();
        // Of those that no change reaches one is called all the same: it shows that calls go through.
        let equal = |path: &str| self.stage.reach.is_equal(path);
        let control = methods.iter().find(|(path, _)| equal(path)).map(|(path, _)| path.as_str());
        for (path, method) in methods.iter().filter(|(path, _)| !equal(path) || control == Some(path)) {
            let attempt = Try { id, security, encoding, server, path, method };
            attempt.begin(side, &mut tally);
            if there(path) {
                self.samples(&attempt, client, &mut tally);
            } else {
                self.unimplemented(&attempt, client, &mut tally);
            }
        }
        // The rest is about the programs rather than about what they say, and is tried where something changed.
        if self.stage.reach.is_idle(kind) {
            return tally.cell(id);
        }
        // What has no messages of its own is tried with a method that is of one kind on both sides.
        let same = |path: &str| self.stage.side(id.to).method(path).is_some_and(|m| m.call_kind() == kind);
        let both: Vec<(&str, &Method)> = methods
            .iter()
            .filter(|(path, _)| same(path))
            .map(|(path, method)| (path.as_str(), *method))
            .collect();
        let tries: Vec<Try<'_>> =
            both.iter().map(|(path, method)| Try { id, security, encoding, server, path, method }).collect();
        self.larges(&tries, client, &mut tally);
        if encoding == Encoding::Gzip {
            self.compressed(id, &both, client, &mut tally);
        }
        let attempt = tries.iter().find(|attempt| control == Some(attempt.path)).or(tries.first());
        if let Some(attempt) = attempt {
            attempt.begin(side, &mut tally);
            for case in [Case::Status, Case::Metadata, Case::Deadline, Case::Cancel] {
                self.special(case, attempt, client, &mut tally);
            }
            if security == Security::Mtls {
                self.special(Case::NoCertificate, attempt, client, &mut tally);
            }
        }
        tally.cell(id)
    }

    fn call<'t>(&self, attempt: &Try<'t>, requests: Vec<Vec<u8>>, sample: usize) -> Call<'t> {
        let name = CALLS.fetch_add(1, Ordering::Relaxed).to_string();
        Call { path: attempt.path, requests, sample, name, again: false }
    }

    /// Makes a call, looks at what came back and counts it; gives whether all was well. What nothing foretells and took
    /// all the time that it had is tried once more with more of it: a busy machine is no fault of a contract.
    fn tried<'t>(
        &self,
        case: Case,
        which: &str,
        (attempt, mut call): (&Try<'t>, Call<'t>),
        (client, tally): (&mut Client, &mut Tally),
        look: impl Fn(&Call<'t>, &Outcome) -> Result<(), Difference>,
    ) -> bool {
        loop {
            let begun = Instant::now();
            let asked = self.ask(case, attempt, &call, client, tally);
            let result = asked.and_then(|outcome| look(&call, &outcome));
            let late = begun.elapsed() >= call.limit(case) && !call.again;
            match &result {
                Err(found) if late && !found.outside && self.predicted(attempt, &call, found).is_none() => {
                    call = Call { again: true, ..self.call(attempt, call.requests, call.sample) };
                }
                _ => {
                    let well = result.is_ok();
                    self.tell(case, which, (attempt, &call), result, tally);
                    return well;
                }
            }
        }
    }

    fn ask(
        &self,
        case: Case,
        attempt: &Try<'_>,
        call: &Call<'_>,
        client: &mut Client,
        tally: &mut Tally,
    ) -> Result<Outcome, Difference> {
        let tls = match (attempt.security, case) {
            (Security::Plain, _) => Value::Null,
            (Security::Tls, _) | (_, Case::NoCertificate) => self.certs.client(false),
            (Security::Mtls, _) => self.certs.client(true),
        };
        // Plain text goes through the tap, all of it: it passes on what comes as it comes.
        let tap = self.taps.get(&(attempt.id.from, attempt.id.to));
        let tap = tap.filter(|_| attempt.security == Security::Plain);
        if let Some(tap) = tap {
            tap.begin();
        }
        let port = tap.map(Tap::port).or(attempt.server.port(attempt.security));
        let port = port.ok_or_else(|| Difference::outside("the server does not say where it listens"))?;
        let address = format!("127.0.0.1:{port}");
        let gzip = attempt.encoding == Encoding::Gzip;
        let request = call.request(case, &address, tls, gzip);
        let answer = client.ask(self.stage, &request).map_err(|error| {
            self.stage.failures.add(attempt.id.from, &error);
            Difference::outside(error)
        })?;
        let mut outcome = outcome(&answer)?;
        // A server that has ended cannot be reached, and fails what it had begun.
        if outcome.code == code::UNAVAILABLE
            && let Some(error) = attempt.server.ended()
        {
            self.stage.failures.add(attempt.id.to, &error);
            return Err(Difference::outside(error));
        }
        outcome.traffic = tap.map(Tap::seen);
        if let Some(traffic) = &outcome.traffic {
            let went = outcome.code == code::OK;
            let whole =
                || if went { traffic.is_whole(call.requests.len(), outcome.responses.len()) } else { Ok(()) };
            let seen = if gzip { whole() } else { traffic.is_identity().and_then(|()| whole()) };
            if let Err(what) = seen {
                // No change of a contract explains it.
                tally.bad(&format!("{} on the wire", name(case, attempt)), what, None);
            }
        }
        Ok(outcome)
    }

    /// Compression as it is seen on the wire, of requests and of answers; in plain text, whatever the cell's own way
    /// of securing calls is.
    fn compressed(&self, id: CellId, methods: &[(&str, &Method)], client: &mut Client, tally: &mut Tally) {
        let Subject::Call(_, _, encoding) = id.subject else { return };
        let Some(server) = &self.servers[&id.to] else { return };
        let mut seen = (false, false);
        for (path, method) in methods {
            let attempt = Try { id, security: Security::Plain, encoding, server, path, method };
            attempt.begin(self.stage.side(id.from), tally);
            // What is asked large is answered large where the two are of one type.
            let echoes = method.input == method.output;
            let wanted = !seen.0 || echoes && !seen.1;
            let request = if wanted { self.large_request(&attempt) } else { None };
            let sample = if seen.1 { None } else { self.large_answer(&attempt) };
            let back = sample.is_some() || request.is_some() && echoes;
            if (seen.0 || request.is_none()) && (seen.1 || !back) {
                continue;
            }
            let up = request.is_some();
            let request = request.unwrap_or_else(|| self.requests(&attempt).remove(0));
            let call = self.call(&attempt, vec![request], sample.unwrap_or(0));
            let (came, wire) = (std::cell::Cell::new(false), RefCell::new(None));
            let look = |_: &Call<'_>, outcome: &Outcome| {
                outcome.expect(code::OK)?;
                // An answer that repeats the request has what the server knows of it.
                let down = outcome.responses.iter().any(|r| r.len() >= cases::LARGE);
                came.set(down);
                wire.replace(outcome.traffic.as_ref().map(|t| t.is_gzip(up, down, cases::LARGE as u64)));
                Ok(())
            };
            if !self.tried(Case::Compressed, "", (&attempt, call), (client, tally), look) {
                return;
            }
            seen = (seen.0 || up, seen.1 || came.get());
            // No change of a contract explains it.
            match wire.into_inner() {
                Some(Ok(())) => {}
                Some(Err(what)) => tally.bad(&name(Case::Compressed, &attempt), what, None),
                None => tally.bad(&name(Case::Compressed, &attempt), "there is no tap to see it", None),
            }
        }
    }

    /// A large request, where the type has a field for it. It takes as long to make as a small call.
    fn large_request(&self, attempt: &Try<'_>) -> Option<Vec<u8>> {
        let schema = &self.stage.side(attempt.id.from).schema;
        large(schema, schema.message_by_name(&attempt.method.input)?, cases::LARGE)
    }

    /// The place of a large answer among those of the server, where there is one.
    fn large_answer(&self, attempt: &Try<'_>) -> Option<usize> {
        let answers = self.answers[attempt.id.to.version.index()].get(&attempt.method.output);
        answers.iter().position(|a| a.len() >= cases::LARGE)
    }

    /// Why a call that differs had to: the method changed, or what it carries did.
    fn predicted(&self, attempt: &Try<'_>, call: &Call<'_>, difference: &Difference) -> Option<Foretold> {
        let end = |peer: Peer, sends| End {
            side: self.stage.side(peer),
            version: peer.version,
            language: peer.language,
            sends,
        };
        let answers = self.sent(attempt, call);
        let client = end(attempt.id.from, call.requests.as_slice());
        let made = Made { path: attempt.path, client, server: end(attempt.id.to, answers.as_slice()) };
        made.foretold(self.stage.predictions, difference)
    }

    /// The samples that the server answers a call with.
    fn sent(&self, attempt: &Try<'_>, call: &Call<'_>) -> Vec<Vec<u8>> {
        let Some(method) = self.stage.side(attempt.id.to).method(attempt.path) else { return Vec::new() };
        let all = self.answers[attempt.id.to.version.index()].get(&method.output);
        let count = cases::replies(method.call_kind(), call.requests.len());
        all.iter().cycle().skip(call.sample).take(if all.is_empty() { 0 } else { count }).cloned().collect()
    }

    fn tell(
        &self,
        case: Case,
        which: &str,
        (attempt, call): (&Try<'_>, &Call<'_>),
        result: Result<(), Difference>,
        tally: &mut Tally,
    ) {
        match result {
            Ok(()) => tally.good(),
            Err(difference) if difference.outside => {
                tally.failed(&(name(case, attempt) + which), difference.what);
            }
            Err(difference) => {
                let predicted = self.predicted(attempt, call, &difference);
                tally.bad(&(name(case, attempt) + which), difference.what, predicted);
            }
        }
    }

    /// Requests that a client may send: everything set, to something and to the largest there is, and nothing set.
    fn requests(&self, attempt: &Try<'_>) -> Vec<Vec<u8>> {
        let side = self.stage.side(attempt.id.from);
        let Some(message) = side.schema.message_by_name(&attempt.method.input) else {
            return vec![Vec::new()];
        };
        whole(side, message, &["full", "max", "empty"])
    }

    fn samples(&self, attempt: &Try<'_>, client: &mut Client, tally: &mut Tally) {
        let requests = self.requests(attempt);
        let calls: Vec<Vec<Vec<u8>>> = match attempt.method.call_kind() {
            CallKind::Unary | CallKind::Server => requests.into_iter().map(|r| vec![r]).collect(),
            CallKind::Client | CallKind::Bidi => vec![requests],
        };
        for (index, requests) in calls.into_iter().enumerate() {
            let call = self.call(attempt, requests, index);
            let look = |call: &Call<'_>, outcome: &Outcome| self.whole(attempt, call, outcome);
            if !self.tried(Case::Samples, &format!("#{index}"), (attempt, call), (client, tally), look) {
                // One is enough; a call that does not end takes its time.
                return;
            }
        }
    }

    /// A large request and a large answer, each with the first method that has one.
    fn larges(&self, tries: &[Try<'_>], client: &mut Client, tally: &mut Tally) {
        let mut seen = (false, false);
        for attempt in tries {
            let request = if seen.0 { None } else { self.large_request(attempt) };
            let back = if seen.1 { None } else { self.large_answer(attempt) };
            if request.is_none() && back.is_none() {
                continue;
            }
            seen = (seen.0 || request.is_some(), seen.1 || back.is_some());
            attempt.begin(self.stage.side(attempt.id.from), tally);
            let request = request.unwrap_or_else(|| self.requests(attempt).remove(0));
            let call = self.call(attempt, vec![request], back.unwrap_or(0));
            let look = |call: &Call<'_>, outcome: &Outcome| self.whole(attempt, call, outcome);
            self.tried(Case::Large, "", (attempt, call), (client, tally), look);
        }
    }

    /// Looks at a call that went through: both sides have to have seen what the other meant.
    fn whole(&self, attempt: &Try<'_>, call: &Call<'_>, outcome: &Outcome) -> Result<(), Difference> {
        outcome.expect(code::OK)?;
        let (from, to) = (attempt.id.from, attempt.id.to);
        let (client, server) = (self.stage.side(from), self.stage.side(to));
        let Some(other) = server.method(attempt.path) else { return Ok(()) };
        let count = call.requests.len().to_string();
        if outcome.trailer("count") != Some(&count) {
            let seen = outcome.trailer("count").unwrap_or("none");
            let what = format!("{count} requests were sent, the server counts {seen}");
            return Err(Difference::from(what).of(Part::End));
        }
        let drops = |a: Peer, b: Peer| [a, b].iter().any(|peer| runtime::of(peer.language).drops());
        let there = Way {
            writer: client,
            reader: server,
            reader_is_newer: from.version < to.version,
            prost: drops(from, to),
        };
        let seen = outcome
            .trailer("seen-bin")
            .and_then(|text| cases::seen(&HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?));
        for (sent, seen) in call.requests.iter().zip(seen.iter().flatten()) {
            oracle::compare(there, (&attempt.method.input, &other.input), sent, seen)
                .map_err(|d| d.of(Part::Request))?;
        }
        let kind = attempt.method.call_kind();
        let expected = cases::replies(kind, call.requests.len());
        if outcome.responses.len() != expected {
            let found = outcome.responses.len();
            let what = format!("{expected} answers were to come, {found} came");
            return Err(Difference::from(what).of(Part::End));
        }
        let back = Way {
            writer: server,
            reader: client,
            reader_is_newer: to.version < from.version,
            prost: drops(from, to),
        };
        let answers = self.answers[to.version.index()].get(&other.output);
        for (index, response) in outcome.responses.iter().enumerate() {
            let sent = if other.input == other.output {
                // What the server wrote is what it had read; as far as it tells.
                match seen
                    .as_ref()
                    .and_then(|all| if kind == CallKind::Bidi { all.get(index) } else { all.last() })
                {
                    Some(sent) => sent,
                    None => continue,
                }
            } else {
                match answers.get((call.sample + index) % answers.len().max(1)) {
                    Some(sent) => sent,
                    None => continue,
                }
            };
            oracle::compare(back, (&other.output, &attempt.method.output), sent, response)
                .map_err(|d| d.of(Part::Answer))?;
        }
        Ok(())
    }

    fn unimplemented(&self, attempt: &Try<'_>, client: &mut Client, tally: &mut Tally) {
        let call = self.call(attempt, vec![self.requests(attempt).remove(0)], 0);
        let look = |_: &Call<'_>, outcome: &Outcome| {
            outcome.expect(code::UNIMPLEMENTED)?;
            if attempt.id.from.version < attempt.id.to.version {
                return Err("the method is gone: UNIMPLEMENTED".to_owned().into());
            }
            // A server that is older than the method says so, and that is all it can do. The verdict is right about it.
            let _ = self.stage.predictions.call(attempt.id.from.version, attempt.id.to.version, attempt.path);
            Ok(())
        };
        self.tried(Case::Unimplemented, "", (attempt, call), (client, tally), look);
    }

    fn special(&self, case: Case, attempt: &Try<'_>, client: &mut Client, tally: &mut Tally) {
        let empty = self.requests(attempt).pop().unwrap_or_default();
        // Nothing of what is tried here is in a message, so that a change of one does not get in its way.
        let output = self.stage.side(attempt.id.to).method(attempt.path).map(|m| &*m.output);
        let sample = output.map_or(0, |m| self.answers[attempt.id.to.version.index()].empty(m));
        let call = self.call(attempt, vec![empty], sample);
        let look = |call: &Call<'_>, outcome: &Outcome| match case {
            Case::Status => {
                outcome.expect(code::FAILED_PRECONDITION)?;
                if outcome.status != cases::MESSAGE {
                    return Err(format!("the status message is `{}`", outcome.status).into());
                }
                Ok(())
            }
            Case::Metadata => {
                outcome.expect(code::OK)?;
                let echo = outcome.initial.iter().any(|(k, v)| k == "x-protopact-echo" && v == cases::ECHO);
                if !echo {
                    return Err(format!("the headers are {:?}", outcome.initial).into());
                }
                if outcome.trailer("echo-bin") != Some(cases::ECHO_BIN) {
                    return Err(format!("the trailers are {:?}", outcome.trailing).into());
                }
                Ok(())
            }
            Case::Deadline | Case::Cancel => {
                // Both sides watch a deadline. Where the server's clock is first, it resets the stream, and some
                // clients say CANCELLED to that.
                if !(case == Case::Deadline && outcome.code == code::CANCELLED) {
                    let late = case == Case::Deadline;
                    outcome.expect(if late { code::DEADLINE_EXCEEDED } else { code::CANCELLED })?;
                }
                if !attempt.server.noticed(&call.name) {
                    return Err("the server does not notice that the caller has gone".to_owned().into());
                }
                Ok(())
            }
            Case::NoCertificate if outcome.code == code::OK => {
                Err("a client without a certificate was served".to_owned().into())
            }
            _ => Ok(()),
        };
        self.tried(case, "", (attempt, call), (client, tally), look);
    }
}
