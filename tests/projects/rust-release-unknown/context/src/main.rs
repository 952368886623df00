//! Says which OpenSSL it was linked with.
fn main() {
    println!("{}", openssl::version::version());
}
