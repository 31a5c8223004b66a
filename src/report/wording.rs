//! Repairs and forecasts in words. Everything that is said of them is made here, so that all
//! commands say the same.

use std::sync::OnceLock;

use jiff::SignedDuration;
use serde_json::Value;

use crate::analysis::pipeline_fit::{Obstacle, Reason, Who as Whose, load};
use crate::finding::forecast::{Block, Forecast, Gap, Ground, Who};
use crate::finding::{Cause, Offer, Outcome};
use crate::model::Kind;
use crate::ops::{Caller, Edit, FlagPlace, Instruction, Mode, OldRun, Op, Refused, Risk};

pub(crate) mod lint;
pub(crate) mod origins;
mod rights;
mod risks;

pub(crate) use rights::{of_workflow as rights_of_workflow, rights};
pub(crate) use risks::risk;

/// How the program was called; set once, at its start.
static CALLER: OnceLock<Caller> = OnceLock::new();

/// Has commands named as the caller's own program is.
pub(crate) fn set_caller(caller: Caller) {
    // A second start in one process keeps the first name.
    let _ = CALLER.set(caller);
}

/// How the program was called; as kubectl's plugin where nobody said.
pub(crate) fn caller() -> &'static Caller {
    CALLER.get_or_init(Caller::default)
}

/// Nodes of which reasons are given.
const NODES: usize = 3;

/// The commands of an offer, as the caller would type them.
pub(crate) fn commands(offer: &Offer) -> impl Iterator<Item = String> {
    offer.ops.iter().flat_map(|op| op.commands(caller())).map(|command| command.line())
}

/// What an offer does, in one line.
pub fn summary(offer: &Offer) -> String {
    let parts: Vec<String> =
        offer.ops.iter().filter(|op| offer.ops.len() == 1 || !matches!(op, Op::Retry { .. })).map(op).collect();
    let many = parts.len() > 1;
    let is_plain = |op: &Op| matches!(op, Op::Submit { edits, .. } if edits.is_empty());
    if many && offer.ops.last().is_some_and(is_plain) {
        return format!("{}, then resubmit", parts[..parts.len() - 1].join("; "));
    }
    parts.join("; ")
}

/// Why a forecast comes to what it does, a clause each.
pub fn because(forecast: &Forecast) -> Vec<String> {
    match forecast.outcome() {
        Outcome::Blocked => forecast.blocks.iter().map(block).collect(),
        Outcome::Unknown => forecast.gaps.iter().map(gap).collect(),
        Outcome::GoesOn => forecast.grounds.iter().map(ground).collect(),
    }
}

