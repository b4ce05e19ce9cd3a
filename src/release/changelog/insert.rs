//! A section in a changelog that is there.

use semver::Version;

use super::lines::{Heading, headings, links_at_the_end};
use super::{Changelog, PARTS};

/// A changelog with a section in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The whole text.
    pub text: String,
    /// The section with what was written by hand, its lines ended by line feeds: the notes of the release.
    pub section: String,
}

/// What a changelog begins with where there was none.
const NEW: &str = "# Changelog\n\nThe format follows [Keep a Changelog](https://keepachangelog.com/en/1.1.0/), versions \
                   follow\n[Semantic Versioning](https://semver.org/spec/v2.0.0.html).\n\n## [Unreleased]\n";

impl Changelog {
    /// Puts the section into the text of a changelog; an empty one is begun.
    ///
    /// It comes below the heading `Unreleased`, and what was written there by hand becomes a part of it: its own parts
    /// (`### Added`) go together with those of the same name. A heading of this version that says `Unreleased` in place
    /// of a day is replaced. Without either it comes before the newest version. Everything else stays as it is, byte for
    /// byte; so does the whole text where the version has its section already.
    #[must_use]
    pub fn insert(&self, existing: &str) -> Inserted {
        let existing = if existing.trim_matches(['\u{feff}', ' ', '\r', '\n', '\t']).is_empty() {
            NEW
        } else {
            existing
        };
        let links = links_at_the_end(existing);
        let heads: Vec<Heading<'_>> = headings(existing).into_iter().filter(|head| head.level <= 2).collect();
        let end = |n: usize| heads.get(n + 1).map_or(links, |next| next.line.start);
        let find =
            |is: &dyn Fn(&str) -> bool| heads.iter().position(|head| head.level == 2 && is(head.title));
        if let Some(n) =
            find(&|title| of_version(title) == Some(self.version.clone()) && !says_unreleased(title))
        {
            let section = existing[heads[n].line.start..end(n).max(heads[n].line.end)].trim_end();
            let section = format!("{}\n", section.replace("\r\n", "\n"));
            return Inserted { text: existing.to_owned(), section };
        }
        let (before, by_hand, after) = if let Some(n) = find(&|title| self.is_unreleased(title)) {
            let head = &heads[n];
            // Of `## [1.0.0] - Unreleased` nothing is left to come.
            let kept = if of_version(head.title).is_some() { head.line.start } else { head.line.end };
            let end = end(n).max(head.line.end);
            (&existing[..kept], &existing[head.line.end..end], &existing[end..])
        } else {
            let at = find(&|title| of_version(title).is_some()).map_or(links, |n| heads[n].line.start);
            (&existing[..at], "", &existing[at..])
        };
        let section = merged(&self.section, by_hand);
        let crlf = existing.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"));
        let written = if crlf { section.replace('\n', "\r\n") } else { section.clone() };
        let line_end = if crlf { "\r\n" } else { "\n" };
        let mut text = before.to_owned();
        if !text.ends_with('\n') && !text.is_empty() {
            text.push_str(line_end);
        }
        if !ends_blank(&text) {
            text.push_str(line_end);
        }
        text.push_str(&written);
        if !after.is_empty() {
            text.push_str(line_end);
        }
        text.push_str(after);
        Inserted { text, section }
    }

    fn is_unreleased(&self, title: &str) -> bool {
        let name = title.trim_start_matches('[').split([']', ' ']).next().unwrap_or_default();
        name.eq_ignore_ascii_case("unreleased")
            || (says_unreleased(title) && of_version(title).as_ref() == Some(&self.version))
    }
}

/// Whether nothing or a blank line is at the end.
fn ends_blank(text: &str) -> bool {
    text.is_empty() || text.lines().next_back().is_some_and(|line| line.trim().is_empty())
}

/// The version of a heading: `[1.0.0] - 2026-11-28`, `v1.0.0`.
fn of_version(title: &str) -> Option<Version> {
    let name = title.trim_start_matches('[').split([']', ' ', '(']).next()?;
    Version::parse(name.strip_prefix('v').unwrap_or(name)).ok()
}

fn says_unreleased(title: &str) -> bool {
    title.to_ascii_lowercase().contains("unreleased")
}

