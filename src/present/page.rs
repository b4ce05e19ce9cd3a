//! Pages for a browser: one file that needs nothing else.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, escape_formatter};

use crate::text::{escape, is_unsafe};

/// Fills the template of a page.
///
/// Every value is text, never markup, and nothing in it acts on whoever reads the page: what is unsafe to show is
/// written out, line feeds apart.
pub(crate) fn render(template: &str, values: Value) -> String {
    let mut env = Environment::new();
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    env.set_syntax(syntax.expect("the delimiters are the usual ones"));
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if text.contains(acts) => {
            let lines: Vec<_> = text.split('\n').map(escape).collect();
            escape_formatter(out, state, &Value::from(lines.join("\n")))
        }
        _ => escape_formatter(out, state, value),
    });
    env.render_str(template, values).expect("the template is complete and takes no strange values")
}

fn acts(c: char) -> bool {
    c != '\n' && is_unsafe(c)
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::render;

    #[test]
    fn text_of_others_is_never_markup() {
        let shown = render("<p title=\"{{ t }}\">{{ t }}", context! { t => "<b>\u{1b}\u{202e}\"'&\nx" });
        let text = r"&lt;b&gt;\u{1b}\u{202e}&quot;&#x27;&amp;".to_owned() + "\nx";
        assert_eq!(shown, format!("<p title=\"{text}\">{text}"));
    }
}
