//! Dockerfiles that install, made from numbers: whatever the numbers are, they make a Dockerfile, so that a failing
//! case gets smaller by smaller numbers and fewer of them.

use std::fmt::Write;

use proptest::prelude::*;

use crate::builder::find;
use crate::templates::{IMAGES, Image, LIBRARIES, OTHERS, PACKAGES, PLAIN, Program, STARTS, TAKEN, Templates};

/// A Dockerfile as numbers.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    image: usize,
    shell: u8,
    steps: Vec<Step>,
    /// In front of which step another stage begins, and what it starts from.
    split: (usize, u8),
    start: usize,
    /// Whether the first script begins with fetching the index, so that what comes later can install.
    primed: bool,
    pub merge_all: bool,
}

/// An instruction as numbers.
#[derive(Clone, Debug)]
struct Step {
    kind: u8,
    other: u32,
    parts: Vec<Part>,
    joiner: u8,
    layout: u8,
}

/// A command of a script as numbers.
#[derive(Clone, Debug)]
struct Part {
    kind: u8,
    template: u32,
    word: u32,
    wrapper: u8,
}

/// The cases whose shells are installed.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let split = (0..8_usize, 0..5_u8);
    let steps = proptest::collection::vec(steps(), 1..6);
    let flags = (any::<bool>(), any::<bool>());
    let numbers = (0..1000_usize, 0..12_u8, steps, split, 0..STARTS.len(), flags);
    numbers.prop_map(|(image, shell, steps, split, start, (primed, merge_all))| Case {
        image,
        shell,
        steps,
        split,
        start,
        primed,
        merge_all,
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let part = (0..20_u8, 0..10_000_u32, 0..10_000_u32, 0..60_u8).prop_map(|(kind, template, word, wrapper)| Part {
        kind,
        template,
        word,
        wrapper,
    });
    let parts = proptest::collection::vec(part, 1..4);
    (0..10_u8, 0..10_000_u32, parts, 0..20_u8, 0..12_u8).prop_map(|(kind, other, parts, joiner, layout)| Step {
        kind,
        other,
        parts,
        joiner,
        layout,
    })
}

fn take(templates: Templates, number: u32) -> &'static str {
    let total: u32 = templates.iter().map(|(weight, _)| weight).sum();
    let mut left = number % total;
    for (weight, text) in templates {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return text,
        }
    }
    unreachable!("the number is below the sum")
}

impl Case {
    /// The Dockerfile.
    pub(crate) fn text(&self) -> String {
        let there: Vec<&Image> = IMAGES.iter().filter(|image| find(image.program).is_some()).collect();
        let image = there[self.image % there.len()];
        let mut text = format!("FROM {}", image.name);
        let split = self.split.0;
        let has_split = (1..self.steps.len()).contains(&split);
        text.push_str(if has_split { " AS base\n" } else { "\n" });
        text.push_str(self.shell(image));
        for (at, step) in self.steps.iter().enumerate() {
            if has_split && at == split {
                text.push_str(&self.second_stage(image));
            }
            let index = if self.primed && at == 0 { image.system.index } else { "" };
            step.write(image, index, &mut text);
        }
        let start = STARTS[self.start];
        if !start.is_empty() {
            writeln!(text, "{start}").unwrap();
        }
        text
    }

    fn shell(&self, image: &Image) -> &'static str {
        match (self.shell, image.program) {
            (0, Program::Busybox) => "SHELL [\"/bin/ash\", \"-eo\", \"pipefail\", \"-c\"]\n",
            (0, _) if find(Program::Bash).is_some() => "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n",
            (1, _) => "SHELL [\"/bin/sh\", \"-e\", \"-c\"]\n",
            _ => "",
        }
    }

    fn second_stage(&self, image: &Image) -> String {
        match self.split.1 {
            0..3 => "FROM base\n".to_owned(),
            kind => {
                let taken = TAKEN[(self.start + usize::from(self.shell)) % TAKEN.len()];
                let taken = if kind == 3 { "/srv" } else { taken };
                format!("FROM {}\nCOPY --from=base {taken} {taken}\n", image.name)
            }
        }
    }
}

impl Step {
    /// `index`: the command to begin with, if any.
    fn write(&self, image: &Image, index: &str, text: &mut String) {
        if self.kind > 7 {
            return writeln!(text, "{}", take(OTHERS, self.other)).unwrap();
        }
        let mut parts: Vec<String> = self.parts.iter().map(|part| part.text(image)).collect();
        if !index.is_empty() {
            parts.insert(0, index.to_owned());
        }
        if matches!(self.joiner, 14..16) {
            parts.insert(0, "set -e".to_owned());
        }
        let script = match self.layout {
            0..6 => self.join(&parts, " "),
            6..9 => self.join(&parts, " \\\n    "),
            9 => self.join(&parts, " \\\n    # why\n    "),
            10 => format!("<<EOF\n{}\nEOF", self.join(&parts, "\n")),
            _ => format!("{} # why", self.join(&parts, " ")),
        };
        writeln!(text, "RUN {script}").unwrap();
    }

    fn join(&self, parts: &[String], space: &str) -> String {
        let mut script = parts[0].clone();
        for (at, part) in parts.iter().enumerate().skip(1) {
            let joiner = match self.joiner {
                0..14 => "&&",
                14..17 => ";",
                17 => ["&&", ";"][at % 2],
                18 => [";", "&&"][at % 2],
                _ => ["&&", "||"][at % 2],
            };
            match joiner {
                ";" => write!(script, ";{space}{part}").unwrap(),
                _ if space == "\n" => write!(script, " {joiner} {part}").unwrap(),
                _ => write!(script, "{space}{joiner} {part}").unwrap(),
            }
        }
        script
    }
}

impl Part {
    fn text(&self, image: &Image) -> String {
        let language = image.languages[self.word as usize % image.languages.len()];
        let templates = match self.kind {
            0..10 => image.system.templates,
            10..17 => language,
            _ => PLAIN,
        };
        let command = take(templates, self.template);
        let command = command.replace("@p", take(PACKAGES, self.word)).replace("@l", take(LIBRARIES, self.word));
        match self.wrapper {
            40 | 41 => format!("( {command} )"),
            42 | 43 => format!("{{ {command}; }}"),
            44 | 45 => format!("if test -e /srv/b; then {command}; fi"),
            46 | 47 => format!("for I in 1 2; do {command}; done"),
            48 => format!("if {command}; then true; fi"),
            49 | 50 => format!("( {command} || true )"),
            51 => format!("{command} > /tmp/log 2>&1"),
            52 => format!("{command} | cat"),
            53 => format!("X=$({command})"),
            54 => format!("! {command}"),
            55 => format!("{command} || exit 1"),
            _ => command,
        }
    }
}
