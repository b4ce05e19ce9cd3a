//! Path templates of HTTP as sets of paths, and which of many hold all of another one.
//!
//! Source: the comments of google/api/http.proto
//! (<https://github.com/googleapis/googleapis/blob/master/google/api/http.proto>).

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

/// Templates without field names, each with a number, as a tree of their segments: what is looked for walks down all
/// branches at once, so that a contract of ten thousand calls costs each call no more than its own segments.
#[derive(Debug)]
pub(crate) struct Templates(Vec<Node>);

/// A place between two segments.
#[derive(Debug, Default)]
struct Node {
    /// The places after the next segment, by that segment.
    next: FxHashMap<Box<str>, usize>,
    /// Whether it stands after `**`, which takes more segments here.
    takes_more: bool,
    /// The templates that end here: the verb after a colon, and their number.
    ends: Vec<(Box<str>, usize)>,
}

impl Default for Templates {
    fn default() -> Templates {
        Templates(vec![Node::default()])
    }
}

impl Templates {
    pub(crate) fn add(&mut self, shape: &str, number: usize) {
        let (segments, verb) = split(shape);
        let mut at = 0;
        for segment in segments {
            at = match self.0[at].next.get(segment) {
                Some(next) => *next,
                None => {
                    let next = self.0.len();
                    self.0.push(Node { takes_more: segment == "**", ..Node::default() });
                    self.0[at].next.insert(segment.into(), next);
                    next
                }
            };
        }
        self.0[at].ends.push((verb.into(), number));
    }

    /// The numbers of those that match every path that a template matches, in no order. One that does so only together
    /// with others is not among them.
    pub(crate) fn covering(&self, shape: &str) -> Vec<usize> {
        let (segments, verb) = split(shape);
        let mut places = BTreeSet::new();
        self.reach(0, &mut places);
        for segment in segments {
            let mut after = BTreeSet::new();
            for place in places {
                let node = &self.0[place];
                let mut go = |by: &str| {
                    if let Some(next) = node.next.get(by) {
                        self.reach(*next, &mut after);
                    }
                };
                if segment != "**" {
                    go("*");
                }
                if !matches!(segment, "*" | "**") {
                    go(segment);
                }
                if node.takes_more {
                    after.insert(place);
                }
            }
            places = after;
        }
        let ends = places.iter().flat_map(|place| &self.0[*place].ends);
        ends.filter(|(theirs, _)| **theirs == *verb).map(|(_, number)| *number).collect()
    }

