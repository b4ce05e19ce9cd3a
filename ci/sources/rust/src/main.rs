//! Holds Rust code that uses all that an old crate has to a new one: `consume OLD NEW`, folders of crates.
//!
//! Of every package two consumers are written from the items of the old side, and stand beside the items of a side: a
//! plain one that uses every name as code does, and a strict one with whole struct literals and exhaustive matches. Both
//! have to compile beside the old side; what `cargo check` says of them beside the new one is printed: JSON, a line a
//! package. As an error can keep the compiler from others, what fails is taken out until nothing does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use syn::{Attribute, Fields, FnArg, ImplItem, Item, ItemMod, Pat, Signature, TraitItem, Visibility};

/// What is written of a package, and what is said of it.
#[derive(Default)]
struct Consumer {
    text: [String; 2],
    error: [Option<String>; 2],
}

const NAMES: [&str; 2] = ["plain", "strict"];

fn main() {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [old, new] = &args[..] else { panic!("usage: consume OLD NEW") };
    let mut consumers = BTreeMap::new();
    for module in modules(old) {
        let items = items(old, &module);
        let write = |strict| {
            let mut writer = Writer { out: String::new(), count: 0, strict };
            writer.module(&items, &[]);
            writer.out
        };
        consumers.insert(module, Consumer { text: [write(false), write(true)], ..Consumer::default() });
    }
    check(old, &mut consumers);
    for (module, consumer) in &mut consumers {
        if let Some(error) = consumer.error.iter().flatten().next() {
            panic!("{module}: the consumer does not fit the old side: {error}");
        }
    }
    let there: BTreeSet<String> = modules(new).into_iter().collect();
    for (module, consumer) in &mut consumers {
        if !there.contains(module) {
            consumer.error = [(); 2].map(|()| Some("the module is gone".to_owned()));
        }
    }
    check(new, &mut consumers);
    for (module, consumer) in &consumers {
        let [plain, strict] = &consumer.error;
        let case = module.split('.').next();
        println!(
            "{}",
            serde_json::json!({ "case": case, "plain": plain, "strict": strict.as_ref().or(plain.as_ref()), "peer": null })
        );
    }
}

/// The modules of a crate that have a file, as `c0001.v1`.
fn modules(side: &Path) -> Vec<String> {
    let mut all: Vec<String> = std::fs::read_dir(side.join("src/proto"))
        .expect("a crate has a folder of packages")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned()))
        .filter(|name| name.matches('.').count() == 1)
        .collect();
    all.sort();
    all
}

fn items(side: &Path, module: &str) -> Vec<Item> {
    let mut items = Vec::new();
    for suffix in [".rs", ".tonic.rs"] {
        let path = side.join("src/proto").join(format!("{module}{suffix}"));
        if let Ok(text) = std::fs::read_to_string(&path) {
            items.extend(syn::parse_file(&text).expect("generated code is Rust").items);
        }
    }
    items
}

