//! What the drivers are made of.

use protopact::codegen::{FileTree, Target};
use protopact::verify::driver::driver;
use protopact::verify::side::Side;
use protopact::wire::sample::{SampleOptions, Size, large, samples};
use protopact::words::{CallKind, Language};

use crate::pairs;
use crate::support::{Files, model};

pub(crate) fn side(files: &Files, label: &str) -> Side {
    let (compiled, schema) = model("", files);
    Side::new(label.to_owned(), "1.0.0".to_owned(), compiled, schema).unwrap()
}

#[test]
fn a_copy_of_what_runtimes_bring_is_no_part_of_a_program() {
    let copy = "syntax = \"proto3\";\npackage google.protobuf;\nmessage Duration { int64 seconds = 1; int32 nanos = 2; }\n";
    let own = "syntax = \"proto3\";\npackage t.v1;\nimport \"google/protobuf/duration.proto\";\n\
               message M { google.protobuf.Duration d = 1; }\n";
    let files = vec![
        ("google/protobuf/duration.proto".to_owned(), copy.to_owned()),
        ("t/v1/t.proto".to_owned(), own.to_owned()),
    ];
    let side = side(&files, "x");
    let names: Vec<&str> = side.messages().map(|id| side.name(id)).collect();
    assert_eq!(names, ["t.v1.M"]);
}

fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    for (path, text) in files {
        tree.add(path, text.as_bytes().to_vec()).unwrap();
    }
    tree
}

fn rendered(target: &Target, package: &[(&str, &str)], path: &str) -> String {
    rendered_of(&pairs::compatible().0, target, package, path)
}

fn rendered_of(files: &Files, target: &Target, package: &[(&str, &str)], path: &str) -> String {
    let made = driver(&side(files, "v1"), target, &tree(package)).unwrap();
    for (path, content) in made.files.iter().filter(|(path, _)| path.starts_with("driver/")) {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("{%") && !text.contains("{{ "), "{path} is not rendered: {text}");
    }
    String::from_utf8(made.files.get(path).unwrap().to_vec()).unwrap()
}

#[test]
fn go_imports_every_package_and_names_its_services() {
    let target = Target::new(Language::Go, &[("module", "example.com/m")]);
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
    let target = Target::new(Language::Rust, &[("crate", "k")]);
    let text = rendered(&target, &[], "driver/src/contract.rs");
    for part in [
        "\"order.v1.Order.Line.Discount\" => Some(crate::again::<sdk::order::v1::order::line::Discount>(bytes)),",
        "\"chat.v1.ChatService\" => Box::pin(call_1(method, call)).await,",
        "    use sdk::chat::v1::chat_service_client::ChatServiceClient as Client;",
        "server::front!(answers, sdk::chat::v1::chat_service_server::ChatServiceServer)",
        "impl sdk::chat::v1::chat_service_server::ChatService for Answers {",
        // One request and one answer, each of them as a stream, both as streams that take turns.
        "call.one::<sdk::chat::v1::OpenRoomRequest>()?;\n            call.answer(Client::open_room(&mut client, asked)).await",
        "call.one::<sdk::chat::v1::ReadRoomRequest>()?;\n            call.answers(Client::read_room(&mut client, asked)).await",
        "call.stream::<sdk::chat::v1::SendFileRequest>()?;\n            call.answer(Client::send_file(&mut client, asked)).await",
        "call.turns::<sdk::chat::v1::ConverseRequest>()?;\n            call.answers(Client::converse(&mut client, asked)).await",
        "    async fn open_room(&self, r: Request<sdk::chat::v1::OpenRoomRequest>) \
         -> Reply<sdk::chat::v1::OpenRoomResponse> {\n        \
         self.answer(\"chat.v1.OpenRoomResponse\", r.map(Asked::one)).await",
        "    type ConverseStream = Replies<sdk::chat::v1::ConverseResponse>;\n    \
         async fn converse(&self, r: Request<Many<sdk::chat::v1::ConverseRequest>>) \
         -> Reply<Replies<sdk::chat::v1::ConverseResponse>> {\n        \
         self.answers(\"chat.v1.ConverseResponse\", r.map(Asked::many)).await",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let side = side(&pairs::compatible().0, "v1");
    assert_eq!(text.matches("(&mut client, asked)).await").count(), side.methods().count(), "{text}");
}

#[test]
fn rust_calls_odd_names_as_tonic_writes_them() {
    let target = Target::new(Language::Rust, &[("crate", "k")]);
    let text = rendered_of(&pairs::odd().1, &target, &[], "driver/src/contract.rs");
    for part in [
        // Keywords, as raw names where there are such.
        "    use sdk::r#type::r#async::v1::type_client::TypeClient as Client;",
        "call.answer(Client::r#type(&mut client, asked)).await",
        "call.answer(Client::self_(&mut client, asked)).await",
        "    type yieldStream = Replies<sdk::r#type::r#async::v1::self_::Loop>;\n    async fn r#yield(",
        "impl sdk::r#type::r#async::v1::inner::self__server::Self_ for Answers {",
        // One name in three packages, one of them inside of another, one without a name.
        "impl sdk::r#type::r#async::v1::type_server::Type for Answers {",
        "impl sdk::r#type::r#async::v1::inner::type_server::Type for Answers {",
        "impl sdk::type_server::Type for Answers {",
        // Messages that prost has no structs for.
        "async fn r#async(&self, r: Request<()>) -> Reply<String> {",
        "async fn r#await(&self, r: Request<Vec::<u8>>) -> Reply<Vec::<u8>> {",
        "async fn r#loop(&self, r: Request<f64>) -> Reply<Replies<i64>> {",
        "async fn r#static(&self, r: Request<prost_types::Struct>) -> Reply<prost_types::ListValue> {",
        "impl sdk::plain::v1::http_server2_server::HttpServer2 for Answers {",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let old = rendered_of(&pairs::odd().0, &target, &[], "driver/src/contract.rs");
    assert!(
        old.contains("impl sdk::r#type::r#async::v1::nothing_server::Nothing for Answers {\n}"),
        "a service without methods: {old}"
    );
}

#[test]
fn python_finds_modules_and_the_services_in_them() {
    let target = Target::new(Language::Python, &[("package", "p")]);
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
    let target = Target::new(Language::Java, &[("group", "com.a&b"), ("artifact", "c")]);
    let text = rendered(&target, &[], "driver/pom.xml");
    assert!(
        text.contains("<groupId>com.a&amp;b</groupId>") && text.contains("<version>1.0.0</version>"),
        "{text}"
    );
}

#[test]
fn a_package_without_its_files_is_refused() {
    let side = side(&pairs::compatible().0, "v1");
    let error = driver(&side, &Target::new(Language::Go, &[("module", "m")]), &FileTree::new()).unwrap_err();
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
    let mut kinds: Vec<CallKind> = side.methods().map(|(_, m)| side.schema.method(m).call_kind()).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, CallKind::ALL);
}
