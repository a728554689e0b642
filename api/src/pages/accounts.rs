//! The pages that the links of mails about accounts open: an invitation, a new password. Opening one changes
//! nothing, its button does.

use super::answer::{Answer, Keep, done, failed, page, unknown_account_link};
use crate::account::RESET_REQUESTED;
use crate::request::Tracked;
use crate::state::ApiState;
use askama::Template;
use axum::extract::{Extension, Form, Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use service::account::{self, AcceptInvitation, Offer};
use service::context::{Actor, Context};
use service::error::ActError;

#[derive(Template)]
#[template(path = "account_invitation.html")]
struct Invitation {
    offer: Offer,
    name: String,
    refused: Vec<String>,
}

#[derive(Template)]
#[template(path = "password_reset.html")]
struct Reset {
    refused: Vec<String>,
}

#[derive(Template)]
#[template(path = "password_reset_request.html")]
struct ResetRequest {
    refused: Vec<String>,
}

/// What the form of an invitation sends; nothing but the button where the account exists.
#[derive(Deserialize)]
pub(super) struct Accepted {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// What the form of a new password sends.
#[derive(Deserialize)]
pub(super) struct Chosen {
    password: String,
    again: String,
}

/// What the form of a forgotten password sends.
#[derive(Deserialize)]
pub(super) struct Forgotten {
    email: String,
}

/// Nobody signed in.
fn stranger(state: &ApiState, tracked: &Tracked) -> Context {
    Context::new(state.app.clone(), Actor::Anonymous, &tracked.correlation_id)
}

/// Why the form comes back: the sentences of the refusals. An answer where there is nothing to come back to,
/// or the machine is at fault.
fn sentences(error: ActError, tracked: &Tracked) -> Result<Vec<String>, Box<Answer>> {
    match error {
        ActError::Refused(refusals) if refusals.iter().any(|r| r.code == "LINK_INVALID") => {
            Err(Box::new(unknown_account_link()))
        }
        ActError::Refused(refusals) => Ok(refusals.into_iter().map(|r| r.message).collect()),
        fault @ ActError::Fault(_) => Err(Box::new(failed(&fault, &tracked.correlation_id))),
    }
}

fn differ() -> Vec<String> {
    vec!["Les deux mots de passe ne sont pas les mêmes.".to_owned()]
}

/// Shows an invitation.
pub(super) async fn invitation(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(token): Path<String>,
) -> Answer {
    let form = (String::new(), Vec::new());
    show_invitation(&state, &tracked, &token, StatusCode::OK, form).await
}

async fn show_invitation(
    state: &ApiState,
    tracked: &Tracked,
    token: &str,
    status: StatusCode,
    (name, refused): (String, Vec<String>),
) -> Answer {
    match account::invitation_offered(&state.app, token).await {
        Ok(Some(offer)) => page(status, &Invitation { offer, name, refused }, Keep::Nothing),
        Ok(None) => unknown_account_link(),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}

/// Takes it.
pub(super) async fn accept(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(token): Path<String>,
    Form(form): Form<Accepted>,
) -> Answer {
    let bad = StatusCode::BAD_REQUEST;
    if form.password != form.again {
        return show_invitation(&state, &tracked, &token, bad, (form.name, differ())).await;
    }
    let input = AcceptInvitation {
        token: token.clone(),
        display_name: Some(form.name.clone()),
        password: Some(form.password),
    };
    let accepted = account::accept_invitation(&stranger(&state, &tracked), input).await;
    match accepted.map_err(|error| sentences(error, &tracked)) {
        Ok(_) => done(
            "Invitation acceptée",
            "Votre rôle est attribué. Vous pouvez fermer cette page et vous connecter.",
        ),
        Err(Ok(refused)) => {
            show_invitation(&state, &tracked, &token, bad, (form.name, refused)).await
        }
        Err(Err(answer)) => *answer,
    }
}

/// Shows the form of a forgotten password.
pub(super) async fn forgotten() -> Answer {
    page(StatusCode::OK, &ResetRequest { refused: Vec::new() }, Keep::Shortly)
}

/// Has the link sent; the same page whether the address has an account or not.
pub(super) async fn send(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Form(form): Form<Forgotten>,
) -> Answer {
    let ctx = stranger(&state, &tracked);
    let asked = account::request_password_reset(&ctx, &form.email, &tracked.client).await;
    match asked.map_err(|error| sentences(error, &tracked)) {
        Ok(()) => done("Demande enregistrée", RESET_REQUESTED),
        Err(Ok(refused)) => page(StatusCode::BAD_REQUEST, &ResetRequest { refused }, Keep::Nothing),
        Err(Err(answer)) => *answer,
    }
}

/// Shows the form of a new password.
pub(super) async fn reset(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(token): Path<String>,
) -> Answer {
    match account::reset_is_open(&state.app, &token).await {
        Ok(true) => page(StatusCode::OK, &Reset { refused: Vec::new() }, Keep::Nothing),
        Ok(false) => unknown_account_link(),
        Err(error) => failed(&error, &tracked.correlation_id),
    }
}

/// Takes the new password.
pub(super) async fn choose(
    State(state): State<ApiState>,
    Extension(tracked): Extension<Tracked>,
    Path(token): Path<String>,
    Form(form): Form<Chosen>,
) -> Answer {
    let again = |refused| page(StatusCode::BAD_REQUEST, &Reset { refused }, Keep::Nothing);
    if form.password != form.again {
        return again(differ());
    }
    let chosen = account::reset_password(&stranger(&state, &tracked), &token, form.password).await;
    match chosen.map_err(|error| sentences(error, &tracked)) {
        Ok(_) => done(
            "Mot de passe enregistré",
            "Vos sessions sont fermées. Connectez-vous avec votre nouveau mot de passe.",
        ),
        Err(Ok(refused)) => again(refused),
        Err(Err(answer)) => *answer,
    }
}
