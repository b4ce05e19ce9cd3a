//! Patterns. Rules are written in RE2 (<https://github.com/google/re2/wiki/Syntax>), which is read here by the crate
//! `regex`. Where one sign means two things in the two, it is rewritten if it can be; a pattern with any other is not
//! asked anything.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// How large a pattern may get.
const SIZE: usize = 1 << 20;
/// How long a pattern may be written.
const WRITTEN: usize = 4096;
/// How often RE2 lets a part be repeated.
const REPEATED: u32 = 1000;
/// Examples are made up to this length.
const EXAMPLE: usize = 4096;

/// A pattern, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// `None` where it is not understood.
    read: Option<Read>,
}

#[derive(Clone, Debug)]
struct Read {
    /// As `regex` reads it, anywhere in a text and of all of it.
    part: Regex,
    whole: Regex,
    written: String,
    /// Whether whatever matches is all of a text.
    anchored: bool,
}

impl Pattern {
    pub(super) fn of(pattern: &str) -> Pattern {
        Pattern { read: translated(pattern).and_then(built) }
    }

    /// A pattern as `regex` has it.
    pub(super) fn rewritten(written: String) -> Pattern {
        Pattern { read: built(written) }
    }

    /// Whether a text matches; `None` where that is not known, of bytes that are no text among others. A part of the
    /// text is enough for the rule as it is written down and for most runtimes, and protovalidate for Java wants all
    /// of it: `findings/java-pattern-whole.sh`. Where that matters nothing is known.
    pub(super) fn accepts(&self, text: &[u8]) -> Option<bool> {
        let read = self.read.as_ref()?;
        let text = std::str::from_utf8(text).ok()?;
        if !read.part.is_match(text) {
            return Some(false);
        }
        (read.anchored || read.whole.is_match(text)).then_some(true)
    }

    /// Whether a part of a text matches.
    pub(super) fn is_in(&self, text: &str) -> Option<bool> {
        self.read.as_ref().map(|read| read.part.is_match(text))
    }

    /// The pattern as the crate `regex` writes it.
    pub(super) fn written(&self) -> Option<&str> {
        self.read.as_ref().map(|read| read.written.as_str())
    }

    /// Whether a text matches as a whole or not at all.
    pub(super) fn is_anchored(&self) -> bool {
        self.read.as_ref().is_some_and(|read| read.anchored)
    }

    /// Some texts that may match, and some that nearly do.
    pub(super) fn examples(&self) -> Vec<Vec<u8>> {
        let Some(read) = self.written().and_then(|w| regex_syntax::parse(w).ok()) else { return Vec::new() };
        let mut all = Vec::new();
        for choice in 0..8 {
            let mut text = Vec::new();
            example(&read, choice, &mut text);
            if text.len() < EXAMPLE {
                all.push([b"x", text.as_slice()].concat());
                all.push([text.as_slice(), b"x"].concat());
                let less = text.len().saturating_sub(1);
                all.push(text[..less].to_vec());
                all.push(text);
            }
        }
        all.retain(|text| std::str::from_utf8(text).is_ok());
        all.sort();
        all.dedup();
        all
    }
}

fn built(written: String) -> Option<Read> {
    let regex = |text: &str| RegexBuilder::new(text).size_limit(SIZE).dfa_size_limit(SIZE).build().ok();
    let (part, whole) = (regex(&written)?, regex(&format!(r"\A(?:{written})\z"))?);
    let hir = regex_syntax::parse(&written).ok()?;
    let looks = hir.properties();
    let anchored =
        looks.look_set_prefix().contains(Look::Start) && looks.look_set_suffix().contains(Look::End);
    Some(Read { part, whole, written, anchored })
}

