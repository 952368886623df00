//! Prints how many words it is given.

fn main() {
    println!("{}", words::count(std::env::args().skip(1)));
}
