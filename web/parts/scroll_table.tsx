/** A table that may be wider than the window: it scrolls by itself, also by keyboard. */
import type { ComponentChildren } from "preact";
import { t } from "../i18n.ts";

export function ScrollTable({ label, tall, columns, children }: { label: string; tall?: boolean; columns: readonly string[]; children: ComponentChildren }) {
  return (
    <div class={tall ? "scroll tall" : "scroll"} tabIndex={0} role="group" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name === t("Actions") ? <span class="hidden">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
