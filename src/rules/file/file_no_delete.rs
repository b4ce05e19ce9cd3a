//! A file is what other files import and, in most languages, what a generated module is named after. Types
//! that moved to another file of the package are still missed here; MESSAGE_NO_MOVE and its neighbours say
//! so one by one.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_NO_DELETE",
    categories: Categories::FILE.with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose import path is gone.",
        breaks: "Every file that imports it stops compiling, and so does code that names the generated module \
                of the file (`charge_pb2` in Python, `charge.pb.h` in C++).",
        before: r#"// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
// file: pay/v1/refund.proto
syntax = "proto3";

package pay.v1;

message Refund {
  string id = 1;
}
"#,
        after: r#"// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the file. To move its content, leave the file in place with an `import public` of the \
                new one, so that importers still find the names.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileRemoved).then(|| Hit::of(change, cx))
}
