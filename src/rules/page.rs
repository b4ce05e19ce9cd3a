//! A rule as a page of documentation.

use super::{Rule, Status};

/// The page about a rule, in Markdown.
pub fn page(rule: &Rule) -> String {
    let categories: Vec<&str> = rule.categories.names().collect();
    let categories = if categories.is_empty() {
        "in no category; name it under `use`, or let a lens find it".to_owned()
    } else {
        categories.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ")
    };
    let since = match rule.status {
        Status::Stable { since } => format!("since {since}"),
        Status::Removed { use_instead } => format!("retired; use {}", use_instead.join(", ")),
    };
    let docs = &rule.docs;
    format!(
        "# {id}\n\n\
         {flags}\n\n\
         - categories: {categories}\n\
         - level: `{level}`\n\
         - next version: {bump}\n\
         - {since}\n\n\
         ## What breaks\n\n{breaks}\n\n\
         ## Example\n\nBefore:\n\n```proto\n{before}```\n\nAfter:\n\n```proto\n{after}```\n\n\
         ## Way out\n\n{fix}\n",
        id = rule.id,
        flags = docs.flags,
        level = rule.level.as_str(),
        bump = rule.bump.as_str(),
        breaks = docs.breaks,
        before = docs.before,
        after = docs.after,
        fix = docs.fix,
    )
}
