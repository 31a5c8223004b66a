//! Rights in words: the verbs that are needed, by resource.

use crate::finding::Offer;
use crate::model::Kind;
use crate::ops::{Op, Right};
use crate::scripts::plan::{Planned, What};
use crate::workflows::gate::Gate;

/// What a probe does (`commands::probe`): its TaskRun comes and goes, and is looked at with
/// its pod and what is said of that.
const PROBE: [Right; 5] = [
    Right::InNamespace("create", Kind::TaskRun),
    Right::InNamespace("get", Kind::TaskRun),
    Right::InNamespace("delete", Kind::TaskRun),
    Right::InNamespace("list", Kind::Pod),
    Right::InNamespace("list", Kind::Event),
];

/// Everything that an offer takes, in one text; a right that several operations take comes
/// once.
pub(crate) fn rights(offer: &Offer) -> String {
    words(offer.ops.iter().flat_map(Op::rights))
}

/// The same of a workflow, with what stands between its changes.
pub(crate) fn of_workflow(planned: &Planned) -> String {
    let of_step = |what: &What| -> Vec<Right> {
        match what {
            What::Ops(ops) => ops.iter().flat_map(Op::rights).collect(),
            What::Gate(Gate::Probe { .. }) => PROBE.to_vec(),
            What::Gate(_) => Vec::new(),
        }
    };
    words(planned.steps.iter().flat_map(|step| of_step(&step.what)))
}

fn words(rights: impl Iterator<Item = Right>) -> String {
    let (mut here, mut wide, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for right in rights {
        match right {
            Right::InNamespace(verb, kind) => add(&mut here, verb, kind),
            Right::InCluster(verb, kind) => add(&mut wide, verb, kind),
            Right::Administrator => texts.push("rights of an administrator".to_owned()),
            Right::Task => texts.push("a change of the Task".to_owned()),
            Right::Person => {}
        }
    }
    let mut all = Vec::new();
    if !wide.is_empty() {
        all.push(format!("rights of an administrator: {}", listed(&wide)));
        texts.retain(|text| text != "rights of an administrator");
    }
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    if !here.is_empty() {
        all.push(format!("{} in the namespace", listed(&here)));
    }
    all.join("; ")
}

type Verbs = Vec<(Kind, Vec<&'static str>)>;

fn add(found: &mut Verbs, verb: &'static str, kind: Kind) {
    match found.iter_mut().find(|(known, _)| *known == kind) {
        Some((_, verbs)) if !verbs.contains(&verb) => verbs.push(verb),
        Some(_) => {}
        None => found.push((kind, vec![verb])),
    }
}

fn listed(found: &Verbs) -> String {
    let mut groups: Vec<(&[&str], Vec<&str>)> = Vec::new();
    for (kind, verbs) in found {
        match groups.iter_mut().find(|(known, _)| known == verbs) {
            Some((_, kinds)) => kinds.push(kind.plural()),
            None => groups.push((verbs, vec![kind.plural()])),
        }
    }
    let texts: Vec<String> =
        groups.iter().map(|(verbs, kinds)| format!("{} on {}", verbs.join(", "), kinds.join(", "))).collect();
    texts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{FlagPlace, ObjectRef};

    fn submit(cancel_old: bool) -> Op {
        Op::Submit { run: ObjectRef::new(Kind::PipelineRun, "n", "r"), edits: Vec::new(), cancel_old }
    }

    #[test]
    fn a_submission_that_cancels_takes_two_verbs() {
        let of = |ops: &[Op]| words(ops.iter().flat_map(Op::rights));
        assert_eq!(of(&[submit(false)]), "create on pipelineruns in the namespace");
        let place = FlagPlace::TektonConfig { name: "config".to_owned() };
        let flags = Op::SetFlags { place, pairs: vec![("coschedule", "disabled".to_owned())] };
        assert_eq!(
            of(&[flags, submit(true)]),
            "rights of an administrator: patch on tektonconfigs; create, patch on pipelineruns in the namespace"
        );
        assert_eq!(words(PROBE.into_iter()), "create, get, delete on taskruns; list on pods, events in the namespace");
    }
}
