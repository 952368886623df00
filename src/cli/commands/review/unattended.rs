//! Without a terminal: the commands that do what one would have been asked about.

use std::collections::BTreeMap;

use dopt_rewrite::{Options, Safety, Transform, rewrite};

use super::{File, ReviewArgs, quoted, said_files};
use crate::args::RuleArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams::Streams;
use crate::tally::count;

/// What one rule does in all files.
#[derive(Default)]
struct Share {
    fixes: usize,
    files: usize,
    caveat: Option<&'static str>,
}

/// Prints them as a script, one rule after the other, in the order in which rules stand on each other.
pub fn run(args: &ReviewArgs, files: &[File], streams: &mut Streams) -> Exit {
    let mut shares: BTreeMap<usize, (&'static Transform, Share)> = BTreeMap::new();
    let (mut changed, mut failed) = (0, false);
    for file in files {
        let options = file.options();
        match add(file, &options, &mut shares) {
            Ok(changes) => changed += usize::from(changes),
            Err(failure) => {
                streams.error(format_args!("{}: {failure}", file.shown_path()));
                failed = true;
            }
        }
    }
    let fixes = shares.values().map(|(_, share)| share.fixes).sum();
    if fixes == 0 {
        streams.put("# Nothing to decide.\n");
        return if failed { Exit::Failed } else { Exit::Done };
    }
    let (fixes, of) = (count(fixes, "proposal"), count(changed, "file"));
    let usual = [flags(&args.rules), said_files(&args.input)].concat();
    streams.print(format_args!(
        "# {fixes} in {of}. On a terminal, dopt review asks about each. These commands do the same, rule by rule;\n\
         # delete what you do not want. dopt fix and dopt check show every place.\n"
    ));
    for (transform, share) in shares.values() {
        let (fixes, files) = (count(share.fixes, "fix"), count(share.files, "file"));
        streams.print(format_args!("\n# {fixes} in {files}: {}\n", transform.summary));
        if let Some(caveat) = share.caveat {
            streams.print(format_args!("# Not safe everywhere: {caveat}\n"));
        }
        let risk = if share.caveat.is_some() { " --unsafe-fixes" } else { "" };
        let tail = if usual.is_empty() { String::new() } else { format!(" {}", usual.trim_start()) };
        streams.print(format_args!("dopt fix --write{risk} --select {}{tail}\n", transform.name));
    }
    if failed { Exit::Failed } else { Exit::Changes }
}

/// Adds what each rule does in a file when it runs on what those before it have left; whether there is anything.
fn add(
    file: &File,
    options: &Options<'_>,
    shares: &mut BTreeMap<usize, (&'static Transform, Share)>,
) -> Result<bool, Failure> {
    let mut text = file.text.clone();
    for (order, transform) in options.transforms.iter().copied().enumerate() {
        let alone = Options { transforms: &[transform], ..options.clone() };
        let found = rewrite(&text, &alone).map_err(Failure::Bug)?;
        if found.changes.is_empty() {
            continue;
        }
        let (_, share) = shares.entry(order).or_insert_with(|| (transform, Share::default()));
        share.fixes += found.changes.len();
        share.files += 1;
        let caveat = |change: &dopt_rewrite::Change| match change.safety {
            Safety::Safe => None,
            safety => safety.caveat(),
        };
        share.caveat = share.caveat.or_else(|| found.changes.iter().find_map(caveat));
        text = found.after;
    }
    Ok(text != file.text)
}

/// The options about rules, as they were said; without `--select`, which each command has.
fn flags(rules: &RuleArgs) -> String {
    let mut flags = String::new();
    let mut add = |flag: &str, value: Option<&str>| {
        flags += &format!(" {flag}");
        if let Some(value) = value {
            flags += &format!(" {}", quoted(value));
        }
    };
    let name = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    if let Some(value) = rules.merge.and_then(|choice| name(clap::ValueEnum::to_possible_value(&choice))) {
        add("--merge", Some(&value));
    }
    if let Some(value) = rules.strategy.and_then(|choice| name(clap::ValueEnum::to_possible_value(&choice))) {
        add("--strategy", Some(&value));
    }
    let switches = [
        (rules.allow_mounts, "--allow-mounts"),
        (rules.all_stages, "--all-stages"),
        (rules.no_inline_ignore, "--no-inline-ignore"),
        (rules.isolated, "--isolated"),
    ];
    for (_, switch) in switches.iter().filter(|(said, _)| *said) {
        add(switch, None);
    }
    if let Some(config) = &rules.config {
        add("--config", Some(&config.to_string_lossy()));
    }
    if !flags.is_empty() {
        flags.push(' ');
    }
    flags
}
