//! Edits that Apicurio Registry 3.3.3 alone was asked about; `ci/apicurio` asks it again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::env::TestEnv;
use crate::profile;

/// An edit, the two sides as files, and what it said: backward and forward, `x` is refused.
type Row = (&'static str, [String; 2], &'static str);

/// The rows of the table.
fn rows() -> Vec<Row> {
    let table = include_str!("../../fixtures/registries/apicurio.txt");
    let rows: Vec<Row> = table.split("\n\n").filter(|row| !row.starts_with('#')).map(row).collect();
    assert!(rows.len() > 100, "{}", rows.len());
    rows
}

fn row(text: &'static str) -> Row {
    let [edit, old, new, said] = text.lines().collect::<Vec<_>>()[..] else {
        panic!("not four lines: {text}")
    };
    let side = |line: &str| {
        let (syntax, side) = line.split_once(": ").unwrap();
        format!("syntax = \"{syntax}\";\npackage a.v1;\n{}\n", profile::lines(side))
    };
    (edit, [side(old), side(new)], said)
}

/// What the profile says of a row.
fn says(env: &TestEnv, sides: &[String; 2]) -> String {
    for (side, text) in ["old", "new"].into_iter().zip(sides) {
        env.write(&format!("{side}/a.proto"), text);
    }
    let (report, _) = profile::asked(env, "apicurio", "full", &[]);
    let answer = &report["registry"];
    let cases = |list: &str, direction: &str| {
        answer[list].as_array().unwrap().iter().any(|case| case["direction"] == direction)
    };
    let said = ["backward", "forward"].map(|direction| {
        match (cases("refused", direction), cases("untried", direction)) {
            (_, true) => "untried",
            (true, _) => "x",
            _ => "ok",
        }
    });
    said.join("/")
}

#[test]
fn apicurio_refuses_what_it_refused_when_asked() {
    let env = TestEnv::new();
    let wrong = rows().into_iter().filter_map(|(edit, sides, said)| {
        let says = says(&env, &sides);
        (says != said).then(|| format!("{edit}: {said}, and not {says}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A registry that runs, with the interface of Confluent's below this path.
struct Running(String);

impl Running {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.0).unwrap();
        write!(
            stream,
            "{method} /apis/ccompat/v7{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/vnd.schemaregistry.v1+json\r\nContent-Length: {}\r\n\r\n{body}",
            self.0,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap_or_else(|e| panic!("{method} {path}: {e}: {answer}"))
    }

    /// Whether it takes a schema after another one.
    fn takes(&self, first: &str, then: &str) -> bool {
        static SUBJECTS: AtomicUsize = AtomicUsize::new(0);
        let subject = format!("s{}-{}", std::process::id(), SUBJECTS.fetch_add(1, Ordering::Relaxed));
        let schema = |text: &str| json!({"schemaType": "PROTOBUF", "schema": text});
        self.ask("POST", &format!("/subjects/{subject}/versions"), &schema(first));
        self.ask("PUT", &format!("/config/{subject}"), &json!({"compatibility": "BACKWARD"}));
        let latest = format!("/compatibility/subjects/{subject}/versions/latest");
        self.ask("POST", &latest, &schema(then))["is_compatible"].as_bool().unwrap()
    }

    fn says(&self, [old, new]: [&str; 2]) -> String {
        [self.takes(old, new), self.takes(new, old)].map(|takes| if takes { "ok" } else { "x" }).join("/")
    }
}

/// Its address, as `127.0.0.1:8080`, is in `PROTOPACT_APICURIO`.
#[test]
#[ignore = "asks a registry that runs: ci/apicurio"]
#[expect(clippy::disallowed_methods, reason = "ci/apicurio says where it is")]
fn it_says_so_again() {
    let running = Running(std::env::var("PROTOPACT_APICURIO").expect("ci/apicurio sets it"));
    let own = rows().into_iter();
    let shared = profile::rows().map(|(edit, sides, said)| (edit, sides, said[2]));
    let (mut asked, mut wrong) = (0, Vec::new());
    for (edit, [old, new], said) in own.chain(shared) {
        let says = running.says([&old, &new]);
        asked += 1;
        if says != said {
            wrong.push(format!("{edit}: {says}, and not {said}"));
        }
    }
    eprintln!("{asked} edits, both ways");
    assert!(wrong.is_empty(), "{} of {asked} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
