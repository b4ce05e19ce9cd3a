//! Odd names and names that generators derive from others, in pairs drawn at random: what is not refused builds, is
//! imported and passes the checkers; what is refused, the language's own tools refuse too.
//!
//! Every pair is a file with a package of its own, or two of them, and all files are one contract: the languages' tools start
//! once for all of them. Elements have names, and so have files and packages. `PROTOPACT_NAMES` says how many pairs, `PROTOPACT_NAMES_SEED` which (`ci/names`).

use std::fmt::Write as _;
use std::sync::OnceLock;

use protopact::codegen::sdk;
use protopact::compile::{self, Compiled};
use protopact::config::package::About;
use protopact::schema::Schema;
use protopact::words::Language;

use crate::build::Form;
use crate::files::{Files, input};
use crate::machine::Machine;
use crate::refused::{complaints, contract, laid, taken as tools_take};

/// Names to begin with: plain ones, keywords and builtins of the languages, members of their base classes, and what
/// generated code names.
const ROOTS: &str = "foo foo_bar a_1 x token kind A Foo FooBar HTTPServer m_M \
    None True class def import lambda self type match async await print object str int bytes float bool list dict \
    package interface func chan range go default nil error len string map select init main any \
    static final void enum record var yield sealed Object String Integer Override Class System \
    fn impl Self super crate mod dyn box Option Vec Result Some Ok Err Box Default Clone prost tonic core std \
    descriptor DESCRIPTOR Clear SerializeToString parser builder Builder values UNRECOGNIZED hash_code class_ \
    reset proto_reflect ProtoReflect size unknown_fields serialized_size get_class encode decode merge \
    com google protobuf grpc typing builtins Message Enum Any Timestamp connect new with_origin New Context \
    _ __ _1 serde PingSvc Ping ScalarWrapper Inner MapWrapper ValueWrapper ReadByte MarshalJSON internal aux c ctx";

/// What generators and people put around a name.
const PREFIXES: &str = "get_ set_ has_ clear_ is_ add_ put_ push_ insert_ merge_ remove_ Get Set New E_ Default_ Unimplemented Unsafe Register \
    File_ Mutable _ which_";
const SUFFIXES: &str = "_ __ _value _bytes _builder _or_builder _list _count _map _case _name _number _field_number \
    _FIELD_NUMBER _pb2 _client _server 1 _1 Case Builder OrBuilder Value Values Entry Client Server Stub AsyncStub Servicer \
    Grpc ImplBase BlockingStub FutureStub OuterClass Proto _Client _Server Request Ext Svc Stream DefaultEntryHolder \
    _FullMethodName _ServiceDesc _Handler _not_set _not_set_case";

/// What stands behind the name of a file where somebody gives it a meaning.
const OF_FILES: &str = "_grpc _pb _pb2 _test _windows _linux_test _mips64p32 .v1";

/// How many pairs when nothing is said.
const USUAL: u64 = 150;

/// Numbers that look drawn, the same for the same seed (SplitMix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn word<'a>(&mut self, words: &'a str) -> &'a str {
        let words: Vec<&str> = words.split_whitespace().collect();
        words[self.below(words.len())]
    }
}

fn pascal(name: &str) -> String {
    let part = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('_').filter(|p| !p.is_empty()).map(part).collect()
}

/// A name that something derives from another, or that name.
fn derived(draw: &mut Draw, name: &str) -> String {
    let around = match draw.below(9) {
        0 | 1 => name.to_owned(),
        2 | 3 => format!("{}{name}", draw.word(PREFIXES)),
        // What some tools read as the same word.
        4 => return format!("{}{}", name.to_uppercase(), pascal(draw.word(SUFFIXES))),
        _ => format!("{name}{}", draw.word(SUFFIXES)),
    };
    match draw.below(6) {
        0 => pascal(&around),
        1 => around.to_lowercase(),
        2 => around.to_uppercase(),
        _ => around,
    }
}

