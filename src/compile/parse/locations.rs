//! `SourceCodeInfo` of one file, collected while parsing and encoded when the file is done.
//!
//! The path of an option is only known once the option is interpreted, which needs other files. So everything
//! else is encoded at once and each option keeps its place in the bytes.

use super::lex::{Comments, Token};
use crate::compile::encode;

/// A location that is being recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loc(u32);

const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Record {
    path_start: u32,
    path_len: u32,
    span: [u32; 4],
    ended: bool,
    comments: u32,
    option: u32,
}

#[derive(Default)]
pub(super) struct Locations {
    records: Vec<Record>,
    paths: Vec<i32>,
    comments: Vec<Comments>,
}

/// What became of an option in the descriptor.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It is at this path below its options message.
    At(Box<[i32]>),
    /// It is for compilers only and left out.
    LeftOut,
    /// Like all options of its element, so that the options message is left out too.
    Emptied,
}

/// The encoded source info of a file.
#[derive(Debug, Default)]
pub(crate) struct SourceInfo {
    bytes: Vec<u8>,
    options: Vec<OptionLocation>,
}

#[derive(Debug)]
struct OptionLocation {
    /// Offset in the bytes the location stands before.
    at: u32,
    /// Path of the options message.
    container: Box<[i32]>,
    option: u32,
    /// The location without its path.
    rest: Box<[u8]>,
}

impl Locations {
    /// Starts a location at a token; its path is that of another one and some more.
    pub(super) fn start(&mut self, parent: Option<Loc>, more: &[i32], at: Token) -> Loc {
        let path_start = self.paths.len() as u32;
        if let Some(parent) = parent {
            let of = &self.records[parent.0 as usize];
            let range = of.path_start as usize..(of.path_start + of.path_len) as usize;
            self.paths.extend_from_within(range);
        }
        self.paths.extend_from_slice(more);
        self.records.push(Record {
            path_start,
            path_len: self.paths.len() as u32 - path_start,
            span: [at.line, at.column, 0, 0],
            ended: false,
            comments: NONE,
            option: NONE,
        });
        Loc(self.records.len() as u32 - 1)
    }

    /// Starts the location of an option; its container's path is that of the parent.
    pub(super) fn start_option(&mut self, parent: Loc, option: u32, at: Token) -> Loc {
        let loc = self.start(Some(parent), &[], at);
        self.records[loc.0 as usize].option = option;
        loc
    }

    /// Adds to the path of the newest location.
    pub(super) fn add_path(&mut self, loc: Loc, more: &[i32]) {
        debug_assert_eq!(loc.0 as usize + 1, self.records.len());
        self.paths.extend_from_slice(more);
        self.records[loc.0 as usize].path_len += more.len() as u32;
    }

    pub(super) fn start_at(&mut self, loc: Loc, token: Token) {
        let span = &mut self.records[loc.0 as usize].span;
        (span[0], span[1]) = (token.line, token.column);
    }

    pub(super) fn start_like(&mut self, loc: Loc, other: Loc) {
        let from = self.records[other.0 as usize].span;
        let span = &mut self.records[loc.0 as usize].span;
        (span[0], span[1]) = (from[0], from[1]);
    }

    /// Ends a location with a token, unless it already has an end.
    pub(super) fn end(&mut self, loc: Loc, last: Token) {
        let record = &mut self.records[loc.0 as usize];
        if !record.ended {
            record.ended = true;
            (record.span[2], record.span[3]) = (last.line, last.end_column);
        }
    }

    pub(super) fn attach(&mut self, loc: Loc, comments: Comments) {
        if comments.leading.is_none() && comments.trailing.is_none() && comments.detached.is_empty() {
            return;
        }
        self.records[loc.0 as usize].comments = self.comments.len() as u32;
        self.comments.push(comments);
    }

    pub(super) fn mark(&self) -> usize {
        self.records.len()
    }

    /// Takes the locations since a mark out and puts them back once for each index, which replaces the path
    /// component at `depth`. Locations with no path below that component are dropped.
    pub(super) fn repeat_since(&mut self, mark: usize, depth: usize, indices: std::ops::Range<u32>) {
        let records: Vec<Record> = self.records.drain(mark..).collect();
        for index in indices {
            for record in records.iter().filter(|r| r.path_len as usize > depth + 1) {
                let path_start = self.paths.len() as u32;
                let range = record.path_start as usize..(record.path_start + record.path_len) as usize;
                self.paths.extend_from_within(range);
                self.paths[path_start as usize + depth] = index as i32;
                self.records.push(Record { path_start, ..record.clone() });
            }
        }
    }

