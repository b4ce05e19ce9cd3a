//! Which change explains what was not read as it was meant.

use std::collections::BTreeSet;

use protopact::verify::Version;
use protopact::verify::fault::Ends;
use protopact::verify::fault::model;
use protopact::verify::predict::{Miss, Predictions};
use protopact::verify::retired::Notice;
use protopact::verify::side::Side;
use protopact::wire::decode;
use protopact::wire::json::{self, Json};
use protopact::wire::sample::{SampleOptions, Size, samples};
use protopact::words::{Language, Lens};

use crate::drivers::side;
use crate::support::truth;

fn versions(old: &str, new: &str) -> [Side; 2] {
    let head = "syntax = \"proto3\";\npackage t.v1;\n";
    let file = |text: &str| vec![("t/v1/t.proto".to_owned(), format!("{head}{text}"))];
    [side(&file(old), "old"), side(&file(new), "new")]
}

fn unseen(predictions: &Predictions) -> Vec<String> {
    predictions.unseen(&[Lens::Wire]).into_iter().map(|u| format!("{} {}", u.change, u.verdict)).collect()
}

#[test]
fn only_the_change_at_fault_explains_and_is_seen() {
    let [old, new] = versions(
        "message M { int64 a = 1; int64 b = 2; In in = 3; } message In { string c = 1; }",
        "message M { bool a = 1; bool b = 2; In in = 3; } message In { int32 c = 1; }",
    );
    let predictions = Predictions::new(&old, &new);
    let ends = Ends {
        writer: (&old, Version::Old),
        reader: (&new, Version::New),
        language: protopact::words::Language::Go,
        age: None,
        message: "t.v1.M",
    };
    let explain = |fields: &BTreeSet<i32>| {
        let (writer, reader) = (ends.writer, ends.reader);
        let miss = Miss { lens: Lens::Wire, writer, reader, message: ends.message, fields };
        predictions.message(&miss).map(|foretold| foretold.change)
    };
    // `b` = 300, `in.c` = "x", as the models read them.
    let b = ends.of_bytes(&[0x10, 0xac, 0x02]);
    assert_eq!(b, BTreeSet::from([2]));
    assert_eq!(explain(&b).as_deref(), Some("field-type-changed t.v1.M.b"));
    let inner = ends.of_bytes(&[0x1a, 0x03, 0x0a, 0x01, 0x78]);
    assert_eq!(inner, BTreeSet::from([3]));
    assert_eq!(explain(&inner).as_deref(), Some("field-type-changed t.v1.In.c"));
    let left = unseen(&predictions);
    assert!(left.iter().any(|u| u.starts_with("field-type-changed t.v1.M.a wire backward")), "{left:?}");
    assert!(!left.iter().any(|u| u.contains("t.v1.M.b wire backward")), "{left:?}");
    // A fault that is not known is explained by anything, and shows nothing where several things explain it.
    assert!(explain(&BTreeSet::new()).is_some());
    assert_eq!(unseen(&predictions), left);
    // A field that nothing happened to.
    assert_eq!(explain(&BTreeSet::from([9])), None);
}

#[test]
fn a_method_that_is_gone_explains_no_call_of_another() {
    let service = |more: &str| {
        format!("message M {{}} service S {{ rpc A(M) returns (M); {more} }} service T {{ {more} }}")
    };
    let [old, new] = versions(&service("rpc B(M) returns (M);"), &service(""));
    let predictions = Predictions::new(&old, &new);
    let call = |path| predictions.call(Version::Old, Version::New, path).map(|foretold| foretold.change);
    assert_eq!(call("/t.v1.S/B").as_deref(), Some("method-removed t.v1.S.B"));
    assert_eq!(call("/t.v1.T/B").as_deref(), Some("method-removed t.v1.T.B"));
    assert_eq!(call("/t.v1.S/A"), None);
    let [old, new] = versions("message M {} service S { rpc A(M) returns (M); }", "message M {}");
    let gone = Predictions::new(&old, &new).call(Version::Old, Version::New, "/t.v1.S/A");
    assert_eq!(gone.map(|foretold| foretold.change).as_deref(), Some("service-removed t.v1.S"));
}

