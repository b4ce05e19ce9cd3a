//! Several states that were compared with, in every format.

use super::{OfCheck, sample};
use crate::findings::{Finding, Report, fold};
use crate::present::Formats as _;
use crate::source::Name;
use crate::words::{Bump, Level};

fn against(version: &str) -> Report {
    let old = Name::Tag { tag: format!("v{version}"), version: version.parse().ok(), commit: None };
    Report { old, ..sample::full() }
}

/// What breaks some of three versions.
pub(super) fn several() -> Report {
    fold(["1.0.0", "1.1.0", "1.2.0"].map(against).into())
}

#[test]
fn what_breaks_several_versions_is_one_finding() {
    let [one, mut two, three] = ["1.0.0", "1.1.0", "1.2.0"].map(against);
    let count = one.findings.len();
    // The second version does not have the first finding.
    let gone = two.findings.remove(0);
    let folded = fold(vec![one, two, three]);
    assert_eq!(folded.findings.len(), count);
    assert_eq!(folded.old.tag(), Some("v1.2.0"));
    for finding in &folded.findings {
        let told = folded.broken_by(finding).unwrap();
        let same = finding.rule == gone.rule && finding.fingerprint == gone.fingerprint;
        assert_eq!(told, if same { "v1.0.0, v1.2.0" } else { "v1.0.0 … v1.2.0" }, "{}", finding.message);
        assert_eq!(folded.old_of(finding).tag(), Some("v1.2.0"));
    }
    assert_eq!(folded.compared_with(), "v1.0.0 … v1.2.0");
}

#[test]
fn the_loudest_is_kept_and_the_worst_version_follows() {
    let [mut one, mut two] = ["1.0.0", "1.1.0"].map(against);
    let keep = one.findings[0].clone();
    one.findings = vec![Finding { level: Level::Error, bump: Bump::Minor, ..keep.clone() }];
    two.findings = vec![Finding { level: Level::Warn, bump: Bump::Major, ..keep }];
    (one.bump, two.bump) = (Some(Bump::Major), Some(Bump::Minor));
    let folded = fold(vec![two, one]);
    let [finding] = &folded.findings[..] else { panic!("{:?}", folded.findings) };
    assert_eq!((finding.level, finding.bump), (Level::Error, Bump::Major));
    assert_eq!(folded.old_of(finding).tag(), Some("v1.0.0"));
    // The highest version is what the next one follows, wherever it stands.
    assert_eq!(folded.old.tag(), Some("v1.1.0"));
    assert_eq!(folded.next_version().unwrap().to_string(), "2.0.0");
}

#[test]
fn one_state_is_told_as_ever() {
    let folded = fold(vec![against("1.0.0"), against("1.0.0")]);
    assert!(folded.baselines.is_empty());
    assert_eq!(folded.findings.len(), sample::full().findings.len());
    assert!(folded.findings.iter().all(|finding| folded.broken_by(finding).is_none()));
    assert_eq!(folded.compared_with(), "tag `v1.0.0`");
}

#[test]
fn changes_of_one_edit_stay_together() {
    let folded = fold(vec![against("1.0.0"), against("1.1.0")]);
    let single = sample::full();
    let twins = |report: &Report| report.findings.windows(2).filter(|pair| pair[0].of == pair[1].of).count();
    assert_eq!(twins(&folded), twins(&single));
    assert_eq!(folded.changes.len(), single.changes.len());
    assert_eq!(folded.timelines.of.len(), single.timelines.of.len());
}

#[test]
fn every_format_says_which_versions_break() {
    let [mut one, two, three, four] = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"].map(against);
    let gone = one.findings.remove(0);
    let folded = fold(vec![one, two, three, four]);
    for format in OfCheck::ALL {
        let text = sample::render(format, &folded, None);
        // Text wraps and JSON lists them one by one.
        let listed = ["v1.1.0 … v1.3.0", r#"["v1.1.0","v1.2.0","v1.3.0"]"#];
        assert!(listed.iter().any(|told| text.contains(told)), "{}: {text}", format.name);
        assert!(text.contains("v1.0.0"), "{}: {text}", format.name);
        // What only one was compared with is told as before.
        let single = sample::render(format, &against("1.0.0"), None);
        assert!(
            !single.contains("v1.0.0 …") && !single.contains("\"breaks\":["),
            "{}: {single}",
            format.name
        );
    }
    assert!(folded.findings.iter().any(|finding| finding.fingerprint == gone.fingerprint));
}
