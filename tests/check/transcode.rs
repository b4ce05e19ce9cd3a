//! The `http` lens held to grpc-gateway: random calls with their URLs, random edits, and what reaches the new server.
//!
//! `ci/http` runs it: it builds a Go program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost_reflect::{DescriptorPool, DynamicMessage, MapKey, Value};
use protopact::compare::Comparison;
use protopact::compile::{self, output};
use protopact::schema::Schema;
use protopact::words::{Direction, Effect, Lens};
use serde_json::json;

use crate::support::input;

const HTTP: &str =
    include_str!("../../fixtures/probes/20-http-path-changed/old/google/api/annotations.proto");

#[derive(Clone, Debug)]
struct Field {
    name: String,
    number: i32,
    kind: &'static str,
    repeated: bool,
    json_name: Option<String>,
    in_oneof: bool,
}

#[derive(Clone, Debug)]
struct Binding {
    verb: &'static str,
    path: String,
    body: &'static str,
}

#[derive(Clone, Debug)]
struct Contract {
    /// The fields of `Ask`, `In` and `Other`.
    messages: [Vec<Field>; 3],
    colors: Vec<&'static str>,
    /// Name, request, bindings.
    methods: Vec<(String, &'static str, Vec<Binding>)>,
}

const NAMES: [&str; 3] = ["Ask", "In", "Other"];
const KINDS: [&str; 10] =
    ["string", "int32", "int64", "uint32", "bool", "bytes", "double", "float", "Color", "sint64"];
const PATHS: [&str; 12] = [
    "/v1/{name}",
    "/v1/{name=shelves/*}",
    "/v1/{name=shelves/*/books/*}",
    "/v1/shelves/{name}",
    "/v1/{name=**}",
    "/v1/shelves/{name}/books/{id}",
    "/v1/shelves/*/{id}",
    "/v1/shelves",
    "/v1/{in.note}/list",
    "/v1/shelves/{id}:move",
    "/v1/{name=shelves/*}:move",
    "/v1/{name=shelves/**}",
];

struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn binding(&mut self) -> Binding {
        let verb = self.pick(&["get", "get", "delete", "post", "patch"]);
        let body = if matches!(verb, "post" | "patch") { self.pick(&["", "in", "*"]) } else { "" };
        // What a body fills, a path cannot.
        let paths: Vec<&str> =
            PATHS.into_iter().filter(|path| body != "in" || !path.contains("{in")).collect();
        Binding { verb, path: self.pick(&paths).to_owned(), body }
    }

    fn contract(&mut self) -> Contract {
        let field = |name: &str, number, kind| Field {
            name: name.to_owned(),
            number,
            kind,
            repeated: false,
            json_name: None,
            in_oneof: false,
        };
        let mut ask = vec![
            field("name", 1, "string"),
            field("id", 2, self.pick(&["string", "int32", "int64", "Color", "bool"])),
            field("in", 3, "In"),
        ];
        for (at, name) in ["page_size", "show_all", "filter", "tag_list"].into_iter().enumerate() {
            let mut one = field(name, 4 + at as i32, self.pick(&KINDS));
            one.repeated = self.below(4) == 0;
            one.in_oneof = !one.repeated && self.below(4) == 0;
            ask.push(one);
        }
        let inside = vec![field("note", 1, "string"), field("size", 2, self.pick(&KINDS))];
        let mut other = ask.clone();
        if self.below(2) == 0 {
            other[4].name = "all_of_them".to_owned();
        }
        let mut methods = Vec::new();
        for name in ["Get", "List"].into_iter().take(1 + self.below(2)) {
            let bindings = (0..=self.below(2)).map(|_| self.binding()).collect();
            methods.push((name.to_owned(), "Ask", bindings));
        }
        Contract { messages: [ask, inside, other], colors: vec!["NONE", "RED", "BLUE"], methods }
    }

