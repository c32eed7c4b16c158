"""AWS's query protocol: parameters as a form, XML back. STS and SNS speak it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from tests.standins.service import Answer, Refused, Request, StandIn


class QueryService(StandIn):
    """Base of the stand-ins that speak it; `namespace` is the service's."""

    namespace: str

    def parse(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        parameters = dict(parse_qsl(request.body.decode()))
        return parameters.pop("Action", ""), parameters

    def render(self, operation: str, result: Mapping[str, Any]) -> Answer:
        body = (
            f'<{operation}Response xmlns="{self.namespace}"><{operation}Result>{_xml(result)}</{operation}Result>'
            f"<ResponseMetadata><RequestId>standin</RequestId></ResponseMetadata></{operation}Response>"
        )
        return Answer(200, body.encode(), "text/xml")

    def render_error(self, refused: Refused) -> Answer:
        error = _xml({"Type": "Sender", "Code": refused.code, "Message": refused.message})
        body = (
            f'<ErrorResponse xmlns="{self.namespace}"><Error>{error}</Error>'
            "<RequestId>standin</RequestId></ErrorResponse>"
        )
        return Answer(refused.status, body.encode(), "text/xml")


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(inner)}</member>" for inner in value)
    return escape(value)
