//! The scalars of the schema.
//!
//! What a value must be is said twice, by `is_valid` and by `parse`: the first is asked before anything is executed, and
//! its refusal names the field.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};
use domain::birth::BirthDate;
use domain::{date, identifier};

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

/// What `read` makes of a text; none of any other value.
fn text<T>(value: &Value, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    match value {
        Value::String(text) => read(text),
        _ => None,
    }
}

/// What was read, or that the value is none of this scalar.
fn expected<T: async_graphql::InputType>(value: Value, read: Option<T>) -> InputValueResult<T> {
    read.ok_or_else(|| InputValueError::expected_type(value))
}

/// How a scalar is read from what is given, by which its values are known beforehand too.
macro_rules! reads {
    ($read:expr) => {
        fn parse(value: Value) -> InputValueResult<Self> {
            let read = $read(&value);
            expected(value, read.map(Self))
        }

        fn is_valid(value: &Value) -> bool {
            $read(value).is_some()
        }
    };
}

/// A calendar date in Europe/Paris, `2026-11-24`.
#[Scalar]
impl ScalarType for Date {
    reads!(|value| text(value, |t| date::parse(t).ok()));

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A date of which the day, or the month and the day, may be unknown: `1984-03-05`, `1984-03` or `1984`.
#[Scalar]
impl ScalarType for PartialDate {
    reads!(|value| text(value, |t| t.parse::<BirthDate>().ok()));

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An instant in UTC, RFC 3339.
#[Scalar]
impl ScalarType for DateTime {
    reads!(|value| text(value, |t| {
        chrono::DateTime::parse_from_rfc3339(t).ok().map(|at| at.to_utc())
    }));

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// An amount in euro cents, a whole number; net of VAT.
#[Scalar]
impl ScalarType for Cents {
    reads!(|value: &Value| match value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    });

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// A French company number, nine digits, checked.
#[Scalar]
impl ScalarType for Siren {
    reads!(|value| text(value, |t| identifier::Siren::parse(t).ok().map(String::from)));

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A French establishment number, fourteen digits, checked.
#[Scalar]
impl ScalarType for Siret {
    reads!(|value| text(value, |t| identifier::Siret::parse(t).ok().map(String::from)));

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
