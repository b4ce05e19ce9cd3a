//! Only what a change can reach is compiled, and the report does not tell: random edits of repositories of many files,
//! checked with and without `--all`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use protopact::config::Overrides;
use protopact::source::{
    Affected, ConfigSource, Loaded, PathSelection, Places, Side, Tree, layout, load_settings,
};

use crate::env::TestEnv;

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most.max(1)
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

#[derive(Clone)]
enum Of {
    Scalar(&'static str),
    /// Whether the name is written from the outermost package, or as short as scoping allows.
    Type(usize, bool),
    /// A type of a file that is not made here.
    Other(&'static str, &'static str),
}

#[derive(Clone)]
struct Field {
    name: String,
    number: usize,
    label: &'static str,
    of: Of,
}

#[derive(Clone)]
struct Type {
    name: String,
    file: usize,
    is_enum: bool,
    /// Fields or values.
    parts: Vec<Field>,
    gone: bool,
}

#[derive(Clone)]
struct Method {
    name: String,
    takes: usize,
    gives: usize,
    http: Option<String>,
}

#[derive(Clone)]
struct File {
    path: String,
    package: String,
    public: BTreeSet<usize>,
    options: BTreeMap<&'static str, String>,
    methods: Vec<Method>,
    /// Lines that stand as they are.
    more: Vec<(String, &'static str)>,
    comment: String,
    gone: bool,
}

#[derive(Clone)]
pub(crate) struct Repository {
    files: Vec<File>,
    types: Vec<Type>,
    root: &'static str,
    vendored: bool,
    /// A file that is only there to be imported, or the contract's own.
    other: &'static str,
    config: &'static str,
}

const SCALARS: [&str; 6] = ["int32", "int64", "string", "bytes", "bool", "sint32"];
const HTTP: &str = "syntax = \"proto3\";\npackage google.api;\nimport \"google/protobuf/descriptor.proto\";\n\
    message HttpRule { string get = 2; string post = 4; }\n\
    extend google.protobuf.MethodOptions { HttpRule http = 72295728; }\n";
const OTHER: &str = "syntax = \"proto3\";\npackage other;\nmessage Other { string x = 1; Deep deep = 2; }\nmessage Deep { bytes y = 1; }\n";

impl Repository {
    pub(crate) fn new(dice: &mut Dice, files: usize) -> Repository {
        let mut made = Repository {
            files: Vec::new(),
            types: Vec::new(),
            root: "",
            vendored: dice.once_in(3),
            other: "third_party/other.proto",
            config: "",
        };
        for index in 0..files {
            let package = format!("acme.p{}", index * 5 / files);
            let path = format!("acme/p{}/f{index}.proto", index * 5 / files);
            let (public, options) = (BTreeSet::new(), BTreeMap::new());
            let (methods, more, comment) = (Vec::new(), Vec::new(), String::new());
            made.files.push(File { path, package, public, options, methods, more, comment, gone: false });
            for _ in 0..1 + dice.below(2) {
                made.add_type(dice, index);
            }
            if dice.once_in(4) {
                made.add_method(dice, index);
            }
        }
        made
    }

    /// A type of the file, or of an earlier one that is not far away.
    fn earlier(&self, dice: &mut Dice, file: usize) -> Option<usize> {
        let reach = if dice.once_in(6) { 6 } else { 1 };
        let near = |t: &usize| {
            let of = self.types[*t].file;
            !self.types[*t].gone && of <= file && of + reach > file
        };
        let all: Vec<usize> = (0..self.types.len()).filter(near).collect();
        (!all.is_empty()).then(|| all[dice.below(all.len())])
    }

