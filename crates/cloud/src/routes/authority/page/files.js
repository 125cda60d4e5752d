// What is saved as a file, and the file of the portal that is read.

const utc = (local) => local ? new Date(local).toISOString().replace(/\.\d+Z$/, "Z") : "";

async function download(format) {
  const query = filters();
  query.set("format", format);
  const answer = await call("GET", `submissions/export?${query}`);
  const link = element("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `stelala-dgi.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

async function takeSheet(isTrial) {
  const file = at("sheet").files[0];
  if (!file) return;
  const xlsx = file.name.toLowerCase().endsWith(".xlsx");
  const kind = xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv";
  const query = new URLSearchParams({ dry_run: String(isTrial), reason: file.name.slice(0, 100) || "import" });
  if (at("import-nim").value.trim()) query.set("nim", at("import-nim").value.trim());
  if (at("complete").checked) {
    query.set("complete_from", utc(at("complete-from").value));
    query.set("complete_to", utc(at("complete-to").value));
    query.set("complete_rows", at("complete-rows").value);
  }
  done(null);
  try {
    const report = await (await call("POST", `submissions/import?${query}`, file, kind)).json();
    fault(null);
    const list = element("ul");
    for (const row of report.results) list.append(element("li", `${row.fiscal_number || `#${row.row}`} : ${row.words}`));
    for (const absent of report.absent) list.append(element("li", `${absent.fiscal_number} : ${absent.kept ? absent.kept.words : say().absent}`));
    const head = [element("p", say().rows(report.rows))];
    if (report.not_complete) head.push(element("p", report.not_complete.words));
    at("imported").replaceChildren(...head, list);
    at("import-now").hidden = !isTrial;
    if (!isTrial) {
      done(say().done);
      listed = [];
      refresh();
    }
  } catch (error) {
    at("import-now").hidden = true;
    faultOf(error);
  }
}

for (const format of ["csv", "xlsx"]) at(`export-${format}`).addEventListener("click", () => download(format).catch(faultOf));
at("import").addEventListener("submit", (event) => {
  event.preventDefault();
  takeSheet(true);
});
at("import-now").addEventListener("click", () => takeSheet(false));
at("sheet").addEventListener("change", () => { at("import-now").hidden = true; });
at("complete").addEventListener("change", () => {
  at("import-now").hidden = true;
  at("complete-part").hidden = !at("complete").checked;
});

