//! One contract from proto3 over edition 2023 and 2024 to 2026 (`fixtures/editions`): a step that says the same in the
//! words of a newer edition breaks nobody, and what is left out of such a step has the verdict of what its default
//! changes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use protopact::compare::Comparison;
use protopact::policy::LensPolicy;
use protopact::schema::Schema;
use protopact::words::{Effect, LensSelector};

use crate::support::{self, Files};

const STEPS: [&str; 4] = ["01-proto3", "02-edition-2023", "03-edition-2024", "04-edition-2026"];

fn step(index: usize) -> Files {
    support::read(&support::project().join("fixtures/editions").join(STEPS[index]))
}

/// Every cell that is not `ok`: change, symbol, lens, direction, effect.
fn cells(comparison: &Comparison<'_>) -> BTreeSet<String> {
    let cx = comparison.cx();
    let mut found = BTreeSet::new();
    let own = comparison.changes().iter().zip(comparison.verdicts()).filter(|(c, _)| comparison.is_own(c));
    for (change, verdict) in own {
        for cell in verdict.cells.iter().filter(|cell| cell.effect != Effect::Ok) {
            let (direction, effect) = (cell.direction.as_str(), cell.effect.as_str());
            found.insert(format!(
                "{} {} {} {direction} {effect}: {}",
                change.id(&cx),
                change.symbol(&cx),
                cell.lens.as_str(),
                cell.reason
            ));
        }
    }
    found
}

/// Whether the side in the words of a newer edition is the same to everybody; what is not is written down.
fn same(pair: &str, old: &Schema, new: &Schema, wrong: &mut String) {
    let comparison = Comparison::new(old, new);
    let cx = comparison.cx();
    for cell in cells(&comparison) {
        let _ = writeln!(wrong, "{pair}: {cell}");
    }
    let deny =
        ["wire", "json", "rpc", "source"].iter().flat_map(|w| LensSelector::parse(w).unwrap()).collect();
    for finding in support::findings(old, new, &LensPolicy { deny }.into()) {
        let _ = writeln!(wrong, "{pair}: {} {}", finding.rule, finding.symbol);
    }
    // What is left is how it is said.
    let said = |id: &str| {
        id.starts_with("file-")
            || id.starts_with("import-")
            || id.ends_with("-features-changed")
            || id == "field-required-respelled"
    };
    for change in comparison.changes().iter().filter(|change| comparison.is_own(change)) {
        let id = change.id(&cx);
        if !said(&id) {
            let _ = writeln!(wrong, "{pair}: {id} {}", change.symbol(&cx));
        }
    }
}

