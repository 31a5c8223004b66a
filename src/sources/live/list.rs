//! Lists in pages, decoded into lean types while the next page comes in.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use serde_json::Value;
use tokio::task::JoinHandle;

use super::{Answer, Connection};
use crate::model::cluster::{Detail, Objects, Unreadable};
use crate::model::page::{self, NoList, Page};
use crate::model::{Kind, Reading};

/// What is asked for of a kind.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Kind.
    pub(super) kind: Kind,
    /// Namespace; everywhere without one.
    pub(super) namespace: Option<String>,
    /// How much of each object is kept.
    pub(super) detail: Detail,
    /// The rest of the URL: selectors, each after a `&`.
    pub(super) selectors: String,
}

/// What came of a list.
pub(super) struct Listing {
    /// Its pages, decoded.
    pub(super) pages: Vec<Objects>,
    /// Objects that do not have the shape of their kind.
    pub(super) unreadable: Vec<Unreadable>,
    /// How completely it was read.
    pub(super) reading: Reading,
}

/// Objects per page, as kubectl asks for.
const PAGE: usize = 500;

/// Pages that may wait for being decoded while the next one comes in: all are in memory.
const UNDECODED: usize = 2;

/// The path of a kind's list.
pub(super) fn path(kind: Kind, namespace: Option<&str>) -> String {
    let group = if kind.group().is_empty() {
        format!("/api/{}", kind.version())
    } else {
        format!("/apis/{}/{}", kind.group(), kind.version())
    };
    match namespace.filter(|_| kind.is_namespaced()) {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{}", kind.plural()),
        None => format!("{group}/{}", kind.plural()),
    }
}

impl Connection {
    /// Lists a kind page by page; each is decoded on another thread while the next one
    /// comes in.
    pub(super) async fn list(&self, query: &Query) -> Listing {
        let mut listing = Listing { pages: Vec::new(), unreadable: Vec::new(), reading: Reading::Listed };
        let mut token: Option<String> = None;
        let mut waiting: VecDeque<Decoding> = VecDeque::new();
        let mut broken = None;
        let mut restarted = false;
        loop {
            let answer = self.get_patiently(&query.url(token.as_deref())).await;
            let answer = match answer {
                Ok(answer) if answer.status == 200 => answer,
                // The snapshot that the token names is gone: begin again, once.
                Ok(answer) if answer.status == 410 && !restarted => {
                    restarted = true;
                    token = None;
                    waiting.clear();
                    broken = None;
                    listing = Listing { pages: Vec::new(), unreadable: Vec::new(), reading: Reading::Listed };
                    continue;
                }
                Ok(answer) => {
                    listing.reading = match answer.status {
                        401 | 403 => Reading::Forbidden(answer.reason()),
                        404 if token.is_none() => Reading::NotServed,
                        _ => Reading::Partly(answer.reason()),
                    };
                    break;
                }
                Err(error) => {
                    listing.reading = Reading::Partly(error.to_string());
                    break;
                }
            };
            // The token stands before the objects, which therefore need not be waited for.
            let mut next = page::peek_next(&answer.body);
            let (kind, detail) = (query.kind, query.detail);
            waiting.push_back(tokio::task::spawn_blocking(move || Objects::decode(kind, &answer.body, detail)));
            let may_wait = if next.is_some() { UNDECODED } else { 0 };
            while waiting.len() > may_wait {
                let Some(page) = waiting.pop_front() else { break };
                next = next.or(self.take(&mut listing, &mut broken, page.await));
            }
            if broken.is_some() || next.is_none() {
                break;
            }
            if next == token {
                broken = Some("the server gives the same page again and again".to_owned());
                break;
            }
            token = next;
        }
        for page in waiting {
            self.take(&mut listing, &mut broken, page.await);
        }
        match (broken, listing.unreadable.first()) {
            (Some(why), _) => listing.reading = Reading::Partly(why),
            (None, Some(first)) if listing.reading == Reading::Listed => {
                listing.reading = Reading::Partly(format!("an object could not be read: {first}"));
            }
            _ => {}
        }
        // What was refused in the middle is not refused as a whole.
        if let (Reading::Forbidden(why), false) = (&listing.reading, listing.pages.is_empty()) {
            listing.reading = Reading::Partly(why.clone());
        }
        listing
    }

    /// Takes a decoded page; gives the token of the next one.
    fn take(&self, listing: &mut Listing, broken: &mut Option<String>, page: Decoded) -> Option<String> {
        match page {
            Ok(Ok(page)) => {
                self.tell(page.count);
                listing.pages.push(page.objects);
                listing.unreadable.extend(page.unreadable);
                page.next
            }
            Ok(Err(error)) => {
                broken.get_or_insert(error.to_string());
                None
            }
            Err(error) => {
                broken.get_or_insert(format!("a page could not be decoded: {error}"));
                None
            }
        }
    }

    /// Adds to the objects that were read, and tells their number.
    fn tell(&self, more: usize) {
        if let Some(tell) = &self.on_page {
            let before = self.objects_read.fetch_add(more, Ordering::Relaxed);
            tell(Some(before + more));
        }
    }
}

/// A page that is being decoded.
type Decoding = JoinHandle<Result<Page<Objects>, NoList>>;
/// What came of it.
type Decoded = Result<Result<Page<Objects>, NoList>, tokio::task::JoinError>;

impl Query {
    /// All objects of a kind in a namespace, or everywhere.
    pub(super) fn all(kind: Kind, namespace: Option<&str>) -> Self {
        Self { kind, namespace: namespace.map(str::to_owned), detail: Detail::Whole, selectors: String::new() }
    }

    fn url(&self, token: Option<&str>) -> String {
        let base = path(self.kind, self.namespace.as_deref());
        let token = token.map(|token| format!("&continue={}", encode(token))).unwrap_or_default();
        format!("{base}?limit={PAGE}{}{token}", self.selectors)
    }
}

/// The version in a server's answer to `/version`, `v1.33.13` for example.
pub(super) fn git_version(answer: &Answer) -> Option<String> {
    let version: Value = serde_json::from_slice(&answer.body).ok()?;
    version.get("gitVersion")?.as_str().map(str::to_owned)
}

/// Percent-encodes a query value.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_those_of_the_api() {
        assert_eq!(path(Kind::Pod, Some("a")), "/api/v1/namespaces/a/pods");
        assert_eq!(path(Kind::TaskRun, None), "/apis/tekton.dev/v1/taskruns");
        assert_eq!(path(Kind::Node, Some("a")), "/api/v1/nodes");
        assert_eq!(encode("status.phase!=Failed"), "status.phase%21%3DFailed");
    }
}
