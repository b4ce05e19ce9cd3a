//! Configuration files.

use crate::lab::{GOOD, Lab};

/// A contract with a configuration.
fn with(name: &str, text: impl AsRef<[u8]>) -> Lab {
    let lab = Lab::new();
    lab.write("bad/bad.proto", GOOD);
    lab.write(format!("bad/{name}"), text);
    lab
}

#[test]
fn wrong_in_the_simplest_ways() {
    for (text, place) in [
        ("[contract\n", "bad/protopact.toml:1:"),
        ("[check]\nagainst = \"a\"\nagainst = \"b\"\n", "bad/protopact.toml:3:"),
        ("[check]\n[check]\n", "bad/protopact.toml:2:"),
        ("[chekc]\n", "bad/protopact.toml:1:"),
        ("[check]\ndeny = 1\n", "bad/protopact.toml:2:"),
        ("[check]\ndeny = [\"wire\", 1]\n", "bad/protopact.toml:2:"),
        ("[contract]\nroots = [\"../..\"]\n", "bad/protopact.toml:2:"),
        ("[contract]\nroots = [\"/etc\"]\n", "bad/protopact.toml:2:"),
        ("[contract]\nroots = [\"a\\u0000b\"]\n", "bad/protopact.toml:2:"),
        ("[check]\nignore = [\"[\"]\n", "bad/protopact.toml:2:"),
        ("[release]\ntag = \"none\"\n", "bad/protopact.toml:2:"),
    ] {
        for ran in with("protopact.toml", text).everywhere("bad") {
            ran.ends(2);
            ran.says(&[place]);
        }
    }
    for text in [
        "version: v2\nmodules: [\n",
        "version: v2\nversion: v1\n",
        "version: v9\n",
        "version: v2\nmodules:\n  - path: ../..\n",
        "version: v2\nmodules:\n  - path: /etc\n",
        "version: v2\nbreaking: 5\n",
    ] {
        for ran in with("buf.yaml", text).everywhere("bad") {
            ran.ends(2);
            ran.says(&["bad/buf.yaml"]);
        }
    }
}

#[test]
fn text_that_is_none() {
    for name in ["protopact.toml", "buf.yaml", "buf.work.yaml"] {
        for bytes in
            [b"\0\0\0\0".as_slice(), b"\xff\xfe[\0c\0", b"version: v2\0\n", &[0xff; 1000], b"\x1b[2J"]
        {
            for ran in with(name, bytes).everywhere("bad") {
                ran.ends(2);
                ran.says(&[name]);
            }
        }
    }
}

#[test]
fn a_billion_laughs() {
    let mut bomb = String::from("version: v2\na: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (next, last) in ('b'..='k').zip('a'..) {
        bomb += &format!(
            "{next}: &{next} [*{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}, *{last}]\n"
        );
    }
    for ran in with("buf.yaml", &bomb).everywhere("bad") {
        ran.ends(2);
    }
    let mut bomb = String::from("version: v2\nbreaking:\n  use: &a [FILE]\n  except: *a\n  ignore: &b [");
    bomb += &"*a, ".repeat(100_000);
    bomb += "x]\n";
    for ran in with("buf.yaml", &bomb).everywhere("bad") {
        ran.ends(2);
    }
    with("buf.yaml", "version: v2\nbreaking: &a\n  use: *a\n").refused("bad", 2, &["buf.yaml"]);
    with("buf.yaml", "version: v2\n<<: &a\n  <<: *a\n").refused("bad", 2, &["buf.yaml"]);
}

