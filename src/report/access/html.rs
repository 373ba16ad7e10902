//! A page for a browser, in one file: the matrix, and each answer in full behind its cell.
//!
//! The page has no script. Answers are popovers, which open with a click, a tap or a key. A browser that does
//! not know popovers shows them as a list below the matrix, and so does paper.

use std::io::{self, Write};

use super::legend::{Legend, mark, meaning, word};
use super::{AccessReport, Group, PolicyPlace, listed};
use crate::access::matrix::Reach;
use crate::report::markup::quoted;

const STYLE: &str = include_str!("page.css");

/// Forbids everything but the style of the page itself, whatever a policy is called.
const CONTENT: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                       base-uri 'none'; form-action 'none'";

const TITLE: &str = "Who can still sign in to what";

/// How many classes a row names before the others are folded.
const SHOWN: usize = 3;

/// From how many targets on their names are turned on paper.
const MANY: usize = 13;

pub(super) fn write(report: &AccessReport, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(report);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{CONTENT}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{TITLE}</title>\n<style>\n{STYLE}"
    )?;
    // Which cells an open answer belongs to.
    for number in 1..=report.answers.len() {
        writeln!(
            out,
            "body:has(#answer-{number}:popover-open) td [popovertarget=answer-{number}] {{ outline: 3px solid var(--focus); }}"
        )?;
    }
    writeln!(out, "</style>\n</head>\n<body>")?;
    head(report, out)?;
    matrix(report, &rows, out)?;
    writeln!(out, "<section class=\"full\" aria-labelledby=\"full\">\n<h2 id=\"full\">Answers in full</h2>")?;
    for (at, group) in report.answers.iter().enumerate() {
        answer(report, at + 1, group, out)?;
    }
    writeln!(out, "</section>")?;
    foot(report, out)?;
    writeln!(out, "</body>\n</html>")
}

/// Each row with the numbers, from 0, of its answers.
fn rows(report: &AccessReport) -> Vec<Vec<(usize, &Group)>> {
    let mut rows: Vec<Vec<(usize, &Group)>> = Vec::new();
    for (number, group) in report.answers.iter().enumerate() {
        match rows.last_mut() {
            Some(row) if row.first().is_some_and(|(_, first)| first.classes == group.classes) => {
                row.push((number, group));
            }
            _ => rows.push(vec![(number, group)]),
        }
    }
    rows
}

fn head(report: &AccessReport, out: &mut dyn Write) -> io::Result<()> {
    let plural = if report.policies == 1 { "policy" } else { "policies" };
    writeln!(
        out,
        "<header class=\"page\">\n<h1>{TITLE}</h1>\n\
         <p>{} {plural} together, {} kinds of people, {} targets. \
         <span class=\"screen\">Choose a cell for the whole answer.</span></p>\n<ul class=\"legend\">",
        report.policies,
        report.classes.len(),
        report.targets.len()
    )?;
    for reach in [Reach::Always, Reach::Sometimes, Reach::LockedOut, Reach::Depends, Reach::Undecided] {
        let answers = report.answers.iter().filter(|group| group.access == reach);
        let pairs: usize = answers.map(|group| group.classes.len() * group.targets.len()).sum();
        if pairs > 0 {
            writeln!(
                out,
                "<li><span class=\"chip {}\">{}</span> {} <span class=\"count\">{pairs} of {} pairs</span></li>",
                class(reach),
                badge(reach),
                meaning(reach),
                report.classes.len() * report.targets.len()
            )?;
        }
    }
    writeln!(out, "</ul>\n</header>")
}