    fn value(&self, dice: &mut Dice, file: usize) -> Of {
        match dice.below(12) {
            0 => Of::Other("google/protobuf/any.proto", "google.protobuf.Any"),
            1 => Of::Other("google/protobuf/timestamp.proto", ".google.protobuf.Timestamp"),
            2 => Of::Other("other.proto", "other.Other"),
            3..8 => match self.earlier(dice, file) {
                Some(index) => Of::Type(index, dice.once_in(2)),
                None => Of::Scalar("string"),
            },
            n => Of::Scalar(SCALARS[n % SCALARS.len()]),
        }
    }

    fn part(&self, dice: &mut Dice, file: usize, number: usize) -> Field {
        let label = ["", "", "repeated ", "optional "][dice.below(4)];
        Field { name: format!("part_{number}"), number, label, of: self.value(dice, file) }
    }

    fn add_type(&mut self, dice: &mut Dice, file: usize) {
        let index = self.types.len();
        let is_enum = dice.once_in(4);
        let parts = (1..2 + dice.below(4)).map(|number| self.part(dice, file, number)).collect();
        let name = format!("{}{index}", if is_enum { "Kind" } else { "Thing" });
        self.types.push(Type { name, file, is_enum, parts, gone: false });
    }

    fn message(&self, dice: &mut Dice, file: usize) -> Option<usize> {
        let here = |t: &usize| !self.types[*t].is_enum && !self.types[*t].gone && self.types[*t].file <= file;
        let all: Vec<usize> = (0..self.types.len()).filter(here).collect();
        (!all.is_empty()).then(|| all[all.len() - 1 - dice.below(all.len().min(2))])
    }

    fn add_method(&mut self, dice: &mut Dice, file: usize) {
        let (Some(takes), Some(gives)) = (self.message(dice, file), self.message(dice, file)) else { return };
        let number = self.files.iter().map(|f| f.methods.len()).sum::<usize>();
        let http = dice.once_in(3).then(|| match dice.below(8) {
            6 => "/v1/things/*".to_owned(),
            7 => "/v1/**".to_owned(),
            number => format!("/v1/things/{number}"),
        });
        self.files[file].methods.push(Method { name: format!("Do{number}"), takes, gives, http });
    }

    /// The name of a type as it is written in a file.
    fn name(&self, index: usize, from: usize, whole: bool) -> String {
        let of = &self.types[index];
        let (package, here) = (&self.files[of.file].package, &self.files[from].package);
        match package.strip_prefix("acme.").filter(|_| !whole && here.starts_with("acme.")) {
            Some(rest) if package != here => format!("{rest}.{}", of.name),
            Some(_) => of.name.clone(),
            None => format!(".{package}.{}", of.name),
        }
    }

    fn text(&self, index: usize) -> String {
        let file = &self.files[index];
        let mut imports: BTreeSet<String> = BTreeSet::new();
        let mut body = String::new();
        let path = |other: usize| self.files[self.types[other].file].path.clone();
        for own in self.types.iter().filter(|t| t.file == index && !t.gone) {
            let word = if own.is_enum { "enum" } else { "message" };
            writeln!(body, "{word} {} {{", own.name).unwrap();
            if own.is_enum {
                writeln!(body, "  {}_ZERO = 0;", own.name).unwrap();
            }
            for part in &own.parts {
                if own.is_enum {
                    writeln!(body, "  {}_{} = {};", own.name, part.name, part.number).unwrap();
                    continue;
                }
                let text = match &part.of {
                    Of::Scalar(word) => (*word).to_owned(),
                    Of::Type(other, _) if self.types[*other].gone => "string".to_owned(),
                    Of::Type(other, whole) => {
                        imports.insert(path(*other));
                        self.name(*other, index, *whole)
                    }
                    Of::Other(import, name) => {
                        imports.insert((*import).to_owned());
                        (*name).to_owned()
                    }
                };
                writeln!(body, "  {}{text} {} = {};", part.label, part.name, part.number).unwrap();
            }
            body += "}\n";
        }
        if !file.methods.is_empty() {
            writeln!(body, "service Service{index} {{").unwrap();
            for method in
                file.methods.iter().filter(|m| !self.types[m.takes].gone && !self.types[m.gives].gone)
            {
                let [takes, gives] = [method.takes, method.gives].map(|of| {
                    imports.insert(path(of));
                    self.name(of, index, true)
                });
                write!(body, "  rpc {}({takes}) returns ({gives})", method.name).unwrap();
                match &method.http {
                    Some(get) => {
                        imports.insert("google/api/annotations.proto".to_owned());
                        writeln!(body, " {{ option (google.api.http) = {{ get: \"{get}\" }}; }}").unwrap();
                    }
                    None => body += ";\n",
                }
            }
            body += "}\n";
        }
        for (text, import) in &file.more {
            imports.extend((!import.is_empty()).then(|| (*import).to_owned()));
            body += text;
        }
        imports.remove(&file.path);
        let mut text = format!("{}syntax = \"proto3\";\npackage {};\n", file.comment, file.package);
        let public: BTreeSet<String> = file.public.iter().map(|f| self.files[*f].path.clone()).collect();
        for import in imports.union(&public) {
            let word = if public.contains(import) { "public " } else { "" };
            writeln!(text, "import {word}\"{import}\";").unwrap();
        }
        for (option, value) in &file.options {
            writeln!(text, "option {option} = \"{value}\";").unwrap();
        }
        text + &body
    }

