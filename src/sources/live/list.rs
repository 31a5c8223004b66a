//! Lists in pages, decoded into lean types while the next page comes in.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::task::JoinHandle;

use super::{Answer, Connection, SourceError, raw};
use crate::model::cluster::{Detail, Objects, Unreadable};
use crate::model::page::{self, NoList, Page};
use crate::model::shared::Pool;
use crate::model::{Kind, Reading};
use crate::sources::conversion::to_v1;

/// What is asked for of a kind.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// Kind.
    pub(super) kind: Kind,
    /// Namespace; everywhere without one.
    pub(super) namespace: Option<String>,
    /// How much of each object is kept.
    pub(super) detail: Detail,
    /// Selectors with the names of their parameters.
    pub(super) selectors: Vec<(&'static str, String)>,
}

/// What came of a list.
pub(super) struct Listing {
    /// Its pages, decoded.
    pub(super) pages: Vec<Objects>,
    /// How much of each object was kept.
    pub(super) detail: Detail,
    /// Objects that do not have the shape of their kind.
    pub(super) unreadable: Vec<Unreadable>,
    /// How completely it was read.
    pub(super) reading: Reading,
}

impl Listing {
    /// Nothing so far.
    fn of(query: &Query) -> Self {
        Self { pages: Vec::new(), detail: query.detail, unreadable: Vec::new(), reading: Reading::Listed }
    }
}

/// Objects per page, as kubectl asks for.
const PAGE: usize = 500;

/// Pages that may wait for being decoded while the next one comes in: all are in memory.
const UNDECODED: usize = 2;

/// The path of a kind's list.
pub(super) fn path(kind: Kind, version: &str, namespace: Option<&str>) -> String {
    let group =
        if kind.group().is_empty() { format!("/api/{version}") } else { format!("/apis/{}/{version}", kind.group()) };
    match namespace.filter(|_| kind.is_namespaced()) {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{}", kind.plural()),
        None => format!("{group}/{}", kind.plural()),
    }
}

impl Connection {
    /// Lists a kind page by page; each is decoded on another thread while the next one
    /// comes in.
    pub(super) async fn list(&self, query: &Query) -> Listing {
        let mut listing = Listing::of(query);
        let mut token: Option<String> = None;
        let mut waiting: VecDeque<Decoding> = VecDeque::new();
        let mut broken = None;
        let mut restarted = false;
        let mut kept = Vec::new();
        let pool = Arc::new(Mutex::new(Pool::default()));
        let Some(version) = self.version_of(query.kind).await else {
            return Listing { reading: Reading::NotServed, ..listing };
        };
        loop {
            let answer = match self.get_patiently(&query.url(version, token.as_deref())).await {
                Ok(answer) if answer.status == 200 => answer,
                // The snapshot that the token names is gone: begin again, once.
                Ok(answer) if answer.status == 410 && !restarted => {
                    restarted = true;
                    token = None;
                    waiting.clear();
                    broken = None;
                    kept.clear();
                    listing = Listing::of(query);
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
            if self.keeps() {
                kept.extend(raw::objects(query.kind, version, &answer.body));
            }
            // The token stands before the objects, which therefore need not be waited for.
            let mut next = page::peek_next(&answer.body);
            let (kind, detail, pool) = (query.kind, query.detail, Arc::clone(&pool));
            waiting.push_back(tokio::task::spawn_blocking(move || decode(kind, version, &answer.body, detail, &pool)));
            if next.is_none() {
                // Only the last page tells whether there is another one.
                for page in waiting.drain(..) {
                    next = self.take(&mut listing, &mut broken, page.await);
                }
            } else if waiting.len() > UNDECODED
                && let Some(page) = waiting.pop_front()
            {
                self.take(&mut listing, &mut broken, page.await);
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
        self.keep(kept);
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

    /// Reads one object by its name; `None` when it does not exist.
    pub(super) async fn read_one(&self, query: &Query, name: &str) -> Result<Option<Objects>, SourceError> {
        let Some(version) = self.version_of(query.kind).await else { return Ok(None) };
        let path = format!("{}/{name}", path(query.kind, version, query.namespace.as_deref()));
        let answer = self.get_patiently(&path).await.map_err(|error| self.unreachable(&error))?;
        match answer.status {
            200 => {
                let page = [br#"{"items":["#, answer.body.as_slice(), b"]}"].concat();
                if self.keeps() {
                    self.keep(raw::objects(query.kind, version, &page));
                }
                let page = decode(query.kind, version, &page, query.detail, &Mutex::default())
                    .map_err(|error| SourceError::new(format!("the answer is no {}: {error}", query.kind)))?;
                Ok(page.unreadable.is_empty().then_some(page.objects))
            }
            404 => Ok(None),
            _ => Err(SourceError::new(answer.reason())),
        }
    }

    /// The version in which a kind is read; `None` when the server does not serve it.
    async fn version_of(&self, kind: Kind) -> Option<&'static str> {
        if BUILT_IN.contains(&kind.group()) {
            return Some(kind.version());
        }
        match self.served().await {
            Some(served) => served.version(kind),
            None => Some(kind.version()),
        }
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

/// Groups that no API server is without.
const BUILT_IN: [&str; 6] =
    ["", "apps", "rbac.authorization.k8s.io", "storage.k8s.io", "scheduling.k8s.io", "node.k8s.io"];

/// Decodes a page of the kind's own version, or of an older one that is converted.
fn decode(kind: Kind, version: &str, page: &[u8], detail: Detail, pool: &Mutex<Pool>) -> Result<Page<Objects>, NoList> {
    if version == kind.version() {
        return Objects::decode(kind, page, detail, pool);
    }
    let mut list: Value = serde_json::from_slice(page).unwrap_or_default();
    for item in list["items"].as_array_mut().into_iter().flatten() {
        *item = to_v1(kind, &format!("{}/{version}", kind.group()), item.take());
    }
    // What is no JSON becomes no list here.
    Objects::decode(kind, list.to_string().as_bytes(), detail, pool)
}

/// A page that is being decoded.
type Decoding = JoinHandle<Result<Page<Objects>, NoList>>;
/// What came of it.
type Decoded = Result<Result<Page<Objects>, NoList>, tokio::task::JoinError>;

impl Query {
    /// All objects of a kind in a namespace, or everywhere.
    pub(super) fn all(kind: Kind, namespace: Option<&str>) -> Self {
        Self { kind, namespace: namespace.map(str::to_owned), detail: Detail::Whole, selectors: Vec::new() }
    }

    fn url(&self, version: &str, token: Option<&str>) -> String {
        let mut url = format!("{}?limit={PAGE}", path(self.kind, version, self.namespace.as_deref()));
        let selectors = self.selectors.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in selectors.chain(token.map(|token| ("continue", token))) {
            url.push_str(&format!("&{name}={}", encode(value)));
        }
        url
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
        assert_eq!(path(Kind::Pod, "v1", Some("a")), "/api/v1/namespaces/a/pods");
        assert_eq!(path(Kind::TaskRun, "v1", None), "/apis/tekton.dev/v1/taskruns");
        assert_eq!(path(Kind::Node, "v1", Some("a")), "/api/v1/nodes");
        assert_eq!(encode("status.phase!=Failed"), "status.phase%21%3DFailed");
    }
}
