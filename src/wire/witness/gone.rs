//! Data of types that nothing declares any more.

use super::{Prover, Read, Saw, Shown};
use crate::diff::{Change, Kind};
use crate::schema::{Element, FileId, MessageId};
use crate::wire::json;
use crate::wire::parts::parts;
use crate::wire::reader::Reader;
use crate::wire::sample::{SampleOptions, Size, samples};
use crate::wire::text::phrase;
use crate::wire::{decode, encode};
use crate::words::{Direction, Effect, Lens};

impl Prover<'_> {
    /// What was written as a message of which the other side has nothing left.
    pub(super) fn gone(
        &self,
        change: &Change,
        lens: Lens,
        direction: Direction,
        effect: Effect,
    ) -> Option<Shown> {
        if (direction, effect) != (Direction::Backward, Effect::Rejects) {
            return None;
        }
        let message = match (&change.kind, change.old) {
            (Kind::TypeRemoved(_), Some(Element::Message(id))) if self.cx.successor(change).is_none() => id,
            (Kind::FileRemoved, Some(Element::File(id))) => self.first_of(&[id])?,
            (Kind::PackageRemoved { package }, _) => self.first_of(self.cx.old.package(package)?)?,
            _ => return None,
        };
        let old = self.cx.old;
        let name = old.message(message).full_name.to_string();
        // The smallest one that says anything.
        let options = SampleOptions { seed: 0, size: Size::Small };
        let mut all = samples(old, message, &options);
        all.sort_by_key(|sample| (sample.bytes.is_empty(), sample.bytes.len()));
        let reads = |readers: &[Reader]| {
            vec![Read {
                readers: readers.iter().chain(&self.ages).map(Reader::title).collect(),
                saw: Saw::Error(format!("nothing declares `{name}` any more")),
            }]
        };
        all.into_iter().find_map(|sample| {
            let meant = decode(old, message, &sample.bytes, Reader::SPEC).ok()?;
            Some(match lens {
                Lens::Json => Shown::Json {
                    message: name.clone(),
                    json: json::write(old, &meant).ok()?.to_string(),
                    reads: reads(&[Reader::GO, Reader::JAVA, Reader::PYTHON]),
                    old_wrote: true,
                },
                _ => Shown::Bytes {
                    message: name.clone(),
                    bytes: encode(old, &meant),
                    parts: parts((old, Some(message)), (self.cx.new, None), &encode(old, &meant)),
                    meant: phrase(old, &meant),
                    reads: reads(&Reader::ALL),
                    old_wrote: true,
                },
            })
        })
    }

    /// The first message by name of some files of the old side that the new side does not have.
    fn first_of(&self, files: &[FileId]) -> Option<MessageId> {
        let old = self.cx.old;
        let messages = files.iter().filter(|f| old.file(**f).target).flat_map(|f| &old.file(*f).messages);
        let gone = messages.copied().filter(|id| self.partner(*id, Direction::Backward).is_none());
        gone.min_by_key(|id| old.message(*id).full_name.clone())
    }
}
