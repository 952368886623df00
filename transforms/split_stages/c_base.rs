//! What programs of C and C++ run on: the release that they were linked in, and the library of a compiler that is newer
//! than that.

use dopt_model::ImageRef;
use dopt_rewrite::NotSplit;

use super::compiled;
use super::stack::Scene;

/// Puts the libraries of the compiler where every Debian looks before it looks among its own.
pub(super) const FETCHING: &str = "RUN cp -L \"$(g++ -print-file-name=libstdc++.so.6)\" \
                                   \"$(g++ -print-file-name=libgcc_s.so.1)\" /usr/local/lib/";

/// What that leaves.
pub(super) const FETCHED: &[&str] = &["/usr/local/lib/libstdc++.so.6", "/usr/local/lib/libgcc_s.so.1"];

/// Which compiler a release of Debian has.
const COMPILER_OF: &[(&str, u32)] =
    &[("buster", 8), ("bullseye", 10), ("bookworm", 12), ("trixie", 14), ("stable", 14)];

/// The image without what compiles.
pub(super) fn of(scene: &Scene<'_>, is_static: bool) -> Result<String, NotSplit> {
    let image = scene.image;
    if image.digest.is_some() {
        return Err(NotSplit::ReleaseUnknown);
    }
    match image.familiar_name() {
        "debian" | "ubuntu" | "alpine" => compiled::without_compilers(image, scene.wanted),
        _ => Ok(format!("debian:{}-slim", release(image, is_static))),
    }
}

/// Whether a program of C++ finds no library that is as new as its compiler.
pub(super) fn links_newer(scene: &Scene<'_>) -> bool {
    let release = release(scene.image, false);
    let newest = COMPILER_OF.iter().find(|(known, _)| *known == release).map_or(0, |(_, compiler)| *compiler);
    scene.image.familiar_name() == "gcc" && scene.image.version().is_none_or(|version| version.0 > newest)
}

/// No image is made from a release that is newer than the stable one, and what is linked with an older C library runs there.
fn release(image: ImageRef<'_>, is_static: bool) -> &str {
    image.debian_release().unwrap_or(if is_static { "bookworm" } else { "stable" })
}
