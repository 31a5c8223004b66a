//! The ids that a namespace owns, from its annotations.
//!
//! Mirrors openshift/library-go `pkg/security/uid/uid.go` and
//! openshift/apiserver-library-go `sccmatching/matcher.go` (a8019f39f), the lenient
//! `fmt.Sscanf` grammar and its texts included.

use crate::model::access::IdRange;
use crate::model::meta::ObjectMeta;

/// `<start>/<size>` or `<start>-<end>` of user ids.
pub const UID_RANGE: &str = "openshift.io/sa.scc.uid-range";
/// Blocks of group ids, separated by commas.
pub const SUPPLEMENTAL_GROUPS: &str = "openshift.io/sa.scc.supplemental-groups";
/// SELinux level of the namespace's pods.
pub const MCS: &str = "openshift.io/sa.scc.mcs";

/// The range for `MustRunAsRange` without limits of its own.
///
/// # Errors
/// With the plugin's words when the annotation is missing or malformed.
pub fn user_ids(namespace: &ObjectMeta) -> Result<IdRange, String> {
    parse_block(required(namespace, UID_RANGE)?)
}

/// The level for SELinux `MustRunAs` without one of its own.
///
/// # Errors
/// With the plugin's words when the annotation is missing or empty.
pub fn level(namespace: &ObjectMeta) -> Result<&str, String> {
    required(namespace, MCS)
}

/// The ranges for supplemental groups under `MustRunAs` without ranges.
///
/// # Errors
/// With the plugin's words when the annotations are missing or malformed.
pub fn groups(namespace: &ObjectMeta) -> Result<Vec<IdRange>, String> {
    let text = match namespace.annotation(SUPPLEMENTAL_GROUPS) {
        Some(text) => text,
        None => namespace.annotation(UID_RANGE).ok_or_else(|| {
            format!("unable to find supplemental group or uid annotation for namespace {}", namespace.name)
        })?,
    };
    if text.is_empty() {
        return Err(format!("unable to find groups using {SUPPLEMENTAL_GROUPS} and {UID_RANGE} annotations"));
    }
    text.split(',').map(parse_block).collect()
}

/// The range for an fsGroup under `MustRunAs` without ranges: exactly one value, the
/// start of the first block (`getPreallocatedFSGroup`).
///
/// # Errors
/// As [`groups`].
pub fn fs_group(namespace: &ObjectMeta) -> Result<IdRange, String> {
    let blocks = groups(namespace)?;
    let start = blocks.first().map_or(0, |block| block.min);
    Ok(IdRange { min: start, max: start })
}

fn required<'n>(namespace: &'n ObjectMeta, key: &str) -> Result<&'n str, String> {
    match namespace.annotation(key) {
        None => Err(format!("unable to find annotation {key}")),
        Some("") => Err(format!("found annotation {key} but it was empty")),
        Some(text) => Ok(text),
    }
}

/// One block (`uid.ParseBlock`); sizes wrap around as uint32 does.
///
/// # Errors
/// With the words of Go's `fmt.Sscanf`.
pub fn parse_block(text: &str) -> Result<IdRange, String> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let (first, rest) = scan_number(text)?;
    let rest = match rest.chars().next() {
        None => return Err("unexpected EOF".to_owned()),
        Some(c) if c == separator => &rest[1..],
        Some(_) => return Err("input does not match format".to_owned()),
    };
    let (second, _) = scan_number(rest)?;
    let last = if separator == '/' { first.wrapping_add(second).wrapping_sub(1) } else { second };
    Ok(IdRange { min: i64::from(first), max: i64::from(last) })
}

/// `%d` into a uint32 (Go `fmt/scan.go` `scanUint`): what follows is left over.
fn scan_number(text: &str) -> Result<(u32, &str), String> {
    let mut rest = text;
    // SkipSpace: blanks are skipped, a line break is not.
    loop {
        let mut chars = rest.chars();
        match chars.next() {
            Some('\r') if chars.as_str().starts_with('\n') => {}
            Some('\n') => return Err("unexpected newline".to_owned()),
            Some(c) if c.is_whitespace() => {}
            _ => break,
        }
        rest = chars.as_str();
    }
    if rest.is_empty() {
        return Err("EOF".to_owned());
    }
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    if digits.is_empty() {
        return Err("expected integer".to_owned());
    }
    let wide: u64 =
        digits.parse().map_err(|_| format!("strconv.ParseUint: parsing \"{digits}\": value out of range"))?;
    let number = u32::try_from(wide).map_err(|_| format!("unsigned integer overflow on token {digits}"))?;
    Ok((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_leniently_as_upstream() {
        for (text, range) in [
            ("1000970000/10000", Ok((1_000_970_000, 1_000_979_999))),
            ("1000-2000", Ok((1000, 2000))),
            (" 5/10x", Ok((5, 14))),
            ("5/0", Ok((5, 4))),
            ("4294967295/2", Ok((4_294_967_295, 0))),
            ("1000/", Err("EOF")),
            ("1000", Err("unexpected EOF")),
            ("a/1", Err("expected integer")),
            ("1a/1", Err("input does not match format")),
            ("5000000000/1", Err("unsigned integer overflow on token 5000000000")),
        ] {
            let read = parse_block(text).map(|range| (range.min, range.max));
            assert_eq!(read, range.map_err(str::to_owned), "{text}");
        }
    }
}
