//! Rules of protovalidate and of protoc-gen-validate, on fields, oneofs and messages. Any other option is for
//! OPTION_SAME_VALUE.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Meaning;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "OPTION_SAME_VALIDATION",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field, oneof or message with other validation rules (protovalidate or protoc-gen-validate), \
                stricter or looser.",
        breaks: "A server with stricter rules refuses requests that were fine; a server of before refuses what \
                clients with looser rules send. The lens `validation` tells the two apart, and requests from \
                responses.",
        before: r#"// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

import "buf/validate/validate.proto";

message Charge {
  string note = 1 [(buf.validate.field).string.max_len = 256];
}

service Charges {
  rpc Create(Charge) returns (Charge);
}
// file: buf/validate/validate.proto
syntax = "proto2";

package buf.validate;

import "google/protobuf/descriptor.proto";

extend google.protobuf.FieldOptions {
  optional FieldRules field = 1159;
}

message FieldRules {
  optional StringRules string = 14;
}

message StringRules {
  optional uint64 max_len = 3;
}
"#,
        after: r#"// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

import "buf/validate/validate.proto";

message Charge {
  string note = 1 [(buf.validate.field).string.max_len = 8];
}

service Charges {
  rpc Create(Charge) returns (Charge);
}
// file: buf/validate/validate.proto
syntax = "proto2";

package buf.validate;

import "google/protobuf/descriptor.proto";

extend google.protobuf.FieldOptions {
  optional FieldRules field = 1159;
}

message FieldRules {
  optional StringRules string = 14;
}

message StringRules {
  optional uint64 max_len = 3;
}
"#,
        fix: "Loosen on the servers first, then on the clients. To make a rule stricter, watch what is sent, and \
              add a field or a method for the stricter values.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    (change.meaning() == Some(Meaning::Validation)).then(|| Hit::of(change, cx))
}