    pub(super) fn path_len(&self, loc: Loc) -> usize {
        self.records[loc.0 as usize].path_len as usize
    }

    pub(super) fn encode(&self) -> SourceInfo {
        let mut info = SourceInfo::default();
        info.bytes.reserve(self.records.len() * 20);
        let mut rest = Vec::new();
        for record in &self.records {
            let path =
                &self.paths[record.path_start as usize..(record.path_start + record.path_len) as usize];
            rest.clear();
            let [line, column, end_line, end_column] = record.span.map(|n| n as i32);
            if line == end_line {
                encode::packed(&mut rest, 2, &[line, column, end_column]);
            } else {
                encode::packed(&mut rest, 2, &[line, column, end_line, end_column]);
            }
            if let Some(comments) = self.comments.get(record.comments as usize) {
                if let Some(text) = &comments.leading {
                    encode::bytes(&mut rest, 3, text.as_bytes());
                }
                if let Some(text) = &comments.trailing {
                    encode::bytes(&mut rest, 4, text.as_bytes());
                }
                for text in &comments.detached {
                    encode::bytes(&mut rest, 6, text.as_bytes());
                }
            }
            if record.option == NONE {
                location(&mut info.bytes, path, &[], &rest);
            } else {
                info.options.push(OptionLocation {
                    at: info.bytes.len() as u32,
                    container: path.into(),
                    option: record.option,
                    rest: rest.as_slice().into(),
                });
            }
        }
        info.bytes.shrink_to_fit();
        info
    }
}

fn location(out: &mut Vec<u8>, path: &[i32], more: &[i32], rest: &[u8]) {
    let packed: usize = path.iter().chain(more).map(|&n| encode::int_len(n)).sum();
    let path_len = if packed == 0 { 0 } else { 1 + encode::varint_len(packed as u64) + packed };
    encode::tag(out, 1, 2);
    encode::varint(out, (path_len + rest.len()) as u64);
    if packed > 0 {
        encode::tag(out, 1, 2);
        encode::varint(out, packed as u64);
        for &n in path.iter().chain(more) {
            encode::int(out, n);
        }
    }
    out.extend_from_slice(rest);
}

impl SourceInfo {
    /// The encoded `SourceCodeInfo`, given what became of each option.
    pub(crate) fn finish(self, fates: &[Fate]) -> Vec<u8> {
        if self.options.is_empty() {
            return self.bytes;
        }
        let dropped = self.dropped_containers(fates);
        let more: usize = self.options.iter().map(|o| o.rest.len() + o.container.len() + 16).sum();
        let mut out = Vec::with_capacity(self.bytes.len() + more);
        let mut from = 0;
        for option in &self.options {
            copy_without(&mut out, &self.bytes[from..option.at as usize], &dropped);
            from = option.at as usize;
            if let Some(Fate::At(path)) = fates.get(option.option as usize) {
                location(&mut out, &option.container, path, &option.rest);
            }
        }
        copy_without(&mut out, &self.bytes[from..], &dropped);
        out
    }

    /// The packed paths of options messages of which nothing is left: their locations go too.
    fn dropped_containers(&self, fates: &[Fate]) -> Vec<Vec<u8>> {
        let emptied = |o: &&OptionLocation| matches!(fates.get(o.option as usize), Some(Fate::Emptied));
        let gone = self.options.iter().filter(emptied).map(|o| &*o.container);
        let mut gone: Vec<Vec<u8>> = gone
            .map(|path| {
                let mut packed = Vec::new();
                path.iter().for_each(|&n| encode::int(&mut packed, n));
                packed
            })
            .collect();
        gone.sort_unstable();
        gone.dedup();
        gone
    }
}

/// Copies encoded locations, except those with one of some packed paths (sorted).
fn copy_without(out: &mut Vec<u8>, locations: &[u8], dropped: &[Vec<u8>]) {
    if dropped.is_empty() {
        out.extend_from_slice(locations);
        return;
    }
    let varint = |at: &mut usize| {
        let (mut value, mut shift) = (0, 0);
        while let Some(&byte) = locations.get(*at) {
            *at += 1;
            value |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        value
    };
    let mut at = 0;
    while at < locations.len() {
        let start = at;
        at += 1;
        let len = varint(&mut at);
        let end = at + len;
        // The path comes first, if the location has one.
        let mut path: &[u8] = &[];
        if locations.get(at) == Some(&0x0a) {
            at += 1;
            let len = varint(&mut at);
            path = &locations[at..at + len];
        }
        if dropped.binary_search_by(|d| d.as_slice().cmp(path)).is_err() {
            out.extend_from_slice(&locations[start..end]);
        }
        at = end;
    }
}
