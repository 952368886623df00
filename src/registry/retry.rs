//! When a request is sent again, and how long is waited before.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread;
use std::time::{Duration, SystemTime};

use ureq::Body;

use crate::http::{Failure, Http, Request, Response};

/// How often a request is sent at most.
pub(crate) const TRIES: u32 = 5;

const FIRST_WAIT: Duration = Duration::from_millis(200);
/// What a server may ask for; a longer wait is nothing to sit through.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Http {
    /// Asks, and asks again where that may help. The last answer counts, good or bad.
    pub(crate) fn send_patiently(&self, request: &Request<'_>) -> Result<Response, Failure> {
        patiently(|| self.send(request))
    }

    /// The same for a body that is read later.
    pub(crate) fn open_patiently(&self, request: &Request<'_>, skip: u64) -> Result<Response<Body>, Failure> {
        patiently(|| self.open(request, skip))
    }
}

fn patiently<B>(ask: impl Fn() -> Result<Response<B>, Failure>) -> Result<Response<B>, Failure> {
    for attempt in 1.. {
        let answer = ask();
        match then(&answer, attempt) {
            Then::Again(wait) => thread::sleep(wait),
            Then::Done | Then::Later(_) => return answer,
        }
    }
    unreachable!("there is always a next number")
}

/// What to do about an answer.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    /// It is final.
    Done,
    /// To be sent again after this time.
    Again(Duration),
    /// It may be better after this time, which is too long.
    Later(Duration),
}

/// Decides about the answer to the `attempt`-th try, counted from 1.
fn then<B>(answer: &Result<Response<B>, Failure>, attempt: u32) -> Then {
    let wish = match answer {
        Ok(response) if matches!(response.status, 408 | 429 | 500 | 502 | 503 | 504) => {
            response.header("retry-after").and_then(|text| wish(text, SystemTime::now()))
        }
        Err(Failure::Broken(_)) => None,
        _ => return Then::Done,
    };
    match wish {
        Some(wish) if wish > LONGEST_WAIT => Then::Later(wish),
        _ if attempt >= TRIES => Then::Done,
        Some(wish) => Then::Again(wish + jittered(FIRST_WAIT)),
        None => Then::Again(jittered(FIRST_WAIT * 2_u32.pow(attempt - 1))),
    }
}

/// `Retry-After`: seconds, or a date.
fn wish(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date(text.trim())?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_once(", ")?.1.split(' ').collect();
    let [day, month, year, time, "GMT"] = words[..] else { return None };
    let month = 1 + MONTHS.iter().position(|name| *name == month)?;
    humantime::parse_rfc3339(&format!("{year}-{month:02}-{day}T{time}Z")).ok()
}

/// Between half of a time and one and a half times of it, so that not all come back at once.
fn jittered(time: Duration) -> Duration {
    // Every state has keys of its own.
    let random = RandomState::new().build_hasher().finish();
    time / 2 + time.mul_f64((random % 1024) as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn answer(status: u16, retry_after: Option<&str>) -> Result<Response, Failure> {
        let mut headers = ureq::http::HeaderMap::new();
        retry_after.map(|text| headers.insert("retry-after", text.parse().unwrap()));
        let address = Address::parse("https://a/").unwrap();
        Ok(Response { status, headers, body: Vec::new(), address })
    }

    #[test]
    fn what_may_pass_is_tried_again_and_the_servers_wish_counts() {
        let seconds = |seconds| Duration::from_secs(seconds);
        assert_eq!(then(&answer(404, None), 1), Then::Done);
        assert_eq!(then::<Vec<u8>>(&Err(Failure::Timeout), 1), Then::Done);
        assert_eq!(then(&answer(503, None), TRIES), Then::Done);
        assert_eq!(then(&answer(429, Some("3600")), 1), Then::Later(seconds(3600)));
        assert!(
            matches!(then(&answer(429, Some("2")), 1), Then::Again(wait) if wait > seconds(2) && wait < seconds(3))
        );
        assert!(matches!(then(&answer(500, None), 1), Then::Again(wait) if wait < seconds(1)));
        assert!(matches!(then(&answer(429, Some("soon")), 2), Then::Again(wait) if wait < seconds(1)));
        assert!(matches!(then::<Vec<u8>>(&Err(Failure::Broken(String::new())), 1), Then::Again(_)));
    }

    #[test]
    fn a_date_is_a_wish_too() {
        let now = humantime::parse_rfc3339("1994-11-06T08:49:30Z").unwrap();
        assert_eq!(wish("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(wish("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(wish("tomorrow", now), None);
    }
}
