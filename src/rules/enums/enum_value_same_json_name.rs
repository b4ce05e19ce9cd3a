//! From edition 2026 on `(pb.enumvalue.json)` says what is written for a value in JSON. Without it that is the name of the
//! value, which is left to ENUM_VALUE_SAME_NAME.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_SAME_JSON_NAME",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum value for which something else is written in JSON.",
        breaks: "Parsers take what is written on their own side, and the name of the value. What the other side writes \
                now, they refuse. Python writes and reads the new word only in programs that import \
                `google.protobuf.json_enumvalue_options_pb2`.",
        before: r#"edition = "2026";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1;
}
"#,
        after: r#"edition = "2026";

package pay.v1;

import option "google/protobuf/json_options.proto";

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1 [(pb.enumvalue.json).string = "paid"];
}
"#,
        fix: "Keep the option as it was, or leave it out until every reader knows it.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(change.kind, Kind::EnumValueJsonNameChanged).then(|| Hit::of(change, cx))
}
