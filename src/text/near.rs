//! Near matches among names people type: revisions, configuration keys, folders.

/// The names most like `wanted`, best first, at most three.
///
/// Besides a small edit distance, the same last part counts (`main` for `origin/main`), because the usual
/// mistake is a forgotten or a superfluous remote.
pub(crate) fn near<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let tail = |name: &'a str| name.rsplit('/').next().unwrap_or(name);
    let wanted_tail = wanted.rsplit('/').next().unwrap_or(wanted);
    let mut scored: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| *name != wanted)
        .filter_map(|name| {
            let distance = strsim::osa_distance(wanted, name);
            let allowed = (wanted.chars().count() / 3).max(1);
            if tail(name) == wanted_tail {
                Some((0, name))
            } else if name.eq_ignore_ascii_case(wanted)
                || name.trim_start_matches('v') == wanted.trim_start_matches('v')
            {
                Some((1, name))
            } else {
                (distance <= allowed).then_some((distance + 1, name))
            }
        })
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Names with commas, of very many the first ones.
pub(crate) fn few<S: AsRef<str>>(names: &[S], separator: &str) -> String {
    const MOST: usize = 20;
    let shown: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    let more = names.len() - shown.len();
    let shown = shown.join(separator);
    if more == 0 { shown } else { format!("{shown}{separator}… {more} more") }
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn a_forgotten_remote_is_the_first_suggestion() {
        assert_eq!(near("main", ["origin/main", "maim", "dev"]), ["origin/main", "maim"]);
    }

    #[test]
    fn a_forgotten_v_is_suggested_and_strangers_are_not() {
        assert_eq!(near("1.2.0", ["v1.2.0", "release"]), ["v1.2.0"]);
    }
}
