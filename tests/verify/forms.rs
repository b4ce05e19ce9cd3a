//! JSON over all ordered pairs of types: what the lens says, what the models of the parsers do, and what protojson,
//! JsonFormat and json_format really do with every text that any of them prints.
//!
//! One contract has a message for every type, so each language costs one program: what one message prints is a text
//! for all the others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use protopact::codegen::plugin::Lock;
use protopact::codegen::plugin::lock::Around;
use protopact::compare::Comparison;
use protopact::config::generate::Generate;
use protopact::machine::{Cache, Host, Space};
use protopact::schema::{MessageId, Schema};
use protopact::verify::build::{Builder, build, missing_tool};
use protopact::verify::fault::model;
use protopact::verify::process::Process;
use protopact::verify::sdk::Sdk;
use protopact::wire::compare::{By, Comparison as Readings};
use protopact::wire::json::{self, Json};
use protopact::wire::sample::{SampleOptions, Size, samples};
use protopact::wire::text::text;
use protopact::wire::{Tree, decode};
use protopact::words::{Direction, Effect, Language, Lens};
use serde_json::{Value, json};

use crate::drivers::side;
use crate::env::TestEnv;
use crate::matrix::{cache, run};
use crate::support::forms::{TYPES, each, pairs};
use crate::support::{Files, project, schema};

const SPEAKERS: [Language; 3] = [Language::Go, Language::Java, Language::Python];
const PATIENCE: Duration = Duration::from_secs(120);

/// What a program made of something: bytes and what it printed, or its refusal.
type Answer = Result<(Vec<u8>, Option<String>), String>;

fn answers(process: &mut Process, requests: &[Value]) -> Vec<Answer> {
    let all = process.ask(requests, PATIENCE).unwrap();
    let answer = |value: Value| {
        if value["ok"] != true {
            return Err(value["error"].as_str().unwrap_or_default().to_owned());
        }
        let bytes = HEXLOWER_PERMISSIVE.decode(value["hex"].as_str().unwrap_or_default().as_bytes()).unwrap();
        Ok((bytes, value["json"].as_str().map(str::to_owned)))
    };
    all.into_iter().map(answer).collect()
}

/// The programs of a contract, one for each of some languages; those whose tools are missing say so.
pub(crate) fn programs(files: &Files, speakers: &[Language]) -> Vec<(Language, Process)> {
    let env = TestEnv::new();
    let settings = project().join("contracts/protopact.toml");
    env.write("protopact.toml", &std::fs::read_to_string(settings).unwrap());
    for (path, text) in files {
        env.write(&format!("proto/{path}"), text);
    }
    let mut host = Host::of_process();
    host.env.insert("PROTOPACT_CACHE".into(), cache().into());
    host.cwd = env.work();
    let required = host.var("PROTOPACT_MATRIX").unwrap_or_default().to_owned();
    let there = |language: &Language| match missing_tool(&host, *language) {
        Some(tool) => {
            assert!(!required.contains(language.as_str()), "{} needs `{tool}`", language.as_str());
            eprintln!("{} skipped: `{tool}` is not there", language.as_str());
            false
        }
        None => true,
    };
    let languages: Vec<Language> = speakers.iter().copied().filter(there).collect();
    let names: Vec<&str> = languages.iter().map(|l| l.as_str()).collect();
    let (code, told) = run(&env, &["plugins", "install", "--lang", &names.join(",")]);
    assert_eq!(code, 0, "{told}");
    let lock = Lock::parse(&env.read("protopact.lock")).unwrap();
    let place = Cache::of(&host).unwrap();
    let around = Around { host: &host, cache: Some(&place), protoc: None };
    let (settings, root) = (Generate::default(), env.work());
    let sdk = Sdk { name: "forms", root: &root, settings: &settings, lock: Some(&lock), around };
    let sides = [side(files, "one"), side(files, "other")];
    let space = place.space(Space::Verify);
    let builder = Builder { host: &host, root: &space, offline: false };
    let start = |language: Language| {
        let drivers = sdk.drivers(language, &sides).unwrap();
        let made = build(builder, language, &drivers[..1], &|step| eprintln!("{step}"));
        let made = made.unwrap_or_else(|e| panic!("{e}\n{}", e.messages()));
        (language, Process::start(&host, &made[0], &[]).unwrap())
    };
    languages.into_iter().map(start).collect()
}

