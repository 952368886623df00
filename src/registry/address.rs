//! Addresses: scheme, host and path, how a redirect leads from one to the next, and what may be spoken in plain text.

use std::fmt;
use std::net::IpAddr;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// `https://host:port/path?query`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub scheme: Scheme,
    /// The host, with its port where one is written, in lower case.
    pub authority: String,
    /// Path and query; starts with a slash.
    pub path: String,
}

impl Address {
    /// `None` for other schemes, user names in the address, and what is no address.
    pub(crate) fn parse(text: &str) -> Option<Address> {
        let (scheme, rest) = match text.split_once("://")? {
            (scheme, rest) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            (scheme, rest) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = path.split('#').next().unwrap_or_default();
        let is_good = |c: char| c.is_ascii_graphic() && !"@\\\"<>^`{|}".contains(c);
        if authority.is_empty() || !authority.chars().all(is_good) || !path.chars().all(|c| c.is_ascii_graphic()) {
            return None;
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Address { scheme, authority: authority.to_ascii_lowercase(), path })
    }

    /// Where a `Location` or `Link` leads from here.
    pub(crate) fn join(&self, location: &str) -> Option<Address> {
        let scheme = self.scheme_name();
        let has_scheme = location.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
        let absolute = if has_scheme {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{scheme}:{location}")
        } else if location.starts_with('/') {
            format!("{scheme}://{}{location}", self.authority)
        } else {
            let path = self.path.split('?').next().unwrap_or_default();
            let folder = if location.starts_with('?') { path } else { &path[..=path.rfind('/').unwrap_or_default()] };
            format!("{scheme}://{}{folder}{location}", self.authority)
        };
        Address::parse(&absolute)
    }

    /// Whether both are the same server, so that one may see what the other was told.
    pub(crate) fn is_same_server(&self, other: &Address) -> bool {
        let port = |address: &Address| match split_port(&address.authority) {
            (_, Some(port)) => port.to_owned(),
            _ if address.scheme == Scheme::Https => "443".to_owned(),
            _ => "80".to_owned(),
        };
        self.scheme == other.scheme && self.host() == other.host() && port(self) == port(other)
    }

    /// The host without its port.
    pub(crate) fn host(&self) -> &str {
        split_port(&self.authority).0
    }

    fn scheme_name(&self) -> &'static str {
        match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme_name(), self.authority, self.path)
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Whether what is sent there does not leave this machine.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = split_port(authority).0;
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || inside.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_where_they_say() {
        let here = Address::parse("https://Registry.example.com:5000/v2/a/manifests/1?x=y").unwrap();
        for (location, there) in [
            ("https://cdn.example.com/blob?sig=a%2Fb", "https://cdn.example.com/blob?sig=a%2Fb"),
            ("HTTP://cdn.example.com", "http://cdn.example.com/"),
            ("//cdn.example.com/b", "https://cdn.example.com/b"),
            ("/v2/b", "https://registry.example.com:5000/v2/b"),
            ("2", "https://registry.example.com:5000/v2/a/manifests/2"),
            ("?last=3", "https://registry.example.com:5000/v2/a/manifests/1?last=3"),
            ("/a#b", "https://registry.example.com:5000/a"),
        ] {
            assert_eq!(here.join(location).map(|found| found.to_string()).as_deref(), Some(there), "{location}");
        }
        for location in
            ["ftp://a/b", "file:///etc/passwd", "https://", "https://user:pass@host/", "https://a b/", "/a\nb"]
        {
            assert_eq!(here.join(location), None, "{location}");
        }
    }

    #[test]
    fn only_the_same_server_is_the_same_server() {
        let same =
            |one: &str, other: &str| Address::parse(one).unwrap().is_same_server(&Address::parse(other).unwrap());
        assert!(same("https://a.b/x", "https://A.b:443/y") && same("http://a.b/", "http://a.b:80/"));
        assert!(!same("https://a.b/", "http://a.b/") && !same("https://a.b/", "https://a.b:5000/"));
        assert!(!same("https://a.b/", "https://c.a.b/") && !same("https://a.b/", "https://a.b.c/"));
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_else() {
        for authority in ["localhost", "LOCALHOST:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "[::1]"] {
            assert!(is_loopback(authority), "{authority}");
        }
        for authority in ["localhost.example.com", "10.0.0.1", "[::2]", "example.com:127", "127.0.0.1.example.com"] {
            assert!(!is_loopback(authority), "{authority}");
        }
    }
}
