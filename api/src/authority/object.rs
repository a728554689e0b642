//! Authorities, delegations, meetings and campaigns as objects.

use super::AuthorityKind;
use super::{CampaignConnection, FrameworkConnection, MeetingConnection};
use crate::account::{AccountGrant, Invitation};
use crate::load::{self, list};
use crate::object::object;
use crate::page::Asked;
use crate::scalar::{Date, Siren};
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use domain::authority::{DelegationFacts, delegation_in_force};
use entity::ids::{
    AccountGrantId, AuthorityId, CampaignId, DelegationId, FrameworkId, InvitationId, MeetingId,
};
use sea_orm::{ColumnTrait, QueryFilter};
use service::sight::Visible;

list! {
    /// The delegations of a CPNE.
    AuthorityDelegations {} = "authority.delegations", delegation by DelegationId(Id, id), oldest first,
    under AuthorityId(AuthorityId, authority_id);
    |self, sight| entity::delegation::Entity::visible(sight)
}

list! {
    /// The frameworks that a CPNE contextualised.
    AuthorityFrameworks {} = "authority.frameworks", framework by FrameworkId(Id, id), newest first,
    under AuthorityId(AuthorityId, authority_id);
    |self, sight| entity::framework::Entity::visible(sight)
}

list! {
    /// The meetings of an authority.
    AuthorityMeetings {} = "authority.meetings", meeting by MeetingId(Id, id), newest first,
    sorted by HeldOn, under AuthorityId(AuthorityId, authority_id);
    |self, sight| entity::meeting::Entity::visible(sight)
}

list! {
    /// The campaigns of an authority.
    AuthorityCampaigns {} = "authority.campaigns", campaign by CampaignId(Id, id), newest first,
    sorted by OpensOn, under AuthorityId(AuthorityId, authority_id);
    |self, sight| entity::campaign::Entity::visible(sight)
}

list! {
    /// The roles held in an authority.
    AuthorityGrants {} = "authority.grants", account_grant by AccountGrantId(Id, id), oldest first,
    under AuthorityId(AuthorityId, authority_id);
    |self, sight| entity::account_grant::Entity::visible(sight)
        .filter(entity::account_grant::Column::RevokedAt.is_null())
}

list! {
    /// The invitations to the roles of an authority that may still be taken.
    AuthorityInvitations {} = "authority.invitations", invitation by InvitationId(Id, id), oldest first,
    under AuthorityId(AuthorityId, authority_id);
    |self, sight| entity::invitation::Entity::visible(sight).filter(service::account::open_invitations())
}

object! {
    /// Who decides: Certif Pro or a CPNE.
    Authority = seen authority by AuthorityId;
    /// A page of authorities.
    AuthorityConnection,
    /// An authority in a page.
    AuthorityEdge,
    /// The authority.
    node
}

/// Who decides: Certif Pro, the one certifier, or a CPNE acting by delegation (article I).
#[paged]
#[Object]
impl Authority {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Certif Pro or a CPNE.
    async fn kind(&self) -> AuthorityKind {
        self.0.kind.0.into()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is written to.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Where an appeal is sent (III.5.c).
    async fn appeal_contact(&self) -> &str {
        &self.0.appeal_contact
    }

    /// Number and street.
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

    /// Its company number, where it has one.
    async fn siren(&self) -> Option<Siren> {
        self.0.siren.clone().map(Siren)
    }

    /// The mandates that Certif Pro gave it; none for Certif Pro itself (I.b).
    async fn delegations(&self, ctx: &Context<'_>) -> Option<Vec<Delegation>> {
        load::all(ctx, AuthorityDelegations {}, self.0.id).await
    }

    /// The frameworks that it contextualised, newest first (I.c).
    async fn frameworks(&self, ctx: &Context<'_>, asked: Asked) -> Option<FrameworkConnection> {
        load::page(ctx, AuthorityFrameworks {}, self.0.id, asked).await
    }

    /// Its meetings, latest first (III.5.g).
    async fn meetings(&self, ctx: &Context<'_>, asked: Asked) -> Option<MeetingConnection> {
        load::page(ctx, AuthorityMeetings {}, self.0.id, asked).await
    }

    /// Its filing windows, latest first (III.2.c).
    async fn campaigns(&self, ctx: &Context<'_>, asked: Asked) -> Option<CampaignConnection> {
        load::page(ctx, AuthorityCampaigns {}, self.0.id, asked).await
    }

    /// The roles held in it, for who administers it.
    async fn grants(&self, ctx: &Context<'_>) -> Option<Vec<AccountGrant>> {
        load::all(ctx, AuthorityGrants {}, self.0.id).await
    }

    /// The roles offered in it and not taken yet, for who administers it.
    async fn invitations(&self, ctx: &Context<'_>) -> Option<Vec<Invitation>> {
        load::all(ctx, AuthorityInvitations {}, self.0.id).await
    }
}

object! {
    /// A mandate.
    Delegation = seen delegation by DelegationId;
}

/// A mandate that Certif Pro gives to a CPNE, within a field (I.b).
#[Object]
impl Delegation {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The CPNE.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get(ctx, self.0.authority_id).await
    }

    /// The professional field covered, when it is limited to one.
    async fn professional_field(&self) -> Option<&str> {
        self.0.professional_field.as_deref()
    }

    /// The geographic field covered, when it is limited to one.
    async fn geographic_field(&self) -> Option<&str> {
        self.0.geographic_field.as_deref()
    }

    /// Its first day.
    async fn starts_on(&self) -> Date {
        self.0.starts_on.into()
    }

    /// Its last day, included; null without a set end.
    async fn ends_on(&self) -> Option<Date> {
        self.0.ends_on.map(Date)
    }

    /// The first day of a suspension that is not lifted.
    async fn suspended_on(&self) -> Option<Date> {
        self.0.suspended_on.map(Date)
    }

    /// The first day without it.
    async fn withdrawn_on(&self) -> Option<Date> {
        self.0.withdrawn_on.map(Date)
    }

    /// Whether it is in force on a day.
    async fn in_force(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day in question; today when null.")] as_of: Option<Date>,
    ) -> Option<bool> {
        let on = match as_of {
            Some(day) => day.0,
            None => load::today(ctx).await?,
        };
        let facts = DelegationFacts {
            starts_on: self.0.starts_on,
            ends_on: self.0.ends_on,
            suspended_on: self.0.suspended_on,
            withdrawn_on: self.0.withdrawn_on,
            professional_field: self.0.professional_field.clone(),
            geographic_field: self.0.geographic_field.clone(),
        };
        Some(delegation_in_force(&facts, on))
    }
}
