//! What formats need of the text of the new side: where tools count columns or begin elements in another way.

use std::collections::BTreeMap;

use memchr::memmem;

use crate::findings::Report;
use crate::source::Content;

/// Files that formats may look into, by the path people find them by.
pub(super) type Kept = BTreeMap<String, bytes::Bytes>;

/// The files with a tab or a default value somewhere.
pub(super) fn kept(content: &Content) -> Kept {
    let Content::Sources(input) = content else { return BTreeMap::new() };
    let wanted = |text: &[u8]| text.contains(&b'\t') || memmem::find(text, b"default").is_some();
    let files = input.files.iter().filter(|f| f.target && wanted(&f.content));
    files.map(|f| (f.display.to_string(), f.content.clone())).collect()
}

/// Notes the lines with a tab that findings point at, and where the settings of default values begin.
pub(super) fn fill(files: &Kept, report: &mut Report) {
    for finding in &report.findings {
        let Some(location) = &finding.new else { continue };
        let (Some(span), Some(content)) = (location.span, files.get(&location.path)) else { continue };
        let text = String::from_utf8_lossy(content);
        let mut lines = vec![span.start_line, span.end_line];
        let value = (span.start_line, span.start_column);
        if finding.rule == "FIELD_SAME_DEFAULT"
            && let Some(begins) = setting(&text, value)
        {
            report.settings.insert((location.path.clone(), value.0, value.1), begins);
            lines.push(begins.0);
        }
        for line in lines {
            let found = text.lines().nth(line.saturating_sub(1) as usize).filter(|l| l.contains('\t'));
            if let Some(found) = found {
                report.tabbed.insert((location.path.clone(), line), found.to_owned());
            }
        }
    }
}

/// Where `default = ` in front of a value begins: line and column. Columns are protoc's.
fn setting(text: &str, value: (u32, u32)) -> Option<(u32, u32)> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let start = *starts.get(value.0.checked_sub(1)? as usize)?;
    let mut column = 1;
    let length = text[start..].bytes().take_while(|byte| {
        let before = column < value.1;
        column = if *byte == b'\t' { (column - 1) / 8 * 8 + 9 } else { column + 1 };
        before
    });
    let before = blank(text.get(..start + length.count())?);
    let before = blank(before.strip_suffix('=')?);
    let at = before.strip_suffix("default")?.len();
    let line = starts.partition_point(|start| *start <= at);
    let begin = starts[line - 1];
    let column =
        text[begin..at].bytes().fold(1, |c, byte| if byte == b'\t' { (c - 1) / 8 * 8 + 9 } else { c + 1 });
    Some((line as u32, column))
}

/// A text without the blanks and block comments at its end.
fn blank(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(comment) = text.strip_suffix("*/").and_then(|inside| inside.rfind("/*")) {
        text = text[..comment].trim_end();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::setting;

    #[test]
    fn a_setting_begins_with_its_name() {
        for (text, value, begins) in [
            ("a = 1 [default = 5];", (1, 18), Some((1, 8))),
            ("\ta = 1 [default = 5];", (1, 26), Some((1, 16))),
            ("x\n\t[ default\n =  \"x\" ]", (3, 5), Some((2, 11))),
            ("[ /* default = */ default /* x */ = /* y */ 1]", (1, 45), Some((1, 19))),
            ("[other = 5]", (1, 10), None),
            ("", (4, 4), None),
        ] {
            assert_eq!(setting(text, value), begins, "{text:?}");
        }
    }
}
