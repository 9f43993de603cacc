"""To the PACS and back: query, retrieve, send; DIMSE (pynetdicom) and DICOMweb (dicomweb-client).

``nodes``: who may be talked to. ``client``: one interface for both protocols. ``receive``: a study to a
folder, resumed where it broke off. ``queue``, ``sender``: what waits to be sent, on disk. Nothing goes
anywhere but to the node that the user names.
"""
