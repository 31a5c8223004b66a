//! Risks in words.

use crate::model::Kind;
use crate::ops::Risk;

use super::{all_runs, new_run};

/// What an operation endangers.
pub(crate) fn risk(risk: &Risk) -> String {
    match risk {
        Risk::NewRun(old) => new_run(*old).to_owned(),
        Risk::ReservedNodes => "tainted nodes are kept for something: ask their owner".to_owned(),
        Risk::LessResources => "the step may then be killed for memory, or run slowly".to_owned(),
        Risk::Scratch(workspace) => {
            format!(
                "what tasks keep in {workspace} lives no longer than a task; only where nothing is handed on through it"
            )
        }
        Risk::NewVolume(workspace) => {
            format!("the new volume of {workspace} is empty, and created and deleted with each run")
        }
        Risk::LeftBehind(workspace) => format!("what the claim of {workspace} held stays where it is"),
        Risk::AllRuns(mode) => all_runs(*mode).to_owned(),
        Risk::RootlessContainers => {
            "cluster-wide: containers that need root or more capabilities then fail; try it on one run first".to_owned()
        }
        Risk::PlainContainers => {
            "cluster-wide: Tekton's own containers then carry no seccomp profile and may run as root; namespaces that enforce Pod Security restricted refuse them".to_owned()
        }
        Risk::Level(level) => format!("every pod of the namespace may then do what {level} allows"),
        Risk::Grant(reach) => {
            let wide = if reach.account == "default" { ", which is every pod that names no other" } else { "" };
            format!(
                "every pod of namespace {} that runs as {}{wide} ({} now), and whoever may create pods there, then gets: {}",
                reach.namespace,
                reach.account,
                reach.pods,
                allowed(reach.allows.as_deref())
            )
        }
        Risk::Queue => "a queue that holds the run loses its order".to_owned(),
        Risk::VolumeStays => "a task of the run that still runs on the old node keeps its volume there".to_owned(),
        Risk::TwoHolders => {
            "should the node still run it, two pods hold the volume for a moment; the assistant itself writes nothing"
                .to_owned()
        }
        Risk::RecordsLost => "its record and logs go too; its StatefulSet can be deleted instead".to_owned(),
        Risk::NewObject(Kind::ServiceAccount) => "the account has no rights until somebody grants them".to_owned(),
        Risk::NewObject(Kind::Claim) => "the new volume is empty".to_owned(),
        Risk::NewObject(Kind::LimitRange) => "every container of the namespace without requests gets these".to_owned(),
        Risk::NewObject(kind) => format!("the new {} is empty", kind.name()),
    }
}

fn allowed(allows: Option<&[crate::ops::Allowed]>) -> String {
    use crate::ops::Allowed;
    let Some(allows) = allows else { return "what the SCC allows, which was not read".to_owned() };
    let word = |allowed: &Allowed| {
        match allowed {
        Allowed::Privileged => "privileged containers".to_owned(),
        Allowed::AnyUser => "any UID, root included".to_owned(),
        Allowed::NonRootUser => "any non-root UID".to_owned(),
        Allowed::AnyGroup => "any fsGroup (none assigned by default)".to_owned(),
        Allowed::AnyLabel => {
            "any SELinux label (a random one assigned by default, which keeps pods on one volume from each other's files)"
                .to_owned()
        }
        Allowed::HostNetwork => "the node's network".to_owned(),
        Allowed::HostPorts => "ports of the node".to_owned(),
        Allowed::HostPid => "the node's processes".to_owned(),
        Allowed::HostIpc => "the node's IPC".to_owned(),
        Allowed::HostPath => "directories of the node".to_owned(),
        Allowed::Escalation => "privilege escalation".to_owned(),
        Allowed::Capabilities(names) => format!("capabilities {}", names.join(" ")),
        Allowed::Priority(priority) => format!("and it is preferred to the default for all of them (priority {priority})"),
    }
    };
    if allows.is_empty() {
        return "nothing that needs particular care".to_owned();
    }
    allows.iter().map(word).collect::<Vec<_>>().join(", ")
}
