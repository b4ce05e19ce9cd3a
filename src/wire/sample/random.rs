//! Arbitrary messages.

use super::cases::Maker;
use crate::schema::{MessageId, Schema};
use crate::wire::encode::encode;

/// splitmix64: enough for picking values, and the same everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// One arbitrary message: the same for the same schema, message, seed and index.
pub fn one(schema: &Schema, message: MessageId, seed: u64, index: u64) -> Vec<u8> {
    let mut mixed = Rng::new(seed);
    let start = mixed.next() ^ Rng::new(index).next();
    let maker = Maker::new(schema, seed, false);
    encode(schema, &maker.random(message, &mut Rng::new(start)))
}
