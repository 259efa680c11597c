"""`mitreden poster`: one printable page with a QR code. `command` gathers, `page` lays out."""