/// What an operation does.
pub(crate) fn op(op: &Op) -> String {
    match op {
        Op::Submit { edits, .. } if edits.is_empty() => "resubmit the run unchanged".to_owned(),
        Op::Submit { edits, .. } => {
            let edits: Vec<String> = edits.iter().map(edit).collect();
            edits.join(", ")
        }
        Op::Release { run } if run.kind == Kind::TaskRun => {
            format!("remove spec.status of TaskRun {}, unless something else (a queue) is to release it", run.name)
        }
        Op::Release { .. } => "remove spec.status, unless something else (a queue) is to release the run".to_owned(),
        Op::Delete { object, force: true } => {
            format!(
                "delete pod {} without waiting for its node: its StatefulSet creates it again elsewhere",
                object.name
            )
        }
        Op::Delete { object, .. } if object.kind == Kind::Pod => {
            format!("delete pod {}: its StatefulSet creates it again on another node", object.name)
        }
        Op::Delete { object, .. } if object.kind == Kind::PipelineRun => {
            format!(
                "delete PipelineRun {}, which is over: its assistant goes with it and releases the claim",
                object.name
            )
        }
        Op::Delete { object, .. } => format!("delete {}", object.target()),
        Op::Create { object, manifest } if object.kind == Kind::Claim => {
            let class = manifest.pointer("/spec/storageClassName").and_then(Value::as_str);
            let class = class.map(|class| format!(" of class {class}")).unwrap_or_default();
            format!("create the claim {}{class}", object.name)
        }
        Op::Create { object, .. } if object.kind == Kind::LimitRange => {
            "give containers default requests with a LimitRange".to_owned()
        }
        Op::Create { object, .. } if object.kind == Kind::SecurityContextConstraints => {
            format!("create SCC {} with seccomp profile runtime/default allowed", object.name)
        }
        Op::Create { object, .. } => format!("create {} {}", object.kind.name(), object.name),
        Op::Grant { grant, .. } => format!("let ServiceAccount {} use SCC {}", grant.account, grant.scc),
        Op::SetFlags { place, pairs } => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            let place = match place {
                FlagPlace::ConfigMap { .. } => "ConfigMap feature-flags",
                FlagPlace::TektonConfig { .. } => "TektonConfig",
            };
            format!("set {} in {place}", pairs.join(", "))
        }
        Op::Uncordon { node } => format!("uncordon {node}, if its maintenance is over"),
        Op::Enforce { level, .. } => format!("enforce Pod Security level {level} on the namespace"),
        Op::RaiseQuota { quota, hard } => {
            let limits: Vec<String> =
                hard.iter().map(|hard| format!("{} {} -> at least {}", hard.resource, hard.old, hard.new)).collect();
            format!("raise ResourceQuota {}: {}", quota.name, limits.join(", "))
        }
        Op::MoveBounds { range, bounds } => {
            let bounds: Vec<String> = bounds
                .iter()
                .map(|bound| match &bound.new {
                    Some(new) => format!("{} {} {} -> {new}", bound.side, bound.resource, bound.old),
                    None => format!("no {} {}", bound.side, bound.resource),
                })
                .collect();
            format!("change LimitRange {}: {}", range.name, bounds.join(", "))
        }
        Op::Scale { set, to, .. } => format!("scale the StatefulSet {} to {to}", set.name),
        Op::Retry { set } if set.kind == Kind::PipelineRun => {
            format!("annotate the run {}, so that Tekton's controller looks at it again", set.name)
        }
        Op::Retry { set } => format!("have the StatefulSet {} try again at once", set.name),
        Op::Unannotate { object, key } => {
            format!("take the annotation {key} off {} {}", object.kind.name(), object.name)
        }
        Op::Manual { instruction, .. } => self::instruction(instruction),
    }
}

/// What an edit changes.
pub(crate) fn edit(edit: &Edit) -> String {
    match edit {
        Edit::PinNode { node, .. } => format!("pin the run to {node}"),
        Edit::NodeSelector { key, value } => format!("run every task on nodes with {key}={value}"),
        Edit::FsGroup { group, of_namespace: true } => format!("use the namespace's group (fsGroup {group})"),
        Edit::FsGroup { group, .. } => format!("set fsGroup {group}"),
        Edit::RunAsUser { user } => format!("set runAsUser {user}"),
        Edit::Param { name, .. } => format!("give parameter {name} another value"),
        Edit::Timeout { timeout } => format!("give the pipeline {timeout} to end"),
        Edit::MergeTemplate { .. } => "change the pod template".to_owned(),
        Edit::DropSecurityField { field } => format!("drop {field}"),
        Edit::DropSecurityContext => "drop the pod template's securityContext".to_owned(),
        Edit::SecurityContextToTasks => {
            "move the securityContext to taskRunSpecs[], so that the assistant does not get it".to_owned()
        }
        Edit::Toleration { toleration } => {
            let text = |key: &str| toleration.get(key).and_then(Value::as_str).unwrap_or_default();
            let value = Some(text("value")).filter(|value| !value.is_empty()).map(|value| format!("={value}"));
            format!("tolerate {}{}:{}", text("key"), value.unwrap_or_default(), text("effect"))
        }
        Edit::DropNodeSelection => "drop the run's node selection".to_owned(),
        Edit::DropTaskPlacement => "drop the node selection and tolerations of single tasks".to_owned(),
        Edit::PlacementOf { task } => {
            format!("give the node selection and tolerations of task {task} to the whole run, the assistant included")
        }
        Edit::ServiceAccount { name } => format!("run as ServiceAccount {name}"),
        Edit::TaskServiceAccount { task, name } => format!("run task {task} as ServiceAccount {name}"),
        Edit::Workspace { name, binding } => workspace(name, binding),
        Edit::DropPodField { field } => format!("drop {field} from the pod template"),
        Edit::Request { task, step, resource, quantity } => match step {
            Some(step) => format!("request {quantity} {resource} in step {step} of task {task}"),
            None => format!("request {quantity} {resource} for task {task}"),
        },
        Edit::Patch { .. } => "change the run as it was edited".to_owned(),
        Edit::OnlyTasks { tasks, .. } => format!("run only {}", tasks.join(", ")),
        Edit::PodTemplate { .. } => "move the fields to spec.taskRunTemplate.podTemplate".to_owned(),
    }
}

