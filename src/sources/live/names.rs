//! Names alone, for completion: one small answer, no patience.

use http::Request;
use serde_json::Value;

use super::list::path;
use super::{Connection, NoAnswer};
use crate::model::Kind;

/// Only metadata are asked for; completion never needs more.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

impl Connection {
    /// Names of a kind in a namespace, newest first; at most 500.
    ///
    /// # Errors
    /// When no answer came. A refusal gives no names.
    pub async fn names(&self, kind: Kind, namespace: Option<&str>) -> Result<Vec<String>, NoAnswer> {
        let url = format!("{}?limit=500", path(kind, kind.version(), namespace));
        let request = Request::get(&url)
            .header("accept", METADATA_ONLY)
            .body(Vec::new())
            .map_err(|error| NoAnswer(format!("{url} is no path: {error}")))?;
        let answer = self.send(request).await?;
        let list: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |item: &Value, key: &str| item["metadata"][key].as_str().unwrap_or_default().to_owned();
        let items = list["items"].as_array().into_iter().flatten();
        let mut found: Vec<(String, String)> =
            items.map(|item| (text(item, "creationTimestamp"), text(item, "name"))).collect();
        found.sort_by(|a, b| b.cmp(a));
        Ok(found.into_iter().map(|(_, name)| name).filter(|name| !name.is_empty()).collect())
    }
}
