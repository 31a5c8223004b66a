//! Completion as somebody types it: TAB in bash, zsh and fish, each in a pseudo-terminal, with
//! the scripts that the program prints. A shell that is absent is said; one has to be there.

use std::path::Path;
use std::process::{Command, Stdio};

use rexpect::session::{PtySession, spawn_command};

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");
const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
/// Longer than any of them takes on a busy machine, in milliseconds.
const PATIENCE: u64 = 20_000;

/// What is typed before TAB, and what stands there after it.
const TYPED: [(&str, &str); 4] = [
    ("diagn", "diagnose"),
    ("diagnose --why", "--why-not"),
    ("workflow sho", "show"),
    ("diagnose --color alw", "always"),
];

fn is_there(shell: &str) -> bool {
    let tried = Command::new(shell).args(["-c", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// A shell without anybody's settings, on whose path the program is, after its script was read.
fn start(shell: &str, args: &[&str], setup: &str, home: &Path) -> PtySession {
    let folder = Path::new(BINARY).parent().unwrap();
    let path = std::env::join_paths([folder, Path::new("/usr/local/bin"), Path::new("/usr/bin"), Path::new("/bin")]);
    let mut command = Command::new(shell);
    command.args(args).env_clear().env("PATH", path.unwrap()).env("HOME", home).env("TERM", "xterm");
    command.env("KUBECONFIG", "/nonexistent").current_dir(home);
    let mut session = spawn_command(command, Some(PATIENCE)).unwrap();
    // An interactive shell ignores the signal by which a session is ended.
    session.process_mut().set_kill_timeout(Some(100));
    // A pseudo-terminal of this crate echoes nothing, and bash keeps to that.
    session.send_line(&format!("stty echo; {setup}")).unwrap();
    // What is typed before a shell reads keys one by one may be lost: its prompt says when. The
    // quotes keep the line that sets it from being taken for it.
    let prompt = match shell {
        "fish" => "function fish_prompt; echo -n 'rea''dy> '; end",
        _ => "PS1='rea''dy> '",
    };
    session.send_line(prompt).unwrap();
    session.exp_string("ready> ").unwrap_or_else(|error| panic!("{shell}: {error}"));
    session
}

#[test]
fn tab_completes_in_every_shell() {
    let mut driven = Vec::new();
    for (shell, args, setup) in [
        ("bash", &["--norc", "--noprofile", "-i"][..], "source <(kubectl-tekton_fix completion bash)"),
        ("zsh", &["-f", "-i"], "autoload -U compinit; compinit -u -D; source <(kubectl-tekton_fix completion zsh)"),
        ("fish", &["--no-config", "-i"], "kubectl-tekton_fix completion fish | source"),
    ] {
        if !is_there(shell) {
            println!("{shell} is not on this machine");
            continue;
        }
        let home = tempfile::tempdir().unwrap();
        for (typed, expected) in TYPED {
            let mut session = start(shell, args, setup, home.path());
            session.send(&format!("kubectl-tekton_fix {typed}\t")).unwrap();
            session.flush().unwrap();
            session.exp_string(expected).unwrap_or_else(|error| panic!("{shell}: {typed:?}: {error}"));
        }
        driven.push(shell);
    }
    println!("driven: {}", driven.join(", "));
    assert!(!driven.is_empty());
}

/// Names come from the source that was typed, whatever bash breaks words at.
#[test]
fn bash_completes_names_of_runs_and_nodes() {
    let home = tempfile::tempdir().unwrap();
    for (typed, expected) in [
        ("diagnose private-models/mistral-24b-quantized-g", "quantized-gx87d"),
        ("rerun private-models/mistral-24b-quantized-gx87d --pin-node=ip-10-0-18", "18-204.eu-west"),
        ("nodes private-models/mistral-24b-quantized-gx87d --task fe", "fetch-model"),
    ] {
        let setup = "source <(kubectl-tekton_fix completion bash)";
        let mut session = start("bash", &["--norc", "--noprofile", "-i"], setup, home.path());
        let (command, rest) = typed.split_once(' ').unwrap();
        session.send(&format!("kubectl-tekton_fix {command} --from={EXPORT} {rest}\t")).unwrap();
        session.flush().unwrap();
        session.exp_string(expected).unwrap_or_else(|error| panic!("{typed:?}: {error}"));
    }
}
