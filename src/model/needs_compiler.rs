//! Packages of npm, pip and gem: which are installed without a compiler and run without libraries of the system.

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

/// Packages of npm of which it is known by their names that they and all that they depend on need neither a compiler nor
/// libraries of the system: without a lockfile, nothing else tells.
const NPM_PLAIN: &[&str] = &[
    "express", "koa", "@koa/router", "@koa/cors", "koa-router", "koa-bodyparser", "koa-body", "koa-static",
    "koa-logger", "koa-mount", "koa-views", "fastify", "@fastify/static", "@fastify/cors", "@fastify/cookie",
    "@fastify/jwt", "@fastify/helmet", "@fastify/formbody", "hono", "@hono/node-server", "polka", "sirv", "micro",
    "@hapi/hapi", "@hapi/joi", "joi", "ajv", "zod", "yup", "body-parser", "cookie-parser", "cookie-session", "cors",
    "helmet", "morgan", "compression", "express-session", "express-rate-limit", "express-validator",
    "express-async-handler", "express-async-errors", "express-handlebars", "express-fileupload", "method-override",
    "connect-flash", "multer", "passport", "passport-local", "passport-jwt", "jsonwebtoken", "bcryptjs", "dotenv",
    "config", "convict", "lodash", "underscore", "ramda", "moment", "moment-timezone", "dayjs", "date-fns", "luxon",
    "uuid", "nanoid", "shortid", "chalk", "colors", "kleur", "picocolors", "commander", "yargs", "minimist", "meow",
    "inquirer", "prompts", "ora", "figlet", "cli-table", "cli-table3", "boxen", "axios", "node-fetch", "cross-fetch",
    "got", "request", "request-promise", "superagent", "undici", "ky", "ws", "socket.io", "socket.io-client", "pug",
    "handlebars", "hbs", "mustache", "nunjucks", "eta", "marked", "markdown-it", "showdown", "highlight.js", "prismjs",
    "sanitize-html", "slugify", "cheerio", "xml2js", "fast-xml-parser", "js-yaml", "yaml", "csv-parse",
    "csv-stringify", "csv-parser", "papaparse", "winston", "pino", "pino-pretty", "pino-http", "log4js", "debug",
    "loglevel", "mongoose", "mongodb", "redis", "ioredis", "connect-redis", "connect-mongo", "pg", "mysql", "mysql2",
    "sequelize", "knex", "objection", "kafkajs", "amqplib", "mqtt", "nodemailer", "node-cron", "cron", "rxjs", "async",
    "bluebird", "p-limit", "p-queue", "classnames", "immer", "react", "react-dom", "react-router", "react-router-dom",
    "redux", "react-redux", "vue", "vue-router", "vuex", "pinia", "svelte", "graphql", "express-graphql",
    "swagger-ui-express", "swagger-jsdoc", "http-proxy", "http-proxy-middleware", "http-errors", "http-status-codes",
    "serve", "serve-static", "serve-handler", "serve-favicon", "connect", "finalhandler", "mime", "mime-types", "qs",
    "semver", "rimraf", "mkdirp", "fs-extra", "glob", "globby", "chokidar", "tslib", "reflect-metadata",
    "class-validator", "class-transformer", "@nestjs/common", "@nestjs/platform-express", "@nestjs/config",
    "@nestjs/schematics", "@nestjs/testing", "typescript", "ts-node", "ts-node-dev", "tsx", "tsconfig-paths",
    "ts-loader", "jest", "ts-jest", "mocha", "chai", "sinon", "supertest", "nyc", "prettier", "eslint", "nodemon",
    "cross-env", "concurrently", "npm-run-all", "lint-staged", "vite", "vitest", "rollup", "webpack", "webpack-cli",
    "webpack-dev-server", "css-loader", "style-loader", "html-webpack-plugin", "babel-loader", "@vitejs/plugin-react",
    "@vitejs/plugin-vue", "postcss", "autoprefixer", "http-server", "json-server", "live-server", "faker",
    "@faker-js/faker", "response-time", "express-ejs-layouts", "on-finished", "ms", "bytes", "dateformat", "validator",
    "escape-html", "iconv-lite", "string-similarity", "mathjs", "decimal.js", "bignumber.js", "prom-client",
    "rate-limiter-flexible", "node-cache", "lru-cache", "memory-cache", "eventemitter3", "lowdb", "nedb-promises",
    "localforage", "xlsx", "i18next", "i18n", "intl-messageformat", "gray-matter", "front-matter", "remarkable", "rss",
    "feedparser-promised", "rss-parser", "web-vitals", "normalize.css", "bootstrap", "jquery", "d3", "chart.js",
    "three", "alpinejs", "lit", "preact-render-to-string", "emoji-regex", "wrap-ansi", "strip-ansi", "string-width",
    "react-scripts", "@vue/cli-service", "next", "fluent-ffmpeg", "simple-git", "gm", "cli-progress", "progress",
    "listr2", "execa", "shelljs", "zx", "update-notifier", "envalid", "env-var", "dotenv-expand", "dotenv-safe",
];

