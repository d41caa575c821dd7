"""Writes openpyxl.xlsx, xlsxwriter.xlsx and python.csv beside this folder, from users.json."""
import csv
import datetime
import json
import pathlib

import openpyxl
import xlsxwriter
from openpyxl.styles import Font

here = pathlib.Path(__file__).parent
data = json.loads((here / "users.json").read_text())
header, rows = data["header"], {int(n): r for n, r in data["rows"].items()}
for row in rows.values():
    row[:] = [datetime.date.fromisoformat(v["date"]) if isinstance(v, dict) else v for v in row]

wb = openpyxl.Workbook()
ws = wb.active
ws.title = "Users"
ws["A1"] = "Create multiple TechPass accounts"
ws.merge_cells("A1:K1")
for i, title in enumerate(header, 1):
    ws.cell(4, i, title).font = Font(bold=True)
for n, row in rows.items():
    for i, value in enumerate(row, 1):
        if value is not None:
            ws.cell(n, i, value).number_format = "dd-mm-yyyy" if isinstance(value, datetime.date) else "General"
ws["B7"].hyperlink = "mailto:link@vendor.example"
ws.row_dimensions[8].hidden = True
ws.column_dimensions["I"].hidden = True
ws.freeze_panes = "A5"
wb.create_sheet("Notes")["A1"] = "Not a list"
wb.create_sheet("Lists").sheet_state = "hidden"
wb.save(here.parent / "openpyxl.xlsx")

xw = xlsxwriter.Workbook(here.parent / "xlsxwriter.xlsx", {"default_date_format": "dd-mm-yyyy"})
ws, bold = xw.add_worksheet("Users"), xw.add_format({"bold": True})
ws.merge_range("A1:K1", "Create multiple TechPass accounts", bold)
for i, title in enumerate(header):
    ws.write(3, i, title, bold)
for n, row in rows.items():
    for i, value in enumerate(row):
        if value is not None:
            ws.write(n - 1, i, value)
ws.write_rich_string("D7", "Rich", bold, " text")
ws.write_url("B7", "mailto:link@vendor.example", string="link@vendor.example")
ws.write_formula("H8", '="Formula"&" Ltd"', None, "Formula Ltd")
ws.set_row(7, None, None, {"hidden": True})
ws.set_column("I:I", 12, None, {"hidden": True})
xw.add_worksheet("Notes").write("A1", "Not a list")
xw.add_worksheet("Lists").hide()
xw.close()

with open(here.parent / "python.csv", "w", newline="", encoding="utf-8-sig") as f:
    lines = csv.writer(f)
    for n in range(1, max(rows) + 1):
        row = header if n == 4 else rows.get(n, ["Create multiple TechPass accounts"] if n == 1 else [])
        lines.writerow([v.strftime("%d-%m-%Y") if isinstance(v, datetime.date) else v for v in row])