/// A part of a section: its heading, or what comes before the first one, and what stands under it.
struct Part<'a> {
    name: &'a str,
    text: &'a str,
}

/// What comes first, and the parts.
fn parts(text: &str) -> (&str, Vec<Part<'_>>) {
    let heads: Vec<Heading<'_>> = headings(text).into_iter().filter(|head| head.level == 3).collect();
    let first = heads.first().map_or(text.len(), |head| head.line.start);
    let end = |n: usize| heads.get(n + 1).map_or(text.len(), |next: &Heading<'_>| next.line.start);
    let parts = heads.iter().enumerate();
    let parts = parts.map(|(n, head)| Part { name: head.title, text: &text[head.line.start..end(n)] });
    (&text[..first], parts.collect())
}

/// A section with what was written by hand, which keeps its words and its order.
fn merged(section: &str, by_hand: &str) -> String {
    let by_hand = by_hand.replace("\r\n", "\n");
    let (head, rest) = section.split_once('\n').unwrap_or((section, ""));
    let (first, made) = parts(rest);
    let (said, hand) = parts(&by_hand);
    let mut pieces: Vec<(&str, Vec<&str>)> = hand.iter().map(|part| (part.name, vec![part.text])).collect();
    for part in &made {
        let same = |(name, _): &&mut (&str, Vec<&str>)| name.eq_ignore_ascii_case(part.name);
        if let Some((_, texts)) = pieces.iter_mut().find(same) {
            let body = part.text.split_once('\n').map_or("", |(_, body)| body);
            texts.push(body);
            continue;
        }
        let later = |(name, _): &(&str, Vec<&str>)| rank(name) > rank(part.name);
        let at = pieces.iter().position(later).unwrap_or(pieces.len());
        pieces.insert(at, (part.name, vec![part.text]));
    }
    let texts =
        [head, said, first].into_iter().chain(pieces.iter().flat_map(|(_, texts)| texts.iter().copied()));
    let texts = texts.map(|text| text.trim_matches('\n')).filter(|text| !text.trim().is_empty());
    let mut out = texts.collect::<Vec<_>>().join("\n\n");
    out.push('\n');
    out
}

/// Where a part belongs; one that only people write stays where they put it.
fn rank(name: &str) -> Option<usize> {
    PARTS.iter().position(|part| part.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECTION: &str =
        "## [1.1.0] - 2026-11-28\n\n### Breaking\n\n#### `a.v1`\n\n- `a.v1.B`: gone\n\n### Added\n\n- made\n";

    fn made() -> Changelog {
        Changelog { version: Version::new(1, 1, 0), section: SECTION.to_owned() }
    }

    fn inserted(existing: &str) -> String {
        made().insert(existing).text
    }

    #[test]
    fn it_comes_below_the_heading_for_what_is_not_released() {
        let text = inserted("# C\n\n## [Unreleased]\n\n## [1.0.0] - 2026-01-01\n\n- a\n\n[1.0.0]: x\n");
        let expected =
            format!("# C\n\n## [Unreleased]\n\n{SECTION}\n## [1.0.0] - 2026-01-01\n\n- a\n\n[1.0.0]: x\n");
        assert_eq!(text, expected);
    }

    #[test]
    fn words_by_hand_go_with_the_parts_of_their_name() {
        let hand = "Read this.\n\n### Added\n\n- by hand `x`\n\n### Oddities\n- odd\n";
        let text = inserted(&format!("## Unreleased\n{hand}\n[Unreleased]: x\n"));
        let expected = "## Unreleased\n\n## [1.1.0] - 2026-11-28\n\nRead this.\n\n### Breaking\n\n#### `a.v1`\n\n\
                        - `a.v1.B`: gone\n\n### Added\n\n- by hand `x`\n\n- made\n\n### Oddities\n- odd\n\n[Unreleased]: x\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_version_that_waits_for_its_day_gets_it() {
        let text = inserted("# C\n\n## [1.1.0] - Unreleased\n\n- by hand\n\n## 1.0.0\n");
        assert!(text.starts_with("# C\n\n## [1.1.0] - 2026-11-28\n\n- by hand\n\n### Breaking"), "{text}");
        assert!(text.ends_with("- made\n\n## 1.0.0\n") && !text.contains("Unreleased"), "{text}");
        let other = inserted("# C\n\n## [1.2.0] - Unreleased\n\n- by hand\n");
        assert!(other.ends_with("\n## [1.2.0] - Unreleased\n\n- by hand\n"), "{other}");
    }

    #[test]
    fn without_that_heading_it_comes_before_the_newest_version_or_last() {
        let text = inserted("# C\n\n## How we count\n\nSo.\n\n## v1.0.0 (2026-01-01)\n");
        assert_eq!(text, format!("# C\n\n## How we count\n\nSo.\n\n{SECTION}\n## v1.0.0 (2026-01-01)\n"));
        assert_eq!(inserted("# C"), format!("# C\n\n{SECTION}"));
        assert_eq!(inserted("# C\n\n[a]: b\n"), format!("# C\n\n{SECTION}\n[a]: b\n"));
    }

    #[test]
    fn what_only_looks_like_a_heading_is_none() {
        let code = "# C\n\n```\n## [Unreleased]\n## [1.1.0]\n```\n\n## [Unreleased]\n";
        assert_eq!(inserted(code), format!("{code}\n{SECTION}"));
    }

    #[test]
    fn line_ends_stay_what_they_are() {
        let told = made().insert("# C\r\n\r\n## [Unreleased]\r\n\r\n- by hand\r\n\r\n## [1.0.0]\r\n");
        assert!(!told.text.replace("\r\n", "").contains(['\r', '\n']), "{:?}", told.text);
        assert!(told.text.ends_with("- made\r\n\r\n## [1.0.0]\r\n"), "{:?}", told.text);
        assert!(told.section.contains("- by hand\n") && !told.section.contains('\r'), "{:?}", told.section);
    }

    #[test]
    fn a_version_that_is_there_is_left_alone_and_told() {
        let existing = "## [Unreleased]\n\n- new\n\n## [1.1.0] - 2026-11-27\n\n- edited\n\n## [1.0.0]\n";
        let told = made().insert(existing);
        assert_eq!(told.text, existing);
        assert_eq!(told.section, "## [1.1.0] - 2026-11-27\n\n- edited\n");
        let last = made().insert("## [1.1.0]");
        assert_eq!((&*last.text, &*last.section), ("## [1.1.0]", "## [1.1.0]\n"));
    }

    /// Lines of which changelogs are made, and some that only look so.
    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[a-c `#\\[\\]]{0,8}",
            1 => Just("- a `b` *c*".to_owned()),
            1 => Just("```".to_owned()),
            1 => Just("<!-- c".to_owned()),
            1 => Just("-->".to_owned()),
            1 => Just("### Added".to_owned()),
            1 => Just("### Else".to_owned()),
            1 => Just("## [Unreleased]".to_owned()),
            1 => Just("## [1.1.0] - Unreleased".to_owned()),
            1 => Just("## [1.0.0] - 2026-01-01".to_owned()),
            1 => Just("## [0.9.0]".to_owned()),
            1 => Just("[1.0.0]: https://a.b".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_a_second_time_changes_nothing(
            lines in prop::collection::vec(line(), 0..24),
            crlf: bool,
            ended: bool,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let mut existing = lines.join(end);
            if ended {
                existing.push_str(end);
            }
            let told = made().insert(&existing);
            // Each line that says something is still there, as often as before and no line of it is new.
            let count = |text: &str| {
                let mut lines: Vec<String> = text.lines().map(|l| l.trim_end().to_owned()).collect();
                lines.retain(|line| !line.is_empty() && !SECTION.lines().any(|made| made == line));
                lines.sort();
                lines
            };
            let replaced = |lines: Vec<String>| -> Vec<String> {
                lines.into_iter().filter(|line| !line.starts_with("## [1.1.0] - Unreleased")).collect()
            };
            if !existing.trim().is_empty() {
                prop_assert_eq!(replaced(count(&existing)), replaced(count(&told.text)));
            }
            prop_assert!(told.section.starts_with("## [1.1.0] - 2026-11-28\n"), "{}", told.section);
            // Text that never closes its code or comment takes the section in; there is no telling where it is then.
            if headings(&told.text).iter().any(|head| head.title.starts_with("[1.1.0] - 2026")) {
                prop_assert_eq!(&made().insert(&told.text).text, &told.text);
            }
        }
    }
}
