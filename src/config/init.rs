//! A first `protopact.toml` for a repository.
//!
//! What buf's files say is taken over where one `protopact.toml` can say it; where modules differ in policy, or
//! leave folders out, buf's files stay in charge, because they are read anyway.

use std::fmt::Write as _;

use super::Settings;
use super::buf::Workspace;
use super::path::PathPattern;
use super::policy::{Policy, RuleRef};
use super::settings::{Modules, Root};

/// What is known about the repository.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The settings in force without a `protopact.toml`.
    pub settings: &'a Settings,
    /// The import roots in use, relative to the folder the file will be in.
    pub roots: &'a [Root],
    /// Folders in them that are only there to be imported.
    pub imports: &'a [String],
    /// Lines of `[deps]`, and comments on what buf's files name.
    pub deps: &'a [String],
    /// The name of the contract, when one suggests itself.
    pub name: Option<&'a str>,
    /// Whether version tags of the default shape exist, so that `latest` has something to find.
    pub has_versions: bool,
}

/// Writes a commented `protopact.toml`. The text always reads back as a valid configuration.
#[must_use]
pub fn render(known: &Known<'_>) -> String {
    let mut out = String::from(
        "# The configuration of protopact: what the contract is made of, and what counts as a break.\n\
         # Paths are relative to the folder of this file.\n\n[contract]\n",
    );
    match known.name {
        Some(name) => line(&mut out, "name", &quoted(name)),
        None => out.push_str("# name = \"acme/contracts\"\n"),
    }
    let workspace = match &known.settings.modules {
        Modules::Buf(workspace) => Some(workspace),
        Modules::Detect | Modules::Roots(_) => None,
    };
    let reason = workspace.and_then(stays_in_charge);
    let files: Vec<&str> = known.settings.files.iter().map(String::as_str).collect();
    match (workspace, reason) {
        (Some(_), Some(reason)) => {
            let _ = writeln!(out, "# The roots come from {}, which {reason}.", files.join(", "));
        }
        (Some(_), None) => {
            let _ = writeln!(out, "# Taken over from {}.", files.join(", "));
            line(&mut out, "roots", &roots(known.roots));
        }
        (None, _) => {
            out.push_str("# The folders that `import` lines start from.\n");
            line(&mut out, "roots", &roots(known.roots));
            if !known.imports.is_empty() {
                out.push_str("# What others wrote: there to be imported, and never judged.\n");
                line(&mut out, "imports", &list(known.imports.iter().map(String::as_str)));
            }
        }
    }

    if !known.deps.is_empty() {
        out.push_str(
            "\n# What is imported from others: `protopact deps update` gets it, and locks it.\n[deps]\n",
        );
        known.deps.iter().for_each(|line| out.push_str(&format!("{line}\n")));
    }

    out.push_str("\n[check]\n# What to compare with: `latest` is the highest version tag.\n");
    let against = if known.has_versions { "latest" } else { "merge-base:origin/main" };
    let comment = if known.has_versions { "" } else { "# " };
    let _ = writeln!(out, "{comment}against = {}", quoted(against));
    match (workspace, reason) {
        (Some(workspace), None) => {
            policy(&mut out, workspace.modules.first().map_or(&workspace.policy, |m| &m.policy))
        }
        (Some(_), Some(_)) => {
            let _ = writeln!(out, "# What counts as a break comes from {}.", files.join(", "));
        }
        (None, _) => out.push_str(
            "# The lenses that must stay ok. More: \"source\" for generated Go, Java, Python and Rust code.\n\
             deny = [\"wire\", \"rpc\", \"json\"]\n",
        ),
    }
    out.push_str(
        "\n# Another decision for some packages:\n# [policy.\"**.v1alpha*\"]\n# deny = []\n\n\
         [release]\n# The shape of version tags.\n",
    );
    line(&mut out, "tag", &quoted(&known.settings.release.tag.to_string()));
    out
}

/// Why buf's files cannot be replaced by roots and one policy.
fn stays_in_charge(workspace: &Workspace) -> Option<&'static str> {
    let mut modules = workspace.modules.iter();
    let first = modules.next()?;
    if workspace.modules.iter().any(|m| !m.includes.is_empty() || !m.excludes.is_empty()) {
        return Some("leaves folders out");
    }
    if modules.any(|m| !same(&m.policy, &first.policy)) {
        return Some("judges modules differently");
    }
    if first.policy.selection.use_rules.is_empty() {
        return Some("turns buf's rules off");
    }
    None
}

