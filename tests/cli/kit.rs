//! `protopact kit`.

use std::collections::{BTreeMap, BTreeSet};

use crate::env::{Output, TestEnv, leftovers};

const CONTRACT: &str = "syntax = \"proto3\";
package pay.v1;
import \"google/protobuf/empty.proto\";
import \"google/protobuf/timestamp.proto\";
service Payments {
  rpc Pay(PayRequest) returns (Payment);
  rpc Watch(PayRequest) returns (stream Payment);
  rpc Send(stream PayRequest) returns (google.protobuf.Empty);
  rpc Talk(stream PayRequest) returns (stream google.protobuf.Timestamp);
}
message PayRequest { string id = 1; }
message Payment { string id = 1; }
";

const CONFIG: &str = "[contract]
name = \"acme/pay\"
roots = [\"proto\"]
[generate.go]
module = \"github.com/acme/pay-go\"
[generate.java]
group = \"com.acme\"
artifact = \"pay\"
[generate.python]
package = \"acme-pay\"
[generate.rust]
crate = \"acme-pay\"
";

const LANGUAGES: [&str; 4] = ["go", "java", "python", "rust"];

fn contract(config: &str) -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", config);
    env.write("proto/pay/v1/pay.proto", CONTRACT);
    env
}

fn kit(env: &TestEnv, args: &[&str]) -> Output {
    env.run(&[&["kit", "containers", "-o", "deploy"], args].concat())
}

fn made(env: &TestEnv, args: &[&str]) {
    let output = kit(env, args);
    assert!(output.code == 0 && output.out.starts_with("wrote `deploy`, "), "{output}");
}

/// Every file below the kit with its content.
fn files(env: &TestEnv) -> BTreeMap<String, Vec<u8>> {
    let root = env.work().join("deploy");
    let all = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
    let file = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        (path, std::fs::read(entry.path()).unwrap())
    };
    all.filter(|e| e.file_type().is_file()).map(file).collect()
}

#[test]
fn a_kit_has_a_service_a_language_and_what_is_around_them() {
    let env = contract(CONFIG);
    made(&env, &[]);
    let paths: Vec<String> = files(&env).into_keys().collect();
    insta::assert_snapshot!(paths.join("\n"));
    // The same contract gives the same bytes, in another folder too.
    let other = contract(CONFIG);
    made(&other, &[]);
    assert_eq!(files(&env), files(&other));
    let again = kit(&env, &[]);
    assert_eq!((again.code, &*again.out), (0, "nothing to do: `deploy` is up to date\n"), "{again}");
    let checked = kit(&env, &["--check"]);
    assert_eq!((checked.code, &*checked.out), (0, ""), "{checked}");
}

#[test]
fn services_name_what_the_packages_have() {
    let env = contract(CONFIG);
    made(&env, &[]);
    let shown = [
        "go/go.mod",
        "go/services.go",
        "java/src/main/java/Services.java",
        "python/requirements.txt",
        "python/services.py",
        "rust/Cargo.toml",
        "rust/src/services.rs",
    ];
    let text: String =
        shown.iter().map(|path| format!("== {path}\n{}", env.read(&format!("deploy/{path}")))).collect();
    insta::assert_snapshot!(text);
}

/// Services of one name in two packages, and a package called like what the program has.
#[test]
fn services_that_are_called_alike_are_two() {
    let env = contract(CONFIG);
    for package in ["pay.v2", "net"] {
        let text = format!(
            "syntax = \"proto3\";\npackage {package};\nservice Payments {{ rpc Pay(M) returns (M); }}\nmessage M {{}}\n"
        );
        env.write(&format!("proto/{}/x.proto", package.replace('.', "/")), &text);
    }
    made(&env, &[]);
    let count = |path: &str, part: &str| env.read(path).matches(part).count();
    let go = env.read("deploy/go/services.go");
    assert!(go.contains("\tnet2 \"github.com/acme/pay-go/net\"\n"), "{go}");
    assert_eq!(count("deploy/go/services.go", "type "), 3, "{go}");
    for name in ["Payments", "Payments2", "Payments3"] {
        assert_eq!(count("deploy/python/services.py", &format!("class {name}(")), 1, "{name}");
        assert_eq!(count("deploy/rust/src/services.rs", &format!("struct {name};")), 1, "{name}");
    }
}

