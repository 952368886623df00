//! Programs that steps fetch by their addresses: files that need nothing beside them, at a place that the step names.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_syntax::shell::{Command, List};

use super::Call;

/// What addresses of programs have in them that are one file, and how that is called in an archive.
const PROGRAMS: &[(&str, &str)] = &[
    ("/dumb-init/releases/", "dumb-init"),
    ("/tini/releases/", "tini"),
    ("/gosu/releases/", "gosu"),
    ("/dockerize/releases/", "dockerize"),
    ("/docker-compose-wait/releases/", "wait"),
    ("/wait-for-it/", "wait-for-it.sh"),
    ("/supercronic/releases/", "supercronic"),
    ("/grpc-health-probe/releases/", "grpc_health_probe"),
    ("/migrate/releases/", "migrate"),
    ("/yq/releases/", "yq"),
    ("/jq/releases/", "jq"),
];

/// The files that a download, or the unpacking of one, leaves; `None` where that is not known.
pub(super) fn read(call: &Call<'_>) -> Option<Vec<String>> {
    let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    match call.invocation.program() {
        "wget" | "curl" => {
            let address = words.iter().find(|word| word.contains("://"))?;
            program_of(address)?;
            Some(vec![resolve(&call.folder, &output(call.invocation.program(), &words, address)?)])
        }
        "tar" => {
            let archive = words.iter().find(|word| is_archive(word))?;
            let (_, program) = PROGRAMS.iter().find(|(_, program)| base_name(archive).starts_with(program))?;
            Some(vec![unpacked(&call.folder, &words, program)?])
        }
        _ => None,
    }
}

/// The files that pipelines of a download and `tar` leave.
pub(super) fn unpacked_by_pipelines(list: &List, text: &str, folder: &str) -> Vec<String> {
    let items = list
        .items
        .iter()
        .flat_map(|item| std::iter::once(&item.and_or.first).chain(item.and_or.rest.iter().map(|link| &link.pipeline)));
    items.filter_map(|pipeline| unpacked_by(&pipeline.commands, text, folder)).collect()
}

/// The file that a pipeline of a download and `tar` leaves.
pub(super) fn unpacked_by(pipeline: &[Command], text: &str, folder: &str) -> Option<String> {
    let [Command::Simple(fetching), Command::Simple(unpacking)] = pipeline else { return None };
    let named = |command: &dopt_syntax::shell::SimpleCommand, names: &[&str]| {
        command.name(text).is_some_and(|name| names.contains(&name.as_ref()))
    };
    if !named(fetching, &["curl", "wget"]) || !named(unpacking, &["tar"]) {
        return None;
    }
    let program = fetching.words.iter().find_map(|word| program_of(word.range.of(text)))?;
    let words: Option<Vec<_>> = unpacking.words[1..].iter().map(|word| word.literal(text)).collect();
    let words = words?;
    unpacked(folder, &words.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), program)
}

fn program_of(address: &str) -> Option<&'static str> {
    PROGRAMS.iter().find(|(sign, _)| address.contains(sign)).map(|(_, program)| *program)
}

fn is_archive(word: &str) -> bool {
    word.ends_with(".tar.gz") || word.ends_with(".tgz")
}

/// Where a download is written to.
pub(in super::super) fn output(program: &str, words: &[&str], address: &str) -> Option<String> {
    let (short, long) = if program == "wget" { ('O', "--output-document") } else { ('o', "--output") };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let is_short = word.starts_with('-') && !word.starts_with("--");
        if let Some(path) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some(path.to_owned());
        }
        if *word == long || is_short && word.ends_with(short) {
            return rest.next().map(|path| (*path).to_owned());
        }
        if is_short && program == "wget" && word.contains('P') {
            return None;
        }
    }
    let is_named = program == "wget" || words.iter().any(|word| word.starts_with('-') && word.contains('O'));
    is_named.then(|| base_name(address).to_owned())
}

/// The file that `tar` leaves of an archive with one program.
fn unpacked(folder: &str, words: &[&str], program: &str) -> Option<String> {
    if words.iter().any(|word| word.starts_with("--") && *word != "--gzip") {
        return None;
    }
    let at = words.iter().position(|word| *word == "-C");
    let target = match at {
        Some(at) => resolve(folder, words.get(at + 1)?),
        None => folder.to_owned(),
    };
    Some(format!("{}/{program}", target.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_says_where_it_goes() {
        let address = "https://host/x/releases/download/v1/dumb-init_1.2.5_x86_64";
        let to = |program: &str, words: &str| {
            let words: Vec<&str> = words.split(' ').chain([address]).collect();
            output(program, &words, address)
        };
        assert_eq!(to("wget", "-qO /usr/local/bin/dumb-init").as_deref(), Some("/usr/local/bin/dumb-init"));
        assert_eq!(to("curl", "-fsSLo /bin/x").as_deref(), Some("/bin/x"));
        assert_eq!(to("curl", "-fsSL --output=/bin/x").as_deref(), Some("/bin/x"));
        assert_eq!(to("curl", "-LO").as_deref(), Some("dumb-init_1.2.5_x86_64"));
        assert_eq!(to("curl", "-L"), None);
        assert_eq!(
            unpacked("/", &["-C", "/usr/local/bin", "-xzvf", "x.tar.gz"], "dockerize").unwrap(),
            "/usr/local/bin/dockerize"
        );
        assert_eq!(unpacked("/", &["xz", "--strip-components=1"], "dockerize"), None);
    }
}
