//! What a registry is shown: nothing, a password, or a token of the server that it names.
//!
//! A password goes to the registry that it is for and to the token server that this registry names in its own answer,
//! over HTTPS alone (or to this machine, or to hosts that the user listed). Tokens go to the registry alone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use dopt_model::{NoAnswer, Unanswered};
use serde_json::Value;

use crate::address::{Address, Scheme};
use crate::challenge::{Challenge, strongest};
use crate::credentials::{Credential, Credentials, Found};
use crate::endpoint::Endpoint;
use crate::http::{Http, Method, Request, Response};
use crate::secret::Secret;
use crate::unanswered;

/// Credentials, and what the registries asked for so far.
pub(crate) struct Auth {
    credentials: Credentials,
    /// By server.
    challenges: Mutex<HashMap<String, Challenge>>,
    /// The tokens by server and repository.
    tokens: Mutex<HashMap<(String, String), Secret>>,
}

impl Auth {
    pub(crate) fn new(credentials: Credentials) -> Auth {
        Auth { credentials, challenges: Mutex::default(), tokens: Mutex::default() }
    }

    /// Remembers what a server wants to see; whether it says so at all.
    pub(crate) fn learn<B>(&self, endpoint: &Endpoint, response: &Response<B>) -> bool {
        let headers = response.headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
        let Some(challenge) = strongest(headers) else { return false };
        let key = (endpoint.authority.clone(), endpoint.repository.clone());
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        let mut challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        challenges.insert(endpoint.authority.clone(), challenge);
        true
    }

    /// What is shown to a server that is asked for a repository: the whole `Authorization`.
    pub(crate) fn authorization(&self, http: &Http, endpoint: &Endpoint) -> Result<Option<Secret>, Unanswered> {
        let challenge = {
            let challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
            challenges.get(&endpoint.authority).cloned()
        };
        match challenge {
            None => Ok(None),
            Some(Challenge::Basic) => match self.found(endpoint).credential {
                Some(Credential::Password(user, password)) => Ok(Some(basic(&user, &password))),
                _ => Err(self.denied(endpoint)),
            },
            Some(Challenge::Bearer { realm, service }) => self.token(http, endpoint, &realm, service).map(Some),
        }
    }

    /// The refusal of a registry, with what may help.
    pub(crate) fn denied(&self, endpoint: &Endpoint) -> Unanswered {
        let Endpoint { registry, repository, .. } = endpoint;
        let found = self.found(endpoint);
        let message = match (&found.credential, found.trouble) {
            (Some(_), _) => format!("{registry} does not accept the credentials for {repository}"),
            (None, Some(why)) => format!("{registry} asks for credentials for {repository}, and {why}"),
            (None, None) => {
                format!(
                    "{registry} has no {repository} for everybody; if it is private, `docker login {registry}` first"
                )
            }
        };
        unanswered(NoAnswer::Denied, message)
    }

    fn found(&self, endpoint: &Endpoint) -> Found {
        self.credentials.of(&endpoint.registry, &endpoint.repository)
    }

    fn token(
        &self,
        http: &Http,
        endpoint: &Endpoint,
        realm: &str,
        service: Option<String>,
    ) -> Result<Secret, Unanswered> {
        let key = (endpoint.authority.clone(), endpoint.repository.clone());
        if let Some(known) = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let registry = &endpoint.registry;
        let malformed = |what: &str| unanswered(NoAnswer::Malformed, format!("{registry} {what}"));
        let realm = Address::parse(realm).ok_or_else(|| malformed("names a token server that has no address"))?;
        if realm.scheme == Scheme::Http && !http.allows_plain(&realm.authority) {
            return Err(malformed("names a token server that speaks no TLS"));
        }
        let credential = self.found(endpoint).credential;
        let scope = format!("repository:{}:pull", endpoint.repository);
        let request = token_request(realm.clone(), service.as_deref(), &scope, credential.as_ref());
        let response = http.send_patiently(&request).map_err(|failure| http.told(&realm.authority, &failure))?;
        match response.status {
            200 => {}
            401 | 403 => return Err(self.denied(endpoint)),
            status => {
                let message = format!("{}, the token server of {registry}, fails ({status})", realm.authority);
                return Err(unanswered(NoAnswer::Unreachable, message));
            }
        }
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let token = answer["token"].as_str().or_else(|| answer["access_token"].as_str()).unwrap_or_default();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed("names a token server that gives no token"));
        }
        let authorization = Secret::new(format!("Bearer {token}"));
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(key, authorization.clone());
        Ok(authorization)
    }
}

fn token_request<'r>(
    mut realm: Address,
    service: Option<&str>,
    scope: &str,
    credential: Option<&Credential>,
) -> Request<'r> {
    let mut fields = vec![("scope", scope)];
    fields.extend(service.map(|service| ("service", service)));
    if let Some(Credential::IdentityToken(token)) = credential {
        fields.extend([("grant_type", "refresh_token"), ("client_id", "dopt"), ("refresh_token", token.reveal())]);
        let method = Method::Post(Secret::new(encoded(&fields)));
        return Request { method, address: realm, accept: &[], authorization: None };
    }
    let authorization = match credential {
        Some(Credential::Password(user, password)) => {
            fields.push(("account", user));
            Some(basic(user, password))
        }
        _ => None,
    };
    realm.path.push(if realm.path.contains('?') { '&' } else { '?' });
    realm.path.push_str(&encoded(&fields));
    Request { method: Method::Get, address: realm, accept: &[], authorization }
}

fn basic(user: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{}", password.reveal()))))
}

/// As in the query of an address and in a form.
fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let one = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(one).collect()
    };
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", encode(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}
