//! Sign-in by an OpenID Connect issuer: where a person is sent, and whom the issuer's answer names.
//!
//! Authorization code with PKCE, state and nonce. The issuer is asked who it is at the first sign-in, not
//! at the start, and again when what is known of its keys does not verify a token.

mod http;

use http::Http;
pub use openidconnect::ClientSecret as OidcSecret;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken,
    CoreIdTokenClaims, CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId,
    CsrfToken, EndUserName, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenVerifier,
    IssuerUrl, LocalizedClaim, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, SubjectIdentifier, TokenResponse, UserInfoError,
};
use service::account::oidc::{Attempt, Identity};
use service::clock::machine_now;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use telemetry::mask;

/// Where the issuer sends people back.
pub(crate) const RETURN_PATH: &str = "/connexion/oidc/retour";

/// The issuer that people may sign in with.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// Its address, as its tokens name it.
    pub issuer: String,
    /// How it knows this platform.
    pub client_id: String,
    /// What this platform shows it; none for a public client.
    pub client_secret: Option<OidcSecret>,
    /// How people know it.
    pub name: String,
    /// Where a person is sent with a code once signed in; none: a page says that it worked.
    pub frontend_url: Option<String>,
    /// How long it has for each answer.
    pub patience: Duration,
}

/// The client of an issuer, whose endpoints are known from its own description.
type Known = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why the issuer's answer names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OidcError {
    /// It says that the person did not sign in, or declined.
    Declined,
    /// It does not answer, or not as an issuer does to who is registered with it.
    Unavailable,
    /// It does not take back the code that it gave.
    CodeRefused,
    /// Its token is not signed by it.
    Signature,
    /// Its token is of another sign-in.
    Nonce,
    /// Its token is over.
    Expired,
    /// Its token is not for this platform, or not of this issuer.
    Invalid,
}

impl OidcError {
    /// Of what the issuer sends back with the browser instead of a code.
    pub(crate) fn of_answer(error: Option<&str>) -> Self {
        let of_person = [
            "access_denied",
            "account_selection_required",
            "consent_required",
            "interaction_required",
            "login_required",
        ];
        let error = error.unwrap_or_default();
        if of_person.contains(&error) {
            return Self::Declined;
        }
        // It came with the browser: what is no code of the protocol is not written down.
        let plain = (1..=40).contains(&error.len())
            && error.bytes().all(|b| b == b'_' || b.is_ascii_lowercase());
        let (why, error) =
            (Self::Unavailable, if plain { error } else { "no code of the protocol" });
        tracing::warn!(?why, error, "a sign-in by the issuer failed");
        why
    }
}

/// The issuer.
pub struct Oidc {
    settings: OidcSettings,
    issuer: IssuerUrl,
    return_url: RedirectUrl,
    http: Http,
    metadata: RwLock<Option<Arc<CoreProviderMetadata>>>,
}

impl Oidc {
    /// Of these settings, for pages reached at `public_url`. Nothing is asked of the issuer yet.
    ///
    /// # Errors
    /// When an address is none, or the system trusts no authority.
    pub fn new(settings: OidcSettings, public_url: &str) -> anyhow::Result<Self> {
        let issuer = IssuerUrl::new(settings.issuer.clone())?;
        Ok(Self {
            return_url: RedirectUrl::new(format!("{public_url}{RETURN_PATH}"))?,
            http: Http::new(settings.patience, issuer.url().scheme() == "https")?,
            issuer,
            metadata: RwLock::new(None),
            settings,
        })
    }

    /// How people know it.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    /// Where a person is sent with a code.
    pub(crate) fn frontend_url(&self) -> Option<&str> {
        self.settings.frontend_url.as_deref()
    }

