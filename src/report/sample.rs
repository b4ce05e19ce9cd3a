//! Reports for the tests of the formats: one that touches everything, an empty one, a hostile one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Calls, ChangeRecord, Finding, Location, Report};
use crate::diff::Remedy;
use crate::findings::{Breaks, Standing, Waived, WaiverState, WaiverStatus};
use crate::ledger::{Bar, Named, Row, Timeline, Timelines, What};
use crate::present::Format;
use crate::schema::Span;
use crate::source::Name;
use crate::text::View;
use crate::verdict::{Cell, Verdict};
use crate::wire::{FieldName, Part, Proof, Read, Saw, Shown};
use crate::words::{Bump, Direction, Effect, Language, Lens, Level, Nature};

/// A report as text, without colours.
pub(super) fn render(format: &Format<Report>, report: &Report, width: Option<usize>) -> String {
    let mut out = Vec::new();
    (format.write)(report, &View { colour: false, width }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn calls<const N: usize>(named: [String; N]) -> Arc<Calls> {
    Arc::new(Calls { named: named.to_vec(), more: 0 })
}

fn tag() -> Name {
    Name::Tag { tag: "v1.4.0".to_owned(), version: Some(semver::Version::new(1, 4, 0)), commit: None }
}

/// Nothing changed.
pub(crate) fn empty() -> Report {
    Report { old: tag(), ..Report::default() }
}

fn at(path: &str, line: u32, column: u32) -> Option<Location> {
    let span = Span { start_line: line, start_column: column, end_line: line, end_column: column + 20 };
    Some(Location { path: path.to_owned(), span: Some(span) })
}

fn file(path: &str) -> Option<Location> {
    Some(Location { path: path.to_owned(), span: None })
}

fn cell(lens: Lens, direction: Direction, effect: Effect, reason: &str) -> Cell {
    Cell { lens, direction, effect, reason: reason.to_owned().into(), grows: false, stages: None }
}

fn unconfirmed(lens: Lens, direction: Direction, effect: Effect) -> Proof {
    Proof { lens, direction, effect, shown: None, version: None }
}

fn read(readers: &[&'static str], saw: Result<&str, &str>) -> Read {
    let saw = match saw {
        Ok(phrase) => Saw::Value(phrase.to_owned()),
        Err(why) => Saw::Error(why.to_owned()),
    };
    Read { readers: readers.iter().map(ToString::to_string).collect(), saw }
}

fn part(number: i32, bytes: std::ops::Range<usize>, written: (&str, &str), read: (&str, &str)) -> Part {
    let named = |(name, type_text): (&str, &str)| {
        Some(FieldName { name: name.to_owned(), type_text: type_text.to_owned() })
    };
    let (value, inside) = (bytes.start + 1, Vec::new());
    Part { number, bytes, value, written: named(written), read: named(read), inside }
}

/// Findings of every level, with two places, one or none, every kind of verdict line, calls and fixes.
pub(crate) fn full() -> Report {
    use Direction::{Backward, Forward};
    let corrupt = Verdict {
        cells: vec![
            cell(
                Lens::Wire,
                Backward,
                Effect::Corrupt,
                "a varint of the old writer is read as zigzag: 1 becomes -1",
            ),
            cell(
                Lens::Wire,
                Forward,
                Effect::Corrupt,
                "a varint of the old writer is read as zigzag: 1 becomes -1",
            ),
            cell(Lens::Source(Language::Go), Backward, Effect::Rejects, "the accessor has another type"),
            cell(
                Lens::Source(Language::Java),
                Backward,
                Effect::Ok.max(Effect::Unknown),
                "depends on how the value is used",
            ),
            cell(Lens::Source(Language::Rust), Backward, Effect::Rejects, "the accessor has another type"),
        ],
    };
    let gone = Verdict {
        cells: vec![
            cell(Lens::Rpc, Backward, Effect::Rejects, "an old client that calls it gets UNIMPLEMENTED"),
            cell(Lens::Source(Language::Go), Backward, Effect::Rejects, "the method is gone from the client"),
            cell(
                Lens::Source(Language::Java),
                Backward,
                Effect::Rejects,
                "the method is gone from the client",
            ),
            cell(
                Lens::Source(Language::Python),
                Backward,
                Effect::Rejects,
                "the method is gone from the client",
            ),
            cell(
                Lens::Source(Language::Rust),
                Backward,
                Effect::Rejects,
                "the method is gone from the client",
            ),
        ],
    };
    let mixed = Verdict {
        cells: vec![
            cell(Lens::Wire, Backward, Effect::Lossy, "all but the last value are dropped"),
            cell(Lens::Json, Backward, Effect::Rejects, "an array is not a value"),
            cell(Lens::Json, Forward, Effect::Lossy, "an array is not a value"),
            cell(Lens::Source(Language::Python), Backward, Effect::Rejects, "assigning the field fails"),
            cell(Lens::Source(Language::Rust), Backward, Effect::Lossy, "assigning the field fails"),
        ],
    };
    let nature = |change: &str| match change.rsplit('-').next() {
        Some("added") => Nature::Added,
        Some("removed") => Nature::Removed,
        Some("deprecated") => Nature::Deprecated,
        _ => Nature::Changed,
    };
    let change = |change: &str, symbol: &str, noun, message: &str, fingerprint: &str| ChangeRecord {
        change: change.to_owned(),
        nature: nature(change),
        symbol: symbol.to_owned(),
        package: "pay.v1".to_owned(),
        echo: false,
        noun,
        message: message.to_owned(),
        old: None,
        new: None,
        verdict: Verdict::default(),
        bump: Bump::Minor,
        asked_by: BTreeSet::new(),
        fingerprint: fingerprint.to_owned(),
    };
    Report {
        old: tag(),
        new: Name::WorkingTree,
        findings: vec![
            Finding {
                breaks: Breaks::default(),
                standing: Standing::Open,
                of: 0,
                rule: "FIELD_SAME_TYPE",
                change: "field-type-changed".to_owned(),
                symbol: "pay.v1.Charge.amount".to_owned(),
                level: Level::Error,
                bump: Bump::Major,
                message: "field 3 `amount` of `pay.v1.Charge` was `int64`, is now `sint64`".to_owned(),
                old: at("contracts/pay/v1/charge.proto", 12, 3),
                new: at("contracts/pay/v1/charge.proto", 14, 3),
                verdict: corrupt.clone(),
                dependency: None,
                affects: calls(
                    [
                        "CreateCharge (request)",
                        "GetCharge (response)",
                        "ListCharges (response)",
                        "Refund (request)",
                        "Watch (response)",
                    ]
                    .map(|call| format!("pay.v1.ChargeService.{call}")),
                ),
                fix: Some(Remedy::Advice("add a field with a new number and deprecate this one".to_owned())),
                fingerprint: "3f9c01ab77e2".to_owned(),
                proofs: Some(vec![
                    Proof {
                        shown: Some(Shown::Bytes {
                            message: "pay.v1.Charge".to_owned(),
                            bytes: vec![0x18, 1],
                            parts: vec![part(3, 0..2, ("amount", "int64"), ("amount", "sint64"))],
                            meant: "amount = 1".to_owned(),
                            reads: vec![read(&["Go", "Java", "Python", "Rust"], Ok("amount = -1"))],
                            old_wrote: true,
                        }),
                        ..unconfirmed(Lens::Wire, Backward, Effect::Corrupt)
                    },
                    unconfirmed(Lens::Wire, Forward, Effect::Corrupt),
                ]),
            },
            Finding {
                breaks: Breaks::default(),
                standing: Standing::Open,
                of: 0,
                rule: "RPC_NO_DELETE",
                change: "method-removed".to_owned(),
                symbol: "pay.v1.ChargeService.Refund".to_owned(),
                level: Level::Error,
                bump: Bump::Major,
                message: "method `Refund` of `pay.v1.ChargeService` was removed".to_owned(),
                old: at("contracts/pay/v1/service.proto", 40, 3),
                new: file("contracts/pay/v1/service.proto"),
                verdict: gone.clone(),
                dependency: None,
                affects: calls(["pay.v1.ChargeService.Refund".to_owned()]),
                fix: None,
                fingerprint: "00aa11bb22cc".to_owned(),
                proofs: Some(vec![Proof {
                    shown: Some(Shown::Call {
                        path: "/pay.v1.ChargeService/Refund".to_owned(),
                        answer: "UNIMPLEMENTED".to_owned(),
                    }),
                    ..unconfirmed(Lens::Rpc, Backward, Effect::Rejects)
                }]),
            },
            Finding {
                breaks: Breaks::default(),
                standing: Standing::Open,
                of: 0,
                rule: "FIELD_SAME_CARDINALITY",
                change: "field-cardinality-changed".to_owned(),
                symbol: "pay.v1.Charge.tags".to_owned(),
                level: Level::Warn,
                bump: Bump::Major,
                message: "field 9 `tags` of `pay.v1.Charge` was `repeated`, is now singular".to_owned(),
                old: at("contracts/pay/v1/charge.proto", 20, 3),
                new: at("contracts/pay/v1/charge.proto", 22, 9),
                verdict: mixed.clone(),
                dependency: None,
                affects: Arc::default(),
                fix: Some(Remedy::Advice("keep `repeated`".to_owned())),
                fingerprint: "d00d00d00d00".to_owned(),
                proofs: Some(vec![
                    Proof {
                        shown: Some(Shown::Bytes {
                            message: "pay.v1.Charge".to_owned(),
                            bytes: (0..40).collect(),
                            parts: Vec::new(),
                            meant: "tags = [\"a\", \"b\"]".to_owned(),
                            reads: vec![
                                read(&["Go", "Java", "Python"], Ok("tags = \"b\"")),
                                read(&["Rust"], Err("`tags`: the wire type is 0, not 2")),
                            ],
                            old_wrote: true,
                        }),
                        ..unconfirmed(Lens::Wire, Backward, Effect::Lossy)
                    },
                    Proof {
                        shown: Some(Shown::Json {
                            message: "pay.v1.Charge".to_owned(),
                            json: r#"{"tags":["a"]}"#.to_owned(),
                            reads: vec![read(
                                &["Go", "Java", "Python"],
                                Err("`tags`: an array is not a string"),
                            )],
                            old_wrote: true,
                        }),
                        ..unconfirmed(Lens::Json, Backward, Effect::Rejects)
                    },
                ]),
            },
            Finding {
                breaks: Breaks::default(),
                standing: Standing::Waived(waived("nobody imports it")),
                of: 0,
                rule: "FILE_NO_DELETE",
                change: "file-removed".to_owned(),
                symbol: "pay/v1/old.proto".to_owned(),
                level: Level::Note,
                bump: Bump::Patch,
                message: "file `pay/v1/old.proto` was removed".to_owned(),
                old: file("contracts/pay/v1/old.proto"),
                new: None,
                verdict: Verdict::default(),
                dependency: None,
                affects: Arc::default(),
                fix: None,
                fingerprint: "0123456789ab".to_owned(),
                proofs: None,
            },
        ],
        changes: vec![
            ChangeRecord {
                old: file("contracts/pay/v1/old.proto"),
                bump: Bump::Patch,
                ..change(
                    "file-removed",
                    "pay/v1/old.proto",
                    "file",
                    "file `pay/v1/old.proto` was removed",
                    "0123456789ab",
                )
            },
            ChangeRecord {
                old: at("contracts/pay/v1/charge.proto", 12, 3),
                new: at("contracts/pay/v1/charge.proto", 14, 3),
                verdict: corrupt,
                bump: Bump::Major,
                ..change(
                    "field-type-changed",
                    "pay.v1.Charge.amount",
                    "field",
                    "field 3 `amount` was `int64`, is now `sint64`",
                    "3f9c01ab77e2",
                )
            },
            ChangeRecord {
                old: at("contracts/pay/v1/charge.proto", 12, 3),
                new: at("contracts/pay/v1/charge.proto", 14, 3),
                ..change(
                    "field-deprecated",
                    "pay.v1.Charge.amount",
                    "field",
                    "field 3 `amount` is deprecated",
                    "aaaabbbbcccc",
                )
            },
            ChangeRecord {
                new: at("contracts/pay/v1/charge.proto", 30, 3),
                ..change(
                    "field-added",
                    "pay.v1.Charge.amount_minor",
                    "field",
                    "field 12 `amount_minor` was added",
                    "ddddeeeeffff",
                )
            },
            ChangeRecord {
                old: at("contracts/pay/v1/service.proto", 40, 3),
                new: file("contracts/pay/v1/service.proto"),
                verdict: gone,
                bump: Bump::Major,
                ..change(
                    "method-removed",
                    "pay.v1.ChargeService.Refund",
                    "method",
                    "method `Refund` of `pay.v1.ChargeService` was removed",
                    "00aa11bb22cc",
                )
            },
        ],
        notes: vec!["roots: `contracts` (found: every import resolves there)".to_owned()],
        bump: Some(Bump::Major),
        settings: Default::default(),
        waivers: vec![
            waiver(WaiverStatus::Used, "0123456789ab", waived("nobody imports it")),
            WaiverState {
                comment: true,
                ..waiver(WaiverStatus::Unused, "FIELD_NO_DELETE", waived("never shipped"))
            },
        ],
        tabbed: [(("contracts/pay/v1/charge.proto".to_owned(), 22), "\tstring tags = 9;".to_owned())].into(),
        owners: [("contracts/pay/v1/charge.proto".to_owned(), vec!["@pay".to_owned()])].into(),
        timelines: timelines(),
        ..Report::default()
    }
}

/// A message to whose numbers everything happened that can.
fn timelines() -> Timelines {
    let named =
        |name: &str, type_text: &str| Named { name: name.to_owned(), type_text: type_text.to_owned() };
    let row = |numbers: (i32, i32), bars: Vec<(usize, What)>, changes: &[usize]| Row {
        first: numbers.0,
        last: numbers.1,
        bars: bars.into_iter().map(|(columns, what)| Bar { columns, what }).collect(),
        changes: changes.to_vec(),
    };
    let amount = |sign: &str| named("amount", &format!("{sign}int64"));
    Timelines {
        versions: ["v1.0.0", "v1.1.0", "v1.2.0"].map(Into::into).to_vec(),
        of: vec![Timeline {
            full_name: "pay.v1.Charge".into(),
            is_enum: false,
            columns: vec![(0, 1), (2, 2)],
            rows: vec![
                row((3, 3), vec![(3, What::Used(amount(""))), (1, What::Changed(amount("s")))], &[0]),
                row(
                    (4, 4),
                    vec![
                        (1, What::Used(named("note", "string"))),
                        (2, What::Deleted),
                        (1, What::Again(named("fee", "int64"))),
                    ],
                    &[],
                ),
                row((6, 8), vec![(1, What::Nothing), (1, What::Free), (2, What::Reserved)], &[]),
                row((1000, 536_870_911), vec![(4, What::Extensions)], &[]),
            ],
            same: vec![(1, 2), (5, 5)],
            more: 2,
            changes: vec![0],
        }],
    }
}

fn waived(reason: &str) -> Waived {
    Waived {
        reason: reason.to_owned(),
        owner: Some("payments".to_owned()),
        until: Some("2.0.0".to_owned()),
        place: "protopact.toml:9:11".to_owned(),
    }
}

fn waiver(status: WaiverStatus, of: &str, waived: Waived) -> WaiverState {
    WaiverState { status, of: of.to_owned(), waived, comment: false, why: "words".to_owned() }
}

/// What a repository from a fork may hold.
pub(crate) fn hostile() -> Report {
    const NASTY: &str = "%0A]]>|<script>alert(1)</script>&amp;\"'\\\r\n::error::\u{1b}[2J\u{1b}]8;;http://x\u{7}\u{202e}gnp.exe\u{2028}\u{feff}\u{9b}31m\u{0}end";
    let location = at(&format!("dir {NASTY}/a.proto"), 1, 1);
    let verdict = Verdict {
        cells: vec![cell(Lens::Wire, Direction::Backward, Effect::Rejects, &format!("reason {NASTY}"))],
    };
    Report {
        old: Name::Branch { branch: NASTY.to_owned(), commit: None },
        new: Name::Folder(NASTY.to_owned()),
        findings: vec![Finding {
            breaks: Breaks::default(),
            standing: Standing::Open,
            of: 0,
            rule: "FIELD_SAME_TYPE",
            change: "field-type-changed".to_owned(),
            symbol: format!("a.{NASTY}"),
            level: Level::Error,
            bump: Bump::Major,
            message: format!("message {NASTY}"),
            old: location.clone(),
            new: location.clone(),
            verdict: verdict.clone(),
            dependency: None,
            affects: calls([format!("a.S.M {NASTY}")]),
            fix: Some(Remedy::Advice(format!("fix {NASTY}"))),
            fingerprint: "3f9c01ab77e2".to_owned(),
            proofs: Some(vec![
                Proof {
                    shown: Some(Shown::Bytes {
                        message: format!("a.{NASTY}"),
                        bytes: NASTY.as_bytes().to_vec(),
                        parts: vec![part(4, 0..5, (NASTY, NASTY), (NASTY, NASTY))],
                        meant: format!("meant {NASTY}"),
                        reads: vec![read(&["Go"], Ok(NASTY)), read(&["Rust"], Err(NASTY))],
                        old_wrote: true,
                    }),
                    ..unconfirmed(Lens::Wire, Direction::Backward, Effect::Rejects)
                },
                Proof {
                    shown: Some(Shown::Json {
                        message: format!("a.{NASTY}"),
                        json: format!("json {NASTY}"),
                        reads: vec![read(&["Go"], Err(NASTY))],
                        old_wrote: false,
                    }),
                    ..unconfirmed(Lens::Json, Direction::Forward, Effect::Rejects)
                },
                Proof {
                    shown: Some(Shown::Call { path: format!("/{NASTY}"), answer: format!("answer {NASTY}") }),
                    ..unconfirmed(Lens::Rpc, Direction::Backward, Effect::Rejects)
                },
            ]),
        }],
        changes: vec![ChangeRecord {
            change: "field-type-changed".to_owned(),
            nature: Nature::Changed,
            symbol: format!("a.{NASTY}"),
            package: format!("a {NASTY}"),
            echo: false,
            noun: "field",
            message: format!("message {NASTY}"),
            old: location.clone(),
            new: location,
            verdict,
            bump: Bump::Major,
            asked_by: BTreeSet::new(),
            fingerprint: "3f9c01ab77e2".to_owned(),
        }],
        notes: vec![NASTY.to_owned()],
        bump: Some(Bump::Major),
        settings: Default::default(),
        waivers: vec![waiver(
            WaiverStatus::Refused,
            NASTY,
            Waived {
                reason: format!("reason {NASTY}"),
                owner: Some(format!("owner {NASTY}")),
                until: Some(format!("until {NASTY}")),
                place: format!("place {NASTY}"),
            },
        )],
        tabbed: [((format!("dir {NASTY}/a.proto"), 1), NASTY.to_owned())].into(),
        owners: [(format!("dir {NASTY}/a.proto"), vec![format!("@{NASTY}")])].into(),
        timelines: Timelines {
            versions: vec![NASTY.into()],
            of: vec![Timeline {
                full_name: format!("a.{NASTY}").into(),
                is_enum: true,
                columns: vec![(0, 0)],
                rows: vec![Row {
                    first: -3,
                    last: -3,
                    bars: vec![Bar {
                        columns: 3,
                        what: What::Used(Named { name: NASTY.to_owned(), type_text: NASTY.to_owned() }),
                    }],
                    changes: vec![0],
                }],
                same: Vec::new(),
                more: 0,
                changes: vec![0],
            }],
        },
        ..Report::default()
    }
}