/// Runs the compiler over a side with the consumers that have not failed, until none does.
fn check(side: &Path, consumers: &mut BTreeMap<String, Consumer>) {
    let lib = side.join("src/lib.rs");
    let text = std::fs::read_to_string(&lib).expect("a crate has a root");
    let mut with = String::new();
    for line in text.lines() {
        with.push_str(line);
        with.push('\n');
        let Some(module) =
            line.trim().strip_prefix("include!(\"proto/").and_then(|l| l.strip_suffix(".rs\");"))
        else {
            continue;
        };
        // Behind the last of a package's files.
        if consumers.contains_key(module) {
            for name in NAMES {
                let _ = writeln!(
                    with,
                    "mod use_{name} {{ use super::*; include!(\"proto/{module}.{name}.rs\"); }}"
                );
            }
        }
    }
    std::fs::write(&lib, with).expect("the crate's root can be written");
    loop {
        for (module, consumer) in consumers.iter() {
            for (index, name) in NAMES.iter().enumerate() {
                let path = side.join("src/proto").join(format!("{module}.{name}.rs"));
                let text = if consumer.error[index].is_none() { consumer.text[index].as_str() } else { "" };
                std::fs::write(path, text).expect("a consumer can be written");
            }
        }
        let target = side.ancestors().nth(4).expect("a trial has a folder").join("rust-target");
        let done = Command::new("cargo")
            .args(["check", "--quiet", "--message-format=json", "--manifest-path"])
            .arg(side.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", target)
            .env("RUSTFLAGS", "-Awarnings")
            .output()
            .expect("cargo runs");
        let mut again = false;
        let mut other = String::from_utf8_lossy(&done.stderr).into_owned();
        for line in String::from_utf8_lossy(&done.stdout).lines() {
            let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            if message["message"]["level"] != "error" {
                continue;
            }
            let text = message["message"]["rendered"].as_str().unwrap_or_default();
            match place(text, consumers.keys()) {
                Some((module, index)) => {
                    let consumer = consumers.get_mut(&module).expect("a module of the list");
                    if consumer.error[index].is_none() {
                        consumer.error[index] = Some(text.split_whitespace().collect::<Vec<_>>().join(" "));
                        again = true;
                    }
                }
                None => other.push_str(text),
            }
        }
        if done.status.success() {
            break;
        }
        assert!(again, "{}: {other}", side.display());
    }
    std::fs::write(&lib, text).expect("the crate's root can be written");
}

/// The consumer that an error is about.
fn place<'c>(text: &str, modules: impl Iterator<Item = &'c String>) -> Option<(String, usize)> {
    let at = text.find("src/proto/")? + "src/proto/".len();
    let file = text[at..].split(':').next()?;
    for module in modules {
        for (index, name) in NAMES.iter().enumerate() {
            if file == format!("{module}.{name}.rs") {
                return Some((module.clone(), index));
            }
        }
    }
    None
}

/// Writes the consumer of a package.
struct Writer {
    out: String,
    count: usize,
    strict: bool,
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn text(tokens: &impl quote::ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

/// What is derived, by the traits' full names.
fn derived(attributes: &[Attribute]) -> Vec<String> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        let _ = attribute.parse_nested_meta(|meta| {
            all.push(text(&meta.path).replace(' ', ""));
            Ok(())
        });
    }
    all
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn name(&mut self) -> String {
        self.count += 1;
        format!("use_{}", self.count)
    }

    /// A module's consumer stands as deep as the module, so that its types read the same. The package's own is one
    /// deeper, and reaches out of the package only from inside.
    fn module(&mut self, items: &[Item], path: &[String]) {
        for item in items {
            match item {
                Item::Use(item) => self.line(&text(item)),
                Item::Mod(ItemMod { ident, content: Some((_, inner)), vis, .. }) if public(vis) => {
                    let inside: Vec<String> = path.iter().cloned().chain([ident.to_string()]).collect();
                    let up = "super::".repeat(inside.len() + 1);
                    let line = format!(
                        "mod in_{} {{ use {up}{}::*;",
                        ident.to_string().trim_start_matches("r#"),
                        inside.join("::")
                    );
                    self.line(&line);
                    self.module(inner, &inside);
                    self.line("}");
                }
                Item::Struct(item) if public(&item.vis) => self.structure(item),
                Item::Enum(item) if public(&item.vis) => self.enumeration(item),
                Item::Impl(item) if item.trait_.is_none() => self.functions(item),
                Item::Trait(item) if public(&item.vis) => self.service(item),
                Item::Const(item) if public(&item.vis) => {
                    let line = format!("const _: {} = {};", text(&item.ty), item.ident);
                    self.line(&line);
                }
                _ => {}
            }
        }
    }

    fn traits(&mut self, of: &str, attributes: &[Attribute]) {
        for derived in derived(attributes) {
            let bound = match derived.as_str() {
                "Debug" => "::core::fmt::Debug",
                "Hash" => "::core::hash::Hash",
                "::prost::Oneof" => "::core::fmt::Debug",
                "::prost::Enumeration" => "::core::default::Default + ::core::convert::TryFrom<i32>",
                other => other,
            };
            let name = self.name();
            self.line(&format!("fn {name}() {{ fn t<T: {bound}>() {{}} t::<{of}>(); }}"));
        }
    }

