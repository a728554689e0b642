//! An application for a habilitation (III.2).

use crate::ids::{
    AccountId, ApplicationId, AuthorityId, CampaignId, ConventionVersionId, FrameworkId, MeetingId,
    OrganismId,
};
use crate::text::Text;
use domain::application::ApplicationStatus;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// An application for a habilitation (III.2).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "application")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApplicationId,
    #[sea_orm(unique)]
    pub number: String,
    pub organism_id: OrganismId,
    pub campaign_id: CampaignId,
    pub authority_id: AuthorityId,
    pub framework_id: FrameworkId,
    pub meeting_id: MeetingId,
    pub status: Text<ApplicationStatus>,
    pub filed_on: Date,
    pub filed_by_id: AccountId,
    /// The provider to whom the case was given (interpretation 26).
    pub provider_id: Option<AccountId>,
    pub contact_email: String,
    /// The version that filing accepted (III.2.d).
    pub convention_version_id: ConventionVersionId,
    pub version: i32,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `organism_id`.
    #[sea_orm(
        belongs_to = "super::organism::Entity",
        from = "Column::OrganismId",
        to = "super::organism::Column::Id"
    )]
    Organism,
    /// By `campaign_id`.
    #[sea_orm(
        belongs_to = "super::campaign::Entity",
        from = "Column::CampaignId",
        to = "super::campaign::Column::Id"
    )]
    Campaign,
    /// By `authority_id`.
    #[sea_orm(
        belongs_to = "super::authority::Entity",
        from = "Column::AuthorityId",
        to = "super::authority::Column::Id"
    )]
    Authority,
    /// By `framework_id`.
    #[sea_orm(
        belongs_to = "super::framework::Entity",
        from = "Column::FrameworkId",
        to = "super::framework::Column::Id"
    )]
    Framework,
    /// By `meeting_id`.
    #[sea_orm(
        belongs_to = "super::meeting::Entity",
        from = "Column::MeetingId",
        to = "super::meeting::Column::Id"
    )]
    Meeting,
    /// By `filed_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::FiledById",
        to = "super::account::Column::Id"
    )]
    FiledBy,
    /// By `provider_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::ProviderId",
        to = "super::account::Column::Id"
    )]
    Provider,
    /// By `convention_version_id`.
    #[sea_orm(
        belongs_to = "super::convention_version::Entity",
        from = "Column::ConventionVersionId",
        to = "super::convention_version::Column::Id"
    )]
    ConventionVersion,
}

impl Related<super::organism::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organism.def()
    }
}

impl Related<super::campaign::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Campaign.def()
    }
}

impl Related<super::authority::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Authority.def()
    }
}

impl Related<super::framework::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Framework.def()
    }
}

impl Related<super::meeting::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Meeting.def()
    }
}

impl Related<super::convention_version::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ConventionVersion.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
