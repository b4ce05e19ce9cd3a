//! Packages built by the languages' own tools, and used by a program that has nothing but the package.
//!
//! These take minutes and a network; `ci/sdk` runs those whose toolchain is there. `PROTOPACT_CORPUS` names a folder that
//! has `google/pubsub` and its like below it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use protopact::codegen::build::{self, Outcome, Workshop};
use protopact::codegen::plugin::spec;
use protopact::codegen::{FileTree, Package, Target, sdk};
use protopact::machine::Limits;
use protopact::words::Language;

use crate::env::TestEnv;
use crate::files::{Files, project, read};
use crate::lab::tree;
use crate::machine::Machine;

fn section(language: Language) -> &'static str {
    match language {
        Language::Go => "[generate.go]\nmodule = \"github.com/acme/contracts-go\"\n",
        Language::Java => "[generate.java]\ngroup = \"com.acme.contracts\"\nartifact = \"acme-contracts\"\n",
        Language::Python => "[generate.python]\npackage = \"acme-contracts\"\n",
        Language::Rust => "[generate.rust]\ncrate = \"acme-contracts\"\n",
    }
}

/// The key that chooses a line of a language's runtime.
fn key(language: Language) -> &'static str {
    if language == Language::Go { "go" } else { "runtime" }
}

/// A package of one language: of which line of its runtime, the newest being the first, and with what more in its section.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) language: Language,
    pub(crate) line: usize,
    pub(crate) more: &'static str,
}

impl Form {
    fn line(self) -> &'static str {
        sdk::lines_of(self.language)[self.line]
    }

    /// What it is generated for, with names for all languages.
    pub(crate) fn target(self, names: &[(&str, &str)]) -> Target {
        let more = self.more.lines().filter_map(|l| Some((l.strip_suffix(" = true")?, "true")));
        let line = [(key(self.language), self.line())];
        Target::new(self.language, &names.iter().copied().chain(line).chain(more).collect::<Vec<_>>())
    }

    /// Generates it as version 1.4.0, as a user would.
    pub(crate) fn generated(self, files: &Files, machine: &Machine) -> Package {
        of_line(files, self.language, self.line(), self.more, machine)
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.language.as_str(), self.line())?;
        self.more.lines().try_for_each(|more| write!(f, ", {more}"))
    }
}

/// Generates the package of one language as version 1.4.0, as a user would.
pub(crate) fn generated(files: &Files, language: Language, machine: &Machine) -> Package {
    Form { language, line: 0, more: "" }.generated(files, machine)
}

/// Generates the package of a line, with more keys in the section; the newest line is not named in the configuration.
fn of_line(files: &Files, language: Language, line: &str, more: &str, machine: &Machine) -> Package {
    let options = more.lines().filter_map(|l| Some((l.strip_suffix(" = true")?, "true")));
    let keys: Vec<_> = [(key(language), line)].into_iter().chain(options).collect();
    let target = Target::new(language, &keys);
    let lock = machine.lock(&spec::needed_for(&[target], true));
    let chosen = match line == sdk::lines_of(language)[0] {
        true => String::new(),
        false => format!("{} = {line:?}\n", key(language)),
    };
    let env = TestEnv::new();
    for (path, text) in files {
        env.write(&format!("proto/{path}"), text);
    }
    let head =
        "[contract]\nname = \"acme/contracts\"\nroots = [\"proto\"]\n[generate]\nlicence = \"Apache-2.0\"\n";
    env.write("protopact.toml", &format!("{head}{}{chosen}{more}", section(language)));
    env.write("protopact.lock", &lock.render());
    let output = env.run_with(&["generate", "--as", "1.4.0"], |io| io.env = machine.host.env.clone());
    assert_eq!(output.code, 0, "{output}");
    let mut files = FileTree::new();
    for (path, content) in tree(&env.work().join("sdk").join(language.as_str())) {
        files.add(&path, content).unwrap();
    }
    let coordinate = output.out.lines().next().and_then(|line| line.split(' ').next_back()).unwrap();
    Package { language, coordinate: coordinate.to_owned(), files }
}

/// Builds the package of one language; `then` gets the folder of the package and of what its building left.
pub(crate) fn builds(files: &Files, language: Language, then: impl FnOnce(&Path, &Machine)) {
    line_builds(files, language, sdk::lines_of(language)[0], "", then);
}

