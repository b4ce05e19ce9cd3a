//! Changes of text before they are made: which part of which file becomes what.

use std::ops::{Deref, Range};
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::tree::{Node, Tree};

/// The text of one file, with its statements.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// The import path.
    pub(super) name: String,
    pub(super) text: String,
    tree: OnceLock<Tree>,
    /// Why it may not be edited, if it may not.
    pub(super) locked: Option<&'static str>,
}

impl Text {
    pub(super) fn new(name: &str, text: String, locked: Option<&'static str>) -> Text {
        Text { name: name.to_owned(), tree: OnceLock::new(), text, locked }
    }

    /// Its statements; most files are never asked for them.
    pub(super) fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| Tree::parse(&self.text))
    }

    pub(super) fn of(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }

    /// How its lines end.
    pub(super) fn newline(&self) -> &'static str {
        let first = self.text.find('\n');
        if first.is_some_and(|at| self.text[..at].ends_with('\r')) { "\r\n" } else { "\n" }
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        let bom = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        self.text[..at].rfind('\n').map_or(bom, |n| n + 1)
    }

    /// The blanks in front of what stands at a place, if nothing else does on its line.
    pub(super) fn indent(&self, at: usize) -> Option<&str> {
        let before = &self.text[self.line_start(at)..at];
        before.bytes().all(|b| matches!(b, b' ' | b'\t')).then_some(before)
    }

    /// Behind a statement, its comment on the same line included; `None` where something else follows on the line.
    pub(super) fn line_end(&self, end: usize) -> Option<usize> {
        let rest = &self.text[end..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let said = line.trim_end();
        let mut left = said.trim_start();
        while let Some(after) = left.strip_prefix("/*").and_then(|inside| inside.split_once("*/")) {
            left = after.1.trim_start();
        }
        (left.is_empty() || left.starts_with("//")).then_some(end + said.len())
    }

    /// A statement with the comments in front of it and on its line.
    pub(super) fn whole(&self, node: &Node) -> Range<usize> {
        if self.indent(node.at.start).is_none() {
            return node.at.clone();
        }
        let mut start = self.line_start(node.at.start);
        let floor = self.line_start(0);
        while start > floor {
            let above = self.line_start(start - 1);
            let line = self.text[above..start].trim();
            if line.starts_with("//") {
                start = above;
            } else if line.ends_with("*/") {
                let Some(open) = self.text[..start].rfind("/*") else { break };
                if self.indent(open).is_none() {
                    break;
                }
                start = self.line_start(open);
            } else {
                break;
            }
        }
        let start =
            start + (self.text[start..].len() - self.text[start..].trim_start_matches([' ', '\t']).len());
        start.min(node.at.start)..self.line_end(node.at.end).unwrap_or(node.at.end)
    }

    /// What one level of indentation is.
    fn unit(&self, holder: &Node) -> String {
        let outer = self.indent(holder.at.start).unwrap_or_default();
        let inner =
            holder.inner.iter().find_map(|n| self.indent(n.at.start).filter(|i| i.len() > outer.len()));
        if let Some(unit) = inner.and_then(|inner| inner.strip_prefix(outer)) {
            return unit.to_owned();
        }
        let nested =
            |node: &&Node| node.body.is_some() && self.indent(node.at.start).is_some_and(str::is_empty);
        let first = self.tree().inner.iter().filter(nested).find_map(|node| {
            node.inner.iter().find_map(|n| self.indent(n.at.start).filter(|i| !i.is_empty()))
        });
        first.unwrap_or("  ").to_owned()
    }

    /// How statements in a block are indented.
    pub(super) fn inner_indent(&self, holder: &Node) -> String {
        format!("{}{}", self.indent(holder.at.start).unwrap_or_default(), self.unit(holder))
    }
}

/// The texts of one side.
#[derive(Debug)]
pub(super) struct Texts {
    list: Vec<Text>,
    by_name: FxHashMap<String, usize>,
}

impl Texts {
    pub(super) fn new(list: Vec<Text>) -> Texts {
        let by_name = list.iter().enumerate().map(|(index, text)| (text.name.clone(), index)).collect();
        Texts { list, by_name }
    }

    /// A text by its import path.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Text)> {
        let index = *self.by_name.get(name)?;
        Some((index, &self.list[index]))
    }
}

impl Deref for Texts {
    type Target = [Text];

    fn deref(&self) -> &[Text] {
        &self.list
    }
}

/// A statement as it stands in a text, with its comments, to be put elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Lifted {
    pub(super) text: String,
    /// How it was indented there.
    pub(super) indent: String,
}

