//! Texts that say the same to the compiler.

use super::lex::Lexer;

/// Whether two texts have the same tokens: they differ in comments, blanks and ends of lines, if at all. `false` where one
/// of them has something that is no token.
#[must_use]
pub(crate) fn same_tokens(one: &[u8], other: &[u8]) -> bool {
    let (Ok(one), Ok(other)) = (std::str::from_utf8(one), std::str::from_utf8(other)) else { return false };
    let (mut one, mut other) = (Lexer::new(one), Lexer::new(other));
    loop {
        match (one.next(), other.next()) {
            (true, true) => {
                let (a, b) = (one.current, other.current);
                if a.kind != b.kind || one.text(a) != other.text(b) {
                    return false;
                }
            }
            (false, false) => return one.problems.is_empty() && other.problems.is_empty(),
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blanks_say_nothing() {
        let text = "syntax = \"proto3\";\nmessage M { int32 x = 1; string y = 2 [json_name = \"a//b\"]; }\n";
        let same = [
            text.replace('\n', "\r\n"),
            text.replace(' ', "\n\t"),
            format!("// One.\n/* two */{text}// three"),
            text.replace("int32", "int32/**/"),
        ];
        for other in &same {
            assert!(same_tokens(text.as_bytes(), other.as_bytes()), "{other}");
        }
        let others = [
            text.replace("x = 1", "x = 3"),
            text.replace("a//b", "a// b"),
            text.replace("\"a//b\"", "\"a/\" \"/b\""),
            text.replace("\"proto3\"", "'proto3'"),
            text.replace("int32 x", "int3 2x"),
            text.replace('}', ""),
            format!("{text};"),
            format!("{text}/* open"),
            String::new(),
        ];
        for other in &others {
            assert!(!same_tokens(text.as_bytes(), other.as_bytes()), "{other}");
            assert!(!same_tokens(other.as_bytes(), text.as_bytes()), "{other}");
        }
        assert!(!same_tokens(b"// \xff", b"// \xff"));
    }
}
