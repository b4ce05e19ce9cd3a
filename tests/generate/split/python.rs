//! Several Python distributions of one contract.

use std::collections::{BTreeMap, BTreeSet};

use protopact::codegen::sdk;
use protopact::words::Language;

use super::{lab, of_line, shop};
use crate::bom::{around, configured};
use crate::build::{PYRIGHT, run};
use crate::env::TestEnv;
use crate::machine::Machine;

pub(super) const SPLIT: &str = "[generate.python]\npackage = \"acme-contracts\"\n[generate.python.split]\n\
    core = [\"acme.money.*\"]\nusers = [\"acme.user.*\", \"acme.role.v1\"]\n";

/// The modules and stubs in a tree that are made of files of the contract, by their paths where they are installed.
fn modules(made: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&str, &[u8]> {
    let mut found = BTreeMap::new();
    for (path, content) in made.iter().filter(|(path, _)| path.contains("_pb2")) {
        let (_, path) = path.split_once("src/").unwrap();
        assert!(found.insert(path, &**content).is_none(), "{path} is in two distributions");
    }
    found
}

#[test]
fn distributions_are_side_by_side_below_one_import_package() {
    let lab = lab("[generate.python]\npackage = \"acme-contracts\"\n");
    let _ = lab.ok(&["generate", "--as", "1.4.0-rc.1"]);
    let whole = lab.tree("sdk/python");
    assert!(!whole.keys().any(|path| path.starts_with("parts/")));

    configured(&lab, SPLIT);
    let _ = lab.ok(&["generate", "--as", "1.4.0-rc.1"]);
    let made = lab.tree("sdk/python");
    // The same modules by the same names, each in one of them.
    assert_eq!(modules(&made), modules(&whole));
    let beside = |folder: &str| -> BTreeSet<String> {
        let root = format!("{folder}src/acme_contracts/");
        let below = made.keys().filter_map(|path| path.strip_prefix(&root));
        below.filter(|path| !path.contains("_pb2")).map(str::to_owned).collect()
    };
    let set = |all: &[&str]| -> BTreeSet<String> { all.iter().map(|path| (*path).to_owned()).collect() };
    let own = |info: &str| ["__init__.py", "contract.binpb", "py.typed"].map(|name| format!("{info}/{name}"));
    // Where several have files there is no `__init__.py`, and what one has alone says that it is typed.
    let of = |info: &str, more: &[&str]| set(more).into_iter().chain(own(info)).collect::<BTreeSet<_>>();
    assert_eq!(
        beside(""),
        of("contract", &["acme/shop/__init__.py", "acme/shop/py.typed", "acme/shop/v1/__init__.py"])
    );
    assert_eq!(
        beside("parts/core/"),
        of("contract_core", &["acme/money/__init__.py", "acme/money/py.typed", "acme/money/v1/__init__.py"])
    );
    let users = ["role", "user"]
        .map(|name| ["__init__.py", "py.typed", "v1/__init__.py"].map(|file| format!("acme/{name}/{file}")));
    let users = users.concat();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    assert_eq!(beside("parts/users/"), of("contract_users", &users));
    let asks = |folder: &str| {
        let project: toml::Table =
            toml::from_str(&lab.env.read(&format!("sdk/python/{folder}pyproject.toml"))).unwrap();
        let project = project["project"].as_table().unwrap();
        assert_eq!(project["version"].as_str(), Some("1.4.0rc1"));
        let asked = project["dependencies"].as_array().unwrap().iter().filter_map(|one| one.as_str());
        let asked: Vec<String> = asked.filter(|one| one.starts_with("acme")).map(str::to_owned).collect();
        (project["name"].as_str().unwrap().to_owned(), asked)
    };
    let named =
        |name: &str, asked: &[&str]| (name.to_owned(), asked.iter().map(|one| (*one).to_owned()).collect());
    assert_eq!(asks(""), named("acme-contracts", &["acme-contracts-users==1.4.0rc1"]));
    assert_eq!(asks("parts/users/"), named("acme-contracts-users", &["acme-contracts-core==1.4.0rc1"]));
    assert_eq!(asks("parts/core/"), named("acme-contracts-core", &[]));
    let readme = lab.env.read("sdk/python/parts/users/README.md");
    for said in [
        "pip install acme-contracts-users==1.4.0rc1",
        "the part `users`",
        "- `acme-contracts-core`: `acme.money.v1`",
        "`acme_contracts.contract_users` itself holds",
        "Packages: `acme.role.v1`, `acme.user.v1`.",
    ] {
        assert!(readme.contains(said), "{said}: {readme}");
    }

    // What tools leave in a part is no difference, and a change in one is.
    lab.env.write("sdk/python/parts/core/dist/acme.whl", "");
    let _ = lab.ok(&["generate", "--as", "1.4.0-rc.1", "--check"]);
    lab.env.write("sdk/python/parts/core/README.md", "");
    let stale = lab.run(&["generate", "--as", "1.4.0-rc.1", "--check"]);
    assert!(stale.code == 1 && stale.out.contains("sdk/python/parts/core/README.md"), "{stale}");
    let _ = lab.ok(&["generate", "--as", "1.4.0", "--versioned", "--out", "versions"]);
    assert!(lab.env.work().join("versions/python/1.4.0/parts/users/pyproject.toml").is_file());
}

#[test]
fn a_file_in_a_folder_of_several_distributions_is_refused() {
    let lab = lab(SPLIT);
    lab.env.write("proto/acme/common.proto", "syntax = \"proto3\";\n\npackage acme.common;\n");
    lab.env.write("proto/top.proto", "syntax = \"proto3\";\npackage top;\n");
    let output = lab.run(&["generate"]);
    assert_eq!(output.code, 2, "{output}");
    for said in [
        "common.proto:3:1: `acme/common.proto` of the contract's own package `acme-contracts` would be in the Python package \
         `acme_contracts.acme`, in which part `core` has files too",
        "top.proto:2:1: `top.proto` of the contract's own package `acme-contracts` would be in the Python package \
         `acme_contracts`, in which",
    ] {
        assert!(output.err.contains(said), "{said}: {output}");
    }
    assert!(!lab.env.work().join("sdk").exists());
}

#[test]
fn the_data_of_a_distribution_is_not_where_files_of_the_contract_are() {
    let lab = lab(SPLIT);
    lab.env.write(
        "proto/contract/v1/contract.proto",
        "syntax = \"proto3\";\npackage contract.v1;\nmessage M {}\n",
    );
    let _ = lab.ok(&["generate"]);
    let made = lab.tree("sdk/python");
    assert!(made.contains_key("src/acme_contracts/contract/v1/contract_pb2.py"));
    assert!(made.contains_key("src/acme_contracts/contractinfo/contract.binpb"));
    assert!(made.contains_key("parts/core/src/acme_contracts/contractinfo_core/contract.binpb"));
}

#[test]
fn a_service_in_containers_installs_all_distributions() {
    let lab = lab(SPLIT);
    let service = "syntax = \"proto3\";\npackage acme.user.v1;\nimport \"acme/user/v1/user.proto\";\n\
        service Users { rpc Get(User) returns (User); }\n";
    lab.env.write("proto/acme/user/v1/users.proto", service);
    let _ = lab.ok(&["kit", "containers", "-o", "deploy"]);
    let asked = lab.env.read("deploy/python/requirements.txt");
    assert!(asked.ends_with("\n../sdk/parts/core\n../sdk/parts/users\n"), "{asked}");
}

#[test]
#[ignore = "builds packages: ci/sdk"]
fn programs_use_some_distributions_of_a_contract() {
    programs_use_some(sdk::lines_of(Language::Python)[0]);
}

#[test]
#[ignore = "builds packages: ci/sdk --all"]
fn programs_of_older_lines_use_some_distributions_of_a_contract() {
    for line in &sdk::lines_of(Language::Python)[1..] {
        programs_use_some(line);
    }
}

fn programs_use_some(line: &str) {
    let (env, machine) = (TestEnv::new(), Machine::new());
    let work = env.work();
    shop(
        &env,
        &format!(
            "[generate.python]\npackage = \"acme-shop\"\nruntime = {line:?}\n[generate.python.split]\n\
             core = [\"shop.core.*\"]\nbilling = [\"shop.billing.*\"]\n"
        ),
        &of_line(&machine, Language::Python, &[("runtime", line)]),
    );
    let built = env.run_with(&["generate", "--as", "1.0.0", "--build", "--out", "../sdk"], |io| {
        io.env = machine.host.env.clone();
    });
    assert!(built.code == 0 && built.out.contains("1 package built, 0 failed"), "{built}");

    // An environment that is asked for one of them has what that one needs, and nothing else of the contract.
    let folder = around(&work).join("use-parts");
    std::fs::create_dir_all(&folder).unwrap();
    run("python3", &["-m", "venv", "env"], &folder, &machine);
    let python = folder.join("env/bin/python").display().to_string();
    let pip = |arguments: &[&str]| {
        let all = [&["-m", "pip", "--disable-pip-version-check"], arguments].concat();
        run(&python, &all, &folder, &machine)
    };
    for part in ["", "parts/core", "parts/billing"] {
        let project = around(&work).join("sdk/python").join(part).display().to_string();
        pip(&["wheel", "-q", "--no-deps", "-w", "wheels", &project]);
    }
    pip(&[
        "install",
        "-q",
        "--find-links",
        "wheels",
        "acme-shop-billing",
        "mypy",
        "types-protobuf",
        "types-grpcio",
        PYRIGHT,
    ]);
    let installed = pip(&["list"]);
    let ours: Vec<&str> = installed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| name.starts_with("acme"))
        .collect();
    assert_eq!(ours, ["acme-shop-billing", "acme-shop-core"]);
    let runtime =
        run(&python, &["-c", "import google.protobuf as p; print(p.__version__)"], &folder, &machine);
    assert!(runtime.starts_with(&format!("{line}.")), "{runtime}");
    let program = "from acme_shop.contract_billing import CONTRACT_VERSION, descriptor_set\n\
        from acme_shop.shop.billing.v1 import billing_pb2, billing_pb2_grpc\n\
        from acme_shop.shop.core.v1 import core_pb2\n\n\
        price = core_pb2.Price(note=\"paid\")\n\
        bill = billing_pb2.Bill(price=price, parts=[core_pb2.Price.Part(of=2)], kind=core_pb2.Price.KIND_NET)\n\
        note: str = bill.price.note\n\
        print(note, CONTRACT_VERSION, len(descriptor_set()) > 0, billing_pb2_grpc.BillingStub.__module__)\n";
    std::fs::write(folder.join("program.py"), program).unwrap();
    // Where types are not found nothing is wrong with this one.
    std::fs::write(folder.join("wrong.py"), program.replace("note: str =", "note: int =")).unwrap();
    let said = run(&python, &["program.py"], &folder, &machine);
    assert_eq!(said.trim(), "paid 1.0.0 True acme_shop.shop.billing.v1.billing_pb2_grpc");
    let strict = "{\"typeCheckingMode\": \"strict\", \"reportMissingModuleSource\": true}";
    std::fs::write(folder.join("pyrightconfig.json"), strict).unwrap();
    for checker in [&["mypy", "--strict"][..], &["basedpyright", "--pythonpath", &python]] {
        let call = |file| [&["-m"], checker, &[file]].concat();
        run(&python, &call("program.py"), &folder, &machine);
        let wrong = fails(&python, &call("wrong.py"), &folder);
        assert!(wrong.contains("wrong.py:7"), "{checker:?}: {wrong}");
    }
    // Each goes by itself.
    pip(&["uninstall", "-q", "-y", "acme-shop-billing"]);
    let rest = "from acme_shop.shop.core.v1 import core_pb2; import acme_shop.contract_core; print(core_pb2.Price(note='x').note)";
    assert_eq!(run(&python, &["-c", rest], &folder, &machine).trim(), "x");
    let lost = fails(&python, &["-c", "import acme_shop.shop.billing.v1"], &folder);
    assert!(lost.contains("ModuleNotFoundError"), "{lost}");
}

/// What a program says that fails.
fn fails(program: &str, arguments: &[&str], folder: &std::path::Path) -> String {
    #[expect(clippy::disallowed_methods, reason = "the languages' own tools run the program")]
    let output = std::process::Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(!output.status.success(), "{program} {arguments:?}");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
