//! Which packages of Debian a program needs when it runs that was linked with those it was built against.
//!
//! Only what is in the table is known. Names follow the library's version, so they change with the release.

mod libraries;

use crate::ImageRef;

use libraries::{BOOKWORM, BULLSEYE, BUSTER, LIBRARIES};

/// The releases, the oldest first.
const RELEASES: &[&str] = &["buster", "bullseye", "bookworm", "trixie"];

/// Libraries as a linker is told about them: `-lz`, and the package with the headers.
const LINKED: &[(&str, &str)] = &[
    ("z", "zlib1g-dev"),
    ("ssl", "libssl-dev"),
    ("crypto", "libssl-dev"),
    ("pq", "libpq-dev"),
    ("sqlite3", "libsqlite3-dev"),
    ("curl", "libcurl4-openssl-dev"),
    ("xml2", "libxml2-dev"),
    ("ffi", "libffi-dev"),
    ("png", "libpng-dev"),
    ("png16", "libpng-dev"),
    ("jpeg", "libjpeg-dev"),
    ("mariadb", "libmariadb-dev"),
    ("mysqlclient", "libmariadb-dev"),
    ("yaml", "libyaml-dev"),
    ("readline", "libreadline-dev"),
    ("ncurses", "libncurses-dev"),
    ("ncursesw", "libncurses-dev"),
    ("tinfo", "libncurses-dev"),
    ("bz2", "libbz2-dev"),
    ("lzma", "liblzma-dev"),
    ("zstd", "libzstd-dev"),
    ("lz4", "liblz4-dev"),
    ("gmp", "libgmp-dev"),
    ("uuid", "uuid-dev"),
    ("expat", "libexpat1-dev"),
    ("pcre2-8", "libpcre2-dev"),
    ("uv", "libuv1-dev"),
    ("jansson", "libjansson-dev"),
    ("json-c", "libjson-c-dev"),
    ("microhttpd", "libmicrohttpd-dev"),
    ("event", "libevent-dev"),
    ("edit", "libedit-dev"),
    ("sodium", "libsodium-dev"),
    ("fmt", "libfmt-dev"),
    ("vips", "libvips-dev"),
    ("webp", "libwebp-dev"),
    ("tiff", "libtiff-dev"),
    ("gif", "libgif-dev"),
    ("freetype", "libfreetype-dev"),
    ("yaml-cpp", "libyaml-cpp-dev"),
    ("ssh2", "libssh2-1-dev"),
    ("archive", "libarchive-dev"),
    ("git2", "libgit2-dev"),
    ("cjson", "libcjson-dev"),
    ("mosquitto", "libmosquitto-dev"),
    ("rdkafka", "librdkafka-dev"),
    ("hiredis", "libhiredis-dev"),
    ("nghttp2", "libnghttp2-dev"),
    ("ev", "libev-dev"),
    ("pcre", "libpcre3-dev"),
    ("lua5.4", "liblua5.4-dev"),
    ("lua5.3", "liblua5.3-dev"),
    ("jsoncpp", "libjsoncpp-dev"),
    ("pugixml", "libpugixml-dev"),
    ("tinyxml2", "libtinyxml2-dev"),
    ("spdlog", "libspdlog-dev"),
    ("leveldb", "libleveldb-dev"),
    ("gsl", "libgsl-dev"),
    ("zmq", "libzmq3-dev"),
    ("odbc", "unixodbc-dev"),
    ("asound", "libasound2-dev"),
    ("udev", "libudev-dev"),
    ("dbus-1", "libdbus-1-dev"),
    ("fftw3", "libfftw3-dev"),
    ("mpfr", "libmpfr-dev"),
    ("pcap", "libpcap-dev"),
    ("magic", "libmagic-dev"),
    ("seccomp", "libseccomp-dev"),
    ("cap", "libcap-dev"),
    ("elf", "libelf-dev"),
    ("boost_system", "libboost-system-dev"),
    ("boost_filesystem", "libboost-filesystem-dev"),
    ("boost_program_options", "libboost-program-options-dev"),
    ("boost_thread", "libboost-thread-dev"),
    ("boost_regex", "libboost-regex-dev"),
    ("m", "libc6-dev"),
    ("c", "libc6-dev"),
    ("pthread", "libc6-dev"),
    ("dl", "libc6-dev"),
    ("rt", "libc6-dev"),
    ("stdc++", "libc6-dev"),
    ("gcc", "libc6-dev"),
    ("gcc_s", "libc6-dev"),
    ("resolv", "libc6-dev"),
    ("util", "libc6-dev"),
    ("crypt", "libc6-dev"),
];

/// The packages that a program needs in a release (`bookworm`) if it was linked with the libraries of a `-dev` package.
pub fn runtime_packages(dev: &str, release: &str) -> Option<&'static [&'static str]> {
    let release = RELEASES.iter().position(|known| *known == release)?;
    let library = LIBRARIES.iter().find(|library| library.dev.contains(&dev))?;
    library.runtime.iter().rev().find(|(since, _)| *since <= release).map(|(_, packages)| *packages)
}

