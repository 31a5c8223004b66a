//! The heaviest set of tasks of which none waits for another: what a pipeline can
//! ask for at one time.
//!
//! By Dilworth's theorem with weights, it weighs as much as all tasks together minus
//! the largest flow between pairs that come after one another; the cut of that flow
//! shows the set.

use std::collections::VecDeque;

/// Up to so many tasks the answer is exact; it needs a table of all pairs.
pub const EXACT_UP_TO: usize = 512;

/// What runs at the same time, at worst.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heaviest {
    /// Its weight.
    pub weight: i64,
    /// The tasks, ascending; empty when only a bound is known.
    pub members: Vec<usize>,
    /// False when the weight is an upper bound.
    pub is_exact: bool,
}

/// Finds the heaviest antichain; `after[i]` are the tasks that come after `i`, all of
/// them and not only the next ones. Tasks are numbered so that each comes after
/// smaller ones only.
pub fn heaviest(weights: &[i64], after: &[Vec<usize>]) -> Heaviest {
    if weights.len() > EXACT_UP_TO {
        return bound(weights, after);
    }
    let mut flow = Flow::new(weights, after);
    flow.run();
    let reached = flow.reached();
    // A task is in the set when its left side can be reached and its right side cannot.
    let members: Vec<usize> = (0..weights.len())
        .filter(|&task| weights[task] > 0 && reached[Flow::left(task)] && !reached[flow.right(task)])
        .collect();
    let weight = members.iter().map(|&task| weights[task]).fold(0, i64::saturating_add);
    Heaviest { weight, members, is_exact: true }
}

/// Splits the tasks into chains; at one time at most one task of a chain runs.
fn bound(weights: &[i64], after: &[Vec<usize>]) -> Heaviest {
    let mut taken = vec![false; weights.len()];
    let mut weight = 0_i64;
    for start in 0..weights.len() {
        if taken[start] {
            continue;
        }
        let (mut at, mut most) = (start, 0);
        loop {
            taken[at] = true;
            most = most.max(weights[at]);
            match after[at].iter().copied().filter(|&next| !taken[next]).min() {
                Some(next) => at = next,
                None => break,
            }
        }
        weight = weight.saturating_add(most);
    }
    Heaviest { weight, members: Vec::new(), is_exact: false }
}

/// A flow from a source over the left sides of tasks to the right sides of those that
/// come after them, to a sink.
struct Flow {
    tasks: usize,
    /// Edges in pairs: the second of a pair runs back.
    to: Vec<usize>,
    left_over: Vec<i64>,
    edges: Vec<Vec<usize>>,
}

impl Flow {
    const SOURCE: usize = 0;
    const SINK: usize = 1;

    fn new(weights: &[i64], after: &[Vec<usize>]) -> Self {
        let tasks = weights.len();
        let mut flow = Self { tasks, to: Vec::new(), left_over: Vec::new(), edges: vec![Vec::new(); 2 + 2 * tasks] };
        for (task, &weight) in weights.iter().enumerate() {
            flow.edge(Self::SOURCE, Self::left(task), weight.max(0));
            flow.edge(flow.right(task), Self::SINK, weight.max(0));
        }
        for (task, later) in after.iter().enumerate() {
            for &next in later {
                flow.edge(Self::left(task), flow.right(next), i64::MAX);
            }
        }
        flow
    }

    fn left(task: usize) -> usize {
        2 + task
    }

    fn right(&self, task: usize) -> usize {
        2 + self.tasks + task
    }

    fn edge(&mut self, from: usize, to: usize, capacity: i64) {
        for (from, to, capacity) in [(from, to, capacity), (to, from, 0)] {
            self.edges[from].push(self.to.len());
            self.to.push(to);
            self.left_over.push(capacity);
        }
    }

    /// Distances from the source over edges that are not full.
    fn levels(&self) -> Vec<usize> {
        let mut level = vec![usize::MAX; self.edges.len()];
        level[Self::SOURCE] = 0;
        let mut queue = VecDeque::from([Self::SOURCE]);
        while let Some(at) = queue.pop_front() {
            for &edge in &self.edges[at] {
                let to = self.to[edge];
                if self.left_over[edge] > 0 && level[to] == usize::MAX {
                    level[to] = level[at] + 1;
                    queue.push_back(to);
                }
            }
        }
        level
    }

