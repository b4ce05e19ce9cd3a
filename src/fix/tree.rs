//! The statements of a .proto text with the places of their parts, in every dialect.
//!
//! The tree says where things stand and not what they mean: what is compiled already needs nobody to check it again.
//! Comments and blanks belong to nothing, so that an edit can leave them alone.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::compile::TextSpan as Span;
use crate::compile::lex::{Kind as Token, Lexer, unescape};

/// What a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum What {
    Syntax,
    Package,
    Import,
    Option,
    Message,
    Enum,
    Service,
    Extend,
    Oneof,
    /// A field, an extension or a group.
    Field,
    Value,
    Method,
    Reserved,
    Extensions,
    /// Nothing, or nothing that is known.
    Other,
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) at: Range<usize>,
    pub(super) text: String,
    pub(super) is_string: bool,
}

/// One entry between the brackets behind a field or a value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The name without blanks: `features.field_presence`, `(acme.note).text`.
    pub(super) name: String,
    pub(super) at: Range<usize>,
    pub(super) value: Range<usize>,
}

/// One statement.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) what: What,
    /// What it declares, or the option or path it names; empty where there is nothing.
    pub(super) name: String,
    /// From its first token to its last.
    pub(super) at: Range<usize>,
    /// The tokens before the body.
    pub(super) head: Vec<Piece>,
    /// Between the braces.
    pub(super) body: Option<Range<usize>>,
    pub(super) inner: Vec<Node>,
}

/// The first statement of each kind and name, of those that have one.
pub(super) fn named<'n>(nodes: impl Iterator<Item = &'n Node>) -> FxHashMap<(What, &'n str), &'n Node> {
    let mut first = FxHashMap::default();
    for node in nodes.filter(|node| !node.name.is_empty()) {
        first.entry((node.what, &*node.name)).or_insert(node);
    }
    first
}

/// The statements of one file.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) inner: Vec<Node>,
}

impl Tree {
    pub(super) fn parse(text: &str) -> Tree {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut lex = Lexer::range(text, Span { start: start as u32, end: text.len() as u32 });
        let mut tokens = Vec::new();
        while lex.next() {
            let Span { start, end } = lex.current.span;
            tokens.push(Piece {
                at: start as usize..end as usize,
                text: lex.text(lex.current).to_owned(),
                is_string: lex.current.kind == Token::Str,
            });
        }
        let mut reader = Reader { tokens, next: 0 };
        let mut inner = Vec::new();
        while reader.next < reader.tokens.len() {
            inner.extend(reader.statements(What::Other));
            // A brace that closes nothing.
            reader.next += 1;
        }
        Tree { inner }
    }

    /// The message, enum, service or group with a name such as `Outer.Inner`.
    pub(super) fn holder(&self, nested: &str) -> Option<&Node> {
        let mut found: Option<&Node> = None;
        for part in nested.split('.') {
            let inner = found.map_or(&*self.inner, |node| &*node.inner);
            found = Some(declared(inner, part)?);
        }
        found
    }

    /// The first statement of a kind at the top.
    pub(super) fn first(&self, what: What) -> Option<&Node> {
        self.inner.iter().find(|node| node.what == what)
    }

    /// Every statement, outer ones first.
    pub(super) fn all(&self) -> Vec<&Node> {
        let mut out = Vec::new();
        let mut open: Vec<&Node> = self.inner.iter().rev().collect();
        while let Some(node) = open.pop() {
            out.push(node);
            open.extend(node.inner.iter().rev());
        }
        out
    }
}

/// A type among statements; groups can stand in oneofs and `extend` blocks.
fn declared<'n>(inner: &'n [Node], name: &str) -> Option<&'n Node> {
    inner.iter().find_map(|node| match node.what {
        What::Message | What::Enum | What::Service => (node.name == name).then_some(node),
        What::Field => (node.body.is_some() && node.group_name() == Some(name)).then_some(node),
        What::Oneof | What::Extend => declared(&node.inner, name),
        _ => None,
    })
}

