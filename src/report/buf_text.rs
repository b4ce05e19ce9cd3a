//! The lines that `buf breaking` prints by default: `path:line:column:message`.

use std::io;

use super::{Report, Reporter, buf_json};
use crate::text::{View, escape};

/// The format.
pub(super) struct BufText;

impl Reporter for BufText {
    fn write(&self, report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
        for row in buf_json::rows(report) {
            let path = escape(row.path.unwrap_or("<input>"));
            writeln!(out, "{path}:{}:{}:{}", row.start_line, row.start_column, escape(row.message))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&BufText, &sample::full(), None));
    }

    #[test]
    fn empty() {
        assert_eq!(sample::render(&BufText, &sample::empty(), None), "");
    }

    #[test]
    fn hostile() {
        insta::assert_snapshot!(sample::render(&BufText, &sample::hostile(), None));
    }
}
