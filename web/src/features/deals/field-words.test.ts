import { expect, it } from "vitest";

import { keyOf, linesOf } from "./field-words";

it("makes keys that programs like", () => {
  expect(keyOf(" Contract number ")).toBe("contract_number");
  expect(keyOf("Größe (cm)")).toBe("gro_e_cm");
  expect(keyOf("Região")).toBe("regiao");
  expect(keyOf("契約")).toBe("契約");
});

it("takes each choice once", () => {
  expect(linesOf(" Gold \n\nSilver\nGold\n")).toEqual(["Gold", "Silver"]);
});
