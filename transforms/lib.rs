//! Floor 3: the transforms, one file each, and the catalog that orders them.

mod assume_yes;
mod bind_archives;
mod clean_apt;
mod clean_caches;
mod copy_manifests_first;
mod copy_not_add;
mod copy_once;
mod env_equals;
mod fold_chown;
mod force_npm_clean;
mod jlink_runtime;
mod label_maintainer;
pub mod manual;
mod merge_runs;
mod modernize_npm;
mod mount_caches;
mod no_apk_cache;
mod no_pip_cache;
mod non_root;
mod omit_dev;
mod pin_images;
mod production_dependencies;
mod purge_build_deps;
mod remove_archives;
mod share_packages;
mod skip_lastlog;
mod skip_recommends;
mod slim_base;
mod split_stages;
mod strip_binaries;
mod use_alpine;
mod use_apt_get;
mod use_npm_ci;
mod write_dockerignore;

use dopt_rewrite::Transform;

/// Every transform, in the order in which they run: a stage is split before anything is done to steps that then end up in
/// no image, but behind what mends the instructions that both halves get, and what is not split starts from a smaller image;
/// what is started from is pinned once it is chosen, in front of all to which the version that is told with a digest may
/// matter; what is left is put into an order that the cache likes; then what mends a command's own words, so that all others see `apt-get` and find their place behind
/// its `-y`; a step that `COPY` makes needless goes before its neighbours are joined with it; what puts commands into one
/// layer comes before what cleans the layer, for a clean-up belongs at the end of the layer that made the bytes; advice
/// comes last, about what is left, and what is about the folder around the file behind it.
pub const CATALOG: &[&Transform] = &[
    &copy_not_add::TRANSFORM,
    &label_maintainer::TRANSFORM,
    &env_equals::TRANSFORM,
    &split_stages::TRANSFORM,
    &slim_base::TRANSFORM,
    &pin_images::TRANSFORM,
    &copy_manifests_first::TRANSFORM,
    &use_apt_get::TRANSFORM,
    &assume_yes::TRANSFORM,
    &force_npm_clean::TRANSFORM,
    &skip_lastlog::TRANSFORM,
    &use_npm_ci::TRANSFORM,
    &modernize_npm::TRANSFORM,
    &omit_dev::TRANSFORM,
    &strip_binaries::TRANSFORM,
    &fold_chown::TRANSFORM,
    &merge_runs::TRANSFORM,
    &production_dependencies::TRANSFORM,
    &mount_caches::TRANSFORM,
    &clean_apt::TRANSFORM,
    &clean_caches::TRANSFORM,
    &no_apk_cache::TRANSFORM,
    &no_pip_cache::TRANSFORM,
    &skip_recommends::TRANSFORM,
    &purge_build_deps::TRANSFORM,
    &remove_archives::TRANSFORM,
    &bind_archives::TRANSFORM,
    &non_root::TRANSFORM,
    &jlink_runtime::TRANSFORM,
    &use_alpine::TRANSFORM,
    &copy_once::TRANSFORM,
    &share_packages::TRANSFORM,
    &write_dockerignore::TRANSFORM,
];

/// The editions so far. A configuration that names one sees no transform that came in a later one, so that an upgrade
/// adds no findings by itself.
pub const EDITIONS: &[&str] = &["2026"];

/// The transforms that came later than in the first edition, and in which.
const LATER: &[(&str, &str)] = &[];

/// The edition that a transform came in.
pub fn edition_of(transform: &Transform) -> &'static str {
    let later = LATER.iter().find(|(name, _)| *name == transform.name);
    later.map_or(EDITIONS[0], |(_, edition)| edition)
}

/// The transforms that run only where they are asked for.
pub const ON_DEMAND: &[&Transform] = &[&pin_images::TRANSFORM];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_later_is_a_transform_of_a_later_edition() {
        assert!(EDITIONS.is_sorted(), "editions are compared by their names");
        for (name, edition) in LATER {
            assert!(CATALOG.iter().any(|rule| rule.name == *name), "{name} is no transform");
            assert!(EDITIONS[1..].contains(edition), "{name} came in no later edition");
        }
        assert!(CATALOG.iter().all(|rule| EDITIONS.contains(&edition_of(rule))));
    }
}
