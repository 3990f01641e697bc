"""The web server: Streamlit as an ASGI application behind a Content-Security-Policy.

`python -m pages.launch` starts it; any ASGI server can, too (`uvicorn pages.server:app`).
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import anyio.to_thread
import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.errors import WorkbenchError

log = logging.getLogger(__name__)

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@cache
def content_security_policy() -> str:
    """The policy sent with every answer.

    Model output is untrusted: even if some of it were ever rendered as Markdown or HTML, nothing could be fetched
    from elsewhere and nothing could be sent there. Styles stay open to inline ones, because Streamlit and Plotly
    write them; Streamlit's one inline script is allowed by its hash.
    """
    index = Path(st.__file__).parent / "static" / "index.html"
    scripts = _INLINE_SCRIPT.findall(index.read_text(encoding="utf-8"))
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {hashes}".strip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class SecurityHeaders:
    """Adds the policy and its companions to every HTTP answer; leaves the websocket alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "X-Frame-Options": "DENY",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the headers put on its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_with_headers)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Watch runs from the first second, browser or not; leave workers running at the end."""
    # Imported here: cached resources belong to the runtime that Streamlit has just started.
    from pages import services

    try:
        await anyio.to_thread.run_sync(services.supervisor)
        await anyio.to_thread.run_sync(services.backup_desk)
    except WorkbenchError as error:
        # The pages show the same sentence, and try again at every visit.
        log.warning("%s", error)
    yield {}
    await anyio.to_thread.run_sync(services.close)


app = st.App(Path(__file__).resolve().parent / "app.py", middleware=[Middleware(SecurityHeaders)], lifespan=lifespan)