    /// The numbers of those that match some path that a template matches, in no order. A wildcard at the end takes what
    /// others have as a verb after a colon for a part of the segment.
    pub(crate) fn overlapping(&self, shape: &str) -> Vec<usize> {
        let (segments, verb) = split(shape);
        let segments: Vec<&str> = segments.collect();
        let any_verb = verb.is_empty() && segments.last().is_some_and(|last| matches!(*last, "*" | "**"));
        let (mut seen, mut left, mut found) = (BTreeSet::from([(0, 0)]), vec![(0, 0)], BTreeSet::new());
        while let Some((place, at)) = left.pop() {
            let node = &self.0[place];
            let mut go = |place: usize, at: usize| {
                if seen.insert((place, at)) {
                    left.push((place, at));
                }
            };
            if let Some(next) = node.next.get("**") {
                go(*next, at);
            }
            match segments.get(at) {
                None => {
                    let ends = node.ends.iter().filter(|(theirs, _)| any_verb || **theirs == *verb);
                    found.extend(ends.map(|(_, number)| *number));
                }
                Some(&"**") => {
                    go(place, at + 1);
                    node.next.values().for_each(|next| go(*next, at));
                }
                Some(segment) => {
                    if node.takes_more {
                        go(place, at + 1);
                    }
                    let meets = |theirs: &str| *segment == "*" || theirs == "*" || theirs == *segment;
                    for (_, next) in
                        node.next.iter().filter(|(theirs, _)| &***theirs != "**" && meets(theirs))
                    {
                        go(*next, at + 1);
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// A place, and those after it that no segment is needed for.
    fn reach(&self, place: usize, places: &mut BTreeSet<usize>) {
        if places.insert(place)
            && let Some(next) = self.0[place].next.get("**")
        {
            self.reach(*next, places);
        }
    }
}

/// Whether a template matches every path that another one matches. No is also said where that is not seen at once.
pub(crate) fn covers(wide: &str, narrow: &str) -> bool {
    let mut templates = Templates::default();
    templates.add(wide, 0);
    !templates.covering(narrow).is_empty()
}

/// The segments of a template and the verb after them.
fn split(shape: &str) -> (std::str::Split<'_, char>, &str) {
    let last = shape.rfind('/').unwrap_or(0);
    let (path, verb) = match shape[last..].split_once(':') {
        Some((_, verb)) => (&shape[..shape.len() - verb.len() - 1], verb),
        None => (shape, ""),
    };
    (path.split('/'), verb)
}

/// A template with the names of fields taken out, so that equal ones match equal URLs; and of each field where it begins
/// and ends there, and its path in the request.
pub(crate) fn shape(path: &str) -> (String, Vec<(usize, usize, String)>) {
    let (mut shape, mut fields, mut rest) = (String::new(), Vec::new(), path);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((variable, behind)) = after.split_once('}') else { break };
        shape.push_str(before);
        let (name, template) = variable.split_once('=').unwrap_or((variable, "*"));
        let start = shape.len();
        shape.push_str(template);
        fields.push((start, shape.len(), name.to_owned()));
        rest = behind;
    }
    shape.push_str(rest);
    (shape, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_do_not_change_what_a_template_matches() {
        assert_eq!(shape("/v1/{name=shelves/*}:move").0, "/v1/shelves/*:move");
        assert_eq!(
            shape("/v1/{a}/x/{b.c=**}"),
            ("/v1/*/x/**".to_owned(), vec![(4, 5, "a".to_owned()), (8, 10, "b.c".to_owned())])
        );
        assert_eq!(shape("/v1/shelves/{id}").0, shape("/v1/{name=shelves/*}").0);
        assert_eq!(shape("/v1/{open").0, "/v1/{open");
    }

    #[test]
    fn a_template_is_the_set_of_paths_it_matches() {
        let all = [
            ("/v1/shelves/**", "/v1/shelves/*", true),
            ("/v1/shelves/*", "/v1/shelves/**", false),
            ("/v1/*/books", "/v1/shelves/books", true),
            ("/v1/shelves/books", "/v1/*/books", false),
            ("/v1/shelves/books", "/v1/shelves/books", true),
            ("/v1/**:move", "/v1/a/*:move", true),
            ("/v1/**", "/v1/a/*:move", false),
            ("/v1/**", "/v1", true),
            ("/v1/*", "/v1", false),
            ("/v1/*", "/v1/*", true),
            ("/**/x", "/a/b/x", true),
            ("/**/x", "/a/**", false),
            ("/**/x/**", "/a/x/b/x", true),
            ("/v1/**", "/v1/a/**", true),
        ];
        for (wide, narrow, covered) in all {
            assert_eq!(covers(wide, narrow), covered, "{wide} {narrow}");
        }
        // Of many at once, the same.
        let mut templates = Templates::default();
        for (number, (wide, ..)) in all.iter().enumerate() {
            templates.add(wide, number);
        }
        for (_, narrow, _) in all {
            let mut found = templates.covering(narrow);
            found.sort_unstable();
            let expected = (0..all.len()).filter(|number| covers(all[*number].0, narrow));
            assert_eq!(found, expected.collect::<Vec<_>>(), "{narrow}");
        }
    }

    #[test]
    fn two_templates_overlap_where_one_path_is_of_both() {
        let all = [
            ("/v1/*/books", "/v1/shelves/*", true),
            ("/v1/*/books", "/v1/shelves/pages", false),
            ("/v1/**", "/v1", true),
            ("/v1/**", "/v2/**", false),
            ("/**/x", "/a/**", true),
            ("/**/x", "/a/*/y", false),
            ("/v1/a", "/v1/*:move", false),
            ("/v1/**:move", "/v1/a/b:move", true),
            ("/a/**/b", "/a/b", true),
            ("/a/**/b/*", "/a/*/c", true),
            ("/a/**/b/*", "/a/c/c", false),
        ];
        for (one, other, overlap) in all {
            for (one, other) in [(one, other), (other, one)] {
                let mut templates = Templates::default();
                templates.add(one, 0);
                assert_eq!(!templates.overlapping(other).is_empty(), overlap, "{one} {other}");
            }
        }
        let mut templates = Templates::default();
        templates.add("/v1/*:move", 0);
        assert_eq!(templates.overlapping("/v1/**"), [0]);
        assert!(templates.overlapping("/v1/a").is_empty());
    }

    #[test]
    fn no_template_takes_long() {
        let wide = format!("{}/x", "/**".repeat(300));
        assert!(covers(&wide, &format!("{}/x", "/a".repeat(300))));
        assert!(!covers(&wide, &"/a".repeat(300)));
    }
}