#[test]
fn every_image_is_in_one_file_and_nothing_runs_as_root() {
    let env = contract(CONFIG);
    made(&env, &[]);
    let env_file = env.read("deploy/images.env");
    let variables = env_file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let images: BTreeMap<&str, &str> = variables.map(|line| line.split_once('=').unwrap()).collect();
    let named = |text: &str| -> BTreeSet<String> {
        let all = text.split("${").skip(1).filter_map(|rest| Some(rest.split(['}', ':']).next()?.to_owned()));
        all.filter(|name| name.ends_with("_IMAGE")).collect()
    };
    let compose = env.read("deploy/compose.yaml");
    assert_eq!(named(&compose), images.keys().map(|key| (*key).to_owned()).collect());
    for line in compose.lines().filter(|line| line.trim().starts_with("image:")) {
        assert!(
            line.trim().starts_with("image: ${") && line.ends_with("_IMAGE:?it is in images.env}"),
            "{line}"
        );
    }
    for (path, content) in files(&env) {
        if path == "images.env" {
            continue;
        }
        let text = String::from_utf8_lossy(&content);
        // With its tag, or where it comes from: `rust:1` is no other word.
        let used: Vec<_> = images.values().filter(|image| text.contains(**image)).collect();
        assert!(used.is_empty(), "{path} names {used:?}");
    }
    for language in LANGUAGES {
        let text = env.read(&format!("deploy/{language}/Dockerfile"));
        let from: Vec<&str> = text.lines().filter(|line| line.starts_with("FROM ")).collect();
        assert_eq!(from, ["FROM ${BUILD_IMAGE} AS build", "FROM ${RUN_IMAGE}"], "{language}");
        let last = text.split("FROM ${RUN_IMAGE}").nth(1).unwrap();
        assert!(last.contains("\nUSER 65532:65532\n") && last.contains("\nHEALTHCHECK "), "{text}");
        assert!(!last.contains("\nRUN "), "{text}");
    }
    // Each service says it, by itself or through what they share.
    for service in
        compose.split("\n  ").filter(|part| part.contains(":\n    image:") || part.contains("<<: *service"))
    {
        assert!(service.contains("<<: *service") || service.contains("read_only: true"), "{service}");
    }
    for part in LANGUAGES.iter().chain(&["reference"]) {
        let text = env.read(&format!("deploy/kubernetes/{part}.yaml"));
        for wanted in [
            "runAsNonRoot: true",
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "capabilities: {drop: [ALL]}",
            "clusterIP: None",
            "grpc: {port: 50051}",
            "sleep: {seconds: 5}",
        ] {
            assert!(text.contains(wanted), "{part}: {wanted}");
        }
    }
}

#[test]
fn what_was_changed_by_hand_is_not_written_over() {
    let env = contract(CONFIG);
    made(&env, &[]);
    let mine = "package main\n\n// mine\n";
    env.write("deploy/go/main.go", mine);
    env.write("deploy/go/calls.go", mine);
    // The kit has nothing new for either.
    let kept = kit(&env, &[]);
    assert_eq!((kept.code, &*kept.out), (0, "nothing to do: `deploy` is up to date\n"), "{kept}");
    assert!(kept.err.contains("note: stays as you have changed it: `go/main.go`"), "{kept}");
    assert_eq!(kit(&env, &["--check"]).code, 0);

    // A service more is something new for those files that name services, one of which is somebody's.
    env.write("deploy/go/services.go", mine);
    env.write(
        "proto/pay/v1/more.proto",
        "syntax = \"proto3\";\npackage pay.v1;\nservice More { rpc Do(M) returns (M); }\nmessage M {}\n",
    );
    let before = files(&env);
    let checked = kit(&env, &["--check"]);
    assert_eq!(checked.code, 1, "{checked}");
    assert!(checked.out.contains("go/services.go: changed by hand, and out of date\n"), "{checked}");
    assert!(checked.out.contains("rust/src/services.rs: out of date\n"), "{checked}");
    let refused = kit(&env, &[]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.err.contains("`go/services.go` has been changed by hand"), "{refused}");
    assert_eq!(files(&env), before);
    assert_eq!(leftovers(&env.work()), Vec::<String>::new());

    made(&env, &["--force"]);
    assert!(
        env.read("deploy/go/services.go").contains("MoreServer"),
        "{}",
        env.read("deploy/go/services.go")
    );
    assert_ne!(env.read("deploy/go/main.go"), mine);
    assert_eq!(env.read("deploy/go/calls.go"), mine, "what no kit has written stays");

    // A language less takes what was written for it, and nothing else.
    env.write("deploy/rust/src/main.rs", "// mine\n");
    env.write("protopact.toml", CONFIG.split("[generate.rust]").next().unwrap());
    made(&env, &[]);
    let left: Vec<String> = files(&env).into_keys().filter(|path| path.contains("rust")).collect();
    assert_eq!(left, ["rust/src/main.rs"]);
}

