//! Several crates of one contract.

use std::collections::BTreeMap;

use protopact::codegen::plugin::lock::Entry;
use protopact::codegen::plugin::{Lock, spec};
use protopact::codegen::{Target, sdk};
use protopact::words::Language;

use super::{lab, of_line, shop};
use crate::bom::{around, configured};
use crate::build::run;
use crate::env::TestEnv;
use crate::machine::Machine;

pub(super) const SPLIT: &str = "[generate.rust]\ncrate = \"acme-contracts\"\n[generate.rust.split]\n\
    core = [\"acme.money.v1\"]\nusers = [\"acme.user.*\", \"acme.role.v1\"]\n";

/// What a file has to say.
fn says(made: &BTreeMap<String, Vec<u8>>, path: &str, said: &[&str]) {
    let text = String::from_utf8_lossy(&made[path]);
    for one in said {
        assert!(text.contains(one), "{path}: {one}: {text}");
    }
}

#[test]
fn crates_name_the_types_of_others_where_they_are() {
    let lab = lab(SPLIT);
    let service = "syntax = \"proto3\";\npackage acme.user.v1;\nimport \"acme/user/v1/user.proto\";\n\
        import \"acme/money/v1/money.proto\";\nservice Users { rpc Pay(acme.money.v1.Money) returns (User); }\n";
    lab.env.write("proto/acme/user/v1/users.proto", service);
    // A package whose name begins with that of another part's, which nobody is told of as a package therefore; and a part
    // that comes by way of a public import alone.
    lab.env.write(
        "proto/acme/money/v1/odd/odd.proto",
        "syntax = \"proto3\";\npackage acme.money.v1.odd;\nimport \"acme/user/v1/handed.proto\";\n\
         message Odd { acme.money.v1.Money money = 1; Odd odd = 2; }\n",
    );
    lab.env.write(
        "proto/acme/user/v1/handed.proto",
        "syntax = \"proto3\";\npackage acme.user.v1;\nimport public \"acme/money/v1/money.proto\";\n",
    );
    let _ = lab.ok(&["generate", "--as", "1.4.0"]);
    let made = lab.tree("sdk/rust");
    let proto = |folder: &str| {
        let root = format!("{folder}src/proto/");
        made.keys().filter_map(|path| path.strip_prefix(&root)).collect::<Vec<_>>()
    };
    assert_eq!(proto(""), ["acme.money.v1.odd.rs", "acme.shop.v1.rs"]);
    assert_eq!(proto("parts/core/"), ["acme.money.v1.rs"]);
    assert_eq!(proto("parts/users/"), ["acme.role.v1.rs", "acme.user.v1.rs", "acme.user.v1.tonic.rs"]);
    says(&made, "src/proto/acme.shop.v1.rs", &["::acme_contracts_users::acme::user::v1::User"]);
    let odd = ["::acme_contracts_core::acme::money::v1::Money", "Box<Odd>"];
    says(&made, "src/proto/acme.money.v1.odd.rs", &odd);
    let calls = ["::acme_contracts_core::acme::money::v1::Money", "super::User"];
    says(&made, "parts/users/src/proto/acme.user.v1.tonic.rs", &calls);
    let asks = |folder: &str| {
        let said: toml::Table =
            toml::from_str(&lab.env.read(&format!("sdk/rust/{folder}Cargo.toml"))).unwrap();
        let text = |table: &toml::Value, key: &str| table[key].as_str().unwrap().to_owned();
        assert_eq!(text(&said["package"], "version"), "1.4.0");
        let asked = said["dependencies"].as_table().unwrap().iter();
        let asked = asked.filter(|(name, _)| name.starts_with("acme"));
        let one = |(name, table): (&String, &toml::Value)| {
            format!("{name} {} {}", text(table, "version"), text(table, "path"))
        };
        (text(&said["package"], "name"), asked.map(one).collect::<Vec<_>>())
    };
    let named = |name: &str, asked: &[&str]| {
        (name.to_owned(), asked.iter().map(|one| format!("acme-contracts-{one}")).collect::<Vec<_>>())
    };
    assert_eq!(asks(""), named("acme-contracts", &["core =1.4.0 parts/core", "users =1.4.0 parts/users"]));
    assert_eq!(asks("parts/users/"), named("acme-contracts-users", &["core =1.4.0 ../core"]));
    assert_eq!(asks("parts/core/"), named("acme-contracts-core", &[]));
    // Features are those of the services that a crate has.
    says(&made, "parts/users/Cargo.toml", &["acme-user-v1-client"]);
    assert!(!String::from_utf8_lossy(&made["parts/core/Cargo.toml"]).contains("[features]"));
    let readme = [
        "acme-contracts-core = \"1.4.0\"",
        "acme_contracts_core::acme::money::v1::Money",
        "the part `users`",
        "- `acme-contracts-core`: `acme.money.v1`",
    ];
    says(&made, "parts/users/README.md", &readme);

    lab.env.write("sdk/rust/parts/core/Cargo.lock", "");
    let _ = lab.ok(&["generate", "--as", "1.4.0", "--check"]);
    let _ = lab.ok(&["kit", "containers", "-o", "deploy"]);
    let manifest = lab.env.read("deploy/rust/Cargo.toml");
    for said in [
        "sdk = { package = \"acme-contracts\", path = \"../sdk\", default-features = false }",
        "sdk_users = { package = \"acme-contracts-users\", path = \"../sdk/parts/users\", default-features = false, \
         features = [\"server\"] }",
        "sdk_core = { package = \"acme-contracts-core\", path = \"../sdk/parts/core\", default-features = false }",
    ] {
        assert!(manifest.contains(said), "{said}: {manifest}");
    }
    let code = lab.env.read("deploy/rust/src/services.rs");
    let named = ["sdk_core::acme::money::v1::Money", "sdk_users::acme::user::v1"];
    assert!(named.iter().all(|name| code.contains(name)), "{code}");
}

