"""TakeVerdict: what a card's link leads to. Its function URL calls it, no state does; anybody on the internet can.

A GET or HEAD only shows what can be answered; the form on that page gives the verdict, once (docs/verdict-links.md).
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from finopsguard import telemetry
from finopsguard.channels.links import taking, web
from finopsguard.errors import FinOpsGuardError
from finopsguard.incidents import giving
from finopsguard.models.web import UrlAnswer, UrlRequest
from finopsguard.ports import Clock, Store, VerdictKeys
from finopsguard.report.page import reply
from finopsguard.report.page.reply import Reply


def run(request: UrlRequest, *, store: Store, keys: VerdictKeys | None, clock: Clock) -> UrlAnswer:
    """The page; without a key no link is ours. What fails is a page too, which says that nothing is known."""
    asked, language = web.asked(request), web.language(request)
    if isinstance(asked, HTTPStatus):
        status, shown = asked, Reply("refused", language)
    else:
        try:
            status, shown = taking.answered(
                asked,
                keys.read() if keys else (),
                open_book=partial(giving.Book, store),
                store=store,
                now=clock(),
                language=language,
            )
        except FinOpsGuardError as error:
            telemetry.log_without("an answer to a verdict link", error)
            status, shown = HTTPStatus.SERVICE_UNAVAILABLE, Reply("unavailable", language)
    page = reply.page(shown)
    return web.answer(status, page.html, page.policy, method=request.requestContext.http.method)