/// Builds the package of a line, with more keys in the section.
fn line_builds(
    files: &Files,
    language: Language,
    line: &str,
    more: &str,
    then: impl FnOnce(&Path, &Machine),
) {
    let machine = Machine::new();
    let package = of_line(files, language, line, more, &machine);
    let (manifest, asks) = match language {
        Language::Go => ("go.mod", format!("\ngo {line}.")),
        Language::Java => ("pom.xml", format!("<version>{line}.")),
        Language::Python => ("pyproject.toml", format!("\"protobuf>={line}.")),
        Language::Rust => ("Cargo.toml", format!("prost = \"{line}")),
    };
    let manifest = String::from_utf8_lossy(package.files.get(manifest).unwrap());
    assert!(manifest.contains(&asks), "{asks}: {manifest}");
    let dir = tempfile::tempdir().unwrap();
    let target = build::cargo_target(&machine.cache);
    let limits = Limits { time: std::time::Duration::from_secs(1800), ..Limits::default() };
    let workshop = Workshop { host: &machine.host, limits, cargo_target: Some(&target) };
    let said = |l: Language, step: &str| println!("{}: {step}", l.as_str());
    let result = build::build(&package, dir.path(), workshop, &said).unwrap();
    let table = build::table(std::slice::from_ref(&result));
    println!("{table}");
    assert_eq!(result.outcome, Outcome::Built, "{table}");
    if language == Language::Go {
        // The sums are shipped where the dependencies are known beforehand, and are whole then.
        for path in ["go.mod", "go.sum"] {
            if let (Some(old), true) = (package.files.get(path), package.files.get("go.sum").is_some()) {
                let tidied = std::fs::read(dir.path().join("package").join(path)).unwrap();
                assert_eq!(String::from_utf8_lossy(old), String::from_utf8_lossy(&tidied), "{path}");
            }
        }
    }
    then(dir.path(), &machine);
}

fn copy(from: &Path, to: &Path) {
    for (path, content) in tree(from) {
        let to = to.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, content).unwrap();
    }
}

/// `protopact serve` of the sample contract, which ends with the test.
struct Served {
    child: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "programs call a process")]
fn serve(machine: &Machine) -> Served {
    let mut command = Command::new(env!("CARGO_BIN_EXE_protopact"));
    command.args(["serve", "--quiet", "--log", "off"]).current_dir(project().join("contracts"));
    command.env_clear().envs(&machine.host.env).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim_end().strip_prefix("listening on ").unwrap().to_owned();
    Served { child, address }
}

pub(crate) fn run(program: &str, arguments: &[&str], folder: &Path, machine: &Machine) -> String {
    run_with(program, arguments, folder, machine, "")
}

/// Runs a program that finds the address of a server in `SERVED`.
fn run_with(program: &str, arguments: &[&str], folder: &Path, machine: &Machine, served: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the languages' own tools run the program")]
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", build::cargo_target(&machine.cache))
        // As the programs of `verify` are built, so that they have their libraries in common.
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_INCREMENTAL", "0")
        .env("SERVED", served)
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}\n{text}");
    text
}

/// The program beside a crate asks for the libraries that the crate asks for: two lines of them are two sets of types.
fn asks_for_the_same(root: &Path) {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let (package, mut manifest) = (read("package/Cargo.toml"), read("program/Cargo.toml"));
    for name in ["prost", "prost-types", "tonic"] {
        let start = format!("{name} = ");
        // A crate with serde has the well-known types of another.
        if !package.contains(&format!("\n{start}")) {
            continue;
        }
        let [asked, own] = [&package, &manifest].map(|text| {
            let line = text.lines().find(|line| line.starts_with(&start)).unwrap();
            line.split('"').nth(1).unwrap().to_owned()
        });
        manifest = manifest.replace(&format!("{start}\"{own}\""), &format!("{start}\"{asked}\""));
        assert!(manifest.contains(&format!("{start}\"{asked}\"")), "{manifest}");
    }
    std::fs::write(root.join("program/Cargo.toml"), manifest).unwrap();
}

/// pyright with a Node of its own: the package `pyright` fetches one when it is run.
pub(crate) const PYRIGHT: &str = "basedpyright==1.40.2";

/// Runs the program of a language beside the package: it calls a server of its own, and `protopact serve`.
fn program(language: Language, root: &Path, machine: &Machine) {
    edited_program(language, root, machine, &|_| {});
}