impl Lifted {
    /// A statement with its comments, changed in places that are given in the text it stands in.
    pub(super) fn of(from: &Text, node: &Node, mut changes: Vec<(Range<usize>, String)>) -> Lifted {
        let at = from.whole(node);
        let mut text = from.of(&at).to_owned();
        changes.sort_by_key(|(range, _)| range.start);
        for (range, with) in changes.into_iter().rev() {
            text.replace_range(range.start - at.start..range.end - at.start, &with);
        }
        Lifted { text, indent: from.indent(at.start).unwrap_or_default().to_owned() }
    }

    pub(super) fn new(text: impl Into<String>) -> Lifted {
        Lifted { text: text.into(), indent: String::new() }
    }

    /// As it stands with another indentation and other line ends.
    pub(super) fn at(&self, indent: &str, newline: &str) -> String {
        let mut out = String::new();
        for (n, line) in self.text.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if n > 0 {
                out.push_str(newline);
                let line = line.strip_prefix(&*self.indent).unwrap_or(line.trim_start());
                if !line.is_empty() {
                    out.push_str(indent);
                }
                out.push_str(line);
            } else {
                out.push_str(line);
            }
        }
        out
    }
}

/// Where among the statements of a block something goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot<'n> {
    After(&'n Node),
    Before(&'n Node),
    First,
    Last,
}

/// One change of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    /// The file, by its place in the list of texts.
    pub(super) file: usize,
    pub(super) at: Range<usize>,
    pub(super) with: String,
}

/// What one repair does to the texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) splices: Vec<Splice>,
    /// New files, by import path.
    pub(super) files: Vec<(String, String)>,
}

impl Draft {
    pub(super) fn replace(&mut self, file: usize, at: Range<usize>, with: impl Into<String>) {
        let splice = Splice { file, at, with: with.into() };
        if !self.splices.contains(&splice) {
            self.splices.push(splice);
        }
    }

    /// Puts statements into a block.
    pub(super) fn insert(
        &mut self,
        texts: &[Text],
        file: usize,
        holder: &Node,
        slot: Slot<'_>,
        statements: &[Lifted],
    ) {
        let text = &texts[file];
        let Some(body) = holder.body.clone() else { return };
        if !text.of(&body).contains('\n') {
            let newline = text.newline();
            let mut with = String::new();
            for statement in statements {
                with.push(' ');
                with.push_str(&statement.at("", newline));
                if statement.text.lines().last().is_some_and(|line| line.contains("//")) {
                    with.push_str(newline);
                }
            }
            let at = match slot {
                Slot::After(node) => node.at.end,
                Slot::Before(node) => {
                    with = format!("{} ", with.trim_start_matches(' '));
                    node.at.start
                }
                Slot::First => body.start,
                Slot::Last => holder.inner.last().map_or(body.start, |n| n.at.end),
            };
            if text.of(&body).is_empty() {
                with.push(' ');
            }
            self.splices.push(Splice { file, at: at..at, with });
            return;
        }
        let indent = text.inner_indent(holder);
        let slot = match slot {
            Slot::Last => match text.indent(body.end) {
                // In front of the brace, behind comments that stand there.
                Some(_) => {
                    let at = text.line_start(body.end);
                    return self.lines_before(text, file, at, &indent, statements);
                }
                None => holder.inner.last().map_or(Slot::First, Slot::After),
            },
            slot => slot,
        };
        match slot {
            Slot::After(node) => match text.line_end(node.at.end) {
                Some(at) => {
                    let indent = text.indent(node.at.start).unwrap_or(&indent).to_owned();
                    self.lines_after(text, file, at, &indent, statements);
                }
                None => self.between(text, file, node.at.end, statements, true),
            },
            Slot::Before(node) => match text.indent(node.at.start) {
                Some(indent) => {
                    let at = text.line_start(text.whole(node).start);
                    self.lines_before(text, file, at, indent, statements);
                }
                None => self.between(text, file, node.at.start, statements, false),
            },
            Slot::First | Slot::Last => match text.line_end(body.start) {
                Some(at) => self.lines_after(text, file, at, &indent, statements),
                None => self.between(text, file, body.start, statements, true),
            },
        }
    }

    fn lines_after(&mut self, text: &Text, file: usize, at: usize, indent: &str, statements: &[Lifted]) {
        let newline = text.newline();
        let with = statements.iter().map(|s| format!("{newline}{indent}{}", s.at(indent, newline))).collect();
        self.splices.push(Splice { file, at: at..at, with });
    }

    fn lines_before(&mut self, text: &Text, file: usize, at: usize, indent: &str, statements: &[Lifted]) {
        let newline = text.newline();
        let with = statements.iter().map(|s| format!("{indent}{}{newline}", s.at(indent, newline))).collect();
        self.splices.push(Splice { file, at: at..at, with });
    }

