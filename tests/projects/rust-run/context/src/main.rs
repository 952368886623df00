//! Says what it was handed.
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    println!("hello {}", words.join(", "));
}
