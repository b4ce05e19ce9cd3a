//! Sources that answer otherwise than they should: a clear error within limits, and the lock stays.

use std::collections::BTreeMap;

use libtest_mimic::Trial;

use crate::env::Output;
use crate::loopback::{Answer, Loopback};
use crate::packages;
use crate::world::{World, has};

pub(crate) fn trials() -> Vec<Trial> {
    let test = |name: &str, program: &str, run: fn()| {
        Trial::test(format!("hostile::{name}"), move || {
            run();
            Ok(())
        })
        .with_ignored_flag(!has(program))
    };
    vec![
        test("a_proxy_that_answers_with_another_version", "go", another_version),
        test("a_proxy_that_never_answers", "go", silence),
        test("a_download_that_is_cut", "go", cut),
        test("content_that_is_not_what_is_locked", "go", other_content),
        test("an_index_with_the_wrong_hash", "python3", wrong_hash),
        test("a_registry_with_the_wrong_integrity", "npm", wrong_integrity),
        test("a_wheel_that_names_files_outside", "python3", outside),
    ]
}

fn served(files: Vec<(String, Vec<u8>)>) -> BTreeMap<String, Answer> {
    files.into_iter().map(|(path, bytes)| (path, Answer::Whole(bytes))).collect()
}

const GO: &str = "go = \"example.com/acme/pay\", version = \"v1.2.0\"";

/// A world whose lock is in order, and whose proxy then answers so.
fn then(answers: BTreeMap<String, Answer>, args: &[&str]) -> Output {
    let mut world = World::new(GO);
    world.files("proxy", &packages::go("v1.2.0", packages::PAY));
    let url = format!("file://{}", world.path("proxy").display());
    world = world.with("GOPROXY", &url);
    let update = world.run(&["deps", "update"]);
    assert_eq!(update.code, 0, "{update}");
    let lock = world.lock();
    world.forget();
    let proxy = Loopback::start(|_| answers);
    let world = world.with("GOPROXY", &proxy.url);
    let output = world.run(args);
    assert_eq!(output.code, 4, "{output}");
    assert_eq!(world.lock(), lock, "the lock stays");
    // Nor is anything in the cache.
    let failed = world.run(&["build"]);
    assert_eq!(failed.code, 3, "{failed}");
    output
}

fn another_version() {
    let mut answers = served(packages::go("v1.2.0", packages::PAY));
    answers.insert(
        "example.com/acme/pay/@v/v1.2.0.info".to_owned(),
        Answer::Whole(b"{\"Version\": \"v9.9.9\"}".to_vec()),
    );
    let output = then(answers, &["deps", "update"]);
    assert!(output.err.contains("v9.9.9") && output.err.contains("cannot get `pay`"), "{output}");
    // The right name on another package.
    let mut answers = served(packages::go("v1.2.0", packages::PAY));
    let other = packages::go("v9.9.9", packages::PAY).pop().unwrap().1;
    answers.insert("example.com/acme/pay/@v/v1.2.0.zip".to_owned(), Answer::Whole(other));
    let output = then(answers, &["deps", "update"]);
    assert!(output.err.contains("v9.9.9"), "{output}");
}

fn silence() {
    let paths = packages::go("v1.2.0", packages::PAY).into_iter().map(|(path, _)| (path, Answer::Silence));
    let output = then(paths.collect(), &["deps", "update", "--timeout", "1"]);
    let said = output.err.replace("\n  ", " ");
    assert!(said.contains("`go` did not finish within 1 seconds and was ended"), "{output}");
}

fn cut() {
    let mut answers = served(packages::go("v1.2.0", packages::PAY));
    let zip = packages::go("v1.2.0", packages::PAY).pop().unwrap();
    answers.insert(zip.0, Answer::Cut(zip.1));
    let output = then(answers, &["deps", "update"]);
    assert!(output.err.contains("cannot get `pay`"), "{output}");
}

fn other_content() {
    let changed = packages::PAY.replace("string id", "int32 id");
    let output = then(served(packages::go("v1.2.0", &changed)), &["deps", "update", "--locked"]);
    let said = output.err.replace("\n  ", " ");
    assert!(said.contains("`pay` v1.2.0 is not what is locked"), "{output}");
}

/// A world whose one source is a server; nothing is locked.
fn refused(
    dep: &str,
    variable: &str,
    path: &str,
    answers: impl FnOnce(&str) -> BTreeMap<String, Answer>,
) -> Output {
    let server = Loopback::start(answers);
    let world = World::new(dep).with(variable, &format!("{}{path}", server.url));
    let output = world.run(&["deps", "update"]);
    assert_eq!(output.code, 4, "{output}");
    assert_eq!(world.lock(), None, "{output}");
    output
}

fn index(hash: &str, (name, wheel): (String, Vec<u8>)) -> BTreeMap<String, Answer> {
    let page = format!("<html><body><a href=\"/{name}{hash}\">{name}</a></body></html>");
    BTreeMap::from([
        ("simple/pay-protos/".to_owned(), Answer::Whole(page.into())),
        (name, Answer::Whole(wheel)),
    ])
}

fn wrong_hash() {
    let hash = format!("#sha256={}", "0".repeat(64));
    let output = refused("pypi = \"pay-protos\", version = \"1.2.0\"", "PIP_INDEX_URL", "/simple", |_| {
        index(&hash, packages::wheel("1.2.0"))
    });
    assert!(output.err.contains("cannot get `pay`"), "{output}");
}

fn wrong_integrity() {
    let output = refused("npm = \"pay-protos\", version = \"1.2.0\"", "npm_config_registry", "", |url| {
        let about = format!(
            "{{\"name\": \"pay-protos\", \"dist-tags\": {{\"latest\": \"1.2.0\"}}, \"versions\": {{\"1.2.0\": {{\
             \"name\": \"pay-protos\", \"version\": \"1.2.0\", \"dist\": {{\"tarball\": \"{url}/pay.tgz\", \
             \"shasum\": \"{}\"}}}}}}}}",
            "0".repeat(40)
        );
        BTreeMap::from([
            ("pay-protos".to_owned(), Answer::Whole(about.into())),
            ("pay.tgz".to_owned(), Answer::Whole(packages::npm("1.2.0"))),
        ])
    });
    assert!(output.err.contains("cannot get `pay`"), "{output}");
}

fn outside() {
    let wheel = packages::zip(&[("../../evil.proto", packages::PAY.as_bytes())]);
    let name = "pay_protos-1.2.0-py3-none-any.whl".to_owned();
    let output = refused("pypi = \"pay-protos\", version = \"1.2.0\"", "PIP_INDEX_URL", "/simple", |_| {
        index("", (name, wheel))
    });
    let said = output.err.replace("\n  ", " ");
    // Some versions of pip look into the wheel and refuse it themselves.
    assert!(said.contains("lies outside of it") || said.contains("cannot get `pay`"), "{output}");
}
