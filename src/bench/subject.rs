//! What is measured: one message with something in it, and how many bytes that is.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use thiserror::Error;

use crate::schema::{MessageId, Schema};
use crate::verify::side::Side;
use crate::wire::json::{self, Json};
use crate::wire::sample::{SampleOptions, samples};
use crate::wire::{Reader, Slot, Tree, Value, decode, encode};

/// One message that is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The full name.
    pub message: String,
    /// What is in it: the name of a sample, or the file that was given.
    pub sample: String,
    /// Whether that was given, and tells what is in such messages in service.
    pub given: bool,
    /// What is in it.
    pub tree: Tree,
    /// The same as bytes.
    pub bytes: Vec<u8>,
    /// The same as compact JSON; `None` where it has no such form.
    pub json: Option<String>,
}

/// How many bytes a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// On the wire.
    pub wire: usize,
    /// The same compressed with gzip, at its usual level.
    pub wire_gzip: usize,
    /// As compact JSON.
    pub json: Option<usize>,
    /// The same compressed with gzip.
    pub json_gzip: Option<usize>,
}

/// Data that is no message.
#[derive(Debug, Error)]
#[error("cannot read {what} as `{message}`")]
pub struct DataError {
    /// What is read.
    pub what: String,
    /// The message that it was to be.
    pub message: String,
    /// Why not.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// The sample that is measured where nothing is given: every field with something in it. Where the first has the bytes of
/// the second, it is left out of the samples; a message without fields has neither.
const SAMPLES: [&str; 2] = ["full", "ordinary"];

impl Subject {
    fn new(schema: &Schema, sample: &str, given: bool, tree: Tree) -> Subject {
        let json = json::write(schema, &tree).ok().map(|json| json.to_string());
        Subject {
            message: schema.message(tree.message).full_name.to_string(),
            sample: sample.to_owned(),
            given,
            bytes: encode(schema, &tree),
            tree,
            json,
        }
    }

    /// A message with everything in it, the same for the same contract and seed.
    #[must_use]
    pub fn sample(side: &Side, message: MessageId, seed: u64) -> Subject {
        let all = samples(&side.schema, message, &SampleOptions { seed, ..SampleOptions::default() });
        let of = |name: &&str| all.iter().find(|sample| sample.name == *name);
        let named = SAMPLES.iter().find_map(of).or_else(|| all.first());
        let bytes = named.map(|sample| sample.bytes.as_slice()).unwrap_or_default();
        let mut tree =
            decode(&side.schema, message, bytes, Reader::SPEC).unwrap_or_else(|_| Tree::new(message));
        positive(&mut tree);
        Subject::new(&side.schema, SAMPLES[0], false, tree)
    }

    /// A message from data: JSON where it begins with a brace, else bytes. `lenient` passes over keys that the version does
    /// not have.
    ///
    /// # Errors
    ///
    /// What is no such message.
    pub fn data(
        side: &Side,
        message: MessageId,
        name: &str,
        data: &[u8],
        lenient: bool,
    ) -> Result<Subject, DataError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| DataError {
            what: format!("`{name}`"),
            message: side.name(message).to_owned(),
            source,
        };
        let is_json = data.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let tree = if is_json {
            let text = std::str::from_utf8(data).map_err(|e| failed(e.into()))?;
            let json = Json::parse(text).map_err(|e| failed(e.into()))?;
            let read = if lenient { json::read_lenient } else { json::read };
            read(&side.schema, message, &json, Reader::SPEC).map_err(|e| failed(e.into()))?
        } else {
            decode(&side.schema, message, data, Reader::SPEC).map_err(|e| failed(e.into()))?
        };
        Ok(Subject::new(&side.schema, name, true, tree))
    }

    /// Its sizes.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        Sizes {
            wire: self.bytes.len(),
            wire_gzip: gzip(&self.bytes),
            json: self.json.as_ref().map(String::len),
            json_gzip: self.json.as_ref().map(|json| gzip(json.as_bytes())),
        }
    }
}

/// Minus zero is a value of its own for some runtimes and none for others: no sample of what a message costs.
fn positive(tree: &mut Tree) {
    for slot in tree.fields.values_mut() {
        let values: Vec<&mut Value> = match slot {
            Slot::One(value) => vec![value],
            Slot::List(values) => values.iter_mut().collect(),
            Slot::Map(entries) => entries.values_mut().collect(),
        };
        for value in values {
            match value {
                Value::Double(number) if *number == 0.0 => *number = 1.5,
                Value::Float(number) if *number == 0.0 => *number = 1.5,
                Value::Message(inner) => positive(inner),
                _ => {}
            }
        }
    }
}

fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Nothing is written anywhere but into memory.
    let done = encoder.write_all(bytes).and_then(|()| encoder.finish());
    done.map_or(bytes.len(), |compressed| compressed.len())
}