#[test]
fn a_step_that_says_the_same_breaks_nobody() {
    let sides: Vec<Schema> = (0..STEPS.len()).map(|at| support::schema(&step(at)).unwrap()).collect();
    let mut wrong = String::new();
    for (new_at, new) in sides.iter().enumerate() {
        for (old_at, old) in sides[..new_at].iter().enumerate() {
            same(&format!("{} to {}", STEPS[old_at], STEPS[new_at]), old, new, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A step in which one file says something else.
struct Edit {
    /// The step before and the step that is edited.
    steps: [usize; 2],
    /// The file, below `acme`.
    file: &'static str,
    /// Texts and what takes their place; one that begins with `option` goes as a whole line.
    swap: &'static [(&'static str, &'static str)],
}

impl Edit {
    fn files(&self) -> Files {
        let mut files = step(self.steps[1]);
        let path = format!("acme/{}.proto", self.file);
        let (_, text) = files.iter_mut().find(|(name, _)| *name == path).unwrap();
        for (from, to) in self.swap {
            assert!(text.contains(from), "{path} has no `{from}`");
            *text = text.replace(from, to);
        }
        files
    }
}

const EDITS: &[Edit] = &[
    // What each edition has for a default is another thing than proto2 and proto3 had.
    Edit {
        steps: [0, 1],
        file: "depot/v1/depot",
        swap: &[("option features.field_presence = IMPLICIT;\n", "")],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[
            ("option features.enum_type = CLOSED;\n", ""),
            // An open enum begins with zero.
            ("  OPEN = 1;", "  option features.enum_type = CLOSED;\n  OPEN = 1;"),
        ],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[("option features.json_format = LEGACY_BEST_EFFORT;\n", "")],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[("option features.repeated_field_encoding = EXPANDED;\n", "")],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[("option features.utf8_validation = NONE;\n", "")],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[("option features.(pb.go).legacy_unmarshal_json_enum = true;\n", "")],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[("option features.(pb.java).legacy_closed_enum = true;\n", "")],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[("Part part = 9 [features.message_encoding = DELIMITED]", "Part part = 9")],
    },
    Edit {
        steps: [0, 1],
        file: "depot/v1/ledger",
        swap: &[("string number = 1 [features.field_presence = LEGACY_REQUIRED]", "string number = 1")],
    },
    // Edition 2024.
    Edit {
        steps: [1, 2],
        file: "depot/v1/kinds",
        swap: &[("option features.(pb.go).api_level = API_OPEN;\n", "")],
    },
    Edit {
        steps: [1, 2],
        file: "depot/v1/kinds",
        swap: &[("option java_outer_classname = \"Kinds\";\n", "")],
    },
    Edit {
        steps: [1, 2],
        file: "depot/v1/ledger",
        swap: &[("  option features.(pb.java).nest_in_file_class = YES;\n", "")],
    },
    Edit {
        steps: [1, 2],
        file: "depot/v1/kinds",
        swap: &[
            ("option features.default_symbol_visibility = EXPORT_ALL;\n", ""),
            ("message Rate", "export message Rate"),
        ],
    },
    Edit {
        steps: [1, 2],
        file: "depot/v1/kinds",
        swap: &[
            ("option features.(pb.cpp).enum_name_uses_string_view = false;\n", ""),
            ("option features.(pb.cpp).string_type = STRING;\n", ""),
        ],
    },
    // Edition 2026.
    Edit {
        steps: [2, 3],
        file: "depot/v1/service",
        swap: &[
            ("option features.default_symbol_visibility = EXPORT_ALL;\n", ""),
            ("message PutItemsResponse", "export message PutItemsResponse"),
        ],
    },
    Edit {
        steps: [2, 3],
        file: "depot/v1/kinds",
        swap: &[
            (
                "import option \"google/protobuf/go_features.proto\";\n",
                "import option \"google/protobuf/go_features.proto\";\nimport option \"google/protobuf/json_options.proto\";\n",
            ),
            ("CARRIAGE_ROAD = 1", "CARRIAGE_ROAD = 1 [(pb.enumvalue.json).string = \"road\"]"),
        ],
    },
];

#[test]
fn what_is_left_out_has_the_verdict_of_the_default() {
    let mut all = String::new();
    for edit in EDITS {
        let old = support::schema(&step(edit.steps[0])).unwrap();
        let new =
            support::schema(&edit.files()).unwrap_or_else(|e| panic!("{}: {:?}: {e}", edit.file, edit.swap));
        let comparison = Comparison::new(&old, &new);
        let _ = writeln!(all, "# {} {}", STEPS[edit.steps[1]], edit.file);
        for (from, to) in edit.swap {
            let lines = |text: &str, sign: char| {
                text.lines().map(|line| format!("{sign} {}\n", line.trim())).collect::<String>()
            };
            all += &lines(from, '-');
            all += &lines(to, '+');
        }
        let cx = comparison.cx();
        let mut changes: Vec<String> = comparison
            .changes()
            .iter()
            .filter(|c| comparison.is_own(c))
            .map(|c| format!("{} {}", c.id(&cx), c.symbol(&cx)))
            .filter(|c| !c.starts_with("file-") && !c.starts_with("import-") || c.contains("visibility"))
            .collect();
        changes.dedup();
        for line in changes.iter().chain(&cells(&comparison)) {
            let _ = writeln!(all, "{line}");
        }
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

/// Left out where the default visibility of an edition is to hold.
const VISIBILITY: (&str, &str) = ("option features.default_symbol_visibility = EXPORT_ALL;\n", "");

/// What a newer edition refuses where nothing holds the older default, with a part of what the compiler says.
const REFUSED: &[(Edit, &str)] = &[
    // A type in a type is local to its file, and from edition 2026 on every type that does not say otherwise.
    (Edit { steps: [1, 2], file: "depot/v1/kinds", swap: &[VISIBILITY] }, "acme.depot.v1.Money.Rate"),
    (Edit { steps: [2, 3], file: "depot/v1/depot", swap: &[VISIBILITY] }, "acme.depot.v1.Item"),
    // Which a type in a type cannot do there.
    (
        Edit {
            steps: [2, 3],
            file: "depot/v1/kinds",
            swap: &[
                VISIBILITY,
                ("enum Carriage", "export enum Carriage"),
                ("message Money", "export message Money"),
                ("message Rate", "export message Rate"),
            ],
        },
        "Rate",
    ),
    (
        Edit {
            steps: [1, 2],
            file: "depot/v1/ledger",
            swap: &[("option features.enforce_naming_style = STYLE_LEGACY;\n", "")],
        },
        "Lost",
    ),
    // Options that only say what is so anyway.
    (
        Edit {
            steps: [1, 2],
            file: "depot/v1/kinds",
            swap: &[("option java_outer", "option java_multiple_files = true;\noption java_outer")],
        },
        "java_multiple_files",
    ),
    (
        Edit {
            steps: [2, 3],
            file: "depot/v1/kinds",
            swap: &[("option java_outer", "option cc_enable_arenas = true;\noption java_outer")],
        },
        "cc_enable_arenas",
    ),
    // `import option` brings nothing but options.
    (
        Edit {
            steps: [1, 2],
            file: "depot/v1/service",
            swap: &[(
                "repeated string ids = 1;",
                "repeated string ids = 1;\n  acme.options.v1.Level level = 2;",
            )],
        },
        "acme.options.v1.Level",
    ),
    // Groups, labels and `packed` have features in their place.
    (
        Edit {
            steps: [0, 1],
            file: "depot/v1/ledger",
            swap: &[("string text = 2", "optional string text = 2")],
        },
        "optional",
    ),
];

#[test]
fn what_a_newer_edition_refuses() {
    for (edit, says) in REFUSED {
        let said = support::schema(&edit.files()).expect_err(edit.file);
        assert!(said.contains(says), "{} {:?}: {said}", edit.file, edit.swap);
    }
}

/// A message of so many fields in the step of edition 2026.
fn many_fields(count: usize, option: &str) -> Files {
    let mut files = step(3);
    let fields: String = (1..=count).map(|n| format!("  int32 f{n} = {n};\n")).collect();
    let text =
        format!("edition = \"2026\";\npackage acme.depot.v1;\nexport message Many {{\n{option}{fields}}}\n");
    files.push(("acme/depot/v1/many.proto".to_owned(), text));
    files
}

#[test]
fn edition_2026_limits_what_a_message_holds() {
    assert!(support::schema(&many_fields(1500, "")).is_ok());
    let said = support::schema(&many_fields(1501, "")).unwrap_err();
    assert!(said.contains("1500"), "{said}");
    let none = "option features.enforce_proto_limits = LEGACY_NO_EXPLICIT_LIMITS;\n";
    assert!(support::schema(&many_fields(1501, none)).is_ok());
}
