"""The web server: Daphne with this product's limits, and an end that loses nothing.

Daphne as it comes has no bound on what one socket may queue, keeps half-open requests for ever, writes whole uploads to
disk before any of our code runs, and drops every socket when it is asked to end. What is here closes those holes by
subclassing its (and Twisted's) own classes; `web_server` names the internals that this relies on.
"""
