"""``python -m translations`` after texts have changed; ``compile`` makes them ready for use."""

from __future__ import annotations

import sys

from translations.catalogue import (
    LANGUAGES,
    catalogue_path,
    compile_catalogue,
    faults,
    texts_of_python,
    update,
)


def main(arguments: list[str]) -> int:
    """Compile, or bring the catalogues up to date and say what is left to translate."""
    if arguments == ["compile"]:
        for language in LANGUAGES:
            compile_catalogue(language)
        return 0
    missing = 0
    for place in sorted(texts_of_python().lost, key=str):
        print(f"{place.path}:{place.line}: a text is put together at run time")
        missing += 1
    for language in LANGUAGES:
        catalogue = update(language)
        left = list(faults(catalogue))
        print(f"{catalogue_path(language)}: {len(catalogue)} texts, {len(left)} to do")
        for line in left:
            print(f"  {line}")
        missing += len(left)
        compile_catalogue(language)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
