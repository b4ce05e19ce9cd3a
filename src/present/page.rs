//! Pages for a browser: one file that needs nothing else.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior, Value, escape_formatter};

use crate::text::{escape, is_unsafe};

/// What all pages look like, in light and dark, on a phone and on paper.
pub(crate) const LOOK: &str = include_str!("page.css");

/// What pictures of numbers over the versions look like.
pub(crate) const NUMBERS: &str = include_str!("numbers.css");

/// The template of a page, read once and filled as often as there are pages.
#[derive(Debug)]
pub(crate) struct Template(Environment<'static>);

/// What the one template of an environment is known by.
const NAME: &str = "page";

/// Fills the template of a page that there is one of.
pub(crate) fn render(template: &'static str, values: Value) -> String {
    Template::new(template).render(values)
}

impl Template {
    /// Reads a template.
    ///
    /// Every value is text, never markup, and nothing in it acts on whoever reads the page: what is unsafe to show is
    /// written out, line feeds apart. `look` is the style sheet of all pages; the filter `told` makes code of what stands
    /// between backticks.
    pub(crate) fn new(template: &'static str) -> Template {
        let mut env = Environment::new();
        env.set_auto_escape_callback(|_| AutoEscape::Html);
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        env.set_syntax(syntax.expect("the delimiters are the usual ones"));
        env.add_global("look", Value::from_safe_string(LOOK.to_owned()));
        env.add_global("numbers_look", Value::from_safe_string(NUMBERS.trim_end().to_owned()));
        env.add_filter("told", |text: &str| Value::from_safe_string(told(text)));
        env.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if text.contains(acts) => {
                let lines: Vec<_> = text.split('\n').map(escape).collect();
                escape_formatter(out, state, &Value::from(lines.join("\n")))
            }
            _ => escape_formatter(out, state, value),
        });
        env.add_template(NAME, template).expect("the template is complete");
        Template(env)
    }

    /// Fills it.
    pub(crate) fn render(&self, values: Value) -> String {
        let made = self.0.get_template(NAME).and_then(|template| template.render(values));
        made.expect("the template takes no strange values")
    }
}

/// A sentence as markup. A name with a backtick in it leaves an odd one, and then none is a mark.
fn told(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return HtmlEscape(&escape(text)).to_string();
    }
    let part = |(n, part): (usize, &&str)| match (n % 2, *part) {
        (_, "") => String::new(),
        (0, text) => HtmlEscape(&escape(text)).to_string(),
        (_, code) => format!("<code>{}</code>", HtmlEscape(&escape(code))),
    };
    parts.iter().enumerate().map(part).collect()
}

fn acts(c: char) -> bool {
    c != '\n' && is_unsafe(c)
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::render;

    #[test]
    fn code_stands_between_backticks() {
        let told = |text: &str| render("{{ t | told }}", context! { t => text });
        assert_eq!(told("a `b<` ``c"), "a <code>b&lt;</code> c");
        assert_eq!(told("a ` <c\n"), "a ` &lt;c\\n");
    }

    #[test]
    fn text_of_others_is_never_markup() {
        let shown = render("<p title=\"{{ t }}\">{{ t }}", context! { t => "<b>\u{1b}\u{202e}\"'&\nx" });
        let text = r"&lt;b&gt;\u{1b}\u{202e}&quot;&#x27;&amp;".to_owned() + "\nx";
        assert_eq!(shown, format!("<p title=\"{text}\">{text}"));
    }
}
