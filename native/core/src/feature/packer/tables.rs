//! What packers, protectors, installers, compilers and runtimes leave in their files: tables of data.
//!
//! A mark that other products share has no place here. Entry code is lower-case hex, `??` any byte.

/// Name and kind.
pub(super) type Product = (&'static str, &'static str);

/// A mark in a file's bytes.
pub(super) struct Mark {
    pub(super) bytes: &'static [u8],
    /// Its offset within the place; anywhere where there is none.
    pub(super) at: Option<usize>,
    /// How it is named in the evidence.
    pub(super) shown: &'static str,
    pub(super) product: Product,
}

/// Where marks are looked for.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// First bytes of the file.
    File,
    /// First bytes of the overlay.
    Overlay,
    /// Last bytes of the file in front of a certificate table.
    End,
    /// First bytes of sections with code.
    Code,
    /// First bytes of sections with data that can be written.
    WritableData,
    /// First and last bytes of sections with constants.
    ConstantData,
    /// First bytes of the resource directory, where its tables and names stand.
    ResourceNames,
    /// Resources of a program of Borland's tools.
    DelphiResources,
    /// Resources of an `AutoIt` program.
    AutoItResources,
    /// CLR metadata.
    Metadata,
}

const UPX: Product = ("UPX", "packer");
const ASPACK: Product = ("ASPack", "packer");
const PECOMPACT: Product = ("PECompact", "packer");
const PETITE: Product = ("Petite", "packer");
const MPRESS: Product = ("MPRESS", "packer");
const NSPACK: Product = ("NsPack", "packer");
const FSG: Product = ("FSG", "packer");
const MEW: Product = ("MEW", "packer");
const UPACK: Product = ("Upack", "packer");
const VMPROTECT: Product = ("VMProtect", "protector");
const THEMIDA: Product = ("Themida", "protector");
const ENIGMA: Product = ("Enigma Protector", "protector");
const NSIS: Product = ("NSIS", "installer");
const INNO: Product = ("Inno Setup", "installer");
const GO: Product = ("Go", "compiler");
const MINGW: Product = ("MinGW GCC", "compiler");
const RUST: Product = ("Rust", "compiler");
const BORLAND: Product = ("Delphi or C++Builder", "compiler");
const AUTOIT: Product = ("AutoIt", "bundler");
const PYTHON: Product = ("Python", "runtime");
const NATIVE_AOT: Product = (".NET Native AOT", "compiler");
const VISUAL_BASIC: Product = ("Visual Basic 5 or 6", "compiler");

/// Section names as they stand in the table.
pub(super) const SECTION_NAMES: &[(&[&str], Product)] = &[
    (&["UPX0", "UPX1", "UPX2", "UPX3", "UPX!", ".UPX0", ".UPX1"], UPX),
    (&[".aspack", ".adata", ".ASPack"], ASPACK),
    (&["PEC2", "PEC2TO", "PEC2MO", "PEC2x", "PECompac", "pec1", "pec2"], PECOMPACT),
    (&[".petite", "petite"], PETITE),
    (&[".MPRESS1", ".MPRESS2"], MPRESS),
    (&[".nsp0", ".nsp1", ".nsp2", "nsp0", "nsp1", "nsp2"], NSPACK),
    (&["FSG!"], FSG),
    (&["MEW"], MEW),
    (&[".Upack", ".ByDwing"], UPACK),
    (&[".RLPack", "RLPack"], ("RLPack", "packer")),
    (&["kkrunchy"], ("kkrunchy", "packer")),
    (&[".neolite", ".neolit"], ("NeoLite", "packer")),
    (&["!EPack"], ("!EPack", "packer")),
    (&[".WWPACK", ".WWP32"], ("WWPack32", "packer")),
    (&["PEBundle", "pebundle"], ("PEBundle", "bundler")),
    (&["BitArts"], ("Crunch", "packer")),
    (&[".vmp0", ".vmp1", ".vmp2", ".vmp3"], VMPROTECT),
    (&[".themida", "Themida"], THEMIDA),
    (&[".winlice", "WinLicen"], ("WinLicense", "protector")),
    (&[".enigma1", ".enigma2"], ENIGMA),
    (&[".sforce3"], ("StarForce", "protector")),
    (&[".svkp"], ("SVK Protector", "protector")),
    (&[".yP", ".y0da"], ("Yoda's Protector", "protector")),
    (&["PESHiELD"], ("PE-SHiELD", "protector")),
    (&["ProCrypt"], ("ProCrypt", "protector")),
    (&[".taz"], ("PESpin", "protector")),
    (&[".ndata"], NSIS),
    (&[".wixburn"], ("WiX Burn", "installer")),
    (&["_winzip_"], ("WinZip Self-Extractor", "archive")),
    (&[".gentee"], ("Gentee Installer", "installer")),
    (&[".tsuarch", ".tsustub"], ("Tarma Installer", "installer")),
    (&[".managed", "hydrated"], NATIVE_AOT),
    (&[".detourc", ".detourd"], ("Microsoft Detours", "runtime")),
    (&[".nv_fatb", ".nvFatBi", ".nv_fati"], ("CUDA", "compiler")),
];

