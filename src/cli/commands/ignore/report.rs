//! What there is to say about a context, for people.

use dopt_dockerignore::{Amount, CATALOG, Reason};

use super::IgnoreArgs;
use crate::bytes::Bytes;
use crate::context::{Assessment, path_text, shown};
use crate::streams::{DIM, ERROR, RULE, STRONG, Streams, WARNING};

/// Prints it on standard error.
pub fn print(args: &IgnoreArgs, found: &Assessment, written: bool, streams: &mut Streams) {
    if streams.quiet() {
        return;
    }
    streams.gap();
    head(args, found, written, streams);
    suggestions(found, streams);
    left(found, streams);
    secrets(found, streams);
    large(found, streams);
    for trouble in &found.troubles {
        let warning = streams.paint_err(WARNING, "warning").to_string();
        streams.note(format_args!(
            "{warning}: {}: {}; builds fail on it, and nothing is known of what is in it",
            trouble.path, trouble.error
        ));
    }
    if let Some(path) = &found.disagreement {
        let warning = streams.paint_err(WARNING, "warning").to_string();
        streams.note(format_args!(
            "{warning}: BuildKit and buildah read {} differently, such as for {path}; --explain says more",
            shown(&found.unit.ignore)
        ));
    }
}

fn head(args: &IgnoreArgs, found: &Assessment, written: bool, streams: &mut Streams) {
    let file = streams.paint_err(STRONG, shown(&found.unit.ignore)).to_string();
    let mut users: Vec<String> = Vec::new();
    for user in &found.unit.users {
        let says = user.says.as_ref().map(|file| format!(", as {} says", shown(file))).unwrap_or_default();
        users.push(format!("{}{says}", shown(&user.path)));
    }
    streams.note(format_args!("{file}: context {}, built by {}", found.unit.shown_context(), users.join("; ")));
    let (before, after) = (found.seen, found.proposal.after);
    let verdict = match (found.changes(), written) {
        (_, true) => format!("{} before, {} now", amount(before), amount(after)),
        (true, false) => format!("{} today, {} with these lines", amount(before), amount(after)),
        (false, false) => format!("{}; there is nothing to hide", amount(before)),
    };
    streams.note(format_args!("  {}", streams_paint(streams, &verdict)));
    if args.check
        && let Some(limit) = args.max_context
        && before.bytes > limit
    {
        let junk = Bytes(before.bytes.saturating_sub(after.bytes));
        let error = streams.paint_err(ERROR, "more than allowed").to_string();
        streams.note(format_args!("  {error}: the limit is {}; {junk} of it is junk", Bytes(limit)));
    }
}

fn streams_paint(streams: &Streams, text: &str) -> String {
    streams.paint_err(STRONG, text).to_string()
}

fn amount(amount: Amount) -> String {
    let noun = if amount.files == 1 { "file" } else { "files" };
    format!("{} in {} {noun}", Bytes(amount.bytes), thousands(amount.files))
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn suggestions(found: &Assessment, streams: &mut Streams) {
    if found.proposal.suggestions.is_empty() {
        return;
    }
    streams.note(format_args!("\n{} (dopt ignore --unsafe-fixes)", streams_paint(streams, "Could be hidden too")));
    let mut last = None;
    for line in &found.proposal.suggestions {
        row(line.amount, &line.pattern, "", streams);
        let is_last = found.proposal.suggestions.iter().rfind(|other| other.junk == line.junk) == Some(line);
        if let (true, Some(caveat)) = (is_last && last != Some(line.junk), CATALOG[line.junk].caveat) {
            let caveat = streams.paint_err(DIM, caveat).to_string();
            streams.note(format_args!("             {caveat}"));
            last = Some(line.junk);
        }
    }
}

fn left(found: &Assessment, streams: &mut Streams) {
    if found.proposal.left.is_empty() {
        return;
    }
    streams.note(format_args!("\n{}", streams_paint(streams, "Stays")));
    for left in &found.proposal.left {
        row(left.amount, &left.pattern, &reason(&left.why, found), streams);
    }
}

/// Why something stays, as half a sentence.
pub fn reason(why: &Reason, found: &Assessment) -> String {
    let dockerfile = |file: usize| found.unit.users.get(file).map(|user| shown(&user.path)).unwrap_or_default();
    match why {
        Reason::Named(need) => {
            let need = &found.needs[*need];
            format!("{}:{} names it: {}", dockerfile(need.file), need.line, need.written)
        }
        Reason::Linked(path) => format!("the link {} leads there", path_text(path)),
        Reason::Mentioned(file, line, word) => format!("{}:{line} speaks of `{word}`", dockerfile(*file)),
        Reason::InBuildFile(path, word) => format!("{path} speaks of `{word}`"),
        Reason::GoStamp(file, line) => {
            format!("{}:{line} runs `go build`, which writes the revision into the program", dockerfile(*file))
        }
        Reason::Incomplete(why) => why.clone(),
        Reason::HidesMore => "the line would hide something else too".to_owned(),
    }
}

fn secrets(found: &Assessment, streams: &mut Streams) {
    if found.secrets.is_empty() {
        return;
    }
    streams.note(format_args!("\n{}", streams_paint(streams, "Secrets in the context")));
    for secret in &found.secrets {
        let copied = if secret.is_copied { ", copied into an image" } else { "" };
        let state = if secret.is_hidden { ", hidden with these lines" } else { copied };
        let path = streams.paint_err(RULE, &secret.path).to_string();
        streams.note(format_args!("  {path}  {}{state}", secret.kind.describe()));
    }
}

fn large(found: &Assessment, streams: &mut Streams) {
    if found.large.is_empty() {
        return;
    }
    streams.note(format_args!("\n{}", streams_paint(streams, "Largest of what remains")));
    for large in &found.large {
        row(large.amount, &large.path, "", streams);
    }
}

fn row(amount: Amount, what: &str, remark: &str, streams: &mut Streams) {
    let size = format!("{:>10}", Bytes(amount.bytes));
    let what = streams.paint_err(RULE, what).to_string();
    let remark = if remark.is_empty() { String::new() } else { format!("  {}", streams.paint_err(DIM, remark)) };
    streams.note(format_args!("{size}  {what}{remark}"));
}
