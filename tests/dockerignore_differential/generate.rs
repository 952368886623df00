//! Random trees, and random pattern files that are likely to hit something in them.

/// A tree and a `.dockerignore`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The bytes of the file.
    pub file: Vec<u8>,
    /// Paths with what they are, sorted as builders walk: by name, folders before what is in them.
    pub tree: Vec<(Vec<u8>, Kind)>,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Link,
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// True once in so many times.
    pub fn one_in(&mut self, end: u64) -> bool {
        (self.next() >> 33).is_multiple_of(end)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// How odd the names and patterns may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Names that people use.
    Plain,
    /// Blanks, wildcards, newlines, and all that is special in some builder.
    Odd,
    /// Also bytes that are no UTF-8.
    Bytes,
}

const NAMES: &[&str] = &[
    "a", "b", "c", "ab", "abc", "src", "lib", "a.go", "b.go", ".git", ".env", "node_modules", "x.log", "README.md",
    "Dockerfile", "Dockerfile.d", "dist", "build", "1", "a1", "A", "foo", "foobar", "bar",
];
const ODD_NAMES: &[&str] = &[
    "a b", " a", "a ", "a+b", "a*", "[a]", "a?b", "a\\b", "a\nb", "ä", "日本", "#a", "!a", "a{1}", "a|b", "(a)", "^a",
    "a$", "-", "a-b", "]", "\u{feff}x", "**", "&", "a\tb", "\u{a0}n",
];

/// Draws a case.
pub fn case(random: &mut Random, oddity: Oddity) -> Case {
    let mut draw = Draw { random, oddity };
    let tree = draw.tree();
    let mut lines = Vec::new();
    for _ in 0..draw.below(6) + 1 {
        lines.push(draw.line(&tree));
    }
    let end: &[u8] = if draw.one_in(8) { b"\r\n" } else { b"\n" };
    let mut file = lines.join(end);
    if !draw.one_in(4) {
        file.extend_from_slice(end);
    }
    if draw.one_in(20) {
        file.splice(0..0, "\u{feff}".bytes());
    }
    Case { file, tree }
}

struct Draw<'r> {
    random: &'r mut Random,
    oddity: Oddity,
}

impl Draw<'_> {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.next() >> 33).unwrap() % end
    }

    fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn name(&mut self) -> Vec<u8> {
        if self.oddity == Oddity::Bytes && self.one_in(10) {
            return self.of(&[&b"\xff"[..], b"a\xffb", b"\xe4", b"\xc3"]).to_vec();
        }
        let odd = self.oddity != Oddity::Plain && self.one_in(5);
        let name = if odd { self.of(ODD_NAMES) } else { self.of(NAMES) };
        name.as_bytes().to_vec()
    }

    fn tree(&mut self) -> Vec<(Vec<u8>, Kind)> {
        let mut tree: Vec<(Vec<u8>, Kind)> = Vec::new();
        for _ in 0..self.below(14) + 3 {
            let folders: Vec<usize> = (0..tree.len()).filter(|at| tree[*at].1 == Kind::Folder).collect();
            let mut path = match folders.len() {
                0 => Vec::new(),
                count if self.one_in(4) || count == 0 => Vec::new(),
                count => [&tree[folders[self.below(count)]].0[..], b"/"].concat(),
            };
            path.extend(self.name());
            if path.iter().filter(|byte| **byte == b'/').count() > 3 || tree.iter().any(|(found, _)| *found == path) {
                continue;
            }
            let kind = self.of(&[Kind::File, Kind::File, Kind::Folder, Kind::Folder, Kind::Folder, Kind::Link]);
            tree.push((path, kind));
        }
        let parts = |path: &[u8]| path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>();
        tree.sort_by_key(|(path, _)| parts(path));
        tree
    }

    fn line(&mut self, tree: &[(Vec<u8>, Kind)]) -> Vec<u8> {
        match self.below(30) {
            0 => return b"# a comment".to_vec(),
            1 => {
                return self
                    .of(&[&b" # no comment"[..], b"", b"  ", b"\t", b"/", b".", b"..", b"*", b"**", b"!**"])
                    .to_vec();
            }
            2 if self.oddity != Oddity::Plain => {
                return self
                    .of(&[&b"!"[..], b"! ", b"[", b"a[", b"[]", b"[z-a]", b"a\\", b"\\", b"[a-]", b"!/", b"\\d"])
                    .to_vec();
            }
            _ => {}
        }
        let mut pattern = self.pattern(tree);
        for (odds, head) in [(8, &b"/"[..]), (12, b"./"), (14, b"a/../"), (30, b"../")] {
            if self.one_in(odds) {
                pattern = [head, &pattern].concat();
            }
        }
        for (odds, tail) in [(6, &b"/"[..]), (8, b"/**"), (8, b"/*"), (30, b"/."), (30, b"//")] {
            if self.one_in(odds) {
                pattern.extend_from_slice(tail);
            }
        }
        if self.one_in(4) {
            let mark: &[u8] = if self.one_in(6) { b"! " } else { b"!" };
            pattern = [mark, &pattern].concat();
        }
        if self.one_in(10) {
            pattern = [b"  ", &pattern[..], b" \t"].concat();
        }
        pattern
    }

    /// A path of the tree, or a new one, with some of it replaced by wildcards.
    fn pattern(&mut self, tree: &[(Vec<u8>, Kind)]) -> Vec<u8> {
        let path = match tree {
            [] => self.name(),
            _ if self.one_in(6) => self.name(),
            tree => tree[self.below(tree.len())].0.clone(),
        };
        let mut parts: Vec<Vec<u8>> = path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
        if self.one_in(3) {
            parts.truncate(self.below(parts.len()) + 1);
        }
        for part in &mut parts {
            *part = self.part(part);
        }
        if self.one_in(4) {
            let from = self.below(parts.len());
            parts.splice(0..from, [b"**".to_vec()]);
        } else if self.one_in(6) {
            let at = self.below(parts.len());
            parts.insert(at, b"**".to_vec());
        }
        parts.join(&b'/')
    }

    fn part(&mut self, part: &[u8]) -> Vec<u8> {
        let cut = self.below(part.len() + 1);
        let (head, tail) = part.split_at(cut);
        match self.below(16) {
            0 => b"*".to_vec(),
            1 => [head, b"*"].concat(),
            2 => [b"*", tail].concat(),
            3 => [head, b"*", tail].concat(),
            4 if !tail.is_empty() => [head, b"?", &tail[1..]].concat(),
            5 if !tail.is_empty() => [head, b"[", &tail[..1], b"]", &tail[1..]].concat(),
            6 if !tail.is_empty() => [head, b"[^x]", &tail[1..]].concat(),
            7 if !tail.is_empty() => [head, b"[a-z]", &tail[1..]].concat(),
            8 if self.oddity != Oddity::Plain => [head, b"\\", tail].concat(),
            9 if self.oddity != Oddity::Plain => {
                [head, self.of(&[&b"**"[..], b"[!a]", b"[[:alpha:]]", b"[\\d]", b"+"]), tail].concat()
            }
            _ => part.to_vec(),
        }
    }
}
