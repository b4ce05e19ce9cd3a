//! Programs that are not asked anything just now.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::matrix::Peer;
use super::process::Process;

/// Programs that have answered and wait for the next question: to start one takes longer than most answers. Those of
/// other releases of a runtime are let go, for there may be any number of them.
#[derive(Debug, Default)]
pub struct Idle(Mutex<BTreeMap<Peer, Vec<Process>>>);

impl Idle {
    /// One of a peer, if there is one.
    pub(super) fn take(&self, peer: Peer) -> Option<Process> {
        self.0.lock().ok()?.get_mut(&peer)?.pop()
    }

    /// It has answered everything.
    pub(super) fn give(&self, peer: Peer, process: Process) {
        if let (None, Ok(mut all)) = (peer.age, self.0.lock()) {
            all.entry(peer).or_default().push(process);
        }
    }
}
