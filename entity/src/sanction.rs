//! A sanction: decided against an organism on a ground and for a cause, effective once notified (V.3).

use crate::ids::{AccountId, AuthorityId, EdofAlertId, HabilitationId, OrganismId, SanctionId};
use crate::kind::SanctionGround;
use crate::text::Text;
use domain::edof::SanctionLevel;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// A sanction: decided against an organism on a ground and for a cause, effective once notified (V.3).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "sanction")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SanctionId,
    pub ground: Text<SanctionGround>,
    /// What it answers, of the ground's own table: see [`Model::cause`].
    pub cause_id: Uuid,
    /// The first sanction for the cause is 1.
    pub occurrence: i32,
    pub organism_id: OrganismId,
    /// The habilitation that it bears on; none where the organism never had one.
    pub habilitation_id: Option<HabilitationId>,
    /// The authority that decided it.
    pub authority_id: AuthorityId,
    pub level: Text<SanctionLevel>,
    /// In the words of who decided.
    pub reason: Option<String>,
    pub decided_on: Date,
    /// Who decided it, for the authority; none where it is not known.
    pub decided_by_id: Option<AccountId>,
    /// The first notification that stands: its effects begin on that day (V.3.c).
    pub notified_on: Option<Date>,
}

/// What a sanction answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// An EDOF alert (V.3.d).
    EdofAlert(EdofAlertId),
}

impl Cause {
    /// The ground of the sanctions that answer it.
    pub const fn ground(self) -> SanctionGround {
        match self {
            Self::EdofAlert(_) => SanctionGround::EdofAlert,
        }
    }

    /// Its id in the table of its ground.
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::EdofAlert(id) => id.0,
        }
    }
}

impl Model {
    /// What it answers; none for the grounds whose procedures have no table.
    pub const fn cause(&self) -> Option<Cause> {
        match self.ground.0 {
            SanctionGround::EdofAlert => Some(Cause::EdofAlert(EdofAlertId(self.cause_id))),
            SanctionGround::Compliance
            | SanctionGround::AuditRefused
            | SanctionGround::NonPayment => None,
        }
    }
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
    /// By `habilitation_id`.
    #[sea_orm(
        belongs_to = "super::habilitation::Entity",
        from = "Column::HabilitationId",
        to = "super::habilitation::Column::Id"
    )]
    Habilitation,
    /// By `authority_id`.
    #[sea_orm(
        belongs_to = "super::authority::Entity",
        from = "Column::AuthorityId",
        to = "super::authority::Column::Id"
    )]
    Authority,
    /// By `decided_by_id`.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::DecidedById",
        to = "super::account::Column::Id"
    )]
    DecidedBy,
}

impl ActiveModelBehavior for ActiveModel {}
