//! The extension keeps its full name and number. EXTENSION_NO_DELETE reports the same edit from the side of
//! the old file.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "EXTENSION_NO_MOVE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An extension with the same full name in another file.",
        breaks: "Bytes and JSON stay the same. Go, Rust and Java with `java_multiple_files` do not notice. \
                Python modules, C++ headers and the Java outer class are named after the file, so code that \
                imports them breaks.",
        before: r#"// file: pay/v1/charge.proto
syntax = "proto2";

package pay.v1;

message Charge {
  extensions 100 to 199;
}

extend Charge {
  optional string audit_id = 100;
}
// file: pay/v1/audit.proto
syntax = "proto2";

package pay.v1;

message Audit {}
"#,
        after: r#"// file: pay/v1/charge.proto
syntax = "proto2";

package pay.v1;

message Charge {
  extensions 100 to 199;
}
// file: pay/v1/audit.proto
syntax = "proto2";

package pay.v1;

import "pay/v1/charge.proto";

message Audit {}

extend Charge {
  optional string audit_id = 100;
}
"#,
        fix: "Move it back. Where that cannot be, an `import public` of the new file in the old one \
                serves importing files.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::moved(change, cx, |element| matches!(element, Element::Field(_)))
}
