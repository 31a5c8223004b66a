//! Starting, restoring and stopping a rig.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use xtask::{Program, cache};

use crate::Result;
use crate::api::Api;
use crate::install;
use crate::kubelet::Kubelet;
use crate::pki::{ADMIN, Pki, USERS};
use crate::ports::Block;
use crate::process::{Guard, Process};
use crate::webhook;

/// A version of Tekton that the tests run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TektonVersion {
    /// 0.68.1, the last that reads `disable-affinity-assistant` (OpenShift Pipelines 1.18).
    V0_68_1,
    /// 1.6.6 (OpenShift Pipelines 1.21).
    V1_6_6,
    /// 1.9.6, whose assistant has the run's ServiceAccount (OpenShift Pipelines 1.22).
    V1_9_6,
    /// 1.12.2 (OpenShift Pipelines 1.23).
    V1_12_2,
    /// 1.15.1, the newest whose sources can be built here.
    V1_15_1,
}

impl TektonVersion {
    /// The version's number.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0_68_1 => "0.68.1",
            Self::V1_6_6 => "1.6.6",
            Self::V1_9_6 => "1.9.6",
            Self::V1_12_2 => "1.12.2",
            Self::V1_15_1 => "1.15.1",
        }
    }

    /// The Kubernetes program that it is tested on. Newer Kubernetes than OpenShift has
    /// is played plain only.
    fn kubernetes(self, platform: Platform) -> &'static str {
        match (self, platform) {
            (Self::V1_15_1, Platform::Kubernetes) => "kubernetes-1.37",
            (Self::V1_12_2 | Self::V1_15_1, _) => "kubernetes-1.35",
            _ => "kubernetes-1.33",
        }
    }

    /// Whether the assistant runs as the run's ServiceAccount
    /// (tektoncd/pipeline, `pkg/reconciler/pipelinerun/affinity_assistant.go`, since v1.9).
    pub fn assistant_has_the_runs_account(self) -> bool {
        !matches!(self, Self::V0_68_1 | Self::V1_6_6)
    }
}

/// What kind of cluster is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Plain Kubernetes.
    Kubernetes,
    /// With SCC admission and OpenShift's defaults for Tekton.
    OpenShift,
}

impl Platform {
    /// Namespace of Tekton.
    pub fn tekton_namespace(self) -> &'static str {
        match self {
            Self::Kubernetes => "tekton-pipelines",
            Self::OpenShift => "openshift-pipelines",
        }
    }
}

/// A running control plane. Dropping it ends all its processes.
pub struct Rig {
    /// Requests as the administrator.
    pub api: Api,
    /// Version of Tekton.
    pub tekton: TektonVersion,
    /// Kind of cluster.
    pub platform: Platform,
    /// How long the start took.
    pub started_in: Duration,
    kubelet: Kubelet,
    answers: Option<JoinHandle<()>>,
    folder: TempDir,
    pki: Pki,
    ports: Ports,
    tekton_processes: Vec<Process>,
    processes: Vec<Process>,
    guard: Guard,
    programs: Programs,
    /// Given back last, when every process is gone.
    _block: Block,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    api: u16,
    etcd: u16,
    etcd_peer: u16,
    kcm: u16,
    scheduler: u16,
    webhook: u16,
    kubelet: u16,
    answers: u16,
    tekton: [u16; 6],
}

impl Ports {
    fn of(block: &mut Block) -> Result<Self> {
        let mut tekton = [0; 6];
        for port in &mut tekton {
            *port = block.port()?;
        }
        Ok(Self {
            api: block.port()?,
            etcd: block.port()?,
            etcd_peer: block.port()?,
            kcm: block.port()?,
            scheduler: block.port()?,
            webhook: block.port()?,
            kubelet: block.port()?,
            answers: block.port()?,
            tekton,
        })
    }
}

#[derive(Debug, Clone)]
struct Programs {
    etcd: PathBuf,
    kubernetes: PathBuf,
    tekton: PathBuf,
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(answers) = self.answers.take() {
            answers.abort();
        }
    }
}

/// How long anything of a rig may take to come up.
const PATIENCE: Duration = Duration::from_secs(90);

fn program(name: &str) -> Result<PathBuf> {
    let program = Program::named(name).ok_or_else(|| format!("there is no program {name}"))?;
    program.built().ok_or_else(|| {
        format!(
            "the test control plane lacks {name}: build it with `cargo xtask control-plane` (needs Go 1.26 or later)"
        )
    })
}

