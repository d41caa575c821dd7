// Writes exceljs.xlsx, sheetjs.xlsx, sheetjs.csv and writeexcelfile.xlsx beside this
// folder, from users.json; run it with TZ=UTC. Needs the packages exceljs, xlsx and write-excel-file.
const fs = require("fs");
const path = require("path");
const ExcelJS = require("exceljs");
const XLSX = require("xlsx");
const out = (name) => path.join(__dirname, "..", name);
const day = (_, v) => (v && v.date ? new Date(v.date + "T00:00:00Z") : v);
const { header, rows } = JSON.parse(fs.readFileSync(path.join(__dirname, "users.json")), day);

async function exceljs() {
  const wb = new ExcelJS.Workbook();
  const ws = wb.addWorksheet("Users");
  ws.getCell("A1").value = "Create multiple TechPass accounts";
  ws.mergeCells("A1:K1");
  header.forEach((t, i) => (ws.getCell(4, i + 1).value = t));
  for (const [n, row] of Object.entries(rows)) row.forEach((v, i) => v !== null && (ws.getCell(Number(n), i + 1).value = v));
  ws.getCell("B7").value = { text: "link@vendor.example", hyperlink: "mailto:link@vendor.example" };
  ws.getCell("D7").value = { richText: [{ text: "Rich" }, { font: { bold: true }, text: " text" }] };
  ws.getCell("H8").value = { formula: '"Formula"&" Ltd"', result: "Formula Ltd" };
  ws.getRow(8).hidden = true;
  ws.getColumn(9).hidden = true;
  wb.addWorksheet("Notes").getCell("A1").value = "Not a list";
  wb.addWorksheet("Lists", { state: "hidden" });
  await wb.xlsx.writeFile(out("exceljs.xlsx"));
}

function sheetjs() {
  const cells = [["Create multiple TechPass accounts"], [], [], header];
  for (const [n, row] of Object.entries(rows)) cells[Number(n) - 1] = row;
  const ws = XLSX.utils.aoa_to_sheet(Array.from(cells, (r) => r || []), { dateNF: "dd-mm-yyyy" });
  ws.B7.l = { Target: "mailto:link@vendor.example" };
  ws.H8 = { t: "s", v: "Formula Ltd", f: '"Formula"&" Ltd"' };
  ws["!merges"] = [XLSX.utils.decode_range("A1:K1")];
  ws["!rows"] = Array.from({ length: 12 }, (_, i) => (i === 7 ? { hidden: true } : {}));
  ws["!cols"] = header.map((_, i) => (i === 8 ? { hidden: true } : {}));
  const wb = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(wb, ws, "Users");
  XLSX.utils.book_append_sheet(wb, XLSX.utils.aoa_to_sheet([["Not a list"]]), "Notes");
  XLSX.utils.book_append_sheet(wb, XLSX.utils.aoa_to_sheet([]), "Lists");
  wb.Workbook = { Sheets: [{}, {}, { Hidden: 1 }] };
  XLSX.writeFile(wb, out("sheetjs.xlsx"), { bookSST: false });
  XLSX.writeFile(wb, out("sheetjs.csv"), { bookType: "csv", FS: ";", dateNF: "dd-mm-yyyy" });
}

async function writeexcelfile() {
  const { default: write } = require("write-excel-file/node");
  const cell = (v) => (v === null || v === undefined ? null : { value: v, type: v.constructor, ...(v instanceof Date && { format: "dd-mm-yyyy" }) });
  const data = [[cell("Create multiple TechPass accounts")], [], [], header.map(cell)];
  for (const [n, row] of Object.entries(rows)) data[Number(n) - 1] = row.map(cell);
  await write(Array.from(data, (r) => r || []), { sheet: "Users" }).toFile(out("writeexcelfile.xlsx"));
}

exceljs().then(sheetjs).then(writeexcelfile);
