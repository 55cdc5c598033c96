"""Postal addresses: told by their parts and by what stands beside one another.

- vocabulary: what streets, units, boxes and countries are called, per language; shapes of postcodes
- parts: the patterns of one part each, made of the vocabulary
- growing: from a street or a postcode to the whole address, part by part
- backwards: reading a name from its last word to its first
- streets: which words and numbers are a street with its house
- others: boxes, units, military mail, corners, British postcodes
- labelled: what a form calls an address
- han: Chinese and Japanese addresses
- triggers: what the native pass looks for
"""
