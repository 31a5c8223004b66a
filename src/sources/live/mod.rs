//! A live API server: the only place that names kube.

mod connect;
pub mod kubeconfig;
mod list;
mod names;
mod patience;
mod progress;
mod raw;
mod read;
pub mod rehearse;
mod served;
pub mod write;

use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Request;
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use tokio::sync::{OnceCell, Semaphore};

use super::{Raw, SourceError};
use crate::model::Reading;

pub use connect::{Access, connect};
pub use progress::Progress;

/// A connection to an API server.
pub struct Connection {
    client: Client,
    /// Namespace of the kubeconfig's context.
    pub default_namespace: String,
    /// How long one request may take.
    pub timeout: Duration,
    /// Address of the server, for messages.
    pub server: String,
    /// Told how many objects have been read, after each page, and `None` at the end.
    pub on_page: Option<OnPage>,
    objects_read: AtomicUsize,
    /// Told what a person who waits should know.
    pub on_notice: Option<OnNotice>,
    /// Told of every request, once it is answered or is given up.
    pub on_request: Option<OnRequest>,
    /// At most so many reads are under way: every one over HTTP/1.1 is a connection.
    gate: Semaphore,
    waits: patience::Budget,
    served: OnceCell<Option<served::Served>>,
    version: OnceCell<Option<String>>,
    clock: Mutex<Option<Timestamp>>,
    /// Objects with all fields, while they are kept.
    kept: Mutex<Option<Vec<Raw>>>,
}

/// Hears what a person who waits should know.
pub type OnNotice = Box<dyn Fn(&str) + Send + Sync>;

/// A request, as far as it may be told: no header and no body, which may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// `GET` for example.
    pub method: &'a str,
    /// Server, path and query.
    pub url: &'a str,
    /// HTTP status; none where no whole answer came.
    pub status: Option<u16>,
    /// Size of the answer in bytes.
    pub bytes: usize,
    /// How long it took.
    pub took: Duration,
}

/// Hears of every request.
pub type OnRequest = Box<dyn Fn(&Exchange<'_>) + Send + Sync>;

/// Reads under way at once.
const AT_ONCE: usize = 6;

/// Hears how reading goes.
pub type OnPage = Box<dyn Fn(Option<usize>) + Send + Sync>;

/// An answer of the server.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Texts of the `Warning` headers.
    pub warnings: Vec<String>,
    /// Seconds to wait, when the server says so.
    pub retry_after: Option<u64>,
    /// Body.
    pub body: Vec<u8>,
    /// How long the server asked to wait, where that was too long.
    given_up: Option<Duration>,
}

/// Largest answer that is held, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Why no answer came. For a write that means: the outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