/// First bytes of the entry point, of PE32 (`false`) or PE32+ files.
pub(super) const ENTRY_CODE: &[(&str, bool, Product)] = &[
    ("60 be ?? ?? ?? ?? 8d be ?? ?? ?? ?? 57 83 cd ff", false, UPX),
    ("60 be ?? ?? ?? ?? 8d be ?? ?? ?? ?? c7 87 ?? ?? ?? ?? ?? ?? ?? ?? 57", false, UPX),
    ("80 7c 24 08 01 0f 85 ?? ?? ?? ?? 60 be ?? ?? ?? ?? 8d be", false, UPX),
    ("53 56 57 55 48 8d 35 ?? ?? ?? ?? 48 8d be", true, UPX),
    ("60 e8 03 00 00 00 e9 eb 04 5d 45 55 c3 e8 01", false, ASPACK),
    ("b8 ?? ?? ?? ?? 50 64 ff 35 00 00 00 00 64 89 25 00 00 00 00 33 c0 89 08", false, PECOMPACT),
    ("b8 ?? ?? ?? ?? 68 ?? ?? ?? ?? 64 ff 35 00 00 00 00 64 89 25 00 00 00 00 66 9c 60 50", false, PETITE),
    ("60 e8 00 00 00 00 58 05 ?? ?? ?? ?? 8b 30 03 f0", false, MPRESS),
    ("57 56 53 51 52 41 50 48 8d 05 ?? ?? ?? ?? 48 8b 30", true, MPRESS),
    ("9c 60 e8 00 00 00 00 5d 83 ed 07", false, NSPACK),
    ("9c 60 e8 00 00 00 00 5d b8 07 00 00 00 2b e8", false, NSPACK),
    ("87 25 ?? ?? ?? ?? 61 94 55 a4 b6 80 ff 13", false, FSG),
    ("b8 00 00 00 00 60 0b c0 74 58 e8 00 00 00 00 58 05", false, THEMIDA),
    ("b8 00 00 00 00 60 0b c0 74 68 e8 00 00 00 00 58 05", false, THEMIDA),
    ("60 e8 00 00 00 00 5d 50 51 0f ca f7 d2 9c f7 d2 0f ca", false, ("Armadillo", "protector")),
];

/// Lower-case DLL names; `*` is any text.
pub(super) const IMPORTS: &[(&str, Product)] = &[
    ("msvbvm60.dll", VISUAL_BASIC),
    ("msvbvm50.dll", VISUAL_BASIC),
    ("python2*.dll", PYTHON),
    ("python3*.dll", PYTHON),
    ("libpython*.dll", PYTHON),
    ("pypy*-c.dll", PYTHON),
    ("borlndmm.dll", BORLAND),
    ("cc32*mt.dll", BORLAND),
    ("rtl*.bpl", BORLAND),
    ("vcl*.bpl", BORLAND),
    ("cygwin1.dll", ("Cygwin", "runtime")),
    ("msys-2.0.dll", ("MSYS2", "runtime")),
    ("libgcc_s_*.dll", MINGW),
    ("libstdc++-6.dll", MINGW),
    ("libc++.dll", ("LLVM libc++", "runtime")),
    ("qt4core.dll", ("Qt", "runtime")),
    ("qtcore4.dll", ("Qt", "runtime")),
    ("qt5core.dll", ("Qt", "runtime")),
    ("qt6core.dll", ("Qt", "runtime")),
];