/// An element of one of many kinds with a name: what stands inside the message, and what stands beside it.
fn element(draw: &mut Draw, name: &str, number: usize) -> (String, String) {
    let inside = |text: String| (text, String::new());
    let beside = |text: String| (String::new(), text);
    match draw.below(19) {
        15 => inside(format!("optional int32 {name} = {number};")),
        16 => inside(format!("optional string {name} = {number};")),
        17 => inside(format!("optional Shade {name} = {number};")),
        18 => inside(format!("map<string, Shade> {name} = {number};")),
        0 => inside(format!("int32 {name} = {number};")),
        1 => inside(format!("string {name} = {number};")),
        2 => inside(format!("repeated bytes {name} = {number};")),
        3 => inside(format!("map<string, Plain> {name} = {number};")),
        4 => inside(format!("optional Plain {name} = {number};")),
        5 => inside(format!("repeated Shade {name} = {number};")),
        6 => {
            inside(format!("oneof {name} {{ int32 in_{number} = {number}; Plain at_{number} = 1{number}; }}"))
        }
        7 => inside(format!("oneof one_{number} {{ string {name} = {number}; }}")),
        8 => inside(format!("message {name} {{ int32 a = 1; }} {name} n_{number} = {number};")),
        9 => inside(format!("enum {name} {{ N_{number} = 0; }} {name} n_{number} = {number};")),
        10 => inside(format!("enum E{number} {{ {name} = 0; }} E{number} {name} = {number};")),
        11 => beside(format!("message {name} {{ Plain plain = 1; string text = 2; }}")),
        12 => beside(format!("enum {name} {{ V_{number} = 0; W_{number} = 1; }}")),
        13 => beside(format!("service {name} {{ rpc Do(Plain) returns (stream Plain); }}")),
        _ => beside(format!("service S{number} {{ rpc {name}(stream Plain) returns (Plain); }}")),
    }
}

/// As [`element`], of proto2.
fn older_element(draw: &mut Draw, name: &str, number: usize) -> (String, String) {
    let inside = |text: String| (text, String::new());
    let beside = |text: String| (String::new(), text);
    match draw.below(7) {
        0 => inside(format!("optional int32 {name} = {number} [default = 3];")),
        1 => inside(format!("optional Shade {name} = {number} [default = SHADE_NONE];")),
        2 => inside(format!(
            "enum E{number} {{ option allow_alias = true; A_{number} = 0; {name} = 0; }} \
             optional E{number} e_{number} = {number} [default = {name}];"
        )),
        3 => inside(format!("optional group {} = {number} {{ optional int32 a = 1; }}", pascal(name))),
        4 => inside(format!("extend Plain {{ repeated Shade {name} = 10{number}; }}")),
        5 => inside(format!("required string {name} = {number};")),
        _ => beside(format!("extend Plain {{ optional int32 {name} = 10{number}; }}")),
    }
}

/// Two names in one element, or in two that have to do with each other.
fn both(draw: &mut Draw, package: &str, first: &str, second: &str) -> (String, String) {
    let inside = |text: String| (text, String::new());
    let beside = |text: String| (String::new(), text);
    match draw.below(8) {
        0 => beside(format!(
            "service Two {{ rpc {first}(Plain) returns (stream Plain); rpc {second}(stream Plain) returns (Plain); }}"
        )),
        1 => ("optional Two two = 3;".to_owned(), format!("enum Two {{ {first} = 0; {second} = 1; }}")),
        2 => inside(format!("oneof two {{ int32 {first} = 3; Plain {second} = 4; }}")),
        3 => beside(format!("service {first} {{ rpc {second}(Plain) returns (Plain); }}")),
        // A field with a type of its own name, where both are one.
        4 => (format!(".{package}.{first} {second} = 3;"), format!("message {first} {{ Plain plain = 1; }}")),
        5 => inside(format!("Shade {first} = 3; optional int32 {second} = 4;")),
        6 => inside(format!("repeated Shade {first} = 3; optional string {second} = 4;")),
        _ => inside(format!("map<string, Shade> {first} = 3; optional bool {second} = 4;")),
    }
}

