//! One file to policies and facts about the tenant: read, decode, parse, take out what it holds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::discover::{self, Input, in_words};
use crate::finding::{Finding, Label, Level, input};
use crate::notation::{self, Harvest};
use crate::policy::Format;
use crate::source::{At, DecodeError, Encoding, FileId, Source, Span, decode};
use crate::syntax::hcl;
use crate::syntax::{Tree, json, powershell, yaml};

/// The largest file read, in bytes. A tenant at its limit of 195 policies exports to about 6 MB.
pub const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// What became of one file.
#[derive(Debug)]
pub struct Loaded {
    /// The text, under the path reports show.
    pub source: Source,
    /// What it holds.
    pub harvest: Harvest,
    /// What reading found.
    pub findings: Vec<Finding>,
    /// Comments for this program.
    pub directives: Vec<At<String>>,
    /// Why it was passed over, where it was.
    pub passed: Option<String>,
    /// It is part of a Terraform module and is parsed with it.
    pub is_terraform: bool,
}

impl Loaded {
    fn new(source: Source) -> Self {
        Self {
            source,
            harvest: Harvest::default(),
            findings: Vec::new(),
            directives: Vec::new(),
            passed: None,
            is_terraform: false,
        }
    }

    fn passed(input: &Input, reason: &str) -> Self {
        let mut loaded = Self::new(Source::new(input.shown.clone(), String::new()));
        loaded.passed = Some(reason.to_owned());
        loaded
    }

    fn failed(input: &Input, finding: Finding) -> Self {
        let mut loaded = Self::new(Source::new(input.shown.clone(), String::new()));
        loaded.findings.push(finding);
        loaded
    }
}

/// Reads one file. A file that holds no policy is passed over with the reason, unless the user named it and it
/// could not be read.
#[must_use]
pub fn file(input: &Input, id: FileId) -> Loaded {
    match read_bytes(&input.path, input.named) {
        Err(error) => {
            let message = format!("file cannot be read: {}", in_words(&error));
            let help = "check its permissions, or leave it out with `paths.exclude` in calint.yaml";
            Loaded::failed(input, Finding::unreadable(id, message).help(help))
        }
        Ok(Content::TooLarge { bytes, looks_like_policy }) if looks_like_policy => {
            let limit = MAX_BYTES / 1024 / 1024;
            let message =
                format!("file is larger than {limit} MiB ({} MiB), so it was not read", bytes / 1024 / 1024);
            let help = "split the export, or leave it out with `paths.exclude` in calint.yaml";
            Loaded::failed(input, Finding::unreadable(id, message).help(help))
        }
        Ok(Content::TooLarge { .. }) => {
            Loaded::passed(input, "larger than 32 MiB, and nothing in it looks like a policy")
        }
        Ok(Content::Whole(bytes)) => from_bytes(input, bytes, id),
    }
}

/// Reads what a Terraform plan says of the policies before it is applied. Nothing where the file is no plan that can
/// be read.
#[must_use]
pub fn plan_before(input: &Input, id: FileId) -> Option<(Source, Harvest)> {
    let Ok(Content::Whole(bytes)) = read_bytes(&input.path, true) else { return None };
    let (text, _) = decode(bytes).ok()?;
    let harvest = notation::read_before(&json::read(&text, id))?;
    Some((Source::new(input.shown.clone(), text), harvest))
}

/// Reads what came on standard input.
#[must_use]
pub fn from_bytes(input: &Input, bytes: Vec<u8>, id: FileId) -> Loaded {
    let likely = |error: &DecodeError| {
        input.named
            || error.encoding != Encoding::Utf8
            || notation::looks_like_policy(error.valid.as_bytes())
            || notation::looks_like_policy(&error.rest)
    };
    match decode(bytes) {
        Ok((text, _)) if text.contains('\0') => with_nul(input, &text, id),
        Ok((text, _)) => from_text(input, text, id),
        Err(error) if likely(&error) => undecodable(input, error, id),
        Err(_) => Loaded::passed(input, "not text in UTF-8, and nothing in it looks like a policy"),
    }
}

