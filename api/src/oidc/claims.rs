//! What issuers say of people and of themselves: the protocol's own claims, and a few that others add.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AdditionalProviderMetadata, ClaimsVerificationError, Client,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims,
    IdTokenFields, IdTokenVerifier, LocalizedClaim, Nonce, OAuth2TokenResponse, ProviderMetadata,
    StandardErrorResponse, StandardTokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::clock::machine_now;
use std::ops::Deref;

/// Longest name kept, in characters.
const LONGEST_NAME: usize = 200;

/// Claims that issuers of the State add.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Names {
    /// The family name that is used; any JSON, so that no issuer's habit makes its answers unreadable.
    #[serde(default)]
    usual_name: Option<Value>,
}

impl AdditionalClaims for Names {}

/// What an issuer's description tells beside the protocol's own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Manner {
    /// Whether it names itself in what it sends back with the browser (RFC 9207).
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
}

impl Manner {
    /// Whether an answer without its name is not its own.
    pub(super) fn names_itself(&self) -> bool {
        self.authorization_response_iss_parameter_supported == Some(true)
    }
}

impl AdditionalProviderMetadata for Manner {}

/// An issuer's description of itself.
pub(super) type Metadata = ProviderMetadata<
    Manner,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What a code is exchanged for.
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        Names,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Token =
    IdToken<Names, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What the issuer tells of a person apart from its tokens.
pub(super) type Info = UserInfoClaims<Names, CoreGenderClaim>;

/// The client of an issuer; its endpoints are told by the issuer's own description.
type ClientOf<HasAuthUrl, HasTokenUrl, HasUserInfoUrl> = Client<
    Names,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    HasAuthUrl,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasTokenUrl,
    HasUserInfoUrl,
>;

/// The client of an issuer whose description is known.
pub(super) type Known = ClientOf<EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The claims of the token: signed by the issuer, for this platform, for this sign-in, in time, and given
/// with this access token.
pub(super) fn verified<'a>(
    client: &Known,
    token: &'a Token,
    nonce: &Nonce,
    tokens: &Tokens,
) -> Result<&'a IdTokenClaims<Names, CoreGenderClaim>, ClaimsVerificationError> {
    let verifier: IdTokenVerifier<_> = client.id_token_verifier().set_time_fn(machine_now);
    let claims = token.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let other = |told: String| ClaimsVerificationError::Other(told);
        let algorithm = token.signing_alg().map_err(|error| other(error.to_string()))?;
        let key = token.signing_key(&verifier).map_err(|error| other(error.to_string()))?;
        let found = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if found.map_err(|error| other(error.to_string()))? != *expected {
            return Err(other("the access token is not the one that the token names".to_owned()));
        }
    }
    Ok(claims)
}

/// What is kept of the claims about a person.
pub(super) struct Person {
    /// Their name, as an account may be shown.
    pub(super) name: Option<String>,
    /// Their address, and whether the issuer checked that it is theirs when it says so or not.
    pub(super) email: Option<(String, Option<bool>)>,
}

/// Both kinds of claims have the same methods, and no common type.
macro_rules! person {
    ($claims:expr) => {{
        let claims = $claims;
        let usual = claims.additional_claims().usual_name.as_ref().and_then(Value::as_str);
        let family = usual.map(str::to_owned).or_else(|| text(claims.family_name()));
        Person {
            name: shown(text(claims.name()), [text(claims.given_name()), family]),
            email: claims.email().map(|email| (email.to_string(), claims.email_verified())),
        }
    }};
}

impl Person {
    /// As a token tells.
    pub(super) fn of_token(claims: &IdTokenClaims<Names, CoreGenderClaim>) -> Self {
        person!(claims)
    }

    /// As the issuer tells apart.
    pub(super) fn of_info(claims: &Info) -> Self {
        person!(claims)
    }
}

fn text<T: Deref<Target = String>>(claim: Option<&LocalizedClaim<T>>) -> Option<String> {
    Some(claim?.get(None)?.to_string())
}

/// A name on one line, whole or of its parts; none when nothing is left of it.
fn shown(whole: Option<String>, parts: [Option<String>; 2]) -> Option<String> {
    let whole = whole.filter(|name| !name.trim().is_empty());
    let name = whole.unwrap_or_else(|| parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(claims: &str) -> Person {
        let claims: Info =
            Info::from_json::<std::fmt::Error>(claims.as_bytes(), None).expect("claims");
        Person::of_info(&claims)
    }

    #[test]
    fn a_person_is_shown_by_their_name_or_by_its_parts() {
        for (claims, name) in [
            (r#"{"sub":"1","name":"Zoé Aubry","given_name":"Z"}"#, Some("Zoé Aubry")),
            (r#"{"sub":"1","given_name":"Zoé Lou","usual_name":"AUBRY"}"#, Some("Zoé Lou AUBRY")),
            (r#"{"sub":"1","name":" ","given_name":"Zoé","family_name":"B"}"#, Some("Zoé B")),
            (r#"{"sub":"1","usual_name":"AUBRY","family_name":"B"}"#, Some("AUBRY")),
            (r#"{"sub":"1","usual_name":null,"given_name":"Zoé"}"#, Some("Zoé")),
            (r#"{"sub":"1","usual_name":["AUBRY"],"email":"x@e.example"}"#, None),
        ] {
            assert_eq!(person(claims).name.as_deref(), name, "{claims}");
        }
    }

    #[test]
    fn whether_an_address_was_checked_is_told_by_a_boolean_or_by_its_text() {
        for (told, verified) in [
            ("true", Some(true)),
            ("\"true\"", Some(true)),
            ("false", Some(false)),
            ("\"false\"", Some(false)),
            ("null", None),
        ] {
            let claims = format!(r#"{{"sub":"1","email":"x@e.example","email_verified":{told}}}"#);
            assert_eq!(person(&claims).email, Some(("x@e.example".to_owned(), verified)), "{told}");
        }
        assert_eq!(person(r#"{"sub":"1","email_verified":true}"#).email, None);
    }
}
