"""The translations, as data: `<code>/LC_MESSAGES/messages.po`, and GLOSSARY.md for those who write them."""
