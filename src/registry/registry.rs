//! Questions in, answers out: several at a time, each of them once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use dopt_model::{Digest, ImageFact, ImageName, ImageVersion, NoAnswer, PlatformDigests, Question, Unanswered};
use serde_json::Value;
use ureq::Body;

use crate::address::{Address, Scheme};
use crate::auth::Auth;
use crate::credentials::Credentials;
use crate::endpoint::{Endpoint, endpoints};
use crate::http::{Failure, Http, Method, Request, Response};
use crate::manifest::{ACCEPTED, Kind, Manifest, digest_of, platform};
use crate::{Answer, tags, unanswered};

/// What a user can choose about registries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Registries, and who is asked before them: hosts, perhaps with a path in front of repositories.
    pub mirrors: Vec<(String, Vec<String>)>,
    /// Hosts that may be spoken to in plain text, besides this machine.
    pub insecure: Vec<String>,
    /// Files with certificates of authorities, in PEM form.
    pub ca_files: Vec<PathBuf>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How many questions are asked at the same time.
    pub jobs: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mirrors: Vec::new(),
            insecure: Vec::new(),
            ca_files: Vec::new(),
            timeout: Duration::from_secs(20),
            jobs: 8,
        }
    }
}

/// All registries, as one user sees them.
pub struct Registry {
    settings: Settings,
    http: Http,
    auth: Auth,
    /// How a server is spoken to, for those that may be spoken to in plain text.
    schemes: Mutex<HashMap<String, Arc<OnceLock<Scheme>>>>,
    /// Servers that nobody needs to ask again, and how often others were too slow.
    down: Mutex<HashMap<String, Down>>,
}

#[derive(Clone, Default)]
struct Down {
    why: Option<Unanswered>,
    slow: usize,
}

/// A server that was too slow so often is not waited for again.
const PATIENCE: usize = 3;

/// How many pages of tags are read.
const MOST_PAGES: usize = 10;

impl Registry {
    /// Reads the certificates. The error is a sentence without a full stop.
    pub fn new(settings: Settings) -> Result<Registry, String> {
        let http = Http::new(&settings.ca_files, &settings.insecure, settings.timeout)?;
        let auth = Auth::new(Credentials::of_user());
        Ok(Registry { settings, http, auth, schemes: Mutex::default(), down: Mutex::default() })
    }

    /// The answers, in the order of the questions. `done` is told how many there are so far.
    pub fn answer(&self, questions: &[Question], done: &(dyn Fn(usize) + Sync)) -> Vec<Answer> {
        let (next, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut answers = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(question) = questions.get(at) else { return answers };
                answers.push((at, self.ask(question)));
                done(count.fetch_add(1, Ordering::Relaxed) + 1);
            }
        };
        let jobs = self.settings.jobs.clamp(1, questions.len().max(1));
        let mut answers: Vec<(usize, Answer)> = thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("nothing here panics")).collect()
        });
        answers.sort_by_key(|(at, _)| *at);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    fn ask(&self, question: &Question) -> Answer {
        self.everywhere(question.name(), |asking| asking.fact(matches!(question, Question::Platforms(_))))
    }

    /// Asks one server after the other. What cannot be trusted is not replaced by what another one says.
    pub(crate) fn everywhere<'r, T>(
        &'r self,
        name: &'r ImageName,
        ask: impl Fn(&Asking<'r>) -> Result<T, Unanswered>,
    ) -> Result<T, Unanswered> {
        let mut last = None;
        for endpoint in endpoints(name, &self.settings.mirrors) {
            let asking = Asking { registry: self, endpoint, name };
            match ask(&asking) {
                Err(error) if error.kind != NoAnswer::Malformed => last = Some(error),
                found => return found,
            }
        }
        Err(last.unwrap_or_else(|| unanswered(NoAnswer::NotFound, format!("nobody has {name}"))))
    }

    fn scheme(&self, authority: &str) -> Scheme {
        if !self.http.allows_plain(authority) {
            return Scheme::Https;
        }
        let cell = {
            let mut schemes = self.schemes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(schemes.entry(authority.to_owned()).or_default())
        };
        *cell.get_or_init(|| if self.http.speaks_tls(authority) { Scheme::Https } else { Scheme::Http })
    }

    /// Sends a request to a server that answered so far, with what it wants to see.
    fn send(&self, endpoint: &Endpoint, method: &Method, path: &str, accept: &[&str]) -> Result<Response, Unanswered> {
        self.ask_with(endpoint, method, path, accept, |request| self.http.send_patiently(request))
    }

    /// Opens a blob that is too long to be kept, from the `skip`-th byte on.
    fn open(&self, endpoint: &Endpoint, path: &str, skip: u64) -> Result<Response<Body>, Unanswered> {
        self.ask_with(endpoint, &Method::Get, path, &[], |request| self.http.open_patiently(request, skip))
    }

    fn ask_with<B>(
        &self,
        endpoint: &Endpoint,
        method: &Method,
        path: &str,
        accept: &[&str],
        send: impl Fn(&Request<'_>) -> Result<Response<B>, Failure>,
    ) -> Result<Response<B>, Unanswered> {
        let authority = &endpoint.authority;
        if let Some(why) = self.is_down(authority) {
            return Err(why);
        }
        let scheme = self.scheme(authority);
        let path = format!("/v2/{}/{path}", endpoint.repository);
        let address = Address { scheme, authority: authority.clone(), path };
        let mut first = true;
        loop {
            let authorization = self.auth.authorization(&self.http, endpoint)?;
            let request = Request { method: method.clone(), address: address.clone(), accept, authorization };
            let response = send(&request).map_err(|failure| self.failed(endpoint, &failure))?;
            // Another server, behind a redirect, has no say in what is shown to this one.
            let may_learn = first && response.address.is_same_server(&address);
            match response.status {
                401 if may_learn && self.auth.learn(endpoint, &response) => first = false,
                401 | 403 => return Err(self.auth.denied(endpoint)),
                429 => {
                    let message = format!("{} has had enough questions for now (429)", endpoint.registry);
                    return Err(self.remember(authority, unanswered(NoAnswer::Unreachable, message)));
                }
                status @ 500.. => {
                    let message = format!("{} fails ({status})", endpoint.registry);
                    return Err(unanswered(NoAnswer::Unreachable, message));
                }
                _ => return Ok(response),
            }
        }
    }

    fn failed(&self, endpoint: &Endpoint, failure: &Failure) -> Unanswered {
        let why = self.http.told(&endpoint.registry, failure);
        match failure {
            Failure::Connection(_) | Failure::NoTls => self.remember(&endpoint.authority, why),
            Failure::Timeout => {
                let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
                let entry = down.entry(endpoint.authority.clone()).or_default();
                entry.slow += 1;
                if entry.slow >= PATIENCE {
                    entry.why = Some(why.clone());
                }
                why
            }
            Failure::Broken(_) | Failure::Malformed(_) => why,
        }
    }

    fn remember(&self, authority: &str, why: Unanswered) -> Unanswered {
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.entry(authority.to_owned()).or_default().why = Some(why.clone());
        why
    }

    fn is_down(&self, authority: &str) -> Option<Unanswered> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).get(authority)?.why.clone()
    }
}

