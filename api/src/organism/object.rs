//! Organisms and their sites as objects.

use super::OrganismKind;
use super::{Practitioner, Site};
use crate::account::{AccountGrant, Invitation};
use crate::application::ApplicationConnection;
use crate::billing::{InvoiceConnection, OrganismBalance};
use crate::edof::EdofAlertConnection;
use crate::evaluation::CandidateConnection;
use crate::habilitation::HabilitationConnection;
use crate::load::{self, list};
use crate::machine::{MachineCredentialConnection, OrganismMachineCredentials};
use crate::notice::NoticeConnection;
use crate::object::object;
use crate::ops::{Timeline, TimelineConnection};
use crate::page::Asked;
use crate::scalar::{Cents, Date, Siren};
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use entity::ids::{
    AccountGrantId, ApplicationId, CandidateId, EdofAlertId, HabilitationId, InvitationId,
    InvoiceId, NoticeId, OrganismId, PractitionerId, SiteId,
};
use sea_orm::{ColumnTrait, QueryFilter};
use service::sight::Visible;

list! {
    /// The sites of an organism.
    OrganismSites {} = "organism.sites", site by SiteId(Id, id), oldest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::site::Entity::visible(sight)
}

list! {
    /// The practitioners of an organism.
    OrganismPractitioners {} = "organism.practitioners", practitioner by PractitionerId(Id, id), oldest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::practitioner::Entity::visible(sight)
}

list! {
    /// The applications of an organism.
    OrganismApplications {} = "organism.applications", application by ApplicationId(Id, id), newest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::application::Entity::visible(sight)
}

list! {
    /// The habilitations of an organism.
    OrganismHabilitations {} = "organism.habilitations", habilitation by HabilitationId(Id, id), newest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::habilitation::Entity::visible(sight)
}

list! {
    /// The candidates of an organism.
    OrganismCandidates {} = "organism.candidates", candidate by CandidateId(Id, id), newest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::candidate::Entity::visible(sight)
}

list! {
    /// The invoices of an organism.
    OrganismInvoices {} = "organism.invoices", invoice by InvoiceId(Id, id), newest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::invoice::Entity::visible(sight)
}

list! {
    /// The notices to an organism.
    OrganismNotices {} = "organism.notices", notice by NoticeId(Id, id), newest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::notice::Entity::visible(sight)
}

list! {
    /// The alerts on an organism's offers.
    OrganismAlerts {} = "organism.edofAlerts", edof_alert by EdofAlertId(Id, id), newest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::edof_alert::Entity::visible(sight)
}

list! {
    /// The roles held in an organism.
    OrganismGrants {} = "organism.grants", account_grant by AccountGrantId(Id, id), oldest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::account_grant::Entity::visible(sight)
        .filter(entity::account_grant::Column::RevokedAt.is_null())
}

list! {
    /// The invitations to the roles of an organism that may still be taken.
    OrganismInvitations {} = "organism.invitations", invitation by InvitationId(Id, id), oldest first,
    under OrganismId(OrganismId, organism_id);
    |self, sight| entity::invitation::Entity::visible(sight).filter(service::account::open_invitations())
}

object! {
    /// An organism.
    Organism = seen organism by OrganismId;
    /// A page of organisms.
    OrganismConnection,
    /// An organism in a page.
    OrganismEdge,
    /// The organism.
    node
}

/// A legal or natural person that trains and evaluates: one SIREN (III.2.a).
#[paged]
#[Object]
impl Organism {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its company number.
    async fn siren(&self) -> Siren {
        self.0.siren.clone().into()
    }

    /// Its registered or trade name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// A legal or a natural person.
    async fn kind(&self) -> OrganismKind {
        self.0.kind.0.into()
    }

    /// Its activity declaration, where it has one (III.2.h).
    async fn nda(&self) -> Option<&str> {
        self.0.nda.as_deref()
    }

    /// Where its notices go (III.2.e).
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Its registered office: number and street.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// Postal code.
    async fn postal_code(&self) -> &str {
        &self.0.postal_code
    }

    /// Town.
    async fn city(&self) -> &str {
        &self.0.city
    }

    /// The day on which it became known to the platform.
    async fn registered_on(&self) -> Date {
        self.0.registered_on.into()
    }

    /// Changes with each act on it.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Where it trains and evaluates.
    async fn sites(&self, ctx: &Context<'_>) -> Option<Vec<Site>> {
        load::all(ctx, OrganismSites {}, self.0.id).await
    }

    /// Its trainers, evaluators and jury members (II.b).
    async fn practitioners(&self, ctx: &Context<'_>) -> Option<Vec<Practitioner>> {
        load::all(ctx, OrganismPractitioners {}, self.0.id).await
    }

    /// Its applications, newest first.
    async fn applications(&self, ctx: &Context<'_>, asked: Asked) -> Option<ApplicationConnection> {
        load::page(ctx, OrganismApplications {}, self.0.id, asked).await
    }

    /// Its habilitations, past and present, newest first.
    async fn habilitations(
        &self,
        ctx: &Context<'_>,
        asked: Asked,
    ) -> Option<HabilitationConnection> {
        load::page(ctx, OrganismHabilitations {}, self.0.id, asked).await
    }

    /// Its candidates that the viewer may see, newest first.
    async fn candidates(&self, ctx: &Context<'_>, asked: Asked) -> Option<CandidateConnection> {
        load::page(ctx, OrganismCandidates {}, self.0.id, asked).await
    }

    /// Its invoices, newest first.
    async fn invoices(&self, ctx: &Context<'_>, asked: Asked) -> Option<InvoiceConnection> {
        load::page(ctx, OrganismInvoices {}, self.0.id, asked).await
    }

    /// What it owes; null for who may not see it.
    async fn balance(&self, ctx: &Context<'_>) -> Option<Cents> {
        OrganismBalance::read(ctx, self.0.id).await
    }

    /// The notices sent to it, newest first (X.c).
    async fn notices(&self, ctx: &Context<'_>, asked: Asked) -> Option<NoticeConnection> {
        load::page(ctx, OrganismNotices {}, self.0.id, asked).await
    }

    /// The alerts on its offers that the viewer may see, newest first (V.3.d).
    async fn edof_alerts(&self, ctx: &Context<'_>, asked: Asked) -> Option<EdofAlertConnection> {
        load::page(ctx, OrganismAlerts {}, self.0.id, asked).await
    }

    /// The roles held in it, for who administers it.
    async fn grants(&self, ctx: &Context<'_>) -> Option<Vec<AccountGrant>> {
        load::all(ctx, OrganismGrants {}, self.0.id).await
    }

    /// The credentials of its tools, newest first, for who administers it.
    async fn machine_credentials(
        &self,
        ctx: &Context<'_>,
        asked: Asked,
    ) -> Option<MachineCredentialConnection> {
        load::page(ctx, OrganismMachineCredentials {}, self.0.id, asked).await
    }

    /// The roles offered in it and not taken yet, for who administers it.
    async fn invitations(&self, ctx: &Context<'_>) -> Option<Vec<Invitation>> {
        load::all(ctx, OrganismInvitations {}, self.0.id).await
    }

    /// Its history, newest first (X.b).
    async fn timeline(&self, ctx: &Context<'_>, asked: Asked) -> Option<TimelineConnection> {
        load::page(ctx, Timeline {}, self.0.id.into(), asked).await
    }
}
