//! Paths of kubectl's dialect, as RFC 9535 writes them.
//!
//! The dialect is that of kubernetes/client-go `util/jsonpath/parser.go`, v0.37.

use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

use super::unquoted;

/// A path: `.runs[*].name`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    query: JpQuery,
}

impl Path {
    /// Reads a path without its braces.
    ///
    /// # Errors
    /// What was expected, as half a sentence.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let standard = translated(text)?;
        let query = parse_json_path(&standard).map_err(|_| format!("{text:?} is not a path"))?;
        Ok(Self { query })
    }

    /// What the path finds, in its order; nothing is no error.
    pub(super) fn find<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let found = js_path_process(&self.query, value).unwrap_or_default();
        found.into_iter().map(|one| one.val).collect()
    }
}

/// The path in the standard's words.
fn translated(text: &str) -> Result<String, String> {
    let mut path = String::from("$");
    let mut rest = text.trim().trim_start_matches(['$', '@']);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            path.push_str("..");
            rest = step(after, text, &mut path)?;
        } else if let Some(after) = rest.strip_prefix('.') {
            // A single dot is the object itself.
            rest = if after.is_empty() { after } else { step(after, text, &mut path)? };
        } else {
            rest = step(rest, text, &mut path)?;
        }
    }
    Ok(path)
}

/// Translates one step; tells what follows it.
fn step<'t>(rest: &'t str, whole: &str, path: &mut String) -> Result<&'t str, String> {
    if rest.starts_with('[') {
        let end = closing(rest).ok_or_else(|| format!("{whole:?}: a [ is not closed"))?;
        path.push_str(&bracket(&rest[1..end], whole)?);
        return Ok(&rest[end + 1..]);
    }
    let (name, after) = field(rest);
    match name.as_str() {
        "" => Err(format!("{whole:?}: a name is expected before {rest:?}")),
        "*" => {
            path.push_str("[*]");
            Ok(after)
        }
        _ => {
            path.push_str(&key(&name));
            Ok(after)
        }
    }
}

/// A key between brackets: every name fits there.
fn key(name: &str) -> String {
    format!("[{}]", Value::from(name))
}

/// A name, with escapes taken out, and what follows it.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, escaped)| escaped)),
            '.' | '[' | ']' | ',' | ' ' | '\t' | '$' | '@' => return (name, &text[at..]),
            c => name.push(c),
        }
    }
    (name, "")
}

/// Where the bracket that opens a text is closed; quoted ones do not count.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let closes = |(_, c): &(usize, char)| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => return false,
        }
        depth == 0
    };
    unquoted(text).find(closes).map(|(at, _)| at)
}

/// What stands between brackets: a filter, or one or several keys, indices and slices.
fn bracket(text: &str, whole: &str) -> Result<String, String> {
    let text = text.trim();
    if let Some(filter) = text.strip_prefix('?') {
        return Ok(format!("[?{}]", self::filter(filter.trim(), whole)?));
    }
    let quoted = |part: &str| {
        let inner = ['\'', '"'].into_iter().find_map(|quote| part.strip_prefix(quote)?.strip_suffix(quote))?;
        Some(inner.replace("\\.", ".").replace("\\'", "'"))
    };
    let is_slice = |part: &str| {
        let is_number = |text: &str| text.is_empty() || text.parse::<i64>().is_ok();
        !part.is_empty() && part.split(':').count() <= 3 && part.split(':').all(is_number)
    };
    let mut selectors = Vec::new();
    for part in parts(text).into_iter().map(str::trim) {
        if let Some(name) = quoted(part) {
            selectors.push(Value::from(name).to_string());
        } else if part == "*" || is_slice(part) {
            selectors.push(part.to_owned());
        } else {
            return Err(format!("{whole:?}: {part:?} is neither a number, a slice, a quoted key nor a filter"));
        }
    }
    Ok(format!("[{}]", selectors.join(",")))
}

