/** One of a few, side by side, as radio buttons that look like tabs. */
interface ChoiceRowProps<T extends string> {
  legend: string;
  name: string;
  choices: readonly (readonly [value: T, label: string])[];
  value: T;
  hint?: string;
  onChange: (value: T) => void;
}

export function ChoiceRow<T extends string>({ legend, name, choices, value, hint, onChange }: ChoiceRowProps<T>) {
  return (
    <fieldset class="choice-row">
      <legend>{legend}</legend>
      <div class="choice-tabs">
        {choices.map(([one, label]) => (
          <label key={one}>
            <input type="radio" name={name} value={one} checked={one === value} onChange={() => onChange(one)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {hint && <small class="hint">{hint}</small>}
    </fieldset>
  );
}
