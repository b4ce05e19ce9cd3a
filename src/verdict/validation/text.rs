//! Rules about strings and bytes.

use super::Narrowing;
use super::examples::texts;
use super::formats;
use super::pattern::Pattern;
use super::set::Set;

/// Rules that all have to hold. What patterns and formats accept is looked into as far as single texts show it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Strings: lengths in characters. Bytes have none.
    pub(super) chars: Set,
    /// Lengths in bytes.
    pub(super) bytes: Set,
    /// `const` and `in`.
    pub(super) only: Option<Vec<Vec<u8>>>,
    pub(super) not: Vec<Vec<u8>>,
    pub(super) prefix: Option<Vec<u8>>,
    pub(super) suffix: Option<Vec<u8>>,
    pub(super) contains: Option<Vec<u8>>,
    pub(super) contains_not: Option<Vec<u8>>,
    pub(super) patterns: Vec<Written>,
    /// Well-known formats by name.
    pub(super) formats: Vec<String>,
    pub(super) binary: bool,
}

/// A pattern as written, and ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) read: Pattern,
}

impl Written {
    pub(super) fn of(text: String) -> Written {
        Written { read: Pattern::of(&text), text }
    }

    /// One that was rewritten.
    pub(super) fn read(text: String) -> Written {
        Written { read: Pattern::rewritten(text.clone()), text }
    }
}

/// Formats all of whose texts are also of another one.
const SUBSETS: [(&str, &str); 10] = [
    ("ipv4", "ip"),
    ("ipv6", "ip"),
    ("ip", "address"),
    ("ipv4", "address"),
    ("ipv6", "address"),
    ("hostname", "address"),
    ("uri", "uri_ref"),
    ("ipv4_prefix", "ip_prefix"),
    ("ipv6_prefix", "ip_prefix"),
    ("ip_prefix", "ip_with_prefixlen"),
];

fn lengths() -> Set {
    Set::range(0, u64::MAX.into())
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|w| w == part)
}

fn count_chars(text: &[u8]) -> i128 {
    String::from_utf8_lossy(text).chars().count() as i128
}

impl Text {
    pub(super) fn all(binary: bool) -> Text {
        Text {
            chars: lengths(),
            bytes: lengths(),
            only: None,
            not: Vec::new(),
            prefix: None,
            suffix: None,
            contains: None,
            contains_not: None,
            patterns: Vec::new(),
            formats: Vec::new(),
            binary,
        }
    }

