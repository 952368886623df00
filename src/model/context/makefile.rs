//! What `make` runs for its targets, as far as a Makefile tells it without conditions, includes or functions.

use std::collections::BTreeMap;

/// How deep variables may name each other, and targets may need each other.
const DEEPEST: usize = 16;

/// A Makefile that was read whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Makefile {
    variables: BTreeMap<String, String>,
    rules: Vec<Rule>,
    /// Variables that commands find in their environment.
    exported: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    target: String,
    needs: Vec<String>,
    recipe: Vec<String>,
}

impl Makefile {
    /// Reads a text; `None` where conditions, includes or rules for patterns decide. `given` are the variables of the call.
    pub fn parse(text: &str, given: &[(String, String)]) -> Option<Makefile> {
        let mut found = Makefile { variables: given.iter().cloned().collect(), ..Makefile::default() };
        let joined = text.replace("\\\r\n", "\\\n");
        let mut lines = joined.split('\n').map(|line| line.trim_end_matches('\r'));
        while let Some(first) = lines.next() {
            let mut line = first.to_owned();
            while line.ends_with('\\') {
                line.pop();
                line.push_str(lines.next().unwrap_or_default().trim_start());
            }
            found.line(&line, given)?;
        }
        Some(found)
    }

    fn line(&mut self, line: &str, given: &[(String, String)]) -> Option<()> {
        const DECIDING: &[&str] = &[
            "include", "-include", "sinclude", "ifeq", "ifneq", "ifdef", "ifndef", "else", "endif", "define",
            "unexport", "override", "vpath", "private", "undefine",
        ];
        if let Some(command) = line.strip_prefix('\t') {
            self.rules.last_mut()?.recipe.push(command.to_owned());
            return Some(());
        }
        let line = line.split(" #").next().unwrap_or(line).trim_end();
        if line.trim().is_empty() || line.starts_with('#') {
            return Some(());
        }
        let first = line.split_whitespace().next()?;
        if DECIDING.contains(&first) || line.starts_with(' ') {
            return None;
        }
        let line = match line.strip_prefix("export ") {
            Some(exported) if exported.contains('=') => {
                let name = exported.split(['=', ':', '?', ' ']).next()?;
                self.exported.push(name.to_owned());
                exported.trim_start()
            }
            Some(names) => {
                self.exported.extend(names.split_whitespace().map(str::to_owned));
                return Some(());
            }
            // All of them.
            None if line == "export" => return None,
            None => line,
        };
        match line.split_once('=') {
            Some((name, value)) if !name.trim_end_matches([':', '?', '+', ' ', '\t']).contains([':', ' ', '\t']) => {
                let (operator, value) = (name.trim_end().chars().next_back(), value.trim());
                let name = name.trim_end_matches([':', '?', '+', ' ', '\t']).to_owned();
                match operator {
                    _ if given.iter().any(|(found, _)| *found == name) => {}
                    Some('+') => {
                        let old = self.variables.entry(name).or_default();
                        *old = format!("{old} {value}").trim().to_owned();
                    }
                    Some('?') => drop(self.variables.entry(name).or_insert_with(|| value.to_owned())),
                    _ => drop(self.variables.insert(name, value.to_owned())),
                }
                Some(())
            }
            _ => self.rule(line),
        }
    }

    fn rule(&mut self, line: &str) -> Option<()> {
        let (targets, needs) = line.split_once(':')?;
        if needs.contains(['=', ';', ':']) || targets.contains('%') {
            return None;
        }
        let needs = self.expand(needs, None, DEEPEST)?;
        let needs: Vec<String> = needs.split_whitespace().filter(|word| *word != "|").map(str::to_owned).collect();
        for target in self.expand(targets, None, DEEPEST)?.split_whitespace() {
            if !target.starts_with('.') {
                self.rules.push(Rule { target: target.to_owned(), needs: needs.clone(), recipe: Vec::new() });
            }
        }
        // What stands below several targets would be noted for the last one alone.
        let is_single = targets.split_whitespace().count() == 1;
        is_single.then_some(())
    }

    /// The commands for some targets, or for the first one, in the order in which they run.
    pub fn commands(&self, targets: &[&str]) -> Option<Vec<String>> {
        let first = self.variables.get(".DEFAULT_GOAL").map(String::as_str);
        let first = first.or(self.rules.first().map(|rule| rule.target.as_str()));
        let wanted = if targets.is_empty() { vec![first?] } else { targets.to_vec() };
        let (mut made, mut found) = (Vec::new(), Vec::new());
        for target in wanted {
            self.rules.iter().find(|rule| rule.target == target)?;
            self.make(target, &mut made, &mut found, DEEPEST)?;
        }
        Some(found)
    }

