"""A TCP proxy: `python tests/services/proxy.py PORT TARGET_HOST TARGET_PORT`.

When the proxy is stopped with SIGSTOP, the server behind it seems to hang, without affecting its other clients.
"""

import asyncio
import sys
from collections.abc import Awaitable
from contextlib import suppress


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy received data until the connection ends."""
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def serve(port: int, *, host: str, target_port: int) -> None:
    """Forward every connection to the target."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await asyncio.open_connection(host, target_port)
        both: tuple[Awaitable[None], Awaitable[None]] = (
            pump(reader, target_writer),
            pump(target_reader, writer),
        )
        await asyncio.gather(*both)

    server = await asyncio.start_server(forward, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), host=sys.argv[2], target_port=int(sys.argv[3])))