/// The same in the release of an image or, where its tag does not tell that, in all that count.
pub fn runtime_packages_in(image: ImageRef<'_>, dev: &str) -> Option<&'static [&'static str]> {
    if let Some(release) = image.debian_release() {
        return runtime_packages(dev, release);
    }
    let known: Vec<_> = releases(image)?.iter().map(|release| runtime_packages(dev, release)).collect();
    let first = known[0]?;
    // The same library, which the newer package also provides under the old name.
    let is_same = |old: &str, new: &str| new.strip_suffix("t64").unwrap_or(new) == old;
    let are_same =
        |new: &&[&str]| first.len() == new.len() && first.iter().zip(*new).all(|(old, new)| is_same(old, new));
    let is_jammy = image.familiar_name() == "ubuntu" && image.version() == Some((22, 4));
    let own = JAMMY.iter().find(|(known, _)| is_jammy && *known == dev).map(|(_, packages)| *packages);
    own.or_else(|| known.iter().all(|found| found.as_ref().is_some_and(are_same)).then_some(first))
}

/// Libraries of Ubuntu 22.04 whose names Debian changed between the releases before and behind it.
const JAMMY: &[(&str, &[&str])] = &[("libssl-dev", &["libssl3"]), ("libffi-dev", &["libffi8"])];

/// Versions of official images from which on none is older than bullseye, and from which on a tag that leaves the rest of
/// the version open is made anew from the newest releases.
const IMAGES: &[(&str, (u32, u32), u32)] = &[
    ("gcc", (10, 0), 12),
    ("golang", (1, 17), 1),
    ("node", (18, 0), 18),
    ("perl", (5, 34), 5),
    ("php", (8, 0), 8),
    ("python", (3, 7), 3),
    ("ruby", (2, 7), 3),
    ("rust", (1, 56), 1),
];

/// Parts of tags that name neither a version nor a release.
const OPEN: &[&str] = &["latest", "stable", "slim", "lts", "current", "cli", "fpm", "apache", "zts", "scm", "curl"];

/// The releases of Debian that an image may be made from, or that lie around the one of Ubuntu; `None` where it may be an
/// older one.
fn releases(image: ImageRef<'_>) -> Option<&'static [&'static str]> {
    let (name, newest) = (image.familiar_name(), image.newest_version());
    let is_open = image.tag.is_none_or(|tag| tag.split('-').all(|part| OPEN.contains(&part)));
    if name == "ubuntu" {
        return match (image.version(), is_open) {
            (None, true) | (Some((24.., _)), _) => Some(&RELEASES[BOOKWORM..]),
            (Some((22, _)), _) => Some(&RELEASES[BULLSEYE..=BOOKWORM]),
            (Some((20, _)), _) => Some(&RELEASES[BUSTER..=BULLSEYE]),
            _ => None,
        };
    }
    let (_, first, open) = match IMAGES.iter().find(|(known, ..)| *known == name) {
        Some(found) => found,
        None => return (is_open && ["debian", "buildpack-deps"].contains(&name)).then_some(&RELEASES[BOOKWORM..]),
    };
    match newest {
        Some((major, u32::MAX)) if major >= *open => Some(&RELEASES[BOOKWORM..]),
        Some(version) => (version >= *first).then_some(&RELEASES[BULLSEYE..]),
        None => is_open.then_some(&RELEASES[BOOKWORM..]),
    }
}

/// The package with the headers of a library by the name that a linker knows: `libpq-dev` of `pq`.
pub fn package_of_library(name: &str) -> Option<&'static str> {
    LINKED.iter().find(|(library, _)| *library == name).map(|(_, package)| *package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_from_another_release_than_the_image_may_have() {
        let of = |image, dev| runtime_packages_in(ImageRef::parse(image), dev).map(|found| found[0]);
        for image in ["debian:jessie-slim", "debian:wheezy", "debian:testing", "ubuntu:14.04", "ubuntu:16.04"] {
            assert_eq!(of(image, "libffi-dev"), None, "{image}");
        }
        for image in ["ubuntu:xenial", "python:2.7", "python:jessie", "node:8", "node:14", "someone/base", "php:5"] {
            assert_eq!(of(image, "libssl-dev"), None, "{image}");
        }
        assert_eq!(of("ubuntu:20.04", "libpq-dev"), Some("libpq5"));
        assert_eq!(of("ubuntu:20.04", "libffi-dev"), None);
        assert_eq!(of("ubuntu:22.04", "libssl-dev"), Some("libssl3"));
        for image in ["ubuntu:24.04", "ubuntu", "debian:stable-slim", "debian", "gcc:12", "node:20", "python:3-slim"] {
            assert_eq!(of(image, "libssl-dev"), Some("libssl3"), "{image}");
        }
        assert_eq!(of("debian:bullseye", "libssl-dev"), Some("libssl1.1"));
    }

    #[test]
    fn names_follow_the_release() {
        assert_eq!(runtime_packages("libssl-dev", "bullseye"), Some(&["libssl1.1"][..]));
        assert_eq!(runtime_packages("libssl-dev", "bookworm"), Some(&["libssl3"][..]));
        assert_eq!(runtime_packages("libssl-dev", "trixie"), Some(&["libssl3t64"][..]));
        assert_eq!(runtime_packages("libfmt-dev", "buster"), None);
        assert_eq!(runtime_packages("libvips-dev", "trixie"), Some(&["libvips42t64"][..]));
        assert_eq!(runtime_packages("libopencv-dev", "bookworm"), None);
        assert_eq!(runtime_packages("libssl-dev", "stable"), None);
    }

    #[test]
    fn every_library_that_is_linked_has_a_package() {
        for (library, package) in LINKED {
            assert!(runtime_packages(package, "bookworm").is_some(), "{library}");
        }
    }
}