    pub(crate) fn written(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let place = |path: &str| format!("{}{path}", self.root);
        for (index, file) in self.files.iter().enumerate().filter(|(_, f)| !f.gone) {
            all.insert(place(&file.path), self.text(index));
        }
        all.insert(place("google/api/annotations.proto"), HTTP.to_owned());
        if self.vendored {
            let path = "google/protobuf/timestamp.proto";
            all.insert(place(path), protopact::compile::well_known_text(path).unwrap().to_owned());
        }
        let other =
            if self.other.starts_with("third_party") { self.other.to_owned() } else { place(self.other) };
        all.insert(other, OTHER.to_owned());
        let roots = if self.root.is_empty() { "." } else { self.root.trim_end_matches('/') };
        let config =
            format!("[contract]\nroots = [\"{roots}\"]\nimports = [\"third_party\"]\n{}", self.config);
        all.insert(
            "third_party/unused.proto".to_owned(),
            "syntax = \"proto3\";\npackage unused;\n".to_owned(),
        );
        all.insert("protopact.toml".to_owned(), config);
        all
    }

    fn file(&self, dice: &mut Dice) -> usize {
        dice.below(self.files.len())
    }

    /// A type that is there.
    fn one(&self, dice: &mut Dice) -> usize {
        loop {
            let index = dice.below(self.types.len());
            if !self.types[index].gone {
                return index;
            }
        }
    }

