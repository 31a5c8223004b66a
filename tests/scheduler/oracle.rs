//! Upstream's own code, asked over a pipe.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running `judge-pods` or `judge-admission`.
pub struct Oracle {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts a part of the program of a release, `1.33` for example.
    pub fn start(release: &str, part: &str) -> Self {
        let program = xtask::Program::named(&format!("kubernetes-{release}")).expect("a release that is built");
        let folder = program.built().unwrap_or_else(|| panic!("not built; run: cargo xtask control-plane"));
        let mut child = Command::new(folder.join("bin").join(program.name))
            .arg(part)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { child, stdin, stdout: BufReader::new(stdout) }
    }

    /// Asks one question; the process keeps running.
    pub fn ask(&mut self, question: &Value) -> Value {
        let mut line = question.to_string();
        line.push('\n');
        self.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
        self.answer()
    }

    /// Asks many questions, answered several at a time.
    pub fn ask_all(&mut self, questions: &[Value]) -> Vec<Value> {
        let mut stdin = self.stdin.take().unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || {
                for question in questions {
                    let mut line = question.to_string();
                    line.push('\n');
                    stdin.write_all(line.as_bytes()).unwrap();
                }
                stdin
            });
            let answers = questions.iter().map(|_| self.answer()).collect();
            self.stdin = Some(writer.join().unwrap());
            answers
        })
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
