//! `protofetch.toml`, another tool's list of repositories whose contracts are imported, as entries of `[deps]`.

use serde::Deserialize;
use toml::Table;

use super::deps::{Dep, DepSource, is_version};
use super::path::normalize;
use super::settings::Root;
use super::{ConfigError, Place};

/// The name of the file.
pub const FILE_NAME: &str = "protofetch.toml";

/// What it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protofetch {
    /// The dependencies, in the order of the file.
    pub deps: Vec<Dep>,
    /// What has no counterpart, one sentence each.
    pub notes: Vec<String>,
}

/// One entry: the keys that have a counterpart, and those that play a part in what is said.
#[derive(Debug, Deserialize)]
struct Entry {
    url: String,
    revision: Option<String>,
    branch: Option<String>,
    protocol: Option<String>,
    #[serde(default)]
    content_roots: Vec<String>,
    #[serde(default)]
    allow_policies: Vec<String>,
    #[serde(default)]
    deny_policies: Vec<String>,
}

/// Reads the file.
///
/// # Errors
///
/// It is no such file.
pub fn parse(text: &str) -> Result<Protofetch, ConfigError> {
    let wrong = |message: String| ConfigError::new(Place::whole(FILE_NAME), message);
    let table: Table = toml::from_str(text).map_err(|e| wrong(e.message().to_owned()))?;
    let mut found = Protofetch::default();
    for (name, value) in table {
        // Everything that is no table is about the repository itself.
        if !value.is_table() {
            continue;
        }
        let entry: Entry =
            value.try_into().map_err(|e: toml::de::Error| wrong(format!("`{name}`: {}", e.message())))?;
        let source = DepSource::Git(url(&entry));
        let version = entry.revision.or(entry.branch);
        if let Some(reason) = source.refused() {
            return Err(wrong(format!("`{name}` has no valid `url`")).hint(reason));
        }
        if version.as_ref().is_some_and(|version| !is_version(version)) {
            return Err(wrong(format!("`{name}` has no valid revision")));
        }
        let path = |path: &String| {
            normalize(path.trim_start_matches('/')).map_err(|e| wrong(format!("`{name}`: {e}")))
        };
        let roots =
            entry.content_roots.iter().map(|root| path(root).map(Root::plain)).collect::<Result<_, _>>()?;
        let mut include = Vec::new();
        for policy in &entry.allow_policies {
            match prefix(policy) {
                Some(prefix) => include.push(path(&prefix.to_owned())?),
                None => found.notes.push(format!(
                    "`{name}` allows `{policy}` in {FILE_NAME}, which `include` cannot say: all of its files can be imported"
                )),
            }
        }
        // One that cannot be said would leave out what it allows.
        if include.len() < entry.allow_policies.len() {
            include.clear();
        }
        if !entry.deny_policies.is_empty() {
            found.notes.push(format!(
                "`deny_policies` of `{name}` in {FILE_NAME} are not needed: only what imports reach is taken"
            ));
        }
        found.deps.push(Dep { name, source, version, roots, include });
    }
    Ok(found)
}

/// The URL of the repository, which is written without a scheme.
fn url(entry: &Entry) -> String {
    let plain = entry.url.contains("://") || entry.url.starts_with(['/', '.']) || entry.url.contains('@');
    match entry.protocol.as_deref() {
        _ if plain => entry.url.clone(),
        Some("ssh") => format!("ssh://git@{}.git", entry.url.trim_end_matches(".git")),
        _ => format!("https://{}", entry.url),
    }
}

/// The folder or file that a policy allows; `None` for one that begins anywhere.
fn prefix(policy: &str) -> Option<&str> {
    let plain = policy.strip_prefix('/')?;
    let plain = plain.strip_suffix("/*").unwrap_or(plain);
    (!plain.is_empty() && !plain.contains('*')).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_become_dependencies() {
        let found = parse(
            "name = \"pay\"\ndescription = \"ours\"\nproto_out_dir = \"proto\"\n\
             [common]\nurl = \"github.com/acme/common\"\nrevision = \"v1.3.0\"\nprune = true\ntransitive = true\n\
             allow_policies = [\"/acme/common/*\", \"/acme/x.proto\"]\ncontent_roots = [\"/proto\"]\n\
             [inner]\nurl = \"git.acme.example/inner.git\"\nprotocol = \"ssh\"\nbranch = \"main\"\n\
             allow_policies = [\"*/v1/*\"]\ndeny_policies = [\"/old/*\"]\n",
        )
        .unwrap();
        let common = Dep {
            name: "common".into(),
            source: DepSource::Git("https://github.com/acme/common".into()),
            version: Some("v1.3.0".into()),
            roots: vec![Root::plain("proto")],
            include: vec!["acme/common".into(), "acme/x.proto".into()],
        };
        let inner = Dep {
            name: "inner".into(),
            source: DepSource::Git("ssh://git@git.acme.example/inner.git".into()),
            version: Some("main".into()),
            roots: Vec::new(),
            include: Vec::new(),
        };
        assert_eq!(found.deps, [common, inner]);
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
        assert!(found.notes[0].contains("`*/v1/*`"), "{:?}", found.notes);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for text in [
            "nonsense",
            "[a]\nrevision = \"1\"\n",
            "[a]\nurl = \"-x\"\nprotocol = \"\"\nrevision = \"-1\"\n",
            "[a]\nurl = \"h/a\"\ncontent_roots = [\"../..\"]\n",
            "[a]\nurl = \"h/a\"\nallow_policies = [\"/../../etc/*\"]\n",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
