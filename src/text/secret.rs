//! What must not be told.

/// Takes passwords and tokens out of addresses in a text: `https://user:token@host/x` becomes `https://***@host/x`, and
/// `https://host/x?token=…` becomes `https://host/x?***`, for nobody knows which parameter is secret. The
/// name alone that SSH logs in with (`ssh://git@host`) stays, for it is no secret.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "/?#'\"`<>".contains(c)).unwrap_or(after.len());
        let authority = &after[..end];
        let scheme = before[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).next();
        match authority.rfind('@') {
            // Over HTTP a name alone is often a token.
            Some(user)
                if authority[..user].contains(':') || scheme.is_some_and(|s| s.starts_with("http")) =>
            {
                out.push_str("***");
                out.push_str(&authority[user..]);
            }
            _ => out.push_str(authority),
        }
        rest = &after[end..];
        let end = rest.find(|c: char| c.is_whitespace() || "?#'\"`<>".contains(c)).unwrap_or(rest.len());
        if rest[end..].starts_with('?') {
            let (path, query) = rest.split_at(end + 1);
            let end = query.find(|c: char| c.is_whitespace() || "#'\"`<>".contains(c)).unwrap_or(query.len());
            out.push_str(path);
            // A question that ends with an address has no query.
            out.push_str(if end == 0 { "" } else { "***" });
            rest = &query[end..];
        }
    }
    out.push_str(rest);
    out
}

/// The same of one address that somebody typed, which need not have the form of one to hold a secret: what comes before an
/// `@` with a colon in it, and what looks like parameters.
#[must_use]
pub fn typed_without_secrets(text: &str) -> String {
    let mut shown = without_secrets(text);
    if let Some((scheme, rest)) = shown.split_once(':')
        && let Some((user, host)) = rest.rsplit_once('@')
        && user.contains(':')
    {
        shown = format!("{scheme}:***@{host}");
    }
    if let Some((before, query)) = shown.split_once('?')
        && query.contains('=')
    {
        shown = format!("{before}?***");
    }
    shown
}

/// A text without what is secret in itself.
#[must_use]
pub fn hidden<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    secrets
        .filter(|secret| !secret.is_empty())
        .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_leave_addresses() {
        for (text, shown) in [
            (
                "fatal: unable to access 'https://me:s3cret@host/x.git/': 403",
                "fatal: unable to access 'https://***@host/x.git/': 403",
            ),
            ("https://s3cret@host", "https://***@host"),
            (
                "http://a:s3@cret@host:80/p?q#f and https://b:s3cret@c",
                "http://***@host:80/p?***#f and https://***@c",
            ),
            ("'https://host/x.git?token=s3cret&a=b': 403", "'https://host/x.git?***': 403"),
            ("https://host?s3cret", "https://host?***"),
            ("is it https://host/x? or https://host/y?", "is it https://host/x? or https://host/y?"),
            ("ssh://git@host/x", "ssh://git@host/x"),
            ("ssh://git:s3cret@host/x", "ssh://***@host/x"),
            ("oci://u:s3cret@host/x:1", "oci://***@host/x:1"),
            (
                "git@host:x.git, mail me@host, https://host/a@b",
                "git@host:x.git, mail me@host, https://host/a@b",
            ),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }

    #[test]
    fn what_was_typed_need_not_be_an_address() {
        for (text, shown) in [
            ("oci:me:s3cret@host/x", "oci:***@host/x"),
            ("oci:host/x?token=s3cret", "oci:host/x?***"),
            ("git:me@host", "git:me@host"),
            ("oci://me:s3cret@host/x?token=s3cret", "oci://***@host/x?***"),
            ("what?", "what?"),
        ] {
            assert_eq!(typed_without_secrets(text), shown);
        }
    }
}
