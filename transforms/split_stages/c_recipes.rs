//! What the build files of C and C++ say by their words: where they install, and what they link.

use dopt_model::commands::paths::base_name;
use dopt_model::package_of_library;

/// Places that an installation fills and the base image leaves empty.
pub(super) const LOCAL: &str = "/usr/local";

/// Where a Makefile that was written by hand installs.
pub(super) fn of_makefile(text: &str, prefix: Option<String>) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let own = lines
        .map(|(name, value)| (name.trim_end_matches(['?', ':', ' ', '\t']), value.trim()))
        .find(|(name, _)| ["PREFIX", "prefix"].contains(name));
    match (own, prefix) {
        (Some(_), Some(prefix)) => Some(prefix),
        (Some((_, value)), None) => (value.starts_with('/') && !value.contains('$')).then(|| value.to_owned()),
        (None, None) if text.contains("/usr/local/bin") => Some(LOCAL.to_owned()),
        _ => None,
    }
}

/// The libraries that a build file names; `None` where one cannot be told.
pub(super) fn hints(text: &str) -> Option<Vec<String>> {
    const FOUND: &[(&str, &str)] = &[
        ("Threads", "pthread"),
        ("OpenSSL", "ssl"),
        ("ZLIB", "z"),
        ("CURL", "curl"),
        ("SQLite3", "sqlite3"),
        ("PostgreSQL", "pq"),
        ("LibXml2", "xml2"),
        ("EXPAT", "expat"),
        ("BZip2", "bz2"),
        ("PNG", "png"),
        ("JPEG", "jpeg"),
        ("OpenMP", "gomp"),
        ("Git", "c"),
        ("Doxygen", "c"),
    ];
    if [
        "pkg_check_modules", "PKG_CHECK_MODULES", "AC_CHECK_LIB", "AC_SEARCH_LIBS", "dependency(", "pkg-config",
        "find_library",
    ]
    .iter()
    .any(|word| text.contains(word))
    {
        return None;
    }
    let mut found = Vec::new();
    for rest in text.split("find_package(").skip(1) {
        let name = rest.split([' ', ')', '\n']).next()?.trim();
        found.push(FOUND.iter().find(|(known, _)| *known == name)?.1.to_owned());
    }
    for word in text.split([' ', '\t', '\n', '=', '"', ')', ';']) {
        let Some(name) = word.strip_prefix("-l") else { continue };
        if name.contains('$') {
            return None;
        }
        found.push(name.to_owned());
    }
    if let Some(names) = text.split("target_link_libraries(").nth(1).filter(|_| !text.contains("find_package(")) {
        let known = names.split(')').next()?.split_whitespace().skip(1);
        let links = known
            .filter(|word| !["PRIVATE", "PUBLIC", "INTERFACE"].contains(word) && package_of_library(word).is_some());
        found.extend(links.map(str::to_owned));
    }
    Some(found)
}

/// Whether a file says how something is built.
pub(super) fn is_recipe(path: &str) -> bool {
    let names =
        ["Makefile", "GNUmakefile", "Makefile.am", "Makefile.in", "CMakeLists.txt", "meson.build", "configure.ac"];
    names.contains(&base_name(path)) || path.ends_with(".mk") || path.ends_with(".cmake")
}
