//! Amounts of bytes as people type and read them: `50MiB/s`, `1.5 GB`, `10485760`.

/// Units from the largest; 1024 for `KiB`, 1000 for `kB`.
const UNITS: &[(&str, u64)] = &[
    ("tib", 1 << 40),
    ("gib", 1 << 30),
    ("mib", 1 << 20),
    ("kib", 1 << 10),
    ("tb", 1_000_000_000_000),
    ("gb", 1_000_000_000),
    ("mb", 1_000_000),
    ("kb", 1_000),
    ("b", 1),
];

/// Reads an amount of bytes, or a rate with `/s` behind it. A bare number is bytes.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not an amount of bytes such as 50MiB or 10485760");
    let lower = text.trim().to_ascii_lowercase();
    let plain = lower.strip_suffix("/s").unwrap_or(&lower).trim_end();
    let unit = UNITS.iter().find(|(name, _)| plain.ends_with(name));
    let (number, factor) = match unit {
        Some((name, factor)) => (plain[..plain.len() - name.len()].trim_end(), *factor),
        None => (plain, 1),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).ok_or_else(wrong);
    }
    let (whole, fraction) = number.split_once('.').ok_or_else(wrong)?;
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || fraction.len() > 9 || unit.is_none() {
        return Err(wrong());
    }
    let scale = 10u128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
    u64::try_from(digits * u128::from(factor) / scale).map_err(|_| wrong())
}

/// Writes an amount of bytes for people: three digits and a unit of 1024.
pub fn human_bytes(bytes: u64) -> String {
    let unit = UNITS[..4].iter().zip(["TiB", "GiB", "MiB", "KiB"]).find(|((_, factor), _)| bytes >= *factor);
    let Some(((_, factor), name)) = unit else { return format!("{bytes} B") };
    let hundredths = u128::from(bytes) * 100 / u128::from(*factor);
    match hundredths {
        0..1_000 => format!("{}.{:02} {name}", hundredths / 100, hundredths % 100),
        1_000..10_000 => format!("{}.{} {name}", hundredths / 100, hundredths % 100 / 10),
        _ => format!("{} {name}", hundredths / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_every_usual_form() {
        for (text, bytes) in [
            ("0", 0),
            ("10485760", 10_485_760),
            ("50MiB/s", 52_428_800),
            ("50 MB/s", 50_000_000),
            ("1.5GiB", 1_610_612_736),
            ("2kb", 2_000),
            ("7B", 7),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "-1", "MiB", "1.5", "1..5MB", "1e9", "99999999TiB", "10 apples"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_written_with_three_digits() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (1_610_612_736, "1.50 GiB"),
            (52_428_800, "50.0 MiB"),
            (1 << 50, "1024 TiB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }
}
