//! Compiled inputs in every form, and servers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout};

use crate::env::TestEnv;

const PROTO: &str = "syntax = \"proto3\";\npackage a.v1;\nimport \"google/protobuf/descriptor.proto\";\n\
    extend google.protobuf.MessageOptions { string no = 50001; }\n\
    enum E { E_UNSET = 0; NO = 1; }\n\
    message M { option (no) = \"yes\"; string id = 1; E e = 2; }\n";

/// The same as it is written by others; `{type}` is the type of the field.
const TXTPB: &str = r#"# proto-file: google/protobuf/descriptor.proto
file: {
  name: "google/protobuf/descriptor.proto"
  package: "google.protobuf"
  message_type { name: "MessageOptions" extension_range { start: 1000 end: 536870912 } }
  buf_extension: { is_import: true is_syntax_unspecified: false }
}
file {
  name: 'a.proto' package: "a.v1" dependency: [ "google/protobuf/descriptor.proto" ];
  message_type <
    name: "M"
    field { name: "id" number: 1 label: LABEL_OPTIONAL type: {type} json_name: "id" }
    field { name: "e" number: 2 label: 1 type: TYPE_ENUM type_name: ".a.v1.E" json_name: "e" }
    options { [a.v1.no]: "y" "es" }
  >
  enum_type { name: "E" value { name: "E_UNSET" number: 0 }, value { name: "NO" number: 0x1 } }
  extension {
    name: "no" number: 50001 label: LABEL_OPTIONAL type: TYPE_STRING
    extendee: ".google.protobuf.MessageOptions" json_name: "no"
  }
  syntax: "proto3"
}
"#;

const YAML: &str = r#"file:
  - name: google/protobuf/descriptor.proto
    package: google.protobuf
    messageType:
      - name: MessageOptions
        extensionRange:
          - start: 1000
            end: 536870912
    bufExtension:
      isImport: true
  - name: a.proto
    package: a.v1
    dependency:
      - google/protobuf/descriptor.proto
    messageType:
      - name: M
        field:
          - {name: id, number: 1, label: LABEL_OPTIONAL, type: {type}, jsonName: id}
          - {name: e, number: 2, label: LABEL_OPTIONAL, type: TYPE_ENUM, typeName: .a.v1.E, jsonName: e}
        options:
          '[a.v1.no]': "yes"
    enumType:
      - name: E
        value:
          - {name: E_UNSET, number: 0}
          - {name: NO, number: 1}
    extension:
      - name: no
        number: 50001
        label: LABEL_OPTIONAL
        type: TYPE_STRING
        extendee: .google.protobuf.MessageOptions
        jsonName: no
    syntax: proto3
"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A folder with the contract in every form.
fn everything() -> (TestEnv, Vec<String>) {
    let env = TestEnv::new();
    env.write("src/a.proto", PROTO);
    for name in ["x.binpb", "x.json"] {
        assert_eq!(env.run(&["build", "src", "-o", name]).code, 0);
    }
    env.write("x.txtpb", &TXTPB.replace("{type}", "TYPE_STRING"));
    env.write("x.yaml", &YAML.replace("{type}", "TYPE_STRING"));
    let mut names: Vec<String> = ["x.binpb", "x.json", "x.txtpb", "x.yaml"].map(str::to_owned).into();
    for name in names.clone() {
        let bytes = std::fs::read(env.work().join(&name)).unwrap();
        for (ending, packed) in [("gz", gzip(&bytes)), ("zst", zstd(&bytes))] {
            names.push(format!("{name}.{ending}"));
            std::fs::write(env.work().join(names.last().unwrap()), packed).unwrap();
        }
    }
    (env, names)
}

#[test]
fn every_form_of_a_contract_is_the_same_on_either_side() {
    let (env, names) = everything();
    for name in &names {
        for (new, old) in [(name.as_str(), "src"), ("src", name)] {
            let check = env.run(&["check", new, "--against", old]);
            assert!(check.code == 0 && check.out == "no findings · 0 changes\n", "{new} {old}: {check}");
        }
    }
}

#[test]
fn what_changed_is_found_in_every_form() {
    let (env, _) = everything();
    env.write("old.txtpb", &TXTPB.replace("{type}", "TYPE_INT32"));
    env.write("old.yaml", &YAML.replace("{type}", "TYPE_INT32"));
    for old in ["old.txtpb", "old.yaml"] {
        let check = env.run(&["check", "src", "--against", old]);
        assert!(check.code == 1 && check.out.contains("(`id`) of `a.v1.M`"), "{check}");
    }
}