    /// What was done.
    fn edit(&mut self, c: &mut Contract) -> String {
        let message = self.below(2);
        let fields = &mut c.messages[message];
        // `name`, `id` and `in.note` stand in paths, which cannot name what is not there.
        let at = if message == 0 { 3 + self.below(fields.len() - 3) } else { 1 };
        match self.below(13) {
            0 => {
                fields[at].name = self.pick(&["limit", "nothing", "pageSize"]).to_owned();
                format!("{}[{at}] is renamed", NAMES[message])
            }
            1 => {
                fields[at].json_name = Some("other".to_owned());
                format!("{}[{at}] has another JSON name", NAMES[message])
            }
            2 => {
                fields[at].kind = self.pick(&KINDS);
                format!("{}[{at}] is of another type", NAMES[message])
            }
            3 => {
                fields[at].repeated = !fields[at].repeated;
                fields[at].in_oneof = false;
                format!("{}[{at}] has another cardinality", NAMES[message])
            }
            4 if message == 0 => {
                fields.remove(at);
                format!("{}[{at}] is removed", NAMES[message])
            }
            5 => {
                let number = fields.iter().map(|f| f.number).max().unwrap_or(0) + 1;
                fields.push(Field { name: "fresh".to_owned(), number, ..fields[at].clone() });
                "a field is added".to_owned()
            }
            6 => {
                fields[at].number += 20;
                format!("{}[{at}] has another number", NAMES[message])
            }
            7 if !fields[at].repeated => {
                fields[at].in_oneof = !fields[at].in_oneof;
                format!("{}[{at}] is in or out of the oneof", NAMES[message])
            }
            8 => {
                c.colors[1] = "GREEN";
                "a color is renamed".to_owned()
            }
            9 => {
                c.colors.pop();
                "a color is removed".to_owned()
            }
            10 => {
                let bindings = c.methods[0].2.len();
                let changed = self.below(bindings);
                c.methods[0].2[changed] = self.binding();
                "a binding is another".to_owned()
            }
            11 => {
                c.methods[0].1 = "Other";
                "a request is of another type".to_owned()
            }
            12 => {
                let binding = self.binding();
                c.methods.push(("More".to_owned(), "Ask", vec![binding]));
                "a method is added".to_owned()
            }
            _ => {
                let kind = self.pick(&["string", "int32", "int64", "Color", "bool"]);
                c.messages[0][1].kind = kind;
                format!("`id` is {kind}")
            }
        }
    }

    /// A text for a value that is not the default one.
    fn text(&mut self, kind: &str, colors: &[&'static str]) -> String {
        match kind {
            "string" => self.pick(&["word", "7", "true", "RED", "a b"]).to_owned(),
            "int32" => self.pick(&["1", "-7", "2147483647"]).to_owned(),
            "int64" | "sint64" => {
                self.pick(&["1", "-7", "9007199254740993", "9223372036854775807"]).to_owned()
            }
            "uint32" => self.pick(&["1", "7", "4294967295"]).to_owned(),
            "bool" => "true".to_owned(),
            "bytes" => self.pick(&["YQ==", "/+8=", "Ynl0ZXM="]).to_owned(),
            "double" => self.pick(&["1.5", "0.1", "1e+300", "3"]).to_owned(),
            "float" => self.pick(&["1.5", "0.1", "3"]).to_owned(),
            "Color" => {
                let known = &colors[1..];
                self.pick(known).to_owned()
            }
            other => panic!("no text for {other}"),
        }
    }
}

impl Contract {
    fn text(&self) -> String {
        let mut text =
            "syntax = \"proto3\";\npackage t;\nimport \"google/api/annotations.proto\";\n".to_owned();
        let values: Vec<String> =
            self.colors.iter().enumerate().map(|(n, name)| format!("{name} = {n};")).collect();
        writeln!(text, "enum Color {{ {} }}", values.join(" ")).unwrap();
        for (name, fields) in NAMES.iter().zip(&self.messages) {
            let one = |f: &Field| {
                let label = if f.repeated { "repeated " } else { "" };
                let option =
                    f.json_name.as_ref().map(|n| format!(" [json_name = \"{n}\"]")).unwrap_or_default();
                format!("  {label}{} {} = {}{option};\n", f.kind, f.name, f.number)
            };
            let (inside, outside): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|f| f.in_oneof);
            let oneof: String = inside.into_iter().map(one).collect();
            let oneof = if oneof.is_empty() { oneof } else { format!("  oneof pick {{\n{oneof}  }}\n") };
            let rest: String = outside.into_iter().map(one).collect();
            writeln!(text, "message {name} {{\n{rest}{oneof}}}").unwrap();
        }
        text += "message Nothing {}\nservice S {\n";
        for (name, request, bindings) in &self.methods {
            let one = |b: &Binding| {
                let body = if b.body.is_empty() { String::new() } else { format!(" body: \"{}\"", b.body) };
                format!("{}: \"{}\"{body}", b.verb, b.path)
            };
            let more: String =
                bindings[1..].iter().map(|b| format!(" additional_bindings {{ {} }}", one(b))).collect();
            writeln!(
                text,
                "  rpc {name}({request}) returns (Nothing) {{ option (google.api.http) = {{ {}{more} }}; }}",
                one(&bindings[0])
            )
            .unwrap();
        }
        text + "}\n"
    }

