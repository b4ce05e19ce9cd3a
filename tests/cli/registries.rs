//! Releases into the registries of languages, with stand-ins for the tools that write to them and a server of files. The
//! real tools are those of `ci/registries`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use protopact::codegen::plugin::lock::Entry as Locked;
use protopact::codegen::plugin::{Lock, cache, platform};
use protopact::codegen::sdk;
use protopact::machine::{Cache, Host};

use crate::env::Output;
use crate::git::git;
use crate::publish::{Repo, one_line, script};
use crate::server::{Answer, Server};

const CONFIG: &str = "[contract]
name = \"acme/pay\"
roots = [\"proto\"]

[generate]
licence = \"MIT\"

[generate.java]
group = \"com.acme.pay\"
artifact = \"acme-pay\"

[generate.python]
package = \"acme-pay\"

[generate.rust]
crate = \"acme-pay\"
";

/// Puts files into an index, and refuses those that are there.
const TWINE: &str = "#!/bin/sh
step() { :; }
hang() { sleep 600 & echo $! >\"$SERVED/../hanging\"; wait; }
[ -z \"$STEPS\" ] || . \"$STEPS\"
step
echo \"twine $*\" >>\"$SERVED/../calls\"
[ -e \"$SERVED/../twine-hangs\" ] && hang
[ -e \"$SERVED/../twine-fails\" ] && { echo \"no entry for $TWINE_PASSWORD\" >&2; exit 1; }
mkdir -p \"$SERVED/files\"
for file; do
    case $file in *.whl | *.tar.gz) ;; *) continue ;; esac
    page=$SERVED/simple/$(echo \"${file%%-[0-9]*}\" | tr _ -)
    mkdir -p \"$page\"
    [ -e \"$SERVED/files/$file\" ] && { echo '409 Conflict' >&2; exit 1; }
    cp \"$file\" \"$SERVED/files/$file\"
    sum=$(sha256sum <\"$file\" | cut -d' ' -f1)
    echo \"<a href='../../files/$file#sha256=$sum'>$file</a>\" >>\"$page/index.html\"
    step
done
";

/// Packs a crate and enters it into an index.
const CARGO: &str = "#!/bin/sh
step() { :; }
hang() { sleep 600 & echo $! >\"$SERVED/../hanging\"; wait; }
[ -z \"$STEPS\" ] || . \"$STEPS\"
step
echo \"cargo $*\" >>\"$SERVED/../calls\"
while [ $# -gt 0 ]; do
    case $1 in --manifest-path) shift; manifest=$1 ;; --dry-run) exit 0 ;; esac
    shift
done
[ -e \"$SERVED/../cargo-hangs\" ] && hang
[ -e \"$SERVED/../cargo-fails\" ] && { echo \"error: status 503 for $CARGO_REGISTRIES_OURS_TOKEN\" >&2; exit 101; }
version=$(sed -n 's/^version = \"\\(.*\\)\"/\\1/p' \"$manifest\")
name=$(sed -n 's/^name = \"\\(.*\\)\"/\\1/p' \"$manifest\")
made=$(mktemp -d)
cp -R \"$(dirname \"$manifest\")\" \"$made/$name-$version\"
cd \"$made\"
# Packages in a package are others.
rm -rf \"$name-$version/parts\"
cp \"$name-$version/Cargo.toml\" \"$name-$version/Cargo.toml.orig\"
echo '# of another day' >>\"$name-$version/Cargo.toml\"
echo '# of another day' >\"$name-$version/Cargo.lock\"
mkdir -p \"$SERVED/crates\" \"$SERVED/index/ac/me\"
tar czf \"$SERVED/crates/$name-$version.crate\" \"$name-$version\"
sum=$(sha256sum <\"$SERVED/crates/$name-$version.crate\" | cut -d' ' -f1)
echo \"{\\\"name\\\": \\\"$name\\\", \\\"vers\\\": \\\"$version\\\", \\\"cksum\\\": \\\"$sum\\\"}\" >>\"$SERVED/index/ac/me/$name\"
step
rm -rf \"$made\"
";

/// Lays a package into a repository, one file after another.
const MVN: &str = "#!/bin/sh
step() { :; }
hang() { sleep 600 & echo $! >\"$SERVED/../hanging\"; wait; }
[ -z \"$STEPS\" ] || . \"$STEPS\"
step
echo \"mvn $*\" >>\"$SERVED/../calls\"
for argument; do
    case $argument in
        -DaltDeploymentRepository=local::file://*) to=${argument#*::file://} ;;
        -Durl=*) url=${argument#*=} ;;
        -Dversion=*) version=${argument#*=} ;;
        -Dfile=*) first=${argument#*=} ;;
        -Dfiles=*) rest=${argument#*=} ;;
    esac
done
# To a server, which takes no file twice, and lists a version when it has been sent all.
if [ -n \"$url\" ]; then
    [ -e \"$SERVED/../mvn-hangs\" ] && hang
    to=$SERVED/m2/com/acme/pay/acme-pay
    mkdir -p \"$to/$version\"
    for file in $first $(echo \"$rest\" | tr , ' '); do
        [ -e \"$to/$version/${file##*/}\" ] && { echo '409 Conflict' >&2; exit 1; }
        cp \"$file\" \"$to/$version/${file##*/}.sent\"
        mv \"$to/$version/${file##*/}.sent\" \"$to/$version/${file##*/}\"
        step
        [ -e \"$SERVED/../mvn-fails\" ] && { echo '[ERROR] 503' >&2; exit 1; }
    done
    grep -s \"<version>$version<\" \"$to/maven-metadata.xml\" || echo \"<version>$version</version>\" >>\"$to/maven-metadata.xml\"
    step
    exit 0
fi
[ -n \"$to\" ] || exit 0
version=$(sed -n 's/^  <version>\\(.*\\)<.version>/\\1/p' pom.xml)
mkdir -p \"$to/com/acme/pay/acme-pay/$version\"
at=$to/com/acme/pay/acme-pay/$version/acme-pay-$version
cp pom.xml \"$at.pom\"
step
made=$(mktemp -d)
cp -R src/main/java/. src/main/resources/. \"$made\"
tar cf \"$at-sources.jar\" -C \"$made\" com META-INF
rm -rf \"$made\"
step
echo 'classes of another day' >\"$at.jar\"
step
echo \"<version>$version</version>\" >>\"$to/com/acme/pay/acme-pay/maven-metadata.xml\"
step
";

/// A contract with packages in three languages, and a registry for each.
pub(crate) struct Registries {
    pub(crate) repo: Repo,
    server: Server,
    pub(crate) environment: BTreeMap<OsString, OsString>,
}

impl Registries {
    /// `before` may answer a request in place of the files.
    pub(crate) fn new(before: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> Registries {
        let repo = Repo::new();
        let around = repo.around();
        let served = around.join("served");
        fs::create_dir_all(&served).unwrap();
        let folder = served.clone();
        let server = Server::start(move |request| {
            before(&request.path).unwrap_or_else(|| file(&folder, &request.path))
        });
        fs::create_dir_all(around.join("bin")).unwrap();
        for (name, text) in [("twine", TWINE), ("cargo", CARGO), ("mvn", MVN)] {
            script(&around.join("bin").join(name), text);
        }
        let config =
            format!("{{\"dl\": \"{0}/crates/{{crate}}-{{version}}.crate\", \"api\": \"{0}\"}}", server.url());
        fs::create_dir_all(served.join("index")).unwrap();
        fs::write(served.join("index/config.json"), config).unwrap();
        let mut environment = repo.environment();
        let path = environment[std::ffi::OsStr::new("PATH")].clone();
        let path = [around.join("bin").into_os_string(), path].join(&OsString::from(":"));
        let set: [(&str, OsString); 7] = [
            ("PATH", path),
            ("SERVED", served.into()),
            ("PROTOPACT_CACHE", around.join("cache").into()),
            ("CARGO_REGISTRIES_OURS_INDEX", format!("sparse+{}/index/", server.url()).into()),
            ("CARGO_REGISTRIES_OURS_TOKEN", "t0ken".into()),
            ("TWINE_USERNAME", "me".into()),
            ("TWINE_PASSWORD", "s3cret".into()),
        ];
        environment.extend(set.map(|(name, value)| (name.into(), value)));
        let to = format!(
            "{CONFIG}\n[release]\nto = [\"git:origin\", \"maven+file:../m2\", \"pypi+{}/\", \"cargo:ours\"]\n",
            server.url()
        );
        repo.env.write("protopact.toml", &to);
        repo.lock();
        repo.push("packages");
        Registries { repo, server, environment }
    }

    /// Locks a stand-in for the plugin of Go, which makes no file.
    pub(crate) fn go(&self) {
        let made = self.repo.around().join("plugin");
        fs::create_dir_all(&made).unwrap();
        // What it says is that it knows optional fields.
        let text = "#!/bin/sh\ncat >/dev/null\nprintf '\\020\\001'\n";
        script(&made.join(cache::entry(&sdk::go::MESSAGES)), text);
        let host = Host { env: self.environment.clone(), cwd: self.repo.around() };
        let sha256 = cache::digest(&sdk::go::MESSAGES, &made).unwrap();
        cache::keep(&Cache::of(&host).unwrap(), &sdk::go::MESSAGES, &sha256, &made).unwrap();
        let version = sdk::go::MESSAGES.version.to_owned();
        let locked = Locked { version, source: "go".to_owned(), ..Locked::default() };
        let locked = Locked { sha256: [(platform(), sha256)].into(), ..locked };
        let mut lock = Lock::parse(&self.repo.env.read("protopact.lock")).unwrap();
        lock.plugin.insert(sdk::go::MESSAGES.name.to_owned(), locked);
        self.repo.env.write("protopact.lock", &lock.render());
    }

    /// Where what is below `served` is read.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let environment = self.environment.clone();
        let output = self.repo.env.run_with(args, |io| {
            io.env = environment;
            io.now = SystemTime::now();
        });
        let told = format!("{output}");
        assert!(!told.contains("s3cret") && !told.contains("t0ken"), "{told}");
        output
    }

    pub(crate) fn ok(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        assert_eq!(output.code, 0, "{output}");
        output
    }

    /// The tools that were called.
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.repo.around().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The files of the version that are in a registry.
    pub(crate) fn made(&self) -> Vec<PathBuf> {
        let around = self.repo.around();
        let version = |version: &str| {
            [
                format!("m2/com/acme/pay/acme-pay/{version}/acme-pay-{version}.pom"),
                format!("served/files/acme_pay-{version}-py3-none-any.whl"),
                format!("served/files/acme_pay-{version}.tar.gz"),
                format!("served/crates/acme-pay-{version}.crate"),
            ]
        };
        let all = ["1.0.0", "1.1.0"].iter().flat_map(|v| version(v));
        all.map(|path| around.join(path)).filter(|path| path.exists()).collect()
    }
}

/// A file, or the page of a folder.
fn file(folder: &Path, path: &str) -> Answer {
    let path = folder.join(path.trim_start_matches('/'));
    let path = if path.is_dir() { path.join("index.html") } else { path };
    fs::read(path).map_or(Answer::status(404), Answer::ok)
}

#[test]
fn packages_go_to_the_registries_of_their_languages_once() {
    let all = Registries::new(|_| None);
    let output = all.ok(&["release", "--declare", "1.0.0"]);
    let places = [
        "Maven repository `file:../m2`, ".to_owned(),
        format!("Python index `{}/`, ", all.server.url()),
        "registry `ours` of cargo, ".to_owned(),
    ];
    let at: Vec<_> = places.iter().map(|place| output.out.find(place.as_str())).collect();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{output}");
    assert_eq!(all.made().len(), 4, "{:?}", all.made());
    let calls = all.calls();
    let what = |call: &String| call.split(' ').next().unwrap().to_owned();
    // What can fail is done in all places before anything is shown in one.
    assert_eq!(calls.iter().map(what).collect::<Vec<_>>(), ["mvn", "cargo", "twine", "cargo"]);
    assert!(calls[1].contains("--dry-run") && calls[1].contains("--registry ours"), "{calls:?}");
    assert!(
        calls[2].contains(&format!("--repository-url {}/ acme_pay-1.0.0-", all.server.url())),
        "{calls:?}"
    );

    // The same again is nothing to do, and asks no tool.
    let output = all.ok(&["release", "--from", "v1.0.0"]);
    assert_eq!(output.out.matches("has it already").count(), 3, "{output}");
    assert_eq!(all.calls().len(), 4);

    all.repo.adds();
    let _ = all.ok(&["release"]);
    assert_eq!(all.made().len(), 8, "{:?}", all.made());

    // The same version of other content is refused in each, before anything is written.
    let calls = all.calls().len();
    all.repo.git(&["tag", "-f", "-a", "-m", "x", "v1.0.0", "HEAD"]);
    for place in ["maven+file:../m2", &format!("pypi+{}", all.server.url()), "cargo:ours"] {
        let output = all.run(&["release", "--from", "v1.0.0", "--to", "dir:../published", "--to", place]);
        assert_eq!(output.code, 4, "{place}: {output}");
        assert!(one_line(&output.err).contains("a published version never changes"), "{place}: {output}");
        assert!(!all.repo.around().join("published/acme").exists(), "{place}");
    }
    assert_eq!(all.calls().len(), calls);
}

#[test]
fn parts_go_to_the_registries_of_their_languages_after_those_that_they_need() {
    let all = Registries::new(|_| None);
    let repo = &all.repo;
    repo.env.write("proto/base/v1/base.proto", "syntax = \"proto3\";\npackage base.v1;\nmessage Base {}\n");
    let pay = repo.env.read("proto/pay/v1/pay.proto");
    let imports = "package pay.v1;\nimport \"base/v1/base.proto\";\n";
    let pay = pay
        .replace("package pay.v1;\n", imports)
        .replace("amount = 2;", "amount = 2;\n  base.v1.Base base = 3;");
    repo.env.write("proto/pay/v1/pay.proto", &pay);
    // Needed by everything, and neither the first of the parts by name nor the contract's own.
    repo.env.write("proto/a/v1/a.proto", &pay.replace("pay.v1;", "a.v1;"));
    let parts = "split = { first = [\"a.*\"], last = [\"base.*\"] }\n";
    let config = repo.env.read("protopact.toml");
    let java = config.find("[generate.java]").unwrap()..config.find("[generate.python]").unwrap();
    let config = config.replace(&config[java], "").replace("\"maven+file:../m2\", ", "");
    let config = PARTED.iter().fold(config, |config, key| {
        let line = config.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
        config.replace(&line, &format!("{line}\n{parts}"))
    });
    repo.env.write("protopact.toml", &config);
    repo.push("parts");
    let _ = all.ok(&["release", "--declare", "1.0.0"]);
    let calls = all.calls();
    let (tried, sent): (Vec<&String>, Vec<&String>) =
        calls.iter().filter(|call| call.starts_with("cargo")).partition(|call| call.contains("--dry-run"));
    assert_eq!(sent.len(), 3, "{calls:?}");
    for (call, manifest) in
        sent.iter().zip(["/parts/last/Cargo.toml", "/Cargo.toml", "/parts/first/Cargo.toml"])
    {
        let at = call.split(' ').find(|word| word.ends_with("Cargo.toml")).unwrap();
        let folder = at.strip_suffix(manifest).unwrap_or_else(|| panic!("{manifest}: {calls:?}"));
        assert!(!folder.contains("/parts/"), "{calls:?}");
    }
    // What needs another one cannot be tried before that is there.
    assert!(tried.len() == 1 && tried[0].contains("/parts/last/Cargo.toml"), "{calls:?}");
    let sent: Vec<&String> = calls.iter().filter(|call| call.starts_with("twine")).collect();
    assert_eq!(sent.len(), 3, "{calls:?}");
    for (call, file) in sent.iter().zip(["acme_pay_last-1.0.0-", "acme_pay-1.0.0-", "acme_pay_first-1.0.0-"])
    {
        assert!(call.contains(file), "{file}: {calls:?}");
    }
    let again = all.ok(&["release", "--from", "v1.0.0"]);
    assert_eq!(again.out.matches("has it already").count(), 2, "{again}");
    // What a run has left out, the next one brings.
    fs::remove_dir_all(repo.around().join("served/simple/acme-pay-first")).unwrap();
    fs::remove_file(repo.around().join("served/files/acme_pay_first-1.0.0.tar.gz")).unwrap();
    fs::remove_file(repo.around().join("served/files/acme_pay_first-1.0.0-py3-none-any.whl")).unwrap();
    let before = all.calls().len();
    let _ = all.ok(&["release", "--from", "v1.0.0"]);
    let more = all.calls().split_off(before);
    assert!(more.len() == 1 && more[0].contains("acme_pay_first-1.0.0-"), "{more:?}");
}

/// The keys of packages that may be in parts.
const PARTED: [&str; 2] = ["package =", "crate ="];

#[test]
fn a_registry_that_takes_nothing_any_more_is_written_by_the_next_run() {
    let all = Registries::new(|_| None);
    for tool in ["twine", "cargo"] {
        fs::write(all.repo.around().join(format!("{tool}-fails")), "").unwrap();
    }
    let output = all.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 4, "{output}");
    let said = one_line(&output.err);
    assert!(said.contains("version 1.0.0 is published, but not in every place yet"), "{output}");
    assert!(said.contains("no entry for ***"), "{output}");
    assert_eq!(all.made().len(), 1, "Maven has it: {:?}", all.made());
    fs::remove_file(all.repo.around().join("twine-fails")).unwrap();
    let output = all.run(&["release"]);
    assert!(output.code == 4 && one_line(&output.err).contains("status 503 for ***"), "{output}");
    fs::remove_file(all.repo.around().join("cargo-fails")).unwrap();
    let output = all.ok(&["release"]);
    assert!(output.out.contains("which an earlier run has begun, is finished"), "{output}");
    assert_eq!(output.out.matches("has it already").count(), 2, "{output}");
    assert_eq!(all.made().len(), 4, "{:?}", all.made());
    assert_eq!(all.ok(&["release", "--quiet"]).out, "nothing changed since 1.0.0: no release\n");
}

#[test]
fn a_server_that_is_busy_is_asked_again_and_one_that_is_broken_stops_the_release() {
    let times = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&times);
    let all = Registries::new(move |path| {
        let broken = |n: u32| {
            [429, 500].get(n as usize).map(|status| Answer::status(*status).header("retry-after", "0"))
        };
        if path.starts_with("/simple/") { broken(counted.fetch_add(1, Ordering::SeqCst)) } else { None }
    });
    let _ = all.ok(&["release", "--declare", "1.0.0"]);
    assert!(times.load(Ordering::SeqCst) > 2);

    let all = Registries::new(|path| {
        path.starts_with("/index/").then(|| Answer::status(503).header("retry-after", "0"))
    });
    let output = all.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 4, "{output}");
    assert!(one_line(&output.err).contains("answers with status 503"), "{output}");
    assert_eq!((all.made().len(), all.repo.remote().len()), (0, 1), "nothing is published");
}

#[test]
fn a_go_package_in_a_folder_of_the_repository_gets_its_own_tag() {
    let all = Registries::new(|_| None);
    let config = all.repo.env.read("protopact.toml").replace("licence", "out = \"sdk\"\nlicence");
    let go = "\n[generate.go]\nmodule = \"example.com/acme/pay/sdk/go\"\n";
    all.repo.env.write("protopact.toml", &config.replace("\n[release]", &format!("{go}\n[release]")));
    all.repo.env.write("sdk/go/go.mod", "module example.com/acme/pay/sdk/go\n\ngo 1.26\n");
    all.repo.push("a package");
    let output = all.ok(&["release", "--declare", "1.0.0", "--dry-run"]);
    assert!(output.out.contains(" writes tag `sdk/go/v1.0.0`, for Go\n"), "{output}");
    let output = all.run(&["release", "--declare", "2.0.0", "--dry-run"]);
    let said = "`sdk/go/go.mod` is module `example.com/acme/pay/sdk/go`, and version 2.0.0 is one of `example.com/acme/pay/sdk/go/v2`";
    assert!(output.code == 2 && one_line(&output.err).contains(said), "{output}");
    all.repo.env.write("sdk/go/go.mod", "module example.com/acme/pay/sdk/go/v2\n");
    all.repo.push("its second version");
    let output = all.ok(&["release", "--declare", "2.0.0", "--dry-run"]);
    assert!(output.out.contains(" writes tag `sdk/go/v2.0.0`, for Go\n"), "{output}");
    // One that is brought elsewhere is found there.
    all.repo.env.write("sdk/go/go.mod", "module example.com/acme/pay-go\n");
    all.repo.push("elsewhere");
    let output = all.ok(&["release", "--declare", "1.0.0", "--dry-run"]);
    assert!(!output.out.contains("for Go"), "{output}");
}

#[test]
fn the_tag_for_go_is_pushed_with_that_of_the_contract_or_neither_is() {
    let all = Registries::new(|_| None);
    all.go();
    let config = all.repo.env.read("protopact.toml").replace("licence", "out = \"sdk\"\nlicence");
    let go = "\n[generate.go]\nmodule = \"example.com/acme/pay/sdk/go\"\n";
    all.repo.env.write("protopact.toml", &config.replace("\n[release]", &format!("{go}\n[release]")));
    all.repo.env.write("sdk/go/go.mod", "module example.com/acme/pay/sdk/go\n\ngo 1.26\n");
    all.repo.push("a package");
    // Each push is one line with what it asks for.
    let hook = all.repo.around().join("origin.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let pushes = all.repo.around().join("pushes");
    script(&hook, &format!("#!/bin/sh\necho $(cut -d' ' -f3) >>'{}'\n", pushes.display()));
    let _ = all.ok(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", "dir:../out"]);
    let made = |name: &str| -> serde_json::Value {
        let text = fs::read(all.repo.around().join("out/acme/pay/1.0.0").join(name)).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let depend = serde_json::json!({
        "go": "example.com/acme/pay/sdk/go@v1.0.0",
        "java": "com.acme.pay:acme-pay:1.0.0",
        "python": "acme-pay==1.0.0",
        "rust": "acme-pay@1.0.0",
    });
    assert_eq!([&made("release.json")["packages"], &made("catalogue.json")["depend"]], [&depend, &depend]);
    let text = fs::read_to_string(&pushes).unwrap();
    let mut asked: Vec<_> = text.split_whitespace().collect();
    asked.sort_unstable();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(asked, ["refs/heads/main", "refs/tags/sdk/go/v1.0.0", "refs/tags/v1.0.0"]);
    let commit =
        |tag: &str| git(&all.repo.around().join("origin.git"), &["rev-parse", &format!("{tag}^{{commit}}")]);
    assert_eq!([commit("sdk/go/v1.0.0"), commit("v1.0.0")], [commit("main"), commit("main")]);
    assert_eq!(
        all.repo.remote()["refs/tags/sdk/go/v1.0.0"],
        all.repo.git(&["rev-parse", "refs/tags/sdk/go/v1.0.0"])
    );

    // Somebody else has taken the tag of Go: the version is not published either.
    git(&all.repo.around().join("origin.git"), &["tag", "sdk/go/v1.1.0", "main"]);
    all.repo.adds();
    let before = all.repo.remote();
    let output = all.run(&["release", "--to", "git:origin"]);
    assert_eq!(output.code, 4, "{output}");
    assert!(output.err.contains("sdk/go/v1.1.0"), "{output}");
    assert_eq!(all.repo.remote(), before);
    assert_eq!(all.repo.git(&["tag", "-l"]).lines().collect::<Vec<_>>(), ["sdk/go/v1.0.0", "v1.0.0"]);
    git(&all.repo.around().join("origin.git"), &["tag", "-d", "sdk/go/v1.1.0"]);
    let _ = all.ok(&["release", "--to", "git:origin"]);
    assert_eq!([commit("sdk/go/v1.1.0"), commit("v1.1.0")], [commit("main"), commit("main")]);
}

#[test]
fn versions_says_which_registry_has_the_package_and_which_has_another_one() {
    let all = Registries::new(|_| None);
    let (maven, python) = ("maven+file:../m2", format!("pypi+{}/", all.server.url()));
    let _ = all.ok(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", maven]);
    all.repo.adds();
    let _ = all.ok(&["release"]);
    let listed = |more: &[&str]| {
        let output = all.ok(&[&["versions", "--places", "--format", "json"], more].concat());
        let listed: serde_json::Value = serde_json::from_str(&output.out).unwrap();
        let row = |row: &serde_json::Value| (row["places"].clone(), row["other"].clone());
        listed["versions"].as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let (some, none) = (serde_json::json!(["git:origin", maven]), serde_json::json!([]));
    let every = serde_json::json!(["git:origin", maven, python, "cargo:ours"]);
    assert_eq!(listed(&[]), [(every.clone(), none.clone()), (some.clone(), none.clone())]);
    assert_eq!(all.calls().len(), 5, "no tool is asked");
    assert_eq!(
        listed(&["--to", "cargo:ours"]),
        [(serde_json::json!(["cargo:ours"]), none.clone()), (none.clone(), none.clone())]
    );
    // What was never made by this contract stands under the number.
    let pom = all.repo.around().join("m2/com/acme/pay/acme-pay/1.0.0/acme-pay-1.0.0.pom");
    fs::write(&pom, "<project/>").unwrap();
    git(&all.repo.around().join("origin.git"), &["tag", "-f", "v1.0.0", "main"]);
    let other = (none.clone(), serde_json::json!(["git:origin", maven]));
    assert_eq!(listed(&[]), [(every, none), other]);
    let output = all.ok(&["versions", "--places"]);
    let said = one_line(&output.out);
    assert!(said.ends_with("tag v1.0.0 nowhere another one in git:origin, maven+file:../m2"), "{output}");
    // A registry that is down is no answer.
    let down = "pypi+http://127.0.0.1:1/";
    let output = all.run(&["versions", "--places", "--to", down]);
    assert_eq!((output.code, &*output.out), (4, ""), "{output}");
}

#[test]
fn what_cannot_be_published_is_found_before_anything_is() {
    let all = Registries::new(|_| None);
    let text = all.repo.env.read("protopact.toml");
    all.repo.env.write("protopact.toml", &text.replace("[generate]\nlicence = \"MIT\"\n", ""));
    all.repo.push("no licence");
    for place in ["maven+file:../m2", &format!("pypi+{}", all.server.url()), "cargo:ours"] {
        let output = all.run(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", place]);
        assert_eq!(output.code, 4, "{place}: {output}");
        assert!(
            one_line(&output.err).contains("gets no package without a licence hint: say it with `licence`"),
            "{output}"
        );
    }
    let output = all.run(&["release", "--declare", "1.0.0", "--to", "git:origin", "--to", "go:../proxy"]);
    assert_eq!(output.code, 4, "{output}");
    assert!(
        one_line(&output.err).contains("no package for Go hint: configure it under `[generate.go]`"),
        "{output}"
    );
    assert_eq!((all.made().len(), all.repo.remote().len()), (0, 1), "nothing is published");
}
