//! The terminal: data to stdout, talk to stderr, and the only place that asks.
//!
//! Nothing reaches a terminal around it, and what it writes is clean: text of a cluster
//! cannot act on the terminal. Only `report::emit` adds codes, those of colours.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::report::clean;
use crate::report::emit::emit;
use crate::report::{Block, Document, Style, json};

use super::args::Color;
use super::error::CommandError;
use super::output::Output;

/// What a command writes to and asks through.
pub struct Ui {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    style: Style,
    err_style: Style,
    can_prompt: bool,
    /// Whether the width of what is said beside the data is known.
    wraps: bool,
    /// Whether only the rows of tables are wanted.
    is_bare: bool,
    is_terminal: bool,
}

/// Stdout, whose reader may go once it has seen enough: the rest is dropped, and the
/// exit code stays that of the verdict.
struct Pipe<W> {
    inner: W,
    is_closed: bool,
}

impl<W: Write> Pipe<W> {
    fn unless_closed<T>(&mut self, result: io::Result<T>, dropped: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(dropped)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        let written = self.inner.write(bytes);
        self.unless_closed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.unless_closed(flushed, ())
    }
}

impl Ui {
    /// The process's own terminal.
    pub fn terminal(color: Color) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let wants_color = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                is_terminal && !is_set("NO_COLOR") && std::env::var("TERM").as_deref() != Ok("dumb")
            }
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
        let wraps = columns.is_some() || stderr.is_terminal();
        let width = columns
            .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
            .unwrap_or(100)
            .clamp(40, 160);
        Self {
            style: Style { color: wants_color(stdout.is_terminal()), width },
            err_style: Style { color: wants_color(stderr.is_terminal()), width },
            wraps,
            is_bare: false,
            is_terminal: stdout.is_terminal(),
            can_prompt: io::stdin().is_terminal() && stderr.is_terminal(),
            out: Box::new(Pipe { inner: stdout, is_closed: false }),
            err: Box::new(stderr),
        }
    }

    /// Shows a document: the data that were asked for.
    ///
    /// # Errors
    /// Those of stdout.
    pub(crate) fn show(&mut self, document: &Document) -> io::Result<()> {
        if !self.is_bare {
            return emit(document, self.style, &mut *self.out);
        }
        // A program reads them, unless somebody does: names stay whole.
        let width = if self.is_terminal { self.style.width } else { usize::MAX };
        emit(&document.rows(), Style { width, ..self.style }, &mut *self.out)
    }

    /// Leaves all but the rows of tables out: `--no-headers`.
    pub(crate) fn without_headers(&mut self, is_wanted: bool) {
        self.is_bare = is_wanted;
    }

    /// Whether tables have a header.
    pub(crate) fn has_headers(&self) -> bool {
        !self.is_bare
    }

    /// Prints one line of data: a name, for example.
    ///
    /// # Errors
    /// Those of stdout.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", clean::line(text))
    }

    /// Prints one line of fields with a tab between them.
    ///
    /// # Errors
    /// Those of stdout.
    pub(crate) fn fields(&mut self, fields: &[&str]) -> io::Result<()> {
        let clean: Vec<_> = fields.iter().map(|field| clean::line(field)).collect();
        writeln!(self.out, "{}", clean.join("\t"))
    }

    /// Prints text with its line breaks: a manifest, for example.
    ///
    /// # Errors
    /// Those of stdout.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        write!(self.out, "{}", clean::lines(text))
    }

    /// Shows help, which names the program as the caller does.
    ///
    /// # Errors
    /// Those of stdout.
    pub fn help(&mut self, help: &clap::builder::StyledStr, program: &str) -> io::Result<()> {
        let text = if self.style.color { help.ansi().to_string() } else { help.to_string() };
        write!(self.out, "{}", text.replace("kubectl tekton-fix", program))?;
        self.out.flush()
    }

    /// Hands on what was printed.
    ///
    /// # Errors
    /// Those of stdout.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Shows on a terminal how many objects have been read, from so many on that
    /// somebody may wonder what takes so long; nothing elsewhere.
    pub fn reading(&self) -> Option<Box<dyn Fn(Option<usize>) + Send + Sync>> {
        const LARGE: usize = 2000;
        if !io::stderr().is_terminal() || std::env::var("TERM").as_deref() == Ok("dumb") {
            return None;
        }
        let is_shown = AtomicBool::new(false);
        Some(Box::new(move |read| {
            let mut stderr = io::stderr();
            // Talk that cannot be written changes no result.
            let _ = match read {
                Some(count) if count >= LARGE => {
                    is_shown.store(true, Ordering::Relaxed);
                    write!(stderr, "\rReading the cluster: {count} objects")
                }
                None if is_shown.swap(false, Ordering::Relaxed) => write!(stderr, "\r\x1b[K"),
                _ => Ok(()),
            };
            let _ = stderr.flush();
        }))
    }

    /// Shows a document beside the data.
    pub(crate) fn tell(&mut self, document: &Document) {
        // Talk that cannot be written changes no result.
        let _ = emit(document, self.err_style, &mut *self.err);
    }

    /// Says one line beside the data.
    pub fn status(&mut self, text: &str) {
        // Talk that cannot be written changes no result.
        let _ = writeln!(self.err, "{}", clean::line(text));
    }

    /// Warns.
    pub fn warn(&mut self, text: &str) {
        self.status(&format!("Warning: {text}"));
    }

    /// Reports an error with its hints: wrapped for who reads it on a screen, and each on one
    /// line for who searches a file for it.
    pub fn error(&mut self, error: &CommandError) {
        let hints = error.hints.iter().map(|hint| format!("Hint: {hint}"));
        for text in std::iter::once(format!("Error: {}", error.message)).chain(hints) {
            match command_in(&text) {
                _ if !self.wraps => self.status(&text),
                // A command is copied, and so is not broken.
                Some((words, command)) if text.len() > self.err_style.width => {
                    let blocks =
                        vec![Block::Verdict(words.into()), Block::Nested(vec![Block::Command(command.into())])];
                    self.tell(&Document { blocks });
                }
                _ => self.tell(&Document { blocks: vec![Block::Verdict(text.into())] }),
            }
        }
    }

    /// Reports an error with its hints, and to a program that reads the output as a
    /// document too, on one line where all its documents are.
    pub fn failure(&mut self, error: &CommandError, format: Option<&Output>, on_one_line: bool) {
        let document =
            || json::v1::Document::of(json::v1::failure::Failure::of(&error.message, &error.hints), error.exit);
        let text = match format {
            Some(Output::Json) if on_one_line => json::line(&document()).map(|line| line + "\n").ok(),
            Some(Output::Json) => json::json(&document()).ok(),
            Some(Output::Yaml) => json::yaml(&document()).ok(),
            Some(Output::Wide | Output::Name | Output::Template(_)) | None => None,
        };
        if let Some(text) = text {
            // The exit code says the same to whoever no longer reads.
            let _ = self.text(&text);
        }
        self.error(error);
    }

    /// Whether somebody can be asked.
    pub fn can_prompt(&self) -> bool {
        self.can_prompt
    }

    /// Asks for a yes; nothing but a yes is one.
    ///
    /// # Errors
    /// Without a terminal, with the hint to use `--yes`.
    pub fn confirm(&mut self, question: &str) -> Result<bool, CommandError> {
        if !self.can_prompt {
            return Err(CommandError::declined(format!("cannot ask {question:?}: there is no terminal"))
                .hint("pass --yes to go ahead without being asked, or --dry-run=server to see what would happen"));
        }
        dialoguer::Confirm::new()
            .with_prompt(clean::line(question))
            .default(false)
            .show_default(true)
            .interact_opt()
            .map(|answer| answer.unwrap_or(false))
            .map_err(no_answer)
    }

    /// Offers a list; `None` when nothing was chosen.
    ///
    /// # Errors
    /// Without a terminal.
    pub fn choose(&mut self, prompt: &str, items: &[String]) -> Result<Option<usize>, CommandError> {
        if !self.can_prompt {
            return Err(CommandError::usage(format!("cannot ask {prompt:?}: there is no terminal"))
                .hint("name the run: NAMESPACE/NAME"));
        }
        self.choose_from(prompt, items, 0)
    }

    /// Offers a list of which one is proposed; `None` when nothing was chosen.
    ///
    /// # Errors
    /// Without a terminal.
    pub(crate) fn choose_from(
        &mut self,
        prompt: &str,
        items: &[String],
        proposed: usize,
    ) -> Result<Option<usize>, CommandError> {
        if !self.can_prompt {
            return Err(CommandError::usage(format!("cannot ask {prompt:?}: there is no terminal")));
        }
        let items: Vec<_> = items.iter().map(|item| clean::line(item)).collect();
        dialoguer::Select::new()
            .with_prompt(clean::line(prompt))
            .items(&items)
            .default(proposed)
            .max_length(12)
            .interact_opt()
            .map_err(no_answer)
    }

    /// Asks for a line, again until it is right.
    ///
    /// # Errors
    /// Without a terminal.
    pub(crate) fn ask(
        &mut self,
        prompt: &str,
        proposed: Option<&str>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, CommandError> {
        if !self.can_prompt {
            return Err(CommandError::usage(format!("cannot ask {prompt:?}: there is no terminal")));
        }
        let mut input = dialoguer::Input::<String>::new()
            .with_prompt(clean::line(prompt))
            .validate_with(|line: &String| check(line).map_err(|error| clean::line(&error).into_owned()));
        if let Some(proposed) = proposed {
            input = input.default(clean::line(proposed).into_owned());
        }
        input.interact_text().map_err(no_answer)
    }

    /// Asks for a line that is not shown while it is typed, again until it is right; an empty
    /// one is what is proposed.
    ///
    /// # Errors
    /// Without a terminal.
    pub(crate) fn ask_hidden(
        &mut self,
        prompt: &str,
        proposed: Option<&str>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, CommandError> {
        if !self.can_prompt {
            return Err(CommandError::usage(format!("cannot ask {prompt:?}: there is no terminal")));
        }
        let answer = |line: &str| match proposed {
            Some(proposed) if line.is_empty() => proposed.to_owned(),
            _ => line.to_owned(),
        };
        let note = if proposed.is_some() { " (hidden; Enter keeps what is proposed)" } else { " (hidden)" };
        let typed = dialoguer::Password::new()
            .with_prompt(format!("{}{note}", clean::line(prompt)))
            .allow_empty_password(true)
            .validate_with(|line: &String| check(&answer(line)).map_err(|error| clean::line(&error).into_owned()))
            .interact()
            .map_err(no_answer)?;
        Ok(answer(&typed))
    }
}

/// A text that ends with a command to run, in two.
fn command_in(text: &str) -> Option<(&str, &str)> {
    let at = [": kubectl ", ": oc "].iter().filter_map(|start| text.find(start)).min()?;
    Some((&text[..=at], &text[at + 2..]))
}

/// An interrupt at a prompt ends the program; anything else is no answer.
fn no_answer(error: dialoguer::Error) -> CommandError {
    let dialoguer::Error::IO(error) = error;
    restore_cursor();
    if error.kind() == io::ErrorKind::Interrupted {
        return CommandError::interrupted("interrupted at the question; nothing was changed");
    }
    CommandError::declined(format!("no answer: {error}"))
}

/// Shows the cursor again: a prompt hides it, and an interrupt leaves it hidden.
pub fn restore_cursor() {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = stderr.write_all(b"\x1b[?25h\n");
        let _ = stderr.flush();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::Pipe;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_goes_is_no_error() {
        let mut pipe = Pipe { inner: Gone, is_closed: false };
        pipe.write_all(b"much").unwrap();
        pipe.flush().unwrap();
        pipe.write_all(b"more").unwrap();
    }
}
