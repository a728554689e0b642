//! Sign-in by an OpenID Connect issuer: where a person is sent, and whom the issuer's answer names.
//!
//! Authorization code with PKCE, state and nonce. The issuer is asked who it is at the first sign-in, not
//! at the start, and again when a token is signed with a key that is not known yet.

mod http;

use http::Http;
pub use openidconnect::ClientSecret as OidcSecret;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenVerifier, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse, UserInfoError,
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
    /// It does not answer, or not as an issuer does.
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
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone())?,
            return_url: RedirectUrl::new(format!("{public_url}{RETURN_PATH}"))?,
            http: Http::new(settings.patience)?,
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

    /// Whom the issuer names for the code that it gave this attempt.
    pub(crate) async fn redeem(
        &self,
        attempt: &Attempt,
        code: String,
    ) -> Result<Identity, OidcError> {
        let client = self.client(&*self.metadata().await?);
        let response = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| unavailable(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier()))
            .request_async(&self.http.caller())
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(_) => told(OidcError::CodeRefused, &error),
                _ => unavailable(&error),
            })?;
        let token = response.id_token().ok_or(OidcError::Invalid)?;
        let nonce = Nonce::new(attempt.nonce());
        let found = claims(&client, token, &nonce, &response);
        let claims = match found {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                // Signed with a new key: what is known of the issuer is old.
                let client = self.client(&*self.discover().await?);
                claims(&client, token, &nonce, &response)
            }
            found => found,
        };
        let claims = claims.map_err(|error| refused(&error))?;
        self.identity(&client, claims, &response).await
    }

    /// Who the claims are about, with their address: from the token, or from where the issuer keeps it.
    async fn identity(
        &self,
        client: &Known,
        claims: &CoreIdTokenClaims,
        response: &CoreTokenResponse,
    ) -> Result<Identity, OidcError> {
        let subject = claims.subject().clone();
        let mut email = claims.email().map(|email| email.to_string());
        let mut verified = claims.email_verified();
        let mut name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let access = response.access_token().clone();
        if email.is_none()
            && let Ok(request) = client.user_info(access, Some(subject.clone()))
        {
            let info: CoreUserInfoClaims =
                request.request_async(&self.http.caller()).await.map_err(|error| match &error {
                    UserInfoError::ClaimsVerification(_) => told(OidcError::Invalid, &error),
                    _ => unavailable(&error),
                })?;
            email = info.email().map(|email| email.to_string());
            verified = info.email_verified();
            name =
                name.or_else(|| info.name().and_then(|name| name.get(None)).map(|n| n.to_string()));
        }
        Ok(Identity {
            issuer: self.settings.issuer.clone(),
            subject: subject.to_string(),
            name: name.map(|name| name.chars().filter(|c| !c.is_control()).take(200).collect()),
            email,
            email_verified: verified == Some(true),
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
