//! Builds programs that are missing.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use crate::{Program, cache};

/// Memory that one build may take, in KiB: linking Kubernetes needs this much.
const MEMORY_OF_A_BUILD: u64 = 5 * 1024 * 1024;

/// Builds what is missing of `programs`; `say` gets a line of progress.
///
/// # Errors
/// A sentence that names the program and what its build said.
pub fn build(programs: &[Program], say: &(dyn Fn(&str) + Sync)) -> Result<(), String> {
    let missing: Vec<Program> = programs.iter().copied().filter(|program| program.built().is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    check_go()?;
    fs::create_dir_all(cache()).map_err(|error| format!("cannot make {}: {error}", cache().display()))?;
    let started = Instant::now();
    let queue = Mutex::new(missing.into_iter());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_once() {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some(program) = next else { return };
                    say(&format!("[{:>4}s] building {}", started.elapsed().as_secs(), program.name));
                    match build_one(&program) {
                        Ok(()) => say(&format!("[{:>4}s] built {}", started.elapsed().as_secs(), program.name)),
                        Err(error) => {
                            if let Ok(mut failures) = failures.lock() {
                                failures.push(format!("{}: {error}", program.name));
                            }
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().map_err(|error| error.to_string())?;
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn check_go() -> Result<(), String> {
    match Command::new("go").arg("version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("Go is needed to build the test control plane (1.26 or later, https://go.dev/dl).\n\
                  Without it, cluster tests can run against a cluster of your own: set TEKTON_FIX_TEST_KUBECONFIG."
            .to_owned()),
    }
}

/// Builds at a time: a build fills the processors by itself, a second one only
/// hides its single-threaded link.
fn at_once() -> u64 {
    let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    available.map_or(1, |available| (available / MEMORY_OF_A_BUILD).clamp(1, 2))
}

fn build_one(program: &Program) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let folder = program.folder().map_err(text)?;
    let lock = File::create(cache().join(format!("{}.lock", program.name))).map_err(text)?;
    // Another process may be building the same.
    lock.lock().map_err(text)?;
    if folder.is_dir() {
        return Ok(());
    }
    // Not `with_extension`: what follows the dot of a version is part of the name, and
    // two builds under way must not meet in one folder.
    let partial = partial(&folder);
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(text)?;
    }
    fs::create_dir_all(partial.join("bin")).map_err(text)?;
    let mut go = go(program);
    go.args(["build", "-ldflags"]).arg(format!("-s -w {}", program.linker_flags));
    go.arg("-o").arg(format!("{}/", partial.join("bin").display()));
    go.args(program.packages);
    run(&mut go)?;
    if let Some((module, path)) = program.files {
        let dir = run(self::go(program).args(["list", "-m", "-f", "{{.Dir}}", module]))?;
        copy(&Path::new(dir.trim()).join(path), &partial.join("files")).map_err(text)?;
    }
    fs::rename(&partial, &folder).map_err(text)
}

/// Where a program is built before it is whole.
fn partial(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.partial"))
}

fn go(program: &Program) -> Command {
    let mut go = Command::new("go");
    go.current_dir(program.module()).env("GOFLAGS", "-buildvcs=false -mod=readonly");
    go
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Copies a file into a folder, or a folder's content. Files of the module cache
/// are read-only; the copies are not.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    if from.is_file() {
        let name = from.file_name().unwrap_or_default();
        return fs::write(to.join(name), fs::read(from)?);
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            fs::write(to.join(entry.file_name()), fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PROGRAMS;

    #[test]
    fn no_two_programs_are_built_in_one_folder() {
        let folders: std::collections::BTreeSet<PathBuf> =
            PROGRAMS.iter().map(|program| partial(&program.folder().unwrap())).collect();
        assert_eq!(folders.len(), PROGRAMS.len());
    }
}
