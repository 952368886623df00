//! Ruby: what Bundler installs, in the slim image of the same version.

use dopt_model::commands::paths::base_name;
use dopt_model::needs_compiler::gem_is_plain;
use dopt_model::{Context, Family};
use dopt_rewrite::{Carried, NotSplit, Refusal, SplitBase};

use super::compiled::{self, Provision, Started};
use super::leavings::{Call, Leavings};
use super::moves::Moves;
use super::stack::{Plan, Scene, Stack};
use super::starts;

pub(super) const STACK: Stack =
    Stack { triggers: &["bundle install", "bundle config"], images: &["ruby"], compiles: false, plan };

const CAVEAT: &str = "A program that starts other programs (git, curl, node …) in a way that its sources do not show does not \
                      find them any longer.";

/// Where the official images keep gems.
const GEMS: &str = "/usr/local/bundle";

/// What starts a program of Ruby.
const STARTERS: &[&str] =
    &["bundle", "ruby", "rackup", "puma", "rake", "rails", "unicorn", "sidekiq", "thin", "pumactl", "irb"];

/// Gems that need a library when they run, and the packages with its headers.
const LINKED: &[(&str, &[&str])] = &[
    ("pg", &["libpq-dev"]),
    ("mysql2", &["libmariadb-dev"]),
    ("sqlite3", &["libsqlite3-dev"]),
    ("nokogiri", &["libxml2-dev", "libxslt1-dev"]),
    ("ffi", &["libffi-dev"]),
    ("curb", &["libcurl4-openssl-dev"]),
    ("psych", &["libyaml-dev"]),
    // One binds the library, the other starts its programs.
    ("rmagick", &["libmagickwand-dev"]),
    ("mini_magick", &["libmagickwand-dev"]),
    ("charlock_holmes", &["libicu-dev", "zlib1g-dev"]),
];

/// Gems whose needs are not known, or that start what slim images lack.
const UNKNOWN: &[&str] = &[
    "wkhtmltopdf-binary", "rugged", "tiny_tds", "rdkafka", "gtk3", "geos", "rgeo", "grover", "puppeteer-ruby",
    "ruby-oci8", "snappy", "re2", "libv8", "mini_racer", "therubyracer",
];

/// Gems that compile something that needs nothing else, or nothing at all, are those of this list or have no extension;
/// these have one and bring all that they need.
const HARMLESS: &[&str] = &[
    "puma", "bcrypt", "bootsnap", "json", "msgpack", "nio4r", "websocket-driver", "racc", "bigdecimal", "date",
    "strscan", "stringio", "io-console", "etc", "thin", "eventmachine", "unicorn", "kgio", "raindrops", "hiredis",
    "redcarpet", "oj", "ox", "yajl-ruby", "http_parser.rb", "llhttp-ffi", "byebug", "debug", "jaro_winkler",
    "stackprof", "sassc", "google-protobuf", "digest-crc", "levenshtein-ffi", "hitimes", "commonmarker", "rbtree",
    "zlib", "nio4r", "sinatra", "rack", "rackup", "unf_ext",
    // These load or start what only a step can have installed.
    "ruby-vips", "image_processing", "execjs", "webpacker", "wicked_pdf", "capybara", "sassc-rails", "uglifier",
    "terser", "autoprefixer-rails",
];

#[derive(Default)]
struct Found {
    installs: bool,
    moves: Moves,
}