/// A file, or two, with two names that have to do with each other.
fn files(draw: &mut Draw, package: &str) -> Files {
    let root = draw.word(ROOTS).to_owned();
    let other = derived(draw, &root);
    let head = format!("syntax = \"proto3\";\npackage {package};\n");
    let fixed = "message Plain { int32 value = 1; }\nenum Shade { SHADE_NONE = 0; }\n";
    let whole = |parts: &[(String, String)]| {
        let inside: Vec<&str> = parts.iter().map(|(inside, _)| &**inside).collect();
        let beside: Vec<&str> = parts.iter().map(|(_, beside)| &**beside).collect();
        (inside.join("\n  "), beside.join("\n"))
    };
    let named = |text: String| vec![(format!("{package}/names.proto"), text)];
    let service = "service Serves { rpc Do(Plain) returns (Plain); }\n";
    match draw.below(8) {
        // Two files of one package.
        0 => {
            let other = format!("{root}{}", draw.word(OF_FILES));
            let first = (format!("{package}/{root}.proto"), format!("{head}{fixed}{service}"));
            let second = format!("{head}message Beside {{ int32 a = 1; }}\n");
            vec![first, (format!("{package}/{other}.proto"), second)]
        }
        // A package in another one.
        1 => {
            let below = format!("syntax = \"proto3\";\npackage {package}.{other};\n{fixed}{service}");
            let mut all = named(format!("{head}{fixed}{service}"));
            all.push((format!("{package}/more.proto"), below));
            all
        }
        2 => {
            let parts = [(root, 3), (other, 4)].map(|(name, number)| older_element(draw, &name, number));
            let (inside, beside) = whole(&parts);
            let message = "message Plain { optional int32 value = 1; extensions 100 to 200; }";
            named(format!(
                "syntax = \"proto2\";\npackage {package};\n{message}\nenum Shade {{ SHADE_NONE = 0; }}\n\
                 message Whole {{\n  optional Plain plain = 1;\n  {inside}\n}}\n{beside}\n"
            ))
        }
        kind => {
            let parts = match kind {
                3 | 4 => vec![both(draw, package, &root, &other)],
                _ => [(root, 3), (other, 4)].map(|(name, number)| element(draw, &name, number)).to_vec(),
            };
            let (inside, beside) = whole(&parts);
            named(format!("{head}{fixed}message Whole {{\n  Plain plain = 1;\n  {inside}\n}}\n{beside}\n"))
        }
    }
}

fn number(name: &str, usual: u64) -> u64 {
    let said = std::env::vars().find(|(key, _)| key == name);
    said.map_or(usual, |(_, value)| value.parse().unwrap_or_else(|e| panic!("{name}: {e}")))
}

/// Files that compile.
struct Drawn {
    files: Files,
    compiled: Compiled,
    schema: Schema,
}

/// The files that compile, drawn once for all languages.
fn drawn() -> &'static [Drawn] {
    static DRAWN: OnceLock<Vec<Drawn>> = OnceLock::new();
    DRAWN.get_or_init(|| {
        let mut draw = Draw(number("PROTOPACT_NAMES_SEED", 1));
        let wanted = usize::try_from(number("PROTOPACT_NAMES", USUAL)).unwrap();
        let mut out = Vec::new();
        let mut at = 0;
        while out.len() < wanted {
            at += 1;
            let files = files(&mut draw, &format!("n{at:05}"));
            // Two of one name in one place are no contract.
            let compiled = compile::compile(&input("proto", &files), &compile::Options::default());
            let Ok(compiled) = compiled else { continue };
            let schema = Schema::build(&compiled).unwrap();
            out.push(Drawn { files, compiled, schema });
        }
        out
    })
}

