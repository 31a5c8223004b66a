//! Rows below a header that keep to the width of the terminal.
//!
//! Columns without content are left out, and so is what the names of all nodes end with.
//! Where that is not enough, spare columns go (in a whole table: below their rows), then
//! the reasons are wrapped in their column or put below their rows, and at last other
//! cells are shortened.

use super::Style;
use super::clean;
use super::document::{Cell, Column, Role, Table, Text, Tone};
use super::wrap;

/// Blanks between columns.
const GAP: usize = 2;
/// Spare columns go until the column of reasons is as wide as this.
const REASON: usize = 50;
/// The narrowest column of reasons; below that they are put under their rows.
const NARROW_REASON: usize = 28;
/// No cell is shortened below this.
const SHORTEST: usize = 8;
/// Indent of a reason below its row.
const BELOW: usize = 4;

/// The lines of a table.
pub(super) fn lines(table: &Table, style: Style, indent: usize) -> Vec<String> {
    let width = style.width.saturating_sub(indent);
    let suffix = common_suffix(table).filter(|_| table.has_header);
    let mut columns = filled(table, suffix.as_deref());
    let gone = leave_out(&mut columns, width);
    let mut lines = Vec::new();
    if let Some(suffix) = suffix {
        lines.push(style.paint(Tone::Dim, &clean::line(&format!("(*{suffix})"))));
    }
    let titles: Vec<&str> = gone.iter().map(|shown| shown.column.title).collect();
    let note = format!("Left out to fit: {}; -o wide shows all columns.", titles.join(", "));
    let below = if table.is_whole { gone } else { Vec::new() };
    let laid = layout(columns, &below, table.rows.len(), width, style);
    lines.extend(laid.into_iter().skip(usize::from(!table.has_header)));
    if !titles.is_empty() && !table.is_whole && table.has_header {
        lines.extend(wrap::wrapped(&Tone::Dim.of(note), (width, width), style));
    }
    lines
}

/// A column as it is shown.
struct Shown {
    column: Column,
    /// The lines of each row's cell.
    cells: Vec<Vec<Text>>,
    width: usize,
}

/// Columns with content; `-` is none.
fn filled(table: &Table, suffix: Option<&str>) -> Vec<Shown> {
    let column = |(at, column): (usize, &Column)| {
        let of_row = |row: &Vec<Cell>| row.get(at).map_or_else(Vec::new, |cell| shown(cell, suffix));
        let cells: Vec<Vec<Text>> = table.rows.iter().map(of_row).collect();
        let content = cells.iter().flatten().map(wrap::width).max().unwrap_or_default();
        let width = content.max(wrap::width(&column.title.into()));
        let says = |text: &Text| text.0.iter().any(|span| !matches!(span.text.as_str(), "" | "-"));
        cells.iter().flatten().any(says).then_some(Shown { column: *column, cells, width })
    };
    table.columns.iter().enumerate().filter_map(column).collect()
}

fn shown(cell: &Cell, suffix: Option<&str>) -> Vec<Text> {
    match cell {
        Cell::Text(text) => vec![text.clone()],
        Cell::Lines(lines) => lines.clone(),
        Cell::Nodes { names, has_more } => {
            let short = |name: &String| suffix.and_then(|suffix| name.strip_suffix(suffix)).unwrap_or(name).to_owned();
            let names: Vec<String> = names.iter().map(short).collect();
            vec![format!("{}{}", names.join(", "), if *has_more { ", …" } else { "" }).into()]
        }
    }
}

/// What all names of nodes end with, from a dot on: `.eu-west-1.compute.internal`. None
/// where there is one name only, or where it would cut an address.
fn common_suffix(table: &Table) -> Option<String> {
    let names = || {
        table.rows.iter().flatten().flat_map(|cell| match cell {
            Cell::Nodes { names, .. } => names.as_slice(),
            Cell::Text(_) | Cell::Lines(_) => &[],
        })
    };
    let first = names().next()?;
    let other = names().find(|name| *name != first)?;
    let of_both = |suffix: &&str| other.len() > suffix.len() && other.ends_with(suffix);
    let candidates = first.match_indices('.').map(|(at, _)| &first[at..]);
    let suffix = candidates
        .filter(of_both)
        .find(|suffix| names().all(|name| name.len() > suffix.len() && name.ends_with(suffix)))?;
    suffix.contains(|c: char| c.is_ascii_alphabetic()).then(|| suffix.to_owned())
}