/// Parts between commas that are not quoted.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ',') => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `(@.a=="b")`: both sides, each a path or a literal.
fn filter(text: &str, whole: &str) -> Result<String, String> {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.ok_or_else(|| format!("{whole:?}: a filter is written [?(@.name==\"x\")]"))?;
    let mut quote = None;
    let operator = inner.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '=' | '!' | '<' | '>') => {
                let two = inner.get(at..at + 2).filter(|two| ["==", "!=", "<=", ">="].contains(two));
                return two.or_else(|| inner.get(at..=at)).map(|operator| (at, operator));
            }
            _ => {}
        }
        None
    });
    let Some((at, operator)) = operator else { return Ok(format!("({})", side(inner, whole)?)) };
    if matches!(operator, "=" | "!") {
        return Err(format!("{whole:?}: {operator} is no comparison; there are == != < > <= >="));
    }
    let (left, right) = (side(&inner[..at], whole)?, side(&inner[at + operator.len()..], whole)?);
    Ok(format!("({left} {operator} {right})"))
}

/// One side of a comparison.
fn side(text: &str, whole: &str) -> Result<String, String> {
    let text = text.trim();
    let is_quoted = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if is_quoted('\'') || is_quoted('"') {
        return Ok(Value::from(&text[1..text.len() - 1]).to_string());
    }
    if matches!(text, "true" | "false" | "null") || text.parse::<f64>().is_ok() {
        return Ok(text.to_owned());
    }
    if !text.starts_with(['@', '.', '$', '[']) {
        return Err(format!("{whole:?}: {text:?} is neither a path (@.name) nor a value (\"x\", 1, true)"));
    }
    translated(text).map(|path| path.replacen('$', "@", 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(path: &str) -> Vec<Value> {
        let value = json!({
            "runs": [
                { "name": "a", "state": "stuck", "age": 5, "labels": { "app.kubernetes.io/name": "x", "a-b": 1 } },
                { "name": "b", "state": "ok", "age": 9, "findings": [{ "code": "TKF101" }] },
            ],
            "kind": "Diagnosis",
        });
        Path::read(path).unwrap_or_else(|error| panic!("{path}: {error}")).find(&value).into_iter().cloned().collect()
    }

    #[test]
    fn paths_of_kubectl_find_what_they_find_there() {
        for (path, expected) in [
            (".kind", json!(["Diagnosis"])),
            ("$.kind", json!(["Diagnosis"])),
            ("kind", json!(["Diagnosis"])),
            ("@.kind", json!(["Diagnosis"])),
            (".runs[*].name", json!(["a", "b"])),
            (".runs.*.name", json!(["a", "b"])),
            (".runs[0].name", json!(["a"])),
            (".runs[-1].name", json!(["b"])),
            (".runs[0:1].name", json!(["a"])),
            (".runs[0,1].name", json!(["a", "b"])),
            (".runs[:].name", json!(["a", "b"])),
            (".runs[0]['name','state']", json!(["a", "stuck"])),
            (".runs[0].labels.app\\.kubernetes\\.io/name", json!(["x"])),
            (".runs[0].labels['app\\.kubernetes\\.io/name']", json!(["x"])),
            (".runs[0].labels['app.kubernetes.io/name']", json!(["x"])),
            (".runs[0].labels.a-b", json!([1])),
            (".runs[?(@.state==\"stuck\")].name", json!(["a"])),
            (".runs[?(@.state=='stuck')].name", json!(["a"])),
            (".runs[?(@.state != \"stuck\")].name", json!(["b"])),
            (".runs[?(@.age>5)].name", json!(["b"])),
            (".runs[?(@.age<=5)].name", json!(["a"])),
            (".runs[?(@.findings)].name", json!(["b"])),
            (".runs[?(@.labels.a-b==1)].name", json!(["a"])),
            ("..code", json!(["TKF101"])),
            (".runs..name", json!(["a", "b"])),
            (".nothing.of.it", json!([])),
            (".runs[7].name", json!([])),
        ] {
            assert_eq!(Value::from(found(path)), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_said() {
        for path in [".runs[", ".runs[x]", ".runs[?@.a]", ".runs[?(@.a=1)]", ".runs[?(a==1)]", "..", ".a..[", ".a[]"] {
            assert!(Path::read(path).is_err(), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_path_breaks_it(text in "[.\\[\\]?(@$)*,:'\"\\\\ab0-9=<>! -]{0,24}") {
            if let Ok(path) = Path::read(&text) {
                path.find(&json!({ "a": [{ "b": 1 }] }));
            }
        }
    }
}
