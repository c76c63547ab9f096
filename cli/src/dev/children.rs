//! Processes with their own children: `next dev` has workers, and cargo has rustc.

use anyhow::{Context as _, Result};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::process::{ChildStderr, ChildStdout, Command};

/// A process and all that it has started. Dropping it kills them.
#[derive(Debug)]
pub(super) struct Child(Box<dyn ChildWrapper>);

impl Child {
    /// Starts a process in a group of its own, so that Ctrl-C reaches this program only, which ends the others in order.
    pub(super) fn start(program: &Path, set: impl FnOnce(&mut Command)) -> Result<Self> {
        let mut command = CommandWrap::with_new(program, |command| {
            command.stdin(Stdio::null());
            set(command);
        });
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        let child = command.spawn().with_context(|| format!("cannot start `{}`", program.display()))?;
        Ok(Self(child))
    }

    pub(super) fn stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout().take()
    }

    pub(super) fn stderr(&mut self) -> Option<ChildStderr> {
        self.0.stderr().take()
    }

    /// Asks the group to stop: SIGTERM, on Windows the end.
    pub(super) fn tell(&mut self) {
        // It may have ended by itself.
        #[cfg(unix)]
        let _ = self.0.signal(15);
        #[cfg(not(unix))]
        let _ = self.0.start_kill();
    }

    pub(super) async fn kill(&mut self) {
        let _ = Box::into_pin(self.0.kill()).await;
    }

    pub(super) async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.0.wait().await
    }

    /// Returns the status of a process that has ended.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The whole group, while `KillOnDrop` knows the process only. The number of one that has ended may be another's.
        if self.ended().is_none() {
            let _ = self.0.start_kill();
        }
    }
}