impl Connection {
    /// Sends one request, once. Whether to send it again is the caller's decision.
    ///
    /// # Errors
    /// When no whole answer came in time.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, NoAnswer> {
        let (method, url) = (request.method().to_string(), format!("{}{}", self.server, request.uri()));
        let exchange = async {
            let response =
                self.client.send(request.map(Body::from)).await.map_err(|error| NoAnswer(connect::explain(&error)))?;
            let status = response.status().as_u16();
            let headers = response.headers();
            let warnings =
                headers.get_all("warning").iter().filter_map(|v| v.to_str().ok()).map(warning_text).collect();
            let retry_after = headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
            self.set_clock(headers.get("date").and_then(|v| v.to_str().ok()).and_then(server_time));
            let body = http_body_util::Limited::new(response.into_body(), LARGEST_ANSWER)
                .collect()
                .await
                .map_err(|error| NoAnswer(format!("the answer broke off: {error}")))?
                .to_bytes()
                .to_vec();
            Ok(Answer { status, warnings, retry_after, body, given_up: None })
        };
        let began = Instant::now();
        let answer = tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(NoAnswer(format!("no answer within {} s", self.timeout.as_secs()))));
        if let Some(on_request) = &self.on_request {
            let status = answer.as_ref().ok().map(|answer| answer.status);
            let bytes = answer.as_ref().map_or(0, |answer| answer.body.len());
            on_request(&Exchange { method: &method, url: &url, status, bytes, took: began.elapsed() });
        }
        answer
    }

    /// Reads a path.
    ///
    /// # Errors
    /// When no answer came; an error status is an answer.
    pub async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        let request = Request::get(path)
            .header("accept", "application/json")
            .body(Vec::new())
            .map_err(|error| NoAnswer(format!("{path} is no path: {error}")))?;
        self.send(request).await
    }

    /// The API server's version, `v1.33.2` for example.
    ///
    /// # Errors
    /// When the server does not answer or does not say it.
    pub async fn version(&self) -> Result<String, SourceError> {
        self.version_or_none().await?.ok_or_else(|| SourceError::new("the API server does not say its version"))
    }

    /// The same; `None` where the server does not say it.
    async fn version_or_none(&self) -> Result<Option<String>, SourceError> {
        let ask = || async {
            let answer = self.get_patiently("/version").await.map_err(|error| self.unreachable(&error))?;
            match answer.status {
                401 => Err(SourceError::new(answer.reason()).hint("log in again: oc login, or pass --token")),
                _ => Ok(list::git_version(&answer)),
            }
        };
        self.version.get_or_try_init(ask).await.cloned()
    }

    /// The server's clock, as its last answer told it.
    fn server_clock(&self) -> Option<Timestamp> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_clock(&self, now: Option<Timestamp>) {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        // Answers do not come in the order in which they were sent.
        *clock = now.max(*clock);
    }

    /// Reads one object of a namespace by its name; `None` when it does not exist.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn named(
        &self,
        kind: crate::model::Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<serde_json::Value>, SourceError> {
        self.object(&format!("{}/{name}", list::path(kind, kind.version(), Some(namespace)))).await
    }

    /// Reads one object as JSON; `None` when it does not exist.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn object(&self, path: &str) -> Result<Option<serde_json::Value>, SourceError> {
        let answer = self.get_patiently(path).await.map_err(|error| self.unreachable(&error))?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body)
                .map(Some)
                .map_err(|error| SourceError::new(format!("{path}: the answer is no JSON: {error}"))),
            404 => Ok(None),
            _ => Err(SourceError::new(answer.reason())),
        }
    }

    /// The error for a server that does not answer.
    pub fn unreachable(&self, error: &NoAnswer) -> SourceError {
        SourceError::new(format!("cannot reach the API server {}: {error}", self.server))
            .hint("check the context (--context), the network and the login (oc whoami), or read an export with --from")
    }
}

impl Answer {
    /// The server's own words for a status that is no success.
    pub fn reason(&self) -> String {
        let status: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let message = status.as_ref().and_then(|status| status.get("message")?.as_str().map(str::to_owned));
        match message {
            _ if self.status == 401 => {
                let said = message.map(|message| format!("{message}: ")).unwrap_or_default();
                format!("{said}the server does not know the credentials (401); log in again")
            }
            _ if self.given_up.is_some() => {
                let wait = self.given_up.unwrap_or_default().as_secs();
                format!("the server is overloaded and asks to wait {wait} s ({})", self.status)
            }
            Some(message) => message,
            None => format!("the server answered {}", self.status),
        }
    }
}

/// The time in a `Date` header.
fn server_time(header: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(header).ok()
}

/// The text inside a `Warning` header: `299 - "text"`.
fn warning_text(header: &str) -> String {
    let inner = header.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map_or(header, |(inner, _)| inner);
    inner.replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::{server_time, warning_text};

    #[test]
    fn the_servers_clock_is_read() {
        assert_eq!(server_time("Wed, 25 Nov 2026 23:22:25 GMT"), "2026-11-25T23:22:25Z".parse().ok());
        assert_eq!(server_time("yesterday"), None);
    }

    #[test]
    fn warnings_are_taken_out_of_their_header() {
        assert_eq!(warning_text(r#"299 - "unknown field \"spec.podTemplate\"""#), "unknown field \"spec.podTemplate\"");
        assert_eq!(warning_text("odd"), "odd");
    }
}
