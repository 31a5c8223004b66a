//! No allowed node has enough free.

use crate::checks::finding::Finding;

/// `insufficient-resources`: a task's pod on its own; `message` is the scheduler's.
pub fn of_task(task: &str, message: &str) -> Finding {
    Finding::new(
        "TKF203",
        "insufficient-resources",
        format!("no node that task {task} may use has enough free: {}", shortages(message)),
    )
}

/// The resources that the scheduler's text calls insufficient.
fn shortages(message: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for part in message.split("Insufficient ").skip(1) {
        let name = part.split([',', ' ']).next().unwrap_or(part).trim_end_matches('.');
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "pods per node".to_owned() } else { names.join(", ") }
}
