//! What each transform says that it changes, in calls and files, and the comparison of two builds apart from that.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

use crate::builder::Outcome;
use crate::files::path_of;
use crate::log::Call;

/// What a transform may do to the calls of a build. All texts are regular expressions of the whole.
struct Declared {
    rule: &'static str,
    /// Calls that come.
    adds: &'static [&'static str],
    /// Calls that go.
    drops: &'static [&'static str],
    /// Words that come into a call: of the program, and the word.
    adds_words: &'static [(&'static str, &'static str)],
    /// Words that go out of a call.
    drops_words: &'static [(&'static str, &'static str)],
    /// Files that come or go, beside those of caches.
    files: &'static [&'static str],
}

const NOTHING: Declared = Declared { rule: "", adds: &[], drops: &[], adds_words: &[], drops_words: &[], files: &[] };

const FETCHES: &str = r"(apt|apt-get|aptitude)( .*)? update( .*)?";

const DECLARED: &[Declared] = &[
    Declared { rule: "copy-not-add", ..NOTHING },
    Declared { rule: "label-maintainer", ..NOTHING },
    Declared { rule: "env-equals", ..NOTHING },
    Declared {
        rule: "use-apt-get",
        adds_words: &[("apt", "apt-get|--with-new-pkgs|dist-upgrade")],
        drops_words: &[("apt", "apt|full-upgrade")],
        ..NOTHING
    },
    Declared {
        rule: "assume-yes",
        adds_words: &[
            ("apt|apt-get|aptitude|yum|dnf|conda|mamba", "-y"),
            ("zypper", "-n|--non-interactive"),
            ("pacman", "--noconfirm"),
        ],
        ..NOTHING
    },
    Declared { rule: "force-npm-clean", adds_words: &[("npm", "--force")], ..NOTHING },
    Declared { rule: "skip-lastlog", adds_words: &[("useradd", "-l")], ..NOTHING },
    Declared { rule: "use-npm-ci", adds_words: &[("npm", "ci")], drops_words: &[("npm", "install|i")], ..NOTHING },
    Declared {
        rule: "modernize-npm",
        adds_words: &[("npm", "--omit=dev")],
        drops_words: &[("npm", "--production|--only=prod(uction)?|--only|prod(uction)?")],
        ..NOTHING
    },
    Declared {
        rule: "omit-dev",
        adds: &["bundle config set --local without development test"],
        adds_words: &[
            ("npm", "--omit=dev"),
            ("yarn", "--production"),
            ("poetry", "--only|main|--no-dev"),
            ("pnpm|pdm", "--prod"),
            ("composer|uv", "--no-dev"),
        ],
        ..NOTHING
    },
    Declared { rule: "production-dependencies", adds: &["npm prune --omit=dev"], ..NOTHING },
    Declared {
        rule: "strip-binaries",
        adds_words: &[("go", "-ldflags=-s|-w"), (r"gcc|g\+\+|cc|clang", "-s")],
        ..NOTHING
    },
    Declared { rule: "fold-chown", drops: &["(chown|chmod) .*"], ..NOTHING },
    Declared {
        rule: "remove-archives",
        adds: &[r"rm \S+\.(tgz|tar|gz|bz2|xz|zip|deb|rpm|apk)"],
        files: &[r"/.*\.(tgz|tar|gz|bz2|xz|zip|deb|rpm|apk)"],
        ..NOTHING
    },
    Declared { rule: "bind-archives", drops: &["rm .*"], ..NOTHING },
    Declared { rule: "merge-runs", ..NOTHING },
    Declared {
        rule: "mount-caches",
        adds: &["rm -f /etc/apt/apt.conf.d/docker-clean"],
        drops: &[
            r"(apt|apt-get) (auto)?clean",
            "apk cache clean",
            "(dnf|yum) clean all",
            "zypper clean --all",
            "conda clean .*",
            r"(npm|yarn) cache clean( --force)?",
            "pnpm store prune",
            "pip3? cache purge",
            "(uv|pdm) cache clea[nr]",
            "composer clear-cache",
            "go clean .*",
            "dotnet nuget locals all --clear",
            r"rm( -\S+)+( \S*(cache|lists|npm|pear|cpanm?|\.m2|pkg|registry|git|packages)\S*)+",
        ],
        adds_words: &[("apk", "--update-cache")],
        drops_words: &[
            ("(pip3?|python3)", "--no-cache(-dir)?"),
            ("(uv|apk)", "--no-cache"),
            ("pipx", "--pip-args=--no-cache-dir"),
            ("rm", r"/\S*(cache|lists|npm|pear|cpanm?|\.m2|pkg|registry|git|packages)\S*"),
        ],
        files: &[r"/etc/apt/apt\.conf\.d/(docker-clean|keep-cache)"],
    },
    Declared { rule: "clean-apt", adds: &[r"rm -rf /var/lib/apt/lists/\*", FETCHES], drops: &[FETCHES], ..NOTHING },
    Declared {
        rule: "clean-caches",
        adds: &[
            "npm cache clean --force",
            "yarn cache clean",
            "pnpm store prune",
            "pdm cache clear",
            "conda clean -ay",
            "(dnf|yum) clean all",
            "zypper clean --all",
            "composer clear-cache",
            "go clean -cache( -modcache)?",
            "dotnet nuget locals all --clear",
            r"rm -rf /var/cache/pacman/pkg/\*",
            "rm -rf /tmp/(pear|downloaded_packages)",
            r"rm -rf /usr/local/cargo/(git|\*) /usr/local/cargo/(registry|\*)",
            r"rm -rf ~/\.(cpanm|m2/repository|gradle/caches)",
            r"rm -rf ~/\.cpan/build ~/\.cpan/sources",
            r"rm -rf ~/\.bundle/(cache|\*) /usr/local/bundle/cache/\*",
            r"rm -rf (~/\.cache/(pip|pipenv|virtualenv) ?){3}",
            r"rm -rf (~/\.cache/(pypoetry/(cache|artifacts)|virtualenv) ?){3}",
        ],
        // What a later `*` no longer finds.
        drops_words: &[("rm", "/tmp/(pear|downloaded_packages|cache)")],
        adds_words: &[("gem", "--no-document"), ("uv", "--no-cache"), ("pipx", "--pip-args=--no-cache-dir")],
        ..NOTHING
    },
    Declared {
        rule: "no-apk-cache",
        drops: &["apk update"],
        adds_words: &[("apk", "--no-cache")],
        drops_words: &[("apk", "-U|--update|--update-cache")],
        ..NOTHING
    },
    Declared { rule: "no-pip-cache", adds_words: &[("(pip3?|python3)", "--no-cache-dir")], ..NOTHING },
    Declared {
        rule: "skip-recommends",
        adds_words: &[
            ("apt|apt-get", "--no-install-recommends|ca-certificates"),
            ("dnf", "--setopt=install_weak_deps=False"),
        ],
        files: &[r"/.*\+recommended", "/(usr/local/bin|var/lib/dpkg/info)/ca-certificates"],
        ..NOTHING
    },
    Declared {
        rule: "purge-build-deps",
        adds: &[
            r"apt-get purge -y --auto-remove( (gcc|g\+\+|make|build-essential))+",
            r"apk del( (gcc|g\+\+|make|build-base))+",
        ],
        adds_words: &[("apk", r"libstdc\+\+|libgcc")],
        files: &[
            r"/(usr/local/bin|var/lib/dpkg/info|lib/apk/db)/(gcc|g\+\+|make|build-\w+)(\+recommended)?",
            r"/(usr/local/bin|lib/apk/db)/(libgcc|libstdc\+\+)",
            "/lib/apk/wants-.*",
        ],
        ..NOTHING
    },
];

