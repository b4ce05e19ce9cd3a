//! Which change explains a call that does not come out as it should.

use std::fmt::Write as _;

use protopact::verify::Version;
use protopact::verify::blame::{End, Made};
use protopact::verify::fault::model;
use protopact::verify::oracle::{self, Difference, Part, Way};
use protopact::verify::predict::Predictions;
use protopact::verify::side::Side;
use protopact::wire::sample::{SampleOptions, samples};
use protopact::wire::{decode, encode};
use protopact::words::Language;

use crate::drivers::side;
use crate::support::{Files, truth};

/// The samples of a message.
fn sampled(side: &Side, message: &str) -> Vec<Vec<u8>> {
    let id = side.schema.message_by_name(message).unwrap();
    samples(&side.schema, id, &SampleOptions::default()).into_iter().map(|s| s.bytes).collect()
}

/// One way of a call as the models do it: what the reader writes again, or why it comes to nothing.
fn passed(
    (writer, reader): (End<'_>, End<'_>),
    message: &str,
    bytes: &[u8],
    part: Part,
) -> Result<Vec<u8>, Difference> {
    let schema = &reader.side.schema;
    let id = schema.message_by_name(message).unwrap();
    let Ok(tree) = decode(schema, id, bytes, model(reader.language)) else {
        return Err(Difference::from("the call ended with code 13".to_owned()).of(Part::End));
    };
    let again = encode(schema, &tree);
    let drops = [writer, reader].iter().any(|end| end.language == Language::Rust);
    let way = Way {
        writer: writer.side,
        reader: reader.side,
        reader_is_newer: writer.version < reader.version,
        prost: drops,
    };
    oracle::compare(way, (message, message), bytes, &again).map_err(|d| d.of(part))?;
    Ok(again)
}

/// Makes a call with the models, of one message there and one back.
fn called(made: &Made<'_>) -> Result<(), Difference> {
    let (client, server) = (made.client, made.server);
    let method = server.side.method(made.path).unwrap();
    let seen = passed((client, server), &method.input, &client.sends[0], Part::Request)?;
    let echoes = method.input == method.output;
    let answer = if echoes { &seen } else { &server.sends[0] };
    passed((server, client), &method.output, answer, Part::Answer).map(|_| ())
}

/// Both sides with a service for each case: its message asked with, answered with, and both. The three are calls of
/// three kinds, other ones from case to case. Every fifth service has a method that the new side does not have.
pub(crate) fn with_services(truth: &truth::Truth) -> [Files; 2] {
    [(&truth.old, true), (&truth.new, false)].map(|(files, old)| serving(files, &truth.cases, old))
}

fn serving(files: &Files, cases: &[truth::Case], old: bool) -> Files {
    const KINDS: [(&str, &str); 4] = [("", ""), ("", "stream "), ("stream ", ""), ("stream ", "stream ")];
    let mut files = files.clone();
    for (path, text) in &mut files {
        let package = path.trim_start_matches("truth/").trim_end_matches(".proto").to_owned();
        text.push_str("message Nothing {}\n");
        for (n, case) in cases.iter().enumerate() {
            let Some(name) = case.message.strip_prefix(&format!("truth.{package}.")) else { continue };
            write!(text, "service S{name} {{").unwrap();
            let methods = [("In", name, "Nothing"), ("Out", "Nothing", name), ("Both", name, name)];
            for (at, (method, request, answer)) in methods.into_iter().enumerate() {
                let (asks, answers) = KINDS[(n + at) % KINDS.len()];
                write!(text, " rpc {method}({asks}{request}) returns ({answers}{answer});").unwrap();
            }
            text.push_str(if old && n % 5 == 0 {
                " rpc Gone(Nothing) returns (Nothing); }\n"
            } else {
                " }\n"
            });
        }
    }
    files
}

