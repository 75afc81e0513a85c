"""A server of feeds on this machine, good and bad: what a partner's may do, deliberately or not."""

import asyncio
from contextlib import asynccontextmanager, suppress

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:feed</id><title>alerts</title><updated>2026-05-11T03:00:00Z</updated>
{entries}</feed>"""
ENTRY = """<entry><id>urn:x:{name}</id><title>{name}</title><updated>2026-05-11T03:00:00Z</updated>
<link type="application/cap+xml" href="{href}"/></entry>"""
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><feed>&b;</feed>'
HUGE = 5 * 1024 * 1024


def feed_of(*hrefs):
    """Write a feed of documents at these addresses."""
    return FEED.format(entries="".join(ENTRY.format(name=href, href=href) for href in hrefs)).encode()


class PartnerServer:
    """Answers GET by what `pages` hold; counts what it was asked for."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.unchanged = 0
        self.port = 0

    def address(self, path):
        """Return the address of a page."""
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, reader, writer):
        """Answer one request, well or badly."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ")[1]
            self.asked.append(path)
            await self._answer(path, head, writer)
            writer.write_eof()
            await reader.read()

    async def _answer(self, path, head, writer):
        if path == "/slow.xml":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n<feed>")
            await writer.drain()
            await asyncio.Event().wait()
        elif path == "/huge.xml":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(HUGE // 65_536):
                writer.write(b"<" * 65_536)
                await writer.drain()
        elif path == "/elsewhere.xml":
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
        elif path == "/busy.xml":
            writer.write(b"HTTP/1.1 503 Busy\r\nRetry-After: 1800\r\nContent-Length: 0\r\n\r\n")
        elif path in self.pages:
            self._page(path, head, writer)
        else:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    def _page(self, path, head, writer):
        etag = f'"{hash(self.pages[path]):x}"'
        if f"if-none-match: {etag}" in head.lower():
            self.unchanged += 1
            writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")
            return
        body = self.pages[path]
        writer.write(f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


@asynccontextmanager
async def partner_server():
    """Run one on a free port."""
    served = PartnerServer()
    running = set()

    async def answer(reader, writer):
        running.add(asyncio.current_task())
        try:
            await served.answer(reader, writer)
        finally:
            writer.transport.abort()
            running.discard(asyncio.current_task())

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
