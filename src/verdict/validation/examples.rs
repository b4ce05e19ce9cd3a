//! Texts as examples: what a set of rules is said to refuse is shown by a text that the other set accepts.
//!
//! Rules say less than they mean together: what has to hold `ab` in two letters begins with `ab`. So nothing is said to
//! be refused before there is a text that one side accepts and the other does not.

use super::formats::SAMPLES;
use super::text::Text;

/// Texts are made up to this length; of longer ones it is not found out what is refused.
const LONGEST: i128 = 1 << 16;
/// Up to this length with everything they may be made of.
const SHORT: i128 = 512;
/// What texts are filled with: letters, a digit, characters of two and four bytes, and what no format has.
const FILLINGS: [&str; 11] = ["a", "x", "Z", "7", "é", "世", "🐎", " ", "-", "\0", "\n"];
/// Characters of one to four bytes, twice: what one of them is may be what must not be there.
const SIZES: [[&str; 4]; 2] = [["a", "é", "世", "🐎"], ["x", "ü", "界", "🐴"]];
/// Up to this length texts are made of characters of different sizes.
const MIXED: i128 = 16;

/// Texts that may be what one set of rules accepts and another refuses, plain ones first; the empty one is not among
/// them.
pub(super) fn texts(old: &Text, new: &Text) -> Vec<Vec<u8>> {
    let part = |part: &Option<Vec<u8>>| part.clone().unwrap_or_default();
    let parts = |text: &Text| [part(&text.prefix), part(&text.contains), part(&text.suffix)];
    let [prefix, within, suffix] = parts(old);
    // Lengths at which something begins or ends, of either set.
    let mut lengths: Vec<i128> = vec![1, 2, 3, 4, 16, 36];
    for set in [&old.chars, &old.bytes, &new.chars, &new.bytes] {
        let ends = set.ends();
        lengths.extend(ends.flat_map(|n| [n.saturating_sub(1), n, n.saturating_add(1)]));
    }
    lengths.retain(|n| (1..=LONGEST).contains(n));
    lengths.sort_unstable();
    lengths.dedup();
    let mut all: Vec<Vec<u8>> = Vec::new();
    // As short as the parts allow, one within another where they may be.
    for frame in [
        [prefix.as_slice(), &within, &suffix].concat(),
        [prefix.as_slice(), &suffix].concat(),
        [within.as_slice(), &suffix].concat(),
        [prefix.as_slice(), &within].concat(),
        prefix.clone(),
        within.clone(),
        suffix.clone(),
    ] {
        all.push(frame.clone());
        all.extend(joined(&frame, &suffix));
    }
    for filling in FILLINGS {
        for length in lengths.iter().filter(|n| **n <= SHORT || matches!(filling, "a" | "x" | "é")) {
            for frame in [[&prefix, &within, &suffix], [&prefix, &Vec::new(), &suffix]] {
                all.extend(filled(frame, filling, *length, old.binary));
            }
        }
    }
    let mixed = || lengths.iter().filter(|n| **n <= MIXED);
    for (chars, bytes) in mixed().flat_map(|c| mixed().map(move |b| (*c, *b))).filter(|_| !old.binary) {
        for frame in [[&prefix, &within, &suffix], [&prefix, &Vec::new(), &suffix]] {
            all.extend(SIZES.iter().filter_map(|sizes| of_lengths(frame, sizes, chars, bytes)));
        }
    }
    for side in [old, new] {
        all.extend(side.patterns.iter().flat_map(|pattern| pattern.read.examples()));
        all.extend(side.only.iter().flatten().cloned());
        if !side.formats.is_empty() && !old.binary {
            all.extend(SAMPLES.iter().map(|text| text.as_bytes().to_vec()));
        }
    }
    all.extend(old.not.iter().chain(&new.not).cloned());
    all.extend(new.contains_not.clone());
    let refused = part(&new.contains_not);
    all.push([prefix.as_slice(), &within, &refused, &suffix].concat());
    // By size, so that the plainest is found first.
    all.retain(|text| !text.is_empty());
    all.sort_by_key(Vec::len);
    all.dedup();
    all
}

/// Two texts of which the end of one is the beginning of the other.
fn joined(one: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let most = one.len().min(other.len());
    let shared = (1..=most).rev().find(|n| one.ends_with(&other[..*n]))?;
    Some([one, &other[shared..]].concat())
}

/// The same filled up to a length in characters and one in bytes at once.
fn of_lengths(frame: [&Vec<u8>; 3], sizes: &[&str; 4], chars: i128, bytes: i128) -> Option<Vec<u8>> {
    let [prefix, within, suffix] = frame;
    let whole = frame.into_iter().flatten().copied().collect::<Vec<u8>>();
    let chars = usize::try_from(chars).ok()?.checked_sub(String::from_utf8_lossy(&whole).chars().count())?;
    let bytes = usize::try_from(bytes).ok()?.checked_sub(whole.len())?;
    let (each, more) = (bytes.checked_div(chars)?, bytes.checked_rem(chars)?);
    let filling = sizes.get(each.checked_sub(1)?)?.repeat(chars - more);
    let larger = if more == 0 { String::new() } else { sizes.get(each)?.repeat(more) };
    Some([prefix.as_slice(), within, filling.as_bytes(), larger.as_bytes(), suffix].concat())
}

/// A prefix, what has to be in it and a suffix, filled up to a length in characters, and to one in bytes.
fn filled(frame: [&Vec<u8>; 3], filling: &str, length: i128, binary: bool) -> Vec<Vec<u8>> {
    let [prefix, within, suffix] = frame;
    let whole = frame.into_iter().flatten().copied().collect::<Vec<u8>>();
    let taken = if binary { whole.len() } else { String::from_utf8_lossy(&whole).chars().count() };
    let room = |taken: usize, of: usize| {
        let room = usize::try_from(length).unwrap_or_default().checked_sub(taken)?;
        (room % of == 0).then_some(room / of)
    };
    let counts = [room(taken, if binary { filling.len() } else { 1 }), room(whole.len(), filling.len())];
    let text = |count: usize| {
        [prefix, within, &filling.repeat(count).into_bytes(), suffix].map(Vec::as_slice).concat()
    };
    counts.into_iter().flatten().map(text).collect()
}
