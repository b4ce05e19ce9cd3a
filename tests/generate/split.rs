//! Several packages of one contract.

mod python;
mod rust;

use std::collections::BTreeMap;

use protopact::codegen::plugin::{Lock, spec};
use protopact::codegen::{Target, sdk};
use protopact::words::Language;

use crate::bom::{all, around, configured, consumer, released};
use crate::build::run;
use crate::env::TestEnv;
use crate::lab::Lab;
use crate::machine::Machine;

const SPLIT: &str = "[generate.java]\ngroup = \"com.acme\"\n[generate.java.split]\ncore = [\"acme.money.*\"]\n\
    users = [\"acme.user.*\", \"acme.role.v1\"]\n";

/// What languages have that split a contract, as [`SPLIT`] does.
const ALL: [&str; 3] = [SPLIT, python::SPLIT, rust::SPLIT];

fn lab(java: &str) -> Lab {
    let lab = Lab::new("");
    lab.env.write(
        "proto/acme/shop/v1/shop.proto",
        "syntax = \"proto3\";\npackage acme.shop.v1;\nimport \"acme/user/v1/user.proto\";\nmessage Shop {\n  acme.user.v1.User owner = 1;\n}\n",
    );
    lab.env.write(
        "proto/acme/role/v1/role.proto",
        "syntax = \"proto3\";\npackage acme.role.v1;\nenum Role { ROLE_UNKNOWN = 0; }\n",
    );
    configured(&lab, java);
    lab.lock();
    lab
}