#[test]
fn folders_of_others_are_left_alone() {
    let env = contract(CONFIG);
    env.write("deploy/README.md", "ours\n");
    let refused = kit(&env, &[]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.err.contains("`README.md` has been changed by hand"), "{refused}");
    assert_eq!(files(&env).len(), 1);

    let env = contract(CONFIG);
    env.commit("1");
    env.tag("v1.0.0");
    assert_eq!(env.run(&["site", "-o", "deploy"]).code, 0);
    let before = files(&env);
    let refused = kit(&env, &["--force"]);
    assert_eq!(refused.code, 2, "{refused}");
    let words = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("it holds what another command of protopact has made"), "{refused}");
    assert_eq!(files(&env), before);
}

#[test]
fn a_language_that_has_no_service_is_told_of() {
    let config = CONFIG.replace("artifact = \"pay\"\n", "artifact = \"pay\"\nlite = true\n");
    let env = contract(config.split("[generate.python]").next().unwrap());
    let output = kit(&env, &[]);
    assert_eq!(output.code, 0, "{output}");
    for note in [
        "note: Python is left out: there is no `[generate.python]` in the configuration",
        "note: Rust is left out: there is no `[generate.rust]` in the configuration",
        "note: Java is left out: health and reflection need the full runtime, and `lite` is on",
    ] {
        assert!(output.err.contains(note), "{output}");
    }
    assert!(env.read("deploy/README.md").contains("Left out: Java, for health and reflection need"));
    assert!(files(&env).keys().all(|path| !path.starts_with("java/")));

    let none = kit(&env, &["--lang", "java"]);
    assert_eq!(none.code, 2, "{none}");
    assert!(none.err.contains("no language has a service: "), "{none}");
    let absent = kit(&env, &["--lang", "rust"]);
    assert_eq!(absent.code, 2, "{absent}");

    env.write("proto/pay/v1/pay.proto", "syntax = \"proto3\";\npackage pay.v1;\nmessage M {}\n");
    let nothing = kit(&env, &[]);
    assert_eq!(nothing.code, 2, "{nothing}");
    assert!(nothing.err.contains("the contract `acme/pay` has no service of its own"), "{nothing}");
}

#[test]
fn certificates_are_made_once_and_their_keys_are_for_one() {
    let env = contract(CONFIG);
    made(&env, &["--certs"]);
    let certs = |env: &TestEnv| -> BTreeMap<String, Vec<u8>> {
        files(env).into_iter().filter(|(path, _)| path.starts_with("certs/")).collect()
    };
    let first = certs(&env);
    let mut wanted = vec!["certs/ca.pem".to_owned()];
    for name in LANGUAGES.iter().chain(&["reference"]) {
        wanted.extend([format!("certs/{name}.key"), format!("certs/{name}.pem")]);
    }
    wanted.sort();
    assert_eq!(first.keys().cloned().collect::<Vec<_>>(), wanted);
    #[cfg(unix)]
    for key in wanted.iter().filter(|path| path.ends_with(".key")) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(env.work().join("deploy").join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    // They are no part of what is compared, and stay whatever is written beside them.
    assert_eq!(kit(&env, &["--check"]).code, 0);
    let again = kit(&env, &["--certs"]);
    assert!(again.err.contains("`deploy/certs` is there and stays"), "{again}");
    env.remove("deploy/compose.yaml");
    made(&env, &[]);
    assert_eq!(certs(&env), first);
    assert!(!env.read("deploy/.protopact/manifest.json").contains("certs"));
}

/// The packages lie where the configuration says, and Compose finds them from where the kit is.
#[test]
fn packages_are_looked_for_where_they_are_put() {
    let env = contract(&CONFIG.replace("[generate.go]", "[generate]\nout = \"out/sdk\"\n[generate.go]"));
    made(&env, &[]);
    let sdk = |env: &TestEnv| {
        let text = env.read("deploy/compose.yaml");
        text.lines()
            .filter_map(|line| line.trim().strip_prefix("sdk: "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(sdk(&env)[0], "\"../out/sdk/go\"");
    made(&env, &["--sdk", "deploy/packages"]);
    assert_eq!(sdk(&env)[3], "\"packages/rust\"");
}