/// What the lens says of every ordered pair of types, and why.
fn said() -> BTreeMap<(usize, usize), (Effect, String)> {
    let (old, new) = (schema(&pairs(|w, _| w)).unwrap(), schema(&pairs(|_, r| r)).unwrap());
    let comparison = Comparison::new(&old, &new);
    let cx = comparison.cx();
    let mut said = BTreeMap::new();
    for (change, verdict) in comparison.changes().iter().zip(comparison.verdicts()) {
        let symbol = change.symbol(&cx);
        let pair =
            symbol.strip_prefix("t.P").and_then(|s| s.split('.').next()).and_then(|s| s.split_once('x'));
        let Some((w, r)) = pair.and_then(|(w, r)| Some((w.parse().ok()?, r.parse().ok()?))) else { continue };
        let Some(cell) = verdict.cell(Lens::Json, Direction::Backward) else { continue };
        let entry = said.entry((w, r)).or_insert((Effect::Ok, String::new()));
        if cell.effect > entry.0 {
            *entry = (cell.effect, cell.reason.to_string());
        }
    }
    said
}

/// The messages of a contract.
struct Contract {
    schema: Schema,
    of: Vec<MessageId>,
}

impl Contract {
    fn new() -> Contract {
        let schema = schema(&each()).unwrap();
        let id = |n| schema.message_by_name(&format!("t.R{n}")).unwrap();
        let of = (0..TYPES.len()).map(id).collect();
        Contract { schema, of }
    }

    /// What a program saw, by what it wrote of it.
    fn seen(&self, of: usize, answer: &Answer, language: Language) -> Result<Tree, String> {
        let (bytes, _) = answer.as_ref().map_err(Clone::clone)?;
        Ok(decode(&self.schema, self.of[of], bytes, model(language)).unwrap())
    }

    /// What the model of a language's parser sees.
    fn modelled(&self, of: usize, json: &Json, language: Language) -> Result<Tree, String> {
        json::read(&self.schema, self.of[of], json, model(language)).map_err(|e| e.to_string())
    }

    /// What reading a text as another type did to what it meant.
    fn done(&self, meant: &Tree, seen: &Result<Tree, String>) -> Effect {
        let Ok(seen) = seen else { return Effect::Rejects };
        let (write, read) = (&self.schema, &self.schema);
        let readings = Readings { write, read, direction: Direction::Backward, by: By::Key };
        readings.differences(meant, seen).into_iter().map(|d| d.effect).max().unwrap_or(Effect::Ok)
    }
}

/// What came of one text in one language.
struct Seen<'a> {
    language: Language,
    text: &'a str,
    effect: Effect,
    what: String,
}

