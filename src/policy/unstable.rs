//! Package names that say of themselves that they are not stable yet.

/// Whether the last part of a package is an unstable version: `v1alpha`, `v1beta2`, `v1p1alpha3`, `v1test`,
/// `v1testing`. A version alone (`v1`) is stable, a name without a version says nothing.
///
/// This is what `ignore_unstable_packages` of a buf configuration means.
pub fn is_unstable_package(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    let Some(version) = last.strip_prefix('v') else { return false };
    if let Some((major, _)) = version.split_once("test") {
        return number(major);
    }
    for stage in ["alpha", "beta"] {
        let Some((before, after)) = version.split_once(stage) else { continue };
        if !after.is_empty() && !number(after) {
            return false;
        }
        return match before.split_once('p') {
            Some((major, patch)) => number(major) && number(patch),
            None => number(before),
        };
    }
    false
}

/// A positive number without leading zeros.
fn number(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_unstable_package;

    #[test]
    fn only_a_marked_version_is_unstable() {
        for package in
            ["a.v1alpha", "a.v1alpha1", "a.b.v2beta3", "a.v1p1alpha1", "a.v1p2beta", "a.v1test", "a.v1testx"]
        {
            assert!(is_unstable_package(package), "{package}");
        }
        for package in [
            "",
            "v1alpha1",
            "a",
            "a.v1",
            "a.v0alpha1",
            "a.valpha1",
            "a.v1alpha0",
            "a.v1gamma1",
            "a.v1alphax",
            "a.x1alpha1",
            "a.v1alpha1.b",
        ] {
            assert!(!is_unstable_package(package), "{package}");
        }
    }
}
