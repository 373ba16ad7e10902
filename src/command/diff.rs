//! `calint diff`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Exit, Failure, check};
use crate::cli::DiffArgs;
use crate::discover::absolute;
use crate::engine::change::{Base, diff};
use crate::revision::Revision;

/// Compares two states of policies and writes the reports.
pub(super) fn run(args: &DiffArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.check.paths.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::Told("`diff` compares files; it does not read standard input".to_owned()));
    }
    check::start_threads(args.check.jobs)?;
    let mut options = check::options(&args.check)?;
    let base = Path::new(&args.base);
    if base.is_file() && args.check.paths.is_empty() {
        options.paths = vec![base.to_path_buf()];
        return check::finish(&args.check, diff(&options, &Base::Plans, &args.base), out);
    }
    if base.exists() {
        let root = |path: &Path| {
            let path = absolute(path);
            if path.is_dir() { path } else { path.parent().map(Path::to_path_buf).unwrap_or_default() }
        };
        let later = options.paths.first().map(|path| root(path)).unwrap_or_default();
        let base =
            Base::Files { paths: vec![base.to_path_buf()], roots: (root(base), later), revision: None };
        return check::finish(&args.check, diff(&options, &base, &args.base), out);
    }
    let near = options.paths.first().cloned().unwrap_or_else(|| PathBuf::from("."));
    let revision = Revision::check_out(&args.base, args.merge_base, &near).map_err(Failure::Told)?;
    let paths: Vec<_> = options.paths.iter().map(|path| revision.place_of(path)).collect();
    // What the revision has and the working tree has not is deleted.
    let (now, then) = (std::mem::take(&mut options.paths), &paths);
    let kept = now.into_iter().zip(then).filter(|(path, then)| path.exists() || !then.exists());
    options.paths = kept.map(|(path, _)| path).collect();
    let roots = (revision.folder().to_path_buf(), revision.root.clone());
    let name = shortened(&args.base);
    let base = Base::Files { paths, roots, revision: Some(name.to_owned()) };
    check::finish(&args.check, diff(&options, &base, name), out)
}

/// A revision as reports name it: of the hash that CI systems give, the beginning, which git understands too.
fn shortened(revision: &str) -> &str {
    let is_hash = revision.len() >= 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    revision.get(..12).filter(|_| is_hash).unwrap_or(revision)
}