fn workspace(name: &str, binding: &Value) -> String {
    let text = |at: &str| binding.pointer(at).and_then(Value::as_str);
    if binding.get("emptyDir").is_some() {
        return format!("give workspace {name} an emptyDir");
    }
    if let Some(claim) = text("/persistentVolumeClaim/claimName") {
        let folder = text("/subPath").map(|path| format!(", folder {path}")).unwrap_or_default();
        return format!("bind workspace {name} to claim {claim}{folder}");
    }
    let spec = "/volumeClaimTemplate/spec";
    let size = text(&format!("{spec}/resources/requests/storage")).unwrap_or_default();
    let mode = text(&format!("{spec}/accessModes/0")).unwrap_or_default();
    let class = text(&format!("{spec}/storageClassName")).map(|class| format!(", class {class}")).unwrap_or_default();
    format!("give workspace {name} a new claim for each run ({size}, {mode}{class})")
}

fn instruction(instruction: &Instruction) -> String {
    match instruction {
        Instruction::WaitForRuns { runs } if runs.is_empty() => {
            "wait until a run that occupies a node ends: this one then goes on by itself".to_owned()
        }
        Instruction::WaitForRuns { runs } => {
            format!("wait until one of these runs ends ({}): this one then goes on by itself", runs.join(", "))
        }
        Instruction::MeetPolicy { subject, words } => {
            let how = match subject {
                Refused::Assistant => {
                    "meet the policy through labels of the run, which are copied to the assistant, or exempt pods with \
                     app.kubernetes.io/component=affinity-assistant"
                }
                Refused::TaskRun => "meet the policy in the run, or exempt TaskRuns that Tekton's controller creates",
                Refused::TaskPod => "meet the policy in the task or the pod template, or exempt the pods of TaskRuns",
            };
            if words.is_empty() { how.to_owned() } else { format!("{how}: {words}") }
        }
        Instruction::LetControllerCreate { words } => {
            format!("let Tekton's controller create StatefulSets in the namespace: {words}")
        }
        Instruction::RecoverWebhook { webhook } => {
            format!("have the webhook {webhook} answer again (the pods and the Service behind it)")
        }
        Instruction::CorrectDefinition { words } => {
            format!("correct the definition of the task or the pipeline: {words}")
        }
        Instruction::CorrectPodTemplate { words } => {
            format!("correct the run's pod template, of which the assistant is made: {words}")
        }
        Instruction::CorrectReference { words } if words.is_empty() => {
            "correct the reference, or what it takes to fetch it".to_owned()
        }
        Instruction::CorrectReference { words } => {
            format!("correct the reference, or what it takes to fetch it: {words}")
        }
        Instruction::OpenGates { gates } => {
            format!("have whoever set {} take them off the pods; the run then goes on by itself", gates.join(", "))
        }
        Instruction::ReachRegistry => {
            "let the nodes reach the registry (name, DNS, proxy, firewall); other credentials change nothing".to_owned()
        }
        Instruction::PullSecret { account } => format!("give ServiceAccount {account} a pull secret for the registry"),
        Instruction::TrustRegistry => "let the nodes trust the registry's certificate".to_owned(),
        Instruction::WaitForRegistry => {
            "wait until the registry's rate limit has passed, or pull with credentials".to_owned()
        }
        Instruction::CorrectImage => "name an image and tag that exist in the task".to_owned(),
        Instruction::ValidImageName => {
            "correct the name of the image in the task: the repository in lower case, one tag or digest".to_owned()
        }
        Instruction::NameRegistry => {
            "write the image in the task with its registry, as registry/repository:tag".to_owned()
        }
        Instruction::AllowPull => {
            "set imagePullPolicy of the step to IfNotPresent, or load the image onto the node".to_owned()
        }
        Instruction::MakePullable => "make the image pullable from the nodes".to_owned(),
        Instruction::RecoverNode => "recover the node, or remove it from the cluster".to_owned(),
        Instruction::CreateSource { sources } => {
            format!("create {} with what the task expects; the kubelet tries again by itself", sources.join(" and "))
        }
        Instruction::StartController => "start Tekton's controller; it then takes up the run by itself".to_owned(),
        Instruction::InspectController => "find out from its log why Tekton's controller does not go on".to_owned(),
        Instruction::AskForLess { task, field } => {
            format!("drop securityContext.{field} from the steps of task {task} (whoever maintains the Task)")
        }
        Instruction::GrantSomeScc { account } => {
            format!("let ServiceAccount {account} use an SCC that allows what the pod asks for; which one is unknown")
        }
        Instruction::FreeQuota { quota } => {
            format!("end something else in the namespace that uses ResourceQuota {quota}")
        }
        Instruction::RaiseQuota { quota, words } if words.is_empty() => format!("raise ResourceQuota {quota}"),
        Instruction::RaiseQuota { quota, words } => format!("raise ResourceQuota {quota}, which says: {words}"),
        Instruction::FitLimitRange { ranges } => {
            format!("request what LimitRange {} allows, or let the steps set limits of their own", ranges.join(", "))
        }
        Instruction::DefaultRequests => "give containers default requests with a LimitRange".to_owned(),
        Instruction::ValidFlag { key, values, with } => match with {
            Some((other, value)) => format!("set {other} to {value}, without which Tekton refuses this value of {key}"),
            None => format!("set {key} to a value that Tekton knows ({})", values.join(", ")),
        },
        Instruction::ProvideVolume { classes } if classes.is_empty() => {
            "create a storage class that provisions, or a volume that the claim can bind".to_owned()
        }
        Instruction::ProvideVolume { classes } => {
            format!("use a claim of a storage class that exists and can provision ({})", classes.join(", "))
        }
        Instruction::EndPod { pod, holds } => format!("end pod {pod}, which holds port {holds}, or wait until it ends"),
        Instruction::RequestLess { task } => format!("let task {task} request less"),
        Instruction::FindNode => "pin the run to a node with room for the whole pipeline (none is known)".to_owned(),
        Instruction::SeparateClaims => "give each workspace a claim of its own".to_owned(),
        Instruction::SwapWorkspaces => {
            "swap the order of the workspaces: only moves the fault to tasks that use the other workspace".to_owned()
        }
        Instruction::OneClaim => "bind both workspaces to one claim with different sub-paths".to_owned(),
        Instruction::MoreMemory { task, step, limit } => {
            let limit = limit.as_ref().map(|limit| format!(" (its limit is {limit})")).unwrap_or_default();
            format!("give step {step} of task {task} more memory{limit}")
        }
        Instruction::MoreMemoryForTekton { container, limit } => {
            let limit = limit.as_ref().map(|limit| format!(" (its limit is {limit})")).unwrap_or_default();
            format!(
                "give Tekton's container {container} more memory{limit} in default-container-resource-requirements of ConfigMap config-defaults"
            )
        }
        Instruction::ImageForArchitecture => "use an image that is built for the node's architecture".to_owned(),
        Instruction::AskQueue { words } if words.is_empty() => {
            "ask the owner of the queue why the run is not admitted".to_owned()
        }
        Instruction::AskQueue { words } => {
            format!("correct what the queue does not admit and resubmit, or change the queue: {words}")
        }
        Instruction::InspectContainer { container } => {
            format!("find out from its log why {container} is not ready; the run goes on by itself once it is")
        }
        Instruction::OpenFiles { how } => how.clone(),
    }
}

