//! Links in mails about accounts: of 128 bits and more, for one purpose, hashed at rest. Whether they still
//! open is read from the invitation or the reset that they are for.

use crate::clock::machine_now;
use crate::token;
use crate::token::hash;
use domain::Refusal;
use entity::ids::{InvitationId, PasswordResetId};
use entity::subject::Subject;
use entity::{account_link, invitation, notice, password_reset};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr,
    EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait,
};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To take a role.
    Invitation(InvitationId),
    /// To choose a new password.
    PasswordReset(PasswordResetId),
}

impl Purpose {
    /// Of the link in this mail; none when it is no mail about an account.
    pub(crate) fn of(notice: &notice::Model) -> Option<Self> {
        match notice.subject() {
            Subject::Invitation(id) => Some(Self::Invitation(id)),
            Subject::PasswordReset(id) => Some(Self::PasswordReset(id)),
            Subject::Application(_)
            | Subject::Habilitation(_)
            | Subject::Invoice(_)
            | Subject::EdofAlert(_)
            | Subject::Certificate(_)
            | Subject::Site(_)
            | Subject::Candidate(_)
            | Subject::Notice(_)
            | Subject::MachineCredential(_)
            | Subject::Task(_) => None,
        }
    }
}

/// The invitations that may still be taken.
pub fn open_invitations() -> Condition {
    use invitation::Column;
    Condition::all()
        .add(Column::AcceptedAt.is_null())
        .add(Column::VoidedAt.is_null())
        .add(Column::ExpiresAt.gt(machine_now()))
}

/// The resets that were neither used nor are expired.
pub(super) fn open_resets() -> Condition {
    Condition::all()
        .add(password_reset::Column::UsedAt.is_null())
        .add(password_reset::Column::ExpiresAt.gt(machine_now()))
}

/// A new link; answers its token, of which only the hash is kept.
pub(crate) async fn new(db: &impl ConnectionTrait, purpose: Purpose) -> Result<String, DbErr> {
    let token = token::random();
    let (invitation, reset) = match purpose {
        Purpose::Invitation(id) => (Some(id), None),
        Purpose::PasswordReset(id) => (None, Some(id)),
    };
    account_link::ActiveModel {
        token_hash: Set(hash(token.as_bytes())),
        invitation_id: Set(invitation),
        password_reset_id: Set(reset),
        created_at: Set(machine_now()),
    }
    .insert(db)
    .await?;
    Ok(token)
}

/// The invitation that a link still opens.
pub(super) async fn invitation(
    db: &impl ConnectionTrait,
    token: &str,
) -> Result<Option<invitation::Model>, DbErr> {
    let found = account_link::Entity::find_by_id(hash(token.as_bytes()))
        .find_also_related(invitation::Entity)
        .filter(open_invitations())
        .one(db)
        .await?;
    Ok(found.and_then(|(_, invitation)| invitation))
}

/// The reset that a link still opens.
pub(super) async fn reset(
    db: &impl ConnectionTrait,
    token: &str,
) -> Result<Option<password_reset::Model>, DbErr> {
    password_reset::Entity::find()
        .join_rev(JoinType::InnerJoin, account_link::Relation::PasswordReset.def())
        .filter(account_link::Column::TokenHash.eq(hash(token.as_bytes())))
        .filter(open_resets())
        .one(db)
        .await
}

/// The refusal of a link that opens nothing, or no longer: which one is not told.
pub(super) fn invalid() -> Refusal {
    let message = "Ce lien n’est pas valable, a expiré ou a déjà servi ; demandez-en un autre.";
    Refusal::new("LINK_INVALID", message).at(["token"])
}
