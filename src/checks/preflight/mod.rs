//! Preflight of a cluster: what Tekton is set to, what its next upgrade will change,
//! and what the namespaces would say to an affinity assistant. Needs no run.

mod flags;
mod ground;
mod namespaces;
mod own_containers;
mod upgrades;
mod variables;

use crate::analysis::tekton::{Coschedule, TektonVersion};
use crate::finding::{About, Cause, Finding, Severity};
use crate::model::Cluster;

use ground::Ground;

/// What is known before any run.
#[derive(Debug, Clone, Default)]
pub struct Preflight {
    /// Version of Tekton.
    pub tekton_version: Option<String>,
    /// Object and field that say so.
    pub version_source: Option<String>,
    /// Namespace of Tekton.
    pub namespace: Option<String>,
    /// `disabled`, `workspaces`, `pipelineruns`, `isolate-pipelinerun`; absent when
    /// it cannot be told.
    pub coschedule: Option<&'static str>,
    /// Keys that decide, as each place has them.
    pub flags: Vec<Flag>,
    /// What it means for the installation, and what will come of it.
    pub findings: Vec<Finding>,
    /// Namespaces that were looked at.
    pub namespaces: Vec<Place>,
    /// What could not be told, with the right that would tell it.
    pub cannot_tell: Vec<String>,
}

impl Preflight {
    /// All findings, those about namespaces last.
    pub fn all(&self) -> impl Iterator<Item = &Finding> + Clone {
        self.findings.iter().chain(self.namespaces.iter().flat_map(|place| &place.findings))
    }
}

/// A key in one of the places that hold flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The ConfigMap, the TektonConfig, or a PipelineRun that was reconciled with it.
    pub source: About,
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// Whether this version reads the key.
    pub read: bool,
}

/// A namespace as an assistant meets it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// Name.
    pub name: String,
    /// `openshift.io/sa.scc.uid-range`.
    pub uid_range: Option<String>,
    /// The one fsGroup that restricted-v2 accepts.
    pub fs_group: Option<i64>,
    /// Level of Pod Security that is enforced.
    pub pod_security: Option<String>,
    /// ServiceAccounts that runs may name.
    pub service_accounts: Vec<String>,
    /// What would refuse an assistant without any setting of a run.
    pub findings: Vec<Finding>,
    /// What could not be told.
    pub cannot_tell: Vec<String>,
}

/// Looks at a cluster; `namespaces` are those to look into, `target` the version of Tekton to
/// which it is to be upgraded.
pub fn preflight(cluster: &Cluster, namespaces: &[String], target: Option<TektonVersion>) -> Preflight {
    let target = target.unwrap_or(TektonVersion::NEWEST_KNOWN);
    let ground = Ground::new(cluster, target);
    let installation = &ground.installation;
    let version = installation.tekton();
    let mut found = Preflight {
        tekton_version: version.map(|version| version.to_string()),
        version_source: installation.version.as_ref().map(|(_, source)| source.to_string()),
        namespace: installation.namespace.clone(),
        ..Preflight::default()
    };
    if version.is_none() {
        found.cannot_tell.push(
            "the version of Tekton: ConfigMap pipelines-info and Deployment tekton-pipelines-controller were not read"
                .to_owned(),
        );
    }
    let mode = flags::judge(&ground, &mut found);
    found.coschedule = mode.map(Coschedule::as_str);
    upgrades::judge(&ground, mode, &mut found);
    if let Some(version) = version.filter(|version| version.is_newer_than_known()) {
        let known = TektonVersion::NEWEST_KNOWN;
        let text = format!(
            "Tekton {version} is newer than {known}, the newest that is known here; it is judged like that one"
        );
        let newer = Finding::new(Cause::NewerThanKnown, text).severity(Severity::Info);
        found.findings.push(newer.evidence(ground.version()));
    }
    if target.is_newer_than_known() {
        let known = TektonVersion::NEWEST_KNOWN;
        found
            .cannot_tell
            .push(format!("what an upgrade to Tekton {target} changes beyond {known}, the newest that is known"));
    }
    let of_namespace = |name: &String| {
        let mut place = namespaces::judge(&ground, mode, name);
        own_containers::judge(&ground, &mut place);
        variables::judge(&ground, &mut place);
        place
    };
    found.namespaces = namespaces.iter().map(of_namespace).collect();
    found
}
