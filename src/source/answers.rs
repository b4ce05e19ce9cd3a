//! What checks came to, for runs that would come to the same: kept in the cache by a digest of all that they rest on.

use super::shelf::{Reader, Shelf, Writer};
use crate::machine::{Cache, Space};

/// Where answers are kept.
#[derive(Clone, Debug)]
pub struct Answers(Shelf);

/// What a check came to, ready to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Whether the check fails.
    pub fails: bool,
    /// What is printed.
    pub text: Vec<u8>,
    /// What is written to files, in their order.
    pub files: Vec<Vec<u8>>,
    /// Sentences for people, before what is printed, …
    pub notes: Vec<String>,
    /// … and after it.
    pub last: Vec<String>,
}

impl Answers {
    /// Those of a cache; `None` where nothing is to be kept.
    #[must_use]
    pub fn kept_in(cache: Option<&Cache>) -> Option<Answers> {
        let cache = cache.filter(|cache| !cache.forgets())?;
        Some(Answers(Shelf::in_space(cache, Space::Answers)))
    }

    /// What an earlier run came to. What is cut or changed counts as not there.
    #[must_use]
    pub fn of(&self, digest: &str) -> Option<Answer> {
        decoded(&self.0.answer(digest)?)
    }

    /// Keeps what a run came to. Nothing depends on it.
    pub fn keep(&self, digest: &str, answer: &Answer) {
        self.0.keep_answer(digest, &encoded(answer));
    }
}

fn encoded(answer: &Answer) -> Vec<u8> {
    // Every field is named, so that a new one is not forgotten.
    let Answer { fails, text, files, notes, last } = answer;
    let mut out = Writer::default();
    out.number(usize::from(*fails));
    out.bytes(text);
    out.number(files.len());
    files.iter().for_each(|file| out.bytes(file));
    out.list(notes);
    out.list(last);
    out.0
}

fn decoded(bytes: &[u8]) -> Option<Answer> {
    let mut rest = Reader(bytes);
    let fails = match rest.number()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let text = rest.bytes()?.to_vec();
    let files = (0..rest.number()?).map(|_| Some(rest.bytes()?.to_vec())).collect::<Option<_>>()?;
    let (notes, last) = (rest.list()?, rest.list()?);
    rest.0.is_empty().then_some(Answer { fails, text, files, notes, last })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer() -> Answer {
        Answer {
            fails: true,
            text: b"a\nb".to_vec(),
            files: vec![Vec::new(), b"{}".to_vec()],
            notes: vec!["one".to_owned(), String::new()],
            last: vec!["two".to_owned()],
        }
    }

    #[test]
    fn an_answer_is_kept_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().to_owned());
        assert!(Answers::kept_in(Some(&cache.clone().forgetting())).is_none());
        let answers = Answers::kept_in(Some(&cache)).unwrap();
        assert_eq!(answers.of("0123"), None);
        for one in [answer(), Answer::default()] {
            answers.keep("0123", &one);
            assert_eq!(answers.of("0123"), Some(one));
        }
        answers.keep("0123", &answer());
        let path = answers.0.place("0123");
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(answers.of("0123"), None, "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut turned = whole.clone();
            turned[at] ^= 1;
            std::fs::write(&path, turned).unwrap();
            assert_eq!(answers.of("0123"), None, "byte {at}");
        }
        std::fs::write(answers.0.place("4567"), &whole).unwrap();
        assert_eq!(answers.of("4567"), None, "under the name of another digest");
    }

    #[test]
    fn so_many_answers_stay() {
        let folder = tempfile::tempdir().unwrap();
        let answers = Answers::kept_in(Some(&Cache::at(folder.path().to_owned()))).unwrap();
        for number in 0..80 {
            answers.keep(&format!("{number:04}"), &answer());
        }
        let kept = (0..80).filter(|number| answers.of(&format!("{number:04}")).is_some());
        assert_eq!(kept.count(), 64);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decoded(&bytes);
        }
    }
}
