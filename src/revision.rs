//! The files of a git revision, laid out in a folder of their own, so that they are read like any others.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::discover::absolute;
use crate::load::MAX_BYTES;

/// A revision. Its folder is deleted when it is dropped.
#[derive(Debug)]
pub struct Revision {
    folder: TempDir,
    /// The working tree the revision is of.
    pub root: PathBuf,
}

/// Names of files that can matter to a run: policies, what tells about the tenant, and what says which files are read.
const ENDINGS: [&str; 10] =
    [".json", ".jsonc", ".yaml", ".yml", ".tf", ".tfvars", ".ps1", ".gitignore", ".ignore", ".tfstate"];

impl Revision {
    /// Lays out a revision of the repository that a path lies in; with `merge_base`, the commit where it and the
    /// working tree parted.
    ///
    /// # Errors
    /// In words for the user: there is no repository or no such revision, or git or the disk fails.
    pub fn check_out(name: &str, merge_base: bool, near: &Path) -> Result<Self, String> {
        let near = absolute(near);
        let inside = near.ancestors().find(|above| above.is_dir()).unwrap_or(&near);
        let git = Git { inside };
        let root = git.line(&["rev-parse", "--show-toplevel"]).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("`{name}` is no folder, and git is not installed"),
            _ => {
                format!("`{name}` is no folder, and git finds no repository at `{}`: {error}", near.display())
            }
        })?;
        let commit = format!("{name}^{{commit}}");
        let commit = git
            .line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
            .map_err(|_| format!("`{name}` is neither a folder nor a git revision{}", git.shallow_hint()))?;
        let commit = if merge_base {
            git.line(&["merge-base", "HEAD", &commit]).map_err(|_| {
                format!("`{name}` and the working tree have no commit in common{}", git.shallow_hint())
            })?
        } else {
            commit
        };
        let folder = TempDir::new().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let revision = Self { folder, root: PathBuf::from(root) };
        revision
            .lay_out(&git, &commit)
            .map_err(|error| format!("cannot read the git revision `{name}`: {error}"))?;
        Ok(revision)
    }

    /// The folder that stands for the working tree.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a path of the working tree is in the revision.
    #[must_use]
    pub fn place_of(&self, path: &Path) -> PathBuf {
        let whole = canonical(&absolute(path));
        match whole.strip_prefix(&self.root) {
            Ok(inside) => self.folder().join(inside),
            Err(_) => whole,
        }
    }

    fn lay_out(&self, git: &Git<'_>, commit: &str) -> io::Result<()> {
        // The root of a repository ends the search for a configuration.
        fs::create_dir(self.folder().join(".git"))?;
        let listing = git.output(&["ls-tree", "-r", "-z", "-l", "--full-tree", commit])?;
        let files: Vec<_> = listing.split(|byte| *byte == 0).filter_map(entry).collect();
        let mut wanted = tempfile::tempfile()?;
        for (object, _) in &files {
            writeln!(wanted, "{object}")?;
        }
        io::Seek::rewind(&mut wanted)?;
        let mut child = git
            .command(&["cat-file", "--batch"])
            .stdin(wanted)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(output) = child.stdout.take() else { return Err(io::Error::other("git gives no output")) };
        let mut output = BufReader::new(output);
        for (_, path) in &files {
            let mut header = String::new();
            output.read_line(&mut header)?;
            let size = header.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
            let Some(size) = size else { return Err(io::Error::other("git lacks one of the files")) };
            let target = self.folder().join(path);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            io::copy(&mut output.by_ref().take(size), &mut File::create(target)?)?;
            io::copy(&mut output.by_ref().take(1), &mut io::sink())?;
        }
        child.wait()?;
        Ok(())
    }
}

/// A path without symbolic links, as far as it exists.
fn canonical(path: &Path) -> PathBuf {
    let mut above = path.ancestors().filter_map(|above| {
        let inside = path.strip_prefix(above).ok()?;
        Some(fs::canonicalize(above).ok()?.join(inside))
    });
    above.next().unwrap_or_else(|| path.to_path_buf())
}

/// The object and the path of a file that can matter: `<mode> blob <object> <size>\t<path>`.
fn entry(line: &[u8]) -> Option<(String, PathBuf)> {
    let line = std::str::from_utf8(line).ok()?;
    let (about, path) = line.split_once('\t')?;
    let mut words = about.split_whitespace();
    let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
    let size: u64 = words.next()?.parse().ok()?;
    let is_file = kind == "blob" && mode.starts_with("100");
    let lower = path.to_ascii_lowercase();
    let matters = ENDINGS.iter().any(|ending| lower.ends_with(ending)) && size <= MAX_BYTES;
    (is_file && matters).then(|| (object.to_owned(), PathBuf::from(path)))
}

/// git, run in a folder.
struct Git<'g> {
    inside: &'g Path,
}

impl Git<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.inside).args(arguments);
        command
    }

    fn output(&self, arguments: &[&str]) -> io::Result<Vec<u8>> {
        let output = self.command(arguments).output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let told = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(told.lines().next().unwrap_or("git refuses").to_owned()))
    }

    /// What to do where a commit may be missing because not all of the history is here.
    fn shallow_hint(&self) -> &'static str {
        match self.line(&["rev-parse", "--is-shallow-repository"]).as_deref() {
            Ok("true") => "; the clone is shallow: fetch its history, as with `git fetch --unshallow`",
            _ => "",
        }
    }

    fn line(&self, arguments: &[&str]) -> io::Result<String> {
        let output = self.output(arguments)?;
        Ok(String::from_utf8_lossy(&output).trim_end().to_owned())
    }
}
