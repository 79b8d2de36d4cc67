//! Values: conversion, comparison, arithmetic, expressions.

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