static REGEXES: LazyLock<Vec<Allowed>> = LazyLock::new(|| DECLARED.iter().map(Allowed::of).collect());

type Words = Vec<(Regex, Regex)>;

/// [`Declared`], ready to be matched.
struct Allowed {
    rule: &'static str,
    adds: Vec<Regex>,
    drops: Vec<Regex>,
    adds_words: Words,
    drops_words: Words,
    files: Vec<Regex>,
}

/// `~` is any home folder.
fn whole(text: &str) -> Regex {
    Regex::new(&format!("^(?:{})$", text.replace('~', "/(root|home/node|srv)"))).unwrap()
}

impl Allowed {
    fn of(declared: &Declared) -> Allowed {
        let all = |texts: &[&str]| texts.iter().map(|text| whole(text)).collect();
        let words = |pairs: &[(&str, &str)]| pairs.iter().map(|(one, other)| (whole(one), whole(other))).collect();
        Allowed {
            rule: declared.rule,
            adds: all(declared.adds),
            drops: all(declared.drops),
            adds_words: words(declared.adds_words),
            drops_words: words(declared.drops_words),
            files: all(declared.files),
        }
    }
}

/// What the transforms that changed something may have done.
pub(crate) struct Changes {
    allowed: Vec<&'static Allowed>,
    /// Whether caches lie in mounts: they may be filled by an earlier build, and be empty at any step.
    pub mounted: bool,
}

impl Changes {
    pub(crate) fn of(rules: &HashSet<&'static str>) -> Changes {
        for rule in rules {
            assert!(DECLARED.iter().any(|declared| declared.rule == *rule), "{rule} is not in this table");
        }
        let allowed = REGEXES.iter().filter(|allowed| rules.contains(allowed.rule)).collect();
        Changes { allowed, mounted: rules.contains("mount-caches") }
    }

