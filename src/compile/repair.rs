//! Files whose comments hold bytes that are no UTF-8: protoc takes them, as nothing that is sent depends on them.

use super::diagnostic::Diagnostic;
use super::parse::Span;
use super::parse::lex::{Lexer, MAX_PROBLEMS};
use super::{Input, InputFile, MAX_FILE_SIZE};

/// An input all of whose comments are text.
pub(super) struct Repaired {
    pub(super) input: Input,
    /// One for each byte that was replaced, of the contract's own files.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Puts a question mark for each byte in a comment that is no UTF-8: descriptors hold text, and one character for one
/// byte keeps every position. Files with such bytes elsewhere stay as they are and are refused later. `None` where
/// there is nothing to do.
pub(super) fn repair(input: &Input) -> Option<Repaired> {
    let mut repaired: Option<Repaired> = None;
    for (index, file) in input.files.iter().enumerate() {
        if file.content.len() > MAX_FILE_SIZE || std::str::from_utf8(&file.content).is_ok() {
            continue;
        }
        let Some((text, places)) = comments_only(&file.content) else { continue };
        let repaired =
            repaired.get_or_insert_with(|| Repaired { input: input.clone(), warnings: Vec::new() });
        if file.target {
            repaired.warnings.extend(warnings(file, &text, &places));
        }
        repaired.input.files[index].content = text.into();
    }
    repaired
}

/// The text with question marks, and where they are; `None` when one of them is not in a comment.
fn comments_only(content: &[u8]) -> Option<(String, Vec<usize>)> {
    let mut text = String::with_capacity(content.len());
    let mut places = Vec::new();
    for chunk in content.utf8_chunks() {
        text += chunk.valid();
        for _ in chunk.invalid() {
            places.push(text.len());
            text.push('?');
        }
    }
    let mut lexer = Lexer::new(&text);
    let mut rest = places.iter().peekable();
    while lexer.next() {
        let token = lexer.current.span;
        while rest.next_if(|place| **place < token.start as usize).is_some() {}
        if rest.peek().is_some_and(|place| **place < token.end as usize) {
            return None;
        }
    }
    Some((text, places))
}

fn warnings(file: &InputFile, text: &str, places: &[usize]) -> Vec<Diagnostic> {
    let one = |place: &usize| {
        let span = Span { start: *place as u32, end: *place as u32 + 1 };
        let byte = file.content[*place];
        let message = format!("byte 0x{byte:02x} in a comment is not valid UTF-8: it is read as `?`");
        Diagnostic::at(&file.display, text, span, message).warning()
    };
    places.iter().take(MAX_PROBLEMS).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::comments_only;

    #[test]
    fn bytes_in_comments_are_repaired_and_no_others() {
        let repaired = |text: &[u8]| comments_only(text).map(|(text, places)| (text, places.len()));
        assert_eq!(
            repaired(b"/* \xfc */ message M {} // \xff\xe4"),
            Some(("/* ? */ message M {} // ??".into(), 3))
        );
        for wrong in [
            b"option x = \"\xfc\";".as_slice(),
            b"message \xfc {}",
            b"/* */ \xfc",
            b"// \xfc\n\xfc",
            b"message M\xfc {}",
        ] {
            assert_eq!(repaired(wrong), None, "{wrong:?}");
        }
    }
}