    fn noun(&self) -> &'static str {
        if self.binary { "a byte string" } else { "a text" }
    }

    fn is_opaque(&self) -> bool {
        !(self.patterns.is_empty() && self.formats.is_empty())
    }

    /// Whether a text is accepted; `None` where a pattern or format decides that is not understood.
    pub(super) fn accepts(&self, text: &[u8]) -> Option<bool> {
        let is = |part: &Option<Vec<u8>>, test: &dyn Fn(&[u8]) -> bool| part.as_deref().is_none_or(test);
        let known = (self.binary || self.chars.contains(count_chars(text)))
            && self.bytes.contains(text.len() as i128)
            && self.only.as_ref().is_none_or(|list| list.iter().any(|t| t == text))
            && !self.not.iter().any(|t| t == text)
            && is(&self.prefix, &|p| text.starts_with(p))
            && is(&self.suffix, &|p| text.ends_with(p))
            && is(&self.contains, &|p| holds(text, p))
            && is(&self.contains_not, &|p| !holds(text, p));
        let patterns = self.patterns.iter().map(|pattern| pattern.read.accepts(text));
        let formats = self.formats.iter().map(|format| formats::is_of(format, self.binary, text));
        if known { all(patterns.chain(formats)) } else { Some(false) }
    }

    /// What is wrong with a text that is refused, for a sentence.
    pub(super) fn why_refused(&self, text: &[u8]) -> String {
        let a = self.noun();
        let count = |n: i128, unit: &str| format!("{a} of {n} {unit}{}", if n == 1 { "" } else { "s" });
        let lacks = |part: &Option<Vec<u8>>, test: &dyn Fn(&[u8]) -> bool| part.clone().filter(|p| !test(p));
        if text.is_empty() {
            return "an empty value".to_owned();
        }
        if !self.binary && !self.chars.contains(count_chars(text)) {
            return count(count_chars(text), "character");
        }
        if !self.bytes.contains(text.len() as i128) {
            return count(text.len() as i128, "byte");
        }
        if self.not.iter().any(|t| t == text) {
            return show(text);
        }
        if let Some(part) = lacks(&self.prefix, &|p| text.starts_with(p)) {
            return format!("{a} that does not begin with {}", show(&part));
        }
        if let Some(part) = lacks(&self.suffix, &|p| text.ends_with(p)) {
            return format!("{a} that does not end with {}", show(&part));
        }
        if let Some(part) = lacks(&self.contains, &|p| holds(text, p)) {
            return format!("{a} without {}", show(&part));
        }
        if let Some(part) = lacks(&self.contains_not, &|p| !holds(text, p)) {
            return format!("{a} with {}", show(&part));
        }
        if let Some(pattern) = self.patterns.iter().find(|p| p.read.accepts(text) == Some(false)) {
            return format!("{a} that does not match {}", show(pattern.text.as_bytes()));
        }
        let is_not = |format: &&String| formats::is_of(format, self.binary, text) == Some(false);
        if let Some(format) = self.formats.iter().find(is_not) {
            return format!("{a} that is not of the format `{format}`");
        }
        show(text)
    }

    /// How many texts are accepted at least, as far as that is found out.
    pub(super) fn at_least(&self) -> i128 {
        if let Some(list) = &self.only {
            return list.iter().filter(|text| self.accepts(text) == Some(true)).count() as i128;
        }
        let long = self.chars.max().unwrap_or(0).min(self.bytes.max().unwrap_or(0)) > i128::from(u16::MAX);
        if self.is_plain() && long { i128::MAX } else { Accepted::of(self, self).texts.len() as i128 }
    }

    /// Whether more than lengths decides.
    fn is_plain(&self) -> bool {
        let parts = [&self.prefix, &self.suffix, &self.contains, &self.contains_not];
        !self.is_opaque() && self.not.is_empty() && self.only.is_none() && parts.iter().all(|p| p.is_none())
    }

    /// Lengths an accepted text can have, as far as the other rules tell.
    fn reach(&self) -> (Set, Set) {
        let parts = [&self.prefix, &self.suffix, &self.contains];
        let least = |count: &dyn Fn(&[u8]) -> i128| {
            parts.iter().filter_map(|p| p.as_deref()).map(count).max().unwrap_or_default()
        };
        let most = i128::from(u64::MAX);
        let bytes = self.bytes.intersect(&Set::range(least(&|p| p.len() as i128), most));
        if self.binary {
            return (lengths(), bytes);
        }
        let chars = self.chars.intersect(&Set::range(least(&count_chars), most));
        // A character takes one to four bytes.
        let hull = |set: &Set| (set.min().unwrap_or(1), set.max().unwrap_or(0));
        let ((least_bytes, most_bytes), (least_chars, most_chars)) = (hull(&bytes), hull(&chars));
        (
            chars.intersect(&Set::range((least_bytes + 3) / 4, most_bytes)),
            bytes.intersect(&Set::range(least_chars, most_chars.saturating_mul(4))),
        )
    }

    /// Texts other than the empty one that this accepts and the other does not.
    pub(super) fn narrowed_by(&self, new: &Text) -> Narrowing {
        if self.binary != new.binary {
            return Narrowing::Unclear("the rules are those of another type".to_owned());
        }
        if let Some(list) = &self.only {
            return self.list_narrowed_by(list, new);
        }
        let a = self.noun();
        let accepted = Accepted::of(self, new);
        let mut worst = self.length_narrowed_by(new, &accepted);
        if let Some(list) = &new.only {
            let what = format!("{a} that is not in the list");
            worst = worst.or_worse(accepted.lost(&what, |text| !list.iter().any(|t| t == text)));
        }
        for text in new.not.iter().filter(|t| !t.is_empty()) {
            worst = worst.or_worse(match self.accepts(text) {
                Some(false) => Narrowing::None,
                Some(true) => Narrowing::Refused(show(text)),
                None => self.undecided(&show(text)),
            });
        }
        let missing = |old: &Option<Vec<u8>>,
                       new: &Option<Vec<u8>>,
                       implies: &dyn Fn(&[u8], &[u8]) -> bool| {
            new.as_ref().filter(|n| !n.is_empty() && !old.as_ref().is_some_and(|o| implies(o, n))).cloned()
        };
        if let Some(part) = missing(&self.prefix, &new.prefix, &|old, new| old.starts_with(new)) {
            let what = format!("{a} that does not begin with {}", show(&part));
            worst = worst.or_worse(accepted.lost(&what, |text| !text.starts_with(&part)));
        }
        if let Some(part) = missing(&self.suffix, &new.suffix, &|old, new| old.ends_with(new)) {
            let what = format!("{a} that does not end with {}", show(&part));
            worst = worst.or_worse(accepted.lost(&what, |text| !text.ends_with(&part)));
        }
        let known = [&self.prefix, &self.suffix, &self.contains];
        let part = new.contains.as_ref();
        let part =
            part.filter(|n| !n.is_empty() && !known.iter().any(|k| k.as_ref().is_some_and(|k| holds(k, n))));
        if let Some(part) = part {
            let what = format!("{a} without {}", show(part));
            worst = worst.or_worse(accepted.lost(&what, |text| !holds(text, part)));
        }
        // Whoever refuses a part refuses everything around it.
        if let Some(part) = &new.contains_not
            && !self.contains_not.as_ref().is_some_and(|old| holds(part, old))
        {
            worst =
                worst.or_worse(accepted.lost(&format!("{a} with {}", show(part)), |text| holds(text, part)));
        }
        worst.or_worse(self.opaque_narrowed_by(new, &accepted))
    }

    fn opaque_narrowed_by(&self, new: &Text, accepted: &Accepted<'_>) -> Narrowing {
        let (a, mut worst) = (self.noun(), Narrowing::None);
        let is = |own: &Written, pattern: &Written| {
            own.text == pattern.text
                || own.read.written().is_some_and(|written| pattern.read.written() == Some(written))
        };
        let has = |pattern: &&Written| self.patterns.iter().any(|own| is(own, pattern));
        for pattern in new.patterns.iter().filter(|p| !has(p)) {
            let shown = show(pattern.text.as_bytes());
            let refused = accepted.any(|text| pattern.read.accepts(text) == Some(false));
            worst = worst.or_worse(if refused {
                Narrowing::Refused(format!("{a} that does not match {shown}"))
            } else {
                Narrowing::Unclear(format!("which texts match {shown} is not known"))
            });
        }
        for format in &new.formats {
            let is = |old: &String| old == format || SUBSETS.contains(&(old.as_str(), format.as_str()));
            if !self.formats.iter().any(is) {
                let what = format!("{a} that is not of the format `{format}`");
                worst = worst.or_worse(
                    accepted.lost(&what, |text| formats::is_of(format, self.binary, text) == Some(false)),
                );
            }
        }
        worst
    }

    fn length_narrowed_by(&self, new: &Text, all: &Accepted<'_>) -> Narrowing {
        let (chars, bytes) = self.reach();
        let beyond_empty = |lost: Set| lost.minus(&Set::points([0])).example();
        let (a, mut worst) = (self.noun(), Narrowing::None);
        for (reached, accepted, unit) in [(&chars, &new.chars, "character"), (&bytes, &new.bytes, "byte")] {
            let Some(length) = beyond_empty(reached.minus(accepted)) else { continue };
            let what = format!("{a} of {length} {unit}{}", if length == 1 { "" } else { "s" });
            worst = worst.or_worse(if self.is_plain() {
                Narrowing::Refused(what)
            } else {
                let count = |text: &[u8]| if unit == "byte" { text.len() as i128 } else { count_chars(text) };
                all.lost(&what, |text| !accepted.contains(count(text)))
            });
        }
        worst
    }

    fn list_narrowed_by(&self, list: &[Vec<u8>], new: &Text) -> Narrowing {
        let as_opaque = matches!(self.opaque_narrowed_by(new, &Accepted::of(self, new)), Narrowing::None);
        let mut worst = Narrowing::None;
        for text in list {
            worst = worst.or_worse(match (self.accepts(text), new.accepts(text)) {
                // Whether emptiness is refused depends on more than the text.
                (Some(_), _) | (_, Some(_)) if text.is_empty() => Narrowing::None,
                (Some(false), _) | (_, Some(true)) => Narrowing::None,
                (Some(true), Some(false)) => Narrowing::Refused(show(text)),
                (None, None) if as_opaque => Narrowing::None,
                _ => Narrowing::Unclear(format!("a pattern or format decides about {}", show(text))),
            });
        }
        worst
    }

    /// Of a text that nothing visible kept out before, a pattern or format decided.
    fn undecided(&self, what: &str) -> Narrowing {
        Narrowing::Unclear(format!("a pattern or format decided whether {what} was accepted"))
    }
}

/// What all of several say: no where one says no, nothing where one knows nothing.
pub(super) fn all(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}

/// Texts that one set of rules accepts.
struct Accepted<'a> {
    old: &'a Text,
    texts: Vec<Vec<u8>>,
}

impl<'a> Accepted<'a> {
    /// Those that another set may refuse.
    fn of(old: &'a Text, new: &Text) -> Accepted<'a> {
        let mut texts = texts(old, new);
        texts.retain(|text| old.accepts(text) == Some(true));
        Accepted { old, texts }
    }

    fn any(&self, refused: impl Fn(&[u8]) -> bool) -> bool {
        self.texts.iter().any(|text| refused(text))
    }

    /// What is refused of them now.
    fn lost(&self, what: &str, refused: impl Fn(&[u8]) -> bool) -> Narrowing {
        if self.any(refused) {
            Narrowing::Refused(what.to_owned())
        } else if self.old.is_opaque() {
            self.old.undecided(what)
        } else {
            super::rules::undecided(what)
        }
    }
}

/// A text for a sentence: short, on one line, in backticks.
pub(super) fn show(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).replace('`', "'");
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(60).map(plain).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    format!("`{shown}`")
}
