//! Plain JSON requests to the rig's API server.

use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::Value;

use crate::Result;

/// An answer: status, warnings, JSON body (`null` when it is none).
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Warning` headers.
    pub warnings: Vec<String>,
    /// Body.
    pub body: Value,
    /// Body as text.
    pub text: String,
}

/// Requests with the rights of one user.
#[derive(Clone)]
pub struct Api {
    client: Client,
}

impl Api {
    /// Wraps a client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Sends a request; again while the server asks for patience (429), as it does
    /// when a new CRD's storage comes up.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn send(&self, method: &str, path: &str, content_type: &str, body: Option<&Value>) -> Result<Answer> {
        for _ in 0..20 {
            let answer = self.send_once(method, path, content_type, body).await?;
            if answer.status != 429 {
                return Ok(answer);
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        self.send_once(method, path, content_type, body).await
    }

    async fn send_once(&self, method: &str, path: &str, content_type: &str, body: Option<&Value>) -> Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .header("accept", "application/json")
            .body(Body::from(body.map(|body| body.to_string().into_bytes()).unwrap_or_default()))
            .map_err(|error| format!("{method} {path}: {error}"))?;
        let response = self.client.send(request).await.map_err(|error| format!("{method} {path}: {error}"))?;
        let status = response.status().as_u16();
        let warnings =
            response.headers().get_all("warning").iter().filter_map(|v| Some(v.to_str().ok()?.to_owned())).collect();
        let bytes =
            response.into_body().collect().await.map_err(|error| format!("{method} {path}: {error}"))?.to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer { status, warnings, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), text })
    }

    /// Reads; `None` for 404.
    ///
    /// # Errors
    /// For other statuses.
    pub async fn get(&self, path: &str) -> Result<Option<Value>> {
        let answer = self.send("GET", path, "application/json", None).await?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            status => Err(format!("GET {path}: {status} {}", answer.text)),
        }
    }

    /// Items of a list.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let list = self.get(path).await?.unwrap_or_default();
        Ok(list.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Creates; returns the stored object.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create(&self, path: &str, object: &Value) -> Result<Value> {
        let answer = self.send("POST", path, "application/json", Some(object)).await?;
        if matches!(answer.status, 200 | 201) {
            Ok(answer.body)
        } else {
            Err(format!("POST {path}: {} {}", answer.status, answer.text))
        }
    }

    /// Patches by JSON merge patch.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn patch(&self, path: &str, patch: &Value) -> Result<Value> {
        let answer = self.send("PATCH", path, "application/merge-patch+json", Some(patch)).await?;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(format!("PATCH {path}: {} {}", answer.status, answer.text))
        }
    }

    /// Patches by JSON patch.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn json_patch(&self, path: &str, patch: &Value) -> Result<Value> {
        let answer = self.send("PATCH", path, "application/json-patch+json", Some(patch)).await?;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(format!("PATCH {path}: {} {}", answer.status, answer.text))
        }
    }

    /// Server-side apply.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn apply(&self, object: &Value) -> Result<Value> {
        let path = format!("{}?fieldManager=rig&force=true", object_path(object)?);
        let answer = self.send("PATCH", &path, "application/apply-patch+yaml", Some(object)).await?;
        if matches!(answer.status, 200 | 201) {
            Ok(answer.body)
        } else {
            Err(format!("apply {path}: {} {}", answer.status, answer.text))
        }
    }

    /// Deletes; a missing object is fine.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn delete(&self, path: &str) -> Result<()> {
        let answer = self.send("DELETE", path, "application/json", None).await?;
        if matches!(answer.status, 200 | 202 | 404) {
            Ok(())
        } else {
            Err(format!("DELETE {path}: {} {}", answer.status, answer.text))
        }
    }
}

/// Kinds whose plural is not the kind in lower case with an `s`.
const PLURALS: [(&str, &str); 5] = [
    ("SecurityContextConstraints", "securitycontextconstraints"),
    ("PriorityClass", "priorityclasses"),
    ("StorageClass", "storageclasses"),
    ("RuntimeClass", "runtimeclasses"),
    ("Endpoints", "endpoints"),
];

/// Path of an object's collection.
///
/// # Errors
/// When the object lacks its kind.
pub fn collection_path(object: &Value) -> Result<String> {
    let text = |at: &str| object.pointer(at).and_then(Value::as_str);
    let (Some(version), Some(kind)) = (text("/apiVersion"), text("/kind")) else {
        return Err(format!("no kind: {object}"));
    };
    let plural = PLURALS.iter().find(|(known, _)| *known == kind).map_or_else(
        || {
            let lower = kind.to_lowercase();
            lower.strip_suffix('y').map_or_else(|| format!("{lower}s"), |stem| format!("{stem}ies"))
        },
        |(_, plural)| (*plural).to_owned(),
    );
    let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    Ok(match text("/metadata/namespace").filter(|_| kind != "Namespace") {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}"),
        None => format!("{root}/{plural}"),
    })
}

/// Path of an object.
///
/// # Errors
/// When the object lacks its kind or name.
pub fn object_path(object: &Value) -> Result<String> {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).ok_or("no name")?;
    Ok(format!("{}/{name}", collection_path(object)?))
}
