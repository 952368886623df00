//! Where an image is asked for: the mirrors of its registry first, then the registry itself.

use dopt_model::ImageName;

/// A server that may have an image, and what the image is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Host and port.
    pub authority: String,
    /// Whose credentials count.
    pub registry: String,
    /// The repository on this server.
    pub repository: String,
}

/// The servers, in the order in which they are asked. A mirror is a host, perhaps with a path in front of repositories.
pub(crate) fn endpoints(name: &ImageName, mirrors: &[(String, Vec<String>)]) -> Vec<Endpoint> {
    let own = mirrors.iter().filter(|(registry, _)| registry.eq_ignore_ascii_case(&name.registry));
    let mut found: Vec<Endpoint> = own.flat_map(|(_, mirrors)| mirrors).map(|mirror| mirrored(name, mirror)).collect();
    let authority = if name.registry == "docker.io" { "registry-1.docker.io" } else { &name.registry };
    found.push(Endpoint {
        authority: authority.to_ascii_lowercase(),
        registry: name.registry.clone(),
        repository: name.repository.clone(),
    });
    found
}

fn mirrored(name: &ImageName, mirror: &str) -> Endpoint {
    let (host, prefix) = mirror.trim_end_matches('/').split_once('/').unwrap_or((mirror.trim_end_matches('/'), ""));
    let repository = match prefix {
        "" => name.repository.clone(),
        prefix => format!("{prefix}/{}", name.repository),
    };
    let authority = if host == "docker.io" { "registry-1.docker.io" } else { host };
    Endpoint { authority: authority.to_ascii_lowercase(), registry: host.to_owned(), repository }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_come_first_and_the_registry_last() {
        let name = ImageName::parse("python:3").unwrap();
        let mirrors = [("docker.io".to_owned(), vec!["mirror.lan:5000".to_owned(), "proxy.lan/hub/".to_owned()])];
        let found: Vec<String> = endpoints(&name, &mirrors)
            .into_iter()
            .map(|found| format!("{} {} {}", found.authority, found.registry, found.repository))
            .collect();
        assert_eq!(
            found,
            [
                "mirror.lan:5000 mirror.lan:5000 library/python", "proxy.lan proxy.lan hub/library/python",
                "registry-1.docker.io docker.io library/python"
            ]
        );
        assert_eq!(endpoints(&ImageName::parse("ghcr.io/a/b").unwrap(), &mirrors).len(), 1);
    }
}
