//! How mails leave: `file:FOLDER` or
//! `smtp://user:password@host:port?security=starttls|tls|none&timeout=SECONDS`.

use mailer::{
    DirectoryTransport, Hello, Security, SendError, SmtpSettings, SmtpTransport, Transport,
};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long connecting to the mail server, and then a conversation, may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A way for mails to leave.
#[derive(Debug, Clone)]
pub(crate) enum Mail {
    /// As files in a folder.
    Files(PathBuf),
    /// Through a mail server.
    Smtp(SmtpSettings),
}

impl Mail {
    /// Reads the setting.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(folder) = text.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            return if folder.is_empty() {
                Err("a folder is missing after `file:`".to_owned())
            } else {
                Ok(Self::Files(PathBuf::from(folder)))
            };
        }
        if text.starts_with("smtp://") {
            return smtp(text).map(Self::Smtp);
        }
        Err("expected `file:FOLDER` or `smtp://user:password@host:port?security=starttls|tls|none`"
            .to_owned())
    }

    /// Whether it is a mail server, which may be away or refuse.
    pub(crate) fn is_server(&self) -> bool {
        matches!(self, Self::Smtp(_))
    }

    /// The same, trusting these certificates (PEM) besides the public ones.
    pub(super) fn trusting(mut self, roots: Option<Vec<u8>>) -> Self {
        if let Self::Smtp(settings) = &mut self {
            settings.extra_root_pem = roots;
        }
        self
    }

    /// The same, greeting a mail server under this name.
    pub(super) fn greeting(mut self, hello: Hello) -> Self {
        if let Self::Smtp(settings) = &mut self {
            settings.hello = hello;
        }
        self
    }

    /// The transport.
    pub(crate) fn transport(&self, connections: usize) -> Result<Arc<dyn Transport>, SendError> {
        Ok(match self {
            Self::Files(folder) => Arc::new(DirectoryTransport::new(folder.clone())),
            Self::Smtp(settings) => {
                let pool_size = u32::try_from(connections).unwrap_or(1);
                Arc::new(SmtpTransport::new(SmtpSettings { pool_size, ..settings.clone() })?)
            }
        })
    }
}

/// The name under which mail servers are greeted: the one given, else that of the public address, else the
/// domain that mails come from; an address where neither is a full name.
pub(super) fn hello(
    text: &str,
    public_url: Option<&str>,
    from: Option<&str>,
) -> Result<Hello, String> {
    if !text.is_empty() {
        return text.parse();
    }
    // An address of the web writes a name in the form that servers know, `xn--` included.
    let host = |url: &str| Url::parse(url).ok()?.host_str()?.parse::<Hello>().ok();
    let domain = from.and_then(|from| from.rsplit_once('@'));
    let domain = domain.map(|(_, domain)| format!("http://{}", domain.trim_end_matches('>')));
    let found: Vec<Hello> =
        [public_url, domain.as_deref()].into_iter().flatten().filter_map(host).collect();
    let full = found.iter().find(|hello| hello.is_full_name());
    Ok(full.or(found.first()).cloned().unwrap_or_default())
}

/// The certificates of a private authority: a PEM file.
pub(super) fn root_certificates(path: &str) -> Result<Vec<u8>, String> {
    let pem = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let text = String::from_utf8_lossy(&pem);
    if text.contains("-----BEGIN CERTIFICATE-----") {
        Ok(pem)
    } else {
        Err(format!("{path} holds no PEM certificate"))
    }
}

fn smtp(text: &str) -> Result<SmtpSettings, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let host =
        url.host_str().filter(|h| !h.is_empty()).ok_or("the mail server's name is missing")?;
    let (mut security, mut timeout) = (Security::StartTls, TIMEOUT);
    for (key, value) in url.query_pairs() {
        match (key.as_ref(), value.as_ref()) {
            ("security", "starttls") => security = Security::StartTls,
            ("security", "tls") => security = Security::Tls,
            ("security", "none") => security = Security::None,
            ("security", other) => {
                return Err(format!("security `{other}`: expected starttls, tls or none"));
            }
            ("timeout", text) => timeout = super::parse::seconds(text)?,
            _ => return Err(format!("`{key}` is no option; `security` and `timeout` are")),
        }
    }
    let usual = match security {
        Security::StartTls => 587,
        Security::Tls => 465,
        Security::None => 25,
    };
    let username = Some(decode(url.username())?).filter(|name| !name.is_empty());
    let password = url.password().map(decode).transpose()?;
    if username.is_some() != password.is_some() {
        return Err("a user name goes with a password, and the reverse".to_owned());
    }
    Ok(SmtpSettings {
        host: host.to_owned(),
        port: url.port().unwrap_or(usual),
        hello: Hello::default(),
        security,
        username,
        password,
        pool_size: 1,
        timeout,
        extra_root_pem: None,
    })
}

