"""Menu entries, manual pages, lists of contents, the Debian package and the installer for Windows."""

from __future__ import annotations

import configparser
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

from alnreader.store.package import SUFFIX

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"
CASE_TYPE = "application/x-alnreader-case"


def script(path: str) -> ModuleType:
    name = Path(path).stem
    specification = importlib.util.spec_from_file_location(name, ROOT / "packaging" / path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


sbom = script("frozen/sbom.py")
licences = script("frozen/licences.py")
deb = script("linux/deb.py")


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    """A small folder of the same form as the frozen program."""
    program = tmp_path / "dist" / "alnreader"
    info = program / "lib" / "some_package-1.2.dist-info"
    (info / "licenses").mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: some-package\nVersion: 1.2\nLicense-Expression: MIT\n"
    )
    (info / "licenses" / "LICENSE").write_text("Do as you like.\n")
    (program / "lib" / "LICENSE").write_text("Apache\n")
    (program / "alnreader").write_text("#!/bin/sh\necho frozen\n")
    (program / "alnreader").chmod(0o755)
    (program / "alnreader-gui").symlink_to("alnreader")
    return program


def entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(LINUX / "alnreader.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def test_the_menu_entry_opens_the_window_with_what_was_clicked() -> None:
    assert entry()["Exec"] == "alnreader-gui %F"
    assert entry()["Name[zh_CN]"]
    assert entry()["StartupWMClass"] == "alnreader"
    assert {CASE_TYPE, "application/dicom", "inode/directory"} <= set(entry()["MimeType"].split(";"))


def test_the_menu_entry_is_valid() -> None:
    tool = shutil.which("desktop-file-validate")
    if tool is None:
        pytest.skip("desktop-file-validate is not installed")
    done = subprocess.run([tool, LINUX / "alnreader.desktop"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_a_software_centre_shows_is_valid() -> None:
    file = LINUX / "alnreader.metainfo.xml"
    tree = ET.parse(file)
    assert tree.findtext("launchable") == "alnreader.desktop"
    assert len((tree.findtext("id") or "").split(".")) >= 3, "a name of its own among all programs"
    tool = shutil.which("appstreamcli")
    if tool is None:
        pytest.skip("appstreamcli is not installed")
    done = subprocess.run([tool, "validate", "--no-net", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_type_of_case_files_is_that_of_the_program() -> None:
    tree = ET.parse(LINUX / "alnreader-mime.xml")
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kinds = {kind.attrib["type"]: kind for kind in tree.iter(f"{space}mime-type")}
    glob = kinds[CASE_TYPE].find(f"{space}glob")
    assert glob is not None
    assert glob.attrib["pattern"] == f"*{SUFFIX}"
    known = set(entry()["MimeType"].split(";"))
    assert set(kinds) <= known


@pytest.mark.parametrize("page", ["alnreader", "alnreader-gui"])
def test_the_manual_names_every_option_and_only_real_commands(page: str) -> None:
    from alnreader.cli import _parser
    from alnreader.gui.launch import parser

    text = (LINUX / f"{page}.1").read_text(encoding="utf-8").replace("\\-", "-")
    shown = (_parser() if page == "alnreader" else parser()).format_help()
    for option in re.findall(r"^  (?:-h, )?(--[a-z-]+)", shown, re.M):
        assert option in text, option
    named = re.findall(
        r"^\.B ([a-z-]+)$", text.partition(".SH COMMANDS")[2].partition(".SH OPTIONS")[0], re.M
    )
    for command in named:
        assert re.search(rf"^    {command}\b", shown, re.M), command


def test_the_list_of_contents(frozen: Path, tmp_path: Path) -> None:
    system = [sbom.Component("deb", "libglib2.0-0", "2.74.6-2+deb12u7", "LGPL-2.1+")]
    parts = sbom.components(frozen / "lib") + system
    target = tmp_path / "sbom.cdx.json"
    sbom.write(target, parts, "0.1.0")
    document = json.loads(target.read_text(encoding="utf-8"))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    found = {item["purl"]: item for item in document["components"]}
    assert "pkg:pypi/some-package@1.2" in found
    assert "pkg:deb/debian/libglib2.0-0@2.74.6-2%2Bdeb12u7" in found
    assert found["pkg:pypi/some-package@1.2"]["licenses"] == [{"license": {"id": "MIT"}}]
    references = [item["bom-ref"] for item in document["components"]]
    assert len(references) == len(set(references))
    assert set(document["dependencies"][0]["dependsOn"]) == set(references)


def test_licences_are_gathered_with_the_notice_for_qt(frozen: Path) -> None:
    target = frozen / "licences"
    parts = [part for part in sbom.components(frozen / "lib") if part.name != "python"]
    licences.write(target, frozen / "lib", parts, ROOT / "packaging" / "licences")
    listed = (target / "THIRD-PARTY.txt").read_text(encoding="utf-8")
    assert "some-package 1.2: MIT" in listed
    assert (target / "texts" / "some-package" / "LICENSE").read_text() == "Do as you like.\n"
    notice = (target / "NOTICE-Qt.txt").read_text(encoding="utf-8")
    assert "replace them" in notice
    assert "https://download.qt.io" in notice
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (target / "LGPL-3.0.txt").read_text()
    assert "GNU GENERAL PUBLIC LICENSE" in (target / "GPL-3.0.txt").read_text()


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_the_debian_package(frozen: Path, tmp_path: Path) -> None:
    made = deb.build(frozen, tmp_path, tmp_path / "work", "1.2.3", 1_700_000_000)

    def told(*arguments: str) -> str:
        return subprocess.run(["dpkg-deb", *arguments], capture_output=True, text=True, check=True).stdout

    assert told("-f", str(made), "Package", "Version").split() == [
        "Package:",
        "alnreader",
        "Version:",
        "1.2.3",
    ]
    bootstrap = (ROOT / "packaging" / "bootstrap.sh").read_text(encoding="utf-8")
    wanted = re.search(r'QT_LIBRARIES="\n(.*?)"', bootstrap, re.S)
    assert wanted is not None
    depends = told("-f", str(made), "Depends")
    for line in wanted[1].splitlines():
        assert line.split()[1] in depends
    listing = told("-c", str(made))
    assert "root/root" in listing
    for place in (
        "./usr/bin/alnreader-gui -> ../lib/alnreader/alnreader-gui",
        "./usr/share/applications/alnreader.desktop",
        "./usr/share/mime/packages/alnreader.xml",
        "./usr/share/metainfo/io.github.alnreader.metainfo.xml",
        "./usr/share/icons/hicolor/scalable/apps/alnreader.svg",
        "./usr/share/icons/hicolor/16x16/apps/alnreader.png",
        "./usr/share/icons/hicolor/256x256/apps/alnreader.png",
        "./usr/share/man/man1/alnreader.1.gz",
        "./usr/share/man/man1/alnreader-gui.1.gz",
        "./usr/share/doc/alnreader/copyright",
    ):
        assert place in listing
    unpacked = tmp_path / "unpacked"
    told("-R", str(made), str(unpacked))
    done = subprocess.run([unpacked / "usr/bin/alnreader-gui"], capture_output=True, text=True, check=True)
    assert done.stdout == "frozen\n"
    sums = subprocess.run(
        ["md5sum", "--quiet", "-c", "DEBIAN/md5sums"],
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (sums.returncode, sums.stdout) == (0, "")
    for name in ("postinst", "postrm"):
        subprocess.run(["sh", "-n", str(unpacked / "DEBIAN" / name)], check=True)
    again = deb.build(frozen, tmp_path / "dist", tmp_path / "work", "1.2.3", 1_700_000_000)
    assert again.read_bytes() == made.read_bytes()


NSI = ROOT / "packaging" / "windows" / "alnreader.nsi"


def test_the_installer_speaks_both_languages() -> None:
    text = NSI.read_text(encoding="utf-8")
    names = re.findall(r"^LangString (\w+) \$\{LANG_(\w+)\}", text, re.M)
    english = {name for name, language in names if language == "ENGLISH"}
    chinese = {name for name, language in names if language == "SIMPCHINESE"}
    assert english == chinese
    assert english >= set(re.findall(r"\$\(([A-Z_0-9]+)\)", text))


def test_the_installer_needs_no_administrator_and_undoes_what_it_does() -> None:
    text = NSI.read_text(encoding="utf-8")
    assert "RequestExecutionLevel user" in text
    assert not re.search(r"\b(HKLM|HKCR|HKEY_LOCAL_MACHINE)\b", text)
    install, removal = text.partition('Section "uninstall"')[::2]
    for key in set(re.findall(r'WriteReg\w+ HKCU "([^"]+)"', install)):
        parts = key.split("\\")
        above = ["\\".join(parts[: count + 1]) for count in range(len(parts))]
        assert any(f'"{name}"' in removal for name in above[2:] or above), key
    assert f"Classes\\{SUFFIX}" in install
    lines = {line.strip() for line in removal.splitlines()}
    for key in (r"Software\Classes\.dcm\OpenWithProgids", r"Software\Classes\.dcm"):
        assert f'!insertmacro DELETE_IF_EMPTY "{key}"' in lines, "an empty key of ours stays"
    assert "/ifempty" not in "".join(line for line in lines if not line.startswith(";"))
    assert "SHDeleteEmptyKeyW" in text


def test_an_upgrade_that_fails_leaves_the_version_before() -> None:
    text = NSI.read_text(encoding="utf-8")
    section = text.partition('Section "install"')[2].partition("SectionEnd")[0]
    writing = section.index("File /r")
    assert section.index("SetOverwrite try") < writing
    following = [line.strip() for line in section[writing:].splitlines()[1:4]]
    assert following == ["${If} ${Errors}", "!insertmacro GIVE_UP", "${EndIf}"]
    aside = re.findall(r'PUT_ASIDE "([^"]+)"', section[:writing])
    back = re.findall(r'BRING_BACK "([^"]+)"', text)
    assert back == aside[::-1], "the part that says that all is whole goes first and comes back last"
    assert aside[0] == "uninstall.exe"
    removal = text.partition('Section "uninstall"')[2]
    assert "!insertmacro REMOVE_PROGRAM" in removal
    removed = text.partition("!macro REMOVE_PROGRAM")[2].partition("!macroend")[0]
    assert all(f'"$INSTDIR\\{part}"' in removed for part in aside)
    assert 'RMDir /r "${PREVIOUS}"' in removed
    assert section.index('StrCpy $Writing ""') < section.rindex('RMDir /r "${PREVIOUS}"')
    failed = text.partition("Function .onInstFailed")[2].partition("FunctionEnd")[0]
    assert "BRING_PREVIOUS_BACK" in failed


def test_the_installer_asks_for_both_programs_to_be_closed() -> None:
    text = NSI.read_text(encoding="utf-8")
    asked = text.partition("!macro REFUSE_WHILE_RUNNING")[2].partition("!macroend")[0]
    for program in ("alnreader.exe", "alnreader-gui.exe"):
        assert f"$INSTDIR\\{program}" in asked, program
    assert text.count("!insertmacro REFUSE_WHILE_RUNNING") == 2, "before installing and before removing"


@pytest.mark.skipif(shutil.which("makensis") is None, reason="makensis is not installed")
def test_the_installer_is_made(frozen: Path, tmp_path: Path) -> None:
    (frozen / "lib" / "王小明.txt").write_text("a name outside ASCII")
    made = tmp_path / "alnreader-1.2.3-windows.exe"
    definitions = {
        "VERSION": "1.2.3",
        "FROZEN": frozen,
        "ICONS": ROOT / "packaging" / "icons",
        "OUTPUT": made,
    }
    options = [f"-D{name}={value}" for name, value in definitions.items()]
    done = subprocess.run(
        ["makensis", "-V4", "-WX", *options, str(NSI)],
        capture_output=True, text=True, check=False, env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("alnreader", "LICENSE", "METADATA"):
        assert re.search(rf'File: "{name}"', done.stdout), name
    assert made.read_bytes().startswith(b"MZ")


@pytest.mark.parametrize("name", ["alnreader.ico", "alnreader.icns"])
def test_icons_of_other_systems_open(name: str) -> None:
    from PIL import Image

    with Image.open(ROOT / "packaging" / "icons" / name) as icon:
        assert max(icon.size) >= 256


@pytest.mark.skipif(sys.platform != "linux", reason="the archive is that of Linux")
def test_the_portable_archive_and_the_sums(frozen: Path, tmp_path: Path) -> None:
    package = script("package.py")
    (frozen / "licences").mkdir()
    (frozen / "licences" / "sbom.cdx.json").write_text("{}\n")
    places = package.Places(tmp_path / "dist", tmp_path / "build")
    package.portable(places)
    (archive,) = places.dist.glob("*.tar.xz")
    package.sums(places)
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=places.dist, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    assert f"{archive.name}: OK" in checked.stdout
    assert ".cdx.json: OK" in checked.stdout
    unpacked = tmp_path / "程序 文件夹"
    unpacked.mkdir()
    subprocess.run(["tar", "-C", str(unpacked), "-xf", str(archive)], check=True)
    (folder,) = unpacked.iterdir()
    assert folder.name == archive.name.removesuffix(".tar.xz")
    assert (folder / "alnreader-gui").readlink() == Path("alnreader")
    done = subprocess.run([folder / "alnreader-gui"], capture_output=True, text=True, check=True)
    assert done.stdout == "frozen\n"


def test_a_failing_self_test_makes_no_package(
    frozen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = script("package.py")
    (frozen / "alnreader").write_text("#!/bin/sh\necho FAILED; exit 1\n")
    arguments = ["package.py", "--steps", "self-test,portable,deb,sums"]
    arguments += ["--dist", str(tmp_path / "dist"), "--work", str(tmp_path / "build")]
    monkeypatch.setattr(sys, "argv", arguments)
    assert package.main() == 1
    assert "--self-test" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["alnreader"]
