//! The command line, as types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::finding::Level;
use crate::report::ReportFormat;
use crate::report::access::AccessFormat;
use crate::report::listing::ListingFormat;
use crate::report::replay::ReplayFormat;
use crate::rule::Profile;

/// Finds the Conditional Access policies that would lock your organization out, before they are merged.
#[derive(Debug, Parser)]
#[command(name = "calint", version, about, args_conflicts_with_subcommands = true)]
#[command(after_help = "Exit codes: 0 nothing found, 1 findings, 2 the job could not be done.")]
pub struct Cli {
    /// What to do; without one, `check`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The arguments of `check`.
    #[command(flatten)]
    pub check: CheckArgs,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check policies; what `calint PATH` does
    Check(CheckArgs),
    /// Say who can still sign in to what, under all policies together
    Access(AccessArgs),
    /// Say what a change to policies takes away: who is locked out, what is no longer asked for
    Diff(DiffArgs),
    /// Explain what policies do to one sign-in, described in a file
    WhatIf(WhatIfArgs),
    /// Say which recorded sign-ins the policies would block
    Replay(ReplayArgs),
    /// Explain a rule, or an error code people see at sign-in
    Explain(ExplainArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Run the examples of house rules
    CheckRules(CheckRulesArgs),
    /// Print the policies of a file as the rules see them
    Model(ModelArgs),
    /// Show findings in an editor, over the Language Server Protocol
    Lsp(LspArgs),
    /// Write a calint.yaml to start from
    Init,
    /// Print the JSON Schema of calint.yaml
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// Files and folders with policies; `-` reads standard input [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The name standard input is shown under; its ending tells the format
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    pub stdin_filename: String,
    /// The configuration, instead of the nearest calint.yaml
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no configuration
    #[arg(long)]
    pub no_config: bool,
    /// The format of the report
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    pub format: ReportFormat,
    /// Write a report to a file as well; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    pub output: Vec<Output>,
    /// Run only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Write the files with what can be fixed without changing what a policy does, and report the rest; from
    /// standard input, print the text with its fixes and report on standard error
    #[arg(long)]
    pub fix: bool,
    /// Print what --fix would change and change nothing; the exit code is 1 if there is anything
    #[arg(long, conflicts_with = "fix")]
    pub diff: bool,
    /// Leave out the findings that this file has, unless they have become graver
    #[arg(long, value_name = "FILE", conflicts_with = "diff")]
    pub baseline: Option<PathBuf>,
    /// Write the findings to a file for --baseline instead of reporting them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "diff", "baseline"])]
    pub write_baseline: Option<PathBuf>,
    /// Run the rules of these profiles too: coverage
    #[arg(long, value_name = "PROFILE", value_delimiter = ',', value_parser = profile)]
    pub profile: Vec<Profile>,
    /// The lowest level that makes the exit code 1
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub fail_on: FailOn,
    /// Check disabled policies too, as if they were enabled
    #[arg(long)]
    pub include_disabled: bool,
    /// Judge files by themselves, without the rest of their tenant
    #[arg(long)]
    pub no_context: bool,
    /// Nothing to check is no failure, as for a hook that is given whatever files changed
    #[arg(long)]
    pub allow_no_policies: bool,
    /// List the files that were read and those that were left out, with the reason
    #[arg(long)]
    pub show_files: bool,
    /// Count the findings by rule
    #[arg(long)]
    pub statistics: bool,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Print findings only, no closing line
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more about the run: the same as --show-files --statistics
    #[arg(short, long)]
    pub verbose: bool,
    /// How many threads read files [default: one a processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// Arguments of `diff`.
#[derive(Args, Clone, Debug)]
pub struct DiffArgs {
    /// What to compare with: a folder or file, or a git revision; a Terraform plan without a PATH is compared with
    /// what it changes
    #[arg(value_name = "BASE")]
    pub base: String,
    /// Compare with the commit where the git revision and the working tree parted
    #[arg(long)]
    pub merge_base: bool,
    /// The rest.
    #[command(flatten)]
    pub check: CheckArgs,
}

/// Arguments of `lsp`.
#[derive(Args, Clone, Debug)]
pub struct LspArgs {
    /// Leave out the findings that this file has, unless they have become graver
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Run the rules of these profiles too: coverage
    #[arg(long, value_name = "PROFILE", value_delimiter = ',', value_parser = profile)]
    pub profile: Vec<Profile>,
    /// Talk over standard input and output. There is no other way; editors say so all the same
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// Arguments of `access`.
#[derive(Args, Debug)]
pub struct AccessArgs {
    /// Files and folders with policies [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: AccessFormat,
    /// Count policies in report-only as if they were enabled
    #[arg(long)]
    pub once_enabled: bool,
    /// Use no configuration
    #[arg(long)]
    pub no_config: bool,
}

/// Arguments of `what-if`.
#[derive(Args, Debug)]
pub struct WhatIfArgs {
    /// The sign-in: a request of Microsoft Graph's `conditionalAccess/evaluate` in JSON or YAML
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// Files and folders with policies [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: WhatIfFormat,
    /// How facts that are not given count: `none` leaves the answer open, `graph` takes them for not matching, as
    /// the service does
    #[arg(long, value_name = "MODE", default_value = "none")]
    pub compat: Compat,
    /// Use no configuration
    #[arg(long)]
    pub no_config: bool,
}

/// The formats of `what-if`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhatIfFormat {
    /// A row a policy
    Table,
    /// JSON
    Json,
}

/// Arguments of `replay`.
#[derive(Args, Debug)]
pub struct ReplayArgs {
    /// Exported sign-in records, a file or a folder of them; `-` reads standard input
    #[arg(value_name = "SIGNINS")]
    pub sign_ins: PathBuf,
    /// Files and folders with policies [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ReplayFormat,
    /// Count policies in report-only as if they were enabled
    #[arg(long)]
    pub once_enabled: bool,
    /// What makes the exit code 1
    #[arg(long, value_name = "ENDING", default_value = "blocked")]
    pub fail_on: ReplayFailOn,
    /// Use no configuration
    #[arg(long)]
    pub no_config: bool,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// How many threads judge records [default: one a processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// What makes the exit code of `replay` 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReplayFailOn {
    /// A successful sign-in would certainly be blocked
    Blocked,
    /// One may be
    MayBeBlocked,
    /// Nothing
    Never,
}

/// How facts that are not given count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compat {
    /// They leave the answer open
    None,
    /// They match no condition
    Graph,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// A rule, such as block-everyone, or an error code, such as AADSTS53003
    #[arg(value_name = "RULE|CODE")]
    pub subject: String,
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    pub format: ExplainFormat,
}

/// The formats of `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// The documentation, which is Markdown
    Markdown,
    /// JSON; the shape is versioned
    Json,
}

