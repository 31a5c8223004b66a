//! What manages an object from outside of the cluster: a change there alone is undone by it,
//! or by the next commit.
//!
//! The labels and annotations are those of Argo CD (docs/user-guide/resource_tracking.md),
//! Flux (`kustomize.toolkit.fluxcd.io` and `helm.toolkit.fluxcd.io`, kustomize-controller
//! docs/spec/v1/kustomizations.md), Helm (pkg/action/validate.go) and Pipelines as Code
//! (pkg/apis/pipelinesascode/keys/keys.go).

use serde_json::Value;

use super::meta::StringMap;
use super::run::PipelineRun;

/// Who manages an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An Application of Argo CD.
    ArgoCd {
        /// Its name, with its namespace where the tracking id has one.
        application: String,
        /// The kind of the object that it tracks: Tekton copies the annotations of a Pipeline
        /// to its runs.
        kind: String,
    },
    /// A Kustomization or HelmRelease of Flux.
    Flux {
        /// `Kustomization` or `HelmRelease`.
        kind: &'static str,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A release of Helm.
    Helm {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A repository that Pipelines as Code has read.
    PipelinesAsCode {
        /// Address of the repository.
        repository: String,
        /// Commit.
        revision: String,
        /// Branch that the run is about.
        branch: String,
        /// Name or `generateName` of the run in the repository.
        run: String,
    },
    /// Where a resolver has found the pipeline of a run.
    Resolved {
        /// Repository, bundle or address.
        uri: String,
        /// Commit or digest.
        revision: String,
        /// Path or name in it.
        path: String,
    },
}

/// Prefix of the annotations of Pipelines as Code.
const PAC: &str = "pipelinesascode.tekton.dev/";

impl Origin {
    /// Who manages an object with these labels and annotations, as far as they tell.
    pub fn of(labels: &StringMap, annotations: &StringMap) -> Vec<Self> {
        let label = |key: &str| labels.get(key).filter(|value| !value.is_empty());
        let annotation = |key: &str| annotations.get(key).filter(|value| !value.is_empty());
        let mut found = Vec::new();
        let pac = |key: &str| {
            let key = format!("{PAC}{key}");
            annotation(&key).or_else(|| label(&key)).cloned().unwrap_or_default()
        };
        // A manifest has annotations of that prefix before it is read; these come with it.
        if !pac("repo-url").is_empty() || !pac("sha").is_empty() {
            found.push(Self::PipelinesAsCode {
                repository: pac("repo-url"),
                revision: pac("sha"),
                branch: pac("branch"),
                run: pac("original-prname"),
            });
        }
        if let Some(id) = annotation("argocd.argoproj.io/tracking-id") {
            let mut parts = id.splitn(3, ':');
            let application = parts.next().unwrap_or_default().to_owned();
            let kind = parts.next().and_then(|kind| kind.rsplit('/').next()).unwrap_or_default().to_owned();
            found.push(Self::ArgoCd { application, kind });
        }
        for (kind, group) in
            [("HelmRelease", "helm.toolkit.fluxcd.io"), ("Kustomization", "kustomize.toolkit.fluxcd.io")]
        {
            if let Some(name) = label(&format!("{group}/name")) {
                let namespace = label(&format!("{group}/namespace")).cloned().unwrap_or_default();
                found.push(Self::Flux { kind, namespace, name: name.clone() });
            }
        }
        let is_flux = found.iter().any(|origin| matches!(origin, Self::Flux { .. }));
        if let (Some(name), false) = (annotation("meta.helm.sh/release-name"), is_flux) {
            let namespace = annotation("meta.helm.sh/release-namespace").cloned().unwrap_or_default();
            found.push(Self::Helm { namespace, name: name.clone() });
        }
        found
    }

    /// Who manages a run or its pipeline.
    pub fn of_run(run: &PipelineRun) -> Vec<Self> {
        let mut found = Self::of(&run.metadata.labels, &run.metadata.annotations);
        let source = run.status.provenance.as_ref().and_then(|provenance| provenance.ref_source.as_ref());
        if let Some(source) = source.filter(|source| !source.uri.is_empty()) {
            found.push(Self::Resolved {
                uri: source.uri.clone(),
                revision: source.digest.values().next().cloned().unwrap_or_default(),
                path: source.entry_point.clone(),
            });
        }
        found
    }

    /// Who manages an object, as it came from the server.
    pub fn of_object(object: &Value) -> Vec<Self> {
        let map = |key: &str| {
            let entries = object.pointer(&format!("/metadata/{key}")).and_then(Value::as_object);
            let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
            entries.into_iter().flatten().filter_map(text).collect::<StringMap>()
        };
        Self::of(&map("labels"), &map("annotations"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_manager_leaves_its_marks() {
        let of = |labels: Value, annotations: Value| {
            Origin::of_object(&json!({"metadata": {"labels": labels, "annotations": annotations}}))
        };
        let tracked = of(json!({}), json!({"argocd.argoproj.io/tracking-id": "ci:tekton.dev/Pipeline:apps/build"}));
        assert_eq!(tracked, [Origin::ArgoCd { application: "ci".to_owned(), kind: "Pipeline".to_owned() }]);
        let flux = json!({"helm.toolkit.fluxcd.io/name": "ci", "helm.toolkit.fluxcd.io/namespace": "flux-system"});
        let helm = json!({"meta.helm.sh/release-name": "ci", "meta.helm.sh/release-namespace": "apps"});
        let of_flux = Origin::Flux { kind: "HelmRelease", namespace: "flux-system".to_owned(), name: "ci".to_owned() };
        assert_eq!(of(flux, helm.clone()), [of_flux]);
        assert_eq!(of(json!({}), helm), [Origin::Helm { namespace: "apps".to_owned(), name: "ci".to_owned() }]);
        // What stands in a manifest before Pipelines as Code has read it says nothing.
        assert!(
            of(json!({"app.kubernetes.io/instance": "x"}), json!({"pipelinesascode.tekton.dev/on-event": "[push]"}))
                .is_empty()
        );
        let pac = of(
            json!({"pipelinesascode.tekton.dev/sha": "abc"}),
            json!({"pipelinesascode.tekton.dev/repo-url": "https://git.example/r", "pipelinesascode.tekton.dev/original-prname": "build-"}),
        );
        assert!(
            matches!(&pac[..], [Origin::PipelinesAsCode { revision, run, .. }] if revision == "abc" && run == "build-")
        );
    }
}
