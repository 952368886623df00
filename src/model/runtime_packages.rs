//! Which packages of Debian a program needs when it runs that was linked with those it was built against.
//!
//! Only what is in the table is known. Names follow the library's version, so they change with the release.

use crate::ImageRef;

/// What a package with headers stands for, by release.
struct Library {
    /// The packages with headers.
    dev: &'static [&'static str],
    /// From this release on (the oldest first), these packages have the libraries.
    runtime: &'static [(usize, &'static [&'static str])],
}

/// The releases, the oldest first.
const RELEASES: &[&str] = &["buster", "bullseye", "bookworm", "trixie"];

const BUSTER: usize = 0;
const BULLSEYE: usize = 1;
const BOOKWORM: usize = 2;
const TRIXIE: usize = 3;

const fn library(dev: &'static [&'static str], runtime: &'static [(usize, &'static [&'static str])]) -> Library {
    Library { dev, runtime }
}

const LIBRARIES: &[Library] = &[
    library(&["libssl-dev"], &[(BUSTER, &["libssl1.1"]), (BOOKWORM, &["libssl3"]), (TRIXIE, &["libssl3t64"])]),
    library(&["libpq-dev"], &[(BUSTER, &["libpq5"])]),
    library(&["libsqlite3-dev"], &[(BUSTER, &["libsqlite3-0"])]),
    library(&["zlib1g-dev"], &[(BUSTER, &["zlib1g"])]),
    library(&["libcurl4-openssl-dev"], &[(BUSTER, &["libcurl4"]), (TRIXIE, &["libcurl4t64"])]),
    library(&["libcurl4-gnutls-dev"], &[(BUSTER, &["libcurl3-gnutls"]), (TRIXIE, &["libcurl3t64-gnutls"])]),
    library(&["libxml2-dev"], &[(BUSTER, &["libxml2"])]),
    library(&["libxslt1-dev"], &[(BUSTER, &["libxslt1.1"])]),
    library(&["libffi-dev"], &[(BUSTER, &["libffi6"]), (BULLSEYE, &["libffi7"]), (BOOKWORM, &["libffi8"])]),
    library(&["libjpeg-dev", "libjpeg62-turbo-dev"], &[(BUSTER, &["libjpeg62-turbo"])]),
    library(&["libpng-dev"], &[(BUSTER, &["libpng16-16"]), (TRIXIE, &["libpng16-16t64"])]),
    library(&["libmariadb-dev", "default-libmysqlclient-dev", "libmariadb-dev-compat"], &[(BUSTER, &["libmariadb3"])]),
    library(&["libyaml-dev"], &[(BUSTER, &["libyaml-0-2"])]),
    library(
        &["libreadline-dev"],
        &[(BUSTER, &["libreadline7"]), (BULLSEYE, &["libreadline8"]), (TRIXIE, &["libreadline8t64"])],
    ),
    library(
        &["libncurses-dev", "libncurses5-dev", "libncursesw5-dev"],
        &[(BUSTER, &["libncurses6", "libncursesw6", "libtinfo6"])],
    ),
    library(&["libbz2-dev"], &[(BUSTER, &["libbz2-1.0"])]),
    library(&["liblzma-dev"], &[(BUSTER, &["liblzma5"])]),
    library(&["libzstd-dev"], &[(BUSTER, &["libzstd1"])]),
    library(&["liblz4-dev"], &[(BUSTER, &["liblz4-1"])]),
    library(&["libsnappy-dev"], &[(BUSTER, &["libsnappy1v5"])]),
    library(&["libgmp-dev"], &[(BUSTER, &["libgmp10"])]),
    library(&["libpcre2-dev"], &[(BULLSEYE, &["libpcre2-8-0", "libpcre2-16-0", "libpcre2-32-0"])]),
    library(&["libuv1-dev"], &[(BUSTER, &["libuv1"]), (TRIXIE, &["libuv1t64"])]),
    library(&["libsodium-dev"], &[(BUSTER, &["libsodium23"])]),
    library(&["libzmq3-dev"], &[(BUSTER, &["libzmq5"])]),
    library(&["libmicrohttpd-dev"], &[(BUSTER, &["libmicrohttpd12"]), (TRIXIE, &["libmicrohttpd12t64"])]),
    library(&["libjansson-dev"], &[(BUSTER, &["libjansson4"])]),
    library(&["libjson-c-dev"], &[(BUSTER, &["libjson-c3"]), (BULLSEYE, &["libjson-c5"])]),
    library(&["libexpat1-dev"], &[(BUSTER, &["libexpat1"])]),
    library(&["libglib2.0-dev"], &[(BUSTER, &["libglib2.0-0"]), (TRIXIE, &["libglib2.0-0t64"])]),
    library(&["libfreetype-dev", "libfreetype6-dev"], &[(BUSTER, &["libfreetype6"])]),
    library(&["libtiff-dev"], &[(BUSTER, &["libtiff5"]), (BOOKWORM, &["libtiff6"])]),
    // The libraries change their names with each release; what has the programs needs them.
    library(&["libmagickwand-dev", "libmagickcore-dev"], &[(BUSTER, &["imagemagick"])]),
    library(&["liblcms2-dev"], &[(BUSTER, &["liblcms2-2"])]),
    library(&["libasound2-dev"], &[(BUSTER, &["libasound2"]), (TRIXIE, &["libasound2t64"])]),
    library(&["libseccomp-dev"], &[(BUSTER, &["libseccomp2"])]),
    library(&["libcap-dev"], &[(BUSTER, &["libcap2"])]),
    library(&["libelf-dev"], &[(BUSTER, &["libelf1"]), (TRIXIE, &["libelf1t64"])]),
    library(&["libldap2-dev", "libldap-dev"], &[(BULLSEYE, &["libldap-2.4-2"]), (BOOKWORM, &["libldap-2.5-0"])]),
    library(&["libsasl2-dev"], &[(BUSTER, &["libsasl2-2"])]),
    library(&["libkrb5-dev"], &[(BUSTER, &["libgssapi-krb5-2"])]),
    library(&["uuid-dev"], &[(BUSTER, &["libuuid1"])]),
    library(&["libedit-dev"], &[(BUSTER, &["libedit2"])]),
    library(&["libonig-dev"], &[(BUSTER, &["libonig5"])]),
    library(&["libzip-dev"], &[(BUSTER, &["libzip4"]), (TRIXIE, &["libzip5"])]),
    library(
        &["libicu-dev"],
        &[(BUSTER, &["libicu63"]), (BULLSEYE, &["libicu67"]), (BOOKWORM, &["libicu72"]), (TRIXIE, &["libicu76"])],
    ),
    library(&["libgdbm-dev"], &[(BUSTER, &["libgdbm6"]), (TRIXIE, &["libgdbm6t64"])]),
    library(&["libdb-dev", "libdb5.3-dev"], &[(BUSTER, &["libdb5.3"]), (TRIXIE, &["libdb5.3t64"])]),
    library(&["libmagic-dev"], &[(BUSTER, &["libmagic1"]), (TRIXIE, &["libmagic1t64"])]),
    library(&["libpcap-dev", "libpcap0.8-dev"], &[(BUSTER, &["libpcap0.8"]), (TRIXIE, &["libpcap0.8t64"])]),
    library(&["libusb-1.0-0-dev"], &[(BUSTER, &["libusb-1.0-0"])]),
    library(&["libhiredis-dev"], &[(BUSTER, &["libhiredis0.14"]), (TRIXIE, &["libhiredis1.1.0"])]),
    library(&["libfmt-dev"], &[(BULLSEYE, &["libfmt7"]), (BOOKWORM, &["libfmt9"]), (TRIXIE, &["libfmt10"])]),
    library(
        &["libevent-dev"],
        &[(
            BULLSEYE,
            &[
                "libevent-2.1-7", "libevent-core-2.1-7", "libevent-extra-2.1-7", "libevent-openssl-2.1-7",
                "libevent-pthreads-2.1-7",
            ],
        )],
    ),
    // Headers alone.
    library(&["nlohmann-json3-dev", "libeigen3-dev", "rapidjson-dev", "libcli11-dev"], &[(BUSTER, &[])]),
    // In every Debian.
    library(
        &["libc6-dev", "libc-dev", "linux-libc-dev", "libstdc++-12-dev", "libgcc-12-dev", "libcrypt-dev"],
        &[(BUSTER, &[])],
    ),
];

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
        assert_eq!(runtime_packages("libvips-dev", "bookworm"), None);
        assert_eq!(runtime_packages("libssl-dev", "stable"), None);
    }

    #[test]
    fn every_library_that_is_linked_has_a_package() {
        for (library, package) in LINKED {
            assert!(runtime_packages(package, "bookworm").is_some(), "{library}");
        }
    }
}
