//! `-v`: what is read, from where, and how long it takes, by kubectl's levels.

use std::time::Duration;

use crate::cli::{GlobalArgs, Ui};
use crate::model::Cluster;
use crate::sources::live::{Connection, Exchange};

/// From this level on it is said where it is read from.
const SOURCE: u8 = 4;
/// From this level on each request is told, as kubectl tells them (kubernetes/client-go
/// `transport/round_trippers.go`, `DebugURLTiming`, v0.36).
const REQUESTS: u8 = 6;
/// From this level on the size of each answer is told.
const SIZES: u8 = 8;

/// Tells of a connection, and has it tell of its requests.
pub(super) fn connected(globals: &GlobalArgs, connection: &mut Connection) {
    let (level, color) = (globals.verbosity, globals.color);
    if level >= SOURCE {
        let namespace = &connection.default_namespace;
        Ui::terminal(color).status(&format!("reading {}, by default namespace {namespace}", connection.server));
    }
    if level >= REQUESTS {
        connection.on_request = Some(Box::new(move |exchange| Ui::terminal(color).status(&line(exchange, level))));
    }
}

/// Tells of an export.
pub(super) fn exported(globals: &GlobalArgs, from: &str, cluster: &Cluster, took: Duration) {
    if globals.verbosity >= SOURCE {
        let objects = cluster.origins.len();
        let line = format!("read {from}: {objects} objects in {} milliseconds", took.as_millis());
        Ui::terminal(globals.color).status(&line);
    }
}

fn line(exchange: &Exchange<'_>, level: u8) -> String {
    let status = exchange.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let size = if level >= SIZES { format!(", {} bytes", exchange.bytes) } else { String::new() };
    format!("{} {} {status} in {} milliseconds{size}", exchange.method, exchange.url, exchange.took.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_by_level() {
        let took = Duration::from_millis(12);
        let asked = Exchange { method: "GET", url: "https://a/version", status: Some(200), bytes: 7, took };
        assert_eq!(line(&asked, 6), "GET https://a/version 200 in 12 milliseconds");
        assert_eq!(line(&asked, 9), "GET https://a/version 200 in 12 milliseconds, 7 bytes");
        let lost = Exchange { status: None, ..asked };
        assert_eq!(line(&lost, 6), "GET https://a/version no answer in 12 milliseconds");
    }
}
