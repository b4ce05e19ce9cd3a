//! A fix fixes: what a finding advises, where that is an edit, is done to the text of the new side. It has to compile,
//! the finding has to be gone, and no other one may have come.
//!
//! Edits of single statements and types are tried; what asks for more (another file, a package, a method beside the old
//! one) is read by people.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{self, Files};
use protopact::compare::Comparison;
use protopact::diff::{Change, Cx, Remedy};
use protopact::findings::Finding;
use protopact::policy::{LensPolicy, Policies, decide};
use protopact::schema::{Element, Schema, Span};

/// What is found, by what and where.
fn found(comparison: &Comparison<'_>) -> Vec<(Finding, String)> {
    let decided = decide(comparison, &Policies::uniform(LensPolicy::standard()));
    let key = |f: &Finding| format!("{} {} {}", f.rule, f.change, f.symbol);
    decided.findings.into_iter().map(|f| (f.clone(), key(&f))).collect()
}

/// The text of one side.
struct Side<'a> {
    schema: &'a Schema,
    files: Files,
}

impl Side<'_> {
    /// The file of an element, and where its text begins and ends.
    fn place(&self, element: Element) -> Option<(usize, usize, usize)> {
        let id = self.schema.file_of(element);
        let Span { start_line, start_column, end_line, end_column } =
            self.schema.span(id, &self.schema.path(element))?;
        let name = &self.schema.file(id).name;
        let file = self.files.iter().position(|(n, _)| **n == **name)?;
        let offset = |line: u32, column: u32| -> Option<usize> {
            let mut lines = self.files[file].1.split_inclusive('\n');
            let before: usize = lines.by_ref().take(line as usize - 1).map(str::len).sum();
            Some(before + column as usize - 1)
        };
        Some((file, offset(start_line, start_column)?, offset(end_line, end_column)?))
    }

    fn text(&self, element: Element) -> Option<String> {
        let (file, first, end) = self.place(element)?;
        self.files[file].1.get(first..end).map(str::to_owned)
    }
}

/// What is done to the new side, from the end of a file to its beginning.
#[derive(Default)]
struct Edits(Vec<(usize, usize, usize, String)>);

impl Edits {
    fn replace(&mut self, side: &Side<'_>, element: Element, with: String) -> Option<()> {
        let (file, first, end) = side.place(element)?;
        self.0.push((file, first, end, with));
        Some(())
    }

    /// At the end of a block.
    fn insert(&mut self, side: &Side<'_>, holder: Element, text: &str) -> Option<()> {
        let (file, first, end) = side.place(holder)?;
        let block = side.files[file].1.get(first..end)?;
        let at = first + block.rfind('}')?;
        self.0.push((file, at, at, format!(" {text} ")));
        Some(())
    }

    fn done(mut self, files: &Files) -> Files {
        let mut files = files.clone();
        self.0.sort();
        for (file, first, end, with) in self.0.into_iter().rev() {
            files[file].1.replace_range(first..end, &with);
        }
        files
    }
}

/// A statement with an option more.
fn with_option(statement: &str, option: &str) -> Option<String> {
    let body = statement.strip_suffix(';')?;
    Some(match body.strip_suffix(']') {
        Some(open) => format!("{open}, {option}];"),
        None => format!("{body} [{option}];"),
    })
}

