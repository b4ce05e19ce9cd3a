//! Witnesses as sentences.

use super::{Finding, Report};
use crate::schema::options::spaced;
use crate::source::Name;
use crate::wire::{Proof, Read, Saw, Shown};
use crate::words::Direction;

/// How many bytes are shown before the rest is only counted.
const BYTES_SHOWN: usize = 32;
/// The same for characters of JSON.
const JSON_SHOWN: usize = 200;

/// One sentence for each proof, and one for each effect that nothing shows. Where both directions have the same witness
/// it is told once.
pub(super) fn sentences(report: &Report, finding: &Finding) -> Vec<String> {
    told(report, finding).into_iter().map(|(sentence, _)| sentence).collect()
}

/// The same with the proof that each sentence is about, the first of those it is told of.
pub(super) fn told<'a>(report: &Report, finding: &'a Finding) -> Vec<(String, &'a Proof)> {
    let mut said: Vec<(String, &Proof)> = Vec::new();
    for proof in finding.proofs.iter().flatten() {
        let sentence = sentence(report.old_of(finding), proof);
        if said.iter().all(|(known, _)| *known != sentence) {
            said.push((sentence, proof));
        }
    }
    said
}

fn sentence(old: &Name, proof: &Proof) -> String {
    let old = proof.version.clone().unwrap_or_else(|| old_name(old));
    let new = "the new version".to_owned();
    let sides = |old_wrote: bool| if old_wrote { (&old, &new) } else { (&new, &old) };
    match &proof.shown {
        None => format!(
            "none found: {} ({}: {}) is unconfirmed",
            proof.lens.as_str(),
            proof.direction.as_str(),
            proof.effect.as_str()
        ),
        Some(Shown::Bytes { bytes, meant, reads, old_wrote, .. }) => {
            let (writer, reader) = sides(*old_wrote);
            let shown = match bytes.len() {
                0 => "no bytes".to_owned(),
                n if n > BYTES_SHOWN => format!("`{} …` ({n} bytes)", spaced(&bytes[..BYTES_SHOWN])),
                _ => format!("`{}`", spaced(bytes)),
            };
            format!("written by {writer}: {shown} means {meant}; read by {reader}: {}", seen(reads))
        }
        Some(Shown::Json { json, reads, old_wrote, .. }) => {
            let (writer, reader) = sides(*old_wrote);
            let shown = match json.char_indices().nth(JSON_SHOWN) {
                Some((end, _)) => format!("`{}…` ({} bytes)", &json[..end], json.len()),
                None => format!("`{json}`"),
            };
            format!("written by {writer}: {shown}; read by {reader}: {}", seen(reads))
        }
        Some(Shown::Call { path, answer }) => {
            let (client, server) = sides(proof.direction == Direction::Backward);
            // A status, or a sentence of its own.
            let what = match answer.contains(' ') {
                true => answer.clone(),
                false => format!("{server} answers {answer}"),
            };
            format!("a client of {client} calls `{path}`; {what}")
        }
    }
}

fn seen(reads: &[Read]) -> String {
    let one = |read: &Read| match &read.saw {
        Saw::Value(phrase) => phrase.clone(),
        Saw::Error(why) => format!("an error: {why}"),
    };
    match reads {
        [all] => one(all),
        _ => {
            let by: Vec<String> =
                reads.iter().map(|r| format!("{}: {}", r.readers.join(", "), one(r))).collect();
            by.join("; ")
        }
    }
}

/// The old side as people call it: its tag, or that it is old.
fn old_name(old: &Name) -> String {
    old.tag().map_or_else(|| "the old version".to_owned(), str::to_owned)
}
