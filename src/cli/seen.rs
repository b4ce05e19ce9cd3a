//! What a run that compares with several states keeps from one to the next.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::compile::{Diagnostic, Input};
use crate::ledger::Looked;
use crate::schema::Schema;
use crate::source::Name;

/// How much text may be compared at the same time, in bytes, where it is more than one state: what is made of it takes some
/// twelve times as much memory.
const TEXT: usize = 16 << 20;

/// A side, and what is odd about its sources.
pub(super) type Known = (Arc<Schema>, Vec<Diagnostic>);

/// What a run keeps from one state to the next, where it compares with several: what was compiled last is not compiled
/// again, and warnings are told once.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) several: bool,
    /// Of the old and the new side: the files, and what was made of them.
    pub(super) sides: [Option<(Input, Known)>; 2],
    pub(super) warned: Vec<Name>,
    /// What was read of published versions.
    pub(super) looked: Option<Arc<Looked>>,
    /// Whether something was looked for and not found that may be there another time.
    pub(super) lacks: bool,
    room: Arc<Room>,
}

impl Seen {
    /// For so many states.
    pub(super) fn of(states: usize) -> Seen {
        let several = states > 1;
        Seen { several, looked: several.then(Arc::default), ..Seen::default() }
    }

    /// What a thread begins with that goes on beside this one.
    pub(super) fn beside(&self) -> Seen {
        Seen {
            several: self.several,
            sides: self.sides.clone(),
            warned: self.warned.clone(),
            looked: self.looked.clone(),
            lacks: false,
            room: self.room.clone(),
        }
    }

    /// Whether something could not be read that may be there another time.
    pub(super) fn lacks(&self) -> bool {
        self.lacks || self.looked.as_ref().is_some_and(|looked| looked.lacks())
    }

    /// Waits until there is room for so many bytes of text beside those of other threads. It is taken until what comes
    /// back is dropped.
    pub(super) fn room(&self, text: usize) -> Taken {
        let mut used = self.room.used();
        while *used > 0 && *used + text > TEXT {
            used = self.room.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used += text;
        Taken { room: self.room.clone(), text }
    }
}

/// How much text is being compared.
#[derive(Default)]
struct Room {
    used: Mutex<usize>,
    freed: Condvar,
}

impl Room {
    fn used(&self) -> MutexGuard<'_, usize> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some of the room.
pub(super) struct Taken {
    room: Arc<Room>,
    text: usize,
}

impl Drop for Taken {
    fn drop(&mut self) {
        *self.room.used() -= self.text;
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_is_compared_at_once_than_there_is_room_for() {
        let (seen, now, most) = (Seen::of(2), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let other = seen.beside();
                let (now, most) = (&now, &most);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let _taken = other.room(TEXT / 3);
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 3);
        // What is more than all of it has its turn when nothing else is there.
        drop(seen.room(2 * TEXT));
        let _small = seen.room(1);
        let _all = seen.room(TEXT - 1);
    }
}
