//! Where a finding is, in the columns that a format counts.

use super::{Location, Report};
use crate::schema::Span;

/// A range of text, lines and columns from one; the end is where the text after it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

impl Range {
    /// The first column of a file.
    pub(super) const START: Range = Range { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };
}

/// A place in the new sources for a tool in which a tab goes on to the next multiple of `stop` columns: 4 for buf, 1
/// where characters are counted. A file as a whole is its first column.
pub(super) fn columns(report: &Report, location: &Location, stop: u32) -> Range {
    let Some(span) = location.span else { return Range::START };
    let Span { start_line, start_column, end_line, end_column } = span;
    let narrow = |line, column| match report.tabbed.get(&(location.path.clone(), line)) {
        Some(text) => narrow_tabs(text, column, stop),
        None => column,
    };
    Range {
        start_line,
        start_column: narrow(start_line, start_column),
        end_line,
        end_column: narrow(end_line, end_column),
    }
}

/// A column counted with tab stops of eight, as protoc does and descriptors have it, counted with others.
fn narrow_tabs(line: &str, column: u32, stop: u32) -> u32 {
    let (mut wide, mut narrow) = (0, 0);
    for byte in line.bytes() {
        if wide + 1 >= column {
            break;
        }
        if byte == b'\t' {
            wide = wide / 8 * 8 + 8;
            narrow = narrow / stop * stop + stop;
        } else {
            wide += 1;
            narrow += 1;
        }
    }
    narrow + column.saturating_sub(wide)
}

#[cfg(test)]
mod tests {
    use super::narrow_tabs;

    #[test]
    fn tabs_reach_as_far_as_the_tool_says() {
        for (line, column, four, one) in [
            ("\tint32 a = 1;", 9, 5, 2),
            ("\tint32 a = 1;", 14, 10, 7),
            ("  \tint32 a = 1;", 9, 5, 4),
            ("\t\tint32 a = 1;", 17, 9, 3),
            ("int32\ta = 1;", 3, 3, 3),
        ] {
            assert_eq!(narrow_tabs(line, column, 4), four, "{line:?} {column}");
            assert_eq!(narrow_tabs(line, column, 1), one, "{line:?} {column}");
        }
    }
}