    fn make(&self, target: &str, made: &mut Vec<String>, found: &mut Vec<String>, depth: usize) -> Option<()> {
        if depth == 0 {
            return None;
        }
        if made.iter().any(|done| done == target) {
            return Some(());
        }
        made.push(target.to_owned());
        for rule in self.rules.iter().filter(|rule| rule.target == target) {
            for need in &rule.needs {
                self.make(need, made, found, depth - 1)?;
            }
            for line in &rule.recipe {
                let line = line.trim_start_matches(['@', '-', '+', ' ', '\t']);
                found.push(format!("{}{}", self.environment(rule)?, self.expand(line, Some(rule), DEEPEST)?));
            }
        }
        Some(())
    }

    /// What is set in front of a command.
    fn environment(&self, rule: &Rule) -> Option<String> {
        let mut found = String::new();
        for name in &self.exported {
            let Some(value) = self.variables.get(name) else { continue };
            found.push_str(&format!("{name}=\"{}\" ", self.expand(value, Some(rule), DEEPEST)?));
        }
        Some(found)
    }

    /// A text with its variables replaced; `$(shell …)` becomes what a shell writes for it, and what nobody sets stays for
    /// the shell.
    fn expand(&self, text: &str, rule: Option<&Rule>, depth: usize) -> Option<String> {
        let mut found = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            found.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let sign = rest.chars().next().filter(|_| depth > 0)?;
            let (name, behind) = match sign {
                '(' | '{' => {
                    let end = closing(rest)?;
                    (&rest[1..end], &rest[end + 1..])
                }
                _ => (&rest[..sign.len_utf8()], &rest[sign.len_utf8()..]),
            };
            rest = behind;
            match (name, rule) {
                ("$", _) => found.push('$'),
                ("@", Some(rule)) => found.push_str(&rule.target),
                ("<", Some(rule)) => found.push_str(rule.needs.first()?),
                ("^", Some(rule)) => found.push_str(&rule.needs.join(" ")),
                ("MAKE", _) => found.push_str("make"),
                ("CURDIR", _) => found.push('.'),
                _ if name.starts_with("shell ") => {
                    let inner = self.expand(&name["shell ".len()..], rule, depth - 1)?;
                    found.push_str(&format!("$({inner})"));
                }
                _ if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) => return None,
                _ => match self.variables.get(name) {
                    Some(value) => found.push_str(&self.expand(value, rule, depth - 1)?),
                    None => found.push_str(&format!("${{{name}}}")),
                },
            }
        }
        found.push_str(rest);
        Some(found)
    }
}

/// Where the bracket ends that a text begins with.
fn closing(text: &str) -> Option<usize> {
    let (open, close) = if text.starts_with('(') { ('(', ')') } else { ('{', '}') };
    let mut depth = 0;
    for (at, sign) in text.char_indices() {
        match sign {
            _ if sign == open => depth += 1,
            _ if sign == close && depth == 1 => return Some(at),
            _ if sign == close => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str, targets: &[&str], given: &[(&str, &str)]) -> Option<Vec<String>> {
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Makefile::parse(text, &given)?.commands(targets)
    }

    #[test]
    fn targets_run_what_they_need_first() {
        let text = "NAME ?= tool\nFLAGS := -X main.v=$(shell git describe)\nFLAGS += -s\n.PHONY: build\n\
                    build: vet # all\n\t@go build -ldflags \"$(FLAGS)\" \\\n\t\t-o bin/$(NAME) .\nvet:\n\tgo vet $(PKG)\n\
                    install: build\n\tinstall -m 755 bin/$(NAME) /usr/local/bin/$$X\n";
        assert_eq!(
            commands(text, &["install"], &[("NAME", "other")]).unwrap(),
            [
                "go vet ${PKG}",
                "go build -ldflags \"-X main.v=$(git describe) -s\" -o bin/other .",
                "install -m 755 bin/other /usr/local/bin/$X"
            ]
        );
        assert_eq!(commands(text, &[], &[]).unwrap().len(), 2);
        assert_eq!(commands(text, &["other"], &[]), None);
    }

    #[test]
    fn what_is_exported_is_set_for_commands() {
        let text = "export CGO_ENABLED = 0\nNAME := tool\nexport NAME\nall:\n\tgo build -o $(NAME)\n";
        assert_eq!(commands(text, &[], &[]).unwrap(), ["CGO_ENABLED=\"0\" NAME=\"tool\" go build -o tool"]);
    }

    #[test]
    fn what_decides_elsewhere_is_not_read() {
        for text in [
            "include x.mk\nall:\n\techo\n", "ifeq (a,b)\nall:\nendif\n", "%.o: %.c\n\tcc $<\n", "all: X=1\n",
            "all:\n\techo $(wildcard *)\n", "a b:\n\techo\n", "export\nall:\n\techo\n", "all: ; echo\n",
        ] {
            assert_eq!(commands(text, &[], &[]), None, "{text}");
        }
    }
}
