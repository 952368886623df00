//! What installs packages for PHP, Ruby, Perl and R.
//!
//! R's `install.packages` is not here: it downloads into the folder of its session, which R deletes at its end.

use super::{CACHE, Cache, Remedy};

pub(super) const COMPOSER: Cache = Cache {
    name: "composer",
    programs: &["composer"],
    filled_by: &["install", "update", "require", "create-project", "global"],
    value_options: &["-d", "--working-dir"],
    remedy: Remedy::Command("clear-cache"),
    signs_of_care: &[
        "clear-cache", "clearcache", ".composer", "cache/composer", "composer/cache", "COMPOSER_CACHE_DIR",
        "--no-cache",
    ],
    folders: &["~/.composer/cache", "/tmp/cache", "~/.cache/composer"],
    mounts: &["/tmp/cache"],
    mount_images: &["composer"],
    missed_by: &["COMPOSER_DISABLE_NETWORK"],
    ..CACHE
};

pub(super) const PECL: Cache = Cache {
    name: "pecl",
    programs: &["pecl", "pear"],
    filled_by: &["install", "upgrade", "download"],
    value_options: &["-d", "-D", "-c", "-C"],
    remedy: Remedy::Delete(&["/tmp/pear"]),
    signs_of_care: &[
        "/tmp/*", "/tmp/pear", "rm -rf /tmp", "rm -r /tmp", "temp_dir", "download_dir", "cache_dir", "PHP_PEAR_",
    ],
    folders: &["/tmp/pear"],
    missed_by: &["/tmp/pear"],
    ..CACHE
};

/// The official images of Ruby switch the documentation off themselves, in `/usr/local/etc/gemrc`.
pub(super) const GEM: Cache = Cache {
    name: "gem",
    programs: &["gem"],
    filled_by: &["install"],
    value_options: &[
        "-v", "--version", "-s", "--source", "-i", "--install-dir", "-n", "--bindir", "-g", "--file", "-P",
    ],
    remedy: Remedy::Flag("--no-document"),
    signs_of_care: &[
        "--no-document", " -N", "--no-rdoc", "--no-ri", "--document", "gemrc", "GEMRC", "--rdoc", "--ri", "--local",
    ],
    careful_images: &["ruby", "jruby", "rails", "jekyll/jekyll"],
    too_new_for_ancient: true,
    ..CACHE
};

/// Where the official images of Ruby keep their gems (`GEM_HOME`), and bundler's copy of the index.
pub(super) const BUNDLER: Cache = Cache {
    name: "bundler",
    programs: &["bundle", "bundler"],
    filled_by: &["", "install", "update"],
    value_options: &["--jobs", "-j", "--retry", "--gemfile", "--without", "--with", "--binstubs"],
    remedy: Remedy::Delete(&["~/.bundle/cache", "/usr/local/bundle/cache/*.gem"]),
    signs_of_care: &[
        "bundle/cache", "bundle/ruby", "/cache", "--path", "--deployment", "--local", "--standalone", "BUNDLE_PATH",
        "BUNDLE_DEPLOYMENT", "GEM_HOME", "set path", "config path", "set deployment", "bundle clean", "vendor/bundle",
        "rm -rf ~/.bundle", "set --local", "set --global", "config --local", "config --global", "BUNDLE_CACHE",
    ],
    folders: &["~/.bundle", "/usr/local/bundle"],
    mounts: &["/usr/local/bundle/cache"],
    needs_image: &["ruby"],
    missed_by: &["--local", "bundle package", "bundle cache", "bundle/cache", "gem pristine", "bundle pristine"],
    ..CACHE
};

pub(super) const CPANM: Cache = Cache {
    name: "cpanm",
    programs: &["cpanm"],
    filled_by: &[""],
    remedy: Remedy::Delete(&["~/.cpanm"]),
    signs_of_care: &[".cpanm", "PERL_CPANM_HOME", "--auto-cleanup", "--look", "/root/.*"],
    folders: &["~/.cpanm"],
    any_arguments: true,
    missed_by: &[".cpanm"],
    ..CACHE
};

/// Its configuration lies beside, in `~/.cpan/CPAN`.
pub(super) const CPAN: Cache = Cache {
    name: "cpan",
    programs: &["cpan"],
    filled_by: &[""],
    remedy: Remedy::Delete(&["~/.cpan/build", "~/.cpan/sources"]),
    signs_of_care: &[".cpan", "/root/.*"],
    folders: &["~/.cpan"],
    any_arguments: true,
    missed_by: &[".cpan/build", ".cpan/sources", "cpan -r"],
    ..CACHE
};

/// littler's installers keep their downloads in a folder that outlives them.
pub(super) const LITTLER: Cache = Cache {
    name: "install2.r",
    programs: &["install2.r", "installGithub.r", "installBioc.r"],
    filled_by: &[""],
    remedy: Remedy::Delete(&["/tmp/downloaded_packages"]),
    signs_of_care: &["downloaded_packages", "/tmp/*", "rm -rf /tmp", "rm -r /tmp"],
    folders: &["/tmp/downloaded_packages"],
    any_arguments: true,
    missed_by: &["downloaded_packages"],
    ..CACHE
};
