//! Makes operations of the engine out of steps, for a run and its cluster.

use serde_json::{Map, Value, json};

use crate::analysis::tekton::params::{self, Given};
use crate::checks::focus::Focus;
use crate::model::{Kind, Quantity};
use crate::ops::edit::{claim_template, fresh_claim};
use crate::ops::{self, Edit, Grant, Hard, ObjectRef, Op};
use crate::repairs;
use crate::yaml::Located;

use super::arguments::{is_duration, is_name};
use super::changes::{
    AccessMode, Change, CreateServiceAccount, DeletePod, Enforce, GrantScc, Level, RaiseQuota, Request, Rerun, Scale,
    Toleration, Uncordon, Workspace,
};
use super::expression::{Scope, Template};
use super::misfit::Misfit;
use super::schema::Scalar;

/// Makes operations for a run, with what expressions speak of.
#[derive(Clone, Copy)]
pub struct Maker<'m> {
    /// The run.
    pub focus: &'m Focus<'m>,
    /// What expressions speak of.
    pub scope: &'m Scope,
}

impl Maker<'_> {
    /// The operations of a step.
    ///
    /// # Errors
    /// A sentence when an argument does not fit the run or its cluster.
    pub fn ops(&self, change: Change<'_>) -> Result<Vec<Op>, Misfit> {
        let focus = self.focus;
        let namespace = || focus.namespace().to_owned();
        let object = |kind, name: String| ObjectRef::new(kind, focus.namespace(), name);
        let run = || object(Kind::PipelineRun, focus.run().metadata.name.clone());
        Ok(match change {
            Change::Rerun(rerun) => {
                let cancel_old = !rerun.keep_old && focus.is_running();
                vec![Op::Submit { run: run(), edits: self.edits(rerun)?, cancel_old }]
            }
            Change::Release => {
                if focus.run().spec.get("status").is_none_or(Value::is_null) {
                    return Err(Misfit::Situation("the run is not held: it has no spec.status".to_owned()));
                }
                vec![Op::Release { run: run() }]
            }
            Change::Retry => repairs::retries(focus),
            Change::SetFlags(flags) => {
                let mut pairs = Vec::new();
                if let Some(mode) = flags.coschedule {
                    pairs.extend(repairs::flags_for(focus, mode.into()));
                }
                if let Some(wanted) = flags.set_security_context {
                    pairs.push((repairs::SECURITY_CONTEXT, wanted.to_string()));
                }
                if pairs.is_empty() {
                    return Err(Misfit::Value("no flag is named".to_owned()));
                }
                vec![Op::SetFlags { place: repairs::flag_place(focus), pairs }]
            }
            Change::Uncordon(Uncordon { node }) => {
                let node = self.node(node)?;
                vec![Op::Uncordon { node }]
            }
            Change::GrantScc(GrantScc { service_account, scc }) => {
                let (account, scc) = (self.name(service_account)?, self.name(scc)?);
                let grant = Grant::candidates(focus.cluster, &account).into_iter().find(|grant| grant.scc == scc);
                let grant = grant.ok_or_else(|| {
                    let sccs = &focus.cluster.sccs;
                    if !focus.cluster.coverage.proves_absence(Kind::SecurityContextConstraints, "") {
                        return Misfit::Situation(format!("SCC {scc:?} was not read"));
                    }
                    Misfit::Name {
                        what: "SCC",
                        name: scc,
                        known: sccs.iter().map(|scc| scc.metadata.name.clone()).collect(),
                    }
                })?;
                vec![Op::Grant { namespace: namespace(), grant }]
            }
            Change::Enforce(Enforce { level }) => {
                let level = match level {
                    Level::Privileged => "privileged",
                    Level::Baseline => "baseline",
                    Level::Restricted => "restricted",
                };
                vec![Op::Enforce { namespace: namespace(), level }]
            }
            Change::RaiseQuota(raise) => vec![self.quota(raise)?],
            Change::Scale(Scale { stateful_set, replicas }) => {
                let name = self.name(stateful_set)?;
                let set = focus
                    .cluster
                    .stateful_sets
                    .iter()
                    .find(|set| set.metadata.namespace == focus.namespace() && set.metadata.name == name);
                let set = set.ok_or_else(|| Misfit::Situation(format!("StatefulSet {name:?} was not read")))?;
                let to = i32::try_from(self.number(replicas)?).ok().filter(|to| (0..=100).contains(to));
                let to = to.ok_or_else(|| Misfit::Value("replicas: expected a number from 0 to 100".to_owned()))?;
                vec![Op::Scale { set: object(Kind::StatefulSet, name), from: set.spec.replicas.unwrap_or(1), to }]
            }
            Change::CreateClaim(claim) => {
                let name = self.name(&claim.name)?;
                let class = claim.storage_class.as_ref().map(|class| self.name(class)).transpose()?;
                let mode = claim.access_mode.map_or("ReadWriteOnce", AccessMode::as_str);
                let spec = fresh_claim(&self.quantity(&claim.size)?, class.as_deref(), mode);
                let manifest = json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                    "metadata": { "name": name }, "spec": spec });
                vec![Op::Create { object: object(Kind::Claim, name), manifest }]
            }
            Change::CreateServiceAccount(CreateServiceAccount { name }) => {
                let name = self.name(name)?;
                let manifest = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": name } });
                vec![Op::Create { object: object(Kind::ServiceAccount, name), manifest }]
            }
            Change::DeletePod(DeletePod { name, force }) => {
                vec![Op::Delete { object: object(Kind::Pod, self.name(name)?), force: *force }]
            }
        })
    }

    /// The edits of a new run, in the order in which `rerun` makes them.
    fn edits(&self, rerun: &Rerun) -> Result<Vec<Edit>, Misfit> {
        let mut edits: Vec<Edit> = rerun.drop.iter().map(|part| part.inner.edit()).collect();
        if let Some(group) = &rerun.fs_group {
            edits.push(self.fs_group(group)?);
        }
        if let Some(user) = &rerun.run_as_user {
            edits.push(Edit::RunAsUser { user: self.number(user)? });
        }
        if let Some(fields) = &rerun.pod_template {
            let fields = self.filled(&fields.inner)?;
            if !fields.is_object() {
                return Err(Misfit::Value("podTemplate: expected fields such as nodeSelector".to_owned()));
            }
            edits.push(Edit::MergeTemplate { fields });
        }
        if rerun.security_context_to_tasks {
            edits.push(Edit::SecurityContextToTasks);
        }
        if let Some(task) = &rerun.placement_of {
            edits.push(Edit::PlacementOf { task: self.text(task)? });
        }
        for (key, value) in &rerun.node_selector {
            edits.push(Edit::NodeSelector { key: key.clone(), value: self.text(value)? });
        }
        for toleration in &rerun.tolerations {
            edits.push(Edit::Toleration { toleration: self.toleration(&toleration.inner)? });
        }
        if let Some(name) = &rerun.service_account {
            edits.push(Edit::ServiceAccount { name: self.name(name)? });
        }
        for (task, name) in &rerun.task_service_accounts {
            edits.push(Edit::TaskServiceAccount { task: task.clone(), name: self.name(name)? });
        }
        for workspace in &rerun.workspaces {
            edits.push(self.workspace(&workspace.inner)?);
        }
        for request in &rerun.requests {
            let Request { task, step, resource, quantity } = &request.inner;
            edits.push(Edit::Request {
                task: self.text(task)?,
                step: step.as_ref().map(|step| self.text(step)).transpose()?,
                resource: self.text(resource)?,
                quantity: self.quantity(quantity)?,
            });
        }
        for (name, value) in &rerun.params {
            if let Given::Ignored(known) = params::given(self.focus.cluster, self.focus.run(), name) {
                return Err(Misfit::Name { what: "parameter", name: name.clone(), known });
            }
            edits.push(Edit::Param { name: name.clone(), value: Value::from(self.text(value)?) });
        }
        if let Some(timeout) = &rerun.timeout {
            let timeout = self.text(timeout)?;
            if !is_duration(&timeout) {
                return Err(Misfit::Value(format!("timeout {timeout:?}: expected 30m or 2h30m for example")));
            }
            edits.push(Edit::Timeout { timeout });
        }
        if let Some(node) = &rerun.pin_node {
            edits.push(repairs::pin_to(self.focus, &self.node(node)?));
        }
        if let Some((one, other)) = ops::contradiction(&edits) {
            let words = |edit: &Edit| ops::flags(edit).join(" ");
            return Err(Misfit::Value(format!("{} and {} contradict each other", words(one), words(other))));
        }
        Ok(edits)
    }

    fn fs_group(&self, group: &Located<Scalar>) -> Result<Edit, Misfit> {
        if self.text(group)? != "namespace" {
            return Ok(Edit::FsGroup { group: self.number(group)?, of_namespace: false });
        }
        let start = repairs::block_start(self.focus).ok_or_else(|| {
            Misfit::Situation(format!("the group block of namespace {} is not known: its annotation openshift.io/sa.scc.supplemental-groups was not read", self.focus.namespace()))
        })?;
        Ok(Edit::FsGroup { group: start, of_namespace: true })
    }

    fn toleration(&self, toleration: &Toleration) -> Result<Value, Misfit> {
        let Toleration { key, value, effect } = toleration;
        let (key, effect) = (self.text(key)?, format!("{effect:?}"));
        Ok(match value {
            Some(value) => json!({ "key": key, "operator": "Equal", "value": self.text(value)?, "effect": effect }),
            None => json!({ "key": key, "operator": "Exists", "effect": effect }),
        })
    }

    fn workspace(&self, workspace: &Workspace) -> Result<Edit, Misfit> {
        let name = self.text(&workspace.name)?;
        let mut binding = match (&workspace.empty_dir, &workspace.claim_name, &workspace.size) {
            (Some(_), None, None) => json!({ "emptyDir": {} }),
            (None, Some(claim), None) => json!({ "persistentVolumeClaim": { "claimName": self.name(claim)? } }),
            (None, None, Some(size)) => {
                let class = workspace.storage_class.as_ref().map(|class| self.name(class)).transpose()?;
                let mode = workspace.access_mode.map_or("ReadWriteOnce", AccessMode::as_str);
                claim_template(&self.quantity(size)?, class.as_deref(), mode)
            }
            _ => {
                let text = format!("workspace {name:?}: expected one of emptyDir, claimName and size");
                return Err(Misfit::Value(text));
            }
        };
        if let Some(path) = &workspace.sub_path {
            binding["subPath"] = Value::from(self.text(path)?);
        }
        Ok(Edit::Workspace { name, binding })
    }

    fn quota(&self, raise: &RaiseQuota) -> Result<Op, Misfit> {
        let (focus, name) = (self.focus, self.name(&raise.quota)?);
        let quotas = &focus.cluster.resource_quotas;
        let found = quotas.iter().find(|q| q.metadata.namespace == focus.namespace() && q.metadata.name == name);
        let found = found.ok_or_else(|| {
            if !focus.cluster.coverage.proves_absence(Kind::ResourceQuota, focus.namespace()) {
                return Misfit::Situation(format!("ResourceQuota {name:?} was not read"));
            }
            let here = quotas.iter().filter(|quota| quota.metadata.namespace == focus.namespace());
            let known = here.map(|quota| quota.metadata.name.clone()).collect();
            Misfit::Name { what: "ResourceQuota", name: name.clone(), known }
        })?;
        let mut hard = Vec::new();
        for (resource, amount) in &raise.hard {
            let amount = self.quantity(amount)?;
            let new: Quantity = amount.parse().map_err(|_| Misfit::Value(format!("{amount:?} is not a quantity")))?;
            let old = found.spec.hard.get(resource).copied();
            let old =
                old.ok_or_else(|| Misfit::Situation(format!("ResourceQuota {name} does not limit {resource}")))?;
            if new < old {
                let text = format!("{resource} of ResourceQuota {name} is {old} already, more than {new}");
                return Err(Misfit::Value(text));
            }
            hard.push(Hard { resource: resource.clone(), old, new });
        }
        Ok(Op::RaiseQuota { quota: ObjectRef::new(Kind::ResourceQuota, focus.namespace(), name), hard })
    }

    /// A text with its expressions evaluated.
    ///
    /// # Errors
    /// When it has no value that is a text or a number.
    pub fn text(&self, scalar: &Located<Scalar>) -> Result<String, Misfit> {
        scalar_text(&scalar.inner, self.scope).map_err(Misfit::Situation)
    }

    fn number(&self, scalar: &Located<Scalar>) -> Result<i64, Misfit> {
        let text = self.text(scalar)?;
        text.parse().map_err(|_| Misfit::Value(format!("{text:?} is not a whole number")))
    }

    fn quantity(&self, scalar: &Located<Scalar>) -> Result<String, Misfit> {
        let text = self.text(scalar)?;
        if text.parse::<Quantity>().is_ok() {
            Ok(text)
        } else {
            Err(Misfit::Value(format!("{text:?} is not a quantity")))
        }
    }

    /// The name of an object: what can be none would be another path of the API.
    fn name(&self, scalar: &Located<Scalar>) -> Result<String, Misfit> {
        let text = self.text(scalar)?;
        if is_name(&text) { Ok(text) } else { Err(Misfit::Value(format!("{text:?} is not the name of an object"))) }
    }

    fn node(&self, scalar: &Located<Scalar>) -> Result<String, Misfit> {
        let name = self.name(scalar)?;
        known_node(self.focus, &name).map(|()| name)
    }

    /// JSON with the expressions in its texts evaluated.
    fn filled(&self, value: &Value) -> Result<Value, Misfit> {
        Ok(match value {
            Value::String(text) => Template::parse(text)
                .map_err(|bad| bad.message)
                .and_then(|template| template.evaluate(self.scope))
                .map_err(Misfit::Situation)?,
            Value::Array(items) => Value::Array(items.iter().map(|item| self.filled(item)).collect::<Result<_, _>>()?),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| Ok((key.clone(), self.filled(value)?)));
                Value::Object(fields.collect::<Result<Map<String, Value>, Misfit>>()?)
            }
            other => other.clone(),
        })
    }
}