impl Node {
    /// The field with a name, in the message itself or in one of its oneofs.
    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        self.fields().into_iter().find(|node| node.name == name)
    }

    /// The fields of a message, those of its oneofs among them.
    pub(super) fn fields(&self) -> Vec<&Node> {
        let mut out = Vec::new();
        for node in &self.inner {
            match node.what {
                What::Field => out.push(node),
                What::Oneof => out.extend(node.inner.iter().filter(|n| n.what == What::Field)),
                _ => {}
            }
        }
        out
    }

    /// What stands in it: the statement of a kind with a name.
    pub(super) fn find(&self, what: What, name: &str) -> Option<&Node> {
        self.inner.iter().find(|node| node.what == what && node.name == name)
    }

    fn equals(&self) -> Option<usize> {
        let mut depth = 0_i32;
        self.head.iter().position(|piece| {
            if !piece.is_string {
                match &*piece.text {
                    "[" | "(" => depth += 1,
                    "]" | ")" => depth -= 1,
                    _ => {}
                }
            }
            depth == 0 && piece.text == "=" && !piece.is_string
        })
    }

    /// `optional`, `required` or `repeated` in front of a field.
    pub(super) fn label(&self) -> Option<&Piece> {
        let first = self.head.first()?;
        let labelled = matches!(&*first.text, "optional" | "required" | "repeated");
        (labelled && self.equals()? >= 3).then_some(first)
    }

    /// The type of a field, `map<…>` and `group` included.
    pub(super) fn type_at(&self) -> Option<Range<usize>> {
        let first = usize::from(self.label().is_some());
        let last = self.equals()?.checked_sub(2)?;
        (first <= last).then(|| self.head[first].at.start..self.head[last].at.end)
    }

    /// Where the name stands, of whatever has one.
    pub(super) fn name_at(&self) -> Option<Range<usize>> {
        let index = match self.what {
            What::Field | What::Value => self.equals()?.checked_sub(1)?,
            _ => self.keyword()? + 1,
        };
        self.head.get(index).map(|piece| piece.at.clone())
    }

    fn group_name(&self) -> Option<&str> {
        let index = self.equals()?.checked_sub(1)?;
        Some(&self.head[index].text)
    }

    /// The index of the word that says what it is: `export` and `local` may come first.
    fn keyword(&self) -> Option<usize> {
        let visible = self.head.first().is_some_and(|p| matches!(&*p.text, "export" | "local"));
        Some(usize::from(visible && self.head.len() > 2)).filter(|index| *index < self.head.len())
    }

    /// The number of a field or value, its sign included.
    pub(super) fn number_at(&self) -> Option<Range<usize>> {
        let first = self.equals()? + 1;
        let last = if self.head.get(first)?.text == "-" { first + 1 } else { first };
        Some(self.head[first].at.start..self.head.get(last)?.at.end)
    }

    /// The brackets behind a field or a value.
    pub(super) fn brackets(&self) -> Option<(Range<usize>, Vec<Entry>)> {
        let from = self.equals()?;
        let open = (from..self.head.len()).find(|i| self.head[*i].text == "[" && !self.head[*i].is_string)?;
        let mut entries = Vec::new();
        let (mut depth, mut first) = (0_i32, open + 1);
        for index in open..self.head.len() {
            let piece = &self.head[index];
            if piece.is_string {
                continue;
            }
            match &*piece.text {
                "[" | "{" | "(" | "<" => depth += 1,
                "]" | "}" | ")" | ">" => depth -= 1,
                _ => {}
            }
            let over = depth == 0;
            if over || (depth == 1 && piece.text == ",") {
                entries.extend(self.entry(first..index));
                first = index + 1;
            }
            if over {
                return Some((self.head[open].at.start..piece.at.end, entries));
            }
        }
        None
    }

    fn entry(&self, range: Range<usize>) -> Option<Entry> {
        let pieces = &self.head[range];
        let equals = pieces.iter().position(|p| p.text == "=" && !p.is_string)?;
        let (last, value) = (pieces.last()?, pieces.get(equals + 1)?);
        Some(Entry {
            name: pieces[..equals].iter().map(|p| &*p.text).collect(),
            at: pieces[0].at.start..last.at.end,
            value: value.at.start..last.at.end,
        })
    }

    /// An entry of the brackets by its name.
    pub(super) fn setting(&self, name: &str) -> Option<Entry> {
        self.brackets()?.1.into_iter().find(|entry| entry.name == name)
    }

    /// The value of an option statement.
    pub(super) fn value_at(&self) -> Option<Range<usize>> {
        let first = self.equals()? + 1;
        Some(self.head.get(first)?.at.start..self.head.last()?.at.end)
    }

    /// The parentheses of a method, request first: between them.
    pub(super) fn sides(&self) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut open = None;
        for piece in &self.head {
            match &*piece.text {
                "(" => open = Some(piece.at.end),
                ")" => out.extend(open.take().map(|start| start..piece.at.start)),
                _ => {}
            }
        }
        out
    }

    /// The parts of `reserved` and `extensions` between the commas, up to brackets.
    pub(super) fn parts(&self) -> Vec<Vec<&Piece>> {
        let mut out: Vec<Vec<&Piece>> = vec![Vec::new()];
        for piece in self.head.iter().skip(1).take_while(|p| p.is_string || p.text != "[") {
            if !piece.is_string && piece.text == "," {
                out.push(Vec::new());
            } else if let Some(last) = out.last_mut() {
                last.push(piece);
            }
        }
        out.retain(|part| !part.is_empty());
        out
    }
}

