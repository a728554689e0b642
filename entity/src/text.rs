//! Enumerations and other small values kept as text in the database, whichever room defines them.

use domain::vocabulary::StableText;
use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, StringLen, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, QueryResult, TryFromU64, TryGetError, TryGetable, Value};
use std::ops::Deref;

/// A value with a stable text, as a column.
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

impl<T: StableText> From<Text<T>> for Value {
    fn from(value: Text<T>) -> Self {
        value.0.text().into_owned().into()
    }
}

impl<T: StableText> TryGetable for Text<T> {
    fn try_get_by<I: ColIdx>(res: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let text = String::try_get_by(res, index)?;
        text.parse()
            .map(Self)
            .map_err(|_| TryGetError::DbErr(DbErr::Type(format!("unknown value {text}"))))
    }
}

impl<T: StableText> ValueType for Text<T> {
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

impl<T: StableText> Nullable for Text<T> {
    fn null() -> Value {
        Value::String(None)
    }
}

impl<T> TryFromU64 for Text<T> {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("text"))
    }
}