/// The new side as a fix wants it; `None` where the fix is no edit of single statements.
fn fixed(remedy: &Remedy, change: &Change, cx: &Cx<'_>, old: &Side<'_>, new: &Side<'_>) -> Option<Files> {
    let mut edits = Edits::default();
    let holder = |name: &str| {
        let message = cx.new.message_by_name(name).map(Element::Message);
        message.or_else(|| cx.new.enum_by_name(name).map(Element::Enum))
    };
    let field = |schema: &Schema, message: &str, name: &str| {
        let id = schema.message_by_name(message)?;
        schema.field_by_name(id, name).map(Element::Field)
    };
    match remedy {
        Remedy::Restore { reserved: false, element, names, .. } => {
            let of = element.rsplit_once('.')?.0;
            for name in names {
                let value = cx.old.enum_by_name(of).and_then(|e| cx.old.value_by_name(e, name));
                let element = value.map(Element::EnumValue).or_else(|| field(cx.old, of, name))?;
                edits.insert(new, holder(of)?, &with_option(&old.text(element)?, "deprecated = true")?)?;
            }
        }
        Remedy::Reserve { holder: of, numbers, names } => {
            for range in numbers {
                edits.insert(
                    new,
                    holder(&of.name)?,
                    &format!("reserved {} to {};", range.start, range.end),
                )?;
            }
            for name in names {
                edits.insert(new, holder(&of.name)?, &format!("reserved \"{name}\";"))?;
            }
        }
        // As it was.
        Remedy::KeepType { .. }
        | Remedy::AddFieldOfType { .. }
        | Remedy::KeepCardinality { .. }
        | Remedy::KeepDefault { value: None, .. } => {
            edits.replace(new, change.new?, old.text(change.old?)?)?;
        }
        Remedy::KeepDefault { value: Some(value), .. } => {
            let now = new.text(change.new?)?;
            let default = format!("default = {value}");
            let with = match now.find("default = ") {
                Some(at) => {
                    let end = at + now[at..].find([',', ']'])?;
                    format!("{}{default}{}", &now[..at], &now[end..])
                }
                None => with_option(&now, &default)?,
            };
            edits.replace(new, change.new?, with)?;
        }
        Remedy::KeepFieldName { json_name, .. } | Remedy::KeepJsonName { json_name, .. } => {
            let (now, option) = (new.text(change.new?)?, format!("json_name = \"{json_name}\""));
            let pinned = match now.find("json_name = ") {
                Some(at) => {
                    let end = at + now[at..].find([',', ']'])?;
                    format!("{}{option}{}", &now[..at], &now[end..])
                }
                None => with_option(&now, &option)?,
            };
            edits.replace(new, change.new?, pinned)?;
        }
        Remedy::Renumber { message, name, reserved: false, .. } => {
            edits.replace(new, field(cx.new, message, name)?, old.text(change.old?)?)?;
        }
        Remedy::SwapBack { message, one, other } => {
            for (name, _) in [one, other] {
                edits.replace(
                    new,
                    field(cx.new, message, name)?,
                    old.text(field(cx.old, message, name)?)?,
                )?;
            }
        }
        Remedy::TakeNumber { message, number, free, .. } => {
            let now = new.text(change.new?)?;
            let with = now.replacen(&format!("= {number}"), &format!("= {free}"), 1);
            edits.replace(new, change.new?, with)?;
            edits.insert(new, holder(message)?, &format!("reserved {number};"))?;
        }
        Remedy::KeepDeprecated { noun: "message" | "enum", .. } => {
            let element = change.old?;
            let (_, rest) = old.text(element)?.split_once('{').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
            let head = old.text(element)?.split_once('{')?.0.to_owned();
            let text = format!("{head}{{ option deprecated = true; {rest}");
            let file = &cx.old.file(cx.old.file_of(element)).name;
            let nested = old.schema.full_name(element);
            match holder(nested.rsplit_once('.')?.0) {
                Some(outer) => edits.insert(new, outer, &text)?,
                None => {
                    let at = new.files.iter().position(|(name, _)| **name == **file)?;
                    let end = new.files[at].1.len();
                    edits.0.push((at, end, end, format!("\n{text}\n")));
                }
            }
        }
        _ => return None,
    }
    Some(edits.done(&new.files))
}

#[test]
fn what_is_advised_makes_it_pass() {
    let (mut wrong, mut done, mut not_tried) = (Vec::new(), 0, BTreeMap::<String, usize>::new());
    for (_, name, folder) in support::pairs() {
        let side = |name: &str| support::read(&folder.join(name));
        let (old_files, new_files) = (side("old"), side("new"));
        let (old, new) = (support::schema(&old_files).unwrap(), support::schema(&new_files).unwrap());
        let comparison = Comparison::new(&old, &new);
        let cx = comparison.cx();
        let before: BTreeSet<String> = found(&comparison).into_iter().map(|(_, key)| key).collect();
        let (old_side, new_side) = (
            Side { schema: &old, files: old_files.clone() },
            Side { schema: &new, files: new_files.clone() },
        );
        for (finding, key) in found(&comparison) {
            let change = &comparison.changes()[finding.of];
            let Some(remedy) = change.remedy(&cx) else { continue };
            let Some(files) = fixed(&remedy, change, &cx, &old_side, &new_side) else {
                let variant = format!("{remedy:?}");
                let variant = variant.split([' ', '(']).next().unwrap_or_default().to_owned();
                *not_tried.entry(variant).or_default() += 1;
                continue;
            };
            done += 1;
            let schema = match support::schema(&files) {
                Ok(schema) => schema,
                Err(error) => {
                    wrong.push(format!("{name}: {key}: `{remedy}` does not compile: {error}"));
                    continue;
                }
            };
            let after: BTreeSet<String> =
                found(&Comparison::new(&old, &schema)).into_iter().map(|(_, key)| key).collect();
            if after.contains(&key) {
                wrong.push(format!("{name}: {key} is still there after `{remedy}`"));
            }
            for more in after.difference(&before) {
                wrong.push(format!("{name}: {more} comes after `{remedy}`, which is for {key}"));
            }
        }
    }
    assert!(done > 60, "{done} fixes were tried; not {not_tried:?}");
    assert!(
        wrong.is_empty(),
        "{} of {done} do not fix; not tried {not_tried:?}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
