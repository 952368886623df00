//! Floor 3: the transforms, one file each, and the catalog that orders them.

mod bind_archives;
mod clean_apt;
mod clean_caches;
mod copy_once;
mod fold_chown;
pub mod manual;
mod merge_runs;
mod no_apk_cache;
mod no_pip_cache;
mod remove_archives;
mod share_packages;
mod skip_recommends;

use dopt_rewrite::Transform;

/// Every transform, in the order in which they run: a step that `COPY` makes needless goes before its neighbours are
/// joined with it; what puts commands into one layer comes before what cleans the layer, for a clean-up belongs at the
/// end of the layer that made the bytes; advice comes last, about what is left.
pub const CATALOG: &[&Transform] = &[
    &fold_chown::TRANSFORM,
    &merge_runs::TRANSFORM,
    &clean_apt::TRANSFORM,
    &clean_caches::TRANSFORM,
    &no_apk_cache::TRANSFORM,
    &no_pip_cache::TRANSFORM,
    &skip_recommends::TRANSFORM,
    &remove_archives::TRANSFORM,
    &bind_archives::TRANSFORM,
    &copy_once::TRANSFORM,
    &share_packages::TRANSFORM,
];
