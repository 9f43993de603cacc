# Read by alnreader.spec on macOS, where `folder` is what was collected: the .app around it.
# ruff: noqa
from alnreader import __version__

BUNDLE(
    folder,
    name="ALN Reader.app",
    icon=contents.icon(ROOT),
    bundle_identifier="io.github.alnreader",
    version=__version__,
    info_plist={
        "CFBundleDisplayName": "ALN Reader",
        "CFBundleExecutable": "alnreader-gui",
        "CFBundleLocalizations": ["en", "zh_CN"],
        "LSMinimumSystemVersion": "13.0",
        "LSApplicationCategoryType": "public.app-category.medical",
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": "io.github.alnreader.case",
                "UTTypeDescription": "ALN Reader case",
                "UTTypeConformsTo": ["public.zip-archive"],
                "UTTypeTagSpecification": {"public.filename-extension": ["alncase"]},
            }
        ],
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "ALN Reader case",
                "CFBundleTypeRole": "Editor",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": ["io.github.alnreader.case"],
            },
            {
                "CFBundleTypeName": "DICOM files and folders",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["public.folder", "org.nema.dicom"],
            },
        ],
    },
)
