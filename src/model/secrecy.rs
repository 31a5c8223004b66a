//! Which names speak of secrets: a parameter or variable of such a name has a value that
//! nobody wants on a screen that is shared.

/// Words in the name of a parameter or variable whose value is a secret.
const WORDS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "credential",
    "apikey",
    "api-key",
    "private-key",
    "access-key",
    "authorization",
];
/// Ends of names that speak of where a secret is, not of the secret.
const PLACES: [&str; 12] =
    ["name", "ref", "path", "file", "dir", "url", "uri", "namespace", "workspace", "type", "key-id", "enabled"];

/// Whether the value of a parameter or variable of this name is a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('_', "-");
    WORDS.iter().any(|word| name.contains(word)) && !PLACES.iter().any(|place| name.ends_with(place))
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn names_speak_of_secrets_or_of_their_place() {
        for name in ["password", "GITHUB_TOKEN", "api_key", "registry-credentials", "client-secret", "apiKey"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["secretName", "token-path", "IMAGE", "credentials-file", "tokenUrl", "keyboard", "secret_ref"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
