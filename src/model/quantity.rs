//! Kubernetes resource quantities.
//!
//! Mirrors `k8s.io/apimachinery/pkg/api/resource` (v0.35.4): suffixes, exponents
//! and rounding up of what is asked for in smaller units than are counted.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Resource names with amounts, as in `requests` and `allocatable`.
pub type ResourceList = BTreeMap<String, Quantity>;

const NANO: i128 = 1_000_000_000;

/// An amount, held in billionths of its unit so that `1n` is exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    nano: i128,
}

/// A text that is not a Kubernetes quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a quantity; expected a number with an optional suffix, for example 500m, 2, 1Gi or 1e3")]
pub struct QuantityError(String);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nano: 0 };

    /// Whole units (bytes, cores, pods).
    pub const fn from_units(units: i64) -> Self {
        Self { nano: units as i128 * NANO }
    }

    /// Thousandths (milli-CPU).
    pub const fn from_milli(milli: i64) -> Self {
        Self { nano: milli as i128 * (NANO / 1000) }
    }

    /// Whole units, rounded up as `Quantity.Value()` does; capped at `i64::MAX`.
    pub fn value(self) -> i64 {
        clamp(ceil_div(self.nano, NANO))
    }

    /// Thousandths, rounded up as `Quantity.MilliValue()` does; capped.
    pub fn milli_value(self) -> i64 {
        clamp(ceil_div(self.nano, NANO / 1000))
    }

    /// Whether the amount is exactly zero.
    pub fn is_zero(self) -> bool {
        self.nano == 0
    }

    /// Sum, without overflow.
    pub fn saturating_add(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_add(other.nano) }
    }

    /// Difference; may be negative.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_sub(other.nano) }
    }
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// Division that rounds away from zero, as `Quantity` scales.
fn ceil_div(value: i128, by: i128) -> i128 {
    let quotient = value / by;
    match value % by {
        0 => quotient,
        rest if rest > 0 => quotient + 1,
        _ => quotient - 1,
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| QuantityError(text.chars().take(64).collect()))
    }
}

fn parse(text: &str) -> Option<Quantity> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(split);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let (base, exponent) = scale(suffix)?;
    let digits: String = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let fraction_len = i32::try_from(fraction.len()).ok()?;
    // value = digits * base * 10^(exponent - fraction_len), wanted in 10^-9.
    let power = exponent - fraction_len + 9;
    let mut nano: i128 = if digits.is_empty() {
        0
    } else {
        match digits.parse::<i128>().ok().and_then(|n| n.checked_mul(base)) {
            Some(n) => shift(n, power),
            None => i128::MAX,
        }
    };
    // Upstream caps at 2^63 - 1 units.
    nano = nano.min(i64::MAX as i128 * NANO);
    Some(Quantity { nano: if negative { -nano } else { nano } })
}

/// Multiplies by a power of ten, rounding up what falls below 10^-9.
fn shift(value: i128, power: i32) -> i128 {
    let factor = 10_i128.checked_pow(power.unsigned_abs());
    match (factor, power < 0) {
        (Some(factor), false) => value.saturating_mul(factor),
        (Some(factor), true) => ceil_div(value, factor),
        (None, false) => i128::MAX,
        (None, true) => 1,
    }
}

/// Multiplier and decimal exponent of a suffix.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            (1, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 60)?)
        }
    })
}

impl fmt::Display for Quantity {
    /// Whole units plainly (`8`), binary multiples with their suffix (`4Gi`),
    /// everything smaller in the largest fitting decimal suffix (`50m`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nano = self.nano;
        if nano % NANO == 0 {
            let units = nano / NANO;
            for (shift, suffix) in [(60, "Ei"), (50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
                let size = 1_i128 << shift;
                if units != 0 && units % size == 0 {
                    return write!(f, "{}{suffix}", units / size);
                }
            }
            return write!(f, "{units}");
        }
        for (size, suffix) in [(NANO / 1000, "m"), (1000, "u")] {
            if nano % size == 0 {
                return write!(f, "{}{suffix}", nano / size);
            }
        }
        write!(f, "{nano}n")
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity, for example 500m, 2 or 1Gi")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Quantity, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, units: i64) -> Result<Quantity, E> {
                Ok(Quantity::from_units(units))
            }

            fn visit_u64<E: serde::de::Error>(self, units: u64) -> Result<Quantity, E> {
                Ok(Quantity::from_units(i64::try_from(units).unwrap_or(i64::MAX)))
            }

            fn visit_f64<E: serde::de::Error>(self, units: f64) -> Result<Quantity, E> {
                units.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn q(text: &str) -> Quantity {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn suffixes_and_exponents_scale_as_upstream() {
        for (text, value, milli) in [
            ("1", 1, 1000),
            ("1500m", 2, 1500),
            ("0.5", 1, 500),
            ("1e3", 1000, 1_000_000),
            ("1E3", 1000, 1_000_000),
            ("1E", 1_000_000_000_000_000_000, i64::MAX),
            ("1Ki", 1024, 1_024_000),
            ("1.5Gi", 1_610_612_736, 1_610_612_736_000),
            ("1n", 1, 1),
            (".5", 1, 500),
            ("5.", 5, 5000),
            ("-1500m", -2, -1500),
        ] {
            assert_eq!((q(text).value(), q(text).milli_value()), (value, milli), "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_quantities_are_refused() {
        for text in ["", "-", "abc", "1Gib", "1 Gi", "1..2", "1m5", "e3"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }

    #[test]
    fn display_is_read_back_equal() {
        for text in ["50m", "100Mi", "8", "0", "1n", "250u", "16074996Ki", "7910m"] {
            assert_eq!(q(&q(text).to_string()), q(text));
        }
        assert_eq!(q("100Mi").to_string(), "100Mi");
        assert_eq!(q("0.05").to_string(), "50m");
    }
}
