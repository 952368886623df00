//! Answers every request with a page and a setting.

use std::io::{Read, Write};
use std::net::TcpListener;
fn main() {
    let port = std::env::var("PORT").unwrap();
    let l = TcpListener::bind(format!("0.0.0.0:{port}")).unwrap();
    for s in l.incoming() {
        let mut s = s.unwrap();
        let mut b = [0; 1024];
        let _ = s.read(&mut b);
        let body = std::fs::read_to_string("assets/index.html").unwrap() + &std::fs::read_to_string("settings.conf").unwrap();
        let _ = write!(s, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.len(), body);
    }
}
