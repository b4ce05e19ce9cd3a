//! Source positions of descriptor paths, decoded on first use: only files with findings ever pay for it.

use buffa::DecodeOptions;
use buffa_descriptor::generated::descriptor::SourceCodeInfo;
use rustc_hash::FxHashMap;

/// A path into a file descriptor, as in `SourceCodeInfo.Location.path`.
pub type SourcePath = Vec<i32>;

/// A range of source text; lines and columns count from one, columns in the unit of the compiler (bytes,
/// with tabs advancing to the next multiple of eight).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First line.
    pub start_line: u32,
    /// First column.
    pub start_column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column behind the last character.
    pub end_column: u32,
}

/// The spans of one file by descriptor path.
#[derive(Debug, Default)]
pub struct SpanTable(FxHashMap<Box<[i32]>, Span>);

impl SpanTable {
    pub(super) fn decode(bytes: &[u8]) -> SpanTable {
        // The bytes come out of a compiler of ours; text without positions is the worst that can follow.
        // The decoder's own bounds are for bytes from strangers; a file of 100,000 fields has more locations.
        let options =
            DecodeOptions::new().with_element_memory_limit(usize::MAX).with_unknown_field_limit(usize::MAX);
        let Ok(info) = options.decode_from_slice::<SourceCodeInfo>(bytes) else {
            return SpanTable::default();
        };
        let mut table = FxHashMap::default();
        for location in info.location {
            let span = match *location.span {
                [line, column, end] => [line, column, line, end],
                [line, column, end_line, end] => [line, column, end_line, end],
                _ => continue,
            };
            let [start_line, start_column, end_line, end_column] = span.map(|n| n.max(0) as u32 + 1);
            // An `extend` block repeats its path once a block: the first one is the one people look at.
            table.entry(location.path.into_boxed_slice()).or_insert(Span {
                start_line,
                start_column,
                end_line,
                end_column,
            });
        }
        SpanTable(table)
    }

    /// Where a path stands; `None` without source info for it.
    #[must_use]
    pub fn get(&self, path: &[i32]) -> Option<Span> {
        self.0.get(path).copied()
    }
}
