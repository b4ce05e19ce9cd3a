//! The beginning of what authors say.

/// The first sentence of a comment: what an overview has room for.
pub(crate) fn first_sentence(comment: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let lines = comment.lines().map(str::trim).skip_while(|line| line.is_empty());
    'all: for line in lines.take_while(|line| !line.is_empty()) {
        for word in line.split_whitespace() {
            words.push(word);
            if word.ends_with(['.', '!', '?']) && word.len() > 2 {
                break 'all;
            }
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_with_its_mark_or_its_paragraph() {
        assert_eq!(first_sentence(" One thing. And another.\n"), "One thing.");
        assert_eq!(first_sentence("\n Over\n two lines\n\n and more"), "Over two lines");
        assert_eq!(first_sentence("Is it? Yes."), "Is it?");
        assert_eq!(first_sentence("\n A book,\n e.g. this one. More."), "A book, e.g.");
        assert_eq!(first_sentence(""), "");
    }
}
