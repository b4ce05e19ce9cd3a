//! What plugins get and give.

use crate::lab::{Lab, answer, protoc, tree};

fn plugin(run: &str, out: &str) -> String {
    format!("[[generate.plugin]]\n{run}\nout = \"{out}\"\n")
}

#[test]
fn generators_of_protoc_give_what_a_plain_call_of_protoc_gives() {
    let generators = ["java", "python", "pyi", "cpp"];
    let sections: String = generators
        .iter()
        .map(|g| plugin(&format!("protoc-builtin = \"{g}\""), &format!("raw/{g}")))
        .collect();
    let lab = Lab::new(&sections);
    lab.lock();
    let _ = lab.ok(&["generate"]);
    for generator in generators {
        let scratch = tempfile::tempdir().unwrap();
        let proto = lab.env.work().join("proto");
        protoc(&[
            format!("--proto_path={}", proto.display()),
            format!("--{generator}_out={}", scratch.path().display()),
            "acme/user/v1/user.proto".to_owned(),
            "acme/money/v1/money.proto".to_owned(),
        ]);
        let expected = tree(scratch.path());
        assert!(!expected.is_empty());
        let ours = lab.tree(&format!("sdk/raw/{generator}"));
        assert!(ours.keys().eq(expected.keys()), "{generator}: {:?}", ours.keys());
        for (path, content) in &expected {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&ours[path]), text(content), "{path}");
        }
    }
}

#[test]
fn texts_are_inserted_where_protoc_inserts_them() {
    let first = answer(&[(
        "a.txt",
        "",
        "head\n  // @@protoc_insertion_point(one)\n\t# @@protoc_insertion_point(two) x\nx(/* @@protoc_insertion_point(three) */)\n",
    )]);
    let second = answer(&[
        ("a.txt", "one", "1\n22\n\n333"),
        ("a.txt", "one", "second"),
        ("a.txt", "two", "tab\ntab\n"),
        ("a.txt", "three", "inline"),
    ]);
    let lab = Lab::new(&(plugin("local = \"./first\"", "x") + &plugin("local = \"./second\"", "x")));
    lab.answering("first", &first);
    lab.answering("second", &second);
    let _ = lab.ok(&["generate"]);

    let scratch = tempfile::tempdir().unwrap();
    let work = lab.env.work();
    protoc(&[
        format!("--proto_path={}", work.join("proto").display()),
        format!("--plugin=protoc-gen-first={}", work.join("first").display()),
        format!("--plugin=protoc-gen-second={}", work.join("second").display()),
        format!("--first_out={}", scratch.path().display()),
        format!("--second_out={}", scratch.path().display()),
        "acme/money/v1/money.proto".to_owned(),
    ]);
    assert_eq!(lab.tree("sdk/x"), tree(scratch.path()));
}

#[test]
fn a_request_is_the_one_that_protoc_writes() {
    let lab = Lab::new(&(plugin("local = \"./keep\"", "x") + "opt = [\"a=1\", \"b\"]\n"));
    let kept = lab.env.work().join("kept.bin");
    lab.script("keep", &format!("cat >'{0}.new'; mv '{0}.new' '{0}'; printf '\\020\\001'", kept.display()));
    let _ = lab.ok(&["generate"]);
    let ours = std::fs::read(&kept).unwrap();

    let work = lab.env.work();
    let scratch = tempfile::tempdir().unwrap();
    protoc(&[
        format!("--proto_path={}", work.join("proto").display()),
        format!("--plugin=protoc-gen-keep={}", work.join("keep").display()),
        format!("--keep_out=a=1,b:{}", scratch.path().display()),
        "acme/money/v1/money.proto".to_owned(),
        "acme/user/v1/user.proto".to_owned(),
    ]);
    let protocs = std::fs::read(&kept).unwrap();
    // One field after the other, so that a difference can be read.
    let fields = |bytes: &[u8]| {
        use prost::Message as _;
        #[derive(Clone, PartialEq, prost::Message)]
        struct Request {
            #[prost(string, repeated, tag = "1")]
            files: Vec<String>,
            #[prost(string, optional, tag = "2")]
            parameter: Option<String>,
            #[prost(message, optional, tag = "3")]
            version: Option<prost_types::compiler::Version>,
            #[prost(message, repeated, tag = "15")]
            all: Vec<prost_types::FileDescriptorProto>,
            #[prost(message, repeated, tag = "17")]
            sources: Vec<prost_types::FileDescriptorProto>,
        }
        Request::decode(bytes).unwrap()
    };
    let (ours, protocs) = (fields(&ours), fields(&protocs));
    assert_eq!(ours.files, protocs.files);
    assert_eq!(ours.parameter, protocs.parameter);
    assert_eq!(ours.version, protocs.version);
    assert_eq!(ours.all, protocs.all);
    assert_eq!(ours.sources, protocs.sources);
}

