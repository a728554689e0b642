//! The OpenID Connect issuer that people may sign in with.

use super::parse;
use super::source::Source;
use api::{OidcSecret, OidcSettings};
use reqwest::Url;
use std::time::Duration;

/// How long the issuer has for an answer: one request asks it nine times at most (its description and its keys,
/// three times where they change, the token, the address twice), within the thirty seconds that a request has.
const PATIENCE: Duration = Duration::from_secs(3);

/// The issuer's settings; none when no issuer is named, or when something is wrong, which is told under the
/// variable's name.
pub(super) fn read(s: &mut Source, production: Option<bool>) -> Option<OidcSettings> {
    let production = production == Some(true);
    let issuer =
        s.parsed("CLEA_OIDC_ISSUER", |text| parse::optional(text, |text| issuer(text, production)));
    let named = matches!(issuer, Some(Some(_)));
    let client_id = s.parsed("CLEA_OIDC_CLIENT_ID", |text| match text {
        "" if named => Err("must be given with CLEA_OIDC_ISSUER".to_owned()),
        text => Ok(text.to_owned()),
    });
    let frontend_url = s.parsed("CLEA_OIDC_FRONTEND_URL", |text| {
        parse::optional(text, |text| frontend_url(text, production))
    });
    let client_secret = s.text("CLEA_OIDC_CLIENT_SECRET");
    let scopes = s.parsed("CLEA_OIDC_SCOPES", scopes);
    let trusts_addresses = s.parsed("CLEA_OIDC_TRUST_EMAIL", |text| parse::switch(text, false));
    let name = s.text("CLEA_OIDC_NAME");
    let (client_id, frontend_url) = (client_id?, frontend_url?);
    let (scopes, trusts_addresses) = (scopes?, trusts_addresses?);
    let (issuer, host) = issuer??;
    Some(OidcSettings {
        issuer,
        client_id,
        client_secret: Some(client_secret).filter(|text| !text.is_empty()).map(OidcSecret::new),
        name: if name.is_empty() { host } else { name },
        scopes,
        trusts_addresses,
        frontend_url,
        patience: PATIENCE,
    })
}

/// The issuer as its tokens name it, to the letter, and its host.
fn issuer(text: &str, production: bool) -> Result<(String, String), String> {
    let url = web(text, production)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("expected an address without query or fragment".to_owned());
    }
    Ok((text.to_owned(), url.host_str().unwrap_or_default().to_owned()))
}

/// What is asked of the issuer, in words of RFC 6749 3.3; `openid` is asked in any case.
fn scopes(text: &str) -> Result<Vec<String>, String> {
    let sound = |word: &str| word.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\,".contains(&b));
    let words = text.split_ascii_whitespace();
    match words.clone().find(|word| !sound(word)) {
        Some(wrong) => {
            Err(format!("`{wrong}`: expected words such as `email profile`, apart by spaces"))
        }
        None => Ok(words.filter(|word| *word != "openid").map(str::to_owned).collect()),
    }
}

/// Where a code is taken to, in the fragment.
fn frontend_url(text: &str, production: bool) -> Result<String, String> {
    match web(text, production)? {
        url if url.fragment().is_some() => Err("expected an address without fragment".to_owned()),
        url => Ok(url.into()),
    }
}

fn web(text: &str, production: bool) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if production && url.scheme() == "http" => {
            Err("expected https:// in production".to_owned())
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => Ok(url),
        _ => Err("expected http:// or https:// with a host".to_owned()),
    }
}
