//! What servers answer with that do not repeat what they are asked.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use serde_json::json;

use super::cases;
use super::side::Side;
use crate::schema::MessageId;
use crate::wire::sample::{SampleOptions, large, samples};

/// The samples of these names. No two samples are the same: where nothing can be set, the empty one is all there is.
pub(super) fn whole(side: &Side, message: MessageId, names: &[&str]) -> Vec<Vec<u8>> {
    let all = samples(&side.schema, message, &SampleOptions::default());
    let named = |name: &&str| all.iter().find(|s| s.name == **name).map(|s| s.bytes.clone());
    let found: Vec<Vec<u8>> = names.iter().filter_map(named).collect();
    if found.is_empty() { all.into_iter().take(1).map(|s| s.bytes).collect() } else { found }
}

/// What servers of one version answer with, by message.
#[derive(Debug)]
pub struct Answers {
    by_message: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Answers {
    /// What a side answers the other with. Of each kind of call one answer is large: a mebibyte for every type would
    /// be as much as the contract is wide.
    #[must_use]
    pub fn of(side: &Side, other: &Side) -> Answers {
        let mut by_message = BTreeMap::new();
        let mut kinds = BTreeSet::new();
        for (path, id) in side.methods() {
            let method = side.schema.method(id);
            let Some(message) = side.schema.message_by_name(&method.output) else { continue };
            let fresh = || whole(side, message, &["full", "max"]);
            let answers: &mut Kept = by_message.entry(method.output.to_string()).or_insert_with(|| Kept {
                first: fresh(),
                large: None,
                // A stream of answers goes on from where it begins, and these are for what asks for none.
                empty: whole(side, message, &["empty"]).into_iter().cycle().take(cases::REPLIES).collect(),
            });
            let kind = method.call_kind();
            let called = other.method(&path).is_some_and(|m| m.call_kind() == kind);
            if method.input != method.output && called && !kinds.contains(&kind) {
                answers.large = answers.large.take().or_else(|| large(&side.schema, message, cases::LARGE));
                if answers.large.is_some() {
                    kinds.insert(kind);
                }
            }
        }
        let all = |kept: Kept| kept.first.into_iter().chain(kept.large).chain(kept.empty).collect();
        Answers { by_message: by_message.into_iter().map(|(name, kept)| (name, all(kept))).collect() }
    }

    /// The answers of one type, by its full name, in the order in which they are sent.
    #[must_use]
    pub fn get(&self, name: &str) -> &[Vec<u8>] {
        self.by_message.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The place of the answers with nothing in them.
    #[must_use]
    pub fn empty(&self, name: &str) -> usize {
        self.get(name).len().saturating_sub(cases::REPLIES)
    }

    /// All of them as a server reads them: a line of JSON for each type, in bytes as long as what the server has to hold.
    #[must_use]
    pub fn lines(&self) -> String {
        let line = |(name, all): (&String, &Vec<Vec<u8>>)| {
            format!(
                "{}\n",
                json!({"message": name, "hex": all.iter().map(|bytes| HEXLOWER.encode(bytes)).collect::<Vec<_>>()})
            )
        };
        self.by_message.iter().map(line).collect()
    }
}

/// The answers of one type, by what they are for.
struct Kept {
    first: Vec<Vec<u8>>,
    large: Option<Vec<u8>>,
    empty: Vec<Vec<u8>>,
}
