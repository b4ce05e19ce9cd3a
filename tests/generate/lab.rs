//! A contract, scripts as plugins, and trees to compare.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use prost::Message as _;
use prost_types::compiler::CodeGeneratorResponse;
use prost_types::compiler::code_generator_response::File;
use protopact::codegen::plugin::lock::Entry;
use protopact::codegen::plugin::{Lock, platform, spec};
use protopact::codegen::sdk;
use protopact::machine::sha256_file;

use crate::env::{Output, TestEnv};

/// A folder with a contract of messages.
pub(crate) struct Lab {
    pub(crate) env: TestEnv,
}

pub(crate) const USER: &str = "syntax = \"proto3\";\n\npackage acme.user.v1;\n\nimport \"acme/money/v1/money.proto\";\n\n\
    // A user of the shop.\nmessage User {\n  string name = 1;\n  optional int32 age = 2;\n  acme.money.v1.Money credit = 3;\n}\n";
pub(crate) const MONEY: &str = "syntax = \"proto3\";\n\npackage acme.money.v1;\n\nimport \"google/protobuf/timestamp.proto\";\n\n\
    message Money {\n  int64 units = 1;\n  google.protobuf.Timestamp at = 2;\n}\n";

impl Lab {
    /// The contract with `[generate]` sections.
    pub(crate) fn new(generate: &str) -> Lab {
        let env = TestEnv::new();
        env.write("proto/acme/user/v1/user.proto", USER);
        env.write("proto/acme/money/v1/money.proto", MONEY);
        let lab = Lab { env };
        lab.configure(generate);
        lab
    }

    pub(crate) fn configure(&self, generate: &str) {
        let head = "[contract]\nname = \"acme/contracts\"\nroots = [\"proto\"]\n\n[generate]\n";
        self.env.write("protopact.toml", &format!("{head}{generate}"));
    }

    /// A contract with a service and with a version, and a script that answers for cargo.
    pub(crate) fn two_versions(cargo: &str) -> Lab {
        let lab = Lab::new("[generate.rust]\ncrate = \"acme-contracts\"\n");
        lab.lock();
        lab.script("bin/rustc", "exit 0");
        lab.script("bin/cargo", cargo);
        let service = "service Users { rpc Get(User) returns (User); }";
        let head = "syntax = \"proto3\";\npackage acme.user.v1;\nimport \"acme/user/v1/user.proto\";\n";
        lab.env.write("proto/acme/user/v1/users.proto", &format!("{head}{service}\n"));
        lab.env.commit("one");
        lab.env.tag("v1.0.0");
        lab
    }

    /// Writes a script; the text follows `#!/bin/sh`.
    pub(crate) fn script(&self, name: &str, text: &str) {
        self.env.write(name, &format!("#!/bin/sh\n{text}\n"));
        let path = self.env.work().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A plugin that gives an answer, whatever it is asked.
    pub(crate) fn answering(&self, name: &str, answer: &CodeGeneratorResponse) {
        std::fs::write(self.env.work().join(format!("{name}.bin")), answer.encode_to_vec()).unwrap();
        self.script(
            name,
            &format!("cat >/dev/null\nexec cat '{}.bin'", self.env.work().join(name).display()),
        );
    }

    /// Writes a lock with the plugins that need no installing.
    pub(crate) fn lock(&self) {
        let mut lock = Lock::default();
        for plugin in [&spec::PROTOC, &sdk::rust::MESSAGES, &sdk::rust::SERVICES] {
            let mut entry = Entry {
                version: plugin.version.to_owned(),
                source: plugin.source.as_str().to_owned(),
                ..Entry::default()
            };
            if plugin == &spec::PROTOC {
                let path = protoc_bin_vendored::protoc_bin_path().unwrap();
                entry.sha256.insert(platform(), sha256_file(&path).unwrap());
            }
            lock.plugin.insert(plugin.name.to_owned(), entry);
        }
        self.env.write("protopact.lock", &lock.render());
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let cache: OsString = self.env.work().join("../cache").into();
        self.env.run_with(args, |io| {
            io.env.insert("PROTOPACT_CACHE".into(), cache);
            // Where temporary folders are decides how long lines get.
            io.width = None;
        })
    }

    /// Runs a command that has to succeed.
    pub(crate) fn ok(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        assert_eq!(output.code, 0, "{output}");
        output
    }

    pub(crate) fn tree(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        tree(&self.env.work().join(folder))
    }
}

/// Every file below a folder.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut tree = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            tree.insert(path, std::fs::read(entry.path()).unwrap());
        }
    }
    tree
}

/// An answer with files: name, insertion point, content.
pub(crate) fn answer(files: &[(&str, &str, &str)]) -> CodeGeneratorResponse {
    let file = |(name, point, content): &(&str, &str, &str)| File {
        name: Some((*name).to_owned()),
        insertion_point: (!point.is_empty()).then(|| (*point).to_owned()),
        content: Some((*content).to_owned()),
        ..File::default()
    };
    // Optional fields in proto3, which the contract has.
    CodeGeneratorResponse {
        supported_features: Some(1),
        file: files.iter().map(file).collect(),
        ..Default::default()
    }
}

/// The protoc that comes with protopact.
#[expect(clippy::disallowed_methods, reason = "protoc is the oracle")]
pub(crate) fn protoc(args: &[String]) {
    let output = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}\n{}", String::from_utf8_lossy(&output.stderr));
}
