//! The plugins that need no installing, run as plainly as can be: protoc with a descriptor set, and prost and tonic
//! as libraries.

use std::process::Command;

use prost::Message as _;
use prost_types::compiler::CodeGeneratorRequest;
use protopact::codegen::sdk::{PackageError, Plugin, PluginCall, Prepared};
use protopact::codegen::{Contract, FileTree, Package, Target, sdk};
use protopact::compile::Compiled;
use protopact::config::package::About;
use protopact::schema::Schema;
use protopact::source::LegalText;
use protopact::words::Language;

use crate::files::{Files, model};

pub(crate) fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

/// A compiled contract with its model.
pub(crate) struct Sample {
    pub(crate) compiled: Compiled,
    pub(crate) schema: Schema,
    pub(crate) about: About,
    pub(crate) legal: Vec<LegalText>,
}

impl Sample {
    pub(crate) fn new(files: &Files) -> Sample {
        let (compiled, schema) = model("proto", files);
        Sample { compiled, schema, about: About::default(), legal: Vec::new() }
    }

    pub(crate) fn contract(&self) -> Contract<'_> {
        Contract {
            name: "acme/contracts",
            version: "1.4.0",
            build: None,
            commit: Some("0123456789abcdef0123456789abcdef01234567"),
            licence: "Apache-2.0",
            legal: &self.legal,
            about: &self.about,
            compiled: &self.compiled,
            schema: &self.schema,
        }
    }
}

/// Where a contract is refused.
pub(crate) struct Place {
    pub(crate) language: &'static str,
    /// Below the root.
    pub(crate) file: String,
    /// 0 for no line.
    pub(crate) line: u32,
}

/// All refusals, targets in their order. Each says a way out.
pub(crate) fn refusals(targets: &[Target], list: &[(&str, &str)]) -> Vec<Place> {
    let sample = Sample::new(&files(list));
    let mut out = Vec::new();
    for target in targets {
        for error in sdk::check_contract(&sample.contract(), target) {
            assert!(error.hint().is_some(), "no way out: {error}");
            let PackageError::Refused { refusal } = error else { panic!("{error}") };
            let line = refusal.span.map_or(0, |span| span.start_line);
            let file = refusal.file.strip_prefix("proto/").unwrap_or(&refusal.file).to_owned();
            out.push(Place { language: target.language().as_str(), file, line });
        }
    }
    out
}

/// The refusals as `LANGUAGE FILE:LINE`.
pub(crate) fn refused_by(targets: &[Target], list: &[(&str, &str)]) -> Vec<String> {
    let all = refusals(targets, list);
    all.iter().map(|place| format!("{} {}:{}", place.language, place.file, place.line)).collect()
}

pub(crate) fn go() -> Target {
    Target::new(Language::Go, &[("module", "github.com/acme/contracts-go")])
}

pub(crate) fn java() -> Target {
    Target::new(Language::Java, &[("group", "com.acme.contracts"), ("artifact", "acme-contracts")])
}

pub(crate) fn python() -> Target {
    Target::new(Language::Python, &[("package", "acme-contracts")])
}

pub(crate) fn rust() -> Target {
    Target::new(Language::Rust, &[("crate", "acme-contracts")])
}

/// The package with what can be generated without any plugin but protoc and the libraries.
pub(crate) fn offline_package(contract: &Contract<'_>, target: &Target) -> Package {
    let prepared = sdk::prepare(contract, target).unwrap_or_else(|e| panic!("{e}"));
    let here = |plugin| {
        matches!(plugin, Plugin::JAVA | Plugin::PYTHON | Plugin::PYI | Plugin::PROST | Plugin::TONIC)
    };
    sdk::build(contract, target, generate(&prepared, &here)).unwrap_or_else(|e| panic!("{e}"))
}

/// Runs the plugins that `wanted` takes.
fn generate(prepared: &Prepared, wanted: &dyn Fn(Plugin) -> bool) -> FileTree {
    let mut tree = FileTree::new();
    for call in prepared.calls.iter().filter(|c| wanted(c.plugin)) {
        match call.plugin {
            Plugin::PROST | Plugin::TONIC => libraries(prepared, call, &mut tree),
            _ => programs(prepared, call, &mut tree),
        }
    }
    tree
}

fn libraries(prepared: &Prepared, call: &PluginCall, tree: &mut FileTree) {
    let set = prost_types::FileDescriptorSet::decode(prepared.descriptor_set.clone()).unwrap();
    let request = CodeGeneratorRequest {
        file_to_generate: call.files.clone(),
        parameter: Some(call.parameter.clone()),
        proto_file: set.file,
        compiler_version: None,
    };
    let request = request.encode_to_vec();
    let files = match call.plugin {
        Plugin::PROST => protoc_gen_prost::execute(&request).unwrap(),
        _ => protoc_gen_tonic::execute(&request).unwrap(),
    };
    for file in files {
        tree.add(file.name(), file.content().to_owned()).unwrap();
    }
}

fn programs(prepared: &Prepared, call: &PluginCall, tree: &mut FileTree) {
    let dir = tempfile::tempdir().unwrap();
    let (set, out) = (dir.path().join("set.binpb"), dir.path().join("out"));
    std::fs::write(&set, &prepared.descriptor_set).unwrap();
    std::fs::create_dir(&out).unwrap();
    let name = call.plugin.as_str();
    let mut command = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap());
    command.arg(format!("--descriptor_set_in={}", set.display()));
    command.arg(format!("--{name}_out={}", out.display()));
    if !call.parameter.is_empty() {
        command.arg(format!("--{name}_opt={}", call.parameter));
    }
    let output = command.args(&call.files).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    for entry in walkdir::WalkDir::new(&out) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(&out).unwrap().to_str().unwrap().to_owned();
            tree.add(&path, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