    /// One edit, and what it is called.
    pub(crate) fn edit(&mut self, dice: &mut Dice) -> &'static str {
        let (file, of) = (self.file(dice), self.one(dice));
        match dice.below(29) {
            0 | 1 => {
                let number = 20 + dice.below(20);
                let part = self.part(dice, self.types[of].file, number);
                self.types[of].parts.push(part);
                "a part is added"
            }
            2 | 3 => {
                self.types[of].parts.pop();
                "a part is removed"
            }
            4 => {
                let value = self.value(dice, self.types[of].file);
                self.types[of].parts.iter_mut().take(1).for_each(|part| part.of = value.clone());
                "a field has another type"
            }
            5 => {
                self.types[of].parts.iter_mut().take(1).for_each(|part| part.name.push_str("_new"));
                "a part is renamed"
            }
            6 => {
                self.types[of].name.push_str("New");
                "a type is renamed"
            }
            7 | 8 => {
                self.types[of].file = file;
                "a type is moved"
            }
            9 => {
                self.types[of].gone = true;
                "a type is removed"
            }
            10 => {
                self.add_type(dice, file);
                "a type is added"
            }
            11 => {
                self.types.iter_mut().filter(|t| t.file == file).for_each(|t| t.gone = true);
                self.files[file].gone = true;
                self.files.iter_mut().for_each(|f| _ = f.public.remove(&file));
                "a file is deleted"
            }
            12 => {
                self.files[file].gone = true;
                "a file is deleted that others import"
            }
            13 => {
                let index = self.files.len();
                let mut added = self.files[file].clone();
                (added.path, added.gone) = (format!("acme/p9/g{index}.proto"), false);
                (added.methods, added.more) = (Vec::new(), Vec::new());
                self.files.push(added);
                self.add_type(dice, index);
                "a file is added"
            }
            14 => {
                self.files[file].path = format!("acme/renamed{file}.proto");
                "a file is renamed"
            }
            15 => {
                let other = self.file(dice);
                if other < file && !self.files[file].public.insert(other) {
                    self.files[file].public.clear();
                }
                "a public import comes or goes"
            }
            16 => {
                self.files[file].package.push_str(".inner");
                "a file is in another package"
            }
            17 => {
                // `p1.Thing` is looked for in `acme.p2` first.
                let inner = format!("message p{} {{}}\n", dice.below(5));
                self.files[file].more.push((inner, ""));
                "a name is shadowed"
            }
            18 => {
                let option = ["go_package", "java_package"][dice.below(2)];
                self.files[file].options.insert(option, ["acme.one", "acme.p1"][dice.below(2)].to_owned());
                "a package of a language is another"
            }
            19 => {
                self.files[file].comment = "// protopact:allow FILE_NO_DELETE for no reason\n".to_owned();
                "a break is accepted"
            }
            20 => {
                self.files[file].comment.push_str("// More.\n");
                "a comment is added"
            }
            21 => {
                self.add_method(dice, file);
                "a method is added"
            }
            22 => {
                self.files[file].methods.pop();
                "a method is removed"
            }
            23 => {
                let path = format!("/v1/things/{}", dice.below(6));
                self.files[file].methods.iter_mut().for_each(|m| m.http = Some(path.clone()));
                "a method has another URL"
            }
            24 => {
                self.vendored = !self.vendored;
                "a well-known file is vendored or no more"
            }
            25 => {
                self.root = "proto/";
                "the root is another"
            }
            26 => {
                self.other = "other.proto";
                "a file that was imported is the contract's own"
            }
            27 => {
                self.config =
                    ["[check]\nuse = [\"PACKAGE\"]\n", "[check]\nignore = [\"acme/p1\"]\n"][dice.below(2)];
                "the configuration is another"
            }
            _ => {
                let number = 100 + dice.below(3);
                let text =
                    format!("extend google.protobuf.FieldOptions {{ int32 note{file} = {number}; }}\n");
                self.files[file].more.push((text, "google/protobuf/descriptor.proto"));
                "an option is declared"
            }
        }
    }
}

/// What a change between two sets of files takes in.
fn affected(sides: [Vec<(String, String)>; 2]) -> Option<Affected> {
    let [old, new] = sides.map(|files| {
        let files = files.into_iter().map(|(path, text)| (path, text.into()));
        Loaded::Tree(Tree::from_memory("memory", files))
    });
    let places = Places::default();
    let plan = |loaded| {
        let source = ConfigSource { cwd: Path::new("/"), flag: None };
        let settings = load_settings(loaded, source, &Overrides::default()).unwrap();
        let selection = PathSelection::default();
        layout::plan(loaded.tree().unwrap(), &settings, &selection, Side::New, None, &places).unwrap()
    };
    plan(&old).affected(&plan(&new))
}

/// Whether a part of the files would do.
fn is_part(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> bool {
    // Without a place for imports there is none but the root.
    let name = |path: &str| path.replace("third_party/other.proto", "other.proto");
    affected([old, new].map(|files| files.iter().map(|(path, text)| (name(path), text.clone())).collect()))
        .is_some()
}

/// Checks with and without `--all`. Says whether a part was compiled.
fn held(seed: u64) -> bool {
    let mut dice = Dice(seed);
    dice.below(1);
    let files = 20 + dice.below(25);
    let old = Repository::new(&mut dice, files);
    let mut new = old.clone();
    let edits: Vec<&str> = (0..1 + dice.below(3)).map(|_| new.edit(&mut dice)).collect();
    let turned = dice.once_in(2);
    let (old, new) = if turned { (new.written(), old.written()) } else { (old.written(), new.written()) };
    let env = TestEnv::new();
    // Folders, or what git has of a folder that was edited since.
    let in_git = dice.once_in(2);
    let sides = if in_git { [("new", &old), ("new", &new)] } else { [("old", &old), ("new", &new)] };
    for (round, (side, files)) in sides.into_iter().enumerate() {
        let write = |(path, text): (&String, &String)| {
            let path = format!("{side}/{path}");
            // What stays as it is keeps its times, as with any editor.
            let same = env.work().join(&path).is_file() && env.read(&path) == *text;
            if !same {
                env.write(&path, text);
                let file = std::fs::File::options().write(true).open(env.work().join(&path)).unwrap();
                file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
            }
        };
        files.iter().for_each(write);
        if in_git && round == 0 {
            env.commit("old");
        } else if in_git {
            old.keys()
                .filter(|path| !files.contains_key(*path))
                .for_each(|p| env.remove(&format!("new/{p}")));
        }
    }
    let against = if in_git { "HEAD" } else { "old" };
    let more: &[&str] = [
        &["--deny", "wire,json,rpc,http,source"][..],
        &["--use", "FILE"],
        &["--use", "PACKAGE,WIRE_JSON"],
        &["--witness"],
        &["--path", "new/acme/p1,new/acme/p2"],
    ][dice.below(5)];
    let told = |all: &[&str]| {
        let reports = ["--report", "json=out.json", "--report", "sarif=out.sarif"];
        let output = env.run(&[&["check", "new", "--against", against], more, &reports, all].concat());
        let files = ["out.json", "out.sarif"].map(|name| {
            let path = env.work().join(name);
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            _ = std::fs::remove_file(path);
            text
        });
        (output.to_string(), files)
    };
    let (part, whole) = (told(&[]), told(&["--all"]));
    if part != whole {
        let kept = std::env::temp_dir().join(format!("affected-{seed}"));
        _ = std::fs::rename(env.work(), &kept);
        let shown = |one: &str, other: &str| {
            let theirs: BTreeSet<&str> = other.lines().collect();
            one.lines().filter(|line| !theirs.contains(line)).collect::<Vec<_>>().join("\n")
        };
        let all = |(text, [json, sarif]): &(String, [String; 2])| format!("{text}\n{json}\n{sarif}");
        let (part, whole) = (all(&part), all(&whole));
        panic!(
            "{seed}: {edits:?}, turned: {turned}, git: {in_git}, {more:?}, kept in {}\n--- only without --all\n{}\n--- only with --all\n{}",
            kept.display(),
            shown(&part, &whole),
            shown(&whole, &part)
        );
    }
    is_part(&old, &new)
}

/// Small files of packages of their own.
fn plain(count: usize) -> impl Iterator<Item = (String, String)> {
    (0..count).map(|n| (format!("p{n}.proto"), format!("syntax = \"proto3\";\npackage p{n};\n")))
}

/// How many files a change to the first of many takes in, which all others import.
fn taken(old: &str, new: &str) -> Option<usize> {
    let files = |text: &str| {
        let others = (0..30).map(|n| {
            let user = format!(
                "syntax = \"proto3\";\npackage u{n};\nimport \"a.proto\";\nmessage M {{ a.A a = 1; }}\n"
            );
            (format!("u{n}.proto"), user)
        });
        let first = ("a.proto".to_owned(), text.to_owned());
        std::iter::once(first).chain(others).chain(plain(70)).collect()
    };
    affected([files(old), files(new)]).map(|affected| affected.files.len())
}

#[test]
fn nobody_notices_the_comments_of_a_file() {
    let text = "syntax = \"proto3\";\npackage a;\nmessage A { string x = 1; }\n";
    assert_eq!(taken(text, text), Some(0));
    for other in
        [format!("// More.\n{text}"), text.replace('\n', "\r\n"), text.replace("{ ", "{\n  // x\n  ")]
    {
        assert_eq!(taken(text, &other), Some(0), "{other}");
        assert_eq!(taken(&other, text), Some(0), "{other}");
    }
    for other in [text.replace("x = 1", "x = 2"), text.replace("A {", "B {"), format!("{text}/* open")] {
        assert_eq!(taken(text, &other), Some(31), "{other}");
    }
}

/// A file with one HTTP call.
fn call(package: &str, binding: &str) -> String {
    format!(
        "syntax = \"proto3\";\npackage {package};\nimport \"google/api/annotations.proto\";\nmessage M {{}}\nservice S {{\n  \
         rpc Get(M) returns (M) {{ option (google.api.http) = {{ {binding} }}; }}\n}}\n"
    )
}

/// Which other files an edit of the call of a file takes in.
fn taken_for_calls(old: &str, new: &str, others: &[&str]) -> Option<Vec<String>> {
    let files = |binding: &str| {
        let others = others.iter().enumerate();
        let own = [
            ("a.proto".to_owned(), call("a", binding)),
            ("google/api/annotations.proto".to_owned(), HTTP.to_owned()),
        ];
        let others = others.map(|(n, binding)| (format!("o{n}.proto"), call(&format!("o{n}"), binding)));
        own.into_iter().chain(others).chain(plain(40)).collect()
    };
    let files = affected([files(old), files(new)])?.files;
    Some(files.iter().map(|file| file.to_string()).filter(|file| file.starts_with('o')).collect())
}

#[test]
fn who_may_serve_a_call_is_looked_at() {
    let others = ["get: '/v1/{a}'", "post : /* so */ \"/v1/**\"", "get: \"/v1/y\"", "get: \"/v2/x\""];
    let of = |old: &str, new: &str| taken_for_calls(old, new, &others);
    for (old, new) in
        [("get: '/v1/x'", "get: '/v3/x'"), ("get: '/v3/x'", "custom { kind: 'X' path: '/v1/x' }")]
    {
        assert_eq!(of(old, new).unwrap(), ["o0.proto", "o1.proto"], "{old} {new}");
    }
    assert_eq!(of("get: '/v3/x'", "get: '/v4/x'").unwrap(), [""; 0]);
    // What is not spelled out may be any.
    for unclear in ["get: '/v' '1/x'", "get: '/v1\\x2fx'"] {
        assert_eq!(of("get: '/v3/x'", unclear), None, "{unclear}");
        let others = [unclear, "get: '/v5'"];
        assert_eq!(
            taken_for_calls("get: '/v3/x'", "get: '/v4/x'", &others).unwrap(),
            ["o0.proto"],
            "{unclear}"
        );
    }
}

fn many(seeds: std::ops::Range<u64>) -> u64 {
    seeds.map(|seed| u64::from(held(seed))).sum()
}

#[test]
fn a_part_gives_the_same_report_as_all() {
    let parts = many(0..60);
    assert!(parts > 15, "only {parts} times a part was compiled");
}

#[test]
fn the_cache_changes_no_report_whatever_is_in_it() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\".\"]\n");
    for number in 0..220 {
        let import =
            if number % 10 == 0 { String::new() } else { format!("import \"f{}.proto\";\n", number - 1) };
        let field = if import.is_empty() { "int32".to_owned() } else { format!("p{0}.M{0}", number - 1) };
        let text = format!(
            "syntax = \"proto3\";\npackage p{number};\n{import}message M{number} {{\n  {field} x = 1;\n}}\n"
        );
        env.write(&format!("f{number}.proto"), &text);
    }
    env.commit("first");
    env.write("f13.proto", &env.read("f13.proto").replace("x = 1", "x = 2"));
    let cache = env.work().join("../cache");
    let told = |args: &[&str]| {
        let args = [&["check", "--against", "HEAD", "--format", "json"], args].concat();
        let with = |io: &mut protopact::cli::Io| {
            io.env.insert("PROTOPACT_CACHE".into(), cache.clone().into());
        };
        env.run_with(&args, with).to_string()
    };
    let whole = told(&["--all"]);
    assert!(whole.contains("p13.M13.x"), "{whole}");
    assert_eq!(told(&[]), whole);
    let parts = || {
        let all = std::fs::read_dir(cache.join("scans")).unwrap().map(|form| form.unwrap().path());
        all.flat_map(|form| std::fs::read_dir(form).unwrap())
            .map(|part| part.unwrap().path())
            .collect::<Vec<_>>()
    };
    assert_eq!(parts().len(), 16);
    assert_eq!(told(&[]), whole, "with what was kept");
    for part in parts() {
        let bytes = std::fs::read(&part).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&*env.work().to_string_lossy()));
        std::fs::write(part, &bytes[..bytes.len() / 2]).unwrap();
    }
    assert_eq!(told(&[]), whole, "with what is left of it");
}