#[test]
fn forms_that_are_broken_say_where() {
    let env = TestEnv::new();
    env.write("x.txtpb", "file {\n  name: \"a.proto\"\n  nothing: 1\n}\n");
    insta::assert_snapshot!(env.run(&["build", "x.txtpb"]), @r"
    --- stderr
    error: cannot read image `x.txtpb`
      caused by: cannot read the image
      caused by: not the text format of a descriptor set
      caused by: 3:3: `google.protobuf.FileDescriptorProto` has no field `nothing`
    hint: make the descriptor set again, with everything that it imports: `protopact build -o FILE`, or
      protoc with `--include_imports`
    --- exit 3
    ");
    env.write("x.yaml", "file:\n  - name: [a\n");
    let broken = env.run(&["build", "x.yaml"]);
    assert!(broken.code == 3 && broken.err.contains("the text is no YAML"), "{broken}");
    // A document that grows when it is read.
    let bomb: String = (1..9).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1)).collect();
    env.write("x.yaml", &format!("a0: &a0 [x]\n{bomb}"));
    assert_eq!(env.run(&["build", "x.yaml"]).code, 3);
    env.write("x.zst", "no zstd");
    let broken = env.run(&["build", "x.zst#format=binpb"]);
    assert!(broken.code == 4 && broken.err.contains("cannot decompress `x.zst`"), "{broken}");
}

#[test]
fn a_set_with_editions_is_a_place_for_imports() {
    let env = TestEnv::new();
    env.write(
        "theirs/t.proto",
        "edition = \"2023\";\npackage t;\noption features.field_presence = IMPLICIT;\n\
         enum Closed { option features.enum_type = CLOSED; ONE = 1; }\n\
         message T { string s = 1; T t = 2 [features.message_encoding = DELIMITED]; reserved gone; }\n",
    );
    assert_eq!(env.run(&["build", "theirs", "-o", "theirs.binpb"]).code, 0);
    assert_eq!(env.run(&["build", "theirs", "-o", "theirs.json"]).code, 0);
    env.write("own/a.proto", "syntax = \"proto2\";\nimport \"t.proto\";\nmessage A { optional t.T t = 1; optional t.Closed c = 2; }\n");
    for set in ["theirs.binpb", "theirs.json"] {
        env.write("own/protopact.toml", &format!("[contract]\nroots = [\".\"]\nimports = [\"../{set}\"]\n"));
        let built = env.run(&["build", "own", "-o", "out.binpb"]);
        assert_eq!(built.code, 0, "{built}");
        // What it was in the set, it is in the output.
        let file = |path: &str, name: &[u8]| {
            let bytes = std::fs::read(env.work().join(path)).unwrap();
            let at = bytes.windows(name.len()).position(|w| w == name).unwrap();
            bytes[at..at + 60].to_vec()
        };
        assert_eq!(file("out.binpb", b"t.proto\x12\x01t"), file("theirs.binpb", b"t.proto\x12\x01t"));
    }
    // A closed enum is no type for a field of proto3, there as here.
    env.write("own/a.proto", "syntax = \"proto3\";\nimport \"t.proto\";\nmessage A { t.Closed c = 2; }\n");
    let failed = env.run(&["build", "own"]);
    assert!(failed.code == 3 && failed.err.contains("t.Closed"), "{failed}");
}

#[test]
fn a_version_in_a_registry_is_named_whole() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(&["build", "oci://registry.example/acme/pay"]), @r"
    --- stderr
    error: source `oci://registry.example/acme/pay`: names no version
    hint: write `oci://HOST/NAME:VERSION`
    --- exit 2
    ");
}

/// A server of the project's own.
struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
}

