"""Start of the child process that `alnreader.dicom.isolated` talks to; nothing imports it."""

from alnreader.dicom.isolated import serve

if __name__ == "__main__":
    serve()
