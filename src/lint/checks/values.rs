//! What values are valid: durations, quantities, names, labels.

use crate::documents::scalar::Resolved;
use crate::documents::{Content, Node};
use crate::lint::schema::Shape;

/// What a duration is.
pub(crate) const DURATION: &str = "a duration in hours, minutes and seconds such as 1h30m";
/// What a quantity is.
pub(crate) const QUANTITY: &str = "a quantity such as 500m or 2Gi";

/// What a shape is in words.
pub(crate) fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Int => "a whole number",
        Shape::Number => "a number",
        Shape::Bool => "true or false",
        Shape::Duration => DURATION,
        Shape::Quantity => QUANTITY,
        Shape::IntOrText => "a number or text",
        Shape::List(_) => "a list",
        Shape::Object(_) | Shape::Map(_) => "a mapping",
        _ => "text",
    }
}

/// What a value is in words.
pub(crate) fn found(node: &Node) -> &'static str {
    match (&node.target().content, node.resolved()) {
        (Content::List(_), _) => "a list",
        (Content::Mapping(_), _) => "a mapping",
        (_, Some(Resolved::Bool(_))) => "a boolean",
        (_, Some(Resolved::Int(_) | Resolved::Float(_))) => "a number",
        _ => "text",
    }
}

/// Whether a number is whole, as encoding/json of Kubernetes reads it into an integer.
pub(crate) fn is_whole(resolved: Resolved) -> bool {
    match resolved {
        Resolved::Int(_) => true,
        Resolved::Float(number) => number.is_finite() && number.fract() == 0.0,
        _ => false,
    }
}

/// Whether a text is one word: the name of something, not a command line.
pub(crate) fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'))
}

/// Nanoseconds of a Go duration (`time.ParseDuration`).
pub(crate) fn duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0i128;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.trim_end_matches('.').parse().ok()?;
        let letters = after.len() - after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.').len();
        let (unit, after) = after.split_at(letters);
        let nanoseconds = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "durations of more than 1e20 years are no concern")]
        let part = (number * nanoseconds) as i128;
        total += part;
        rest = after;
    }
    Some(sign * total)
}

/// Whether a text is a quantity (k8s.io/apimachinery pkg/api/resource/quantity.go).
pub(crate) fn is_quantity(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let (number, suffix) = rest.split_at(digits);
    let has_digit = number.contains(|c: char| c.is_ascii_digit());
    if !has_digit || number.matches('.').count() > 1 {
        return false;
    }
    let is_exponent = suffix.strip_prefix(['e', 'E']).is_some_and(|power| {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        !power.is_empty() && power.chars().all(|c| c.is_ascii_digit())
    });
    let is_suffix = matches!(
        suffix,
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei"
    );
    is_suffix || is_exponent
}

/// Whether a text is a DNS label (`IsDNS1123Label`).
pub(crate) fn is_dns_label(text: &str) -> bool {
    let is_inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let bytes = text.as_bytes();
    !text.is_empty()
        && text.len() <= 63
        && bytes.iter().all(|c| is_inner(*c))
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is a DNS subdomain (`IsDNS1123Subdomain`), its length apart.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    text.split('.').all(|part| {
        let bytes = part.as_bytes();
        let ends_fit = |byte: Option<&u8>| byte.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        ends_fit(bytes.first())
            && ends_fit(bytes.last())
            && bytes.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
    })
}

/// Whether a text is a label's value (`IsValidLabelValue`).
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_label_name(text)
}

fn is_label_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
}

/// Whether a text is the key of a label or annotation (`IsQualifiedName`).
pub(crate) fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && prefix.len() <= 253 && is_label_name(name),
        None => is_label_name(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        assert_eq!(duration("1h30m"), Some(5_400_000_000_000));
        assert_eq!(duration("0"), Some(0));
        assert_eq!(duration("1.5h"), Some(5_400_000_000_000));
        for wrong in ["90", "1 day", "1d", "", "h", "1h 30m"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn quantities_and_names() {
        for right in ["500m", "2Gi", "1e3", ".5", "1.5Gi", "12"] {
            assert!(is_quantity(right), "{right}");
        }
        for wrong in ["2GB", "2 Gi", "Gi", "1.2.3", "2gi"] {
            assert!(!is_quantity(wrong), "{wrong}");
        }
        assert!(is_label_key("a.b/c_d") && !is_label_key("a/b/c") && !is_label_key("a b"));
        assert!(is_label_value("") && !is_label_value("feature/x"));
        assert!(is_dns_subdomain("a-b.c") && !is_dns_subdomain("a.-b") && !is_dns_subdomain("A"));
    }
}