#[test]
fn nesting_and_numbers_without_end() {
    let deep = "[".repeat(100_000);
    for (name, text) in [
        ("protopact.toml", format!("x = {deep}\n")),
        ("protopact.toml", format!("x = {}\n", "{a=".repeat(100_000))),
        ("protopact.toml", format!("[{}a]\n", "a.".repeat(100_000))),
        ("protopact.toml", format!("{}a = 1\n", "a.".repeat(100_000))),
        ("protopact.toml", format!("x = {}\n", "9".repeat(1_000_000))),
        ("protopact.toml", format!("x = 1e{}\n", "9".repeat(1_000_000))),
        ("buf.yaml", format!("version: {deep}\n")),
        ("buf.yaml", format!("version: v2\nmodules: {}\n", "{a: ".repeat(100_000))),
        ("buf.yaml", format!("version: {}\n", "9".repeat(1_000_000))),
        ("buf.yaml", "- ".repeat(100_000)),
        ("buf.yaml", (0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect()),
        ("buf.work.yaml", format!("version: v1\ndirectories: {deep}\n")),
    ] {
        let lab = with(name, text);
        for ran in [lab.run(&["build", "bad"]), lab.run(&["check", "good", "--against", "bad"])] {
            ran.ends(2);
            ran.says(&[name]);
            assert!(ran.err.len() < 1 << 16, "{}: {} bytes", ran.what, ran.err.len());
        }
    }
}

#[test]
fn large_files_and_many_things() {
    for name in ["protopact.toml", "buf.yaml", "buf.work.yaml"] {
        let lab = with(name, " ".repeat(5 << 20));
        for ran in [lab.run(&["build", "bad"]), lab.run(&["check", "good", "--against", "bad"])] {
            ran.ends(2);
            ran.says(&[name, "too large"]);
        }
    }
    let roots: String = (0..20_000).map(|i| format!("\"r{i}\",")).collect();
    let lab = with("protopact.toml", format!("[contract]\nroots = [{roots}]\n"));
    assert!(matches!(lab.run(&["build", "bad"]).code, Some(0 | 2)));
    let globs: String = (0..2_000).map(|i| format!("\"{}x{i}\",", "**/".repeat(20))).collect();
    let lab = with("protopact.toml", format!("[check]\nuse = [\"FILE\"]\nignore = [{globs}]\n"));
    assert!(lab.run(&["check", "bad", "--against", "good"]).code.is_some());
    let policies: String =
        (0..1_000).map(|i| format!("[policy.\"{}x{i}\"]\ndeny = []\n", "**.*".repeat(20))).collect();
    let lab = with("protopact.toml", policies);
    assert!(lab.run(&["check", "bad", "--against", "good"]).code.is_some());
    let glob = "{a,b}".repeat(5_000);
    let lab = with("protopact.toml", format!("[check]\nuse = [\"FILE\"]\nignore = [\"{glob}\"]\n"));
    assert!(lab.run(&["check", "bad", "--against", "good"]).code.is_some());
}

#[test]
fn what_is_said_of_a_configuration_is_for_terminals() {
    for (name, text) in [
        ("protopact.toml", "[check]\nuse = [\"\\u001b]0;x\\u0007\"]\n"),
        ("buf.yaml", "version: v2\nbreaking:\n  use: [\"NO_SUCH\\e[2J\"]\n"),
    ] {
        let ran = with(name, text).run(&["check", "bad", "--against", "good"]);
        ran.ends(2);
        ran.says(&[&format!("bad/{name}:"), "hint"]);
    }
    for text in ["\"\\u001b[2J\" = 1\n", "[\"\\u202e\"]\n"] {
        with("protopact.toml", text).refused("bad", 2, &["bad/protopact.toml"]);
    }
    with("buf.yaml", "version: v2\n\"\\e[2J\": 1\n").refused("bad", 2, &["bad/buf.yaml"]);
    let lab = Lab::new();
    for text in [
        "[\u{1b}[2J",
        "{\"version\":\"\\u001b[2J\"}",
        "version: \"\\e[2J\"",
        "{",
        "\0",
        "/dev/zero",
        "/dev/stdin",
    ] {
        let ran = match text.contains('\0') {
            true => continue,
            false => lab.run(&["build", "good", "--config", text]),
        };
        assert!(ran.code.is_some_and(|c| c != 1), "{}: {:?}", ran.what, ran.code);
    }
}