/// A string as it is meant; pieces side by side are one.
pub(super) fn unquoted<'p>(pieces: impl IntoIterator<Item = &'p Piece>) -> String {
    let mut bytes = Vec::new();
    pieces.into_iter().filter(|p| p.is_string).for_each(|p| unescape(&p.text, &mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Reader {
    tokens: Vec<Piece>,
    next: usize,
}

impl Reader {
    /// The statements up to the brace that closes the block, or to the end.
    fn statements(&mut self, scope: What) -> Vec<Node> {
        let mut out = Vec::new();
        // Blocks that are open, with what they are part of: no recursion, whatever the depth.
        let mut open: Vec<(Node, Vec<Node>)> = Vec::new();
        while self.next < self.tokens.len() {
            let inside = open
                .last()
                .map_or(scope, |(node, _)| if node.what == What::Field { What::Message } else { node.what });
            if self.is("}") {
                let Some((mut node, before)) = open.pop() else { return out };
                let close = self.tokens[self.next].at.clone();
                node.body = node.body.map(|body| body.start..close.start);
                node.at.end = close.end;
                node.inner = std::mem::replace(&mut out, before);
                out.push(node);
                self.next += 1;
                continue;
            }
            let (node, opened) = self.statement(inside);
            if opened {
                open.push((node, std::mem::take(&mut out)));
            } else {
                out.push(node);
            }
        }
        // What is not closed ends with the text.
        while let Some((mut node, before)) = open.pop() {
            let end = self.tokens.last().map_or(0, |t| t.at.end);
            node.body = node.body.map(|body| body.start..end);
            node.at.end = end;
            node.inner = std::mem::replace(&mut out, before);
            out.push(node);
        }
        out
    }

    fn is(&self, text: &str) -> bool {
        self.tokens.get(self.next).is_some_and(|t| !t.is_string && t.text == text)
    }

    /// One statement, and whether a body follows.
    fn statement(&mut self, scope: What) -> (Node, bool) {
        let first = self.next;
        let is_option = self.is("option");
        let mut depth = 0_i32;
        let mut opened = false;
        while self.next < self.tokens.len() {
            let token = &self.tokens[self.next];
            if !token.is_string {
                match &*token.text {
                    "[" => depth += 1,
                    "]" => depth -= 1,
                    "{" if is_option || depth > 0 => depth += 1,
                    "}" if depth > 0 => depth -= 1,
                    "{" => {
                        opened = true;
                        break;
                    }
                    ";" | "}" if depth <= 0 => break,
                    _ => {}
                }
            }
            self.next += 1;
        }
        let head: Vec<Piece> = self.tokens[first..self.next].to_vec();
        let stop = self.tokens.get(self.next).filter(|t| t.text != "}").map(|t| t.at.clone());
        let start = self.tokens[first].at.start;
        let end = stop.clone().or_else(|| head.last().map(|p| p.at.clone())).map_or(start, |at| at.end);
        if stop.is_some() {
            self.next += 1;
        }
        let mut node = Node {
            what: What::Other,
            name: String::new(),
            at: start..end,
            head,
            body: stop.filter(|_| opened).map(|at| at.end..at.end),
            inner: Vec::new(),
        };
        node.what = what(&node, scope);
        node.name = name(&node);
        (node, opened)
    }
}

fn what(node: &Node, scope: What) -> What {
    let word = node.keyword().map_or("", |index| &*node.head[index].text);
    let field = || if node.equals().is_some() { What::Field } else { What::Other };
    match (scope, word) {
        (What::Other, "syntax" | "edition") => What::Syntax,
        (What::Other, "package") => What::Package,
        (What::Other, "import") => What::Import,
        (What::Other, "service") => What::Service,
        (_, "option") => What::Option,
        (What::Other | What::Message, "message") => What::Message,
        (What::Other | What::Message, "enum") => What::Enum,
        (What::Other | What::Message, "extend") => What::Extend,
        (What::Message, "oneof") => What::Oneof,
        (What::Message | What::Enum, "reserved") => What::Reserved,
        (What::Message, "extensions") => What::Extensions,
        (What::Message | What::Oneof | What::Extend, _) => field(),
        (What::Enum, _) if node.equals().is_some() => What::Value,
        (What::Service, "rpc") => What::Method,
        _ => What::Other,
    }
}

fn name(node: &Node) -> String {
    let text =
        |from: usize, to: usize| node.head.get(from..to).into_iter().flatten().map(|p| &*p.text).collect();
    match node.what {
        What::Field => {
            let name: String = node
                .equals()
                .and_then(|e| e.checked_sub(1))
                .map(|i| node.head[i].text.clone())
                .unwrap_or_default();
            // A group is a field by its name in small letters.
            if node.body.is_some() { name.to_lowercase() } else { name }
        }
        What::Value => node
            .equals()
            .and_then(|e| e.checked_sub(1))
            .map(|i| node.head[i].text.clone())
            .unwrap_or_default(),
        What::Option => text(1, node.equals().unwrap_or(1)),
        What::Package | What::Extend => text(1, node.head.len()),
        What::Import => unquoted(&node.head),
        What::Message | What::Enum | What::Service | What::Oneof | What::Method => node
            .keyword()
            .and_then(|index| node.head.get(index + 1))
            .map(|p| p.text.clone())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_where_they_stand() {
        let text = "\u{feff}edition = \"2023\";\npackage a . b;\nimport public \"x\" \"y.proto\";\noption (o) = { a { b: \"}\" } };\n\
            export message M { /* { */ repeated group G = 1 [deprecated = true] { int32 x = 1; }\n\
            map<string, .a.b.M> m = 2; oneof o { a.T t = 3 [json_name = \"a,]\", (x.y).z = {a: 1, b: [2]}]; }\n\
            reserved 4, 6 to max, \"n\"; enum E { A = 0; B = -1; } extend M { optional int32 e = 100; } }\n\
            service S { rpc C(stream .M) returns (M) { option deprecated = true; } rpc D(M) returns (stream M); }";
        let tree = Tree::parse(text);
        let seen: Vec<_> = tree.inner.iter().map(|n| (n.what, &*n.name)).collect();
        assert_eq!(
            seen,
            [
                (What::Syntax, ""),
                (What::Package, "a.b"),
                (What::Import, "xy.proto"),
                (What::Option, "(o)"),
                (What::Message, "M"),
                (What::Service, "S"),
            ]
        );
        let message = tree.holder("M").unwrap();
        let of = |at: Range<usize>| &text[at];
        let map = message.field("m").unwrap();
        assert_eq!(of(map.type_at().unwrap()), "map<string, .a.b.M>");
        let member = message.field("t").unwrap();
        assert_eq!((of(member.type_at().unwrap()), of(member.number_at().unwrap())), ("a.T", "3"));
        assert_eq!(of(member.setting("(x.y).z").unwrap().value), "{a: 1, b: [2]}");
        assert_eq!(of(member.setting("json_name").unwrap().at), "json_name = \"a,]\"");
        let group = message.field("g").unwrap();
        assert_eq!((of(group.name_at().unwrap()), of(group.body.clone().unwrap())), ("G", " int32 x = 1; "));
        assert_eq!(tree.holder("M.G").unwrap().field("x").unwrap().name, "x");
        let reserved = message.inner.iter().find(|n| n.what == What::Reserved).unwrap();
        assert_eq!(reserved.parts().iter().map(Vec::len).collect::<Vec<_>>(), [1, 3, 1]);
        let values = tree.holder("M.E").unwrap();
        assert_eq!(of(values.find(What::Value, "B").unwrap().number_at().unwrap()), "-1");
        let call = tree.holder("S").unwrap().find(What::Method, "C").unwrap();
        assert_eq!(call.sides().into_iter().map(of).collect::<Vec<_>>(), ["stream .M", "M"]);
    }

    #[test]
    fn a_broken_text_has_a_tree_too() {
        for text in [
            "}",
            "message",
            "message M { int32",
            "option x = {",
            "a = [",
            "enum E { A = ",
            "}}; message M {}",
        ] {
            Tree::parse(text);
        }
    }
}
