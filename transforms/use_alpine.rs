//! # use-alpine
//!
//! Points at images that have a variant made of Alpine, which is smaller than the slim one of Debian, where nothing in the
//! file speaks against it.
//!
//! ```dockerfile advice told
//! FROM node:20-slim
//! WORKDIR /app
//! COPY server.js ./
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile advice told
//! FROM node:20 AS build
//! WORKDIR /app
//! COPY . .
//! RUN npm ci && npm cache clean --force && npm run build
//! FROM nginx:1.27
//! COPY --from=build /app/dist /usr/share/nginx/html
//! ```
//!
//! **Advice**, which only `dopt check` gives: Alpine has musl in place of glibc. What was compiled for Debian does not run
//! there, packages with a compiled part need a build for musl or a compiler, musl looks up names in another way and has
//! smaller stacks, and there is no Bash. Whether all of that is right for a program, a test has to tell.
//!
//! What installs packages of Debian, makes users with its programs, starts scripts, or gets programs from elsewhere has
//! more to change than its base, and is passed over:
//!
//! ```dockerfile unchanged told
//! FROM node:20-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
//! COPY server.js /
//! USER node
//! CMD ["tini", "--", "node", "/server.js"]
//! ```
//! ```dockerfile unchanged
//! FROM node:20-slim
//! COPY server.js /
//! CMD ["node", "/server.js"]
//! ```
//! ```dockerfile refused told: suppressed-by-comment
//! # dopt: ignore=use-alpine
//! FROM redis:7
//! COPY redis.conf /usr/local/etc/redis/
//! CMD ["redis-server", "/usr/local/etc/redis/redis.conf"]
//! ```

use dopt_model::commands::Invocation;
use dopt_model::{Base, Family, ImageRef, Stage, StageRun};
use dopt_rewrite::{Fix, Proposal, Refusal, Safety, Subject, Transform, Why};
use dopt_syntax::dockerfile::{Instruction, Keyword};

use crate::split_stages::is_on_every_system;

pub const TRANSFORM: Transform = Transform {
    name: "use-alpine",
    summary: "point at images that have a smaller variant made of Alpine",
    manual: include_str!("use_alpine.rs"),
    aliases: &[],
    triggers: &["node", "python", "ruby", "php", "nginx", "httpd", "redis", "memcached", "haproxy", "eclipse-temurin"],
    joint: false,
    never_safe: true,
    propose,
};

const CAVEAT: &str = "it has musl in place of glibc, and no Bash: packages with a compiled part need a build for it, names \
                      are looked up otherwise, and whether the program runs there as it should, a test has to tell";

/// Programs that install packages of languages, or run them, and do so on Alpine too.
const OF_LANGUAGES: &[&str] = &[
    "node", "npm", "npx", "yarn", "pnpm", "corepack", "python", "python3", "pip", "pip3", "uv", "ruby", "gem",
    "bundle", "php", "composer", "java",
];

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for (index, stage) in subject.stages.all().iter().enumerate() {
        let variant = stage.base.image().filter(|_| stage.in_image).and_then(ImageRef::alpine_variant);
        let (Some(tag), Base::Image(written)) = (variant, &stage.base) else { continue };
        let from = subject.document().instructions()[stage.from].range;
        if from.of(subject.document().text()).contains('$') || !could_move(subject, index) {
            continue;
        }
        if subject.is_suppressed(stage.from) {
            proposals.push(Err(Refusal::new(from, Why::SuppressedByComment)));
        } else if subject.settings.tells_commonplace {
            let title = format!("start from {}:{tag}, which is smaller", ImageRef::parse(written).name);
            let safety = Safety::Advice { caveat: CAVEAT };
            proposals.push(Ok(Fix { title: title.into(), at: from, safety, effects: Vec::new(), edits: Vec::new() }));
        }
    }
    proposals
}

/// Whether a stage, and those that start from it, do nothing that would have to be written otherwise.
fn could_move(subject: &Subject<'_>, stage: usize) -> bool {
    let found = &subject.stages.all()[stage];
    let is_server = found.base.image().is_some_and(ImageRef::is_server);
    let instructions = &subject.document().instructions()[found.body.clone()];
    let stays = |keyword| matches!(keyword, Keyword::Onbuild | Keyword::Shell);
    let text = subject.document().text();
    let carries = instructions.iter().any(|found| {
        let from = found.flag("from").and_then(|flag| flag.value());
        from.is_some_and(|from| !is_server && !is_of_alpine(subject, from))
    });
    !carries
        && !instructions.iter().any(|found| stays(found.keyword))
        // Scripts may be written for Bash.
        && !instructions.iter().any(|found| found.arguments_text(text).contains("bash") || starts_script(found, text))
        && subject.stages.runs_of(stage).all(|run| runs_anywhere(&run))
        && subject.stages.children(stage).iter().all(|child| could_move(subject, *child))
}

fn starts_script(found: &Instruction, text: &str) -> bool {
    matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint) && found.arguments_text(text).contains(".sh")
}

fn is_of_alpine(subject: &Subject<'_>, name: &str) -> bool {
    let stages = subject.stages.all();
    let is_it = |stage: &&Stage| stage.name.as_deref() == Some(&name.to_ascii_lowercase());
    let stage = stages.iter().rfind(is_it);
    stage.and_then(|stage| stage.base.image()).is_some_and(|image| image.family() == Family::Alpine)
}

fn runs_anywhere(run: &StageRun<'_>) -> bool {
    let Ok(script) = run.script() else { return false };
    script.all_commands().into_iter().all(|command| match Invocation::of(command, script.text()) {
        Some(call) => OF_LANGUAGES.contains(&call.program()) || is_on_every_system(call.program()),
        None => command.words.is_empty(),
    })
}