fn whose(who: &Who) -> String {
    match who {
        Who::Assistant => "the affinity assistant".to_owned(),
        Who::Task(task) => format!("task {task}"),
        Who::Pods => "its pods".to_owned(),
    }
}

/// What stands in the way.
pub(crate) fn block(block: &Block) -> String {
    match block {
        Block::NoSuchChange(why) => why.clone(),
        Block::Scc { who, reasons } => {
            format!("SCC admission refuses the pod of {} ({})", whose(who), reasons.join("; "))
        }
        Block::Admission { who, refusal } => format!("the pod of {} is refused: {}", whose(who), refusal.text),
        Block::Incoming { who, refused } => format!("admission refuses the pod of {}: {refused}", whose(who)),
        Block::Variable { task, name } => format!(
            "Tekton refuses the variable $({name}) of task {task}: since 1.14 it must begin with params, tasks, finally, context, \
             workspaces or results; a shell variable is ${{NAME}}"
        ),
        Block::Claim(refusal) => format!("its new claim is refused: {}", refusal.text),
        Block::TwoClaims(task) => format!("task {task} binds two claims, which Tekton refuses"),
        Block::NoAssistant(task) => {
            format!("task {task} would wait for an assistant that Tekton does not create (two workspaces on one claim)")
        }
        Block::NoProvisioner(class) => format!("storage class {class} has no provisioner, and no volume of it is free"),
        Block::NoDefaultClass => {
            "its new claim names no storage class, none is the default, and no volume is free".to_owned()
        }
        Block::NoSuchClass(class) => format!("the storage class {class} of its new claim does not exist"),
        Block::NoNode { who, message: Some(message), .. } => format!("no node takes {}: {message}", whose(who)),
        Block::NoNode { who, against, .. } => format!("no node takes {} ({})", whose(who), self::against(against)),
        Block::Remains(cause, words) => format!("it does not change the cause ({cause}): {words}"),
    }
}