/// A text of a pattern, one of several by what is chosen where there is a choice.
fn example(read: &Hir, choice: usize, text: &mut Vec<u8>) {
    if text.len() >= EXAMPLE {
        return;
    }
    match read.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            let range = ranges.get(choice % ranges.len().max(1)).or_else(|| ranges.first());
            if let Some(range) = range {
                let c = if choice < 4 { range.start() } else { range.end() };
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        HirKind::Class(Class::Bytes(class)) => text.extend(class.ranges().first().map(|range| range.start())),
        HirKind::Repetition(repetition) => {
            let least = repetition.min;
            let most = repetition.max.unwrap_or(least.saturating_add(3)).min(REPEATED);
            let times = match choice % 3 {
                0 => least,
                1 => least.saturating_add(1).min(most),
                _ => most,
            };
            for _ in 0..times {
                example(&repetition.sub, choice, text);
            }
        }
        HirKind::Capture(capture) => example(&capture.sub, choice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| example(part, choice, text)),
        HirKind::Alternation(parts) => {
            if let Some(part) = parts.get(choice % parts.len().max(1)) {
                example(part, choice, text);
            }
        }
    }
}

/// What may be repeated next.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// Nothing: the beginning of something, or an assertion.
    Nothing,
    Something,
    Repetition,
}

/// A pattern of RE2 for the crate `regex`; `None` where it has something whose meaning is not the same.
fn translated(pattern: &str) -> Option<String> {
    if pattern.len() > WRITTEN {
        return None;
    }
    let mut written = String::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    let mut last = Last::Nothing;
    while let Some(c) = rest.next() {
        match c {
            '\\' => last = escape(rest.next()?, &mut written)?,
            '[' => {
                class(&mut rest, &mut written)?;
                last = Last::Something;
            }
            '(' => {
                written.push('(');
                if rest.next_if_eq(&'?').is_some() {
                    written.push('?');
                    // Flags and groups without a capture. Names change nothing and are rare.
                    loop {
                        let flag = rest.next()?;
                        written.push(flag);
                        match flag {
                            'i' | 's' => {}
                            ':' | ')' => break,
                            _ => return None,
                        }
                    }
                }
                last = Last::Nothing;
            }
            ')' => {
                written.push(')');
                last = Last::Something;
            }
            '*' | '+' | '?' => {
                if last != Last::Something {
                    return None;
                }
                written.push(c);
                last = Last::Repetition;
                if rest.next_if_eq(&'?').is_some() {
                    written.push('?');
                }
            }
            '{' => {
                if last != Last::Something {
                    return None;
                }
                written.push_str(&counted(&mut rest)?);
                last = Last::Repetition;
            }
            '}' | ']' => return None,
            '|' | '^' | '$' => {
                written.push(c);
                last = Last::Nothing;
            }
            c => {
                written.push(c);
                last = Last::Something;
            }
        }
    }
    Some(written)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// `{3}`, `{3,}`, `{3,5}`; anything else in braces is text to RE2 and an error here.
fn counted(rest: &mut Rest<'_>) -> Option<String> {
    let mut within = String::new();
    loop {
        match rest.next()? {
            '}' => break,
            c @ ('0'..='9' | ',') if within.len() < 10 => within.push(c),
            _ => return None,
        }
    }
    let (least, most) = within.split_once(',').unwrap_or((&within, &within));
    let least: u32 = least.parse().ok()?;
    let most = if most.is_empty() { least } else { most.parse().ok()? };
    (least <= most && most <= REPEATED).then(|| format!("{{{within}}}"))
}

/// What classes hold: ASCII to RE2, all of Unicode to `regex`.
fn within_class(c: char) -> Option<&'static str> {
    match c {
        'd' => Some("0-9"),
        'w' => Some("0-9A-Za-z_"),
        's' => Some(r"\t\n\x0C\r "),
        _ => None,
    }
}

fn escape(c: char, written: &mut String) -> Option<Last> {
    if let Some(within) = within_class(c.to_ascii_lowercase()) {
        written.push_str(if c.is_ascii_lowercase() { "[" } else { "[^" });
        written.push_str(within);
        written.push(']');
        return Some(Last::Something);
    }
    match c {
        'b' => written.push_str(r"(?-u:\b)"),
        'A' | 'z' => written.extend(['\\', c]),
        'n' | 'r' | 't' | 'f' | 'v' => {
            written.extend(['\\', c]);
            return Some(Last::Something);
        }
        // The beginning and the end of a word to `regex`.
        '<' | '>' => return None,
        c if c.is_ascii_punctuation() => {
            written.extend(['\\', c]);
            return Some(Last::Something);
        }
        _ => return None,
    }
    Some(Last::Nothing)
}

