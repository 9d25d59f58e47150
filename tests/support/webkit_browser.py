#!/usr/bin/python3
"""A window with one WebKitGTK view, for WebKitWebDriver (tests/support/webkit.mjs starts it).

MiniBrowser would do for most; this one can be as narrow as a phone, prefers the language it is told, runs a script before
those of a page, and has a card's certificate at hand.
"""
import json
import os

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gio, Gtk, WebKit2  # noqa: E402

wish = json.loads(os.environ["TEGATA_WEBKIT"])


def identity():
    """The certificate on the reader, read anew each time: tests put cards in and take them out."""
    path = wish["reader"]
    return Gio.TlsCertificate.new_from_file(path) if os.path.exists(path) else None


def authenticate(_view, request):
    card = None
    if request.get_scheme() == WebKit2.AuthenticationScheme.CLIENT_CERTIFICATE_REQUESTED:
        card = identity()
    # Without one the handshake goes on, as where somebody presses Cancel in the browser's dialog.
    request.authenticate(WebKit2.Credential.new_for_certificate(card, WebKit2.CredentialPersistence.NONE) if card else None)
    return True


def make_view(_session):
    scripts = WebKit2.UserContentManager()
    scripts.add_script(WebKit2.UserScript.new(wish["script"], WebKit2.UserContentInjectedFrames.TOP_FRAME,
                                              WebKit2.UserScriptInjectionTime.START, None, None))
    settings = WebKit2.Settings()
    if wish["agent"]:
        settings.set_user_agent(wish["agent"])
    view = WebKit2.WebView(web_context=context, user_content_manager=scripts, settings=settings, is_controlled_by_automation=True)
    view.connect("authenticate", authenticate)
    window.add(view)
    window.show_all()
    return view


def begin(_context, session):
    session.set_application_info(WebKit2.ApplicationInfo())
    session.connect("create-web-view", make_view)


context = WebKit2.WebContext.new_ephemeral()
context.set_automation_allowed(True)
context.set_preferred_languages([wish["language"]])
context.connect("automation-started", begin)
window = Gtk.Window(default_width=wish["width"], default_height=wish["height"], decorated=False)
window.connect("destroy", Gtk.main_quit)
Gtk.main()
