//! What a kubelet serves to the API server: logs of containers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use tokio::task::JoinHandle;

use crate::pki::Pki;
use crate::{Result, https};

/// Logs by `namespace/pod/container`.
pub type Logs = Arc<Mutex<BTreeMap<String, String>>>;

/// Serves `/containerLogs/NAMESPACE/POD/CONTAINER` on a port.
///
/// # Errors
/// When the port or the certificate cannot be had.
pub async fn serve(pki: &Pki, port: u16, logs: Logs) -> Result<JoinHandle<()>> {
    https::serve(pki, port, move |request| {
        let response = answer(&request, &logs);
        async move { response }
    })
    .await
}

fn answer(request: &Request<Incoming>, logs: &Logs) -> Response<Full<Bytes>> {
    let key = request.uri().path().strip_prefix("/containerLogs/").unwrap_or_default();
    let log = logs.lock().ok().and_then(|logs| logs.get(key).cloned());
    let container = key.rsplit('/').next().unwrap_or_default();
    let (status, text) = match log {
        Some(log) => (StatusCode::OK, log),
        // The kubelet's words for a container without a log.
        None => (StatusCode::BAD_REQUEST, format!("container \"{container}\" in pod is waiting to start")),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response
}
