//! What anyone may see: the authorities, their meetings and campaigns, the frameworks and the tariff.

use super::{Sight, Visible};
use entity::{authority, campaign, delegation, framework, meeting, tariff};
use sea_orm::Condition;

/// What anyone may see: the authorities, their meetings and campaigns, the frameworks.
macro_rules! public {
    ($($entity:ident),*) => {
        $(impl Visible for $entity::Entity {
            /// Anyone.
            fn seen_by(_: &Sight) -> Condition {
                Condition::all()
            }
        })*
    };
}

public!(authority, delegation, framework, meeting, campaign, tariff);
