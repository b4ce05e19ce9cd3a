//! Work that is the same for many cells is done once.

use std::fmt;
use std::hash::{BuildHasher as _, Hash};
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashMap};

/// Answers of a function that always gives the same one, for many threads.
pub(super) struct Memo<K, V>([Mutex<FxHashMap<K, V>>; SHARDS]);

/// How many threads can look something up at the same time, when they look for different things.
const SHARDS: usize = 64;

impl<K, V> Default for Memo<K, V> {
    fn default() -> Memo<K, V> {
        Memo(std::array::from_fn(|_| Mutex::default()))
    }
}

impl<K, V> fmt::Debug for Memo<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    /// The answer for a key; two threads that ask at once both work it out.
    pub(super) fn get(&self, key: K, make: impl FnOnce() -> V) -> V {
        let hash = FxBuildHasher.hash_one(&key);
        // The table takes its place from the same bits, so these are others.
        let shard = &self.0[(hash >> 32) as usize % SHARDS];
        let lock = || shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let made = make();
        lock().insert(key, made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_worked_out_again() {
        let memo = Memo::default();
        for round in 0..2 {
            for key in 0..1000_u32 {
                let made = memo.get(key, || {
                    assert_eq!(round, 0, "{key}");
                    key * 2
                });
                assert_eq!(made, key * 2);
            }
        }
    }
}
