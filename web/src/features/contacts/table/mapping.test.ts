import { describe, expect, it } from "vitest";

import { readCsv } from "@/lib/csv";
import { batches, batchRows, fault, guess } from "./mapping";

describe("the columns of a table", () => {
  it("are guessed from their titles, each field once", () => {
    expect(guess(["Full name", "Mobile", "Phone", "E-Mail", "Plan", ""]).map((column) => column.target)).toEqual(["name", "phone", "attribute", "email", "attribute", "skip"]);
  });

  it("need something to know people by, and no field twice", () => {
    expect(fault(guess(["Name", "Plan"]))).toMatch(/phone number or the e-mail/);
    expect(fault([{ title: "a", target: "phone" }, { title: "b", target: "phone" }])).toMatch(/same field/);
    expect(fault(guess(["Phone"]))).toBeUndefined();
  });

  it("go in batches that know where they begin, without what is skipped", () => {
    const columns = guess(["Name", "Phone", "Plan"]).map((column) => (column.title === "Plan" ? { ...column, target: "skip" as const } : column));
    const rows = Array.from({ length: batchRows + 1 }, (_, index) => [`N${index}`, `+4912345${index}`, "gold"]);
    const made = batches(columns, rows);
    expect(made.map((batch) => batch.first)).toEqual([1, batchRows + 1]);
    expect(readCsv(made[1]?.csv ?? "")).toEqual([["name", "phone"], [`N${batchRows}`, `+4912345${batchRows}`]]);
  });
});
