//! Which generator takes which edition: what is entered beside each plugin, the table in docs/sdk.md, and what the
//! plugins answer are one.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use buffa::Message as _;
use buffa_descriptor::generated::descriptor as pb;
use protopact::codegen::plugin::spec::{self, Form, Pinned, Source};
use protopact::codegen::sdk;
use protopact::codegen::{Target, lower};
use protopact::schema::{FileId, Schema};
use protopact::words::Language;

use crate::files::{Files, input, project};
use crate::machine::Machine;
use crate::names::{installed, program, run};

const EDITIONS: [(i32, u32); 3] = [(1000, 2023), (1001, 2024), (1002, 2026)];
const BEGIN: &str = "<!-- begin: generators and editions -->\n";
const END: &str = "<!-- end -->\n";

fn table() -> String {
    let mut out =
        "\n| | generator | proto2, proto3 | 2023 | 2024 | 2026 |\n| --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for language in Language::ALL {
        for plugin in spec::needed(&[language], true) {
            let what = if plugin.services_only { "services" } else { "messages" };
            let version = plugin.version.trim_start_matches('v');
            let _ = write!(out, "| {}: {what} | {} {version} | yes |", language.title(), plugin.name);
            for (number, _) in EDITIONS {
                let _ = write!(out, " {} |", if number <= plugin.newest_edition { "yes" } else { "no" });
            }
            out.push('\n');
        }
    }
    out.push('\n');
    out
}

#[test]
fn the_table_in_the_documentation_is_what_is_entered_beside_plugins() {
    let path = project().join("docs/sdk.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the table has a beginning");
    let (found, after) = rest.split_once(END).expect("the table has an end");
    if std::env::vars_os().any(|(name, _)| name == "PROTOPACT_BLESS") {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(found, table(), "PROTOPACT_BLESS=1 writes it");
}

/// The plugins of all lines of a language's runtime.
fn of_every_line(language: Language) -> Vec<&'static Pinned> {
    let key = if language == Language::Go { "go" } else { "runtime" };
    let lines = sdk::lines_of(language);
    let mut targets: Vec<Target> = lines.iter().map(|line| Target::new(language, &[(key, line)])).collect();
    if language == Language::Java {
        targets.push(Target::new(language, &[("coroutines", "true")]));
    }
    let mut plugins = spec::needed_for(&targets, true);
    plugins.sort_by_key(|plugin| (plugin.name, plugin.version));
    plugins.dedup();
    plugins
}

/// A file of an edition with a message and a service.
fn file(year: u32) -> Files {
    let export = if year >= 2024 { "export " } else { "" };
    let text = format!(
        "edition = \"{year}\";\npackage p.v1;\noption go_package = \"x/p\";\n{export}message M {{ int32 a = 1; }}\n\
         service S {{ rpc Do(M) returns (M); }}\n"
    );
    vec![("p.proto".to_owned(), text)]
}

/// Whether a plugin takes a file.
fn takes(machine: &Machine, language: Language, plugin: &'static Pinned, files: &Files, set: &Path) -> bool {
    if let Source::Library(_) | Source::Cargo = plugin.source {
        // It knows no editions at all, and gets what they are lowered to.
        let compiled = protopact::compile::compile(&input("", files), &Default::default()).unwrap();
        let schema = Schema::build(&compiled).unwrap();
        let mut all = compiled.files.iter().enumerate();
        return all.all(|(at, file)| {
            let mut proto = pb::FileDescriptorProto::decode_from_slice(&file.descriptor).unwrap();
            let id = schema.files().nth(at).map(|(id, _): (FileId, _)| id).unwrap();
            lower::lower(&schema, id, &mut proto).is_ok()
        });
    }
    let out = tempfile::tempdir().unwrap();
    let place = out.path().display();
    let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
    let mut command = match plugin.source {
        Source::Pip => {
            let (tool, before) = installed(machine, plugin);
            let mut command = program(tool);
            command.args(before).arg(format!("--grpc_python_out={place}"));
            if !plugin.services_only {
                command.arg(format!("--python_out={place}")).arg(format!("--pyi_out={place}"));
            }
            command
        }
        Source::Maven { form: Form::Protoc, .. } => {
            let mut command = program(installed(machine, plugin).0);
            command.arg(format!("--java_out={place}"));
            command
        }
        Source::Protoc => {
            let mut command = program(protoc);
            let name = if language == Language::Java { "java" } else { "python" };
            command.arg(format!("--{name}_out={place}"));
            command
        }
        _ => {
            let (tool, before) = installed(machine, plugin);
            // protoc gives a plugin no arguments.
            let script = out.path().join("protoc-gen-it");
            let quoted: Vec<String> = before.iter().map(|argument| format!("'{argument}'")).collect();
            std::fs::write(&script, format!("#!/bin/sh\nexec '{}' {}\n", tool.display(), quoted.join(" ")))
                .unwrap();
            std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
            let mut command = program(protoc);
            command
                .arg(format!("--plugin=protoc-gen-it={}", script.display()))
                .arg(format!("--it_out={place}"));
            command
        }
    };
    command.arg(format!("--descriptor_set_in={}", set.display())).arg("p.proto");
    run(&mut command).is_ok()
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn plugins_take_the_editions_that_are_entered_beside_them() {
    let machine = Machine::new();
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = String::new();
    for (number, year) in EDITIONS {
        let (files, set) = (file(year), dir.path().join(format!("{year}.binpb")));
        let (name, text) = &files[0];
        std::fs::write(dir.path().join(name), text).unwrap();
        let mut protoc = program(protoc_bin_vendored::protoc_bin_path().unwrap());
        protoc.arg(format!("--proto_path={}", dir.path().display()));
        protoc.arg(format!("--descriptor_set_out={}", set.display())).arg(name);
        run(&mut protoc).unwrap();
        for language in Language::ALL {
            for plugin in of_every_line(language) {
                let (entered, answers) =
                    (number <= plugin.newest_edition, takes(&machine, language, plugin, &files, &set));
                if entered != answers {
                    let _ = writeln!(
                        wrong,
                        "{} {} {year}: entered {entered}, answers {answers}",
                        plugin.name, plugin.version
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(sdk::go::MESSAGES.newest_edition >= spec::EDITION_2024);
}
