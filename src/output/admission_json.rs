//! What `admission -o json` prints, version 1.

use serde::Serialize;
use serde_json::Value;

use super::admission::{self, Judged};
use super::json_v1::SCHEMA_VERSION;
use super::wording;
use crate::analysis::scc::effective::{Effective, effective};
use crate::analysis::scc::{Answer, Creator, Refusal};
use crate::finding::Offer;

/// The verdict about one pod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod<'a> {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The process's exit code, because some shells lose it; absent in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<u8>,
    /// `NAMESPACE/NAME`.
    pub pod: &'a str,
    /// What it is in its run, `task build` for example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
    /// ServiceAccount it runs as.
    pub service_account: &'a str,
    /// Who creates it.
    pub creator: CreatedBy<'a>,
    /// Whether it is admitted; null when it cannot be told.
    pub admitted: Option<bool>,
    /// What would have to be read to tell.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub cannot_tell: &'a [String],
    /// Why the plugin does not look at the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<&'static str>,
    /// The SCC that takes it.
    pub scc: Option<&'a str>,
    /// `serviceaccount` or `user`: whose right to use the SCC counts.
    pub subject_type: Option<&'static str>,
    /// What its processes run with.
    pub effective: Option<Effective>,
    /// Reasons, in the order of evaluation.
    pub refusals: Vec<Reason<'a>>,
    /// The API server's text.
    pub message: Option<&'a str>,
    /// What the server itself answered, when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server<'a>>,
}

/// Who creates a pod.
#[derive(Debug, Serialize)]
pub struct CreatedBy<'a> {
    /// User.
    pub user: &'a str,
    /// Groups.
    pub groups: &'a [String],
    /// How that is known.
    pub because: &'a str,
}

/// One reason.
#[derive(Debug, Serialize)]
pub struct Reason<'a> {
    /// The SCC.
    pub scc: &'a str,
    /// Path as the API server prints it.
    pub field: &'a str,
    /// The value complained of.
    pub value: &'a Value,
    /// What is wrong with it.
    pub detail: &'a str,
}

/// The server's answer to a dry run.
#[derive(Debug, Serialize)]
pub struct Server<'a> {
    /// Whether it admitted the pod; null when it could not be asked.
    pub admitted: Option<bool>,
    /// The SCC that it chose.
    pub scc: Option<&'a str>,
    /// Whether it says what was predicted; null when it could not be asked.
    pub agrees: Option<bool>,
    /// Its refusal, or why it could not be asked.
    pub message: Option<&'a str>,
}

/// The verdicts about the pods of a run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run<'a> {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The process's exit code, because some shells lose it.
    pub exit_code: u8,
    /// `NAMESPACE/NAME`.
    pub run: &'a str,
    /// Its pods.
    pub pods: Vec<Pod<'a>>,
    /// The smallest changes that get all of them admitted.
    pub changes: Vec<Change>,
}

/// A change that gets all pods admitted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What is changed, in words.
    pub summary: String,
    /// Who can do it: `author` of the run, `taskAuthor`, or `administrator`.
    pub by: &'static str,
    /// What is predicted of the run then: `heals`, `doesNotHeal` or `unknown`.
    pub predicted: &'static str,
    /// What else it lets happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blast_radius: Option<String>,
    /// The command that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Fields of the run with their new values; null takes a field away.
    pub fields: Value,
}

impl Change {
    /// An offer in this shape.
    pub fn of(offer: &Offer) -> Self {
        let wide: Vec<String> = offer.risks.iter().filter(|risk| risk.is_wide()).map(wording::risk).collect();
        let command = admission::commands(offer);
        Self {
            summary: wording::summary(offer),
            by: admission::by(offer),
            predicted: wording::predicted(offer.forecast.outcome()),
            blast_radius: (!wide.is_empty()).then(|| wide.join("; ")),
            command: (!command.is_empty()).then_some(command),
            fields: wording::fields(offer),
        }
    }
}

impl<'a> Pod<'a> {
    /// A verdict in this shape.
    pub fn of(judged: &'a Judged, exit_code: Option<u8>) -> Self {
        let verdict = &judged.verdict;
        let Creator { user, groups } = &judged.creator;
        Self {
            schema_version: SCHEMA_VERSION,
            exit_code,
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
