//! A message without what it requires, which Python reads and does not write again.

use serde_json::Value;

use crate::matrix::{cells, install, matrix};
use crate::pairs;

/// A client in Python has the answer of an older server, and cannot say what is in it: that is what the call comes to,
/// and no end of the client.
#[test]
#[ignore = "builds programs in Python"]
fn an_answer_without_what_it_requires_is_told_by_a_client_that_goes_on() {
    let side = |label: &str| {
        let text = format!(
            "syntax = \"proto2\";\npackage t.v1;\nmessage Ask {{}}\n\
             message Bun {{ optional string name = 1; {label} int32 size = 2; }}\n\
             service Shop {{ rpc Get(Ask) returns (Bun); rpc Watch(Ask) returns (stream Bun);\n\
             rpc Put(stream Ask) returns (Bun); rpc Talk(stream Ask) returns (stream Bun); }}\n"
        );
        vec![("t/v1/t.proto".to_owned(), text)]
    };
    let env = pairs::repository(&side("optional"), &side("required"));
    install(&env);
    let args = ["--lang", "python", "--only", "calls", "--compact"];
    let (code, text, matrix) = matrix(&env, "required.json", &args);
    // A driver that dies is a failure of the run, and would be 4.
    assert_eq!(code, 1, "{text}");
    assert_eq!(matrix["counts"]["red_unpredicted"], 0, "{text}");
    for kind in ["unary", "server", "client", "bidi"] {
        let reads = |cell: &&Value| {
            let name = cell["cell"].as_str().unwrap();
            cell["subject"].as_str().unwrap().split(':').next() == Some(kind)
                && name.starts_with("python@v1.1.0:")
        };
        let of_kind: Vec<&Value> = cells(&matrix).filter(reads).collect();
        assert!(!of_kind.is_empty(), "{kind}: {text}");
        for cell in of_kind {
            let told = cell["differences"].as_array().unwrap().iter().map(|d| d["what"].as_str().unwrap());
            let unwritten =
                told.filter(|what| what.starts_with("the client cannot call: EncodeError")).count();
            assert!(unwritten > 0, "{kind}: {cell:#}");
        }
    }
}
