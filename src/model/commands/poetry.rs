//! poetry: which version of it a file installs.

use crate::ImageRef;

/// What stands in front of a version that is asked for.
const PINS: &[&str] = &["poetry==", "poetry~=", "poetry@", "POETRY_VERSION=", "POETRY_VERSION "];

/// Signs of a version that is asked for otherwise, or is not in the file.
const UNREAD: &[&str] = &["POETRY_VERSION", "poetry<", "poetry>", "poetry!", "poetry[", "poetry="];

/// The oldest poetry that a file installs in an image, as major and minor version; `None` where that cannot be told.
///
/// Without a version pip takes the newest that the Python of the image can run, which was 1.1 before Python 3.7.
pub fn oldest_version(file: &str, image: Option<ImageRef<'_>>) -> Option<(u32, u32)> {
    if file.contains("get-poetry.py") {
        return Some((1, 1));
    }
    let installer = file.contains("install.python-poetry.org");
    let pins = PINS.iter().chain(["--version ", "--version="].iter().filter(|_| installer));
    let pinned = pins.flat_map(|sign| file.match_indices(sign).map(|(at, _)| &file[at + sign.len()..]));
    let oldest = pinned.filter_map(version_at).min();
    if oldest.is_some() || UNREAD.iter().any(|sign| file.contains(sign)) {
        return oldest;
    }
    let image = image.filter(|image| image.familiar_name() == "python")?;
    let is_newest = image.newest_version().is_none_or(|version| version >= (3, 7));
    ((installer || file.split(['\n', '&', ';', '|']).any(installs_newest)) && is_newest).then_some((2, 0))
}

/// `pip install poetry`, or with pipx.
fn installs_newest(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let installs = words.windows(2).any(|pair| pair[0].starts_with("pip") && pair[1] == "install");
    installs && words.contains(&"poetry")
}

/// The version that a text begins with, where it has two parts.
fn version_at(text: &str) -> Option<(u32, u32)> {
    let text = text.trim_start_matches(['"', '\'']);
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (major, rest) = text[..end].split_once('.')?;
    Some((major.parse().ok()?, rest.split('.').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_where_files_name_them() {
        let on = |image: &str, file: &str| oldest_version(file, Some(ImageRef::parse(image)));
        assert_eq!(on("debian:12", "RUN pip install poetry==1.8.3"), Some((1, 8)));
        assert_eq!(on("debian:12", "RUN pip install 'poetry~=1.1.0' && pipx install poetry@2.0.1"), Some((1, 1)));
        assert_eq!(on("debian:12", "ENV POETRY_VERSION=1.4.2\nRUN pip install poetry==$POETRY_VERSION"), Some((1, 4)));
        assert_eq!(on("debian:12", "ENV POETRY_VERSION \"1.0.5\"\nRUN pip install poetry"), Some((1, 0)));
        assert_eq!(
            on("debian:12", "RUN curl -sSL https://install.python-poetry.org | python3 - --version 1.3.1"),
            Some((1, 3))
        );
        assert_eq!(on("python:3.6", "RUN curl -sSL https://x.org/get-poetry.py | python3"), Some((1, 1)));
        assert_eq!(on("python:3.12-slim", "RUN pip install poetry"), Some((2, 0)));
        assert_eq!(on("python:slim", "RUN pip install poetry"), Some((2, 0)));
        assert_eq!(on("python:3.6", "RUN pip install poetry"), None);
        assert_eq!(on("python:3.12", "SHELL [\"bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN poetry install"), None);
        assert_eq!(on("debian:12", "RUN pip install poetry"), None);
        assert_eq!(on("python:3.12", "ARG POETRY_VERSION\nRUN pip install poetry==$POETRY_VERSION"), None);
        assert_eq!(on("python:3.12", "RUN pip install 'poetry<2'"), None);
        assert_eq!(on("python:3.12", "RUN pip install poetry==1.*"), None);
    }
}
