//! Bytes as people write and read them: thousands, as Docker counts.

use std::fmt;
use std::str::FromStr;

/// The number with a unit, right for a column: `12.3 MB`, ` 999 B `.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"];
        let (mut value, mut unit) = (self.0 as f64, 0);
        while value >= 999.95 && unit + 1 < units.len() {
            value /= 1000.0;
            unit += 1;
        }
        let text = if unit == 0 { format!("{} B", self.0) } else { format!("{value:.1} {}", units[unit]) };
        f.pad(&text)
    }
}

/// A difference, with its sign.
pub fn signed(before: u64, after: u64) -> String {
    match before.cmp(&after) {
        std::cmp::Ordering::Equal => "0 B".to_owned(),
        std::cmp::Ordering::Less => format!("+{}", Bytes(after - before)),
        std::cmp::Ordering::Greater => format!("-{}", Bytes(before - after)),
    }
}

/// The part of a whole in percent; of nothing, nothing.
pub fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// Bytes, or a share of the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// So many bytes.
    Bytes(u64),
    /// So many percent.
    Percent(f64),
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Bound, String> {
        match text.strip_suffix('%') {
            Some(_) => parse_percent(text).map(Bound::Percent),
            None => parse_size(text).map(Bound::Bytes),
        }
    }
}

/// `95`, `95%`, `97.5`.
pub fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    let share: f64 = number.parse().map_err(|_| "expected a number of percent, such as 95".to_owned())?;
    if (0.0..=100.0).contains(&share) { Ok(share) } else { Err("expected between 0 and 100 percent".to_owned()) }
}

/// `1000`, `20MB`, `1.5 GiB`, `512k`.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let expected = || "expected a number of bytes, such as 20MB or 1.5GiB".to_owned();
    let text = text.trim();
    let end = text.find(|found: char| !found.is_ascii_digit() && found != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().map_err(|_| expected())?;
    let factor: f64 = match text[end..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return Err(expected()),
    };
    Ok((number * factor).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_and_read() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_960, "1.0 MB"),
            (117_234_567, "117.2 MB"),
            (52_428_800, "52.4 MB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
        for (text, bytes) in [
            ("10", 10),
            ("20MB", 20_000_000),
            ("1.5 GiB", 1_610_612_736),
            ("2k", 2000),
            ("50MB", 50_000_000),
            ("800k", 800_000),
            ("12", 12),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "1 parsec", "-1", "much", "5XB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!("10%".parse(), Ok(Bound::Percent(10.0)));
        assert!("110%".parse::<Bound>().is_err());
        assert_eq!(signed(3000, 1000), "-2.0 kB");
    }
}
