//! The enum keeps its full name, so nothing happens to data and calls; what a file offers to importers
//! changes. ENUM_NO_DELETE reports the same edit from the side of the old file.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_NO_MOVE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum with the same full name in another file.",
        breaks: "Bytes, JSON and `Any` type URLs stay the same. Go, Rust and Java with `java_multiple_files` \
                do not notice. Python modules, C++ headers and the Java outer class are named after the \
                file, so code that imports them breaks.",
        before: r#"// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}

enum Currency {
  CURRENCY_UNSPECIFIED = 0;
}
// file: pay/v1/common.proto
syntax = "proto3";

package pay.v1;

message Empty {}
"#,
        after: r#"// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
// file: pay/v1/common.proto
syntax = "proto3";

package pay.v1;

message Empty {}

enum Currency {
  CURRENCY_UNSPECIFIED = 0;
}
"#,
        fix: "Move it back. Where that cannot be, an `import public` of the new file in the old one \
                serves importing files, and C++ and Python find the names where they were.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::moved(change, cx, |element| matches!(element, Element::Enum(_)))
}
