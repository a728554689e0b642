//! Secrets do not reach a terminal or a log.

/// The address with its password, if it has one, replaced by `***`.
pub(crate) fn address(url: &str) -> String {
    let url = &query(url);
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    let Some((who, host)) = authority.rsplit_once('@') else { return url.to_owned() };
    let user = who.split(':').next().unwrap_or_default();
    let hidden = if who.contains(':') { ":***" } else { "" };
    format!("{scheme}://{user}{hidden}@{host}{tail}")
}

/// The same with the value of every `password=` of its query replaced.
fn query(url: &str) -> String {
    let Some((place, query)) = url.split_once('?') else { return url.to_owned() };
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    let shown: Vec<_> = query.split('&').map(hidden).collect();
    format!("{place}?{}", shown.join("&"))
}

/// `password`, `sslpassword`, `pass`…
fn is_secret(name: &str) -> bool {
    name.to_lowercase().contains("pass")
}

/// `text` without any of the secrets of `url`: drivers may quote what they were given.
pub(crate) fn message(text: &str, url: &str) -> String {
    let shown = text.replace(url, &address(url));
    let secrets = password(url).into_iter().chain(query_secrets(url));
    secrets.filter(|secret| !secret.is_empty()).fold(shown, |s, secret| s.replace(secret, "***"))
}

fn query_secrets(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| is_secret(name)).map(|(_, value)| value)
}

fn password(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@')?.0.split_once(':').map(|(_, password)| password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_and_the_rest_is_shown() {
        for (given, shown) in [
            ("sqlite://var/clea.db", "sqlite://var/clea.db"),
            ("postgres://clea:s3:cr@t@db:5432/clea?x=1", "postgres://clea:***@db:5432/clea?x=1"),
            ("redis://:s3cret@redis/0", "redis://:***@redis/0"),
            ("redis://redis/0", "redis://redis/0"),
            ("smtp://only-user@host:25", "smtp://only-user@host:25"),
            ("file:var/mails", "file:var/mails"),
            ("postgres://db/clea?user=c&password=s3cret", "postgres://db/clea?user=c&password=***"),
            ("smtp://u:p@h:25?security=none", "smtp://u:***@h:25?security=none"),
        ] {
            assert_eq!(address(given), shown);
        }
        let url = "postgres://clea:s3cret@db/clea";
        assert_eq!(
            message("no s3cret at postgres://clea:s3cret@db/clea", url),
            "no *** at postgres://clea:***@db/clea"
        );
        let url = "postgres://db/clea?password=s3cret";
        assert_eq!(message("s3cret is wrong for db", url), "*** is wrong for db");
    }
}