/// What a language refuses of files.
fn refusals(form: Form, drawn: &Drawn) -> Vec<String> {
    let keys = [
        ("module", "github.com/acme/contracts-go"),
        ("group", "com.acme.contracts"),
        ("artifact", "acme-contracts"),
        ("package", "acme-contracts"),
        ("crate", "acme-contracts"),
    ];
    let (target, about) = (form.target(&keys), About::default());
    let contract = contract(&drawn.compiled, &drawn.schema, &about);
    sdk::check_contract(&contract, &target).iter().map(ToString::to_string).collect()
}

/// Reasons that no tool of the language has: where upper and lower case are the same, another file system is meant than
/// this one.
const NOT_ITS_TOOLS: &[&str] = &["upper and lower case"];

/// Builds what is not refused, and has the language's tools refuse what is.
fn holds(form: Form) {
    let (machine, language) = (Machine::new(), form.language);
    let all = drawn().iter().map(|drawn| (drawn.files.clone(), refusals(form, drawn)));
    let (taken, refused): (Vec<_>, Vec<_>) = all.partition(|(_, why)| why.is_empty());
    println!("{form}: {} taken, {} refused", taken.len(), refused.len());
    assert!(taken.len() > refused.len(), "most names have room in every language");
    let taken: Files = taken.into_iter().flat_map(|(files, _)| files).collect();
    let dir = tempfile::tempdir().unwrap();
    laid(&form.generated(&taken, &machine), dir.path());
    if let Some(said) = complaints(language, dir.path(), "acme_contracts", &machine) {
        let is_meant = |path: &str| path.split('/').next().is_some_and(|package| said.contains(package));
        let meant = taken.iter().filter(|(path, _)| is_meant(path)).take(5);
        let texts: String = meant.map(|(path, text)| format!("{path}:\n{text}\n")).collect();
        panic!("{said}\n{texts}");
    }

    let most = usize::try_from(number("PROTOPACT_NAMES", USUAL) / 10).unwrap();
    let elsewhere = |why: &String| NOT_ITS_TOOLS.iter().any(|known| why.contains(known));
    let asked: Vec<_> =
        refused.into_iter().filter(|(_, why)| !why.iter().any(elsewhere)).take(most).collect();
    println!("{form}: {} of what is refused are asked about", asked.len());
    let units: Vec<Files> = asked.iter().map(|(files, _)| files.clone()).collect();
    let mut told = String::new();
    for files in tools_take(&units, form, &machine) {
        let (_, why) = asked.iter().find(|(asked, _)| *asked == files).unwrap();
        let (path, text) = &files[0];
        let _ = writeln!(told, "{path} is refused, and {form} takes it: {}\n{text}", why[0]);
    }
    assert!(told.is_empty(), "{told}");
}

macro_rules! forms {
    ($($taken:ident: $language:ident, $line:expr, $more:literal;)*) => {$(
        #[test]
        #[ignore = "builds packages: ci/sdk"]
        fn $taken() {
            holds(Form { language: Language::$language, line: $line, more: $more });
        }
    )*};
}

forms! {
    go_builds_names_that_are_not_refused_and_takes_none_that_is: Go, 0, "";
    java_builds_names_that_are_not_refused_and_takes_none_that_is: Java, 0, "";
    python_builds_names_that_are_not_refused_and_takes_none_that_is: Python, 0, "";
    rust_builds_names_that_are_not_refused_and_takes_none_that_is: Rust, 0, "";
    all_go_of_the_older_line: Go, 1, "";
    all_java_of_the_older_line: Java, 1, "";
    all_java_of_the_lite_runtime: Java, 0, "lite = true\n";
    all_java_of_the_lite_runtime_of_the_older_line: Java, 1, "lite = true\n";
    all_java_with_kotlin: Java, 0, "kotlin = true\n";
    all_java_with_kotlin_of_the_older_line: Java, 1, "kotlin = true\n";
    all_java_with_kotlin_of_the_lite_runtime: Java, 0, "kotlin = true\nlite = true\n";
    all_python_of_the_older_line: Python, 1, "";
    all_python_of_the_oldest_line: Python, 2, "";
    all_rust_of_the_older_line: Rust, 1, "";
    all_rust_with_serde: Rust, 0, "serde = true\n";
}
