//! What messages cost, measured with the languages' own tools. `ci/costs` runs these.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::env::TestEnv;
use crate::matrix::{install, run};
use crate::pairs;
use crate::support::Files;

/// Every kind of field, and names that are words of the languages.
const PROTO3: &str = "syntax = \"proto3\";\npackage costs.v1;
import \"google/protobuf/duration.proto\";
import \"google/protobuf/struct.proto\";
import \"google/protobuf/timestamp.proto\";
import \"google/protobuf/wrappers.proto\";
enum Kind { KIND_UNSPECIFIED = 0; KIND_BOOK = 1; KIND_TOY = 2; }
message Item {
  string id = 1; int32 price = 2; sint64 delta = 3; fixed32 f = 4; sfixed64 g = 5; double weight = 6; float share = 7;
  bool gone = 8; bytes raw = 9; uint64 large = 10; Kind kind = 11; optional int32 maybe = 12; optional string said = 13;
  repeated int32 numbers = 14; repeated string names = 15; repeated Kind kinds = 16; repeated bytes parts = 17;
  map<string, int32> counts = 18; map<int64, Item.Part> by_number = 19; map<bool, Kind> flags = 20;
  oneof of { string text = 21; Part part = 22; }
  google.protobuf.Timestamp at = 23; google.protobuf.Duration took = 24; google.protobuf.StringValue wrapped = 25;
  google.protobuf.Int64Value number = 26; google.protobuf.Struct free = 27;
  Item self = 28; repeated Part others = 29;
  string type = 30; string class = 31; string from = 32; string count_list = 33; optional Kind maybe_kind = 34;
  message Part { oneof inner { Item item = 1; string name = 2; } optional bytes data = 3; }
}
message Nothing {}
";
const PROTO2: &str = "syntax = \"proto2\";\npackage costs.v2;
message Old {
  required string id = 1; repeated int32 numbers = 2; optional Colour colour = 3 [default = RED];
  optional group Box = 4 { optional int32 size = 1; }
  enum Colour { RED = 0; BLUE = 7; }
}
";

fn repository() -> TestEnv {
    let files = Files::from([
        ("costs/v1/costs.proto".to_owned(), PROTO3.to_owned()),
        ("costs/v2/old.proto".to_owned(), PROTO2.to_owned()),
    ]);
    let env = pairs::repository(&files, &files);
    install(&env);
    env
}

/// Runs `bench`; `PROTOPACT_COSTS` may hold more arguments, such as `--require go,java,python,rust`.
fn bench(env: &TestEnv, args: &[&str]) -> Value {
    let more = std::env::var("PROTOPACT_COSTS").unwrap_or_default();
    let mut all = vec!["bench", "--report", "json=costs.json"];
    all.extend(args);
    all.extend(more.split_whitespace());
    let (code, text) = run(env, &all);
    eprintln!("{text}");
    assert_eq!(code, 0, "{text}");
    serde_json::from_str(&env.read("costs.json")).unwrap()
}

#[test]
#[ignore = "builds programs in four languages: ci/costs"]
fn every_language_times_everything() {
    let env = repository();
    let costs = bench(&env, &["--time", "2", "--batches", "3", "--runs", "1"]);
    assert_eq!(costs["notes"], Value::Array(Vec::new()), "{costs:#}");
    let took_part: BTreeSet<&str> =
        costs["run"]["libraries"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(!took_part.is_empty());
    let messages = costs["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 5, "{costs:#}");
    for message in messages {
        for language in &took_part {
            for op in ["build", "serialise", "parse", "copy"] {
                let timings = message["timings"].as_array().unwrap();
                let found = timings.iter().find(|t| t["language"] == *language && t["op"] == op);
                let timing = found.unwrap_or_else(|| panic!("{language} {op}: {message:#}"));
                assert!(timing["ns"].as_f64().unwrap() > 0.0, "{timing:#}");
                assert_eq!(timing["measurements"], 3, "{timing:#}");
                let told = |key: &str| !timing[key].is_null();
                assert_eq!(told("allocations"), ["go", "rust"].contains(language), "{timing:#}");
                assert_eq!(told("allocated_bytes"), *language != "python", "{timing:#}");
            }
        }
    }
    // A message with more in it takes longer.
    let time = |message: &str, language: &str, op: &str| {
        let found = messages.iter().find(|m| m["message"] == message).unwrap();
        let timing = found["timings"].as_array().unwrap().iter();
        timing.filter(|t| t["language"] == language && t["op"] == op).find_map(|t| t["ns"].as_f64()).unwrap()
    };
    for language in took_part {
        for op in ["build", "serialise", "parse"] {
            let [much, little] = ["costs.v1.Item", "costs.v2.Old"].map(|message| time(message, language, op));
            assert!(much > little, "{language} {op}: {much} and {little}");
        }
    }
}

#[test]
#[ignore = "builds programs in four languages: ci/costs"]
fn both_versions_are_timed() {
    let env = repository();
    let few = ["--time", "2", "--batches", "3", "--runs", "1"];
    let costs = bench(&env, &[&["--message", "costs.v2.Old", "--against", "v1.0.0"], &few[..]].concat());
    let timings = costs["messages"][0]["timings"].as_array().unwrap();
    let mut by_key: std::collections::BTreeMap<(String, String), Vec<f64>> =
        std::collections::BTreeMap::new();
    for timing in timings {
        let key = (timing["language"].to_string(), timing["op"].to_string());
        by_key.entry(key).or_default().push(timing["ns"].as_f64().unwrap());
    }
    let languages = costs["run"]["libraries"].as_object().unwrap().len();
    assert!(languages > 0, "{costs:#}");
    assert_eq!(by_key.len(), languages * 4, "{timings:#?}");
    for (key, times) in by_key {
        assert!(times.len() == 2 && times.iter().all(|ns| *ns > 0.0), "{key:?}: {times:?}");
    }
}

#[test]
#[ignore = "builds programs in four languages: ci/costs"]
fn calls_of_all_kinds_are_timed_plain_and_with_tls() {
    let (files, _) = pairs::compatible();
    let env = pairs::repository(&files, &files);
    install(&env);
    let costs = bench(&env, &["--only", "calls", "--message", "user.v1.UserInfo"]);
    let calls = costs["calls"].as_array().unwrap();
    let languages = costs["run"]["libraries"].as_object().unwrap().len();
    let ways: BTreeSet<String> =
        calls.iter().map(|c| format!("{} {} {}", c["language"], c["kind"], c["tls"])).collect();
    assert_eq!((calls.len(), ways.len()), (languages * 8, languages * 8), "{costs:#}");
    for call in calls {
        let [latency, slow, count] =
            ["latency_ns", "p99_ns", "per_second"].map(|key| call[key].as_f64().unwrap());
        assert!(latency > 0.0 && slow >= latency && count > 0.0, "{call:#}");
    }
    assert!(costs["messages"][0]["timings"].as_array().unwrap().is_empty());
}
