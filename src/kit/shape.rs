//! What surrounds the services: images, Compose, Consul, a collector, Kubernetes, and a page that tells of them.

use minijinja::{Value, context};
use serde_json::json;

use super::program::Program;
use super::{KitError, Wish};
use crate::codegen::render::render;
use crate::compile::output::{SetOptions, descriptor_set};
use crate::machine::FileTree;
use crate::text::{escape, shell_word};
use crate::words::Language;

/// The reference service, beside those of languages.
const REFERENCE: &str = "reference";

/// Where all services listen, each in its own container.
const PORT: u16 = 50051;

/// The longest name of a service: Kubernetes takes 63 letters, of which something is kept for what is added.
const LONGEST: usize = 40;

/// Adds the files, and says which services there are and by which names others find them.
pub(super) fn surround(
    files: &mut FileTree,
    wish: &Wish<'_>,
    programs: &[(Language, &'static dyn Program)],
    left: &[(Language, String)],
) -> Result<Vec<(String, Vec<String>)>, KitError> {
    let contract = wish.contract;
    let name = label(contract.name);
    let target = |language: Language| wish.targets.iter().find(|t| t.language() == language);
    let services: Vec<Value> = programs
        .iter()
        .filter_map(|(language, program)| {
            let [build, run] = program.images(target(*language)?);
            let sdk = [Some(wish.sdk), Some(language.as_str()), wish.versioned];
            let sdk = sdk.into_iter().flatten().collect::<Vec<_>>().join("/");
            let health: Vec<&str> = std::iter::once("CMD").chain(program.health().iter().copied()).collect();
            let word = shell_word(&sdk);
            Some(context! {
                language => language.as_str(), title => language.title(), key => key(*language), build, run, sdk, word,
                health => json!(health).to_string(), place => program.place(),
            })
        })
        .collect();
    let parts: Vec<Part> = programs
        .iter()
        .map(|(language, program)| Part {
            file: language.as_str(),
            key: format!("{}_SERVICE_IMAGE", key(*language)),
            health: json!(program.health()).to_string(),
            memory: program.memory(),
        })
        .chain([Part {
            file: REFERENCE,
            key: "PROTOPACT_IMAGE".to_owned(),
            health: json!([
                "/protopact",
                "--no-cache",
                "build",
                format!("grpcs://127.0.0.1:{PORT}#tls_ca=/tls/ca.crt")
            ])
            .to_string(),
            memory: "128Mi",
        }])
        .collect();
    let listed: Vec<Value> = parts
        .iter()
        .map(|p| context! { file => p.file, key => &p.key, name => format!("{name}-{}", p.file) })
        .collect();
    let left: Vec<String> =
        left.iter().map(|(language, why)| format!("{}, for {}", language.title(), escape(why))).collect();
    let set =
        descriptor_set(contract.compiled, SetOptions { include_imports: true, include_source_info: true });
    files.add("reference/contract.binpb", set)?;
    files.add(".gitignore", "certs/\n")?;
    files.add("collector.yaml", include_str!("templates/collector.yaml"))?;
    let all = context! {
        name => &name, services, parts => listed, left, contract => escape(contract.name).to_string(),
        version => contract.version, tag => contract.version.replace('+', "_"),
        protopact => env!("CARGO_PKG_VERSION"),
    };
    for (path, template) in [
        ("README.md", include_str!("templates/README.md.j2")),
        ("compose.tls.yaml", include_str!("templates/compose.tls.yaml.j2")),
        ("compose.yaml", include_str!("templates/compose.yaml.j2")),
        ("images.env", include_str!("templates/images.env.j2")),
        ("kustomization.yaml", include_str!("templates/kubernetes/kustomization.yaml.j2")),
    ] {
        files.add(path, render(template, all.clone()))?;
    }
    for (path, tls) in [("consul/services.json", false), ("consul/services.tls.json", true)] {
        files.add(path, registered(&name, programs, tls))?;
    }
    let names: Vec<&str> = parts.iter().map(|part| part.file).collect();
    let component = context! { parts => names };
    files.add(
        "kubernetes/tls/kustomization.yaml",
        render(include_str!("templates/kubernetes/component.yaml.j2"), component),
    )?;
    for part in &parts {
        let values = part.values(&name);
        let plain = render(include_str!("templates/kubernetes/service.yaml.j2"), values.clone());
        files.add(&format!("kubernetes/{}.yaml", part.file), plain)?;
        let tls = render(include_str!("templates/kubernetes/tls.yaml.j2"), values);
        files.add(&format!("kubernetes/tls/{}.yaml", part.file), tls)?;
    }
    Ok(parts.iter().map(|part| (part.file.to_owned(), hosts(&name, part.file))).collect())
}

/// What Kubernetes has of a service.
struct Part {
    file: &'static str,
    key: String,
    health: String,
    memory: &'static str,
}

impl Part {
    fn values(&self, name: &str) -> Value {
        let reference = self.file == REFERENCE;
        let what =
            if reference { "reference service".to_owned() } else { format!("service in `{}/`", self.file) };
        context! {
            name => format!("{name}-{}", self.file), what, reference, memory => self.memory, health => &self.health,
            image => format!("{name}-{}", self.file),
        }
    }
}

/// How variables of a language begin.
fn key(language: Language) -> String {
    language.as_str().to_ascii_uppercase()
}

/// The host names of a service: in Compose, and in Kubernetes within its namespace and from others.
fn hosts(name: &str, service: &str) -> Vec<String> {
    let long = format!("{name}-{service}");
    let inside = [format!("{long}.default"), format!("{long}.default.svc")];
    let whole = format!("{long}.default.svc.cluster.local");
    [service.to_owned(), long].into_iter().chain(inside).chain([whole]).collect()
}

/// What Consul is told of the services of languages, which do not enter themselves.
fn registered(name: &str, programs: &[(Language, &'static dyn Program)], tls: bool) -> String {
    let services = programs.iter().map(|(language, _)| {
        let host = language.as_str();
        let mut check = json!({"grpc": format!("{host}:{PORT}"), "interval": "5s", "timeout": "2s"});
        if tls {
            check["grpc_use_tls"] = json!(true);
            // It is asked whether it serves, and not who it is.
            check["tls_skip_verify"] = json!(true);
        }
        json!({
            "id": host, "name": format!("{name}-{host}"), "address": host, "port": PORT, "checks": [check],
        })
    });
    let all = json!({"services": services.collect::<Vec<_>>()});
    serde_json::to_string_pretty(&all).expect("strings and numbers") + "\n"
}

/// A contract's name as one for hosts, images and objects of Kubernetes: small letters, digits and dashes, with a letter in
/// front.
fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = name.chars().map(plain).collect();
    let words: Vec<&str> = text.split('-').filter(|word| !word.is_empty()).collect();
    let mut label = words.join("-");
    if !label.starts_with(|c: char| c.is_ascii_lowercase()) {
        label.insert_str(0, "contract-");
    }
    label.truncate(LONGEST);
    label.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn every_contract_has_a_name_that_hosts_can_have() {
        for (name, expected) in [
            ("acme/contracts", "acme-contracts"),
            ("Acme_Pay.v1", "acme-pay-v1"),
            ("2fa", "contract-2fa"),
            ("é", "contract"),
            ("a/-/b", "a-b"),
        ] {
            assert_eq!(label(name), expected);
        }
        let long = label(&"abc-".repeat(30));
        assert!(long.len() <= 40 && !long.ends_with('-'), "{long}");
    }
}