    fn fields_of(&self, message: &str) -> &[Field] {
        &self.messages[NAMES.iter().position(|name| *name == message).unwrap()]
    }

    /// The bindings that one method alone has, as they are told: which of several answers is laid down nowhere.
    fn of_one_method(&self) -> BTreeSet<String> {
        let mut methods = BTreeMap::<String, BTreeSet<&str>>::new();
        for (name, _, bindings) in &self.methods {
            for binding in bindings {
                let told = format!("{} {}", binding.verb.to_uppercase(), binding.path);
                methods.entry(told).or_default().insert(name);
            }
        }
        methods.into_iter().filter(|(_, methods)| methods.len() == 1).map(|(told, _)| told).collect()
    }

    /// A request as an old client sends it; with `filled_body` there is something in its body.
    fn request(&self, rng: &mut Rng, filled_body: bool) -> (String, String, String) {
        let (_, message, bindings) = rng.pick(&self.methods);
        let binding = rng.pick(&bindings);
        let fields = self.fields_of(message);
        let kind_of = |path: &str| match path.split_once('.') {
            Some((_, inner)) => self.messages[1].iter().find(|f| f.name == inner).unwrap().kind,
            None => fields.iter().find(|f| f.name == path).unwrap().kind,
        };
        let (mut path, mut filled, mut rest) = (String::new(), Vec::new(), binding.path.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            let (variable, behind) = after.split_once('}').unwrap();
            path += &segments(before, rng);
            match variable.split_once('=') {
                Some((name, template)) => {
                    path += &segments(template, rng);
                    filled.push(name.to_owned());
                }
                None => {
                    path += &escape(&rng.text(kind_of(variable), &self.colors));
                    filled.push(variable.to_owned());
                }
            }
            rest = behind;
        }
        path += &segments(rest, rng);
        let mut query = Vec::new();
        if binding.body != "*" {
            let mut taken = false;
            for field in fields {
                if filled.contains(&field.name) || binding.body == field.name || rng.below(3) == 0 {
                    continue;
                }
                let nested = [(String::new(), field.clone())];
                let inner: Vec<(String, Field)> =
                    self.messages[1].iter().map(|f| (format!("{}.", field.name), f.clone())).collect();
                let leaves = if field.kind == "In" { inner } else { nested.to_vec() };
                for (prefix, leaf) in leaves {
                    if filled.contains(&format!("{prefix}{}", leaf.name)) || (leaf.in_oneof && taken) {
                        continue;
                    }
                    taken |= leaf.in_oneof;
                    let name = if rng.below(2) == 0 { leaf.name.clone() } else { leaf.key() };
                    for _ in 0..=(if leaf.repeated { rng.below(3) } else { 0 }) {
                        let text = escape(&rng.text(leaf.kind, &self.colors));
                        query.push(format!("{prefix}{name}={text}"));
                    }
                }
            }
        }
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let body = match binding.body {
            "" => String::new(),
            _ if !filled_body => "{}".to_owned(),
            "*" => self.body(fields, &filled, rng),
            _ => self.body(&self.messages[1], &[], rng),
        };
        (binding.verb.to_uppercase(), format!("{path}{query}"), body)
    }

    /// JSON of one field that the path does not fill.
    fn body(&self, fields: &[Field], filled: &[String], rng: &mut Rng) -> String {
        let free = |f: &&Field| f.kind != "In" && !filled.contains(&f.name);
        let free: Vec<&Field> = fields.iter().filter(free).collect();
        let field = rng.pick(&free);
        let text = rng.text(field.kind, &self.colors);
        let value = if field.kind == "bool" { json!(true) } else { json!(text) };
        let value = if field.repeated { json!([value]) } else { value };
        json!({ field.key(): value }).to_string()
    }
}

impl Field {
    /// The JSON name.
    fn key(&self) -> String {
        self.json_name.clone().unwrap_or_else(|| {
            let mut words = self.name.split('_');
            let first = words.next().unwrap_or_default().to_owned();
            words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
        })
    }
}

/// A part of a template, with words for its wildcards.
fn segments(template: &str, rng: &mut Rng) -> String {
    let many = rng.pick(&["one", "one/two", "shelves/three"]);
    let one = rng.pick(&["one", "two"]);
    template.replace("**", many).replace('*', one)
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").unwrap();
        }
    }
    escaped
}

struct Side {
    schema: Schema,
    set: Vec<u8>,
    pool: DescriptorPool,
}

