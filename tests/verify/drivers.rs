//! What the drivers are made of.

use protopact::codegen::{FileTree, Target};
use protopact::verify::driver::driver;
use protopact::verify::side::{CallKind, Side};
use protopact::wire::sample::{SampleOptions, Size, large, samples};

use crate::pairs;
use crate::support::{Files, model};

pub(crate) fn side(files: &Files, label: &str) -> Side {
    let (compiled, schema) = model("", files);
    Side::new(label.to_owned(), "1.0.0".to_owned(), compiled, schema).unwrap()
}

fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    for (path, text) in files {
        tree.add(path, text.as_bytes().to_vec()).unwrap();
    }
    tree
}

fn rendered(target: &Target, package: &[(&str, &str)], path: &str) -> String {
    let made = driver(&side(&pairs::compatible().0, "v1"), target, &tree(package)).unwrap();
    for (path, content) in made.files.iter().filter(|(path, _)| path.starts_with("driver/")) {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("{%") && !text.contains("{{ "), "{path} is not rendered: {text}");
    }
    String::from_utf8(made.files.get(path).unwrap().to_vec()).unwrap()
}

#[test]
fn go_imports_every_package_and_names_its_services() {
    let target = Target::Go { module: "example.com/m".to_owned() };
    let package = [
        ("go.mod", "module example.com/m/v2\n"),
        ("user/v1/user.pb.go", "package userv1\n"),
        ("user/v1/user_grpc.pb.go", "package userv1\nvar UserService_ServiceDesc = grpc.ServiceDesc{\n"),
        ("money/money.pb.go", "package money\n"),
    ];
    let text = rendered(&target, &package, "driver/contract.go");
    assert!(text.contains("_ \"example.com/m/v2/money\""), "{text}");
    assert!(
        text.contains("p1 \"example.com/m/v2/user/v1\"") && text.contains("&p1.UserService_ServiceDesc,"),
        "{text}"
    );
}

#[test]
fn rust_knows_every_message_and_every_method() {
    let target = Target::Rust { krate: "k".to_owned() };
    let text = rendered(&target, &[], "driver/src/contract.rs");
    for line in [
        "\"order.v1.Order.Line.Discount\" => Some(crate::again::<sdk::order::v1::order::line::Discount>(bytes)),",
        "(\"/chat.v1.ChatService/Converse\", \"chat.v1.ConverseRequest\", \"chat.v1.ConverseResponse\", true, true),",
        "(\"/greeter.v1.Greeter/SayHello\", \"greeter.v1.SayHelloRequest\", \"greeter.v1.SayHelloResponse\", false, false),",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn python_finds_modules_and_the_services_in_them() {
    let target = Target::Python { package: "p".to_owned() };
    let package = [
        ("pyproject.toml", "[project]\nname = \"p\"\ndependencies = [\"grpcio>=1\", \"protobuf>=7\"]\n"),
        ("src/p/greeter/v1/greeter_pb2.py", ""),
        ("src/p/greeter/v1/greeter_pb2_grpc.py", "generic_handler(\n 'greeter.v1.Greeter', handlers)"),
    ];
    let text = rendered(&target, &package, "driver/contract.py");
    assert!(text.contains("\"p.greeter.v1.greeter_pb2\""), "{text}");
    assert!(text.contains("\"greeter.v1.Greeter\": \"p.greeter.v1.greeter_pb2_grpc\""), "{text}");
}

#[test]
fn java_depends_on_the_package_by_its_coordinates() {
    let target = Target::Java { group: "com.a&b".to_owned(), artifact: "c".to_owned() };
    let text = rendered(&target, &[], "driver/pom.xml");
    assert!(
        text.contains("<groupId>com.a&amp;b</groupId>") && text.contains("<version>1.0.0</version>"),
        "{text}"
    );
}

#[test]
fn a_package_without_its_files_is_refused() {
    let side = side(&pairs::compatible().0, "v1");
    let error = driver(&side, &Target::Go { module: "m".to_owned() }, &FileTree::new()).unwrap_err();
    assert_eq!(error.to_string(), "cannot write the go driver: the package has no `go.mod`");
}

#[test]
fn samples_are_the_same_every_time_and_reach_every_field() {
    let side = side(&pairs::compatible().1, "v1");
    for id in side.messages() {
        let once = samples(&side.schema, id, &SampleOptions::default());
        assert_eq!(once, samples(&side.schema, id, &SampleOptions::default()));
        let all = samples(&side.schema, id, &SampleOptions { size: Size::Exhaustive, ..Default::default() });
        for field in &side.schema.message(id).fields {
            let name = format!("{}=", side.schema.field(*field).name);
            assert!(all.iter().any(|s| s.name.contains(&name)), "{name} of {}", side.name(id));
        }
    }
    let id = side.schema.message_by_name("chat.v1.SendFileRequest").unwrap();
    assert!(large(&side.schema, id, 1 << 20).unwrap().len() > 1 << 20);
}

#[test]
fn contracts_have_all_four_kinds_of_calls() {
    let side = side(&pairs::compatible().0, "v1");
    let mut kinds: Vec<CallKind> = side.methods().map(|(_, m)| CallKind::of(side.schema.method(m))).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, CallKind::ALL);
}
