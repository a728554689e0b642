//! The scalars of the schema.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};
use domain::birth::BirthDate;

/// A calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Date(pub(crate) NaiveDate);

/// A date of birth as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PartialDate(pub(crate) BirthDate);

/// An instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) chrono::DateTime<Utc>);

/// An amount, in euro cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cents(pub(crate) i64);

/// A company number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Siren(pub(crate) String);

/// An establishment number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Siret(pub(crate) String);

fn text<T>(value: Value, read: impl Fn(&str) -> Option<T>) -> InputValueResult<T>
where
    T: async_graphql::InputType,
{
    match &value {
        Value::String(text) => read(text).ok_or_else(|| InputValueError::expected_type(value)),
        _ => Err(InputValueError::expected_type(value)),
    }
}

/// A calendar date in Europe/Paris, `2026-11-24`.
#[Scalar]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |t| NaiveDate::parse_from_str(t, "%Y-%m-%d").ok().map(Self))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A date of which the day, or the month and the day, may be unknown: `1984-03-05`, `1984-03` or `1984`.
#[Scalar]
impl ScalarType for PartialDate {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |t| t.parse().ok().map(Self))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An instant in UTC, RFC 3339.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |t| chrono::DateTime::parse_from_rfc3339(t).ok().map(|at| Self(at.to_utc())))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// An amount in euro cents, a whole number; net of VAT.
#[Scalar]
impl ScalarType for Cents {
    fn parse(value: Value) -> InputValueResult<Self> {
        let whole = match &value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        };
        whole.map(Self).ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// A French company number, nine digits, checked.
#[Scalar]
impl ScalarType for Siren {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |t| domain::identifier::Siren::parse(t).ok().map(|s| Self(s.into())))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A French establishment number, fourteen digits, checked.
#[Scalar]
impl ScalarType for Siret {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, |t| domain::identifier::Siret::parse(t).ok().map(|s| Self(s.into())))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

macro_rules! wraps {
    ($($scalar:ident($inner:ty)),*) => {
        $(impl From<$inner> for $scalar {
            fn from(inner: $inner) -> Self {
                Self(inner)
            }
        })*
    };
}

wraps!(
    Date(NaiveDate),
    PartialDate(BirthDate),
    DateTime(chrono::DateTime<Utc>),
    Cents(i64),
    Siren(String),
    Siret(String)
);