fn total(columns: &[Shown]) -> usize {
    columns.iter().map(|shown| shown.width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// Takes spare columns away until the others fit, the rightmost first.
fn leave_out(columns: &mut Vec<Shown>, width: usize) -> Vec<Shown> {
    let mut gone = Vec::new();
    let excess = |columns: &[Shown]| {
        let reason = columns.iter().find(|shown| shown.column.role == Role::Reason);
        total(columns) - reason.map_or(0, |shown| shown.width.saturating_sub(REASON))
    };
    while excess(columns) > width {
        let Some(at) = columns.iter().rposition(|shown| shown.column.role == Role::Spare) else { break };
        gone.insert(0, columns.remove(at));
    }
    gone
}

fn layout(mut columns: Vec<Shown>, spare: &[Shown], rows: usize, width: usize, style: Style) -> Vec<String> {
    let reason = columns.iter().position(|shown| shown.column.role == Role::Reason);
    let mut below = None;
    if let Some(at) = reason.filter(|_| total(&columns) > width) {
        let others = total(&columns) - columns[at].width;
        if width >= others + NARROW_REASON {
            columns[at].width = width - others;
        } else {
            below = Some(columns.remove(at));
        }
    }
    shorten(&mut columns, width);
    let titles: Vec<Vec<String>> =
        columns.iter().map(|shown| vec![style.paint(Tone::Dim, shown.column.title)]).collect();
    let mut lines = joined(&columns, &titles);
    for row in 0..rows {
        let cells: Vec<Vec<String>> = columns.iter().map(|shown| cell(shown, row, style)).collect();
        lines.extend(joined(&columns, &cells));
        let reasons = below.iter().flat_map(|shown: &Shown| shown.cells[row].clone());
        for text in reasons.chain([named(spare, row)]).filter(|text| wrap::width(text) > 0) {
            let room = width.saturating_sub(BELOW);
            let wrapped = wrap::wrapped(&text, (room, room), style);
            lines.extend(wrapped.iter().map(|line| format!("{:BELOW$}{line}", "")));
        }
    }
    lines
}

/// The lines of a cell.
fn cell(shown: &Shown, row: usize, style: Style) -> Vec<String> {
    let lines = shown.cells[row].iter();
    match shown.column.role {
        Role::Reason => lines.flat_map(|text| wrap::wrapped(text, (shown.width, shown.width), style)).collect(),
        Role::Needed | Role::Spare => lines.map(|text| wrap::one_line(&cut(text, shown.width), style)).collect(),
    }
}

/// Cells of a row, each with the title of its column.
fn named(columns: &[Shown], row: usize) -> Text {
    let mut text = Text::default();
    for shown in columns {
        for cell in shown.cells[row].iter().filter(|cell| wrap::width(cell) > 0) {
            let comma = if text == Text::default() { "" } else { ", " };
            text = text.and(comma).and(Tone::Dim.of(shown.column.title)).and(" ").and(cell.clone());
        }
    }
    text
}

/// Shortens the widest cells until the columns fit; titles stay whole.
fn shorten(columns: &mut [Shown], width: usize) {
    while total(columns) > width {
        let can_shrink = |shown: &&mut Shown| {
            shown.column.role != Role::Reason && shown.width > SHORTEST.max(shown.column.title.len())
        };
        let Some(widest) = columns.iter_mut().filter(can_shrink).max_by_key(|shown| shown.width) else { return };
        widest.width -= 1;
    }
}

/// A cell of at most so many columns; the end of a name is what tells it from others, so
/// the middle goes.
fn cut(text: &Text, width: usize) -> Text {
    use unicode_width::UnicodeWidthChar as _;
    if wrap::width(text) <= width {
        return text.clone();
    }
    let tone = text.0.first().map_or(Tone::Plain, |span| span.tone);
    let whole: Vec<char> =
        text.0.iter().flat_map(|span| clean::shown(&span.text).chars().collect::<Vec<_>>()).collect();
    let take = |chars: &mut dyn Iterator<Item = &char>, mut room: usize| {
        let mut kept = Vec::new();
        for c in chars {
            let columns = c.width().unwrap_or(0);
            if columns > room {
                break;
            }
            room -= columns;
            kept.push(*c);
        }
        kept
    };
    let room = width.saturating_sub(1);
    let head: String = take(&mut whole.iter(), room - room / 2).into_iter().collect();
    let tail: String = take(&mut whole.iter().rev(), room / 2).into_iter().rev().collect();
    tone.of(format!("{head}…{tail}"))
}

/// The lines of one row; cells may have several.
fn joined(columns: &[Shown], cells: &[Vec<String>]) -> Vec<String> {
    use unicode_width::UnicodeWidthStr as _;
    let visible = |cell: &str| anstream::adapter::strip_str(cell).to_string().width();
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    let line = |at: usize| {
        let mut text = String::new();
        let mut column = 0;
        let mut end = 0;
        for (shown, cell) in columns.iter().zip(cells) {
            if let Some(part) = cell.get(at).filter(|part| !part.is_empty()) {
                text.push_str(&" ".repeat(column - end));
                text.push_str(part);
                end = column + visible(part);
            }
            column = (column + shown.width + GAP).max(end);
        }
        text
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str], reason: &str) -> Table {
        let columns = vec![
            Column::needed("NODE"),
            Column::needed("VERDICT"),
            Column::spare("SCORE"),
            Column::spare("CPU FREE"),
            Column::reason("WHY NOT"),
        ];
        let row = |name: &&str| {
            vec![Cell::node(name), Tone::Bad.of("refused").into(), Cell::empty(), "1500m".into(), reason.into()]
        };
        Table { columns, rows: names.iter().map(row).collect(), is_whole: false, has_header: true }
    }

    fn shown(table: &Table, width: usize) -> String {
        let lines = lines(table, Style { color: false, width }, 0);
        for line in &lines {
            use unicode_width::UnicodeWidthStr as _;
            assert!(line.width() <= width, "{line:?}");
        }
        lines.join("\n")
    }

    const NAMES: [&str; 2] = ["ip-10-0-18-204.eu-west-1.compute.internal", "ip-10-0-41-9.eu-west-1.compute.internal"];

    #[test]
    fn what_all_nodes_end_with_is_said_once_and_empty_columns_are_left_out() {
        let expected = "\
(*.eu-west-1.compute.internal)
NODE            VERDICT  CPU FREE  WHY NOT
ip-10-0-18-204  refused  1500m     no room
ip-10-0-41-9    refused  1500m     no room";
        assert_eq!(shown(&table(&NAMES, "no room"), 80), expected);
    }

    #[test]
    fn names_without_a_common_end_stay_whole() {
        for names in [["a.x.test", "b.y.test2"], ["10.0.0.5", "10.1.0.5"], ["x.test", "test"], ["a.b", "a.b"]] {
            let shown = shown(&table(&names, "r"), 80);
            assert!(names.iter().all(|name| shown.contains(name)) && !shown.contains("(*"), "{shown}");
        }
    }

    #[test]
    fn the_reason_is_the_last_to_be_cut() {
        let reason = "NodeAffinity: node(s) didn't match Pod's node affinity/selector";
        let without_spare = "\
NODE     VERDICT  WHY NOT
node-12  refused  NodeAffinity: node(s) didn't match Pod's
                  node affinity/selector
Left out to fit: CPU FREE; -o wide shows all columns.";
        assert_eq!(shown(&table(&["node-12"], reason), 60), without_spare);
        let below = "\
NODE     VERDICT
node-12  refused
    NodeAffinity: node(s) didn't match
    Pod's node affinity/selector
Left out to fit: CPU FREE; -o wide shows
all columns.";
        assert_eq!(shown(&table(&["node-12"], reason), 40), below);
        let name = "a-node-with-a-name-that-no-terminal-of-forty-holds";
        let cut = shown(&table(&[name], reason), 40);
        assert!(cut.contains("a-node-with-a-n…-of-forty-holds  refused"), "{cut}");
        assert!(cut.contains("    Pod's node affinity/selector"), "{cut}");
    }

    #[test]
    fn a_whole_table_keeps_its_columns() {
        let reason = "NodeAffinity: node(s) didn't match Pod's node affinity/selector";
        let whole = Table { is_whole: true, ..table(&["node-12"], reason) };
        let expected = "\
NODE     VERDICT  WHY NOT
node-12  refused  NodeAffinity: node(s) didn't match Pod's
                  node affinity/selector
    CPU FREE 1500m";
        assert_eq!(shown(&whole, 60), expected);
    }

    #[test]
    fn wide_and_coloured_cells_stay_in_line() {
        let mut table = table(&["節点一", "n"], "r");
        table.rows[0][1] = Tone::Good.of("fits").into();
        let lines = lines(&table, Style { color: true, width: 80 }, 0);
        let plain: Vec<String> = lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        assert_eq!(plain[1], "節点一  fits     1500m     r");
        assert_eq!(plain[2], "n       refused  1500m     r");
    }
}
