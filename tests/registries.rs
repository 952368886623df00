//! `dopt pin` and `dopt size` with real registries (Debian's `docker-registry`, open, with passwords, with tokens, with certificates)
//! and with a hostile one of our own. Everything stays on this machine.

#[path = "registries/builds.rs"]
mod builds;
#[path = "registries/credentials.rs"]
mod credentials;
#[path = "registries/debian.rs"]
mod debian;
#[path = "registries/hostile.rs"]
mod hostile;
#[path = "registries/lockfiles.rs"]
mod lockfiles;
#[path = "registries/many.rs"]
mod many;
#[path = "registries/open.rs"]
mod open;
#[path = "registries/project.rs"]
mod project;
#[path = "registries/server.rs"]
mod server;
#[path = "registries/sizes.rs"]
mod sizes;
#[path = "real_images/storage.rs"]
#[allow(dead_code)]
mod storage;
#[path = "registries/streams.rs"]
mod streams;
