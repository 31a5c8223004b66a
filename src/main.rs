//! `kubectl-tekton_fix`: the file name is what makes `kubectl tekton-fix` and
//! `oc tekton-fix` find it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(tekton_fix::run(std::env::args_os()))
}
