# What is known of characters, by code: all of ASCII and Latin-1 exactly, beyond it blanks, the letters of Greek
# and Cyrillic, kana, ideographs, and ranges of symbols. Of any other a question ends in `raise_unsupported`.


def unknown_character():
    return raise_unsupported(literal("properties of this character beyond Latin-1"))


def is_white(code):
    # As `str.isspace`: known for every character.
    if code < 128:
        return code == 32 or 0 <= code - 9 < 5 or 0 <= code - 28 < 4
    return code == 133 or code == 160 or (code >= 5760 and is_wide_white(code))


def is_wide_white(code):
    if 0 <= code - 8192 < 11 or 0 <= code - 8232 < 2:
        return True
    return code == 5760 or code == 8239 or code == 8287 or code == 12288


def is_line_break(code):
    # As `str.splitlines`: known for every character.
    return 0 <= code - 10 < 4 or 0 <= code - 28 < 3 or code == 133 or 0 <= code - 8232 < 2


def letter_case(code):
    # 1 for a small letter, 2 for a capital, 3 for a letter without case, 0 for what is no letter.
    if code < 128:
        if 0 <= code - 97 < 26:
            return 1
        return 2 if 0 <= code - 65 < 26 else 0
    if code < 256:
        if code >= 192:
            if code == 215 or code == 247:
                return 0
            return 1 if code >= 223 else 2
        return 1 if code == 170 or code == 181 or code == 186 else 0
    return wide_letter_case(code)


def wide_letter_case(code):
    if 0 <= code - 945 < 25 or 0 <= code - 1072 < 48:
        return 1
    if 0 <= code - 913 < 25 and code != 930 or 0 <= code - 1024 < 48:
        return 2
    if 0 <= code - 12353 < 86 or 0 <= code - 12449 < 90 or 0 <= code - 19968 < 20902:
        return 3
    if is_symbol(code) or is_wide_white(code):
        return 0
    unknown_character()
    return 0


def is_symbol(code):
    # Punctuation, arrows, operators, boxes, shapes, emoji: neither letters nor numbers, all printable.
    if code < 10102:
        if 0 <= code - 8208 < 24 or 0 <= code - 8240 < 47 or 0 <= code - 8352 < 33 or 0 <= code - 8592 < 663:
            return True
        return 0 <= code - 9472 < 630
    return 0 <= code - 10132 < 43 or 0 <= code - 12289 < 4 or 0 <= code - 127744 < 768


def upper_code(code):
    # The capital letter of one that has just one; a letter that has several is for `add_upper`.
    if code < 128:
        return code - 32 if 0 <= code - 97 < 26 else code
    if letter_case(code) != 1 or code == 170 or code == 186:
        return code
    if code < 256:
        if code == 255:
            return 376
        return 924 if code == 181 else code - 32
    if code == 962:
        return 931
    return code - 80 if code >= 1104 else code - 32


def lower_code(code):
    if code < 128:
        return code + 32 if 0 <= code - 65 < 26 else code
    if letter_case(code) != 2:
        return code
    if code == 931:
        # At the end of a word its small letter is another one.
        unknown_character()
    return code + 80 if 0 <= code - 1024 < 16 else code + 32


def add_upper(code):
    if code == 223:
        add_character(83)
        add_character(83)
    else:
        add_character(upper_code(code))


def add_title(code):
    # The first letter of a word.
    if code == 223:
        add_character(83)
        add_character(115)
    else:
        add_character(upper_code(code))


def add_folded(code):
    if code == 223:
        add_character(115)
        add_character(115)
    elif code == 181:
        add_character(956)
    elif code == 962 or code == 931:
        add_character(963)
    else:
        add_character(lower_code(code))


def is_decimal_code(code):
    if code < 256:
        return 0 <= code - 48 < 10
    wide_letter_case(code)
    return False


def is_digit_code(code):
    if code < 128:
        return 0 <= code - 48 < 10
    if code < 256:
        return 0 <= code - 178 < 2 or code == 185
    wide_letter_case(code)
    return False


def is_numeric_code(code):
    # Some ideographs are numbers; which is not known here.
    if code < 128:
        return 0 <= code - 48 < 10
    if code < 256:
        return 0 <= code - 178 < 2 or code == 185 or 0 <= code - 188 < 3
    if wide_letter_case(code) == 3 and code >= 19968:
        unknown_character()
    return False


def is_alphanumeric_code(code):
    if letter_case(code) != 0:
        return True
    return is_numeric_code(code)


def is_printable_code(code):
    if code < 256:
        return code >= 32 and not 0 <= code - 127 < 34 and code != 173
    if is_wide_white(code):
        return False
    if code < 888:
        return True
    wide_letter_case(code)
    return True


def is_identifier_code(code, first):
    if code == 95 or letter_case(code) != 0:
        return True
    return not first and (0 <= code - 48 < 10 or code == 183)