fn plan(scene: &Scene<'_>) -> Result<Plan, Refusal> {
    let refuse = |why| scene.refuse(why);
    let image = scene.image;
    if image.familiar_name() != "ruby" || image.family() != Family::Debian || scene.wanted == SplitBase::Same {
        return Err(refuse(NotSplit::BaseUnknown));
    }
    // Where the image is slim already, what steps have installed to compile is left behind.
    let slim = image.slim_variant().map(|slim| slim.tag);
    let is_slim = slim.is_none() && image.tag_has("slim") && image.digest.is_none();
    let tag = slim.or(image.tag.filter(|_| is_slim).map(str::to_owned));
    let tag = tag.ok_or_else(|| refuse(NotSplit::NothingLeftBehind))?;
    let Some(context) = scene.context()? else { return Err(refuse(NotSplit::ContextNotRead)) };
    let Some(lockfile) = context.text("Gemfile.lock") else {
        return Err(refuse(NotSplit::RequirementsUnknown { line: scene.line() }));
    };
    // Where nothing is compiled, the slim image installs the gems itself, wherever it keeps them.
    if gems(lockfile).all(gem_is_plain) {
        return Err(refuse(NotSplit::NothingLeftBehind));
    }
    let starts = starts::of(scene, Some(context))?;
    let mut found = Found::default();
    let mut leavings = Leavings::of(scene, &mut |call| found.read(context, call))?;
    if is_slim && !leavings.has_builders {
        return Err(refuse(NotSplit::NothingLeftBehind));
    }
    if !found.installs {
        return Err(refuse(NotSplit::UnknownArtefact));
    }
    let is_of_ruby = |started: &Started| match STARTERS.contains(&base_name(&started.words[0])) {
        true => Ok(()),
        false => Err(NotSplit::RuntimeShellout),
    };
    starts::built(&starts, &leavings, is_of_ruby).map_err(refuse)?;
    for name in gems(lockfile) {
        if UNKNOWN.contains(&name) {
            return Err(refuse(NotSplit::PackageUnknown { name: name.to_owned() }));
        }
        let needs = LINKED.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, needs)| *needs);
        leavings.headers.extend(needs.iter().map(|need| ((*need).to_owned(), scene.line())));
        let is_plain = HARMLESS.contains(&name) || !needs.is_empty() || gem_is_plain(name);
        if !is_plain {
            return Err(refuse(NotSplit::PackageUnknown { name: name.to_owned() }));
        }
    }
    let paths = compiled::paths(scene, &mut leavings, &found.moves, &[], |_| false)?;
    let provision = Provision { scene, context, leavings: &leavings, family: Family::Debian, has: &[] };
    let installed = provision.installed(&[], &paths)?;
    let mut carried = vec![Carried::at(GEMS)];
    carried.extend(provision.named(compiled::carried(None, paths), &[])?);
    Ok(Plan {
        last: leavings.last,
        base: format!("{}:{tag}", image.name),
        prepared: Vec::new(),
        installed,
        carried,
        finished: Vec::new(),
        restart: None,
        caveat: CAVEAT,
    })
}

impl Found {
    fn read(&mut self, context: &Context, call: &Call<'_>) -> Result<Option<Vec<String>>, NotSplit> {
        let unseen = NotSplit::WritesOutsideWorkdir { line: call.run.instruction().first_line };
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        match (call.invocation.program(), &words[..]) {
            ("bundle", ["install", rest @ ..]) => {
                let is_elsewhere = rest.iter().any(|word| word.starts_with("--path") || word.starts_with("--binstubs"));
                // Gems from git need git when they are loaded.
                let is_git =
                    context.text("Gemfile.lock").is_some_and(|text| text.contains("GIT\n") || text.contains("PATH\n"));
                self.installs = true;
                if is_elsewhere || is_git { Err(unseen) } else { Ok(Some(Vec::new())) }
            }
            ("bundle", ["config", rest @ ..]) => {
                let is_plain = !rest.iter().any(|word| ["path", "system", "--local", "local"].contains(word));
                if is_plain { Ok(Some(Vec::new())) } else { Err(unseen) }
            }
            ("gem", ["install", "bundler", ..] | ["update", "--system", ..]) => Ok(Some(Vec::new())),
            _ => self.moves.read(call),
        }
    }
}

/// The gems of a lockfile: its entries stand four blanks deep.
fn gems(lockfile: &str) -> impl Iterator<Item = &str> {
    let entries = lockfile.lines().filter_map(|line| line.strip_prefix("    "));
    entries.filter(|line| !line.starts_with(' ') && line.contains(" (")).filter_map(|line| line.split(' ').next())
}
