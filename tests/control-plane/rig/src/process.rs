//! Processes of a rig, and the guard that ends them whatever becomes of the test.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Result;

/// Ends every process of a rig when its standard input closes, which happens also
/// when the test panics or is killed.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

impl Guard {
    /// Starts the guard.
    ///
    /// # Errors
    /// When no shell can be started.
    pub fn start() -> Result<Self> {
        use std::os::unix::process::CommandExt;
        let script = "while read -r pid; do pids=\"$pids $pid\"; done; kill -9 $pids 2>/dev/null";
        let shell = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A signal to the test's group must not reach the guard.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start the guard: {error}"))?;
        Ok(Self { shell })
    }

    fn watch(&mut self, pid: u32) -> Result<()> {
        let stdin = self.shell.stdin.as_mut().ok_or("the guard is gone")?;
        writeln!(stdin, "{pid}").and_then(|()| stdin.flush()).map_err(|error| format!("the guard is gone: {error}"))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// One process, with its log.
#[derive(Debug)]
pub struct Process {
    /// Name, for messages.
    pub name: String,
    child: Child,
}

impl Process {
    /// Starts a process in a group of its own, under the guard.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(guard: &mut Guard, name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        use std::os::unix::process::CommandExt;
        let text = |error: std::io::Error| format!("{name}: {error}");
        let file = File::options().create(true).append(true).open(log).map_err(text)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(text)?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .map_err(text)?;
        guard.watch(child.id())?;
        Ok(Self { name: name.to_owned(), child })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it and waits until it is gone: a dying process still holds its ports.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, so that it leaves whole files, and waits.
    pub fn terminate(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..100 {
            if self.has_ended() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
