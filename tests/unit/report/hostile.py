"""Names as an attacker would choose them."""

HOSTILE = (
    "**[click](https://evil.example)** <at>everyone</at>",
    "{{DATE(2026-01-01T00:00:00Z,SHORT)}} {{{x}}}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202egnp.exe\u202c \u200b\u200bzero",
    "Z\u0361\u0489a\u0321\u0353\u0321\u0353\u0321\u0353lgo " * 3,
    "averyveryveryveryveryveryveryveryveryverylongnamewithoutanyspace" * 3,
    "\"quotes\" 'and' \\backslashes\\ & ampersands;",
    "# heading\n- list\n1. one\n> quote `code` ~~x~~",
    '=HYPERLINK("https://evil.example")',
    "日本語のアカウント名 🚀🚀🚀 العربية",
)
