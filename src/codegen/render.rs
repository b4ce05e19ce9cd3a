//! Templates of the files that packages and programs are made of.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

/// Fills a template. Values are quoted by the template: `quote` for Go, Python and TOML, `rust` for Rust, `xml` for
/// XML.
pub(crate) fn render(template: &str, values: Value) -> String {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    env.set_syntax(syntax.expect("the delimiters are the usual ones"));
    env.add_filter("quote", |text: &str| serde_json::Value::from(text).to_string());
    env.add_filter("rust", |text: &str| format!("{text:?}"));
    env.add_filter("xml", |text: &str| quick_xml::escape::escape(text).into_owned());
    env.render_str(template, values).expect("the templates are complete and take no strange values")
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn values_are_quoted_for_where_they_go() {
        let text = "<a href='x'>\"&\"</a>";
        let shown = |filter: &str| render(&format!("{{{{ text | {filter} }}}}"), context! { text });
        assert_eq!(shown("xml"), "&lt;a href=&apos;x&apos;&gt;&quot;&amp;&quot;&lt;/a&gt;");
        assert_eq!(shown("quote"), r#""<a href='x'>\"&\"</a>""#);
        assert_eq!(shown("rust"), r#""<a href='x'>\"&\"</a>""#);
    }
}
