fn main() {
    println!("{}", words::count(std::env::args().skip(1)));
}
