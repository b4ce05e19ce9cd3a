//! What a simple index says of a project, as JSON or as a page.

use percent_encoding::percent_decode_str;
use regex::Regex;

/// A file of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) sha256: Option<String>,
    pub(super) url: String,
}

/// The files that an answer names; `base` is its address.
pub(super) fn files_of(answer: &[u8], base: &str) -> Vec<File> {
    if let Ok(said) = serde_json::from_slice::<serde_json::Value>(answer) {
        let files = said["files"].as_array().map_or(&[][..], Vec::as_slice);
        let file = |file: &serde_json::Value| {
            Some(File {
                name: file["filename"].as_str()?.to_owned(),
                sha256: file["hashes"]["sha256"].as_str().map(str::to_lowercase),
                url: joined(base, file["url"].as_str().unwrap_or_default()),
            })
        };
        return files.iter().filter_map(file).collect();
    }
    let link = Regex::new(r#"(?i)<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')"#).expect("a fixed pattern");
    let text = String::from_utf8_lossy(answer);
    let links = link.captures_iter(&text).filter_map(|found| found.get(1).or_else(|| found.get(2)));
    let file = |link: regex::Match<'_>| {
        let link = link.as_str().replace("&amp;", "&");
        let (path, fragment) = link.split_once('#').unwrap_or((&link, ""));
        let name = path.split('?').next()?.rsplit('/').next()?;
        let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
        let sha256 = fragment.split('&').find_map(|part| part.strip_prefix("sha256=")).map(str::to_lowercase);
        Some(File { name, sha256, url: joined(base, path) })
    };
    links.filter_map(file).collect()
}

/// An address as it stands on the page of another one.
fn joined(base: &str, link: &str) -> String {
    match reqwest::Url::parse(base).and_then(|base| base.join(link)) {
        Ok(url) => url.to_string(),
        Err(_) => link.to_owned(),
    }
}

/// Whether a file is one of a version of a project, whatever way its name is written.
pub(super) fn is_of(file: &str, project: &str, version: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', '.'], "_");
    let prefix = format!("{}_{}", plain(project), plain(version));
    let name = plain(file);
    let Some(rest) = name.strip_prefix(&prefix) else { return false };
    // `1.0.0` is not `1.0.0.post1`: after the version of a wheel comes a dash.
    let end = &file[file.len() - rest.len()..];
    end.starts_with('-') || [".tar.gz", ".zip", ".tar.bz2", ".egg"].contains(&&*end.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_index_are_read() {
        let base = "http://h:1/simple/acme-pay/";
        let sum = "A".repeat(64);
        let json = format!(
            r#"{{"meta": {{}}, "files": [{{"filename": "acme_pay-1.0.0.tar.gz", "url": "../../f/x", "hashes": {{"sha256": "{sum}"}}}}, {{"filename": "b", "hashes": {{}}}}]}}"#
        );
        let found = files_of(json.as_bytes(), base);
        assert_eq!(found[0].sha256, Some(sum.to_lowercase()));
        assert_eq!((&*found[0].url, &found[1].sha256), ("http://h:1/f/x", &None));
        let page = format!(
            "<html><body><a href=\"/packages/acme_pay-1.0.0%2Blocal-py3-none-any.whl?x=1&amp;y#sha256={sum}\">x</a><br>\n\
             <A data-x='1' HREF='acme_pay-1.1.0.tar.gz'>y</A></body></html>"
        );
        let found = files_of(page.as_bytes(), base);
        assert_eq!(found[0].name, "acme_pay-1.0.0+local-py3-none-any.whl");
        assert_eq!(found[0].sha256, Some(sum.to_lowercase()));
        assert_eq!(found[0].url, "http://h:1/packages/acme_pay-1.0.0%2Blocal-py3-none-any.whl?x=1&y");
        assert_eq!(
            (&*found[1].url, &found[1].sha256),
            ("http://h:1/simple/acme-pay/acme_pay-1.1.0.tar.gz", &None)
        );
        assert_eq!(files_of(b"", base), []);
    }

    #[test]
    fn files_belong_to_one_version() {
        for file in ["acme_pay-1.0.0-py3-none-any.whl", "Acme.Pay-1.0.0.tar.gz", "acme-pay-1.0.0.zip"] {
            assert!(is_of(file, "acme-pay", "1.0.0"), "{file}");
        }
        for file in [
            "acme_pay-1.0.0.post1-py3-none-any.whl",
            "acme_pay-1.0.01.tar.gz",
            "acme_pay_x-1.0.0.tar.gz",
            "pay",
        ] {
            assert!(!is_of(file, "acme-pay", "1.0.0"), "{file}");
        }
    }
}
