//! The compiler checks JSON names for conflicts only where the format is ALLOW. Going from
//! LEGACY_BEST_EFFORT to ALLOW makes that check stricter and promises more, so it is not reported.
//! ENUM_SAME_JSON_FORMAT is the same for enums.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::{Element, JsonFormat};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_SAME_JSON_FORMAT",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::WIRE_JSON).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message whose `json_format` went from `ALLOW` to `LEGACY_BEST_EFFORT`, which a change from \
                proto3 to proto2 does as well.",
        breaks: "The compiler no longer refuses fields with the same JSON name, and runtimes are allowed to \
                support JSON as well as they can: two fields may answer to one key.",
        before: r#"edition = "2023";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        after: r#"edition = "2023";

package pay.v1;

message Charge {
  option features.json_format = LEGACY_BEST_EFFORT;
  string id = 1;
}
"#,
        fix: "Keep `json_format = ALLOW` and give conflicting fields a `json_name` each.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let Some(Element::Message(new)) = change.new else { return None };
    (change.kind == Kind::JsonFormatChanged && cx.new.message(new).features.json_format != JsonFormat::Allow)
        .then(|| Hit::of(change, cx))
}