/// What is not known.
pub(crate) fn gap(gap: &Gap) -> String {
    match gap {
        Gap::Nodes => "nodes were not read".to_owned(),
        Gap::FreeCapacity => "free capacity (pods of other namespaces were not read)".to_owned(),
        Gap::Pipeline => "what its pods ask for (the pipeline was not resolved)".to_owned(),
        Gap::StatefulSet => "what the assistant asks for (its StatefulSet was not read)".to_owned(),
        Gap::Scc(who, why) => format!("whether SCC admission accepts the pod of {}: {why}", whose(who)),
        Gap::Admission(who, unread) => format!("whether the pod of {} is refused: {unread} were not read", whose(who)),
        Gap::Account(account) => format!("whether ServiceAccount {account} exists (ServiceAccounts were not read)"),
        Gap::StorageClasses => "whether its new claim gets a volume (storage classes were not read)".to_owned(),
        Gap::Provisioning(class) => {
            format!("whether class {class} provisions: no claim of the namespace was bound with it")
        }
        Gap::Node(who, against, doubts) => {
            let mut why: Vec<String> = doubts.iter().take(NODES).cloned().collect();
            if !against.is_empty() && why.is_empty() {
                why.push(self::against(against));
            }
            format!("which node takes {}: {}", whose(who), why.join("; "))
        }
        Gap::Misled { who, elsewhere, obstacle, better } => {
            let why = obstacle.as_ref().map(|obstacle| format!(" ({})", self::obstacle(obstacle))).unwrap_or_default();
            let pods = whose(who);
            match who {
                Who::Task(_) => format!(
                    "whether {pods} starts: the scheduler may put it on {elsewhere}, where it does not get its \
                     volume{why}; --pin-node={better} avoids that"
                ),
                Who::Assistant | Who::Pods => format!(
                    "whether {pods} get a node together: the scheduler may put the assistant on {elsewhere}, where \
                     not all of them fit{why}; --pin-node={better} avoids that"
                ),
            }
        }
        Gap::SharedVolumes(claims) => format!(
            "whether tasks that share {} run on one node: nothing keeps them together without the assistant",
            claims.join(", ")
        ),
        Gap::TektonVersion => "which key decides (the version of Tekton was not read)".to_owned(),
        Gap::Flags => "what the other flags are set to (ConfigMap feature-flags was not read)".to_owned(),
        Gap::Settings => {
            "what Tekton adds to pods by default (ConfigMaps config-defaults and feature-flags were not read)"
                .to_owned()
        }
        Gap::Architecture(node) => format!("whether its images run on {node}"),
        Gap::Detach(volume) => {
            format!("how soon volume {volume} is detached from the lost node: without contact that takes minutes")
        }
        Gap::RunEnded => "the run is over; resubmit it once this is done".to_owned(),
        Gap::NotProven => "the refusal itself is not proven".to_owned(),
        Gap::Manual => "the effect depends on what exactly is done".to_owned(),
        Gap::Open(Cause::WrongArchitecture, _) => "whether the image holds programs for that architecture".to_owned(),
        Gap::Open(Cause::StepKilled | Cause::InitContainerFailed, _) => "how much memory is enough".to_owned(),
        Gap::Open(Cause::VolumeFull, _) => "how much room is enough".to_owned(),
        Gap::Open(cause, _) => format!("whether the cause ({cause}) is lifted by that"),
        Gap::Unexplained(cause) => format!("the refusal ({cause}) was observed, and nothing that was read explains it"),
    }
}

