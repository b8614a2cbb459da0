//! The columns of every metadata table (ECMA-335 II.22): tables of data.
//!
//! The order of the list is the tables' number. The tables of pseudo-pointers (`FieldPtr` ...) are
//! those of the uncompressed stream `#-`, which the standard leaves out.

use Cell::{Blob, Coded, Dword, Guid, Row, Text, Word};

/// What one column of a table holds, and so how wide it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    /// Two bytes.
    Word,
    /// Four bytes.
    Dword,
    /// Index into `#Strings`.
    Text,
    /// Index into `#GUID`.
    Guid,
    /// Index into `#Blob`.
    Blob,
    /// Row number of a table.
    Row(usize),
    /// Tag bits and row number of one of these tables.
    Coded(u32, &'static [usize]),
}

pub(super) const MODULE: usize = 0x00;
pub(super) const TYPE_REF: usize = 0x01;
const TYPE_DEF: usize = 0x02;
const FIELD: usize = 0x04;
const METHOD_DEF: usize = 0x06;
const PARAM: usize = 0x08;
const INTERFACE_IMPL: usize = 0x09;
pub(super) const MEMBER_REF: usize = 0x0a;
pub(super) const CONSTANT: usize = 0x0b;
pub(super) const CUSTOM_ATTRIBUTE: usize = 0x0c;
const DECL_SECURITY: usize = 0x0e;
const STAND_ALONE_SIG: usize = 0x11;
const EVENT: usize = 0x14;
const PROPERTY: usize = 0x17;
pub(super) const MODULE_REF: usize = 0x1a;
const TYPE_SPEC: usize = 0x1b;
pub(super) const FIELD_RVA: usize = 0x1d;
pub(super) const ASSEMBLY: usize = 0x20;
pub(super) const ASSEMBLY_REF: usize = 0x23;
pub(super) const FILE: usize = 0x26;
const EXPORTED_TYPE: usize = 0x27;
pub(super) const MANIFEST_RESOURCE: usize = 0x28;
const GENERIC_PARAM: usize = 0x2a;
const METHOD_SPEC: usize = 0x2b;
const GENERIC_PARAM_CONSTRAINT: usize = 0x2c;

const TYPE_DEF_OR_REF: Cell = Coded(2, &[TYPE_DEF, TYPE_REF, TYPE_SPEC]);
const HAS_CONSTANT: Cell = Coded(2, &[FIELD, PARAM, PROPERTY]);
const HAS_CUSTOM_ATTRIBUTE: Cell = Coded(
    5,
    &[
        METHOD_DEF,
        FIELD,
        TYPE_REF,
        TYPE_DEF,
        PARAM,
        INTERFACE_IMPL,
        MEMBER_REF,
        MODULE,
        DECL_SECURITY,
        PROPERTY,
        EVENT,
        STAND_ALONE_SIG,
        MODULE_REF,
        TYPE_SPEC,
        ASSEMBLY,
        ASSEMBLY_REF,
        FILE,
        EXPORTED_TYPE,
        MANIFEST_RESOURCE,
        GENERIC_PARAM,
        GENERIC_PARAM_CONSTRAINT,
        METHOD_SPEC,
    ],
);
const HAS_FIELD_MARSHAL: Cell = Coded(1, &[FIELD, PARAM]);
const HAS_DECL_SECURITY: Cell = Coded(2, &[TYPE_DEF, METHOD_DEF, ASSEMBLY]);
const MEMBER_REF_PARENT: Cell = Coded(3, &[TYPE_DEF, TYPE_REF, MODULE_REF, METHOD_DEF, TYPE_SPEC]);
const HAS_SEMANTICS: Cell = Coded(1, &[EVENT, PROPERTY]);
const METHOD_DEF_OR_REF: Cell = Coded(1, &[METHOD_DEF, MEMBER_REF]);
const MEMBER_FORWARDED: Cell = Coded(1, &[FIELD, METHOD_DEF]);
const IMPLEMENTATION: Cell = Coded(2, &[FILE, ASSEMBLY_REF, EXPORTED_TYPE]);
/// Tags 0, 1 and 4 are reserved.
const CUSTOM_ATTRIBUTE_TYPE: Cell = Coded(3, &[METHOD_DEF, MEMBER_REF]);
const RESOLUTION_SCOPE: Cell = Coded(2, &[MODULE, MODULE_REF, ASSEMBLY_REF, TYPE_REF]);
const TYPE_OR_METHOD_DEF: Cell = Coded(1, &[TYPE_DEF, METHOD_DEF]);