impl Rig {
    /// Starts a control plane of its own; the first start of a kind also installs
    /// everything and keeps the store as a seed for the next ones.
    ///
    /// # Errors
    /// When a program is not built or does not come up; the message holds the ends
    /// of the logs.
    pub async fn start(tekton: TektonVersion, platform: Platform) -> Result<Self> {
        let started = Instant::now();
        let programs = Programs {
            etcd: program("etcd")?,
            kubernetes: program(tekton.kubernetes(platform))?,
            tekton: program(&format!("tekton-{}", tekton.as_str()))?,
        };
        let seed = seed(&programs, platform)?;
        if !seed.is_dir() {
            Self::plant(&programs, tekton, platform, &seed).await?;
        }
        let mut rig = Self::boot(programs, tekton, platform, Some(&seed)).await?;
        install::point_webhooks(&rig.api, rig.ports.webhook).await?;
        rig.start_tekton().await?;
        rig.kubelet.start(rig.api.clone(), &rig.pki, rig.ports.kubelet).await?;
        rig.answers = Some(webhook::serve(&rig.pki, rig.ports.answers).await?);
        rig.started_in = started.elapsed();
        Ok(rig)
    }

    /// First boot: installs into an empty store and keeps it.
    async fn plant(programs: &Programs, tekton: TektonVersion, platform: Platform, seed: &Path) -> Result<()> {
        let mut rig = Self::boot(programs.clone(), tekton, platform, None).await?;
        install::install(&rig.api, &programs.kubernetes, &programs.tekton, tekton, platform).await?;
        install::point_webhooks(&rig.api, rig.ports.webhook).await?;
        // Tekton writes its certificates; a seed with them starts faster.
        rig.start_tekton().await?;
        for process in rig.tekton_processes.iter_mut().chain(&mut rig.processes) {
            if process.name == "etcd" { process.terminate() } else { process.kill() }
        }
        let text = |error: std::io::Error| format!("{}: {error}", seed.display());
        let partial = seed.with_extension(format!("partial-{}", std::process::id()));
        copy(&rig.folder.path().join("etcd"), &partial).map_err(text)?;
        if fs::rename(&partial, seed).is_err() {
            // Another test planted the same seed meanwhile.
            fs::remove_dir_all(&partial).map_err(text)?;
        }
        Ok(())
    }

    async fn boot(programs: Programs, tekton: TektonVersion, platform: Platform, seed: Option<&Path>) -> Result<Self> {
        // A second provider may be linked in by another crate.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let text = |error: std::io::Error| error.to_string();
        let folder = tempfile::Builder::new().prefix("rig-").tempdir().map_err(text)?;
        if let Some(seed) = seed {
            copy(seed, &folder.path().join("etcd")).map_err(text)?;
        }
        let pki = Pki::create(&folder.path().join("pki"))?;
        let mut block = Block::take()?;
        let ports = Ports::of(&mut block)?;
        let guard = Guard::start()?;
        let admin = pki.kubeconfig("admin", ports.api, ADMIN)?;
        let client = client(&admin).await?;
        let mut rig = Self {
            api: Api::new(client),
            tekton,
            platform,
            started_in: Duration::ZERO,
            kubelet: Kubelet::new(),
            answers: None,
            folder,
            pki,
            ports,
            tekton_processes: Vec::new(),
            processes: Vec::new(),
            guard,
            programs,
            _block: block,
        };
        rig.start_kubernetes().await?;
        Ok(rig)
    }

