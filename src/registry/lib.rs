//! Floor 4: answers questions about images over HTTPS, and keeps the answers in a lockfile.
//!
//! Here are the registry protocol as far as pinning and reading need it (manifests, tag lists, tokens, blobs as
//! streams), credentials, mirrors, retries and `dopt.lock`. Which references a file has, and what becomes of them, is not known here.
//!
//! Why not `oci-client`: it gives no say in redirects, in the size of bodies and in retries, and brings an asynchronous
//! runtime: 139 crates against 44 here. Why not `docker_credential`: it takes `auths` before `credsStore`, does not know
//! podman's keys with paths, has no limit on how long a helper runs, and puts what a helper printed, which may be a
//! secret, into its errors.

mod address;
mod auth;
mod challenge;
mod credential_helper;
mod credentials;
mod endpoint;
mod http;
mod lockfile;
mod manifest;
mod proxy;
mod pull;
mod registry;
mod retry;
mod secret;
mod tags;

pub use lockfile::{Lock, LockError, Locked};
pub use pull::Remote;
pub use registry::{Registry, Settings};

use dopt_model::{ImageFact, NoAnswer, Unanswered};

/// What became of a question.
pub type Answer = Result<ImageFact, Unanswered>;

pub(crate) fn unanswered(kind: NoAnswer, message: impl Into<String>) -> Unanswered {
    Unanswered { kind, message: message.into() }
}