/// What a run says in every format.
fn every_format(env: &TestEnv, args: &[&str]) -> Vec<String> {
    let formats = ["json", "sarif", "junit", "github", "gitlab", "markdown", "html"];
    let reports: Vec<String> =
        formats.iter().map(|format| format!("--report={format}=out.{format}")).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    let cache = env.work().join("../cache");
    let output = env.run_with(&[args, &reports].concat(), |io| {
        io.env.insert("PROTOPACT_CACHE".into(), cache.clone().into());
    });
    let mut told = vec![output.to_string()];
    for format in formats {
        let path = env.work().join(format!("out.{format}"));
        told.push(std::fs::read_to_string(&path).unwrap_or_default());
        _ = std::fs::remove_file(path);
    }
    told
}

/// Files that import each other, below a folder.
fn chain(env: &TestEnv, folder: &str, count: usize) {
    for number in 0..count {
        let first = number % 10 == 0;
        let before = number.saturating_sub(1);
        let import = if first { String::new() } else { format!("import \"c/f{before}.proto\";\n") };
        let field = if first { "int32".to_owned() } else { format!("p{before}.M{before}") };
        let text = format!(
            "syntax = \"proto3\";\npackage p{number};\n{import}message M{number} {{\n  {field} x = 1;\n}}\n"
        );
        env.write(&format!("{folder}c/f{number}.proto"), &text);
    }
}

