//! Forecasts of all plans, and of plans together: two causes at once need both repairs.

use std::borrow::Cow;

use crate::checks::focus::Focus;
use crate::finding::{Finding, Offer, Outcome, Severity};
use crate::ops::{Edit, Op};

use super::{Plan, offer};

/// Combinations that are forecast at most.
const BUDGET: usize = 48;
/// Combined plans that are offered at most.
const COMBINED: usize = 3;
/// Plans that are joined at most.
const DEPTH: usize = 3;

/// The offers of each finding. Where no plan of one finding works alone, plans of several
/// findings are joined: each time what still blocks is lifted by a plan of its own cause.
pub(super) fn forecast_all(focus: &Focus<'_>, findings: &[Finding], plans: &[Vec<Plan>]) -> Vec<Vec<Offer>> {
    let mut offers: Vec<Vec<Offer>> =
        plans.iter().map(|plans| plans.iter().map(|plan| offer(focus, findings, plan.clone())).collect()).collect();
    let any_works = offers.iter().flatten().any(Offer::works);
    let errors: Vec<usize> = (0..findings.len()).filter(|at| findings[*at].severity == Severity::Error).collect();
    if !any_works && errors.len() > 1 {
        let combined = search(focus, findings, plans, &errors, &offers);
        if let Some(first) = errors.first() {
            offers[*first].splice(0..0, combined);
        }
    }
    for list in &mut offers {
        // What works stands first; among equals the order of the cause's own file stays.
        list.sort_by_key(|offer| match offer.forecast.outcome() {
            Outcome::GoesOn => 0,
            Outcome::Unknown => 1,
            Outcome::Blocked => 2,
        });
    }
    offers
}

fn search(
    focus: &Focus<'_>,
    findings: &[Finding],
    plans: &[Vec<Plan>],
    errors: &[usize],
    offers: &[Vec<Offer>],
) -> Vec<Offer> {
    let mut found: Vec<Offer> = Vec::new();
    let mut open: Vec<(Offer, Vec<usize>)> = Vec::new();
    for at in errors {
        open.extend(offers[*at].iter().map(|offer| (offer.clone(), vec![*at])));
    }
    let mut left = BUDGET;
    for _ in 1..DEPTH {
        let mut next: Vec<(Offer, Vec<usize>)> = Vec::new();
        for (offered, of) in &open {
            let blocked: Vec<_> = offered.forecast.blocks.iter().filter_map(|block| block.cause()).collect();
            let lifting = errors.iter().filter(|at| !of.contains(at) && blocked.contains(&findings[**at].cause));
            for at in lifting {
                for plan in &plans[*at] {
                    let Some(joined) = join(offered, plan) else { continue };
                    let is_known = |known: &Offer| same_ops(&known.ops, &joined.ops);
                    if left == 0 || found.len() >= COMBINED {
                        return found;
                    }
                    if found.iter().any(is_known) || next.iter().any(|(known, _)| is_known(known)) {
                        continue;
                    }
                    left -= 1;
                    let joined = offer(focus, findings, joined);
                    if joined.works() {
                        found.push(joined);
                    } else {
                        let mut of = of.clone();
                        of.push(*at);
                        next.push((joined, of));
                    }
                }
            }
        }
        if !found.is_empty() {
            break;
        }
        open = next;
    }
    found
}

fn same_ops(a: &[Op], b: &[Op]) -> bool {
    a.len() == b.len() && a.iter().all(|op| b.contains(op))
}

/// Two plans as one: what is done to the cluster first, then one submission with the edits
/// of both. Plans that only a person can carry out are not joined.
fn join(offer: &Offer, plan: &Plan) -> Option<Plan> {
    if offer.ops.iter().chain(&plan.ops).any(Op::is_manual) {
        return None;
    }
    let mut ops: Vec<Op> = Vec::new();
    let mut submitted: Option<Op> = None;
    for op in offer.ops.iter().chain(&plan.ops) {
        let Op::Submit { edits, cancel_old, .. } = op else {
            if !ops.contains(op) {
                ops.push(op.clone());
            }
            continue;
        };
        let Some(Op::Submit { edits: all, cancel_old: cancels, .. }) = &mut submitted else {
            submitted = Some(op.clone());
            continue;
        };
        if edits.iter().any(|edit| contradicts(edit, all)) {
            return None;
        }
        for edit in edits {
            if !all.contains(edit) {
                all.push(edit.clone());
            }
        }
        *cancels |= cancel_old;
    }
    if submitted.is_some() {
        // A run that is submitted anew has an assistant of its own.
        ops.retain(|op| !matches!(op, Op::Retry { .. }));
    } else {
        // Trying again is of use only once everything else is done.
        ops.sort_by_key(|op| matches!(op, Op::Retry { .. }));
    }
    ops.extend(submitted);
    Some(Plan { id: Cow::Owned(format!("{}+{}", offer.id, plan.id)), ops })
}

/// Whether an edit sets what another one of the list sets differently.
fn contradicts(edit: &Edit, others: &[Edit]) -> bool {
    others.iter().any(|other| match (edit, other) {
        (Edit::PinNode { node, .. }, Edit::PinNode { node: known, .. }) => node != known,
        (Edit::ServiceAccount { name }, Edit::ServiceAccount { name: known }) => name != known,
        (Edit::FsGroup { group, .. }, Edit::FsGroup { group: known, .. }) => group != known,
        (Edit::DropSecurityContext | Edit::SecurityContextToTasks, Edit::FsGroup { .. }) => true,
        (Edit::FsGroup { .. }, Edit::DropSecurityContext | Edit::SecurityContextToTasks) => true,
        (Edit::Workspace { name, binding }, Edit::Workspace { name: known, binding: bound }) => {
            name == known && binding != bound
        }
        _ => false,
    })
}
