; Installer for Windows, for one user, without administrator rights.
;
;   makensis -DVERSION=0.1.0 -DFROZEN=$PWD/dist/alnreader -DICONS=$PWD/packaging/icons -DOUTPUT=dist/alnreader-0.1.0-setup.exe packaging/windows/alnreader.nsi
;
; Silent: setup.exe /S [/D=C:\folder]     Silent removal: uninstall.exe /S
; Paths are absolute. -DSIGN="command %1" signs the installer and the uninstaller.

Unicode true
ManifestDPIAware true
ManifestLongPathAware true
!ifndef VERSION
  !error "VERSION is missing"
!endif
!ifndef FROZEN
  !error "FROZEN (folder of the frozen program) is missing"
!endif
!ifndef OUTPUT
  !error "OUTPUT is missing"
!endif

!include "MUI2.nsh"
!include "LogicLib.nsh"
!include "x64.nsh"
!include "FileFunc.nsh"
!include "WinVer.nsh"

!define NAME "ALN Reader"
!define CASE_CLASS "ALNReader.case"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\ALNReader"

Name "${NAME}"
OutFile "${OUTPUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\ALN Reader"
InstallDirRegKey HKCU "Software\ALN Reader" "InstallDir"
SetCompressor /SOLID lzma
SetCompressorDictSize 64
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=1033 "ProductName" "${NAME}"
VIAddVersionKey /LANG=1033 "FileDescription" "${NAME} installer"
VIAddVersionKey /LANG=1033 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=1033 "LegalCopyright" "Apache-2.0"

!ifdef SIGN
  !finalize '${SIGN}'
  !uninstfinalize '${SIGN}'
!endif

!define MUI_ICON "${ICONS}/alnreader.ico"
!define MUI_UNICON "${ICONS}/alnreader.ico"
!define MUI_ABORTWARNING
!define MUI_LANGDLL_REGISTRY_ROOT HKCU
!define MUI_LANGDLL_REGISTRY_KEY "Software\ALN Reader"
!define MUI_LANGDLL_REGISTRY_VALUENAME "Installer Language"

!insertmacro MUI_PAGE_LICENSE "${FROZEN}/lib/LICENSE"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\alnreader-gui.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro MUI_RESERVEFILE_LANGDLL

LangString NEEDS_64 ${LANG_ENGLISH} "${NAME} needs 64-bit Windows 10 or newer."
LangString NEEDS_64 ${LANG_SIMPCHINESE} "${NAME} 需要 64 位 Windows 10 或更高版本。"
LangString STILL_RUNS ${LANG_ENGLISH} "${NAME} is running. Close it, then try again."
LangString STILL_RUNS ${LANG_SIMPCHINESE} "${NAME} 正在运行。请关闭后重试。"
LangString NOT_OURS ${LANG_ENGLISH} "This folder holds other files. Choose an empty folder or an earlier ${NAME}."
LangString NOT_OURS ${LANG_SIMPCHINESE} "该文件夹中有其他文件。请选择空文件夹或已安装 ${NAME} 的文件夹。"
LangString NOT_WRITTEN ${LANG_ENGLISH} "The files could not be written: is there room on the disk, and does another program hold one of them? An earlier version is brought back."
LangString NOT_WRITTEN ${LANG_SIMPCHINESE} "无法写入文件：请检查磁盘空间，以及是否有其他程序占用文件。如有旧版本，将予以恢复。"
LangString CASE_FILE ${LANG_ENGLISH} "${NAME} case"
LangString CASE_FILE ${LANG_SIMPCHINESE} "${NAME} 病例"
LangString OPEN_WITH ${LANG_ENGLISH} "Open with ${NAME}"
LangString OPEN_WITH ${LANG_SIMPCHINESE} "用 ${NAME} 打开"

!macro REFUSE TEXT CODE
  MessageBox MB_OK|MB_ICONSTOP "${TEXT}" /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend

; .onInstFailed brings back what was there.
!macro GIVE_UP
  MessageBox MB_OK|MB_ICONSTOP "$(NOT_WRITTEN)" /SD IDOK
  SetErrorLevel 6
  Abort
