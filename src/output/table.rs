//! Rows below a header, as kubectl prints them.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::Style;

/// Writes rows below a header; the last column takes what is left of the width.
///
/// # Errors
/// Those of the writer.
pub fn render(header: &[&str], rows: &[Vec<String>], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let visible = |cell: &str| anstream::adapter::strip_str(cell).to_string().width();
    let columns = header.len();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| visible(&row[column]));
        cells.chain([header[column].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut line = |cells: &[String]| -> io::Result<()> {
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            text.push_str(cell);
            if at + 1 < columns {
                text.push_str(&" ".repeat(widths[at].saturating_sub(visible(cell)) + 2));
            }
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(&header.iter().map(|title| style.dim(title)).collect::<Vec<_>>())?;
    rows.iter().try_for_each(|row| line(row))
}
