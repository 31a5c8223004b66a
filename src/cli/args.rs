//! Global flags, named as kubectl names them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CommandError;

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Namespace of the run
    #[arg(short, long, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Read an export instead of a cluster: a folder or archive (must-gather, `oc adm inspect`, snapshot), YAML or JSON, `-` for standard input
    #[arg(long, global = true, value_name = "DIR|FILE|-", help_heading = "Source")]
    pub from: Option<String>,
    /// Path of the kubeconfig file
    #[arg(long, global = true, value_name = "FILE", help_heading = "Source", hide_short_help = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig
    #[arg(long, global = true, help_heading = "Source", hide_short_help = true)]
    pub context: Option<String>,
    /// Cluster of the kubeconfig
    #[arg(long, global = true, help_heading = "Source", hide_short_help = true)]
    pub cluster: Option<String>,
    /// User of the kubeconfig
    #[arg(long, global = true, help_heading = "Source", hide_short_help = true)]
    pub user: Option<String>,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER", help_heading = "Source", hide_short_help = true)]
    pub as_user: Option<String>,
    /// UID to impersonate
    #[arg(
        long,
        global = true,
        value_name = "UID",
        requires = "as_user",
        help_heading = "Source",
        hide_short_help = true
    )]
    pub as_uid: Option<String>,
    /// Group to impersonate; may be repeated
    #[arg(long, global = true, value_name = "GROUP", help_heading = "Source", hide_short_help = true)]
    pub as_group: Vec<String>,
    /// Bearer token
    #[arg(long, global = true, help_heading = "Source", hide_short_help = true, hide_env_values = true)]
    pub token: Option<String>,
    /// Address of the API server
    #[arg(short = 's', long, global = true, value_name = "URL", help_heading = "Source", hide_short_help = true)]
    pub server: Option<String>,
    /// How long one request may take, 30s or 2m for example
    #[arg(
        long,
        global = true,
        default_value = "30s",
        value_name = "DURATION",
        help_heading = "Source",
        hide_short_help = true
    )]
    pub request_timeout: String,
    /// How long the whole command may take; without it, as long as it needs
    #[arg(long, global = true, value_name = "DURATION", help_heading = "Source", hide_short_help = true)]
    pub command_timeout: Option<String>,
    /// Do not check the server's certificate
    #[arg(long, global = true, help_heading = "Source", hide_short_help = true)]
    pub insecure_skip_tls_verify: bool,
    /// Name to expect in the server's certificate
    #[arg(long, global = true, value_name = "NAME", help_heading = "Source", hide_short_help = true)]
    pub tls_server_name: Option<String>,
    /// File with the certificate authority
    #[arg(long, global = true, value_name = "FILE", help_heading = "Source", hide_short_help = true)]
    pub certificate_authority: Option<PathBuf>,
    /// File with the client's certificate
    #[arg(long, global = true, value_name = "FILE", help_heading = "Source", hide_short_help = true)]
    pub client_certificate: Option<PathBuf>,
    /// File with the client's key
    #[arg(long, global = true, value_name = "FILE", help_heading = "Source", hide_short_help = true)]
    pub client_key: Option<PathBuf>,
    /// Accepted as kubectl's flag: nothing is cached
    #[arg(long, global = true, value_name = "DIR", help_heading = "Source", hide_short_help = true)]
    pub cache_dir: Option<PathBuf>,
    /// Say what is read: from 4 on from where, from 6 on each request with its status and time, from 8 on its size; never tokens or bodies
    #[arg(
        short = 'v',
        long = "v",
        global = true,
        value_name = "LEVEL",
        default_value_t = 0,
        help_heading = "Output",
        hide_short_help = true
    )]
    pub verbosity: u8,
    /// Show values of parameters and variables whose name speaks of a secret, and tokens in texts
    #[arg(long, global = true, help_heading = "Output", hide_short_help = true)]
    pub show_secrets: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = "Output")]
    pub color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Reads the duration that a flag names: `30s`, `2m`, `1h30m` or bare seconds.
///
/// # Errors
/// A sentence that names the flag, the text and what was expected.
pub fn duration(flag: &str, text: &str) -> Result<std::time::Duration, CommandError> {
    parse_duration(text).map_err(|error| CommandError::usage(format!("{flag}: {error}")))
}

impl GlobalArgs {
    /// How long the whole command may take.
    ///
    /// # Errors
    /// When the flag holds no duration.
    pub(crate) fn patience(&self) -> Result<Option<std::time::Duration>, CommandError> {
        self.command_timeout.as_deref().map(|text| duration("--command-timeout", text)).transpose()
    }
}

fn parse_duration(text: &str) -> Result<std::time::Duration, String> {
    let expected = || format!("{text:?} is not a duration; expected 30s, 2m or 1h30m for example");
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(std::time::Duration::from_secs(seconds));
    }
    let mut total: u64 = 0;
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let factor = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return Err(expected()),
        };
        let value: u64 = number.parse().map_err(|_| expected())?;
        total = value.checked_mul(factor).and_then(|part| total.checked_add(part)).ok_or_else(expected)?;
        number.clear();
    }
    if number.is_empty() && !text.is_empty() { Ok(std::time::Duration::from_secs(total)) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use super::parse_duration as duration;

    #[test]
    fn durations_are_read_as_kubectl_writes_them() {
        assert_eq!(duration("30s").unwrap().as_secs(), 30);
        assert_eq!(duration("1h30m").unwrap().as_secs(), 5400);
        assert_eq!(duration("0").unwrap().as_secs(), 0);
        assert_eq!(duration("0s").unwrap().as_secs(), 0);
        for text in ["", "s", "10x", "5m3", "99999999999999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
