//! What the packages look like, with what can be generated without a network.

use protopact::codegen::sdk::{self, Plugin};
use protopact::codegen::{Contract, Package, Target};
use protopact::words::Language;

use crate::drive::{Sample, files, go, java, offline_package, python, rust};
use crate::files::{project, read};

fn contracts() -> Sample {
    Sample::new(&read(&project().join("contracts/proto")))
}

fn text(package: &Package, path: &str) -> String {
    let content = package.files.get(path).unwrap_or_else(|| panic!("no `{path}`"));
    String::from_utf8(content.to_vec()).unwrap()
}

#[test]
fn every_file_gets_its_go_package() {
    let sample = contracts();
    let prepared = sdk::prepare(&sample.contract(), &go()).unwrap();
    let call = &prepared.calls[0];
    assert_eq!(call.plugin, Plugin::GO);
    assert!(call.parameter.starts_with("module=github.com/acme/contracts-go,"), "{}", call.parameter);
    let user = "Muser/v1/user.proto=github.com/acme/contracts-go/user/v1;userv1";
    assert!(call.parameter.contains(user), "{}", call.parameter);
    assert!(!call.files.iter().any(|f| f.starts_with("google/")), "{:?}", call.files);
    assert_eq!(prepared.calls[1].files.len(), 5);

    // From the second major version on, it is part of every path.
    let contract = Contract { version: "2.0.0", ..sample.contract() };
    let prepared = sdk::prepare(&contract, &go()).unwrap();
    let user = "Muser/v1/user.proto=github.com/acme/contracts-go/v2/user/v1;userv1";
    assert!(prepared.calls[0].parameter.contains(user), "{}", prepared.calls[0].parameter);
}

#[test]
fn a_contract_without_go_package_gets_one_by_its_packages() {
    let sample = Sample::new(&files(&[
        ("a.proto", "syntax = \"proto3\"; package acme.internal.v1; message M {}"),
        ("b.proto", "syntax = \"proto3\"; message N {}"),
        ("c.proto", "syntax = \"proto3\"; package type; option go_package = \"other.org/x\"; message O {}"),
    ]));
    let parameter = sdk::prepare(&sample.contract(), &go()).unwrap().calls[0].parameter.clone();
    for part in [
        "Ma.proto=github.com/acme/contracts-go/acme/internal_pb/v1;internalpbv1",
        "Mb.proto=github.com/acme/contracts-go;contractsgo",
        "Mc.proto=github.com/acme/contracts-go/type;typepb",
    ] {
        assert!(parameter.contains(part), "{parameter}");
    }
}

#[test]
fn published_files_are_depended_on() {
    let sample = Sample::new(&files(&[
        (
            "google/rpc/status.proto",
            "syntax = \"proto3\"; package google.rpc; option java_package = \"com.google.rpc\"; option go_package = \"google.golang.org/genproto/googleapis/rpc/status;status\"; message Status {}",
        ),
        (
            "a.proto",
            "syntax = \"proto3\"; package a; import \"google/rpc/status.proto\"; message M { google.rpc.Status s = 1; }",
        ),
    ]));
    let contract = sample.contract();
    let calls = |target| sdk::prepare(&contract, &target).unwrap().calls[0].files.clone();
    assert_eq!(calls(go()), ["a.proto"]);
    assert_eq!(calls(java()), ["a.proto"]);
    assert_eq!(calls(python()), ["a.proto"]);
    assert_eq!(calls(rust()), ["google/rpc/status.proto", "a.proto"]);
    let built = offline_package(&contract, &python());
    assert!(text(&built, "pyproject.toml").contains("\"googleapis-common-protos>=1.76.0,<2\""));
    // Later ones ask for a later protobuf than that of the line.
    let older = Target::new(Language::Python, &[("package", "acme-contracts"), ("runtime", "5")]);
    let older = offline_package(&contract, &older);
    assert!(text(&older, "pyproject.toml").contains("\"googleapis-common-protos>=1.75.0,<2\""));
    assert!(text(&built, "src/acme_contracts/a_pb2.py").contains("\nfrom google.rpc import status_pb2 as "));
}

