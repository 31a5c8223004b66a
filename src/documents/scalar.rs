//! What an unquoted scalar is for kubectl: the rules of go-yaml v2, which are those of
//! YAML 1.1 (vendor/go.yaml.in/yaml/v2/resolve.go of kubernetes/kubernetes).

/// The type that a scalar has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Resolved {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Another number.
    Float(f64),
    /// Text.
    Text,
}

/// Resolves an unquoted scalar.
pub(crate) fn resolve(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Resolved::Text;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(number) = int(&plain) {
        return Resolved::Int(number);
    }
    if is_float(&plain)
        && let Ok(number) = plain.parse()
    {
        return Resolved::Float(number);
    }
    Resolved::Text
}

/// Whole numbers as Go's `strconv.ParseInt(text, 0, 64)` reads them.
fn int(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    let number = i128::from_str_radix(digits, radix).ok()? * sign;
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&number).then_some(number)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['+', '-']).unwrap_or(text);
        !text.is_empty() && digits(text)
    });
    mantissa_fits && exponent_fits
}

/// How a number looks once kubectl has read it and JSON carries it, by Go's encoding/json.
pub(crate) fn as_json(resolved: Resolved) -> Option<String> {
    match resolved {
        Resolved::Bool(value) => Some(value.to_string()),
        Resolved::Int(value) => Some(value.to_string()),
        Resolved::Float(value) if value.is_finite() => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_resolve_as_for_kubectl() {
        for (text, wanted) in [
            ("yes", Resolved::Bool(true)),
            ("off", Resolved::Bool(false)),
            ("0755", Resolved::Int(493)),
            ("0042", Resolved::Int(34)),
            ("0o17", Resolved::Int(15)),
            ("0x1F", Resolved::Int(31)),
            ("1_000", Resolved::Int(1000)),
            ("1.20", Resolved::Float(1.2)),
            ("1e3", Resolved::Float(1000.0)),
            ("1.00068e+09", Resolved::Float(1_000_680_000.0)),
            ("0089", Resolved::Float(89.0)),
            ("1.2.3", Resolved::Text),
            ("-", Resolved::Text),
            ("1h", Resolved::Text),
            ("2026-01-01", Resolved::Text),
            ("~", Resolved::Null),
        ] {
            assert_eq!(resolve(text), wanted, "{text}");
        }
    }
}