/// Tags of `HAS_CUSTOM_ATTRIBUTE`, `CUSTOM_ATTRIBUTE_TYPE`, `MEMBER_REF_PARENT`, `IMPLEMENTATION`.
pub(super) mod tag {
    pub(in crate::pe::clr) const ATTRIBUTE_OF_ASSEMBLY: (u32, u32) = (5, 14);
    pub(in crate::pe::clr) const TYPE_IS_MEMBER_REF: (u32, u32) = (3, 3);
    pub(in crate::pe::clr) const PARENT_IS_TYPE_REF: (u32, u32) = (3, 1);
    pub(in crate::pe::clr) const HELD_BY_FILE: (u32, u32) = (2, 0);
    pub(in crate::pe::clr) const HELD_BY_ASSEMBLY: (u32, u32) = (2, 1);
}

/// Name and columns of every table, by its number.
pub(super) const TABLES: &[(&str, &[Cell])] = &[
    ("Module", &[Word, Text, Guid, Guid, Guid]),
    ("TypeRef", &[RESOLUTION_SCOPE, Text, Text]),
    ("TypeDef", &[Dword, Text, Text, TYPE_DEF_OR_REF, Row(FIELD), Row(METHOD_DEF)]),
    ("FieldPtr", &[Row(FIELD)]),
    ("Field", &[Word, Text, Blob]),
    ("MethodPtr", &[Row(METHOD_DEF)]),
    ("MethodDef", &[Dword, Word, Word, Text, Blob, Row(PARAM)]),
    ("ParamPtr", &[Row(PARAM)]),
    ("Param", &[Word, Word, Text]),
    ("InterfaceImpl", &[Row(TYPE_DEF), TYPE_DEF_OR_REF]),
    ("MemberRef", &[MEMBER_REF_PARENT, Text, Blob]),
    ("Constant", &[Word, HAS_CONSTANT, Blob]),
    ("CustomAttribute", &[HAS_CUSTOM_ATTRIBUTE, CUSTOM_ATTRIBUTE_TYPE, Blob]),
    ("FieldMarshal", &[HAS_FIELD_MARSHAL, Blob]),
    ("DeclSecurity", &[Word, HAS_DECL_SECURITY, Blob]),
    ("ClassLayout", &[Word, Dword, Row(TYPE_DEF)]),
    ("FieldLayout", &[Dword, Row(FIELD)]),
    ("StandAloneSig", &[Blob]),
    ("EventMap", &[Row(TYPE_DEF), Row(EVENT)]),
    ("EventPtr", &[Row(EVENT)]),
    ("Event", &[Word, Text, TYPE_DEF_OR_REF]),
    ("PropertyMap", &[Row(TYPE_DEF), Row(PROPERTY)]),
    ("PropertyPtr", &[Row(PROPERTY)]),
    ("Property", &[Word, Text, Blob]),
    ("MethodSemantics", &[Word, Row(METHOD_DEF), HAS_SEMANTICS]),
    ("MethodImpl", &[Row(TYPE_DEF), METHOD_DEF_OR_REF, METHOD_DEF_OR_REF]),
    ("ModuleRef", &[Text]),
    ("TypeSpec", &[Blob]),
    ("ImplMap", &[Word, MEMBER_FORWARDED, Text, Row(MODULE_REF)]),
    ("FieldRVA", &[Dword, Row(FIELD)]),
    ("EncLog", &[Dword, Dword]),
    ("EncMap", &[Dword]),
    ("Assembly", &[Dword, Word, Word, Word, Word, Dword, Blob, Text, Text]),
    ("AssemblyProcessor", &[Dword]),
    ("AssemblyOS", &[Dword, Dword, Dword]),
    ("AssemblyRef", &[Word, Word, Word, Word, Dword, Blob, Text, Text, Blob]),
    ("AssemblyRefProcessor", &[Dword, Row(ASSEMBLY_REF)]),
    ("AssemblyRefOS", &[Dword, Dword, Dword, Row(ASSEMBLY_REF)]),
    ("File", &[Dword, Text, Blob]),
    ("ExportedType", &[Dword, Dword, Text, Text, IMPLEMENTATION]),
    ("ManifestResource", &[Dword, Dword, Text, IMPLEMENTATION]),
    ("NestedClass", &[Row(TYPE_DEF), Row(TYPE_DEF)]),
    ("GenericParam", &[Word, Word, TYPE_OR_METHOD_DEF, Text]),
    ("MethodSpec", &[METHOD_DEF_OR_REF, Blob]),
    ("GenericParamConstraint", &[Row(GENERIC_PARAM), TYPE_DEF_OR_REF]),
];
