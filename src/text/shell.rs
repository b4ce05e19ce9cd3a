//! Words of commands that people are shown, to be pasted into a shell.

/// Quotes a word for a POSIX shell where it needs quotes.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@+=:,~^".contains(c);
    // A tilde in front is a folder, and an equals sign a program.
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with(['~', '=']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        for plain in ["v1.2.0", "HEAD~1", "a/b,c", "--out=x"] {
            assert_eq!(shell_word(plain), plain);
        }
        for (word, quoted) in
            [("", "''"), ("a b", "'a b'"), ("~x", "'~x'"), ("it's", r"'it'\''s'"), ("$x", "'$x'")]
        {
            assert_eq!(shell_word(word), quoted);
        }
    }
}