/// A text with NUL characters: UTF-16 without its mark, or what a crash left behind.
fn with_nul(input: &Input, text: &str, id: FileId) -> Loaded {
    let end = text.find('\0').unwrap_or_default();
    let valid = text.get(..end).unwrap_or_default().to_owned();
    let mut loaded = Loaded::new(Source::new(input.shown.clone(), valid));
    let message = "file holds NUL characters, so it is not text in UTF-8";
    loaded.findings.push(
        Finding::new(
            input::UNREADABLE_FILE,
            Level::Error,
            message,
            Label::new(Span::new(id, end, end), "the first one"),
        )
        .help("save it as UTF-8; UTF-16 is read where it starts with its byte order mark")
        .unread(),
    );
    loaded
}

fn undecodable(input: &Input, error: DecodeError, id: FileId) -> Loaded {
    let encoding = match error.encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => "UTF-8",
        Encoding::Utf16Le | Encoding::Utf16Be => "UTF-16",
    };
    let end = error.valid.len();
    let mut loaded = Loaded::new(Source::new(input.shown.clone(), error.valid));
    let message = format!("file is not valid {encoding}");
    let label = Label::new(Span::new(id, end, end), "the text stops making sense here");
    loaded.findings.push(
        Finding::new(input::UNREADABLE_FILE, Level::Error, message, label)
            .help("save it as UTF-8")
            .note("a policy in a file that cannot be read is not checked")
            .unread(),
    );
    loaded
}

fn from_text(input: &Input, text: String, id: FileId) -> Loaded {
    if discover::is_terraform(&input.path) {
        return from_terraform(input, text, id);
    }
    let format = input.format.unwrap_or_else(|| sniff(&text));
    let tree = match format {
        Format::Hcl => return from_terraform(input, text, id),
        Format::Json => json::read(&text, id),
        Format::Yaml => yaml::read(&text, id),
        Format::PowerShell => powershell::read(&text, notation::dsc::RESOURCE, id),
    };
    let mut harvest = notation::read(&tree, format);
    let Tree { directives, mut findings, .. } = tree;
    notation::attribute(&mut findings, &harvest.policies);
    let unread = findings.iter().any(|finding| finding.unread);
    if unread {
        harvest.directory.distrust();
    }
    let passed = match (harvest.has_no_policy(), unread) {
        (false, _) => None,
        (true, true) if input.named || text.trim().is_empty() => None,
        (true, true) if notation::looks_like_policy(text.as_bytes()) => None,
        (true, true) => Some("cannot be parsed, and nothing in it looks like a policy"),
        (true, false) if harvest.facts > 0 => {
            // What is odd about the text of an object of the directory is nobody's concern here.
            findings.clear();
            None
        }
        (true, false) => Some("holds no policy"),
    };
    if passed.is_some() {
        findings.clear();
    }
    let mut loaded = Loaded::new(Source::new(input.shown.clone(), text));
    loaded.passed = passed.map(str::to_owned);
    loaded.findings = findings;
    loaded.harvest = harvest;
    loaded.directives = directives;
    loaded
}

/// A file of a Terraform module. What it holds shows once the module is read.
fn from_terraform(input: &Input, text: String, id: FileId) -> Loaded {
    let directives = hcl::directives(&text, id);
    let mut loaded = Loaded::new(Source::new(input.shown.clone(), text));
    loaded.directives = directives;
    loaded.is_terraform = true;
    loaded
}

fn sniff(text: &str) -> Format {
    if text.trim_start().starts_with(['{', '[']) { Format::Json } else { Format::Yaml }
}

enum Content {
    Whole(Vec<u8>),
    TooLarge { bytes: u64, looks_like_policy: bool },
}

fn read_bytes(path: &Path, named: bool) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > MAX_BYTES {
        let looks_like_policy = named || scan(&mut file)?;
        return Ok(Content::TooLarge { bytes: length, looks_like_policy });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let looks_like_policy = notation::looks_like_policy(&bytes);
        return Ok(Content::TooLarge { bytes: bytes.len() as u64, looks_like_policy });
    }
    Ok(Content::Whole(bytes))
}

/// Looks for a policy's words in a file too large to read whole, a piece at a time.
fn scan(file: &mut File) -> io::Result<bool> {
    const PIECE: usize = 1024 * 1024;
    const OVERLAP: usize = 4096;
    let mut window = Vec::with_capacity(PIECE + OVERLAP);
    loop {
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut window)?;
        if notation::looks_like_policy(&window) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        window.drain(..window.len().saturating_sub(OVERLAP));
    }
}