    async fn start_kubernetes(&mut self) -> Result<()> {
        let ports = self.ports;
        let data = self.folder.path().join("etcd");
        let mut etcd = Command::new(self.programs.etcd.join("bin/etcd"));
        etcd.arg("--data-dir").arg(&data);
        etcd.arg(format!("--client-url=http://127.0.0.1:{}", ports.etcd));
        etcd.arg(format!("--peer-url=http://127.0.0.1:{}", ports.etcd_peer));
        self.run("etcd", &mut etcd)?;
        let kubernetes = self.kubernetes_binary()?;
        let file = |name: &str| self.pki.path(name).display().to_string();
        let mut apiserver = Command::new(&kubernetes);
        apiserver.arg("kube-apiserver").args([
            format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", ports.api),
            format!("--tls-cert-file={}", file("server.crt")),
            format!("--tls-private-key-file={}", file("server.key")),
            format!("--client-ca-file={}", file("ca.crt")),
            "--authorization-mode=RBAC".to_owned(),
            format!("--token-auth-file={}", file("tokens.csv")),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--service-account-key-file={}", file("sa.pub")),
            format!("--service-account-signing-key-file={}", file("sa.key")),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            "--allow-privileged=true".to_owned(),
            "--advertise-address=192.0.2.1".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
            "--kubelet-preferred-address-types=InternalIP".to_owned(),
            format!("--cert-dir={}", self.folder.path().join("apiserver").display()),
        ]);
        if self.platform == Platform::OpenShift {
            apiserver.arg(format!("--scc-kubeconfig={}", file("admin.kubeconfig")));
        }
        self.run("kube-apiserver", &mut apiserver)?;
        self.wait("the API server is ready", "/readyz").await?;
        for (name, port, token) in [("kube-controller-manager", ports.kcm, 1), ("kube-scheduler", ports.scheduler, 2)] {
            let kubeconfig = self.pki.kubeconfig(name, ports.api, USERS[token].0)?.display().to_string();
            let mut command = Command::new(&kubernetes);
            command.arg(name).args([
                format!("--kubeconfig={kubeconfig}"),
                format!("--authentication-kubeconfig={kubeconfig}"),
                format!("--authorization-kubeconfig={kubeconfig}"),
                "--leader-elect=false".to_owned(),
                "--bind-address=127.0.0.1".to_owned(),
                format!("--secure-port={port}"),
                format!("--cert-dir={}", self.folder.path().join(name).display()),
            ]);
            if token == 1 {
                command.args([
                    "--use-service-account-credentials=true".to_owned(),
                    // A volume that the controller sees later than its claim waits for this.
                    "--pvclaimbinder-sync-period=500ms".to_owned(),
                    format!("--service-account-private-key-file={}", self.pki.path("sa.key").display()),
                    format!("--root-ca-file={}", self.pki.path("ca.crt").display()),
                    format!("--cluster-signing-cert-file={}", self.pki.path("ca.crt").display()),
                    format!("--cluster-signing-key-file={}", self.pki.path("ca.key").display()),
                ]);
            }
            self.run(name, &mut command)?;
        }
        let account = "/api/v1/namespaces/default/serviceaccounts/default";
        self.wait("the controller manager works", account).await
    }

    fn kubernetes_binary(&self) -> Result<PathBuf> {
        let program = self.programs.kubernetes.join("bin").join(self.tekton.kubernetes(self.platform));
        if program.is_file() { Ok(program) } else { Err(format!("{} is not there", program.display())) }
    }