/// Exported names.
pub(super) const EXPORTS: &[(&str, Product)] = &[
    ("__dbk_fcall_wrapper", BORLAND),
    ("dbkFCallWrapperAddr", BORLAND),
    ("TMethodImplementationIntercept", BORLAND),
    ("__CPPdebugHook", BORLAND),
    ("___CPPdebugHook", BORLAND),
    ("DotNetRuntimeDebugHeader", NATIVE_AOT),
    ("_cgo_dummy_export", GO),
];

/// Product ids of Rich data: linkers of Microsoft's compilers, one or two a file, and Visual Basic.
pub(super) const RICH_TOOLS: &[(i32, &str, Product)] = &[
    (0x0002, "linker 5.10", ("Visual C++ 5.0", "compiler")),
    (0x0004, "linker 6.00", ("Visual C++ 6.0", "compiler")),
    (0x000d, "Basic 6.0", VISUAL_BASIC),
    (0x003d, "linker 7.00", ("Visual C++ 2002", "compiler")),
    (0x005a, "linker 7.10", ("Visual C++ 2003", "compiler")),
    (0x0078, "linker 8.00", ("Visual C++ 2005", "compiler")),
    (0x0091, "linker 9.00", ("Visual C++ 2008", "compiler")),
    (0x009d, "linker 10.00", ("Visual C++ 2010", "compiler")),
    (0x00cc, "linker 11.00", ("Visual C++ 2012", "compiler")),
    (0x00de, "linker 12.00", ("Visual C++ 2013", "compiler")),
    (0x0102, "linker 14.00", ("Visual C++ 2015 or later", "compiler")),
];

const fn mark(bytes: &'static [u8], shown: &'static str, product: Product) -> Mark {
    Mark { bytes, at: None, shown, product }
}

const fn mark_at(at: usize, bytes: &'static [u8], shown: &'static str, product: Product) -> Mark {
    Mark { bytes, at: Some(at), shown, product }
}

