//! Under which licence packages are: what the configuration says, or what the texts beside the contract are.
//!
//! A text is known by a fingerprint of its words. Who holds the rights, what is numbered and how lines are broken does
//! not count; anything else that is not in the usual text makes it another one, which nobody is told a name for.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::config::generate::Generate;
use crate::config::package::About;
use crate::source::LegalText;

/// What packages say where nobody says a licence.
const NONE: &str = "LicenseRef-Proprietary";

/// Fingerprints of the usual texts, by their SPDX ids.
const KNOWN: [(&str, &str); 13] = [
    ("0BSD", "342fe583c6ef0310"),
    ("Apache-2.0", "e867db5b342ed2ff"),
    ("BSD-2-Clause", "cbbb004bffc1df18"),
    ("BSD-3-Clause", "e6a303a30dc826ce"),
    ("BSL-1.0", "b1740a14e898c486"),
    ("CC0-1.0", "b376e00c5e28c2bd"),
    ("ISC", "b39a3e1d0c79e5f5"),
    ("MIT", "21a636e005ff69f2"),
    ("MIT-0", "54af36ee354f1433"),
    ("MPL-2.0", "68ccf3a882ea45e9"),
    ("UPL-1.0", "30a706c4af85e3c4"),
    ("Unlicense", "c7cc82d6dea2deca"),
    ("Zlib", "bc82daff361737e4"),
];

/// Places of texts where whoever licenses has a name: what stands before it, and after it.
const NAMES: [(&str, &str); 3] = [
    ("neither the name", " may be used"),
    ("software is provided by", " as is"),
    ("in no event shall", " be liable"),
];
/// The longest such name with what is around it, in bytes.
const LONGEST_NAME: usize = 160;
/// The end of Apache's text, and what may follow it: how to use it.
const APACHE_END: &str = " end of terms and conditions";
const APACHE_APPENDIX: &str = " appendix how to apply the apache license to your work";

/// The licence of the packages of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The SPDX expression.
    pub licence: String,
    /// What registries show, with whether they may have the packages at all.
    pub about: About,
    /// What somebody ought to know.
    pub note: Option<String>,
}

/// Settles the licence of packages.
#[must_use]
pub fn terms(settings: &Generate, texts: &[LegalText]) -> Terms {
    let licences: Vec<&LegalText> = texts.iter().filter(|text| !text.is_notice()).collect();
    let known = known(&licences);
    let (licence, note) = match (&settings.licence, known) {
        (Some(said), known) => (Some(said.clone()), known.and_then(|id| differs(said, id, &licences))),
        (None, Some(id)) => (Some(id.to_owned()), None),
        (None, None) => (None, licences.first().map(|text| unnamed(text, licences.len()))),
    };
    let about = About { private: licence.is_none(), ..settings.about.clone() };
    Terms { licence: licence.unwrap_or_else(|| NONE.to_owned()), about, note }
}

fn differs(said: &str, id: &str, licences: &[&LegalText]) -> Option<String> {
    let said_id = |r: &spdx::expression::ExpressionReq| r.req.license.id().is_some_and(|l| l.name == id);
    let within = spdx::Expression::parse(said).is_ok_and(|e| e.requirements().any(said_id));
    let name = licences.first().map_or("", |text| &text.name);
    (!within).then(|| format!("`{name}` is the text of {id}, and `generate.licence` says `{said}`"))
}

fn unnamed(text: &LegalText, count: usize) -> String {
    let which = match count {
        1 => format!("`{}` is no text of a well-known licence", text.name),
        n => format!("the {n} licences beside the contract are not one well-known text"),
    };
    format!("{which}, so no registry takes the packages; `generate.licence` says which it is")
}

/// The licence that all the texts are; of several different ones nobody knows how they go together.
fn known(licences: &[&LegalText]) -> Option<&'static str> {
    let mut ids = licences.iter().map(|text| identify(&String::from_utf8_lossy(&text.content)));
    let first = ids.next()??;
    ids.all(|id| id == Some(first)).then_some(first)
}

/// The SPDX id of a well-known text.
fn identify(text: &str) -> Option<&'static str> {
    let print = fingerprint(text);
    KNOWN.iter().find(|(_, known)| *known == print).map(|(id, _)| *id)
}

/// Whether what stands after the end of Apache's text changes nothing.
fn may_follow(rest: &str) -> bool {
    rest.trim().is_empty() || rest.starts_with(APACHE_APPENDIX)
}

fn fingerprint(text: &str) -> String {
    let body = words(text);
    let body = match body.find(APACHE_END) {
        Some(at) if may_follow(&body[at + APACHE_END.len()..]) => &body[..at],
        _ => &body,
    };
    HEXLOWER.encode(&Sha256::digest(body)[..8])
}

fn parts(line: &str) -> Vec<String> {
    let parts = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_lowercase).collect()
}

/// The words of a text from where it begins, without names.
fn words(text: &str) -> String {
    let lines = text.trim_start_matches('\u{feff}').lines().skip_while(|line| is_title(line));
    let mut words: Vec<String> = Vec::new();
    for line in lines {
        words.extend(parts(line).into_iter().filter(|word| word.len() > 1 && !word.starts_with("http")));
    }
    let mut body = words.join(" ").replace("licence", "license");
    for (before, after) in NAMES {
        let Some(at) = body.find(before).map(|at| at + before.len()) else { continue };
        if let Some(length) = body[at..].find(after).filter(|length| *length <= LONGEST_NAME) {
            body.replace_range(at..at + length, "");
        }
    }
    body
}

