//! The tables of generated names, held to what the generators write: names are read back from generated code with the
//! languages' own parsers, over the sample, every fixture that compiles, and packages of the corpus.
//!
//! What every message, enum or service has by itself is left out of both sides, as the tables leave it out.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use prost::Message as _;
use protopact::codegen::plugin::{Tool, spec};
use protopact::codegen::request::Set;
use protopact::codegen::{Contract, Target, sdk};
use protopact::compile::output::{SetOptions, descriptor_set};
use protopact::compile::{self, Compiled, Options};
use protopact::schema::{Element, FileId, Schema};
use protopact::surface;
use protopact::words::Language;

use crate::files::{Files, input, pairs, project, read};
use crate::machine::Machine;
use crate::shapes;

/// What every fixture leaves out: rules by which generators keep names apart.
const APART: &[(&str, &str)] = &[
    (
        "apart3.proto",
        r#"syntax = "proto3";
package apart.v1;
enum Stage { STAGE_NONE = 0; STAGE_2 = 2; }
message Pay {
  Stage stage = 1; int32 stage_value = 2; repeated string item = 3; int32 item_count = 4; repeated Pay line = 5;
  string line_list = 6; string class = 7; string get_name = 8; string name = 9; optional string opt = 10;
  bytes unknown_fields = 11; int32 foo_1bar = 12; int32 Upper = 13; string string = 14; string reset = 15;
  map<string, Stage> stages = 16; map<int32, Pay> pays = 17; map<bool, bytes> raws = 18; repeated Stage many = 19;
  oneof method { string card = 20; Pay parent = 21; Stage at = 22; string type = 23; }
  oneof Wider_choice { bool yes = 24; }
  message Card {} message Method {} enum Wider { NONE = 0; Zero = 1; }
  int32 self = 25; int32 serialized_size = 26; repeated Pay descriptor_for_type = 27; string default = 28;
}
message Flat { int32 n = 1; } message Held { Flat flat = 1; oneof by { Flat one = 2; Held2 two = 3; } } message Held2 { Flat flat = 1; }
message Text { string s = 1; } message Real { double d = 1; }
message OverText { Text text = 1; oneof by { Text one = 2; int32 n = 3; } } message OverReal { Real real = 1; oneof by { Real one = 2; int32 n = 3; } }
message Top { OverText text = 1; oneof by { OverReal real = 2; Held held = 3; } }
message lower_case { message inner { int32 a = 1; } inner b = 1; }
message Apart3 {}
service Books { rpc Get(Pay) returns (Pay); rpc list_all(Pay) returns (stream Pay); rpc Put(stream Pay) returns (Pay); rpc Default(stream Pay) returns (stream Pay); }
"#,
    ),
    (
        "some/apart-two.proto",
        r#"syntax = "proto2";
package apart.v2;
option java_multiple_files = true;
enum Closed { A = 1; B = 2; }
message Old {
  optional Closed closed = 1 [default = B]; optional int32 closed_value = 2; required string name = 3 [default = "x"];
  optional group Part = 4 { optional bytes raw = 1; } repeated group Many = 5 { optional int32 n = 1; }
  optional float f = 6 [default = inf]; extensions 100 to 200;
  extend Old { optional string inner_ext = 101; repeated Closed more_exts = 102; }
}
extend Old { optional Old outer_ext = 100; }
"#,
    ),
    (
        "apart2023.proto",
        r#"edition = "2023";
package apart.v3;
import "google/protobuf/go_features.proto";
option features.(pb.go).api_level = API_HYBRID;
message Hybrid { int32 build = 1; string get_name = 2; string name = 3; oneof which_one { int32 a = 4; Hybrid b = 5; } bool has_name = 6; repeated int32 list = 7; map<string, Hybrid> map = 8;
  string implicit = 9 [features.field_presence = IMPLICIT]; string _foo = 10; string X_foo = 11; }
message Open { option features.(pb.go).api_level = API_OPEN; int32 a = 1; }
"#,
    ),
    (
        "apart2024.proto",
        r#"edition = "2024";
package apart.v4;
import "google/protobuf/go_features.proto";
import "google/protobuf/java_features.proto";
message Opaque { int32 a = 1; oneof one { string b = 2; Opaque c = 3; } message B {} enum Kind { KIND_NONE = 0; } Kind kind = 4; string has_a = 5; }
message Nested { option features.(pb.java).nest_in_file_class = YES; int32 a = 1; }
enum Color { option features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_STRIP; COLOR_NONE = 0; COLOR_RED = 1; }
message Tint {
  enum Hue { option features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_STRIP; HUE_NONE = 0; HUE_RED = 1; }
  enum Glow { option features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_STRIP; GLOW_OFF = 0; GLOW_ON = 1; }
}
enum Shade { option features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_GENERATE_BOTH; SHADE_NONE = 0; DARK = 1; }
"#,
    ),
];