fn matrix(report: &AccessReport, rows: &[Vec<(usize, &Group)>], out: &mut dyn Write) -> io::Result<()> {
    let many = if report.targets.len() >= MANY { " many" } else { "" };
    writeln!(
        out,
        "<main>\n<div class=\"scroll{many}\" role=\"region\" aria-label=\"Matrix\" tabindex=\"0\">\n\
         <table>\n<caption>{TITLE}</caption>\n<colgroup><col class=\"people\">"
    )?;
    writeln!(out, "<col span=\"{}\">\n</colgroup>", report.targets.len())?;
    writeln!(out, "<thead>\n<tr>\n<th scope=\"col\" class=\"people\">people</th>")?;
    for target in &report.targets {
        let (name, aside) = target.split_once(" (").unwrap_or((target, ""));
        write!(out, "<th scope=\"col\"><span>{}", escaped(name))?;
        if !aside.is_empty() {
            write!(out, " <small>({}</small>", escaped(aside))?;
        }
        writeln!(out, "</span></th>")?;
    }
    writeln!(out, "</tr>\n</thead>\n<tbody>")?;
    for row in rows {
        writeln!(out, "<tr>")?;
        if let Some((_, group)) = row.first() {
            people(&report.class_names(group), out)?;
        }
        let targets: Vec<usize> = (0..report.targets.len()).collect();
        let of = |target: &usize| row.iter().find(|(_, group)| group.targets.contains(target));
        for run in targets.chunk_by(|one, next| of(one).map(|it| it.0) == of(next).map(|it| it.0)) {
            match run.first().and_then(of) {
                Some((number, group)) => cell(*number + 1, group, run.len(), out)?,
                None => writeln!(out, "<td colspan=\"{}\"></td>", run.len())?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>\n</main>")
}

/// The head of a row.
fn people(names: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let more = names.len().saturating_sub(SHOWN);
    let (shown, folded) = if more > 1 { names.split_at(SHOWN) } else { (names, [].as_slice()) };
    write!(out, "<th scope=\"row\" class=\"people\">")?;
    names_list(shown, out)?;
    if !folded.is_empty() {
        write!(out, "<details><summary>and {more} more</summary>")?;
        names_list(folded, out)?;
        write!(out, "</details>")?;
    }
    writeln!(out, "</th>")
}

fn names_list(names: &[&str], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<ul>")?;
    for name in names {
        write!(out, "<li><bdi>{}</bdi></li>", escaped(name))?;
    }
    write!(out, "</ul>")
}

fn cell(number: usize, group: &Group, columns: usize, out: &mut dyn Write) -> io::Result<()> {
    let words = beside(group);
    let words =
        if words.is_empty() { words } else { format!("<span class=\"words\">{}</span>", with_code(&words)) };
    writeln!(
        out,
        "<td colspan=\"{columns}\"><button type=\"button\" class=\"{}\" popovertarget=\"answer-{number}\">\
         <span class=\"face\"><span class=\"short\">{}</span>{words}</span></button></td>",
        class(group.access),
        badge(group.access)
    )
}

/// What a cell says below its mark and word.
fn beside(group: &Group) -> String {
    match group.access {
        Reach::Always => {
            group.text.strip_prefix("always").unwrap_or(&group.text).trim_start_matches(", ").to_owned()
        }
        Reach::Sometimes => group.text.clone(),
        Reach::LockedOut => codes(group).join(", "),
        Reach::Depends => format!("on {}", listed(&facts(group), 1)),
        Reach::Undecided => String::new(),
    }
}

/// What stands beside the mark and word of an answer in full.
fn headline(group: &Group) -> String {
    match group.access {
        Reach::LockedOut | Reach::Depends | Reach::Undecided => meaning(group.access).to_owned(),
        Reach::Always | Reach::Sometimes => Some(beside(group))
            .filter(|words| !words.is_empty())
            .unwrap_or_else(|| meaning(group.access).to_owned()),
    }
}

fn facts(group: &Group) -> Vec<&str> {
    group.depends_on.iter().map(String::as_str).collect()
}

fn codes(group: &Group) -> Vec<String> {
    group.error_codes.iter().map(ToString::to_string).collect()
}

fn answer(report: &AccessReport, number: usize, group: &Group, out: &mut dyn Write) -> io::Result<()> {
    let reach = group.access;
    writeln!(
        out,
        "<article id=\"answer-{number}\" class=\"answer {}\" popover tabindex=\"-1\" autofocus role=\"dialog\" aria-labelledby=\"title-{number}\">\n\
         <header><h3 id=\"title-{number}\"><span class=\"chip {}\">{}</span> <span>{}</span></h3>\
         <button type=\"button\" class=\"close\" popovertarget=\"answer-{number}\" popovertargetaction=\"hide\">Close</button></header>\n\
         <div class=\"columns\">\n<dl>",
        class(reach),
        class(reach),
        badge(reach),
        escaped(&headline(group)),
    )?;
    names("people", &report.class_names(group), out)?;
    names("targets", &report.target_names(group), out)?;
    if !group.policies.is_empty() {
        writeln!(out, "<dt>because of</dt>")?;
        for policy in &group.policies {
            writeln!(out, "<dd>{}</dd>", place(policy))?;
        }
    }
    if !group.depends_on.is_empty() {
        let facts: Vec<_> = group.depends_on.iter().map(|fact| with_code(fact)).collect();
        writeln!(out, "<dt>depends on</dt><dd>{}</dd>", facts.join("; "))?;
    }
    if !group.error_codes.is_empty() {
        let when = if reach == Reach::LockedOut { "refused with" } else { "otherwise refused with" };
        let codes: Vec<_> =
            codes(group).iter().map(|code| format!("<code>{}</code>", escaped(code))).collect();
        writeln!(out, "<dt>{when}</dt><dd>{}</dd>", codes.join(", "))?;
    }
    writeln!(out, "</dl>")?;
    if let Some(witness) = &group.witness {
        let (classes, targets) = (report.class_names(group), report.target_names(group));
        let who = classes.first().copied().unwrap_or_default();
        let what = targets.first().copied().unwrap_or_default();
        let json = serde_json::to_string_pretty(witness).map_err(io::Error::other)?;
        writeln!(
            out,
            "<div class=\"witness\">\n<h4>A sign-in that gets in</h4>\n\
             <p><bdi>{}</bdi> to <bdi>{}</bdi>. Saved as <code>sign-in.json</code>, it is explained by \
             <code>calint what-if sign-in.json</code> and the folder of the policies.</p>\n\
             <pre tabindex=\"0\" role=\"region\" aria-label=\"Sign-in as JSON\"><code>{}</code></pre>\n</div>",
            escaped(who),
            escaped(what),
            escaped(&json)
        )?;
    }
    writeln!(out, "</div>\n</article>")
}

/// A term and what it stands for; nothing where there is nothing.
fn names(term: &str, names: &[&str], out: &mut dyn Write) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = names.iter().map(|name| format!("<bdi>{}</bdi>", escaped(name))).collect();
    writeln!(out, "<dt>{term}</dt><dd>{}</dd>", names.join(", "))
}

fn place(policy: &PolicyPlace) -> String {
    format!(
        "<bdi>{}</bdi> <code class=\"place\">{}:{}</code>",
        escaped(&policy.name),
        escaped(&policy.path),
        policy.line
    )
}

fn foot(report: &AccessReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<footer>")?;
    let legend = Legend::of(report);
    if !legend.policies.is_empty() {
        writeln!(out, "<section>\n<h2>Policies that answers rest on</h2>\n<ol>")?;
        for policy in legend.policies {
            writeln!(out, "<li>{}</li>", place(policy))?;
        }
        writeln!(out, "</ol>\n</section>")?;
    }
    for (heading, lines) in [("Taken for granted", &report.assumptions), ("Not proved", &report.limits)] {
        if !lines.is_empty() {
            writeln!(out, "<section>\n<h2>{heading}</h2>\n<ul>")?;
            for line in lines {
                writeln!(out, "<li>{}</li>", with_code(line))?;
            }
            writeln!(out, "</ul>\n</section>")?;
        }
    }
    writeln!(out, "</footer>")
}

/// The class of an answer in the style.
fn class(reach: Reach) -> &'static str {
    match reach {
        Reach::Always => "always",
        Reach::Sometimes => "limited",
        Reach::LockedOut => "locked",
        Reach::Depends => "depends",
        Reach::Undecided => "undecided",
    }
}

/// The mark and the word of an answer.
fn badge(reach: Reach) -> String {
    format!("<span class=\"mark\" aria-hidden=\"true\">{}</span> <b>{}</b>", mark(reach), word(reach))
}

/// A message with what stands between backticks as code.
fn with_code(message: &str) -> String {
    let mut shown = String::new();
    let mut rest = message;
    while let Some((before, code, after)) = quoted(rest) {
        shown.push_str(&format!("{}<code>{}</code>", escaped(before), escaped(code)));
        rest = after;
    }
    shown + &escaped(rest)
}

/// A text that is shown as it is, in an element or in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            '\n' | '\t' => shown.push(letter),
            letter if letter.is_control() => shown.push('\u{fffd}'),
            letter => shown.push(letter),
        }
    }
    shown
}
