"""Identifiers in words, as people say them and speech recognition writes them, or disguised so that robots pass by.

- vocabulary: number words and the names of "@", "." and "-", per language
- numbers: phones, cards and Social Security numbers in words
- emails: "ann dot lee at x dot com", "ann [at] x [dot] com"
"""