/// Whether two policies say the same, wherever they are written.
fn same(a: &Policy, b: &Policy) -> bool {
    let ids = |rules: &[RuleRef]| rules.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    let only =
        |p: &Policy| p.ignore_only.iter().map(|(r, paths)| (r.id.clone(), paths.clone())).collect::<Vec<_>>();
    ids(&a.selection.use_rules) == ids(&b.selection.use_rules)
        && ids(&a.selection.except) == ids(&b.selection.except)
        && a.ignore == b.ignore
        && only(a) == only(b)
        && a.ignore_unstable_packages == b.ignore_unstable_packages
}

fn policy(out: &mut String, policy: &Policy) {
    let ids = |rules: &[RuleRef]| list(rules.iter().map(|r| r.id.as_str()));
    let _ = writeln!(out, "use = {}", ids(&policy.selection.use_rules));
    if !policy.selection.except.is_empty() {
        line(out, "except", &ids(&policy.selection.except));
    }
    let paths = |patterns: &[PathPattern]| {
        let all: Vec<String> = patterns.iter().map(PathPattern::full).collect();
        list(all.iter().map(|p| dot(p)))
    };
    if !policy.ignore.is_empty() {
        line(out, "ignore", &paths(&policy.ignore));
    }
    if policy.ignore_unstable_packages {
        line(out, "ignore-unstable-packages", "true");
    }
    out.push_str(
        "# Lenses see what no rule of buf's does, such as numbers that swap. Besides the rules above:\n\
         # deny = [\"wire\", \"rpc\", \"json\"]\n",
    );
    if !policy.ignore_only.is_empty() {
        out.push_str("\n[check.ignore-only]\n");
        for (rule, patterns) in &policy.ignore_only {
            line(out, &rule.id, &paths(patterns));
        }
    }
}

fn line(out: &mut String, key: &str, value: &str) {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) && !key.is_empty();
    let key = if plain { key.to_owned() } else { quoted(key) };
    let _ = writeln!(out, "{key} = {value}");
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(quoted).collect();
    format!("[{}]", items.join(", "))
}

fn roots(roots: &[Root]) -> String {
    let one = |root: &Root| match root.prefix.as_str() {
        "" => quoted(dot(&root.path)),
        prefix => format!("{{ path = {}, as = {} }}", quoted(dot(&root.path)), quoted(prefix)),
    };
    format!("[{}]", roots.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn dot(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Found, Overrides, buf, file, merge};

    fn rendered(yaml: Option<&str>, roots: &[&str]) -> (String, file::File) {
        let buf = yaml.map(|y| (vec!["buf.yaml".to_owned()], buf::parse(y, "buf.yaml").unwrap()));
        let settings = merge(Found { buf, ..Found::default() }, &Overrides::default()).unwrap();
        let roots: Vec<Root> = roots.iter().map(|r| Root::plain(*r)).collect();
        let known = Known {
            settings: &settings,
            roots: &roots,
            imports: &[],
            deps: &[],
            name: None,
            has_versions: true,
        };
        let text = render(&known);
        let file = file::parse(&text, "protopact.toml").unwrap_or_else(|e| panic!("{e}\n{text}"));
        (text, file)
    }

    #[test]
    fn a_fresh_repository_gets_the_default_policy() {
        let (_, file) = rendered(None, &["proto"]);
        assert_eq!(file.roots.unwrap(), [Root::plain("proto")]);
        assert_eq!(file.selection.unwrap().deny.len(), 3);
        assert_eq!(file.against, [crate::config::Baseline::plain("latest")]);
    }

    #[test]
    fn a_buf_policy_is_taken_over_whole() {
        let yaml = "version: v1\nbreaking:\n  use: [WIRE]\n  except: [FILE_SAME_PACKAGE]\n  ignore: [a/b, \"we\\\"ird\"]\n  \
                    ignore_only: {FIELD_SAME_NAME: [c]}\n  ignore_unstable_packages: true\n";
        let (text, file) = rendered(Some(yaml), &[""]);
        let selection = file.selection.unwrap();
        assert_eq!(selection.use_rules[0].id, "WIRE", "{text}");
        assert_eq!(selection.except[0].id, "FILE_SAME_PACKAGE");
        assert_eq!(file.ignores.ignore.len(), 2);
        assert_eq!(file.ignores.ignore_only[0].0.id, "FIELD_SAME_NAME");
        assert_eq!(file.ignore_unstable_packages, Some(true));
    }

    #[test]
    fn buf_stays_in_charge_of_what_one_file_cannot_say() {
        let yaml = "version: v2\nmodules:\n  - path: a\n  - path: b\n    breaking: {use: [WIRE]}\n";
        let (text, file) = rendered(Some(yaml), &["a", "b"]);
        assert_eq!((file.roots, file.selection), (None, None), "{text}");
        assert!(text.contains("judges modules differently"));
    }
}