    /// Fills the network (Dinic's algorithm; paths have few edges, so recursion is
    /// shallow only in the first rounds and is written as a loop).
    fn run(&mut self) {
        loop {
            let level = self.levels();
            if level[Self::SINK] == usize::MAX {
                return;
            }
            let mut next = vec![0; self.edges.len()];
            while self.push(&level, &mut next) {}
        }
    }

    /// Sends one more portion along a shortest path.
    fn push(&mut self, level: &[usize], next: &mut [usize]) -> bool {
        let mut path: Vec<usize> = Vec::new();
        let mut at = Self::SOURCE;
        while at != Self::SINK {
            let usable = |edge: usize| self.left_over[edge] > 0 && level[self.to[edge]] == level[at].saturating_add(1);
            match self.edges[at][next[at]..].iter().position(|&edge| usable(edge)) {
                Some(skipped) => {
                    next[at] += skipped;
                    let edge = self.edges[at][next[at]];
                    path.push(edge);
                    at = self.to[edge];
                }
                None => {
                    next[at] = self.edges[at].len();
                    let Some(back) = path.pop() else { return false };
                    at = self.to[back ^ 1];
                    next[at] += 1;
                }
            }
        }
        let portion = path.iter().map(|&edge| self.left_over[edge]).min().unwrap_or(0);
        for edge in path {
            self.left_over[edge] -= portion;
            self.left_over[edge ^ 1] = self.left_over[edge ^ 1].saturating_add(portion);
        }
        portion > 0
    }

    fn reached(&self) -> Vec<bool> {
        self.levels().into_iter().map(|level| level != usize::MAX).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every task after every task that it can be reached from.
    fn closed(count: usize, direct: &[(usize, usize)]) -> Vec<Vec<usize>> {
        let mut after = vec![Vec::new(); count];
        for from in (0..count).rev() {
            let mut reached: Vec<usize> = Vec::new();
            for &(_, to) in direct.iter().filter(|(start, _)| *start == from) {
                reached.push(to);
                reached.extend(&after[to]);
            }
            reached.sort_unstable();
            reached.dedup();
            after[from] = reached;
        }
        after
    }

    fn by_trying(weights: &[i64], after: &[Vec<usize>]) -> i64 {
        let count = weights.len();
        let apart =
            |set: u32| (0..count).filter(|i| set >> i & 1 == 1).all(|i| after[i].iter().all(|&j| set >> j & 1 == 0));
        let sum = |set: u32| (0..count).filter(|i| set >> i & 1 == 1).map(|i| weights[i]).sum();
        (0..1_u32 << count).filter(|&set| apart(set)).map(sum).max().unwrap_or(0)
    }

    #[test]
    fn a_diamond_is_as_heavy_as_its_heavier_half() {
        let after = closed(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
        let found = heaviest(&[5, 2, 4, 1], &after);
        assert_eq!(found, Heaviest { weight: 6, members: vec![1, 2], is_exact: true });
        assert_eq!(heaviest(&[7, 2, 4, 1], &after).members, [0]);
        assert_eq!(heaviest(&[], &[]).weight, 0);
    }

    #[test]
    fn the_flow_finds_what_trying_every_set_finds() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..400 {
            let count = usize::try_from(1 + random(9)).unwrap();
            let mut direct = Vec::new();
            for from in 0..count {
                for to in from + 1..count {
                    if random(3) == 0 {
                        direct.push((from, to));
                    }
                }
            }
            let after = closed(count, &direct);
            let weights: Vec<i64> = (0..count).map(|_| i64::try_from(random(12)).unwrap()).collect();
            let found = heaviest(&weights, &after);
            assert_eq!(found.weight, by_trying(&weights, &after), "{weights:?} {direct:?}");
            assert!(found.members.iter().all(|i| after[*i].iter().all(|j| !found.members.contains(j))));
            assert!(bound(&weights, &after).weight >= found.weight);
        }
    }

    #[test]
    fn a_very_large_pipeline_gets_a_bound() {
        let count = EXACT_UP_TO + 8;
        let chain: Vec<Vec<usize>> = (0..count).map(|task| (task + 1..count).collect()).collect();
        assert_eq!(heaviest(&vec![3; count], &chain), Heaviest { weight: 3, members: Vec::new(), is_exact: false });
    }
}
