/** A row of buttons of which one is pressed. */
interface TabsProps<T extends string> {
  label: string;
  choices: readonly (readonly [value: T, label: string])[];
  value: T;
  onChange: (value: T) => void;
}

export function Tabs<T extends string>({ label, choices, value, onChange }: TabsProps<T>) {
  return (
    <div class="tabs" role="group" aria-label={label}>
      {choices.map(([one, shown]) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => onChange(one)}>
          {shown}
        </button>
      ))}
    </div>
  );
}