/// How the names of packages start that are the same.
const NPM_PLAIN_STARTS: &[&str] = &[
    "@types/", "@babel/", "@typescript-eslint/", "eslint-config-", "eslint-plugin-", "@eslint/", "@tsconfig/",
    "@testing-library/",
];

/// Packages of pip that are plain Python, or have wheels for every platform that counts, as have all that they depend on.
const PIP_HARMLESS: &[&str] = &[
    "aiofiles", "aiohttp", "aioredis", "aiosqlite", "alembic", "annotated-types", "anyio", "apscheduler",
    "argon2-cffi", "asgiref", "asyncpg", "attrs", "async-timeout", "azure-core", "azure-identity",
    "azure-storage-blob", "babel", "backoff", "bcrypt", "beautifulsoup4", "bleach", "black", "blinker", "boto3",
    "botocore", "bottle", "build", "cachetools", "celery", "certifi", "cffi", "charset-normalizer", "cheroot",
    "cherrypy", "click", "colorama", "coverage", "cryptography", "dash", "dateparser", "decorator", "deprecated",
    "discord-py", "django", "django-cors-headers", "django-environ", "django-extensions", "django-filter",
    "django-redis", "django-storages", "djangorestframework", "djangorestframework-simplejwt", "dj-database-url",
    "dnspython", "docopt", "docutils", "drf-spectacular", "drf-yasg", "email-validator", "environs", "et-xmlfile",
    "falcon", "fastapi", "feedparser", "fire", "flake8", "flask", "flask-admin", "flask-bcrypt", "flask-caching",
    "flask-cors", "flask-jwt-extended", "flask-limiter", "flask-login", "flask-marshmallow", "flask-migrate",
    "flask-restful", "flask-restx", "flask-session", "flask-socketio", "flask-sqlalchemy", "flask-wtf", "frozenlist",
    "gevent", "google-api-core", "google-auth", "google-cloud-storage", "graphene", "greenlet", "grpcio", "gunicorn",
    "h11", "httpcore", "httptools", "httpx", "hypercorn", "hypothesis", "idna", "importlib-metadata", "iniconfig",
    "isodate", "isort", "itsdangerous", "jinja2", "jmespath", "joblib", "jsonschema", "jsonpickle", "kombu",
    "langchain", "limits", "loguru", "lxml", "mako", "markdown", "markdown-it-py", "markupsafe", "marshmallow",
    "marshmallow-sqlalchemy", "matplotlib", "mccabe", "mdurl", "minio", "mkdocs", "mkdocs-material", "mock",
    "mongoengine", "more-itertools", "motor", "msgpack", "multidict", "mypy", "mypy-extensions", "networkx", "nltk",
    "numpy", "oauthlib", "openai", "openpyxl", "orjson", "packaging", "pandas", "paramiko", "passlib", "pathspec",
    "peewee", "pendulum", "pika", "pillow", "pip", "pip-tools", "pipdeptree", "pipenv", "platformdirs", "plotly",
    "pluggy", "poetry", "poetry-core", "prometheus-client", "prometheus-flask-exporter", "prompt-toolkit", "protobuf",
    "psutil", "psycopg2-binary", "psycopg-binary", "pyasn1", "pycparser", "pydantic", "pydantic-core",
    "pydantic-settings", "pyflakes", "pygments", "pyjwt", "pylint", "pymongo", "pymysql", "pynacl", "pyopenssl",
    "pyparsing", "pyrsistent", "pyserial", "pytest", "pytest-asyncio", "pytest-cov", "pytest-django", "pytest-flask",
    "pytest-mock", "pytest-xdist", "python-dateutil", "python-decouple", "python-dotenv", "python-jose",
    "python-json-logger", "python-multipart", "python-slugify", "python-socketio", "python-engineio",
    "python-telegram-bot", "pytz", "pyyaml", "pyzmq", "quart", "rapidfuzz", "redis", "regex", "requests",
    "requests-oauthlib", "responses", "rich", "rq", "rsa", "ruamel-yaml", "ruff", "s3transfer", "sanic", "schedule",
    "scikit-learn", "scipy", "seaborn", "sentry-sdk", "setuptools", "simplejson", "six", "slowapi", "sniffio",
    "soupsieve", "sqlalchemy", "sqlalchemy-utils", "sqlmodel", "sqlparse", "starlette", "streamlit", "structlog",
    "sympy", "tabulate", "tenacity", "termcolor", "text-unidecode", "toml", "tomli", "tomli-w", "tomlkit", "toolz",
    "tornado", "tox", "tqdm", "twine", "typer", "types-requests", "typing-extensions", "tzdata", "tzlocal", "ujson",
    "urllib3", "uv", "uvicorn", "uvloop", "vine", "virtualenv", "waitress", "watchdog", "watchfiles", "wcwidth",
    "websocket-client", "websockets", "werkzeug", "wheel", "whitenoise", "wrapt", "wtforms", "xlrd", "xlsxwriter",
    "yarl", "zipp", "zope-interface", "pyfiglet", "humanize", "arrow", "furl", "jsonpath-ng", "ply", "tinydb", "faker",
    "diskcache", "requests-cache", "lazy-object-proxy", "exceptiongroup", "shellingham", "billiard", "amqp",
    "click-didyoumean", "click-plugins", "click-repl", "pyproject-hooks", "smmap", "jaraco-classes", "aiosignal",
    "aiohappyeyeballs", "propcache", "reportlab", "cycler", "kiwisolver", "contourpy", "fonttools", "threadpoolctl",
    "polars", "pyarrow", "fastavro", "pyodide", "msgspec", "trio", "outcome", "sortedcontainers", "wsproto", "h2",
    "hpack", "hyperframe", "mangum", "fastapi-cli", "rich-toolkit", "dnspython", "flit-core", "hatchling", "editables",
    "trove-classifiers", "asttokens", "bcrypt", "pyasn1-modules", "google-auth-oauthlib", "httplib2", "uritemplate",
    "cloudpickle", "narwhals", "altair", "pydeck", "blessed", "click-default-group", "textual", "pdm",
    "flask-talisman", "secure", "itsdangerous", "fakeredis", "pyotp", "qrcode", "markdown2", "mistune", "zstandard",
    "brotli", "python-magic-bin", "dataclasses-json", "typing-inspect", "typing-inspection", "tldextract", "filelock",
    "requests-file", "croniter", "jsondiff", "deepdiff", "ordered-set", "pyrate-limiter", "aiocache", "cattrs",
    "pystache", "chevron", "unidecode", "inflection", "inflect", "semver",
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
    let is_known = NPM_PLAIN.contains(&name) || NPM_PLAIN_STARTS.iter().any(|start| name.starts_with(start));
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

/// Whether a package of pip (its normalised name) needs neither a compiler nor libraries of the system.
pub fn pip_is_plain(name: &str) -> bool {
    PIP_HARMLESS.contains(&name)
}

/// Whether a gem is plain Ruby.
pub fn gem_is_plain(name: &str) -> bool {
    GEM_HARMLESS.contains(&name)
}
