//! `--where EXPR`: which records are wanted.
//!
//! ```text
//! expr    = and ("||" and)*              and = not ("&&" not)*           not = "!" not | test
//! test    = operand (op operand)?        op  = == != < <= > >= =~ !~ contains starts_with ends_with
//! operand = key | value | topic | partition | offset | timestamp | size
//!         | key.a.b | value.a[0]["b c"]  (a path into JSON)
//!         | header("name")               (holds if it holds for any header of that name)
//!         | "text" | 12.5 | true | false | null | ( expr )
//! ```
//! `and`, `or`, `not` and a single `=` are taken, too. What is not there is null; a comparison of things that
//! cannot be compared does not hold. Text that holds a number compares with numbers as that number.
//!
//! [`parse`] makes a tree, [`eval`] asks it of records. What is cheap is asked first, whatever the order in which
//! it was typed: JSON is only parsed for records that pass the rest.

mod eval;
mod lex;
mod parse;

pub use eval::Filter;
