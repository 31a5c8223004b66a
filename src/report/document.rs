//! What a command has to say, before it is text: plain data without escape codes or a
//! width.

/// How a piece of text is meant. Colour repeats it; the words must say it as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// No emphasis.
    #[default]
    Plain,
    /// A heading or the name that matters.
    Strong,
    /// Something wrong.
    Bad,
    /// Something fine.
    Good,
    /// Something to be careful with.
    Careful,
    /// Something secondary.
    Dim,
}

impl Tone {
    /// Text of this tone.
    pub(crate) fn of(self, text: impl Into<String>) -> Text {
        Text(vec![Span { tone: self, text: text.into() }])
    }
}

/// Text of one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

/// Text of one or several tones. It has no line breaks: those of a cluster's messages
/// become blanks when it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<Span>);

impl Text {
    /// The text with more behind it.
    pub(crate) fn and(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Tone::Plain.of(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Tone::Plain.of(text)
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Tone::Plain.of(text)
    }
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// The answer in one sentence.
    Verdict(Text),
    /// A title with what belongs to it. At the top level it is set off by a blank line
    /// and its body is indented.
    Section(Text, Vec<Block>),
    /// Sentences, wrapped.
    Paragraph(Text),
    /// One line as it is, never wrapped: to be searched or compared.
    Line(Text),
    /// An entry of a list, wrapped.
    Item {
        /// What stands before it: a bullet, a number; may be empty.
        mark: &'static str,
        /// The entry.
        text: Text,
        /// What belongs to it.
        body: Vec<Block>,
    },
    /// Blocks that are indented further.
    Nested(Vec<Block>),
    /// Rows below a header.
    Table(Table),
    /// Command lines to copy and run.
    Command(String),
    /// Lines of somebody else, kept as they are: a manifest, documentation, a log.
    Quotation(String),
    /// A remark about the output itself.
    Note(String),
}

impl Block {
    /// An entry with a mark.
    pub(crate) fn item(mark: &'static str, text: impl Into<Text>) -> Self {
        Self::Item { mark, text: text.into(), body: Vec::new() }
    }

    /// An entry without a mark.
    pub(crate) fn entry(text: impl Into<Text>) -> Self {
        Self::item("", text)
    }

    /// Entries with the same mark.
    pub(crate) fn items<T: Into<Text>>(mark: &'static str, texts: impl IntoIterator<Item = T>) -> Vec<Self> {
        texts.into_iter().map(|text| Self::item(mark, text)).collect()
    }
}

/// Everything a command has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// Its parts, from the most important on.
    pub(crate) blocks: Vec<Block>,
}

impl Document {
    /// A document that begins with its answer.
    pub(crate) fn verdict(text: impl Into<Text>) -> Self {
        Self { blocks: vec![Block::Verdict(text.into())] }
    }

    /// Adds a part.
    pub(crate) fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Adds a section, unless it is empty.
    pub(crate) fn section(&mut self, title: impl Into<Text>, body: Vec<Block>) {
        if !body.is_empty() {
            self.push(Block::Section(title.into(), body));
        }
    }

    /// The rows of its tables alone; all of it, where it has none.
    pub(crate) fn rows(&self) -> Self {
        let table = |block: &Block| match block {
            Block::Table(table) => Some(Block::Table(Table { has_header: false, ..table.clone() })),
            _ => None,
        };
        let tables: Vec<Block> = self.blocks.iter().filter_map(table).collect();
        if tables.is_empty() { self.clone() } else { Self { blocks: tables } }
    }

    /// Adds the parts of another document.
    pub(crate) fn append(&mut self, other: Self) {
        self.blocks.extend(other.blocks);
    }
}

/// Rows below a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// The columns; those without content are not shown.
    pub(crate) columns: Vec<Column>,
    /// Rows with a cell for each column.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Whether no column may be left out for want of width.
    pub(crate) is_whole: bool,
    /// Whether the titles of its columns, and what goes for all rows, are shown.
    pub(crate) has_header: bool,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its title.
    pub(crate) title: &'static str,
    /// What is done with it on a narrow terminal.
    pub(crate) role: Role,
}

/// How much a column matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Shortened when nothing else helps.
    Needed,
    /// Left out on a narrow terminal, the rightmost first.
    Spare,
    /// Never shortened: wrapped in its column, else below its row. At most one.
    Reason,
}

impl Column {
    /// A column that is always shown.
    pub(crate) const fn needed(title: &'static str) -> Self {
        Self { title, role: Role::Needed }
    }

    /// A column that may be left out.
    pub(crate) const fn spare(title: &'static str) -> Self {
        Self { title, role: Role::Spare }
    }

    /// The column of reasons.
    pub(crate) const fn reason(title: &'static str) -> Self {
        Self { title, role: Role::Reason }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Text.
    Text(Text),
    /// Several reasons.
    Lines(Vec<Text>),
    /// Names of nodes, whose common suffix is not repeated.
    Nodes {
        /// The names.
        names: Vec<String>,
        /// Whether there are more than those.
        has_more: bool,
    },
}

impl Cell {
    /// The name of one node.
    pub(crate) fn node(name: &str) -> Self {
        Self::Nodes { names: vec![name.to_owned()], has_more: false }
    }

    /// A cell without content.
    pub(crate) fn empty() -> Self {
        Self::Text(Text::default())
    }
}

impl FromIterator<String> for Cell {
    fn from_iter<I: IntoIterator<Item = String>>(lines: I) -> Self {
        Self::Lines(lines.into_iter().map(Text::from).collect())
    }
}

impl<T: Into<Text>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}
