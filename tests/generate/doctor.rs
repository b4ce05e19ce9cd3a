//! What `doctor` asks of the tools: those that are wanted, at the versions that packages ask for.

use serde_json::Value;

use crate::env::Output;
use crate::lab::Lab;

/// Runs with the programs of the lab alone.
fn run(lab: &Lab, args: &[&str]) -> Output {
    let path = lab.env.work().join("bin");
    lab.env.run_with(args, |io| {
        io.env.insert("PATH".into(), path.into());
        io.width = None;
    })
}

/// The tools that are told: name, whether they will do, version, at least.
fn tools(lab: &Lab, args: &[&str]) -> Vec<(String, bool, String, String)> {
    let args = [&["doctor", "--format", "json"], args].concat();
    let json: Value = serde_json::from_str(&run(lab, &args).out).unwrap();
    let word = |f: &Value, key: &str| f[key].as_str().unwrap_or("-").to_owned();
    let tools = json["findings"].as_array().unwrap().iter().filter(|f| f["kind"] == "toolchain");
    tools.map(|f| (word(f, "name"), f["ok"] == true, word(f, "version"), word(f, "at_least"))).collect()
}

const PYTHON: &str = "case \"$2\" in pip) echo 'pip 24.0 from /x (python 3.12)';; --version) ;; *) \
                      case \"$1\" in --version) echo Python 3.12.1;; esac;; esac";

#[test]
fn a_contract_for_python_asks_for_python_alone() {
    let lab = Lab::new("[generate.python]\npackage = \"x\"\n");
    lab.script("bin/python3", PYTHON);
    let told = tools(&lab, &[]);
    let names: Vec<&str> = told.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["python3", "pip", "venv"]);
    assert!(told.iter().all(|(_, ok, ..)| *ok), "{told:?}");
    let told = run(&lab, &["doctor"]).out;
    assert!(told.contains("protoc               36.2       for python\n"), "{told}");
}

#[test]
fn tools_below_what_packages_ask_for_are_told_with_the_way_out() {
    let lab = Lab::new("");
    lab.script("bin/go", "echo go version go1.24.3 linux/amd64");
    lab.script("bin/java", "echo 'openjdk version \"1.8.0_292\"' >&2");
    lab.script("bin/javac", "echo javac 1.8.0_292 >&2");
    lab.script("bin/mvn", "echo Apache Maven 3.6.0");
    lab.script(
        "bin/python3",
        "[ \"$1\" = --version ] && echo Python 3.9.18 || { echo No module named x >&2; exit 1; }",
    );
    lab.script("bin/cargo", "echo cargo 1.87.0");
    lab.script("bin/rustc", "echo rustc 1.87.0");
    let text = |parts: [&str; 3]| (parts[0].to_owned(), false, parts[1].to_owned(), parts[2].to_owned());
    let old = [
        ["go", "1.24.3", "1.26.0"],
        ["java", "1.8.0_292", "11"],
        ["javac", "1.8.0_292", "11"],
        ["mvn", "3.6.0", "3.6.3"],
        ["python3", "3.9.18", "3.10"],
        ["pip", "-", "-"],
        ["venv", "-", "-"],
        ["cargo", "1.87.0", "1.88"],
        ["rustc", "1.87.0", "1.88"],
    ];
    assert_eq!(tools(&lab, &[]), old.map(text));
    let output = run(&lab, &["doctor", "--require", "--lang", "go,python"]);
    assert_eq!(output.code, 4);
    for line in [
        "  too old go                   1.24.3     for go\n          packages need 1.26.0 or later\n          hint: install Go, 1.26.0 or later\n",
        "  missing pip                  -          for python\n          `pip` failed (exit status: 1): No module named x\n          hint: run `python3 -m ensurepip`",
        "missing or too old\n",
    ] {
        assert!(output.out.contains(line), "{output}");
    }
    assert!(!output.out.contains("javac"), "{output}");
}

#[test]
fn a_plugin_of_ones_own_asks_for_what_gets_it() {
    let lab = Lab::new("[[generate.plugin]]\nprotoc-builtin = \"java\"\nout = \"gen\"\n");
    assert_eq!(tools(&lab, &[]), []);
    let lab = Lab::new("[[generate.plugin]]\nprotoc-builtin = \"grpc_python\"\nout = \"gen\"\n");
    let told = run(&lab, &["doctor"]).out;
    assert!(told.contains("missing python3              -          for grpcio-tools\n"), "{told}");
    assert!(!told.contains("cargo"), "{told}");
}

#[test]
fn plugins_of_a_template_are_looked_for_and_nothing_else() {
    let lab = Lab::new("");
    std::fs::write(lab.env.work().join("protopact.toml"), "[contract]\nroots = [\"proto\"]\n").unwrap();
    lab.env.write(
        "buf.gen.yaml",
        "version: v2\nplugins:\n  - local: protoc-gen-go\n    out: gen\n  - local: ./tools/own\n    out: gen\n  - protoc_builtin: java\n    out: gen\n",
    );
    lab.script("bin/protoc-gen-go", "exit 0");
    assert_eq!(tools(&lab, &[]), [], "a template needs no toolchain");
    let told = run(&lab, &["doctor"]).out;
    assert!(told.contains("ok      protoc-gen-go        -          for generate\n"), "{told}");
    assert!(told.contains("missing ./tools/own          -          for generate\n"), "{told}");
    assert!(told.contains("buf.gen.yaml:6:10 names it, and it is not there"), "{told}");
    // What `generate` would refuse is told with its reason.
    lab.env.write(
        "buf.gen.yaml",
        "version: v2\nplugins:\n  - remote: buf.build/protocolbuffers/go\n    out: gen\n",
    );
    let told = run(&lab, &["doctor"]);
    assert!(told.out.contains("missing buf.gen.yaml"), "{}", told.out);
    assert_eq!(run(&lab, &["doctor", "--require"]).code, 4);
}