#[test]
fn sides_with_the_same_files_give_the_same_report_as_all() {
    let waiver = "[[waiver]]\nfinding = \"0123456789ab\"\nreason = \"none\"\n";
    type Files<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, usize, Files<'_>); 8] = [
        ("roots are found", 220, &[]),
        ("few files", 20, &[]),
        ("roots are configured", 220, &[("protopact.toml", "[contract]\nroots = [\"proto\"]\n")]),
        (
            "a comment accepts nothing",
            220,
            &[(
                "proto/c/z.proto",
                "syntax = \"proto3\";\n// protopact:allow FIELD_NO_DELETE for no reason\nmessage Z { int32 x = 1; }\n",
            )],
        ),
        ("an entry accepts nothing", 220, &[("protopact.toml", waiver)]),
        (
            "others' files",
            220,
            &[
                (
                    "proto/c/z.proto",
                    "syntax = \"proto3\";\nimport \"o/o.proto\";\nmessage Z { o.O x = 1; }\n",
                ),
                ("third_party/o/o.proto", "syntax = \"proto3\";\npackage o;\nmessage O {}\n"),
            ],
        ),
        ("a nested configuration", 220, &[("proto/c/protopact.toml", "[check]\nuse = [\"WIRE\"]\n")]),
        ("an edition", 20, &[("proto/c/z.proto", "edition = \"2023\";\nmessage Z { int32 x = 1; }\n")]),
    ];
    for (name, count, more) in cases {
        let env = TestEnv::new();
        chain(&env, "proto/", count);
        more.iter().for_each(|(path, text)| env.write(path, text));
        env.commit("first");
        let args = ["check", "--against", "HEAD"];
        let whole = every_format(&env, &[&args[..], &["--all"]].concat());
        assert_eq!(every_format(&env, &args), whole, "{name}: nothing is kept");
        assert_eq!(every_format(&env, &args), whole, "{name}: with what is kept");
        // The same bytes at another time, and git does not know.
        env.write("proto/c/f3.proto", &env.read("proto/c/f3.proto"));
        assert_eq!(every_format(&env, &args), whole, "{name}: a file was written again");
        let text = env.read("proto/c/f3.proto").replace("x = 1", "x = 2");
        env.write("proto/c/f3.proto", &text);
        let edited = every_format(&env, &args);
        assert!(edited[0].contains("`p3.M3`"), "{name}: {}", edited[0]);
        assert_eq!(edited, every_format(&env, &[&args[..], &["--all"]].concat()), "{name}");
    }
}