!macroend

; A program that runs keeps its file open: it can then not be opened for writing.
!macro REFUSE_IF_OPEN FILE
  ${If} ${FileExists} "${FILE}"
    ClearErrors
    FileOpen $0 "${FILE}" a
    ${If} ${Errors}
      !insertmacro REFUSE "$(STILL_RUNS)" 3
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend
!macro REFUSE_WHILE_RUNNING
  !insertmacro REFUSE_IF_OPEN "$INSTDIR\alnreader-gui.exe"
  !insertmacro REFUSE_IF_OPEN "$INSTDIR\alnreader.exe"
!macroend

; An earlier version waits in previous\ until the new one is whole. uninstall.exe goes there first and is written last:
; where it lies, everything beside it is whole.
!define PREVIOUS "$INSTDIR\previous"
!macro PUT_ASIDE PART
  ${If} ${FileExists} "$INSTDIR\${PART}"
    Rename "$INSTDIR\${PART}" "${PREVIOUS}\${PART}"
  ${EndIf}
!macroend
!macro BRING_BACK PART
  ${If} ${FileExists} "${PREVIOUS}\${PART}"
    RMDir /r "$INSTDIR\${PART}"
    Delete "$INSTDIR\${PART}"
    Rename "${PREVIOUS}\${PART}" "$INSTDIR\${PART}"
  ${EndIf}
!macroend
!macro BRING_PREVIOUS_BACK
  !insertmacro BRING_BACK "lib"
  !insertmacro BRING_BACK "licences"
  !insertmacro BRING_BACK "alnreader.exe"
  !insertmacro BRING_BACK "alnreader-gui.exe"
  !insertmacro BRING_BACK "uninstall.exe"
  RMDir "${PREVIOUS}"
!macroend

!macro REMOVE_PROGRAM
  RMDir /r "$INSTDIR\lib"
  RMDir /r "$INSTDIR\licences"
  RMDir /r "${PREVIOUS}"
  Delete "$INSTDIR\alnreader.exe"
  Delete "$INSTDIR\alnreader-gui.exe"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
!macroend

Var Writing ; "yes" from the first file that is put aside or written until the new version is whole

Function .onInit
  SetShellVarContext current
  !insertmacro MUI_LANGDLL_DISPLAY
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    !insertmacro REFUSE "$(NEEDS_64)" 4
  ${EndIf}
FunctionEnd

Function un.onInit
  SetShellVarContext current
  !insertmacro MUI_UNGETLANGUAGE
FunctionEnd

