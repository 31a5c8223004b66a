//! `admission -o json`, of a run and of one pod.

use serde::Serialize;
use serde_json::Value;

use super::diagnosis::Outcome;
use super::{Kind, SCHEMA_VERSION};
use crate::analysis::scc::effective::{Effective, effective};
use crate::analysis::scc::{Answer, Creator, Refusal};
use crate::finding::Offer;
use crate::report::admission::{self, Judged};
use crate::report::wording;

/// The verdict about a pod of no run: `admission --pod`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OnePod<'a> {
    #[serde(flatten)]
    verdict: Verdict<'a>,
}

impl Kind for OnePod<'_> {
    const KIND: &'static str = "PodAdmission";
}

impl<'a> OnePod<'a> {
    /// A verdict in this shape.
    pub(crate) fn of(judged: &'a Judged) -> Self {
        Self { verdict: Verdict::of(judged) }
    }
}

/// A pod of a run, with its verdict.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pod<'a> {
    /// Version of this shape.
    schema_version: &'static str,
    #[serde(flatten)]
    verdict: Verdict<'a>,
}

impl<'a> Pod<'a> {
    fn of(judged: &'a Judged) -> Self {
        Self { schema_version: SCHEMA_VERSION, verdict: Verdict::of(judged) }
    }
}

/// The verdict about one pod.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict<'a> {
    /// `NAMESPACE/NAME`.
    pub(crate) pod: &'a str,
    /// What it is in its run, `task build` for example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<&'a str>,
    /// ServiceAccount it runs as.
    pub(crate) service_account: &'a str,
    /// Who creates it.
    pub(crate) creator: CreatedBy<'a>,
    /// Whether it is admitted; null when it cannot be told.
    pub(crate) admitted: Option<bool>,
    /// What would have to be read to tell.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) cannot_tell: &'a [String],
    /// Why the plugin does not look at the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ignored: Option<&'static str>,
    /// The SCC that takes it.
    pub(crate) scc: Option<&'a str>,
    /// Whose right to use the SCC counts: `serviceaccount` or `user`; null without an SCC.
    pub(crate) subject_type: Option<&'static str>,
    /// What its processes run with.
    #[cfg_attr(test, schemars(with = "Option<Settings>"))]
    pub(crate) effective: Option<Effective>,
    /// Reasons, in the order of evaluation.
    pub(crate) refusals: Vec<Reason<'a>>,
    /// The API server's text.
    pub(crate) message: Option<&'a str>,
    /// What the server itself answered, when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Server<'a>>,
}

/// Who creates a pod.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CreatedBy<'a> {
    /// User.
    pub(crate) user: &'a str,
    /// Groups.
    pub(crate) groups: &'a [String],
    /// How that is known.
    pub(crate) because: &'a str,
}

/// One reason.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Reason<'a> {
    /// The SCC.
    pub(crate) scc: &'a str,
    /// Path as the API server prints it.
    pub(crate) field: &'a str,
    /// The value complained of.
    pub(crate) value: &'a Value,
    /// What is wrong with it.
    pub(crate) detail: &'a str,
}

/// The server's answer to a dry run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Server<'a> {
    /// Whether it admitted the pod; null when it could not be asked.
    pub(crate) admitted: Option<bool>,
    /// The SCC that it chose.
    pub(crate) scc: Option<&'a str>,
    /// Whether it says what was predicted; null when it could not be asked.
    pub(crate) agrees: Option<bool>,
    /// Its refusal, or why it could not be asked.
    pub(crate) message: Option<&'a str>,
}

/// The verdicts about the pods of a run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run<'a> {
    /// `NAMESPACE/NAME`.
    pub(crate) run: &'a str,
    /// Its pods.
    pub(crate) pods: Vec<Pod<'a>>,
    /// The smallest changes that get all of them admitted.
    pub(crate) changes: Vec<Change>,
}

/// A change that gets all pods admitted.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    /// What is changed, in words.
    pub(crate) summary: String,
    /// Who can do it: the author of the run, that of the Task, or an administrator.
    #[cfg_attr(test, schemars(extend("enum" = ["author", "taskAuthor", "administrator"])))]
    pub(crate) by: &'static str,
    /// What is predicted of the run then.
    pub(crate) predicted: Outcome,
    /// What else it lets happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blast_radius: Option<String>,
    /// The command that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
    /// Fields of the run with their new values; null takes a field away.
    pub(crate) fields: Value,
}

impl Kind for Run<'_> {
    const KIND: &'static str = "Admission";
    const LIST: Option<&'static str> = Some("pods");
}

impl<'a> Run<'a> {
    /// The verdicts in this shape; `run` is `NAMESPACE/NAME`.
    pub(crate) fn of(run: &'a str, pods: &'a [Judged], changes: &[Offer]) -> Self {
        Self { run, pods: pods.iter().map(Pod::of).collect(), changes: changes.iter().map(Change::of).collect() }
    }
}

impl Change {
    fn of(offer: &Offer) -> Self {
        let wide: Vec<String> = offer.risks.iter().filter(|risk| risk.is_wide()).map(wording::risk).collect();
        let command = wording::commands(offer).collect::<Vec<_>>().join("\n");
        Self {
            summary: wording::summary(offer),
            by: admission::by(offer),
            predicted: offer.forecast.outcome().into(),
            blast_radius: (!wide.is_empty()).then(|| wide.join("; ")),
            command: (!command.is_empty()).then_some(command),
            fields: wording::fields(offer),
        }
    }
}

impl<'a> Verdict<'a> {
    fn of(judged: &'a Judged) -> Self {
        let verdict = &judged.verdict;
        let Creator { user, groups } = &judged.creator;
        Self {
            pod: &judged.pod,
            role: judged.role.as_deref(),
            service_account: &judged.service_account,
            creator: CreatedBy { user, groups, because: judged.because },
            admitted: match verdict.admitted {
                Answer::Yes => Some(true),
                Answer::No => Some(false),
                Answer::CannotTell(_) => None,
            },
            cannot_tell: verdict.missing(),
            ignored: verdict.ignored,
            scc: verdict.scc.as_deref(),
            subject_type: verdict.subject_type.map(|subject| subject.as_str()),
            effective: verdict.pod.as_ref().map(effective),
            refusals: verdict.refusals.iter().map(reason).collect(),
            message: verdict.message.as_deref(),
            server: judged.server.as_ref().map(|server| Server {
                admitted: server.admitted,
                scc: server.scc.as_deref(),
                agrees: server.agrees,
                message: server.message.as_deref(),
            }),
        }
    }
}

fn reason(refusal: &Refusal) -> Reason<'_> {
    Reason { scc: &refusal.scc, field: &refusal.field, value: &refusal.value, detail: &refusal.detail }
}

/// The settings of a pod as the schema describes them; those inside are Kubernetes' own
/// types.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct Settings {
    /// The pod's annotations.
    annotations: std::collections::BTreeMap<String, String>,
    /// A Kubernetes PodSecurityContext, as stored.
    pod_security_context: serde_json::Map<String, Value>,
    /// Containers, init containers first.
    containers: Vec<ContainerSettings>,
}

/// The settings of a container.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct ContainerSettings {
    /// `init`, `container` or `ephemeral`.
    kind: String,
    /// Name.
    name: String,
    /// A Kubernetes SecurityContext, as stored.
    security_context: Option<serde_json::Map<String, Value>>,
    /// The container's values, else the pod's.
    effective: serde_json::Map<String, Value>,
}
