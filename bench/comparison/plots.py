"""The plots of bench/compare: SVG, by gnuplot."""

import pathlib
import subprocess
import tempfile

from .kinds import NARROW, STEADY, WIDE
from .measure import QUANTILES
from .report import Figures

HERE = pathlib.Path(__file__).resolve().parent
MISSING = "-"
COLUMNS = 2  # panels beside each other
BLUE, ORANGE, RED = "#1f4e79", "#e69138", "#990000"
# Of costs: title, and its curves: (name, what the key says, colour).
PANELS = (
    ("Sessions (10,000 messages unanswered in all)",
     (("sessions of the hub", "smpphub", BLUE), ("sessions of HAProxy", "HAProxy", ORANGE))),
    ("Prefixes of networks", (("prefixes", "smpphub", BLUE),)),
    ("Suppliers", (("suppliers that all price", "all have a price for the destination", RED), ("suppliers of whom ten price", "ten have", BLUE))),
    ("Clients", (("clients", "smpphub", BLUE),)),
)


def draw(script, lines, path, panels=""):
    """One SVG of a .gp file here and the lines that it draws."""
    with tempfile.TemporaryDirectory() as folder:
        data, plotted = pathlib.Path(folder) / "data", pathlib.Path(folder) / "panels"
        data.write_text("\n".join(lines) + "\n")
        plotted.write_text(panels)
        subprocess.run(["gnuplot", "-e", f"data='{data}'; out='{path}'; panels='{plotted}'", str(HERE / script)], check=True)


def has_throughput(samples):
    """Something in either panel: gnuplot draws no empty one."""
    measured = {kind for kinds_of_one in samples.values() for kind in kinds_of_one}
    return {WIDE, NARROW, STEADY} <= measured


def throughput(samples, path):
    figures = Figures(samples)
    lines = []
    for form in figures.forms:
        cells = [form.name]
        for kind in (WIDE, NARROW):
            own = figures.of(form, kind)
            rates = own.all_of("per_second")
            cells += [own.median("per_second"), min(rates), max(rates)] if own else [MISSING] * 3
        waits = [figures.of(form, STEADY).latency_ms(quantile) for quantile in QUANTILES]
        lines.append("\t".join(str(MISSING if cell is None else cell) for cell in cells + waits))
    draw("throughput.gp", lines, path)


def panels_of(curves):
    """gnuplot's commands for the panels that have a curve."""
    plotted = []
    for title, shown in PANELS:
        known = [f'data index "{name}" lc rgb "{colour}" pt 7 title "{key}"' for name, key, colour in shown if name in curves]
        if known:
            plotted.append(f'set title "{title}"\nplot {", ".join(known)}\n')
    columns = min(COLUMNS, len(plotted))
    return f"set multiplot layout {-(-len(plotted) // columns)},{columns}\n{''.join(plotted)}unset multiplot\n"


def cost(curves, path):
    """curves: name -> [(size, median, least, most)], some of those in PANELS"""
    lines = []
    for name, points in curves.items():
        lines += [f"# {name}", *("\t".join(str(cell) for cell in point) for point in points), "", ""]
    draw("cost.gp", lines, path, panels_of(curves))
