//! Figures, what they are held against, and how they are printed.

/// A bound that a figure is held against.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    /// 1 or more where it is met: how many times as good as asked.
    fn ratio(self, value: f64) -> f64 {
        match self {
            Self::AtLeast(bound) => value / bound,
            Self::AtMost(bound) => bound / value,
        }
    }
}

struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    target: Option<Target>,
}

/// The figures of a run, and what was wrong in it. A missed target is printed; only what is wrong fails the run.
#[derive(Default)]
pub struct Figures {
    rows: Vec<Row>,
    wrong: Vec<String>,
}

impl Figures {
    pub fn tell(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.row(what.into(), value, unit, None);
    }

    pub fn hold(&mut self, what: impl Into<String>, value: f64, unit: &'static str, target: Target) {
        self.row(what.into(), value, unit, Some(target));
    }

    fn row(&mut self, what: String, value: f64, unit: &'static str, target: Option<Target>) {
        let row = Row { what, value, unit, target };
        println!("{}", row.line());
        self.rows.push(row);
    }

    /// Something that must never happen.
    pub fn wrong(&mut self, what: impl Into<String>) {
        let what = what.into();
        println!("  WRONG: {what}");
        self.wrong.push(what);
    }

    /// Notes it where the two differ.
    pub fn equal(&mut self, what: &str, found: i64, expected: i64) {
        if found == expected {
            println!("  {what}: {found}, as it must be");
        } else {
            self.wrong(format!("{what}: {found}, and it must be {expected}"));
        }
    }

    pub fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Everything once more, in one table.
    pub fn print(&self) {
        println!("\nfigures");
        for row in &self.rows {
            println!("{}", row.line());
        }
        for wrong in &self.wrong {
            println!("  WRONG: {wrong}");
        }
    }
}

impl Row {
    fn line(&self) -> String {
        let bound = match self.target {
            None => String::new(),
            Some(target) => {
                let (sign, bound) = match target {
                    Target::AtLeast(bound) => ("≥", bound),
                    Target::AtMost(bound) => ("≤", bound),
                };
                let ratio = target.ratio(self.value);
                let met = if ratio >= 1.0 { "met" } else { "missed" };
                format!("   {sign} {bound} {}, ratio {ratio:.2}, {met}", self.unit)
            }
        };
        format!("  {:<58} {:>10} {}{bound}", self.what, number(self.value), self.unit)
    }
}

/// Four digits or so.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Of sorted values; `part` from 0 to 1. NaN of none.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the values")]
pub fn percentile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
}

/// NaN of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    percentile(&sorted, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_sorted_values() {
        let values: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|part| percentile(&values, part)), [0.0, 50.0, 99.0, 100.0]);
        assert!(percentile(&[], 0.5).is_nan());
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn a_ratio_of_one_or_more_is_met() {
        assert_eq!(Target::AtLeast(500.0).ratio(1000.0), 2.0);
        assert_eq!(Target::AtMost(60.0).ratio(120.0), 0.5);
    }
}
