//! The figures, one row each and one column per system, and which of them miss their limit. Pure.

use std::fmt;
use std::time::Duration;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Millis,
    Megabytes,
    MegabytesPerSecond,
    Count,
}

/// Which figures are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Better {
    Lower,
    Higher,
    /// Says how large the load was, no more.
    Neither,
}

/// One thing measured of one system.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    name: String,
    value: f64,
    unit: Unit,
    better: Better,
    limit: Option<f64>,
}

impl Figure {
    fn new(name: impl Into<String>, value: f64, unit: Unit, better: Better) -> Self {
        Self { name: name.into(), value, unit, better, limit: None }
    }

    /// A time, shown in milliseconds; less is better.
    pub fn millis(name: impl Into<String>, time: Duration) -> Self {
        Self::new(name, time.as_secs_f64() * 1e3, Unit::Millis, Better::Lower)
    }

    /// Memory, in megabytes; less is better.
    pub fn megabytes(name: impl Into<String>, megabytes: f64) -> Self {
        Self::new(name, megabytes, Unit::Megabytes, Better::Lower)
    }

    /// Throughput, in megabytes per second; more is better.
    pub fn rate(name: impl Into<String>, megabytes_per_second: f64) -> Self {
        Self::new(name, megabytes_per_second, Unit::MegabytesPerSecond, Better::Higher)
    }

    /// A number that is only told.
    pub fn count(name: impl Into<String>, count: u64) -> Self {
        Self::new(name, count as f64, Unit::Count, Better::Neither)
    }

    /// A number that is to be 0.
    pub fn wrongs(name: impl Into<String>, count: u64) -> Self {
        Self::new(name, count as f64, Unit::Count, Better::Lower).at_most(0.0)
    }

    /// Sets what kr must not exceed, in the unit of the figure.
    pub fn at_most(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }

    fn shown(&self) -> String {
        let digits = if self.unit == Unit::Count || self.value >= 1000.0 {
            0
        } else if self.value >= 10.0 {
            1
        } else {
            2
        };
        let unit = match self.unit {
            Unit::Millis => " ms",
            Unit::Megabytes => " MB",
            Unit::MegabytesPerSecond => " MB/s",
            Unit::Count => "",
        };
        format!("{:.digits$}{unit}", self.value)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.shown())
    }
}

/// All figures of all systems.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<(String, Vec<Figure>)>,
}

impl Table {
    /// Adds a figure to the column of a system; rows are told apart by the figure's name.
    pub fn add(&mut self, system: &str, figure: Figure) {
        match self.columns.iter_mut().find(|(name, _)| name == system) {
            Some((_, figures)) => figures.push(figure),
            None => self.columns.push((system.to_owned(), vec![figure])),
        }
    }

    /// What of the first column is beyond its limit or behind the second column, in words.
    pub fn misses(&self) -> Vec<String> {
        let Some((_, figures)) = self.columns.first() else { return Vec::new() };
        let mut misses = Vec::new();
        for figure in figures {
            if let Some(limit) = figure.limit.filter(|limit| figure.value > *limit) {
                misses.push(format!("{figure}, at most {limit} is wanted"));
            }
            let Some(other) = self.columns.get(1).and_then(|(_, others)| named(others, &figure.name)) else {
                continue;
            };
            let is_behind = match figure.better {
                Better::Lower => figure.value > other.value,
                Better::Higher => figure.value < other.value,
                Better::Neither => false,
            };
            if is_behind {
                misses.push(format!("{figure}, behind {}", other.shown()));
            }
        }
        misses
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let mut head = vec!["figure".to_owned()];
        head.extend(self.columns.iter().map(|(name, _)| name.clone()));
        head.extend(["ratio".to_owned(), "limit".to_owned()]);
        let mut names: Vec<&str> = Vec::new();
        for figure in self.columns.iter().flat_map(|(_, figures)| figures) {
            if !names.contains(&figure.name.as_str()) {
                names.push(&figure.name);
            }
        }
        let row = |name: &&str| {
            let found: Vec<_> = self.columns.iter().map(|(_, figures)| named(figures, name)).collect();
            let mut row = vec![(*name).to_owned()];
            row.extend(found.iter().map(|figure| figure.map_or("-".to_owned(), Figure::shown)));
            row.push(ratio(&found));
            let limit = found.first().copied().flatten().and_then(|figure| figure.limit);
            row.push(limit.map_or("-".to_owned(), |limit| format!("{limit}")));
            row
        };
        std::iter::once(head).chain(names.iter().map(row)).collect()
    }
}

fn named<'a>(figures: &'a [Figure], name: &str) -> Option<&'a Figure> {
    figures.iter().find(|figure| figure.name == name)
}

/// How many times better the first column is than the second.
fn ratio(found: &[Option<&Figure>]) -> String {
    let [Some(ours), Some(theirs)] = found else { return "-".to_owned() };
    let times = match ours.better {
        Better::Lower => theirs.value / ours.value,
        Better::Higher => ours.value / theirs.value,
        Better::Neither => return "-".to_owned(),
    };
    if times.is_finite() { format!("{times:.1}x") } else { "-".to_owned() }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let columns = rows.first().map_or(0, Vec::len);
        let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(String::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &rows {
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match at {
                    0 => write!(f, "{cell:width$}")?,
                    _ => write!(f, "  {cell:>width$}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        let millis = |name: &str, millis| Figure::millis(name, Duration::from_millis(millis));
        table.add("kr", millis("ready", 310).at_most(300.0));
        table.add("kr", Figure::rate("produce", 100.0));
        table.add("kr", Figure::wrongs("lost", 0));
        table.add("Kafka", millis("ready", 3100).at_most(300.0));
        table.add("Kafka", Figure::rate("produce", 125.0));
        table
    }

    #[test]
    fn misses_are_of_kr_and_name_the_limit_or_the_other() {
        assert_eq!(
            table().misses(),
            ["ready: 310.0 ms, at most 300 is wanted", "produce: 100.0 MB/s, behind 125.0 MB/s"]
        );
    }

    #[test]
    fn ratio_says_how_many_times_better_kr_is() {
        let shown = table().to_string();
        let cells: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(cells[1], ["ready", "310.0", "ms", "3100", "ms", "10.0x", "300"]);
        assert_eq!(cells[2], ["produce", "100.0", "MB/s", "125.0", "MB/s", "0.8x", "-"]);
        assert_eq!(cells[3], ["lost", "0", "-", "-", "0"]);
    }
}
