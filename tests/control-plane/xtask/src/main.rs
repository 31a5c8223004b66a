//! `cargo xtask control-plane`: builds what is missing of the test control plane.

use std::env;
use std::process::ExitCode;

use xtask::{PROGRAMS, Program, build, cache};

const USAGE: &str = "usage: cargo xtask control-plane [--only NAME]... | --check | --print-path

  control-plane      build what is missing
    --only NAME      only this program
    --check          say what is built and what is missing
    --print-path     say where builds are kept";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["control-plane", "--print-path"] => {
            println!("{}", cache().display());
            ExitCode::SUCCESS
        }
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