/// The same with serde, and with crates that hand on what they need.
fn with_options(section: &str) -> String {
    section.replace("[generate.rust.split]", "serde = true\nre-exports = true\n[generate.rust.split]")
}

#[test]
fn crates_with_serde_and_re_exports_hand_on_the_others() {
    let lab = lab(SPLIT);
    let mut lock = Lock::parse(&lab.env.read("protopact.lock")).unwrap();
    let target = Target::new(Language::Rust, &[("serde", "true")]);
    for plugin in spec::needed_for(&[target], false) {
        let (version, source) = (plugin.version.to_owned(), plugin.source.as_str().to_owned());
        lock.plugin.entry(plugin.name.to_owned()).or_insert(Entry { version, source, ..Entry::default() });
    }
    lab.env.write("protopact.lock", &lock.render());
    configured(&lab, &with_options(SPLIT));
    let _ = lab.ok(&["generate", "--as", "1.4.0"]);
    let made = lab.tree("sdk/rust");
    says(&made, "src/lib.rs", &["pub use ::acme_contracts_users;"]);
    says(&made, "parts/users/src/lib.rs", &["pub use ::acme_contracts_core;"]);
    says(&made, "parts/users/src/proto/acme.user.v1.serde.rs", &["impl ::serde::Serialize for User"]);
    assert!(!made.contains_key("parts/users/src/proto/acme.money.v1.serde.rs"));

    // A package of the contract cannot be called like a crate that is handed on.
    let package = "acme_contracts_core";
    let text = format!("syntax = \"proto3\";\npackage {package}.v1;\nmessage M {{}}\n");
    lab.env.write(&format!("proto/{package}/v1/x.proto"), &text);
    let refused = lab.run(&["generate"]);
    assert!(refused.code == 2 && refused.err.contains(&format!("`{package}` at the top")), "{refused}");
}

