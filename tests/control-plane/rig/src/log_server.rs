//! What a kubelet serves to the API server: logs of containers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::Result;
use crate::pki::Pki;

/// Logs by `namespace/pod/container`.
pub type Logs = Arc<Mutex<BTreeMap<String, String>>>;

/// Serves `/containerLogs/NAMESPACE/POD/CONTAINER` on a port.
///
/// # Errors
/// When the port or the certificate cannot be had.
pub async fn serve(pki: &Pki, port: u16, logs: Logs) -> Result<JoinHandle<()>> {
    let config = tls(&pki.path("server.crt"), &pki.path("server.key"))?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| format!("port {port}: {error}"))?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, logs) = (acceptor.clone(), Arc::clone(&logs));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(|request| {
                    let response = answer(&request, &logs);
                    async move { Ok::<_, Infallible>(response) }
                });
                // A reader that goes away is no matter.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }))
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

fn tls(certificate: &Path, key: &Path) -> Result<ServerConfig> {
    let text = |error: rustls::pki_types::pem::Error| error.to_string();
    let certificate = CertificateDer::from_pem_file(certificate).map_err(text)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(text)?;
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(|error| error.to_string())
}
