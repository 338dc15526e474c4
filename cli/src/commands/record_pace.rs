//! `--rate`: so many records or bytes a second, spread evenly.

use std::time::Duration;

use tokio::time::Instant;

/// The most a stream may fall behind and catch up on, so that a pause is not followed by a flood.
const BURST: Duration = Duration::from_millis(200);

/// Records or bytes a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Records a second.
    Records(f64),
    /// Bytes a second.
    Bytes(f64),
}

/// Reads `100`, `0.5`, `1MiB`, `500kB/s`.
pub fn parse_rate(text: &str) -> Result<Rate, String> {
    let plain = text.trim().trim_end_matches("/s").trim_end();
    let split = plain.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(plain.len());
    let (number, unit) = plain.split_at(split);
    let wrong = || format!("`{text}` is no rate: records a second, or bytes as in 1MiB");
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let factor = match unit.trim() {
        "" => None,
        "B" => Some(1.0),
        "k" | "kB" | "KB" => Some(1e3),
        "M" | "MB" => Some(1e6),
        "G" | "GB" => Some(1e9),
        "KiB" | "Ki" => Some(1024.0),
        "MiB" | "Mi" => Some(1024.0 * 1024.0),
        "GiB" | "Gi" => Some(1024.0 * 1024.0 * 1024.0),
        _ => return Err(wrong()),
    };
    if number <= 0.0 || !number.is_finite() {
        return Err(wrong());
    }
    Ok(factor.map_or(Rate::Records(number), |factor| Rate::Bytes(number * factor)))
}

/// Holds a stream to its rate.
#[derive(Debug)]
pub struct Pace {
    rate: Rate,
    due: Instant,
}

impl Pace {
    /// A stream that begins now.
    pub fn new(rate: Rate) -> Self {
        Self { rate, due: Instant::now() }
    }

    /// How long to wait now before a record of so many bytes; it counts as gone then.
    pub fn pause(&mut self, bytes: usize) -> Duration {
        self.pause_at(bytes, Instant::now())
    }

    fn pause_at(&mut self, bytes: usize, now: Instant) -> Duration {
        let seconds = match self.rate {
            Rate::Records(rate) => 1.0 / rate,
            Rate::Bytes(rate) => bytes as f64 / rate,
        };
        let due = self.due.max(now.checked_sub(BURST).unwrap_or(now));
        // A day is for ever here, and bounds what a tiny rate adds up to.
        self.due = due + Duration::from_secs_f64(seconds.min(86_400.0));
        due.saturating_duration_since(now)
    }

    /// Waits until a record of so many bytes may go.
    pub async fn wait(&mut self, bytes: usize) {
        let pause = self.pause(bytes);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_records_or_bytes() {
        assert_eq!(parse_rate("100"), Ok(Rate::Records(100.0)));
        assert_eq!(parse_rate("0.5/s"), Ok(Rate::Records(0.5)));
        assert_eq!(parse_rate("2MiB/s"), Ok(Rate::Bytes(2.0 * 1024.0 * 1024.0)));
        for text in ["", "0", "-1", "fast", "1 parsec"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pauses_spread_records_evenly_and_forget_long_silence() {
        let now = Instant::now();
        let mut pace = Pace { rate: Rate::Records(10.0), due: now };
        let pauses: Vec<u128> = (0..3).map(|_| pace.pause_at(1, now).as_millis()).collect();
        assert_eq!(pauses, [0, 100, 200]);
        let later = now + Duration::from_secs(60);
        let waits = (0..100).map(|_| pace.pause_at(1, later)).take_while(Duration::is_zero).count();
        assert_eq!(waits, 3, "200 ms at 10 a second, and the one that is due");
    }
}