/// Why it goes on.
pub(crate) fn ground(ground: &Ground) -> String {
    match ground {
        Ground::SccAdmits(who) => format!("SCC admission accepts the pod of {}", whose(who)),
        Ground::Fits { who, nodes, of } => {
            let take = if *nodes == 1 { "takes" } else { "take" };
            format!("{nodes} of {of} nodes {take} {}", whose(who))
        }
        Ground::TakesTurns { who, node, obstacle } => {
            let why = obstacle.as_ref().map(|obstacle| format!(" ({})", self::obstacle(obstacle))).unwrap_or_default();
            format!("{} get node {node}, though not all at one time{why}", whose(who))
        }
        Ground::TektonRetries => "Tekton tries again every minute".to_owned(),
        Ground::Provisioned { provisioner, class } => format!("{provisioner} provisions it, by class {class}"),
    }
}

/// What speaks against nodes; nodes that share an obstacle are named together.
pub(crate) fn against(against: &[(Option<Obstacle>, Vec<String>)]) -> String {
    let named = |nodes: &[String]| match nodes {
        [first, second, third, .., _] => format!("{first}, {second}, {third} and {} more", nodes.len() - NODES),
        few => few.join(", "),
    };
    let clause = |(obstacle, nodes): &(Option<Obstacle>, Vec<String>)| {
        let why = obstacle.as_ref().map_or_else(|| "unknown".to_owned(), self::obstacle);
        format!("{}: {why}", named(nodes))
    };
    against.iter().map(clause).collect::<Vec<_>>().join("; ")
}

