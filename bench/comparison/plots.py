"""The plots of bench/compare: SVG, by gnuplot."""

import pathlib
import subprocess
import tempfile

from .measure import NARROW, QUANTILES, STEADY, WIDE
from .report import Figures

HERE = pathlib.Path(__file__).resolve().parent
MISSING = "-"


def draw(script, lines, path):
    """One SVG of a .gp file here and the lines that it draws."""
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        data.write_text("\n".join(lines) + "\n")
        subprocess.run(["gnuplot", "-e", f"data='{data}'; out='{path}'", str(HERE / script)], check=True)


def throughput(samples, path):
    figures = Figures(samples)
    lines = []
    for form in figures.forms:
        cells = [form.name]
        for kind in (WIDE, NARROW):
            rates = figures.of(form, kind).all_of("per_second")
            cells += [figures.of(form, kind).median("per_second"), min(rates), max(rates)]
        waits = [figures.of(form, STEADY).latency_ms(quantile) for quantile in QUANTILES]
        lines.append("\t".join(str(MISSING if cell is None else cell) for cell in cells + waits))
    draw("throughput.gp", lines, path)


def cost(curves, path):
    """curves: name -> [(size, median, least, most)]"""
    lines = []
    for name, points in curves.items():
        lines += [f"# {name}", *("\t".join(str(cell) for cell in point) for point in points), "", ""]
    draw("cost.gp", lines, path)
