//! # write-dockerignore
//!
//! Writes into the `.dockerignore` of a build context what lies there and nothing in a build needs: version control,
//! caches, editor and CI files, virtual environments of this machine, and `node_modules` that an install makes anew
//! behind the copy.
//!
//! It is about the folder around the Dockerfiles and not about their text, so the program does it once for each context
//! of which some Dockerfile copies a whole folder, and only on files on disk. The context is the folder of the
//! Dockerfile, unless a compose or bake file says otherwise. `dopt ignore` shows more: what stays and why, what could be
//! hidden besides, secrets, and what is large.
//!
//! **Safe**, because no source of `COPY`, `ADD` or a bind mount says the name of what is hidden, no step speaks of it, and
//! nothing that steers the build reads it; what is reached only because a folder around it is copied. What a build may
//! need after all (`.env`, `dist`, tests, …) is **Unsafe**: `--unsafe-fixes` hides that too.
//!
//! The text of a Dockerfile stays as it is:
//!
//! ```dockerfile unchanged
//! FROM node:20
//! WORKDIR /app
//! COPY . .
//! RUN npm ci && npm cache clean --force
//! ```

use dopt_rewrite::Transform;

pub const TRANSFORM: Transform = Transform {
    name: "write-dockerignore",
    summary: "leave out of the build context what nothing in a build needs",
    manual: include_str!("write_dockerignore.rs"),
    aliases: &[],
    // Nothing in a Dockerfile's own text changes.
    triggers: &[],
    joint: false,
    never_safe: false,
    propose: |_| Vec::new(),
};
