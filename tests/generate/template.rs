//! `buf.gen.yaml`, and `doctor`.

use crate::lab::{Lab, answer};

fn lab(template: &str) -> Lab {
    let lab = Lab::new("");
    lab.env.write("protopact.toml", "[contract]\nname = \"acme/contracts\"\nroots = [\"proto\"]\n");
    lab.env.write("buf.gen.yaml", template);
    lab.answering("x", &answer(&[("a.txt", "", "made")]));
    lab
}

#[test]
fn each_output_folder_is_written_and_what_else_is_in_it_stays() {
    let template = "version: v2\nplugins:\n  - {local: ./x, out: gen/a, strategy: all}\n  - {local: ./x, out: more, strategy: all}\n  \
                    - {local: ./x, out: gen/a/inner, strategy: all}\n";
    let lab = lab(template);
    lab.env.write("gen/a/mine.txt", "mine");
    lab.env.write("gen/a/a.txt", "of another tool");
    let _ = lab.ok(&["generate"]);
    for (path, text) in [
        ("gen/a/a.txt", "made"),
        ("gen/a/inner/a.txt", "made"),
        ("gen/a/mine.txt", "mine"),
        ("more/a.txt", "made"),
    ] {
        assert_eq!(lab.env.read(path), text, "{path}");
    }
    let output = lab.ok(&["generate"]);
    assert_eq!(output.out.matches("nothing to do").count(), 2, "{output}");
    let _ = lab.ok(&["generate", "--check"]);

    // A file that is not made any more goes, those of others stay.
    lab.answering("x", &answer(&[("b.txt", "", "made")]));
    let _ = lab.ok(&["generate", "--force"]);
    assert!(
        !lab.env.work().join("gen/a/a.txt").exists() && !lab.env.work().join("gen/a/inner/a.txt").exists()
    );
    assert_eq!(lab.env.read("gen/a/mine.txt"), "mine");
    lab.env.remove("more/b.txt");
    assert_eq!(lab.run(&["generate", "--check"]).code, 1);
}

#[test]
fn clean_means_that_nothing_else_stays() {
    let lab = lab("version: v2\nclean: true\nplugins:\n  - {local: ./x, out: gen, strategy: all}\n");
    lab.env.write("gen/mine.txt", "mine");
    let _ = lab.ok(&["generate"]);
    assert!(!lab.env.work().join("gen/mine.txt").exists());
    let _ = lab.ok(&["generate", "--check"]);
}

#[test]
fn doctor_says_what_the_cache_takes() {
    let lab = Lab::new("[generate.rust]\ncrate = \"x\"\n");
    lab.env.write("../cache/verify/go/x", &"x".repeat(3 << 10));
    lab.env.write("../cache/plugins/y", &"y".repeat(512));
    let output = lab.run(&["doctor"]);
    assert!(output.out.contains("cache\n  [work]/../cache, 3.5 KiB\n"), "{output}");
    let output = lab.run(&["doctor", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(json["cache"]["bytes"], 3584);
}

#[test]
fn doctor_says_who_compiles_what() {
    let lab = Lab::new("[compile]\nbackend = \"protox\"\nprotoc = \"bin/gone\"\n");
    let told = |args: &[&str]| {
        let out = lab.run(args).out;
        let lines = out.lines().skip(1).take_while(|line| line.starts_with(' '));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let mine = told(&["doctor"]);
    // Nobody asks for the protoc that is not there.
    assert!(mine[1].starts_with("ok      protoc"), "{mine:?}");
    assert_eq!(mine.last().unwrap(), "ok      protox               0.10.0     for proto2, proto3");
    let other = told(&["doctor", "--compiler", "protoc"]);
    assert_eq!(other[0], "ok      builtin              [version]");
    assert!(other[1].starts_with("missing protoc") && other[1].ends_with("for proto2, proto3, editions"));
    let json = lab.run(&["doctor", "--format", "json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let compilers = json["findings"].as_array().unwrap().iter().filter(|f| f["kind"] == "compiler");
    assert_eq!(
        compilers.map(|f| f["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["builtin", "protoc", "protox"]
    );
}

#[test]
fn doctor_says_what_is_missing_and_changes_nothing() {
    let lab = Lab::new("[generate.go]\nmodule = \"example.com/x\"\n[generate.rust]\ncrate = \"x\"\n");
    lab.script("bin/go", "echo go version go1.26.8 linux/amd64");
    let path = lab.env.work().join("bin");
    let run = |args: &[&str]| {
        lab.env.run_with(args, |io| {
            io.env.insert("PATH".into(), path.clone().into());
            io.width = None;
        })
    };
    insta::assert_snapshot!(run(&["doctor"]), @r"
    compilers
      ok      builtin              [version]      for proto2, proto3
      ok      protoc               36.2       for editions
      ok      protox               0.10.0
    toolchains
      ok      go                   1.26.8     for go
      missing cargo                -          for rust
              not on the path
              hint: install Rust with rustup, 1.88 or later
      missing rustc                -          for rust
              not on the path
              hint: install Rust with rustup, 1.88 or later
    plugins
      missing protoc-gen-go        v1.36.12   for go
              `protopact.lock` has no entry for `protoc-gen-go` (version v1.36.12 is wanted)
              hint: run `protopact plugins install` (uses `go`)
      missing protoc-gen-go-grpc   v1.6.2     for go
              `protopact.lock` has no entry for `protoc-gen-go-grpc` (version v1.6.2 is wanted)
              hint: run `protopact plugins install` (uses `go`)
      missing protoc-gen-prost     0.5.0      for rust
              `protopact.lock` has no entry for `protoc-gen-prost` (version 0.5.0 is wanted)
              hint: run `protopact plugins install`
      missing protoc-gen-tonic     0.5.0      for rust
              `protopact.lock` has no entry for `protoc-gen-tonic` (version 0.5.0 is wanted)
              hint: run `protopact plugins install`
    6 things missing
    --- exit 0
    ");
    let required = run(&["doctor", "--require", "--format", "json"]);
    assert_eq!(required.code, 4);
    let json: serde_json::Value = serde_json::from_str(&required.out).unwrap();
    assert_eq!(json["findings"][0]["version"], "1.26.8");
    assert_eq!(json["findings"][1]["ok"], false);
    assert!(json["cache"].is_null(), "{json}");
    assert!(!lab.env.work().join("protopact.lock").exists());
}