/// One contract to generate from.
struct Sample {
    name: String,
    schema: Schema,
    compiled: Compiled,
    /// Everything that is compiled, as protoc takes it.
    set: Vec<u8>,
    /// What is generated.
    files: Vec<FileId>,
}

impl Sample {
    /// `None` for what does not compile, which fixtures are about too.
    fn new(name: String, files: &Files, wanted: impl Fn(&str) -> bool) -> Option<Sample> {
        let compiled = compile::compile(&input("", files), &Options::default()).ok()?;
        let schema = Schema::build(&compiled).ok()?;
        let options = SetOptions { include_imports: true, include_source_info: false };
        let set = Set::new(descriptor_set(&compiled, options).into()).unwrap().for_protoc();
        let given: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let files = schema.files().filter(|(_, f)| {
            given.contains(&*f.name) && wanted(&f.name) && !f.name.starts_with("google/protobuf/")
        });
        let files: Vec<FileId> = files.map(|(id, _)| id).collect();
        (!files.is_empty()).then_some(Sample { name, schema, compiled, set, files })
    }

    fn names(&self) -> Vec<String> {
        self.files.iter().map(|id| self.schema.file(*id).name.to_string()).collect()
    }

    /// Every name that the table has, as `say` writes it down, with its shapes.
    fn table(
        &self,
        language: Language,
        say: impl Fn(&str, &str) -> Option<String>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in &self.files {
            for element in surface::inside(&self.schema, Element::File(*file)) {
                let container = surface::container(language, &self.schema, element);
                let names = surface::names(language, &self.schema, element);
                for name in &names {
                    let Some(said) = say(&container, &name.path) else { continue };
                    all.entry(said).or_default().insert(name.shape.clone());
                }
            }
        }
        all
    }
}

/// The sample, every fixture that compiles, and what `PROTOPACT_CORPUS` has of three packages.
fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut add = |name: String, files: &Files| samples.extend(Sample::new(name, files, |_| true));
    let mut apart: Files = APART.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    let features = project().join("tests/generate/readers/go_features.proto");
    apart.push(("google/protobuf/go_features.proto".to_owned(), std::fs::read_to_string(features).unwrap()));
    add("rules by which names are kept apart".to_owned(), &apart);
    add("contracts".to_owned(), &read(&project().join("contracts/proto")));
    for (group, name, folder) in pairs() {
        for side in ["old", "new"] {
            add(format!("{group}/{name}/{side}"), &read(&folder.join(side)));
        }
    }
    for folder in [
        "codegen/odd",
        "codegen/programs",
        "editions/01-proto3",
        "editions/02-edition-2023",
        "editions/03-edition-2024",
        "editions/04-edition-2026",
        "wire",
        "verify/compatible",
        "verify/odd",
    ] {
        add(folder.to_owned(), &read(&project().join("fixtures").join(folder)));
    }
    if let Some(corpus) = std::env::vars_os().find(|(name, _)| name == "PROTOPACT_CORPUS") {
        let corpus = PathBuf::from(corpus.1);
        for package in ["google/pubsub/v1", "google/spanner/v1", "google/cloud/speech/v2"] {
            let files = closure(&corpus, package);
            samples.extend(Sample::new(package.to_owned(), &files, |name| name.starts_with(package)));
        }
    }
    samples
}

/// The files of a folder and all that they import.
fn closure(root: &Path, package: &str) -> Files {
    let mut files = Files::new();
    let mut todo: Vec<String> =
        read(&root.join(package)).into_iter().map(|(name, _)| format!("{package}/{name}")).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = todo.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(root.join(&name)) else { continue };
        let imports = text.lines().filter_map(|l| l.strip_prefix("import ")?.split('"').nth(1));
        todo.extend(imports.map(str::to_owned));
        files.push((name, text));
    }
    files
}

pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| e.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[expect(clippy::disallowed_methods, reason = "generators and parsers are the oracle")]
pub(crate) fn program(path: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(path)
}

/// Runs protoc on a sample.
fn protoc(sample: &Sample, flags: &[String]) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let set = dir.path().join("set.binpb");
    std::fs::write(&set, &sample.set).unwrap();
    let mut command = program(protoc_bin_vendored::protoc_bin_path().unwrap());
    command.arg(format!("--descriptor_set_in={}", set.display())).args(flags).args(sample.names());
    run(&mut command).map(|_| ())
}

/// Generates every sample into a folder of its own, reads all names back at once, and compares.
fn compare(
    language: Language,
    generate: impl Fn(&Sample, &Path) -> Result<(), String>,
    read_back: impl Fn(&Path) -> String,
    say: impl Fn(&Sample, &str, &str) -> Option<String>,
    own: impl Fn(&str) -> bool,
) {
    let samples = samples();
    let out = tempfile::tempdir().unwrap();
    let mut generated = Vec::new();
    let mut refused = String::new();
    for (index, sample) in samples.iter().enumerate() {
        let folder = out.path().join(index.to_string());
        std::fs::create_dir(&folder).unwrap();
        match generate(sample, &folder) {
            Ok(()) => generated.push((index, sample)),
            Err(said) => {
                std::fs::remove_dir_all(&folder).unwrap();
                let line = said.lines().next().unwrap_or_default().to_owned();
                let _ = writeln!(refused, "  {}: {line}", sample.name);
            }
        }
    }
    let mut read: BTreeMap<usize, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for line in read_back(out.path()).lines() {
        let mut parts = line.split('\t');
        let (Some(folder), Some(name)) = (parts.next(), parts.next()) else { panic!("{line}") };
        let shape = parts.next().unwrap_or_default();
        let (index, inner) = folder.split_once('/').unwrap_or((folder, ""));
        let name = if inner.is_empty() { name.to_owned() } else { format!("{inner}:{name}") };
        let names = read.entry(index.parse().unwrap()).or_default();
        names.entry(name).or_default().insert(shape.to_owned());
    }
    let (mut names, mut types, mut wrong) = (0, 0, String::new());
    for (index, sample) in &generated {
        let wanted = sample.table(language, |container, path| say(sample, container, path));
        let mut found = read.remove(index).unwrap_or_default();
        found.retain(|name, _| wanted.contains_key(name) || !own(name));
        names += wanted.len();
        for missing in wanted.keys().filter(|name| !found.contains_key(*name)).take(20) {
            let _ = writeln!(wrong, "{}: not generated: {missing}", sample.name);
        }
        for more in found.keys().filter(|name| !wanted.contains_key(*name)).take(20) {
            let _ = writeln!(wrong, "{}: not in the table: {more}", sample.name);
        }
        for (name, all) in &wanted {
            let Some(read) = found.get(name) else { continue };
            for shape in all.iter().filter_map(|shape| shapes::wanted(language, shape)) {
                let mut read = read.iter().filter(|shape| !shape.is_empty()).peekable();
                types += usize::from(read.peek().is_some());
                if read.peek().is_some() && !read.any(|found| shapes::same(language, &shape, found)) {
                    let _ = writeln!(wrong, "{}: {name} is {:?}, not {shape}", sample.name, found[name]);
                }
            }
        }
    }
    println!(
        "{}: {names} names and {types} types of {} contracts; the generator refuses {}:\n{refused}",
        language.title(),
        generated.len(),
        samples.len() - generated.len()
    );
    assert!(wrong.is_empty(), "{wrong}");
    assert!(generated.len() > 150 && names > 3000, "{} contracts, {names} names", generated.len());
    assert!(types > 500, "{types} types");
}

/// Words that a language has for itself cannot be imported, and what a generator writes of them does not parse.
fn keyword(sample: &Sample, words: &[&str]) -> Result<(), String> {
    let parts = sample.schema.files().flat_map(|(_, f)| f.package.split('.'));
    match parts.into_iter().find(|part| words.contains(part)) {
        Some(part) => Err(format!("a package with the keyword `{part}`")),
        None => Ok(()),
    }
}

fn reader(name: &str) -> PathBuf {
    project().join("tests/generate/readers").join(name)
}

