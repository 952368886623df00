//! The keys, and what they mean.

use std::io;

use console::{Key, Term};

/// What a key says. Lower case is about the proposal on the screen, upper case about all that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `y`
    Yes,
    /// `n`
    No,
    /// `a`: yes to all of this rule, in this file.
    RuleHere,
    /// `d`: no to the rest of this file.
    RestOfFile,
    /// `s`
    Split,
    /// `e`
    Edit,
    /// `i`: a comment above the instruction.
    Ignore,
    /// `u`: back to the last question.
    Undo,
    /// `?`
    Explain,
    /// `q`
    Quit,
    /// `Y`
    YesToAll,
    /// `N`, `D`
    NoToAll,
    /// `A`: yes to all of this rule, in all files.
    RuleEverywhere,
    /// `S`
    SplitAll,
    /// `E`: the whole file as it stands.
    EditFile,
    /// `I`: a comment for the whole file.
    IgnoreInFile,
    /// `Q`, Ctrl-C: at once, and the file on the screen stays as it is.
    Abandon,
}

/// Every answer: its key, in the order of the prompt; what it says; and the word that is left behind.
const KEYS: &[(char, Answer, &str)] = &[
    ('y', Answer::Yes, "yes: take it"),
    ('n', Answer::No, "no: leave the place alone, and do not ask again"),
    ('a', Answer::RuleHere, "yes to this and all of the same rule in this file"),
    ('d', Answer::RestOfFile, "no to this and the rest of the file"),
    ('s', Answer::Split, "split it, and ask about each of its edits"),
    ('e', Answer::Edit, "edit the file with this fix in it, in $VISUAL or $EDITOR"),
    ('i', Answer::Ignore, "ignore: write a comment with a reason above the instruction"),
    ('u', Answer::Undo, "undo the last answer in this file"),
    ('q', Answer::Quit, "quit: write what was taken, and ask about the rest next time"),
    ('?', Answer::Explain, "explain: these keys, and the manual page of the rule"),
    ('Y', Answer::YesToAll, "yes to all that is safe, in all files that are left"),
    ('N', Answer::NoToAll, "no to all, in all files that are left"),
    ('D', Answer::NoToAll, "the same"),
    ('A', Answer::RuleEverywhere, "yes to all of the same rule, in all files that are left"),
    ('S', Answer::SplitAll, "split all that can be, from here on"),
    ('E', Answer::EditFile, "edit the file with what was taken so far, without this fix"),
    ('I', Answer::IgnoreInFile, "ignore: write a comment that forbids the rule in the whole file"),
    ('Q', Answer::Abandon, "quit, and leave this file as it is; Ctrl-C does the same"),
];

/// Waits for a key. The terminal is in raw mode only while it is read, so nothing has to be restored later.
pub fn read(term: &Term) -> io::Result<Option<Answer>> {
    let key = match term.read_key_raw()? {
        Key::Char(key) => key,
        Key::CtrlC => return Ok(Some(Answer::Abandon)),
        _ => return Ok(None),
    };
    // Ctrl-D and the end of the input.
    if key == '\u{4}' {
        return Ok(Some(Answer::Quit));
    }
    if key == '\u{3}' {
        return Ok(Some(Answer::Abandon));
    }
    Ok(KEYS.iter().find(|(found, ..)| *found == key).map(|(_, answer, _)| *answer))
}

/// The keys with what they mean, lower case first.
pub fn keys() -> impl Iterator<Item = (char, &'static str)> {
    KEYS.iter().map(|(key, _, meaning)| (*key, *meaning))
}

/// The keys of the prompt.
pub fn prompt_keys(can_split: bool, can_undo: bool) -> Vec<char> {
    let shown = |key: &char| match key {
        's' => can_split,
        'u' => can_undo,
        _ => !key.is_ascii_uppercase(),
    };
    KEYS.iter().map(|(key, ..)| *key).filter(shown).collect()
}
