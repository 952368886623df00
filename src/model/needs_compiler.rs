//! Packages of npm and gem: which are installed without a compiler and run without libraries of the system.

use crate::sorted_list::line;

/// Packages of npm that run a program when they are installed, and need no compiler for it.
const NPM_HARMLESS: &[&str] = &[
    "esbuild", "fsevents", "core-js", "core-js-pure", "@swc/core", "sharp", "husky", "protobufjs", "nx",
    "@nestjs/core", "@angular/cli", "es5-ext", "@prisma/client", "prisma", "@prisma/engines", "@scarf/scarf",
    "unrs-resolver", "@parcel/watcher", "msw", "styled-components", "vue-demi", "simple-git-hooks", "lefthook",
    "turbo", "workerd", "@tailwindcss/oxide", "@biomejs/biome", "bcryptjs", "postinstall-postinstall", "ejs",
    "aws-sdk", "@sentry/cli", "less", "spawn-sync", "@firebase/util", "dtrace-provider", "nodemon", "preact",
    "@apollo/protobufjs", "ssh2",
];

/// Packages of npm that need libraries or programs of the system when they run.
const NPM_NEEDS_SYSTEM: &[&str] = &[
    "canvas", "pg-native", "libpq", "puppeteer", "playwright", "@playwright/test", "electron", "kerberos",
    "node-rdkafka", "ibm_db", "oracledb", "odbc", "cypress", "phantomjs", "phantomjs-prebuilt", "node-libcurl",
    "nodegit", "isomorphic-git-cli", "gulp-imagemin", "robotjs", "node-expat", "zeromq",
];

/// Packages of npm that start a program of the system: the package of Debian that brings it.
const NPM_STARTING: &[(&str, &str)] = &[("simple-git", "git"), ("gm", "imagemagick"), ("imagemagick", "imagemagick")];

/// Packages of npm that only call a compiler: whoever depends on them has something to compile.
const NPM_COMPILING: &[&str] = &[
    "node-gyp", "nan", "bindings", "prebuild-install", "node-addon-api", "node-gyp-build", "@mapbox/node-pre-gyp",
    "node-pre-gyp", "node-gyp-build-optional-packages", "cmake-js", "@npmcli/run-script",
];

/// Tools of npm that are installed for all users and are plain JavaScript.
const NPM_TOOLS: &[&str] = &[
    "pm2", "nodemon", "typescript", "ts-node", "yarn", "pnpm", "npm", "serve", "http-server", "@angular/cli",
    "corepack", "turbo", "@nestjs/cli", "gulp", "gulp-cli", "grunt", "grunt-cli", "webpack", "webpack-cli", "vite",
    "forever", "json-server", "express-generator", "create-react-app", "rimraf", "cross-env", "concurrently", "tsx",
    "@vue/cli", "eslint", "prettier", "mocha", "jest", "newman", "live-server", "sequelize-cli", "knex", "bower",
    "browserify", "less", "uglify-js", "lerna", "markdownlint-cli", "verdaccio", "localtunnel", "ejs", "@redocly/cli",
    "serverless", "node-gyp", "hexo-cli",
];

/// Packages of npm that need neither a compiler nor anything of the system, as all that they depend on, sorted: without a
/// lockfile, nothing else tells. `npm_packages/read_registry.mjs` says how the list is made.
const NPM_PLAIN: &str = include_str!("npm_packages/plain.txt");

/// How the names of packages start that are the same.
const NPM_PLAIN_STARTS: &[&str] = &[
    "@types/", "@babel/", "@typescript-eslint/", "eslint-config-", "eslint-plugin-", "@eslint/", "@tsconfig/",
    "@testing-library/",
];

/// Gems that are plain Ruby.
const GEM_HARMLESS: &[&str] = &[
    "bundler", "rake", "rack", "rackup", "rack-protection", "rack-session", "sinatra", "sinatra-contrib", "mustermann",
    "tilt", "ruby2_keywords", "webrick", "logger", "base64", "rack-test", "multi_json", "minitest", "rspec",
    "rspec-core", "rspec-expectations", "rspec-mocks", "rspec-support", "diff-lcs", "slop", "thor", "tty-table",
    "pastel", "tty-color", "mime-types", "mime-types-data", "addressable", "public_suffix", "i18n", "tzinfo",
    "concurrent-ruby", "kramdown", "liquid", "rouge", "mustache", "optimist", "colorize", "rainbow", "redis",
    "redis-client", "connection_pool", "sidekiq", "erubi", "haml", "slim", "temple", "dotenv", "httparty", "multi_xml",
    "csv", "roda", "cuba", "ostruct", "power_assert", "test-unit", "terminal-table", "unicode-display_width",
    "unicode-emoji", "paint", "gli", "commander", "highline", "tomlrb", "toml-rb", "citrus", "builder", "hashie",
    "faraday", "faraday-net_http", "net-http", "uri", "mini_mime", "tzinfo-data", "activesupport", "activerecord",
    "activemodel", "actionpack", "actionview", "actionmailer", "actioncable", "activejob", "activestorage",
    "actiontext", "actionmailbox", "rails", "railties", "zeitwerk", "crass", "loofah", "rails-html-sanitizer",
    "rails-dom-testing", "globalid", "mail", "marcel", "method_source", "net-imap", "net-pop", "net-protocol",
    "net-smtp", "timeout", "sprockets", "sprockets-rails", "websocket-extensions", "mini_portile2", "jwt", "sequel",
    "grape", "pry", "coderay", "securerandom", "drb", "mutex_m", "daemons", "hanami", "dry-core", "jbuilder",
    "useragent", "turbo-rails", "stimulus-rails", "importmap-rails",
];

/// Whether a package of npm that runs a program when it is installed does so without a compiler.
pub fn npm_installs_plainly(name: &str) -> bool {
    NPM_HARMLESS.contains(&name)
}

/// Whether a package of npm needs libraries or programs of the system when it runs.
pub fn npm_needs_system(name: &str) -> bool {
    NPM_NEEDS_SYSTEM.contains(&name)
}

/// The package of Debian with the program that a package of npm starts.
pub fn npm_starts(name: &str) -> Option<&'static str> {
    NPM_STARTING.iter().find(|(known, _)| *known == name).map(|(_, package)| *package)
}

/// Whether a package of npm and all that it depends on is known to need neither a compiler nor libraries of the system.
pub fn npm_is_plain(name: &str) -> bool {
    let is_known = line(NPM_PLAIN, name).is_some() || NPM_PLAIN_STARTS.iter().any(|start| name.starts_with(start));
    is_known || npm_installs_plainly(name) || NPM_TOOLS.contains(&name)
}

/// Whether a lockfile of yarn or pnpm, or one of before npm 7, has something to compile, or cannot rule it out.
pub fn lock_may_compile(lock: &str) -> bool {
    let starts = |line: &str, name: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'', '/']);
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['@', ':', '/', '"', '\'']))
    };
    lock.lines().any(|line| NPM_COMPILING.iter().chain(NPM_NEEDS_SYSTEM).any(|name| starts(line, name)))
}

/// Whether a tool of npm is plain JavaScript. The name may have a version behind it.
pub fn npm_tool_is_plain(word: &str) -> bool {
    let end = word.rfind('@').filter(|at| *at > 0).unwrap_or(word.len());
    NPM_TOOLS.contains(&&word[..end])
}

/// Whether a gem is plain Ruby.
pub fn gem_is_plain(name: &str) -> bool {
    GEM_HARMLESS.contains(&name)
}
