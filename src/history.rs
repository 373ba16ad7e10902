//! What the history of a repository tells about a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;

/// What was asked before. Each question that is new starts a process.
#[derive(Debug, Default)]
pub struct History {
    days: Mutex<BTreeMap<PathBuf, Option<Date>>>,
}

impl History {
    /// The day of the last commit that changed a file; nothing where the file has changes that are not committed, or
    /// is in no repository.
    #[must_use]
    pub fn last_change(&self, file: &Path) -> Option<Date> {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        *days.entry(file.to_path_buf()).or_insert_with(|| last_change(file))
    }
}

fn last_change(file: &Path) -> Option<Date> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name()?;
    let git = |arguments: &[&str]| -> Option<Output> {
        let done = Command::new("git")
            .args(["--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false"])
            .args(arguments)
            .arg("--")
            .arg(name)
            .current_dir(folder)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        done.status.success().then_some(done)
    };
    if !git(&["status", "--porcelain"])?.stdout.is_empty() {
        return None;
    }
    let log = git(&["log", "-1", "--format=%cs"])?.stdout;
    String::from_utf8(log).ok()?.trim().parse().ok()
}
