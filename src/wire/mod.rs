//! Bytes and JSON of messages: samples, a codec over a [`Schema`](crate::schema::Schema), and witnesses.
//!
//! The lenses of [`verdict`](crate::verdict) argue from rules; this part shows what happens. [`sample`] makes
//! messages, [`encode`] and [`decode`] take them apart the way the languages' runtimes do ([`Reader`] says which),
//! [`json`] does the same for ProtoJSON, [`compare`] tells what a reader lost, and [`witness`] finds the smallest
//! message that shows what a verdict claims. What it is not: a codec for messages in bulk. Nothing here is tuned.

pub mod compare;
pub mod decode;
pub mod encode;
pub mod json;
mod meaning;
pub mod parts;
pub mod reader;
pub mod runtimes;
pub mod sample;
pub mod text;
pub mod value;
pub mod witness;

pub use decode::{DecodeError, decode};
pub use encode::encode;
pub use parts::{FieldName, Part};
pub use reader::Reader;
pub use value::{Key, Slot, Tree, Unknown, UnknownData, Value};
pub use witness::{Proof, Prover, Read, Saw, Shown};
