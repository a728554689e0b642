//! An attempt that failed or is under way: counted per account and per address, and forgotten after a day.

use crate::ids::SignInAttemptId;
use crate::kind::AttemptPurpose;
use crate::text::Text;
use entity_derive::Positioned;
use sea_orm::entity::prelude::*;

/// An attempt that failed or is under way: counted per account and per address, and forgotten after a day.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Positioned)]
#[sea_orm(table_name = "sign_in_attempt")]
pub struct Model {
    /// Primary key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignInAttemptId,
    pub purpose: Text<AttemptPurpose>,
    /// A hash of the account's address, whether there is such an account or not.
    pub account_key: String,
    /// A hash of the address that the attempt came from.
    pub address_key: Option<String>,
    /// Whether the account was opened from there before.
    pub familiar: bool,
    pub at: DateTimeUtc,
}

/// The tables that it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
