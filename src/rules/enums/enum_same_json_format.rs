//! As MESSAGE_SAME_JSON_FORMAT, for enums: only the step away from ALLOW is reported.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::{Element, JsonFormat};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_SAME_JSON_FORMAT",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::WIRE_JSON).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum whose `json_format` went from `ALLOW` to `LEGACY_BEST_EFFORT`, which a change from \
                proto3 to proto2 does as well.",
        breaks: "The compiler no longer refuses value names that collide once the prefix of the enum is cut \
                off, and runtimes are allowed to support JSON as well as they can.",
        before: r#"edition = "2023";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
}
"#,
        after: r#"edition = "2023";

package pay.v1;

enum Status {
  option features.json_format = LEGACY_BEST_EFFORT;
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Keep `json_format = ALLOW`.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let Some(Element::Enum(new)) = change.new else { return None };
    (change.kind == Kind::JsonFormatChanged && cx.new.enum_(new).features.json_format != JsonFormat::Allow)
        .then(|| Hit::of(change, cx))
}
