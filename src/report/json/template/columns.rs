//! `-o custom-columns=HEADER:PATH,…`, a row for each object of a document.
//!
//! Mirrors kubernetes/kubectl `pkg/cmd/get/customcolumn.go`, v0.37.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::bare;
use super::path::Path;
use crate::report::clean;

/// Blanks between columns, as kubectl's.
const GAP: usize = 3;
/// What stands for nothing.
const NONE: &str = "<none>";

/// The columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    columns: Vec<(String, Path)>,
}

impl Columns {
    /// Reads `HEADER:PATH,HEADER:PATH`.
    ///
    /// # Errors
    /// What is wrong with it, as half a sentence.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let column = |part: &str| {
            let pair = part.split_once(':').filter(|(header, path)| !header.is_empty() && !path.is_empty());
            let (header, path) = pair.ok_or_else(|| format!("{part:?} is no column; HEADER:PATH is expected"))?;
            Ok((header.to_owned(), Self::path(path)?))
        };
        Ok(Self { columns: text.split(',').map(column).collect::<Result<_, String>>()? })
    }

    /// Reads a file: a line of headers, a line of paths.
    ///
    /// # Errors
    /// What is wrong with it, as half a sentence.
    pub(super) fn of_file(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let (Some(headers), Some(paths)) = (lines.next(), lines.next()) else {
            return Err("a file of columns has two lines: headers, and their paths".to_owned());
        };
        let headers: Vec<&str> = headers.split_whitespace().collect();
        let paths: Vec<&str> = paths.split_whitespace().collect();
        if headers.len() != paths.len() || headers.is_empty() {
            return Err(format!("{} headers and {} paths; as many are expected", headers.len(), paths.len()));
        }
        let columns = headers.into_iter().zip(paths);
        let columns = columns.map(|(header, path)| Ok((header.to_owned(), Self::path(path)?)));
        Ok(Self { columns: columns.collect::<Result<_, String>>()? })
    }

    /// A path with or without braces and its first dot.
    fn path(text: &str) -> Result<Path, String> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        if inner.contains(['{', '}']) { Err(format!("{text:?} is not a path")) } else { Path::read(inner) }
    }

    /// The table; `list` is the field that holds the document's objects.
    pub(super) fn render(&self, document: &Value, list: Option<&str>, has_headers: bool) -> String {
        let listed = list.and_then(|list| document.get(list)?.as_array());
        let objects: Vec<&Value> = listed.map_or_else(|| vec![document], |objects| objects.iter().collect());
        let headers: Vec<String> = self.columns.iter().map(|(header, _)| header.clone()).collect();
        let row = |object: &&Value| -> Vec<String> {
            let cell = |(_, path): &(String, Path)| {
                let found: Vec<String> = path.find(object).into_iter().map(bare).collect();
                if found.is_empty() { NONE.to_owned() } else { clean::line(&found.join(",")).into_owned() }
            };
            self.columns.iter().map(cell).collect()
        };
        let rows: Vec<Vec<String>> =
            has_headers.then_some(headers).into_iter().chain(objects.iter().map(row)).collect();
        let width = |at: usize| rows.iter().map(|row| row[at].width()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        for row in &rows {
            for (at, cell) in row.iter().enumerate() {
                text.push_str(cell);
                if at + 1 < row.len() {
                    text.push_str(&" ".repeat(widths[at] - cell.width() + GAP));
                }
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(columns: &str, has_headers: bool) -> Result<String, String> {
        let document = json!({ "runs": [
            { "name": "a", "findings": [{ "code": "TKF101" }, { "code": "TKF201" }] },
            { "name": "longer\u{1b}[2J", "findings": [] },
        ]});
        Columns::read(columns).map(|columns| columns.render(&document, Some("runs"), has_headers))
    }

    #[test]
    fn a_row_is_printed_for_each_object() {
        let expected = "NAME        CODES\na           TKF101,TKF201\nlonger[2J   <none>\n";
        for columns in
            ["NAME:.name,CODES:.findings[*].code", "NAME:{.name},CODES:{findings[*].code}", "NAME:name,CODES:..code"]
        {
            assert_eq!(rendered(columns, true).as_deref(), Ok(expected), "{columns}");
        }
        assert!(rendered("NAME:.name", false).unwrap().starts_with("a\n"));
    }

    #[test]
    fn what_is_no_column_is_said() {
        for columns in ["NAME", "NAME:", ":.name", "A:.a,B", "A:{.a}{.b}"] {
            assert!(rendered(columns, true).is_err(), "{columns}");
        }
        assert!(Columns::of_file("NAME CODE\n.name").is_err() && Columns::of_file("NAME").is_err());
        assert!(Columns::of_file("NAME CODE\n.name .code\n").is_ok());
    }
}
