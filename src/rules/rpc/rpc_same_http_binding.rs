//! What a gateway or transcoder makes of `google.api.http`. Any other option is for OPTION_SAME_VALUE.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Meaning;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RPC_SAME_HTTP_BINDING",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A method with another `google.api.http` option: other verbs, paths or bodies, one more binding \
                included.",
        breaks: "HTTP clients know URLs, not method names: a call of a path that is gone is not found, and a body \
                that has moved fills other fields. gRPC clients notice nothing. The lens `http` tells a binding \
                that is new from one that is gone.",
        before: r#"// file: pay/v1/charges.proto
syntax = "proto3";

package pay.v1;

import "google/api/annotations.proto";

message Query {
  string id = 1;
}

service Charges {
  rpc Get(Query) returns (Query) {
    option (google.api.http) = {get: "/v1/charges/{id}"};
  }
}
// file: google/api/annotations.proto
syntax = "proto3";

package google.api;

import "google/protobuf/descriptor.proto";

extend google.protobuf.MethodOptions {
  HttpRule http = 72295728;
}

message HttpRule {
  string get = 2;
}
"#,
        after: r#"// file: pay/v1/charges.proto
syntax = "proto3";

package pay.v1;

import "google/api/annotations.proto";

message Query {
  string id = 1;
}

service Charges {
  rpc Get(Query) returns (Query) {
    option (google.api.http) = {get: "/v1/payments/{id}"};
  }
}
// file: google/api/annotations.proto
syntax = "proto3";

package google.api;

import "google/protobuf/descriptor.proto";

extend google.protobuf.MethodOptions {
  HttpRule http = 72295728;
}

message HttpRule {
  string get = 2;
}
"#,
        fix: "Keep the old binding and give the new one under `additional_bindings`, or the other way round.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    (change.meaning() == Some(Meaning::Http)).then(|| Hit::of(change, cx))
}
