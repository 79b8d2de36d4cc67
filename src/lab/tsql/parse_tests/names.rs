//! Names, types, parameter strings.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::parse::parse_cast_type;
use crate::lab::tsql::parse::parse_name;
use crate::lab::tsql::parse::parse_parameter_declarations;
use crate::lab::tsql::parse::parse_type;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;

#[test]
fn names() {
    let cases: &[(&str, Option<&[&str]>)] = &[
        ("t", Some(&["t"])),
        ("dbo.t", Some(&["dbo", "t"])),
        ("db..t", Some(&["db", "", "t"])),
        ("srv.db.dbo.t", Some(&["srv", "db", "dbo", "t"])),
        ("srv...t", Some(&["srv", "", "", "t"])),
        ("[a]]b]", Some(&["a]b"])),
        ("\"a\"\"b\"", Some(&["a\"b"])),
        ("[we\"ird]]name;--]", Some(&["we\"ird]name;--"])),
        (" [a b] . [c.d] ", Some(&["a b", "c.d"])),
        ("#t", Some(&["#t"])),
        ("##t", Some(&["##t"])),
        ("tempdb..#t", Some(&["tempdb", "", "#t"])),
        ("[select]", Some(&["select"])),
        ("Ünïcode_表", Some(&["Ünïcode_表"])),
        ("[😀]", Some(&["😀"])),
        ("select", None),
        ("a.b.c.d.e", None),
        ("a b", None),
        ("", None),
        ("[]", None),
        ("[a", None),
        ("a.", None),
        ("'a'", None),
        ("1a", None),
    ];
    for (text, expected) in cases {
        let expected = expected.map(|parts| Name(parts.iter().map(|p| (*p).to_owned()).collect()));
        assert_eq!(parse_name(text), expected, "{text}");
    }
}

#[test]
fn types() {
    use SqlType::*;
    let cases: &[(&str, Option<SqlType>)] = &[
        ("int", Some(Int)),
        ("INTEGER", Some(Int)),
        ("[int]", Some(Int)),
        ("sys.int", Some(Int)),
        ("decimal(25, 0)", Some(Decimal(25, 0))),
        ("numeric", Some(Decimal(18, 0))),
        ("dec(5)", Some(Decimal(5, 0))),
        ("decimal(39,0)", None),
        ("decimal(5,6)", None),
        ("nvarchar(max)", Some(NVarChar(Len::Max))),
        ("nvarchar(4000)", Some(NVarChar(Len::N(4000)))),
        ("nvarchar(4001)", None),
        ("varchar", Some(VarChar(Len::N(1)))),
        ("varchar(0)", None),
        ("char varying(10)", Some(VarChar(Len::N(10)))),
        ("national character varying(10)", Some(NVarChar(Len::N(10)))),
        ("national char(3)", Some(NChar(3))),
        ("national text", Some(NVarChar(Len::Max))),
        ("char(max)", None),
        ("binary varying(20)", Some(VarBinary(Len::N(20)))),
        ("varbinary(8000)", Some(VarBinary(Len::N(8000)))),
        ("sysname", Some(NVarChar(Len::N(128)))),
        ("rowversion", Some(Binary(8))),
        ("timestamp", Some(Binary(8))),
        ("float", Some(Float)),
        ("float(53)", Some(Float)),
        ("float(24)", Some(Real)),
        ("float(54)", None),
        ("double precision", Some(Float)),
        ("time", Some(Time(7))),
        ("datetime2(3)", Some(DateTime2(3))),
        ("datetime2(8)", None),
        ("datetimeoffset", Some(DateTimeOffset(7))),
        ("uniqueidentifier", Some(UniqueIdentifier)),
        ("xml", Some(Xml)),
        ("sql_variant", Some(SqlVariant)),
        ("text", Some(VarChar(Len::Max))),
        ("image", Some(VarBinary(Len::Max))),
        ("int(4)", None),
        ("geography", None),
        ("dbo.mytype", None),
        ("int int", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_type(text), *expected, "{text}");
    }
    assert_eq!(parse_cast_type("varchar"), Some(VarChar(Len::N(30))));
    assert_eq!(parse_cast_type("binary"), Some(Binary(30)));
    assert_eq!(parse_cast_type("VARCHAR(10)"), Some(VarChar(Len::N(10))));
}

#[test]
fn parameter_strings() {
    let parse = |text| parse_parameter_declarations(text);
    assert_eq!(parse("").unwrap(), vec![]);
    let two = parse("@P1 nvarchar(4000),@p2 AS decimal(25,0) OUTPUT , @x int out").unwrap();
    assert_eq!(
        two,
        vec![
            ("@P1".into(), SqlType::NVarChar(Len::N(4000)), false),
            ("@p2".into(), SqlType::Decimal(25, 0), true),
            ("@x".into(), SqlType::Int, true),
        ]
    );
    assert_eq!(parse("p int").unwrap_err().number, 102);
    assert_eq!(parse("@p int = 1").unwrap_err().number, 102);
    assert_eq!(parse("@p").unwrap_err().number, 102);
    assert_eq!(parse("@p nope").unwrap_err().number, 2715);
}
