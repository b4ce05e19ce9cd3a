//! Whose files these are, as CODEOWNERS files say it.
//!
//! Both dialects: GitHub's ("About code owners") and GitLab's ("Code Owners syntax"), whose sections each have an
//! owner of their own for a file. The last pattern that fits decides, in each section.

use std::path::Path;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Where a repository has the file. The first one counts, in GitHub's order with GitLab's folder behind it.
const PLACES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

/// The largest file that is read; GitHub reads no larger one either.
const MAX_BYTES: u64 = 3 << 20;

/// Who owns which files.
#[derive(Debug, Default)]
pub struct Owners {
    sections: Vec<Section>,
}

#[derive(Debug, Default)]
struct Section {
    globs: GlobSet,
    /// In step with the globs.
    owners: Vec<Vec<String>>,
}

impl Section {
    /// Nothing where there are too many patterns to look for them all at once.
    fn of(patterns: Vec<(Glob, Vec<String>)>) -> Option<Section> {
        let mut set = GlobSetBuilder::new();
        let mut all = Vec::with_capacity(patterns.len());
        for (glob, owners) in patterns {
            set.add(glob);
            all.push(owners);
        }
        Some(Section { globs: set.build().ok()?, owners: all })
    }
}

impl Owners {
    /// What the working tree of a repository says, by its root without links; `None` where it says nothing that can
    /// be read.
    #[must_use]
    pub fn find(root: &Path) -> Option<Owners> {
        Owners::text(root).map(|text| Owners::parse(&text))
    }

    /// The text that [`Owners::find`] reads.
    #[must_use]
    pub fn text(root: &Path) -> Option<String> {
        let path = PLACES.iter().map(|place| root.join(place)).find(|path| path.is_file())?;
        // A link may lead anywhere.
        let path = path.canonicalize().ok().filter(|path| path.starts_with(root))?;
        let small = std::fs::metadata(&path).is_ok_and(|found| found.len() <= MAX_BYTES);
        let bytes = small.then(|| std::fs::read(&path).ok()).flatten()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads a file. Lines that are neither a pattern nor a section say nothing.
    #[must_use]
    pub fn parse(text: &str) -> Owners {
        let mut sections: Vec<Section> = Vec::new();
        let mut default: Vec<String> = Vec::new();
        let mut patterns: Vec<(Glob, Vec<String>)> = Vec::new();
        for line in text.lines() {
            let words = words(line);
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("^[").or_else(|| line.strip_prefix('[')) {
                sections.extend(Section::of(std::mem::take(&mut patterns)));
                // `[Name][2] @owner`: how many have to agree is nobody's name.
                let after = rest.rfind(']').map_or("", |end| &rest[end + 1..]);
                default = after.split_whitespace().map(str::to_owned).collect();
                continue;
            }
            let Some((pattern, owners)) = words.split_first() else { continue };
            let (pattern, owners) = match pattern.strip_prefix('!') {
                // Whoever is excluded from a section has no owner there.
                Some(excluded) => (excluded, Vec::new()),
                None if owners.is_empty() => (pattern.as_str(), default.clone()),
                None => (pattern.as_str(), owners.to_vec()),
            };
            patterns.extend(globs(pattern).into_iter().map(|glob| (glob, owners.clone())));
        }
        sections.extend(Section::of(patterns));
        Owners { sections }
    }

    /// Who owns a file, by its path in the repository.
    #[must_use]
    pub fn of(&self, path: &str) -> Vec<String> {
        let mut owners: Vec<String> = Vec::new();
        for section in &self.sections {
            let last = section.globs.matches(path).into_iter().max();
            for owner in last.iter().flat_map(|last| &section.owners[*last]) {
                if !owners.contains(owner) {
                    owners.push(owner.clone());
                }
            }
        }
        owners
    }
}

/// The words of a line up to a comment; a backslash takes the meaning from what follows it.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.extend(['\\'].into_iter().chain(chars.next())),
            '#' if word.is_empty() => break,
            c if c.is_whitespace() => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            c => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// What a pattern fits: a file or everything in a folder. Without a slash before its end it fits at any depth.
fn globs(pattern: &str) -> Vec<Glob> {
    let folder = pattern.ends_with('/');
    let inner = pattern.trim_end_matches('/');
    let anchored = inner.contains('/');
    let inner = inner.trim_start_matches('/').replace('{', "[{]").replace('}', "[}]");
    let base = if anchored || inner.starts_with("**") { inner } else { format!("**/{inner}") };
    // `docs/*` are the files of the folder and nothing below it; `*` is everything.
    let below = !(anchored && base.ends_with("/*"));
    let texts = [(!folder).then(|| base.clone()), below.then(|| format!("{base}/**"))];
    let glob = |text: String| GlobBuilder::new(&text).literal_separator(true).backslash_escape(true).build();
    texts.into_iter().flatten().filter_map(|text| glob(text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, path: &str) -> String {
        Owners::parse(text).of(path).join(" ")
    }

    #[test]
    fn the_last_pattern_that_fits_decides() {
        let text =
            "# everybody\n* @all\n*.proto @api # and a word\n/pay/ @pay pay@x.example\npay/v2/quiet.proto\n";
        assert_eq!(of(text, "README.md"), "@all");
        assert_eq!(of(text, "user/v1/user.proto"), "@api");
        assert_eq!(of(text, "pay/v1/charge.proto"), "@pay pay@x.example");
        assert_eq!(of(text, "deep/pay/v1/charge.proto"), "@api");
        assert_eq!(of(text, "pay/v2/quiet.proto"), "");
        assert_eq!(of("", "a.proto"), "");
    }

    #[test]
    fn patterns_fit_as_documented() {
        for (pattern, path, fits) in [
            ("docs/*", "docs/a.proto", true),
            ("docs/*", "docs/deep/a.proto", false),
            ("apps/", "x/apps/y/a.proto", true),
            ("apps/", "apps", false),
            ("/build/logs", "build/logs/a.proto", true),
            ("/build/logs", "x/build/logs/a.proto", false),
            ("**/logs", "x/y/logs/a.proto", true),
            ("a/**/z.proto", "a/b/c/z.proto", true),
            (r"with\ space/", "with space/a.proto", true),
            (r"\#odd.proto", "#odd.proto", true),
            ("{a,b}.proto", "a.proto", false),
            ("{a,b}.proto", "{a,b}.proto", true),
            ("A.proto", "a.proto", false),
            ("*", "x/y.proto", true),
        ] {
            assert_eq!(of(&format!("{pattern} @x"), path) == "@x", fits, "{pattern} {path}");
        }
    }

    #[test]
    fn every_section_has_an_owner() {
        let text = "* @all\n[Docs]\n*.md @docs\n^[API][2] @api @lead\npay/\nuser/ @user\n!user/old/\n";
        assert_eq!(of(text, "a.md"), "@all @docs");
        assert_eq!(of(text, "pay/a.proto"), "@all @api @lead");
        assert_eq!(of(text, "user/a.proto"), "@all @user");
        assert_eq!(of(text, "user/old/a.proto"), "@all");
    }

    #[test]
    fn what_is_no_pattern_says_nothing() {
        assert_eq!(of("[\n[a\n]\nx[ @y\n\\\n* @all", "a.proto"), "@all");
    }
}
