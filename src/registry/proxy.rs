//! Proxies from the environment, as Go programs read it: by scheme, with exceptions, and never for this machine.

use crate::address::{Address, Scheme, is_loopback};

/// The variables that count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    http: Option<String>,
    https: Option<String>,
    exceptions: Vec<String>,
}

impl Proxies {
    /// Reads them; small letters count before capitals.
    pub(crate) fn of_environment() -> Proxies {
        let variable = |name: &str| {
            let found =
                [name.to_lowercase(), name.to_uppercase()].into_iter().find_map(|name| std::env::var(name).ok());
            found.filter(|value| !value.is_empty())
        };
        let all = variable("all_proxy");
        let exceptions = variable("no_proxy").unwrap_or_default();
        Proxies {
            http: variable("http_proxy").or_else(|| all.clone()),
            https: variable("https_proxy").or(all),
            exceptions: exceptions.split(',').map(|found| found.trim().to_ascii_lowercase()).collect(),
        }
    }

    /// The proxy for an address; `None` where it is reached directly.
    pub(crate) fn of(&self, address: &Address) -> Option<&str> {
        let proxy = match address.scheme {
            Scheme::Http => self.http.as_deref(),
            Scheme::Https => self.https.as_deref(),
        };
        let excepted = self.exceptions.iter().any(|pattern| covers(pattern, address));
        proxy.filter(|_| !is_loopback(&address.authority) && !excepted)
    }
}

fn covers(pattern: &str, address: &Address) -> bool {
    let host = address.host();
    let suffix = pattern.trim_start_matches('*').trim_start_matches('.');
    match pattern {
        "" => false,
        "*" => true,
        _ if pattern == address.authority || pattern == host => true,
        _ => host.strip_suffix(suffix).is_some_and(|front| front.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_hosts_and_what_lies_below_them() {
        let proxies = Proxies {
            http: None,
            https: Some("http://proxy:3128".to_owned()),
            exceptions: [".lan", "example.com", "a.b:5000"].map(str::to_owned).to_vec(),
        };
        let proxied = |address: &str| proxies.of(&Address::parse(address).unwrap()).is_some();
        assert!(
            proxied("https://registry-1.docker.io/v2/")
                && proxied("https://notexample.com/")
                && proxied("https://a.b/")
        );
        assert!(!proxied("https://x.lan/") && !proxied("https://example.com/") && !proxied("https://x.example.com/"));
        assert!(!proxied("https://a.b:5000/") && !proxied("https://127.0.0.1:5000/") && !proxied("http://docker.io/"));
    }
}
