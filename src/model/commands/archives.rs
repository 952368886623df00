//! Downloads, and what unpacks or installs them.

use dopt_syntax::shell::Word;

use super::{Invocation, Subcommand, managers};

/// The files that a command downloads, spelled as by [`spelling`]; none where their names are not in its words.
pub fn downloads(invocation: &Invocation<'_>) -> Vec<String> {
    let (long, letter) = match invocation.program() {
        "wget" => ("--output-document", 'O'),
        "curl" => ("--output", 'o'),
        _ => return Vec::new(),
    };
    let words: Vec<String> = invocation.arguments().iter().map(|word| spelling(word, invocation.text)).collect();
    let bundle_with = |word: &str, letter: char| {
        word.starts_with('-') && !word.starts_with("--") && word.contains(letter) && !word.contains([':', '/'])
    };
    for (at, word) in words.iter().enumerate() {
        if word == long || (bundle_with(word, letter) && word.ends_with(letter)) {
            return words.get(at + 1).cloned().into_iter().collect();
        }
        if let Some(name) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return vec![name.to_owned()];
        }
    }
    let takes_name = match invocation.program() {
        "curl" => words.iter().any(|word| word == "--remote-name" || bundle_with(word, 'O')),
        _ => !words
            .iter()
            .any(|word| word.starts_with("--directory-prefix") || bundle_with(word, 'P') || bundle_with(word, letter)),
    };
    let name = |url: &String| url.rsplit_once('/').map(|(_, name)| name.to_owned());
    let is_url = |word: &&String| !word.starts_with('-') && word.contains('/') && !word.contains(['?', '#']);
    if takes_name { words.iter().filter(is_url).filter_map(name).collect() } else { Vec::new() }
}

/// Which word names the one archive or package that a command unpacks or installs.
pub fn unpacked(invocation: &Invocation<'_>) -> Option<usize> {
    let at = match invocation.program() {
        "tar" | "bsdtar" => untarred(invocation)?,
        "unzip" => {
            let lists = |word: &Word| matches!(word.range.of(invocation.text), "-l" | "-t" | "-v" | "-z" | "-Z");
            if invocation.arguments().iter().any(lists) {
                return None;
            }
            invocation.operands(invocation.program_at + 1, &["-d", "-P"]).next()?.0
        }
        "dpkg" if invocation.has_argument("-i") || invocation.has_argument("--install") => only_operand(invocation)?,
        "rpm" => {
            let installs = |word: &Word| {
                let option = word.range.of(invocation.text);
                option == "--install" || option == "--upgrade" || (option.starts_with("-i") || option.starts_with("-U"))
            };
            invocation.arguments().iter().any(installs).then(|| only_operand(invocation))??
        }
        _ => installed_file(invocation)?,
    };
    let name = spelling(&invocation.command.words[at], invocation.text);
    let plain = !name.is_empty() && !name.contains(['*', '?', '[', '`', '(']) && !name.contains("://") && name != "-";
    (plain && !name.starts_with("/dev/")).then_some(at)
}

/// The package file that apt, yum or dnf installs, where it is all that they install.
fn installed_file(invocation: &Invocation<'_>) -> Option<usize> {
    let is_manager = matches!(invocation.program(), "apt-get" | "apt" | "yum" | "dnf");
    let manager =
        managers::MANAGERS.iter().find(|found| is_manager && found.programs.contains(&invocation.program()))?;
    let Subcommand::Named(subcommand, name) = invocation.subcommand(manager.value_options) else { return None };
    let mut operands = invocation.operands(subcommand + 1, manager.value_options);
    let (at, file) = operands.next()?;
    let is_file = file.is_none_or(|file| file.starts_with(['.', '/']))
        && [".deb", ".rpm"].iter().any(|end| spelling(&invocation.command.words[at], invocation.text).ends_with(end));
    (matches!(name.as_ref(), "install" | "localinstall") && is_file && operands.next().is_none()).then_some(at)
}

fn only_operand(invocation: &Invocation<'_>) -> Option<usize> {
    let mut operands = invocation.operands(invocation.program_at + 1, &[]);
    let (at, _) = operands.next()?;
    operands.next().is_none().then_some(at)
}

/// The archive of a `tar -x`.
fn untarred(invocation: &Invocation<'_>) -> Option<usize> {
    let first = invocation.program_at + 1;
    let mut extracts = false;
    let mut archive = None;
    for (at, word) in invocation.command.words.iter().enumerate().skip(first) {
        let source = word.range.of(invocation.text);
        let letters = match source.strip_prefix('-') {
            Some("-extract" | "-get") => {
                extracts = true;
                continue;
            }
            Some("-file" | "-list" | "-create") => return None,
            Some(long) if long.starts_with('-') => {
                if long.starts_with("-file=") {
                    return None;
                }
                continue;
            }
            Some(letters) => letters,
            None if at == first => source,
            None => continue,
        };
        if letters.contains(['t', 'c', 'r', 'u', 'd', 'A']) {
            return None;
        }
        extracts |= letters.contains('x');
        if letters.ends_with('f') {
            archive = archive.or(Some(at + 1));
        } else if letters.contains('f') {
            return None;
        }
    }
    archive.filter(|at| extracts && *at < invocation.command.words.len())
}

/// A `tar` that does what `ADD` does: it unpacks all of an archive of a kind that `ADD` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpacking {
    /// Which word names the archive.
    pub archive: usize,
    /// Which word names the folder, where that is not the working folder.
    pub folder: Option<usize>,
}

/// Reads a `tar` with none but the options that change nothing of what is unpacked.
pub fn plain_unpacking(invocation: &Invocation<'_>) -> Option<Unpacking> {
    // By letter, the ends of the names of what `ADD` unpacks: plain archives, gzip, bzip2 and xz.
    const KINDS: &[(char, &[&str])] = &[
        ('z', &[".tar.gz", ".tgz"]),
        ('j', &[".tar.bz2", ".tbz", ".tbz2"]),
        ('J', &[".tar.xz", ".txz"]),
        ('f', &[".tar"]),
    ];
    let archive = unpacked(invocation).filter(|_| invocation.program() == "tar" && invocation.program_at == 0)?;
    let name = invocation.command.words[archive].literal(invocation.text)?.to_ascii_lowercase();
    let (letter, _) = KINDS.iter().find(|(_, ends)| ends.iter().any(|end| name.ends_with(end)))?;
    let mut folder = None;
    let mut at = 1;
    while at < invocation.command.words.len() {
        let word = invocation.command.words[at].literal(invocation.text)?;
        match word.strip_prefix('-').or((at == 1).then_some(&*word)) {
            _ if at == archive => {}
            Some("C") if folder.is_none() && at + 1 < invocation.command.words.len() => {
                at += 1;
                folder = Some(at);
            }
            Some(letters) if letters.chars().all(|option| "xvfp".contains(option) || option == *letter) => {}
            _ => return None,
        }
        at += 1;
    }
    Some(Unpacking { archive, folder })
}

/// A word without its quotes and with every `$NAME` in braces, so that two spellings of one name are equal.
pub fn spelling(word: &Word, text: &str) -> String {
    spelled(word.range.of(text))
}

/// Takes the quotes out of shell text and writes every `$NAME` in braces.
pub fn spelled(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().filter(|c| !matches!(c, '"' | '\'')).peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let in_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        if c == '$' && chars.peek().is_some_and(in_name) {
            out.push('{');
            while let Some(c) = chars.next_if(in_name) {
                out.push(c);
            }
            out.push('}');
        }
    }
    out
}
