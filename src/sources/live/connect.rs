//! From a kubeconfig and kubectl's flags to a connection.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{
    AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext,
};
use kube::{Client, Config};

use super::{Connection, kubeconfig};
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
    /// `--as-uid`.
    pub as_uid: Option<String>,
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
        on_request: None,
        gate: tokio::sync::Semaphore::new(super::AT_ONCE),
        waits: super::patience::Budget::default(),
        served: tokio::sync::OnceCell::new(),
        version: tokio::sync::OnceCell::new(),
        clock: std::sync::Mutex::default(),
        kept: std::sync::Mutex::default(),
    })
}

async fn configuration(access: &Access) -> Result<Config, SourceError> {
    let mut kubeconfig = match kubeconfig::read(access.kubeconfig.as_deref())? {
        Some(kubeconfig) => kubeconfig,
        None if access.server.is_some() => Kubeconfig::default(),
        None => {
            // Inside a pod there is no kubeconfig, but a ServiceAccount.
            if let Ok(config) = Config::incluster() {
                return Ok(config);
            }
            let places: Vec<String> = kubeconfig::places(std::env::var_os("KUBECONFIG").as_deref())
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            return Err(SourceError::new(format!("there is no kubeconfig ({})", places.join(", ")))
                .hint("log in with `oc login`, name a file with --kubeconfig, or read an export with --from"));
        }
    };
    let context = match access.context.clone().or_else(|| kubeconfig.current_context.clone()) {
        Some(name) if kubeconfig.contexts.iter().any(|c| c.name == name) => Some(name),
        Some(name) if !name.is_empty() => {
            let known: Vec<String> = kubeconfig.contexts.iter().map(|c| c.name.clone()).collect();
            let error = SourceError::new(format!("the kubeconfig has no context {name:?}"));
            return Err(if known.is_empty() {
                error.hint("it has none; name another with --kubeconfig, or read an export with --from")
            } else {
                error.hint(format!("contexts: {}", known.join(", ")))
            });
        }
        _ if access.server.is_some() || access.cluster.is_some() => None,
        _ => {
            return Err(SourceError::new("the kubeconfig names no current context")
                .hint("choose one with --context, or read an export with --from"));
        }
    };
    let options = with_flags(&mut kubeconfig, access, context);
    let selected = |named: &&mut NamedCluster| Some(&named.name) == options.cluster.as_ref();
    if let Some(cluster) = kubeconfig.clusters.iter_mut().find(selected).and_then(|named| named.cluster.as_mut())
        && let Some(server) = &cluster.server
    {
        let is_tls = cluster.certificate_authority.is_some()
            || cluster.certificate_authority_data.is_some()
            || cluster.insecure_skip_tls_verify == Some(true)
            || access.client_certificate.is_some();
        cluster.server = Some(address(server, is_tls)?);
    }
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| SourceError::new(format!("the kubeconfig cannot be used: {error}")))
}

/// Name of what stands in no kubeconfig, but in flags.
const FLAGS: &str = "command line";

/// Lays the flags over what the context selects; where it selects nothing, the flags are all
/// that there is: `-s URL --token TOKEN` needs no kubeconfig.
fn with_flags(kubeconfig: &mut Kubeconfig, access: &Access, context: Option<String>) -> KubeConfigOptions {
    let context = context.unwrap_or_else(|| {
        let named =
            NamedContext { name: FLAGS.to_owned(), context: Some(Context::default()), ..NamedContext::default() };
        kubeconfig.contexts.push(named);
        FLAGS.to_owned()
    });
    let selected = kubeconfig.contexts.iter().find(|named| named.name == context).and_then(|one| one.context.as_ref());
    let cluster =
        access.cluster.clone().or_else(|| selected.map(|one| one.cluster.clone()).filter(|name| !name.is_empty()));
    let user =
        access.user.clone().or_else(|| selected.and_then(|one| one.user.clone()).filter(|name| !name.is_empty()));
    let cluster = cluster.unwrap_or_else(|| {
        kubeconfig.clusters.push(NamedCluster {
            name: FLAGS.to_owned(),
            cluster: Some(Cluster::default()),
            ..NamedCluster::default()
        });
        FLAGS.to_owned()
    });
    let user = user.unwrap_or_else(|| {
        kubeconfig.auth_infos.push(NamedAuthInfo {
            name: FLAGS.to_owned(),
            auth_info: Some(AuthInfo::default()),
            ..NamedAuthInfo::default()
        });
        FLAGS.to_owned()
    });
    override_settings(kubeconfig, access, &cluster, &user);
    KubeConfigOptions { context: Some(context), cluster: Some(cluster), user: Some(user) }
}

/// The address of a server, of which the scheme may be left out (kubernetes/client-go
/// `rest/url_utils.go`, `DefaultServerURL`, v0.36).
fn address(server: &str, is_tls: bool) -> Result<String, SourceError> {
    let scheme = if is_tls { "https" } else { "http" };
    let whole = if server.contains("://") { server.to_owned() } else { format!("{scheme}://{server}") };
    let is_address = whole.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if is_address {
        Ok(whole)
    } else {
        Err(SourceError::new(format!("{server:?} is not the address of a server"))
            .hint("expected https://HOST:PORT in --server or in the kubeconfig"))
    }
}

fn is_loopback(url: &http::Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Lays the flags over the selected cluster and user.
fn override_settings(kubeconfig: &mut Kubeconfig, access: &Access, cluster: &str, user: &str) {
    for named in kubeconfig.clusters.iter_mut().filter(|named| named.name == cluster) {
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
    for named in kubeconfig.auth_infos.iter_mut().filter(|named| named.name == user) {
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
        if let Some(uid) = &access.as_uid {
            user.impersonate_uid = Some(uid.clone());
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

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_those_of_kubectl() {
        for (server, is_tls, expected) in [
            ("https://a:6443", false, "https://a:6443"),
            ("http://a/k8s/clusters/c", true, "http://a/k8s/clusters/c"),
            ("a", false, "http://a"),
            ("a:6443", true, "https://a:6443"),
            ("[::1]:6443", false, "http://[::1]:6443"),
        ] {
            assert_eq!(address(server, is_tls).as_deref(), Ok(expected), "{server}");
        }
        for server in ["", "ftp://a", "https://", "http://a b", "://", "/a"] {
            assert!(address(server, false).is_err(), "{server}");
        }
    }
}
