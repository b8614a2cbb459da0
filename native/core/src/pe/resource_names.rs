//! Names of the Windows SDK (`winuser.h`, `verrsrc.h`) for the numbers in resources: tables of data.

/// `RT_*`, the predefined resource types.
pub(super) const RESOURCE_TYPES: &[(u32, &str)] = &[
    (1, "RT_CURSOR"),
    (2, "RT_BITMAP"),
    (3, "RT_ICON"),
    (4, "RT_MENU"),
    (5, "RT_DIALOG"),
    (6, "RT_STRING"),
    (7, "RT_FONTDIR"),
    (8, "RT_FONT"),
    (9, "RT_ACCELERATOR"),
    (10, "RT_RCDATA"),
    (11, "RT_MESSAGETABLE"),
    (12, "RT_GROUP_CURSOR"),
    (14, "RT_GROUP_ICON"),
    (16, "RT_VERSION"),
    (17, "RT_DLGINCLUDE"),
    (19, "RT_PLUGPLAY"),
    (20, "RT_VXD"),
    (21, "RT_ANICURSOR"),
    (22, "RT_ANIICON"),
    (23, "RT_HTML"),
    (24, "RT_MANIFEST"),
];

/// `VS_FIXEDFILEINFO.dwFileFlags`.
pub(super) const FILE_FLAGS: &[(u32, &str)] = &[
    (0x01, "VS_FF_DEBUG"),
    (0x02, "VS_FF_PRERELEASE"),
    (0x04, "VS_FF_PATCHED"),
    (0x08, "VS_FF_PRIVATEBUILD"),
    (0x10, "VS_FF_INFOINFERRED"),
    (0x20, "VS_FF_SPECIALBUILD"),
];

/// `VS_FIXEDFILEINFO.dwFileOS`.
pub(super) const FILE_SYSTEMS: &[(u32, &str)] = &[
    (0x0_0000, "VOS_UNKNOWN"),
    (0x0_0001, "VOS__WINDOWS16"),
    (0x0_0002, "VOS__PM16"),
    (0x0_0003, "VOS__PM32"),
    (0x0_0004, "VOS__WINDOWS32"),
    (0x1_0000, "VOS_DOS"),
    (0x1_0001, "VOS_DOS_WINDOWS16"),
    (0x1_0004, "VOS_DOS_WINDOWS32"),
    (0x2_0000, "VOS_OS216"),
    (0x2_0002, "VOS_OS216_PM16"),
    (0x3_0000, "VOS_OS232"),
    (0x3_0003, "VOS_OS232_PM32"),
    (0x4_0000, "VOS_NT"),
    (0x4_0004, "VOS_NT_WINDOWS32"),
    (0x5_0000, "VOS_WINCE"),
];

/// `VS_FIXEDFILEINFO.dwFileType`.
pub(super) const FILE_TYPES: &[(u32, &str)] = &[
    (0, "VFT_UNKNOWN"),
    (1, "VFT_APP"),
    (2, "VFT_DLL"),
    (3, "VFT_DRV"),
    (4, "VFT_FONT"),
    (5, "VFT_VXD"),
    (7, "VFT_STATIC_LIB"),
];
