//! Comments that silence a finding: `# tekton-fix: ignore TKF701` on its line or on the
//! line above, `# tekton-fix: ignore-file TKF701` anywhere.

use std::collections::HashMap;

use super::kind::Kind;

/// What the comments of a text silence.
#[derive(Debug, Default)]
pub(crate) struct Silenced {
    lines: HashMap<usize, Vec<Kind>>,
    file: Vec<Kind>,
}

const MARK: &str = "tekton-fix: ignore";

impl Silenced {
    /// Reads the comments of a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut silenced = Self::default();
        if !text.contains(MARK) {
            return silenced;
        }
        for (number, line) in text.lines().enumerate() {
            let Some((before, after)) = line.split_once(MARK) else { continue };
            let Some(code) = before.trim_end().strip_suffix('#') else { continue };
            let (is_file, words) = match after.strip_prefix("-file") {
                Some(rest) => (true, rest),
                None => (false, after),
            };
            let kinds: Vec<Kind> = words
                .split([' ', ',', '\t'])
                .map_while(|word| if word.is_empty() { Some(None) } else { Kind::named(word).map(Some) })
                .flatten()
                .collect();
            if is_file {
                silenced.file.extend(kinds);
            } else {
                let target = if code.trim().is_empty() { number + 1 } else { number };
                silenced.lines.entry(target).or_default().extend(kinds);
            }
        }
        silenced
    }

    /// What is silenced in the whole file.
    pub(crate) fn of_file(self) -> Vec<Kind> {
        self.file
    }

    /// Whether a finding on a line, from 0 on, is silenced.
    pub(crate) fn covers(&self, kind: Kind, line: usize) -> bool {
        self.file.contains(&kind) || self.lines.get(&line).is_some_and(|kinds| kinds.contains(&kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_silence_their_line_the_next_one_or_the_file() {
        let text = "a: 1 # tekton-fix: ignore TKF701 shared-claim because\n# tekton-fix: ignore TKF704\nb: 2\n";
        let silenced = Silenced::of(text);
        assert!(silenced.covers(Kind::MisplacedField, 0) && silenced.covers(Kind::SharedClaim, 0));
        assert!(silenced.covers(Kind::UnknownField, 2) && !silenced.covers(Kind::UnknownField, 1));
        assert!(Silenced::of("# tekton-fix: ignore-file TKF701").covers(Kind::MisplacedField, 9));
    }
}