    fn structure(&mut self, item: &syn::ItemStruct) {
        let Fields::Named(fields) = &item.fields else { return };
        let of = item.ident.to_string();
        if !item.generics.params.is_empty() {
            return;
        }
        self.traits(&of, &item.attrs);
        let name = self.name();
        self.line(&format!("fn {name}() -> {of} {{ {of} {{ ..Default::default() }} }}"));
        let mut whole = (String::new(), String::new());
        for field in &fields.named {
            let (Some(ident), true) = (&field.ident, public(&field.vis)) else { continue };
            let of_type = text(&field.ty);
            let name = self.name();
            self.line(&format!("fn {name}(x: &mut {of}, v: {of_type}) {{ x.{ident} = v; }}"));
            let name = self.name();
            self.line(&format!("fn {name}(x: {of}) -> {of_type} {{ x.{ident} }}"));
            let name = self.name();
            self.line(&format!(
                "fn {name}(v: {of_type}) -> {of} {{ {of} {{ {ident}: v, ..Default::default() }} }}"
            ));
            self.accessors(&of, &ident.to_string(), field);
            let _ = write!(whole.0, "{ident}: {of_type}, ");
            let _ = write!(whole.1, "{ident}, ");
        }
        if self.strict {
            let name = self.name();
            self.line(&format!("fn {name}({}) -> {of} {{ {of} {{ {} }} }}", whole.0, whole.1));
            let name = self.name();
            self.line(&format!("fn {name}(x: {of}) {{ let {of} {{ {} }} = x; }}", whole.1));
        }
    }

