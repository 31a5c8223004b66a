//! A task's pod refused in words that no other check knows.

use crate::finding::{Cause, Facts, Finding};

/// `task-pod-refused`.
pub fn finding(task: &str, message: &str) -> Finding {
    // `failed to create task run pod "NAME": words`
    let message = message
        .strip_prefix("failed to create task run pod \"")
        .and_then(|rest| rest.split_once("\": "))
        .map_or(message, |(_, words)| words);
    let finding =
        Finding::new(Cause::TaskPodRefused, format!("the pod of task {task} could not be created: {message}"));
    if !is_of_the_moment(message) {
        return finding;
    }
    finding.facts(Facts::Passing).link("The API server could not answer at that moment; it refused nothing.")
}

/// Whether words are those of a server, or of the way to it, that fails for the moment
/// (etcd api/v3rpc/rpctypes, kubernetes apimachinery pkg/api/errors, Go's net).
fn is_of_the_moment(message: &str) -> bool {
    const WORDS: [&str; 12] = [
        "etcdserver: ",
        "request did not complete within",
        "context deadline exceeded",
        "i/o timeout",
        "timed out",
        "connection refused",
        "connection reset",
        "TLS handshake timeout",
        "too many requests",
        "the server is currently unable",
        "http2: client connection lost",
        "unexpected EOF",
    ];
    WORDS.iter().any(|words| message.contains(words))
}
