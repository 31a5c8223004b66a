//! `cargo xtask control-plane`: builds what is missing of the test control plane.
//! `cargo xtask package`: archives for Krew.
//! `cargo xtask schemas`: the table of fields that `lint` knows.

use std::env;
use std::process::ExitCode;

use xtask::package::{Order, package};
use xtask::{PROGRAMS, Program, build, cache, prune, root, schemas};

const USAGE: &str = "usage: cargo xtask control-plane [--only NAME]... | --check | --prune | --print-path
       cargo xtask package [--target TRIPLE]... [--uri URL]
       cargo xtask schemas
       cargo xtask lint-edits [COUNT]

  control-plane      build what is missing
    --only NAME      only this program
    --check          say what is built and what is missing
    --prune          remove builds of other contents than this checkout's
    --print-path     say where builds are kept
  package            build and pack the plugin, write its Krew manifest
    --target TRIPLE  for this platform; left out, for this machine's
    --uri URL        where the archives will lie
  schemas            write src/lint/schema/fields.txt from the Go modules
  lint-edits         make COUNT random changes of manifests (100,000): each is proven or refused";

/// Runs random changes of manifests, so many of them.
fn lint_edits(count: &str) -> ExitCode {
    let status = std::process::Command::new("cargo")
        .args(["test", "--lib", "documents::random::many_random_changes", "--", "--ignored", "--nocapture"])
        .env("LINT_EDITS", count)
        .current_dir(root())
        .status();
    match status {
        Ok(status) => ExitCode::from(u8::from(!status.success())),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["control-plane", "--print-path"] => {
            println!("{}", cache().display());
            ExitCode::SUCCESS
        }
        ["control-plane", "--prune"] => match prune() {
            Ok(removed) => {
                for path in removed {
                    println!("removed {}", path.display());
                }
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{}: {error}", cache().display());
                ExitCode::FAILURE
            }
        },
        ["control-plane", "--check"] => {
            let mut missing = false;
            for program in PROGRAMS {
                let built = program.built();
                missing |= built.is_none();
                println!(
                    "{:<16} {}",
                    program.name,
                    built.map_or_else(|| "missing".to_owned(), |path| path.display().to_string())
                );
            }
            ExitCode::from(u8::from(missing))
        }
        ["schemas"] => match schemas::schemas(&root()) {
            Ok(path) => {
                println!("{}", path.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        ["lint-edits"] => lint_edits("100000"),
        ["lint-edits", count] => lint_edits(count),
        ["package", rest @ ..] => {
            let mut order = Order::default();
            for pair in rest.chunks(2) {
                match pair {
                    ["--target", target] => order.targets.push((*target).to_owned()),
                    ["--uri", uri] => order.uri = Some((*uri).to_owned()),
                    _ => {
                        eprintln!("{USAGE}");
                        return ExitCode::from(2);
                    }
                }
            }
            match package(&root(), &order) {
                Ok(written) => {
                    for path in written {
                        println!("{}", path.display());
                    }
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::FAILURE
                }
            }
        }
        ["control-plane", rest @ ..] => {
            let mut wanted: Vec<Program> = Vec::new();
            for pair in rest.chunks(2) {
                match pair {
                    ["--only", name] => match Program::named(name) {
                        Some(program) => wanted.push(program),
                        None => {
                            eprintln!(
                                "there is no program {name:?}; there are {}",
                                PROGRAMS.map(|p| p.name).join(", ")
                            );
                            return ExitCode::from(2);
                        }
                    },
                    _ => {
                        eprintln!("{USAGE}");
                        return ExitCode::from(2);
                    }
                }
            }
            let wanted = if wanted.is_empty() { PROGRAMS.to_vec() } else { wanted };
            match build::build(&wanted, &|line| eprintln!("{line}")) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::FAILURE
                }
            }
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