fn side(contract: &Contract) -> Option<Side> {
    let files = vec![
        ("a.proto".to_owned(), contract.text()),
        ("google/api/annotations.proto".to_owned(), HTTP.to_owned()),
    ];
    let compiled = compile::compile(&input("", &files), &compile::Options::default()).ok()?;
    let options = output::SetOptions { include_imports: true, include_source_info: false };
    let set = output::descriptor_set(&compiled, options);
    let pool = DescriptorPool::decode(set.as_slice()).ok()?;
    Some(Side { schema: Schema::build(&compiled).ok()?, set, pool })
}

/// A server of grpc-gateway's run time.
struct Gateway {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What a request reached, or the status of the refusal.
type Answer = Result<Reached, u64>;

#[derive(Debug)]
struct Reached {
    method: String,
    /// Verb and template.
    binding: String,
    message: Vec<u8>,
}

impl Gateway {
    fn start() -> Gateway {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/transcoder");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcoder");
        let built = Command::new("go")
            .args(["build", "-trimpath", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(&source)
            .status()
            .unwrap();
        assert!(built.success(), "the gateway does not build");
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Gateway { child, input, output }
    }

    fn ask(&mut self, side: &Side, requests: &[(String, String, String)]) -> Vec<Answer> {
        let requests: Vec<_> = requests
            .iter()
            .map(|(verb, url, body)| json!({"Verb": verb, "URL": url, "Body": body}))
            .collect();
        let line = json!({"Set": BASE64.encode(&side.set), "Requests": requests});
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        let answers: serde_json::Value = serde_json::from_str(&answer).expect("the gateway answers");
        let one = |answer: &serde_json::Value| match answer["Method"].as_str() {
            Some(method) => Ok(Reached {
                method: method.to_owned(),
                binding: answer["Binding"].as_str().unwrap().to_owned(),
                message: BASE64.decode(answer["Message"].as_str().unwrap_or_default()).unwrap(),
            }),
            None => Err(answer["Status"].as_u64().unwrap()),
        };
        answers.as_array().unwrap().iter().map(one).collect()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a message holds as texts, by the names of its fields and by their numbers.
fn texts(side: &Side, reached: &Reached) -> [BTreeMap<String, Vec<String>>; 2] {
    let (service, name) = reached.method.rsplit_once('.').unwrap();
    let service = side.pool.get_service_by_name(service).unwrap();
    let method = service.methods().find(|m| m.name() == name).unwrap();
    let message = DynamicMessage::decode(method.input(), reached.message.as_slice()).unwrap();
    let mut found = [BTreeMap::new(), BTreeMap::new()];
    collect(&message, ["", ""], &mut found);
    found
}

fn collect(message: &DynamicMessage, prefix: [&str; 2], found: &mut [BTreeMap<String, Vec<String>>; 2]) {
    for (field, value) in message.fields() {
        let paths = [format!("{}{}", prefix[0], field.name()), format!("{}{}", prefix[1], field.number())];
        if let Value::Message(inner) = value {
            let [name, number] = paths.map(|path| format!("{path}."));
            collect(inner, [&name, &number], found);
            continue;
        }
        let text = |value: &Value| match value {
            Value::EnumNumber(number) => {
                let kind = field.kind();
                let value = kind.as_enum().and_then(|e| e.get_value(*number));
                value.map_or(number.to_string(), |v| v.name().to_owned())
            }
            // What is written so is not the value.
            Value::Bytes(bytes) => format!("bytes {}", BASE64.encode(bytes)),
            Value::String(text) => text.clone(),
            // A number is what it is, whatever type holds it.
            Value::F32(number) => float(f64::from(*number), number.to_string()),
            Value::F64(number) => float(*number, number.to_string()),
            Value::I32(n) => n.to_string(),
            Value::I64(n) => n.to_string(),
            Value::U32(n) => n.to_string(),
            Value::U64(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            other => format!("{other:?}"),
        };
        let all = match value {
            Value::List(list) => list.iter().map(text).collect(),
            Value::Map(map) => {
                map.iter().map(|(k, v): (&MapKey, &Value)| format!("{k:?}{}", text(v))).collect()
            }
            one => vec![text(one)],
        };
        for (map, path) in found.iter_mut().zip(paths) {
            map.insert(path, all.clone());
        }
    }
}

fn float(number: f64, shortest: String) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { shortest }
}

/// Whether two requests hold the same: equal texts below equal names, or below equal numbers. A text that is written for
/// a number in more ways than one is compared as that number.
fn same(old: &[BTreeMap<String, Vec<String>>; 2], new: &[BTreeMap<String, Vec<String>>; 2]) -> bool {
    let canonical = |map: &BTreeMap<String, Vec<String>>| -> BTreeMap<String, Vec<String>> {
        let one = |text: &String| match text.parse::<f64>() {
            Ok(number) if text.contains(['.', 'e']) => float(number, number.to_string()),
            _ => text.clone(),
        };
        map.iter().map(|(path, texts)| (path.clone(), texts.iter().map(one).collect())).collect()
    };
    old.iter().zip(new).any(|(old, new)| canonical(old) == canonical(new))
}

/// The worst cell of the lens for old clients at a new server, with its reason.
fn verdict(old: &Side, new: &Side) -> (Effect, String) {
    let comparison = Comparison::new(&old.schema, &new.schema);
    let cells = comparison.verdicts().iter().filter_map(|v| v.cell(Lens::Http, Direction::Backward));
    let worst = cells.max_by_key(|cell| cell.effect);
    worst.map_or((Effect::Ok, String::new()), |cell| (cell.effect, cell.reason.to_string()))
}

/// The call that a reason is about.
fn first_binding(reason: &str) -> Option<&str> {
    reason.split('`').skip(1).step_by(2).find(|quoted| quoted.contains(" /"))
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
#[ignore = "builds a Go program; ci/http runs it"]
fn urls_reach_what_the_http_lens_says() {
    let (pairs, seed) = (number("PROTOPACT_HTTP_PAIRS", 500), number("PROTOPACT_HTTP_SEED", 1));
    let mut gateway = Gateway::start();
    let (mut wrong, mut counts, mut requests_in_all) = (Vec::new(), BTreeMap::<&str, usize>::new(), 0);
    let mut tried = 0;
    let mut draw = 0;
    while tried < pairs {
        draw += 1;
        let mut rng = Rng(seed.wrapping_mul(1_000_003).wrapping_add(draw));
        let contract = rng.contract();
        let mut edited = contract.clone();
        let edits: Vec<String> = (0..=rng.below(4) / 3).map(|_| rng.edit(&mut edited)).collect();
        // Two fields of one name, or a reserved word.
        let (Some(old), Some(new)) = (side(&contract), side(&edited)) else { continue };
        tried += 1;
        let (effect, reason) = verdict(&old, &new);
        *counts.entry(effect.as_str()).or_default() += 1;
        let (mut shown, mut met) = (None, BTreeSet::<String>::new());
        let known = contract.of_one_method();
        // More are sent where a loss is claimed and not seen yet, at last with something in their bodies: what becomes of that
        // the lens of JSON says, and this one only whether it is read.
        for round in 0..if matches!(effect, Effect::Ok | Effect::Unknown) { 1 } else { 8 } {
            let requests: Vec<_> = (0..60).map(|_| contract.request(&mut rng, round >= 6)).collect();
            let (there, here) = (gateway.ask(&old, &requests), gateway.ask(&new, &requests));
            for (request, (before, after)) in requests.iter().zip(there.iter().zip(&here)) {
                // What reached nothing before says nothing.
                let Ok(before) = before else { continue };
                requests_in_all += 1;
                if known.contains(&before.binding) {
                    met.insert(before.binding.clone());
                }
                let equal = after.as_ref().is_ok_and(|after| same(&texts(&old, before), &texts(&new, after)));
                if !equal {
                    shown = Some(format!("{} {}: {after:?} after {before:?}", request.0, request.1));
                }
            }
            if shown.is_some() {
                break;
            }
        }
        let fault = match (effect, &shown) {
            (Effect::Ok, Some(shown)) => format!("ok says the lens, but {shown}"),
            // A call all of whose URLs reach another one.
            (_, None) if !first_binding(&reason).is_some_and(|call| met.contains(call)) => continue,
            (Effect::Lossy | Effect::Corrupt | Effect::Rejects, None) => {
                format!("{} says the lens ({reason}), and no URL shows it", effect.as_str())
            }
            _ => continue,
        };
        wrong.push(format!(
            "pair {draw}, {}: {fault}\n{}->\n{}",
            edits.join(", "),
            contract.text(),
            edited.text()
        ));
    }
    eprintln!(
        "{tried} pairs, {requests_in_all} requests, verdicts {counts:?}, {} disagreements",
        wrong.len()
    );
    let first: Vec<&String> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} of {tried} disagree:\n{first:#?}", wrong.len());
    assert!(counts.len() >= 3, "all kinds of verdicts are met: {counts:?}");
}