    /// On a line with others.
    fn between(&mut self, text: &Text, file: usize, at: usize, statements: &[Lifted], after: bool) {
        let newline = text.newline();
        let mut with = String::new();
        for statement in statements {
            let stated = statement.at("", newline);
            let open = stated.lines().last().is_some_and(|line| line.contains("//"));
            let end = if open { newline } else { "" };
            with.push_str(&if after { format!(" {stated}{end}") } else { format!("{stated}{end} ") });
        }
        self.splices.push(Splice { file, at: at..at, with });
    }

    /// Puts a declaration at the top of a file: behind another one, or at the end.
    pub(super) fn declare(&mut self, texts: &[Text], file: usize, after: Option<&Node>, statement: &Lifted) {
        let text = &texts[file];
        let newline = text.newline();
        let stated = statement.at("", newline);
        if let Some(at) = after.and_then(|node| text.line_end(node.at.end)) {
            return self.replace(file, at..at, format!("{newline}{newline}{stated}"));
        }
        let end = text.text.len();
        let gap = if text.text.ends_with('\n') || text.text.is_empty() { "" } else { newline };
        self.replace(file, end..end, format!("{gap}{newline}{stated}{newline}"));
    }

    /// Puts a line among those at the top of a file: imports, options, the package.
    pub(super) fn line(&mut self, texts: &[Text], file: usize, after: Option<&Node>, statement: &str) {
        let text = &texts[file];
        let newline = text.newline();
        match after {
            Some(node) => match text.line_end(node.at.end) {
                Some(at) => self.replace(file, at..at, format!("{newline}{statement}")),
                None => self.replace(file, node.at.end..node.at.end, format!(" {statement}")),
            },
            None => {
                let at = text.line_start(0);
                self.replace(file, at..at, format!("{statement}{newline}"));
            }
        }
    }

    /// Takes a statement out, with its line where it has one for itself; comments in front stay unless `comments`.
    pub(super) fn remove(&mut self, texts: &[Text], file: usize, node: &Node, comments: bool) {
        let text = &texts[file];
        let at = if comments { text.whole(node) } else { node.at.clone() };
        let own = text.indent(at.start).is_some() && text.line_end(at.end) == Some(at.end);
        let blank = text.text[at.end..].bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let range = if own {
            let after = &text.text[at.end..];
            let line = after.find('\n').map_or(after.len(), |n| n + 1);
            text.line_start(at.start)..at.end + line
        } else if text.indent(at.start).is_some() {
            at.start..at.end + blank
        } else {
            let before = text.text[..at.start].trim_end_matches([' ', '\t']).len();
            before..at.end
        };
        self.replace(file, range, "");
    }

    /// Whether two parts of it are in each other's way.
    fn clashes(one: &Splice, other: &Splice) -> bool {
        let (a, b) = (&one.at, &other.at);
        one.file == other.file && one != other && a.start < b.end && b.start < a.end
            || one.file == other.file && a.is_empty() && b.start < a.start && a.start < b.end
            || one.file == other.file && b.is_empty() && a.start < b.start && b.start < a.end
    }

    /// Whether it does nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.splices.is_empty() && self.files.is_empty()
    }

    /// Whether it and another one change the same part of a text.
    pub(super) fn conflicts(&self, other: &Draft) -> bool {
        let made = |file: &(String, String)| self.files.iter().any(|own| own.0 == file.0 && own != file);
        if other.files.iter().any(made) {
            return true;
        }
        self.splices.iter().any(|one| other.splices.iter().any(|other| Draft::clashes(one, other)))
    }

    /// Both, one after the other.
    pub(super) fn join(&mut self, other: &Draft) {
        for file in &other.files {
            if !self.files.contains(file) {
                self.files.push(file.clone());
            }
        }
        for splice in &other.splices {
            // The same import, the same option: once. Statements at one place are another matter.
            if !self.splices.contains(splice) {
                self.splices.push(splice.clone());
            }
        }
    }

    /// The texts afterwards, by file; `None` where parts of it are in each other's way.
    pub(super) fn applied(&self, texts: &[Text]) -> Option<Vec<(usize, String)>> {
        let mut sorted: Vec<&Splice> = self.splices.iter().collect();
        sorted.sort_by_key(|s| (s.file, s.at.start, s.at.end));
        if sorted.windows(2).any(|pair| Draft::clashes(pair[0], pair[1])) {
            return None;
        }
        let mut out: Vec<(usize, String)> = Vec::new();
        for splice in sorted.into_iter().rev() {
            if out.last().is_none_or(|(file, _)| *file != splice.file) {
                out.push((splice.file, texts[splice.file].text.clone()));
            }
            let (_, text) = out.last_mut()?;
            if !(text.is_char_boundary(splice.at.start) && text.is_char_boundary(splice.at.end)) {
                return None;
            }
            text.replace_range(splice.at.clone(), &splice.with);
        }
        out.reverse();
        Some(out)
    }
}