/// What `%XX` in an address stands for.
fn decode(text: &str) -> Result<String, String> {
    // The library leaves a `%` that begins nothing as it is; here it is a password pasted as it is.
    let codes = text.split('%').skip(1);
    let whole = |code: &str| code.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2;
    if !codes.into_iter().all(whole) {
        return Err(
            "a `%` must be followed by two hexadecimal digits; write `%25` for a `%`".to_owned()
        );
    }
    let text = percent_decode_str(text).decode_utf8();
    text.map(Cow::into_owned).map_err(|_| "the user name or password is no UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SmtpSettings {
        match Mail::parse(text).expect("valid") {
            Mail::Smtp(settings) => settings,
            Mail::Files(folder) => panic!("a folder: {}", folder.display()),
        }
    }

    #[test]
    fn a_mail_server_is_read_with_its_usual_port() {
        let full = server("smtp://moi%40clea.fr:p%3Aq%25@mail.clea.fr:2525?security=tls");
        assert_eq!(
            (full.host.as_str(), full.port, full.security),
            ("mail.clea.fr", 2525, Security::Tls)
        );
        assert_eq!(full.username.as_deref(), Some("moi@clea.fr"));
        assert_eq!(full.password.as_deref(), Some("p:q%"));
        assert_eq!(
            (server("smtp://h").port, server("smtp://h").security),
            (587, Security::StartTls)
        );
        assert_eq!(server("smtp://h?timeout=5").timeout, Duration::from_secs(5));
        assert_eq!(server("smtp://h?security=tls").port, 465);
        assert_eq!(server("smtp://h?security=none").port, 25);
    }

    #[test]
    fn mail_servers_are_greeted_by_a_full_name_where_there_is_one() {
        let said =
            |text, url, from| hello(text, Some(url), Some(from)).expect("a name").to_string();
        let (site, from) = ("https://clea.exemple.fr:8443/base", "Certif <x@certif.example>");
        assert_eq!(said("", site, from), "clea.exemple.fr");
        assert_eq!(said("relais.exemple.fr", site, from), "relais.exemple.fr");
        assert_eq!(said("", "http://127.0.0.1:8080", from), "certif.example");
        assert_eq!(
            said("", "http://localhost:8080", "x@académie.example"),
            "xn--acadmie-eya.example"
        );
        assert_eq!(said("", "http://192.0.2.7", "x@intranet"), "[192.0.2.7]");
        assert_eq!(said("", "http://[2001:db8::7]/", "x@[192.0.2.8]"), "[IPv6:2001:db8::7]");
        assert_eq!(said("[192.0.2.9]", site, from), "[192.0.2.9]");
        assert!(hello("clea exemple", Some(site), Some(from)).is_err());
        assert_eq!(hello("", None, None).expect("an address").to_string(), "[127.0.0.1]");
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "",
            "file:",
            "imap://h",
            "smtp://",
            "smtp://u@h",
            "smtp://h?security=ssl",
            "smtp://h?tls=1",
            "smtp://h?timeout=0",
        ] {
            assert!(Mail::parse(text).is_err(), "{text}");
        }
        assert!(Mail::parse("smtp://u:p%zz@h").is_err());
    }

    #[test]
    fn a_folder_is_read() {
        assert!(matches!(Mail::parse("file:var/mails"), Ok(Mail::Files(f)) if *f == *"var/mails"));
        assert!(
            matches!(Mail::parse("file:///srv/mails"), Ok(Mail::Files(f)) if *f == *"/srv/mails")
        );
    }
}
