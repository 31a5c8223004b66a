//! What a rig leaves behind: nothing, however its test ends.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rig::{Platform, Rig, TektonVersion, scenario};

/// Set for the test that is to be killed.
const VICTIM: &str = "TEKTON_FIX_TEST_VICTIM";

fn lives(pid: u32) -> bool {
    // A killed process that nobody has waited for yet is over, too.
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z') && !rest.is_empty())
}

/// Starts a rig and waits to be killed; does nothing unless it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::Kubernetes).await.unwrap();
    println!("\npids {}", rig.process_ids().iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
    tokio::time::sleep(Duration::from_secs(300)).await;
}

#[test]
fn no_process_outlives_a_test_that_is_killed() {
    if !Path::new("/proc/self/stat").exists() {
        eprintln!("not run: processes are looked up in /proc, which this system lacks");
        return;
    }
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::victim", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(test.stdout.take().unwrap()).lines();
    let pids: Vec<u32> = lines
        .map_while(Result::ok)
        .find_map(|line| Some(line.strip_prefix("pids ")?.split(' ').map(|pid| pid.parse().unwrap()).collect()))
        .unwrap();
    assert!(pids.len() >= 6 && pids.iter().all(|pid| lives(*pid)), "{pids:?}");
    // SIGKILL: no destructor runs.
    test.kill().unwrap();
    test.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while pids.iter().any(|pid| lives(*pid)) {
        assert!(Instant::now() < deadline, "still there: {:?}", pids.iter().filter(|pid| lives(**pid)));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_outlives_a_rig_and_logs_are_served_before() {
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::Kubernetes).await.unwrap();
    assert!(rig.started_in < Duration::from_secs(60), "{:?}", rig.started_in);
    rig.nodes(&scenario::incident_nodes()).await.unwrap();
    rig.namespace("logs", 1_000_700_000).await.unwrap();
    rig.claim("logs", "source", None).await.unwrap();
    let mut spec = scenario::run_spec("source");
    for task in spec["pipelineSpec"]["tasks"].as_array_mut().unwrap() {
        task["taskSpec"]["metadata"]["annotations"] = serde_json::json!({ rig::kubelet::LOG: "fetched 3 layers\n" });
    }
    let run = rig.submit("logs", "two-tasks", &spec).await.unwrap();
    rig.wait_for_success(&run).await.unwrap();
    let path = "/api/v1/namespaces/logs/pods/two-tasks-fetch-pod/log?container=step-main";
    let answer = rig.api.send("GET", path, "application/json", None).await.unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (200, "fetched 3 layers\n"));

    let pids = rig.process_ids();
    drop(rig);
    assert!(!pids.iter().any(|pid| lives(*pid)), "{pids:?}");
}
