//! The lines that `buf breaking` prints by default: `path:line:column:message`.

use std::io;

use super::{Report, buf_json};
use crate::present::Format;
use crate::text::{View, escape};

/// The format.
pub(super) const FORMAT: Format<Report> = Format {
    name: "buf-text",
    help: "One line a finding, as `buf breaking` prints them",
    hidden: true,
    write,
};

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for row in buf_json::rows(report) {
        let path = escape(row.path.unwrap_or("<input>"));
        writeln!(out, "{path}:{}:{}:{}", row.start_line, row.start_column, escape(&row.message))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::full(), None));
    }

    #[test]
    fn empty() {
        assert_eq!(sample::render(&FORMAT, &sample::empty(), None), "");
    }

    #[test]
    fn hostile() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::hostile(), None));
    }
}