/// A class, from behind its bracket. `regex` has classes within classes and operations between them.
fn class(rest: &mut Rest<'_>, written: &mut String) -> Option<()> {
    written.push('[');
    if rest.next_if_eq(&'^').is_some() {
        written.push('^');
    }
    let mut first = true;
    let mut before = None;
    loop {
        let c = rest.next()?;
        match c {
            ']' if !first => break,
            ']' => written.push_str(r"\]"),
            '[' if rest.peek() == Some(&':') => {
                let mut name = String::new();
                loop {
                    match rest.next()? {
                        ']' => break,
                        c => name.push(c),
                    }
                }
                if !matches!(
                    name.as_str(),
                    ":alpha:" | ":digit:" | ":alnum:" | ":upper:" | ":lower:" | ":xdigit:"
                ) {
                    return None;
                }
                written.push_str(&format!("[{name}]"));
            }
            '[' => written.push_str(r"\["),
            '\\' => {
                let c = rest.next()?;
                match within_class(c) {
                    // A range that begins or ends with a class is an error, or is not.
                    Some(_) if before == Some('-') => return None,
                    Some(within) => {
                        written.push_str(within);
                        let mut ahead = rest.clone();
                        if ahead.next() == Some('-') && ahead.next() != Some(']') {
                            return None;
                        }
                    }
                    None if matches!(c, 'n' | 'r' | 't' | 'f' | 'v') || c.is_ascii_punctuation() => {
                        written.extend(['\\', c]);
                    }
                    None => return None,
                }
            }
            '&' | '~' | '-' if before == Some(c) => return None,
            c => written.push(c),
        }
        before = Some(c);
        first = false;
    }
    written.push(']');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(pattern: &str, text: &str) -> Option<bool> {
        Pattern::of(pattern).accepts(text.as_bytes())
    }

    #[test]
    fn what_means_the_same_is_asked() {
        for (pattern, text, wanted) in [
            (r"^\d+$", "12", true),
            // Digits of other scripts are digits to `regex` alone.
            (r"^\d+$", "١٢", false),
            (r"^\w$", "é", false),
            (r"^[\w-]+$", "a-b", true),
            (r"^[^\s]$", "\u{a0}", true),
            (r"^.*\bb$", "éb", true),
            (r"^[]a]+$", "]a", true),
            (r"^[[a]$", "[", true),
            ("^[[:alpha:]]{2,3}$", "ab", true),
            ("(?i)^AB$", "ab", true),
            ("a$", "a\n", false),
            ("^.$", "\n", false),
        ] {
            assert_eq!(says(pattern, text), Some(wanted), "{pattern} {text:?}");
        }
    }

    #[test]
    fn a_part_of_a_text_is_not_enough_for_all() {
        assert_eq!([says("b", "b"), says("b", "ab"), says("b", "a")], [Some(true), None, Some(false)]);
        assert_eq!([says("^a|b$", "ab"), says("^(a|b)$", "b")], [None, Some(true)]);
    }

    #[test]
    fn what_does_not_is_not() {
        let long = "a".repeat(WRITTEN + 1);
        for pattern in [
            "a{",
            "a{,3}",
            "a**",
            "a{1001}",
            "(((a{100}){100}){100})",
            r"\pL",
            r"\<a",
            r"\Qa\E",
            "[a&&b]",
            "(?x)a b",
            "(?P<n>a)",
            "a)",
            "(",
            r"[\d-z]",
            r"\C",
            r"\x{41}",
            r"\B",
            "^*",
            "[a--b]",
            &long,
        ] {
            assert_eq!(says(pattern, "a"), None, "{pattern}");
        }
        assert_eq!(Pattern::of("a").accepts(b"\xff"), None);
    }

    #[test]
    fn examples_match() {
        for pattern in ["^[a-z]{3,8}$", "^(ab|cd)+x?$", r"^\d{4}-\d{2}$", "^$"] {
            let read = Pattern::of(pattern);
            assert!(read.examples().iter().any(|text| read.accepts(text) == Some(true)), "{pattern}");
        }
    }
}
