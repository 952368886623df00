//! Packages of pip with parts in C, and their first versions that need no compiler, by the version of Python.

/// Of each package, the first version with wheels for Python 3.11, 3.12 and 3.13.
const FIRST: &[(&str, [&str; 3])] = &[
    ("aiohttp", ["3.8.3", "3.9.0", "3.10.6"]),
    ("asyncpg", ["0.27.0", "0.29.0", "0.30.0"]),
    ("brotli", ["1.1.0", "1.1.0", "1.1.0"]),
    ("cffi", ["1.15.1", "1.16.0", "1.17.0"]),
    ("contourpy", ["1.0.6", "1.1.1", "1.3.0"]),
    ("fastavro", ["1.7.0", "1.8.4", "1.9.6"]),
    ("frozenlist", ["1.3.2", "1.4.1", "1.5.0"]),
    ("gevent", ["22.10.1", "23.9.0", "24.10.1"]),
    ("greenlet", ["2.0.0", "3.0.0", "3.1.0"]),
    ("grpcio", ["1.50.0", "1.59.0", "1.67.0"]),
    ("httptools", ["0.5.0", "0.6.1", "0.6.2"]),
    ("kiwisolver", ["1.4.4", "1.4.5", "1.4.6"]),
    ("lxml", ["4.9.2", "4.9.3", "5.3.0"]),
    ("matplotlib", ["3.6.1", "3.8.0", "3.9.2"]),
    ("multidict", ["6.0.3", "6.0.5", "6.1.0"]),
    ("numpy", ["1.23.2", "1.26.0", "2.1.0"]),
    ("orjson", ["3.8.0", "3.9.7", "3.10.4"]),
    ("pandas", ["1.5.1", "2.1.1", "2.2.3"]),
    ("pillow", ["9.3.0", "10.1.0", "11.0.0"]),
    ("psutil", ["5.9.1", "5.9.1", "5.9.1"]),
    ("psycopg2-binary", ["2.9.5", "2.9.9", "2.9.10"]),
    ("pyarrow", ["10.0.0", "14.0.0", "18.0.0"]),
    ("pydantic-core", ["2.0.0", "2.6.0", "2.20.0"]),
    ("pyyaml", ["6.0", "6.0.1", "6.0.2"]),
    ("pyzmq", ["24.0.0", "25.1.1", "26.2.0"]),
    ("regex", ["2022.9.11", "2023.8.8", "2024.9.11"]),
    ("reportlab", ["3.6.12", "4.0.0", "4.0.0"]),
    ("scikit-learn", ["1.1.3", "1.3.1", "1.5.2"]),
    ("scipy", ["1.9.2", "1.11.2", "1.14.1"]),
    ("ujson", ["5.5.0", "5.8.0", "5.10.0"]),
    ("uvloop", ["0.17.0", "0.19.0", "0.21.0"]),
    ("yarl", ["1.8.1", "1.9.3", "1.12.0"]),
    ("zstandard", ["0.19.0", "0.22.0", "0.23.0"]),
];

/// Whether pip may have to compile a package (its normalised name), whose version is asked for as `bound` says it:
/// `==4.6.3`, `<2`, `>=1,<1.24`. Without a version of Python, that is the newest.
pub fn may_lack_wheel(name: &str, bound: &str, python: Option<(u32, u32)>) -> bool {
    let Some((_, first)) = FIRST.iter().find(|(known, _)| *known == name) else { return false };
    let first = match python {
        Some((3, ..=11)) => first[0],
        Some((3, 12)) => first[1],
        _ => first[2],
    };
    let first = numbers(first);
    bound.split(',').map(str::trim).any(|part| {
        let (sign, version) = part.split_at(part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len()));
        let sign = sign.trim();
        let start = version.strip_suffix(".*").unwrap_or(version);
        match sign {
            _ if start.is_empty() => false,
            "~=" | "==" if sign == "~=" || start != version => {
                // Here a zero at the end counts: `~=1.24.0` is `==1.24.*`.
                let mut newest = parts(start);
                newest.truncate(newest.len().saturating_sub(usize::from(sign == "~=")));
                newest.push(u32::MAX);
                newest < first
            }
            "==" | "===" | "<=" => numbers(start) < first,
            "<" => numbers(start) <= first,
            _ => false,
        }
    })
}

/// The numbers of a version.
fn parts(version: &str) -> Vec<u32> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    version.split('.').map_while(|part| digits(part).parse().ok()).collect()
}

/// The same without zeros at its end, so that 1.0 is as new as 1.
fn numbers(version: &str) -> Vec<u32> {
    let mut found = parts(version);
    while found.last() == Some(&0) {
        found.pop();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_have_no_wheels_for_new_interpreters() {
        let lacks = |name, bound, minor| may_lack_wheel(name, bound, Some((3, minor)));
        assert!(lacks("lxml", "==4.6.3", 12));
        assert!(!lacks("lxml", "==5.2.1", 12));
        assert!(lacks("lxml", "==5.2.1", 13));
        assert!(lacks("numpy", ">=1.20,<1.24", 12));
        assert!(!lacks("numpy", ">=1.20", 12));
        assert!(!lacks("numpy", "~=1.26", 12));
        assert!(lacks("numpy", "~=1.24.0", 12));
        assert!(lacks("numpy", "==1.24.*", 12));
        assert!(lacks("aiohttp", "==3.0.*", 12));
        assert!(!lacks("pandas", "<3", 12));
        assert!(!lacks("pyyaml", "==6.0", 11));
        assert!(!lacks("flask", "==0.1", 12));
        assert!(may_lack_wheel("pillow", "==10.4.0", None));
    }
}