    /// What differs between two builds that no transform has declared.
    pub(crate) fn difference(&self, before: &Outcome, after: &Outcome) -> Option<String> {
        let mut text = String::new();
        let aligned = self.align(&before.calls, &after.calls);
        if aligned == Aligned::Improved {
            return None;
        }
        if before.succeeded != after.succeeded {
            let word = |succeeded| if succeeded { "succeeds" } else { "fails" };
            writeln!(text, "the build {} and then {}", word(before.succeeded), word(after.succeeded)).unwrap();
        }
        if let Aligned::UpTo(left, right) = aligned {
            let show = |calls: &[Call], at: usize| calls.get(at).map_or("nothing".to_owned(), Call::to_string);
            let (left, right) = (show(&before.calls, left), show(&after.calls, right));
            writeln!(text, "the calls differ: {left}\n          became: {right}").unwrap();
        }
        if before.succeeded && after.succeeded {
            self.compare_files(before, after, &mut text);
        }
        (!text.is_empty()).then(|| text + &listing("before", before) + &listing("after", after))
    }

    fn compare_files(&self, before: &Outcome, after: &Outcome, text: &mut String) {
        let old: HashSet<&String> = before.files.iter().collect();
        let new: HashSet<&String> = after.files.iter().collect();
        let is_declared = |file: &&&String| {
            self.allowed.iter().flat_map(|allowed| &allowed.files).any(|regex| regex.is_match(path_of(file)))
        };
        for file in old.difference(&new).filter(|file| !is_declared(file)) {
            writeln!(text, "- {file}").unwrap();
        }
        for file in new.difference(&old).filter(|file| !is_declared(file)) {
            writeln!(text, "+ {file}").unwrap();
        }
        for file in after.kept.difference(&before.kept) {
            writeln!(text, "a layer keeps {file}").unwrap();
        }
    }

    /// Looks for a way through both logs.
    fn align(&self, before: &[Call], after: &[Call]) -> Aligned {
        let mut farthest = (0, 0);
        let mut seen = HashSet::new();
        let mut waiting = vec![(0, 0)];
        while let Some((left, right)) = waiting.pop() {
            if !seen.insert((left, right)) {
                continue;
            }
            farthest = farthest.max((left, right));
            let (old, new) = (before.get(left), after.get(right));
            match (old, new) {
                (None, None) => return Aligned::Whole,
                (Some(old), Some(new)) if self.is_same(old, new) => waiting.push((left + 1, right + 1)),
                (Some(old), Some(new)) if self.is_better(old, new) => return Aligned::Improved,
                _ => {}
            }
            if new.is_some_and(|new| new.status == 0 && self.has(new, |allowed| &allowed.adds)) {
                waiting.push((left, right + 1));
            }
            if let Some(old) = old.filter(|old| self.has(old, |allowed| &allowed.drops)) {
                if old.status != 0 {
                    return Aligned::Improved;
                }
                waiting.push((left + 1, right));
            }
        }
        Aligned::UpTo(farthest.0, farthest.1)
    }

    fn has(&self, call: &Call, list: impl Fn(&Allowed) -> &Vec<Regex>) -> bool {
        let text = call.text();
        self.allowed.iter().any(|allowed| list(allowed).iter().any(|regex| regex.is_match(&text)))
    }

    fn is_same(&self, old: &Call, new: &Call) -> bool {
        let found = old.found == new.found || self.mounted;
        found && old.status == new.status && self.has_same_words(old, new)
    }

    /// Whether a call that failed for want of what it works from has that now: an index of its own, or a mount.
    fn is_better(&self, old: &Call, new: &Call) -> bool {
        let has_index = ["apk", "apt-get", "apt", "aptitude"].contains(&old.words[0].as_str());
        let missed = old.status != 0 && old.found == Some(false) && (has_index || self.mounted);
        // Without `--force` npm empties nothing and fails.
        let forced = old.status != 0 && old.words.starts_with(&["npm".into(), "cache".into(), "clean".into()]);
        (missed || forced) && new.found != Some(false) && self.has_same_words(old, new)
    }

    fn has_same_words(&self, old: &Call, new: &Call) -> bool {
        let may = |list: fn(&Allowed) -> &Words, word: &str| {
            let mut pairs = self.allowed.iter().flat_map(|allowed| list(allowed));
            pairs.any(|(program, regex)| program.is_match(&old.words[0]) && regex.is_match(word))
        };
        let mut waiting = vec![(&old.words[..], &new.words[..])];
        while let Some((left, right)) = waiting.pop() {
            match (left.split_first(), right.split_first()) {
                (None, None) => return true,
                (Some((one, left)), Some((other, right))) if one == other => waiting.push((left, right)),
                _ => {}
            }
            if let Some((_, rest)) = right.split_first().filter(|(word, _)| may(|allowed| &allowed.adds_words, word)) {
                waiting.push((left, rest));
            }
            if let Some((_, rest)) = left.split_first().filter(|(word, _)| may(|allowed| &allowed.drops_words, word)) {
                waiting.push((rest, right));
            }
        }
        false
    }
}

/// How far two logs are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aligned {
    Whole,
    /// What failed before no longer does; what comes then cannot be compared.
    Improved,
    UpTo(usize, usize),
}

fn listing(name: &str, outcome: &Outcome) -> String {
    let calls: String = outcome.calls.iter().map(|call| format!("    {call}\n")).collect();
    format!("{name}:\n{calls}")
}
