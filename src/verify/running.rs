//! Servers and clients while they run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bytes::Stage;
use super::matrix::{Peer, Security};
use super::process::{Process, ProcessError};

/// How long a server may take to be ready.
const START: Duration = Duration::from_secs(60);
/// How long one call may take, the client's start included. The drivers give up earlier.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long it may take to hear of the end of a server that cannot be reached.
const END: Duration = Duration::from_secs(2);
/// How long a server may take to notice that a caller has gone.
const NOTICE: Duration = Duration::from_secs(15);

/// A server that runs. Dropping it ends it.
pub(super) struct Server {
    /// Where it listens, by how calls are secured.
    ports: BTreeMap<Security, u16>,
    heard: Arc<Heard>,
    reader: Option<JoinHandle<()>>,
}

/// What a server said while it ran.
#[derive(Default)]
struct Heard {
    gone: Mutex<BTreeSet<String>>,
    ended: Mutex<Option<ProcessError>>,
    news: Condvar,
    over_news: Condvar,
    over: AtomicBool,
}

impl Server {
    /// Starts one that reads the samples of a file and secures calls in some ways, each with what it needs for that,
    /// and waits until it is ready.
    ///
    /// # Errors
    ///
    /// It does not start, or is not ready in time.
    pub(super) fn start(
        stage: &Stage<'_>,
        peer: Peer,
        (samples, bytes): (&Path, u64),
        ways: BTreeMap<Security, Value>,
    ) -> Result<Server, ProcessError> {
        let tls: Vec<&Value> = ways.values().collect();
        let settings = json!({"samples": samples.display().to_string(), "tls": tls});
        let mode = ["server".to_owned(), settings.to_string()];
        let mut process = Process::start(stage.host, &stage.program(peer, bytes), &mode)?;
        let ready = process.wait_for(START, |line| line["event"] == "ready")?;
        let heard = Arc::new(Heard::default());
        let ears = heard.clone();
        let reader = std::thread::spawn(move || {
            while !ears.over.load(Ordering::Relaxed) {
                match process.read(Duration::from_millis(50)) {
                    Ok(line) => {
                        let Some(call) = line["call"].as_str() else { continue };
                        if let Ok(mut gone) = ears.gone.lock() {
                            gone.insert(call.to_owned());
                        }
                        ears.news.notify_all();
                    }
                    Err(ProcessError::Silent(_)) => {}
                    Err(error) => {
                        if let Ok(mut ended) = ears.ended.lock() {
                            *ended = Some(error);
                        }
                        ears.over_news.notify_all();
                        return;
                    }
                }
            }
        });
        let port = |at: usize| ready["ports"][at].as_u64().and_then(|port| port.try_into().ok());
        let ports = ways.into_keys().enumerate().filter_map(|(at, way)| Some((way, port(at)?)));
        Ok(Server { ports: ports.collect(), heard, reader: Some(reader) })
    }

    /// Where it listens for calls that are secured in this way; nowhere if it was not asked to.
    pub(super) fn port(&self, way: Security) -> Option<u16> {
        self.ports.get(&way).copied()
    }

    /// Why the server is not there any more; asked when it cannot be reached, and given a moment to be heard of.
    pub(super) fn ended(&self) -> Option<ProcessError> {
        let ended = self.heard.ended.lock().ok()?;
        let (ended, _) = self.heard.over_news.wait_timeout_while(ended, END, |ended| ended.is_none()).ok()?;
        ended.clone()
    }

    /// Waits until the server has noticed that the caller of a call has gone.
    pub(super) fn noticed(&self, call: &str) -> bool {
        let deadline = Instant::now() + NOTICE;
        let Ok(mut gone) = self.heard.gone.lock() else { return false };
        while !gone.contains(call) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            match self.heard.news.wait_timeout(gone, left) {
                Ok((next, _)) => gone = next,
                Err(_) => return false,
            }
        }
        true
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.heard.over.store(true, Ordering::Relaxed);
        // The thread has the process, and ends it.
        let _ = self.reader.take().map(JoinHandle::join);
    }
}

/// The client of one language and version; started when it is needed, and again when it has ended.
pub(super) struct Client {
    peer: Peer,
    process: Option<Process>,
}

impl Client {
    /// One that has not started yet.
    pub(super) fn of(peer: Peer) -> Client {
        Client { peer, process: None }
    }

    /// Sends one request and gives the answer.
    ///
    /// # Errors
    ///
    /// The client does not start, or does not answer in time.
    pub(super) fn ask(&mut self, stage: &Stage<'_>, request: &Value) -> Result<Value, ProcessError> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => stage.running(self.peer)?,
        };
        process.send(request);
        let answer = process.read(PATIENCE)?;
        self.process = Some(process);
        Ok(answer)
    }
}
