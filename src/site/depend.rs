//! How to depend on a version in each language.

use semver::Version;
use serde::Serialize;

use crate::codegen::Target;
use crate::release::Spelling;
use crate::words::Language;

/// What a team that uses a package writes, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Dependence {
    pub(super) language: &'static str,
    /// The file it is written into, or where it is typed.
    pub(super) place: &'static str,
    pub(super) text: String,
}

/// How to depend on the packages of a version. Nothing for a version that no release of protopact could have made.
pub(super) fn dependences(targets: &[Target], version: &Version) -> Vec<Dependence> {
    let Some(spelling) = Spelling::of(version) else { return Vec::new() };
    targets.iter().map(|target| dependence(target, &spelling)).collect()
}

fn dependence(target: &Target, spelling: &Spelling) -> Dependence {
    let get = |key: &str| target.get(key);
    let (place, text) = match target.language() {
        Language::Go => (
            "in the folder of your module",
            format!("go get {}{}@{}", get("module"), spelling.go_path, spelling.go),
        ),
        Language::Java => (
            "pom.xml",
            format!(
                "<dependency>\n  <groupId>{}</groupId>\n  <artifactId>{}</artifactId>\n  <version>{}</version>\n</dependency>",
                get("group"),
                get("artifact"),
                spelling.maven
            ),
        ),
        Language::Python => {
            ("in your environment", format!("pip install {}=={}", get("package"), spelling.python))
        }
        Language::Rust => {
            ("Cargo.toml", format!("[dependencies]\n{} = \"{}\"", get("crate"), spelling.semver))
        }
    };
    Dependence { language: target.language().title(), place, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_words() {
        let targets = [
            Target::new(Language::Go, &[("module", "github.com/acme/pay-go")]),
            Target::new(Language::Java, &[("group", "com.acme"), ("artifact", "pay")]),
            Target::new(Language::Python, &[("package", "acme-pay")]),
            Target::new(Language::Rust, &[("crate", "acme-pay")]),
        ];
        let all = dependences(&targets, &Version::parse("2.0.0-rc.1").unwrap());
        let texts: Vec<&str> = all.iter().map(|d| &*d.text).collect();
        let maven = "<dependency>\n  <groupId>com.acme</groupId>\n  <artifactId>pay</artifactId>\n  \
                     <version>2.0.0-rc.1</version>\n</dependency>";
        assert_eq!(
            texts,
            [
                "go get github.com/acme/pay-go/v2@v2.0.0-rc.1",
                maven,
                "pip install acme-pay==2.0.0rc1",
                "[dependencies]\nacme-pay = \"2.0.0-rc.1\"",
            ]
        );
        assert!(dependences(&targets, &Version::parse("1.0.0+5").unwrap()).is_empty());
    }
}
