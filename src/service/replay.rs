//! Answers out of what a server recorded: what clients sent is what others read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use bytes::Bytes;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;

use super::given::{Given, GivenError};
use super::{Contract, valid};
use crate::schema::MessageId;

/// One line of a record, as far as it is asked for.
#[derive(Deserialize)]
struct Line {
    method: String,
    bytes: String,
}

impl Given {
    /// Reads a file that [`super::write_all`] wrote: a method that does not give back what it takes answers with the
    /// messages of its type that clients sent to others, in the order in which they came. `name` is the file as a person
    /// knows it.
    ///
    /// # Errors
    ///
    /// A file that cannot be read; the first line that is no record, names no method of the contract, or holds no message
    /// of the type that the method takes.
    pub fn replay(contract: &Contract, file: &Path, name: &str) -> Result<Given, GivenError> {
        let read = |source| GivenError::Read { file: name.to_owned(), source };
        let inputs: BTreeMap<String, MessageId> = contract.methods().map(|m| (m.path, m.input)).collect();
        let mut sent: BTreeMap<MessageId, Vec<Bytes>> = BTreeMap::new();
        for (at, line) in BufReader::new(File::open(file).map_err(read)?).lines().enumerate() {
            let line = line.map_err(read)?;
            if line.trim().is_empty() {
                continue;
            }
            let wrong = |what: String| GivenError::Record { place: format!("{name}:{}", at + 1), what };
            let line: Line = serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))?;
            let Some(input) = inputs.get(&line.method).copied() else {
                return Err(wrong(format!("the contract has no method `{}`", line.method)));
            };
            let bytes = HEXLOWER_PERMISSIVE
                .decode(line.bytes.as_bytes())
                .map_err(|error| wrong(format!("`bytes`: {error}")))?;
            valid::check(&contract.schema, input, &bytes).map_err(|error| {
                wrong(format!("it is no `{}`: {error}", contract.schema.message(input).full_name))
            })?;
            sent.entry(input).or_default().push(bytes.into());
        }
        let sent: BTreeMap<MessageId, std::sync::Arc<[Bytes]>> =
            sent.into_iter().map(|(message, all)| (message, all.into())).collect();
        let answering = contract.methods().filter(|m| m.input != m.output);
        let all = answering.filter_map(|m| Some((m.path, sent.get(&m.output)?.clone())));
        Ok(Given::of_all(all.collect()))
    }
}