/// The same with some change in its folder first.
fn edited_program(language: Language, root: &Path, machine: &Machine, edit: &dyn Fn(&Path)) {
    let name = language.as_str();
    let folder = root.join("program");
    let served = serve(machine);
    let run_it = |program: &str, arguments: &[&str], folder: &Path| {
        run_with(program, arguments, folder, machine, &served.address)
    };
    copy(&project().join("fixtures/codegen/programs").join(name), &folder);
    let said = match language {
        Language::Go => {
            run("go", &["mod", "tidy"], &folder, machine);
            run_it("go", &["run", "."], &folder)
        }
        Language::Java => {
            std::fs::rename(folder.join("aggregate.xml"), root.join("pom.xml")).unwrap();
            run_it("mvn", &["-q", "-B", "verify"], root)
        }
        Language::Python => {
            let python = root.join("fresh/bin/python").display().to_string();
            run(&python, &["-m", "mypy", "--strict", "typed.py"], &folder, machine);
            let tools = root.join("tools/bin/python").display().to_string();
            let into = ["-m", "pip", "--python", &python, "install", "-q", "--disable-pip-version-check"];
            run(&tools, &[&into[..], &[PYRIGHT]].concat(), &folder, machine);
            let strict = "{\"typeCheckingMode\": \"strict\", \"include\": [\"typed.py\"]}";
            std::fs::write(folder.join("pyrightconfig.json"), strict).unwrap();
            run(&python, &["-m", "basedpyright", "--pythonpath", &python], &folder, machine);
            run_it(&python, &["program.py"], &folder)
        }
        Language::Rust => {
            asks_for_the_same(root);
            edit(&folder);
            run_it("cargo", &["run", "-q"], &folder)
        }
    };
    assert!(said.contains(&format!("{name}: ok")), "{said}");
}

/// What `roots` reach in a folder of .proto files.
fn reached(folder: &Path, roots: &[&str]) -> Files {
    let mut todo: Vec<String> = Vec::new();
    for root in roots {
        // One package a root: folders below it are packages of their own.
        let all =
            read(&folder.join(root)).into_iter().map(|(name, _)| name).filter(|name| !name.contains('/'));
        todo.extend(all.map(|name| format!("{root}/{name}")));
    }
    let mut files = BTreeMap::new();
    while let Some(name) = todo.pop() {
        if files.contains_key(&name) || name.starts_with("google/protobuf/") {
            continue;
        }
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        for line in text.lines().filter_map(|l| l.strip_prefix("import ")) {
            todo.push(line.split('"').nth(1).unwrap().to_owned());
        }
        files.insert(name, text);
    }
    files.into_iter().collect()
}

fn corpus() -> PathBuf {
    let named = std::env::vars_os().find(|(name, _)| name == "PROTOPACT_CORPUS");
    named.map(|(_, folder)| folder.into()).expect("PROTOPACT_CORPUS names a folder of contracts")
}

/// What stands in a block of a README.
fn block(readme: &str, of: &str) -> String {
    let (_, rest) = readme.split_once(&format!("```{of}\n")).unwrap_or_else(|| panic!("no {of}: {readme}"));
    rest.split_once("```").unwrap().0.to_owned()
}

/// Compiles the example in the README of a package.
fn example(language: Language, root: &Path, machine: &Machine) {
    let package = root.join("package");
    let readme = std::fs::read_to_string(package.join("README.md")).unwrap();
    let code = block(&readme, language.as_str());
    let write = |path: PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    match language {
        Language::Go => {
            write(package.join("example/main.go"), &code);
            run("go", &["vet", "-mod=mod", "./example"], &package, machine);
        }
        Language::Java => {
            write(package.join("src/main/java/Example.java"), &code);
            run("mvn", &["-q", "-B", "-o", "compile"], &package, machine);
        }
        Language::Python => {
            write(root.join("example.py"), &code);
            let python = root.join("fresh/bin/python").display().to_string();
            run(&python, &["-m", "mypy", "example.py"], root, machine);
        }
        Language::Rust => {
            let manifest = "[package]\nname = \"example\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n";
            let patch = "\n[patch.crates-io]\nacme-contracts = { path = \"../package\" }\n[workspace]\n";
            let folder = root.join("example");
            write(folder.join("Cargo.toml"), &format!("{manifest}{}{patch}", block(&readme, "toml")));
            write(folder.join("src/main.rs"), &code);
            run("cargo", &["check", "-q"], &folder, machine);
        }
    }
}

