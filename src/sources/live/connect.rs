//! From a kubeconfig and kubectl's flags to a connection.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::Connection;
use crate::sources::SourceError;

/// How to reach the server: kubectl's flags.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `--as`.
    pub as_user: Option<String>,
    /// `--as-group`.
    pub as_group: Vec<String>,
    /// `--token`.
    pub token: Option<String>,
    /// `--server`.
    pub server: Option<String>,
    /// `--insecure-skip-tls-verify`.
    pub insecure: bool,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--request-timeout`; zero means no limit.
    pub timeout: Duration,
}

/// Connects; nothing is sent yet.
///
/// # Errors
/// When the kubeconfig or a flag makes no sense.
pub async fn connect(access: &Access) -> Result<Connection, SourceError> {
    let mut config = configuration(access).await?;
    // kube's default re-sends any request, a create included, on 429, 503 and 504.
    config.default_retry = false;
    // On the same machine packing costs more than it saves.
    config.disable_compression |= is_loopback(&config.cluster_url);
    let agent = format!("kubectl-tekton_fix/{}", env!("CARGO_PKG_VERSION"));
    if let Ok(value) = agent.parse() {
        config.headers.push((http::header::USER_AGENT, value));
    }
    let server = config.cluster_url.to_string();
    let default_namespace = config.default_namespace.clone();
    let client = Client::try_from(config).map_err(|error| {
        SourceError::new(format!("cannot set up the connection to {server}: {}", explain(&error)))
            .hint("check the certificates and the exec plugin of the kubeconfig's user")
    })?;
    let timeout = if access.timeout.is_zero() { Duration::from_secs(3600) } else { access.timeout };
    Ok(Connection {
        client,
        default_namespace,
        timeout,
        server: server.trim_end_matches('/').to_owned(),
        on_page: None,
        objects_read: std::sync::atomic::AtomicUsize::new(0),
        on_notice: None,
        gate: tokio::sync::Semaphore::new(super::AT_ONCE),
        waits: super::patience::Budget::default(),
        served: tokio::sync::OnceCell::new(),
        version: tokio::sync::OnceCell::new(),
        clock: std::sync::Mutex::default(),
        kept: std::sync::Mutex::default(),
    })
}

async fn configuration(access: &Access) -> Result<Config, SourceError> {
    let read = match &access.kubeconfig {
        Some(path) => Kubeconfig::read_from(path).map_err(|error| (path.display().to_string(), error)),
        None => Kubeconfig::read().map_err(|error| ("the kubeconfig".to_owned(), error)),
    };
    let mut kubeconfig = match read {
        Ok(kubeconfig) => kubeconfig,
        Err((from, error)) => {
            // Inside a pod there is no kubeconfig, but a ServiceAccount.
            if access.kubeconfig.is_none()
                && let Ok(config) = Config::incluster()
            {
                return Ok(config);
            }
            return Err(SourceError::new(format!("cannot read {from}: {error}"))
                .hint("log in with `oc login`, name a file with --kubeconfig, or read an export with --from"));
        }
    };
    let context = match access.context.clone().or_else(|| kubeconfig.current_context.clone()) {
        Some(name) if kubeconfig.contexts.iter().any(|c| c.name == name) => Some(name),
        Some(name) if !name.is_empty() => {
            let known: Vec<String> = kubeconfig.contexts.iter().map(|c| c.name.clone()).collect();
            return Err(SourceError::new(format!("the kubeconfig has no context {name:?}"))
                .hint(format!("contexts: {}", known.join(", "))));
        }
        _ => {
            return Err(SourceError::new("the kubeconfig names no current context")
                .hint("choose one with --context, or read an export with --from"));
        }
    };
    override_settings(&mut kubeconfig, access, context.as_deref());
    let options = KubeConfigOptions { context, cluster: access.cluster.clone(), user: access.user.clone() };
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| SourceError::new(format!("the kubeconfig cannot be used: {error}")))
}

fn is_loopback(url: &http::Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Lays the flags over the selected cluster and user.
fn override_settings(kubeconfig: &mut Kubeconfig, access: &Access, context: Option<&str>) {
    let selected = kubeconfig
        .contexts
        .iter()
        .find(|named| Some(named.name.as_str()) == context)
        .and_then(|named| named.context.clone());
    let cluster_name = access.cluster.clone().or_else(|| selected.as_ref().map(|c| c.cluster.clone()));
    let user_name = access.user.clone().or_else(|| selected.as_ref().and_then(|c| c.user.clone()));
    for named in kubeconfig.clusters.iter_mut().filter(|named| Some(&named.name) == cluster_name.as_ref()) {
        let Some(cluster) = named.cluster.as_mut() else { continue };
        if let Some(server) = &access.server {
            cluster.server = Some(server.clone());
        }
        if access.insecure {
            cluster.insecure_skip_tls_verify = Some(true);
        }
        if let Some(name) = &access.tls_server_name {
            cluster.tls_server_name = Some(name.clone());
        }
        if let Some(path) = &access.certificate_authority {
            cluster.certificate_authority = Some(path.display().to_string());
            cluster.certificate_authority_data = None;
        }
    }
    for named in kubeconfig.auth_infos.iter_mut().filter(|named| Some(&named.name) == user_name.as_ref()) {
        let Some(user) = named.auth_info.as_mut() else { continue };
        if let Some(token) = &access.token {
            user.token = Some(token.clone().into());
            // These would win over a token.
            user.auth_provider = None;
            user.exec = None;
            user.username = None;
            user.password = None;
        }
        if let Some(name) = &access.as_user {
            user.impersonate = Some(name.clone());
        }
        if !access.as_group.is_empty() {
            user.impersonate_groups = Some(access.as_group.clone());
        }
        if let Some(path) = &access.client_certificate {
            user.client_certificate = Some(path.display().to_string());
            user.client_certificate_data = None;
        }
        if let Some(path) = &access.client_key {
            user.client_key = Some(path.display().to_string());
            user.client_key_data = None;
        }
    }
}

/// A client error in words: the innermost cause, without the library's type names.
pub(super) fn explain(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    if text.contains("AuthExec") || text.contains("exec") && text.len() > 200 {
        // The plugin's output may hold tokens.
        return "the exec plugin of the kubeconfig's user failed; run it by hand to see why".to_owned();
    }
    text
}
