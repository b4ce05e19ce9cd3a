//! What goes was announced. The rules with NO_DELETE in their name mind that something is gone at all; this one minds that nobody
//! was told. A rename is theirs, and so is a field that has another number now. Two states show only whether the old one has the
//! element as deprecated; for how long published versions have had it so is known where the configuration asks for it.

use crate::diff::{Change, Cx, Notice, Remedy, Waits};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::text::plural;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "DEPRECATION_BEFORE_DELETE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field, enum value, extension, method, message, enum or service that was removed without having been \
                deprecated, or, where `[deprecation]` asks for it, for too few published versions or too few days.",
        breaks: "Whoever uses it had no version to move away from it: no warning of a compiler, and no time.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  string note = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  reserved 2;
  reserved "note";
  string id = 1;
}
"#,
        fix: "Keep it with `deprecated = true` in the versions that are asked for, then remove it.",
    },
    remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let gone = change.gone(cx)?;
    let why = match &change.notice {
        Notice::Given => return None,
        Notice::Unknown if cx.old.is_deprecated_within(gone) => return None,
        Notice::Unknown => "though it was not deprecated".to_owned(),
        Notice::Early(waits) => too_early(waits),
    };
    let hit = Hit::of(change, cx);
    Some(Hit { message: format!("{}, {why}", hit.message), ..hit })
}

fn too_early(waits: &Waits) -> String {
    let Waits { since, versions, needed, earliest, days } = waits;
    let told = match (since, needed) {
        (Some(since), _) if versions == needed => {
            format!("though it is deprecated only since {since}")
        }
        (Some(since), _) => {
            format!("though it is deprecated since {since}, in {versions} of {}", plural(*needed, "version"))
        }
        (None, 0 | 1) => "though no published version has it as deprecated".to_owned(),
        (None, many) => format!("though none of {many} published versions has it as deprecated yet"),
    };
    let version = match earliest {
        Some(earliest) => format!("{earliest} may remove it at the earliest"),
        None => {
            format!("the version after {} that have it so may remove it", plural(*needed, "version"))
        }
    };
    let day = match days {
        Some((_, Some(day))) => format!(", and not before {day}"),
        Some((days, None)) => format!(", and not before it was so for {}", plural(*days as usize, "day")),
        None => String::new(),
    };
    format!("{told}: {version}{day}")
}

/// What is deprecated already has only to wait.
fn remedy(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    match change.gone(cx).filter(|gone| cx.old.is_deprecated_within(*gone)) {
        Some(early) => {
            let name = cx.old.full_name(early);
            Some(Remedy::Advice(format!("keep `{name}` as it was, deprecated, until then")))
        }
        None => change.remedy(cx),
    }
}
