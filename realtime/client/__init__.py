"""The gateway's client for Python: connects, authenticates, resumes, and never misses an entry. Needs no Django.

    from realtime.client import follow

    async for told in follow("wss://tickets.example.org/ws", "public:018f...", resume=None):
        print(told)

`told` is one of the protocol's own structs (`realtime.protocol`: TopicSnapshot, TopicFact, TopicState), or `Resumed`.
The TypeScript client of both front ends stands in the same folder and obeys the same rules, file by file.
"""

from realtime.client.effects import Status, Vitals
from realtime.client.gateway import Gateway, follow, open_gateway
from realtime.client.reader import Resumed, Told
from realtime.client.refusals import HandshakeRefused, NoAnswer, Refused
from realtime.client.topic import Place

__all__ = [
    "Gateway",
    "HandshakeRefused",
    "NoAnswer",
    "Place",
    "Refused",
    "Resumed",
    "Status",
    "Told",
    "Vitals",
    "follow",
    "open_gateway",
]