/// Contracts whose packages are called like what examples name, with calls of each kind.
fn like_examples() -> [Files; 3] {
    let file = |name: &str, package: &str, java: &str, text: &str| {
        let head = format!("syntax = \"proto3\";\npackage {package};\noption java_package = \"{java}\";\n");
        (name.to_owned(), format!("{head}{text}"))
    };
    let request = "message Ask {\n  string user_name = 1;\n}\n";
    let time = "import \"google/protobuf/timestamp.proto\";\n";
    [
        Files::from([
            file("request/r.proto", "request", "request", request),
            file(
                "client/c.proto",
                "client",
                "client",
                "import \"request/r.proto\";\nmessage Answer {}\n\
                service Client { rpc Get(request.Ask) returns (Answer); }\n",
            ),
        ]),
        Files::from([
            file("b/log/l.proto", "b.log", "calls.log", request),
            file(
                "a/log/l.proto",
                "a.log",
                "channel.log",
                "import \"b/log/l.proto\";\nmessage Answer {}\n\
                service Log { rpc Connect(stream b.log.Ask) returns (stream Answer); }\n",
            ),
        ]),
        Files::from([file(
            "args/a.proto",
            "args",
            "args",
            &format!(
                "{time}message Reply {{}}\nservice Times {{ rpc Watch(google.protobuf.Timestamp) returns (stream Reply); }}\n"
            ),
        )]),
    ]
}

fn examples_compile(language: Language, contracts: &[Files]) {
    for files in contracts {
        builds(files, language, |root, machine| example(language, root, machine));
    }
}

