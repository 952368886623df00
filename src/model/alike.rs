//! What leads to the same on all distributions that are made from Debian: packages that have one name everywhere, and
//! users whose numbers are told, or matter to nobody.

/// Packages of tools, and of data, that Debian and Ubuntu know by the same name.
const PACKAGES: &[&str] = &[
    "bash", "bzip2", "ca-certificates", "curl", "dumb-init", "file", "fontconfig", "fonts-dejavu", "fonts-dejavu-core",
    "fonts-liberation", "gettext-base", "git", "gnupg", "gosu", "iproute2", "iputils-ping", "jq", "less", "locales",
    "lsof", "nano", "net-tools", "netcat-openbsd", "netcat-traditional", "openssh-client", "openssl", "procps",
    "rsync", "tini", "tzdata", "unzip", "vim", "wget", "xz-utils", "zip",
];

/// Whether a package is the same tool wherever it is installed.
pub fn is_package_of_all(name: &str) -> bool {
    PACKAGES.contains(&name.split('=').next().unwrap_or(name)) && !name.contains('=')
}

/// Whether a command makes a user or a group of the system, or one of a number that no image has taken: the first number
/// of people is taken in Ubuntu's images.
pub fn makes_account_alike(words: &[&str]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    if !["useradd", "groupadd"].contains(program) {
        return false;
    }
    let number = |names: [&str; 2]| {
        let at = rest.iter().position(|word| names.contains(word));
        let behind = at.and_then(|at| rest.get(at + 1).copied());
        behind.or(rest.iter().find_map(|word| word.strip_prefix(names[1])?.strip_prefix('=')))
    };
    let number = if *program == "useradd" { number(["-u", "--uid"]) } else { number(["-g", "--gid"]) };
    let is_short = |word: &str| word.len() > 1 && word[1..].bytes().all(|letter| b"rmlMN".contains(&letter));
    let is_of_system =
        rest.iter().any(|word| *word == "--system" || word.starts_with('-') && word.contains('r') && is_short(word));
    match number {
        Some(number) => number.parse().is_ok_and(|number: u32| number > 1000 && number != 65534),
        None => is_of_system,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_alike_where_their_numbers_are_free() {
        for (command, is_alike) in [
            ("useradd -r app", true),
            ("useradd -mr app", true),
            ("useradd --system --create-home app", true),
            ("groupadd --gid 2000 app", true),
            ("useradd -u 1001 app", true),
            ("useradd --uid=10001 app", true),
            ("useradd -u 1000 app", false),
            ("useradd -m app", false),
            ("useradd -s /bin/sh app", false),
            ("useradd -u $ID app", false),
            ("useradd -r -u 999 app", false),
            ("adduser --system app", false),
        ] {
            let words: Vec<&str> = command.split(' ').collect();
            assert_eq!(makes_account_alike(&words), is_alike, "{command}");
        }
    }
}
