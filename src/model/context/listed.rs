//! Lists of processes, which a manager of processes starts: pm2's `ecosystem.config.js`, nodemon's settings.

use super::Context;

/// Managers, and how their lists are called, without what stands behind the dot.
const LISTS: &[(&str, &[&str])] = &[
    ("pm2", &["ecosystem.config", "ecosystem", "pm2.config", "pm2", "process", "processes"]),
    ("nodemon", &["nodemon"]),
];

/// How such files end.
const ENDS: &[&str] = &[".js", ".cjs", ".mjs", ".json", ".yml", ".yaml"];

/// What of an entry is started, or loaded by what is started.
const KEYS: &[&str] = &[
    "script", "interpreter", "interpreter_args", "interpreterArgs", "node_args", "nodeArgs", "args", "exec",
    "exec_interpreter", "execMap", "ts", "js", "cmd",
];

/// Whether a file may be the list of a manager of processes.
pub(super) fn is_list(path: &str) -> bool {
    LISTS.iter().any(|(_, names)| is_called(path, names))
}

impl Context {
    /// The commands of all lists that a program reads when it is started; none for programs that start no list.
    pub fn listed_commands(&self, program: &str) -> Vec<String> {
        let names = LISTS.iter().filter(|(manager, _)| program.split('-').next() == Some(*manager));
        let names: Vec<&str> = names.flat_map(|(_, names)| names.iter().copied()).collect();
        let lists = self.texts().filter(|(path, _)| is_called(path, &names));
        lists.flat_map(|(_, text)| commands(text)).collect()
    }
}

fn is_called(path: &str, names: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = ENDS.iter().find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| names.contains(&stem))
}

/// The values that say what is started, each as it is written, without quotes and brackets.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(':') {
        let before = text[..at].trim_end().trim_end_matches(['"', '\'']);
        let key = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        if !KEYS.contains(&key) {
            continue;
        }
        let rest = text[at + 1..].trim_start_matches([' ', '\t']);
        let end = match rest.chars().next() {
            Some('[') => rest.find(']'),
            Some('{') => rest.find('}'),
            Some(quote @ ('"' | '\'' | '`')) => rest[1..].find(quote).map(|end| end + 2),
            _ => rest.find(['\n', ',', '}']),
        };
        let value = &rest[..end.unwrap_or(rest.len())];
        let value = value.replace(['[', ']', '{', '}', '"', '\'', '`', ','], " ");
        found.push(value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_starts_is_told_from_what_it_sets() {
        let list = "module.exports = {\n  apps: [{\n    name: 'api', watch: false,\n    script: './src/server.ts',\n    \
                    interpreter_args: ['-r', 'ts-node/register'], env: { PORT: 80 },\n  }],\n};\n";
        assert_eq!(commands(list), ["./src/server.ts", "-r ts-node/register"]);
        assert_eq!(commands("apps:\n  - script: worker.py\n    interpreter: python3\n"), ["worker.py", "python3"]);
        assert_eq!(commands("{\"exec\": \"ts-node src/index.ts\", \"watch\": [\"src\"]}"), ["ts-node src/index.ts"]);
        assert!(is_list("deploy/ecosystem.config.cjs") && is_list("nodemon.json") && !is_list("src/index.js"));
    }
}
