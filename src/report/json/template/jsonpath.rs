//! Templates of kubectl's `-o jsonpath`: text, `{.path}`, `{"text"}` and
//! `{range .path}…{end}`.
//!
//! Mirrors kubernetes/client-go `util/jsonpath/jsonpath.go`, v0.37.

use serde_json::Value;

use super::path::Path;
use super::{bare, unquoted};

/// A template.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Path(Path),
    Range(Path, Vec<Part>),
}

/// What stands between braces.
enum Action {
    Text(String),
    Path(Path),
    Range(Path),
    End,
}

/// Ranges in ranges.
const DEPTH: usize = 16;

impl JsonPath {
    /// Reads a template; like kubectl, one without braces is a path.
    ///
    /// # Errors
    /// What is wrong with it, as half a sentence.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if !text.contains('{') {
            return Ok(Self { parts: vec![Part::Path(Path::read(text)?)] });
        }
        let (mut open, mut parts): (Vec<(Path, Vec<Part>)>, Vec<Part>) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let end = closing(&rest[at..]).ok_or_else(|| format!("{text:?}: a {{ is not closed"))?;
            for action in actions(&rest[at + 1..at + end])? {
                match action {
                    Action::Text(text) => parts.push(Part::Text(text)),
                    Action::Path(path) => parts.push(Part::Path(path)),
                    Action::Range(_) if open.len() >= DEPTH => {
                        return Err(format!("more than {DEPTH} ranges in ranges"));
                    }
                    Action::Range(path) => open.push((path, std::mem::take(&mut parts))),
                    Action::End => {
                        let (path, before) = open.pop().ok_or("{end} without a {range}")?;
                        let body = std::mem::replace(&mut parts, before);
                        parts.push(Part::Range(path, body));
                    }
                }
            }
            rest = &rest[at + end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if open.is_empty() { Ok(Self { parts }) } else { Err("a {range} without its {end}".to_owned()) }
    }

    /// The template filled in.
    pub(super) fn render(&self, document: &Value) -> String {
        let mut text = String::new();
        write(&self.parts, document, &mut text);
        text
    }
}

fn write(parts: &[Part], value: &Value, text: &mut String) {
    for part in parts {
        match part {
            Part::Text(own) => text.push_str(own),
            Part::Path(path) => {
                let found: Vec<String> = path.find(value).into_iter().map(bare).collect();
                text.push_str(&found.join(" "));
            }
            Part::Range(path, body) => path.find(value).into_iter().for_each(|one| write(body, one, text)),
        }
    }
}

/// Where the brace that opens a text is closed; quoted ones do not count.
fn closing(text: &str) -> Option<usize> {
    unquoted(text).find(|(_, c)| *c == '}').map(|(at, _)| at)
}

/// What the words between braces ask for: `range .items[*]`, `end`, texts and paths, divided
/// by blanks.
fn actions(text: &str) -> Result<Vec<Action>, String> {
    let mut actions = Vec::new();
    let mut rest = text.trim();
    let mut is_range = false;
    if rest.is_empty() {
        return Err("{} is empty; a path is expected, {.runs[*].name} for example".to_owned());
    }
    while !rest.is_empty() {
        let word = &rest[..word(rest)];
        rest = rest[word.len()..].trim_start();
        let action = match word {
            "range" => {
                is_range = true;
                continue;
            }
            "end" => Action::End,
            _ if word.starts_with(['"', '\'']) => Action::Text(literal(word)?),
            _ => {
                let path = Path::read(word)?;
                if std::mem::take(&mut is_range) { Action::Range(path) } else { Action::Path(path) }
            }
        };
        if is_range {
            break;
        }
        actions.push(action);
    }
    if is_range { Err("{range} without a path; {range .runs[*]} for example".to_owned()) } else { Ok(actions) }
}

/// How long the first word is: blanks in quotes and brackets belong to it.
fn word(text: &str) -> usize {
    let (mut quote, mut is_escaped, mut depth) = (None, false, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if is_escaped => is_escaped = false,
            (_, '\\') => is_escaped = true,
            (Some(open), c) if c == open => {
                quote = None;
                if depth == 0 && text.starts_with(['"', '\'']) {
                    return at + c.len_utf8();
                }
            }
            (None, '\'' | '"') if at > 0 && depth == 0 => return at,
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, c) if c.is_whitespace() && depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The text between quotes, with the escapes of Go.
fn literal(word: &str) -> Result<String, String> {
    let quote = word.chars().next().unwrap_or('"');
    let inner = word.get(1..).and_then(|rest| rest.strip_suffix(quote));
    let inner = inner.ok_or_else(|| format!("{word:?}: a quote is not closed"))?;
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let escape = chars.next();
        let code = |chars: &mut std::str::Chars<'_>, digits: usize| {
            let number: String = chars.take(digits).collect();
            u32::from_str_radix(&number, 16).ok().and_then(char::from_u32)
        };
        text.push(match escape {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some(same @ ('\\' | '"' | '\'')) => same,
            Some('x') => code(&mut chars, 2).ok_or_else(|| format!("{word}: \\x takes two digits"))?,
            Some('u') => code(&mut chars, 4).ok_or_else(|| format!("{word}: \\u takes four digits"))?,
            other => return Err(format!("{word}: \\{} is no escape", other.unwrap_or(' '))),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(template: &str) -> Result<String, String> {
        let document = json!({
            "runs": [
                { "namespace": "n", "name": "a", "state": "stuck", "findings": [{ "code": "TKF101" }, { "code": "TKF201" }] },
                { "namespace": "n", "name": "b", "state": "ok", "age": null, "findings": [] },
            ],
            "exitCode": 1,
        });
        JsonPath::read(template).map(|template| template.render(&document))
    }

    #[test]
    fn templates_of_kubectl_are_filled_in() {
        for (template, expected) in [
            ("{.runs[*].name}", "a b"),
            (".runs[*].name", "a b"),
            ("{.exitCode}", "1"),
            ("x{.exitCode}y", "x1y"),
            ("{.missing}", ""),
            ("{.runs[0].findings[0]}", "{\"code\":\"TKF101\"}"),
            ("{.runs[1].age}", "null"),
            ("{range .runs[*]}{.namespace}/{.name}{\"\\t\"}{.state}{\"\\n\"}{end}", "n/a\tstuck\nn/b\tok\n"),
            ("{range .runs[*]}{.name}:{range .findings[*]}{.code},{end} {end}", "a:TKF101,TKF201, b: "),
            ("{range .runs[*]}{@.name}{'\\n'}{end}", "a\nb\n"),
            ("{range .runs[?(@.state==\"ok\")]}{.name}{end}", "b"),
            ("{.runs[?(@.state == \"ok\")].name}", "b"),
            ("{.runs[0].name}{\"}\"}", "a}"),
            ("{.runs[0]['name', 'state']}", "a stuck"),
            ("{ .exitCode }", "1"),
        ] {
            assert_eq!(rendered(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_is_no_template_is_said() {
        for (template, words) in [
            ("{.a", "is not closed"),
            ("{}", "is empty"),
            ("{range .a}", "without its {end}"),
            ("{end}", "without a {range}"),
            ("{range}{end}", "without a path"),
            ("{\"a}", "is not closed"),
            ("{\"\\q\"}", "is no escape"),
            ("{.runs[x]}", "neither a number"),
        ] {
            let error = rendered(template).unwrap_err();
            assert!(error.contains(words), "{template}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_template_breaks_it(text in "[{}.\\[\\]\"'a \\\\]{0,24}|\\PC{0,20}") {
            let _ = rendered(&text);
        }
    }
}
