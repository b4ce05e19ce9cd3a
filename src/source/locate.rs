//! Finding the folder whose configuration governs a named folder.
//!
//! `protopact.toml` wins over buf's files, near wins over far, and a file further up counts only when the
//! contract it describes reaches down to the named folder.

use crate::config::{ConfigError, FILE_NAME, buf, file, is_under};

/// How far up the governing folder is, and whether it has a configuration at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// Levels above the named folder; zero for itself.
    pub(super) up: usize,
    /// Whether a configuration was found.
    pub(super) configured: bool,
}

/// Reads a file of the folder so many levels up; `None` when it does not exist.
pub(super) type ReadUp<'a> = dyn Fn(usize, &str) -> Result<Option<String>, ConfigError> + 'a;

/// Finds the governing folder. `parts` is the path of the named folder from the outermost folder that may be
/// looked at; there is one level more than it has parts.
pub(super) fn locate(
    parts: &[String],
    read: &ReadUp<'_>,
    shown: &dyn Fn(usize, &str) -> String,
) -> Result<Located, ConfigError> {
    let found = |up| Ok(Located { up, configured: true });
    // The path from the folder `up` levels above down to the named folder.
    let below = |up: usize| parts[parts.len() - up..].join("/");
    for up in 0..=parts.len() {
        if let Some(text) = read(up, FILE_NAME)? {
            let file = file::parse(&text, &shown(up, FILE_NAME))?;
            let roots = file.roots.unwrap_or_default();
            if up == 0 || roots.is_empty() || reaches(&below(up), roots.iter().map(|r| r.path.as_str())) {
                return found(up);
            }
        }
    }
    for up in 0..=parts.len() {
        if let Some(text) = read(up, buf::WORK_FILE_NAME)? {
            let folders = buf::parse_work(&text, &shown(up, buf::WORK_FILE_NAME))?;
            if up == 0 || reaches(&below(up), folders.iter().map(String::as_str)) {
                return found(up);
            }
        }
        let Some(text) = read(up, buf::FILE_NAME)? else { continue };
        // One without a version is no workspace, and whoever reads it says what is wrong with it.
        let unversioned = buf::is_unversioned(&text);
        let workspace = if unversioned { None } else { Some(buf::parse(&text, &shown(up, buf::FILE_NAME))?) };
        if let Some(workspace) = workspace.filter(|w| w.version == "v2") {
            if up == 0 || reaches(&below(up), workspace.modules.iter().map(|m| m.folder.as_str())) {
                return found(up);
            }
            continue;
        }
        // A v1 module may be part of a workspace further out.
        for outer in up + 1..=parts.len() {
            let Some(text) = read(outer, buf::WORK_FILE_NAME)? else { continue };
            let folders = buf::parse_work(&text, &shown(outer, buf::WORK_FILE_NAME))?;
            let module = parts[parts.len() - outer..parts.len() - up].join("/");
            if folders.contains(&module) {
                return found(outer);
            }
        }
        return found(up);
    }
    Ok(Located { up: 0, configured: false })
}

/// Whether a folder lies in one of others, or holds one of them.
fn reaches<'a>(folder: &str, others: impl IntoIterator<Item = &'a str>) -> bool {
    others.into_iter().any(|other| is_under(folder, other) || is_under(other, folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(folder: &str, files: &[(&str, &str)]) -> Located {
        let parts: Vec<String> = folder.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        let path = |up: usize, name: &str| {
            let mut path = parts[..parts.len() - up].to_vec();
            path.push(name.to_owned());
            path.join("/")
        };
        let read = |up: usize, name: &str| {
            Ok(files.iter().find(|(p, _)| *p == path(up, name)).map(|(_, text)| (*text).to_owned()))
        };
        locate(&parts, &read, &path).unwrap()
    }

    #[test]
    fn a_module_in_a_workspace_belongs_to_the_workspace() {
        let work = ("buf.work.yaml", "version: v1\ndirectories: [a/proto, b]\n");
        let module = ("a/proto/buf.yaml", "version: v1\n");
        assert_eq!(at("a/proto/x", &[work, module]), Located { up: 3, configured: true });
        let stranger = ("c/buf.yaml", "version: v1\n");
        assert_eq!(at("c/x", &[work, stranger]), Located { up: 1, configured: true });
    }

    #[test]
    fn a_configuration_that_does_not_reach_down_is_passed_over() {
        let toml = ("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
        assert_eq!(at("fixtures/old", &[toml]), Located { up: 0, configured: false });
        assert_eq!(at("proto/acme", &[toml]), Located { up: 2, configured: true });
        let v2 = ("buf.yaml", "version: v2\nmodules: [{path: proto}]\n");
        assert_eq!(at("fixtures/old", &[v2]), Located { up: 0, configured: false });
    }

    #[test]
    fn protopact_wins_over_a_nearer_buf_file() {
        let files = [("protopact.toml", ""), ("proto/buf.yaml", "version: v1\n")];
        assert_eq!(at("proto", &files), Located { up: 1, configured: true });
    }
}
