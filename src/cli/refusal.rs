//! A command line that cannot be read: the parser's words in the dialect of all other errors.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::CommandError;

/// The error for what the parser refused; `program` is what the caller typed.
pub fn refusal(error: &clap::Error, program: &str) -> CommandError {
    let rendered = error.render().to_string();
    let message = rendered.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    // What may stand there is a hint, and so not part of the message.
    let message: Vec<&str> = message.filter(|line| !line.starts_with("[possible values:")).collect();
    let message = message.join(" ");
    let mut refused = CommandError::usage(message.trim_start_matches("error: ").trim_end());
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        let names = texts(error, kind);
        if !names.is_empty() {
            refused = refused.hint(format!("did you mean {}?", names.join(" or ")));
        }
    }
    let values = texts(error, ContextKind::ValidValue);
    if !values.is_empty() {
        refused = refused.hint(format!("expected one of: {}", values.join(", ")));
    }
    if error.kind() == ErrorKind::InvalidSubcommand {
        return refused.hint(format!("all commands: {program} --help"));
    }
    let usage = rendered.lines().find_map(|line| line.strip_prefix("Usage: "));
    match usage {
        Some(usage) => refused.hint(format!("usage: {}", usage.trim())),
        None => refused,
    }
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::refusal;
    use crate::cli::CommandError;

    fn refused(line: &str) -> CommandError {
        let words = std::iter::once("kubectl-tekton_fix").chain(line.split(' '));
        let error = crate::commands::Cli::command().try_get_matches_from(words).unwrap_err();
        refusal(&error, "kubectl tekton-fix")
    }

    #[test]
    fn what_was_expected_is_said_in_one_dialect() {
        for (line, message, hint) in [
            ("diagnos", "unrecognized subcommand 'diagnos'", "did you mean diagnose?"),
            ("diagnose --namespac x", "unexpected argument '--namespac' found", "did you mean --namespace?"),
            ("diagnose -o jsn", "invalid value 'jsn' for '--output <FORMAT>'", "did you mean json?"),
            ("diagnose -o jsn", "invalid value", "expected one of: wide, json, yaml, name, jsonpath=, jsonpath-file="),
            ("diagnose a b", "unexpected argument 'b' found", "usage: kubectl tekton-fix diagnose"),
            ("diagnose -o go-template={{.}}", "--output: go-template is not supported", "usage: "),
            ("snapshot", "required arguments were not provided: --output <DIR|FILE>", "usage: "),
        ] {
            let error = refused(line);
            assert!(error.message.contains(message), "{line}: {error:?}");
            assert!(error.hints.iter().any(|one| one.contains(hint)), "{line}: {error:?}");
            assert!(!error.message.starts_with("error") && error.hints.len() <= 3, "{line}: {error:?}");
        }
    }
}