    /// What prost derives for a field, <https://docs.rs/prost/latest/prost/#enumerations>.
    fn accessors(&mut self, of: &str, ident: &str, field: &syn::Field) {
        let mut words = BTreeMap::new();
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("prost")) {
            let _ = attribute.parse_nested_meta(|meta| {
                let value = match meta.value() {
                    Ok(value) => value.parse::<syn::LitStr>()?.value(),
                    Err(_) => String::new(),
                };
                words.insert(text(&meta.path).replace(' ', ""), value);
                Ok(())
            });
        }
        let bare = ident.trim_start_matches("r#");
        let map = words.get("map").or_else(|| words.get("btree_map"));
        let enumeration = match map {
            Some(map) => map.split_once(',').and_then(|(_, value)| {
                Some(value.trim().strip_prefix("enumeration(")?.strip_suffix(')')?.to_owned())
            }),
            None => words.get("enumeration").cloned(),
        };
        let lines: Vec<String> = match (enumeration, map) {
            (Some(e), Some(_)) => vec![
                format!("(x: &{of}) {{ let _: Option<{e}> = x.get_{bare}(panic!()); }}"),
                format!("(x: &mut {of}, v: {e}) {{ let _: Option<{e}> = x.insert_{bare}(panic!(), v); }}"),
            ],
            (Some(e), None) if words.contains_key("repeated") => vec![
                format!("(x: &{of}) {{ for e in x.{ident}() {{ let _: {e} = e; }} }}"),
                format!("(x: &mut {of}, v: {e}) {{ x.push_{bare}(v); }}"),
            ],
            (Some(e), None) => vec![
                format!("(x: &{of}) -> {e} {{ x.{ident}() }}"),
                format!("(x: &mut {of}, v: {e}) {{ x.set_{bare}(v); }}"),
            ],
            (None, None) if words.contains_key("optional") && !words.contains_key("message") => {
                let inner = if words.contains_key("string") {
                    "&str".to_owned()
                } else if words.contains_key("bytes") {
                    "&[u8]".to_owned()
                } else {
                    let all = text(&field.ty).replace(' ', "");
                    let inner = all.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
                    inner.unwrap_or_default().to_owned()
                };
                if words.contains_key("group") || inner.is_empty() {
                    Vec::new()
                } else {
                    vec![format!("(x: &{of}) -> {inner} {{ x.{ident}() }}")]
                }
            }
            _ => Vec::new(),
        };
        for line in lines {
            let name = self.name();
            self.line(&format!("fn {name}{line}"));
        }
    }

    fn enumeration(&mut self, item: &syn::ItemEnum) {
        let of = item.ident.to_string();
        self.traits(&of, &item.attrs);
        let mut arms = String::new();
        for variant in &item.variants {
            let ident = &variant.ident;
            let name = self.name();
            match &variant.fields {
                Fields::Unnamed(fields) => {
                    let of_type = text(&fields.unnamed[0].ty);
                    self.line(&format!("fn {name}(v: {of_type}) -> {of} {{ {of}::{ident}(v) }}"));
                    let name = self.name();
                    self.line(&format!("fn {name}(x: {of}) -> {of_type} {{ match x {{ {of}::{ident}(v) => v, _ => panic!() }} }}"));
                    let _ = write!(arms, "{of}::{ident}(_) => {{}} ");
                }
                _ => {
                    self.line(&format!("fn {name}(x: {of}) -> {of} {{ match x {{ {of}::{ident} => {of}::{ident}, other => other }} }}"));
                    let _ = write!(arms, "{of}::{ident} => {{}} ");
                }
            }
        }
        if self.strict {
            let name = self.name();
            self.line(&format!("fn {name}(x: {of}) {{ match x {{ {arms} }} }}"));
        }
    }

    /// Beside each public function of a type another one that takes the same, calls it, and returns what it returns.
    fn functions(&mut self, item: &syn::ItemImpl) {
        let (front, clause) = (text(&item.generics), item.generics.where_clause.as_ref().map(text));
        let line = format!("impl {front} {} {} {{", text(&item.self_ty), clause.unwrap_or_default());
        self.line(&line);
        for function in &item.items {
            let ImplItem::Fn(function) = function else { continue };
            if public(&function.vis) {
                self.function(&function.sig);
            }
        }
        self.line("}");
    }

    fn function(&mut self, signature: &Signature) {
        let mut signature = signature.clone();
        let called = signature.ident.clone();
        let mut gives = Vec::new();
        let mut callee = format!("Self::{called}");
        for (index, input) in signature.inputs.iter_mut().enumerate() {
            match input {
                FnArg::Receiver(this) => {
                    callee = format!("self.{called}");
                    if this.reference.is_none() {
                        this.mutability = None;
                    }
                }
                FnArg::Typed(typed) => {
                    let Pat::Ident(pattern) = &mut *typed.pat else { return };
                    pattern.mutability = None;
                    pattern.ident = syn::Ident::new(&format!("a{index}"), pattern.ident.span());
                    gives.push(format!("a{index}"));
                }
            }
        }
        let rest = if signature.asyncness.is_some() { ".await" } else { "" };
        // Both consumers stand in one crate.
        let name = format!("{}_{}", self.name(), NAMES[usize::from(self.strict)]);
        signature.ident = syn::Ident::new(&name, called.span());
        let line = format!("{} {{ {callee}({}){rest} }}", text(&signature), gives.join(", "));
        self.line(&line);
    }

    /// Implements the trait of a service.
    fn service(&mut self, item: &syn::ItemTrait) {
        let name = self.name().replace("use", "Use");
        self.line(&format!("struct {name};\n#[async_trait]\nimpl {} for {name} {{", item.ident));
        for part in &item.items {
            match part {
                TraitItem::Type(part) => {
                    let line =
                        format!("type {} = ::std::pin::Pin<Box<dyn {}>>;", part.ident, text(&part.bounds));
                    self.line(&line);
                }
                TraitItem::Fn(part) if part.default.is_none() => {
                    let line = format!("{} {{ panic!() }}", text(&part.sig));
                    self.line(&line);
                }
                _ => {}
            }
        }
        self.line("}");
    }
}