Section "install"
  SetShellVarContext current
  !insertmacro REFUSE_WHILE_RUNNING
  ; A folder with files of others is refused, since removing would take them too.
  ${If} ${FileExists} "${PREVIOUS}\uninstall.exe"
  ${AndIfNot} ${FileExists} "$INSTDIR\uninstall.exe"
    !insertmacro BRING_PREVIOUS_BACK ; an upgrade that was cut off
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\uninstall.exe"
    RMDir /r "${PREVIOUS}"
    StrCpy $Writing "yes"
    ClearErrors
    CreateDirectory "${PREVIOUS}"
    !insertmacro PUT_ASIDE "uninstall.exe"
    !insertmacro PUT_ASIDE "alnreader-gui.exe"
    !insertmacro PUT_ASIDE "alnreader.exe"
    !insertmacro PUT_ASIDE "licences"
    !insertmacro PUT_ASIDE "lib"
    ${If} ${Errors}
      !insertmacro GIVE_UP
    ${EndIf}
  ${ElseIf} ${FileExists} "$INSTDIR\*.*"
    ${DirState} "$INSTDIR" $0
    ${If} $0 == 1
      !insertmacro REFUSE "$(NOT_OURS)" 5
    ${EndIf}
  ${EndIf}

  StrCpy $Writing "yes"
  ClearErrors
  SetOutPath "$INSTDIR"
  ; A file that cannot be written sets the error flag; a full disk ends the section by itself.
  SetOverwrite try
  File /r "${FROZEN}/*.*"
  ${If} ${Errors}
    !insertmacro GIVE_UP
  ${EndIf}
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    !insertmacro GIVE_UP
  ${EndIf}

  CreateShortCut "$SMPROGRAMS\ALN Reader.lnk" "$INSTDIR\alnreader-gui.exe" "" "$INSTDIR\alnreader-gui.exe" 0

  ClearErrors ; a menu that takes no entry does not keep the program away
  WriteRegStr HKCU "Software\Classes\.alncase" "" "${CASE_CLASS}"
  WriteRegStr HKCU "Software\Classes\.alncase\OpenWithProgids" "${CASE_CLASS}" ""
  WriteRegStr HKCU "Software\Classes\${CASE_CLASS}" "" "$(CASE_FILE)"
  WriteRegStr HKCU "Software\Classes\${CASE_CLASS}\DefaultIcon" "" "$INSTDIR\alnreader-gui.exe,0"
  WriteRegStr HKCU "Software\Classes\${CASE_CLASS}\shell\open\command" "" '"$INSTDIR\alnreader-gui.exe" "%1"'
  ; DICOM files and folders belong to other programs: offered, not taken.
  WriteRegStr HKCU "Software\Classes\.dcm\OpenWithProgids" "${CASE_CLASS}" ""
  WriteRegStr HKCU "Software\Classes\Directory\shell\ALNReader" "" "$(OPEN_WITH)"
  WriteRegStr HKCU "Software\Classes\Directory\shell\ALNReader" "Icon" "$INSTDIR\alnreader-gui.exe,0"
  WriteRegStr HKCU "Software\Classes\Directory\shell\ALNReader\command" "" '"$INSTDIR\alnreader-gui.exe" "%1"'
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'

  WriteRegStr HKCU "Software\ALN Reader" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\alnreader-gui.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" "$0"
  ${If} ${Errors}
    !insertmacro GIVE_UP
  ${EndIf}
  StrCpy $Writing ""
  RMDir /r "${PREVIOUS}"
SectionEnd

Function .onInstFailed
  ${If} $Writing == "yes"
    SetOutPath "$TEMP" ; a folder that is the current one cannot be removed
    ${If} ${FileExists} "${PREVIOUS}\*.*"
      !insertmacro BRING_PREVIOUS_BACK
    ${Else}
      !insertmacro REMOVE_PROGRAM
    ${EndIf}
  ${EndIf}
FunctionEnd

; DeleteRegKey /ifempty looks for keys below only, and would take the values of other programs with it.
!macro DELETE_IF_EMPTY KEY
  System::Call 'shlwapi::SHDeleteEmptyKeyW(p 0x80000001, w "${KEY}")' ; HKEY_CURRENT_USER
!macroend

; What the user has read lies in %APPDATA%\alnreader and stays.
Section "uninstall"
  SetShellVarContext current
  !insertmacro REFUSE_WHILE_RUNNING
  Delete "$SMPROGRAMS\ALN Reader.lnk"
  !insertmacro REMOVE_PROGRAM
  ReadRegStr $0 HKCU "Software\Classes\.alncase" ""
  ${If} $0 == "${CASE_CLASS}"
    DeleteRegValue HKCU "Software\Classes\.alncase" ""
  ${EndIf}
  DeleteRegValue HKCU "Software\Classes\.alncase\OpenWithProgids" "${CASE_CLASS}"
  !insertmacro DELETE_IF_EMPTY "Software\Classes\.alncase\OpenWithProgids"
  !insertmacro DELETE_IF_EMPTY "Software\Classes\.alncase"
  DeleteRegValue HKCU "Software\Classes\.dcm\OpenWithProgids" "${CASE_CLASS}"
  !insertmacro DELETE_IF_EMPTY "Software\Classes\.dcm\OpenWithProgids"
  !insertmacro DELETE_IF_EMPTY "Software\Classes\.dcm"
  DeleteRegKey HKCU "Software\Classes\${CASE_CLASS}"
  DeleteRegKey HKCU "Software\Classes\Directory\shell\ALNReader"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "Software\ALN Reader"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd
