"""What does a route know about the request and the service that it stands in?"""

from fastapi import Request
from starlette.types import Scope

from rag.bootstrap import Application


def application_of(request: Request) -> Application:
    """This will give the application that answers the request."""
    return application_in(request.scope)


def application_in(scope: Scope) -> Application:
    """This will give the application that the ASGI scope belongs to."""
    application: Application = scope["app"].state.application
    return application


def request_id_of(request: Request) -> str:
    """This will give the id under which the request is logged and answered."""
    request_id: str = request.scope["state"]["request_id"]
    return request_id