#[test]
fn what_was_given_notice_is_taken_out_of_json() {
    let [old, new] = versions(
        "message M { string a = 1 [deprecated = true]; string b = 2 [deprecated = true]; repeated E e = 3; M m = 4;
         map<string, E> by = 5; }
         enum E { ZERO = 0; ONE = 1 [deprecated = true]; TWO = 2 [deprecated = true]; }",
        "message M { reserved 1, 2; reserved \"a\"; repeated E e = 3; M m = 4; map<string, E> by = 5; }
         enum E { reserved 1, 2; reserved \"ONE\"; ZERO = 0; }",
    );
    let notice = |lens| Notice { write: &old.schema, read: &new.schema, lens };
    let message = old.schema.message_by_name("t.v1.M").unwrap();
    let text = r#"{"a":"x","b":"y","e":["ZERO","ONE","TWO"],"m":{"a":"z"},"by":{"k":"ONE","l":"TWO"}}"#;
    let stripped = notice(Lens::Json).strip(message, &Json::parse(text).unwrap());
    // Only the name of `a` and of ONE is reserved; numbers are nothing to JSON.
    assert_eq!(stripped.to_string(), r#"{"b":"y","e":["ZERO","TWO"],"m":{},"by":{"l":"TWO"}}"#);
    let wire = notice(Lens::Wire);
    assert!(wire.value("t.v1.E", 1) && wire.value("t.v1.E", 2) && !wire.value("t.v1.E", 0));
    let reader = new.schema.message_by_name("t.v1.M").unwrap();
    let fields = &old.schema.message(message).fields;
    let gone: Vec<i32> =
        fields.iter().filter(|id| wire.field(**id, reader)).map(|id| old.schema.field(*id).number).collect();
    assert_eq!(gone, [1, 2]);
}

/// What the models of the languages see of random edits is laid to the edit, and every edit is seen.
#[test]
fn what_random_edits_do_is_laid_to_them() {
    for seed in 1..=2 {
        let truth = truth::contracts(seed, 60, true);
        let (old, new) = (side(&truth.old, "old"), side(&truth.new, "new"));
        let predictions = Predictions::new(&old, &new);
        let (old, new) = ((&old, Version::Old), (&new, Version::New));
        let options = SampleOptions { size: Size::Exhaustive, ..SampleOptions::default() };
        let mut surprises = BTreeSet::new();
        for (writer, reader) in [(old, new), (new, old)] {
            for id in writer.0.messages().filter(|id| reader.0.has(writer.0.name(*id))) {
                let schema = &writer.0.schema;
                for sample in samples(schema, id, &options) {
                    for language in Language::ALL {
                        let ends = Ends { writer, reader, language, age: None, message: writer.0.name(id) };
                        let mut look = |lens, fields: BTreeSet<i32>| {
                            let fields = ends.related(&fields);
                            let miss = Miss { lens, writer, reader, message: ends.message, fields: &fields };
                            if !fields.is_empty() && predictions.message(&miss).is_none() {
                                surprises.insert(format!("{lens:?} {} {fields:?}", ends.message));
                            }
                        };
                        let Ok(meant) = decode(schema, id, &sample.bytes, model(language)) else { continue };
                        let bytes = protopact::wire::encode(schema, &meant);
                        look(Lens::Wire, ends.of_bytes(&bytes));
                        if protopact::verify::json::speaks(language)
                            && let Ok(text) = json::write(schema, &meant)
                        {
                            let own = Ends { reader: writer, ..ends }.of_json(&meant, &text);
                            let fields = ends.of_json(&meant, &text);
                            if own.is_empty() || fields != own {
                                look(Lens::Json, fields);
                            }
                        }
                    }
                }
            }
        }
        assert!(surprises.is_empty(), "seed {seed}: {surprises:#?}");
        // No sample holds a string that is not UTF-8.
        let left = predictions.unseen(&[Lens::Wire, Lens::Json]).into_iter();
        let left: Vec<_> = left.filter(|u| !u.change.contains("utf8-validation-changed")).collect();
        assert!(left.is_empty(), "seed {seed}: {left:#?}");
    }
}