#[test]
fn a_plugin_that_goes_wrong_is_told_and_the_old_output_stays() {
    let lab = Lab::new(&("timeout = 1\n".to_owned() + &plugin("local = \"./x\"", "x")));
    lab.answering("x", &answer(&[("a.txt", "", "good")]));
    let _ = lab.ok(&["generate"]);
    let before = lab.tree("sdk");
    let mut said = String::new();
    for (script, what) in [
        ("echo 'no luck: \u{1b}[31mred' >&2; exit 3", "fails"),
        ("exit 3", "fails without a word"),
        ("kill -9 $$", "is killed"),
        ("while :; do :; done", "hangs"),
        ("cat >/dev/null; echo Hello, world", "prints text"),
        ("cat >/dev/null; head -c 2000 /dev/zero", "prints zeros"),
    ] {
        lab.script("x", script);
        let output = lab.run(&["generate"]);
        assert_eq!(lab.tree("sdk"), before, "{what}");
        said += &format!("== {what}\n{output}\n");
    }
    for (name, what) in [("../../x", "climbs out"), ("/tmp/x", "is absolute"), ("a\\b", "has a backslash")] {
        lab.answering("x", &answer(&[(name, "", "bad")]));
        let output = lab.run(&["generate", "--force"]);
        assert_eq!(lab.tree("sdk"), before, "{what}");
        said += &format!("== a path {what}\n{output}\n");
    }
    lab.answering("x", &answer(&[("a", "", "1"), ("A", "", "2")]));
    said += &format!("== paths that differ in case\n{}\n", lab.run(&["generate", "--force"]));
    insta::assert_snapshot!(said);
}

#[test]
fn a_plugin_that_is_not_there_is_named_with_its_place() {
    let lab = Lab::new(&plugin("local = \"tools/nothing\"", "x"));
    insta::assert_snapshot!(lab.run(&["generate"]), @"
    --- stderr
    error: protopact.toml:8:7: there is no program `tools/nothing`
    hint: names with a `/` are relative to the configuration, others are looked up on the path
    --- exit 2
    ");
}

#[test]
fn what_a_plugin_says_is_shown_although_it_succeeds() {
    let lab = Lab::new(&plugin(
        "local = [\"sh\", \"-c\", \"cat >/dev/null; echo deprecated flag >&2; printf '\\\\020\\\\001'\"]",
        "x",
    ));
    let output = lab.env.run_with(&["generate"], |io| {
        io.env.insert("PATH".into(), "/usr/bin:/bin".into());
    });
    assert!(output.err.contains("note: sh: deprecated flag"), "{output}");
}

#[test]
fn one_folder_at_a_time_is_one_call_for_each() {
    let lab = Lab::new(&(plugin("local = \"./count\"", "x") + "strategy = \"directory\"\n"));
    let calls = lab.env.work().join("calls");
    lab.script("count", &format!("cat >/dev/null; echo call >>'{}'; printf '\\020\\001'", calls.display()));
    let _ = lab.ok(&["generate"]);
    assert_eq!(std::fs::read_to_string(calls).unwrap().lines().count(), 2);
}

#[test]
fn rust_comes_out_of_the_libraries() {
    let lab = Lab::new("[generate.rust]\ncrate = \"acme-contracts\"\n");
    lab.lock();
    let _ = lab.ok(&["generate"]);
    let tree = lab.tree("sdk/rust");
    let all: String = tree.values().map(|f| String::from_utf8_lossy(f)).collect();
    assert!(all.contains("pub struct User"), "{:?}", tree.keys());
}