#[test]
fn the_name_of_a_part_has_room_in_that_of_a_crate() {
    let long = "a".repeat(60);
    let lab = lab(&SPLIT.replace("acme-contracts", &long));
    let refused = lab.run(&["generate"]);
    assert!(
        refused.code == 2 && refused.err.contains(&format!("`{long}-core` is no crate name")),
        "{refused}"
    );
}

#[test]
#[ignore = "builds packages: ci/sdk"]
fn programs_use_some_crates_of_a_contract() {
    for serde in [false, true] {
        programs_use_some(sdk::lines_of(Language::Rust)[0], serde);
    }
}

#[test]
#[ignore = "builds packages: ci/sdk --all"]
fn programs_of_older_lines_use_some_crates_of_a_contract() {
    for line in &sdk::lines_of(Language::Rust)[1..] {
        programs_use_some(line, false);
    }
}

fn programs_use_some(line: &str, serde: bool) {
    let (env, machine) = (TestEnv::new(), Machine::new());
    let work = env.work();
    let keys: &[(&str, &str)] = if serde { &[("serde", "true")] } else { &[("runtime", line)] };
    let section = format!(
        "[generate.rust]\ncrate = \"acme-shop\"\nruntime = {line:?}\n[generate.rust.split]\n\
         core = [\"shop.core.*\", \"google.type\"]\nbilling = [\"shop.billing.*\"]\n"
    );
    let section = if serde { with_options(&section) } else { section };
    shop(&env, &section, &of_line(&machine, Language::Rust, keys));
    let built = env.run_with(&["generate", "--as", "1.0.0", "--build", "--out", "../sdk"], |io| {
        io.env = machine.host.env.clone();
    });
    assert!(built.code == 0 && built.out.contains("1 package built, 0 failed"), "{built}");

    // A program asks for one of them, and for another whose types it names, unless the first hands that on.
    let folder = around(&work).join("use-parts");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let path = |part: &str| around(&work).join("sdk/rust/parts").join(part).display().to_string();
    let (more, core, show) = match serde {
        true => (
            "serde_json = \"1\"\n".to_owned(),
            "acme_shop_billing::acme_shop_core",
            "serde_json::to_string(&bill).unwrap()",
        ),
        false => (
            format!("acme-shop-core = {{ path = {:?} }}\n", path("core")),
            "acme_shop_core",
            "format!(\"{bill:?}\")",
        ),
    };
    let manifest = format!(
        "[package]\nname = \"use-parts\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n\
         acme-shop-billing = {{ path = {:?} }}\n{more}",
        path("billing")
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let code = format!(
        "use acme_shop_billing::shop::billing::v1::billing_client::BillingClient;\n\
         use acme_shop_billing::shop::billing::v1::Bill;\nuse {core}::shop::core::v1::{{price, Price}};\n\
         fn main() {{\n    let price = Price {{ note: \"paid\".to_owned(), ..Default::default() }};\n    \
         let parts = vec![price::Part {{ of: 2 }}];\n    \
         let mut bill = Bill {{ price: Some(price), parts, ..Default::default() }};\n    \
         bill.set_kind(price::Kind::Net);\n    println!(\"{{}} {{}}\", {show}, acme_shop_billing::VERSION);\n    \
         println!(\"{{}}\", std::any::type_name::<BillingClient<()>>());\n}}\n"
    );
    std::fs::write(folder.join("src/main.rs"), code).unwrap();
    let said = run("cargo", &["run", "-q"], &folder, &machine);
    assert!(said.contains("paid") && said.contains("1.0.0"), "{said}");
    assert_eq!(serde, said.contains("\"KIND_NET\""), "{said}");
    let tree = run("cargo", &["tree", "--prefix", "none", "-e", "normal"], &folder, &machine);
    assert!(tree.contains("acme-shop-core v1.0.0") && !tree.contains("acme-shop v1.0.0"), "{tree}");
    assert!(tree.contains(&format!("prost v{line}.")), "{tree}");
}