    /// Starts Tekton's controller and webhook with their own rights.
    ///
    /// # Errors
    /// When they do not come up.
    pub async fn start_tekton(&mut self) -> Result<()> {
        let namespace = self.platform.tekton_namespace();
        let ports = self.ports;
        for (index, name) in ["controller", "webhook"].into_iter().enumerate() {
            let account = format!("tekton-pipelines-{name}");
            let request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": { "expirationSeconds": 86400 } });
            let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
            let token = self.api.create(&path, &request).await?;
            let token = token.pointer("/status/token").and_then(Value::as_str).ok_or("no token")?.to_owned();
            let kubeconfig = self.pki.kubeconfig(&account, ports.api, &token)?;
            let mut command = Command::new(self.programs.tekton.join("bin").join(name));
            command
                .arg("-disable-ha")
                .env("KUBECONFIG", kubeconfig)
                .env("SYSTEM_NAMESPACE", namespace)
                .env("KUBERNETES_MIN_VERSION", "v1.25.0")
                .env("CONFIG_LOGGING_NAME", "config-logging")
                .env("CONFIG_OBSERVABILITY_NAME", "config-observability")
                .env("CONFIG_FEATURE_FLAGS_NAME", "feature-flags")
                .env("CONFIG_LEADERELECTION_NAME", format!("config-leader-election-{name}"))
                .env("CONFIG_DEFAULTS_NAME", "config-defaults")
                .env("CONFIG_SPIRE", "config-spire")
                .env("METRICS_DOMAIN", "tekton.dev/pipeline")
                .env("PROBES_PORT", ports.tekton[index * 3].to_string())
                .env("METRICS_PROMETHEUS_PORT", ports.tekton[index * 3 + 1].to_string())
                .env("PROFILING_PORT", ports.tekton[index * 3 + 2].to_string())
                .env("WEBHOOK_PORT", ports.webhook.to_string())
                .env("WEBHOOK_SERVICE_NAME", "tekton-pipelines-webhook")
                .env("WEBHOOK_SECRET_NAME", "webhook-certs")
                .env("WEBHOOK_ADMISSION_CONTROLLER_NAME", "webhook.pipeline.tekton.dev");
            if name == "controller" {
                for image in ["entrypoint", "nop", "sidecarlogresults", "workingdirinit", "shell"] {
                    command.arg(format!("-{image}-image")).arg(format!("example.com/{image}:rig"));
                }
                command.arg("-shell-image-win").arg("example.com/shell-win:rig");
            }
            let log = self.log(name);
            self.tekton_processes.push(Process::start(&mut self.guard, name, &mut command, &log)?);
        }
        let task = json!({ "apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": { "name": "probe", "namespace": "default" },
            "spec": { "steps": [{ "name": "x", "image": "example.com/x", "script": "true" }] } });
        let path = "/apis/tekton.dev/v1/namespaces/default/tasks?dryRun=All";
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.api.send("POST", path, "application/json", Some(&task)).await;
            if answer.as_ref().is_ok_and(|answer| answer.status == 201)
                && install::webhooks_are_entered(&self.api).await?
            {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("Tekton does not admit objects: {answer:?}\n{}", self.logs()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Ends Tekton's controller and webhook.
    pub fn stop_tekton(&mut self) {
        self.tekton_processes.clear();
    }

    /// Ends Tekton's controller alone: objects are still admitted, and nobody works on
    /// them.
    pub fn stop_controller(&mut self) {
        self.tekton_processes.retain(|process| process.name != "controller");
    }

    /// Has the API server ask a webhook about each new object of a resource, given as
    /// group, version and plural, in a namespace; only about objects with `labels`, where
    /// there are some.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn webhook(
        &self,
        name: &str,
        answer: webhook::Answer,
        resource: (&str, &str, &str),
        of: (&str, Value),
    ) -> Result<()> {
        let object = webhook::configuration((&self.pki, self.ports.answers), name, answer, resource, of)?;
        self.api.apply(&object).await?;
        // The API server reads its webhooks every now and then.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    fn run(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let log = self.log(name);
        let process = Process::start(&mut self.guard, name, command, &log)?;
        self.processes.push(process);
        Ok(())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// The ends of all logs.
    pub fn logs(&self) -> String {
        let mut text = String::new();
        for entry in fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                let content = fs::read_to_string(entry.path()).unwrap_or_default();
                let lines: Vec<&str> = content.lines().collect();
                let from = lines.len().saturating_sub(15);
                text.push_str(&format!("--- {}\n{}\n", entry.file_name().to_string_lossy(), lines[from..].join("\n")));
            }
        }
        text
    }

    async fn wait(&self, what: &str, path: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.api.send("GET", path, "application/json", None).await;
            if answer.as_ref().is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("waited in vain until {what}: {answer:?}\n{}", self.logs()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Port on which the simulated kubelet of every node serves logs.
    pub fn kubelet_port(&self) -> u16 {
        self.ports.kubelet
    }

    /// Numbers of all processes.
    pub fn process_ids(&self) -> Vec<u32> {
        self.processes.iter().chain(&self.tekton_processes).map(Process::id).collect()
    }

    /// Kubeconfig of the administrator.
    pub fn kubeconfig(&self) -> PathBuf {
        self.pki.path("admin.kubeconfig")
    }

    /// Kubeconfig of another user of [`USERS`].
    ///
    /// # Errors
    /// When there is no such user.
    pub fn kubeconfig_for(&self, user: &str) -> Result<PathBuf> {
        let (token, _, _) = USERS.iter().find(|(_, name, _)| *name == user).ok_or_else(|| format!("no user {user}"))?;
        self.pki.kubeconfig(user, self.ports.api, token)
    }

    /// Sets a key of Tekton's `feature-flags`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn set_feature_flag(&self, key: &str, value: &str) -> Result<()> {
        let path = format!("/api/v1/namespaces/{}/configmaps/feature-flags", self.platform.tekton_namespace());
        self.api.patch(&path, &json!({ "data": { key: value } })).await?;
        // The controller watches the map; it has no sign of having read it.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }
}

async fn client(kubeconfig: &Path) -> Result<Client> {
    let read = Kubeconfig::read_from(kubeconfig).map_err(|error| error.to_string())?;
    let mut config =
        Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.map_err(|error| error.to_string())?;
    config.default_retry = false;
    Client::try_from(config).map_err(|error| error.to_string())
}

/// Folder of the seed of a kind of rig: it is stale once a program or the
/// installation changes.
fn seed(programs: &Programs, platform: Platform) -> Result<PathBuf> {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for folder in [&programs.etcd, &programs.kubernetes, &programs.tekton] {
        hash.update(folder.file_name().unwrap_or_default().as_encoded_bytes());
    }
    hash.update(include_str!("install.rs"));
    hash.update(include_str!("../openshift.json"));
    let key: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = cache().join("seeds");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    Ok(folder.join(format!("{platform:?}-{key}").to_lowercase()))
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
