"""Shared libraries that wheels bring inside them: whose they are, by the name of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch

WHEEL = "@wheel"
"""Stands for the licence files of the wheel that the library came in."""


@dataclass(frozen=True)
class Library:
    """A library of others inside a wheel.

    Attributes
    ----------
    patterns
        Names of its files, lower case, without the sums that auditwheel and delvewheel put in.
    licence
        SPDX expression.
    texts
        Files of packaging/licences/texts, or `WHEEL`.
    version
        Finds its version in the file's bytes; empty where the file does not tell.
    told
        Its name in the list of contents that the wheel carries.
    suffix
        Whether the number of the file is the version.
    source
        Where its source is; ``{version}`` is put in.
    cpe
        Vendor and product by which advisories name it.
    """

    name: str
    patterns: tuple[str, ...]
    licence: str
    texts: tuple[str, ...] = (WHEEL,)
    version: bytes = b""
    told: str = ""
    suffix: bool = False
    source: str = ""
    cpe: str = ""


_GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
_GCC_SOURCE = "https://gcc.gnu.org/releases.html"
_GDCM = ("GDCM-bundled.txt",)

LIBRARIES = (
    Library(
        "FFmpeg",
        (
            "libavcodec.*",
            "libavformat.*",
            "libavutil.*",
            "libswscale.*",
            "libswresample.*",
            "opencv_videoio_ffmpeg*",
        ),
        "LGPL-2.1-or-later",
        (WHEEL, "LGPL-2.1.txt"),
        rb"FFmpeg version ([\d.]+)",
        source="https://ffmpeg.org/releases/ffmpeg-{version}.tar.xz",
        cpe="ffmpeg:ffmpeg",
    ),
    Library(
        "OpenSSL",
        ("libcrypto.so.1.1*", "libssl.so.1.1*"),
        "OpenSSL",
        ("OpenSSL-1.1.1.txt",),
        rb"OpenSSL (1\.1\.1[a-z]*)",
        "openssl-libs",
        source="https://openssl-library.org/source/old/1.1.1/",
        cpe="openssl:openssl",
    ),
    Library(
        "OpenSSL",
        ("libcrypto.*", "libssl.*", "libcrypto-3*", "libssl-3*"),
        "Apache-2.0",
        ("Apache-2.0.txt",),
        rb"OpenSSL (\d\.\d+\.\d+)",
        cpe="openssl:openssl",
    ),
    Library(
        "libvpx", ("libvpx.*",), "BSD-3-Clause", (WHEEL,), rb"VP9 Decoder v([\d.]+)", cpe="webmproject:libvpx"
    ),
    Library(
        "libaom", ("libaom.*",), "BSD-2-Clause", (WHEEL,), rb"AV1 Decoder ([\d.]+)", cpe="aomedia:aomedia"
    ),
    Library("libavif", ("libavif.*",), "BSD-2-Clause", (WHEEL,), rb"\0(1\.\d+\.\d+)\0", "libavif"),
    Library("libdrm", ("libdrm.*",), "MIT", ("libdrm.txt",), told="libdrm"),
    Library(
        "libpng", ("libpng16.*",), "libpng-2.0", (WHEEL,), rb"libpng version (1\.[\d.]+)", cpe="libpng:libpng"
    ),
    Library(
        "libtiff", ("libtiff.*",), "libtiff", (WHEEL,), rb"LIBTIFF, Version ([\d.]+)", cpe="libtiff:libtiff"
    ),
    Library(
        "libwebp",
        ("libwebp.*", "libwebpdemux.*", "libwebpmux.*", "libsharpyuv.*"),
        "BSD-3-Clause",
        (WHEEL,),
        told="libwebp",
        cpe="webmproject:libwebp",
    ),
    Library("libjpeg-turbo", ("libjpeg.*",), "IJG AND BSD-3-Clause", (WHEEL,), rb"turbo version ([\d.]+)"),
    Library(
        "OpenJPEG",
        ("libopenjp2.*",),
        "BSD-2-Clause",
        (WHEEL,),
        rb"\0(2\.\d+\.\d+)\0",
        cpe="uclouvain:openjpeg",
    ),
    Library("Little CMS", ("liblcms2.*",), "MIT", (WHEEL,), told="Little CMS 2"),
    Library("FreeType", ("libfreetype.*",), "FTL", (WHEEL,), told="FreeType", cpe="freetype:freetype"),
    Library("HarfBuzz", ("libharfbuzz.*",), "MIT", (WHEEL,), told="HarfBuzz"),
    Library("Brotli", ("libbrotlicommon.*", "libbrotlidec.*"), "MIT", (WHEEL,), suffix=True),
    Library("XZ Utils", ("liblzma.*",), "0BSD", (WHEEL,), rb"\0(5\.\d+\.\d+)\0", cpe="tukaani:xz"),
    Library("Zstandard", ("libzstd.*",), "BSD-3-Clause", (WHEEL,), rb"\0(1\.\d+\.\d+)\0"),
    Library("zlib-ng", ("libz.*",), "Zlib", (WHEEL,), told="zlib"),
    Library("libxcb", ("libxcb.*",), "X11", (WHEEL,), told="libxcb"),
    Library("libXau", ("libxau.*",), "MIT-open-group", (WHEEL,), told="libXau"),
    Library(
        "OpenBLAS",
        ("libopenblas*", "libscipy_openblas*"),
        "BSD-3-Clause",
        ("OpenBLAS.txt",),
        rb"OpenBLAS (\d[\d.]*\d)",
    ),
    Library("libgfortran", ("libgfortran.*",), _GCC, ("GCC.txt",), told="libgfortran", source=_GCC_SOURCE),
    Library(
        "libquadmath",
        ("libquadmath.*",),
        "LGPL-2.1-or-later",
        ("LGPL-2.1.txt", "GCC.txt"),
        told="libquadmath",
        source=_GCC_SOURCE,
    ),
    Library("libgomp", ("libgomp.*",), _GCC, ("GCC.txt",), told="libgomp", source=_GCC_SOURCE),
    Library(
        "PDFium", ("libpdfium.*", "pdfium.dll"), "Apache-2.0 AND BSD-3-Clause", (WHEEL,), cpe="google:pdfium"
    ),
    Library(
        "ICU",
        ("libicudata.*", "libicui18n.*", "libicuuc.*"),
        "Unicode-3.0",
        ("ICU.txt",),
        rb"\0(7\d\.\d)\0",
        cpe="unicode:international_components_for_unicode",
    ),
    Library(
        "Qt",
        ("libqt6*", "qt6*.dll"),
        "LGPL-3.0-only",
        ("Qt-bundled.txt", "../LGPL-3.0.txt", "../GPL-3.0.txt"),
        rb"\0(6\.\d+\.\d+)\0",
        source="https://download.qt.io/official_releases/qt/",
        cpe="qt:qt",
    ),
    Library(
        "OpenJPEG (GDCM)",
        ("libgdcmopenjp2.*",),
        "BSD-2-Clause",
        _GDCM,
        rb"\0(2\.\d+\.\d+)\0",
        cpe="uclouvain:openjpeg",
    ),
    Library("CharLS (GDCM)", ("libgdcmcharls.*",), "BSD-3-Clause", _GDCM),
    Library(
        "Expat (GDCM)",
        ("libgdcmexpat.*",),
        "MIT",
        _GDCM,
        rb"expat_(2[\d.]+)",
        cpe="libexpat_project:libexpat",
    ),
    Library("zlib (GDCM)", ("libgdcmzlib.*",), "Zlib", _GDCM, rb"inflate ([\d.]+)", cpe="zlib:zlib"),
    Library("libuuid (GDCM)", ("libgdcmuuid.*",), "BSD-3-Clause", _GDCM),
    Library("libjpeg (GDCM)", ("libgdcmjpeg*",), "IJG", _GDCM),
    Library("socketxx (GDCM)", ("libsocketxx.*",), "LicenseRef-socketxx", _GDCM),
    Library(
        "Microsoft Visual C++ runtime",
        (
            "msvcp140*",
            "vcruntime140*",
            "concrt140*",
            "vcomp140*",
            "vcamp140*",
            "vccorlib140*",
            "ucrtbase*",
            "api-ms-win-*",
        ),
        "LicenseRef-Microsoft-redistributable",
        ("Microsoft-runtime.txt",),
    ),
)

OWN = (
    "_gdcm/libgdcm*",
    "pyside6/libpyside6*",
    "pyside6/pyside6*.dll",
    "shiboken6/libshiboken6*",
    "shiboken6/shiboken6*.dll",
    "torch/bin/torch_shm_manager",
    "torch/lib/libtorch.*",
    "torch/lib/*torch_cpu*",
    "torch/lib/*torch_cuda*",
    "torch/lib/*torch_global_deps*",
    "torch/lib/*torch_python*",
    "torch/lib/torch.dll",
    "torch/lib/*c10.*",
    "torch/lib/*shm.*",
)
"""Shared libraries that are the wheel's own."""

QT_PLUGINS = ("pyside6/qt/plugins/*", "pyside6/plugins/*")


def plain(name: str) -> str:
    """Return a file's name in lower case without the sum that auditwheel or delvewheel put in."""
    return re.sub(r"(-[0-9a-f]{8}|-[0-9a-f]{32})+(?=\.)", "", name).lower()


def of(place: str) -> Library | None:
    """Return whose library a file is; the place is below the program's `lib`."""
    if any(fnmatch(place.lower(), pattern) for pattern in QT_PLUGINS):
        return next(row for row in LIBRARIES if row.name == "Qt")
    name = plain(place.rsplit("/", 1)[-1])
    return next((row for row in LIBRARIES if any(fnmatch(name, pattern) for pattern in row.patterns)), None)


def is_own(place: str) -> bool:
    """Return whether a file is an extension module, or a library that its wheel itself is made of."""
    name = place.rsplit("/", 1)[-1].lower()
    if re.search(r"\.(cpython-\d+[^/]*|abi3)\.so$|\.pyd$", name):
        return ".libs/" not in place
    if name.endswith(".so") and not name.startswith("lib"):
        return ".libs/" not in place
    return any(fnmatch(place.lower(), pattern) for pattern in OWN)