/// An obstacle in words.
pub(crate) fn obstacle(obstacle: &Obstacle) -> String {
    let who = match &obstacle.who {
        Whose::Assistant => "the assistant".to_owned(),
        Whose::Task(name) => format!("task {name}"),
        Whose::Together(_) | Whose::Run => String::new(),
    };
    match &obstacle.reason {
        Reason::Filter(reasons) if reasons.is_empty() => format!("outside the nodes that are asked for ({who})"),
        Reason::Filter(reasons) => format!("{} ({who})", reasons.join(", ")),
        Reason::OnePod(claim) => {
            format!("{who} cannot mount claim {claim}, which the assistant has and only one pod may")
        }
        Reason::Held(held) => {
            format!(
                "claim {} is in use on node {} by {}, and its volume can be on one node only",
                held.claim, held.node, held.by
            )
        }
        Reason::Short { resource, wanted, assistants, free, tasks, is_exact, is_lasting } => {
            let amount = |value: i64| load::amount(resource, value);
            let short = amount(wanted.saturating_sub(*free));
            let beside = if *assistants > 0 { " beside the assistant" } else { "" };
            let together = match tasks.as_slice() {
                [] => "what may run at one time asks".to_owned(),
                [one] if beside.is_empty() => format!("{one} runs several times at once and asks"),
                [one] => format!("{one} runs{beside} and both ask"),
                [first, .., last] if tasks.len() > 4 => {
                    format!("{} tasks ({first} to {last}) run at one time{beside} and ask", tasks.len())
                }
                [most @ .., last] => format!("{} and {last} run at one time{beside} and ask", most.join(", ")),
            };
            let first = match &obstacle.who {
                Whose::Together(Some(task)) => format!("task {task} does not fit, "),
                _ => String::new(),
            };
            let bound = if *is_exact { "" } else { "at most " };
            let turns = if *is_lasting { "" } else { "; it waits until others have ended" };
            format!(
                "{together} for {bound}{} {resource} of {} free: {first}{short} short{turns}",
                amount(*wanted),
                amount(*free.max(&0))
            )
        }
    }
}

/// An age as kubectl writes it, to two parts at most.
pub(crate) fn age(age: SignedDuration) -> String {
    let seconds = age.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600, seconds / 60);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 if seconds % 60 != 0 => format!("{minutes}m{}s", seconds % 60),
        120..7200 => format!("{minutes}m"),
        7200..36_000 if minutes % 60 != 0 => format!("{hours}h{}m", minutes % 60),
        7200..172_800 => format!("{hours}h"),
        _ => format!("{days}d"),
    }
}

/// What becomes of the old run.
fn new_run(old: OldRun) -> &'static str {
    match old {
        OldRun::Ended => "a new run starts from its first task",
        OldRun::Cancelled => "a new run starts from its first task; the stuck one is cancelled, which cannot be undone",
        OldRun::Left => {
            "a new run starts from its first task; cancel the stuck one (--cancel-old) if they share a volume"
        }
    }
}

/// What a flag makes of all runs.
fn all_runs(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "for all runs of the cluster: pods that share a ReadWriteOnce volume may land on different nodes",
        Mode::PerRun => {
            "for all runs of the cluster: every pod of a run is on one node, and claims from templates are deleted with the run"
        }
    }
}

/// Fields that an offer changes, with their new values.
pub(crate) fn fields(offer: &Offer) -> Value {
    Value::Object(offer.fields.iter().map(|field| (field.path.clone(), field.new.clone())).collect())
}

/// Everything that an offer endangers, in one text.
pub(crate) fn risks(offer: &Offer) -> String {
    let texts: Vec<String> = offer.risks.iter().map(risk).collect();
    texts.join("; ")
}

impl Risk {
    /// Whether it concerns others than the run.
    pub(crate) fn is_wide(&self) -> bool {
        matches!(
            self,
            Self::AllRuns(_) | Self::RootlessContainers | Self::PlainContainers | Self::Level(_) | Self::Grant(_)
        )
    }
}
