//! Lists in pages, decoded item by item into lean types.

use std::sync::atomic::Ordering;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Answer, Connection};
use crate::model::Kind;

/// Objects of one page.
#[derive(serde::Deserialize)]
struct Page {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: PageMeta,
    #[serde(default)]
    items: Option<Vec<Box<RawValue>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// How a list went.
pub(super) enum Listing<T> {
    /// Every page came.
    Whole(Vec<T>),
    /// Some came; the text says why not all.
    Partly(Vec<T>, String),
    /// The server refused.
    Forbidden(String),
    /// The server does not serve the kind.
    NotServed,
    /// Nothing came.
    Failed(String),
}

/// Objects per page, as kubectl asks for.
const PAGE: usize = 500;

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
    /// Lists a kind in a namespace, or everywhere. Items that do not have the shape
    /// of the kind are counted in the reason for an incomplete list.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        field_selector: Option<&str>,
    ) -> Listing<T> {
        let base = path(kind, namespace);
        let mut objects: Vec<T> = Vec::new();
        let mut token: Option<String> = None;
        let mut restarted = false;
        let mut broken: Option<String> = None;
        loop {
            let mut url = format!("{base}?limit={PAGE}");
            if let Some(selector) = field_selector {
                url.push_str(&format!("&fieldSelector={}", encode(selector)));
            }
            if let Some(token) = &token {
                url.push_str(&format!("&continue={}", encode(token)));
            }
            let answer = match self.get_patiently(&url).await {
                Ok(answer) => answer,
                Err(error) if objects.is_empty() => return Listing::Failed(error.to_string()),
                Err(error) => return Listing::Partly(objects, error.to_string()),
            };
            match answer.status {
                200 => {}
                403 | 401 => return Listing::Forbidden(answer.reason()),
                404 if token.is_none() => return Listing::NotServed,
                // The snapshot that the token names is gone: begin again, once.
                410 if !restarted => {
                    restarted = true;
                    token = None;
                    objects.clear();
                    continue;
                }
                _ if objects.is_empty() => return Listing::Failed(answer.reason()),
                _ => return Listing::Partly(objects, answer.reason()),
            }
            let page: Page = match serde_json::from_slice(&answer.body) {
                Ok(page) => page,
                Err(error) if objects.is_empty() => return Listing::Failed(format!("the answer is no list: {error}")),
                Err(error) => return Listing::Partly(objects, format!("the answer is no list: {error}")),
            };
            if !page.kind.is_empty() && !page.kind.ends_with("List") {
                return Listing::Failed(format!("the answer is no list, but a {}", page.kind));
            }
            let items = page.items.unwrap_or_default();
            self.tell(items.len());
            for item in items {
                match serde_json::from_str::<T>(item.get()) {
                    Ok(object) => objects.push(object),
                    Err(error) => broken = Some(format!("an object could not be read: {error}")),
                }
            }
            token = page.metadata.next.filter(|next| !next.is_empty());
            if token.is_none() {
                return match broken {
                    Some(reason) => Listing::Partly(objects, reason),
                    None => Listing::Whole(objects),
                };
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
