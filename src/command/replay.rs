//! `calint replay`.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::{Exit, Failure, check, one_tenant, terminal};
use crate::cli::{ReplayArgs, ReplayFailOn};
use crate::discover::in_words;
use crate::engine::Outcome;
use crate::records::{Piece, Stream};
use crate::replay::{Ending, Judge, Judged, Tally};
use crate::report::replay::Report;

/// How many records are judged at a time, and how many bytes at most.
const RECORDS: usize = 4096;
const BYTES: usize = 8 << 20;

/// Judges recorded sign-ins.
pub(super) fn run(args: &ReplayArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    check::start_threads(args.jobs)?;
    let files = files(&args.sign_ins)?;
    let mut outcome = Outcome::default();
    let tenant = one_tenant(&args.paths, args.no_config, &mut outcome)?;
    let judge = Judge::new(&tenant.set, tenant.config.assume, args.once_enabled);
    let mut input = Input { files: files.into_iter(), stream: None, read: Arc::default() };
    let bar = bar(args, &input);
    let mut tally = Tally::default();
    let mut batch = input.batch();
    while !batch.is_empty() {
        let judge_all = || batch.par_iter().map(|piece| judge.judge(piece)).collect::<Vec<Judged>>();
        let (next, judged) = rayon::join(|| input.batch(), judge_all);
        judged.into_iter().for_each(|judged| tally.add(judged));
        bar.set_position(input.read.load(Ordering::Relaxed));
        batch = next;
    }
    bar.finish_and_clear();
    let report = Report::new(&tally, &tenant.set, &outcome.sources, args.once_enabled);
    report.write(args.format, terminal::width(), out)?;
    let blocked = tally.count(Ending::Blocked).0 > 0;
    let maybe = tally.count(Ending::MayBeBlocked).0 > 0;
    Ok(if outcome.unreadable > 0 || report.is_incomplete() {
        Exit::Failed
    } else {
        let found = match args.fail_on {
            ReplayFailOn::Blocked => blocked,
            ReplayFailOn::MayBeBlocked => blocked || maybe,
            ReplayFailOn::Never => false,
        };
        if found { Exit::Findings } else { Exit::Clean }
    })
}

/// The files of a path, those of a folder in the order of their names. Names that start with a point are left out.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path == Path::new("-") {
        return Ok(vec![path.to_path_buf()]);
    }
    if !path.is_dir() {
        let told = |error| format!("sign-ins `{}`: {}", path.display(), in_words(&error));
        path.metadata().map_err(|error| Failure::Told(told(error)))?;
        return Ok(vec![path.to_path_buf()]);
    }
    let hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().to_str().is_some_and(|name| name.starts_with('.'))
    };
    let mut found = Vec::new();
    let walk = walkdir::WalkDir::new(path).follow_links(true).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|it| !hidden(it)) {
        let entry = entry.map_err(|error| Failure::Told(error.to_string()))?;
        if entry.file_type().is_file() {
            found.push(entry.into_path());
        }
    }
    if found.is_empty() {
        return Err(Failure::Told(format!("`{}` holds no files", path.display())));
    }
    Ok(found)
}

fn bar(args: &ReplayArgs, input: &Input) -> ProgressBar {
    if args.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let sizes = input.files.as_slice().iter().map(|file| file.metadata().ok().map(|it| it.len()));
    let total: Option<u64> = sizes.sum();
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
    match ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The records of all files, one after the other.
struct Input {
    files: std::vec::IntoIter<PathBuf>,
    stream: Option<Stream>,
    read: Arc<AtomicU64>,
}

impl Input {
    fn batch(&mut self) -> Vec<Piece> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < RECORDS && bytes < BYTES {
            if let Some(stream) = &mut self.stream {
                if let Some(piece) = stream.read() {
                    bytes += piece.body.size();
                    batch.push(piece);
                    continue;
                }
                self.stream = None;
            }
            let Some(file) = self.files.next() else { break };
            self.stream = Some(self.open(&file));
        }
        batch
    }

    /// A file that cannot be opened costs that file.
    fn open(&self, file: &Path) -> Stream {
        let (name, bytes): (_, Box<dyn Read + Send>) = if file == Path::new("-") {
            ("<stdin>".to_owned(), Box::new(io::stdin()))
        } else {
            let name = file.display().to_string();
            match File::open(file) {
                Ok(bytes) => (name, Box::new(bytes)),
                Err(error) => return Stream::unread(name.into(), in_words(&error)),
            }
        };
        Stream::open(name.into(), Box::new(Counted { bytes, read: self.read.clone() }))
    }
}

/// Counts the bytes that are read.
struct Counted {
    bytes: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