/// The sources in a tree, by their paths below the folder for them.
fn sources(made: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&str, &[u8]> {
    let source = |(path, content)| -> Option<(&str, &[u8])> {
        let (path, content): (&String, &Vec<u8>) = (path, content);
        Some((path.split_once("src/main/java/")?.1, content))
    };
    made.iter().filter_map(source).collect()
}

#[test]
fn every_part_has_its_files_and_asks_for_the_parts_that_it_needs() {
    let lab = lab("[generate.java]\ngroup = \"com.acme\"\n");
    let _ = lab.ok(&["generate", "--as", "1.4.0"]);
    let whole = lab.tree("sdk/java");
    assert!(!whole.keys().any(|path| path.starts_with("parts/")));

    configured(&lab, &format!("{SPLIT}[generate.java.bom]\nartifact = \"acme-bom\"\n"));
    let _ = lab.ok(&["generate", "--as", "1.4.0"]);
    let made = lab.tree("sdk/java");
    // The same sources, each in one of the projects.
    assert_eq!(sources(&made), sources(&whole));
    let java = |folder: &str| {
        let folder = format!("{folder}src/main/java/com/acme/acme/");
        let names =
            made.keys().filter_map(|path| Some(path.strip_prefix(&folder)?.split('/').next()?.to_owned()));
        names.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(java(""), ["shop"]);
    assert_eq!(java("parts/core/"), ["money"]);
    assert_eq!(java("parts/users/"), ["role", "user"]);
    let asks = |folder: &str| {
        let pom = String::from_utf8_lossy(&made[&format!("{folder}pom.xml")]).into_owned();
        let (_, asked) = pom.split_once("<dependencies>").unwrap();
        let (asked, _) = asked.split_once("</dependencies>").unwrap();
        let named = all(asked, "artifactId").into_iter().zip(all(asked, "version"));
        named
            .filter(|(name, _)| name.starts_with("acme"))
            .map(|(name, v)| format!("{name} {v}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(asks(""), ["acme-contracts-users 1.4.0"]);
    assert_eq!(asks("parts/users/"), ["acme-contracts-core 1.4.0"]);
    assert_eq!(asks("parts/core/"), <[&str; 0]>::default());
    assert_eq!(
        asks("bom/"),
        ["acme-contracts 1.4.0", "acme-contracts-core 1.4.0", "acme-contracts-users 1.4.0"]
    );
    let together = lab.env.read("sdk/java/parts/pom.xml");
    assert_eq!(all(&together, "module"), ["core", "users", "..", "../bom"]);
    for part in ["core", "users"] {
        for path in [
            "pom.xml".to_owned(),
            "LICENSE".to_owned(),
            format!("src/main/resources/META-INF/contracts/com.acme/acme-contracts-{part}/contract.binpb"),
        ] {
            assert!(made.contains_key(&format!("parts/{part}/{path}")), "{part}: {path}");
        }
    }
    let readme = lab.env.read("sdk/java/README.md");
    assert!(readme.contains("- `com.acme:acme-contracts-users`: `acme.role.v1`, `acme.user.v1`"), "{readme}");
    let _ = lab.ok(&["generate", "--as", "1.4.0", "--check"]);
}

#[test]
fn a_service_in_containers_asks_for_all_parts() {
    let lab = lab(SPLIT);
    let service = "syntax = \"proto3\";\npackage acme.user.v1;\nimport \"acme/user/v1/user.proto\";\n\
        service Users { rpc Get(User) returns (User); }\n";
    lab.env.write("proto/acme/user/v1/users.proto", service);
    let _ = lab.ok(&["kit", "containers", "-o", "deploy"]);
    let pom = lab.env.read("deploy/java/pom.xml");
    for artifact in ["acme-contracts", "acme-contracts-core", "acme-contracts-users"] {
        assert!(all(&pom, "artifactId").contains(&artifact), "{artifact}: {pom}");
    }
    assert!(all(&lab.env.read("deploy/java/all/pom.xml"), "module").contains(&"../../sdk/parts"));
    configured(&lab, "[generate.java]\ngroup = \"com.acme\"\n");
    let _ = lab.ok(&["kit", "containers", "-o", "whole"]);
    assert!(all(&lab.env.read("whole/java/all/pom.xml"), "module").contains(&"../../sdk"));
}

#[test]
fn parts_that_need_each_other_are_refused_with_their_imports() {
    for section in ALL {
        in_a_circle(section);
    }
}

fn in_a_circle(section: &str) {
    let lab = lab(section);
    // Money needs a role, and a user has money.
    let role = "import \"acme/role/v1/role.proto\";\nmessage Money {";
    let money = crate::lab::MONEY.replace("message Money {", role);
    lab.env.write("proto/acme/money/v1/money.proto", &money);
    let output = lab.run(&["generate"]);
    assert_eq!(output.code, 2, "{output}");
    for said in [
        "money.proto:7:1: part `core` imports `acme/role/v1/role.proto` of part `users`, which needs part `core` itself",
        "user.proto:5:1: part `users` imports `acme/money/v1/money.proto` of part `core`, which needs part `users` itself",
    ] {
        assert!(output.err.contains(said), "{said}: {output}");
    }
    assert!(!output.err.contains("shop.proto"), "it is in no circle: {output}");
    assert!(!lab.env.work().join("sdk").exists());
}

#[test]
fn parts_that_have_nothing_or_the_same_are_refused() {
    for section in ALL {
        nothing_or_the_same(section.split_once("[generate.").unwrap().1.split_once("\n[").unwrap().0);
    }
}

fn nothing_or_the_same(section: &str) {
    let lab = lab("");
    let told = |parts: &str| {
        configured(&lab, &format!("[generate.{section}\nsplit = {{ {parts} }}\n"));
        let output = lab.run(&["generate", "--dry-run"]);
        assert_eq!(output.code, 1, "{output}");
        output.to_string()
    };
    let none = told("core = [\"acme.core\"]");
    assert!(none.contains("no package of the contract is in part `core`"), "{none}");
    let twice = told("core = [\"acme.money.*\"], more = [\"acme.**.v1\"]");
    assert!(twice.contains("package `acme.money.v1` is in part `core` and in part `more`"), "{twice}");
    let every = told("every = [\"acme.**\"]");
    assert!(every.contains("nothing stays in `acme-contracts`"), "{every}");
}

/// A contract of three packages with a section that splits it in two parts and the rest, committed: prices in the core, what
/// bills need in another part, and pages of both in no part.
fn shop(env: &TestEnv, section: &str, lock: &Lock) {
    let file = |package: &str, more: &str| {
        let path = format!("proto/shop/{package}/v1/{package}.proto");
        env.write(&path, &format!("syntax = \"proto3\";\npackage shop.{package}.v1;\n{more}"));
    };
    let imports = |name: &str| format!("import \"shop/{name}/v1/{name}.proto\";\n");
    file(
        "core",
        "import \"google/type/money.proto\";\nmessage Price {\n  google.type.Money money = 1;\n  string note = 2;\n  \
         message Part { int32 of = 1; }\n  enum Kind { KIND_UNKNOWN = 0; KIND_NET = 1; }\n}\n",
    );
    file(
        "billing",
        &format!(
            "{}message Bill {{\n  core.v1.Price price = 1;\n  repeated core.v1.Price.Part parts = 2;\n  \
             core.v1.Price.Kind kind = 3;\n}}\nservice Billing {{ rpc Pay(Bill) returns (core.v1.Price); }}\n",
            imports("core")
        ),
    );
    file("front", &format!("{}message Page {{\n  billing.v1.Bill bill = 1;\n}}\n", imports("billing")));
    env.write(
        "proto/google/type/money.proto",
        "syntax = \"proto3\";\npackage google.type;\noption java_package = \"com.google.type\";\n\
        option java_multiple_files = true;\noption java_outer_classname = \"MoneyProto\";\n\
        message Money {\n  string currency_code = 1;\n  int64 units = 2;\n  int32 nanos = 3;\n}\n",
    );
    env.write(
        "protopact.toml",
        &format!(
            "[contract]\nname = \"acme/shop\"\nroots = [\"proto\"]\n[generate]\nlicence = \"Apache-2.0\"\n{section}"
        ),
    );
    env.write("protopact.lock", &lock.render());
    env.commit("shop");
}

/// The lock of what a line of a language's runtime, with these keys, is made with.
fn of_line(machine: &Machine, language: Language, keys: &[(&str, &str)]) -> Lock {
    machine.lock(&spec::needed_for(&[Target::new(language, keys)], true))
}

#[test]
#[ignore = "publishes and builds packages: ci/sdk"]
fn java_programs_use_some_parts_of_a_contract() {
    java_programs_use_some(sdk::lines_of(Language::Java)[0], "com.acme.parted");
}

#[test]
#[ignore = "publishes and builds packages: ci/sdk --all"]
fn java_programs_of_older_lines_use_some_parts_of_a_contract() {
    for line in &sdk::lines_of(Language::Java)[1..] {
        java_programs_use_some(line, "com.acme.older");
    }
}

/// Publishes and builds below a group that is this test's alone.
fn java_programs_use_some(line: &str, group: &str) {
    let (env, machine) = (TestEnv::new(), Machine::new());
    let work = env.work();
    let keys = [("runtime", line), ("kotlin", "true"), ("coroutines", "true")];
    shop(
        &env,
        &format!(
            "[generate.java]\ngroup = \"{group}\"\nruntime = {line:?}\nkotlin = true\ncoroutines = true\n[generate.java.split]\ncore = [\"shop.core.*\"]\n\
             billing = [\"shop.billing.*\"]\n[generate.java.bom]\nartifact = \"shop-bom\"\n[release]\n\
             to = [\"maven+file:../m2\"]\n"
        ),
        &of_line(&machine, Language::Java, &keys),
    );
    let home = machine.host.var("HOME").unwrap();
    let kept = std::path::Path::new(home).join(".m2/repository").join(group.replace('.', "/"));
    let _ = std::fs::remove_dir_all(&kept);

    let built = env.run_with(&["generate", "--as", "1.0.0", "--build", "--out", "../sdk"], |io| {
        io.env = machine.host.env.clone();
    });
    assert!(built.code == 0 && built.out.contains("1 package built, 0 failed"), "{built}");
    released(&env, "", "1.0.0", &machine);
    let folder = consumer(
        "use-parts",
        (group, "shop-bom", "1.0.0"),
        &[&format!("{group}:acme-shop-billing")],
        &format!(
            "System.out.println({group}.shop.billing.v1.Bill.newBuilder().setPrice({group}.shop.core.v1.Price.newBuilder()\
             .setNote(\"paid\").setMoney(com.google.type.Money.newBuilder().setUnits(2))).build());\n    \
             System.out.println({group}.shop.billing.v1.BillingGrpc.SERVICE_NAME);"
        ),
        &work,
        &machine,
    );
    let path = std::fs::read_to_string(folder.join("classpath")).unwrap();
    let said = run("java", &["-cp", &format!("target/classes:{path}"), "Use"], &folder, &machine);
    assert!(said.contains("paid") && said.contains("shop.billing.v1.Billing"), "{said}");
    assert!(
        path.contains("acme-shop-billing-1.0.0.jar") && path.contains("acme-shop-core-1.0.0.jar"),
        "{path}"
    );
    assert!(!path.contains("acme-shop-1.0.0.jar"), "nobody asked for the rest: {path}");
    assert!(path.contains(&format!("protobuf-java-{line}.")), "{path}");
    let there = around(&work).join("m2").join(group.replace('.', "/"));
    for artifact in ["acme-shop", "acme-shop-core", "acme-shop-billing", "shop-bom"] {
        assert!(there.join(artifact).join(format!("1.0.0/{artifact}-1.0.0.pom")).is_file(), "{artifact}");
    }
    assert!(!there.join("acme-shop-parts").exists(), "what builds them all is for nobody");
    // The same again is nothing to do.
    let again = env.run_with(&["release", "--from", "v1.0.0"], |io| io.env = machine.host.env.clone());
    assert!(again.code == 0 && again.out.contains("has it already"), "{again}");
    let _ = std::fs::remove_dir_all(&kept);
}