/// That a node exists, as far as nodes were read.
///
/// # Errors
/// When it does not, or that is not known.
pub fn known_node(focus: &Focus<'_>, name: &str) -> Result<(), Misfit> {
    let nodes = &focus.cluster.nodes;
    if nodes.is_empty() {
        return Err(Misfit::Situation("nodes were not read, so none can be named".to_owned()));
    }
    if focus.cluster.node(name).is_some() {
        return Ok(());
    }
    let known = nodes.iter().map(|node| node.metadata.name.clone()).collect();
    Err(Misfit::Name { what: "node", name: name.to_owned(), known })
}

/// The text of a scalar, its expressions evaluated.
///
/// # Errors
/// When it has no value that is a text or a number.
pub fn scalar_text(scalar: &Scalar, scope: &Scope) -> Result<String, String> {
    match scalar {
        Scalar::Flag(flag) => Ok(flag.to_string()),
        Scalar::Number(number) => Ok(number.to_string()),
        Scalar::Text(text) => match Template::parse(text).map_err(|bad| bad.message)?.evaluate(scope)? {
            Value::String(text) => Ok(text),
            value @ (Value::Number(_) | Value::Bool(_)) => Ok(value.to_string()),
            _ => Err(format!("{text}: gives neither a text nor a number")),
        },
    }
}
