//! `-o`: the formats of a report, named as kubectl names them.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::report::json::template::Template;

/// How to print.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// For people, with everything
    Wide,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Names only
    Name,
    /// As the caller describes it
    Template(Box<Template>),
}

/// Formats by their names.
const NAMED: [(&str, Output); 4] =
    [("wide", Output::Wide), ("json", Output::Json), ("yaml", Output::Yaml), ("name", Output::Name)];
/// Formats that are described, as help and completion show them.
const DESCRIBED: [&str; 4] = ["jsonpath=", "jsonpath-file=", "custom-columns=", "custom-columns-file="];

impl Output {
    /// Reads a format; case does not matter.
    fn read(text: &str) -> Option<Result<Self, String>> {
        let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, output)) = named {
            return Some(Ok(output.clone()));
        }
        Template::read(text, file).map(|template| template.map(|template| Self::Template(Box::new(template))))
    }

    /// The format that a command line asks for, as far as it can be told without
    /// reading it: an error in it is reported in the same format.
    pub fn wanted(args: &[OsString]) -> Option<Self> {
        let mut words = args.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
        let mut last = None;
        while let Some(word) = words.next() {
            let value = match word.strip_prefix("--output").or_else(|| word.strip_prefix("-o")) {
                Some("") => words.next().map(Cow::into_owned),
                Some(rest) if rest.starts_with('=') || !word.starts_with("--") => {
                    Some(rest.trim_start_matches('=').to_owned())
                }
                Some(_) | None => None,
            };
            last = value.or(last);
        }
        Self::read(&last?)?.ok()
    }

    /// Whether a program reads it, and so its errors are documents as well.
    pub fn is_document(&self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }
}

/// The largest template that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The text of a file that holds a template.
fn file(path: &str) -> Result<String, String> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    read.map(|_| text).map_err(|error| format!("cannot read {path}: {error}"))
}

/// Reads the value of `-o`.
#[derive(Debug, Clone, Copy)]
pub struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Output, clap::Error> {
        let text = value.to_string_lossy();
        let refused = |kind| {
            let mut error = clap::Error::new(kind).with_cmd(command);
            if let Some(arg) = arg {
                error.insert(ContextKind::InvalidArg, ContextValue::String(arg.to_string()));
            }
            error.insert(ContextKind::InvalidValue, ContextValue::String(text.clone().into_owned()));
            error
        };
        match Output::read(&text) {
            Some(Ok(output)) => Ok(output),
            Some(Err(why)) => Err(command.clone().error(ErrorKind::ValueValidation, format!("--output: {why}"))),
            None => {
                let mut error = refused(ErrorKind::InvalidValue);
                let formats: Vec<String> = NAMED.iter().map(|(name, _)| (*name).to_owned()).collect();
                let nearest =
                    formats.iter().map(|name| (strsim::jaro_winkler(&text.to_lowercase(), name), name.clone()));
                let nearest = nearest.filter(|(likeness, _)| *likeness > 0.8).max_by(|(a, _), (b, _)| a.total_cmp(b));
                if let Some((_, name)) = nearest {
                    error.insert(ContextKind::SuggestedValue, ContextValue::String(name));
                }
                let all = formats.into_iter().chain(DESCRIBED.map(str::to_owned)).collect();
                error.insert(ContextKind::ValidValue, ContextValue::Strings(all));
                Err(error)
            }
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let named = NAMED.iter().map(|(name, _)| *name);
        Some(Box::new(named.chain(DESCRIBED).map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_known_before_the_line_is_read() {
        let wanted = |line: &str| Output::wanted(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for line in ["x -o json", "x -ojson", "x -o=json", "x --output json y", "x --output=JSON", "x -o yaml -o json"]
        {
            assert_eq!(wanted(line), Some(Output::Json), "{line}");
        }
        for line in ["x", "x -o", "x -o custom", "x -- -o json", "x --outputs=json"] {
            assert_eq!(wanted(line), None, "{line}");
        }
    }

    #[test]
    fn formats_are_read_as_kubectl_reads_them() {
        assert_eq!(Output::read("JSON"), Some(Ok(Output::Json)));
        assert!(matches!(Output::read("jsonpath={.runs[*].name}"), Some(Ok(Output::Template(_)))));
        assert!(matches!(Output::read("custom-columns=NAME:.name"), Some(Ok(Output::Template(_)))));
        for text in [
            "go-template={{.}}",
            "jsonpath",
            "jsonpath=",
            "jsonpath={",
            "custom-columns=A",
            "jsonpath-file=/nonexistent",
        ] {
            assert!(matches!(Output::read(text), Some(Err(_))), "{text}");
        }
        assert_eq!(Output::read("jsn"), None);
    }
}