#[test]
fn python_imports_stay_in_the_package() {
    let built = offline_package(&contracts().contract(), &python());
    assert_eq!(built.coordinate, "acme-contracts==1.4.0");
    let mut seen = 0;
    for (path, content) in built.files.iter().filter(|(p, _)| p.ends_with(".py") || p.ends_with(".pyi")) {
        let content = String::from_utf8(content.to_vec()).unwrap();
        for line in content.lines() {
            for package in ["chat", "greeter", "order", "telemetry", "user"] {
                assert!(!line.starts_with(&format!("from {package}.v1 ")), "{path}: {line}");
            }
            seen += usize::from(line.starts_with("from ...user.v1 import user_pb2 as "));
        }
    }
    assert_eq!(seen, 4);
    assert!(built.files.get("src/acme_contracts/py.typed").is_some());
    assert!(built.files.get("src/acme_contracts/order/v1/__init__.py").is_some());
    let project: toml::Value = toml::from_str(&text(&built, "pyproject.toml")).unwrap();
    let requires = project["project"]["dependencies"].as_array().unwrap();
    assert!(requires.iter().any(|r| r.as_str() == Some("protobuf>=7.36.2,<8")), "{requires:?}");
}

#[test]
fn java_packages_come_from_the_group_where_none_is_set() {
    let sample = Sample::new(&files(&[
        ("a/v1/a.proto", "syntax = \"proto3\"; package a.v1; message M {} enum E { E_ZERO = 0; }"),
        (
            "b.proto",
            "syntax = \"proto3\"; package b; option java_package = \"org.else\"; option java_multiple_files = false; message N {}",
        ),
    ]));
    // `else` is a keyword, so this one is refused; what is fine stays.
    assert!(sdk::prepare(&sample.contract(), &java()).is_err());
    let sample = Sample::new(&files(&[
        ("a/v1/a.proto", "syntax = \"proto3\"; package a.v1; message M {} enum E { E_ZERO = 0; }"),
        (
            "b.proto",
            "syntax = \"proto3\"; package b; option java_package = \"org.other\"; option java_multiple_files = false; message N {}",
        ),
    ]));
    let built = offline_package(&sample.contract(), &java());
    for path in ["com/acme/contracts/a/v1/M.java", "com/acme/contracts/a/v1/E.java", "org/other/B.java"] {
        assert!(built.files.get(&format!("src/main/java/{path}")).is_some(), "{path}");
    }
    let pom = text(&built, "pom.xml");
    assert!(pom.contains("<version>4.36.2</version>"), "{pom}");
    assert!(!pom.contains("io.grpc"), "{pom}");
    assert!(!text(&built, "README.md").contains("```java"));
}

#[test]
fn the_crate_has_a_module_a_package_and_features_a_side() {
    let built = offline_package(&contracts().contract(), &rust());
    let manifest: toml::Value = toml::from_str(&text(&built, "Cargo.toml")).unwrap();
    let features = manifest["features"].as_table().unwrap();
    assert_eq!(features["client"].as_array().unwrap().len(), 5);
    assert!(features.contains_key("user-v1-server"));
    assert_eq!(manifest["dependencies"]["tonic"]["optional"].as_bool(), Some(true));
    let tonic = text(&built, "src/proto/user.v1.tonic.rs");
    assert!(tonic.contains("#[cfg(feature = \"user-v1-client\")]\npub mod user_service_client {"), "{tonic}");
    assert!(tonic.contains("Looks users up."), "comments are found: {tonic}");
}

#[test]
fn a_crate_hands_on_its_libraries_when_that_is_asked_for() {
    let keys = [("crate", "acme-contracts"), ("re-exports", "true")];
    let target = Target::new(Language::Rust, &keys);
    let sample = contracts();
    assert!(!text(&offline_package(&sample.contract(), &rust()), "src/lib.rs").contains("pub use"));
    let built = offline_package(&sample.contract(), &target);
    let lib = text(&built, "src/lib.rs");
    assert!(lib.contains("pub use ::prost;") && lib.contains("pub use ::prost_types;"), "{lib}");
    let cfg = "feature = \"user-v1-client\", feature = \"user-v1-server\"))]\npub use ::tonic;";
    assert!(lib.contains(cfg), "{lib}");
    // Without a client or a server there is no tonic.
    let alone = Sample::new(&files(&[("a/m.proto", "syntax = \"proto3\"; package a; message M {}")]));
    let lib = text(&offline_package(&alone.contract(), &target), "src/lib.rs");
    assert!(lib.contains("pub use ::prost;") && !lib.contains("tonic"), "{lib}");

    for (taken, source) in [
        ("prost", "syntax = \"proto3\"; package prost.v1; message M {}"),
        ("tonic", "syntax = \"proto3\"; package Tonic; message M {}"),
        ("prost_types", "syntax = \"proto3\"; message ProstTypes { message In {} }"),
    ] {
        let sample = Sample::new(&files(&[("p.proto", source)]));
        assert!(sdk::check_contract(&sample.contract(), &rust()).is_empty(), "{taken}");
        let refused = sdk::check_contract(&sample.contract(), &target);
        let [one] = &refused[..] else { panic!("{taken}: {refused:?}") };
        assert!(one.to_string().contains(&format!("`{taken}` at the top of the crate")), "{one}");
    }
}

