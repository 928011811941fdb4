"""Draws the badges of the row `badge` with ReportLab, as a Python system would.

Reads one JSON object from standard input:
    faces   per family, in the order in which they are asked: [regular file, bold file]
    badges  per badge: its texts by name, the colour `band`, and `pass`, the code's text
    rounds  how often the document of all badges is drawn
Writes one: `bulk`, the milliseconds of a badge in each round, and `alone`, those of each
badge as a document of its own. Loading the faces is not counted, as with our own.

It does what such a system does and no more: a line that is too wide is drawn smaller,
nothing wraps, and letters are not shaped (Arabic ones stand unjoined).
"""

import io
import json
import sys
import time
from itertools import groupby

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 90 * mm, 130 * mm
INK, GREY, BLUE, MOON = "#1B1B1F", "#54545C", "#1F3A68", "#F7E7C1"
# Name, baseline from the top, largest size and width, all in millimetres; bold; colour.
LINES = [
    ("convention", 10, 5.2, 80, 1, MOON),
    ("second_convention", 14, 2.6, 80, 0, MOON),
    ("name", 48, 18.4, 78, 1, INK),
    ("second_name", 57, 6.2, 78, 0, INK),
    ("post", 64, 3.4, 78, 0, GREY),
    ("enterprise", 70, 4.4, 78, 1, INK),
    ("second_enterprise", 74, 3, 78, 0, GREY),
    ("place", 80, 3.8, 78, 0, BLUE),
    ("category", 127, 5, 80, 1, MOON),
]
# Left, bottom and side of the code's paper; its quiet zone in modules.
CODE = (30 * mm, HEIGHT - 117.2 * mm, 30 * mm)
QUIET = 4


def load(faces):
    """Registers the faces; returns, per weight, their names and glyphs in order."""
    weights = ([], [])
    for family, files in faces:
        for bold, file in enumerate(files):
            font = TTFont(f"{family}-{bold}", file)
            pdfmetrics.registerFont(font)
            weights[bold].append((font.fontName, font.face.charToGlyph))
    return weights


def face_of(character, faces):
    """Returns the first face that has a character."""
    code = ord(character)
    return next((name for name, glyphs in faces if code in glyphs), faces[0][0])


def draw_line(canvas, text, line, faces):
    """Draws one line in its middle, in the faces that have its characters."""
    _, top, size, room, bold, colour = line
    runs = groupby(text, lambda character: face_of(character, faces[bold]))
    runs = [(face, "".join(characters)) for face, characters in runs]
    width = sum(pdfmetrics.stringWidth(part, face, 1) for face, part in runs)
    size = min(size * mm, room * mm / width)
    pen = canvas.beginText((WIDTH - width * size) / 2, HEIGHT - top * mm)
    pen.setFillColor(HexColor(colour))
    for face, part in runs:
        pen.setFont(face, size)
        pen.textOut(part)
    canvas.drawText(pen)


def draw_ground(canvas, band):
    """Draws what lies under the texts: paper, sky, moon, sea and the category's band."""
    canvas.setFillColor(HexColor("#FBF8F1"))
    canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#14213D"))
    canvas.rect(0, HEIGHT - 30 * mm, WIDTH, 30 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor(MOON))
    canvas.circle(WIDTH / 2, HEIGHT - 22.6 * mm, 5.4 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor(BLUE))
    canvas.rect(0, HEIGHT - 30 * mm, WIDTH, 4.4 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor(band))
    canvas.rect(0, 0, WIDTH, 10 * mm, stroke=0, fill=1)


def draw_code(canvas, text):
    """Draws the pass as a QR code of level M with its quiet zone, as one path.

    The library's own drawing of a code, shape by shape, takes twice as long.
    """
    code = QrCodeWidget(text, barLevel="M").qr
    code.make()
    count = code.getModuleCount()
    left, bottom, side = CODE
    module = side / (count + 2 * QUIET)
    path = canvas.beginPath()
    for row in range(count):
        y = bottom + side - (QUIET + row + 1) * module
        for dark, run in groupby(range(count), lambda column: code.isDark(row, column)):
            columns = list(run)
            if dark:
                x = left + (QUIET + columns[0]) * module
                path.rect(x, y, len(columns) * module, module)
    canvas.setFillColor(HexColor("#FFFFFF"))
    canvas.rect(left, bottom, side, side, stroke=0, fill=1)
    canvas.setFillColor(HexColor(INK))
    canvas.drawPath(path, stroke=0, fill=1)


def document(badges, faces):
    """Draws a document with a page for each badge; returns the milliseconds it took."""
    began = time.perf_counter()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT))
    for badge in badges:
        draw_ground(canvas, badge["band"])
        for line in LINES:
            if badge[line[0]]:
                draw_line(canvas, badge[line[0]], line, faces)
        draw_code(canvas, badge["pass"])
        canvas.showPage()
    canvas.save()
    assert file.getvalue().startswith(b"%PDF")
    return (time.perf_counter() - began) * 1000


def main():
    """Measures what was asked for."""
    asked = json.load(sys.stdin)
    badges, faces = asked["badges"], load(asked["faces"])
    # The first one warms up, as with our own.
    document(badges[:1], faces)
    bulk = [document(badges, faces) / len(badges) for _ in range(asked["rounds"])]
    alone = [document([badge], faces) for badge in badges]
    json.dump({"bulk": bulk, "alone": alone}, sys.stdout)


if __name__ == "__main__":
    main()
