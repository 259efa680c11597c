"""Rows and transactions: everything of Mitreden that outlives a restart.

Two worlds stand beside each other and nothing stored links them: the contact world knows
how to reach a person, the respondent world what somebody answered. This package knows
`conversations`; it must not know Telegram, and it never reads a clock.
"""
