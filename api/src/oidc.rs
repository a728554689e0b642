//! Sign-in by an OpenID Connect issuer: where a person is sent, and whom the issuer's answer names.
//!
//! Authorization code with PKCE, state and nonce. The issuer is asked who it is at the first sign-in, not
//! at the start, and again when what is known of its keys does not verify a token.

mod claims;
mod error;
mod http;

use claims::{Info, Known, Metadata, Person, verified};
pub(crate) use error::OidcError;
use http::Http;
pub use openidconnect::ClientSecret as OidcSecret;
use openidconnect::core::{CoreAuthenticationFlow, CoreClientAuthMethod};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClaimsVerificationError, Client, ClientId, CsrfToken,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    SubjectIdentifier, TokenResponse, UserInfoError,
};
use service::account::oidc::{Attempt, Identity};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

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
    /// What is asked of it besides who signed in (`openid`).
    pub scopes: Vec<String>,
    /// Whether an address is taken for checked where it does not say: only where it vouches for those that it
    /// gives.
    pub trusts_addresses: bool,
    /// Where a person is sent with a code once signed in; none: a page says that it worked.
    pub frontend_url: Option<String>,
    /// How long it has for each answer.
    pub patience: Duration,
}

/// The issuer.
pub struct Oidc {
    settings: OidcSettings,
    issuer: IssuerUrl,
    return_url: RedirectUrl,
    http: Http,
    metadata: RwLock<Option<Arc<Metadata>>>,
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
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Goes on when what came back with the browser is of this issuer (RFC 9207): it says so, or need not.
    pub(crate) async fn require_own(&self, named: Option<&str>) -> Result<(), OidcError> {
        let own = match named {
            Some(named) => named == self.settings.issuer,
            None => !self.metadata().await?.additional_metadata().names_itself(),
        };
        if own { Ok(()) } else { Err(OidcError::of_other_issuer()) }
    }

    /// Whom the issuer's token names for the code that it gave this attempt, and what opens what else it
    /// knows of them.
    pub(crate) async fn redeem(
        &self,
        attempt: &Attempt,
        code: String,
    ) -> Result<(Identity, AccessToken), OidcError> {
        let client = self.client(&*self.metadata().await?);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::of_description(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier()))
            .request_async(&self.http.caller())
            .await
            .map_err(|error| OidcError::of_tokens(&error))?;
        let none = ClaimsVerificationError::Other("no id token was given".to_owned());
        let token = tokens.id_token().ok_or_else(|| OidcError::of_claims(&none))?;
        let nonce = Nonce::new(attempt.nonce());
        let found = verified(&client, token, &nonce, &tokens);
        let claims = match found {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                // Perhaps signed with a new key, which a token need not name: what is known may be old.
                let client = self.client(&*self.discover().await?);
                verified(&client, token, &nonce, &tokens)
            }
            found => found,
        };
        let claims = claims.map_err(|error| OidcError::of_claims(&error))?;
        let person = Person::of_token(claims);
        let nobody = Identity {
            issuer: self.settings.issuer.clone(),
            subject: claims.subject().to_string(),
            name: None,
            email: None,
            email_verified: false,
        };
        Ok((self.with(nobody, person), tokens.access_token().clone()))
    }

    /// The same person with the address that the issuer keeps apart from its tokens, if it does; signed or not.
    pub(crate) async fn with_address(
        &self,
        identity: Identity,
        access: AccessToken,
    ) -> Result<Identity, OidcError> {
        let metadata = self.metadata().await?;
        let asked = self.info(&metadata, &identity, access.clone()).await;
        let info = match asked {
            Some(Err(UserInfoError::ClaimsVerification(
                ClaimsVerificationError::SignatureVerification(_),
            ))) => {
                // As with a token: the keys that are known may be old.
                let metadata = self.discover().await?;
                self.info(&metadata, &identity, access).await
            }
            asked => asked,
        };
        let Some(info) = info else { return Ok(identity) };
        let info = info.map_err(|error| OidcError::of_info(&error))?;
        let person = Person::of_info(&info);
        Ok(self.with(identity, person))
    }

    /// What the issuer tells of a person where it describes such a place.
    async fn info(
        &self,
        metadata: &Metadata,
        identity: &Identity,
        access: AccessToken,
    ) -> Option<Result<Info, UserInfoError<http::HttpError>>> {
        let client = self.client(metadata);
        let subject = SubjectIdentifier::new(identity.subject.clone());
        let request = client.user_info(access, Some(subject)).ok()?;
        Some(request.request_async(&self.http.caller()).await)
    }

    /// The identity with what is told of the person: a name where there was none, an address instead of another.
    fn with(&self, identity: Identity, person: Person) -> Identity {
        let name = identity.name.or(person.name);
        match person.email {
            Some((email, verified)) => Identity {
                name,
                email: Some(email),
                email_verified: verified.unwrap_or(self.settings.trusts_addresses),
                ..identity
            },
            None => Identity { name, ..identity },
        }
    }

    fn client(&self, metadata: &Metadata) -> Known {
        // In the header, as issuers take it by default, unless they take it in the body alone.
        let ways = metadata.token_endpoint_auth_methods_supported();
        let in_header = ways.is_none_or(|ways| {
            ways.contains(&CoreClientAuthMethod::ClientSecretBasic)
                || !ways.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        Client::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            self.settings.client_secret.clone(),
        )
        .set_auth_type(if in_header { AuthType::BasicAuth } else { AuthType::RequestBody })
        .set_redirect_uri(self.return_url.clone())
    }

    /// What is known of the issuer; asked the first time.
    async fn metadata(&self) -> Result<Arc<Metadata>, OidcError> {
        let known = self.metadata.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(known) => Ok(known),
            None => self.discover().await,
        }
    }

    /// Asks the issuer for its endpoints and keys.
    async fn discover(&self) -> Result<Arc<Metadata>, OidcError> {
        let found = Metadata::discover_async(self.issuer.clone(), &self.http.caller()).await;
        let found = Arc::new(found.map_err(|error| OidcError::of_discovery(&error))?);
        *self.metadata.write().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }
}
