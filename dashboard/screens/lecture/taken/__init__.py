"""A lesson that is taken home: one file, or a folder for any static host, without a server."""