#[test]
#[ignore = "builds programs in three languages"]
fn every_pair_of_types_is_parsed_by_every_language_as_the_lens_says() {
    let contract = Contract::new();
    let show = |tree: &Result<Tree, String>| match tree {
        Ok(tree) => text(&contract.schema, tree),
        Err(_) => "refused".to_owned(),
    };
    let mut programs = programs(&each(), &SPEAKERS);
    // What anybody prints of a sample.
    let mut texts: Vec<BTreeSet<String>> = vec![BTreeSet::new(); TYPES.len()];
    for (_, process) in &mut programs {
        for (n, id) in contract.of.iter().enumerate() {
            let mut all = samples(&contract.schema, *id, &SampleOptions { seed: 3, size: Size::Exhaustive });
            // Nobody who has the closed enum means a number that it does not list.
            all.retain(|sample| !sample.name.contains("unlisted-closed"));
            let ask = |s: &protopact::wire::sample::Sample| json!({"id": 0, "op": "codec", "message": format!("t.R{n}"), "hex": HEXLOWER.encode(&s.bytes)});
            let requests: Vec<Value> = all.iter().map(ask).collect();
            let printed = answers(process, &requests).into_iter().filter_map(|a| a.ok()?.1);
            texts[n].extend(printed.map(|t| Json::parse(&t).unwrap().to_string()));
        }
    }
    let (mut wrong, mut models) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
    let mut came: BTreeMap<(usize, usize), Vec<Seen<'_>>> = BTreeMap::new();
    let mut compared = 0_usize;
    for (language, process) in &mut programs {
        for (w, texts) in texts.iter().enumerate() {
            let asked: Vec<(&String, usize)> =
                texts.iter().flat_map(|text| (0..TYPES.len()).map(move |r| (text, r))).collect();
            let ask = |(text, r): &(&String, usize)| json!({"id": 0, "op": "json", "message": format!("t.R{r}"), "json": text});
            let requests: Vec<Value> = asked.iter().map(ask).collect();
            let answers = answers(process, &requests);
            for (chunk, answers) in asked.chunks(TYPES.len()).zip(answers.chunks(TYPES.len())) {
                let text = chunk[0].0;
                let json = Json::parse(text).unwrap();
                // What the language does not take back, or takes for something else, is no matter of types.
                let meant = contract.seen(w, &answers[w], *language);
                for (r, answer) in answers.iter().enumerate() {
                    compared += 1;
                    let seen = contract.seen(r, answer, *language);
                    let modelled = contract.modelled(r, &json, *language);
                    if show(&seen) != show(&modelled) {
                        let said = answer.as_ref().err().cloned().unwrap_or_else(|| show(&seen));
                        let what = format!(
                            "{text} as {}: {said}, the model: {}",
                            TYPES[r],
                            modelled.as_ref().map_or_else(Clone::clone, |t| show(&Ok(t.clone())))
                        );
                        models
                            .entry(format!("{} {} -> {}", language.as_str(), TYPES[w], TYPES[r]))
                            .or_default()
                            .push(what);
                    }
                    let Ok(meant) = &meant else { continue };
                    let effect = contract.done(meant, &seen);
                    if effect != Effect::Ok {
                        let what = answer.as_ref().err().cloned().unwrap_or_else(|| show(&seen));
                        came.entry((w, r)).or_default().push(Seen {
                            language: *language,
                            text,
                            effect,
                            what,
                        });
                    }
                }
            }
        }
    }
    let said = said();
    for (w, written) in TYPES.iter().enumerate() {
        for (r, read) in TYPES.iter().enumerate() {
            let (claim, reason) = said.get(&(w, r)).cloned().unwrap_or((Effect::Ok, String::new()));
            let came = came.get(&(w, r)).map_or(&[][..], Vec::as_slice);
            if claim != Effect::Ok && !came.iter().any(|seen| seen.effect == claim) {
                wrong.push(format!("{written} -> {read}: nobody shows {}: {reason}", claim.as_str()));
            }
            if let Some(seen) = came.iter().find(|seen| seen.effect > claim) {
                let Seen { language, text, effect, what } = seen;
                let (claim, effect, language) = (claim.as_str(), effect.as_str(), language.as_str());
                wrong.push(format!("{written} -> {read} is {claim}, but {language} {effect} {text}: {what}"));
            }
        }
    }
    let models: Vec<String> =
        models.into_iter().map(|(pair, what)| format!("{pair} ({}): {}", what.len(), what[0])).collect();
    let spoken: Vec<&str> = programs.iter().map(|(l, _)| l.as_str()).collect();
    eprintln!("{compared} texts parsed by {}", spoken.join(", "));
    assert!(
        models.is_empty(),
        "{} pairs are read as no model reads them\n{}\n{}",
        models.len(),
        models.join("\n"),
        wrong.join("\n")
    );
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 30_000 * programs.len(), "{compared}");
}
