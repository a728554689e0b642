//! A link in a mail about an account: for an invitation or for a new password, hashed at rest.

use crate::ids::{InvitationId, PasswordResetId};
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A link in a mail about an account: for an invitation or for a new password, hashed at rest.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "account_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: String,
    pub invitation_id: Option<InvitationId>,
    pub password_reset_id: Option<PasswordResetId>,
    pub created_at: DateTimeUtc,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// By `invitation_id`.
    #[sea_orm(
        belongs_to = "super::invitation::Entity",
        from = "Column::InvitationId",
        to = "super::invitation::Column::Id"
    )]
    Invitation,
    /// By `password_reset_id`.
    #[sea_orm(
        belongs_to = "super::password_reset::Entity",
        from = "Column::PasswordResetId",
        to = "super::password_reset::Column::Id"
    )]
    PasswordReset,
}

impl Related<super::invitation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Invitation.def()
    }
}

impl Related<super::password_reset::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PasswordReset.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