pub(crate) fn installed(machine: &Machine, plugin: &'static spec::Pinned) -> (PathBuf, Vec<String>) {
    match machine.lock(&[plugin]).ready(plugin, machine.around()).unwrap().tool {
        Tool::Program { program, arguments, .. } | Tool::Protoc { program, arguments, .. } => {
            (program, arguments)
        }
        Tool::Library(_) => panic!("it is no program"),
    }
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn go() {
    let machine = Machine::new();
    let [messages, services] =
        [&sdk::go::MESSAGES, &sdk::go::SERVICES].map(|plugin| installed(&machine, plugin).0);
    // Every container is a folder of its own, in the order of their names.
    let folders = |sample: &Sample| -> Vec<String> {
        let all = sample
            .schema
            .files()
            .map(|(id, _)| surface::container(Language::Go, &sample.schema, Element::File(id)));
        all.collect::<BTreeSet<_>>().into_iter().collect()
    };
    let folder = |sample: &Sample, container: &str| {
        folders(sample).iter().position(|c| c == container).map(|at| format!("p{at}"))
    };
    compare(
        Language::Go,
        |sample, out| {
            let mut opt = "module=x".to_owned();
            for (id, file) in sample.schema.files() {
                let container = surface::container(Language::Go, &sample.schema, Element::File(id));
                let place = folder(sample, &container).unwrap();
                let _ = write!(opt, ",M{}=x/{place};{place}", file.name);
            }
            let flags = [
                format!("--plugin=protoc-gen-go={}", messages.display()),
                format!("--plugin=protoc-gen-go-grpc={}", services.display()),
                format!("--go_out={}", out.display()),
                format!("--go-grpc_out={}", out.display()),
                format!("--go_opt={opt}"),
                format!("--go-grpc_opt={opt}"),
            ];
            protoc(sample, &flags)
        },
        |out| run(program("go").arg("run").arg(reader("names.go")).arg(out)).unwrap(),
        |sample, container, path| Some(format!("{}:{path}", folder(sample, container)?)),
        |name| {
            let last = name.rsplit(['.', ':']).next().unwrap_or_default();
            [
                "Reset()",
                "String()",
                "ProtoMessage()",
                "ProtoReflect()",
                "Descriptor()",
                "Enum()",
                "Type()",
                "Number()",
                "EnumDescriptor()",
            ]
            .contains(&last)
                || last.starts_with("XXX_")
        },
    );
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn java() {
    let machine = Machine::new();
    let (services, _) = installed(&machine, &sdk::java::SERVICES);
    let erased = |path: &str| {
        let mut depth = 0;
        let shown = path.chars().filter(|c| {
            depth += i32::from(*c == '<');
            let shown = depth == 0;
            depth -= i32::from(*c == '>');
            shown
        });
        shown.collect::<String>()
    };
    compare(
        Language::Java,
        |sample, out| {
            keyword(sample, &["class"])?;
            let flags = [
                format!("--plugin=protoc-gen-grpc-java={}", services.display()),
                format!("--java_out={}", out.display()),
                format!("--grpc-java_out={}", out.display()),
            ];
            protoc(sample, &flags)
        },
        |out| run(program("java").arg(reader("Names.java")).arg(out)).unwrap(),
        |_, container, path| {
            let front = if container.is_empty() { String::new() } else { format!("{container}.") };
            Some(erased(&format!("{front}{path}")))
        },
        |name| {
            let head = name.split('(').next().unwrap_or_default();
            let last = head.rsplit('.').next().unwrap_or_default();
            last.starts_with("internal")
                || [
                    "getDescriptor",
                    "getDescriptorForType",
                    "isInitialized",
                    "writeTo",
                    "getSerializedSize",
                    "equals",
                    "hashCode",
                    "parseFrom",
                    "parseDelimitedFrom",
                    "newBuilder",
                    "newBuilderForType",
                    "toBuilder",
                    "getDefaultInstance",
                    "getDefaultInstanceForType",
                    "parser",
                    "getParserForType",
                    "build",
                    "buildPartial",
                    "mergeFrom",
                    "clear",
                    "valueOf",
                    "forNumber",
                    "getNumber",
                    "values",
                    "getValueDescriptor",
                    "registerAllExtensions",
                    "SERVICE_NAME",
                    "getServiceDescriptor",
                    "bindService",
                    // Of a message with extensions.
                    "addExtension",
                    "clearExtension",
                    "setExtension",
                ]
                .contains(&last)
        },
    );
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn python() {
    let machine = Machine::new();
    let (grpc, before) = installed(&machine, &spec::GRPC_PYTHON);
    // One process for all samples: a fresh one for each would start for longer than it runs.
    let mut services = program(&grpc);
    services.arg(reader("protoc.py")).arg(before.last().unwrap());
    let mut services = services.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let pipes = (services.stdin.take().unwrap(), BufReader::new(services.stdout.take().unwrap()));
    let pipes = RefCell::new(pipes);
    compare(
        Language::Python,
        |sample, out| {
            keyword(sample, &["class", "async"])?;
            protoc(sample, &[format!("--pyi_out={}", out.display())])?;
            let dir = tempfile::tempdir().unwrap();
            let set = dir.path().join("set.binpb");
            std::fs::write(&set, &sample.set).unwrap();
            let mut arguments = vec![
                format!("--descriptor_set_in={}", set.display()),
                format!("--grpc_python_out={}", out.display()),
            ];
            arguments.extend(sample.names());
            let (ask, answers) = &mut *pipes.borrow_mut();
            writeln!(ask, "{}", serde_json::json!(arguments)).unwrap();
            let mut code = String::new();
            answers.read_line(&mut code).unwrap();
            if code == "0\n" { Ok(()) } else { Err(format!("protoc ends with {code}")) }
        },
        |out| run(program("python3").arg(reader("names.py")).arg(out)).unwrap(),
        // What calls take by name is no name in a stub, nor is a keyword.
        |_, container, path| {
            let shown = !path.contains('(') && !path.ends_with(".class");
            shown.then(|| format!("{container}:{path}"))
        },
        |name| name.ends_with(".__slots__") || name.ends_with(".Extensions"),
    );
    drop(pipes);
    assert!(services.wait().unwrap().success());
}

#[test]
#[ignore = "reads back beside the other languages: ci/sdk"]
fn rust() {
    let target = Target::new(Language::Rust, &[("crate", "acme-contracts")]);
    compare(
        Language::Rust,
        |sample, out| {
            let contract = Contract {
                name: "acme/contracts",
                version: "1.0.0",
                build: None,
                commit: None,
                licence: "Apache-2.0",
                legal: &[],
                about: &protopact::config::package::About::default(),
                compiled: &sample.compiled,
                schema: &sample.schema,
            };
            let prepared = sdk::prepare(&contract, &target).map_err(|e| e.to_string())?;
            let set = prost_types::FileDescriptorSet::decode(prepared.descriptor_set.clone()).unwrap();
            for call in &prepared.calls {
                let request = prost_types::compiler::CodeGeneratorRequest {
                    file_to_generate: sample.names(),
                    parameter: Some(call.parameter.clone()),
                    proto_file: set.file.clone(),
                    compiler_version: None,
                };
                let request = request.encode_to_vec();
                let files = match call.plugin {
                    sdk::Plugin::PROST => protoc_gen_prost::execute(&request),
                    _ => protoc_gen_tonic::execute(&request),
                };
                for file in files.map_err(|e| e.to_string())? {
                    // tonic writes the services of imports too.
                    let stem = file.name().trim_end_matches(".rs").trim_end_matches(".tonic");
                    let package = if stem == "_" { "" } else { stem };
                    let own = |id: &FileId| *sample.schema.file(*id).package == *package;
                    if !sample.files.iter().any(own) {
                        continue;
                    }
                    std::fs::write(out.join(file.name()), file.content()).unwrap();
                }
            }
            Ok(())
        },
        rust_names,
        // Accessors for enums and for values that can be absent come from a derive.
        |_, container, path| {
            let hidden = path.ends_with("()") && !path.contains("_client::") && !path.contains("_server::");
            (!hidden).then(|| format!("{container}:{path}"))
        },
        |name| {
            let last = name.rsplit(['.', ':']).next().unwrap_or_default();
            [
                "new()",
                "connect()",
                "with_origin()",
                "with_interceptor()",
                "send_compressed()",
                "accept_compressed()",
                "max_decoding_message_size()",
                "max_encoding_message_size()",
                "from_arc()",
                "as_str_name()",
                "from_str_name()",
            ]
            .contains(&last)
        },
    );
}

/// Prints the public names of Rust files as the other languages' programs do.
pub(crate) fn rust_names(root: &Path) -> String {
    let mut out = String::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap();
        let Some(file) = entry.file_name().to_str().and_then(|n| n.strip_suffix(".rs")) else { continue };
        let package = file.strip_suffix(".tonic").unwrap_or(file);
        let parts = package.split('.').filter(|p| !matches!(*p, "" | "_"));
        let module = parts.map(module).collect::<Vec<_>>().join("::");
        let folder = entry.path().strip_prefix(root).unwrap().parent().unwrap().display().to_string();
        let code = syn::parse_file(&std::fs::read_to_string(entry.path()).unwrap()).unwrap();
        // A tab stands before the type of what has one.
        let mut say = |name: String| {
            let _ = writeln!(out, "{folder}\t{module}:{name}");
        };
        items(&code.items, "", &mut say);
    }
    out
}

/// A part of a package as the crate of protopact writes its module.
fn module(part: &str) -> String {
    match part {
        "type" | "async" => format!("r#{part}"),
        _ => part.to_owned(),
    }
}

fn items(all: &[syn::Item], front: &str, say: &mut dyn FnMut(String)) {
    let public = |vis: &syn::Visibility| matches!(vis, syn::Visibility::Public(_));
    for item in all {
        match item {
            syn::Item::Mod(inner) if public(&inner.vis) => {
                if let Some((_, all)) = &inner.content {
                    items(all, &format!("{front}{}::", inner.ident), say);
                }
            }
            syn::Item::Struct(item) if public(&item.vis) => {
                let name = format!("{front}{}", item.ident);
                for field in item.fields.iter().filter(|f| public(&f.vis)) {
                    let of = type_text(&field.ty);
                    field.ident.iter().for_each(|ident| say(format!("{name}.{ident}\t{of}")));
                }
                derived(&item.attrs, &name, say);
                say(name);
            }
            syn::Item::Enum(item) if public(&item.vis) => {
                let name = format!("{front}{}", item.ident);
                item.variants.iter().for_each(|variant| say(format!("{name}::{}", variant.ident)));
                derived(&item.attrs, &name, say);
                say(name);
            }
            syn::Item::Trait(item) if public(&item.vis) => {
                let name = format!("{front}{}", item.ident);
                for part in &item.items {
                    match part {
                        syn::TraitItem::Fn(function) => say(format!("{name}.{}()", function.sig.ident)),
                        syn::TraitItem::Type(of) => say(format!("{name}::{}", of.ident)),
                        _ => {}
                    }
                }
                say(name);
            }
            syn::Item::Impl(item) if item.trait_.is_none() => {
                let syn::Type::Path(of) = &*item.self_ty else { continue };
                let name = &of.path.segments.last().unwrap().ident;
                for part in &item.items {
                    if let syn::ImplItem::Fn(function) = part
                        && public(&function.vis)
                    {
                        say(format!("{front}{name}.{}()", function.sig.ident));
                    }
                }
            }
            _ => {}
        }
    }
}

/// A type by the last parts of its paths.
fn type_text(of: &syn::Type) -> String {
    match of {
        syn::Type::Path(path) => {
            let last = path.path.segments.last().unwrap();
            let inside: Vec<String> = match &last.arguments {
                syn::PathArguments::AngleBracketed(all) => {
                    let types = all.args.iter().filter_map(|a| match a {
                        syn::GenericArgument::Type(of) => Some(type_text(of)),
                        _ => None,
                    });
                    types.collect()
                }
                _ => Vec::new(),
            };
            let inside = if inside.is_empty() { String::new() } else { format!("<{}>", inside.join(", ")) };
            format!("{}{inside}", last.ident)
        }
        syn::Type::Tuple(all) if all.elems.is_empty() => "()".to_owned(),
        _ => String::new(),
    }
}

/// The traits that messages and oneofs derive or not.
fn derived(attributes: &[syn::Attribute], name: &str, say: &mut dyn FnMut(String)) {
    let mut traits = BTreeSet::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        let _ = attribute.parse_nested_meta(|meta| {
            traits.insert(meta.path.segments.last().unwrap().ident.to_string());
            Ok(())
        });
    }
    if !traits.contains("Message") && !traits.contains("Oneof") {
        return;
    }
    if traits.contains("Copy") {
        say(format!("{name}: Copy"));
    }
    if traits.contains("Eq") && traits.contains("Hash") {
        say(format!("{name}: Eq + Hash"));
    }
}
