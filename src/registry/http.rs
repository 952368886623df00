//! One request at a time: timeouts, sizes, redirects, and who may see a secret. No retries here.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::crypto::ring;
use ureq::http::{self, HeaderMap};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy};

use dopt_model::{NoAnswer, Unanswered};

use crate::address::{Address, Scheme, is_loopback};
use crate::proxy::Proxies;
use crate::secret::Secret;
use crate::unanswered;

/// The largest body that is read.
pub(crate) const LARGEST_BODY: usize = 4 << 20;

const LONGEST_CONNECT: Duration = Duration::from_secs(10);
const MOST_REDIRECTS: usize = 5;

/// Connections to servers, kept open between requests.
pub(crate) struct Http {
    /// By proxy.
    agents: Mutex<HashMap<Option<String>, Agent>>,
    proxies: Proxies,
    certificates: Arc<Vec<Certificate<'static>>>,
    timeout: Duration,
    /// Hosts that may be spoken to in plain text, besides this machine.
    insecure: Vec<String>,
}

/// How long is waited: for everything, and for the head of the answer.
#[derive(Clone, Copy)]
struct Limits {
    whole: Option<Duration>,
    answer: Option<Duration>,
}

/// What is asked.
#[derive(Clone)]
pub(crate) struct Request<'r> {
    pub method: Method,
    pub address: Address,
    /// The media types that are understood.
    pub accept: &'r [&'r str],
    /// The whole `Authorization`, for the server of `address` alone.
    pub authorization: Option<Secret>,
}

#[derive(Clone)]
pub(crate) enum Method {
    Head,
    Get,
    /// A form, which may hold a secret; it follows no redirect.
    Post(Secret),
}

/// What was answered.
pub(crate) struct Response<B = Vec<u8>> {
    pub status: u16,
    pub headers: HeaderMap,
    /// The exact bytes, or the stream that they come from.
    pub body: B,
    /// Who gave the answer, behind redirects.
    pub address: Address,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection: the rest of the sentence.
    Connection(String),
    /// The other side speaks no TLS.
    NoTls,
    /// The connection broke; it may work again.
    Broken(String),
    /// It took too long.
    Timeout,
    /// An answer that cannot be trusted: the rest of the sentence.
    Malformed(String),
}

