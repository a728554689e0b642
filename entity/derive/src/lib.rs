//! What the tables' models derive beside sea-orm's own.

use proc_macro::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, parse_macro_input};

/// Reads a model by the positions of its columns (`entity::Positioned`): in the order of its fields, which is that of
/// its table's `Column`.
#[proc_macro_derive(Positioned)]
pub fn positioned(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let fields = match &input.data {
        Data::Struct(model) => &model.fields,
        _ => &Fields::Unit,
    };
    let Fields::Named(fields) = fields else {
        let error = syn::Error::new(input.span(), "a model is a struct with named fields");
        return error.into_compile_error().into();
    };
    let names = fields.named.iter().filter_map(|field| field.ident.as_ref());
    let positions = 0..fields.named.len();
    let first = fields.named.iter().map(|field| &field.ty).take(1);
    let model = &input.ident;
    quote! {
        impl crate::Positioned for #model {
            fn read(
                row: &::sea_orm::QueryResult,
                first: usize,
            ) -> ::std::result::Result<Self, ::sea_orm::DbErr> {
                ::std::result::Result::Ok(Self { #(#names: row.try_get_by(first + #positions)?),* })
            }

            fn is_there(
                row: &::sea_orm::QueryResult,
                first: usize,
            ) -> ::std::result::Result<bool, ::sea_orm::DbErr> {
                #(let key: ::std::option::Option<#first> = row.try_get_by(first)?;)*
                ::std::result::Result::Ok(key.is_some())
            }
        }
    }
    .into()
}
