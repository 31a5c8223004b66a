//! A page of a list as an API server sends it, decoded straight into the lean types: what
//! the model does not hold is skipped and never stored.
//!
//! Mirrors kubernetes/apimachinery `pkg/apis/meta/v1/types.go` (`ListMeta`, v0.35.4).

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::cluster::Unreadable;
use super::kind::Kind;
use super::meta::{null_as_default, prune_nulls};

/// The objects of a page, and where the list goes on.
#[derive(Debug)]
pub struct Page<T> {
    /// Objects.
    pub objects: T,
    /// How many objects there are, those that could not be decoded left out.
    pub count: usize,
    /// Objects that do not have the shape of their kind.
    pub unreadable: Vec<Unreadable>,
    /// Token of the next page, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page with its objects as something else.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Page<U> {
        Page { objects: change(self.objects), count: self.count, unreadable: self.unreadable, next: self.next }
    }
}

/// An answer that is no list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer is no list{0}")]
pub struct NoList(String);

/// Metadata of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue", deserialize_with = "null_as_default")]
    next: String,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct Envelope<T> {
    #[serde(default, deserialize_with = "null_as_default")]
    kind: String,
    #[serde(default, deserialize_with = "null_as_default")]
    metadata: ListMeta,
    #[serde(default = "Option::default", deserialize_with = "items")]
    items: Option<Vec<T>>,
}

/// Go writes an empty list as `null`; without any it is no list.
fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

/// Decodes a page. An object that does not have the shape of its kind costs only itself.
pub(super) fn decode<T: DeserializeOwned>(kind: Kind, page: &[u8]) -> Result<Page<Vec<T>>, NoList> {
    let mut unreadable = Vec::new();
    if page.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(NoList(String::new()));
    }
    let envelope: Envelope<T> = match serde_json::from_slice(page) {
        Ok(envelope) => envelope,
        // Something in it is odd: one by one then, which shows what.
        Err(_) => {
            let raw: Envelope<&RawValue> =
                serde_json::from_slice(page).map_err(|error| NoList(format!(": {error}")))?;
            let mut objects = Vec::new();
            for item in raw.items.iter().flatten() {
                match object(kind, item.get()) {
                    Ok(object) => objects.push(object),
                    Err(error) => unreadable.push(error),
                }
            }
            Envelope { kind: raw.kind, metadata: raw.metadata, items: raw.items.map(|_| objects) }
        }
    };
    if !envelope.kind.is_empty() && !envelope.kind.ends_with("List") {
        return Err(NoList(format!(", but a {}", envelope.kind)));
    }
    let Some(objects) = envelope.items else { return Err(NoList(String::new())) };
    let next = Some(envelope.metadata.next).filter(|next| !next.is_empty());
    Ok(Page { count: objects.len(), objects, unreadable, next })
}

/// One object, with nulls where Go servers write them.
fn object<T: DeserializeOwned>(kind: Kind, text: &str) -> Result<T, Unreadable> {
    if let Ok(object) = serde_json::from_str(text) {
        return Ok(object);
    }
    let named = |object: &Value, reason: String| {
        let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let name = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
        Unreadable { kind: kind.name().to_owned(), name, reason }
    };
    let mut value: Value = serde_json::from_str(text).map_err(|error| named(&Value::Null, error.to_string()))?;
    prune_nulls(&mut value);
    T::deserialize(&value).map_err(|error| named(&value, error.to_string()))
}

/// The token of the next page, read from the head of a page as soon as it is there: servers
/// write it before the objects. `None` where it does not stand before them.
pub fn peek_next(page: &[u8]) -> Option<String> {
    let mut found = None;
    // It ends with an error, once enough was seen.
    let _ = Peek(&mut found).deserialize(&mut serde_json::Deserializer::from_slice(page));
    found.map(|meta: ListMeta| meta.next).filter(|next| !next.is_empty())
}

/// Reads a list up to its metadata.
struct Peek<'a>(&'a mut Option<ListMeta>);

impl<'de> DeserializeSeed<'de> for Peek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Peek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" => {
                    *self.0 = map.next_value()?;
                    break;
                }
                "items" => break,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::pod::Pod;
    use super::*;

    #[test]
    fn an_object_that_is_no_pod_costs_only_itself() {
        let page = br#"{"kind":"PodList","metadata":{"continue":"t"},"items":[
            {"metadata":{"name":"a","namespace":"n","labels":{"k":null}},"spec":{"containers":null}},
            {"metadata":{"name":"b","namespace":"n"},"spec":{"containers":"none"}},
            {"metadata":{"name":"c","namespace":"n"}}]}"#;
        let page = decode::<Pod>(Kind::Pod, page).unwrap();
        let names: Vec<&str> = page.objects.iter().map(|pod| pod.metadata.name.as_str()).collect();
        assert_eq!((names, page.count, page.next.as_deref()), (vec!["a", "c"], 2, Some("t")));
        assert_eq!((page.unreadable.len(), page.unreadable[0].name.as_str()), (1, "n/b"));
    }

    #[test]
    fn what_is_no_list_is_told_from_an_empty_one() {
        let said = |text: &str| decode::<Pod>(Kind::Pod, text.as_bytes()).map(|page| page.count).map_err(|e| e.0);
        assert_eq!(said(r#"{"kind":"PodList","items":null}"#), Ok(0));
        assert_eq!(said(r#"{"kind":"Status","items":[]}"#), Err(", but a Status".to_owned()));
        for text in ["<html>", "", r#"{"items":[{"metadata":{}}"#, "[]", "{}", r#"{"items":{}}"#] {
            assert!(said(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_next_page_is_known_from_the_head_of_a_page() {
        assert_eq!(peek_next(br#"{"kind":"PodList","metadata":{"continue":"t"},"items":[{"#), Some("t".to_owned()));
        for text in
            [r#"{"metadata":{},"items":[]}"#, r#"{"items":[],"metadata":{"continue":"t"}}"#, "", "{\"metadata\":{\"con"]
        {
            assert_eq!(peek_next(text.as_bytes()), None, "{text}");
        }
    }
}
