//! Values: conversion, comparison, arithmetic, expressions.
#![expect(clippy::many_single_char_names, reason = "pairs of values and their scales read best as x, s and y, t")]

pub mod arith;
pub mod calendar;
pub mod collate;
pub mod compare;
pub mod convert;
pub mod convert_date;
pub mod convert_number;
pub mod convert_text;
pub mod date_text;
pub mod decimal;
pub mod fault;
pub mod runtime;
pub mod scalar;
#[cfg(test)]
mod tests;
pub mod text;
