//! How long whole commands take on an export of a large cluster, and how much memory
//! they need: 100, 1,000 and 5,000 nodes with 30 pods each, and some 500 runs.
//!
//! `cargo bench --bench commands` writes the exports into a temporary folder, runs this
//! program on them as a child process, and then judges two runs in a process of its own,
//! reading aside. `NODES=1000,5000` chooses sizes, and `ROUNDS` the number of rounds, of
//! which there are fewer where a command takes minutes. `-- --binary PATH` runs another
//! build of the program beside this one.
//!
//! The Tekton runs are those of `examples/incident`, once more under other names, and one
//! that asks for more than any node has left.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, reason = "a measurement")]

use std::fs::{self, File};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tekton_fix::finding::RunReport;
use tekton_fix::model::Cluster;
use tekton_fix::{checks, repairs, sources};
use wait4::{ResourceUsage, Wait4 as _};

mod export;

use export::{GOOD, NAMESPACE, NO_ROOM, REFUSED};

/// After this time a command is stopped and said to take longer.
const PATIENCE: Duration = Duration::from_secs(300);
/// A command that has taken so long in two rounds is not run once more.
const ENOUGH: Duration = Duration::from_secs(60);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--write", folder, nodes] => return export::write(Path::new(folder), nodes.parse().unwrap()),
        ["--compute", folder] => return compute(folder),
        _ => {}
    }
    let mut programs = vec![("this", PathBuf::from(env!("CARGO_BIN_EXE_kubectl-tekton_fix")))];
    let other = args.iter().skip_while(|arg| *arg != "--binary").nth(1);
    programs.extend(other.map(|path| ("other", fs::canonicalize(path).expect("--binary names a program"))));
    let variable = |name: &str| std::env::var(name).ok();
    let sizes = variable("NODES").unwrap_or_else(|| "100,1000,5000".to_owned());
    for size in sizes.split(',').map(str::trim) {
        let rounds = variable("ROUNDS").map(|text| text.parse().expect("ROUNDS is a number"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        in_process_of_its_own(&["--write", path.to_str().unwrap(), size]);
        measure(&programs, path, rounds.unwrap_or(5));
        in_process_of_its_own(&["--compute", path.to_str().unwrap()]);
    }
}

/// Carries out a part of this benchmark elsewhere: no child's peak memory is told to be
/// less than that of the process that starts it, so this one has to stay small.
fn in_process_of_its_own(args: &[&str]) {
    let status = Command::new(std::env::current_exe().unwrap()).args(args).status().unwrap();
    assert!(status.success(), "{args:?}: {status}");
}

/// A command, the exit code that is right, and words of the right answer.
struct Case {
    name: &'static str,
    args: Vec<String>,
    code: i32,
    says: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let case = |name, line: String, code, says| Case {
        name,
        args: line.split_whitespace().map(str::to_owned).collect(),
        code,
        says,
    };
    let (refused, good, no_room) =
        (format!("{NAMESPACE}/{REFUSED}"), format!("{NAMESPACE}/{GOOD}"), format!("{NAMESPACE}/{NO_ROOM}"));
    vec![
        case("--version", "--version".to_owned(), 0, &[]),
        case("diagnose RUN, no room", format!("diagnose {no_room}"), 1, &["has enough free", "[proven]"]),
        case(
            "diagnose RUN, refused",
            format!("diagnose {refused}"),
            1,
            &["OpenShift refuses the pod of the affinity assistant", "predicted to work"],
        ),
        case("diagnose -A", "diagnose -A".to_owned(), 1, &["insufficient-resources", "assistant-refused-by-scc"]),
        case("admission RUN", format!("admission {refused}"), 1, &["refuses 1 of 4 pods", "smallest changes"]),
        case("nodes RUN", format!("nodes {no_room}"), 1, &["says exactly this, word for word"]),
        case("nodes RUN --for-pipeline", format!("nodes {refused} --for-pipeline"), 0, &["nodes take it whole"]),
        case("diff GOOD RUN", format!("diff {good} {refused}"), 1, &["is the difference that matters"]),
    ]
}

/// How one execution went.
#[derive(Clone, Copy)]
struct Measured {
    wall: Duration,
    /// On processors, which other work on the machine delays less.
    processor: Duration,
    /// Bytes.
    memory: u64,
}

fn measure(programs: &[(&str, PathBuf)], export: &Path, rounds: usize) {
    println!("| command | build | fastest | median | processor time | peak memory |\n|---|---|---|---|---|---|");
    for case in cases() {
        let mut taken: Vec<Vec<Measured>> = vec![Vec::new(); programs.len()];
        let mut is_endless = vec![false; programs.len()];
        let mut answers = vec![String::new(); programs.len()];
        for _ in 0..rounds {
            for (at, (_, program)) in programs.iter().enumerate() {
                let so_far: Duration = taken[at].iter().map(|measured| measured.wall).sum();
                if is_endless[at] || (taken[at].len() > 1 && so_far > ENOUGH) {
                    continue;
                }
                match execute(program, export, &case, &mut answers[at]) {
                    Some(measured) => taken[at].push(measured),
                    None => is_endless[at] = true,
                }
            }
        }
        for ((build, _), taken) in programs.iter().zip(&mut taken) {
            taken.sort_by_key(|measured| measured.wall);
            let name = case.name;
            let Some(median) = taken.get(taken.len().saturating_sub(1) / 2) else {
                println!("| {name} | {build} | over {PATIENCE:?} | | | |");
                continue;
            };
            let processor = taken.iter().map(|measured| measured.processor).min().unwrap_or_default();
            let memory = taken.iter().map(|measured| measured.memory).max().unwrap_or_default() >> 20;
            let (fastest, median) = (taken[0].wall, median.wall);
            println!("| {name} | {build} | {fastest:.3?} | {median:.3?} | {processor:.3?} | {memory} MiB |");
        }
        if taken.iter().all(|taken| !taken.is_empty()) && answers.iter().any(|answer| *answer != answers[0]) {
            println!("| {} | | another answer | | | |", case.name);
        }
    }
}

/// Runs a command and checks its answer; `None` where it takes too long.
fn execute(program: &Path, export: &Path, case: &Case, answer: &mut String) -> Option<Measured> {
    let stdout = export.with_extension("out");
    let mut command = Command::new(program);
    command.args(&case.args);
    if case.args[0] != "--version" {
        command.arg("--from").arg(export);
    }
    command.stdin(Stdio::null()).stdout(File::create(&stdout).unwrap()).stderr(Stdio::inherit());
    let start = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let used = loop {
        if let Some(used) = child.try_wait4().unwrap() {
            break used;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait4().unwrap();
            return None;
        }
        // Looks again after a hundredth of the time so far.
        std::thread::sleep((start.elapsed() / 100).max(Duration::from_micros(20)));
    };
    let wall = start.elapsed();
    *answer = fs::read_to_string(&stdout).unwrap();
    fs::remove_file(&stdout).unwrap();
    assert_eq!(used.status.code(), Some(case.code), "{} ended in an unexpected way:\n{answer}", case.name);
    let words = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in case.says {
        assert!(words.contains(expected), "{} does not say {expected:?}:\n{answer}", case.name);
    }
    let ResourceUsage { utime, stime, maxrss } = used.rusage;
    Some(Measured { wall, processor: utime + stime, memory: maxrss })
}

/// What `diagnose` computes once the cluster is read: this is the only place that names
/// the library's functions for it.
fn diagnose(cluster: &Cluster, run: &str) -> RunReport {
    let run = cluster.pipeline_run(NAMESPACE, run).expect("the run is in the export");
    let now = cluster.taken_at.expect("the export has a time");
    let mut report = checks::diagnose(cluster, run, now);
    repairs::attach(cluster, &mut report, now);
    assert!(report.findings.iter().any(|finding| !finding.offers.is_empty()), "no cause, or no offer");
    report
}

/// Reads an export and judges two of its runs, reading aside.
fn compute(folder: &str) {
    let start = Instant::now();
    let cluster = sources::export::read(folder).unwrap();
    let reading = start.elapsed();
    let read = peak_memory();
    // The peak begins anew with what is held now.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let held = peak_memory();
    println!("\nin process: read in {reading:.2?}, peak memory {read} MiB, {held} MiB once read");
    for (name, run) in [("no room", NO_ROOM), ("refused", REFUSED)] {
        let start = Instant::now();
        drop(black_box(diagnose(&cluster, run)));
        let first = start.elapsed();
        let rounds = if first > Duration::from_secs(5) { 2 } else { 6 };
        let again = (0..rounds).map(|_| {
            let start = Instant::now();
            drop(black_box(diagnose(&cluster, run)));
            start.elapsed()
        });
        println!("in process: diagnose RUN, {name}: fastest {:.3?}, first {first:.3?}", again.min().unwrap_or(first));
    }
    let peak = peak_memory();
    println!(
        "in process: peak memory {peak} MiB while computing, {:.2} of what is held",
        peak as f64 / held.max(1) as f64
    );
}

/// The most memory that this process has had, in MiB, as Linux tells it.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    kib / 1024
}
