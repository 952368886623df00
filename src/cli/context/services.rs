//! What compose files start in containers of what they build.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dopt_model::Service;
use dopt_syntax::shell::quoted;
use saphyr::Yaml;

use super::compose;
use super::find::{compose_files, shown, simplified};

/// So deep services may take what they do not say from others.
const DEEPEST: usize = 4;

/// The services of one compose file, by the real paths of the Dockerfile and of the folder that each is built with.
type Built = BTreeMap<(PathBuf, PathBuf), Vec<Service>>;

/// Compose files, each read once in a run: that at the root of a repository counts for all folders below.
#[derive(Debug)]
pub struct ComposeFiles(Mutex<BTreeMap<PathBuf, Arc<Built>>>);

impl ComposeFiles {
    /// None was read yet.
    pub const fn new() -> ComposeFiles {
        ComposeFiles(Mutex::new(BTreeMap::new()))
    }

    /// What is started of a Dockerfile that is built with a folder. Files that cannot be read say nothing.
    pub fn services(&self, dockerfile: &Path, context: &Path) -> Vec<Service> {
        let context = if context.as_os_str().is_empty() { Path::new(".") } else { context };
        let (Ok(dockerfile), Ok(real)) = (fs::canonicalize(dockerfile), fs::canonicalize(context)) else {
            return Vec::new();
        };
        let files = compose_files(context, &real);
        let key = (dockerfile, real);
        files.iter().filter_map(|file| self.built(file).get(&key).cloned()).flatten().collect()
    }

    fn built(&self, file: &Path) -> Arc<Built> {
        let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(real).or_insert_with(|| Arc::new(built(file))).clone()
    }
}

fn built(file: &Path) -> Built {
    let mut found = Built::new();
    let name = shown(&simplified(file));
    for build in compose::builds(file).unwrap_or_default() {
        let paths = fs::canonicalize(&build.dockerfile).and_then(|path| Ok((path, fs::canonicalize(&build.context)?)));
        if let (Ok(paths), Some(service), None) = (paths, build.service, build.inline) {
            found.entry(paths).or_default().push(Service { file: name.clone(), ..service });
        }
    }
    found
}

/// What a service says, or takes over from others: by a merge key, or from another one that it extends.
pub fn field<'y>(service: &'y Yaml<'y>, key: &str, services: &'y Yaml<'y>) -> Option<&'y Yaml<'y>> {
    find(service, key, services, DEEPEST)
}

fn find<'y>(service: &'y Yaml<'y>, key: &str, services: &'y Yaml<'y>, depth: usize) -> Option<&'y Yaml<'y>> {
    let depth = depth.checked_sub(1)?;
    if let Some(found) = service.as_mapping_get(key) {
        return Some(found);
    }
    let merged = service.as_mapping_get("<<").and_then(|merged| match merged.as_vec() {
        Some(all) => all.iter().find_map(|one| find(one, key, services, depth)),
        None => find(merged, key, services, depth),
    });
    merged.or_else(|| {
        let extended = service.as_mapping_get("extends")?;
        let name = extended.as_str().or_else(|| {
            let is_here = extended.as_mapping_get("file").is_none();
            extended.as_mapping_get("service").and_then(Yaml::as_str).filter(|_| is_here)
        });
        find(services.as_mapping_get(name?)?, key, services, depth)
    })
}

/// What a service starts; nothing where it starts what its image says.
pub fn starts(service: &Yaml<'_>, services: &Yaml<'_>) -> Option<Service> {
    let text = |key: &str| field(service, key, services).and_then(words);
    let (entrypoint, command) = (text("entrypoint"), text("command"));
    let check = field(service, "healthcheck", services).and_then(check);
    let says = entrypoint.is_some() || command.is_some() || check.is_some();
    says.then(|| Service { entrypoint, command, check, ..Service::default() })
}

/// A text, or a list of words; `null` is what the image says.
fn words(value: &Yaml<'_>) -> Option<String> {
    let written = |text: &str| text.replace("$$", "$");
    match value.as_vec() {
        Some(all) => {
            let word = |word: &Yaml<'_>| match (word.as_str(), word.as_integer()) {
                (Some(text), _) => Some(written(text)),
                (None, number) => number.map(|number| number.to_string()),
            };
            Some(joined(all.iter().filter_map(word)))
        }
        None => value.as_str().map(written),
    }
}

/// Words as a shell would read them, quoted where they have to be.
fn joined(words: impl Iterator<Item = String>) -> String {
    let is_plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte));
    let written = words.map(|word| if !word.is_empty() && is_plain(&word) { word } else { quoted(&[word]) });
    written.collect::<Vec<_>>().join(" ")
}

fn check(check: &Yaml<'_>) -> Option<String> {
    let test = check.as_mapping_get("test")?;
    let Some(all) = test.as_vec() else { return words(test) };
    let (kind, rest) = all.split_first()?;
    let rest = rest.iter().filter_map(|word| word.as_str().map(|text| text.replace("$$", "$")));
    match kind.as_str()? {
        "CMD" => Some(joined(rest)),
        "CMD-SHELL" => Some(rest.collect::<Vec<_>>().join(" ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(compose: &str) -> Vec<(Option<String>, Vec<String>)> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("compose.yaml"), compose).unwrap();
        fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
        let found = ComposeFiles::new().services(&folder.path().join("Dockerfile"), folder.path());
        found.into_iter().map(|found| (found.target.clone(), found.texts().map(str::to_owned).collect())).collect()
    }

    #[test]
    fn commands_entrypoints_and_checks_are_read() {
        let text = "services:\n  web:\n    build: .\n    healthcheck:\n      test: [CMD, curl, -f, 'http://localhost/a b']\n  \
                    worker:\n    build: {context: ., target: work}\n    command: celery -A app worker\n    \
                    healthcheck: {test: [CMD-SHELL, 'pgrep -f $$NAME || exit 1']}\n  plain:\n    build: .\n  other:\n    \
                    image: redis\n    command: redis-server --save 60 1\n";
        let expected = [
            (None, vec!["curl -f 'http://localhost/a b'".to_owned()]),
            (Some("work".to_owned()), vec!["celery -A app worker".to_owned(), "pgrep -f $NAME || exit 1".to_owned()]),
        ];
        assert_eq!(of(text), expected);
    }

    #[test]
    fn what_is_taken_over_counts() {
        let text = "x-app: &app\n  build: .\n  image: shop\nservices:\n  web:\n    <<: *app\n    command: [npm, run, dev]\n  \
                    worker:\n    image: shop\n    command: node worker.js\n  again:\n    extends: {service: web}\n";
        let found: Vec<Vec<String>> = of(text).into_iter().map(|(_, texts)| texts).collect();
        assert_eq!(found, [["npm run dev"], ["node worker.js"], ["npm run dev"]]);
    }

    #[test]
    fn what_is_no_compose_file_says_nothing() {
        assert!(of("services: [1, 2]\n").is_empty() && of("{{ a }}: [\n").is_empty());
        assert!(of("services:\n  web:\n    build: .\n    healthcheck: {test: [NONE]}\n    command: null\n").is_empty());
    }
}