/// Arguments of `rules`.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListingFormat,
}

/// Arguments of `check-rules`.
#[derive(Args, Debug)]
pub struct CheckRulesArgs {
    /// Files and folders with house rules [default: those of the nearest calint.yaml, else of the nearest
    /// .calint/rules]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Arguments of `schema`.
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// Print that of files with house rules
    #[arg(long)]
    pub house_rules: bool,
}

/// Arguments of `model`.
#[derive(Args, Debug)]
pub struct ModelArgs {
    /// A file with policies
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: ModelFormat,
}

/// Arguments of `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// The formats of `model`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelFormat {
    /// YAML
    Yaml,
    /// JSON
    Json,
}

/// What makes the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warn,
    /// Any finding
    Note,
    /// Nothing
    Never,
}

impl FailOn {
    /// Whether a level makes the exit code 1.
    #[must_use]
    pub fn includes(self, level: Level) -> bool {
        match self {
            Self::Error => level == Level::Error,
            Self::Warn => level <= Level::Warn,
            Self::Note => level <= Level::Note,
            Self::Never => false,
        }
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A report to write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its format.
    pub format: ReportFormat,
    /// The file.
    pub file: PathBuf,
}

fn output(text: &str) -> Result<Output, String> {
    let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, such as sarif=calint.sarif")?;
    let format = ReportFormat::from_str(format, true).map_err(|_| {
        let known = ReportFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let known: Vec<_> = known.map(|known| known.get_name().to_owned()).collect();
        format!("`{format}` is not a format; known: {}", known.join(", "))
    })?;
    if file.is_empty() {
        return Err("the file is missing behind `=`".to_owned());
    }
    Ok(Output { format, file: file.into() })
}

fn profile(text: &str) -> Result<Profile, String> {
    let known = Profile::ALL.map(Profile::as_str);
    Profile::parse(text).ok_or_else(|| match crate::finding::nearest(text, known) {
        Some(near) => format!("no such profile; did you mean `{near}`?"),
        None => format!("no such profile; known: {}", known.join(", ")),
    })
}
