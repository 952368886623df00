//! # non-root
//!
//! Gives an image that runs as root a user of its own, who owns the folder that it works in and what the file shows it to
//! write. Only where somebody asks for it by name: a container that may do less may do too little.
//!
//! ```dockerfile before unsafe by-name
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! COPY . .
//! VOLUME /data
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.12-slim
//! RUN useradd --system --user-group --create-home app && mkdir -p /app /data && chown app:app /app /data
//! WORKDIR /app
//! COPY --chown=app:app requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! COPY --chown=app:app . .
//! VOLUME /data
//! USER app
//! CMD ["python", "app.py"]
//! ```
//!
//! An image that brings a user for this, keeps it; Alpine has commands of its own; and where there is no shell, a number does.
//!
//! ```dockerfile before unsafe by-name
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci --omit=dev && npm cache clean --force
//! COPY server.js ./
//! EXPOSE 3000
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! RUN mkdir -p /app && chown node:node /app
//! WORKDIR /app
//! COPY --chown=node:node package.json package-lock.json ./
//! RUN npm ci --omit=dev && npm cache clean --force
//! COPY --chown=node:node server.js ./
//! EXPOSE 3000
//! USER node
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile before unsafe by-name
//! FROM golang:1.22-alpine AS build
//! COPY . /src
//! RUN cd /src && go build -trimpath -ldflags="-s -w" -o /server .
//! FROM alpine:3.20
//! COPY --from=build /server /usr/local/bin/
//! CMD ["server"]
//! ```
//! ```dockerfile after
//! FROM golang:1.22-alpine AS build
//! COPY . /src
//! RUN cd /src && go build -trimpath -ldflags="-s -w" -o /server .
//! FROM alpine:3.20
//! RUN addgroup -S app && adduser -S -G app app
//! COPY --from=build /server /usr/local/bin/
//! USER app
//! CMD ["server"]
//! ```
//! ```dockerfile before unsafe by-name
//! FROM golang:1.22 AS build
//! WORKDIR /src
//! COPY main.go go.mod ./
//! RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /server .
//! FROM scratch
//! COPY --from=build /server /server
//! ENTRYPOINT ["/server"]
//! ```
//! ```dockerfile after
//! FROM golang:1.22 AS build
//! WORKDIR /src
//! COPY main.go go.mod ./
//! RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /server .
//! FROM scratch
//! COPY --from=build /server /server
//! USER 65532:65532
//! ENTRYPOINT ["/server"]
//! ```
//!
//! **Advice** is what `dopt check` gives of it where nobody has asked:
//!
//! ```dockerfile advice told
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY app.py ./
//! CMD ["python", "app.py"]
//! ```
//!
//! **Unsafe**: what a program writes is seen in part only, and files that root has left in volumes stay root's. What changes
//! to another user by itself, needs root, or has files that are root's alone, is left as it is:
//!
//! ```dockerfile refused unsafe by-name: start-needs-root
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends nginx && rm -rf /var/lib/apt/lists/*
//! CMD ["nginx", "-g", "daemon off;"]
//! ```
//! ```dockerfile refused unsafe by-name: start-unseen
//! FROM python:3.12-slim
//! COPY start.sh /
//! CMD ["/start.sh"]
//! ```
//! ```dockerfile refused unsafe by-name: sets-up-user
//! FROM python:3.12-slim
//! RUN useradd --system worker
//! COPY worker.py /
//! CMD ["python", "/worker.py"]
//! ```
//! ```dockerfile refused unsafe by-name: home-of-root
//! FROM python:3.12-slim
//! COPY settings.json /root/.config/tool/
//! CMD ["python", "-m", "tool"]
//! ```
//! ```dockerfile refused unsafe by-name: made-by-root
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY . .
//! RUN python manage.py migrate
//! CMD ["python", "manage.py", "runserver"]
//! ```
//! ```dockerfile refused unsafe by-name: only-root-may
//! FROM python:3.12-slim
//! COPY tool.py /usr/local/bin/
//! RUN chmod 700 /usr/local/bin/tool.py
//! CMD ["tool.py"]
//! ```
//! ```dockerfile refused unsafe by-name: writes-elsewhere
//! FROM python:3.12-slim
//! ENV LOG_FILE=/var/log/app.log
//! COPY app.py /
//! CMD ["python", "/app.py"]
//! ```
//! ```dockerfile refused unsafe by-name: service-image
//! FROM postgres:16
//! CMD ["postgres", "-c", "fsync=off"]
//! ```
//! ```dockerfile refused unsafe by-name: asks-for-root
//! FROM node:22-slim
//! COPY server.js /
//! USER root
//! CMD ["node", "/server.js"]
//! ```
//! ```dockerfile refused unsafe by-name: owner-unknown
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY --link . .
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile refused unsafe by-name: goes-on
//! FROM python:3.12-slim AS base
//! FROM base
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile unchanged unsafe by-name
//! FROM node:22-slim
//! COPY --chown=node:node server.js /
//! USER node
//! CMD ["node", "/server.js"]
//! ```
//! ```dockerfile unchanged unsafe
//! FROM python:3.12-slim
//! WORKDIR /app
//! COPY app.py ./
//! CMD ["python", "app.py"]
//! ```

mod account;
mod files;
mod start;
mod steps;
mod writes;

use dopt_model::{Base, ContextFact, User};
use dopt_rewrite::{
    Edit, Effect, Fix, NonRoot, NotSplit, Proposal, Refusal, Safety, StaysRoot, Subject, Transform, Why, add_flag,
    append_command, cased_like,
};
use dopt_syntax::dockerfile::{Instruction, Keyword};

use account::Account;
use files::Files;

const CAVEAT: &str = "What the program writes outside of its own folder it may not write any longer; volumes and folders \
                      of the host that root has filled have to be given to the new user.";

const CAVEAT_PORT: &str = "Ports below 1024 are free to every user in containers of Docker 20.10 and later, but not on every \
                           cluster; what the program writes outside of its own folder it may not write any longer, and \
                           volumes that root has filled have to be given to the new user.";

const CAVEAT_ADVICE: &str = "a program that breaks out of its container is root there; `--select non-root --unsafe-fixes` \
                             writes a USER, and whether the program still may do all it has to, a test has to tell";

pub const TRANSFORM: Transform = Transform {
    name: "non-root",
    summary: "run as a user of its own what runs as root, where that is asked for by name",
    manual: include_str!("non_root.rs"),
    aliases: &["DL3002"],
    triggers: &["CMD", "ENTRYPOINT", "cmd", "entrypoint", "Cmd", "Entrypoint"],
    joint: false,
    never_safe: true,
    propose,
};

fn propose(subject: &Subject<'_>) -> Vec<Proposal> {
    let Some(stage) = subject.stages.all().len().checked_sub(1) else { return Vec::new() };
    let from = subject.stages.all()[stage].from;
    if subject.settings.non_root == NonRoot::Silent {
        // A comment for those who ask is none for nothing.
        subject.is_suppressed(from);
        return Vec::new();
    }
    let from = subject.document().instructions()[from].range;
    match drop_root(subject, stage).map_err(|why| Refusal::new(from, why)) {
        Ok(found) => found.map(Ok).into_iter().collect(),
        // Who has not asked wants no reasons.
        Err(_) if subject.settings.non_root == NonRoot::Told => Vec::new(),
        Err(refusal) => vec![Err(refusal)],
    }
}

fn drop_root(subject: &Subject<'_>, stage: usize) -> Result<Option<Fix>, Why> {
    let document = subject.document();
    let found = &subject.stages.all()[stage];
    let body = &document.instructions()[found.body.clone()];
    let starts = |found: &&Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
    let is_trigger = |found: &Instruction| found.keyword == Keyword::Onbuild;
    let Some(first_start) = body.iter().rposition(|found| !starts(&found)).map_or(Some(0), |last| Some(last + 1))
    else {
        return Ok(None);
    };
    if !body.iter().any(|found| starts(&found)) || body.iter().any(is_trigger) {
        return Ok(None);
    }
    let state = subject.stages.state(stage, found.body.end);
    let has_user = body.iter().rfind(|found| found.keyword == Keyword::User);
    match (has_user, state.user()) {
        (_, User::Other(_)) => return Ok(None),
        (Some(_), User::Unknown) => return Ok(None),
        (Some(user), User::Root) => return Err(stays(StaysRoot::AsksForRoot { line: user.first_line })),
        (None, _) => {}
    }
    let image = match &found.base {
        Base::Image(_) => found.base.image(),
        Base::Stage(_) if state.user() == User::Root => return Err(stays(StaysRoot::GoesOn)),
        _ => None,
    };
    let Some(image) = image else { return Ok(None) };
    if subject.is_suppressed(found.from) {
        return Err(Why::SuppressedByComment);
    }
    let Some(account) = Account::of(image).map_err(stays)? else { return Ok(None) };
    // For advice alone, nobody looks into the folder that is built.
    if subject.settings.non_root == NonRoot::Wanted && subject.facts.context == ContextFact::NotAsked {
        return Err(Why::NotSplit(NotSplit::ContextNotRead));
    }
    let files = Files::of(subject, stage, &account).map_err(stays)?;
    start::check(subject, stage, &files).map_err(stays)?;
    Ok(Some(fix(subject, stage, &account, &files, found.body.start + first_start)?))
}

fn stays(reason: StaysRoot) -> Why {
    Why::StaysRoot(reason)
}

/// The `USER` comes right in front of the start commands at the end, or else behind everything.
fn fix(subject: &Subject<'_>, stage: usize, account: &Account, files: &Files, start: usize) -> Result<Fix, Why> {
    let document = subject.document();
    let instructions = document.instructions();
    let from = subject.stages.all()[stage].from;
    let newline = document.newline();
    let mut fix = Fix {
        title: format!("run as {}, not as root", account.user()).into(),
        at: instructions[from].range,
        safety: safety(subject, stage),
        effects: Vec::new(),
        edits: Vec::new(),
    };
    let commands = files.preparing(account);
    if !commands.is_empty() {
        let joined = commands.join(" && ");
        let text = match joined.len() > 100 {
            true => commands.join(&subject.style(&instructions[from]).chain_break(&[])),
            false => joined.clone(),
        };
        let step = cased_like(&instructions[from], document, &format!("RUN {text}"));
        fix.edits.push(Edit::insert(instructions[from].range.end(), format!("{newline}{step}")));
        fix.effects.push(Effect::AddsInstruction { behind: from, text: format!("RUN {joined}") });
    }
    let owner = account.owner();
    for index in &files.copies {
        let (edit, effect) = add_flag(document, *index, &format!("--chown={owner}"));
        fix.edits.push(edit);
        fix.effects.push(effect);
    }
    for (index, made) in &files.made {
        let run = subject.stages.run(stage, *index).expect("it is a step");
        let script = run.script().map_err(|found| Why::NotUnderstood(found.why))?;
        let command = format!("chown {owner} {}", made.join(" "));
        fix.edits.push(append_command(subject, run, &script, &command)?);
        fix.effects.push(Effect::AddsCommand { instruction: *index, command });
    }
    let user = format!("USER {}", account.user());
    let behind = start - 1;
    let written = cased_like(&instructions[from], document, &user);
    fix.edits.push(Edit::insert(instructions[behind].range.end(), format!("{newline}{written}")));
    fix.effects.push(Effect::AddsInstruction { behind, text: user });
    join_at_one_place(&mut fix.edits);
    Ok(fix)
}

/// Where nothing stands between `FROM` and the start command, both new instructions come to the same place.
fn join_at_one_place(edits: &mut Vec<Edit>) {
    edits.sort_by_key(|edit| edit.range);
    edits.dedup_by(|later, earlier| {
        let same = later.range == earlier.range;
        if same {
            earlier.replacement.push_str(&later.replacement);
        }
        same
    });
}

fn safety(subject: &Subject<'_>, stage: usize) -> Safety {
    if subject.settings.non_root == NonRoot::Told {
        return Safety::Advice { caveat: CAVEAT_ADVICE };
    }
    let document = subject.document();
    let body = &document.instructions()[subject.stages.all()[stage].body.clone()];
    let is_low = |word: &str| {
        word.split(['/', '-']).next().and_then(|port| port.parse().ok()).is_some_and(|port: u16| port < 1024)
    };
    let exposes = body.iter().filter(|found| found.keyword == Keyword::Expose);
    let low = exposes.into_iter().any(|found| found.arguments_text(document.text()).split_whitespace().any(is_low));
    Safety::Unsafe { caveat: if low { CAVEAT_PORT } else { CAVEAT } }
}