/// Whether a line says the name of the licence, or who holds the rights.
fn is_title(line: &str) -> bool {
    let words = parts(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let named = words.len() <= 6
        && words.iter().any(|word| ["license", "licence", "licenses"].contains(word))
        && !words.contains(&"is");
    let rights = match words.as_slice() {
        [] | ["copyright", ..] | ["all", "rights", "reserved", ..] => true,
        ["c", rest @ ..] => rest.contains(&"copyright") || line.trim_start().starts_with("(c)"),
        ["mit", "no", "attribution"]
        | ["creative", "commons", "legal", "code"]
        | ["bsd", "zero", "clause"] => true,
        _ => line.trim_start().starts_with('©'),
    };
    named || rights
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and \
associated documentation files (the \"Software\"), to deal in the Software without restriction, including without \
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, \
and to permit persons to whom the Software is furnished to do so, subject to the following conditions:\n\n\
The above copyright notice and this permission notice shall be included in all copies or substantial portions of the \
Software.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT \
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL \
THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, \
TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.";

    const BSD: &str = "Redistribution and use in source and binary forms, with or without modification, are permitted \
provided that the following conditions are met:\n\n1. Redistributions of source code must retain the above copyright \
notice, this list of conditions and the following disclaimer.\n2. Redistributions in binary form must reproduce the \
above copyright notice, this list of conditions and the following disclaimer in the documentation and/or other materials \
provided with the distribution.\n3. Neither the name of NOBODY nor the names of its contributors may be used to endorse \
or promote products derived from this software without specific prior written permission.\n\nTHIS SOFTWARE IS PROVIDED \
BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS \"AS IS\" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED \
TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE \
COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL \
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR \
BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT \
(INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE \
POSSIBILITY OF SUCH DAMAGE.";

    const APACHE: &str = include_str!("../../LICENSE");

    fn text(name: &str, content: &str) -> LegalText {
        LegalText { name: name.to_owned(), content: content.to_owned().into() }
    }

    #[test]
    fn who_holds_the_rights_does_not_count() {
        for title in
            ["", "MIT License\n\nCopyright (c) 2026 Acme\n\n", "The MIT License (MIT)\r\n© Acme\r\n\r\n"]
        {
            assert_eq!(identify(&format!("{title}{MIT}")), Some("MIT"), "{title:?}");
        }
        let wide = MIT.replace(' ', "\n    ");
        assert_eq!(
            identify(&format!("Copyright 2026 Acme, Inc. All rights reserved.\n{wide}\n")),
            Some("MIT")
        );
        for name in ["Acme Ltd.", "the copyright holder"] {
            let bsd = BSD.replace("NOBODY", name).replace("\n2.", "\n*");
            assert_eq!(identify(&bsd), Some("BSD-3-Clause"), "{name}");
        }
        let two =
            format!("{}{}", &BSD[..BSD.find("3.").unwrap()], &BSD[BSD.find("THIS SOFTWARE").unwrap()..]);
        assert_eq!(identify(&two), Some("BSD-2-Clause"));
        assert_eq!(identify(APACHE), Some("Apache-2.0"));
        let (terms, _) = APACHE.split_once("APPENDIX").unwrap();
        assert_eq!(identify(terms), Some("Apache-2.0"));
    }

    #[test]
    fn whatever_else_is_said_makes_another_text() {
        assert_eq!(identify(&format!("{MIT}\nNot for use in weapons.")), None);
        assert_eq!(identify(&format!("Not for use in weapons.\n{MIT}")), None);
        assert_eq!(identify(&MIT.replace("sell copies", "copies")), None);
        assert_eq!(identify(&APACHE.replace("APPENDIX", "EXCEPTIONS")), None);
        assert_eq!(identify(&BSD.replace("NOBODY", &"name ".repeat(60))), None);
        assert_eq!(identify(""), None);
    }

    #[test]
    fn terms_of_packages() {
        let said = |licence: Option<&str>, texts: &[LegalText]| {
            let settings = Generate { licence: licence.map(str::to_owned), ..Generate::default() };
            let terms = terms(&settings, texts);
            (terms.licence, terms.about.private, terms.note.unwrap_or_default())
        };
        let (mit, apache) = (text("LICENSE-MIT", MIT), text("LICENSE-APACHE", APACHE));
        let none = || (NONE.to_owned(), true);
        assert_eq!(said(None, &[]), (none().0, true, String::new()));
        assert_eq!(said(None, std::slice::from_ref(&mit)), ("MIT".to_owned(), false, String::new()));
        assert_eq!(said(None, &[apache.clone(), text("NOTICE", "Acme")]).0, "Apache-2.0");
        let (licence, private, note) = said(None, &[apache, mit.clone()]);
        assert_eq!((licence, private), none());
        assert!(note.starts_with("the 2 licences beside the contract are not one"), "{note}");
        let (licence, private, note) = said(None, &[text("LICENSE", "Ask us.")]);
        assert_eq!((licence, private), none());
        assert!(note.starts_with("`LICENSE` is no text of a well-known licence"), "{note}");
        assert_eq!(said(Some("Apache-2.0 OR MIT"), std::slice::from_ref(&mit)).2, "");
        let (licence, _, note) = said(Some("ISC"), &[mit]);
        assert_eq!(licence, "ISC");
        assert_eq!(note, "`LICENSE-MIT` is the text of MIT, and `generate.licence` says `ISC`");
    }
}
