//! What the tables' models derive beside sea-orm's own.

use proc_macro::TokenStream;
use quote::{ToTokens, quote};
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
    // Of these the table's columns would be others, or read in another way.
    let own = |field: &&syn::Field| {
        let told = |attribute: &syn::Attribute| attribute.meta.to_token_stream().to_string();
        let other = |text: String| ["ignore", "select_as"].iter().any(|word| text.contains(word));
        field.attrs.iter().any(|a| a.path().is_ident("sea_orm") && other(told(a)))
    };
    if let Some(field) = fields.named.iter().find(own) {
        let error =
            syn::Error::new(field.span(), "a field that is no plain column has no position");
        return error.into_compile_error().into();
    }
    let width = fields.named.len();
    let names = fields.named.iter().filter_map(|field| field.ident.as_ref());
    let positions = 0..width;
    let first = fields.named.iter().map(|field| &field.ty).take(1);
    let model = &input.ident;
    quote! {
        impl crate::Positioned for #model {
            const WIDTH: usize = #width;

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