/// Random edits of messages that are requests, answers, and both: every call that differs is foretold, by the edit.
#[test]
fn calls_that_random_edits_break_are_laid_to_them() {
    let truth = truth::contracts(3, 300, true);
    let [old, new] = with_services(&truth);
    let (old, new) = (side(&old, "old"), side(&new, "new"));
    let predictions = Predictions::new(&old, &new);
    let (old, new) = ((&old, Version::Old), (&new, Version::New));
    let mut differ = [0; 3];
    let mut wrong = Vec::new();
    for (client, server) in [(old, new), (new, old)] {
        for (path, id) in client.0.methods().filter(|(path, _)| server.0.method(path).is_some()) {
            let method = client.0.schema.method(id);
            let requests = sampled(client.0, &method.input);
            let answers = sampled(server.0, &method.output);
            let rounds = requests.len().max(answers.len());
            for (round, language) in (0..rounds).flat_map(|r| Language::ALL.map(|l| (r, l))) {
                let pick = |all: &[Vec<u8>]| vec![all[round % all.len()].clone()];
                let (requests, answers) = (pick(&requests), pick(&answers));
                let end = |(side, version), sends| End { side, version, language, sends };
                let made =
                    Made { path: &path, client: end(client, &requests), server: end(server, &answers) };
                let Err(difference) = called(&made) else { continue };
                let kind = ["/In", "/Out", "/Both"].iter().position(|kind| path.ends_with(kind)).unwrap();
                differ[kind] += 1;
                let message = format!(" {}", path[1..].split('/').next().unwrap().replacen(".SM", ".M", 1));
                let foretold = made.foretold(&predictions, &difference);
                let at = |change: &str| change.contains(&message);
                if !foretold.as_ref().is_some_and(|f| at(&f.change)) {
                    wrong.push(format!("{path} {} {difference:?}: {foretold:?}", language.as_str()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {differ:?}\n{}", wrong.len(), wrong.join("\n"));
    assert!(differ.iter().all(|n| *n > 100), "{differ:?}");
}

fn versions(old: &str, new: &str) -> [Side; 2] {
    let rest = "message Ask {}
        service Shop { rpc Get(Ask) returns (Bun); rpc Put(Bun) returns (Ask); rpc Same(Bun) returns (Bun); }";
    let file = |text: &str| {
        vec![("t/v1/t.proto".to_owned(), format!("syntax = \"proto3\";\npackage t.v1;\n{text}\n{rest}"))]
    };
    [side(&file(old), "old"), side(&file(new), "new")]
}

#[test]
fn an_answer_that_a_client_refuses_is_laid_to_its_field() {
    let [old, new] = versions("message Bun { int32 size = 1; }", "message Bun { string size = 1; }");
    let predictions = Predictions::new(&old, &new);
    let ended = Difference::from("the call ended with code 13".to_owned()).of(Part::End);
    for (client, server) in [(Version::Old, Version::New), (Version::New, Version::Old)] {
        let of = |version: Version| [&old, &new][version.index()];
        let end = |version, sends| End { side: of(version), version, language: Language::Rust, sends };
        let bun = |version| sampled(of(version), "t.v1.Bun");
        let empty = vec![Vec::new()];
        let (asked, answered) = (bun(client), bun(server));
        for (path, requests, answers) in [
            ("/t.v1.Shop/Get", &empty, &answered),
            ("/t.v1.Shop/Put", &asked, &empty),
            ("/t.v1.Shop/Same", &asked, &empty),
        ] {
            let made = Made { path, client: end(client, requests), server: end(server, answers) };
            let foretold = made.foretold(&predictions, &ended).map(|f| f.change);
            assert_eq!(foretold.as_deref(), Some("field-type-changed t.v1.Bun.size"), "{path}");
            // Headers that do not come back are no matter of messages.
            let headers = Difference::from("the headers are []".to_owned());
            assert_eq!(made.foretold(&predictions, &headers), None, "{path}");
        }
    }
}

#[test]
fn a_difference_that_is_told_of_a_field_names_the_change_of_that_field() {
    let [old, new] = versions(
        "message Bun { Kind kind = 1; int64 seats = 2; } enum Kind { ANY = 0; RYE = 1; OAT = 2; }",
        "message Bun { Kind kind = 1; bool seats = 2; } enum Kind { ANY = 0; OAT = 1; RYE = 2; }",
    );
    let predictions = Predictions::new(&old, &new);
    let end = |side, version, sends| End { side, version, language: Language::Go, sends };
    let (asked, empty) = (sampled(&old, "t.v1.Bun"), vec![Vec::new()]);
    let client = end(&old, Version::Old, asked.as_slice());
    let made = Made { path: "/t.v1.Shop/Put", client, server: end(&new, Version::New, empty.as_slice()) };
    let told = |field| {
        let what = Difference { field: Some(field), ..Difference::from("differs".to_owned()) };
        made.foretold(&predictions, &what.of(Part::Request)).unwrap().change
    };
    assert_eq!(told(2), "field-type-changed t.v1.Bun.seats");
    assert!(told(1).contains("t.v1.Kind"), "{}", told(1));
}
