//! A driver that is deaf to the wish to compress.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use crate::matrix::{cache, cells};
use crate::whole::whole;

#[test]
#[ignore = "builds programs in Java"]
fn a_client_that_does_not_compress_makes_its_cells_red() {
    let java = which::which("java").unwrap();
    let env = &whole().env;
    // Clients are told not to compress; servers, and Maven, are what they are.
    let real = java.display();
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in\n*' Driver '*' server '*) exec '{real}' \"$@\" ;;\n\
         *' Driver '*) sed -u 's/\"gzip\":true/\"gzip\":false/' | '{real}' \"$@\" ;;\n\
         *) exec '{real}' \"$@\" ;;\nesac\n"
    );
    env.write("bin/java", &script);
    let wrapper = env.work().join("bin/java");
    std::fs::set_permissions(wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", env.work().join("bin").display(), std::env::var("PATH").unwrap());
    for security in ["plain", "mtls"] {
        let cell = format!("java@v1.0.0:java@v1.1.0:unary:{security}:gzip");
        let mut command = Command::new(env!("CARGO_BIN_EXE_protopact"));
        command
            .args(["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--cell", &cell])
            .args(["--report", "json=deaf.json"])
            .current_dir(env.work())
            .env("PATH", &path)
            .env("PROTOPACT_CACHE", cache());
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        let matrix: Value = serde_json::from_str(&env.read("deaf.json")).unwrap();
        let all = cells(&matrix).flat_map(|c| c["differences"].as_array().unwrap());
        let all: Vec<&Value> = all.filter(|d| d["predicted"].is_null()).collect();
        // Everything else of the cell is as it should be: nobody but the tap has noticed.
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(all[0]["case"].as_str().unwrap().ends_with(" compressed"), "{all:?}");
        assert!(all[0]["what"].as_str().unwrap().starts_with("a request of 10485"), "{all:?}");
        assert!(all[0]["predicted"].is_null(), "{all:?}");
    }
}