/// What a part alone would get wrong: each needs a file that the change does not reach.
#[test]
fn everything_is_compiled_where_a_part_does_not_tell_all() {
    let http = |package: &str, get: &str| call(package, &format!("get: \"{get}\""));
    let plain = "syntax = \"proto3\";\npackage a;\nmessage M {}\n";
    let (inner, any) = (
        "syntax = \"proto3\";\npackage a.inner;\nmessage N {}\n",
        "syntax = \"proto3\";\npackage z;\nimport \"google/protobuf/any.proto\";\nmessage Z { google.protobuf.Any any = 1; }\n",
    );
    let cases = [
        ("a type with the name of a package", [plain, &plain.replace("M {}", "inner {}")], inner, 3),
        ("a URL that another method serves", [&*http("a", "/v1/x"), plain], &http("z", "/v1/{y}"), 0),
        ("what is packed", [&plain.replace("M {}", "M {} message Gone {}"), plain], any, 1),
    ];
    for (name, [old, new], other, code) in cases {
        let env = TestEnv::new();
        env.write("protopact.toml", "[contract]\nroots = [\".\"]\n[check]\ndeny = [\"wire\", \"http\"]\n");
        env.write("google/api/annotations.proto", HTTP);
        env.write("a.proto", old);
        env.write("other.proto", other);
        for number in 0..12 {
            env.write(&format!("f{number}.proto"), &format!("syntax = \"proto3\";\npackage p{number};\n"));
        }
        env.commit("first");
        env.write("a.proto", new);
        let told = |all: &[&str]| {
            env.run(&[&["check", "--against", "HEAD", "--format", "json"], all].concat()).to_string()
        };
        let whole = told(&["--all"]);
        assert_eq!(told(&[]), whole, "{name}");
        assert!(whole.ends_with(&format!("--- exit {code}")), "{name}: {whole}");
    }
}

#[test]
#[ignore = "thousands of repositories take minutes"]
#[expect(clippy::disallowed_methods, reason = "whoever runs it says where it begins")]
fn a_part_gives_the_same_report_as_all_however_often() {
    let first = std::env::var("FIRST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1000);
    let parts = many(first..first + 1000);
    assert!(parts > 250, "only {parts} times a part was compiled");
}
