//! Preflight of a cluster: what Tekton is set to, what its next upgrade will change,
//! and what the namespaces would say to an affinity assistant. Needs no run.

mod flags;
mod namespaces;
mod own_containers;
mod upgrades;
mod variables;

use crate::finding::{About, Cause};

use crate::analysis::tekton::{Coschedule, Installation, TektonVersion};
use crate::model::Cluster;

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
    /// What it means and what will come of it.
    pub notes: Vec<Note>,
    /// Namespaces that were looked at.
    pub namespaces: Vec<Place>,
    /// What could not be told, with the right that would tell it.
    pub cannot_tell: Vec<String>,
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

/// Something worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Permanent code.
    pub code: Cause,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
    /// One sentence.
    pub text: String,
}

impl Note {
    fn new(code: Cause, severity: &'static str, text: impl Into<String>) -> Self {
        Self { code, severity, text: text.into() }
    }
}

/// A namespace as an assistant meets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    pub notes: Vec<Note>,
    /// What could not be told.
    pub cannot_tell: Vec<String>,
}

/// Looks at a cluster; `namespaces` are those to look into, `target` the version of Tekton to
/// which it is to be upgraded.
pub fn preflight(cluster: &Cluster, namespaces: &[String], target: Option<TektonVersion>) -> Preflight {
    let target = target.unwrap_or(TektonVersion::NEWEST_KNOWN);
    let installation = Installation::find(cluster);
    let version = installation.tekton();
    let mut found = Preflight {
        tekton_version: version.map(|version| version.to_string()),
        version_source: installation.version.as_ref().map(|(_, source)| source.clone()),
        namespace: installation.namespace.clone(),
        ..Preflight::default()
    };
    if version.is_none() {
        found.cannot_tell.push(
            "the version of Tekton: ConfigMap pipelines-info and Deployment tekton-pipelines-controller were not read"
                .to_owned(),
        );
    }
    let mode = flags::judge(cluster, &installation, &mut found);
    found.coschedule = mode.map(Coschedule::as_str);
    upgrades::judge(&installation, mode, target, &mut found);
    if let Some(version) = version.filter(|version| version.is_newer_than_known()) {
        let known = TektonVersion::NEWEST_KNOWN;
        let text = format!(
            "Tekton {version} is newer than {known}, the newest that is known here; it is judged like that one"
        );
        found.notes.push(Note::new(Cause::NewerThanKnown, "info", text));
    }
    if target.is_newer_than_known() {
        let known = TektonVersion::NEWEST_KNOWN;
        found
            .cannot_tell
            .push(format!("what an upgrade to Tekton {target} changes beyond {known}, the newest that is known"));
    }
    let of_namespace = |name: &String| {
        let mut place = namespaces::judge(cluster, &installation, mode, name);
        own_containers::judge(cluster, &installation, target, &mut place);
        variables::judge(cluster, &installation, target, &mut place);
        place
    };
    found.namespaces = namespaces.iter().map(of_namespace).collect();
    found
}
