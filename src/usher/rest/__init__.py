"""The manner of the REST API: paging, filters, exports, problems, rate limits, and requests that may be sent twice.

What can be asked and done is in the `api` modules of the capabilities; `config.api` puts them together.
"""
