"""Fixtures for the benchmarks."""

from tests.support.databases import sqlite_database

__all__ = ["sqlite_database"]
