/** The places that a check can run from, to be added to its locations by a press. */
import { get } from "../api.ts";
import { plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";

interface Location {
  location: string;
  cores: number;
}

export function LocationChoice({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { data } = useLoad("locations", (signal) => get<{ items: Location[] }>("/locations", signal));
  const chosen = value.split(/[\s,]+/).filter(Boolean);
  const toggle = (name: string) => onChange((chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]).join(", "));
  if (!data || data.items.length === 0) return null;
  return (
    <div class="field">
      <span class="label" id="known-locations">
        {t("Known here")}
      </span>
      <div class="usual" role="group" aria-labelledby="known-locations">
        {data.items.map(({ location, cores }) => (
          <button key={location} type="button" class="chip" aria-pressed={chosen.includes(location)} onClick={() => toggle(location)}>
            {location}
            <small class="quiet">{cores === 0 ? t("none attached") : plural(cores, "{count} process", "{count} processes")}</small>
          </button>
        ))}
      </div>
    </div>
  );
}
