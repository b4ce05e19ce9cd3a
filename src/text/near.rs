//! Near matches among names: those that people type (revisions, configuration keys, folders, rules), and those that stand
//! in contracts (types, fields, imports). How alike two names are is said here and nowhere else.

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

/// The name most like a word, if one is within the edits that `most` allows for it.
pub(crate) fn nearest<'a>(
    word: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: impl Fn(&str) -> usize,
) -> Option<&'a str> {
    let scored = names.into_iter().map(|name| (strsim::damerau_levenshtein(word, name), name));
    scored.filter(|(distance, name)| *distance <= most(name)).min().map(|(_, name)| name)
}

/// How alike two identifiers are, from 0 to 1; the same beginning counts more than the same end.
pub(crate) fn likeness(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(one, other)
}

/// The identifier most like another one, if one is like it.
pub(crate) fn likest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    best(names.into_iter().map(|name| (likeness(wanted, name), name)), 0.8)
}

/// How much of two paths is the same, from 0 to 1, wherever it stands.
pub(crate) fn overlap(one: &str, other: &str) -> f64 {
    strsim::normalized_levenshtein(one, other)
}

/// The name with the highest score above a bound; of equals the first of the alphabet.
pub(crate) fn best<'a>(scored: impl Iterator<Item = (f64, &'a str)>, bound: f64) -> Option<&'a str> {
    let scored = scored.filter(|(score, _)| *score > bound);
    scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1))).map(|(_, name)| name)
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
    use super::{best, likest, near, nearest};

    #[test]
    fn a_slip_of_the_finger_has_a_nearest_word() {
        let names = ["wire", "json", "rpc"];
        assert_eq!(nearest("wrie", names, |_| 2), Some("wire"));
        assert_eq!(nearest("grpc", names, |_| 2), Some("rpc"));
        assert_eq!(nearest("everything", names, |_| 2), None);
        assert_eq!(nearest("wrie", names, |_| 0), None);
    }

    #[test]
    fn of_equals_the_first_is_the_likest() {
        assert_eq!(likest("packd", ["deprecated", "packed", "jstype"]), Some("packed"));
        assert_eq!(likest("x", ["deprecated", "packed"]), None);
        assert_eq!(best([(0.9, "b"), (0.9, "a"), (0.8, "c")].into_iter(), 0.8), Some("a"));
    }

    #[test]
    fn a_forgotten_remote_is_the_first_suggestion() {
        assert_eq!(near("main", ["origin/main", "maim", "dev"]), ["origin/main", "maim"]);
    }

    #[test]
    fn a_forgotten_v_is_suggested_and_strangers_are_not() {
        assert_eq!(near("1.2.0", ["v1.2.0", "release"]), ["v1.2.0"]);
    }
}
