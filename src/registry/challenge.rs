//! `WWW-Authenticate`: what a registry wants to see before it answers.

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// Name and password with every request.
    Basic,
    /// A token of this server.
    Bearer {
        /// Its address.
        realm: String,
        /// What it is told of the registry.
        service: Option<String>,
    },
}

/// The challenges of the headers; a token where there is a choice.
pub(crate) fn strongest<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Challenge> {
    let all: Vec<Challenge> = headers.flat_map(parse).collect();
    all.iter().find(|found| matches!(found, Challenge::Bearer { .. })).or(all.first()).cloned()
}

/// The challenges of one header that are understood.
fn parse(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for part in split_outside_quotes(header) {
        let (first, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
        let pair = if first.contains('=') { part } else { rest.trim() };
        if !first.contains('=') {
            found.push((first.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some((name, value)), Some((_, pairs))) = (pair.split_once('='), found.last_mut()) {
            pairs.push((name.trim().to_ascii_lowercase(), unquoted(value.trim())));
        }
    }
    found.into_iter().filter_map(|(scheme, pairs)| challenge(&scheme, &pairs)).collect()
}

fn challenge(scheme: &str, pairs: &[(String, String)]) -> Option<Challenge> {
    let value = |name: &str| pairs.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer { realm: value("realm")?, service: value("service") }),
        _ => None,
    }
}

fn split_outside_quotes(header: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in header.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(header[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(header[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(inside) => inside.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let bearer = |realm: &str, service: Option<&str>| Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
        };
        for (header, expected) in [
            (
                "Bearer realm=\"https://auth.example.com/token\",service=\"a, b\",scope=\"repository:x:pull\"",
                Some(bearer("https://auth.example.com/token", Some("a, b"))),
            ),
            ("bearer Realm=https://a/t , Service=x", Some(bearer("https://a/t", Some("x")))),
            ("Basic realm=\"Registry Realm\"", Some(Challenge::Basic)),
            ("BASIC", Some(Challenge::Basic)),
            ("Basic realm=\"x\", Bearer realm=\"https://a/t\"", Some(bearer("https://a/t", None))),
            ("Bearer service=\"x\"", None),
            ("Negotiate", None),
            ("", None),
            ("realm=\"x\"", None),
        ] {
            assert_eq!(strongest([header].into_iter()), expected, "{header}");
        }
        let both = ["Basic realm=\"x\"", "Bearer realm=\"https://a/t\""];
        assert_eq!(strongest(both.into_iter()), Some(bearer("https://a/t", None)));
    }
}
