//! A contract that imports a package, and a machine whose programs find packages where the test put them.

use std::path::{Path, PathBuf};

use crate::env::{Output, TestEnv};

pub(crate) struct World {
    env: TestEnv,
    set: Vec<(String, String)>,
}

/// Whether a program is here.
pub(crate) fn has(program: &str) -> bool {
    which::which(program).is_ok()
}

/// Where Maven keeps what it has, when it has the plugin that copies artifacts.
pub(crate) fn maven_home() -> Option<PathBuf> {
    let repository = Path::new(&std::env::var_os("HOME")?).join(".m2/repository");
    let plugin = "org/apache/maven/plugins/maven-dependency-plugin/3.6.1/maven-dependency-plugin-3.6.1.jar";
    (has("mvn") && repository.join(plugin).is_file()).then_some(repository)
}

impl World {
    /// With one dependency, as a line of `[deps]`.
    pub(crate) fn new(dep: &str) -> World {
        let env = TestEnv::new();
        env.write(
            "a.proto",
            "syntax = \"proto3\";\npackage a;\nimport \"acme/pay/pay.proto\";\nmessage A { acme.pay.Pay pay = 1; }\n",
        );
        env.write("protopact.toml", &format!("[contract]\nroots = [\".\"]\n\n[deps]\npay = {{ {dep} }}\n"));
        let mut world = World { env, set: Vec::new() };
        // The programs are the user's, and what they keep and read is not.
        for (name, path) in [
            ("GOPATH", "go"),
            ("GOCACHE", "go-cache"),
            ("npm_config_cache", "npm-cache"),
            ("npm_config_userconfig", "npmrc"),
            ("CARGO_HOME", "cargo-home"),
            ("PROTOPACT_CACHE", "cache"),
        ] {
            let path = world.path(path).display().to_string();
            world = world.with(name, &path);
        }
        for (name, value) in [
            ("GOSUMDB", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOFLAGS", "-modcacherw"),
            ("PIP_CONFIG_FILE", "/dev/null"),
            ("PIP_NO_CACHE_DIR", "1"),
            ("PIP_RETRIES", "0"),
            ("npm_config_update_notifier", "false"),
            ("npm_config_fetch_retries", "0"),
        ] {
            world = world.with(name, value);
        }
        world
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> World {
        self.set.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path beside the contract.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.env.work().parent().unwrap().join(name)
    }

    pub(crate) fn files(&self, folder: &str, files: &[(String, Vec<u8>)]) {
        for (name, content) in files {
            let path = self.path(folder).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.env.run_with(args, |io| {
            io.env = std::env::vars_os().collect();
            io.env.extend(self.set.iter().map(|(name, value)| (name.into(), value.into())));
        })
    }

    /// The lock, when there is one.
    pub(crate) fn lock(&self) -> Option<String> {
        std::fs::read_to_string(self.env.work().join("protopact.lock")).ok()
    }

    /// Forgets what was got, here and in what the programs keep.
    pub(crate) fn forget(&self) {
        for name in ["cache", "go", "npm-cache"] {
            let _ = std::fs::remove_dir_all(self.path(name));
        }
    }
}