#[test]
fn rust_services_are_called_as_tonic_writes_them() {
    let odd = project().join("fixtures/verify/odd/old");
    let words = "syntax = \"proto3\";\npackage w;\nmessage M {}\n";
    let words = format!(
        "{words}service async_API {{\n  rpc try(M) returns (stream M);\n  rpc Get__it(M) returns (M);\n}}\n"
    );
    for sample in [contracts(), Sample::new(&read(&odd)), Sample::new(&files(&[("w.proto", &words)]))] {
        let (schema, built) = (&sample.schema, offline_package(&sample.contract(), &rust()));
        for (id, service) in schema.services() {
            let package = &schema.file(service.file).package;
            let stem = if package.is_empty() { "_" } else { package };
            let code = text(&built, &format!("src/proto/{stem}.tonic.rs"));
            let names = sdk::rust::rust_service(schema, id);
            // What lies between one module and the next.
            let module = |path: &str| {
                let (module, item) = path.rsplit_once("::").unwrap();
                let module = module.rsplit("::").next().unwrap();
                let (_, rest) =
                    code.split_once(&format!("pub mod {module} {{")).unwrap_or_else(|| panic!("{path}"));
                (rest.split("\npub mod ").next().unwrap().to_owned(), item.to_owned())
            };
            let ((client, client_name), (server, server_name)) =
                (module(&names.client), module(&names.server));
            let (_, implement) = module(&names.implement);
            assert!(client.contains(&format!("pub struct {client_name}<T>")), "{names:?}");
            assert!(server.contains(&format!("pub struct {server_name}<T>")), "{names:?}");
            assert!(server.contains(&format!("pub trait {implement}:")), "{names:?}");
            for id in &service.methods {
                let (method, names) = (schema.method(*id), sdk::rust::rust_method(schema, *id));
                assert!(client.contains(&format!("pub async fn {}(", names.function)), "{names:?}");
                assert!(server.contains(&format!("async fn {}(", names.function)), "{names:?}");
                let stream = server.contains(&format!("        type {}:", names.stream));
                assert_eq!(stream, method.server_streaming, "{names:?}");
            }
        }
    }
}

#[test]
fn the_contract_is_inside_as_it_was_compiled() {
    let sample = contracts();
    let contract = sample.contract();
    let whole = protopact::compile::output::descriptor_set(
        &sample.compiled,
        protopact::compile::output::SetOptions { include_imports: true, include_source_info: false },
    );
    for (target, path) in [
        (java(), "src/main/resources/META-INF/contracts/com.acme.contracts/acme-contracts/contract.binpb"),
        (python(), "src/acme_contracts/contract.binpb"),
        (rust(), "src/contract.binpb"),
    ] {
        let built = offline_package(&contract, &target);
        assert_eq!(built.files.get(path).unwrap(), &whole, "{path}");
        let readme = text(&built, "README.md");
        assert!(
            readme.contains("1.4.0") && readme.contains("Apache-2.0") && readme.contains("OpenRoom"),
            "{readme}"
        );
        assert_eq!(built, offline_package(&contract, &target), "the same again");
    }
}

#[test]
fn calls_have_types_in_python() {
    let sample = Sample::new(&files(&[
        ("a/m.proto", "syntax = \"proto3\"; package a; message Out { message In {} }"),
        (
            "b/s.proto",
            "syntax = \"proto3\"; package b; import \"a/m.proto\"; import \"google/protobuf/empty.proto\";\n\
             message M {}\n\
             service Foo { rpc One(M) returns (a.Out); rpc Many(M) returns (stream a.Out.In);\n\
             rpc All(stream google.protobuf.Empty) returns (M); rpc str(stream M) returns (stream M); }\n\
             service FooAsync {}",
        ),
    ]));
    let package = offline_package(&sample.contract(), &python());
    insta::assert_snapshot!(text(&package, "src/acme_contracts/b/s_pb2_grpc.pyi"));
}
