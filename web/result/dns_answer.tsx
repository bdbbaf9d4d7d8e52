/** The records of a DNS answer, section by section. */
import { t } from "../i18n.ts";
import { ScrollTable } from "../parts/scroll_table.tsx";
import { textOf } from "../pointer.ts";
import type { JsonObject } from "../types.ts";
import { LongText, useFirst } from "./long_text.tsx";

export const dnsSections = ["answer", "authority", "additional"] as const;
const shownRecords = 30;

export function DnsAnswer({ observed }: { observed: JsonObject }) {
  const records = dnsSections.flatMap((section) => {
    const lines = observed[section];
    return Array.isArray(lines) ? lines.map((line) => ({ section, ...partsOf(textOf(line)) })) : [];
  });
  const { items, more } = useFirst(records, shownRecords);
  if (records.length === 0) return null;
  return (
    <div>
      <ScrollTable label={t("Records")} columns={[t("Section"), t("Name"), t("Type"), t("TTL"), t("Value")]}>
        {items.map(({ section, name, type, ttl, data }, index) => (
          <tr key={index}>
            <td class="quiet">{section}</td>
            <td>{name}</td>
            <td>{type}</td>
            <td class="number">{ttl}</td>
            <td class="value">
              <code>
                <LongText text={data} limit={160} />
              </code>
            </td>
          </tr>
        ))}
      </ScrollTable>
      {more}
    </div>
  );
}

/** "shop.example 300 A 192.0.2.1" */
function partsOf(line: string): { name: string; ttl: string; type: string; data: string } {
  const [, name = "", ttl = "", type = "", data = line] = /^(\S+) (\d+) (\S+) ([^]*)$/.exec(line) ?? [];
  return { name, ttl: ttl && `${ttl} s`, type, data };
}
