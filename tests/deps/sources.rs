//! Every kind of package, from files or from a server on this machine.

use std::collections::BTreeMap;

use libtest_mimic::Trial;

use crate::loopback::{Answer, Loopback};
use crate::packages;
use crate::world::{World, has, maven_home};

pub(crate) fn trials() -> Vec<Trial> {
    let test = |name: &str, here: bool, run: fn()| {
        Trial::test(format!("sources::{name}"), move || {
            run();
            Ok(())
        })
        .with_ignored_flag(!here)
    };
    vec![
        test("a_go_module_from_a_file_proxy", has("go"), go),
        test("a_maven_artifact_from_a_file_repository", maven_home().is_some(), maven),
        test("a_python_distribution_from_a_folder", has("python3"), pypi),
        test("a_crate_from_a_registry_in_a_folder", has("cargo"), crates),
        test("an_npm_package_from_a_registry", has("npm"), npm),
        test("a_git_repository_in_a_folder", has("git"), git),
    ]
}

/// What is locked is there, is what it was when it is got again, and a version that nobody has changes nothing.
fn works(world: &World, told: &str) {
    let update = world.run(&["deps", "update"]);
    assert_eq!(update.code, 0, "{update}");
    assert!(update.out.contains(&format!("locked pay ({told})")), "{update}");
    let build = world.run(&["build"]);
    assert_eq!(build.out, "compiled 1 file and 1 import from outside\n", "{build}");
    let lock = world.lock();
    world.forget();
    let restored = world.run(&["deps", "update", "--locked"]);
    assert_eq!(restored.code, 0, "{restored}");
    assert_eq!(world.run(&["build"]).code, 0);
    assert_eq!(world.lock(), lock);
    let key = told.split(' ').next().unwrap();
    let name = told.split(' ').nth(1).unwrap();
    let gone = world.run(&["deps", "add", &format!("{key}={name}"), "--name", "other", "--at", "v7.7.7"]);
    assert_eq!(gone.code, 4, "{gone}");
    assert_eq!(world.lock(), lock);
}

fn go() {
    let world = World::new("go = \"example.com/acme/pay\", version = \"v1.2.0\"");
    world.files("proxy", &packages::go("v1.2.0", packages::PAY));
    let url = format!("file://{}", world.path("proxy").display());
    works(&world.with("GOPROXY", &url), "go example.com/acme/pay v1.2.0");
}

fn maven() {
    let world = World::new("maven = \"com.acme:pay-protos\", version = \"1.2.0\"");
    world.files("maven", &packages::maven("1.2.0"));
    let url = |path: &std::path::Path| format!("file://{}", path.display());
    // What Maven itself needs comes from what it has got before.
    let settings = format!(
        "<settings><mirrors><mirror><id>here</id><mirrorOf>central</mirrorOf><url>{}</url></mirror></mirrors>\
         <profiles><profile><id>acme</id><repositories><repository><id>acme</id><url>{}</url></repository></repositories>\
         </profile></profiles><activeProfiles><activeProfile>acme</activeProfile></activeProfiles></settings>",
        url(&maven_home().unwrap()),
        url(&world.path("maven")),
    );
    world.files("home", &[(".m2/settings.xml".to_owned(), settings.into())]);
    let options = format!("-Duser.home={}", world.path("home").display());
    works(&world.with("MAVEN_OPTS", &options), "maven com.acme:pay-protos 1.2.0");
}

fn pypi() {
    let world = World::new("pypi = \"pay-protos\", version = \"1.2.0\"");
    world.files("wheels", &[packages::wheel("1.2.0")]);
    let folder = world.path("wheels").display().to_string();
    works(&world.with("PIP_NO_INDEX", "1").with("PIP_FIND_LINKS", &folder), "pypi pay-protos 1.2.0");
}

fn crates() {
    let world = World::new("crate = \"pay-protos\", version = \"1.2.0\"");
    world.files("registry", &packages::crates("1.2.0"));
    let config = format!(
        "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\nlocal-registry = \"{}\"\n",
        world.path("registry").display()
    );
    world.files("cargo-home", &[("config.toml".to_owned(), config.into())]);
    works(&world, "crate pay-protos 1.2.0");
}

fn npm() {
    let world = World::new("npm = \"pay-protos\", version = \"1.2.0\"");
    let registry = Loopback::start(|url| {
        let about = format!(
            "{{\"name\": \"pay-protos\", \"dist-tags\": {{\"latest\": \"1.2.0\"}}, \"versions\": {{\"1.2.0\": {{\
             \"name\": \"pay-protos\", \"version\": \"1.2.0\", \"dist\": {{\"tarball\": \"{url}/pay.tgz\"}}}}}}}}"
        );
        BTreeMap::from([
            ("pay-protos".to_owned(), Answer::Whole(about.into())),
            ("pay.tgz".to_owned(), Answer::Whole(packages::npm("1.2.0"))),
        ])
    });
    works(&world.with("npm_config_registry", &registry.url), "npm pay-protos 1.2.0");
}

fn git() {
    let world = World::new("git = \"../pay\", rev = \"v1.2.0\"");
    world.files("pay", &[("acme/pay/pay.proto".to_owned(), packages::PAY.into())]);
    let repo = git2::Repository::init(world.path("pay")).unwrap();
    let mut index = repo.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
    let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let commit = repo.commit(Some("HEAD"), &who, &who, "first", &tree, &[]).unwrap();
    repo.tag_lightweight("v1.2.0", &repo.find_object(commit, None).unwrap(), false).unwrap();
    let url = world.path("pay").display().to_string();
    let update = world.run(&["deps", "add", &format!("git={url}"), "--name", "absolute", "--at", "v1.2.0"]);
    assert_eq!(update.code, 0, "{update}");
    assert!(world.lock().unwrap().contains(&commit.to_string()), "{:?}", world.lock());
}