impl Serving {
    fn start(env: &TestEnv, args: &[&str]) -> Serving {
        let mut child = env.program(&[&["serve"], args].concat()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let address = first.trim_end().strip_prefix("listening on ").unwrap_or_default().to_owned();
        Serving { child, out, address }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.out.read_line(&mut String::new());
    }
}

const SERVICE: &str = "syntax = \"proto3\";\npackage a.v1;\nimport \"m.proto\";\nimport \"google/protobuf/empty.proto\";\n\
    service S { rpc Get(M) returns (google.protobuf.Empty); }\n";
const MESSAGE: &str = "syntax = \"proto3\";\npackage a.v1;\nmessage M { string id = 1; }\n";

#[test]
fn a_running_server_is_a_source_on_either_side() {
    let env = TestEnv::new();
    env.write("src/s.proto", SERVICE);
    env.write("src/m.proto", MESSAGE);
    let server = Serving::start(&env, &["src"]);
    let source = format!("grpc://{}", server.address);
    let built = env.run(&["build", &source]);
    assert_eq!(built.out, "compiled 2 files and 1 import from outside\n", "{built}");
    let same = env.run(&["check", "src", "--against", &source]);
    assert!(same.code == 0 && same.out == "no findings · 0 changes\n", "{same}");
    env.write("src/m.proto", &MESSAGE.replace("string id", "int32 id"));
    let broken = env.run(&["check", "src", "--against", &source]);
    assert!(broken.code == 1 && broken.out.contains("(`id`) of `a.v1.M`"), "{broken}");
    assert!(broken.out.contains("server"), "{broken}");
    let broken = env.run(&["check", &source, "--against", "src"]);
    assert_eq!(broken.code, 1, "{broken}");
}

#[test]
fn a_server_with_tls_is_asked_with_certificates() {
    let env = TestEnv::new();
    env.write("src/s.proto", SERVICE);
    env.write("src/m.proto", MESSAGE);
    let server = Serving::start(&env, &["src", "--tls-self-signed", "certs", "--mutual-tls"]);
    let source = format!("grpcs://{}", server.address);
    let identity = "tls_cert=certs/client.pem,tls_key=certs/client.key";
    let built = env.run(&["build", &format!("{source}#tls_ca=certs/ca.pem,{identity}")]);
    assert_eq!(built.code, 0, "{built}");
    // Nobody on this machine trusts its root, it asks for a certificate, and it does not answer without TLS.
    for other in [
        format!("{source}#{identity}"),
        format!("{source}#tls_ca=certs/ca.pem"),
        format!("grpc://{}", server.address),
    ] {
        let refused = env.run(&["build", &other]);
        assert!(refused.code == 4 && refused.err.contains("cannot ask server"), "{other}: {refused}");
    }
}

#[test]
fn what_a_release_has_put_into_a_folder_reads_as_its_version() {
    let repo = crate::publish::Repo::published();
    repo.edit("int32 amount", "string amount");
    let folder = "../published/acme/pay/1.0.0";
    let report = |args: &[&str]| -> serde_json::Value {
        let output = repo.run(&[args, &["--format", "json"]].concat());
        assert_eq!(output.code, 1, "{output}");
        serde_json::from_str(&output.out).unwrap()
    };
    std::fs::copy(
        repo.around().join("published/acme/pay/1.0.0/sources.tar.gz"),
        repo.around().join("sources.tar.gz"),
    )
    .unwrap();
    let by_tag = report(&["check", "--against", "v1.0.0"]);
    let findings = |report: &serde_json::Value| {
        let all = report["findings"].as_array().unwrap().iter();
        all.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(!findings(&by_tag).is_empty(), "{by_tag}");
    for source in [folder, &format!("{folder}/sources.tar.gz"), "../sources.tar.gz"] {
        let there = report(&["check", "--against", source]);
        assert_eq!(findings(&there), findings(&by_tag), "{source}");
        assert_eq!(
            (&there["summary"]["next_version"], &there["summary"]["bump"]),
            (&"2.0.0".into(), &"major".into()),
            "{source}"
        );
    }
    for source in [folder, &format!("{folder}/sources.tar.gz")] {
        let built = repo.run(&["build", source, "-o", "out.binpb"]);
        assert_eq!(built.code, 0, "{source}: {built}");
    }
    repo.env.write(
        "protopact.toml",
        &format!("{}\n[generate.rust]\ncrate = \"acme-pay\"\n", repo.env.read("protopact.toml")),
    );
    repo.lock();
    let made = repo.run(&["generate", "--from", folder, "-o", "out"]);
    assert_eq!(made.code, 0, "{made}");
    let package = std::fs::read_to_string(repo.env.work().join("out/rust/Cargo.toml")).unwrap();
    assert!(package.contains("version = \"1.0.0\""), "{package}");

    // One that was damaged is none.
    let set = repo.around().join("published/acme/pay/1.0.0/descriptors.binpb");
    std::fs::write(set, "").unwrap();
    let output = repo.run(&["check", "--against", folder]);
    assert_eq!((output.code, output.out.as_str()), (2, ""), "{output}");
    assert!(output.err.contains("is not that of acme/pay 1.0.0"), "{output}");
}

#[test]
fn a_folder_without_files_is_no_earlier_state() {
    let env = TestEnv::new();
    env.write("proto/a.proto", "syntax = \"proto3\";\nmessage A {}\n");
    env.write("notes/README.md", "nothing\n");
    for args in [
        &["check", "proto", "--against", "notes"][..],
        &["check", "--against", "notes"],
        &["check", "--all", "--against", "notes"],
        &["diff", "notes", "proto"],
    ] {
        let output = env.run(args);
        assert_eq!((output.code, output.out.as_str()), (2, ""), "{args:?}: {output}");
        assert!(output.err.contains("directory `notes` holds no .proto files"), "{args:?}: {output}");
    }
}
