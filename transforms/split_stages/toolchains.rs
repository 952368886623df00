//! Compilers that steps fetch by their addresses, of which nothing runs in containers: Go, an archive that is unpacked below
//! `/usr/local`, and Rust, whose installer fills folders of the user.

use dopt_model::commands::paths::{base_name, resolve};
use dopt_syntax::shell::{Command, List, SimpleCommand};

use super::leavings::{Call, place_of_download};
use super::stack::Scene;

const INSTALLER_OF_RUST: &str = "https://sh.rustup.rs";

/// Where the archive puts Go.
pub(super) const PLACE: &str = "/usr/local/go";

/// Whether a step of the stage names the archive of Go.
pub(super) fn fetches_go(scene: &Scene<'_>) -> bool {
    let stages = scene.subject.stages;
    let text = stages.document().text();
    stages.runs_of(scene.stage).any(|run| {
        let words = run.instruction().range.of(text).split([' ', '\t', '\n', '"', '\'']);
        words.into_iter().any(is_address)
    })
}

/// What a pipeline fetches that builds and does not run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Toolchain {
    Go,
    Rust,
}

/// Those that the pipelines of a list fetch.
pub(super) fn fetched<'l>(list: &'l List, text: &'l str) -> impl Iterator<Item = Toolchain> + use<'l> {
    let pipelines = list.items.iter().flat_map(|item| {
        let rest = item.and_or.rest.iter().map(|link| &link.pipeline);
        std::iter::once(&item.and_or.first).chain(rest)
    });
    pipelines.filter_map(|pipeline| fetched_by(&pipeline.commands, text))
}

/// That which a pipeline fetches, and puts where it belongs.
pub(super) fn fetched_by(pipeline: &[Command], text: &str) -> Option<Toolchain> {
    let [Command::Simple(fetching), Command::Simple(taking)] = pipeline else { return None };
    let words = |command: &SimpleCommand| -> Vec<String> {
        command.words.iter().map(|word| word.range.of(text).trim_matches(['"', '\'']).to_owned()).collect()
    };
    let (fetching, taking) = (words(fetching), words(taking));
    if !["curl", "wget"].contains(&fetching.first()?.as_str()) {
        return None;
    }
    let is_installer = |word: &String| word.trim_end_matches('/') == INSTALLER_OF_RUST;
    match taking.first()?.as_str() {
        "tar" if fetching.iter().any(|word| is_address(word)) => {
            (unpacked(&taking[1..], "/") == Some(None)).then_some(Toolchain::Go)
        }
        "sh" | "bash" => fetching.iter().any(is_installer).then_some(Toolchain::Rust),
        _ => None,
    }
}

/// What a step does with the archive that is a file.
#[derive(Default)]
pub(super) struct Archives {
    files: Vec<String>,
}

impl Archives {
    /// Whether a command fetches the archive, or unpacks it where it belongs.
    pub fn read(&mut self, call: &Call<'_>) -> bool {
        let program = call.invocation.program();
        match program {
            "curl" | "wget" => {
                let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
                let address = words.iter().find(|word| is_address(word));
                let place = address.and_then(|address| place_of_download(program, &words, address));
                self.files.extend(place.iter().map(|place| resolve(&call.folder, place)));
                place.is_some()
            }
            "tar" => unpacked(&call.words, &call.folder).flatten().is_some_and(|file| self.files.contains(&file)),
            _ => false,
        }
    }
}

fn is_address(word: &str) -> bool {
    let name = base_name(word);
    word.contains("://") && name.starts_with("go") && name.contains(".linux-") && name.ends_with(".tar.gz")
}

/// The archive that `tar` unpacks below `/usr/local`, `None` in place of one that it reads from a pipe.
fn unpacked(words: &[String], folder: &str) -> Option<Option<String>> {
    let (mut archive, mut place) = (None, None);
    let mut words = words.iter().enumerate();
    while let Some((at, word)) = words.next() {
        let letters = word.strip_prefix('-').unwrap_or(word);
        let is_letters = (at == 0 || word.starts_with('-')) && letters.bytes().all(|byte| b"xzvfC".contains(&byte));
        match word.as_str() {
            "-" => {}
            _ if is_letters => {
                for letter in letters.chars().filter(|letter| ['f', 'C'].contains(letter)) {
                    let (_, value) = words.next()?;
                    match letter {
                        'C' => place = Some(resolve(folder, value)),
                        _ if value == "-" => {}
                        _ => archive = Some(resolve(folder, value)),
                    }
                }
            }
            _ => return None,
        }
    }
    (place.as_deref() == Some("/usr/local")).then_some(archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_known_by_its_name() {
        assert!(is_address("https://go.dev/dl/go1.22.1.linux-amd64.tar.gz"));
        assert!(is_address("https://dl.google.com/go/go${GO_VERSION}.linux-${TARGETARCH}.tar.gz"));
        assert!(!is_address("https://example.com/gosu-1.17.linux-amd64"));
        assert!(!is_address("go1.22.1.linux-amd64.tar.gz"));
    }

    #[test]
    fn only_what_lies_below_usr_local_is_go() {
        let of = |text: &str| unpacked(&text.split(' ').map(str::to_owned).collect::<Vec<_>>(), "/tmp");
        assert_eq!(of("-C /usr/local -xz"), Some(None));
        assert_eq!(of("xzf - -C /usr/local"), Some(None));
        assert_eq!(of("-C /usr/local -xzf go.tar.gz"), Some(Some("/tmp/go.tar.gz".to_owned())));
        assert_eq!(of("-xzf go.tar.gz"), None);
        assert_eq!(of("-C /opt -xz"), None);
        assert_eq!(of("-C /usr/local -xz --strip-components=1"), None);
    }
}
