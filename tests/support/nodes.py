"""Two step-ca processes on one database, behind one address: what a load balancer makes of a CA."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.ca import CertificateAuthority
from tests.support.liveca import LiveCa
from tests.support.pki import Pki
from tests.support.rawserver import server_certificate


class Nodes:
    """A CA of two nodes with these provisioners; started while entered.

    `live` is the CA at the address of the proxy, `first` the node that it looks at and puts right past the proxy, and
    `second` the other one. Each has a cache of its own. The proxy passes new connections on to the node that
    is served and shows a certificate of its own for each, another one after each reload, as step-ca does.
    """

    def __init__(
        self, program: Path, pki: Pki, folder: Path, database: dict[str, str], *entries: dict[str, Any]
    ) -> None:
        self.live = LiveCa(
            program, pki, folder, *entries, database=database, upstream=lambda: self._served.port
        )
        self.first = self.live.ca
        self.second = CertificateAuthority(
            program, folder=folder / "second", root=pki.root, config=self.live.config
        )
        self._pki = pki
        self._served = self.first
        self._certificates = {node: self._certificate() for node in (self.first, self.second)}
        self._stack = ExitStack()

    def _certificate(self) -> tuple[Path, Path]:
        folder = self.live.folder / f"shown{len(list(self.live.folder.glob('shown*')))}"
        folder.mkdir()
        return server_certificate(self._pki, folder)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.live)
            stack.enter_context(self.second)
            self._stack = stack.pop_all()
        self.serve(self.first)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def serve(self, node: CertificateAuthority) -> None:
        """Let new connections reach this node; those that are there stay where they are."""
        self._served = node
        self.live.proxy.show(*self._certificates[node])

    def restart(self) -> None:
        """Start the first node anew, and serve it."""
        self.live.restart()
        self._certificates[self.first] = self._certificate()
        self.serve(self.first)

    def reload(self, *nodes: CertificateAuthority) -> None:
        """Let nodes, by default both, take up what is in the database; raises where one does not start with it."""
        for node in nodes or (self.first, self.second):
            found = node.reload()
            assert found.serves, found.log
            self._certificates[node] = self._certificate()
        self.serve(self._served)