/// Changes a file.
fn edited(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

/// Builds the crate of a line that hands on prost and tonic, and a program that asks for neither.
fn handed_on(line: &str) {
    let files = read(&project().join("contracts/proto"));
    line_builds(&files, Language::Rust, line, "re-exports = true\n", |root, machine| {
        edited_program(Language::Rust, root, machine, &|folder| {
            edited(&folder.join("Cargo.toml"), |text| {
                let others = text.lines().filter(|l| !l.starts_with("prost") && !l.starts_with("tonic"));
                others.map(|line| format!("{line}\n")).collect()
            });
            edited(&folder.join("src/main.rs"), |text| {
                let uses = "use acme_contracts::{prost, prost_types, tonic};\nuse std::pin::Pin;";
                text.replacen("use std::pin::Pin;", uses, 1)
            });
        });
    });
}

#[test]
#[ignore = "builds packages: ci/sdk --all"]
fn all_rust_crates_hand_on_what_their_types_come_from() {
    for line in sdk::lines_of(Language::Rust) {
        handed_on(line);
    }
    for files in like_examples() {
        let line = sdk::lines_of(Language::Rust)[0];
        line_builds(&files, Language::Rust, line, "re-exports = true\n", |root, machine| {
            example(Language::Rust, root, machine);
        });
    }
}

/// A message there and back, and an enum as its name.
const JSON: &str = "\
use acme_contracts::order::v1::{Order, OrderStatus, order::Line};
use acme_contracts::prost::Message;

fn main() {
    let line = Line { quantity: 2, ..Default::default() };
    let order = Order { order_id: \"o-1\".to_owned(), lines: vec![line], status: OrderStatus::Paid.into(), ..Default::default() };
    let text = serde_json::to_string(&order).unwrap();
    assert!(text.contains(\"\\\"orderId\\\":\\\"o-1\\\"\") && text.contains(\"ORDER_STATUS_PAID\"), \"{text}\");
    let back: Order = serde_json::from_str(&text).unwrap();
    assert_eq!(back.encode_to_vec(), order.encode_to_vec());
    assert!(serde_json::from_str::<Order>(\"{\\\"nothing\\\": 1}\").is_err());
    println!(\"rust: ok\");
}
";

#[test]
#[ignore = "builds packages: ci/sdk"]
fn rust_messages_have_serde() {
    let newest = sdk::lines_of(Language::Rust)[0];
    let options = "re-exports = true\nserde = true\n";
    line_builds(
        &read(&project().join("contracts/proto")),
        Language::Rust,
        newest,
        options,
        |root, machine| {
            edited_program(Language::Rust, root, machine, &|folder| {
                edited(&folder.join("Cargo.toml"), |text| {
                    let others = text.lines().filter(|l| !l.starts_with("prost") && !l.starts_with("tonic"));
                    let text: String = others.map(|line| format!("{line}\n")).collect();
                    text.replacen("[workspace]", "serde_json = \"1\"\n[workspace]", 1)
                });
                std::fs::write(folder.join("src/main.rs"), JSON).unwrap();
            });
        },
    );
}

#[test]
#[ignore = "builds packages: ci/sdk --all"]
fn all_rust_messages_have_serde() {
    let newest = sdk::lines_of(Language::Rust)[0];
    for files in like_examples() {
        line_builds(&files, Language::Rust, newest, "serde = true\n", |root, machine| {
            example(Language::Rust, root, machine);
        });
    }
    // What has no package is refused.
    let mut odd = read(&project().join("fixtures/codegen/odd"));
    odd.retain(|(_, text)| text.contains("\npackage ") && !text.contains("top-level.proto"));
    odd.retain(|(_, text)| !text.contains("words.proto"));
    // Modules called like the crates that functions name, types like some of theirs, and keys that no string of Rust holds as
    // they are.
    let text = "message M { oneof k { int32 a = 1; } repeated int32 b = 2; map<string, Kind> c = 3; }\n\
                enum Kind { A = 0; }\nmessage Option {} message String {} message Result { Option o = 1; String s = 2; }\n\
                message Pbjson { message N {} bytes b = 1; int64 c = 2; }\n\
                message K { int32 a = 1 [json_name = \"\\\"std::a\\\"\"]; int32 b = 2 [json_name = \"\\\\b\"]; \
                repeated bytes c = 3 [json_name = \"\\n{c}\\\\\"]; }\n";
    for package in ["hidden", "hidden.std", "hidden.core"] {
        let path = format!("{}/m.proto", package.replace('.', "/"));
        odd.push((path, format!("syntax = \"proto3\";\npackage {package};\n{text}")));
    }
    // Lists that are read and written as they are name no `Vec`.
    let text = "syntax = \"proto3\";\npackage lists;\nmessage Vec { repeated string a = 1; repeated bool b = 2; \
                repeated Vec c = 3; map<string, bytes> d = 4; map<int64, Kind> e = 5; }\nenum Kind { A = 0; }\n";
    odd.push(("lists/m.proto".to_owned(), text.to_owned()));
    line_builds(&odd, Language::Rust, newest, "serde = true\n", |_, _| {});
}

/// Defaults of so many characters: what is refused in Java is a constant that no class file has room for.
fn long_defaults(length: usize) -> (String, String) {
    let fields =
        [("string", "x"), ("bytes", "y"), ("bytes", "\\377"), ("string", "\u{fc}")].into_iter().zip(1..);
    let fields = fields.map(|((of, part), number)| {
        // Two bytes each.
        let wide = if part.len() > 1 { 2 } else { 1 };
        let wide = if part == "\u{fc}" { 4 } else { wide };
        format!("  optional {of} f{number} = {number} [default = \"{}\"];\n", part.repeat(length / wide))
    });
    let text = format!(
        "syntax = \"proto2\";\n\npackage defaults.v1;\n\nmessage Long {{\n{}}}\n",
        fields.collect::<String>()
    );
    ("defaults/v1/long.proto".to_owned(), text)
}

/// Runs the program of Kotlin beside the package, against `protopact serve`.
fn kotlin(root: &Path, machine: &Machine) {
    let served = serve(machine);
    let folder = root.join("program");
    copy(&project().join("fixtures/codegen/programs/kotlin"), &folder);
    std::fs::rename(folder.join("aggregate.xml"), root.join("pom.xml")).unwrap();
    let said = run_with("mvn", &["-q", "-B", "verify"], root, machine, &served.address);
    assert!(said.contains("kotlin: ok"), "{said}");
}

#[test]
#[ignore = "builds packages: ci/sdk --all"]
fn all_java_lite_and_kotlin_build_and_are_used() {
    let files = read(&project().join("contracts/proto"));
    let lines = sdk::lines_of(Language::Java);
    line_builds(&files, Language::Java, lines[0], "kotlin = true\ncoroutines = true\nlite = true\n", kotlin);
    line_builds(&files, Language::Java, lines[1], "kotlin = true\ncoroutines = true\n", kotlin);
    // Names of all kinds in both forms, and extensions of options among them.
    let odd = read(&project().join("fixtures/codegen/odd"));
    line_builds(&odd, Language::Java, lines[0], "kotlin = true\nlite = true\n", |_, _| {});
    line_builds(&odd, Language::Java, lines[0], "kotlin = true\n", |_, _| {});
    // The generator of coroutines takes no editions.
    let mut odd = odd;
    odd.retain(|(_, text)| !text.contains("\nedition = ") && !text.starts_with("edition = "));
    line_builds(&odd, Language::Java, lines[0], "kotlin = true\ncoroutines = true\n", |_, _| {});
}

/// Messages that are almost too large for the methods of Java, one of each kind that fills another method. What closed enums
/// do not list is kept aside, which takes more room; in the older line maps take more of it.
fn large_messages(line: &str) -> Files {
    let fields = |what: &str, n: usize| (1..=n).map(|i| format!("{what} f{i} = {i};\n")).collect::<String>();
    let maps = if line.starts_with('3') { 755 } else { 930 };
    let kinds = [("string", 1_930), ("int32", 1_990), ("repeated M", 390), ("map<int32, M>", maps)];
    let kinds = kinds.map(|(what, n)| fields(what, n)).into_iter();
    let kinds = kinds.chain([
        format!("oneof kind {{\n{}}}\n", fields("int32", 1_490)),
        fields("repeated double", 430),
        fields("repeated int32", 545),
    ]);
    let file = |(at, body): (usize, String)| {
        (
            format!("large{at}.proto"),
            format!("syntax = \"proto3\";\npackage large.v{at};\nmessage M {{\n{body}}}\n"),
        )
    };
    let closed = [
        fields("optional E", 930),
        fields("repeated E", 335),
        fields("map<int32, E>", 560),
        format!("oneof kind {{\n{}}}\n", fields("E", 960)),
    ];
    let closed = closed.into_iter().enumerate().map(|(at, body)| {
        let head = format!("syntax = \"proto2\";\npackage closed.v{at};\nenum E {{\nNONE = 0;\n}}\n");
        (format!("closed{at}.proto"), format!("{head}message M {{\n{body}}}\n"))
    });
    kinds.enumerate().map(file).chain(closed).collect()
}

#[test]
#[ignore = "builds packages: ci/sdk --all"]
fn all_java_messages_that_are_not_too_large_build() {
    for line in sdk::lines_of(Language::Java) {
        line_builds(&large_messages(line), Language::Java, line, "", |_, _| {});
    }
}

macro_rules! languages {
    ($($module:ident $language:ident)*) => {$(
        mod $module {
            use super::*;

            const LANGUAGE: Language = Language::$language;

            #[test]
            #[ignore = "builds packages: ci/sdk"]
            fn contracts_build_and_are_used() {
                let files = read(&project().join("contracts/proto"));
                builds(&files, LANGUAGE, |root, machine| program(LANGUAGE, root, machine));
            }

            #[test]
            #[ignore = "builds packages: ci/sdk"]
            fn older_lines_build_and_are_used() {
                let files = read(&project().join("contracts/proto"));
                for line in &sdk::lines_of(LANGUAGE)[1..] {
                    line_builds(&files, LANGUAGE, line, "", |root, machine| program(LANGUAGE, root, machine));
                }
            }

            #[test]
            #[ignore = "builds packages: ci/sdk"]
            fn odd_names_and_editions_build() {
                let mut files = read(&project().join("fixtures/codegen/odd"));
                // As long as the class files of Java have room for; other languages have more.
                files.push(long_defaults(if LANGUAGE == Language::Java { 65_534 } else { 70_000 }));
                builds(&files, LANGUAGE, |_, _| {});
            }

            #[test]
            #[ignore = "builds packages: ci/sdk"]
            fn examples_in_the_readme_compile() {
                examples_compile(LANGUAGE, &like_examples()[..1]);
            }

            #[test]
            #[ignore = "builds packages: ci/sdk --all"]
            fn all_examples_in_the_readme_compile() {
                examples_compile(LANGUAGE, &like_examples()[1..]);
            }

            #[test]
            #[ignore = "builds packages: ci/sdk"]
            fn enums_alone_build() {
                let path = project().join("fixtures/codegen/odd/enums.proto");
                let files = Files::from([("enums.proto".to_owned(), std::fs::read_to_string(path).unwrap())]);
                builds(&files, LANGUAGE, |_, _| {});
            }

            #[test]
            #[ignore = "builds packages of the corpus: ci/sdk"]
            fn packages_of_google_build() {
                let roots = ["google/pubsub/v1", "google/spanner/v1", "google/cloud/speech/v2"];
                builds(&reached(&corpus(), &roots), LANGUAGE, |_, _| {});
            }
        }
    )*};
}

languages! { go Go java Java python Python rust Rust }
