//! Enumerations and other small values kept as text in the database, whichever room defines them.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, StringLen, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, QueryResult, TryFromU64, TryGetError, TryGetable, Value};
use std::borrow::Cow;
use std::ops::Deref;
use std::str::FromStr;

/// A type with a stable text for each value.
pub trait TextEnum: Copy + FromStr {
    /// The stable text; of an enumeration, in `SCREAMING_SNAKE_CASE`.
    fn text(self) -> Cow<'static, str>;
}

/// A value of such a type, as a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Text<T>(pub T);

impl<T> Deref for Text<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Text<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: TextEnum> From<Text<T>> for Value {
    fn from(value: Text<T>) -> Self {
        value.0.text().into_owned().into()
    }
}

impl<T: TextEnum> TryGetable for Text<T> {
    fn try_get_by<I: ColIdx>(res: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let text = String::try_get_by(res, index)?;
        text.parse()
            .map(Self)
            .map_err(|_| TryGetError::DbErr(DbErr::Type(format!("unknown value {text}"))))
    }
}

impl<T: TextEnum> ValueType for Text<T> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let text = <String as ValueType>::try_from(value)?;
        text.parse().map(Self).map_err(|_| ValueTypeErr)
    }
    fn type_name() -> String {
        "String".to_owned()
    }
    fn array_type() -> ArrayType {
        ArrayType::String
    }
    fn column_type() -> ColumnType {
        ColumnType::String(StringLen::None)
    }
}

impl<T: TextEnum> Nullable for Text<T> {
    fn null() -> Value {
        Value::String(None)
    }
}

impl<T> TryFromU64 for Text<T> {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("text"))
    }
}

macro_rules! text_enums {
    ($($path:path),* $(,)?) => {
        $(impl TextEnum for $path {
            fn text(self) -> Cow<'static, str> {
                self.as_str().into()
            }
        })*
    };
}

impl TextEnum for domain::birth::BirthDate {
    fn text(self) -> Cow<'static, str> {
        self.to_string().into()
    }
}

text_enums!(
    domain::application::ApplicationStatus,
    domain::application::Outcome,
    domain::authority::AuthorityKind,
    domain::deadline::DeadlineKind,
    domain::edof::AlertSource,
    domain::notification::BounceAction,
    domain::edof::Allegation,
    domain::edof::SanctionLevel,
    domain::evaluation::EvaluationKind,
    domain::notification::NoticeKind,
    domain::tariff::FeeKind,
    crate::kind::AlertStatus,
    crate::kind::AttemptPurpose,
    crate::kind::BounceSource,
    crate::kind::ChangeKind,
    crate::kind::DeadlineStatus,
    crate::kind::DeliveryChoice,
    crate::kind::DocumentKind,
    crate::kind::Lane,
    crate::kind::OrganismKind,
    crate::kind::ReminderKind,
    crate::kind::Role,
    crate::kind::SanctionGround,
    crate::kind::Sex,
    crate::kind::TaskStatus,
);
