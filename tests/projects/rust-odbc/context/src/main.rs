//! Counts the words of a text, and greets as its settings say.
use std::{env, fs};

fn main() {
    let greeting = fs::read_to_string("settings/greeting.txt").unwrap_or_else(|_| "hello".to_owned());
    let words: Vec<String> = env::args().skip(1).collect();
    println!("{}: {} words", greeting.trim(), words.len());
}