impl<B> Response<B> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Http {
    /// Trusts this machine's authorities and those of the files. The error is a sentence.
    pub(crate) fn new(ca_files: &[PathBuf], insecure: &[String], timeout: Duration) -> Result<Http, String> {
        let system = rustls_native_certs::load_native_certs().certs;
        let mut certificates: Vec<_> =
            system.iter().map(|found| Certificate::from_der(found.as_ref()).to_owned()).collect();
        for path in ca_files {
            let shown = path.display();
            let text = fs::read(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
            let before = certificates.len();
            for item in ureq::tls::parse_pem(&text) {
                match item {
                    Ok(ureq::tls::PemItem::Certificate(found)) => certificates.push(found),
                    Ok(_) => {}
                    Err(_) => return Err(format!("{shown} is no file of certificates in PEM form")),
                }
            }
            if certificates.len() == before {
                return Err(format!("{shown} has no certificate in PEM form"));
            }
        }
        Ok(Http {
            agents: Mutex::default(),
            proxies: Proxies::of_environment(),
            certificates: Arc::new(certificates),
            timeout,
            insecure: insecure.iter().map(|host| host.to_ascii_lowercase()).collect(),
        })
    }

    /// Whether a host may be spoken to in plain text.
    pub(crate) fn allows_plain(&self, authority: &str) -> bool {
        is_loopback(authority) || self.insecure.iter().any(|host| host.eq_ignore_ascii_case(authority))
    }

    /// Asks, and follows redirects.
    pub(crate) fn send(&self, request: &Request<'_>) -> Result<Response, Failure> {
        self.follow(request, |request| self.send_within(request, self.timeout))
    }

    /// The same for what is too long to be kept: all of it from the `skip`-th byte on, as far as the server knows how.
    pub(crate) fn open(&self, request: &Request<'_>, skip: u64) -> Result<Response<Body>, Failure> {
        self.follow(request, |request| {
            let range = (skip > 0).then(|| format!("bytes={skip}-"));
            // How long the body may take is for its reader to say.
            let limits = Limits { whole: None, answer: Some(self.timeout) };
            self.request(request, range.as_deref(), limits)
        })
    }

    /// Follows redirects; a secret goes to the first server only.
    fn follow<B>(
        &self,
        request: &Request<'_>,
        ask: impl Fn(&Request<'_>) -> Result<Response<B>, Failure>,
    ) -> Result<Response<B>, Failure> {
        let mut request = request.clone();
        let first = request.address.clone();
        let mut seen = Vec::new();
        loop {
            let response = ask(&request)?;
            if !matches!(response.status, 301 | 302 | 303 | 307 | 308) || matches!(request.method, Method::Post(_)) {
                return Ok(response);
            }
            let location = response.header("location").and_then(|location| request.address.join(location));
            let Some(next) = location else {
                return Err(Failure::Malformed("redirects to no address".to_owned()));
            };
            if next.scheme == Scheme::Http && !self.allows_plain(&next.authority) {
                let text = format!("redirects to {} without encryption", next.authority);
                return Err(Failure::Malformed(text));
            }
            if !next.is_same_server(&first) {
                request.authorization = None;
            }
            seen.push(std::mem::replace(&mut request.address, next));
            if seen.contains(&request.address) || seen.len() > MOST_REDIRECTS {
                return Err(Failure::Malformed("redirects in a circle, or too often".to_owned()));
            }
        }
    }

    /// A failure in words that name the server.
    pub(crate) fn told(&self, server: &str, failure: &Failure) -> Unanswered {
        match failure {
            Failure::Connection(why) | Failure::Broken(why) => {
                unanswered(NoAnswer::Unreachable, format!("{server} cannot be reached: {why}"))
            }
            Failure::NoTls => unanswered(
                NoAnswer::Unreachable,
                format!("{server} speaks no TLS; only where `insecure` names it, it is spoken to in plain text"),
            ),
            Failure::Timeout => {
                let seconds = self.timeout.as_secs_f32();
                unanswered(NoAnswer::Unreachable, format!("{server} gives no answer within {seconds} s"))
            }
            Failure::Malformed(what) => unanswered(NoAnswer::Malformed, format!("{server} {what}")),
        }
    }

    /// Whether a server speaks TLS; asked for those only that may be spoken to in plain text.
    pub(crate) fn speaks_tls(&self, authority: &str) -> bool {
        const LONGEST_PROBE: Duration = Duration::from_secs(3);
        let address = Address { scheme: Scheme::Https, authority: authority.to_owned(), path: "/v2/".to_owned() };
        let probe = Request { method: Method::Head, address, accept: &[], authorization: None };
        match self.send_within(&probe, LONGEST_PROBE.min(self.timeout)) {
            // A certificate that is not trusted is no reason to do without one.
            Ok(_) | Err(Failure::Connection(_) | Failure::Malformed(_)) => true,
            Err(Failure::NoTls | Failure::Broken(_) | Failure::Timeout) => false,
        }
    }

    fn send_within(&self, request: &Request<'_>, timeout: Duration) -> Result<Response, Failure> {
        let limits = Limits { whole: Some(timeout), answer: None };
        let Response { status, headers, body, address } = self.request(request, None, limits)?;
        let body = body.into_with_config().limit(LARGEST_BODY as u64).read_to_vec().map_err(failure)?;
        Ok(Response { status, headers, body, address })
    }

    fn request(&self, request: &Request<'_>, range: Option<&str>, limits: Limits) -> Result<Response<Body>, Failure> {
        let Request { method, address, accept, authorization } = request;
        let verb = match method {
            Method::Head => http::Method::HEAD,
            Method::Get => http::Method::GET,
            Method::Post(_) => http::Method::POST,
        };
        let mut builder = http::Request::builder().method(verb).uri(address.to_string());
        if !accept.is_empty() {
            builder = builder.header("accept", accept.join(", "));
        }
        if let Some(authorization) = authorization {
            builder = builder.header("authorization", authorization.reveal());
        }
        if let Some(range) = range {
            builder = builder.header("range", range);
        }
        let malformed = |_| Failure::Malformed("leads to an address that is none".to_owned());
        let agent = self.agent(address)?;
        let sent = if let Method::Post(form) = method {
            builder = builder.header("content-type", "application/x-www-form-urlencoded");
            let request = builder.body(form.reveal()).map_err(malformed)?;
            let config = agent.configure_request(request);
            agent.run(config.timeout_global(limits.whole).timeout_recv_response(limits.answer).build())
        } else {
            let request = builder.body(()).map_err(malformed)?;
            let config = agent.configure_request(request);
            agent.run(config.timeout_global(limits.whole).timeout_recv_response(limits.answer).build())
        };
        let (parts, body) = sent.map_err(failure)?.into_parts();
        Ok(Response { status: parts.status.as_u16(), headers: parts.headers, body, address: address.clone() })
    }

    fn agent(&self, address: &Address) -> Result<Agent, Failure> {
        let proxy = self.proxies.of(address);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = agents.get(&proxy.map(str::to_owned)) {
            return Ok(agent.clone());
        }
        let parsed =
            match proxy {
                // Its address may hold a password, so the message does not show it.
                Some(text) => Some(Proxy::new(text).map_err(|_| {
                    Failure::Connection("the proxy that the environment names is no address".to_owned())
                })?),
                None => None,
            };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(RootCerts::Specific(Arc::clone(&self.certificates)))
            .build();
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(parsed)
            .tls_config(tls)
            .user_agent(concat!("dopt/", env!("CARGO_PKG_VERSION")))
            .accept("*/*")
            .accept_encoding("identity")
            .max_idle_connections(64)
            .max_idle_connections_per_host(64)
            .timeout_connect(Some(LONGEST_CONNECT.min(self.timeout)))
            .build()
            .into();
        agents.insert(proxy.map(str::to_owned), agent.clone());
        Ok(agent)
    }
}

/// What a failure of the client means to us. Its own text is shown only where it can hold no secret.
fn failure(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Failure::Connection("it does not answer".to_owned())
        }
        ureq::Error::Timeout(_) => Failure::Timeout,
        ureq::Error::HostNotFound => Failure::Connection("there is no such host".to_owned()),
        ureq::Error::BodyExceedsLimit(_) => Failure::Malformed(format!("sends more than {} MiB", LARGEST_BODY >> 20)),
        ureq::Error::Protocol(_) | ureq::Error::Http(_) | ureq::Error::BadUri(_) => {
            Failure::Malformed("sends what is no HTTP".to_owned())
        }
        ureq::Error::LargeResponseHeader(..) => Failure::Malformed("sends headers without end".to_owned()),
        ureq::Error::Rustls(error) => of_tls(&error),
        ureq::Error::Tls(_) => Failure::NoTls,
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            Failure::Connection("the proxy does not let the connection through".to_owned())
        }
        ureq::Error::Io(error) => of_io(&error),
        _ => Failure::Connection("no connection can be made".to_owned()),
    }
}

/// What an error in the middle of a body means.
pub(crate) fn of_io(error: &io::Error) -> Failure {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return of_tls(tls);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Connection("the connection is refused".to_owned()),
        io::ErrorKind::TimedOut => Failure::Timeout,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::NotConnected => Failure::Broken("the connection breaks off".to_owned()),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Failure::Connection("no network leads there".to_owned())
        }
        _ => Failure::Connection("no connection can be made".to_owned()),
    }
}

fn of_tls(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(why) => {
            use rustls::CertificateError as Wrong;
            let why = match why {
                Wrong::UnknownIssuer => "its authority is not known; `ca-files` can name one",
                Wrong::Expired | Wrong::ExpiredContext { .. } => "it has expired",
                Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "it is for a later time",
                Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => "it is that of another host",
                Wrong::Revoked => "it was revoked",
                _ => "it is not valid",
            };
            Failure::Connection(format!("its certificate is not to be trusted: {why}"))
        }
        rustls::Error::InvalidMessage(_) | rustls::Error::InappropriateMessage { .. } => Failure::NoTls,
        _ => Failure::Connection("no encrypted connection can be made".to_owned()),
    }
}
