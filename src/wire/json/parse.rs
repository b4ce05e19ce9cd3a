//! JSON text to a document: numbers stay as they are written, keys in their order, also where one is there twice.

use super::{Json, JsonError};

/// How deep arrays and objects are nested; messages stop at a hundred, and a map adds one.
const MAX_DEPTH: usize = 250;

impl Json {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// The place of what is not JSON (RFC 8259), as a byte counted from zero.
    pub fn parse(text: &str) -> Result<Json, JsonError> {
        let mut parser = Parser { text, at: 0 };
        let json = parser.value(0)?;
        parser.space();
        if parser.at < text.len() { Err(parser.wrong("the end of the document")) } else { Ok(json) }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn wrong(&self, expected: &str) -> JsonError {
        JsonError::new(format!("at byte {} there is no {}", self.at, expected.trim_start_matches("the ")))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let is = self.text[self.at..].starts_with(token);
        if is {
            self.at += token.len();
        }
        is
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::new(format!("the document is nested more than {MAX_DEPTH} deep")));
        }
        self.space();
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                let mut members = Vec::new();
                self.space();
                if self.take("}") {
                    return Ok(Json::Object(members));
                }
                loop {
                    self.space();
                    let key = self.string()?;
                    self.space();
                    if !self.take(":") {
                        return Err(self.wrong("colon"));
                    }
                    members.push((key, self.value(depth + 1)?));
                    self.space();
                    if self.take("}") {
                        return Ok(Json::Object(members));
                    }
                    if !self.take(",") {
                        return Err(self.wrong("comma"));
                    }
                }
            }
            Some(b'[') => {
                self.at += 1;
                let mut items = Vec::new();
                self.space();
                if self.take("]") {
                    return Ok(Json::List(items));
                }
                loop {
                    items.push(self.value(depth + 1)?);
                    self.space();
                    if self.take("]") {
                        return Ok(Json::List(items));
                    }
                    if !self.take(",") {
                        return Err(self.wrong("comma"));
                    }
                }
            }
            Some(b'"') => Ok(Json::String(self.string()?)),
            _ if self.take("null") => Ok(Json::Null),
            _ if self.take("true") => Ok(Json::Bool(true)),
            _ if self.take("false") => Ok(Json::Bool(false)),
            _ => self.number(),
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.wrong("string"));
        }
        let mut end = self.at + 1;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => return Err(self.wrong("end of the string")),
            }
        }
        let quoted = self.text.get(start..=end).ok_or_else(|| self.wrong("string"))?;
        self.at = end + 1;
        serde_json::from_str(quoted)
            .map_err(|_| JsonError::new(format!("at byte {start} the string is wrong")))
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let rest = &self.text[self.at..];
        let length =
            rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let number = &rest[..length];
        // The grammar of RFC 8259, whatever the size: no zero in front of digits, digits on both sides of a point.
        let is = serde_json::from_str::<serde::de::IgnoredAny>(number).is_ok();
        if !is {
            return Err(self.wrong("value"));
        }
        self.at += length;
        Ok(Json::Number(number.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in
            ["null", r#"{"a":[1,-2.5e300,"x\"é",true,false,{}],"a":[],"b":123456789012345678901234567890}"#]
        {
            assert_eq!(Json::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Json::parse(" [ 1 , 2 ] ").unwrap().to_string(), "[1,2]");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "[1",
            "\"a",
            "\"\\",
            "nul",
            "1 2",
            "{1:2}",
            "[1,]",
            "{\"a\" 1}",
            "inf",
            "+1",
            "\"\\é",
            "01",
            "-01",
            "00",
            "1.",
            "-",
            "1e",
            ".5",
            "1.e3",
            "--1",
            "1-",
        ] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }
}