    /// Where the person signs in.
    pub(crate) async fn address(&self, attempt: &Attempt) -> Result<String, OidcError> {
        let client = self.client(&*self.metadata().await?);
        let verifier = PkceCodeVerifier::new(attempt.verifier());
        let (state, nonce) = (attempt.state.clone(), attempt.nonce());
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Whom the issuer's token names for the code that it gave this attempt, and what opens what else it
    /// knows of them.
    pub(crate) async fn redeem(
        &self,
        attempt: &Attempt,
        code: String,
    ) -> Result<(Identity, AccessToken), OidcError> {
        let client = self.client(&*self.metadata().await?);
        let response = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| unavailable(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier()))
            .request_async(&self.http.caller())
            .await
            .map_err(|error| match &error {
                RequestTokenError::ServerResponse(answer)
                    if *answer.error() == CoreErrorResponseType::InvalidGrant =>
                {
                    told(OidcError::CodeRefused, &error)
                }
                _ => unavailable(&error),
            })?;
        let none = || refused(&ClaimsVerificationError::Other("no id token was given".to_owned()));
        let token = response.id_token().ok_or_else(none)?;
        let nonce = Nonce::new(attempt.nonce());
        let found = claims(&client, token, &nonce, &response);
        let claims = match found {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                // Perhaps signed with a new key, which a token need not name: what is known may be old.
                let client = self.client(&*self.discover().await?);
                claims(&client, token, &nonce, &response)
            }
            found => found,
        };
        let claims = claims.map_err(|error| refused(&error))?;
        let identity = Identity {
            issuer: self.settings.issuer.clone(),
            subject: claims.subject().to_string(),
            name: name(claims.name()),
            email: claims.email().map(|email| email.to_string()),
            email_verified: claims.email_verified() == Some(true),
        };
        Ok((identity, response.access_token().clone()))
    }

    /// The same person with the address that the issuer keeps apart from its tokens, if it does.
    pub(crate) async fn with_address(
        &self,
        identity: Identity,
        access: AccessToken,
    ) -> Result<Identity, OidcError> {
        let client = self.client(&*self.metadata().await?);
        let subject = SubjectIdentifier::new(identity.subject.clone());
        let Ok(request) = client.user_info(access, Some(subject)) else { return Ok(identity) };
        let info: CoreUserInfoClaims =
            request.request_async(&self.http.caller()).await.map_err(|error| match &error {
                UserInfoError::ClaimsVerification(_) => told(OidcError::Invalid, &error),
                _ => unavailable(&error),
            })?;
        Ok(Identity {
            name: identity.name.or_else(|| name(info.name())),
            email: info.email().map(|email| email.to_string()),
            email_verified: info.email_verified() == Some(true),
            ..identity
        })
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Known {
        // In the header, as issuers take it by default, unless they take it in the body alone.
        let ways = metadata.token_endpoint_auth_methods_supported();
        let in_header = ways.is_none_or(|ways| {
            ways.contains(&CoreClientAuthMethod::ClientSecretBasic)
                || !ways.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            self.settings.client_secret.clone(),
        )
        .set_auth_type(if in_header { AuthType::BasicAuth } else { AuthType::RequestBody })
        .set_redirect_uri(self.return_url.clone())
    }

    /// What is known of the issuer; asked the first time.
    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let known = self.metadata.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(known) => Ok(known),
            None => self.discover().await,
        }
    }

    /// Asks the issuer for its endpoints and keys.
    async fn discover(&self) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let found =
            CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http.caller()).await;
        let found = Arc::new(found.map_err(|error| unavailable(&error))?);
        *self.metadata.write().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }
}

/// A name, as an account may be shown.
fn name(given: Option<&LocalizedClaim<EndUserName>>) -> Option<String> {
    let name = given.and_then(|name| name.get(None))?;
    Some(name.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// The claims of the token: signed by the issuer, for this platform, for this sign-in, in time, and given
/// with this access token.
fn claims<'a>(
    client: &Known,
    token: &'a CoreIdToken,
    nonce: &Nonce,
    response: &CoreTokenResponse,
) -> Result<&'a CoreIdTokenClaims, ClaimsVerificationError> {
    let verifier: IdTokenVerifier<_> = client.id_token_verifier().set_time_fn(machine_now);
    let claims = token.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let other = |told: String| ClaimsVerificationError::Other(told);
        let algorithm = token.signing_alg().map_err(|error| other(error.to_string()))?;
        let key = token.signing_key(&verifier).map_err(|error| other(error.to_string()))?;
        let found = AccessTokenHash::from_token(response.access_token(), algorithm, key);
        if found.map_err(|error| other(error.to_string()))? != *expected {
            return Err(other("the access token is not the one that the token names".to_owned()));
        }
    }
    Ok(claims)
}

/// What a token that does not hold lacks.
fn refused(error: &ClaimsVerificationError) -> OidcError {
    let why = match error {
        ClaimsVerificationError::Expired(_) => OidcError::Expired,
        ClaimsVerificationError::InvalidNonce(_) => OidcError::Nonce,
        ClaimsVerificationError::SignatureVerification(_) => OidcError::Signature,
        _ => OidcError::Invalid,
    };
    told(why, error)
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> OidcError {
    told(OidcError::Unavailable, error)
}

/// The same, once the log was told why, without the values that the error quotes.
fn told(why: OidcError, error: &(dyn std::error::Error + 'static)) -> OidcError {
    tracing::warn!(?why, error = mask::cause(error), "a sign-in by the issuer failed");
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_declined_is_told_from_what_the_issuer_refuses() {
        for of_person in ["access_denied", "login_required", "consent_required"] {
            assert_eq!(OidcError::of_answer(Some(of_person)), OidcError::Declined);
        }
        for other in [None, Some(""), Some("invalid_scope"), Some("<b>access_denied</b>")] {
            assert_eq!(OidcError::of_answer(other), OidcError::Unavailable);
        }
    }
}
