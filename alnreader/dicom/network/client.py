"""One interface to a node, whichever protocol it speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alnreader.case.errors import PacsError
from alnreader.case.language import mark
from alnreader.case.progress import CancelToken
from alnreader.dicom.network.answers import Found, Instance, PatientAnswer, Query
from alnreader.dicom.network.inbox import StudyFolder
from alnreader.dicom.network.nodes import Node, Protocol
from alnreader.dicom.network.store import Outgoing, Sending, Sent


class Client:
    """Asks, fetches and sends. Every method opens its own connections and closes them.

    All methods raise PacsError (what the node refuses, and what to do), PacsUnavailableError (trying again
    may help) and CancelledError (if the token says so).
    """

    def __init__(self, node: Node) -> None:
        """Belong to a node; nothing is opened."""
        self.node = node

    def echo(self, token: CancelToken | None = None) -> str:
        """Test the connection; return a sentence that says what was found."""
        token = token or CancelToken()
        node = self.node
        if self._web:
            from alnreader.dicom.network import web

            web.echo(node, token)
            return mark("{node}: the DICOMweb service at {url} answers.").format(node=node.name, url=node.url)
        from alnreader.dicom.network import dimse

        dimse.echo(node, token)
        words = mark("{node}: {address} answers to {own_ae_title}.")
        if node.encrypted:
            words = mark("{node}: {address} answers to {own_ae_title}, encrypted.")
        return words.format(node=node.name, address=node.address, own_ae_title=node.own_ae_title)

    def find_patients(
        self, query: Query, token: CancelToken | None = None
    ) -> tuple[list[PatientAnswer], bool]:
        """Return the patients that match, and whether there are more than `MOST_ANSWERS`."""
        token = token or CancelToken()
        if self._web:
            from alnreader.dicom.network import web

            return web.find_patients(self.node, query, token)
        from alnreader.dicom.network import dimse

        return dimse.find_patients(self.node, query, token)

    def find_studies(self, query: Query, token: CancelToken | None = None) -> Found:
        """Return the studies that match, at most `MOST_ANSWERS`."""
        token = token or CancelToken()
        if self._web:
            from alnreader.dicom.network import web

            return web.find_studies(self.node, query, token)
        from alnreader.dicom.network import dimse

        return dimse.find_studies(self.node, query, token)

    def list_instances(self, study_uid: str, token: CancelToken) -> list[Instance] | None:
        """Return what a study consists of; None where the node does not say."""
        if self._web:
            from alnreader.dicom.network import web

            return web.list_instances(self.node, study_uid, token)
        from alnreader.dicom.network import dimse

        return dimse.list_instances(self.node, study_uid, token)

    def holds(self, study_uid: str, series_uid: str, uid: str, token: CancelToken) -> bool:
        """Whether the node says that it holds an instance."""
        if self._web:
            from alnreader.dicom.network import web

            return web.holds(self.node, study_uid, series_uid, uid, token)
        from alnreader.dicom.network import dimse

        return dimse.holds(self.node, study_uid, series_uid, uid, token)

    def retrieve(
        self,
        folder: StudyFolder,
        wanted: Sequence[Instance] | None,
        kept: Callable[[str], None],
        token: CancelToken,
        *,
        whole: bool = False,
    ) -> dict[str, str]:
        """Fetch a study or the named instances of it, once; return what could not be had, with the reason."""
        if self._web:
            from alnreader.dicom.network import web

            if wanted is None:
                raise PacsError(
                    mark("{node}: the service does not say what the study consists of.").format(
                        node=self.node.name
                    )
                )
            return web.retrieve(self.node, folder, wanted, kept, token)
        from alnreader.dicom.network import retrieve

        return retrieve.retrieve(self.node, folder, wanted, kept, token, whole=whole)

    def send(self, files: Sequence[Outgoing], sending: Sending, sent: Sent, token: CancelToken) -> None:
        """Send files, once each; ``sending`` and ``sent`` are told before and after every one."""
        if self._web:
            from alnreader.dicom.network import web

            web.send(self.node, files, sending, sent, token)
            return
        from alnreader.dicom.network import store

        store.send(self.node, files, sending, sent, token)

    @property
    def _web(self) -> bool:
        return self.node.protocol is Protocol.DICOMWEB
