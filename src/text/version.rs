//! Versions as other worlds write them.

/// A semantic version as Python writes it (PEP 440): `1.4.0-rc.1` is `1.4.0rc1`. `None` for what has no form there: a
/// local version, which is the only place for the rest, is taken by no index.
pub(crate) fn pep_440(version: &semver::Version) -> Option<String> {
    let base = format!("{}.{}.{}", version.major, version.minor, version.patch);
    let pre = version.pre.as_str();
    if !version.build.is_empty() {
        return None;
    }
    if pre.is_empty() {
        return Some(base);
    }
    let word: String = pre.chars().take_while(char::is_ascii_alphabetic).collect();
    let number = pre[word.len()..].trim_start_matches('.');
    let number = if number.is_empty() { "0" } else { number };
    if !number.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    // What PEP 440 takes for these words.
    let word = match word.to_ascii_lowercase().as_str() {
        "alpha" | "a" => "a",
        "beta" | "b" => "b",
        "rc" | "c" | "pre" | "preview" => "rc",
        "dev" => ".dev",
        _ => return None,
    };
    Some(format!("{base}{word}{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_pep_440() {
        for (semantic, python) in [
            ("1.4.0", "1.4.0"),
            ("1.4.0-rc.1", "1.4.0rc1"),
            ("1.4.0-alpha", "1.4.0a0"),
            ("1.4.0-beta3", "1.4.0b3"),
            ("0.0.0-dev", "0.0.0.dev0"),
            ("1.4.0-preview.3", "1.4.0rc3"),
            ("1.4.0-pre.1", "1.4.0rc1"),
            ("1.4.0-c.2", "1.4.0rc2"),
        ] {
            let version = pep_440(&semver::Version::parse(semantic).unwrap());
            assert_eq!(version.as_deref(), Some(python), "{semantic}");
        }
        for none in
            ["1.0.0-next.a-1", "1.0.0+build.5", "1.4.0-SNAPSHOT", "1.4.0-rc.1.2", "1.4.0-1", "1.4.0-rc.1+x"]
        {
            assert_eq!(pep_440(&semver::Version::parse(none).unwrap()), None, "{none}");
        }
    }
}