/// One image, asked for at one server.
#[derive(Clone)]
pub(crate) struct Asking<'a> {
    registry: &'a Registry,
    endpoint: Endpoint,
    name: &'a ImageName,
}

impl Asking<'_> {
    fn fact(&self, with_platforms: bool) -> Answer {
        let (digest, kind) = self.look_up()?;
        let platforms = match with_platforms {
            true => Some(self.platforms(&digest)?),
            false => None,
        };
        let version = match self.name.tag() {
            Some("latest") => self.version(&digest),
            _ => None,
        };
        Ok(ImageFact { digest, is_index: kind == Kind::Index, platforms, version, age: 0 })
    }

    /// What the name stands for now. A `HEAD` is enough where the registry says the digest; it is no pull.
    fn look_up(&self) -> Result<(Digest, Kind), Unanswered> {
        let reference = self.reference();
        let found = match self.head(reference)? {
            Some(found) => found,
            None => {
                let (digest, manifest) = self.manifest(reference)?;
                (digest, manifest.kind)
            }
        };
        match &self.name.version {
            ImageVersion::Digest(asked) if *asked != found.0 => Err(self.other_bytes()),
            _ => Ok(found),
        }
    }

    /// Its tag or its digest.
    fn reference(&self) -> &str {
        match &self.name.version {
            ImageVersion::Tag(tag) => tag.as_str(),
            ImageVersion::Digest(digest) => digest.as_str(),
        }
    }

    fn other_bytes(&self) -> Unanswered {
        self.malformed("has other bytes under this digest")
    }

    /// The digest and the kind, where the headers say both.
    fn head(&self, reference: &str) -> Result<Option<(Digest, Kind)>, Unanswered> {
        let response = self.send(&Method::Head, &format!("manifests/{reference}"), &ACCEPTED)?;
        match response.status {
            200 => {}
            404 => return Err(self.not_found()),
            // It may not know the method.
            _ => return Ok(None),
        }
        let digest = self.digest_header(&response)?;
        match (digest, response.header("content-type").map_or(Kind::Other, Kind::of)) {
            (_, Kind::Old) => {
                Err(self.malformed("has the image in a form (schema 1) that no digest can be trusted for"))
            }
            (Some(digest), kind @ (Kind::Index | Kind::Image)) => Ok(Some((digest, kind))),
            _ => Ok(None),
        }
    }

    /// The manifest, and the digest of its exact bytes.
    fn manifest(&self, reference: &str) -> Result<(Digest, Manifest), Unanswered> {
        self.fetch(reference).map(|(digest, manifest, _)| (digest, manifest))
    }

    /// The manifest of what the name stands for now, with its digest and its exact bytes.
    pub(crate) fn whole(&self) -> Result<(Digest, Manifest, Vec<u8>), Unanswered> {
        let found = self.fetch(self.reference())?;
        match &self.name.version {
            ImageVersion::Digest(asked) if *asked != found.0 => Err(self.other_bytes()),
            _ => Ok(found),
        }
    }

    pub(crate) fn fetch(&self, reference: &str) -> Result<(Digest, Manifest, Vec<u8>), Unanswered> {
        let response = self.send(&Method::Get, &format!("manifests/{reference}"), &ACCEPTED)?;
        self.expect_found(&response)?;
        let manifest = Manifest::read(&response.body, response.header("content-type"));
        let manifest = manifest.map_err(|what| self.malformed(&what))?;
        let digest = digest_of(&response.body);
        if self.digest_header(&response)?.is_some_and(|said| said != digest) {
            return Err(self.malformed("sends a manifest that has another digest than it says"));
        }
        Ok((digest, manifest, response.body))
    }

    fn platforms(&self, digest: &Digest) -> Result<PlatformDigests, Unanswered> {
        let (found, manifest) = self.manifest(digest.as_str())?;
        if found != *digest {
            return Err(self.malformed("sends a manifest that has another digest than was asked for"));
        }
        if manifest.kind == Kind::Index {
            return manifest.platforms().map_err(|what| self.malformed(&what));
        }
        let config = manifest.config().map_err(|what| self.malformed(&what))?;
        let response = self.send(&Method::Get, &format!("blobs/{config}"), &[])?;
        self.expect_found(&response)?;
        if digest_of(&response.body) != config {
            return Err(self.malformed("sends a configuration that has another digest than was asked for"));
        }
        let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        Ok(platform(&value).map(|platform| (platform, Some(digest.clone()))).into_iter().collect())
    }

    /// The version tag that has this digest too. Nobody has to tell one, so no failure matters.
    fn version(&self, digest: &Digest) -> Option<String> {
        let candidates = tags::versions(self.tags().ok()?.into_iter());
        let has_digest =
            |tag: &String| self.head(tag).is_ok_and(|found| found.is_some_and(|(found, _)| found == *digest));
        candidates.into_iter().find(has_digest)
    }

    fn tags(&self) -> Result<Vec<String>, Unanswered> {
        let mut tags = Vec::new();
        let mut page = Some("tags/list?n=1000".to_owned());
        for _ in 0..MOST_PAGES {
            let Some(path) = page.take() else { break };
            let response = self.send(&Method::Get, &path, &[])?;
            self.expect_found(&response)?;
            let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            tags.extend(value["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            page = self.next_page(&response);
        }
        Ok(tags)
    }

    /// The page that a `Link` leads to, if it is one of this repository on this server.
    fn next_page(&self, response: &Response) -> Option<String> {
        let link = response.header("link").filter(|link| link.contains("rel=\"next\""))?;
        let target = link.split_once('<')?.1.split_once('>')?.0;
        let next = response.address.join(target).filter(|next| next.is_same_server(&response.address))?;
        let rest = next.path.strip_prefix(&format!("/v2/{}/", self.endpoint.repository))?;
        rest.starts_with("tags/list").then(|| rest.to_owned())
    }

    /// Opens a blob from the `skip`-th byte on; whether the answer begins there, or at the first byte.
    pub(crate) fn open(&self, digest: &Digest, skip: u64) -> Result<(Body, bool), Unanswered> {
        let response = self.registry.open(&self.endpoint, &format!("blobs/{digest}"), skip)?;
        match response.status {
            206 if skip > 0 => Ok((response.body, true)),
            200 => Ok((response.body, false)),
            404 => Err(unanswered(
                NoAnswer::NotFound,
                format!("{} has no {digest}, of which {} is made", self.endpoint.registry, self.image()),
            )),
            status => Err(self.malformed(&format!("answers with status {status}"))),
        }
    }

    /// Why the bytes of a blob do not come.
    pub(crate) fn broken(&self, failure: &Failure) -> Unanswered {
        self.registry.failed(&self.endpoint, failure)
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.registry.settings.timeout
    }

    fn send(&self, method: &Method, path: &str, accept: &[&str]) -> Result<Response, Unanswered> {
        self.registry.send(&self.endpoint, method, path, accept)
    }

    fn digest_header(&self, response: &Response) -> Result<Option<Digest>, Unanswered> {
        match response.headers.get("docker-content-digest").map(|value| value.to_str().ok().and_then(Digest::parse)) {
            Some(None) => Err(self.malformed("names a digest that is none")),
            found => Ok(found.flatten()),
        }
    }

    fn expect_found(&self, response: &Response) -> Result<(), Unanswered> {
        match response.status {
            200 => Ok(()),
            404 => Err(self.not_found()),
            status => Err(self.malformed(&format!("answers with status {status}"))),
        }
    }

    fn not_found(&self) -> Unanswered {
        unanswered(NoAnswer::NotFound, format!("{} has no {}", self.endpoint.registry, self.image()))
    }

    pub(crate) fn malformed(&self, what: &str) -> Unanswered {
        unanswered(NoAnswer::Malformed, format!("{} {what} ({})", self.endpoint.registry, self.image()))
    }

    /// The image without its registry, which is named beside it.
    fn image(&self) -> String {
        let shown = self.name.to_string();
        shown.strip_prefix(&format!("{}/", self.name.registry)).unwrap_or(&shown).to_owned()
    }
}
