//! `protopact rules`.

use std::io;

use clap::Args;
use serde::Serialize;

use super::{CliError, Ctx, Exit};
use crate::present::{Choice, Format, Formats};
use crate::rules::{self, Categories, Lookup, Rule, Status};
use crate::text::{Line, Style, View, pretty_json};

/// List the rules, or explain one
///
/// Without ID every rule is listed with its categories, its level and what it flags. With ID one rule is
/// explained: what it flags, who breaks and why, an example before and after, and the way out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact rules
  protopact rules --category WIRE
  protopact rules FIELD_SAME_TYPE
  protopact rules FIELD_SAME_TYPE --format json")]
pub(super) struct RulesArgs {
    /// The rule to explain
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// Only the rules of a category: FILE, PACKAGE, WIRE_JSON, WIRE, CSR
    #[arg(long, value_name = "CATEGORY", conflicts_with = "id")]
    category: Option<String>,

    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfRules>,
}

/// Rules that are told.
struct Chosen {
    rules: Vec<&'static Rule>,
    /// Whether the only one is explained rather than listed.
    explain: bool,
}

/// The formats of rules.
#[derive(Debug)]
struct OfRules;

impl Formats for OfRules {
    type Document = Chosen;

    const ALL: &'static [Format<Chosen>] = &[
        Format { name: "text", help: "For people", hidden: false, write: text },
        Format { name: "json", help: "For programs", hidden: false, write: json },
    ];
}

/// Runs the command.
pub(super) fn exec(args: RulesArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let chosen = match (&args.id, &args.category) {
        (Some(id), _) => match rules::find(&id.to_ascii_uppercase()) {
            Some(Lookup::Rule(rule)) => vec![rule],
            Some(Lookup::Retired(retired)) => {
                return Err(CliError::usage(format!("rule `{}` is no longer in use", retired.id))
                    .hint_opt(instead(retired.use_instead())));
            }
            None => return Err(unknown("rule", id)),
        },
        (None, Some(name)) => {
            let Some(category) = rules::category(&name.to_ascii_uppercase()) else {
                return Err(unknown("category", name));
            };
            rules::RULES.iter().copied().filter(|r| r.categories.contains(category)).collect()
        }
        (None, None) => rules::RULES.to_vec(),
    };
    let chosen = Chosen { rules: chosen, explain: args.id.is_some() };
    let view = ctx.view();
    args.format.write(&chosen, &view, &mut ctx.io.out)?;
    Ok(Exit::Clean)
}

fn unknown(what: &str, name: &str) -> CliError {
    let error = CliError::usage(format!("there is no {what} `{name}`"));
    if rules::category(&name.to_ascii_uppercase()).is_some() {
        return error.hint(format!("list the category with `protopact rules --category {name}`"));
    }
    match rules::near(name) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("list them with `protopact rules`"),
    }
}

fn instead(ids: &[&str]) -> Option<String> {
    let ids: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
    (!ids.is_empty()).then(|| format!("name {} instead", ids.join(", ")))
}

fn text(chosen: &Chosen, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    match chosen.rules[..] {
        [rule] if chosen.explain => explain(rule, view, out),
        ref rules => list(rules, view, out),
    }
}

fn list(rules: &[&Rule], view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let width = |text: fn(&Rule) -> String, head: &str| {
        rules.iter().map(|r| text(r).len()).chain([head.len()]).max().unwrap_or_default()
    };
    let (ids, categories) = (width(|r| r.id.to_owned(), "id"), width(|r| names(r.categories), "categories"));
    // Where a table would wrap, what a rule flags goes below it.
    let table = view.width.is_none_or(|w| ids + categories + 60 < w);
    if table {
        let head = format!("{:ids$}  {:categories$}  level  flags", "id", "categories");
        Line::new().styled(Style::Faint, head).write(view, out)?;
    }
    for rule in rules {
        let (level, flags) = (rule.level.as_str(), first_sentence(rule.docs.flags));
        if table {
            Line::new()
                .hang(ids + categories + 2 + 2 + 7)
                .styled(Style::Strong, format!("{:ids$}", rule.id))
                .plain(format!("  {:categories$}  {level:5}  ", names(rule.categories)))
                .plain(flags)
                .write(view, out)?;
        } else {
            let facts = format!("  {level} · {}", names(rule.categories));
            let head = Line::new().styled(Style::Strong, rule.id).styled(Style::Faint, facts);
            head.write(view, out)?;
            Line::new().plain("    ").plain(flags).hang(4).write(view, out)?;
        }
    }
    Ok(())
}

fn names(categories: Categories) -> String {
    let names: Vec<_> = categories.names().collect();
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

fn first_sentence(text: &str) -> String {
    let text = one_line(text);
    match text.split_once(". ") {
        Some((first, _)) => first.to_owned(),
        None => text.trim_end_matches('.').to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn explain(rule: &Rule, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let facts = format!("  {} · {} · {}", rule.level.as_str(), rule.bump.as_str(), names(rule.categories));
    Line::new().styled(Style::Strong, rule.id).styled(Style::Faint, facts).write(view, out)?;
    for (label, text) in [("flags", rule.docs.flags), ("breaks", rule.docs.breaks), ("fix", rule.docs.fix)] {
        Line::labelled(label).plain(one_line(text)).write(view, out)?;
    }
    for (label, text) in [("before", rule.docs.before), ("after", rule.docs.after)] {
        Line::new().write(view, out)?;
        Line::new().styled(Style::Faint, format!("{label:>7}")).write(view, out)?;
        for line in text.trim_matches('\n').lines() {
            let line = if line.is_empty() { String::new() } else { format!("        {line}") };
            Line::new().plain(line).write(&View { width: None, ..*view }, out)?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    categories: Vec<&'a str>,
    level: &'a str,
    bump: &'a str,
    since: Option<&'a str>,
    flags: String,
    breaks: String,
    fix: String,
    before: &'a str,
    after: &'a str,
}

fn json(chosen: &Chosen, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let rules = chosen.rules.iter().map(|rule| JsonRule {
        id: rule.id,
        categories: rule.categories.names().collect(),
        level: rule.level.as_str(),
        bump: rule.bump.as_str(),
        since: match rule.status {
            Status::Stable { since } => Some(since),
            Status::Removed { .. } => None,
        },
        flags: one_line(rule.docs.flags),
        breaks: one_line(rule.docs.breaks),
        fix: one_line(rule.docs.fix),
        before: rule.docs.before,
        after: rule.docs.after,
    });
    let document = Document { schema_version: 1, rules: rules.collect() };
    writeln!(out, "{}", pretty_json(&document)?)
}