/// Marks by place, with the place's name; a place that needs a hint comes behind the one that gives it.
pub(super) const MARKS: &[(Place, &str, &[Mark])] = &[
    (Place::File, "the DOS header", &[mark_at(0x30, b"Inno", "Inno", INNO)]),
    (
        Place::Overlay,
        "the overlay",
        &[
            mark(b"\xef\xbe\xad\xdeNullsoftInst", "NullsoftInst", NSIS),
            mark_at(0, b"\xa3\x48\x4b\xbe\x98\x6c\x4a\xa9\x99\x4c\x53\x0a\x86\xd6\x48\x7d", "script magic", AUTOIT),
            mark_at(0, b"idska32\x1a", "idska32", INNO),
            mark_at(0, b"zlb\x1a", "zlb", INNO),
            mark(b"Inno Setup Setup Data (", "Inno Setup Setup Data", INNO),
            mark_at(0, b"InstallShield\0", "InstallShield", ("InstallShield", "installer")),
            mark_at(0, b"ISSetupStream", "ISSetupStream", ("InstallShield", "installer")),
            mark_at(0, b"\xe0\xe0\xe1\xe1\xe2\xe2\xe3\xe3", "magic", ("Setup Factory", "installer")),
            mark_at(0, b"Smart Install Maker v", "Smart Install Maker", ("Smart Install Maker", "installer")),
            mark_at(0, b"KAY\x28\xb5\x2f\xfd", "KAY", ("Nuitka onefile", "bundler")),
            mark_at(0, b";!@Install@!UTF-8!", "installer configuration", ("7-Zip SFX", "archive")),
            mark_at(0, b"7z\xbc\xaf\x27\x1c", "7z archive", ("7-Zip SFX", "archive")),
            mark_at(0, b"Rar!\x1a\x07", "RAR archive", ("RAR SFX", "archive")),
            mark_at(0, b"PK\x03\x04", "ZIP archive", ("ZIP SFX", "archive")),
            mark_at(0, b"MSCF\0\0\0\0", "cabinet", ("cabinet SFX", "archive")),
        ],
    ),
    (
        Place::End,
        "the file's end",
        &[
            mark(b"MEI\x0c\x0b\x0a\x0b\x0e", "archive cookie", ("PyInstaller", "bundler")),
            mark(b"ADVINSTSFX", "ADVINSTSFX", ("Advanced Installer", "installer")),
            mark(b"d3n0l4nd", "d3n0l4nd", ("Deno", "bundler")),
            mark(b"\n---- Bun! ----\n", "Bun!", ("Bun", "bundler")),
        ],
    ),
    (Place::Code, "the code", &[mark(b"\xff Go build ID: \"", "Go build ID", GO)]),
    (
        Place::WritableData,
        "data",
        &[
            mark(b"\xff Go buildinf:", "Go buildinf", GO),
            mark(
                b"\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14\xd7\xa0\x32\x13\xf5\xb9\xe6\xef\xae\x33\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae",
                "bundle marker",
                (".NET apphost", "bundler"),
            ),
        ],
    ),
    (
        Place::ConstantData,
        "constants",
        &[
            mark(b"/rustc/", "/rustc/", RUST),
            mark(b"Mingw-w64 runtime failure:", "Mingw-w64 runtime failure", MINGW),
            mark(b"GCC: (", "GCC:", MINGW),
            mark(
                b"c\0o\0m\0p\0i\0l\0e\0d\0 \0A\0u\0t\0o\0I\0t\0 \0s\0c\0r\0i\0p\0t\0",
                "compiled AutoIt script",
                AUTOIT,
            ),
        ],
    ),
    (
        Place::ResourceNames,
        "resource names",
        &[
            mark(b"\x06\0D\0V\0C\0L\0A\0L\0", "DVCLAL", BORLAND),
            mark(b"\x0b\0P\0A\0C\0K\0A\0G\0E\0I\0N\0F\0O\0", "PACKAGEINFO", BORLAND),
            mark(b"\x0c\0P\0Y\0T\0H\0O\0N\0S\0C\0R\0I\0P\0T\0", "PYTHONSCRIPT", ("py2exe", "bundler")),
            mark(b"\x0d\0N\0O\0D\0E\0_\0S\0E\0A\0_\0B\0L\0O\0B\0", "NODE_SEA_BLOB", ("Node.js SEA", "bundler")),
            mark(b"\x0e\0P\0O\0S\0T\0R\0U\0N\0P\0R\0O\0G\0R\0A\0M\0", "POSTRUNPROGRAM", ("IExpress", "installer")),
            mark(b">\0A\0U\0T\0O\0H\0O\0T\0K\0E\0Y\0 \0S\0C\0R\0I\0P\0T\0<\0", "AUTOHOTKEY SCRIPT", ("AutoHotkey", "bundler")),
        ],
    ),
    (
        Place::DelphiResources,
        "resources",
        &[
            mark(b"rDlPtS\xcd\xe6\xd7\x7b\x0b\x2a", "rDlPtS", INNO),
            mark(b"name=\"JR.Inno.Setup\"", "manifest of JR.Inno.Setup", INNO),
        ],
    ),
    (Place::AutoItResources, "resources", &[mark(b"AU3!EA06", "AU3!EA06", AUTOIT)]),
    (
        Place::Metadata,
        "CLR metadata",
        &[
            mark(b"\0ConfusedByAttribute\0", "ConfusedByAttribute", ("ConfuserEx", "protector")),
            mark(b"\0DotfuscatorAttribute\0", "DotfuscatorAttribute", ("Dotfuscator", "protector")),
            mark(b"\0BabelObfuscatorAttribute\0", "BabelObfuscatorAttribute", ("Babel Obfuscator", "protector")),
            mark(b"\0SmartAssembly.Attributes\0", "SmartAssembly.Attributes", ("SmartAssembly", "protector")),
            mark(b"\0Costura\0", "Costura", ("Costura.Fody", "bundler")),
        ],
    ),
];
