//! Why an issuer's answer names nobody: who declined, who is away, and what is wrong with an answer. Whatever
//! goes wrong by an issuer is told to the log, with its cause.

use super::http::HttpError;
use openidconnect::core::CoreErrorResponseType;
use openidconnect::http::StatusCode;
use openidconnect::{
    ClaimsVerificationError, DiscoveryError, RequestTokenError, StandardErrorResponse,
    UserInfoError,
};
use telemetry::mask;

/// Why the issuer's answer names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OidcError {
    /// It says that the person did not sign in, or declined.
    Declined,
    /// It does not answer, or refuses this platform.
    Unavailable,
    /// It answers what no issuer does: nothing that can be read.
    Unreadable,
    /// What came with the browser is of another issuer, or does not say of which.
    OtherIssuer,
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

/// How a token is not given.
type TokenError = RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>;

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

    /// Of an answer that came with the browser and is not this issuer's.
    pub(super) fn of_other_issuer() -> Self {
        let why = Self::OtherIssuer;
        let error = "the answer names another issuer, or none although the issuer names itself";
        tracing::warn!(?why, error, "a sign-in by the issuer failed");
        why
    }

    /// Of a code that was not exchanged.
    pub(super) fn of_tokens(error: &TokenError) -> Self {
        let why = match error {
            RequestTokenError::ServerResponse(answer)
                if *answer.error() == CoreErrorResponseType::InvalidGrant =>
            {
                Self::CodeRefused
            }
            RequestTokenError::ServerResponse(_) | RequestTokenError::Request(_) => {
                Self::Unavailable
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Self::Unreadable,
        };
        told(why, error)
    }

    /// Of a token that does not hold.
    pub(super) fn of_claims(error: &ClaimsVerificationError) -> Self {
        told(why_of(error), error)
    }

    /// Of a person about whom nothing more is told.
    pub(super) fn of_info(error: &UserInfoError<HttpError>) -> Self {
        let why = match error {
            UserInfoError::ClaimsVerification(error) => why_of(error),
            UserInfoError::Parse(_) | UserInfoError::Other(_) => Self::Unreadable,
            UserInfoError::Response(status, ..) => of_status(*status),
            _ => Self::Unavailable,
        };
        told(why, error)
    }

    /// Of an issuer that does not describe itself.
    pub(super) fn of_discovery(error: &DiscoveryError<HttpError>) -> Self {
        let why = match error {
            DiscoveryError::Parse(_) | DiscoveryError::Validation(_) => Self::Unreadable,
            DiscoveryError::Response(status, ..) => of_status(*status),
            _ => Self::Unavailable,
        };
        told(why, error)
    }

    /// Of an issuer whose description lacks what a sign-in needs.
    pub(super) fn of_description(error: &(dyn std::error::Error + 'static)) -> Self {
        told(Self::Unreadable, error)
    }
}

/// An answer that says that it is one, and cannot be read, is wrong; any other status is no answer.
fn of_status(status: StatusCode) -> OidcError {
    if status.is_success() { OidcError::Unreadable } else { OidcError::Unavailable }
}

/// What a token that does not hold lacks.
fn why_of(error: &ClaimsVerificationError) -> OidcError {
    match error {
        ClaimsVerificationError::Expired(_) => OidcError::Expired,
        ClaimsVerificationError::InvalidNonce(_) => OidcError::Nonce,
        ClaimsVerificationError::SignatureVerification(_) => OidcError::Signature,
        _ => OidcError::Invalid,
    }
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

    #[test]
    fn an_answer_that_cannot_be_read_is_not_an_issuer_that_is_away() {
        let odd = || ClaimsVerificationError::Other("odd".to_owned());
        let answered = |status| UserInfoError::Response(status, Vec::new(), "text/html".to_owned());
        for (error, why) in [
            (answered(StatusCode::OK), OidcError::Unreadable),
            (answered(StatusCode::UNAUTHORIZED), OidcError::Unavailable),
            (UserInfoError::ClaimsVerification(odd()), OidcError::Invalid),
            (UserInfoError::Other("no UTF-8".to_owned()), OidcError::Unreadable),
            (UserInfoError::Request(HttpError::Slow), OidcError::Unavailable),
        ] {
            assert_eq!(OidcError::of_info(&error), why, "{error:?}");
        }
        let other = DiscoveryError::Validation("another issuer".to_owned());
        assert_eq!(OidcError::of_discovery(&other), OidcError::Unreadable);
        assert_eq!(
            OidcError::of_tokens(&RequestTokenError::Request(HttpError::Slow)),
            OidcError::Unavailable
        );
        let other = RequestTokenError::Other("an empty answer".to_owned());
        assert_eq!(OidcError::of_tokens(&other), OidcError::Unreadable);
    }
}
